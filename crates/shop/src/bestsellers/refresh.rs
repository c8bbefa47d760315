//! The job: adds up the paid orders of the window, a day at a time, and publishes the list.

use std::time::Duration;

use jiff::{Span, civil::Date};
use storage::{Fault, Row, Store, Tx};
use trade::{
    clock::Clock,
    ids::{EditionId, WorkId},
};

use super::{Method, Ranking, Sale, table};

/// How long a run may take before another node takes it for lost and begins it again.
const RUN_TIME: Duration = Duration::from_secs(3600);

storage::statements! {
    /// Copies count for the edition that the sold one lives in now: those on the way there are hidden.
    SOLD_ON = "WITH RECURSIVE sold (order_id, edition, quantity) AS (
            SELECT o.id, l.edition, l.quantity
            FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.goods <> 'other'
            WHERE o.confirmed_on = $1 AND o.state IN ('confirmed', 'shipped')),
        lives (sold, edition) AS (
            SELECT edition, edition FROM sold
            UNION SELECT v.sold, r.edition_id FROM lives v
                JOIN records r ON r.home_id = v.edition AND r.edition_id <> r.home_id)
        SELECT s.order_id, e.work_id, e.id, CAST(SUM(s.quantity) AS BIGINT)
        FROM sold s JOIN lives v ON v.sold = s.edition JOIN editions e ON e.id = v.edition AND e.hidden = 0
        GROUP BY s.order_id, e.work_id, e.id ORDER BY s.order_id";
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The list of yesterday is there, or another node is at it.
    Recent,
    /// A list was published.
    Published {
        /// Works on it.
        works: usize,
    },
}

/// Makes the list of the days up to yesterday, which is over and will not change by new orders, and publishes it.
/// Orders that are cancelled or refunded later are no longer on the next one.
///
/// # Errors
/// A [`Fault`]; what was published before stays.
pub async fn refresh(store: &Store, clock: &Clock) -> Result<Refreshed, Fault> {
    let now = clock.now();
    let last = clock.today().saturating_sub(Span::new().days(1));
    let Some(method) = Method::on(last) else {
        return Ok(Refreshed::Recent);
    };
    let first = last.saturating_sub(Span::new().days(i64::from(method.window_days.max(1)) - 1));
    let not_after = now.minus(RUN_TIME);
    let beginning =
        store.write(move |tx: &mut dyn Tx| table::begin(tx, (first, last), not_after, now));
    let Some(run) = beginning.await? else {
        return Ok(Refreshed::Recent);
    };
    let mut ranking = Ranking::new(method, last);
    for day in first
        .series(Span::new().days(1))
        .take_while(|day| *day <= last)
    {
        let sold = store.read(move |tx: &mut dyn Tx| sold_on(tx, day)).await?;
        for order in sold.chunk_by(|one, other| one.0 == other.0) {
            ranking.add(day, order.iter().map(|(_, sale)| *sale));
        }
    }
    let ranked = ranking.ranked();
    let works = ranked.len();
    store
        .write(move |tx: &mut dyn Tx| table::publish(tx, run, &ranked, now))
        .await?;
    Ok(Refreshed::Published { works })
}

/// What was sold on a day, with the number of the order; what one order names stands together.
fn sold_on(tx: &mut dyn Tx, day: Date) -> Result<Vec<(i64, Sale)>, Fault> {
    let rows = tx.query(&SOLD_ON, &[day.to_string().into()])?;
    let sale = |row: &Row| {
        let sale = Sale {
            work: WorkId(row.int(1)?),
            edition: EditionId(row.int(2)?),
            copies: row.count(3)?,
        };
        Ok((row.int(0)?, sale))
    };
    rows.iter().map(sale).collect()
}
