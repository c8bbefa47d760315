-- Clearing batches that were taken, what they booked, and what moves on the merchant's account.
CREATE TABLE batch (
    merchant TEXT NOT NULL,
    sequence {bigint} NOT NULL,
    digest TEXT NOT NULL,
    acknowledgement TEXT NOT NULL,
    booked_us {bigint} NOT NULL,
    PRIMARY KEY (merchant, sequence)
) {strict};
CREATE TABLE cleared (
    movement TEXT PRIMARY KEY,
    merchant TEXT NOT NULL,
    sequence {bigint} NOT NULL,
    line {bigint} NOT NULL,
    payment TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund')),
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0)
) {strict};
CREATE INDEX cleared_payment ON cleared (payment);
CREATE TABLE entry (
    id {id},
    day TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('clearing', 'chargeback', 'representment', 'transfer')),
    -- With its sign, before the charges.
    amount_cents {bigint} NOT NULL,
    charges_cents {bigint} NOT NULL CHECK (charges_cents >= 0),
    lines {bigint} NOT NULL,
    -- The batch's number, the dispute, or what the payer calls the transfer.
    reference TEXT NOT NULL,
    payment TEXT NOT NULL,
    words TEXT NOT NULL,
    debtor TEXT NOT NULL,
    iban TEXT NOT NULL,
    booked_us {bigint} NOT NULL,
    statement {bigint}
) {strict};
CREATE INDEX entry_unstated ON entry (day, id) WHERE statement IS NULL;
CREATE INDEX entry_payment ON entry (payment);
CREATE TABLE statement (
    number {bigint} PRIMARY KEY,
    day TEXT NOT NULL,
    opening_cents {bigint} NOT NULL,
    closing_cents {bigint} NOT NULL,
    entries {bigint} NOT NULL,
    file TEXT NOT NULL,
    made_us {bigint} NOT NULL
) {strict};
