//! Published reviews in memory, by edition, so that no page of a book waits for the database.
//!
//! The board is a little behind the database, on every node by the same half second. Reviews made up for the demo
//! are not on it: they come with the shelf.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    /// Where each reader's review on the board stands, the oldest review first.
    readers: BTreeMap<ReviewId, EditionId>,
    /// Where each editorial review stands.
    editorial: HashMap<i64, EditionId>,
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
        held.readers.len() as u64
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
    /// Takes in what became of a review; whether it says something else now, or stands elsewhere.
    fn put_reader(&mut self, change: Change) -> bool {
        let stands = self.readers.get(&change.id).copied();
        let voices = stands.and_then(|edition| self.editions.get(&edition));
        let voice = voices
            .and_then(|voices| {
                let mut readers = voices.readers.iter();
                readers.find(|voice| voice.review.id == change.id)
            })
            .zip(stands);
        let now = change.now.as_ref().map(|review| (review, change.edition));
        if voice.map(|(voice, edition)| (&voice.review, edition)) == now {
            return false;
        }
        let bought = voice.is_some_and(|(voice, _)| voice.bought);
        self.take_reader(change.id);
        if let Some(review) = change.now {
            self.lay_reader(change.edition, Voice { review, bought });
        }
        true
    }

    fn take_reader(&mut self, id: ReviewId) {
        let stood = self.readers.remove(&id);
        if let Some(voices) = stood.and_then(|edition| self.editions.get_mut(&edition)) {
            let voices = Arc::make_mut(voices);
            voices.readers.retain(|voice| voice.review.id != id);
            voices.versioned();
        }
    }

    /// Lays a review on the board; on a full one the oldest gives way.
    fn lay_reader(&mut self, edition: EditionId, voice: Voice) {
        let id = voice.review.id;
        if self.readers.len() >= limits::PUBLISHED_IN_MEMORY as usize {
            match self.readers.keys().next().copied() {
                Some(oldest) if oldest < id => self.take_reader(oldest),
                _ => return,
            }
        }
        self.readers.insert(id, edition);
        let voices = Arc::make_mut(self.editions.entry(edition).or_default());
        voices.readers.push(voice);
        voices.versioned();
    }

    fn put_editorial(&mut self, editorial: Editorial) {
        let stood = self.editorial.get(&editorial.id);
        if let Some(voices) = stood.and_then(|edition| self.editions.get_mut(edition)) {
            if voices.editorial.contains(&editorial) {
                return;
            }
            let voices = Arc::make_mut(voices);
            voices.editorial.retain(|held| held.id != editorial.id);
            voices.versioned();
        }
        if editorial.removed {
            self.editorial.remove(&editorial.id);
            return;
        }
        self.editorial.insert(editorial.id, editorial.edition);
        let voices = Arc::make_mut(self.editions.entry(editorial.edition).or_default());
        voices.editorial.push(editorial);
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
    use trade::language::Language;

    fn change(id: i64, edition: i64) -> Change {
        let review = Published {
            id: ReviewId(id),
            rating: 4,
            title: "Relu".into(),
            body: "D’une traite.".into(),
            signature: "Jeanne".into(),
            language: Language::FRENCH,
            experienced: jiff::civil::date(2026, 11, 1),
            published: jiff::civil::date(2026, 11, 2),
            helpful: 0,
            changed: Timestamp::micros(id),
        };
        Change {
            id: ReviewId(id),
            edition: EditionId(edition),
            now: Some(review),
        }
    }

    fn on(board: &ReviewBoard, edition: i64) -> Vec<i64> {
        let voices = board.about(EditionId(edition));
        voices
            .readers
            .iter()
            .map(|voice| voice.review.id.0)
            .collect()
    }

    /// What the limit of the board is reckoned with: the fields, beside a text of some 700 bytes.
    #[test]
    fn a_review_on_the_board_takes_a_kilobyte() {
        assert!(size_of::<Voice>() < 256, "{}", size_of::<Voice>());
    }

    #[test]
    fn a_review_that_moved_stands_on_one_page() {
        let board = ReviewBoard::default();
        assert!(board.put(vec![change(1, 8), change(2, 8)], Vec::new()));
        assert!(!board.put(vec![change(1, 8)], Vec::new()), "nothing new");
        assert!(board.put(vec![change(1, 3)], Vec::new()));
        assert_eq!((on(&board, 8), on(&board, 3)), (vec![2], vec![1]));
        let gone = Change {
            now: None,
            ..change(1, 3)
        };
        assert!(board.put(vec![gone], Vec::new()));
        assert_eq!((on(&board, 3), board.count()), (vec![], 1));
    }

    #[test]
    fn on_a_full_board_the_oldest_review_gives_way() {
        let board = ReviewBoard::default();
        let most = i64::from(limits::PUBLISHED_IN_MEMORY);
        let all = (2..most + 2).map(|id| change(id, id)).collect();
        board.put(all, Vec::new());
        board.put(vec![change(1, 1)], Vec::new());
        assert_eq!(on(&board, 1), [0; 0], "older than all of them");
        board.put(vec![change(most + 2, 7)], Vec::new());
        assert_eq!((on(&board, 2), on(&board, 7)), (vec![], vec![7, most + 2]));
        assert_eq!(board.count(), most.unsigned_abs());
    }
}
