//! The mailroom: letters leave the outbox, are rendered, and go by SMTP or into files.
//!
//! A letter is leased, delivered, and marked done. A crash in between leases it again, so no letter is
//! lost; its Message-ID is made from its outbox key, so that the same letter is recognised wherever it
//! arrives. As a file it is named by that id and never written twice.

mod post;

use std::time::Duration;

use anyhow::{Context, Result};
use shop::{
    mail::{self, Letter},
    order::OrderKeys,
    reviews::{
        ReviewKeys,
        letter::{self, ReviewLetter},
    },
    screening::{
        MarkKeys,
        letter::{self as code_letter, CodeLetter},
    },
};
use storage::{Fault, Store, outbox};
use tokio::sync::watch;
use trade::clock::Clock;

pub use post::Post;

/// How often the outbox is looked into.
const ROUND: Duration = Duration::from_millis(500);
/// What letters are about: orders, reviews, codes.
const TOPICS: [&str; 3] = [mail::TOPIC, letter::TOPIC, code_letter::TOPIC];
/// Letters about one thing taken at once.
const BATCH: u32 = 16;
/// How long a letter may take to be delivered before another worker takes it.
const LEASE_US: i64 = 60_000_000;
/// The first wait after a failure; doubled each time, to an hour.
const FIRST_WAIT_US: i64 = 5_000_000;
const LONGEST_WAIT_US: i64 = 3_600_000_000;

/// What the mailroom works with.
pub struct Mailroom {
    /// The outbox.
    pub store: Store,
    /// How letters leave.
    pub post: Post,
    /// The keys of the pages that letters link to: orders, and reviews under the same secret.
    pub keys: OrderKeys,
    /// The shop's name and address.
    pub sender: web::letters::Sender,
    /// The time.
    pub clock: Clock,
}

impl Mailroom {
    /// Delivers until told to stop.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        loop {
            match self.round().await {
                Ok(0) => {}
                Ok(delivered) => tracing::info!(delivered, "letters left"),
                Err(fault) => tracing::warn!(fault = fault.detail(), "the outbox cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Delivers what is due and says how many letters left.
    async fn round(&self) -> Result<usize, Fault> {
        let mut delivered = 0;
        for topic in TOPICS {
            delivered += self.round_of(topic).await?;
        }
        Ok(delivered)
    }

    async fn round_of(&self, topic: &'static str) -> Result<usize, Fault> {
        let now = self.clock.now().as_micros();
        let lease = move |tx: &mut dyn storage::Tx| outbox::lease(tx, topic, BATCH, now, LEASE_US);
        let mut delivered = 0;
        for entry in self.store.write(lease).await? {
            match self.deliver(topic, &entry).await {
                Ok(()) => {
                    delivered += 1;
                    let now = self.clock.now().as_micros();
                    self.store
                        .write(move |tx| outbox::done(tx, entry.seq, now))
                        .await?;
                }
                Err(error) => {
                    tracing::warn!(
                        letter = entry.key,
                        tries = entry.tries,
                        "not delivered: {error:#}"
                    );
                    let due = self.clock.now().as_micros() + wait_after(entry.tries);
                    self.store
                        .write(move |tx| outbox::retry_later(tx, entry.seq, due))
                        .await?;
                }
            }
        }
        Ok(delivered)
    }

    async fn deliver(&self, topic: &str, entry: &outbox::Leased) -> Result<()> {
        let (to, rendered) = if topic == letter::TOPIC {
            let letter: ReviewLetter =
                serde_json::from_str(&entry.payload).context("the letter about a review")?;
            let path = ReviewKeys::beside(&self.keys).path(letter.review());
            let rendered = web::review_letters::render(&self.sender, &letter, &path);
            (letter.to, rendered)
        } else if topic == code_letter::TOPIC {
            let letter: CodeLetter =
                serde_json::from_str(&entry.payload).context("the letter with a code")?;
            let keys = MarkKeys::beside(&self.keys);
            let rendered = web::screening_letters::render(&self.sender, &letter, &keys);
            (letter.to, rendered)
        } else {
            let letter: Letter = serde_json::from_str(&entry.payload).context("the letter")?;
            let path = self.keys.path(&letter.order);
            let rendered = web::letters::render(&self.sender, &letter, &path);
            (letter.to, rendered)
        };
        self.post.send(&entry.key, to.as_str(), &rendered).await
    }
}

fn wait_after(tries: u32) -> i64 {
    FIRST_WAIT_US
        .saturating_mul(1 << tries.saturating_sub(1).min(20))
        .min(LONGEST_WAIT_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_at_an_hour() {
        assert_eq!(wait_after(1), FIRST_WAIT_US);
        assert_eq!(wait_after(3), 4 * FIRST_WAIT_US);
        assert_eq!(wait_after(90), LONGEST_WAIT_US);
    }
}
