//! The desk: takes a message, decides, books it and words the answer. Every message is booked with
//! its answer in one transaction, so a repeat finds both or neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use banking::clearing::Batch;
use cards::iso8583::{ASCII_1987, Field, FieldError, Message, Mti, Stan};
use storage::{Fault, Store, Tx};
use tokio::sync::watch;
use trade::clock::{Clock, Timestamp};
use trade::money::Money;

use crate::account::{self, Account, AccountError, ChargeBack, Dispute, NoDispute, Transfer};
use crate::books::{self, Answer, Books, Found, Hold};
use crate::clearing;
use crate::request::{Key, Request, Verb};
use crate::script::{self, Patience, Script, ScriptError};
use crate::session::KEY_CHANGE;
use crate::statement::{self, StatementReport};
use crate::trouble::Troubles;

/// How many statements an answer lists: it must fit the 64 kB that a link reads.
pub(crate) const PAGE_STATEMENTS: i64 = 200;

const APPROVED: &str = "00";
const INVALID_TRANSACTION: &str = "12";
const INVALID_AMOUNT: &str = "13";
const NOT_FOUND: &str = "25";
const FORMAT_ERROR: &str = "30";
const DUPLICATE_TRANSMISSION: &str = "94";
const SYSTEM_MALFUNCTION: &str = "96";

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) troubles: Troubles,
    /// How often the operator has asked for other keys.
    pub(crate) key_changes: watch::Sender<u64>,
    /// Messages of the bank's own.
    said: AtomicU64,
    store: Store,
    script: Script,
    account: Arc<Account>,
    slow: Duration,
    clock: Clock,
}

/// What the bank reads of its own data files.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The test cards.
    #[error(transparent)]
    Cards(#[from] ScriptError),
    /// The merchant's account.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl Desk {
    pub(crate) fn new(
        store: Store,
        slow: Duration,
        troubles: Troubles,
        clock: Clock,
    ) -> Result<Desk, DataError> {
        let script = Script::load()?;
        Ok(Desk {
            troubles,
            key_changes: watch::Sender::new(0),
            said: AtomicU64::new(0),
            store,
            script,
            account: Arc::new(Account::load()?),
            slow,
            clock,
        })
    }

    /// The answer to a message, when it is time for it; `None` when the script says silence.
    pub(crate) async fn answer(&self, asked: &Message) -> Result<Option<Message>, FieldError> {
        let today = self.clock.today();
        let Some(request) = Request::read(asked, || self.script.decide(asked, today)) else {
            return asked.answer(FORMAT_ERROR).map(Some);
        };
        let patience = match &request.verb {
            Verb::Authorise { decision, .. } => decision.patience,
            Verb::Capture { .. } | Verb::Refund { .. } | Verb::Reverse { .. } => Patience::AtOnce,
        };
        let now = self.clock.now();
        let booked = self.store.write(move |tx| book(tx, &request, now)).await;
        let answer = match booked {
            Ok(answer) => answer,
            Err(fault) => {
                tracing::error!(fault = fault.detail(), "a message could not be booked");
                return asked.answer(SYSTEM_MALFUNCTION).map(Some);
            }
        };
        match patience {
            Patience::AtOnce => {}
            Patience::Slow => tokio::time::sleep(self.slow).await,
            Patience::Never => return Ok(None),
        }
        word(asked, &answer).map(Some)
    }

    /// 0800: the switch of this terminal shall come back with other keys.
    pub(crate) fn key_change(&self, terminal: &str) -> Result<Message, FieldError> {
        let stan = Stan::nth(self.said.fetch_add(1, Ordering::Relaxed));
        let now = jiff::Timestamp::from_microsecond(self.clock.now().as_micros());
        let transmitted = now.unwrap_or_default().strftime("%m%d%H%M%S").to_string();
        Message::new(&ASCII_1987, Mti::NETWORK)
            .with(Field::TRANSMISSION_TIME, &transmitted)?
            .with(Field::STAN, &stan.to_string())?
            .with(Field::TERMINAL, terminal)?
            .with(Field::NETWORK_CODE, KEY_CHANGE)
    }

    /// Checks and books a clearing batch; the acknowledgement.
    pub(crate) async fn clear(&self, batch: Batch) -> Result<String, Fault> {
        let (account, now) = (Arc::clone(&self.account), self.clock.now());
        self.store
            .write(move |tx| clearing::take(tx, &batch, &account, now))
            .await
    }

    /// Makes the statements of the days that are over, and of today when it is closed.
    pub(crate) async fn make_statements(
        &self,
        close_today: bool,
    ) -> Result<Vec<StatementReport>, Fault> {
        let (account, now) = (Arc::clone(&self.account), self.clock.now());
        let today = now.date_in_paris();
        let until = match (close_today, today.yesterday()) {
            (false, Ok(yesterday)) => yesterday,
            _ => today,
        };
        self.store
            .write(move |tx| statement::make(tx, &account, until, now))
            .await
    }

    pub(crate) async fn statements(&self, after: i64) -> Result<Vec<StatementReport>, Fault> {
        self.store
            .read(move |tx| statement::page(tx, after, PAGE_STATEMENTS))
            .await
    }

    pub(crate) async fn statement(&self, number: i64) -> Result<Option<String>, Fault> {
        self.store.read(move |tx| statement::file(tx, number)).await
    }

    /// Money that comes in by transfer.
    pub(crate) async fn transfer(&self, transfer: Transfer) -> Result<(), Fault> {
        let now = self.clock.now();
        self.store
            .write(move |tx| account::book(tx, &transfer.entry(), now))
            .await
    }

    pub(crate) async fn charge_back(&self, asked: ChargeBack) -> Result<Dispute, NoDispute> {
        let now = self.clock.now();
        let tariff = self.account.tariff(now.date_in_paris());
        let charges = tariff.map_or(Money::ZERO, |tariff| tariff.of_chargeback());
        self.store
            .write(move |tx| {
                let ChargeBack {
                    payment,
                    amount,
                    reason,
                } = &asked;
                account::charge_back(tx, payment, *amount, reason, charges, now)
            })
            .await
    }

    pub(crate) async fn represent(&self, dispute: String) -> Result<Dispute, NoDispute> {
        let now = self.clock.now();
        self.store
            .write(move |tx| account::represent(tx, &dispute, now))
            .await
    }

    pub(crate) async fn books(&self, after: i64) -> Result<Books, Fault> {
        self.store.read(move |tx| books::page(tx, after)).await
    }

    pub(crate) async fn of_payment(&self, payment: String) -> Result<Vec<Hold>, Fault> {
        self.store
            .read(move |tx| books::of_payment(tx, &payment))
            .await
    }
}

fn word(asked: &Message, answer: &Answer) -> Result<Message, FieldError> {
    let mut worded = asked.answer(&answer.response_code)?;
    if !answer.retrieval_reference.is_empty() {
        worded.set(Field::RETRIEVAL_REFERENCE, &answer.retrieval_reference)?;
    }
    if !answer.approval_code.is_empty() {
        // The field is always full; the books have the code alone.
        worded.set(
            Field::APPROVAL_CODE,
            &format!("{:<6}", answer.approval_code),
        )?;
    }
    match answer.part {
        Some(part) => worded.with_amount(part),
        None => Ok(worded),
    }
}

/// Books a message once, and finds its answer however often it is said.
fn book(tx: &mut dyn Tx, request: &Request, now: Timestamp) -> Result<Answer, Fault> {
    let heard = books::hear(tx, request, now)?;
    if let Some(before) = heard.before {
        // The same trace number for something else is a mistake of the sender, not a repeat.
        return Ok(if before.same {
            before.answer
        } else {
            only(DUPLICATE_TRANSMISSION)
        });
    }
    let answer = match &request.verb {
        Verb::Authorise { decision, card } => {
            let (code, held) = if books::reversed_in_advance(tx, &request.key)? {
                (INVALID_TRANSACTION, request.amount)
            } else {
                decision.on(request.amount)
            };
            let part = (held != request.amount).then_some(held);
            let mut answer = named(code, part, heard.id, now);
            if let Some(approval) = decision.approval.as_ref().filter(|_| script::holds(code)) {
                answer.approval_code.clone_from(approval);
            }
            books::hold(tx, request, card, &answer, now)?;
            answer
        }
        // The same capture or refund under another trace number would be taken twice.
        Verb::Capture { .. } | Verb::Refund { .. }
            if books::done_otherwise(tx, request, heard.id)? =>
        {
            only(DUPLICATE_TRANSMISSION)
        }
        Verb::Capture { original } => on_hold(tx, original, |tx, hold| {
            let captured = books::capture(tx, hold.id, request.amount)?;
            Ok(code(captured, hold.state == "held"))
        })?,
        Verb::Refund { original } => on_hold(tx, original, |tx, hold| {
            let refunded = books::refund(tx, hold.id, request.amount)?;
            Ok(code(refunded, !hold.captured.is_zero()))
        })?,
        Verb::Reverse { original, stays } => on_hold(tx, original, |tx, hold| {
            // Where nothing was ever held, what a reversal wants is so.
            let is_so = hold.state == "declined";
            Ok(code(is_so || books::reverse(tx, hold.id, *stays)?, false))
        })?,
    };
    books::answered(tx, heard.id, &answer)?;
    Ok(answer)
}

/// What was not done although the state allowed it failed for its amount.
fn code(is_done: bool, state_allows: bool) -> &'static str {
    match (is_done, state_allows) {
        (true, _) => APPROVED,
        (false, true) => INVALID_AMOUNT,
        (false, false) => INVALID_TRANSACTION,
    }
}

/// Does something to the authorisation that a message names, and answers with its reference.
fn on_hold(
    tx: &mut dyn Tx,
    original: &Key,
    act: impl FnOnce(&mut dyn Tx, &Found) -> Result<&'static str, Fault>,
) -> Result<Answer, Fault> {
    let Some(hold) = books::find(tx, original)? else {
        return Ok(only(NOT_FOUND));
    };
    Ok(Answer {
        response_code: act(tx, &hold)?.to_owned(),
        retrieval_reference: hold.retrieval_reference,
        approval_code: String::new(),
        part: None,
    })
}

fn only(code: &str) -> Answer {
    Answer {
        response_code: code.to_owned(),
        retrieval_reference: String::new(),
        approval_code: String::new(),
        part: None,
    }
}

/// The answer to an authorisation. The retrieval reference has the usual form YDDDHHnnnnnn: last
/// digit of the year, day of the year, hour, number. The approval code shows that it is of a test.
fn named(code: &str, part: Option<Money>, number: i64, now: Timestamp) -> Answer {
    let time = now.in_paris();
    let (year, day, hour) = (time.year() % 10, time.date().day_of_year(), time.hour());
    let approval_code = if script::holds(code) {
        format!("T{:05}", number % 100_000)
    } else {
        String::new()
    };
    Answer {
        response_code: code.to_owned(),
        retrieval_reference: format!("{year}{day:03}{hour:02}{:06}", number % 1_000_000),
        approval_code,
        part,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use storage::StoreUrl;

    const REQUEST: &str = "0730120000";

    async fn desk() -> (tempfile::TempDir, Desk) {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("bank.db"));
        let store = Store::open(&url, &[books::MIGRATIONS]).await.unwrap();
        let desk = Desk::new(store, Duration::ZERO, Troubles::default(), Clock::system()).unwrap();
        (folder, desk)
    }

    fn message(mti: Mti, stan: &str, cents: &str) -> Message {
        Message::new(&ASCII_1987, mti)
            .with(Field::PROCESSING_CODE, "000000")
            .unwrap()
            .with(Field::AMOUNT, cents)
            .unwrap()
            .with(Field::CURRENCY, "978")
            .unwrap()
            .with(Field::TRANSMISSION_TIME, REQUEST)
            .unwrap()
            .with(Field::STAN, stan)
            .unwrap()
            .with(Field::TERMINAL, "BOUQUIN1")
            .unwrap()
            .with(Field::PAYMENT_REFERENCE, "a payment")
            .unwrap()
    }

    fn authorisation(stan: &str, cents: &str) -> Message {
        message(Mti::AUTHORISATION, stan, cents)
            .with(Field::PAN, "4242424242424242")
            .unwrap()
            .with(Field::EXPIRY, "4912")
            .unwrap()
    }

    fn about(mti: Mti, stan: &str, cents: &str, original: &str) -> Message {
        let original = format!("0100{original}{REQUEST}{:022}", 0);
        message(mti, stan, cents)
            .with(Field::ORIGINAL_DATA, &original)
            .unwrap()
    }

    async fn code_of(desk: &Desk, asked: &Message) -> String {
        let answer = desk.answer(asked).await.unwrap().unwrap();
        assert_eq!(answer.mti(), asked.mti().response());
        answer.get(Field::RESPONSE_CODE).unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_is_said_twice_is_answered_twice_and_booked_once() {
        let (_folder, desk) = desk().await;
        let asked = authorisation("000001", "000000002390");
        let first = desk.answer(&asked).await.unwrap().unwrap();
        let second = desk.answer(&asked).await.unwrap().unwrap();
        assert_eq!(first.encode(), second.encode());
        assert_eq!(
            code_of(&desk, &authorisation("000001", "000000009999")).await,
            DUPLICATE_TRANSMISSION
        );

        let capture = about(Mti::FINANCIAL_ADVICE, "000002", "000000002390", "000001");
        let again = about(
            Mti::FINANCIAL_ADVICE.repeat(),
            "000002",
            "000000002390",
            "000001",
        );
        let other = about(Mti::FINANCIAL_ADVICE, "000003", "000000002390", "000001");
        assert_eq!(code_of(&desk, &capture).await, APPROVED);
        assert_eq!(code_of(&desk, &again).await, APPROVED);
        assert_eq!(code_of(&desk, &other).await, INVALID_TRANSACTION);
        let books = desk.books(0).await.unwrap();
        assert_eq!(
            (
                books.totals.authorisations,
                books.totals.captured.as_cents()
            ),
            (1, 2390)
        );
        assert_eq!(
            books.holds.first().map(|hold| hold.card.as_str()),
            Some("424242…4242")
        );
    }

    #[tokio::test]
    async fn a_reversal_releases_once_whatever_its_own_trace_number() {
        let (_folder, desk) = desk().await;
        code_of(&desk, &authorisation("000001", "000000000500")).await;
        for stan in ["000002", "000002", "000003"] {
            let reversal = about(Mti::REVERSAL, stan, "000000000500", "000001");
            assert_eq!(code_of(&desk, &reversal).await, APPROVED);
        }
        let totals = desk.books(0).await.unwrap().totals;
        assert_eq!(
            (totals.held.as_cents(), totals.reversed.as_cents()),
            (0, 500)
        );
    }

    #[tokio::test]
    async fn a_reversal_that_overtakes_its_authorisation_wins() {
        let (_folder, desk) = desk().await;
        let reversal = about(Mti::REVERSAL, "000002", "000000000500", "000001");
        assert_eq!(code_of(&desk, &reversal).await, NOT_FOUND);
        assert_eq!(
            code_of(&desk, &authorisation("000001", "000000000500")).await,
            INVALID_TRANSACTION
        );
        assert!(desk.books(0).await.unwrap().totals.held.is_zero());
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused() {
        let (_folder, desk) = desk().await;
        code_of(&desk, &authorisation("000001", "000000000500")).await;
        let capture = |stan, cents| about(Mti::FINANCIAL_ADVICE, stan, cents, "000001");
        let refund = |stan, cents| {
            about(Mti::FINANCIAL, stan, cents, "000001")
                .with(Field::PROCESSING_CODE, "200000")
                .unwrap()
        };
        assert_eq!(
            code_of(&desk, &refund("000002", "000000000500")).await,
            INVALID_TRANSACTION
        );
        assert_eq!(
            code_of(&desk, &capture("000003", "000000000501")).await,
            INVALID_AMOUNT
        );
        assert_eq!(
            code_of(&desk, &capture("000004", "000000000500")).await,
            APPROVED
        );
        assert_eq!(
            code_of(&desk, &refund("000005", "000000000400")).await,
            APPROVED
        );
        assert_eq!(
            code_of(&desk, &refund("000006", "000000000101")).await,
            INVALID_AMOUNT
        );
        let reversal = about(Mti::REVERSAL, "000007", "000000000500", "000001");
        assert_eq!(code_of(&desk, &reversal).await, INVALID_TRANSACTION);
        let nameless = Message::new(&ASCII_1987, Mti::AUTHORISATION);
        assert_eq!(code_of(&desk, &nameless).await, FORMAT_ERROR);
    }
}
