//! Rows of `editions`: what settling must know of them, and what is written of an edition for a day.

use std::borrow::Cow;

use jiff::civil::Date;
use storage::{Fault, Tx, Value};

use super::{Write, list};
use crate::model::{Edition, WorkId};
use crate::store::isbn_column;
use crate::store::notification::Content;

storage::statements! {
    EDITIONS =
        sqlite "SELECT e.id, e.work_id, e.hidden, e.document_hash, w.work_id
            FROM editions e LEFT JOIN work_decisions w ON w.edition_id = e.id
            WHERE e.id IN (SELECT value FROM json_each($1))",
        postgres "SELECT e.id, e.work_id, e.hidden, e.document_hash, w.work_id
            FROM editions e LEFT JOIN work_decisions w ON w.edition_id = e.id
            WHERE e.id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    PUT_EDITION =
        sqlite "INSERT INTO editions (id, work_id, isbn13, title, price_cents, regime, goods, availability, buyable,
                generated, document_hash, document, hidden, as_of, turns_on, changed_seq)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                (SELECT value + 1 FROM catalogue_sequence WHERE one = 1))
            ON CONFLICT (id) DO UPDATE SET work_id = excluded.work_id, isbn13 = excluded.isbn13,
                title = excluded.title, price_cents = excluded.price_cents, regime = excluded.regime,
                goods = excluded.goods, availability = excluded.availability, buyable = excluded.buyable,
                generated = excluded.generated, document_hash = excluded.document_hash,
                document = excluded.document, hidden = excluded.hidden, as_of = excluded.as_of,
                turns_on = excluded.turns_on, changed_seq = excluded.changed_seq,
                version = editions.version + 1";
    PUT_EDITIONS =
        postgres "INSERT INTO editions (id, work_id, isbn13, title, price_cents, regime, goods, availability, buyable,
                generated, document_hash, document, hidden, as_of, turns_on, changed_seq)
            SELECT (r->>0)::bigint, (r->>1)::bigint, (r->>2)::bigint, r->>3, (r->>4)::bigint, r->>5, r->>6, r->>7,
                (r->>8)::bigint, (r->>9)::bigint, decode(r->>10, 'hex'), r->>11, (r->>12)::bigint, (r->>13)::bigint, (r->>14)::bigint,
                (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)
            ON CONFLICT (id) DO UPDATE SET work_id = excluded.work_id, isbn13 = excluded.isbn13,
                title = excluded.title, price_cents = excluded.price_cents, regime = excluded.regime,
                goods = excluded.goods, availability = excluded.availability, buyable = excluded.buyable,
                generated = excluded.generated, document_hash = excluded.document_hash,
                document = excluded.document, hidden = excluded.hidden, as_of = excluded.as_of,
                turns_on = excluded.turns_on, changed_seq = excluded.changed_seq,
                version = editions.version + 1";
    TURN_EDITION =
        sqlite "UPDATE editions SET price_cents = $2, regime = $3, buyable = $4,
                hidden = CASE WHEN hidden = 1 THEN 1 ELSE $5 END, as_of = $6, turns_on = $7, version = version + 1,
                changed_seq = (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            WHERE id = $1";
    TURN_EDITIONS =
        postgres "UPDATE editions SET price_cents = (r->>1)::bigint, regime = r->>2, buyable = (r->>3)::bigint,
                hidden = CASE WHEN hidden = 1 THEN 1 ELSE (r->>4)::bigint END, as_of = (r->>5)::bigint,
                turns_on = (r->>6)::bigint, version = version + 1,
                changed_seq = (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r) WHERE id = (r->>0)::bigint";
    HIDE_EDITION =
        sqlite "UPDATE editions SET hidden = 1, version = version + 1,
                changed_seq = (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            WHERE id = $1";
    HIDE_EDITIONS =
        postgres "UPDATE editions SET hidden = 1, version = version + 1,
                changed_seq = (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            WHERE id = ANY (ARRAY(SELECT (r->>0)::bigint FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)))";
}

pub(in crate::store) static EDITION: Write = Write {
    one: &PUT_EDITION,
    many: &PUT_EDITIONS,
};
pub(in crate::store) static TURNED: Write = Write {
    one: &TURN_EDITION,
    many: &TURN_EDITIONS,
};
pub(in crate::store) static HIDDEN: Write = Write {
    one: &HIDE_EDITION,
    many: &HIDE_EDITIONS,
};

/// What settling needs to know of an edition as it stands in the database.
pub(in crate::store) struct EditionRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) work: WorkId,
    /// Hidden because no record speaks for it; not because it is too early to show it.
    pub(in crate::store) withdrawn: bool,
    pub(in crate::store) hash: Vec<u8>,
    pub(in crate::store) decided_work: Option<WorkId>,
}

pub(in crate::store) fn editions(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<EditionRow>, Fault> {
    let rows = tx.query(&EDITIONS, &[list(ids.iter().copied())])?;
    rows.iter()
        .map(|row| {
            Ok(EditionRow {
                id: row.int(0)?,
                work: WorkId(row.int(1)?),
                withdrawn: row.int(2)? == WITHDRAWN,
                hash: row.bytes(3)?.to_vec(),
                decided_work: row.opt_int(4)?.map(WorkId),
            })
        })
        .collect()
}

/// `hidden` of an edition that no record speaks for.
const WITHDRAWN: i64 = 1;
/// `hidden` of an edition that must not be shown yet.
const TOO_EARLY: i64 = 2;

/// A day as the database keeps it, YYYYMMDD: in the order of time.
pub(in crate::store) fn day_column(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day of a column; none before the first.
pub(in crate::store) fn day_of_column(column: i64) -> Option<Date> {
    let part = |number: i64| i8::try_from(number % 100).ok();
    let year = i16::try_from(column / 10_000).ok()?;
    Date::new(year, part(column / 100)?, part(column)?).ok()
}

fn hidden_column(edition: &Edition) -> i64 {
    if edition.embargo.display.is_some() {
        TOO_EARLY
    } else {
        0
    }
}

/// The columns of an edition that some record speaks for, as on `day`.
pub(in crate::store) fn edition_columns(
    id: i64,
    work: WorkId,
    content: &Content,
    hash: Vec<u8>,
    day: Option<Date>,
) -> Vec<Value> {
    let of_the_day = match day {
        Some(day) if content.edition.turns_on().is_some() => {
            Cow::Owned(content.edition.clone().on(day))
        }
        _ => Cow::Borrowed(&content.edition),
    };
    let edition = &*of_the_day;
    vec![
        id.into(),
        work.0.into(),
        edition.isbn.map(isbn_column).into(),
        edition.title.as_str().into(),
        edition.price.map(|price| price.amount.as_cents()).into(),
        edition.price.map(|price| price.regime.code()).into(),
        edition.goods.code().into(),
        edition.availability.code().into(),
        i64::from(edition.buyable()).into(),
        i64::from(edition.generated).into(),
        hash.into(),
        content.document.as_str().into(),
        hidden_column(edition).into(),
        day.map_or(0, day_column).into(),
        edition.turns_on().map(day_column).into(),
    ]
}

/// The columns that a day can change, of an edition as on that day.
pub(in crate::store) fn turned_columns(id: i64, edition: &Edition, day: Date) -> Vec<Value> {
    vec![
        id.into(),
        edition.price.map(|price| price.amount.as_cents()).into(),
        edition.price.map(|price| price.regime.code()).into(),
        i64::from(edition.buyable()).into(),
        hidden_column(edition).into(),
        day_column(day).into(),
        edition.turns_on().map(day_column).into(),
    ]
}
