# Frame of every page

skip-to-content = Skip to content
nav-mine = Your things
nav-orders = My orders
nav-basket = Basket
nav-about = Who we are
basket-copy = book
basket-copies = books
search-label = Search for a book
search-again = Search again
search-placeholder = Title, author, ISBN
search-button = Search
suggest-title = book
suggest-author = author
suggest-series = series
suggest-subject = subject
foot-shop = The bookshop
foot-help = Help
foot-law = The small print, in full
foot-language = Language
foot-colophon = Set in EB Garamond and Source Sans. No trackers, so no cookie banner.
legal-terms = Terms of sale
legal-notice = Legal notice
legal-privacy = Personal data
legal-delivery = Delivery and returns
legal-accessibility = Accessibility
legal-reviews = How reviews work
legal-draft = Draft to be completed by the bookseller. It is not a contract yet; what is missing is marked.

# Home

home-title = A bookshop kept by booksellers
home-heading = A bookshop kept by booksellers
home-counts = { $editions } books on our shelves, { $summaries } of them with a summary, and { $reviews } readers’ reviews.
home-subjects = Subjects
shelf-new = Just arrived
shelf-best = Readers ask for
shelf-all = See all

# Books

avail-shelf = In stock
avail-supplier = In stock at our supplier
avail-to-order =
    { $count ->
        [one] To order, in the shop in { $shown } day
       *[other] To order, in the shop in { $shown } days
    }
avail-printed = Printed to order
avail-from = Pre-order: handed over from { $day } on
avail-not-before = Can be ordered from { $day } on
avail-sold-out = Sold out
avail-forthcoming = Not published yet
avail-temporarily-out = Being reprinted
avail-unknown = Ask us
avail-not-sold = We do not sell files yet
avail-unavailable = Out of print
rating-of-five = { $shown } out of 5
rating-mean = { $mean } out of 5
reviews-count =
    { $count ->
        [one] { $shown } review
       *[other] { $shown } reviews
    }
crumbs = You are here
series-volume = { $title }, volume { $volume }
book-generated = Generated demo title: this book does not exist
book-not-buyable = This book cannot be ordered at the moment.
offers = Price and delivery
price = Price
price-none = no price yet
price-law = Price fixed by the publisher, the same in every bookshop in France (law of 10 August 1981).
quantity = Quantity
add-to-basket = Add to basket
goods-new = New
goods-used = Used
goods-ebook = E-book
goods-other = Item
delivery-sentence = Sent to you in France by about { $day }, delivery { $fee } for this book on its own.
summary = Summary
facts = Facts
fact-original = Original title
fact-publisher = Publisher
fact-collection = Collection
fact-published = Published
fact-form = Format
fact-pages = Pages
fact-language = Language
fact-safety = Product safety
fact-safety-publisher = { $publisher }; ask us for the publisher’s address.
edition = Edition
availability = Availability
other-editions = Other editions
same-series = In the same series
also-bought = Readers of this book also bought
also-bought-reason = From paid orders, where at least { $shown } readers bought both books.
also-bought-generated = Generated for the demonstration: these are not real purchases.
same-author = By the same author
same-subject = On the same subject
volume = Volume { $volume }
form-paperback = Paperback
form-pocket = Pocket edition
form-hardback = Hardback
form-ebook = E-book
form-audiobook = Audiobook
form-other = Other
role-author = Author
role-translator = Translated by
role-illustrator = Illustrated by
role-editor = Edited by
role-preface = Preface by
role-narrator = Read by
role-other = With

# Search

search-all = All our books
search-for = “{ $text }”
search-total =
    { $count ->
        [0] No book found
        [one] { $shown } book
       *[other] { $shown } books
    }
search-nothing-for = Nothing found for “{ $text }”.
search-shown-instead = These are the books for
search-editions =
    { $count ->
        [one] { $shown } edition
       *[other] { $shown } editions
    }
search-empty = We have not found a book for these words. That need not mean that we cannot get it.
search-empty-spelling = Check the spelling, above all of names.
search-empty-fewer = Try fewer words: a word of the title and the author’s name are enough.
search-empty-isbn = If you have the ISBN, type it with or without hyphens.
search-empty-filters = Search again without filters
search-empty-home = Or look along the shelves
sort-label = Sort by
sort-relevance = relevance
sort-newest = newest
sort-price-up = lowest price
sort-price-down = highest price
sort-title = title
filters = Filter
filters-chosen = Filters chosen
filters-remove = remove this filter
facet-subject = Subject
facet-language = Language
facet-form = Format
facet-availability = Availability
facet-price = Price
facet-decade = Published in
facet-avail-in_stock = In stock
facet-avail-to_order = To order
facet-avail-print_on_demand = Printed to order
facet-avail-forthcoming = Not published yet
facet-avail-temporarily_out = Being reprinted
facet-avail-unavailable = Out of print
facet-avail-unknown = Ask us
decade = the { $year }s
price-below = Under { $to }
price-between = { $from } to { $to }
price-above = Over { $from }
pages-label = Pages of results
pages-previous = Previous
pages-next = Next

# Aisles: the pages of an author, a publisher, a series, a subject.
subjects = All subjects
subjects-none = No book carries a Thema subject yet.
subjects-narrower = Narrower subjects
aisle-author = Author or contributor
aisle-publisher = Publisher
aisle-series = Series
sort-volume = volume order
fact-subjects = Subjects
fact-subjects-derived = Subjects, from another classification
