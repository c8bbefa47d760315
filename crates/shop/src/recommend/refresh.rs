//! The job: reads the paid orders, makes the table, publishes it.
//!
//! Run it at the start and every night. It goes through the orders in pages, so neither readers nor buyers wait
//! for it, and counts on a thread of its own. Of a buyer it knows a number that it forgets at the end.

use storage::{Fault, Row, Store, Tx};
use trade::{clock::Clock, ids::WorkId};

use super::{
    baskets::{Baskets, Numbering},
    neighbours::{Method, Neighbours},
    table::{self, Near, Origin, ROWS_AT_ONCE, Run},
};

/// Buyers who must have bought both books before either is shown beside the other. A neighbour says "so many people
/// bought both": with fewer, somebody who knows that a friend bought one of them would learn the other, and somebody
/// who places orders to make up the number would need few. Five is the least group that can hide one of its members
/// when a household of four orders together.
pub const LEAST_BUYERS: u32 = 5;

/// Neighbours published of each work: two rows of a wide screen, and something left when a few cannot be had.
pub const NEIGHBOURS: usize = 20;

/// Purchases looked at, the latest: what is measured to be counted within two minutes and 2 GB on two cores.
pub const PURCHASES: usize = 10_000_000;

/// Hours before another run may begin: a restart or a second node does not count again what was counted last night.
const HOURS_APART: u64 = 20;

/// Orders read in one transaction.
const ORDERS_AT_ONCE: u32 = 2_000;

/// Threads that count: the shop's pages come first.
const THREADS: usize = 1;

storage::statements! {
    /// What was bought counts for the edition it lives in now: those on the way there are hidden.
    PURCHASES_BEFORE = "WITH RECURSIVE paid (id, email) AS (
            SELECT id, email FROM orders WHERE id < $1 AND state IN ('confirmed', 'shipped')
            ORDER BY id DESC LIMIT $2),
        lives (bought, edition) AS (
            SELECT l.edition, l.edition FROM paid o JOIN order_lines l ON l.order_id = o.id AND l.goods <> 'other'
            UNION SELECT v.bought, r.edition_id FROM lives v
                JOIN records r ON r.home_id = v.edition AND r.edition_id <> r.home_id)
        SELECT o.id, LOWER(o.email), e.work_id FROM paid o
        LEFT JOIN order_lines l ON l.order_id = o.id AND l.goods <> 'other'
        LEFT JOIN lives v ON v.bought = l.edition
        LEFT JOIN editions e ON e.id = v.edition AND e.hidden = 0
        ORDER BY o.id DESC, l.position";
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// A run began not long ago, here or on another node.
    Recent,
    /// No orders make a neighbour, and the demonstration's generated table stays.
    Kept,
    /// A table was published.
    Published {
        /// Purchases it was made from.
        purchases: usize,
        /// Works with at least one neighbour.
        works: usize,
    },
}

/// Makes the table from the paid orders and publishes it.
///
/// # Errors
/// A [`Fault`]; what was published before stays.
pub async fn refresh(store: &Store, clock: &Clock) -> Result<Refreshed, Fault> {
    let now = clock.now();
    let not_after = now.minus(std::time::Duration::from_secs(HOURS_APART * 3600));
    let beginning =
        store.write(move |tx: &mut dyn Tx| table::begin(tx, Origin::Orders, not_after, now));
    let Some(run) = beginning.await? else {
        return Ok(Refreshed::Recent);
    };
    let purchases = read_purchases(store).await?;
    let counted = purchases.pairs.len();
    let rows = tokio::task::spawn_blocking(move || near(purchases))
        .await
        .map_err(|lost| Fault::defect(format!("the counting of purchases stopped: {lost}")))?;
    let shown = store.read(table::published).await?;
    if rows.is_empty() && shown.is_some_and(|(_, origin)| origin == Origin::Generated) {
        return Ok(Refreshed::Kept);
    }
    let works = rows.len();
    publish(store, clock, run, rows).await?;
    Ok(Refreshed::Published {
        purchases: counted,
        works,
    })
}

/// Publishes a table made from made-up purchases (reader, work), for the demonstration; pages say that it is.
///
/// # Errors
/// A [`Fault`]; what was published before stays.
pub async fn publish_generated(
    store: &Store,
    clock: &Clock,
    made_up: Vec<(u32, WorkId)>,
) -> Result<(), Fault> {
    let now = clock.now();
    let beginning =
        store.write(move |tx: &mut dyn Tx| table::begin(tx, Origin::Generated, now, now));
    let Some(run) = beginning.await? else {
        return Ok(());
    };
    let counting = move || {
        let mut purchases = Purchases::default();
        for (reader, work) in made_up {
            let buyer = purchases.buyers.number(reader.to_string());
            purchases
                .pairs
                .extend(buyer.zip(purchases.works.number(work.get())));
        }
        near(purchases)
    };
    let rows = tokio::task::spawn_blocking(counting)
        .await
        .map_err(|lost| Fault::defect(format!("the counting of purchases stopped: {lost}")))?;
    publish(store, clock, run, rows).await
}

/// Writes a run's rows, makes it the published one and forgets those before it.
async fn publish(store: &Store, clock: &Clock, run: Run, rows: Vec<Near>) -> Result<(), Fault> {
    for some in rows.chunks(ROWS_AT_ONCE as usize) {
        let some = some.to_vec();
        store.write(move |tx| table::put(tx, run, &some)).await?;
    }
    let now = clock.now();
    store.write(move |tx| table::publish(tx, run, now)).await?;
    while store.write(move |tx| table::forget_before(tx, run)).await? {}
    Ok(())
}

/// Purchases by number, latest first.
#[derive(Default)]
struct Purchases {
    buyers: Numbering<String>,
    works: Numbering<i64>,
    pairs: Vec<(u32, u32)>,
}

impl Purchases {
    /// Takes a row in; the number of its order.
    fn take(&mut self, row: &Row) -> Result<i64, Fault> {
        if let Some(work) = row.opt_int(2)? {
            let buyer = self.buyers.number(row.text(1)?.to_owned());
            self.pairs.extend(buyer.zip(self.works.number(work)));
        }
        row.int(0)
    }
}

async fn read_purchases(store: &Store) -> Result<Purchases, Fault> {
    let mut purchases = Purchases::default();
    let mut before = i64::MAX;
    while purchases.pairs.len() < PURCHASES {
        let reading = store.read(move |tx: &mut dyn Tx| {
            tx.query(&PURCHASES_BEFORE, &[before.into(), ORDERS_AT_ONCE.into()])
        });
        let rows = reading.await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            before = purchases.take(row)?;
        }
    }
    Ok(purchases)
}

fn near(mut purchases: Purchases) -> Vec<Near> {
    purchases.pairs.truncate(PURCHASES);
    purchases.pairs.reverse();
    let (buyers, works) = (purchases.buyers.len(), purchases.works.into_names());
    let baskets = Baskets::of(buyers, works.len(), &purchases.pairs);
    let method = Method {
        neighbours: NEIGHBOURS,
        least_buyers: LEAST_BUYERS,
        ..Method::default()
    };
    near_by_name(&Neighbours::of(&baskets, &method, THREADS), &works)
}

/// A table in the works' own numbers, works without neighbours left out.
fn near_by_name(table: &Neighbours, works: &[i64]) -> Vec<Near> {
    let name = |number: u32| works.get(number as usize).copied().map(WorkId);
    (0_u32..)
        .zip(works)
        .filter_map(|(number, work)| {
            let neighbours: Vec<WorkId> = table
                .neighbours(number)
                .iter()
                .filter_map(|neighbour| name(neighbour.book))
                .collect();
            (!neighbours.is_empty()).then_some(Near {
                work: WorkId(*work),
                neighbours,
            })
        })
        .collect()
}
