//! Small tables that every node keeps whole in memory, and how a node learns that one changed: each change adds one
//! to the table's number, in the same transaction.

use storage::{Fault, Tx};

use crate::codes::coded;

storage::statements! {
    CHANGED = "UPDATE revisions SET number = number + 1 WHERE name = $1";
    NUMBER = "SELECT number FROM revisions WHERE name = $1";
}

coded! {
    /// A table that is followed.
    pub enum Followed {
        /// [`crate::search_rules`].
        SearchRules = "search_rules",
        /// [`crate::display`].
        Display = "display",
    }
}

/// Says that the table changed.
pub(crate) fn changed(tx: &mut dyn Tx, table: Followed) -> Result<(), Fault> {
    tx.execute(&CHANGED, &[table.into()]).map(drop)
}

/// How often the table was changed.
///
/// # Errors
/// A [`Fault`].
pub fn number(tx: &mut dyn Tx, table: Followed) -> Result<i64, Fault> {
    tx.query_one(&NUMBER, &[table.into()])?.int(0)
}
