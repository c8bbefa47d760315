//! The bureau outside: asked while the facts are gathered, waited for no longer than
//! [`BUREAU_TIME`](limits::BUREAU_TIME), and done without when it says nothing.

use std::{pin::Pin, sync::Arc};

use trade::{
    bureau::{BureauAnswer, BureauQuestion},
    money::Money,
};

use super::{
    gather::Ordered,
    limits,
    marks::{Mark, MarkKeys, Marks},
};
use crate::codes::coded;

/// Why the bureau gave no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BureauFault {
    /// It could not be reached, or did not answer.
    #[error("the bureau does not answer")]
    Silent,
    /// What it answered is no score.
    #[error("the bureau's answer cannot be read")]
    Garbled,
}

/// The bureau, seen from the shop. Who talks to it implements this elsewhere.
pub trait Bureau: Send + Sync {
    /// Asks for a score. Dropped when it takes too long.
    fn ask<'a>(
        &'a self,
        question: &'a BureauQuestion,
    ) -> Pin<Box<dyn Future<Output = Result<BureauAnswer, BureauFault>> + Send + 'a>>;
}

coded! {
    /// What became of the question.
    pub enum BureauWord {
        /// No bureau is configured.
        Off = "off",
        /// It gave a score in time.
        Answered = "answered",
        /// It did not answer in time: the decision was made without it.
        Silent = "silent",
        /// It answered something else: the decision was made without it.
        Garbled = "garbled",
    }
}

/// What became of the question, and the score if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub word: BureauWord,
    pub score: Option<u8>,
}

impl Heard {
    /// Without a bureau.
    pub const NOTHING: Heard = Heard {
        word: BureauWord::Off,
        score: None,
    };

    fn without(word: BureauWord) -> Heard {
        Heard { word, score: None }
    }
}

/// What the bureau is told: nothing that names somebody.
pub(super) fn question(keys: &MarkKeys, ordered: &Ordered, marks: &Marks) -> BureauQuestion {
    BureauQuestion {
        email: keys.for_bureau(&ordered.email),
        card: marks.card.map(Mark::text),
        department: ordered.address.postcode.chars().take(2).collect(),
        amount: Money::cents(ordered.total_cents),
    }
}

/// Asks, until the time is over.
pub(super) async fn ask(bureau: &Arc<dyn Bureau>, question: &BureauQuestion) -> Heard {
    match tokio::time::timeout(limits::BUREAU_TIME, bureau.ask(question)).await {
        Ok(Ok(BureauAnswer { score })) if score <= 100 => Heard {
            word: BureauWord::Answered,
            score: Some(score),
        },
        Ok(Ok(_) | Err(BureauFault::Garbled)) => Heard::without(BureauWord::Garbled),
        Ok(Err(BureauFault::Silent)) | Err(_) => Heard::without(BureauWord::Silent),
    }
}
