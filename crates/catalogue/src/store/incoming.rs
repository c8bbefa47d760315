//! What arrives from a file, a generator or a person, before the database has seen it.
//!
//! Nothing here decides anything: what a message does to the catalogue is said in [`super::put`].

use serde::{Deserialize, Serialize};
use trade::clock::Timestamp;

use crate::model::Edition;

/// What one sender says of one book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Who sent it, or the set it comes from.
    pub sender: String,
    /// The sender's own name for it (O5), stable from message to message.
    pub reference: String,
    /// The message it came in; none when the file does not say when it was sent.
    pub message: Option<Message>,
    /// What it says. Its `id` and `work` are ignored: the database gives them.
    pub edition: Edition,
}

/// When a sender said something: messages of one sender are in the order of `sent`, then `number` (O6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Message {
    /// The header's `SentDateTime`; a date alone is its first instant in Paris.
    pub sent: Timestamp,
    /// The header's `MessageNumber`.
    pub number: Option<u64>,
}

/// A message that speaks of some blocks of a record only (notification type 04).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockUpdate {
    /// Its edition holds what the supplied blocks say; whatever other blocks would fill is ignored.
    pub record: Record,
    /// The blocks that were supplied: each is replaced whole, the others are left alone (O3).
    pub blocks: Vec<Block>,
}

/// The blocks of an ONIX 3 product, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Block 1, `DescriptiveDetail`: title, contributors, series, language, form, pages, subjects.
    Description,
    /// Block 2, `CollateralDetail`: texts, the picture of the cover.
    Marketing,
    /// Block 3, `ContentDetail`: nothing of it is kept.
    Content,
    /// Block 4, `PublishingDetail`: publisher, date of publication.
    Publishing,
    /// Block 5, `RelatedMaterial`: nothing of it is kept.
    Related,
    /// Block 6, `ProductSupply`: price and availability.
    Supply,
}

impl Block {
    /// All blocks.
    pub const ALL: [Block; 6] = [
        Block::Description,
        Block::Marketing,
        Block::Content,
        Block::Publishing,
        Block::Related,
        Block::Supply,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Block::Description => "description",
            Block::Marketing => "marketing",
            Block::Content => "content",
            Block::Publishing => "publishing",
            Block::Related => "related",
            Block::Supply => "supply",
        }
    }

    /// The block with that [`code`](Block::code).
    pub fn parse(code: &str) -> Option<Block> {
        Block::ALL.into_iter().find(|block| block.code() == code)
    }
}

/// What arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A complete record; it replaces the one with the same sender and reference (O2).
    Put(Box<Record>),
    /// Some blocks of a record that is known already.
    Blocks(Box<BlockUpdate>),
    /// The record was sent in error (O4): hide it.
    Hide {
        /// As in [`Record::sender`].
        sender: String,
        /// As in [`Record::reference`].
        reference: String,
        /// As in [`Record::message`].
        message: Option<Message>,
    },
}

impl Incoming {
    /// Sender and reference.
    pub fn identity(&self) -> (&str, &str) {
        match self {
            Incoming::Put(record) => (&record.sender, &record.reference),
            Incoming::Blocks(update) => (&update.record.sender, &update.record.reference),
            Incoming::Hide {
                sender, reference, ..
            } => (sender, reference),
        }
    }
}
