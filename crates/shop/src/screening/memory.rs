//! What the screening remembers: the traces of the last thirty days, in memory, each tied to the one before it that shares
//! a mark with it. An attempt is then compared with what came before without a look into the database.
//!
//! The table stays the truth. Every transaction that decides first reads the traces that it does not know yet, so that
//! what another node wrote, or the transaction before in the same commit, is counted.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use storage::{Fault, Store, Tx};
use trade::clock::Timestamp;

use super::{
    limits,
    marks::{Mark, Marks, SHARED, Shared},
    seen::{self, Seen},
    traces::{self, THIRTY_DAYS, Trace},
};

/// The memory of one process. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Remembered>>);

impl Memory {
    /// Reads what happened before this process began, so that the first attempt need not wait for it.
    pub async fn fill(&self, store: &Store, now: Timestamp) -> Result<(), Fault> {
        let memory = self.clone();
        store.read(move |tx| memory.catch_up(tx, now)).await
    }

    /// What was seen before of each of the marks.
    pub fn seen(
        &self,
        tx: &mut dyn Tx,
        marks: &Marks,
        now: Timestamp,
    ) -> Result<[Seen; SHARED.len()], Fault> {
        self.catch_up(tx, now)?;
        let remembered = self.remembered();
        Ok(SHARED.map(|shared| match marks.shared(shared) {
            Some(mark) => seen::count(remembered.with(shared, mark), marks, now),
            None => Seen::default(),
        }))
    }

    /// Learns what the transaction sees and this memory does not know.
    fn catch_up(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<(), Fault> {
        let oldest = now.minus(THIRTY_DAYS);
        let anchor = self.remembered().anchor();
        if let Some(anchor) = anchor {
            // The lock is not held while the database is asked: others may learn the same meanwhile.
            let later = traces::from(tx, anchor.id)?;
            if later.first() == Some(&anchor) {
                let mut remembered = self.remembered();
                later.into_iter().for_each(|trace| remembered.learn(trace));
                remembered.forget(oldest);
                return Ok(());
            }
        }
        let mut all = Remembered::default();
        traces::latest(tx, oldest)?
            .into_iter()
            .for_each(|trace| all.learn(trace));
        *self.remembered() = all;
        Ok(())
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a trace in the order in which they were learnt.
type Place = u64;

/// A trace, and for each of its marks the place of the one before it that has it too.
#[derive(Debug)]
struct Tied {
    trace: Trace,
    before: [Option<Place>; SHARED.len()],
}

#[derive(Debug, Default)]
struct Remembered {
    traces: VecDeque<Tied>,
    /// The place of the first of them.
    first: Place,
    /// The latest trace of every mark.
    latest: HashMap<(Shared, Mark), Place>,
    /// The traces learnt last, by number and without a gap that may still be closed but behind the first of them: a server
    /// gives numbers out in one order, and transactions end in another.
    recent: BTreeMap<i64, Place>,
}

impl Remembered {
    /// From where on there may be something to learn. If the database does not begin there with the same trace, it was
    /// never committed, and what is remembered is not what happened.
    fn anchor(&self) -> Option<Trace> {
        let (_, place) = self.recent.first_key_value()?;
        self.at(*place).map(|tied| tied.trace.clone())
    }

    fn learn(&mut self, trace: Trace) {
        let anchor = self.recent.keys().next();
        if anchor.is_some_and(|anchor| trace.id < *anchor) || self.recent.contains_key(&trace.id) {
            return;
        }
        let place = self.first + self.traces.len() as Place;
        self.recent.insert(trace.id, place);
        self.close_gaps();
        let before = SHARED.map(|shared| {
            let mark = trace.marks.shared(shared)?;
            self.latest.insert((shared, mark), place)
        });
        self.traces.push_back(Tied { trace, before });
        if self.traces.len() > limits::REMEMBERED {
            self.forget_first();
        }
    }

    /// Moves the anchor on, over a number that is still missing when too many followed it: its transaction was undone.
    fn close_gaps(&mut self) {
        let mut numbers = self.recent.keys();
        while let (Some(first), Some(second)) = (numbers.next(), numbers.next()) {
            let missing = *second > first + 1;
            if missing && self.recent.len() <= limits::UNDER_WAY {
                break;
            }
            self.recent.pop_first();
            numbers = self.recent.keys();
        }
    }

    /// Forgets what is older than `oldest`.
    fn forget(&mut self, oldest: Timestamp) {
        while self
            .traces
            .front()
            .is_some_and(|tied| tied.trace.at <= oldest)
            && self.traces.len() > self.recent.len()
        {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some(Tied { trace, .. }) = self.traces.pop_front() else {
            return;
        };
        for shared in SHARED {
            if let Some(mark) = trace.marks.shared(shared)
                && self.latest.get(&(shared, mark)) == Some(&self.first)
            {
                self.latest.remove(&(shared, mark));
            }
        }
        self.first += 1;
    }

    fn at(&self, place: Place) -> Option<&Tied> {
        let index = usize::try_from(place.checked_sub(self.first)?).ok()?;
        self.traces.get(index)
    }

    /// The traces that have `mark`, latest first.
    fn with(&self, shared: Shared, mark: Mark) -> impl Iterator<Item = &Trace> {
        let latest = self.latest.get(&(shared, mark));
        let ties = iter::successors(latest.and_then(|place| self.at(*place)), move |tied| {
            let before = tied.before.get(shared as usize).copied().flatten();
            before.and_then(|place| self.at(place))
        });
        ties.map(|tied| &tied.trace)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn trace(id: i64, marks: [u8; 6]) -> Trace {
        let maybe = |byte| (byte > 0).then(|| Mark::of_byte(byte));
        Trace {
            id,
            at: Timestamp::micros(id * 1_000_000),
            marks: Marks {
                card: maybe(marks[0]),
                email: Mark::of_byte(marks[1]),
                spelling: Mark::of_byte(marks[2]),
                address: Mark::of_byte(marks[3]),
                device: maybe(marks[4]),
                network: maybe(marks[5]),
            },
            declined: false,
        }
    }

    fn numbers(remembered: &Remembered, shared: Shared, mark: Mark) -> Vec<i64> {
        let with = remembered.with(shared, mark);
        with.map(|trace| trace.id).collect()
    }

    proptest! {
        #[test]
        fn all_that_share_a_mark_are_found_latest_first(
            marks in prop::collection::vec(prop::array::uniform6(0_u8..4), 1..200),
            forgotten in 0_usize..150,
        ) {
            let all: Vec<Trace> = (1..).zip(marks).map(|(id, marks)| trace(id, marks)).collect();
            let mut remembered = Remembered::default();
            all.iter().cloned().for_each(|trace| remembered.learn(trace));
            let forgotten = forgotten.min(all.len() - 1);
            remembered.forget(Timestamp::micros(forgotten as i64 * 1_000_000));
            for shared in SHARED {
                for mark in (0..4).map(Mark::of_byte) {
                    let looked_through = all[forgotten..].iter().rev();
                    let expected: Vec<i64> = looked_through
                        .filter(|trace| trace.marks.shared(shared) == Some(mark))
                        .map(|trace| trace.id)
                        .collect();
                    prop_assert_eq!(numbers(&remembered, shared, mark), expected);
                }
            }
            let most = remembered.traces.len() * SHARED.len();
            prop_assert!(remembered.latest.len() <= most, "marks of what is forgotten are kept");
        }
    }

    #[test]
    fn what_ends_late_is_learnt_once_and_what_never_ends_is_not_waited_for() {
        let mut remembered = Remembered::default();
        let anchor = |remembered: &Remembered| remembered.anchor().map(|trace| trace.id);
        let one = |id| trace(id, [0, 1, 1, 1, 0, 0]);
        [1, 2, 4]
            .into_iter()
            .for_each(|id| remembered.learn(one(id)));
        assert_eq!(anchor(&remembered), Some(2), "3 is under way");
        [2, 3, 4, 1]
            .into_iter()
            .for_each(|id| remembered.learn(one(id)));
        assert_eq!(anchor(&remembered), Some(4));
        let email = Mark::of_byte(1);
        assert_eq!(numbers(&remembered, Shared::Email, email), [3, 4, 2, 1]);
        let many = 6 + limits::UNDER_WAY as i64;
        (6..many).for_each(|id| remembered.learn(one(id)));
        assert_eq!(anchor(&remembered), Some(many - 1), "5 was undone");
        remembered.learn(one(5));
        assert_eq!(
            remembered.traces.len() as i64,
            many - 2,
            "5 came much too late"
        );
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut remembered = Remembered::default();
        let count = limits::REMEMBERED as i64 + 10;
        (1..=count).for_each(|id| remembered.learn(trace(id, [(id % 250) as u8, 1, 1, 1, 0, 0])));
        assert_eq!(remembered.traces.len(), limits::REMEMBERED);
        assert_eq!(
            numbers(&remembered, Shared::Email, Mark::of_byte(1)).last(),
            Some(&11)
        );
        remembered.forget(Timestamp::micros(count * 1_000_000));
        assert_eq!(remembered.traces.len(), 1, "the anchor");
        assert_eq!(
            remembered.latest.len(),
            3,
            "card, mailbox and address of it"
        );
    }

    #[test]
    fn counts_stop_where_the_limit_says_and_a_no_is_no_attempt() {
        let mut remembered = Remembered::default();
        let own = trace(1_000, [1, 1, 1, 1, 1, 1]);
        for id in 1..=200 {
            let declined = id % 2 == 0;
            let marks = [(id / 2 % 100) as u8, 1, 1, 1, 0, 0];
            remembered.learn(Trace {
                declined,
                ..trace(id, marks)
            });
        }
        let of_email = remembered.with(Shared::Email, own.marks.email);
        let seen = seen::count(of_email, &own.marks, own.at);
        assert_eq!((seen.ten_minutes, seen.hour, seen.thirty_days), (0, 64, 64));
        assert_eq!((seen.declines_hour, seen.declines_day), (64, 64));
        assert_eq!(
            (seen.cards_hour, seen.emails_day, seen.spellings_thirty_days),
            (64, 0, 0)
        );
        let later = own.at.plus(Duration::from_secs(3_600));
        let seen = seen::count(
            remembered.with(Shared::Email, own.marks.email),
            &own.marks,
            later,
        );
        assert_eq!(
            (seen.hour, seen.day, seen.declines_hour, seen.declines_day),
            (0, 64, 0, 64)
        );
    }
}
