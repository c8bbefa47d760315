//! Messages on their way to the database: prepared on one thread, in batches, while another writes those before.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use storage::Fault;

use super::incoming::{Incoming, Message, Record};
use super::notification::{Content, Kind, Notification};
use super::put::{Finding, Found};
use super::row;
use super::undo::ImportId;
use crate::limits;
use crate::model::{Edition, EditionId, WorkId};

/// Prepares batches on this thread while `write` takes them on another.
pub(super) fn in_batches<T: Send>(
    incoming: impl Iterator<Item = Incoming>,
    write: impl FnOnce(&Receiver<Batch>) -> Result<T, Fault> + Send,
) -> Result<T, Fault> {
    std::thread::scope(|scope| {
        let (batches, waiting) = sync_channel(limits::PUT_BATCHES_WAITING);
        let writer = scope.spawn(move || write(&waiting));
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

/// A message, ready to be judged.
pub(super) struct Prepared {
    pub(super) sender: String,
    pub(super) reference: String,
    pub(super) message: Option<Message>,
    pub(super) kind: Kind,
    pub(super) hash: Vec<u8>,
    pub(super) content: Option<Arc<Content>>,
}

impl Prepared {
    pub(super) fn of(incoming: Incoming) -> Prepared {
        match incoming {
            Incoming::Put(record) => Prepared::speaking(*record, Kind::Record),
            Incoming::Blocks(update) => {
                let mut blocks = update.blocks;
                blocks.sort_unstable();
                blocks.dedup();
                Prepared::speaking(update.record, Kind::Blocks(blocks))
            }
            Incoming::Hide {
                sender,
                reference,
                message,
            } => Prepared {
                sender,
                reference,
                message,
                kind: Kind::Withdrawal,
                hash: Vec::new(),
                content: None,
            },
        }
    }

    fn speaking(record: Record, kind: Kind) -> Prepared {
        let edition = Edition {
            id: EditionId(0),
            work: WorkId(0),
            ..record.edition
        };
        let document = row::document(&edition);
        Prepared {
            sender: record.sender,
            reference: record.reference,
            message: record.message,
            kind,
            hash: row::hash(&document),
            content: Some(Arc::new(Content { document, edition })),
        }
    }

    pub(super) fn notification(&self, id: i64, import: ImportId, again: bool) -> Notification {
        Notification {
            id,
            import,
            message: self.message,
            kind: self.kind.clone(),
            hash: self.hash.clone(),
            undone: false,
            again,
            content: self.content.clone(),
        }
    }

    pub(super) fn finding(&self, what: Found) -> Finding {
        Finding {
            sender: self.sender.clone(),
            reference: self.reference.clone(),
            what,
        }
    }
}

/// Messages about different records, ready to be written in one transaction.
#[derive(Default)]
pub(super) struct Batch {
    identities: HashSet<(String, String)>,
    pub(super) items: Vec<Prepared>,
}

impl Batch {
    /// A second message about the same record waits for the next batch, so that each is judged by what was before.
    fn is_full_for(&self, item: &Incoming) -> bool {
        self.items.len() >= limits::PUT_BATCH_RECORDS
            || self.identities.contains(&identity_key(item))
    }

    fn add(&mut self, item: Incoming) {
        self.identities.insert(identity_key(&item));
        self.items.push(Prepared::of(item));
    }
}

fn identity_key(item: &Incoming) -> (String, String) {
    let (sender, reference) = item.identity();
    (sender.to_owned(), reference.to_owned())
}
