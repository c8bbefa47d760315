-- A page of the hosted provider, where a reader pays without the shop seeing it. The row is written before the provider
-- is asked, so that the question is the same however often; reference and url are its answer. Open: a payment may
-- still come from it. Lifting: what it reserved came too late and is being given up. Kept: the provider would not.
CREATE TABLE provider_pages (
    payment TEXT PRIMARY KEY REFERENCES payments (id),
    order_id {bigint} NOT NULL REFERENCES orders (id),
    standing TEXT NOT NULL CHECK (standing IN ('open', 'closed', 'lifting', 'lifted', 'kept')),
    asked_us {bigint} NOT NULL,
    expires_us {bigint} NOT NULL,
    reference TEXT,
    url TEXT,
    -- When the provider is to be asked what became of it, and when it was last.
    look_us {bigint} NOT NULL,
    looked_us {bigint} NOT NULL
) {strict};
CREATE INDEX provider_pages_by_order ON provider_pages (order_id);
CREATE UNIQUE INDEX provider_pages_by_reference ON provider_pages (reference) WHERE reference IS NOT NULL;
CREATE INDEX provider_pages_unsettled ON provider_pages (looked_us) WHERE standing IN ('open', 'lifting');

-- What the provider told by itself, so that it is heard once.
CREATE TABLE provider_events (
    id TEXT PRIMARY KEY,
    reference TEXT,
    came_us {bigint} NOT NULL
) {strict};
CREATE INDEX provider_events_by_age ON provider_events (came_us);
