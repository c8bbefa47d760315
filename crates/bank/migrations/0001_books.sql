CREATE TABLE hold (
    id {id},
    payment TEXT NOT NULL,
    card TEXT NOT NULL,
    terminal TEXT NOT NULL,
    stan {bigint} NOT NULL,
    transmitted TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'declined', 'captured', 'reversed')),
    response_code TEXT NOT NULL,
    retrieval_reference TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    captured_cents {bigint} NOT NULL,
    refunded_cents {bigint} NOT NULL,
    booked_us {bigint} NOT NULL,
    UNIQUE (terminal, stan, transmitted),
    CONSTRAINT captured_within_the_hold CHECK (captured_cents BETWEEN 0 AND amount_cents),
    CONSTRAINT refunded_within_the_capture CHECK (refunded_cents BETWEEN 0 AND captured_cents),
    CONSTRAINT only_captures_take_money CHECK (captured_cents = 0 OR state = 'captured')
) {strict};
CREATE INDEX hold_payment ON hold (payment);
CREATE TABLE message (
    id {id},
    mti TEXT NOT NULL,
    terminal TEXT NOT NULL,
    stan {bigint} NOT NULL,
    transmitted TEXT NOT NULL,
    original_stan {bigint},
    original_transmitted TEXT,
    payment TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    response_code TEXT NOT NULL,
    retrieval_reference TEXT NOT NULL,
    approval_code TEXT NOT NULL,
    times_said {bigint} NOT NULL,
    booked_us {bigint} NOT NULL,
    UNIQUE (mti, terminal, stan, transmitted)
) {strict};
CREATE INDEX message_original ON message (terminal, original_stan, original_transmitted);
