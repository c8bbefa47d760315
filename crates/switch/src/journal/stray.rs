//! Replies that nobody waited for, and why: the first place to look when a payment "timed out".

use cards::iso8583::{Field, View};
use serde::{Deserialize, Serialize};
use storage::{Fault, Tx};
use trade::clock::Timestamp;

storage::statements! {
    KEEP = "INSERT INTO stray (mti, terminal, stan, response_code, reason, received_us)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq";
    FORGET = "DELETE FROM stray WHERE seq <= $1";
    LATEST = "SELECT seq, mti, terminal, stan, response_code, reason, received_us FROM stray ORDER BY seq DESC LIMIT $1";
}

/// How many are kept; the oldest make room.
const MOST_KEPT: i64 = 10_000;

/// A reply without a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// Ascending.
    pub seq: i64,
    /// The message type, empty when the bytes were not a message.
    pub mti: String,
    /// Field 41.
    pub terminal: String,
    /// Field 11.
    pub stan: String,
    /// Field 39.
    pub response_code: String,
    /// Why nobody waited for it.
    pub reason: String,
    /// When it came.
    pub received: Timestamp,
}

impl Stray {
    /// A message that came for nobody; only fields that are not about a card are looked at.
    pub(crate) fn of(message: &View<'_>, reason: &str, now: Timestamp) -> Stray {
        let text = |field| {
            message
                .get(field)
                .map_or_else(String::new, |text| text.to_owned())
        };
        Stray {
            seq: 0,
            mti: message.mti().to_string(),
            terminal: text(Field::TERMINAL),
            stan: text(Field::STAN),
            response_code: text(Field::RESPONSE_CODE),
            reason: reason.to_owned(),
            received: now,
        }
    }

    /// Bytes that are no message.
    pub(crate) fn unreadable(reason: String, now: Timestamp) -> Stray {
        Stray {
            seq: 0,
            mti: String::new(),
            terminal: String::new(),
            stan: String::new(),
            response_code: String::new(),
            reason,
            received: now,
        }
    }
}

pub(crate) fn keep(tx: &mut dyn Tx, stray: &Stray) -> Result<(), Fault> {
    let params = [
        (&stray.mti).into(),
        (&stray.terminal).into(),
        (&stray.stan).into(),
        (&stray.response_code).into(),
        (&stray.reason).into(),
        stray.received.as_micros().into(),
    ];
    let seq = tx.query_one(&KEEP, &params)?.int(0)?;
    tx.execute(&FORGET, &[(seq - MOST_KEPT).into()]).map(drop)
}

/// The newest, newest first.
pub(crate) fn latest(tx: &mut dyn Tx, most: i64) -> Result<Vec<Stray>, Fault> {
    let rows = tx.query(&LATEST, &[most.into()])?;
    let read = |row: &storage::Row| {
        Ok(Stray {
            seq: row.int(0)?,
            mti: row.text(1)?.to_owned(),
            terminal: row.text(2)?.to_owned(),
            stan: row.text(3)?.to_owned(),
            response_code: row.text(4)?.to_owned(),
            reason: row.text(5)?.to_owned(),
            received: Timestamp::micros(row.int(6)?),
        })
    };
    rows.iter().map(read).collect()
}
