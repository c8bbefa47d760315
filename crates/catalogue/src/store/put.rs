//! Putting in what arrives: what is new of it is kept, and the editions it touches are settled.
//!
//! Messages are prepared on the caller's thread while the batch before is written on another, because reading and
//! writing cost about the same. A batch is one transaction, so an import that is killed has taken whole batches;
//! running it again changes nothing of those and goes on from there.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use storage::{Fault, Store, Tx};
use trade::clock::{Clock, Timestamp};

use super::batch::{Batch, Prepared, in_batches};
use super::held::Held;
use super::incoming::Incoming;
use super::notification::{Content, Notification, Verdict, verdict};
use super::precedence::Precedence;
use super::row::{self, RecordRow};
use super::settle::{Settled, Settling};
use super::undo::{self, ImportId};
use super::{day, decide};
use crate::limits;
use crate::model::Isbn13;

storage::statements! {
    LOCK_SEQUENCE =
        sqlite "SELECT value FROM catalogue_sequence WHERE one = 1",
        postgres "SELECT value FROM catalogue_sequence WHERE one = 1 FOR UPDATE";
    ADVANCE_SEQUENCE = "UPDATE catalogue_sequence SET value = value + 1 WHERE one = 1";
}

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A new edition.
    Created,
    /// An edition now says something else, has one more record, or is visible again.
    Updated,
    /// The same as before, or nothing to hide.
    Unchanged,
    /// The sender withdrew its record.
    Hidden,
    /// Not taken; a [`Finding`] says why.
    Rejected,
}

/// How many messages had which outcome.
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
    /// See [`Outcome::Rejected`].
    pub rejected: u64,
}

impl Tally {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Hidden => self.hidden += 1,
            Outcome::Rejected => self.rejected += 1,
        }
    }

    pub(super) fn add(&mut self, other: Tally) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.hidden += other.hidden;
        self.rejected += other.rejected;
    }
}

/// Where messages come from, for the list of imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The file's name, or what else a person knows it by.
    pub name: String,
    /// The login of who brought it; empty for the program itself.
    pub staff: String,
    /// When.
    pub at: Timestamp,
}

/// What putting in found that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Who sent the record.
    pub sender: String,
    /// The sender's name for it.
    pub reference: String,
    /// What was found.
    pub what: Found,
}

/// Kinds of [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Blocks were sent of a record that was never sent whole: rejected (O3).
    UnknownReference,
    /// A newer message was taken earlier: this one is kept, and changed nothing that the newer one says (O6).
    OlderMessage,
    /// Another book carries the ISBN as well: the two stay apart (I6).
    SharedIsbn(Isbn13),
}

/// What [`put`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The import it can be undone by; none when nothing was written.
    pub import: Option<ImportId>,
    /// How many messages had which outcome.
    pub tally: Tally,
    /// At most [`limits::FINDINGS`].
    pub findings: Vec<Finding>,
}

/// [`put`] for a caller that is the program itself and needs no report.
///
/// # Errors
/// As [`put`].
pub fn put_all(store: &Store, incoming: impl Iterator<Item = Incoming>) -> Result<Tally, Fault> {
    let delivery = Delivery {
        name: String::new(),
        staff: String::new(),
        at: Clock::system().now(),
    };
    put(store, &delivery, incoming).map(|done| done.tally)
}

/// Puts all of `incoming` in, in order, in transactions of [`limits::PUT_BATCH_RECORDS`].
///
/// Blocks, and must not be called on an async thread. Editions of an empty catalogue get the ids 1, 2, 3… in order.
///
/// # Errors
/// A [`Fault`] of the database; batches before it are committed.
pub fn put(
    store: &Store,
    delivery: &Delivery,
    incoming: impl Iterator<Item = Incoming>,
) -> Result<Done, Fault> {
    day::turn(store, delivery.at)?;
    decide::settle_again(store)?;
    in_batches(incoming, |waiting| {
        write_batches(store, delivery, None, &Arc::new(Alone), waiting)
    })
}

/// Goes along with what is put in, batch by batch.
pub(crate) trait Companion: Send + Sync + 'static {
    /// Called in the transaction of each batch, so that what it writes is committed with the batch or not at all; a
    /// fault takes the batch back. May be called again for a batch whose transaction collided.
    fn batch_put(&self, tx: &mut dyn Tx, batch: &BatchPut<'_>) -> Result<(), Fault>;
}

/// A batch that was put in.
pub(crate) struct BatchPut<'b> {
    /// How many messages it has.
    pub(crate) messages: u64,
    /// What became of them.
    pub(crate) done: &'b Done,
}

/// Nobody goes along.
struct Alone;

impl Companion for Alone {
    fn batch_put(&self, _: &mut dyn Tx, _: &BatchPut<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// [`put`] that goes on with an import that was begun, if there is one, and takes a companion along.
///
/// # Errors
/// As [`put`].
pub(crate) fn put_along<C: Companion>(
    store: &Store,
    delivery: &Delivery,
    begun: Option<ImportId>,
    companion: &Arc<C>,
    incoming: impl Iterator<Item = Incoming>,
) -> Result<Done, Fault> {
    day::turn(store, delivery.at)?;
    decide::settle_again(store)?;
    in_batches(incoming, |waiting| {
        write_batches(store, delivery, begun, companion, waiting)
    })
}

fn write_batches<C: Companion>(
    store: &Store,
    delivery: &Delivery,
    begun: Option<ImportId>,
    companion: &Arc<C>,
    waiting: &Receiver<Batch>,
) -> Result<Done, Fault> {
    let mut done = Done {
        import: begun,
        ..Done::default()
    };
    for batch in waiting {
        let (delivery, import) = (delivery.clone(), done.import);
        let companion = Arc::clone(companion);
        let messages = batch.items.len() as u64;
        let written = store.write_blocking(move |tx| {
            let done = put_batch(tx, &batch.items, &delivery, import)?;
            let put = BatchPut {
                messages,
                done: &done,
            };
            companion.batch_put(tx, &put)?;
            Ok::<_, Fault>(done)
        })?;
        done.import = written.import;
        done.tally.add(written.tally);
        let room = limits::FINDINGS.saturating_sub(done.findings.len());
        done.findings
            .extend(written.findings.into_iter().take(room));
    }
    Ok(done)
}

/// Puts one message in, in the caller's transaction.
pub(crate) fn put_one(
    tx: &mut dyn Tx,
    incoming: Incoming,
    delivery: &Delivery,
) -> Result<Done, Fault> {
    put_batch(tx, &[Prepared::of(incoming)], delivery, None)
}

/// Held until the commit, see [`super`].
pub(crate) fn lock(tx: &mut dyn Tx) -> Result<(), Fault> {
    tx.query_one(&LOCK_SEQUENCE, &[]).map(drop)
}

/// Settles what a person decided, and ends the transaction.
pub(super) fn finish(tx: &mut dyn Tx, settling: Settling) -> Result<(), Fault> {
    let precedence = Precedence::read(tx)?;
    let (settled, _) = settling.settle(tx, &precedence)?;
    advance(tx, &settled)
}

/// Counts a change of editions.
fn advance(tx: &mut dyn Tx, settled: &Settled) -> Result<(), Fault> {
    if settled.changed {
        advance_sequence(tx)?;
    }
    Ok(())
}

/// Ends a transaction that changed editions.
pub(super) fn advance_sequence(tx: &mut dyn Tx) -> Result<(), Fault> {
    tx.execute(&ADVANCE_SEQUENCE, &[]).map(drop)
}

pub(super) fn put_batch(
    tx: &mut dyn Tx,
    items: &[Prepared],
    delivery: &Delivery,
    import: Option<ImportId>,
) -> Result<Done, Fault> {
    lock(tx)?;
    let judged = judge(tx, items)?;
    let writes =
        |judged: &Judged<'_>| matches!(judged.verdict, Verdict::Confirmed | Verdict::News { .. });
    let mut done = Done {
        import,
        ..Done::default()
    };
    if judged.iter().any(writes) {
        let (said, import) = Said::say(tx, judged, delivery, import)?;
        done.import = Some(import);
        said.settle(tx, &mut done)?;
    } else {
        for judged in &judged {
            judged.count(&mut done);
        }
    }
    Ok(done)
}

/// A message and what it is beside what is known.
struct Judged<'i> {
    item: &'i Prepared,
    known: Option<RecordRow>,
    verdict: Verdict,
}

impl Judged<'_> {
    /// Counts one that changes nothing.
    fn count(&self, done: &mut Done) {
        if self.verdict == Verdict::UnknownRecord {
            done.tally.count(Outcome::Rejected);
            done.findings
                .push(self.item.finding(Found::UnknownReference));
        } else {
            done.tally.count(Outcome::Unchanged);
        }
    }
}

fn judge<'i>(tx: &mut dyn Tx, items: &'i [Prepared]) -> Result<Vec<Judged<'i>>, Fault> {
    let identities = items
        .iter()
        .map(|item| (item.sender.as_str(), item.reference.as_str()));
    let rows = row::records_by_identity(tx, identities)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut messages: HashMap<i64, Vec<Notification>> = HashMap::new();
    if !ids.is_empty() {
        for (record, notification) in row::messages(tx, &ids)? {
            messages.entry(record).or_default().push(notification);
        }
    }
    let mut known: HashMap<(String, String), RecordRow> = rows
        .into_iter()
        .map(|row| ((row.sender.clone(), row.reference.clone()), row))
        .collect();
    Ok(items
        .iter()
        .map(|item| {
            let known = known.remove(&(item.sender.clone(), item.reference.clone()));
            let of_record = known.as_ref().and_then(|row| messages.get(&row.id));
            let of_record = of_record.map_or(&[][..], Vec::as_slice);
            Judged {
                verdict: verdict(of_record, &item.kind, &item.hash, item.message),
                item,
                known,
            }
        })
        .collect())
}

/// A batch whose news are among the notifications of their records.
struct Said<'i> {
    settling: Settling,
    judged: Vec<Judged<'i>>,
    /// For each of `judged` the record it spoke of, when it said something.
    records: Vec<Option<i64>>,
}

impl<'i> Said<'i> {
    fn say(
        tx: &mut dyn Tx,
        judged: Vec<Judged<'i>>,
        delivery: &Delivery,
        import: Option<ImportId>,
    ) -> Result<(Said<'i>, ImportId), Fault> {
        let mut settling = Settling::begin(tx)?;
        let import = match import {
            Some(import) => import,
            None => undo::begin_import(tx, ImportId(settling.last.import + 1), delivery)?,
        };
        let with_news = judged
            .iter()
            .filter(|judged| matches!(judged.verdict, Verdict::News { .. }))
            .filter_map(|judged| judged.known.clone());
        settling.hold(tx, with_news.collect(), true)?;
        let mut said = Said {
            settling,
            judged: Vec::with_capacity(judged.len()),
            records: Vec::with_capacity(judged.len()),
        };
        for judged in judged {
            said.add(judged, import);
        }
        Ok((said, import))
    }

    fn add(&mut self, judged: Judged<'i>, import: ImportId) {
        let record = match (judged.verdict, &judged.known) {
            (Verdict::Repeated | Verdict::UnknownRecord, _) => None,
            (Verdict::Confirmed | Verdict::News { .. }, Some(known)) => Some(known.id),
            (Verdict::Confirmed | Verdict::News { .. }, None) => {
                self.settling.last.record += 1;
                let (sender, reference) =
                    (judged.item.sender.clone(), judged.item.reference.clone());
                let held = Held::new(self.settling.last.record, sender, reference);
                self.settling.records.insert(held.row.id, held);
                Some(self.settling.last.record)
            }
        };
        if let Some(record) = record {
            self.settling.last.notification += 1;
            let again = judged.verdict == Verdict::Confirmed;
            let id = self.settling.last.notification;
            let notification = judged.item.notification(id, import, again);
            let columns = row::notification_columns(record, &notification);
            self.settling.said.push(columns);
            if let Some(held) = self.settling.records.get_mut(&record) {
                held.notifications.push(notification);
            }
        }
        self.judged.push(judged);
        self.records.push(record);
    }

    fn settle(self, tx: &mut dyn Tx, done: &mut Done) -> Result<(), Fault> {
        let before: HashMap<i64, (Arc<Content>, bool)> = self
            .records
            .iter()
            .flatten()
            .filter_map(|record| Some((*record, self.settling.document_of(*record)?)))
            .collect();
        if let Some(import) = done.import {
            undo::count_messages(tx, import, self.settling.said.len())?;
        }
        let precedence = Precedence::read(tx)?;
        let (settled, after) = self.settling.settle(tx, &precedence)?;
        advance(tx, &settled)?;
        for (judged, record) in self.judged.iter().zip(&self.records) {
            match (judged.verdict, record) {
                (Verdict::News { late }, Some(record)) => {
                    let outcome = if settled.created.contains(record) {
                        Outcome::Created
                    } else {
                        outcome_of(before.get(record), after.document_of(*record).as_ref())
                    };
                    done.tally.count(outcome);
                    if late {
                        done.findings.push(judged.item.finding(Found::OlderMessage));
                    }
                    let shared = settled.shared.iter().filter(|(id, _)| id == record);
                    done.findings.extend(
                        shared.map(|(_, isbn)| judged.item.finding(Found::SharedIsbn(*isbn))),
                    );
                }
                _ => judged.count(done),
            }
        }
        Ok(())
    }
}

fn outcome_of(
    before: Option<&(Arc<Content>, bool)>,
    after: Option<&(Arc<Content>, bool)>,
) -> Outcome {
    match (before, after) {
        (Some((_, false)), Some((_, true))) => Outcome::Hidden,
        (Some((said, withdrawn)), Some((says, is_withdrawn)))
            if withdrawn == is_withdrawn && said.document == says.document =>
        {
            Outcome::Unchanged
        }
        _ => Outcome::Updated,
    }
}
