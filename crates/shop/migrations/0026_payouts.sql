-- What the hosted provider pays out, of what each payout is made, and the entry of the bank in which it arrives.

-- items: whether the provider says of what the payout is made; it cannot of one that a person asked for by hand. due_us: when
-- that is asked for. rest_cents: what of the payout nothing explains.
CREATE TABLE provider_payouts (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
    amount_cents {bigint} NOT NULL,
    currency TEXT NOT NULL,
    created_us {bigint} NOT NULL,
    made_on TEXT NOT NULL,
    arrives_on TEXT NOT NULL,
    items TEXT NOT NULL CHECK (items IN ('known', 'later', 'never')),
    payer TEXT NOT NULL,
    trace TEXT,
    due_us {bigint} NOT NULL,
    booked_us {bigint},
    failed_us {bigint},
    fees_cents {bigint} NOT NULL DEFAULT 0,
    rest_cents {bigint} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX provider_payouts_by_age ON provider_payouts (created_us);
CREATE INDEX provider_payouts_unbooked ON provider_payouts (created_us) WHERE booked_us IS NULL;
CREATE INDEX provider_payouts_by_amount ON provider_payouts (amount_cents);

-- source: what the provider says it is about. subject: the payment, refund or payout of the shop's books that this is, and
-- expected_cents what the books have for that. rest_cents: what of it lies in suspense, and why.
CREATE TABLE provider_transactions (
    id TEXT PRIMARY KEY,
    payout TEXT NOT NULL REFERENCES provider_payouts (id),
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'refund', 'chargeback', 'representment', 'fee', 'failure', 'other')),
    source TEXT NOT NULL,
    subject TEXT,
    order_number TEXT,
    amount_cents {bigint} NOT NULL,
    fee_cents {bigint} NOT NULL,
    expected_cents {bigint},
    rest_cents {bigint} NOT NULL DEFAULT 0,
    why TEXT CHECK (why IN ('unknown', 'amount', 'currency', 'repeated'))
) {strict};
CREATE INDEX provider_transactions_by_payout ON provider_transactions (payout);
CREATE INDEX provider_transactions_by_subject ON provider_transactions (kind, subject);
CREATE INDEX provider_transactions_astray ON provider_transactions (payout) WHERE why IS NOT NULL;
CREATE INDEX payments_by_charge ON payments (retrieval_reference) WHERE means = 'provider';

-- A movement of the bank may be a payout, and the provider a source: SQLite changes no check.
--sqlite
CREATE TABLE bank_entries_with_payouts (
    id {id},
    statement {bigint} NOT NULL REFERENCES bank_statements (id),
    name TEXT NOT NULL,
    booked_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN
        ('clearing', 'payout', 'transfer', 'refund', 'sent_back', 'chargeback', 'representment', 'charges', 'unknown')),
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
        ('no_order', 'several_orders', 'too_much', 'too_little', 'too_late', 'no_payment', 'no_refund', 'no_payout', 'unknown')),
    rest_cents {bigint} NOT NULL DEFAULT 0,
    given_to TEXT,
    sent_cents {bigint} NOT NULL DEFAULT 0,
    sent_us {bigint},
    UNIQUE (statement, name)
) {strict};
INSERT INTO bank_entries_with_payouts (id, statement, name, booked_on, kind, amount_cents, gross_cents, charges_cents, subject,
        reference, words, party, party_account, transfer, why, rest_cents, given_to, sent_cents, sent_us)
    SELECT id, statement, name, booked_on, kind, amount_cents, gross_cents, charges_cents, subject,
        reference, words, party, party_account, transfer, why, rest_cents, given_to, sent_cents, sent_us
    FROM bank_entries;
DROP TABLE bank_entries;
ALTER TABLE bank_entries_with_payouts RENAME TO bank_entries;
CREATE INDEX bank_entries_by_subject ON bank_entries (kind, subject);
CREATE INDEX bank_entries_by_transfer ON bank_entries (transfer);
CREATE INDEX bank_entries_in_suspense ON bank_entries (id) WHERE rest_cents <> 0;
CREATE TABLE bank_sources_with_provider (
    source TEXT PRIMARY KEY CHECK (source IN ('switch', 'window', 'folder', 'provider')),
    due_us {bigint} NOT NULL,
    leased_us {bigint} NOT NULL,
    fetched_us {bigint},
    failure TEXT,
    failing_us {bigint},
    tries {bigint} NOT NULL DEFAULT 0
) {strict};
INSERT INTO bank_sources_with_provider (source, due_us, leased_us, fetched_us, failure, failing_us, tries)
    SELECT source, due_us, leased_us, fetched_us, failure, failing_us, tries FROM bank_sources;
DROP TABLE bank_sources;
ALTER TABLE bank_sources_with_provider RENAME TO bank_sources;
--end
--postgres
ALTER TABLE bank_entries DROP CONSTRAINT bank_entries_kind_check;
ALTER TABLE bank_entries ADD CONSTRAINT bank_entries_kind_check CHECK (kind IN
    ('clearing', 'payout', 'transfer', 'refund', 'sent_back', 'chargeback', 'representment', 'charges', 'unknown'));
ALTER TABLE bank_entries DROP CONSTRAINT bank_entries_why_check;
ALTER TABLE bank_entries ADD CONSTRAINT bank_entries_why_check CHECK (why IN
    ('no_order', 'several_orders', 'too_much', 'too_little', 'too_late', 'no_payment', 'no_refund', 'no_payout', 'unknown'));
ALTER TABLE bank_sources DROP CONSTRAINT bank_sources_source_check;
ALTER TABLE bank_sources ADD CONSTRAINT bank_sources_source_check
    CHECK (source IN ('switch', 'window', 'folder', 'provider'));
DROP INDEX bank_entries_out_once;
--end
-- A refund and a transfer that was sent back leave the account once, and a payout arrives once.
CREATE UNIQUE INDEX bank_entries_once ON bank_entries (kind, subject) WHERE kind IN ('refund', 'sent_back', 'payout');
