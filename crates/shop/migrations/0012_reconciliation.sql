-- What the bank says moved, what the switch says was cleared, and where they and the shop's books disagree.

-- name tells a statement from the others of its account: year and number, and the part when it comes in parts.
CREATE TABLE bank_statements (
    id {id},
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    year {bigint} NOT NULL,
    sequence {bigint},
    part {bigint} NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    opening_cents {bigint} NOT NULL,
    closing_cents {bigint} NOT NULL,
    entries {bigint} NOT NULL,
    fingerprint TEXT NOT NULL,
    staff TEXT NOT NULL,
    read_us {bigint} NOT NULL,
    UNIQUE (account, name)
) {strict};

-- A booked entry, or one transaction of an entry that was booked for several. subject is the batch, payment, order
-- or refund that the bank means, rest_cents what of it lies in suspense. transfer is the one in the ledger.
CREATE TABLE bank_entries (
    id {id},
    statement {bigint} NOT NULL REFERENCES bank_statements (id),
    name TEXT NOT NULL,
    booked_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN
        ('clearing', 'transfer', 'refund', 'sent_back', 'chargeback', 'representment', 'charges', 'unknown')),
    amount_cents {bigint} NOT NULL,
    gross_cents {bigint} NOT NULL,
    charges_cents {bigint} NOT NULL,
    subject TEXT,
    reference TEXT,
    words TEXT NOT NULL,
    party TEXT NOT NULL,
    party_account TEXT,
    transfer TEXT,
    why TEXT CHECK (why IN
        ('no_order', 'several_orders', 'too_much', 'too_little', 'too_late', 'no_payment', 'no_refund', 'unknown')),
    rest_cents {bigint} NOT NULL DEFAULT 0,
    given_to TEXT,
    sent_cents {bigint} NOT NULL DEFAULT 0,
    sent_us {bigint},
    UNIQUE (statement, name)
) {strict};
CREATE INDEX bank_entries_by_subject ON bank_entries (kind, subject);
CREATE INDEX bank_entries_by_transfer ON bank_entries (transfer);
CREATE INDEX bank_entries_in_suspense ON bank_entries (id) WHERE rest_cents <> 0;
-- A refund and a transfer that was sent back leave the account once.
CREATE UNIQUE INDEX bank_entries_out_once ON bank_entries (kind, subject) WHERE kind IN ('refund', 'sent_back');

CREATE TABLE clearing_batches (
    id {id},
    merchant TEXT NOT NULL,
    sequence {bigint} NOT NULL,
    business_date TEXT NOT NULL,
    digest TEXT NOT NULL,
    file TEXT NOT NULL,
    lines {bigint} NOT NULL,
    captures_cents {bigint} NOT NULL,
    refunds_cents {bigint} NOT NULL,
    verdict TEXT CHECK (verdict IN ('taken', 'refused')),
    refusal TEXT,
    staff TEXT NOT NULL,
    read_us {bigint} NOT NULL,
    UNIQUE (merchant, sequence)
) {strict};

CREATE TABLE clearing_lines (
    batch {bigint} NOT NULL REFERENCES clearing_batches (id),
    line {bigint} NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund')),
    movement TEXT NOT NULL,
    payment TEXT NOT NULL,
    order_number TEXT NOT NULL,
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    rejected TEXT,
    PRIMARY KEY (batch, line)
) {strict};
CREATE INDEX clearing_lines_by_movement ON clearing_lines (movement);

-- Files that could not be believed: damaged, or another one under a number that was read before.
CREATE TABLE bank_files_refused (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    about TEXT,
    reason TEXT NOT NULL,
    staff TEXT NOT NULL,
    at_us {bigint} NOT NULL
) {strict};

CREATE TABLE disputes (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL REFERENCES orders (id),
    payment TEXT NOT NULL REFERENCES payments (id),
    reference TEXT,
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('opened', 'represented', 'won', 'lost')),
    taken {bigint} NOT NULL CHECK (taken IN (0, 1)),
    opened_us {bigint} NOT NULL,
    deadline TEXT NOT NULL,
    note TEXT NOT NULL,
    staff TEXT NOT NULL,
    changed_us {bigint} NOT NULL
) {strict};
CREATE INDEX disputes_by_order ON disputes (order_id, opened_us);
CREATE INDEX disputes_by_payment ON disputes (payment, opened_us);

-- Where the books, the bank and the switch disagree. One row for a subject however often it is found.
CREATE TABLE breaks (
    id {id},
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    order_number TEXT,
    expected_cents {bigint},
    found_cents {bigint},
    detail TEXT NOT NULL,
    owner TEXT,
    note TEXT NOT NULL DEFAULT '',
    opened_us {bigint} NOT NULL,
    seen_run {bigint} NOT NULL,
    closed_us {bigint},
    closed_by TEXT,
    UNIQUE (kind, subject)
) {strict};
CREATE INDEX breaks_open ON breaks (opened_us) WHERE closed_us IS NULL;

CREATE TABLE reconciliation_runs (
    id {id},
    begun_us {bigint} NOT NULL,
    ended_us {bigint},
    staff TEXT,
    opened {bigint} NOT NULL DEFAULT 0,
    closed {bigint} NOT NULL DEFAULT 0,
    open {bigint} NOT NULL DEFAULT 0,
    complete {bigint} NOT NULL DEFAULT 1 CHECK (complete IN (0, 1))
) {strict};
