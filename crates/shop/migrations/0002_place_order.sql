-- Placing an order on PostgreSQL: the whole verb in one call, so that it costs one round trip wherever the
-- primary is. The same steps, statement by statement, are checkout/step_by_step.rs, which SQLite runs; the
-- conformance tests hold the two together.
--postgres
-- Gives up an unpaid order: its copies go back, its pending sale is voided. False when it was paid, is being
-- paid, or is closed already. The same as order::expire in Rust.
CREATE FUNCTION shop_expire_order(wanted BIGINT, now_us BIGINT, why TEXT) RETURNS BOOLEAN
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
    UPDATE ledger_transfers SET state = 'voided', settled_us = now_us
        WHERE order_id = wanted AND state = 'pending';
    INSERT INTO order_events (order_id, at_us, kind, note) VALUES (wanted, now_us, 'expired', why);
    RETURN TRUE;
END
$body$;

-- The answer for a key that was used before: the order it made, or that the key belongs to another request.
CREATE FUNCTION shop_order_placed_before(wanted BIGINT, hash TEXT) RETURNS JSONB
LANGUAGE sql STABLE AS $body$
    SELECT CASE WHEN o.request_hash <> hash THEN jsonb_build_object('outcome', 'key_reused')
        ELSE jsonb_build_object('outcome', 'repeated', 'number', o.number, 'state', o.state,
            'total_cents', o.total_cents, 'hold_until_us', o.hold_until_us, 'payment', p.id,
            'nonce', p.nonce) END
    FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state = 'awaiting_card'
    WHERE o.id = wanted ORDER BY p.created_us DESC LIMIT 1
$body$;

-- The lines whose edition is not what the reader was shown, with what it is now.
CREATE FUNCTION shop_changed_lines(draft JSONB) RETURNS JSONB
LANGUAGE sql STABLE AS $body$
    SELECT jsonb_agg(jsonb_build_object('edition', l.edition, 'price_cents', e.price_cents,
            'goods', e.goods, 'buyable', coalesce(e.buyable = 1 AND e.hidden = 0, FALSE)) ORDER BY l.position)
    FROM jsonb_to_recordset(draft->'lines')
        AS l(position BIGINT, edition BIGINT, unit_cents BIGINT, goods TEXT)
    LEFT JOIN editions e ON e.id = l.edition
    WHERE e.price_cents IS DISTINCT FROM l.unit_cents OR e.goods IS DISTINCT FROM l.goods
        OR e.buyable = 0 OR e.hidden = 1
$body$;

-- Takes what the line needs from the shelf: 1 when held, 0 when it is ordered from the supplier.
CREATE FUNCTION shop_hold_stock(wanted BIGINT, copies BIGINT, for_order BIGINT, now_us BIGINT) RETURNS BIGINT
LANGUAGE plpgsql AS $body$
DECLARE
    level RECORD;
BEGIN
    UPDATE stock SET held = held + copies, changed_us = now_us
        WHERE edition = wanted AND on_hand - held >= copies;
    IF FOUND THEN
        INSERT INTO stock_moves (edition, at_us, reason, on_hand_change, held_change, order_id)
            VALUES (wanted, now_us, 'hold', 0, copies, for_order);
        RETURN 1;
    END IF;
    SELECT policy, on_hand - held AS available INTO level FROM stock WHERE edition = wanted;
    IF FOUND AND level.policy = 'limited' THEN
        RAISE EXCEPTION USING ERRCODE = 'BQ001', MESSAGE = jsonb_build_object(
            'outcome', 'out_of_stock', 'edition', wanted, 'available', level.available)::text;
    END IF;
    RETURN 0;
END
$body$;

-- Draft and answer are JSON objects; their fields are those of checkout::one_call in Rust.
-- A refusal is raised as BQ001 and caught here, so that nothing of a refused order stays.
CREATE FUNCTION shop_place_order(asked TEXT) RETURNS TEXT
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
    INSERT INTO payments (id, order_id, state, amount_cents, nonce, created_us, changed_us)
        VALUES (draft->>'payment', this_order, 'awaiting_card', (draft->>'total_cents')::bigint,
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
