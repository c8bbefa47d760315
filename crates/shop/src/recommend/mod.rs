//! "Readers of this book also bought": from paid orders to a table that pages look up.
//!
//! [`Neighbours`] is the method, without I/O; [`measure()`] says how good it is; [`refresh`] is the job that reads
//! the paid orders, makes the table and publishes it; [`table`] reads what was published.
//!
//! What is recommended depends on the book alone, never on who looks at it: nobody's browsing is kept or used.

mod baskets;
mod measure;
mod neighbours;

pub use baskets::{BOOKS_PER_BUYER, Baskets, Numbering};
pub use measure::{DEPTH, Figures, measure};
pub use neighbours::{Method, Neighbour, Neighbours};
