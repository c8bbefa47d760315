//! The back office's list of orders: by state, by any word, page by page.

use storage::{Fault, Row, Tx, Value};
use trade::{clock::Timestamp, ids::OrderNumber, money::Money};

use super::OrderState;
use crate::{
    columns,
    text::{fold, like_anywhere},
};

storage::statements! {
    LIST = "SELECT o.number, o.state, o.name, o.email, o.total_cents, o.placed_us,
            (SELECT CAST(SUM(l.quantity) AS BIGINT) FROM order_lines l WHERE l.order_id = o.id),
            (SELECT l.title FROM order_lines l WHERE l.order_id = o.id ORDER BY l.position LIMIT 1)
        FROM orders o
        WHERE ($1 = '' OR o.state = $1) AND ($2 = '' OR o.search_text LIKE $2 ESCAPE '\\')
        ORDER BY o.id DESC LIMIT $3 OFFSET $4";
    TOTAL = "SELECT COUNT(*) FROM orders o
        WHERE ($1 = '' OR o.state = $1) AND ($2 = '' OR o.search_text LIKE $2 ESCAPE '\\')";
    COUNTS = "SELECT state, COUNT(*) FROM orders GROUP BY state ORDER BY state";
}

/// Which orders to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<OrderState>,
    /// Only those whose number, name, e-mail address or (once paid) titles contain this, accents and case apart.
    pub text: String,
}

/// One order in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub number: OrderNumber,
    /// Where it stands.
    pub state: OrderState,
    /// Who ordered.
    pub name: String,
    /// Her address for mails.
    pub email: String,
    /// What is charged.
    pub total: Money,
    /// When it was placed.
    pub placed: Timestamp,
    /// Copies in it.
    pub copies: u32,
    /// The title of its first line.
    pub first_title: String,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The orders, newest first.
    pub orders: Vec<Listed>,
    /// How many match in all.
    pub total: u64,
}

/// The orders that match, newest first; `page` counts from 1.
///
/// # Errors
/// A [`Fault`].
pub fn list(tx: &mut dyn Tx, filter: &Filter, page: u32, per_page: u32) -> Result<Page, Fault> {
    let state: Value = filter.state.map_or("", OrderState::code).into();
    let text = fold(&filter.text);
    let pattern = if text.is_empty() {
        text
    } else {
        like_anywhere(&text)
    };
    let offset = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let filtered = [state, pattern.into()];
    let total = tx.query_one(&TOTAL, &filtered)?.int(0)?;
    let [state, pattern] = filtered;
    let rows = tx.query(&LIST, &[state, pattern, per_page.into(), offset.into()])?;
    Ok(Page {
        orders: rows.iter().map(listed_of_row).collect::<Result<_, _>>()?,
        total: u64::try_from(total).unwrap_or(0),
    })
}

/// How many orders stand where.
///
/// # Errors
/// A [`Fault`].
pub fn counts(tx: &mut dyn Tx) -> Result<Vec<(OrderState, u64)>, Fault> {
    let rows = tx.query(&COUNTS, &[])?;
    rows.iter()
        .map(|row| {
            Ok((
                OrderState::of_column(row.text(0)?)?,
                u64::from(row.count(1)?),
            ))
        })
        .collect()
}

fn listed_of_row(row: &Row) -> Result<Listed, Fault> {
    Ok(Listed {
        number: columns::parsed(row.text(0)?)?,
        state: OrderState::of_column(row.text(1)?)?,
        name: row.text(2)?.to_owned(),
        email: row.text(3)?.to_owned(),
        total: Money::cents(row.int(4)?),
        placed: Timestamp::micros(row.int(5)?),
        copies: row
            .opt_int(6)?
            .and_then(|copies| u32::try_from(copies).ok())
            .unwrap_or(0),
        first_title: row.opt_text(7)?.unwrap_or_default().to_owned(),
    })
}
