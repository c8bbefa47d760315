//! Figures for the back office's first page. A day is a day in Paris; an order counts on the day it was paid,
//! and no longer once it is cancelled or refunded.

use jiff::{Span, civil::Date};
use storage::{Fault, Tx};
use trade::{ids::EditionId, money::Money};

storage::statements! {
    PER_DAY = "SELECT confirmed_on, COUNT(*), CAST(SUM(total_cents) AS BIGINT) FROM orders
        WHERE confirmed_on >= $1 AND confirmed_on <= $2 AND state IN ('confirmed', 'shipped')
        GROUP BY confirmed_on ORDER BY confirmed_on";
    TOP_TITLES = "SELECT l.edition, MIN(l.title), CAST(SUM(l.quantity) AS BIGINT),
            CAST(SUM(l.quantity * l.unit_cents) AS BIGINT)
        FROM orders o JOIN order_lines l ON l.order_id = o.id
        WHERE o.confirmed_on >= $1 AND o.state IN ('confirmed', 'shipped')
        GROUP BY l.edition ORDER BY 3 DESC, 4 DESC, l.edition LIMIT $2";
}

/// Orders and revenue of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Orders paid on it.
    pub orders: u32,
    /// What they come to, delivery and VAT included.
    pub revenue: Money,
}

/// A title and how it sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopTitle {
    /// The edition.
    pub edition: EditionId,
    /// Its title.
    pub title: String,
    /// Copies sold.
    pub copies: u32,
    /// What they came to, VAT included.
    pub revenue: Money,
}

/// Orders and revenue of each of the `days` days that end with `last`, days without orders included.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn per_day(tx: &mut dyn Tx, last: Date, days: u16) -> Result<Vec<Day>, Fault> {
    let first = last.saturating_sub(Span::new().days(i64::from(days.max(1)) - 1));
    let rows = tx.query(
        &PER_DAY,
        &[first.to_string().into(), last.to_string().into()],
    )?;
    let mut figures: Vec<Day> = first
        .series(Span::new().days(1))
        .take_while(|date| *date <= last)
        .map(|date| Day {
            date,
            orders: 0,
            revenue: Money::ZERO,
        })
        .collect();
    for row in rows {
        let date: Date = crate::columns::parsed(row.text(0)?)?;
        if let Some(day) = figures.iter_mut().find(|day| day.date == date) {
            (day.orders, day.revenue) = (row.count(1)?, Money::cents(row.int(2)?));
        }
    }
    Ok(figures)
}

/// The titles that sold the most copies since `since`, most first.
pub fn top_titles(tx: &mut dyn Tx, since: Date, limit: u32) -> Result<Vec<TopTitle>, Fault> {
    let rows = tx.query(&TOP_TITLES, &[since.to_string().into(), limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(TopTitle {
                edition: EditionId(row.int(0)?),
                title: row.text(1)?.to_owned(),
                copies: row.count(2)?,
                revenue: Money::cents(row.int(3)?),
            })
        })
        .collect()
}
