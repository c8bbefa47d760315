-- The picture of its cover that an edition's senders offer (O21): what is to be fetched and when, and what came of it.
-- `due_us` is when to try next; null when nothing is to be done until a sender says something new. `picture` is what
-- the shop shows: the name of its files, and the size in pixels of what was fetched.
CREATE TABLE covers (
    edition_id {bigint} PRIMARY KEY REFERENCES editions (id),
    offer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'failing', 'refused', 'withdrawn')),
    due_us {bigint},
    tries {bigint} NOT NULL DEFAULT 0,
    tried_us {bigint},
    etag TEXT,
    modified TEXT,
    sha256 TEXT,
    picture TEXT,
    width {bigint},
    height {bigint},
    reason TEXT,
    detail TEXT,
    changed_us {bigint} NOT NULL,
    CHECK ((picture IS NULL) = (width IS NULL) AND (picture IS NULL) = (height IS NULL)),
    CHECK (state <> 'kept' OR picture IS NOT NULL)
) {strict};
CREATE INDEX covers_due ON covers (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX covers_state ON covers (state, tried_us);
CREATE INDEX covers_changed ON covers (changed_us);
-- Up to which change of editions their offers are in `covers`.
CREATE TABLE covers_followed (
    one {bigint} PRIMARY KEY CHECK (one = 1),
    changed_seq {bigint} NOT NULL,
    edition_id {bigint} NOT NULL
) {strict};
INSERT INTO covers_followed (one, changed_seq, edition_id) VALUES (1, 0, 0);
