//! Payments in the journal. Every move is a guarded UPDATE along an arrow of [`State`]; none reads
//! first and writes later.

use banking::clearing::{ApprovalCode, RetrievalReference};
use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;
use trade::ids::{OrderNumber, PaymentId};
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, Decline, NotSent};

use super::Trace;
use super::advice::{self, Kind};
use crate::response;
use crate::state::State;

storage::statements! {
    RECEIVE = "INSERT INTO payment (id, order_number, amount_cents, state, captured_cents, refunded_cents, received_us, changed_us)
        VALUES ($1, $2, $3, $4, 0, 0, $5, $5) ON CONFLICT (id) DO NOTHING";
    CLOSE_UNHEARD = "INSERT INTO payment (id, order_number, amount_cents, state, not_sent, captured_cents, refunded_cents, received_us, changed_us)
        VALUES ($1, '', 0, 'not_sent', $2, 0, 0, $3, $3) ON CONFLICT (id) DO NOTHING";
    FIND = "SELECT id, order_number, amount_cents, state, stan, transmitted, response_code, approval_code,
            retrieval_reference, not_sent, captured_cents, refunded_cents, capturing_cents, part_cents, late_code
        FROM payment WHERE id = $1";
    MOVE = "UPDATE payment SET state = $3, changed_us = $4 WHERE id = $1 AND state = $2";
    SEND = "UPDATE payment SET state = 'sending', stan = $2, transmitted = $3, changed_us = $4
        WHERE id = $1 AND state = 'received'";
    ANSWERED = "UPDATE payment SET state = $2, response_code = $3, approval_code = $4, retrieval_reference = $5, part_cents = $6, late_code = NULL, changed_us = $7
        WHERE id = $1 AND state = 'sending' AND (late_code IS NULL OR $2 <> 'declined')";
    NOT_SENT = "UPDATE payment SET state = 'not_sent', not_sent = $2, changed_us = $3
        WHERE id = $1 AND state IN ('received', 'sending') AND late_code IS NULL";
    APPROVED_LATE = "UPDATE payment SET late_code = $2 WHERE id = $1";
    LATE_IS_SEEN_TO = "UPDATE payment SET late_code = NULL WHERE id = $1";
    CAPTURE = "UPDATE payment SET capturing_cents = capturing_cents + $2, changed_us = $3
        WHERE id = $1 AND state = 'approved' AND amount_cents - captured_cents - capturing_cents >= $2";
    CAPTURED = "UPDATE payment SET capturing_cents = capturing_cents - $2, captured_cents = captured_cents + $2, changed_us = $3,
            state = CASE WHEN state = 'approved' AND captured_cents + $2 = amount_cents THEN 'captured' ELSE state END
        WHERE id = $1";
    UNCAPTURE = "UPDATE payment SET capturing_cents = capturing_cents - $2, changed_us = $3 WHERE id = $1";
    REFUND = "UPDATE payment SET refunded_cents = refunded_cents + $2, changed_us = $3
        WHERE id = $1 AND captured_cents - refunded_cents >= $2";
    UNREFUND = "UPDATE payment SET refunded_cents = refunded_cents - $2, changed_us = $3 WHERE id = $1";
    UNSETTLED = "SELECT id, state FROM payment
        WHERE state IN ('received', 'sending') AND changed_us <= $1 ORDER BY changed_us LIMIT 500";
    COUNT_UNKNOWN = "SELECT COUNT(*) FROM payment WHERE state = 'unknown'";
}

/// What the shop is told when the switch stopped between the request and the 0100: to the shop that
/// is the same as a switch it could not reach.
const INTERRUPTED: NotSent = NotSent::SwitchUnreachable;

/// A payment as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) id: PaymentId,
    pub(crate) order: String,
    pub(crate) amount: Money,
    pub(crate) state: State,
    /// The 0100, once it was about to leave.
    pub(crate) trace: Option<Trace>,
    pub(crate) response_code: Option<String>,
    pub(crate) approval_code: Option<String>,
    pub(crate) retrieval_reference: Option<String>,
    pub(crate) not_sent: Option<NotSent>,
    /// What the bank has confirmed of the captures.
    pub(crate) captured: Money,
    pub(crate) refunded: Money,
    /// What is being captured.
    pub(crate) capturing: Money,
    /// What the bank approved, when that was a part of the amount.
    pub(crate) part: Option<Money>,
    /// Field 39 of an approval that came when nobody waited for it, while no reversal has been queued since.
    pub(crate) late_code: Option<String>,
}

impl Payment {
    /// What became of the authorisation; `None` while it is under way.
    pub(crate) fn authorisation(&self) -> Option<AuthoriseOutcome> {
        if let Some(reason) = self.not_sent {
            return Some(AuthoriseOutcome::NotSent { reason });
        }
        match (self.state, self.response_code.as_deref()) {
            (State::Received | State::Sending, _) => None,
            (_, Some(response::APPROVED)) => Some(AuthoriseOutcome::Approved {
                approval_code: self.approval_code.clone().unwrap_or_default(),
                retrieval_reference: self.retrieval_reference.clone().unwrap_or_default(),
            }),
            // To the buyer a part of the amount is too little on the account.
            (_, Some(response::PARTLY_APPROVED)) => Some(AuthoriseOutcome::Declined {
                reason: Decline::InsufficientFunds,
            }),
            (_, Some(code)) => Some(AuthoriseOutcome::Declined {
                reason: Decline::from_field39(code),
            }),
            (_, None) => Some(AuthoriseOutcome::Unknown),
        }
    }

    /// Whether it is about this order and amount. A payment closed before it was heard of is about
    /// whatever its identifier is later said to be about.
    pub(crate) fn is_about(&self, order: &OrderNumber, amount: Money) -> bool {
        self.order.is_empty() || (self.order == order.to_string() && self.amount == amount)
    }
}

/// What the bank said to a 0100, or that it said nothing one can build on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved {
        approval_code: ApprovalCode,
        retrieval_reference: RetrievalReference,
    },
    Declined {
        code: String,
    },
    /// Approved for no more than this, where the bank says how much.
    PartlyApproved {
        part: Option<Money>,
    },
    Unknown,
    NotSent(NotSent),
}

/// Writes down that the shop asked; whether this was the first time.
pub(crate) fn receive(
    tx: &mut dyn Tx,
    id: PaymentId,
    order: &OrderNumber,
    amount: Money,
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [
        id.to_string().into(),
        order.to_string().into(),
        amount.as_cents().into(),
        State::Received.name().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&RECEIVE, &params)? == 1)
}

/// Closes a payment that was never heard of, so that a request still on its way finds it closed.
pub(crate) fn close_unheard(tx: &mut dyn Tx, id: PaymentId, now: Timestamp) -> Result<bool, Fault> {
    let reason = INTERRUPTED.code();
    let params = [id.to_string().into(), reason.into(), now.as_micros().into()];
    Ok(tx.execute(&CLOSE_UNHEARD, &params)? == 1)
}

pub(crate) fn find(tx: &mut dyn Tx, id: PaymentId) -> Result<Option<Payment>, Fault> {
    let row = tx.query_opt(&FIND, &[id.to_string().into()])?;
    row.as_ref().map(read).transpose()
}

/// The intent: from here on the 0100 may have left. `None` when the payment was settled meanwhile.
pub(crate) fn send(tx: &mut dyn Tx, id: PaymentId, now: Timestamp) -> Result<Option<Trace>, Fault> {
    let trace = Trace::next(tx, now)?;
    let params = [
        id.to_string().into(),
        trace.stan.number().into(),
        trace.transmitted.to_string().into(),
        now.as_micros().into(),
    ];
    Ok((tx.execute(&SEND, &params)? == 1).then_some(trace))
}

/// Writes down the verdict, unless another one stands; doubt and a part of the amount queue the reversal in the same
/// transaction.
pub(crate) fn conclude(
    tx: &mut dyn Tx,
    id: PaymentId,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), Fault> {
    let nothing = [Value::Null, Value::Null, Value::Null];
    match verdict {
        Verdict::Approved {
            approval_code,
            retrieval_reference,
        } => {
            let said = [
                approval_code.as_str().into(),
                retrieval_reference.as_str().into(),
                Value::Null,
            ];
            answered(tx, id, (State::Approved, response::APPROVED), said, now)?;
        }
        Verdict::Declined { code } => {
            if !answered(tx, id, (State::Declined, code), nothing, now)? {
                // Settled meanwhile, or approved by another answer.
                doubt(tx, id, now)?;
            }
        }
        Verdict::PartlyApproved { part } => {
            let code = response::PARTLY_APPROVED;
            let said = [Value::Null, Value::Null, part.map(Money::as_cents).into()];
            if answered(tx, id, (State::PartlyApproved, code), said, now)? {
                take_back(tx, id, now)?;
            }
        }
        Verdict::Unknown => {
            doubt(tx, id, now)?;
        }
        Verdict::NotSent(reason) => {
            let params = [
                id.to_string().into(),
                reason.code().into(),
                now.as_micros().into(),
            ];
            if tx.execute(&NOT_SENT, &params)? == 0 {
                doubt(tx, id, now)?;
            }
        }
    }
    Ok(())
}

/// Writes down the bank's answer: state and field 39, then fields 38 and 37 and the part that was approved. Whether it
/// was waited for.
fn answered(
    tx: &mut dyn Tx,
    id: PaymentId,
    (state, code): (State, &str),
    said: [Value; 3],
    now: Timestamp,
) -> Result<bool, Fault> {
    let mut params = vec![id.to_string().into(), state.name().into(), code.into()];
    params.extend(said);
    params.push(now.as_micros().into());
    Ok(tx.execute(&ANSWERED, &params)? == 1)
}

/// Leaves a payment that is still asked about in doubt, with its reversal queued.
fn doubt(tx: &mut dyn Tx, id: PaymentId, now: Timestamp) -> Result<(), Fault> {
    if advance(tx, id, State::Sending, State::Unknown, now)? {
        take_back(tx, id, now)?;
    }
    Ok(())
}

/// Queues the one reversal of what nobody may build on.
fn take_back(tx: &mut dyn Tx, id: PaymentId, now: Timestamp) -> Result<(), Fault> {
    let amount = find(tx, id)?.map_or(Money::ZERO, |payment| payment.amount);
    advice::queue(tx, id, Kind::Reversal, amount, now)?;
    late_is_seen_to(tx, id)
}

/// A reversal was queued after all that was heard of the payment.
fn late_is_seen_to(tx: &mut dyn Tx, id: PaymentId) -> Result<(), Fault> {
    let params = [id.to_string().into()];
    tx.execute(&LATE_IS_SEEN_TO, &params).map(drop)
}

/// The bank approved what nobody may build on any more: a payment that is declined, in doubt, reversed or believed not to
/// have been sent. It is in doubt, and its reversal is said anew unless it is on its way or the bank has confirmed it;
/// `true` when it is. Of a payment that is still asked about it is written down, for whoever concludes it.
pub(crate) fn approved_late(
    tx: &mut dyn Tx,
    payment: &Payment,
    code: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let id = payment.id;
    tx.execute(&APPROVED_LATE, &[id.to_string().into(), code.into()])?;
    if payment.state == State::Sending {
        return Ok(false);
    }
    let armed = advice::arm_anew(tx, id, now)?
        || advice::queue(tx, id, Kind::Reversal, payment.amount, now)?;
    if armed {
        late_is_seen_to(tx, id)?;
        if payment.state != State::Unknown {
            advance(tx, id, payment.state, State::Unknown, now)?;
        }
    }
    Ok(armed)
}

/// A reversal was answered with 25, and an approval had come after it was queued: the two crossed. It is said anew, under
/// another name; `false` when no approval had.
pub(crate) fn reverse_what_crossed(
    tx: &mut dyn Tx,
    id: PaymentId,
    reversal: i64,
    now: Timestamp,
) -> Result<bool, Fault> {
    let crossed = find(tx, id)?.is_some_and(|payment| payment.late_code.is_some());
    if crossed {
        advice::name_anew(tx, reversal, now)?;
        late_is_seen_to(tx, id)?;
    }
    Ok(crossed)
}

/// Moves a payment along an arrow, if it is still where the arrow begins.
pub(crate) fn advance(
    tx: &mut dyn Tx,
    id: PaymentId,
    from: State,
    to: State,
    now: Timestamp,
) -> Result<bool, Fault> {
    if !from.may_become(to) {
        return Err(Fault::defect(format!(
            "no payment goes from {from:?} to {to:?}"
        )));
    }
    let params = [
        id.to_string().into(),
        from.name().into(),
        to.name().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&MOVE, &params)? == 1)
}

/// Sets an amount aside for a capture, when so much is held and not yet spoken for.
pub(crate) fn capture(
    tx: &mut dyn Tx,
    id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [
        id.to_string().into(),
        amount.as_cents().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&CAPTURE, &params)? == 1)
}

/// The bank confirmed a capture; with the last of them the payment is captured.
pub(crate) fn captured(
    tx: &mut dyn Tx,
    id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        id.to_string().into(),
        amount.as_cents().into(),
        now.as_micros().into(),
    ];
    tx.execute(&CAPTURED, &params).map(drop)
}

/// The bank refused a capture.
pub(crate) fn uncapture(
    tx: &mut dyn Tx,
    id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        id.to_string().into(),
        amount.as_cents().into(),
        now.as_micros().into(),
    ];
    tx.execute(&UNCAPTURE, &params).map(drop)
}

/// Sets an amount aside for a refund, when so much was captured and not yet refunded.
pub(crate) fn refund(
    tx: &mut dyn Tx,
    id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [
        id.to_string().into(),
        amount.as_cents().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&REFUND, &params)? == 1)
}

/// The bank refused the refund.
pub(crate) fn unrefund(
    tx: &mut dyn Tx,
    id: PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        id.to_string().into(),
        amount.as_cents().into(),
        now.as_micros().into(),
    ];
    tx.execute(&UNREFUND, &params).map(drop)
}

/// Settles what a crash left under way before `until`, at most 500 of them: what was never sent was
/// not sent, what may have been sent is unknown. Returns how many there were.
pub(crate) fn settle_interrupted(
    tx: &mut dyn Tx,
    until: Timestamp,
    now: Timestamp,
) -> Result<usize, Fault> {
    let rows = tx.query(&UNSETTLED, &[until.as_micros().into()])?;
    for row in &rows {
        let id = payment_id(row.text(0)?)?;
        let verdict = match state(row.text(1)?)? {
            State::Sending => Verdict::Unknown,
            _ => Verdict::NotSent(INTERRUPTED),
        };
        conclude(tx, id, &verdict, now)?;
    }
    Ok(rows.len())
}

pub(crate) fn count_unknown(tx: &mut dyn Tx) -> Result<i64, Fault> {
    tx.query_one(&COUNT_UNKNOWN, &[])?.int(0)
}

pub(crate) fn payment_id(text: &str) -> Result<PaymentId, Fault> {
    text.parse()
        .map_err(|_| Fault::defect("a payment's name is malformed"))
}

fn read(row: &Row) -> Result<Payment, Fault> {
    let text = |column| Ok::<_, Fault>(row.opt_text(column)?.map(str::to_owned));
    let trace = match (row.opt_int(4)?, row.opt_text(5)?) {
        (Some(stan), Some(transmitted)) => Some(Trace::read(stan, transmitted)?),
        _ => None,
    };
    Ok(Payment {
        id: payment_id(row.text(0)?)?,
        order: row.text(1)?.to_owned(),
        amount: Money::cents(row.int(2)?),
        state: state(row.text(3)?)?,
        trace,
        response_code: text(6)?,
        approval_code: text(7)?,
        retrieval_reference: text(8)?,
        not_sent: row.opt_text(9)?.map(not_sent).transpose()?,
        captured: Money::cents(row.int(10)?),
        refunded: Money::cents(row.int(11)?),
        capturing: Money::cents(row.int(12)?),
        part: row.opt_int(13)?.map(Money::cents),
        late_code: text(14)?,
    })
}

fn state(name: &str) -> Result<State, Fault> {
    State::named(name).ok_or_else(|| Fault::defect("a state in the journal is not known"))
}

fn not_sent(code: &str) -> Result<NotSent, Fault> {
    NotSent::parse(code).ok_or_else(|| Fault::defect("a reason in the journal is not known"))
}
