//! What putting in would do: each batch is put in and taken back in the same transaction.
//!
//! So the answer comes from the very code that will do it. What a batch would have changed is not there for the next
//! one: records of one file that speak of the same book are compared with the shop, not with each other.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::Receiver;

use serde::{Deserialize, Serialize};
use storage::{Fault, Store, Tx};

use super::batch::{Batch, Prepared, in_batches};
use super::incoming::Incoming;
use super::merge::{Field, differences};
use super::put::{Delivery, Done, put_batch};
use super::{decide, row};
use crate::limits;
use crate::model::{Edition, EditionId};

storage::statements! {
    DOCUMENTS =
        sqlite "SELECT id, document FROM editions WHERE hidden = 0 AND id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, document FROM editions WHERE hidden = 0
            AND id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
}

/// An edition that an import would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionChange {
    /// The edition.
    pub edition: EditionId,
    /// Whose record would change it.
    pub sender: String,
    /// The sender's name for the record.
    pub reference: String,
    /// In which fields.
    pub fields: Vec<Field>,
    /// What it says now.
    pub was: Edition,
    /// What it would say.
    pub becomes: Edition,
}

/// What putting in would do.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    pub(crate) done: Done,
    /// The first editions that would say something else.
    pub(crate) changes: Vec<EditionChange>,
}

/// Finds out what putting `incoming` in would do, showing at most `changes` of the editions it would change.
///
/// Blocks, and keeps the database as busy as putting in does.
///
/// # Errors
/// A [`Fault`] of the database.
pub(crate) fn try_put(
    store: &Store,
    delivery: &Delivery,
    changes: usize,
    incoming: impl Iterator<Item = Incoming>,
) -> Result<Tried, Fault> {
    decide::settle_again(store)?;
    in_batches(incoming, |waiting| {
        try_batches(store, delivery, changes, waiting)
    })
}

fn try_batches(
    store: &Store,
    delivery: &Delivery,
    changes: usize,
    waiting: &Receiver<Batch>,
) -> Result<Tried, Fault> {
    let mut tried = Tried::default();
    for batch in waiting {
        let delivery = delivery.clone();
        let room = changes.saturating_sub(tried.changes.len());
        let taken_back = store.write_blocking(move |tx| -> Result<(), TakenBack> {
            let done = put_batch(tx, &batch.items, &delivery, None)?;
            let after = match room {
                0 => Vec::new(),
                _ => spoken_of(tx, &batch.items)?,
            };
            Err(TakenBack::Tried(Box::new(done), after))
        });
        let (done, after) = match taken_back {
            Err(TakenBack::Tried(done, after)) => (*done, after),
            Err(TakenBack::Fault(fault)) => return Err(fault),
            Ok(()) => return Err(Fault::defect("a trial was not taken back")),
        };
        tried.done.tally.add(done.tally);
        let findings = limits::FINDINGS.saturating_sub(tried.done.findings.len());
        tried
            .done
            .findings
            .extend(done.findings.into_iter().take(findings));
        if !after.is_empty() {
            let changed = store.read_blocking(|tx| changes_of(tx, after))?;
            tried.changes.extend(changed.into_iter().take(room));
        }
    }
    Ok(tried)
}

/// Why a transaction was taken back.
enum TakenBack {
    Tried(Box<Done>, Vec<Spoken>),
    Fault(Fault),
}

impl From<Fault> for TakenBack {
    fn from(fault: Fault) -> TakenBack {
        TakenBack::Fault(fault)
    }
}

/// An edition as a record of a batch leaves it.
struct Spoken {
    sender: String,
    reference: String,
    edition: Edition,
}

fn spoken_of(tx: &mut dyn Tx, items: &[Prepared]) -> Result<Vec<Spoken>, Fault> {
    let identities = items
        .iter()
        .map(|item| (item.sender.as_str(), item.reference.as_str()));
    let records = row::records_by_identity(tx, identities)?;
    let editions = documents(tx, records.iter().filter_map(|record| record.edition))?;
    let spoken = records.into_iter().filter_map(|record| {
        Some(Spoken {
            edition: editions.get(&record.edition?)?.clone(),
            sender: record.sender,
            reference: record.reference,
        })
    });
    Ok(spoken.collect())
}

/// What differs from the editions as they are.
fn changes_of(tx: &mut dyn Tx, after: Vec<Spoken>) -> Result<Vec<EditionChange>, Fault> {
    let before = documents(tx, after.iter().map(|spoken| spoken.edition.id.0))?;
    let mut told = HashSet::new();
    let changes = after.into_iter().filter_map(|spoken| {
        let was = before.get(&spoken.edition.id.0)?;
        let fields = differences(was, &spoken.edition);
        if fields.is_empty() || !told.insert(was.id) {
            return None;
        }
        Some(EditionChange {
            edition: was.id,
            sender: spoken.sender,
            reference: spoken.reference,
            fields,
            was: was.clone(),
            becomes: spoken.edition,
        })
    });
    Ok(changes.collect())
}

fn documents(
    tx: &mut dyn Tx,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Edition>, Fault> {
    let rows = tx.query(&DOCUMENTS, &[row::list(ids)])?;
    rows.iter()
        .map(|row| {
            let mut edition = row::read_document(row.text(1)?)?;
            edition.id = EditionId(row.int(0)?);
            Ok((row.int(0)?, edition))
        })
        .collect()
}
