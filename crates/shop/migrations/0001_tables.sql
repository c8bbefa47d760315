-- The shop's tables. Times are microseconds since 1970 in UTC, money is euro cents, 0 and 1 stand for no and yes.
-- Editions belong to the catalogue and are named by number only: no foreign key crosses components.

CREATE TABLE carts (
    id TEXT PRIMARY KEY,
    changed_us {bigint} NOT NULL
) {strict};
CREATE INDEX carts_by_age ON carts (changed_us);

CREATE TABLE cart_lines (
    cart TEXT NOT NULL REFERENCES carts (id),
    edition {bigint} NOT NULL,
    quantity {bigint} NOT NULL CHECK (quantity >= 1),
    added_us {bigint} NOT NULL,
    PRIMARY KEY (cart, edition)
) {strict};

-- An edition without a row is ordered from the supplier. The three checks are the last line of defence:
-- a defect of the program cannot sell what is not there.
CREATE TABLE stock (
    edition {bigint} PRIMARY KEY,
    on_hand {bigint} NOT NULL,
    held {bigint} NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('limited', 'reorder')),
    changed_us {bigint} NOT NULL,
    CONSTRAINT stock_on_hand_not_negative CHECK (on_hand >= 0),
    CONSTRAINT stock_held_not_negative CHECK (held >= 0),
    CONSTRAINT stock_held_within_on_hand CHECK (held <= on_hand)
) {strict};
CREATE INDEX stock_by_change ON stock (changed_us);

CREATE TABLE stock_moves (
    id {id},
    edition {bigint} NOT NULL,
    at_us {bigint} NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('count', 'hold', 'release', 'sale', 'return')),
    on_hand_change {bigint} NOT NULL,
    held_change {bigint} NOT NULL,
    order_id {bigint},
    note TEXT
) {strict};
CREATE INDEX stock_moves_by_edition ON stock_moves (edition, id);

-- paying is 1 while a payment is with the bank. It stands on the order's own row so that the sweep of
-- expired holds and the start of a payment exclude each other by one guarded UPDATE each.
CREATE TABLE orders (
    id {id},
    number TEXT NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL UNIQUE,
    request_hash TEXT NOT NULL,
    tries {bigint} NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('awaiting_payment', 'confirmed', 'shipped', 'refunded', 'expired', 'cancelled')),
    paying {bigint} NOT NULL CHECK (paying IN (0, 1)),
    cart TEXT,
    locale TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    method TEXT NOT NULL,
    goods_cents {bigint} NOT NULL CHECK (goods_cents >= 0),
    delivery_cents {bigint} NOT NULL CHECK (delivery_cents >= 0),
    total_cents {bigint} NOT NULL,
    placed_us {bigint} NOT NULL,
    hold_until_us {bigint} NOT NULL,
    confirmed_us {bigint},
    confirmed_on TEXT,
    shipped_us {bigint},
    closed_us {bigint},
    search_text TEXT NOT NULL,
    CONSTRAINT orders_total_is_the_sum CHECK (total_cents = goods_cents + delivery_cents)
) {strict};
CREATE INDEX orders_by_state ON orders (state, id);
CREATE INDEX orders_by_day ON orders (confirmed_on);
CREATE INDEX orders_unpaid_by_hold ON orders (hold_until_us) WHERE state = 'awaiting_payment';
CREATE INDEX orders_unpaid_by_cart ON orders (cart) WHERE state = 'awaiting_payment';

CREATE TABLE order_lines (
    order_id {bigint} NOT NULL REFERENCES orders (id),
    position {bigint} NOT NULL,
    edition {bigint} NOT NULL,
    title TEXT NOT NULL,
    isbn13 {bigint},
    goods TEXT NOT NULL,
    quantity {bigint} NOT NULL CHECK (quantity >= 1),
    unit_cents {bigint} NOT NULL CHECK (unit_cents >= 0),
    vat_bp {bigint} NOT NULL,
    from_stock {bigint} NOT NULL CHECK (from_stock IN (0, 1)),
    PRIMARY KEY (order_id, position)
) {strict};

CREATE TABLE order_vat (
    order_id {bigint} NOT NULL REFERENCES orders (id),
    vat_bp {bigint} NOT NULL,
    goods_cents {bigint} NOT NULL,
    delivery_cents {bigint} NOT NULL,
    vat_cents {bigint} NOT NULL,
    PRIMARY KEY (order_id, vat_bp)
) {strict};

CREATE TABLE order_events (
    id {id},
    order_id {bigint} NOT NULL REFERENCES orders (id),
    at_us {bigint} NOT NULL,
    kind TEXT NOT NULL,
    note TEXT,
    staff TEXT
) {strict};
CREATE INDEX order_events_by_order ON order_events (order_id, id);

-- One row for each card a reader tries. What the shop knows of the card is a token and what a receipt may show.
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL REFERENCES orders (id),
    state TEXT NOT NULL CHECK (state IN
        ('awaiting_card', 'authorising', 'authorised', 'declined', 'unknown', 'not_sent', 'capturing',
         'captured', 'reversing', 'reversed', 'refunding', 'refunded')),
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    nonce TEXT NOT NULL,
    card_token TEXT,
    card_brand TEXT,
    card_last4 TEXT,
    card_expiry TEXT,
    approval_code TEXT,
    retrieval_reference TEXT,
    reason TEXT,
    created_us {bigint} NOT NULL,
    changed_us {bigint} NOT NULL
) {strict};
CREATE INDEX payments_by_order ON payments (order_id, created_us);
CREATE INDEX payments_in_flight ON payments (changed_us)
    WHERE state IN ('authorising', 'capturing', 'reversing', 'refunding');
CREATE UNIQUE INDEX payments_one_live_per_order ON payments (order_id)
    WHERE state IN ('authorising', 'authorised', 'capturing', 'captured', 'reversing', 'refunding');

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payments (id),
    amount_cents {bigint} NOT NULL CHECK (amount_cents > 0),
    asked_us {bigint} NOT NULL,
    answer TEXT CHECK (answer IN ('done', 'refused'))
) {strict};
CREATE UNIQUE INDEX refunds_one_open_per_payment ON refunds (payment) WHERE answer IS NULL;

-- Entries are signed: debit above zero, credit below. Those of one transfer add up to zero.
CREATE TABLE ledger_transfers (
    id TEXT PRIMARY KEY,
    order_id {bigint} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    at_us {bigint} NOT NULL,
    settled_us {bigint}
) {strict};
CREATE INDEX ledger_transfers_by_order ON ledger_transfers (order_id);

CREATE TABLE ledger_entries (
    transfer TEXT NOT NULL REFERENCES ledger_transfers (id),
    account TEXT NOT NULL,
    amount_cents {bigint} NOT NULL,
    PRIMARY KEY (transfer, account)
) {strict};

CREATE TABLE staff (
    id {id},
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('bookseller', 'administrator')),
    password_hash TEXT NOT NULL,
    disabled {bigint} NOT NULL CHECK (disabled IN (0, 1)),
    created_us {bigint} NOT NULL
) {strict};

CREATE TABLE staff_sessions (
    token_hash TEXT PRIMARY KEY,
    staff {bigint} NOT NULL REFERENCES staff (id),
    csrf TEXT NOT NULL,
    created_us {bigint} NOT NULL,
    expires_us {bigint} NOT NULL
) {strict};

CREATE TABLE staff_attempts (
    login TEXT PRIMARY KEY,
    failures {bigint} NOT NULL,
    last_us {bigint} NOT NULL
) {strict};

CREATE TABLE audit (
    id {id},
    at_us {bigint} NOT NULL,
    staff TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    note TEXT
) {strict};

CREATE TABLE searches (
    day TEXT NOT NULL,
    text TEXT NOT NULL,
    results {bigint} NOT NULL,
    times {bigint} NOT NULL,
    PRIMARY KEY (day, text)
) {strict};

-- What was written in these three stays written.
--sqlite
CREATE TRIGGER stock_moves_stay BEFORE UPDATE ON stock_moves BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER stock_moves_remain BEFORE DELETE ON stock_moves BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_entries_remain BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
--end
--postgres
CREATE FUNCTION shop_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'append only' USING ERRCODE = 'integrity_constraint_violation';
END
$body$;
CREATE TRIGGER stock_moves_stay BEFORE UPDATE OR DELETE ON stock_moves
    FOR EACH ROW EXECUTE FUNCTION shop_append_only();
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION shop_append_only();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION shop_append_only();
--end
