//! The verb that everybody calls who is about to ask for money.

use std::{fmt, sync::Arc};

use screening::{Decision, Facts};
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::OrderNumber,
    payment::{Brand, CheckInReceipt},
};

use super::{
    bureau::{self, Bureau, Heard},
    disputed,
    gather::{self, History, Means, Ordered},
    limits,
    marks::{Mark, MarkKeys, Marks, Visit},
    memory::Memory,
    record::{self, Decided, Screened, Standing, Written},
    rule_book::RuleBook,
    traces,
};
use crate::order::OrderState;

/// What the screening works with; cheap to clone.
#[derive(Clone)]
pub struct Screening {
    pub(super) keys: MarkKeys,
    pub(super) book: RuleBook,
    memory: Memory,
    pub(super) acts: bool,
    bureau: Option<Arc<dyn Bureau>>,
}

impl fmt::Debug for Screening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bureau = self.bureau.is_some();
        f.debug_struct("Screening")
            .field("bureau", &bureau)
            .finish()
    }
}

impl Screening {
    /// A screening under the shop's secret, with the bureau if there is one.
    pub fn new(keys: MarkKeys, bureau: Option<Arc<dyn Bureau>>) -> Screening {
        Screening {
            keys,
            book: RuleBook::default(),
            memory: Memory::default(),
            acts: true,
            bureau,
        }
    }

    /// Reads into memory what happened before, so that the first reader need not wait for it. Whoever does not call this is
    /// served all the same.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn remember(&self, store: &Store, clock: &Clock) -> Result<(), Fault> {
        self.memory.fill(store, clock.now()).await
    }

    /// The same that only watches: every attempt is decided and written down, and goes on whatever was decided.
    #[must_use]
    pub fn watching(self) -> Screening {
        Screening {
            acts: false,
            ..self
        }
    }
}

/// One attempt to pay an order.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The order.
    pub order: OrderNumber,
    /// Names the attempt, the same however often it is asked about: the payment's id where there is one, otherwise the
    /// means and the order. At most [`limits::ATTEMPT_BYTES`].
    pub name: String,
    /// The code of the means of payment, for the fact `means`.
    pub means: String,
    /// The card's brand, if it is one.
    pub brand: Option<Brand>,
    /// The vault's pseudonym of the card, if there is one.
    pub card: Option<String>,
    /// What the request says of its sender.
    pub visit: Visit,
}

impl Attempt {
    /// The attempt to pay with the card of a receipt that the zone has verified.
    pub fn with_card(receipt: &CheckInReceipt, visit: Visit) -> Attempt {
        Attempt {
            order: receipt.order.clone(),
            name: receipt.payment.to_string(),
            means: "card".to_owned(),
            brand: Some(receipt.card.brand),
            card: receipt.pseudonym.clone(),
            visit,
        }
    }

    /// The attempt to pay by a means without a card: one an order and means.
    pub fn by_other_means(order: &OrderNumber, means: &str, visit: Visit) -> Attempt {
        Attempt {
            order: order.clone(),
            name: name_by_other_means(order, means),
            means: means.to_owned(),
            brand: None,
            card: None,
            visit,
        }
    }
}

fn name_by_other_means(order: &OrderNumber, means: &str) -> String {
    format!("{means}:{order}")
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Ask for the money. `held`: the order is not shipped before a bookseller released it; its page shows it.
    Go {
        /// Whether it is held.
        held: bool,
    },
    /// Do not ask for the money yet: the reader confirms by a code, and the attempt is screened again. The number is
    /// for [`confirm`](super::confirm) and [`send_again`](super::send_again).
    StepUp {
        /// The screening to confirm.
        screening: i64,
    },
    /// Do not ask for the money. The reader is told calmly and may use other means.
    Refused,
}

/// Why an attempt was not screened.
#[derive(Debug, thiserror::Error)]
pub enum ScreenRefusal {
    /// No such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// The order waits for no payment and was not screened under this attempt: whoever asks for the money says so.
    #[error("the order does not wait for a payment")]
    NotWaiting,
    /// The attempt's name is longer than it may be: a defect of the caller.
    #[error("the name of the attempt is too long")]
    BadName,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Screens an attempt to pay. The same attempt with the same card is decided once, however often it is asked about.
///
/// When it answers [`Outcome::StepUp`] the code is on its way to the reader.
///
/// # Errors
/// See [`ScreenRefusal`].
pub async fn screen(
    store: &Store,
    screening: &Screening,
    clock: &Clock,
    attempt: Attempt,
) -> Result<Outcome, ScreenRefusal> {
    if attempt.name.len() > limits::ATTEMPT_BYTES {
        return Err(ScreenRefusal::BadName);
    }
    let (screening, attempt) = (screening.clone(), Arc::new(attempt));
    let Some(bureau) = screening.bureau.clone() else {
        let now = clock.now();
        return store
            .write(move |tx| match look(tx, &screening, &attempt)? {
                Looked::New(looked) => {
                    conclude(tx, &screening, (&attempt, &looked), Heard::NOTHING, now)
                }
                Looked::Before(outcome) => Ok(outcome),
            })
            .await;
    };
    let (asked, looker) = (Arc::clone(&attempt), screening.clone());
    let looked = match store.read(move |tx| look(tx, &looker, &asked)).await? {
        Looked::New(looked) => looked,
        Looked::Before(outcome) => return Ok(outcome),
    };
    let question = bureau::question(&screening.keys, &looked.ordered, &looked.marks);
    let heard = bureau::ask(&bureau, &question).await;
    let now = clock.now();
    store
        .write(move |tx| conclude(tx, &screening, (&attempt, &looked), heard, now))
        .await
}

/// Whether the attempt to pay the order by a means without a card was screened and may go on; for who takes the money in
/// the same transaction.
pub(crate) fn let_go(tx: &mut dyn Tx, order: &OrderNumber, means: &str) -> Result<bool, Fault> {
    let decided = record::latest(tx, &name_by_other_means(order, means), "")?;
    Ok(decided.is_some_and(|decided| matches!(outcome(&decided), Outcome::Go { .. })))
}

struct New {
    ordered: Ordered,
    marks: Marks,
}

enum Looked {
    New(Box<New>),
    Before(Outcome),
}

/// The order and its marks, unless the attempt was decided before.
fn look(
    tx: &mut dyn Tx,
    screening: &Screening,
    attempt: &Attempt,
) -> Result<Looked, ScreenRefusal> {
    let ordered = gather::order(tx, &attempt.order)?.ok_or(ScreenRefusal::NoSuchOrder)?;
    let who = (&ordered.email, &ordered.address);
    let marks = screening
        .keys
        .marks(who, attempt.card.as_deref(), &attempt.visit);
    if let Some(before) = record::latest(tx, &attempt.name, &card_of(&marks))? {
        return Ok(Looked::Before(outcome(&before)));
    }
    if ordered.state != OrderState::AwaitingPayment {
        return Err(ScreenRefusal::NotWaiting);
    }
    Ok(Looked::New(Box::new(New { ordered, marks })))
}

fn card_of(marks: &Marks) -> String {
    marks.card.map(Mark::text).unwrap_or_default()
}

/// Decides, and leaves the trace of this attempt for the next one.
fn conclude(
    tx: &mut dyn Tx,
    screening: &Screening,
    (attempt, looked): (&Attempt, &New),
    heard: Heard,
    now: Timestamp,
) -> Result<Outcome, ScreenRefusal> {
    let facts = Facts {
        bureau_answered: heard.score.is_some(),
        bureau_score: heard.score.map_or(0, i64::from),
        ..facts(tx, &screening.memory, (attempt, looked), now)?
    };
    let what = (looked.ordered.id, attempt.name.as_str());
    let trace = traces::leave(tx, what, &looked.marks, now)?;
    let decided = Decided {
        order: looked.ordered.id,
        attempt: &attempt.name,
        card: &card_of(&looked.marks),
        round: 1,
        facts: &facts,
        bureau: heard,
        acts: screening.acts,
        trace: Some(trace),
    };
    let in_force = screening.book.in_force(tx, now)?;
    let screened = match record::decide(tx, &decided, &in_force, now)? {
        Written::Now(screened) => screened,
        Written::Before(screened) => {
            traces::take_back(tx, trace)?;
            return Ok(outcome(&screened));
        }
    };
    if screened.standing == Standing::Asked {
        super::step_up::first_code(tx, screening, &screened, &looked.ordered, now)?;
    }
    Ok(outcome(&screened))
}

/// What is known of the attempt, those before it among it: in the transaction in which its own trace is left, so that of
/// two attempts at once the second one sees the first.
fn facts(
    tx: &mut dyn Tx,
    memory: &Memory,
    (attempt, looked): (&Attempt, &New),
    now: Timestamp,
) -> Result<Facts, Fault> {
    let New { ordered, marks } = looked;
    let history = History {
        seen: memory.seen(tx, marks, now)?,
        paid: traces::paid(tx, marks, now)?,
        disputed: disputed::count(tx, marks, now)?,
    };
    let means = Means {
        code: &attempt.means,
        brand: attempt.brand,
    };
    Ok(gather::facts(ordered, &means, marks, &history, now))
}

/// What a decision means for whoever asks now.
pub(super) fn outcome(screened: &Screened) -> Outcome {
    match (screened.standing, screened.verdict.decision) {
        (Standing::Asked, _) => Outcome::StepUp {
            screening: screened.id,
        },
        (Standing::Queued, _) => Outcome::Go { held: true },
        (Standing::Watched, _) => Outcome::Go { held: false },
        (Standing::Rejected, _) | (_, Decision::Refuse) => Outcome::Refused,
        (Standing::Settled | Standing::Confirmed | Standing::Released, _) => {
            Outcome::Go { held: false }
        }
    }
}
