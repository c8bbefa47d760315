//! The copies on the shop's own shelves, in memory, so that no page waits for the database; and what a reader
//! is told about getting a book.
//!
//! The board is a little behind the database. That is harmless: an order is placed against the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use catalogue::model::{Edition, Embargo};
use jiff::civil::{Date, Weekday};
use shop::pricing::is_sold;
use shop::stock::{self, Level, StockPolicy};
use storage::{Fault, Store};
use trade::availability::Availability;
use trade::clock::{Clock, Timestamp};
use trade::ids::EditionId;

/// How often the board asks for changes.
const REFRESH: Duration = Duration::from_millis(500);
/// Transactions do not commit in the order of their clocks: changes are asked for again this far back.
const OVERLAP: Duration = Duration::from_secs(5);
/// Working days until a parcel leaves: copies in the shop, and copies at the supplier.
const PACKING_DAYS: u8 = 1;
const SUPPLIER_DAYS: u8 = 3;
const PRINTING_DAYS: u8 = 10;
/// Working days in the post.
const POST_DAYS: u8 = 2;

/// Counted copies by edition.
#[derive(Default)]
pub struct StockBoard {
    levels: RwLock<HashMap<EditionId, Level>>,
    version: AtomicU64,
    asked_us: AtomicI64,
}

impl StockBoard {
    /// An empty board: every title is as its supplier says.
    pub fn new() -> StockBoard {
        StockBoard::default()
    }

    /// The counted copies of an edition; none when it is not counted.
    pub fn level(&self, edition: EditionId) -> Option<Level> {
        self.levels
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&edition)
            .copied()
    }

    /// A number that changes whenever a level does.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Reads what changed since the last time; the first time, everything.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), Fault> {
        let asked = self.asked_us.load(Ordering::Acquire);
        let since = Timestamp::micros(asked).minus(OVERLAP);
        let read = move |tx: &mut dyn storage::Tx| match asked {
            0 => stock::levels(tx),
            _ => stock::changes(tx, since),
        };
        let levels = store.read(read).await?;
        self.put(levels);
        self.asked_us.store(now.as_micros(), Ordering::Release);
        Ok(())
    }

    fn put(&self, levels: Vec<Level>) {
        let mut held = self.levels.write().unwrap_or_else(PoisonError::into_inner);
        if held.is_empty() {
            held.reserve(levels.len());
        }
        let mut changed = false;
        for level in levels {
            changed |= held.insert(level.edition, level) != Some(level);
        }
        if changed {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store, clock: &Clock) {
        loop {
            if let Err(fault) = self.refresh(store, clock.now()).await {
                tracing::warn!(details = %fault.detail(), "stock board is not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}

/// What a reader is told about getting a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Copies stand in the shop.
    OnTheShelf,
    /// The supplier has it.
    AtTheSupplier,
    /// Ordered for the reader; days until the shop has it.
    ToOrder(u8),
    /// Printed when ordered.
    Printed,
    /// Ordered now, handed over from that day on: the publisher forbids it before (O12).
    From(Date),
    /// Not to be ordered before that day, likewise.
    NotBefore(Date),
    /// The only copies there were are sold or held.
    SoldOut,
    /// As the supplier says, not to be had now.
    Not(Availability),
    /// Of a kind that the shop does not sell yet: files.
    NotSold,
}

impl Promise {
    /// What holds for `edition`, of which the board counts `level`.
    pub fn of(edition: &Edition, level: Option<Level>) -> Promise {
        let limited = level.is_some_and(|level| level.policy == StockPolicy::Limited);
        let sold = edition
            .price
            .is_some_and(|price| is_sold(edition.goods, price.amount));
        let on_the_shelf = level.is_some_and(|level| level.available() > 0);
        let Embargo {
            order, delivery, ..
        } = edition.embargo;
        match (edition.availability, order, delivery) {
            (other, _, _) if !other.buyable() || edition.price.is_none() => Promise::Not(other),
            _ if !sold => Promise::NotSold,
            (_, Some(day), _) => Promise::NotBefore(day),
            _ if limited && !on_the_shelf => Promise::SoldOut,
            (_, _, Some(day)) => Promise::From(day),
            _ if on_the_shelf => Promise::OnTheShelf,
            (Availability::ToOrder { days }, _, _) => Promise::ToOrder(days),
            (Availability::PrintOnDemand, _, _) => Promise::Printed,
            _ => Promise::AtTheSupplier,
        }
    }

    /// Whether it can be put into the cart.
    pub fn buyable(self) -> bool {
        !matches!(
            self,
            Promise::NotBefore(_) | Promise::SoldOut | Promise::Not(_) | Promise::NotSold
        )
    }

    /// The day it should be there, sent by post when ordered on `today`; none when it cannot be had.
    pub fn arrives(self, today: Date) -> Option<Date> {
        let (today, days) = match self {
            Promise::From(day) => (today.max(day), 0),
            _ => (today, self.days()?),
        };
        Some(working_days_after(today, days.saturating_add(POST_DAYS)))
    }

    /// Days until it leaves the shop.
    fn days(self) -> Option<u8> {
        Some(match self {
            Promise::OnTheShelf => PACKING_DAYS,
            Promise::AtTheSupplier => SUPPLIER_DAYS,
            Promise::ToOrder(days) => days.saturating_add(PACKING_DAYS),
            Promise::Printed => PRINTING_DAYS,
            Promise::From(_)
            | Promise::NotBefore(_)
            | Promise::SoldOut
            | Promise::Not(_)
            | Promise::NotSold => return None,
        })
    }

    /// A small number that tells promises apart, for the key of a kept page.
    pub fn code(self) -> u64 {
        let dated = |kind: u64, day: Date| {
            let day =
                i64::from(day.year()) * 512 + i64::from(day.month()) * 32 + i64::from(day.day());
            (kind << 32) + day.unsigned_abs()
        };
        match self {
            Promise::From(day) => dated(1, day),
            Promise::NotBefore(day) => dated(2, day),
            Promise::OnTheShelf => 1,
            Promise::AtTheSupplier => 2,
            Promise::Printed => 3,
            Promise::SoldOut => 4,
            Promise::Not(_) => 5,
            Promise::NotSold => 6,
            Promise::ToOrder(days) => 16 + u64::from(days),
        }
    }
}

/// Monday to Friday; public holidays are not known here, so pages say "about".
fn working_days_after(day: Date, count: u8) -> Date {
    let working = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    day.series(jiff::Span::new().days(1))
        .skip(1)
        .filter(working)
        .nth(usize::from(count).saturating_sub(1))
        .unwrap_or(day)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use catalogue::model::{Goods, Price, PriceRegime};
    use jiff::civil::date;
    use trade::money::Money;

    use super::*;

    fn level(on_hand: u32, held: u32, policy: StockPolicy) -> Option<Level> {
        Some(Level {
            edition: EditionId(1),
            on_hand,
            held,
            policy,
        })
    }

    #[test]
    fn a_promise_is_the_shelf_then_the_supplier() {
        let mut edition = Edition::titled("Bel-Ami");
        edition.availability = Availability::InStock;
        assert_eq!(
            Promise::of(&edition, level(3, 0, StockPolicy::Limited)),
            Promise::Not(Availability::InStock)
        );
        edition.price = Some(Price {
            amount: Money::cents(990),
            regime: PriceRegime::FixedFr,
        });
        let file = Edition {
            goods: Goods::Ebook,
            ..edition.clone()
        };
        assert_eq!(Promise::of(&file, None), Promise::NotSold);
        for (level, promise) in [
            (None, Promise::AtTheSupplier),
            (level(3, 1, StockPolicy::Limited), Promise::OnTheShelf),
            (level(1, 1, StockPolicy::Limited), Promise::SoldOut),
            (level(1, 1, StockPolicy::Reorder), Promise::AtTheSupplier),
        ] {
            assert_eq!(Promise::of(&edition, level), promise);
        }
    }

    #[test]
    fn o12_embargoes_forbid_the_order_or_the_parcel() {
        let mut edition = Edition::titled("Bel-Ami");
        edition.availability = Availability::InStock;
        edition.price = Some(Price {
            amount: Money::cents(990),
            regime: PriceRegime::FixedFr,
        });
        let there = level(3, 0, StockPolicy::Limited);
        let day = date(2026, 12, 1);
        edition.embargo.delivery = Some(day);
        assert_eq!(Promise::of(&edition, there), Promise::From(day));
        assert_eq!(
            Promise::From(day).arrives(date(2026, 11, 2)),
            Some(date(2026, 12, 3))
        );
        assert!(Promise::From(day).buyable());
        edition.embargo.order = Some(day);
        assert_eq!(Promise::of(&edition, there), Promise::NotBefore(day));
        assert!(!Promise::NotBefore(day).buyable());
        assert_ne!(Promise::From(day).code(), Promise::NotBefore(day).code());
        assert_eq!(
            Promise::of(&edition.on(day), there),
            Promise::OnTheShelf,
            "the day has come"
        );
    }

    #[test]
    fn parcels_do_not_travel_on_sundays() {
        let friday = date(2026, 11, 20);
        assert_eq!(
            Promise::OnTheShelf.arrives(friday),
            Some(date(2026, 11, 25))
        );
        assert_eq!(Promise::SoldOut.arrives(friday), None);
    }
}
