//! Copies on the shelf: how many there are, how many are promised, and every move of either.
//!
//! An edition **with** a row is counted. What is on hand and not held can be sold; a `Limited` edition is
//! refused beyond that, a `Reorder` one is then ordered from the supplier. An edition **without** a row is
//! always ordered from the supplier, as its availability in the catalogue promises.
//!
//! One guarded `UPDATE` tests and takes; nobody reads a level in order to write it. Every change is also a
//! line of `stock_moves`, which is only ever added to: [`audit`] asserts that its sums are the levels.
//! What stands here does not know why an order ends: orders call it.

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{EditionId, OrderId},
};

use crate::codes::coded;

coded! {
    /// What happens when the shelf is empty.
    pub enum StockPolicy {
        /// The copies there are, and no more: second-hand, out of print, signed.
        Limited = "limited",
        /// More are ordered from the supplier.
        Reorder = "reorder",
    }
}

coded! {
    /// Why a level changed.
    pub enum MoveReason {
        /// A bookseller counted, received or removed copies.
        Count = "count",
        /// An order was placed.
        Hold = "hold",
        /// An order was never paid.
        Release = "release",
        /// An order was paid.
        Sale = "sale",
        /// A paid order was cancelled before it left.
        Return = "return",
    }
}

storage::statements! {
    TAKE = "UPDATE stock SET held = held + $2, changed_us = $3
        WHERE edition = $1 AND on_hand - held >= $2";
    FREE = "UPDATE stock SET held = held - $2, changed_us = $3 WHERE edition = $1 AND held >= $2";
    SELL = "UPDATE stock SET held = held - $2, on_hand = on_hand - $2, changed_us = $3
        WHERE edition = $1 AND held >= $2 AND on_hand >= $2";
    PUT_BACK = "UPDATE stock SET on_hand = on_hand + $2, changed_us = $3 WHERE edition = $1";
    MOVED = "INSERT INTO stock_moves
        (edition, at_us, reason, on_hand_change, held_change, order_id, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LEVEL = "SELECT edition, on_hand, held, policy FROM stock WHERE edition = $1";
    LEVELS = "SELECT edition, on_hand, held, policy FROM stock ORDER BY edition";
    CHANGED = "SELECT edition, on_hand, held, policy FROM stock WHERE changed_us >= $1
        ORDER BY changed_us, edition";
    FIRST_COUNT = "INSERT INTO stock (edition, on_hand, held, policy, changed_us)
        VALUES ($1, 0, 0, $2, $3)
        ON CONFLICT (edition) DO UPDATE SET policy = $2, changed_us = $3";
    ADJUST = "UPDATE stock SET on_hand = on_hand + $2, changed_us = $3
        WHERE edition = $1 AND on_hand + $2 >= held";
    RECEIVE =
        sqlite "INSERT INTO stock (edition, on_hand, held, policy, changed_us)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), 0, $2, $3
            FROM json_each($1) WHERE true
            ON CONFLICT (edition) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand,
                policy = excluded.policy, changed_us = excluded.changed_us",
        postgres "INSERT INTO stock (edition, on_hand, held, policy, changed_us)
            SELECT (r->>0)::bigint, (r->>1)::bigint, 0, $2, $3
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r) ORDER BY 1
            ON CONFLICT (edition) DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand,
                policy = excluded.policy, changed_us = excluded.changed_us";
    RECEIVED =
        sqlite "INSERT INTO stock_moves
            (edition, at_us, reason, on_hand_change, held_change, order_id, note)
            SELECT json_extract(value, '$[0]'), $2, $3, json_extract(value, '$[1]'), 0, NULL, $4
            FROM json_each($1)",
        postgres "INSERT INTO stock_moves
            (edition, at_us, reason, on_hand_change, held_change, order_id, note)
            SELECT (r->>0)::bigint, $2, $3, (r->>1)::bigint, 0, NULL, $4
            FROM jsonb_array_elements(($1::text)::jsonb) WITH ORDINALITY AS rows (r, place) ORDER BY place";
    MOVES = "SELECT at_us, reason, on_hand_change, held_change, order_id, note FROM stock_moves
        WHERE edition = $1 ORDER BY id DESC LIMIT $2";
    DISAGREEING = "SELECT s.edition FROM stock s
        LEFT JOIN (SELECT edition, SUM(on_hand_change) AS on_hand, SUM(held_change) AS held
            FROM stock_moves GROUP BY edition) m ON m.edition = s.edition
        LEFT JOIN (SELECT l.edition, SUM(l.quantity) AS held
            FROM order_lines l JOIN orders o ON o.id = l.order_id
            WHERE o.state = 'awaiting_payment' AND l.from_stock = 1 GROUP BY l.edition) w
            ON w.edition = s.edition
        WHERE s.on_hand <> COALESCE(m.on_hand, 0) OR s.held <> COALESCE(m.held, 0)
            OR s.held <> COALESCE(w.held, 0)
        ORDER BY s.edition LIMIT 100";
}

/// The counted copies of an edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The edition.
    pub edition: EditionId,
    /// Copies in the shop, those held included.
    pub on_hand: u32,
    /// Copies promised to orders that are not paid yet.
    pub held: u32,
    /// What happens when they are gone.
    pub policy: StockPolicy,
}

impl Level {
    /// Copies that can still be sold from the shelf.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.held)
    }
}

/// One line of the stock ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockMove {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: MoveReason,
    /// Change of the copies in the shop.
    pub on_hand: i64,
    /// Change of the copies promised.
    pub held: i64,
    /// The order, unless a bookseller counted.
    pub order: Option<OrderId>,
    /// What the bookseller wrote.
    pub note: Option<String>,
}

/// Where a line's copies come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Held on the shelf.
    Shelf,
    /// Ordered from the supplier.
    Supplier,
}

/// Why stock was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StockRefusal {
    /// Fewer copies are left than asked for.
    #[error("{available} copies of edition {edition} are left")]
    OutOfStock {
        /// The edition.
        edition: EditionId,
        /// Copies that could be had.
        available: u32,
    },
    /// A count may not go below what is promised to readers.
    #[error("{held} copies of edition {edition} are promised to orders")]
    BelowPromised {
        /// The edition.
        edition: EditionId,
        /// Copies promised.
        held: u32,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Holds `copies` for an order.
pub(crate) fn hold(
    tx: &mut dyn Tx,
    edition: EditionId,
    copies: u32,
    order: OrderId,
    now: Timestamp,
) -> Result<Source, StockRefusal> {
    if tx.execute(
        &TAKE,
        &[edition.0.into(), copies.into(), now.as_micros().into()],
    )? == 1
    {
        moved(
            tx,
            edition,
            MoveReason::Hold,
            (0, i64::from(copies)),
            Some(order),
            now,
        )?;
        return Ok(Source::Shelf);
    }
    match level(tx, edition)? {
        Some(level) if level.policy == StockPolicy::Limited => Err(StockRefusal::OutOfStock {
            edition,
            available: level.available(),
        }),
        _ => Ok(Source::Supplier),
    }
}

/// Gives back copies held for an order that was not paid.
pub(crate) fn release(
    tx: &mut dyn Tx,
    edition: EditionId,
    copies: u32,
    order: OrderId,
    now: Timestamp,
) -> Result<(), Fault> {
    guarded(tx, &FREE, edition, copies, now)?;
    moved(
        tx,
        edition,
        MoveReason::Release,
        (0, -i64::from(copies)),
        Some(order),
        now,
    )
}

/// Turns held copies into sold ones.
pub(crate) fn sell(
    tx: &mut dyn Tx,
    edition: EditionId,
    copies: u32,
    order: OrderId,
    now: Timestamp,
) -> Result<(), Fault> {
    guarded(tx, &SELL, edition, copies, now)?;
    let change = -i64::from(copies);
    moved(
        tx,
        edition,
        MoveReason::Sale,
        (change, change),
        Some(order),
        now,
    )
}

/// Puts sold copies back on the shelf: the order was cancelled before they left.
pub(crate) fn put_back(
    tx: &mut dyn Tx,
    edition: EditionId,
    copies: u32,
    order: OrderId,
    now: Timestamp,
) -> Result<(), Fault> {
    guarded(tx, &PUT_BACK, edition, copies, now)?;
    moved(
        tx,
        edition,
        MoveReason::Return,
        (i64::from(copies), 0),
        Some(order),
        now,
    )
}

fn guarded(
    tx: &mut dyn Tx,
    statement: &'static storage::Statement,
    edition: EditionId,
    copies: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    match tx.execute(
        statement,
        &[edition.0.into(), copies.into(), now.as_micros().into()],
    )? {
        1 => Ok(()),
        _ => Err(Fault::defect(format!(
            "the copies of edition {edition} are not where they should be"
        ))),
    }
}

fn moved(
    tx: &mut dyn Tx,
    edition: EditionId,
    reason: MoveReason,
    (on_hand, held): (i64, i64),
    order: Option<OrderId>,
    now: Timestamp,
) -> Result<(), Fault> {
    note_move(tx, edition, reason, (on_hand, held), order, None, now)
}

fn note_move(
    tx: &mut dyn Tx,
    edition: EditionId,
    reason: MoveReason,
    (on_hand, held): (i64, i64),
    order: Option<OrderId>,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        edition.0.into(),
        now.as_micros().into(),
        reason.into(),
        on_hand.into(),
        held.into(),
        order.map(|order| order.0).into(),
        note.into(),
    ];
    tx.execute(&MOVED, &params).map(drop)
}

/// A bookseller received (`change` above zero) or took away copies, and says what happens when they are gone.
///
/// # Errors
/// [`StockRefusal::BelowPromised`] when fewer would be left than readers were promised.
pub fn adjust(
    tx: &mut dyn Tx,
    edition: EditionId,
    change: i32,
    policy: StockPolicy,
    note: Option<&str>,
    now: Timestamp,
) -> Result<Level, StockRefusal> {
    let at = now.as_micros();
    tx.execute(&FIRST_COUNT, &[edition.0.into(), policy.into(), at.into()])?;
    let counted = tx.execute(&ADJUST, &[edition.0.into(), change.into(), at.into()])? == 1;
    let level = level(tx, edition)?.ok_or_else(|| Fault::defect("a level just written is gone"))?;
    if !counted {
        return Err(StockRefusal::BelowPromised {
            edition,
            held: level.held,
        });
    }
    note_move(
        tx,
        edition,
        MoveReason::Count,
        (change.into(), 0),
        None,
        note,
        now,
    )?;
    Ok(level)
}

/// Copies of many editions came in: two statements for all of them, so that a first count of a whole shop
/// does not wait for the network at each title. An edition may stand in `copies` once.
///
/// # Errors
/// A [`Fault`].
pub fn receive(
    tx: &mut dyn Tx,
    copies: &[(EditionId, u32)],
    policy: StockPolicy,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    let pairs: Vec<[i64; 2]> = copies
        .iter()
        .map(|(edition, copies)| [edition.0, i64::from(*copies)])
        .collect();
    let pairs = serde_json::json!(pairs).to_string();
    let at = now.as_micros();
    tx.execute(&RECEIVE, &[pairs.as_str().into(), policy.into(), at.into()])?;
    let reason = MoveReason::Count;
    tx.execute(
        &RECEIVED,
        &[pairs.into(), at.into(), reason.into(), note.into()],
    )
    .map(drop)
}

/// The level of one edition; none when it is not counted.
///
/// # Errors
/// A [`Fault`], as for every function below.
pub fn level(tx: &mut dyn Tx, edition: EditionId) -> Result<Option<Level>, Fault> {
    tx.query_opt(&LEVEL, &[edition.0.into()])?
        .as_ref()
        .map(level_of_row)
        .transpose()
}

/// The levels of all counted editions, to fill a counter in memory at start.
pub fn levels(tx: &mut dyn Tx) -> Result<Vec<Level>, Fault> {
    tx.query(&LEVELS, &[])?.iter().map(level_of_row).collect()
}

/// The levels that changed at or after `since`, to keep that counter true.
///
/// Transactions do not commit in the order of their clocks: ask again from a few seconds before the last
/// time. A level told twice does no harm.
pub fn changes(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<Level>, Fault> {
    tx.query(&CHANGED, &[since.as_micros().into()])?
        .iter()
        .map(level_of_row)
        .collect()
}

/// The last `limit` moves of an edition, newest first.
pub fn moves(tx: &mut dyn Tx, edition: EditionId, limit: u32) -> Result<Vec<StockMove>, Fault> {
    let rows = tx.query(&MOVES, &[edition.0.into(), limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(StockMove {
                at: Timestamp::micros(row.int(0)?),
                reason: MoveReason::of_column(row.text(1)?)?,
                on_hand: row.int(2)?,
                held: row.int(3)?,
                order: row.opt_int(4)?.map(OrderId),
                note: row.opt_text(5)?.map(str::to_owned),
            })
        })
        .collect()
}

/// Up to 100 editions whose level is not the sum of its moves, or whose held copies are not those of unpaid
/// orders. Always empty, unless someone wrote into the tables.
pub fn audit(tx: &mut dyn Tx) -> Result<Vec<EditionId>, Fault> {
    tx.query(&DISAGREEING, &[])?
        .iter()
        .map(|row| Ok(EditionId(row.int(0)?)))
        .collect()
}

fn level_of_row(row: &storage::Row) -> Result<Level, Fault> {
    Ok(Level {
        edition: EditionId(row.int(0)?),
        on_hand: row.count(1)?,
        held: row.count(2)?,
        policy: StockPolicy::of_column(row.text(3)?)?,
    })
}
