# Basket

basket-title = Your basket
basket-lines = Books in the basket
basket-empty = Your basket is empty.
basket-go-on = Look along the shelves
basket-update = Update
basket-remove = Remove
basket-sum = In all
basket-books =
    { $count ->
        [one] { $shown } book
       *[other] { $shown } books
    }
basket-checkout = Order
basket-guest = No account needed.
basket-put-right = One line of the basket cannot be ordered as it stands. Change it or remove it, then go on.
basket-collect-hint = Collected in the shop, there is no delivery to pay.
line-not-buyable = This book cannot be ordered any more.
line-at-most =
    { $count ->
        [0] The last copy has just gone.
        [one] Only { $shown } copy is left.
       *[other] Only { $shown } copies are left.
    }
delivery = Delivery
delivery-post = Delivery by post
delivery-collect = Collection in the shop
delivery-post-hint = In France and Monaco
delivery-collect-hint = We write to you as soon as it is ready
by-post = by post
by-collect = collected
total = Total
total-with-delivery = Total with delivery
total-vat-included = All prices include VAT.
goods-total = Books

# Checkout

checkout-title = Your order
checkout-to-basket = Go to the basket
checkout-errors =
    { $count ->
        [one] One thing has to be put right
       *[other] { $shown } things have to be put right
    }
step-delivery = Delivery
step-contact = Where we write to you
step-address = Address
step-summary = Summary
field-email = E-mail
field-name = Name
field-street = Street
field-postcode = Postcode
field-city = Town
field-country = Country
field-missing = please fill this in.
field-too-long =
    { $count ->
        [one] at most { $shown } character fits here.
       *[other] at most { $shown } characters fit here.
    }
field-too-many-lines =
    { $count ->
        [one] at most { $shown } line fits on a label.
       *[other] at most { $shown } lines fit on a label.
    }
field-unprintable = there is a character in it that cannot be printed.
field-bad-postcode = this is not a postcode of that country, such as 75005.
field-bad-email = this is not a complete address, such as jeanne@example.org.
field-not-delivered = we do not deliver there yet. You can have the order sent to mainland France, Corsica or Monaco.
hint-email = For the confirmation and the link to your order; never for advertising.
hint-collect-address = For the receipt; nothing is sent there.
country-FR = France
country-MC = Monaco
pay-button = Order with obligation to pay
step-means = Payment
means-card = Bank card
means-provider = Card or another means, at our provider
means-transfer = Bank transfer
means-collection = In the shop, when you collect
pay-next-card = Next you give your card on the page of our card vault. The shop never sees its number.
pay-next-provider = You then pay on the page of our provider. The bookshop never sees your card.
pay-next-transfer = We tell you where to send it. Your books leave when it has arrived, usually a day or two later.
pay-next-collection = In cash or by card, when you come for your books.
pay-terms = By ordering you accept the
pay-terms-link = terms of sale
free = free
cards-closed = Card payment is not available at the moment.
cards-closed-words = You can order: your books are kept for half an hour, and you pay from the page of the order as soon as it is possible again.
cards-closed-others = Choose another means of payment, or order now and pay by card later, from the page of the order.
cards-closed-kept = The vault that keeps the cards is closed. Your order is not lost.
notice-means = This means of payment does not go with this delivery
notice-means-words = Nothing was ordered. Choose another means of payment, or collect in the shop.
notice-price = The total has changed
notice-price-words = It was { $was } and is now { $now }. Nothing was ordered. If you agree, order again below.
notice-stock = “{ $title }”: somebody was faster
notice-stock-words =
    { $count ->
        [0] No copy is left. Nothing was ordered or charged.
        [one] Only { $shown } copy is left. Nothing was ordered or charged.
       *[other] Only { $shown } copies are left. Nothing was ordered or charged.
    }
notice-gone = “{ $title }” cannot be ordered any more
notice-gone-words = Nothing was ordered or charged. Take it out of the basket to go on.
notice-already = This form has placed an order already
notice-already-words = Since then something in it was changed. If you want a second order, send the form below once more.

# After the card

declined-title = Your bank said no
declined-means = Nothing was charged. We keep your books for half an hour: you can try another card.
decline-insufficient_funds = The bank says that there is not enough on the account.
decline-expired_card = The bank says that the card has expired.
decline-incorrect_csc = The three or four digits on the back of the card are not right.
decline-lost_or_stolen = The bank says that this card was reported lost or stolen. Please call your bank.
decline-suspected_fraud = The bank is not sure that it is you. Please call your bank.
decline-limit_exceeded = The card’s limit is reached.
decline-not_permitted = This card does not allow purchases of this kind.
decline-invalid_card = The bank does not know this card number.
decline-issuer_unavailable = Your bank cannot be reached at the moment. Trying again later may help.
decline-do_not_honour = The bank gives no reason. It will tell you if you call.
unanswered-title = Your bank has not answered
unanswered-what = We asked your bank and got no answer, so we do not know whether it has set the amount aside. We have given the order up and told the bank to lift whatever it may have reserved.
unanswered-means = You will not be charged. If your account shows a reservation, your bank lifts it, usually within some days. Your basket is as it was.
not-sent-title = The payment could not be sent
not-sent-what = Our line to the bank is down. The bank was not asked and nothing was reserved.
not-sent-means = Nothing was charged. We keep your books: please try again in a few minutes.
provider-closed-title = The payment page does not open
provider-closed-what = Our payment provider cannot be reached at the moment. Nothing was reserved.
page-closed-title = The payment page has closed
page-closed-what = It closed before you had paid. Nothing was reserved.
page-closed-means = Nothing was charged. For as long as your books are kept you can pay in any way you like.
too-late-title = Your payment came too late
too-late-what = When it reached us, the order was no longer waiting for it: its time was over, what is due had changed, or you had chosen another means of payment.
too-late-means = You will not be charged. What was reserved is being lifted; your account shows it usually within some days.
pay-again = Try another card
pay-retry = Try to pay again
order-see = See the order

# Orders

order = Order
order-heading = Order { $number }
order-timeline = Where it stands
order-possible = What you can do
order-lines = What you ordered
order-figures = Figures
order-asking = Your bank has not answered yet. This page knows more in a moment.
order-reload = Look again
order-held-until = Your books are kept for you until { $time }.
order-pay = Pay now
order-pay-otherwise = Pay another way
means-title = How would you like to pay?
means-amount = { $amount } to pay. Your books are kept until { $time }.
means-go = Continue
transfer-how = Send this transfer from your bank. Do give the reference: it says that it is for your order.
transfer-holder = In the name of
transfer-iban = IBAN
transfer-amount = Exact amount
transfer-reference = Reference
transfer-until = Without a transfer the order is given up on { $time }. Nothing is owed then.
order-change = Until it leaves, you can cancel the order or change the address: write to us, and say the order’s number.
order-write = Write to the bookseller
order-withdraw = You can give books back within fourteen days of receiving them, without a reason.
order-nothing = Nothing is left to do for this order.
order-state-awaiting_payment = The order is waiting for its payment.
order-state-confirmed = The order is paid. We are preparing it.
order-state-partly = A part of the order is on its way. We are preparing the rest.
order-state-collection = The order is confirmed. You pay when you come for it.
order-state-transfer = The order waits for your transfer.
order-state-provider = You were sent to our provider’s page to pay. We have not heard of a payment yet; as soon as we do, this page says so.
order-state-shipped = The order has left the shop.
order-state-refunded = The order was refunded.
order-state-expired = The order was not paid in time. Nothing was charged, and the books are back on the shelf.
order-state-cancelled = The order was cancelled. Nothing is charged.
step-received = Received
step-payment = Payment
step-paid = Paid: the amount is reserved on your card
step-paid-by-certificate = Paid by gift certificate
step-agreed = Confirmed: you pay in the shop
step-transferred = Paid by transfer
step-part-sent = A parcel has left
step-packed = Being packed
step-sent = On its way
step-ready = Ready in the shop
step-refunded = Refunded
step-expired = Given up: not paid in time
step-cancelled = Cancelled
step-later = to come
step-now = now
payment-awaiting_reader = Waiting for your payment.
payment-awaits-transfer = Waiting for your transfer.
payment-at-provider = To be paid on our provider’s page.
payment-page-closed = The provider’s page closed before it was paid; nothing is charged.
payment-transferred = Paid by transfer.
payment-at-collection = To be paid in the shop.
payment-at-the-till = Paid in the shop.
payment-dropped = Replaced by another payment.
paid-by-certificate = { $amount } of it by gift certificate.
given-back = { $amount } were given back to you.
line-sent = { $copies } on the way
line-cancelled = { $copies } cancelled
payment-authorising = Your bank is being asked.
payment-authorised = Reserved, charged when the parcel leaves.
payment-declined = Declined by the bank.
payment-unknown = The bank did not answer; nothing is charged.
payment-not_sent = Not sent; nothing is charged.
payment-capturing = Being charged.
payment-captured = Charged.
payment-reversing = The reservation is being lifted.
payment-reversed = The reservation is lifted.
payment-refunding = Being refunded.
payment-refunded = Refunded.
event-placed = Placed
event-expired = Given up
event-authorising = The bank was asked
event-confirmed = Confirmed
event-chosen = Means of payment chosen
event-paid = Paid
event-part_sent = A parcel has left
event-rest_cancelled = Rest cancelled
event-part_refunded = Refunded in part
event-declined = Declined
event-unanswered = The bank did not answer
event-not_sent = The bank could not be asked
event-too_late = A payment came too late; it is being lifted
event-capturing = The amount was asked for
event-shipped = Sent
event-cancelled = Cancelled
event-reversed = The reservation was lifted
event-refunding = The refund was asked for
event-refunded = Refunded
event-disputed = Taken back by the bank
event-represented = Contested
event-dispute_won = Contest won
event-dispute_lost = Contest lost
event-set_aside = Transfer set aside
event-refused = The bank refused
card = Card
card-ending = { $brand } ending in { $last4 }.
vat-at = of which VAT { $rate }
book = Book
orders-by-mail = The confirmation we sent you has a link to your order. If you have lost it, find the order here.
orders-not-found = There is no order with this number and this e-mail address. The number is in the confirmation and looks like BQ-7K3M-Q9XZ.
orders-number = Order number
orders-number-hint = For example BQ-7K3M-Q9XZ
orders-open = Open the order

certificate = Gift certificate
certificate-have = I have a gift certificate
certificate-code = Code of the gift certificate
certificate-code-hint = Sixteen letters and figures, like CADO-7K3M-Q9XZ-2B4T-W8VY.
certificate-use = Use this gift certificate
certificate-pays = Your gift certificates pay { $amount } of this order.
certificate-take-back = Do not use them
certificate-used = The gift certificate pays its part.
certificate-taken-back = Your gift certificates are whole again.
certificate-malformed = This is not a whole code. It has sixteen letters and figures.
certificate-unknown = No gift certificate can be spent under this code. Check it, or ask us.
certificate-expired = This gift certificate is no longer valid.
certificate-empty = Nothing is left on this gift certificate.
certificate-not-waiting = The order waits for no payment any more, or your bank is being asked at this moment.
certificate-too-fast = Too many codes are being tried at the moment. Try again in a few seconds; your order waits.
