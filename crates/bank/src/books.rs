//! The bank's books: one row per authorisation with what became of it, one row per message with what
//! was answered to it.

use serde::{Deserialize, Serialize};
use storage::{Fault, Migration, Row, Tx, Value};
use trade::clock::Timestamp;
use trade::money::Money;

use crate::request::{Key, Request};
use crate::script;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "bank",
        version: 1,
        sql: include_str!("../migrations/0001_books.sql"),
    },
    Migration {
        component: "bank",
        version: 2,
        sql: include_str!("../migrations/0002_captures.sql"),
    },
    Migration {
        component: "bank",
        version: 3,
        sql: include_str!("../migrations/0003_partial.sql"),
    },
    Migration {
        component: "bank",
        version: 4,
        sql: include_str!("../migrations/0004_clearing.sql"),
    },
    Migration {
        component: "bank",
        version: 5,
        sql: include_str!("../migrations/0005_refused.sql"),
    },
];

storage::statements! {
    HEAR = "INSERT INTO message (mti, terminal, stan, transmitted, original_stan, original_transmitted,
            payment, amount_cents, response_code, retrieval_reference, approval_code, times_said, booked_us, movement)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', 1, $9, $10)
        ON CONFLICT (mti, terminal, stan, transmitted) DO UPDATE SET times_said = message.times_said + 1
        RETURNING id, times_said, payment, amount_cents, response_code, retrieval_reference, approval_code, movement, part_cents";
    SAID_OTHERWISE = "SELECT 1 FROM message WHERE payment = $1 AND movement = $2 AND id <> $3 AND response_code = '00'";
    ANSWERED = "UPDATE message SET response_code = $2, retrieval_reference = $3, approval_code = $4, part_cents = $5 WHERE id = $1";
    REVERSED_IN_ADVANCE = "SELECT 1 FROM message
        WHERE mti = '0400' AND terminal = $1 AND original_stan = $2 AND original_transmitted = $3";
    HOLD = "INSERT INTO hold (payment, card, terminal, stan, transmitted, state, response_code,
            retrieval_reference, amount_cents, captured_cents, refunded_cents, released_cents, booked_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, $10)";
    FIND = "SELECT id, retrieval_reference, state, captured_cents FROM hold WHERE terminal = $1 AND stan = $2 AND transmitted = $3";
    CAPTURE = "UPDATE hold SET captured_cents = captured_cents + $2,
            state = CASE WHEN captured_cents + released_cents + $2 = amount_cents THEN 'captured' ELSE 'held' END
        WHERE id = $1 AND state = 'held' AND amount_cents - captured_cents - released_cents >= $2";
    REFUND = "UPDATE hold SET refunded_cents = refunded_cents + $2
        WHERE id = $1 AND captured_cents - refunded_cents >= $2";
    REVERSE = "UPDATE hold SET released_cents = amount_cents - $2,
            state = CASE WHEN captured_cents < $2 THEN 'held' WHEN captured_cents = 0 THEN 'reversed' ELSE 'captured' END
        WHERE id = $1 AND state = 'held' AND captured_cents <= $2 AND released_cents <= amount_cents - $2";
    STAYS = "SELECT 1 FROM hold WHERE id = $1 AND state <> 'declined' AND released_cents = amount_cents - $2";
    TOTALS = "SELECT COUNT(*),
            CAST(COALESCE(SUM(CASE WHEN state = 'held' THEN amount_cents - captured_cents - released_cents ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(captured_cents), 0) AS BIGINT),
            CAST(COALESCE(SUM(refunded_cents), 0) AS BIGINT),
            CAST(COALESCE(SUM(released_cents), 0) AS BIGINT)
        FROM hold";
    UNMATCHED = "SELECT COUNT(*) FROM message WHERE mti = '0400' AND response_code = '25'";
    PAGE = "SELECT hold.id, hold.payment, hold.card, hold.state, hold.response_code, hold.retrieval_reference,
            hold.amount_cents, hold.captured_cents, hold.refunded_cents, hold.released_cents,
            (SELECT COUNT(*) FROM message WHERE message.mti = '0400' AND message.terminal = hold.terminal
                AND message.original_stan = hold.stan AND message.original_transmitted = hold.transmitted)
        FROM hold WHERE hold.id > $1 ORDER BY hold.id LIMIT $2";
    OF_PAYMENT = "SELECT hold.id, hold.payment, hold.card, hold.state, hold.response_code, hold.retrieval_reference,
            hold.amount_cents, hold.captured_cents, hold.refunded_cents, hold.released_cents,
            (SELECT COUNT(*) FROM message WHERE message.mti = '0400' AND message.terminal = hold.terminal
                AND message.original_stan = hold.stan AND message.original_transmitted = hold.transmitted)
        FROM hold WHERE hold.payment = $1 ORDER BY hold.id LIMIT 100";
}

/// What became of one authorisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The bank's number for it, ascending.
    pub id: i64,
    /// The shop's name for the payment.
    pub payment: String,
    /// The card: first six and last four digits.
    pub card: String,
    /// `held` while anything is; then `captured`, or `reversed` when nothing was taken; `declined`.
    pub state: String,
    /// Field 39 of the 0110, whether or not that was sent.
    pub response_code: String,
    /// The bank's name for it, field 37.
    pub retrieval_reference: String,
    /// What was held, or would have been.
    pub amount: Money,
    /// What was taken.
    pub captured: Money,
    /// What of it was given back.
    pub refunded: Money,
    /// What of the amount was let go.
    pub released: Money,
    /// How many reversals named it, each counted once however often it was repeated.
    pub reversals: i64,
}

/// The sums over all holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many authorisations the bank has seen, approved or not.
    pub authorisations: i64,
    /// Held and neither captured nor reversed.
    pub held: Money,
    /// Taken, refunds not subtracted.
    pub captured: Money,
    /// Given back.
    pub refunded: Money,
    /// Held once and let go by a reversal.
    pub reversed: Money,
    /// Reversals of authorisations that never arrived.
    pub unmatched_reversals: i64,
}

/// A page of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Over everything, not only this page.
    pub totals: Totals,
    /// Ascending by id.
    pub holds: Vec<Hold>,
    /// Ask again with `after` this, when there may be more.
    pub next: Option<i64>,
}

/// What was answered to a message, and is answered again whenever it is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) response_code: String,
    pub(crate) retrieval_reference: String,
    pub(crate) approval_code: String,
    /// What of the amount was approved, when not all of it.
    pub(crate) part: Option<Money>,
}

/// A message in the books.
pub(crate) struct Heard {
    pub(crate) id: i64,
    /// What was answered, if it was said before.
    pub(crate) before: Option<Before>,
}

/// What the books know of a message that is said again.
pub(crate) struct Before {
    /// Whether it was about the same payment and amount then.
    pub(crate) same: bool,
    pub(crate) answer: Answer,
}

/// Writes down that a message was said, and finds what was answered if it was said before.
pub(crate) fn hear(tx: &mut dyn Tx, request: &Request, now: Timestamp) -> Result<Heard, Fault> {
    let original = request.verb.original();
    let mut params = vec![Value::from(request.verb.mti().to_string())];
    params.extend(key_values(&request.key));
    params.extend([
        original.map(|key| key.stan.number()).into(),
        original.map(|key| key.transmitted.to_string()).into(),
        request.payment.as_str().into(),
        request.amount.as_cents().into(),
        now.as_micros().into(),
        request.movement.as_str().into(),
    ]);
    let row = tx.query_one(&HEAR, &params)?;
    let before = Before {
        same: row.text(2)? == request.payment
            && row.int(3)? == request.amount.as_cents()
            && row.text(7)? == request.movement,
        answer: Answer {
            response_code: row.text(4)?.to_owned(),
            retrieval_reference: row.text(5)?.to_owned(),
            approval_code: row.text(6)?.to_owned(),
            part: row.opt_int(8)?.map(Money::cents),
        },
    };
    Ok(Heard {
        id: row.int(0)?,
        before: (row.int(1)? > 1).then_some(before),
    })
}

/// Whether a capture or refund of this name was done under another trace number.
pub(crate) fn done_otherwise(
    tx: &mut dyn Tx,
    request: &Request,
    heard: i64,
) -> Result<bool, Fault> {
    if request.movement.is_empty() {
        return Ok(false);
    }
    let params = [
        request.payment.as_str().into(),
        request.movement.as_str().into(),
        heard.into(),
    ];
    Ok(tx.query_opt(&SAID_OTHERWISE, &params)?.is_some())
}

pub(crate) fn answered(tx: &mut dyn Tx, heard: i64, answer: &Answer) -> Result<(), Fault> {
    let Answer {
        response_code,
        retrieval_reference,
        approval_code,
        part,
    } = answer;
    let params = [
        heard.into(),
        response_code.into(),
        retrieval_reference.into(),
        approval_code.into(),
        part.map(Money::as_cents).into(),
    ];
    tx.execute(&ANSWERED, &params).map(drop)
}

/// Whether a reversal of this authorisation overtook it.
pub(crate) fn reversed_in_advance(tx: &mut dyn Tx, key: &Key) -> Result<bool, Fault> {
    Ok(tx
        .query_opt(&REVERSED_IN_ADVANCE, &key_values(key))?
        .is_some())
}

pub(crate) fn hold(
    tx: &mut dyn Tx,
    request: &Request,
    card: &str,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), Fault> {
    let state = if script::holds(&answer.response_code) {
        "held"
    } else {
        "declined"
    };
    let mut params = vec![Value::from(&request.payment), card.into()];
    params.extend(key_values(&request.key));
    params.extend([
        state.into(),
        Value::from(&answer.response_code),
        Value::from(&answer.retrieval_reference),
        answer.part.unwrap_or(request.amount).as_cents().into(),
        now.as_micros().into(),
    ]);
    tx.execute(&HOLD, &params).map(drop)
}

/// An authorisation as a later message finds it.
pub(crate) struct Found {
    pub(crate) id: i64,
    pub(crate) retrieval_reference: String,
    pub(crate) state: String,
    pub(crate) captured: Money,
}

pub(crate) fn find(tx: &mut dyn Tx, key: &Key) -> Result<Option<Found>, Fault> {
    let Some(row) = tx.query_opt(&FIND, &key_values(key))? else {
        return Ok(None);
    };
    Ok(Some(Found {
        id: row.int(0)?,
        retrieval_reference: row.text(1)?.to_owned(),
        state: row.text(2)?.to_owned(),
        captured: Money::cents(row.int(3)?),
    }))
}

/// Whether so much of it was still held.
pub(crate) fn capture(tx: &mut dyn Tx, hold: i64, amount: Money) -> Result<bool, Fault> {
    Ok(tx.execute(&CAPTURE, &[hold.into(), amount.as_cents().into()])? == 1)
}

/// Whether enough was captured and not yet given back.
pub(crate) fn refund(tx: &mut dyn Tx, hold: i64, amount: Money) -> Result<bool, Fault> {
    Ok(tx.execute(&REFUND, &[hold.into(), amount.as_cents().into()])? == 1)
}

/// Lets go of all but what `stays`; whether that could be, or was so before.
pub(crate) fn reverse(tx: &mut dyn Tx, hold: i64, stays: Money) -> Result<bool, Fault> {
    let params = [hold.into(), stays.as_cents().into()];
    Ok(tx.execute(&REVERSE, &params)? == 1 || tx.query_opt(&STAYS, &params)?.is_some())
}

/// How many holds a page shows: a page must fit the 64 kB that a link reads.
const PAGE_HOLDS: usize = 100;

/// The page of the books after the hold `after`.
pub(crate) fn page(tx: &mut dyn Tx, after: i64) -> Result<Books, Fault> {
    let rows = tx.query(&PAGE, &[after.into(), (PAGE_HOLDS as i64).into()])?;
    let holds = rows.iter().map(read_hold).collect::<Result<Vec<_>, _>>()?;
    let next = holds
        .last()
        .map(|hold| hold.id)
        .filter(|_| holds.len() == PAGE_HOLDS);
    Ok(Books {
        totals: totals(tx)?,
        holds,
        next,
    })
}

/// What the books say of one payment.
pub(crate) fn of_payment(tx: &mut dyn Tx, payment: &str) -> Result<Vec<Hold>, Fault> {
    tx.query(&OF_PAYMENT, &[payment.into()])?
        .iter()
        .map(read_hold)
        .collect()
}

fn totals(tx: &mut dyn Tx) -> Result<Totals, Fault> {
    let sums = tx.query_one(&TOTALS, &[])?;
    Ok(Totals {
        authorisations: sums.int(0)?,
        held: Money::cents(sums.int(1)?),
        captured: Money::cents(sums.int(2)?),
        refunded: Money::cents(sums.int(3)?),
        reversed: Money::cents(sums.int(4)?),
        unmatched_reversals: tx.query_one(&UNMATCHED, &[])?.int(0)?,
    })
}

fn read_hold(row: &Row) -> Result<Hold, Fault> {
    Ok(Hold {
        id: row.int(0)?,
        payment: row.text(1)?.to_owned(),
        card: row.text(2)?.to_owned(),
        state: row.text(3)?.to_owned(),
        response_code: row.text(4)?.to_owned(),
        retrieval_reference: row.text(5)?.to_owned(),
        amount: Money::cents(row.int(6)?),
        captured: Money::cents(row.int(7)?),
        refunded: Money::cents(row.int(8)?),
        released: Money::cents(row.int(9)?),
        reversals: row.int(10)?,
    })
}

fn key_values(key: &Key) -> [Value; 3] {
    [
        key.terminal.as_str().into(),
        key.stan.number().into(),
        key.transmitted.to_string().into(),
    ]
}
