//! The desk: takes a message, decides, books it and words the answer. Every message is booked with
//! its answer in one transaction, so a repeat finds both or neither.

use std::time::Duration;

use cards::iso8583::{Field, FieldError, Message};
use storage::{Fault, Store, Tx};
use trade::clock::{Clock, Timestamp};

use crate::books::{self, Answer, Books, Found, Hold};
use crate::request::{Key, Request, Verb};
use crate::script::{Patience, Script, ScriptError};

const APPROVED: &str = "00";
const INVALID_TRANSACTION: &str = "12";
const INVALID_AMOUNT: &str = "13";
const NOT_FOUND: &str = "25";
const FORMAT_ERROR: &str = "30";
const DUPLICATE_TRANSMISSION: &str = "94";
const SYSTEM_MALFUNCTION: &str = "96";

#[derive(Debug)]
pub(crate) struct Desk {
    store: Store,
    script: Script,
    slow: Duration,
    clock: Clock,
}

impl Desk {
    pub(crate) fn new(store: Store, slow: Duration, clock: Clock) -> Result<Desk, ScriptError> {
        let script = Script::load()?;
        Ok(Desk {
            store,
            script,
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
        worded.set(Field::APPROVAL_CODE, &answer.approval_code)?;
    }
    Ok(worded)
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
            let code = if books::reversed_in_advance(tx, &request.key)? {
                INVALID_TRANSACTION
            } else {
                &decision.code
            };
            let answer = named(code, heard.id, now);
            books::hold(tx, request, card, &answer, now)?;
            answer
        }
        Verb::Capture { original } => on_hold(tx, original, |tx, hold| {
            match (
                books::capture(tx, hold.id, request.amount)?,
                hold.state.as_str(),
            ) {
                (true, _) => Ok(APPROVED),
                (false, "held") => Ok(INVALID_AMOUNT),
                (false, _) => Ok(INVALID_TRANSACTION),
            }
        })?,
        Verb::Refund { original } => on_hold(tx, original, |tx, hold| {
            match (
                books::refund(tx, hold.id, request.amount)?,
                hold.state.as_str(),
            ) {
                (true, _) => Ok(APPROVED),
                (false, "captured") => Ok(INVALID_AMOUNT),
                (false, _) => Ok(INVALID_TRANSACTION),
            }
        })?,
        Verb::Reverse { original } => on_hold(tx, original, |tx, hold| {
            match (books::reverse(tx, hold.id)?, hold.state.as_str()) {
                // Nothing is held any more, or never was: what a reversal wants is so.
                (true, _) | (false, "reversed" | "declined") => Ok(APPROVED),
                (false, _) => Ok(INVALID_TRANSACTION),
            }
        })?,
    };
    books::answered(tx, heard.id, &answer)?;
    Ok(answer)
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
    })
}

fn only(code: &str) -> Answer {
    Answer {
        response_code: code.to_owned(),
        retrieval_reference: String::new(),
        approval_code: String::new(),
    }
}

/// The answer to an authorisation. The retrieval reference has the usual form YDDDHHnnnnnn: last
/// digit of the year, day of the year, hour, number. The approval code shows that it is of a test.
fn named(code: &str, number: i64, now: Timestamp) -> Answer {
    let time = now.in_paris();
    let (year, day, hour) = (time.year() % 10, time.date().day_of_year(), time.hour());
    let approval_code = match code {
        APPROVED => format!("T{:05}", number % 100_000),
        _ => String::new(),
    };
    Answer {
        response_code: code.to_owned(),
        retrieval_reference: format!("{year}{day:03}{hour:02}{:06}", number % 1_000_000),
        approval_code,
    }
}
