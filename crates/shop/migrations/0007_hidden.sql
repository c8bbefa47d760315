-- Editions are hidden for more than one reason since the catalogue knows embargoes: whatever it is, they are not sold.
--postgres
CREATE OR REPLACE FUNCTION shop_changed_lines(draft JSONB) RETURNS JSONB
LANGUAGE sql STABLE AS $body$
    SELECT jsonb_agg(jsonb_build_object('edition', l.edition, 'price_cents', e.price_cents,
            'goods', e.goods, 'buyable', coalesce(e.buyable = 1 AND e.hidden = 0, FALSE)) ORDER BY l.position)
    FROM jsonb_to_recordset(draft->'lines')
        AS l(position BIGINT, edition BIGINT, unit_cents BIGINT, goods TEXT)
    LEFT JOIN editions e ON e.id = l.edition
    WHERE e.price_cents IS DISTINCT FROM l.unit_cents OR e.goods IS DISTINCT FROM l.goods
        OR e.buyable = 0 OR e.hidden <> 0
$body$;
--end
