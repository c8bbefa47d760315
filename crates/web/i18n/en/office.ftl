# The back office: what booksellers read.

office-name = Back office
office-skip = Skip to content
office-parts = Parts of the back office
office-dashboard = Dashboard
office-orders = Orders
office-stock = Stock
office-import = Import
office-staff = Accounts
office-audit = Log
office-help = Help
office-log-in = Log in
office-log-out = Log out
office-login = Login
office-password = Password
office-login-wrong = Login or password is wrong.
office-login-later = Too many attempts. Wait a quarter of an hour, or ask an administrator for a new password.
office-login-old-form = This page had been open for too long. Please try again.
office-close = Close
office-save = Save
office-search = Search
office-previous = Previous
office-next = Next
office-pages = Pages
office-page-of = Page { $page } of { $last }

office-keys = Keyboard shortcuts
office-key-search = Search
office-key-rows = Next row, previous row
office-key-open = Open the row
office-key-help = Show the shortcuts
office-key-close = Close
office-help-intro = Everything can also be done with the mouse and without scripts. A barcode scanner types the ISBN into the stock search and opens the edition.

office-period = Period
office-days = { $count ->
    [one] { $shown } day
   *[other] { $shown } days
  }
office-to-ship = { $count ->
    [0] No order to ship
    [one] { $shown } order to ship
   *[other] { $shown } orders to ship
  }
office-chart-orders = Orders paid per day
office-chart-revenue = Revenue per day, VAT included
office-chart-titles = Best-selling titles
office-chart-searches = Searches without result
office-chart-day = Day
office-chart-name = Name
office-chart-times = Number
office-chart-table = Show the table
office-chart-empty = Nothing in this period.

office-orders-all = All
office-orders-states = State of the orders
office-orders-search = Number, name, e-mail address or title
office-orders-found = { $count ->
    [0] No order matches.
    [one] { $shown } order
   *[other] { $shown } orders
  }
office-state-awaiting_payment = to be paid
office-state-confirmed = paid
office-state-shipped = shipped
office-state-refunded = refunded
office-state-expired = never paid
office-state-cancelled = cancelled
office-order-title = Order { $number }
office-order-number = Number
office-order-placed = Placed
office-order-state = State
office-order-reader = Reader
office-order-titles = Titles
office-order-total = Total
office-order-lines = Lines
office-order-title-column = Title
office-order-quantity = Quantity
office-order-unit = Unit price
office-order-line-total = Amount
office-order-goods = Goods
office-order-delivery = Delivery
office-order-vat = VAT
office-vat-rate = Rate
office-vat-net = Net
office-vat-tax = VAT
office-vat-gross = Gross
office-order-payments = Payments
office-payment-card = Card
office-payment-state = State
office-payment-changed = Since
office-payment-reference = Approval, reference
office-payment-state-awaiting_card = waits for a card
office-payment-state-authorising = bank asked
office-payment-state-authorised = reserved
office-payment-state-declined = declined
office-payment-state-unknown = no answer
office-payment-state-not_sent = not sent
office-payment-state-capturing = capture asked
office-payment-state-captured = taken
office-payment-state-reversing = reversal asked
office-payment-state-reversed = reservation lifted
office-payment-state-refunding = refund asked
office-payment-state-refunded = refunded
office-no-card = no card yet
office-order-timeline = What happened
office-from-shelf = from the shelf
office-from-supplier = to order from the supplier
office-method-post = Sent by post
office-method-shop_collection = Collected in the shop
office-ship = Ship and take { $amount }
office-cancel-ask = Cancel the order…
office-cancel-help = The copies go back to the shelf and the reservation on the card is lifted. The reader pays nothing.
office-cancel = Cancel the order
office-refund-ask = Refund…
office-refund-help = The whole amount goes back to the card, delivery included.
office-refund = Refund { $amount }
office-told-shipped = Order shipped, amount taken. The reader is told by e-mail.
office-told-cancelled = Order cancelled, reservation lifted.
office-told-refunded = Amount refunded.
office-told-pending = Asked. The bank has not answered yet: it will be asked again until it does, and this page will tell.
office-told-refused = The bank refused (code { $code }). Nothing changed.
office-told-not-now = This is no longer possible where the order stands.

office-stock-search = ISBN, title or author
office-stock-help = Search for an edition to see and correct its stock. An ISBN leads straight to it.
office-stock-none = No edition matches.
office-stock-on-hand = On hand
office-stock-held = Promised
office-stock-available = Available
office-stock-policy = When the shelf is empty
office-stock-not-counted = This edition is not counted: it is always ordered from the supplier.
office-policy-limited = sell no more
office-policy-reorder = order from the supplier
office-price = Price
office-see-in-shop = see it in the shop
office-count = Count
office-count-help = How many copies are in the shop, promised ones included. What is sold while you count stays sold.
office-count-copies = Copies counted
office-count-save = Save the count
office-change = Add or take away
office-change-help = A negative number takes copies away.
office-change-copies = Copies more or less
office-change-save = Save the change
office-reason = Reason
office-moves = Moves
office-move-when = When
office-move-why = Why
office-move-count = count
office-move-hold = promised to an order
office-move-release = order not paid
office-move-sale = sale
office-move-return = order cancelled
office-told-embargo = The publisher forbids handing over “{ $title }” before { $day }. The order stays ready: ship it on that day.
office-told-counted = Stock saved.
office-told-promised = Not possible: { $held } copies are promised to orders.
office-told-unreadable = A number of copies and a reason are needed.

office-import-help = An ONIX file (2.1, 3.0 or 3.1), MARC records, a table (CSV) or JSON lines, plain or packed (gzip, Zstandard, zip). Importing the same file twice changes nothing.
office-import-file = File
office-import-list = Recent imports
office-import-state = State
office-import-empty = This file is empty.
office-import-records = { $count ->
    [one] { $shown } record
   *[other] { $shown } records
  }
office-import-done = { $count ->
    [one] Done: { $shown } record read.
   *[other] Done: { $shown } records read.
  }
office-import-stand-still = Stop refreshing this page
office-import-watch = Keep refreshing this page
office-import-read = File read
office-import-records-read = Records read
office-import-rate = Records per second
office-import-left = Time left
office-seconds-left = { $shown } s
office-minutes-left = { $shown } min
office-import-created = Created
office-import-updated = Changed
office-import-unchanged = Unchanged
office-import-hidden = Withdrawn
office-import-rejected = Rejected
office-import-notes = Remarks
office-import-no-notes = No remarks.
office-import-report = Download the full report (JSON, one remark a line)
office-severity-error = Errors
office-severity-warning = Warnings
office-severity-info = Information
office-note-error = error
office-note-warning = warning
office-note-info = information
office-note-line = Line
office-note-severity = Severity
office-note-record = Record
office-note-message = Remark

office-name-column = Name
office-role = Role
office-role-bookseller = bookseller
office-role-administrator = administrator
office-staff-change = Change
office-staff-new = New account
office-staff-create = Create the account
office-disabled = closed
office-disable = Close the account
office-disable-help = The account opens nothing any more and its sessions are closed. A new password opens it again.
office-password-new = New password
office-password-hint = At least { $min } characters; a sentence is safer and easier to remember.
office-told-created = Account created.
office-told-password = Password changed; open sessions are closed.
office-told-disabled = Account closed.
office-told-taken = This login is taken.
office-told-bad-login = A login has 1 to 64 letters without accents, digits, dots, dashes or at signs.
office-told-bad-password = This password is too short, or far too long.
office-told-oneself = Nobody closes their own account.
office-audit-empty = Nothing is written down yet.
office-audit-action = Action
office-audit-subject = Subject
office-audit-note = Detail
office-action-order-ship = shipped
office-action-order-cancel = cancelled
office-action-order-refund = refunded
office-action-stock-adjust = stock
office-action-catalogue-import = import
office-action-catalogue-receive = file received
office-action-catalogue-mapping = columns saved
office-action-catalogue-trial = trial
office-action-catalogue-pause = import paused
office-action-catalogue-give_up = import stopped
office-action-catalogue-dismiss = file dismissed
office-action-import-undo = import undone
office-action-import-redo = import redone
office-action-edition-correct = book corrected
office-action-edition-split = record split off
office-action-edition-join = books joined
office-action-decision-undo = decision undone
office-action-decision-redo = decision redone
office-action-work-decide = work chosen
office-action-precedence-set = order of senders
office-action-staff-create = account created
office-action-staff-password = password changed
office-action-staff-disable = account closed
