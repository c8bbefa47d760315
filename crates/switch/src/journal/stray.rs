//! Replies that nobody waited for, and why: the first place to look when a payment "timed out".
//!
//! Each is held against the journal. An approval that comes when a payment has ended without money is taken back; what else
//! does not agree is said, for a person to ask the bank.

use std::net::SocketAddr;

use banking::clearing::RetrievalReference;
use cards::iso8583::{Field, Mti, ParseError, TransmissionTime, View};
use serde::{Deserialize, Serialize};
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::ids::PaymentId;

use super::Trace;
use super::advice::{self, Advice};
use super::payment::{self, Payment};
use crate::response;
use crate::state::State;

storage::statements! {
    KEEP = "INSERT INTO stray (mti, terminal, stan, response_code, reason, received_us, payment, transmitted, retrieval_reference, finding)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING seq";
    FORGET = "DELETE FROM stray WHERE seq <= $1";
    LATEST = "SELECT seq, mti, terminal, stan, response_code, reason, received_us, payment, transmitted, retrieval_reference, finding
        FROM stray ORDER BY seq DESC LIMIT $1";
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

/// What the journal says to a reply that nobody waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It says what the journal says.
    Agrees,
    /// It answers a message of which no answer is written down yet: one that is being asked, or is said again.
    Open,
    /// It approves what nobody may build on; the reversal is queued, on its way, or confirmed.
    TakenBack,
    /// It says otherwise than the answer that counts: a person should ask the bank.
    Contradicts,
    /// Something that this release has no word for.
    #[serde(other)]
    Other,
}

impl Finding {
    /// All that this release writes down.
    const WRITTEN: [Finding; 4] = [
        Finding::Agrees,
        Finding::Open,
        Finding::TakenBack,
        Finding::Contradicts,
    ];

    /// As it is written down.
    const fn name(self) -> &'static str {
        match self {
            Finding::Agrees => "agrees",
            Finding::Open => "open",
            Finding::TakenBack => "taken-back",
            Finding::Contradicts => "contradicts",
            Finding::Other => "other",
        }
    }

    fn named(name: &str) -> Option<Finding> {
        let mut written = Finding::WRITTEN.into_iter();
        let known = written.find(|finding| finding.name() == name);
        known.or((!name.is_empty()).then_some(Finding::Other))
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
    /// Field 62, where it is the name of a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// Field 7; with the terminal and the trace number it names the message for good.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transmitted: String,
    /// Field 37, the bank's name for the authorisation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub retrieval_reference: String,
    /// What the journal says to it; absent when it does not know the message, or the reply says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
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
        // Where other banks may put something else, only what has the form of the name is kept.
        let (transmitted, reference) = (
            text(Field::TRANSMISSION_TIME),
            text(Field::RETRIEVAL_REFERENCE),
        );
        let is_reference = RetrievalReference::parse(&reference).is_ok();
        Stray {
            payment: text(Field::PAYMENT_REFERENCE).parse().ok(),
            transmitted: TransmissionTime::parse(&transmitted)
                .map_or_else(String::new, |_| transmitted),
            retrieval_reference: if is_reference {
                reference
            } else {
                String::new()
            },
            finding: None,
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
            payment: None,
            transmitted: String::new(),
            retrieval_reference: String::new(),
            finding: None,
        }
    }

    /// Whether it answers the message of that name.
    fn answers(&self, trace: Trace) -> bool {
        // A bank that leaves field 7 out has named the payment all the same.
        let same_time =
            self.transmitted.is_empty() || self.transmitted == trace.transmitted.to_string();
        self.stan == trace.stan.to_string() && same_time
    }
}

/// A reply that was written down.
pub(crate) struct Kept {
    /// Its number and what the journal says to it.
    pub(crate) stray: Stray,
    /// Whether a reversal was queued for its sake.
    pub(crate) armed: bool,
}

/// How one is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Held against the journal.
    Reconciled,
    /// Without a look at what the journal says.
    AsItIs,
}

/// Writes one down, held against the journal or as it is.
pub(crate) fn keep(
    tx: &mut dyn Tx,
    stray: &Stray,
    how: Keeping,
    now: Timestamp,
) -> Result<Kept, Fault> {
    let mut stray = stray.clone();
    let mut armed = false;
    let known = match how {
        Keeping::Reconciled => reconcile(tx, &stray, now)?,
        Keeping::AsItIs => None,
    };
    if let Some(known) = known {
        (stray.finding, armed) = (known.finding, known.armed);
        if stray.kind == StrayKind::NeverSent {
            // Asked by an earlier run of this process, or so long ago that the line no longer remembers it.
            stray.kind = match known.answered {
                true => StrayKind::AnsweredBefore,
                false => StrayKind::ConnectionLost,
            };
            stray.reason = stray.kind.sentence().to_owned();
        }
    }
    let payment = stray.payment.map(|payment| payment.to_string());
    let params = [
        (&stray.mti).into(),
        (&stray.terminal).into(),
        (&stray.stan).into(),
        (&stray.response_code).into(),
        (&stray.reason).into(),
        stray.received.as_micros().into(),
        payment.unwrap_or_default().into(),
        (&stray.transmitted).into(),
        (&stray.retrieval_reference).into(),
        stray.finding.map_or("", Finding::name).into(),
    ];
    stray.seq = tx.query_one(&KEEP, &params)?.int(0)?;
    tx.execute(&FORGET, &[(stray.seq - MOST_KEPT).into()])?;
    Ok(Kept { stray, armed })
}

/// What the journal knows of the message that a reply answers.
struct Known {
    /// Whether another reply had answered it.
    answered: bool,
    finding: Option<Finding>,
    armed: bool,
}

/// Finds the message that a reply answers, and takes back what it approves too late. `None` when the journal has no such
/// message.
fn reconcile(tx: &mut dyn Tx, stray: &Stray, now: Timestamp) -> Result<Option<Known>, Fault> {
    let Some(payment) = stray.payment else {
        return Ok(None);
    };
    let Some(payment) = payment::find(tx, payment)? else {
        return Ok(None);
    };
    if stray.mti == Mti::AUTHORISATION_RESPONSE.to_string() {
        return match payment.trace {
            Some(trace) if stray.answers(trace) => {
                of_authorisation(tx, &payment, &stray.response_code, now).map(Some)
            }
            _ => Ok(None),
        };
    }
    let advices = advice::of_payment(tx, payment.id)?;
    let asked = advices.iter().find(|advice| stray.answers(advice.trace));
    Ok(asked.map(|advice| of_advice(advice, &stray.response_code)))
}

fn of_authorisation(
    tx: &mut dyn Tx,
    payment: &Payment,
    code: &str,
    now: Timestamp,
) -> Result<Known, Fault> {
    let answer = payment.response_code.as_deref();
    let (mut finding, mut armed) = (None, false);
    let is_approval = |code| matches!(code, response::APPROVED | response::PARTLY_APPROVED);
    match (is_approval(code), answer) {
        _ if answer == Some(code) => finding = Some(Finding::Agrees),
        (true, Some(response::APPROVED)) => finding = Some(Finding::Contradicts),
        // The reversal that the part has queued lifts the whole.
        (true, Some(response::PARTLY_APPROVED)) => finding = Some(Finding::TakenBack),
        (true, _) if payment.state == State::Received => {}
        (true, _) => {
            armed = payment::approved_late(tx, payment, code, now)?;
            finding = Some(match payment.state {
                State::Sending => Finding::Open,
                _ => Finding::TakenBack,
            });
        }
        (false, _) if response::is_no_verdict(code) => {}
        (false, Some(answer)) if is_approval(answer) => finding = Some(Finding::Contradicts),
        // However it is declined, nothing is held.
        (false, _) => finding = Some(Finding::Agrees),
    }
    Ok(Known {
        answered: answer.is_some(),
        finding,
        armed,
    })
}

fn of_advice(advice: &Advice, code: &str) -> Known {
    let finding = match advice.response_code.as_deref() {
        None => Some(Finding::Open),
        Some(answer) if answer == code => Some(Finding::Agrees),
        Some(_) if response::is_no_verdict(code) => None,
        Some(_) => Some(Finding::Contradicts),
    };
    Known {
        answered: advice.response_code.is_some(),
        finding,
        armed: false,
    }
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
            payment: row.text(7)?.parse().ok(),
            transmitted: row.text(8)?.to_owned(),
            retrieval_reference: row.text(9)?.to_owned(),
            finding: Finding::named(row.text(10)?),
        })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::journal::MIGRATIONS;
    use crate::journal::payment::Verdict;
    use banking::clearing::ApprovalCode;
    use cards::iso8583::{ASCII_1987, Message};
    use storage::{Store, StoreUrl};
    use trade::ids::OrderNumber;
    use trade::money::Money;
    use trade::payment::NotSent;

    const NOW: Timestamp = Timestamp::micros(1_795_000_000_000_000);

    /// A journal with one payment whose question has left.
    struct Journal {
        _folder: tempfile::TempDir,
        store: Store,
        id: PaymentId,
    }

    impl Journal {
        async fn open() -> Journal {
            let folder = tempfile::tempdir().unwrap();
            let url = StoreUrl::Sqlite(folder.path().join("switch.db"));
            let store = Store::open(&url, &[MIGRATIONS]).await.unwrap();
            let id = PaymentId::new();
            let sent = store.write(move |tx| {
                payment::receive(tx, id, &OrderNumber::from_bits(1), Money::cents(2390), NOW)?;
                payment::send(tx, id, NOW)
            });
            sent.await.unwrap().unwrap();
            Journal {
                _folder: folder,
                store,
                id,
            }
        }

        async fn conclude(&self, verdict: Verdict) -> State {
            let id = self.id;
            let concluded = self.store.write(move |tx| {
                payment::conclude(tx, id, &verdict, NOW)?;
                payment::find(tx, id)
            });
            concluded.await.unwrap().unwrap().state
        }

        async fn payment(&self) -> Payment {
            let id = self.id;
            let found = self.store.read(move |tx| payment::find(tx, id)).await;
            found.unwrap().unwrap()
        }

        async fn reversals(&self) -> Vec<Advice> {
            let id = self.id;
            let found = self.store.read(move |tx| advice::of_payment(tx, id)).await;
            found.unwrap()
        }

        /// The bank answers the reversal, and the payment is reversed.
        async fn reversed(&self, code: &'static str) {
            let (id, seq) = (self.id, self.reversals().await[0].seq);
            let reversed = self.store.write(move |tx| {
                advice::done(tx, seq, code, NOW)?;
                payment::advance(tx, id, State::Unknown, State::Reversed, NOW)
            });
            assert!(reversed.await.unwrap());
        }

        /// A reply to the question of which the line knows nothing.
        async fn hear(&self, code: &str) -> Kept {
            let trace = self.payment().await.trace.unwrap();
            let reply = Message::new(&ASCII_1987, Mti::AUTHORISATION_RESPONSE)
                .with(Field::TRANSMISSION_TIME, &trace.transmitted.to_string())
                .and_then(|reply| reply.with(Field::STAN, &trace.stan.to_string()))
                .and_then(|reply| reply.with(Field::TERMINAL, "BOUQUIN1"))
                .and_then(|reply| reply.with(Field::RETRIEVAL_REFERENCE, "632718000042"))
                .and_then(|reply| reply.with(Field::PAYMENT_REFERENCE, &self.id.to_string()))
                .and_then(|reply| reply.with(Field::RESPONSE_CODE, code));
            let wire = reply.unwrap().encode();
            let view = View::parse(&ASCII_1987, &wire).unwrap();
            let stray = Stray::of(&view, StrayKind::NeverSent, NOW);
            let kept = self
                .store
                .write(move |tx| keep(tx, &stray, Keeping::Reconciled, NOW));
            kept.await.unwrap()
        }
    }

    fn approved() -> Verdict {
        Verdict::Approved {
            approval_code: ApprovalCode::parse("T00042").unwrap(),
            retrieval_reference: RetrievalReference::parse("632718000042").unwrap(),
        }
    }

    #[tokio::test]
    async fn a_late_approval_is_taken_back_by_one_reversal_wherever_the_payment_stands() {
        let no = || Verdict::Declined { code: "05".into() };
        let not_sent = || Verdict::NotSent(NotSent::BankUnreachable);
        for (verdict, answer) in [
            (no(), None),
            (not_sent(), None),
            (Verdict::Unknown, Some(response::NOT_FOUND)),
        ] {
            let journal = Journal::open().await;
            journal.conclude(verdict).await;
            if let Some(code) = answer {
                journal.reversed(code).await;
            }
            let told = journal.payment().await.authorisation();
            let before = journal.reversals().await;
            let heard = journal.hear("00").await;
            assert!(heard.armed);
            assert_eq!(heard.stray.finding, Some(Finding::TakenBack));
            let reversals = journal.reversals().await;
            assert_eq!(reversals.len(), 1);
            assert_eq!(
                (reversals[0].tries, &reversals[0].response_code),
                (0, &None)
            );
            // By another name: the bank has answered the old one.
            let was = before.first().map(|reversal| reversal.trace);
            assert_ne!(was, Some(reversals[0].trace));
            let payment = journal.payment().await;
            assert_eq!(payment.state, State::Unknown);
            assert_eq!(payment.authorisation(), told, "what was told stays so");
            // Heard twice, it is the same reversal.
            assert!(!journal.hear("00").await.armed);
            assert_eq!(journal.reversals().await, reversals);
            // Confirmed, it is over.
            journal.reversed(response::APPROVED).await;
            let again = journal.hear("00").await;
            assert_eq!(
                (again.armed, again.stray.finding),
                (false, Some(Finding::TakenBack))
            );
            assert_eq!(journal.payment().await.state, State::Reversed);
        }
    }

    #[tokio::test]
    async fn a_25_that_crossed_with_an_approval_is_not_the_last_word() {
        let journal = Journal::open().await;
        assert_eq!(journal.conclude(Verdict::Unknown).await, State::Unknown);
        let first = journal.reversals().await;
        let crossed = async || {
            let (id, seq) = (journal.id, first[0].seq);
            let asked = journal
                .store
                .write(move |tx| payment::reverse_what_crossed(tx, id, seq, NOW));
            asked.await.unwrap()
        };
        assert!(!crossed().await, "nothing came");
        assert!(!journal.hear("10").await.armed, "it is on its way");
        assert!(crossed().await);
        let second = journal.reversals().await;
        assert_eq!((second.len(), &second[0].response_code), (1, &None));
        assert_ne!(second[0].trace, first[0].trace);
        assert!(!crossed().await, "it was queued after the approval");
    }

    #[tokio::test]
    async fn an_approval_heard_before_a_no_is_written_down_leaves_doubt() {
        let no = Verdict::Declined { code: "05".into() };
        for verdict in [no, Verdict::NotSent(NotSent::BankUnreachable)] {
            let journal = Journal::open().await;
            assert!(!journal.hear("00").await.armed);
            assert_eq!(journal.conclude(verdict).await, State::Unknown);
            assert_eq!(journal.reversals().await.len(), 1);
        }
        let journal = Journal::open().await;
        journal.hear("00").await;
        assert_eq!(journal.conclude(approved()).await, State::Approved);
        assert!(journal.reversals().await.is_empty());
    }

    #[tokio::test]
    async fn a_reply_to_an_earlier_run_is_known_by_the_journal() {
        let journal = Journal::open().await;
        journal.conclude(approved()).await;
        let heard = journal.hear("00").await.stray;
        assert_eq!(
            (heard.kind, heard.finding),
            (StrayKind::AnsweredBefore, Some(Finding::Agrees))
        );
        assert_eq!(heard.reason, StrayKind::AnsweredBefore.sentence());
        let heard = journal.hear("05").await.stray;
        assert_eq!(heard.finding, Some(Finding::Contradicts));
        assert_eq!(journal.hear("09").await.stray.finding, None);
        assert_eq!(journal.payment().await.state, State::Approved);

        let journal = Journal::open().await;
        journal.conclude(Verdict::Unknown).await;
        let heard = journal.hear("05").await.stray;
        assert_eq!(
            (heard.kind, heard.finding),
            (StrayKind::ConnectionLost, Some(Finding::Agrees))
        );
        let shown = journal.store.read(|tx| latest(tx, 1)).await.unwrap();
        assert_eq!(shown, [heard]);
    }

    #[test]
    fn every_finding_is_known_again_by_its_name() {
        for finding in Finding::WRITTEN {
            assert_eq!(Finding::named(finding.name()), Some(finding));
            let code = serde_json::to_value(finding).unwrap();
            assert_eq!(code, finding.name());
        }
        assert_eq!(Finding::named(""), None);
        assert_eq!(Finding::named("of-tomorrow"), Some(Finding::Other));
    }

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
