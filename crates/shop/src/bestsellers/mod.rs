//! What sells best in this shop: a rank that forgets, reckoned at night from paid orders.
//!
//! Works are ranked, so that a paperback and a hardback count together; of each the edition that sold best is shown.
//! The list says nothing of who bought, and how many copies were sold is not part of it. What readers merely look
//! at does not count. docs/bestsellers.md has the formula and its reasons.

mod method;
mod rank;
mod refresh;
mod table;

use storage::Statement;

pub use method::Method;
pub use rank::{Ranking, Sale};
pub use refresh::{Refreshed, refresh};
pub use table::{Bestsellers, Run, published, read};

/// Works on the list: what a page shows of each of two dozen shelves, and room for those that are gone.
pub const WORKS: usize = 2_000;

/// Works that a list must have to be called one: fewer are chance.
pub const LEAST_WORKS: usize = 10;

pub(crate) fn statements() -> Vec<&'static Statement> {
    [refresh::STATEMENTS, table::STATEMENTS].concat()
}
