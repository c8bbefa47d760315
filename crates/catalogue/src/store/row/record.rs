//! Rows of `records`, with the ISBNs they bear and what booksellers decided about them.

use storage::{Fault, Row, Tx, Value};

use super::{Write, list};
use crate::model::Isbn13;
use crate::store::isbn_column;

storage::statements! {
    RECORDS_BY_IDENTITY =
        sqlite "SELECT r.id, r.sender, r.reference, r.edition_id, r.home_id, r.isbn13, r.standing, r.decided
            FROM json_each($1) w CROSS JOIN records r ON r.sender = w.value->>0 AND r.reference = w.value->>1",
        postgres "SELECT r.id, r.sender, r.reference, r.edition_id, r.home_id, r.isbn13, r.standing, r.decided
            FROM jsonb_array_elements(($1::text)::jsonb) AS wanted (w)
            JOIN records r ON r.sender = w->>0 AND r.reference = w->>1";
    RECORDS_BY_ID =
        sqlite "SELECT id, sender, reference, edition_id, home_id, isbn13, standing, decided
            FROM records WHERE id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, sender, reference, edition_id, home_id, isbn13, standing, decided
            FROM records WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    RECORDS_OF_EDITIONS =
        sqlite "SELECT id FROM records WHERE edition_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id FROM records
            WHERE edition_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    BEARERS =
        sqlite "SELECT isbn13, id FROM records WHERE isbn13 IN (SELECT value FROM json_each($1))
            UNION ALL SELECT isbn13, record_id FROM record_isbns WHERE isbn13 IN (SELECT value FROM json_each($1))
            LIMIT 100000",
        postgres "WITH wanted AS MATERIALIZED
                (SELECT ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint) AS isbns)
            SELECT isbn13, id FROM records WHERE isbn13 = ANY ((SELECT isbns FROM wanted)::bigint[])
            UNION ALL SELECT isbn13, record_id FROM record_isbns
                WHERE isbn13 = ANY ((SELECT isbns FROM wanted)::bigint[])
            LIMIT 100000";
    DECISIONS =
        sqlite "SELECT kind, one, other FROM decisions WHERE undone = 0
            AND (one IN (SELECT value FROM json_each($1)) OR other IN (SELECT value FROM json_each($1)))",
        postgres "SELECT kind, one, other FROM decisions WHERE undone = 0
            AND (one = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))
                OR other = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint)))";
    PUT_RECORD =
        sqlite "INSERT INTO records (id, sender, reference, edition_id, home_id, isbn13, standing, decided)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO UPDATE SET edition_id = excluded.edition_id, home_id = excluded.home_id,
                isbn13 = excluded.isbn13, standing = excluded.standing, decided = excluded.decided";
    PUT_RECORDS =
        postgres "INSERT INTO records (id, sender, reference, edition_id, home_id, isbn13, standing, decided)
            SELECT (r->>0)::bigint, r->>1, r->>2, (r->>3)::bigint, (r->>4)::bigint, (r->>5)::bigint, r->>6,
                (r->>7)::bigint
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)
            ON CONFLICT (id) DO UPDATE SET edition_id = excluded.edition_id, home_id = excluded.home_id,
                isbn13 = excluded.isbn13, standing = excluded.standing, decided = excluded.decided";
    FORGET_ISBNS_OF_RECORD =
        sqlite "DELETE FROM record_isbns WHERE record_id = $1";
    FORGET_ISBNS_OF_RECORDS =
        postgres "DELETE FROM record_isbns WHERE record_id
            = ANY (ARRAY(SELECT (r->>0)::bigint FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)))";
    PUT_ISBN =
        sqlite "INSERT INTO record_isbns (isbn13, record_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    PUT_ISBNS =
        postgres "INSERT INTO record_isbns (isbn13, record_id)
            SELECT (r->>0)::bigint, (r->>1)::bigint FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)
            ON CONFLICT DO NOTHING";
}

pub(in crate::store) static RECORD: Write = Write {
    one: &PUT_RECORD,
    many: &PUT_RECORDS,
};
pub(in crate::store) static NO_ISBNS: Write = Write {
    one: &FORGET_ISBNS_OF_RECORD,
    many: &FORGET_ISBNS_OF_RECORDS,
};
pub(in crate::store) static ISBN: Write = Write {
    one: &PUT_ISBN,
    many: &PUT_ISBNS,
};

/// A row of `records`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct RecordRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) sender: String,
    pub(in crate::store) reference: String,
    pub(in crate::store) edition: Option<i64>,
    /// The edition that was made for it.
    pub(in crate::store) home: Option<i64>,
    pub(in crate::store) isbn: Option<i64>,
    pub(in crate::store) standing: StandingCode,
    /// A bookseller decided something about it, now or earlier.
    pub(in crate::store) decided: bool,
}

/// Whether a record says something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum StandingCode {
    /// It does.
    Listed,
    /// Its sender withdrew it (O4).
    Withdrawn,
    /// All that was said of it is undone.
    Silent,
}

impl StandingCode {
    const ALL: [StandingCode; 3] = [
        StandingCode::Listed,
        StandingCode::Withdrawn,
        StandingCode::Silent,
    ];

    fn code(self) -> &'static str {
        match self {
            StandingCode::Listed => "listed",
            StandingCode::Withdrawn => "withdrawn",
            StandingCode::Silent => "silent",
        }
    }
}

impl RecordRow {
    pub(in crate::store) fn columns(&self) -> Vec<Value> {
        vec![
            self.id.into(),
            self.sender.as_str().into(),
            self.reference.as_str().into(),
            self.edition.into(),
            self.home.into(),
            self.isbn.into(),
            self.standing.code().into(),
            self.decided.into(),
        ]
    }

    fn of_row(row: &Row) -> Result<RecordRow, Fault> {
        let code = row.text(6)?;
        let standing = StandingCode::ALL
            .into_iter()
            .find(|standing| standing.code() == code)
            .ok_or_else(|| Fault::Corrupt(format!("a record stands {code:?}").into()))?;
        Ok(RecordRow {
            id: row.int(0)?,
            sender: row.text(1)?.to_owned(),
            reference: row.text(2)?.to_owned(),
            edition: row.opt_int(3)?,
            home: row.opt_int(4)?,
            isbn: row.opt_int(5)?,
            standing,
            decided: row.flag(7)?,
        })
    }
}

/// The records of those senders' references that are known.
pub(in crate::store) fn records_by_identity<'a>(
    tx: &mut dyn Tx,
    identities: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<RecordRow>, Fault> {
    let wanted: Vec<[&str; 2]> = identities
        .map(|(sender, reference)| [sender, reference])
        .collect();
    let wanted = serde_json::to_string(&wanted).map_err(|error| Fault::Defect(error.into()))?;
    let rows = tx.query(&RECORDS_BY_IDENTITY, &[wanted.into()])?;
    rows.iter().map(RecordRow::of_row).collect()
}

pub(in crate::store) fn records(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<RecordRow>, Fault> {
    let rows = tx.query(&RECORDS_BY_ID, &[list(ids.iter().copied())])?;
    rows.iter().map(RecordRow::of_row).collect()
}

pub(in crate::store) fn records_of_editions(
    tx: &mut dyn Tx,
    editions: &[i64],
) -> Result<Vec<i64>, Fault> {
    let rows = tx.query(&RECORDS_OF_EDITIONS, &[list(editions.iter().copied())])?;
    rows.iter().map(|row| row.int(0)).collect()
}

/// Which records bear which of those ISBNs, as their own or beside it.
pub(in crate::store) fn bearers(tx: &mut dyn Tx, isbns: &[i64]) -> Result<Vec<(i64, i64)>, Fault> {
    let rows = tx.query(&BEARERS, &[list(isbns.iter().copied())])?;
    rows.iter()
        .map(|row| Ok((row.int(0)?, row.int(1)?)))
        .collect()
}

/// The ISBNs beside a record's own.
pub(in crate::store) fn isbn_rows(record: i64, isbns: &[Isbn13]) -> Vec<Vec<Value>> {
    isbns
        .iter()
        .map(|isbn| vec![isbn_column(*isbn).into(), record.into()])
        .collect()
}

/// What booksellers decided about records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Decision {
    /// The record is an edition of its own.
    Split(i64),
    /// The two are one edition.
    Join(i64, i64),
}

pub(in crate::store) fn decisions(
    tx: &mut dyn Tx,
    records: &[i64],
) -> Result<Vec<Decision>, Fault> {
    let rows = tx.query(&DECISIONS, &[list(records.iter().copied())])?;
    rows.iter()
        .map(|row| match row.opt_int(2)? {
            Some(other) => Ok(Decision::Join(row.int(1)?, other)),
            None => Ok(Decision::Split(row.int(1)?)),
        })
        .collect()
}
