//! Published reviews in memory, by edition, so that no page of a book waits for the database.
//!
//! The board is a little behind the database, on every node by the same half second. Reviews made up for the demo
//! are not on it: they come with the shelf.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use shop::reviews::editorial::{self, Editorial};
use shop::reviews::{self, Change, Published, ReviewId, limits};
use storage::{Fault, Store};
use trade::clock::{Clock, Timestamp};
use trade::ids::EditionId;

/// How often the board asks for changes.
const REFRESH: Duration = Duration::from_millis(500);
/// Transactions do not commit in the order of their clocks: changes are asked for again this far back.
const OVERLAP: Duration = Duration::from_secs(5);
/// How often it is asked who bought what she writes about: an order is paid or refunded meanwhile.
const ASK_BOUGHT: Duration = Duration::from_secs(30);

/// A reader's published review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The review.
    pub review: Published,
    /// Whether its author bought the edition.
    pub bought: bool,
}

/// All that is written about an edition.
#[derive(Debug, Clone, Default)]
pub struct Voices {
    /// Readers' reviews.
    pub readers: Vec<Voice>,
    /// Editorial reviews, newest first.
    pub editorial: Vec<Editorial>,
    /// The same on every node for the same reviews; another one whenever a page would say something else.
    pub version: u64,
}

/// Reviews by edition.
#[derive(Default)]
pub struct ReviewBoard {
    held: RwLock<Held>,
    asked_us: AtomicI64,
    asked_bought_us: AtomicI64,
}

#[derive(Default)]
struct Held {
    editions: HashMap<EditionId, Arc<Voices>>,
    /// Readers' reviews on the board.
    readers: u64,
}

impl ReviewBoard {
    /// What is written about an edition.
    pub fn about(&self, edition: EditionId) -> Arc<Voices> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.editions.get(&edition).cloned().unwrap_or_default()
    }

    /// How many readers' reviews are published.
    pub fn count(&self) -> u64 {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.readers
    }

    /// Reads what changed since the last time; the first time, everything.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), Fault> {
        let asked = self.asked_us.load(Ordering::Acquire);
        let since = Timestamp::micros(asked).minus(OVERLAP);
        let read = move |tx: &mut dyn storage::Tx| -> Result<_, Fault> {
            Ok(match asked {
                0 => (reviews::all(tx)?, editorial::all(tx)?),
                _ => (reviews::changes(tx, since)?, editorial::changes(tx, since)?),
            })
        };
        let (changes, editorials) = store.read(read).await?;
        let differs = self.put(changes, editorials);
        let asked_bought = Timestamp::micros(self.asked_bought_us.load(Ordering::Acquire));
        if differs || now.since(asked_bought) >= ASK_BOUGHT {
            let bought = store.read(reviews::bought).await?;
            self.mark(&bought.into_iter().collect());
            self.asked_bought_us
                .store(now.as_micros(), Ordering::Release);
        }
        self.asked_us.store(now.as_micros(), Ordering::Release);
        Ok(())
    }

    /// Puts changes on the board and says whether a reader's review is another one now.
    fn put(&self, changes: Vec<Change>, editorials: Vec<Editorial>) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let mut differs = false;
        for change in changes {
            differs |= held.put_reader(change);
        }
        for editorial in editorials {
            held.put_editorial(editorial);
        }
        differs
    }

    /// Marks the reviews of buyers, and no others.
    fn mark(&self, bought: &HashSet<ReviewId>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let is_wrong = |voice: &Voice| voice.bought != bought.contains(&voice.review.id);
        for voices in held.editions.values_mut() {
            if voices.readers.iter().any(is_wrong) {
                let voices = Arc::make_mut(voices);
                for voice in &mut voices.readers {
                    voice.bought = bought.contains(&voice.review.id);
                }
                voices.versioned();
            }
        }
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store, clock: &Clock) {
        loop {
            if let Err(fault) = self.refresh(store, clock.now()).await {
                tracing::warn!(details = %fault.detail(), "reviews are not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}

impl Held {
    fn put_reader(&mut self, change: Change) -> bool {
        let full = self.readers >= u64::from(limits::PUBLISHED_IN_MEMORY);
        let voices = self.editions.entry(change.edition).or_default();
        let place = voices
            .readers
            .iter()
            .position(|voice| voice.review.id == change.id);
        let voice_before = place.and_then(|place| voices.readers.get(place));
        if voice_before.map(|voice| &voice.review) == change.now.as_ref() {
            return false;
        }
        let bought = voice_before.is_some_and(|voice| voice.bought);
        let voices = Arc::make_mut(voices);
        if let Some(place) = place {
            voices.readers.swap_remove(place);
            self.readers -= 1;
        }
        if let Some(review) = change.now.filter(|_| !full || place.is_some()) {
            voices.readers.push(Voice { review, bought });
            self.readers += 1;
        }
        voices.versioned();
        true
    }

    fn put_editorial(&mut self, editorial: Editorial) {
        let voices = self.editions.entry(editorial.edition).or_default();
        if voices.editorial.contains(&editorial) {
            return;
        }
        let voices = Arc::make_mut(voices);
        voices.editorial.retain(|held| held.id != editorial.id);
        if !editorial.removed {
            voices.editorial.push(editorial);
        }
        voices
            .editorial
            .sort_by_key(|held| std::cmp::Reverse((held.text.written, held.id)));
        voices.versioned();
    }
}

impl Voices {
    fn versioned(&mut self) {
        self.readers.sort_by_key(|voice| voice.review.id);
        let mut hasher = DefaultHasher::new();
        for voice in &self.readers {
            let Published {
                id,
                changed,
                helpful,
                ..
            } = voice.review;
            (id, changed, helpful, voice.bought).hash(&mut hasher);
        }
        for editorial in &self.editorial {
            (editorial.id, editorial.changed).hash(&mut hasher);
        }
        self.version = hasher.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the limit of the board is reckoned with: the fields, beside a text of some 700 bytes.
    #[test]
    fn a_review_on_the_board_takes_a_kilobyte() {
        assert!(size_of::<Voice>() < 256, "{}", size_of::<Voice>());
    }
}
