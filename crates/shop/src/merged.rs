//! Editions that were merged into others: carts, copies on the shelf, reviews, and what booksellers laid out follow
//! them.
//!
//! The catalogue finds out that two editions are one, hides the newer and leads from it to the older. Orders keep the
//! number they were placed with, and what sold is counted where it lives now; carts, unpromised copies and the rest move
//! here, a moment later. When the two are parted again reviews go back to what they were written of. Copies do not:
//! nobody can know which copy was which, so a bookseller counts.

use storage::{Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::EditionId,
};

use crate::{
    display, reviews, search_rules,
    stock::{self, StockPolicy, StockRefusal},
};

// Each begins at the few editions that were merged, not at all copies and lines: SQLite keeps the order of a CROSS JOIN.
storage::statements! {
    COPIES = "SELECT s.edition, r.edition_id, s.on_hand - s.held, s.policy
        FROM records r CROSS JOIN stock s
        WHERE s.edition = r.home_id AND r.edition_id <> r.home_id AND s.on_hand > s.held
        ORDER BY r.home_id LIMIT 100";
    // A cart may hold several that are one now.
    LINES = "INSERT INTO cart_lines (cart, edition, quantity, added_us)
        SELECT l.cart, r.edition_id, MAX(l.quantity), MIN(l.added_us)
        FROM records r CROSS JOIN cart_lines l
        WHERE l.edition = r.home_id AND r.edition_id <> r.home_id
        GROUP BY l.cart, r.edition_id
        ON CONFLICT (cart, edition) DO UPDATE SET quantity =
            CASE WHEN cart_lines.quantity > excluded.quantity THEN cart_lines.quantity
                ELSE excluded.quantity END";
    // Only what was copied: on PostgreSQL editions may be merged between the two statements.
    OLD_LINES = "DELETE FROM cart_lines
        WHERE edition IN (SELECT home_id FROM records WHERE edition_id <> home_id)
            AND EXISTS (SELECT 1 FROM records r JOIN cart_lines there ON there.edition = r.edition_id
                WHERE r.home_id = cart_lines.edition AND there.cart = cart_lines.cart)";
}

/// Moves cart lines, reviews, picks, tables, rules of the search, and up to 100 levels of copies that are not promised;
/// says how many of all were moved. Copies held for unpaid orders stay where these look for them, and follow when they
/// are given back. Blocks.
///
/// The time is that of the write, not that of the call: it may wait for its turn, and nodes ask only for what changed
/// since they last looked.
///
/// # Errors
/// A [`storage::Fault`].
pub fn follow(store: &Store, clock: &Clock) -> Result<u64, StockRefusal> {
    let clock = clock.clone();
    let astray = store.read_blocking(reviews::merged::astray)?;
    store.write_blocking(move |tx| {
        let now = clock.now();
        let moved = reviews::merged::lead(tx, &astray, now)?;
        Ok(moved + follow_others(tx, now)?)
    })
}

fn follow_others(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, StockRefusal> {
    tx.execute(&LINES, &[])?;
    let mut moved = tx.execute(&OLD_LINES, &[])?;
    moved += display::follow(tx, now)? + search_rules::follow(tx)?;
    for row in tx.query(&COPIES, &[])? {
        let (from, to) = (EditionId(row.int(0)?), EditionId(row.int(1)?));
        let copies = i32::try_from(row.int(2)?).unwrap_or(i32::MAX);
        let policy = StockPolicy::of_column(row.text(3)?)?;
        let policy_there = stock::level(tx, to)?.map_or(policy, |level| level.policy);
        let (leaving, arriving) = (format!("merged into {to}"), format!("merged from {from}"));
        stock::adjust(tx, from, -copies, policy, Some(&leaving), now)?;
        stock::adjust(tx, to, copies, policy_there, Some(&arriving), now)?;
        moved += 1;
    }
    Ok(moved)
}
