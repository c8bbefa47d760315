//! Traces of attempts: what an attempt is compared with later, and how often what it carries was seen before.

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderId};

use super::{limits, marks::Marks};

use std::time::Duration;

pub(super) const TEN_MINUTES: Duration = Duration::from_secs(600);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const THIRTY_DAYS: Duration = Duration::from_secs(30 * 24 * 3600);

storage::statements! {
    LEAVE = "INSERT INTO screening_traces (at_us, order_id, attempt, card, email, spelling, address, device,
            network)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    // The latest attempts that share something with this one, counted by what they share. Each part reads its own index
    // from its end and stops, so that no network is busy enough to cost much.
    SEEN = "SELECT shared,
            COUNT(CASE WHEN at_us > $6 THEN 1 END), COUNT(CASE WHEN at_us > $7 THEN 1 END),
            COUNT(CASE WHEN at_us > $8 THEN 1 END), COUNT(*),
            COUNT(DISTINCT CASE WHEN at_us > $7 AND card <> $1 THEN card END),
            COUNT(DISTINCT CASE WHEN at_us > $8 AND card <> $1 THEN card END),
            COUNT(DISTINCT CASE WHEN card <> $1 THEN card END),
            COUNT(DISTINCT CASE WHEN at_us > $8 AND email <> $2 THEN email END),
            COUNT(DISTINCT CASE WHEN email <> $2 THEN email END),
            COUNT(DISTINCT CASE WHEN address <> $3 THEN address END),
            COUNT(CASE WHEN at_us > $7 AND p.state = 'declined' THEN 1 END),
            COUNT(CASE WHEN at_us > $8 AND p.state = 'declined' THEN 1 END),
            COUNT(DISTINCT CASE WHEN spelling <> $11 THEN spelling END)
        FROM (
            SELECT * FROM (SELECT CAST('card' AS TEXT) AS shared, at_us, attempt, card, email, spelling, address
                FROM screening_traces WHERE card = $1 AND at_us > $9 ORDER BY at_us DESC LIMIT $10) AS of_card
            UNION ALL
            SELECT * FROM (SELECT CAST('email' AS TEXT) AS shared, at_us, attempt, card, email, spelling, address
                FROM screening_traces WHERE email = $2 AND at_us > $9 ORDER BY at_us DESC LIMIT $10) AS of_email
            UNION ALL
            SELECT * FROM (SELECT CAST('address' AS TEXT) AS shared, at_us, attempt, card, email, spelling, address
                FROM screening_traces WHERE address = $3 AND at_us > $9 ORDER BY at_us DESC LIMIT $10) AS of_address
            UNION ALL
            SELECT * FROM (SELECT CAST('device' AS TEXT) AS shared, at_us, attempt, card, email, spelling, address
                FROM screening_traces WHERE device = $4 AND at_us > $9 ORDER BY at_us DESC LIMIT $10) AS of_device
            UNION ALL
            SELECT * FROM (SELECT CAST('network' AS TEXT) AS shared, at_us, attempt, card, email, spelling, address
                FROM screening_traces WHERE network = $5 AND at_us > $9 ORDER BY at_us DESC LIMIT $10) AS of_network
        ) AS seen LEFT JOIN payments p ON p.id = seen.attempt
        GROUP BY shared";
    // What was paid more than a day ago: an attempt that succeeded a minute ago makes nobody known.
    PAID = "SELECT COUNT(DISTINCT t.order_id),
            COUNT(CASE WHEN t.address = $2 THEN 1 END), COUNT(CASE WHEN t.device = $3 THEN 1 END),
            COUNT(CASE WHEN t.card = $4 THEN 1 END)
        FROM (SELECT order_id, address, device, card FROM screening_traces
            WHERE email = $1 AND at_us < $5 ORDER BY at_us DESC LIMIT $6) AS t
        JOIN orders o ON o.id = t.order_id WHERE o.state IN ('confirmed', 'shipped')";
}

/// How often something that an attempt carries was seen before, this attempt not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub ten_minutes: i64,
    pub hour: i64,
    pub day: i64,
    pub thirty_days: i64,
    pub cards_hour: i64,
    pub cards_day: i64,
    pub cards_thirty_days: i64,
    pub emails_day: i64,
    pub emails_thirty_days: i64,
    pub addresses_thirty_days: i64,
    pub declines_hour: i64,
    pub declines_day: i64,
    pub spellings_thirty_days: i64,
}

/// What was seen before of everything that an attempt carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    pub card: Seen,
    pub email: Seen,
    pub address: Seen,
    pub device: Seen,
    pub network: Seen,
    pub paid: Paid,
}

/// What of the reader's paid orders is the same as now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    pub orders: i64,
    pub address: bool,
    pub device: bool,
    pub card: bool,
}

/// What is known of the marks at `now`.
pub(super) fn history(tx: &mut dyn Tx, marks: &Marks, now: Timestamp) -> Result<History, Fault> {
    let ago = |span| now.minus(span).as_micros();
    // An empty text is nobody's mark: what is not known is compared with nothing, and counts as other than all.
    let mark = |mark: &Option<String>| mark.clone().unwrap_or_default();
    let params = [
        mark(&marks.card).into(),
        marks.email.as_str().into(),
        marks.address.as_str().into(),
        mark(&marks.device).into(),
        mark(&marks.network).into(),
        ago(TEN_MINUTES).into(),
        ago(HOUR).into(),
        ago(DAY).into(),
        ago(THIRTY_DAYS).into(),
        limits::LOOKED_BACK.into(),
        marks.spelling.as_str().into(),
    ];
    let mut history = History {
        paid: paid(tx, marks, now)?,
        ..History::default()
    };
    for row in tx.query(&SEEN, &params)? {
        let place = match row.text(0)? {
            "card" => &mut history.card,
            "email" => &mut history.email,
            "address" => &mut history.address,
            "device" => &mut history.device,
            _ => &mut history.network,
        };
        *place = seen(&row)?;
    }
    Ok(history)
}

fn paid(tx: &mut dyn Tx, marks: &Marks, now: Timestamp) -> Result<Paid, Fault> {
    let params = [
        marks.email.as_str().into(),
        marks.address.as_str().into(),
        marks.device.as_deref().unwrap_or_default().into(),
        marks.card.as_deref().unwrap_or_default().into(),
        now.minus(DAY).as_micros().into(),
        limits::LOOKED_BACK.into(),
    ];
    let row = tx.query_one(&PAID, &params)?;
    Ok(Paid {
        orders: row.int(0)?,
        address: row.flag(1)?,
        device: row.flag(2)?,
        card: row.flag(3)?,
    })
}

fn seen(row: &Row) -> Result<Seen, Fault> {
    Ok(Seen {
        ten_minutes: row.int(1)?,
        hour: row.int(2)?,
        day: row.int(3)?,
        thirty_days: row.int(4)?,
        cards_hour: row.int(5)?,
        cards_day: row.int(6)?,
        cards_thirty_days: row.int(7)?,
        emails_day: row.int(8)?,
        emails_thirty_days: row.int(9)?,
        addresses_thirty_days: row.int(10)?,
        declines_hour: row.int(11)?,
        declines_day: row.int(12)?,
        spellings_thirty_days: row.int(13)?,
    })
}

/// Leaves the trace of an attempt, for those that come after it.
pub(super) fn leave(
    tx: &mut dyn Tx,
    (order, attempt): (OrderId, &str),
    marks: &Marks,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        now.as_micros().into(),
        order.0.into(),
        attempt.into(),
        marks.card.clone().into(),
        marks.email.as_str().into(),
        marks.spelling.as_str().into(),
        marks.address.as_str().into(),
        marks.device.clone().into(),
        marks.network.clone().into(),
    ];
    tx.execute(&LEAVE, &params).map(drop)
}
