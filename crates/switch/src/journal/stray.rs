//! Replies that nobody waited for, and why: the first place to look when a payment "timed out".

use std::net::SocketAddr;

use cards::iso8583::{Field, ParseError, View};
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

/// Why nobody waited for a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StrayKind {
    /// A duplicate: the message had been answered before.
    AnsweredBefore,
    /// A duplicate: the message was said by two carriers, and the other one was quicker.
    OtherCarrier,
    /// It came after the time-out.
    TimedOut,
    /// It came by another connection than the one on which it was asked, which was lost.
    ConnectionLost,
    /// It answers nothing that was sent, or something sent so long ago that it is no longer remembered.
    NeverSent,
    /// It does not say what it answers.
    Nameless,
    /// It is no reply but a request that this side does not answer.
    Request,
    /// The bytes are no message.
    Unreadable,
    /// For a reason that this release has no word for.
    #[serde(other)]
    Other,
}

impl StrayKind {
    /// All that this release writes down.
    const WRITTEN: [StrayKind; 8] = [
        StrayKind::AnsweredBefore,
        StrayKind::OtherCarrier,
        StrayKind::TimedOut,
        StrayKind::ConnectionLost,
        StrayKind::NeverSent,
        StrayKind::Nameless,
        StrayKind::Request,
        StrayKind::Unreadable,
    ];

    /// The sentence in the journal and in the log.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            StrayKind::AnsweredBefore => "the message had been answered before",
            StrayKind::OtherCarrier => "another carrier had brought the answer",
            StrayKind::TimedOut => "late: the time-out had passed",
            StrayKind::ConnectionLost => "late: the connection on which it was asked had been lost",
            StrayKind::NeverSent => "no such message was sent",
            StrayKind::Nameless => "it names no terminal or no trace number",
            StrayKind::Request => "it is a request, and this side answers none",
            StrayKind::Unreadable => "it cannot be read",
            StrayKind::Other => "for another reason",
        }
    }

    /// By the sentence that was written down, which for [`Unreadable`](StrayKind::Unreadable) goes on.
    fn of_sentence(sentence: &str) -> StrayKind {
        let mut written = StrayKind::WRITTEN.into_iter();
        let found = written.find(|kind| sentence.starts_with(kind.sentence()));
        found.unwrap_or(StrayKind::Other)
    }
}

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
    /// Why nobody waited for it, in a sentence.
    pub reason: String,
    /// The same, for programs.
    #[serde(default = "other")]
    pub kind: StrayKind,
    /// When it came.
    pub received: Timestamp,
    /// The carrier that brought it; not known of what came before the switch started.
    #[serde(default)]
    pub carrier: Option<SocketAddr>,
}

/// What a switch says that does not say it.
fn other() -> StrayKind {
    StrayKind::Other
}

impl Stray {
    /// A message that came for nobody; only fields that are not about a card are looked at.
    pub(crate) fn of(message: &View<'_>, kind: StrayKind, now: Timestamp) -> Stray {
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
            reason: kind.sentence().to_owned(),
            kind,
            received: now,
            carrier: None,
        }
    }

    /// Bytes that are no message, and what is wrong with them.
    pub(crate) fn unreadable(error: &ParseError, now: Timestamp) -> Stray {
        let kind = StrayKind::Unreadable;
        Stray {
            seq: 0,
            mti: String::new(),
            terminal: String::new(),
            stan: String::new(),
            response_code: String::new(),
            reason: format!("{}: {error}", kind.sentence()),
            kind,
            received: now,
            carrier: None,
        }
    }
}

/// Writes one down; its number.
pub(crate) fn keep(tx: &mut dyn Tx, stray: &Stray) -> Result<i64, Fault> {
    let params = [
        (&stray.mti).into(),
        (&stray.terminal).into(),
        (&stray.stan).into(),
        (&stray.response_code).into(),
        (&stray.reason).into(),
        stray.received.as_micros().into(),
    ];
    let seq = tx.query_one(&KEEP, &params)?.int(0)?;
    tx.execute(&FORGET, &[(seq - MOST_KEPT).into()])?;
    Ok(seq)
}

/// The newest, newest first.
pub(crate) fn latest(tx: &mut dyn Tx, most: usize) -> Result<Vec<Stray>, Fault> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = tx.query(&LATEST, &[most.into()])?;
    let read = |row: &storage::Row| {
        Ok(Stray {
            seq: row.int(0)?,
            mti: row.text(1)?.to_owned(),
            terminal: row.text(2)?.to_owned(),
            stan: row.text(3)?.to_owned(),
            response_code: row.text(4)?.to_owned(),
            reason: row.text(5)?.to_owned(),
            kind: StrayKind::of_sentence(row.text(5)?),
            received: Timestamp::micros(row.int(6)?),
            carrier: None,
        })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_again_by_its_sentence() {
        for kind in StrayKind::WRITTEN {
            assert_eq!(StrayKind::of_sentence(kind.sentence()), kind);
            let code = serde_json::to_value(kind).ok();
            let again = code.and_then(|code| serde_json::from_value(code).ok());
            assert_eq!(again, Some(kind));
        }
        let longer = format!("{}: field 4", StrayKind::Unreadable.sentence());
        assert_eq!(StrayKind::of_sentence(&longer), StrayKind::Unreadable);
        assert_eq!(StrayKind::of_sentence("as nobody says"), StrayKind::Other);
        let of_tomorrow = serde_json::from_str::<StrayKind>("\"of-tomorrow\"").ok();
        assert_eq!(of_tomorrow, Some(StrayKind::Other));
    }
}
