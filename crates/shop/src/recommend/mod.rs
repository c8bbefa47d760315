//! "Readers of this book also bought": from paid orders to a table that pages look up.
//!
//! [`Neighbours`] is the method, without I/O; [`measure()`] says how good it is; [`refresh`] is the job that reads
//! the paid orders, makes the table and publishes it; [`read`] brings what was published into memory.
//!
//! What is recommended depends on the book alone, never on who looks at it: nobody's browsing is kept or used.

mod baskets;
mod measure;
mod neighbours;
mod refresh;
mod table;

pub use baskets::{BOOKS_PER_BUYER, Baskets, Numbering};
pub use measure::{DEPTH, Figures, measure};
pub use neighbours::{Method, Neighbour, Neighbours};
pub use refresh::{LEAST_BUYERS, NEIGHBOURS, PURCHASES, Refreshed, publish_generated, refresh};
pub use table::{AlsoBought, Near, Origin, Run, published, read};

/// The statements of the recommendations.
pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [refresh::STATEMENTS, table::STATEMENTS].concat()
}
