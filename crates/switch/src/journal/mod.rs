//! The switch's own database: payments, the messages that must still reach the bank, the clearing batches, and the
//! replies that nobody waited for.
//!
//! There is no column for a card number, an expiry or a security code, and nothing here is ever
//! given one.

pub(crate) mod advice;
pub(crate) mod clearing;
pub(crate) mod payment;
pub(crate) mod stray;

use cards::iso8583::{Stan, TransmissionTime};
use storage::{Fault, Migration, Statement, Tx};
use trade::clock::Timestamp;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "switch",
        version: 1,
        sql: include_str!("../../migrations/0001_journal.sql"),
    },
    Migration {
        component: "switch",
        version: 2,
        sql: include_str!("../../migrations/0002_captures.sql"),
    },
    Migration {
        component: "switch",
        version: 3,
        sql: include_str!("../../migrations/0003_partial.sql"),
    },
    Migration {
        component: "switch",
        version: 4,
        sql: include_str!("../../migrations/0004_clearing.sql"),
    },
    Migration {
        component: "switch",
        version: 5,
        sql: include_str!("../../migrations/0005_reconciled.sql"),
    },
];

storage::statements! {
    NEXT_TRACE = "UPDATE trace SET sent = sent + 1 WHERE only_row = 1 RETURNING sent - 1";
}

/// Every statement of this crate.
pub(crate) fn statements() -> Vec<&'static Statement> {
    [
        STATEMENTS,
        advice::STATEMENTS,
        clearing::STATEMENTS,
        payment::STATEMENTS,
        stray::STATEMENTS,
    ]
    .concat()
}

/// The name of a message for as long as the bank may be asked about it: fields 11 and 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) stan: Stan,
    pub(crate) transmitted: TransmissionTime,
}

impl Trace {
    /// The next one, durable with whatever the transaction writes beside it.
    pub(crate) fn next(tx: &mut dyn Tx, now: Timestamp) -> Result<Trace, Fault> {
        let count = tx.query_one(&NEXT_TRACE, &[])?.int(0)?;
        let stan = Stan::nth(count.unsigned_abs());
        let transmitted = transmission_time(now)?;
        Ok(Trace { stan, transmitted })
    }

    /// As it was written down.
    fn read(stan: i64, transmitted: &str) -> Result<Trace, Fault> {
        let stan = Stan::parse(&format!("{stan:06}"));
        let transmitted = TransmissionTime::parse(transmitted);
        match (stan, transmitted) {
            (Some(stan), Some(transmitted)) => Ok(Trace { stan, transmitted }),
            _ => Err(Fault::defect("a trace in the journal is malformed")),
        }
    }
}

/// MMDDhhmmss in UTC.
pub(crate) fn transmission_time(now: Timestamp) -> Result<TransmissionTime, Fault> {
    jiff::Timestamp::from_microsecond(now.as_micros())
        .ok()
        .and_then(|instant| TransmissionTime::parse(&instant.strftime("%m%d%H%M%S").to_string()))
        .ok_or_else(|| Fault::defect("the clock shows no date"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::State;
    use storage::{Store, StoreUrl};
    use trade::ids::PaymentId;
    use trade::money::Money;

    storage::statements! {
        BEGUN = "INSERT INTO payment (id, order_number, amount_cents, state, captured_cents, refunded_cents, received_us, changed_us)
            VALUES ($1, 'BQ-0000-0000', 2390, 'capturing', 2000, 0, 1, 1)";
        QUEUED = "INSERT INTO advice (payment, kind, refund, amount_cents, stan, transmitted, tries, due_us, queued_us)
            VALUES ($1, 'capture', '', 2000, 7, '1126120000', 1, 1, 1)";
    }

    #[tokio::test]
    async fn a_capture_under_way_before_captures_had_names_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("switch.db"));
        let id = PaymentId::new();
        let before = Store::open(&url, &[&MIGRATIONS[..1]]).await.unwrap();
        let written = before.write(move |tx| {
            tx.execute(&BEGUN, &[id.to_string().into()])?;
            tx.execute(&QUEUED, &[id.to_string().into()])
        });
        written.await.unwrap();
        drop(before);
        let store = Store::open(&url, &[MIGRATIONS]).await.unwrap();
        let found = store.read(move |tx| {
            let payment = payment::find(tx, id)?;
            Ok::<_, Fault>((payment, advice::of_payment(tx, id)?))
        });
        let (payment, advices) = found.await.unwrap();
        let payment = payment.unwrap();
        assert_eq!(
            (payment.state, payment.captured),
            (State::Approved, Money::ZERO)
        );
        assert_eq!(payment.capturing, Money::cents(2000));
        let capture = advice::Kind::Capture(trade::ids::CaptureId(id.0));
        assert_eq!(advices[0].kind, capture);
    }
}
