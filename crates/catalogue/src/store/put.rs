//! Putting records in: created, updated, or unchanged when the record is the same as last time.
//!
//! Records are prepared on the caller's thread while the batch before is written on another, because reading and
//! writing cost about the same. A batch is one transaction.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sha2::{Digest, Sha256};
use storage::{Engine, Fault, Store, Tx, Value};

use super::incoming::{Incoming, Record};
use super::{isbn_column, work};
use crate::limits;
use crate::model::{Edition, EditionId, WorkId};

storage::statements! {
    LOCK_SEQUENCE =
        sqlite "SELECT value FROM catalogue_sequence WHERE one = 1",
        postgres "SELECT value FROM catalogue_sequence WHERE one = 1 FOR UPDATE";
    ADVANCE_SEQUENCE = "UPDATE catalogue_sequence SET value = value + 1 WHERE one = 1";
    PUT =
        sqlite "INSERT INTO editions (work_id, sender, reference, isbn13, title, price_cents, regime, goods,
            availability, buyable, generated, record_hash, document, changed_seq)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                (SELECT value + 1 FROM catalogue_sequence WHERE one = 1))
            ON CONFLICT (sender, reference) DO UPDATE SET work_id = excluded.work_id, isbn13 = excluded.isbn13,
                title = excluded.title, price_cents = excluded.price_cents, regime = excluded.regime,
                goods = excluded.goods, availability = excluded.availability, buyable = excluded.buyable,
                generated = excluded.generated, record_hash = excluded.record_hash, document = excluded.document,
                changed_seq = excluded.changed_seq, hidden = 0, version = editions.version + 1
            WHERE editions.record_hash <> excluded.record_hash OR editions.hidden = 1
            RETURNING version";
    PUT_MANY =
        postgres "INSERT INTO editions (work_id, sender, reference, isbn13, title, price_cents, regime, goods,
            availability, buyable, generated, record_hash, document, changed_seq)
            SELECT (r->>0)::bigint, r->>1, r->>2, (r->>3)::bigint, r->>4, (r->>5)::bigint, r->>6, r->>7,
                r->>8, (r->>9)::bigint, (r->>10)::bigint, decode(r->>11, 'hex'), r->>12,
                (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
            FROM jsonb_array_elements(($1::text)::jsonb) WITH ORDINALITY AS rows (r, place) ORDER BY place
            ON CONFLICT (sender, reference) DO UPDATE SET work_id = excluded.work_id, isbn13 = excluded.isbn13,
                title = excluded.title, price_cents = excluded.price_cents, regime = excluded.regime,
                goods = excluded.goods, availability = excluded.availability, buyable = excluded.buyable,
                generated = excluded.generated, record_hash = excluded.record_hash, document = excluded.document,
                changed_seq = excluded.changed_seq, hidden = 0, version = editions.version + 1
            WHERE editions.record_hash <> excluded.record_hash OR editions.hidden = 1
            RETURNING version";
    HIDE = "UPDATE editions SET hidden = 1, version = version + 1,
            changed_seq = (SELECT value + 1 FROM catalogue_sequence WHERE one = 1)
        WHERE sender = $1 AND reference = $2 AND hidden = 0";
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A new edition.
    Created,
    /// An edition now says something else, or is visible again.
    Updated,
    /// The same as before, or nothing to hide: nothing was written.
    Unchanged,
    /// An edition is hidden now.
    Hidden,
}

/// How many records had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// See [`Outcome::Created`]; the others likewise.
    pub created: u64,
    /// See [`Outcome::Updated`].
    pub updated: u64,
    /// See [`Outcome::Unchanged`].
    pub unchanged: u64,
    /// See [`Outcome::Hidden`].
    pub hidden: u64,
}

impl Tally {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Hidden => self.hidden += 1,
        }
    }

    fn add(&mut self, other: Tally) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.hidden += other.hidden;
    }

    /// How many of them wrote something.
    pub fn changed(&self) -> u64 {
        self.created + self.updated + self.hidden
    }
}

/// Puts all of `incoming` in, in order, in transactions of [`limits::PUT_BATCH_RECORDS`].
///
/// Blocks, and must not be called on an async thread. Editions of an empty catalogue get the ids 1, 2, 3… in order.
///
/// # Errors
/// A [`Fault`] of the database; batches before it are committed.
pub fn put_all(store: &Store, incoming: impl Iterator<Item = Incoming>) -> Result<Tally, Fault> {
    std::thread::scope(|scope| {
        let (batches, waiting) = sync_channel(limits::PUT_BATCHES_WAITING);
        let writer = scope.spawn(move || write_batches(store, &waiting));
        send_batches(incoming, &batches);
        drop(batches);
        writer
            .join()
            .unwrap_or_else(|_| Err(Fault::defect("the thread that writes records stopped")))
    })
}

/// Fills batches until there is nothing more, or nobody to take them because writing failed.
fn send_batches(incoming: impl Iterator<Item = Incoming>, batches: &SyncSender<Batch>) {
    let mut batch = Batch::default();
    for item in incoming {
        if batch.is_full_for(&item) && batches.send(std::mem::take(&mut batch)).is_err() {
            return;
        }
        batch.add(item);
    }
    // A refused send means that the writer failed; it returns its fault itself.
    drop(batches.send(batch));
}

fn write_batches(store: &Store, waiting: &Receiver<Batch>) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    for batch in waiting {
        let batch = Arc::new(batch);
        tally.add(store.write_blocking(move |tx| put_batch(tx, &batch))?);
    }
    Ok(tally)
}

/// Records of different identity, ready to be written in one transaction.
#[derive(Default)]
struct Batch {
    identities: HashSet<(String, String)>,
    puts: Vec<Vec<Value>>,
    hides: Vec<Vec<Value>>,
}

impl Batch {
    /// A second record of the same identity waits for the next batch, so that the last one wins on both engines.
    fn is_full_for(&self, item: &Incoming) -> bool {
        self.identities.len() >= limits::PUT_BATCH_RECORDS
            || self.identities.contains(&identity_key(item))
    }

    fn add(&mut self, item: Incoming) {
        self.identities.insert(identity_key(&item));
        match item {
            Incoming::Put(record) => self.puts.push(columns(&record)),
            Incoming::Hide {
                sender, reference, ..
            } => self.hides.push(vec![sender.into(), reference.into()]),
            Incoming::Blocks(_) => {}
        }
    }
}

fn identity_key(item: &Incoming) -> (String, String) {
    let (sender, reference) = item.identity();
    (sender.to_owned(), reference.to_owned())
}

fn put_batch(tx: &mut dyn Tx, batch: &Batch) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    tx.query_one(&LOCK_SEQUENCE, &[])?;
    match tx.engine() {
        Engine::Sqlite => put_one_by_one(tx, batch, &mut tally)?,
        Engine::Postgres => put_at_once(tx, batch, &mut tally)?,
    }
    for hide in &batch.hides {
        tally.count(if tx.execute(&HIDE, hide)? == 0 {
            Outcome::Unchanged
        } else {
            Outcome::Hidden
        });
    }
    if tally.changed() > 0 {
        tx.execute(&ADVANCE_SEQUENCE, &[])?;
    }
    Ok(tally)
}

fn put_one_by_one(tx: &mut dyn Tx, batch: &Batch, tally: &mut Tally) -> Result<(), Fault> {
    for put in &batch.puts {
        tally.count(match tx.query_opt(&PUT, put)? {
            None => Outcome::Unchanged,
            Some(row) => outcome_of_version(row.int(0)?),
        });
    }
    Ok(())
}

/// One round trip for the whole batch.
fn put_at_once(tx: &mut dyn Tx, batch: &Batch, tally: &mut Tally) -> Result<(), Fault> {
    if batch.puts.is_empty() {
        return Ok(());
    }
    let rows: Vec<serde_json::Value> = batch
        .puts
        .iter()
        .map(|put| put.iter().map(json_of).collect())
        .collect();
    let written = tx.query(
        &PUT_MANY,
        &[serde_json::Value::from(rows).to_string().into()],
    )?;
    for row in &written {
        tally.count(outcome_of_version(row.int(0)?));
    }
    tally.unchanged += (batch.puts.len() - written.len().min(batch.puts.len())) as u64;
    Ok(())
}

fn outcome_of_version(version: i64) -> Outcome {
    if version == 1 {
        Outcome::Created
    } else {
        Outcome::Updated
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

/// The parameters of [`PUT`].
fn columns(record: &Record) -> Vec<Value> {
    let edition = &record.edition;
    let document = document(edition);
    let hash = Sha256::digest(document.as_bytes());
    vec![
        work::of(record).0.into(),
        record.sender.as_str().into(),
        record.reference.as_str().into(),
        edition.isbn.map(isbn_column).into(),
        edition.title.as_str().into(),
        edition.price.map(|price| price.amount.as_cents()).into(),
        edition.price.map(|price| price.regime.code()).into(),
        edition.goods.code().into(),
        edition.availability.code().into(),
        i64::from(edition.buyable()).into(),
        i64::from(edition.generated).into(),
        hash.to_vec().into(),
        document.into(),
    ]
}

/// The edition without the numbers that the database gives it, so that equal records have equal documents.
fn document(edition: &Edition) -> String {
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
