//! The reader confirms that the e-mail address is hers: a code goes there, she types it, and the attempt is decided
//! again with that as a fact.
//!
//! Guessing is hopeless: few tries, few codes, ten minutes, and a comparison that takes as long for every
//! wrong code. Codes are worked out from the shop's secret and never stored.

use screening::Decision;
use storage::{Fault, Store, Tx};
use subtle::ConstantTimeEq;
use trade::{
    clock::{Clock, Timestamp},
    ids::OrderNumber,
};

use super::{
    bureau::Heard,
    gather::{self, Ordered},
    letter::{self, CodeLetter},
    limits,
    record::{self, Decided, Screened, Standing},
    screen::{Outcome, Screening, outcome},
    traces::DAY,
};

storage::statements! {
    CODES = "SELECT codes_sent, code_sent_us, code_tries FROM screenings WHERE id = $1";
    SENT = "UPDATE screenings SET codes_sent = codes_sent + 1, code_sent_us = $2, code_tries = 0
        WHERE id = $1 AND standing = 'asked' AND codes_sent = $3";
    TRY = "UPDATE screenings SET code_tries = code_tries + 1
        WHERE id = $1 AND standing = 'asked' AND code_tries < $2";
    SENT_TODAY = "SELECT CAST(COALESCE(SUM(s.codes_sent), 0) AS BIGINT) FROM screening_traces t
        JOIN screenings s ON s.attempt = t.attempt AND s.order_id = t.order_id
        WHERE t.email = $1 AND t.at_us > $2 AND t.declined = 0 AND s.round = 1";
}

/// Why a code was not accepted, or not sent.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefusal {
    /// No such screening of that order.
    #[error("there is nothing to confirm")]
    NothingToConfirm,
    /// Another code was sent.
    #[error("this is not the code; {left} tries are left")]
    Wrong {
        /// Tries that are left for the code that was sent last.
        left: u32,
    },
    /// The code that was sent last is too old, or was tried too often: another one may be sent.
    #[error("the code is not good any more")]
    Over,
    /// One was sent a moment ago.
    #[error("a code was sent a moment ago")]
    TooSoon,
    /// No more codes are sent.
    #[error("no more codes are sent")]
    NoMore,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The first code of an attempt, in the transaction that decided it. A mailbox that got too many gets none: the page
/// says that it can be asked for again.
pub(super) fn first_code(
    tx: &mut dyn Tx,
    screening: &Screening,
    screened: &Screened,
    ordered: &Ordered,
    now: Timestamp,
) -> Result<(), Fault> {
    match send(tx, screening, screened, ordered, now) {
        Ok(()) | Err(CodeRefusal::TooSoon | CodeRefusal::NoMore) => Ok(()),
        Err(CodeRefusal::Fault(fault)) => Err(fault),
        Err(other) => Err(Fault::defect(other.to_string())),
    }
}

/// Sends another code; the one before is good no more.
///
/// # Errors
/// See [`CodeRefusal`].
pub async fn send_again(
    store: &Store,
    screening: &Screening,
    clock: &Clock,
    (number, id): (&OrderNumber, i64),
) -> Result<(), CodeRefusal> {
    let (screening, number, now) = (screening.clone(), number.clone(), clock.now());
    store
        .write(move |tx| {
            let (screened, ordered) = asked(tx, &number, id)?;
            match screened.standing {
                Standing::Asked => send(tx, &screening, &screened, &ordered, now),
                _ => Err(CodeRefusal::NothingToConfirm),
            }
        })
        .await
}

fn send(
    tx: &mut dyn Tx,
    screening: &Screening,
    screened: &Screened,
    ordered: &Ordered,
    now: Timestamp,
) -> Result<(), CodeRefusal> {
    let codes = codes(tx, screened.id)?;
    if codes.sent >= limits::CODES_SENT {
        return Err(CodeRefusal::NoMore);
    }
    if codes
        .last
        .is_some_and(|last| now.since(last) < limits::CODE_PAUSE)
    {
        return Err(CodeRefusal::TooSoon);
    }
    let visit = super::marks::Visit::default();
    let who = (&ordered.email, &ordered.address);
    let marks = screening.keys.marks(who, None, &visit);
    let params = [marks.email.text().into(), now.minus(DAY).as_micros().into()];
    if tx.query_one(&SENT_TODAY, &params)?.count(0)? >= limits::CODES_PER_DAY {
        return Err(CodeRefusal::NoMore);
    }
    let params = [
        screened.id.into(),
        now.as_micros().into(),
        codes.sent.into(),
    ];
    if tx.execute(&SENT, &params)? == 0 {
        return Err(CodeRefusal::TooSoon);
    }
    let letter = CodeLetter {
        screening: screened.id,
        sent: codes.sent + 1,
        locale: ordered.locale,
        to: ordered.email.clone(),
    };
    Ok(letter::write(tx, &letter)?)
}

/// Looks at a code that the reader typed. The right one decides the attempt again; what came of it is the answer, also
/// when she confirmed before.
///
/// # Errors
/// See [`CodeRefusal`].
pub async fn confirm(
    store: &Store,
    screening: &Screening,
    clock: &Clock,
    (number, id): (&OrderNumber, i64),
    code: &str,
) -> Result<Outcome, CodeRefusal> {
    let (screening, number, now) = (screening.clone(), number.clone(), clock.now());
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(12)
        .collect();
    // A wrong try must stay counted, so it is no error of the transaction.
    let looked = store.write(move |tx| try_code(tx, &screening, (&number, id), &code, now));
    looked.await?
}

type Tried = Result<Outcome, CodeRefusal>;

fn try_code(
    tx: &mut dyn Tx,
    screening: &Screening,
    (number, id): (&OrderNumber, i64),
    code: &str,
    now: Timestamp,
) -> Result<Tried, Fault> {
    let (screened, _) = match asked(tx, number, id) {
        Ok(asked) => asked,
        Err(CodeRefusal::Fault(fault)) => return Err(fault),
        Err(refusal) => return Ok(Err(refusal)),
    };
    if screened.standing != Standing::Asked {
        let latest = record::latest(tx, &screened.attempt, &screened.card)?.unwrap_or(screened);
        return Ok(Ok(outcome(&latest)));
    }
    let codes = codes(tx, id)?;
    let fresh = codes
        .last
        .is_some_and(|last| now.since(last) < limits::CODE_LIFE);
    if !fresh || tx.execute(&TRY, &[id.into(), limits::CODE_TRIES.into()])? == 0 {
        return Ok(Err(CodeRefusal::Over));
    }
    let sent = screening.keys.code(id, codes.sent);
    if !bool::from(sent.as_bytes().ct_eq(code.as_bytes())) {
        let left = limits::CODE_TRIES.saturating_sub(codes.tries + 1);
        return Ok(Err(match left {
            0 => CodeRefusal::Over,
            left => CodeRefusal::Wrong { left },
        }));
    }
    Ok(Ok(second_round(tx, screening, &screened, now)?))
}

/// The same facts, and that the address is hers, by the rules in force now.
fn second_round(
    tx: &mut dyn Tx,
    screening: &Screening,
    first: &Screened,
    now: Timestamp,
) -> Result<Outcome, Fault> {
    let step = (Standing::Asked, Standing::Confirmed);
    record::advance(tx, first.id, step, None, now)?;
    let facts = screening::Facts {
        email_confirmed: true,
        ..first.facts.clone()
    };
    let decided = Decided {
        order: first.order,
        attempt: &first.attempt,
        card: &first.card,
        round: 2,
        facts: &facts,
        bureau: Heard {
            word: first.bureau,
            score: None,
        },
        acts: screening.acts,
        trace: None,
    };
    let in_force = screening.book.in_force(tx, now)?;
    let second = record::decide(tx, &decided, &in_force, now)?.screened();
    if second.verdict.decision == Decision::StepUp {
        return Err(Fault::defect(
            "a confirmed address was to be confirmed again",
        ));
    }
    Ok(outcome(&second))
}

/// The screening of that number, if it is one of that order's.
fn asked(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    id: i64,
) -> Result<(Screened, Ordered), CodeRefusal> {
    let ordered = gather::order(tx, number)?.ok_or(CodeRefusal::NothingToConfirm)?;
    let screened = record::of_id(tx, id)?.ok_or(CodeRefusal::NothingToConfirm)?;
    let asked = screened.order == ordered.id
        && screened.round == 1
        && screened.verdict.decision == Decision::StepUp;
    match asked {
        true => Ok((screened, ordered)),
        false => Err(CodeRefusal::NothingToConfirm),
    }
}

struct Codes {
    sent: u32,
    last: Option<Timestamp>,
    tries: u32,
}

fn codes(tx: &mut dyn Tx, id: i64) -> Result<Codes, Fault> {
    let row = tx.query_one(&CODES, &[id.into()])?;
    Ok(Codes {
        sent: row.count(0)?,
        last: row.opt_int(1)?.map(Timestamp::micros),
        tries: row.count(2)?,
    })
}
