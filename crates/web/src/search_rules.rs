//! Brings the booksellers' search rules into the index of this node: when they change, and at midnight, when some
//! begin or end. Whoever saves a rule does it at once; other nodes follow within half a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::search::{Aisle, Boosted, Index, Name, Rules, Strength as Weight};
use jiff::civil::Date;
use shop::revision::{self, Followed};
use shop::search_rules::{self, Kept, Rule, Strength, Target};
use storage::{Fault, Store};
use trade::clock::Clock;

/// How often a change is looked for.
const REFRESH: Duration = Duration::from_millis(500);

/// What the rules in force were made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made {
    revision: i64,
    day: Date,
}

/// Remembers which rules are in force.
#[derive(Default)]
pub struct RuleBoard(Mutex<Option<Made>>);

impl RuleBoard {
    /// Puts the rules in force that are kept and hold on `today`, when these are others than before.
    ///
    /// # Errors
    /// A [`Fault`]; the rules before stay in force.
    pub async fn refresh(&self, store: &Store, index: &Index, today: Date) -> Result<(), Fault> {
        let before = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = move |tx: &mut dyn storage::Tx| -> Result<_, Fault> {
            let revision = revision::number(tx, Followed::SearchRules)?;
            let now = Made {
                revision,
                day: today,
            };
            let changed = before != Some(now);
            Ok(changed.then_some((now, search_rules::all(tx)?)))
        };
        if let Some((now, kept)) = store.read(read).await? {
            index.set_rules(in_force(&kept, now.version(), today));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        Ok(())
    }

    /// Keeps the rules up with the database and the day for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store, index: &Index, clock: &Clock) {
        loop {
            if let Err(fault) = self.refresh(store, index, clock.today()).await {
                tracing::warn!(details = %fault.detail(), "the rules of the search are not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}

impl Made {
    /// The same on every node for the same rules on the same day.
    fn version(self) -> u64 {
        let day = self.day.year().unsigned_abs() as u64 * 366 + self.day.day_of_year() as u64;
        self.revision.unsigned_abs().wrapping_mul(1 << 24) | (day & 0xff_ffff)
    }
}

/// The kept rules that hold on `today`, as the index reads them.
pub(crate) fn in_force(kept: &[Kept], version: u64, today: Date) -> Rules {
    let mut rules = Rules::new(version);
    for kept in kept.iter().filter(|kept| kept.period.holds(today)) {
        add(&mut rules, &kept.rule);
    }
    rules
}

/// Adds a rule, whenever it holds.
pub(crate) fn add(rules: &mut Rules, rule: &Rule) {
    match rule {
        Rule::Equivalent(phrases) => rules.equivalent(phrases),
        Rule::OneWay(typed, means) => rules.one_way(typed, means),
        Rule::Pin(query, edition) => rules.pin(query, *edition),
        Rule::Boost(target, strength) => {
            // A name without a letter was refused, and a code that Thema gave up names no book any more.
            if let Some(what) = boosted(target) {
                rules.boost(what, weight(*strength));
            }
        }
    }
}

fn boosted(target: &Target) -> Option<Boosted> {
    let aisle = match target {
        Target::Edition(edition) => return Some(Boosted::Edition(*edition)),
        Target::Contributor(name) => Name::of(name).map(Aisle::Contributor),
        Target::Publisher(name) => Name::of(name).map(Aisle::Publisher),
        Target::Series(name) => Name::of(name).map(Aisle::Series),
        Target::Subject(_) => target.subject().map(Aisle::Subject),
    };
    aisle.map(Boosted::Aisle)
}

fn weight(strength: Strength) -> Weight {
    match strength {
        Strength::Slight => Weight::Slight,
        Strength::Clear => Weight::Clear,
        Strength::Strong => Weight::Strong,
    }
}
