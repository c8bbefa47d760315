//! Rows of the catalogue's tables: how they are written on both engines, and read back.
//!
//! Lists travel as one JSON parameter. A batch of rows is written one by one on SQLite, where a statement is a
//! function call, and in one statement on PostgreSQL, where it is a round trip. Nothing is decided here.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use storage::{Engine, Fault, Row, Statement, Tx, Value};
use trade::clock::Timestamp;

use super::incoming::Message;
use super::isbn_column;
use super::notification::{Content, Kind, Notification};
use super::undo::ImportId;
use crate::model::{Edition, EditionId, Isbn13, WorkId};

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
    MESSAGES =
        sqlite "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, NULL
            FROM notifications WHERE record_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, NULL::text
            FROM notifications
            WHERE record_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    NOTIFICATIONS =
        sqlite "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, document
            FROM notifications WHERE record_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, document
            FROM notifications
            WHERE record_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
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
    RECORDS_OF_EDITIONS =
        sqlite "SELECT id FROM records WHERE edition_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id FROM records
            WHERE edition_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    DECISIONS =
        sqlite "SELECT kind, one, other FROM decisions WHERE undone = 0
            AND (one IN (SELECT value FROM json_each($1)) OR other IN (SELECT value FROM json_each($1)))",
        postgres "SELECT kind, one, other FROM decisions WHERE undone = 0
            AND (one = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))
                OR other = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint)))";
    EDITIONS =
        sqlite "SELECT e.id, e.work_id, e.hidden, e.document_hash, w.work_id
            FROM editions e LEFT JOIN work_decisions w ON w.edition_id = e.id
            WHERE e.id IN (SELECT value FROM json_each($1))",
        postgres "SELECT e.id, e.work_id, e.hidden, e.document_hash, w.work_id
            FROM editions e LEFT JOIN work_decisions w ON w.edition_id = e.id
            WHERE e.id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    LAST_IDS = "SELECT (SELECT COALESCE(MAX(id), 0) FROM records), (SELECT COALESCE(MAX(id), 0) FROM notifications),
        (SELECT COALESCE(MAX(id), 0) FROM editions), (SELECT COALESCE(MAX(id), 0) FROM imports),
        (SELECT day FROM catalogue_day WHERE one = 1)";
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
    PUT_NOTIFICATION =
        sqlite "INSERT INTO notifications (id, record_id, import_id, sent_us, number, kind, hash, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    PUT_NOTIFICATIONS =
        postgres "INSERT INTO notifications (id, record_id, import_id, sent_us, number, kind, hash, document)
            SELECT (r->>0)::bigint, (r->>1)::bigint, (r->>2)::bigint, (r->>3)::bigint, (r->>4)::bigint, r->>5,
                decode(r->>6, 'hex'), r->>7
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)";
    FORGET_NOTIFICATION =
        sqlite "DELETE FROM notifications WHERE id = $1";
    FORGET_NOTIFICATIONS =
        postgres "DELETE FROM notifications
            WHERE id = ANY (ARRAY(SELECT (r->>0)::bigint FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)))";
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

/// A statement for one row on SQLite and its sister for all rows on PostgreSQL.
pub(super) struct Write {
    one: &'static Statement,
    many: &'static Statement,
}

pub(super) static EDITION: Write = Write {
    one: &PUT_EDITION,
    many: &PUT_EDITIONS,
};
pub(super) static TURNED: Write = Write {
    one: &TURN_EDITION,
    many: &TURN_EDITIONS,
};
pub(super) static HIDDEN: Write = Write {
    one: &HIDE_EDITION,
    many: &HIDE_EDITIONS,
};
pub(super) static RECORD: Write = Write {
    one: &PUT_RECORD,
    many: &PUT_RECORDS,
};
pub(super) static NOTIFICATION: Write = Write {
    one: &PUT_NOTIFICATION,
    many: &PUT_NOTIFICATIONS,
};
pub(super) static FORGOTTEN: Write = Write {
    one: &FORGET_NOTIFICATION,
    many: &FORGET_NOTIFICATIONS,
};
pub(super) static NO_ISBNS: Write = Write {
    one: &FORGET_ISBNS_OF_RECORD,
    many: &FORGET_ISBNS_OF_RECORDS,
};
pub(super) static ISBN: Write = Write {
    one: &PUT_ISBN,
    many: &PUT_ISBNS,
};

impl Write {
    pub(super) fn rows(&self, tx: &mut dyn Tx, rows: &[Vec<Value>]) -> Result<(), Fault> {
        if rows.is_empty() {
            return Ok(());
        }
        match tx.engine() {
            Engine::Sqlite => {
                for row in rows {
                    tx.execute(self.one, row)?;
                }
            }
            Engine::Postgres => {
                let rows: Vec<serde_json::Value> = rows
                    .iter()
                    .map(|row| row.iter().map(json_of).collect())
                    .collect();
                tx.execute(
                    self.many,
                    &[serde_json::Value::from(rows).to_string().into()],
                )?;
            }
        }
        Ok(())
    }
}

fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => hex(bytes).into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers as the one parameter of a statement.
pub(super) fn list(numbers: impl IntoIterator<Item = i64>) -> Value {
    serde_json::Value::from_iter(numbers).to_string().into()
}

/// The edition without the numbers that the database gives it, so that equal records have equal documents.
pub(super) fn document(edition: &Edition) -> String {
    let unnumbered = if edition.id == EditionId(0) && edition.work == WorkId(0) {
        serde_json::to_string(edition)
    } else {
        serde_json::to_string(&Edition {
            id: EditionId(0),
            work: WorkId(0),
            ..edition.clone()
        })
    };
    // Text, numbers and enums: there is nothing in an edition that JSON cannot say.
    unnumbered.unwrap_or_default()
}

pub(super) fn hash(document: &str) -> Vec<u8> {
    Sha256::digest(document.as_bytes()).to_vec()
}

pub(super) fn read_document(document: &str) -> Result<Edition, Fault> {
    serde_json::from_str(document).map_err(|error| Fault::Corrupt(error.into()))
}

/// A row of `records`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordRow {
    pub(super) id: i64,
    pub(super) sender: String,
    pub(super) reference: String,
    pub(super) edition: Option<i64>,
    /// The edition that was made for it.
    pub(super) home: Option<i64>,
    pub(super) isbn: Option<i64>,
    pub(super) standing: StandingCode,
    /// A bookseller decided something about it, now or earlier.
    pub(super) decided: bool,
}

/// Whether a record says something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandingCode {
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
    pub(super) fn columns(&self) -> Vec<Value> {
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
pub(super) fn records_by_identity<'a>(
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

pub(super) fn records(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<RecordRow>, Fault> {
    let rows = tx.query(&RECORDS_BY_ID, &[list(ids.iter().copied())])?;
    rows.iter().map(RecordRow::of_row).collect()
}

/// Which records' messages are known, without what they say.
pub(super) fn messages(
    tx: &mut dyn Tx,
    records: &[i64],
) -> Result<Vec<(i64, Notification)>, Fault> {
    let rows = tx.query(&MESSAGES, &[list(records.iter().copied())])?;
    rows.iter().map(notification_of_row).collect()
}

/// All notifications of the records, with what they say.
pub(super) fn notifications(
    tx: &mut dyn Tx,
    records: &[i64],
) -> Result<Vec<(i64, Notification)>, Fault> {
    let rows = tx.query(&NOTIFICATIONS, &[list(records.iter().copied())])?;
    let mut read: Vec<(i64, Notification)> = rows
        .iter()
        .map(notification_of_row)
        .collect::<Result<_, _>>()?;
    let said: Vec<(i64, Vec<u8>, Arc<Content>)> = read
        .iter()
        .filter_map(|(record, known)| {
            Some((
                *record,
                known.hash.clone(),
                Arc::clone(known.content.as_ref()?),
            ))
        })
        .collect();
    for (record, known) in &mut read {
        if known.content.is_none() && known.kind != Kind::Withdrawal {
            known.again = true;
            known.content = said
                .iter()
                .find(|(other, hash, _)| other == record && *hash == known.hash)
                .map(|(.., content)| Arc::clone(content));
        }
    }
    Ok(read)
}

fn notification_of_row(row: &Row) -> Result<(i64, Notification), Fault> {
    let kind = row.text(5)?;
    let kind = Kind::parse(kind)
        .ok_or_else(|| Fault::Corrupt(format!("a notification of kind {kind:?}").into()))?;
    let content = match row.opt_text(8)? {
        Some(document) => Some(Arc::new(Content {
            edition: read_document(document)?,
            document: document.to_owned(),
        })),
        None => None,
    };
    let notification = Notification {
        id: row.int(0)?,
        import: ImportId(row.int(2)?),
        message: message_of_row(row, 3, 4)?,
        kind,
        hash: row.bytes(6)?.to_vec(),
        undone: row.flag(7)?,
        again: false,
        content,
    };
    Ok((row.int(1)?, notification))
}

fn message_of_row(row: &Row, sent: usize, number: usize) -> Result<Option<Message>, Fault> {
    let number = row
        .opt_int(number)?
        .and_then(|number| u64::try_from(number).ok());
    Ok(row.opt_int(sent)?.map(|sent| Message {
        sent: Timestamp::micros(sent),
        number,
    }))
}

/// The columns of a new notification.
pub(super) fn notification_columns(record: i64, notification: &Notification) -> Vec<Value> {
    let message = notification.message;
    let number = message
        .and_then(|message| message.number)
        .and_then(|number| i64::try_from(number).ok());
    let document = notification
        .content
        .as_ref()
        .filter(|_| !notification.again);
    vec![
        notification.id.into(),
        record.into(),
        notification.import.0.into(),
        message.map(|message| message.sent.as_micros()).into(),
        number.into(),
        notification.kind.code().into(),
        notification.hash.as_slice().into(),
        document.map(|content| content.document.as_str()).into(),
    ]
}

/// Which records bear which of those ISBNs, as their own or beside it.
pub(super) fn bearers(tx: &mut dyn Tx, isbns: &[i64]) -> Result<Vec<(i64, i64)>, Fault> {
    let rows = tx.query(&BEARERS, &[list(isbns.iter().copied())])?;
    rows.iter()
        .map(|row| Ok((row.int(0)?, row.int(1)?)))
        .collect()
}

pub(super) fn records_of_editions(tx: &mut dyn Tx, editions: &[i64]) -> Result<Vec<i64>, Fault> {
    let rows = tx.query(&RECORDS_OF_EDITIONS, &[list(editions.iter().copied())])?;
    rows.iter().map(|row| row.int(0)).collect()
}

/// What booksellers decided about records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The record is an edition of its own.
    Split(i64),
    /// The two are one edition.
    Join(i64, i64),
}

pub(super) fn decisions(tx: &mut dyn Tx, records: &[i64]) -> Result<Vec<Decision>, Fault> {
    let rows = tx.query(&DECISIONS, &[list(records.iter().copied())])?;
    rows.iter()
        .map(|row| match row.opt_int(2)? {
            Some(other) => Ok(Decision::Join(row.int(1)?, other)),
            None => Ok(Decision::Split(row.int(1)?)),
        })
        .collect()
}

/// What settling needs to know of an edition as it stands in the database.
pub(super) struct EditionRow {
    pub(super) id: i64,
    pub(super) work: WorkId,
    /// Hidden because no record speaks for it; not because it is too early to show it.
    pub(super) withdrawn: bool,
    pub(super) hash: Vec<u8>,
    pub(super) decided_work: Option<WorkId>,
}

pub(super) fn editions(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<EditionRow>, Fault> {
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
pub(super) fn day_column(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day of a column; none before the first.
pub(super) fn day_of_column(column: i64) -> Option<Date> {
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
pub(super) fn edition_columns(
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
pub(super) fn turned_columns(id: i64, edition: &Edition, day: Date) -> Vec<Value> {
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

/// The ISBNs beside a record's own.
pub(super) fn isbn_rows(record: i64, isbns: &[Isbn13]) -> Vec<Vec<Value>> {
    isbns
        .iter()
        .map(|isbn| vec![isbn_column(*isbn).into(), record.into()])
        .collect()
}

/// The numbers that the next rows get, and the day they are written for. Whoever holds the lock on the sequence is the only one to give numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastIds {
    pub(super) record: i64,
    pub(super) notification: i64,
    pub(super) edition: i64,
    pub(super) import: i64,
    /// The day for which editions are written; none before the first.
    pub(super) day: Option<Date>,
}

impl LastIds {
    pub(super) fn read(tx: &mut dyn Tx) -> Result<LastIds, Fault> {
        let row = tx.query_one(&LAST_IDS, &[])?;
        Ok(LastIds {
            record: row.int(0)?,
            notification: row.int(1)?,
            edition: row.int(2)?,
            import: row.int(3)?,
            day: day_of_column(row.int(4)?),
        })
    }
}
