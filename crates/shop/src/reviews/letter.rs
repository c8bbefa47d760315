//! Letters to the author of a review, as intents in the outbox, like those about orders in [`crate::mail`].
//!
//! A letter carries all that its renderer needs, except the key of the author's link.

use serde::{Deserialize, Serialize};
use storage::{Fault, Tx, outbox};
use trade::{address::Email, locale::Locale};

use super::{Reason, ReviewId};
use crate::columns;

/// The outbox topic of letters about reviews.
pub const TOPIC: &str = "review_mail";

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum News {
    /// Somebody wrote a review with this address: was it you?
    Confirm,
    /// The review is on the page.
    Published,
    /// It is not, or no longer; this is why (C6).
    Refused {
        /// The reason.
        reason: Reason,
        /// What the bookseller added.
        note: Option<String>,
    },
}

/// One letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewLetter {
    /// What it says.
    pub news: News,
    /// The review it is about.
    pub review: i64,
    /// The title of the book.
    pub book: String,
    /// The language to write it in.
    pub locale: Locale,
    /// Where to send it.
    pub to: Email,
}

impl ReviewLetter {
    /// The review it is about.
    pub fn review(&self) -> ReviewId {
        ReviewId(self.review)
    }
}

/// Writes a letter into the outbox; each news of a review is sent once.
pub(super) fn write(tx: &mut dyn Tx, letter: &ReviewLetter) -> Result<(), Fault> {
    let says = match letter.news {
        News::Confirm => "confirm",
        News::Published => "published",
        News::Refused { .. } => "refused",
    };
    let key = format!("review:{says}:{}", letter.review);
    outbox::push(tx, TOPIC, &key, &columns::to_json(letter)?).map(drop)
}
