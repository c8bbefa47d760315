# Reviews: what is written about a book, by whom, and what is done with it.

editorial = Editorial reviews
editorial-sent = sent by the publisher
reviews = Readers’ reviews
reviews-more =
    { $count ->
        [one] Read { $shown } more review
       *[other] Read { $shown } more reviews
    }
reviews-all = Read all reviews
reviews-none = Nobody has written about this book yet.
reviews-checked = A bookseller reads every review before it is published. “Verified purchase”: a paid order of this shop contains the book; the other reviews are published without proof of purchase. Newest first, unless you choose another order.
reviews-sort = Sort by
reviews-by-date = date of publication
reviews-by-helpful = readers helped
reviews-by-rating = rating
reviews-language = Language
reviews-language-all = all
review-generated = generated for the demo
review-bought = Verified purchase
review-not-bought = purchase not verified
review-experienced = read on { $day }
review-in-language = in { $language }
review-helped =
    { $count ->
        [one] helped { $shown } reader
       *[other] helped { $shown } readers
    }
review-helpful = This review helps me
review-report = Report
review-write = Write a review

review-form-title = Your review of { $book }
review-form-rules = A bookseller reads every review before it is published and writes to you what was decided. Your address is never shown. One review per book: the next one replaces the one before.
review-field-rating = Your rating
review-field-title = Title of the review
review-field-body = Your review
review-field-signature = Signature
review-field-experienced = Date of reading
review-field-language = Language of the review
review-field-email = E-mail address
review-hint-signature = The name shown below the review; a first name will do.
review-hint-experienced = The day you finished the book, or near it. It is shown with the review.
review-hint-email = We send it a letter to confirm that the review is yours.
review-flaw-day = this is no day of the calendar (for example 2026-11-25).
review-flaw-future = this day has not come yet.
review-send = Send the review
review-thanks = Thank you
review-sent-letter = Your review is kept. A letter is on its way to the address you gave: follow its link within seven days, and a bookseller will read the review.
review-sent-waiting = Your review is kept. A bookseller will read it, and you will get the decision by letter.
review-reported = Your report is with the bookseller, who will read this review again.

review-own-title = Your review of { $book }
review-own-book = The page of the book
review-own-note = The bookseller adds: “{ $note }”
review-confirm = Confirm this review
review-withdraw = Withdraw this review
review-state-unconfirmed = This review waits for you to confirm that it is yours.
review-state-waiting = This review waits to be read by a bookseller.
review-state-published = This review is on the page of the book.
review-state-refused = This review is not published.
review-state-withdrawn = This review is withdrawn, and its text erased.
review-reason-off_topic = It is about something else than the book: the delivery, the shop, another subject.
review-reason-insult = It insults somebody.
review-reason-spoiler = It gives the ending away without warning.
review-reason-advertising = It advertises.
review-reason-personal_data = It names or describes a private person.
review-reason-illegal = The law forbids what it says.
review-reason-not_a_review = It says nothing about reading the book.

review-report-title = Report a review
review-report-about = You are reporting the review “{ $title }”.
review-report-reason = What is wrong
review-report-missing = Say what is wrong.
review-report-note = More about it, if you like
review-report-send = Report this review
review-report-off_topic = It is not about the book
review-report-insult = It insults
review-report-spoiler = It gives the ending away
review-report-advertising = It advertises
review-report-personal_data = It names a private person
review-report-illegal = The law forbids it
review-report-not_a_review = No reader wrote it

# Letters to authors of reviews

review-letter-greeting = Hello,
review-letter-subject-confirm = Confirm your review of { $book }
review-letter-subject-published = Your review of { $book } is published
review-letter-subject-refused = Your review of { $book } is not published
review-letter-confirm = A review of { $book } was written with your address. If it is yours, follow the link and confirm it within seven days. If not, do nothing: it will be forgotten.
review-letter-published = Thank you! Your review of { $book } was read by a bookseller and is on the page of the book. The link below lets you withdraw it whenever you like.
review-letter-refused = A bookseller has read your review of { $book } and does not publish it, or publishes it no longer, for this reason:
review-letter-again = You may write another review of this book, or answer us if you disagree.
review-letter-link-confirm = Read and confirm the review
review-letter-link-own = See the review

# The back office

office-reviews = Reviews
office-reviews-queues = Queues of reviews
office-reviews-waiting = To read
office-reviews-reported = Reported
office-reviews-published = Published
office-reviews-refused = Refused
office-reviews-empty = No review here.
office-review-book = Book
office-review-rating = Rating
office-review-text = Review
office-review-signature = Signature
office-review-written = Written
office-review-experienced = Read
office-review-language = Language
office-review-bought = verified purchase
office-review-not-bought = no purchase found
office-review-purchase = Purchase
office-review-purchase-found = verified
office-review-purchase-none = none found
office-review-state-unconfirmed = To be confirmed by its author
office-review-state-waiting = To read
office-review-state-published = Published
office-review-state-refused = Refused
office-review-state-withdrawn = Withdrawn by its author
office-review-told = Added for the author: “{ $note }”
office-review-edition = The record of the book
office-review-reports =
    { $count ->
        [one] { $shown } report
       *[other] { $shown } reports
    }
office-review-publish = Publish
office-review-keep = Leave it on the page
office-review-keep-help = Its reports are put away; the review stays published.
office-review-refuse = Refuse
office-review-refuse-help = The author is told this reason by letter, in her language. Your addition is sent as it is.
office-review-reason = Reason
office-review-note = Addition for the author
office-review-decide = Decision
office-told-review-published = The review is published and its author told.
office-told-review-refused = The review is refused and its author told.
office-told-review-kept = The review stays published.
office-told-review-changed = Its author has sent another text meanwhile. Read it before you decide.
office-told-review-not-now = This review is no longer where it was. Nothing was changed.
office-told-review-no-reason = Choose a reason.
office-editorial = Editorial reviews
office-editorial-of = Editorial reviews of { $title }
office-editorial-new = New editorial review
office-editorial-author = Author
office-editorial-source = Source
office-editorial-source-hint = The paper, the programme, or the name of the shop.
office-editorial-written = Appeared on
office-editorial-language = Language
office-editorial-body = Text
office-editorial-body-hint = Text without tags; an empty line separates paragraphs. Copy only what you have the right to publish.
office-editorial-add = Add
office-editorial-change = Change
office-editorial-remove = Remove
office-editorial-none = No editorial review entered for this edition.
office-told-editorial-saved = The editorial review is kept and appears on the page of the book.
office-told-editorial-removed = The editorial review is removed.
office-told-editorial-gone = This editorial review exists no longer.
office-told-editorial-full = This edition has as many editorial reviews as its page shows.
office-action-review-publish = review published
office-action-review-refuse = review refused
office-action-review-keep = review left
office-action-editorial-add = editorial review added
office-action-editorial-change = editorial review changed
office-action-editorial-remove = editorial review removed
