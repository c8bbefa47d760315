-- Gift certificates. A code is kept as its SHA-256 only: who reads the table cannot spend it. The two checks are the
-- last line of defence: a defect of the program cannot spend what is not there.
CREATE TABLE certificates (
    id {id},
    code_hash TEXT NOT NULL UNIQUE,
    code_end TEXT NOT NULL,
    worth_cents {bigint} NOT NULL CHECK (worth_cents > 0),
    balance_cents {bigint} NOT NULL,
    blocked {bigint} NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    expires_on TEXT NOT NULL,
    staff TEXT NOT NULL,
    note TEXT,
    issued_us {bigint} NOT NULL,
    CONSTRAINT certificates_balance_not_negative CHECK (balance_cents >= 0),
    CONSTRAINT certificates_balance_within_worth CHECK (balance_cents <= worth_cents)
) {strict};

-- Every change of a balance; only ever added to: their sums are the balances.
CREATE TABLE certificate_moves (
    id {id},
    certificate {bigint} NOT NULL REFERENCES certificates (id),
    order_id {bigint},
    kind TEXT NOT NULL CHECK (kind IN ('issue', 'use', 'back')),
    change_cents {bigint} NOT NULL,
    at_us {bigint} NOT NULL
) {strict};
CREATE INDEX certificate_moves_by_certificate ON certificate_moves (certificate, id);

-- What pays an order beside its payment.
CREATE TABLE order_certificates (
    order_id {bigint} NOT NULL REFERENCES orders (id),
    certificate {bigint} NOT NULL REFERENCES certificates (id),
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    PRIMARY KEY (order_id, certificate)
) {strict};
--postgres
-- As before; what certificates were to pay is theirs again. The same as order::expire in Rust.
CREATE OR REPLACE FUNCTION shop_expire_order(wanted BIGINT, now_us BIGINT, why TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $body$
DECLARE
    line RECORD;
BEGIN
    UPDATE orders SET state = 'expired', closed_us = now_us
        WHERE id = wanted AND state = 'awaiting_payment' AND paying = 0;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    FOR line IN SELECT edition, quantity FROM order_lines
        WHERE order_id = wanted AND from_stock = 1 ORDER BY edition
    LOOP
        UPDATE stock SET held = held - line.quantity, changed_us = now_us WHERE edition = line.edition;
        INSERT INTO stock_moves (edition, at_us, reason, on_hand_change, held_change, order_id)
            VALUES (line.edition, now_us, 'release', 0, -line.quantity, wanted);
    END LOOP;
    FOR line IN SELECT certificate, amount_cents FROM order_certificates WHERE order_id = wanted ORDER BY certificate
    LOOP
        UPDATE certificates SET balance_cents = balance_cents + line.amount_cents WHERE id = line.certificate;
        INSERT INTO certificate_moves (certificate, order_id, kind, change_cents, at_us)
            VALUES (line.certificate, wanted, 'back', line.amount_cents, now_us);
    END LOOP;
    UPDATE ledger_transfers SET state = 'voided', settled_us = now_us
        WHERE order_id = wanted AND state = 'pending';
    INSERT INTO order_events (order_id, at_us, kind, note) VALUES (wanted, now_us, 'expired', why);
    RETURN TRUE;
END
$body$;
--end
