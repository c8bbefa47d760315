//! The tables of the catalogue.
//!
//! `editions` holds each edition whole, as the JSON of [`crate::model::Edition`] in `document`, beside the columns
//! that SQL needs. A work is only a number that editions share, computed from title and author, so it has no table.
//! There is no separate log of changes: `changed_seq` is one, see [`crate::store`].

use storage::Migration;

/// The catalogue's migrations, for [`storage::Store::open`].
///
/// Columns of `editions` that other crates may read in their own SQL: `id`, `work_id`, `isbn13` (not unique, I7), `title`,
/// `price_cents` (VAT included, null when it has no price), `regime` (`fixed_fr`, `free`, null without a price),
/// `goods` (`new_book`, `used_book`, `ebook`, `other`), `buyable` (1 when it has a price and the supplier
/// delivers), `generated`, `hidden` (1 after the publisher withdrew the record; rows are never removed, O4).
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "catalogue",
    version: 1,
    sql: "
CREATE TABLE editions (
    id {id},
    work_id {bigint} NOT NULL,
    sender TEXT NOT NULL,
    reference TEXT NOT NULL,
    isbn13 {bigint},
    title TEXT NOT NULL,
    price_cents {bigint} CHECK (price_cents >= 0),
    regime TEXT,
    goods TEXT NOT NULL,
    availability TEXT NOT NULL,
    buyable {bigint} NOT NULL,
    generated {bigint} NOT NULL,
    hidden {bigint} NOT NULL DEFAULT 0,
    version {bigint} NOT NULL DEFAULT 1,
    changed_seq {bigint} NOT NULL,
    record_hash {bytes} NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (sender, reference),
    CHECK ((price_cents IS NULL) = (regime IS NULL)),
    CHECK (buyable = 0 OR price_cents IS NOT NULL)
) {strict};
CREATE INDEX editions_isbn13 ON editions (isbn13) WHERE isbn13 IS NOT NULL;
CREATE INDEX editions_changed ON editions (changed_seq, id);
CREATE TABLE catalogue_sequence (
    one {bigint} PRIMARY KEY CHECK (one = 1),
    value {bigint} NOT NULL
) {strict};
INSERT INTO catalogue_sequence (one, value) VALUES (1, 0);
CREATE TABLE reviews (
    id {id},
    edition_id {bigint} NOT NULL REFERENCES editions (id),
    sender TEXT NOT NULL,
    number {bigint} NOT NULL,
    rating {bigint} NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    language TEXT NOT NULL,
    written TEXT NOT NULL,
    generated {bigint} NOT NULL,
    UNIQUE (sender, number)
) {strict};
CREATE INDEX reviews_edition ON reviews (edition_id);
",
}];
