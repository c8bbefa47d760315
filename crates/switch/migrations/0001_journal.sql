CREATE TABLE payment (
    id TEXT PRIMARY KEY,
    order_number TEXT NOT NULL,
    amount_cents {bigint} NOT NULL CHECK (amount_cents >= 0),
    state TEXT NOT NULL,
    stan {bigint},
    transmitted TEXT,
    response_code TEXT,
    approval_code TEXT,
    retrieval_reference TEXT,
    not_sent TEXT,
    captured_cents {bigint} NOT NULL,
    refunded_cents {bigint} NOT NULL,
    received_us {bigint} NOT NULL,
    changed_us {bigint} NOT NULL,
    CONSTRAINT captured_within_the_amount CHECK (captured_cents BETWEEN 0 AND amount_cents),
    CONSTRAINT refunded_within_the_capture CHECK (refunded_cents BETWEEN 0 AND captured_cents)
) {strict};
CREATE INDEX payment_unsettled ON payment (changed_us) WHERE state IN ('received', 'sending');
CREATE TABLE advice (
    seq {id},
    payment TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund', 'reversal')),
    refund TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    stan {bigint} NOT NULL,
    transmitted TEXT NOT NULL,
    tries {bigint} NOT NULL,
    due_us {bigint} NOT NULL,
    response_code TEXT,
    queued_us {bigint} NOT NULL,
    done_us {bigint},
    UNIQUE (payment, kind, refund)
) {strict};
CREATE INDEX advice_due ON advice (due_us) WHERE response_code IS NULL;
CREATE TABLE stray (
    seq {id},
    mti TEXT NOT NULL,
    terminal TEXT NOT NULL,
    stan TEXT NOT NULL,
    response_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_us {bigint} NOT NULL
) {strict};
CREATE TABLE trace (only_row {bigint} PRIMARY KEY CHECK (only_row = 1), sent {bigint} NOT NULL) {strict};
INSERT INTO trace (only_row, sent) VALUES (1, 0);
