-- An order is paid by one of several means, leaves in one parcel or several, and is given back in parts.
-- Tables whose words or columns changed are made anew and filled from the old ones: SQLite changes no check.

ALTER TABLE orders ADD COLUMN certificates_cents {bigint} NOT NULL DEFAULT 0;
ALTER TABLE order_lines ADD COLUMN cancelled {bigint} NOT NULL DEFAULT 0;

-- One row for each try to pay. What the shop knows of a card is a token and what a receipt may show. reference is
-- the name by which the means knows the payment: a creditor reference, a provider's session.
CREATE TABLE payments_by_means (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL REFERENCES orders (id),
    means TEXT NOT NULL CHECK (means IN ('card', 'provider', 'transfer', 'collection')),
    state TEXT NOT NULL CHECK (state IN
        ('awaiting_reader', 'dropped', 'authorising', 'authorised', 'declined', 'unknown', 'not_sent', 'capturing',
         'captured', 'reversing', 'reversed', 'refunding', 'refunded')),
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    captured_cents {bigint} NOT NULL DEFAULT 0,
    refunded_cents {bigint} NOT NULL DEFAULT 0,
    lifted {bigint} NOT NULL DEFAULT 0 CHECK (lifted IN (0, 1)),
    nonce TEXT NOT NULL,
    reference TEXT,
    card_token TEXT,
    card_brand TEXT,
    card_last4 TEXT,
    card_expiry TEXT,
    approval_code TEXT,
    retrieval_reference TEXT,
    guarantee TEXT NOT NULL DEFAULT 'none' CHECK (guarantee IN ('issuer', 'merchant', 'none')),
    evidence TEXT,
    reason TEXT,
    created_us {bigint} NOT NULL,
    changed_us {bigint} NOT NULL,
    CONSTRAINT payments_captured_within_the_amount CHECK (captured_cents BETWEEN 0 AND amount_cents),
    CONSTRAINT payments_refunded_within_the_capture CHECK (refunded_cents BETWEEN 0 AND captured_cents)
) {strict};
INSERT INTO payments_by_means (id, order_id, means, state, amount_cents, captured_cents, refunded_cents, nonce,
        card_token, card_brand, card_last4, card_expiry, approval_code, retrieval_reference, guarantee, reason,
        created_us, changed_us)
    SELECT id, order_id, 'card', CASE state WHEN 'awaiting_card' THEN 'awaiting_reader' ELSE state END, amount_cents,
        CASE WHEN state IN ('captured', 'refunding', 'refunded') THEN amount_cents ELSE 0 END,
        CASE state WHEN 'refunded' THEN amount_cents ELSE 0 END, nonce,
        card_token, card_brand, card_last4, card_expiry, approval_code, retrieval_reference,
        CASE WHEN approval_code IS NULL THEN 'none' ELSE 'merchant' END, reason, created_us, changed_us
    FROM payments;

-- A parcel and the capture that pays for it have one id. answer is empty while the bank is asked.
CREATE TABLE parcels (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL REFERENCES orders (id),
    payment TEXT REFERENCES payments_by_means (id),
    goods_cents {bigint} NOT NULL CHECK (goods_cents >= 0),
    delivery_cents {bigint} NOT NULL CHECK (delivery_cents >= 0),
    captured_cents {bigint} NOT NULL CHECK (captured_cents >= 0),
    staff TEXT NOT NULL,
    tracking TEXT,
    asked_us {bigint} NOT NULL,
    left_us {bigint},
    answer TEXT CHECK (answer IN ('done', 'refused'))
) {strict};
CREATE INDEX parcels_by_order ON parcels (order_id, asked_us);

CREATE TABLE parcel_lines (
    parcel TEXT NOT NULL REFERENCES parcels (id),
    position {bigint} NOT NULL,
    quantity {bigint} NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (parcel, position)
) {strict};

-- Orders that left before this step left whole.
INSERT INTO parcels (id, order_id, payment, goods_cents, delivery_cents, captured_cents, staff, asked_us, left_us, answer)
    SELECT p.id, o.id, p.id, o.goods_cents, o.delivery_cents, p.amount_cents,
        COALESCE((SELECT MAX(e.staff) FROM order_events e WHERE e.order_id = o.id AND e.kind = 'capturing'), ''),
        p.changed_us, o.shipped_us, CASE WHEN o.shipped_us IS NULL THEN NULL ELSE 'done' END
    FROM payments_by_means p JOIN orders o ON o.id = p.order_id
    WHERE p.state IN ('capturing', 'captured', 'refunding', 'refunded');
INSERT INTO parcel_lines (parcel, position, quantity)
    SELECT parcels.id, l.position, l.quantity FROM parcels JOIN order_lines l ON l.order_id = parcels.order_id;
UPDATE order_lines SET cancelled = quantity
    WHERE order_id IN (SELECT id FROM orders WHERE state = 'cancelled');

-- amount_cents goes back by the payment's means, certificate_cents to the certificates that paid.
CREATE TABLE refunds_in_parts (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL REFERENCES orders (id),
    payment TEXT REFERENCES payments_by_means (id),
    goods_cents {bigint} NOT NULL CHECK (goods_cents >= 0),
    delivery_cents {bigint} NOT NULL CHECK (delivery_cents >= 0),
    amount_cents {bigint} NOT NULL CHECK (amount_cents >= 0),
    certificate_cents {bigint} NOT NULL DEFAULT 0 CHECK (certificate_cents >= 0),
    restock {bigint} NOT NULL DEFAULT 0 CHECK (restock IN (0, 1)),
    staff TEXT NOT NULL,
    asked_us {bigint} NOT NULL,
    answered_us {bigint},
    answer TEXT CHECK (answer IN ('done', 'refused'))
) {strict};
INSERT INTO refunds_in_parts (id, order_id, payment, goods_cents, delivery_cents, amount_cents, staff, asked_us, answer)
    SELECT r.id, o.id, r.payment, o.goods_cents, o.delivery_cents, r.amount_cents,
        COALESCE((SELECT MAX(e.staff) FROM order_events e WHERE e.order_id = o.id AND e.kind = 'refunding'), ''),
        r.asked_us, r.answer
    FROM refunds r JOIN payments p ON p.id = r.payment JOIN orders o ON o.id = p.order_id;

CREATE TABLE refund_lines (
    refund TEXT NOT NULL REFERENCES refunds_in_parts (id),
    position {bigint} NOT NULL,
    quantity {bigint} NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (refund, position)
) {strict};
INSERT INTO refund_lines (refund, position, quantity)
    SELECT r.id, l.position, l.quantity FROM refunds_in_parts r JOIN order_lines l ON l.order_id = r.order_id;

DROP TABLE refunds;
DROP TABLE payments;
ALTER TABLE payments_by_means RENAME TO payments;
ALTER TABLE refunds_in_parts RENAME TO refunds;
CREATE INDEX payments_by_order ON payments (order_id, created_us);
CREATE INDEX payments_in_flight ON payments (changed_us)
    WHERE state IN ('authorising', 'capturing', 'reversing', 'refunding');
CREATE UNIQUE INDEX payments_one_live_per_order ON payments (order_id)
    WHERE state IN ('authorising', 'authorised', 'capturing', 'captured', 'reversing', 'refunding');
CREATE UNIQUE INDEX payments_by_reference ON payments (means, reference) WHERE reference IS NOT NULL;
CREATE INDEX refunds_by_order ON refunds (order_id, asked_us);
CREATE UNIQUE INDEX refunds_one_open_per_payment ON refunds (payment) WHERE answer IS NULL;

-- What a bank credits or debits belongs to no order.
CREATE TABLE ledger_transfers_of_all (
    id TEXT PRIMARY KEY,
    order_id {bigint},
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    at_us {bigint} NOT NULL,
    settled_us {bigint}
) {strict};
INSERT INTO ledger_transfers_of_all (id, order_id, state, at_us, settled_us)
    SELECT id, order_id, state, at_us, settled_us FROM ledger_transfers;
CREATE TABLE ledger_entries_of_all (
    transfer TEXT NOT NULL REFERENCES ledger_transfers_of_all (id),
    account TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    PRIMARY KEY (transfer, account)
) {strict};
INSERT INTO ledger_entries_of_all (transfer, account, amount_cents)
    SELECT transfer, account, amount_cents FROM ledger_entries;
DROP TABLE ledger_entries;
DROP TABLE ledger_transfers;
ALTER TABLE ledger_transfers_of_all RENAME TO ledger_transfers;
ALTER TABLE ledger_entries_of_all RENAME TO ledger_entries;
CREATE INDEX ledger_transfers_by_order ON ledger_transfers (order_id);
CREATE INDEX ledger_transfers_by_settlement ON ledger_transfers (settled_us);
CREATE INDEX ledger_transfers_pending ON ledger_transfers (at_us) WHERE state = 'pending';
--postgres
-- The answer for a key that was used before: the order it made, or that the key belongs to another request.
CREATE OR REPLACE FUNCTION shop_order_placed_before(wanted BIGINT, hash TEXT) RETURNS JSONB
LANGUAGE sql STABLE AS $body$
    SELECT CASE WHEN o.request_hash <> hash THEN jsonb_build_object('outcome', 'key_reused')
        ELSE jsonb_build_object('outcome', 'repeated', 'number', o.number, 'state', o.state,
            'total_cents', o.total_cents, 'hold_until_us', o.hold_until_us, 'payment', p.id,
            'nonce', p.nonce) END
    FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state = 'awaiting_reader'
    WHERE o.id = wanted ORDER BY p.created_us DESC LIMIT 1
$body$;

-- Draft and answer are JSON objects; their fields are those of checkout::one_call in Rust.
-- A refusal is raised as BQ001 and caught here, so that nothing of a refused order stays.
CREATE OR REPLACE FUNCTION shop_place_order(asked TEXT) RETURNS TEXT
LANGUAGE plpgsql AS $body$
DECLARE
    draft JSONB := asked::jsonb;
    now_us BIGINT := (asked::jsonb->>'now_us')::bigint;
    this_order BIGINT;
    times_asked BIGINT;
    other RECORD;
    changed JSONB;
    line RECORD;
BEGIN
    -- A repeat writes as well: a mirror must acknowledge it like the first time.
    INSERT INTO orders (number, idempotency_key, request_hash, tries, state, paying, cart, locale, email,
            name, address, method, goods_cents, delivery_cents, total_cents,
            placed_us, hold_until_us, search_text)
        SELECT d.number, d.idempotency_key, d.request_hash, 1, 'awaiting_payment', 0, d.cart, d.locale,
            d.email, d.name, d.address, d.method, d.goods_cents,
            d.delivery_cents, d.total_cents, now_us, d.hold_until_us, d.search_text
        FROM jsonb_to_record(draft) AS d(number TEXT, idempotency_key TEXT, request_hash TEXT, cart TEXT,
            locale TEXT, email TEXT, name TEXT, address TEXT, method TEXT,
             goods_cents BIGINT, delivery_cents BIGINT, total_cents BIGINT,
            hold_until_us BIGINT, search_text TEXT)
        ON CONFLICT (idempotency_key) DO UPDATE SET tries = orders.tries + 1
        RETURNING id, tries INTO this_order, times_asked;
    IF times_asked > 1 THEN
        RETURN shop_order_placed_before(this_order, draft->>'request_hash')::text;
    END IF;

    changed := shop_changed_lines(draft);
    IF changed IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'BQ001',
            MESSAGE = jsonb_build_object('outcome', 'changed', 'editions', changed)::text;
    END IF;

    -- An unpaid order made from the same cart is replaced: its copies may be the ones wanted now.
    FOR other IN SELECT id FROM orders WHERE cart = draft->>'cart' AND state = 'awaiting_payment'
        AND id <> this_order ORDER BY id
    LOOP
        PERFORM shop_expire_order(other.id, now_us, 'replaced');
    END LOOP;

    INSERT INTO order_vat (order_id, vat_bp, goods_cents, delivery_cents, vat_cents)
        SELECT this_order, v.vat_bp, v.goods_cents, v.delivery_cents, v.vat_cents
        FROM jsonb_to_recordset(draft->'vat')
            AS v(vat_bp BIGINT, goods_cents BIGINT, delivery_cents BIGINT, vat_cents BIGINT);
    INSERT INTO payments (id, order_id, means, state, amount_cents, nonce, created_us, changed_us)
        VALUES (draft->>'payment', this_order, 'card', 'awaiting_reader', (draft->>'total_cents')::bigint,
            draft->>'nonce', now_us, now_us);
    INSERT INTO ledger_transfers (id, order_id, state, at_us)
        VALUES (draft->>'transfer', this_order, 'pending', now_us);
    INSERT INTO ledger_entries (transfer, account, amount_cents)
        SELECT draft->>'transfer', e.account, e.amount_cents
        FROM jsonb_to_recordset(draft->'entries') AS e(account TEXT, amount_cents BIGINT);
    INSERT INTO order_events (order_id, at_us, kind) VALUES (this_order, now_us, 'placed');

    -- Stock last, in the order of editions: the rows that buyers share are locked shortly and alike.
    FOR line IN SELECT * FROM jsonb_to_recordset(draft->'lines') AS l(position BIGINT, edition BIGINT,
        quantity BIGINT, unit_cents BIGINT, goods TEXT, vat_bp BIGINT) ORDER BY l.edition
    LOOP
        INSERT INTO order_lines (order_id, position, edition, title, isbn13, goods, quantity, unit_cents,
                vat_bp, from_stock)
            SELECT this_order, line.position, e.id, e.title, e.isbn13, line.goods, line.quantity,
                line.unit_cents, line.vat_bp,
                shop_hold_stock(line.edition, line.quantity, this_order, now_us)
            FROM editions e WHERE e.id = line.edition;
    END LOOP;
    RETURN jsonb_build_object('outcome', 'placed', 'order', this_order)::text;
EXCEPTION WHEN SQLSTATE 'BQ001' THEN
    RETURN SQLERRM;
END
$body$;
--end
