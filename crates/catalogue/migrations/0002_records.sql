-- One row for each record of a sender (O5). `home_id` is the edition that was made for it; when that is not
-- `edition_id`, the home was merged into the other and leads there.
CREATE TABLE records (
    id {bigint} PRIMARY KEY,
    sender TEXT NOT NULL,
    reference TEXT NOT NULL,
    edition_id {bigint},
    home_id {bigint},
    isbn13 {bigint},
    standing TEXT NOT NULL CHECK (standing IN ('listed', 'withdrawn', 'silent')),
    decided {bigint} NOT NULL DEFAULT 0,
    UNIQUE (sender, reference)
) {strict};
-- The ISBNs of a record beside its own.
CREATE TABLE record_isbns (
    isbn13 {bigint} NOT NULL,
    record_id {bigint} NOT NULL REFERENCES records (id),
    PRIMARY KEY (isbn13, record_id)
) {strict};
CREATE INDEX record_isbns_record ON record_isbns (record_id);
-- Each file or batch that changed something, with how many messages were taken from it.
CREATE TABLE imports (
    id {bigint} PRIMARY KEY,
    name TEXT NOT NULL,
    staff TEXT NOT NULL,
    begun_us {bigint} NOT NULL,
    messages {bigint} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('taken', 'undoing', 'undone', 'redoing'))
) {strict};
-- What senders said. `kind` is `record`, `withdrawal`, or the names of the blocks that were sent. Without a document
-- it says the same again as another notification of its record with the same hash.
CREATE TABLE notifications (
    id {bigint} PRIMARY KEY,
    record_id {bigint} NOT NULL REFERENCES records (id),
    import_id {bigint} NOT NULL REFERENCES imports (id),
    sent_us {bigint},
    number {bigint},
    kind TEXT NOT NULL,
    hash {bytes} NOT NULL,
    undone {bigint} NOT NULL DEFAULT 0,
    document TEXT
) {strict};
CREATE INDEX notifications_record ON notifications (record_id);
CREATE INDEX notifications_import ON notifications (import_id, id);
-- What booksellers decided about which records are one edition.
CREATE TABLE decisions (
    id {bigint} PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('split', 'join')),
    one {bigint} NOT NULL REFERENCES records (id),
    other {bigint} REFERENCES records (id),
    undone {bigint} NOT NULL DEFAULT 0
) {strict};
CREATE INDEX decisions_one ON decisions (one);
CREATE INDEX decisions_other ON decisions (other) WHERE other IS NOT NULL;
-- Editions whose work a bookseller decided.
CREATE TABLE work_decisions (
    edition_id {bigint} PRIMARY KEY,
    work_id {bigint} NOT NULL
) {strict};
-- Senders in the bookseller's order; those without a row come after them.
CREATE TABLE precedence (
    sender TEXT PRIMARY KEY,
    place {bigint} NOT NULL
) {strict};
-- Who decided, undid or redid what.
CREATE TABLE catalogue_log (
    id {bigint} PRIMARY KEY,
    at_us {bigint} NOT NULL,
    staff TEXT NOT NULL,
    action TEXT NOT NULL,
    subject {bigint},
    note TEXT NOT NULL
) {strict};
-- Up to which record editions were merged again since the precedence changed; no row when all were.
CREATE TABLE unsettled (
    one {bigint} PRIMARY KEY CHECK (one = 1),
    after_record {bigint} NOT NULL
) {strict};

-- Until here every record was an edition.
INSERT INTO imports (id, name, staff, begun_us, messages, state)
    SELECT 1, 'before records were kept', '', 0, COUNT(*), 'taken' FROM editions HAVING COUNT(*) > 0;
INSERT INTO records (id, sender, reference, edition_id, home_id, isbn13, standing)
    SELECT id, sender, reference, id, id, isbn13, CASE WHEN hidden = 1 THEN 'withdrawn' ELSE 'listed' END
    FROM editions;
INSERT INTO notifications (id, record_id, import_id, kind, hash, document)
    SELECT id, id, 1, 'record', record_hash, document FROM editions;
INSERT INTO notifications (id, record_id, import_id, kind, hash)
    SELECT id + (SELECT MAX(id) FROM editions), id, 1, 'withdrawal', record_hash FROM editions WHERE hidden = 1;
INSERT INTO unsettled (one, after_record) SELECT 1, 0 WHERE EXISTS (SELECT 1 FROM editions);
CREATE INDEX records_edition ON records (edition_id);
CREATE UNIQUE INDEX records_home ON records (home_id) WHERE home_id IS NOT NULL;
CREATE INDEX records_isbn13 ON records (isbn13) WHERE isbn13 IS NOT NULL;
--postgres
INSERT INTO record_isbns (isbn13, record_id)
    SELECT DISTINCT isbn::bigint, id
    FROM editions, jsonb_array_elements_text(document::jsonb->'other_isbns') AS other (isbn);
ALTER TABLE editions DROP COLUMN sender, DROP COLUMN reference;
ALTER TABLE editions RENAME COLUMN record_hash TO document_hash;
--end
--sqlite
INSERT INTO record_isbns (isbn13, record_id)
    SELECT DISTINCT CAST(other.value AS INTEGER), e.id FROM editions e, json_each(e.document, '$.other_isbns') other;
CREATE TABLE reviews_kept AS SELECT * FROM reviews;
DROP TABLE reviews;
CREATE TABLE editions_kept AS SELECT * FROM editions;
DROP TABLE editions;
CREATE TABLE editions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    work_id INTEGER NOT NULL,
    isbn13 INTEGER,
    title TEXT NOT NULL,
    price_cents INTEGER CHECK (price_cents >= 0),
    regime TEXT,
    goods TEXT NOT NULL,
    availability TEXT NOT NULL,
    buyable INTEGER NOT NULL,
    generated INTEGER NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    changed_seq INTEGER NOT NULL,
    document_hash BLOB NOT NULL,
    document TEXT NOT NULL,
    CHECK ((price_cents IS NULL) = (regime IS NULL)),
    CHECK (buyable = 0 OR price_cents IS NOT NULL)
) STRICT;
INSERT INTO editions SELECT id, work_id, isbn13, title, price_cents, regime, goods, availability, buyable, generated,
    hidden, version, changed_seq, record_hash, document FROM editions_kept;
DROP TABLE editions_kept;
CREATE INDEX editions_isbn13 ON editions (isbn13) WHERE isbn13 IS NOT NULL;
CREATE INDEX editions_changed ON editions (changed_seq, id);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    edition_id INTEGER NOT NULL REFERENCES editions (id),
    sender TEXT NOT NULL,
    number INTEGER NOT NULL,
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    written TEXT NOT NULL,
    generated INTEGER NOT NULL,
    UNIQUE (sender, number)
) STRICT;
INSERT INTO reviews SELECT * FROM reviews_kept;
DROP TABLE reviews_kept;
CREATE INDEX reviews_edition ON reviews (edition_id);
--end
