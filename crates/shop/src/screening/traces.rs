//! Traces of attempts: what an attempt is compared with later, and how often what it carries was seen before.

use std::{collections::HashMap, time::Duration};

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderId};

use super::{limits, marks::Marks};

pub(super) const TEN_MINUTES: Duration = Duration::from_secs(600);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const THIRTY_DAYS: Duration = Duration::from_secs(30 * 24 * 3600);

storage::statements! {
    LEAVE = "INSERT INTO screening_traces (at_us, order_id, attempt, card, email, spelling, address, device,
            network)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    // By the index of their age: a trace and its decision have one time.
    DECLINED = "UPDATE screening_traces SET declined = 1
        WHERE attempt = $1 AND at_us IN (SELECT at_us FROM screenings WHERE attempt = $1)";
    // The latest attempts that share something with this one, by what they share, each with what is counted of it and
    // no more. Each part reads its own index from its end, and nothing but it, and stops, so that no network is busy
    // enough to cost much. They are counted here and not by the database, which sorts for every count of different
    // values: it took three times as long.
    SEEN = "SELECT * FROM (SELECT CAST(0 AS BIGINT) AS shared, t.at_us, CAST(NULL AS TEXT) AS card, t.email, CAST(NULL AS TEXT) AS spelling, t.address, CAST(0 AS BIGINT) AS declined
            FROM screening_traces t WHERE t.card = $1 AND t.at_us > $6 ORDER BY t.at_us DESC LIMIT $7) AS of_card
        UNION ALL SELECT * FROM (SELECT CAST(1 AS BIGINT), t.at_us, t.card, CAST(NULL AS TEXT), t.spelling, CAST(NULL AS TEXT), t.declined
            FROM screening_traces t WHERE t.email = $2 AND t.at_us > $6 ORDER BY t.at_us DESC LIMIT $7) AS of_email
        UNION ALL SELECT * FROM (SELECT CAST(2 AS BIGINT), t.at_us, t.card, t.email, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(0 AS BIGINT)
            FROM screening_traces t WHERE t.address = $3 AND t.at_us > $6 ORDER BY t.at_us DESC LIMIT $7) AS of_address
        UNION ALL SELECT * FROM (SELECT CAST(3 AS BIGINT), t.at_us, t.card, t.email, CAST(NULL AS TEXT), CAST(NULL AS TEXT), t.declined
            FROM screening_traces t WHERE t.device = $4 AND t.at_us > $6 ORDER BY t.at_us DESC LIMIT $7) AS of_device
        UNION ALL SELECT * FROM (SELECT CAST(4 AS BIGINT), t.at_us, t.card, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), t.declined
            FROM screening_traces t WHERE t.network = $5 AND t.at_us > $6 ORDER BY t.at_us DESC LIMIT $7) AS of_network";
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
    // An empty text is nobody's mark: what is not known is compared with nothing, and is other than all.
    let mark = |mark: &Option<String>| mark.clone().unwrap_or_default();
    let params = [
        mark(&marks.card).into(),
        marks.email.as_str().into(),
        marks.address.as_str().into(),
        mark(&marks.device).into(),
        mark(&marks.network).into(),
        ago(THIRTY_DAYS).into(),
        limits::LOOKED_BACK.into(),
    ];
    let rows = tx.query(&SEEN, &params)?;
    let seen = |shared: i64| -> Result<Seen, Fault> {
        let of_it = rows.iter().filter(|row| row.int(0).ok() == Some(shared));
        count(of_it, marks, now)
    };
    Ok(History {
        card: seen(0)?,
        email: seen(1)?,
        address: seen(2)?,
        device: seen(3)?,
        network: seen(4)?,
        paid: paid(tx, marks, now)?,
    })
}

/// Other values than this attempt's, each with how long ago it was seen last.
#[derive(Default)]
struct Others<'a>(HashMap<&'a str, Duration>);

impl<'a> Others<'a> {
    fn note(&mut self, value: Option<&'a str>, own: &str, age: Duration) {
        if let Some(value) = value.filter(|value| *value != own) {
            let known = self.0.entry(value).or_insert(age);
            *known = age.min(*known);
        }
    }

    fn within(&self, span: Duration) -> i64 {
        let count = self.0.values().filter(|age| **age < span).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

fn count<'a>(
    rows: impl Iterator<Item = &'a Row>,
    marks: &Marks,
    now: Timestamp,
) -> Result<Seen, Fault> {
    let own_card = marks.card.as_deref().unwrap_or_default();
    let mut seen = Seen::default();
    let (mut cards, mut emails) = (Others::default(), Others::default());
    let (mut spellings, mut addresses) = (Others::default(), Others::default());
    for row in rows {
        let age = now.since(Timestamp::micros(row.int(1)?));
        let within = |span| i64::from(age < span);
        seen.ten_minutes += within(TEN_MINUTES);
        seen.hour += within(HOUR);
        seen.day += within(DAY);
        seen.thirty_days += 1;
        cards.note(row.opt_text(2)?, own_card, age);
        emails.note(row.opt_text(3)?, &marks.email, age);
        spellings.note(row.opt_text(4)?, &marks.spelling, age);
        addresses.note(row.opt_text(5)?, &marks.address, age);
        if row.flag(6)? {
            seen.declines_hour += within(HOUR);
            seen.declines_day += within(DAY);
        }
    }
    Ok(Seen {
        cards_hour: cards.within(HOUR),
        cards_day: cards.within(DAY),
        cards_thirty_days: cards.within(THIRTY_DAYS),
        emails_day: emails.within(DAY),
        emails_thirty_days: emails.within(THIRTY_DAYS),
        addresses_thirty_days: addresses.within(THIRTY_DAYS),
        spellings_thirty_days: spellings.within(THIRTY_DAYS),
        ..seen
    })
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

/// Notes that the bank declined what an attempt asked for.
pub(crate) fn declined(tx: &mut dyn Tx, attempt: &str) -> Result<(), Fault> {
    tx.execute(&DECLINED, &[attempt.into()]).map(drop)
}
