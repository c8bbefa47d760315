# The back office: what readers search for, and the rules of the search.

office-searches = Search
office-searches-help = These rules take effect at once, in the whole shop. The search itself already forgives typing errors, accents and plurals.
office-searches-missing = Searched without result
office-searches-most = Most searched
office-searches-text = Search
office-searches-results = Found
office-searches-deed = What to do
office-searches-add-synonym = Add a synonym
office-searches-open = See what readers search for, and tune the search
office-rule = Rule
office-rule-by = By
office-rules-synonym = Synonyms
office-rules-boost = Books put forward
office-rules-pin = Pinned books
office-rules-new-synonym = New synonym
office-rules-new-boost = Put books forward
office-rules-new-pin = Pin a book
office-rules-change-synonym = Change the synonym
office-rules-change-boost = Change what is put forward
office-rules-change-pin = Change the pinned book
office-rules-help-synonym = Who types one also finds what the other finds; between equal answers, what was typed goes first.
office-rules-help-boost = An edition, author, publisher, series or subject moves up in the searches that find it.
office-rules-help-pin = For one exact search this book comes first, even if the search does not find it.
office-rule-phrases = Words or phrases
office-rule-phrases-hint = One per line. Singular and plural are the same, so are accents and capitals.
office-rule-direction = Direction
office-direction-both = all mean the same
office-direction-one = the first leads to the others, not the other way round
office-rule-target = Put forward
office-target-edition = an edition
office-target-contributor = an author
office-target-publisher = a publisher
office-target-series = a series
office-target-subject = a Thema subject
office-rule-name = Which
office-rule-name-hint = The whole name, the edition’s ISBN, or the Thema code.
office-rule-strength = Strength
office-strength-slight = slight: decides between books that answer equally well
office-strength-clear = clear: outweighs one more word
office-strength-strong = strong: outweighs an exact title
office-rule-query = Search
office-rule-query-hint = Exactly these words; accents and capitals do not matter.
office-rule-book = Book
office-rule-book-hint = Its ISBN, or its edition number if it has none.
office-rule-from = From
office-rule-until = Until
office-rule-try-on = Try on the search
office-rule-try = Try without saving
office-rule-remove = Delete this rule
office-always = always
office-from = from { $from }
office-until = until { $until }
office-from-until = { $from } to { $until }
office-over = over
office-not-yet = not yet
office-trial = Trial: “{ $query }”
office-trial-help = Nothing is saved. The rule is tried as if it held today.
office-trial-before = Before
office-trial-after = With this rule
office-trial-found = { $count ->
    [one] { $shown } book
   *[other] { $shown } books
  }
office-trial-took = { $took } ms
office-moved-new = new
office-moved-up = { $count ->
    [one] up one place
   *[other] up { $shown } places
  }
office-moved-down = { $count ->
    [one] down one place
   *[other] down { $shown } places
  }
office-told-rule-saved = The rule is saved and takes effect.
office-told-rule-removed = The rule is deleted.
office-told-rule-gone = This rule no longer exists.
office-told-rule-full = There are already as many rules of this kind as the shop keeps. Delete one.
office-flaw-too-many = { $count ->
    [one] { $shown } line at most.
   *[other] { $shown } lines at most.
  }
office-flaw-too-few = at least two are needed.
office-flaw-no-word = at least one letter or figure is needed.
office-flaw-contains-itself = one phrase contains another: what the longer one finds, the shorter one finds already.
office-flaw-unknown-book = no edition of the shop has this number.
office-flaw-unknown-subject = this is not a Thema code.
office-flaw-unknown-choice = please choose.
office-flaw-not-a-day = there is no such day.
office-flaw-ends-before = the last day comes before the first.
office-action-search-save = search rule saved
office-action-search-remove = search rule deleted
