# The payment network in the back office: vault, switch, carriers to the bank, replies without a question.

office-network = Payment network
network-help = The vault keeps the cards, the switch speaks to the bank by several carriers. This page looks and changes nothing.
network-none = This shop has no payment network of its own: cards are taken on a provider’s page, or not at all.
network-none-docs = What a vault of one’s own asks for is in the documentation:
network-docs = What to do in each case is in the documentation:
network-asked = As of
network-again = Look again
network-well = Nothing needs anybody.
network-mending = A carrier is down or silent: payments go by another, and the switch tries again. After ten minutes somebody should see to it.
network-open = See the payment network
network-since = since
network-oldest = the oldest since
network-pays = Card payment
network-yes = possible
network-no = not possible
network-vault = Vault
network-vault-open = open
network-vault-sealed = sealed
network-switch = Switch
network-answers = answers
network-silent = does not answer
network-unusable = answers, but not what is asked: its log says why
network-in-flight = Waiting for an answer
network-queued = To be confirmed by the bank
network-in-doubt = Payments in doubt

network-concern-vault-sealed = The vault is sealed: no card can be taken until three custodians have opened it.
network-concern-vault-silent = The vault does not answer: no card can be taken.
network-concern-switch-silent = The switch does not answer: no card payment can be asked for or captured.
network-concern-no-carrier = No carrier reaches the bank: card payments do not leave.
network-concern-carriers-down = { $count ->
    [one] One carrier to the bank has been down for more than ten minutes: payments go by another.
   *[other] { $shown } carriers to the bank have been down for more than ten minutes: payments go by another.
  }
network-concern-queue-waits = { $count ->
    [one] One message has been waiting for more than ten minutes for the bank to confirm it.
   *[other] { $shown } messages wait for the bank to confirm them, the oldest for more than ten minutes.
  }
network-concern-in-doubt = { $count ->
    [one] One payment is in doubt: its reversal is not confirmed yet.
   *[other] { $shown } payments are in doubt: their reversals are not confirmed yet.
  }
network-concern-contradicted = { $count ->
    [one] A late reply of the bank contradicts the answer that counts: ask the bank how it is.
   *[other] { $shown } late replies of the bank contradict the answers that count: ask the bank how they are.
  }
network-concern-batches-refused = { $count ->
    [one] The bank refused one clearing batch.
   *[other] The bank refused { $shown } clearing batches.
  }

network-carrier = Carrier { $place }
network-standing = State
network-up = up
network-doubted = up, but silent when last asked
network-down = down
network-address = Address
network-answered = Answers
network-unanswered = Unanswered
network-mean = Mean time
network-longest = The longest
network-minute = Minute
network-times = Time of the answers
network-times-none = No answer in the last hour.
network-times-told = Answers of the last hour: { $answered }. Mean time: { $mean }; the longest: { $longest }.
network-times-drawn = A bar for each minute of the last hour: below, the mean time; above, what the longest took beyond it. The table has the numbers.
network-minute-times = { $mean } on average, { $longest } at most
network-errors = Unanswered messages and lost connections
network-errors-none = Nothing of the kind in the last hour.
network-errors-told = Unanswered messages: { $unanswered }. Connections lost or refused: { $failed }.
network-errors-drawn = A bar for each minute of the last hour: below, messages without an answer; above, connections lost or refused. The table has the numbers.
network-timed-out = Not in time
network-lost = Connection lost
network-overtaken = Overtaken by another
network-sessions-failed = Connections lost or refused

network-clearing = Clearing
network-batch = Last batch
network-batch-none = none
network-uncleared = For the next one
network-untaken = Not taken yet
network-refused = Refused
network-unclearable = Cannot be cleared
network-bank = Batches, statements and breaks

network-strays = Replies without a question
network-strays-help = The latest replies that nobody waited for, held against the journal. None of them makes a refused payment a good one: what the bank approves too late is taken back. A duplicate after trouble with a carrier is normal; a reply to nothing, or one that contradicts the first, is not.
network-strays-unkept = Too many came at once: { $shown } were not kept since the switch started.
network-strays-none = None.
network-when = Received
network-class = Kind
network-message = Message
network-stan = Trace
network-code = Code
network-by = Carrier
network-reason = Why nobody waited for it
network-finding = What the journal said then
finding-agrees = The same.
finding-open = No answer was written down yet when it came.
finding-taken-back = It approves a payment that nobody builds on any more: it is taken back.
finding-contradicts = It contradicts the answer that counts: ask the bank.
finding-other = The switch’s log says it.
network-message-0110 = answer to an authorisation
network-message-0210 = answer to a refund
network-message-0230 = answer to a capture
network-message-0410 = answer to a reversal
network-message-0810 = answer of the network
stray-class-duplicate = duplicate
stray-class-late = late
stray-class-unmatched = unmatched
stray-answered-before = The message had been answered before.
stray-other-carrier = The message had left by two carriers, and the other one was quicker.
stray-timed-out = It came after the time-out; the payment was in doubt by then.
stray-connection-lost = The connection by which the question had left was lost.
stray-never-sent = No message that was sent asks for this reply.
stray-nameless = It does not say what it answers: the terminal or the trace number is missing.
stray-request = It is no reply but a request, which the shop does not answer.
stray-unreadable = It is no message: the switch’s log says what cannot be read.
stray-other = For a reason that this release does not know: the switch’s log says it.
