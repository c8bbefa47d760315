//! The switch's own database: payments, the messages that must still reach the bank, and the
//! replies that nobody waited for.
//!
//! There is no column for a card number, an expiry or a security code, and nothing here is ever
//! given one.

pub(crate) mod advice;
pub(crate) mod payment;
pub(crate) mod stray;

use cards::iso8583::{Stan, TransmissionTime};
use storage::{Fault, Migration, Statement, Tx};
use trade::clock::Timestamp;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    component: "switch",
    version: 1,
    sql: "CREATE TABLE payment (
        id TEXT PRIMARY KEY,
        order_number TEXT NOT NULL,
        amount_cents {bigint} NOT NULL CHECK (amount_cents >= 0),
        state TEXT NOT NULL,
        stan {bigint},
        transmitted TEXT,
        response_code TEXT,
        approval_code TEXT,
        retrieval_reference TEXT,
        not_sent TEXT,
        captured_cents {bigint} NOT NULL,
        refunded_cents {bigint} NOT NULL,
        received_us {bigint} NOT NULL,
        changed_us {bigint} NOT NULL,
        CONSTRAINT captured_within_the_amount CHECK (captured_cents BETWEEN 0 AND amount_cents),
        CONSTRAINT refunded_within_the_capture CHECK (refunded_cents BETWEEN 0 AND captured_cents)
    ) {strict};
    CREATE INDEX payment_unsettled ON payment (changed_us) WHERE state IN ('received', 'sending');
    CREATE TABLE advice (
        seq {id},
        payment TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund', 'reversal')),
        refund TEXT NOT NULL,
        amount_cents {bigint} NOT NULL,
        stan {bigint} NOT NULL,
        transmitted TEXT NOT NULL,
        tries {bigint} NOT NULL,
        due_us {bigint} NOT NULL,
        response_code TEXT,
        queued_us {bigint} NOT NULL,
        done_us {bigint},
        UNIQUE (payment, kind, refund)
    ) {strict};
    CREATE INDEX advice_due ON advice (due_us) WHERE response_code IS NULL;
    CREATE TABLE stray (
        seq {id},
        mti TEXT NOT NULL,
        terminal TEXT NOT NULL,
        stan TEXT NOT NULL,
        response_code TEXT NOT NULL,
        reason TEXT NOT NULL,
        received_us {bigint} NOT NULL
    ) {strict};
    CREATE TABLE trace (only_row {bigint} PRIMARY KEY CHECK (only_row = 1), sent {bigint} NOT NULL) {strict};
    INSERT INTO trace (only_row, sent) VALUES (1, 0);",
}];

storage::statements! {
    NEXT_TRACE = "UPDATE trace SET sent = sent + 1 WHERE only_row = 1 RETURNING sent - 1";
}

/// Every statement of this crate.
pub(crate) fn statements() -> Vec<&'static Statement> {
    [
        STATEMENTS,
        advice::STATEMENTS,
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
