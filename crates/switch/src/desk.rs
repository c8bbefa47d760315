//! The desk: what the shop may ask, each as one story.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cards::messages::{Redeem, Redeemed};
use link::LinkFault;
use link::signed::{self, VerifyingKey};
use storage::{Fault, Store};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use trade::clock::Clock;
use trade::ids::PaymentId;
use trade::limits;
use trade::money::{Currency, Money};
use trade::payment::{
    AuthoriseOutcome, AuthoriseRequest, CaptureRequest, Grant, NotSent, Outcome, RefundRequest,
};

use crate::carriers::Carriers;
use crate::clearing;
use crate::dialogue::{self, Merchant};
use crate::journal::advice::{self, Advice, Kind};
use crate::journal::payment::{self, Payment, Verdict};
use crate::line::NoAnswer;
use crate::response;
use crate::state::State;
use crate::strays::Strays;
use crate::turns::Turns;
use crate::waiters::Waiters;

/// Why a request was not taken on. The outcome of a payment is never told this way.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the payment is about another order or amount")]
    Conflict,
    #[error("there is no such payment")]
    NoSuchPayment,
    #[error("the grant is not the shop's, or for another payment, order, amount or currency")]
    Grant,
    #[error("an amount must be at least one cent")]
    Amount,
    #[error("only the shop may ask for this")]
    NotTheShop,
    #[error("this switch has no clearing")]
    NoClearing,
    #[error("there is no such batch")]
    NoSuchBatch,
    #[error("there is no such batch, or the bank has not answered it")]
    NoAnswer,
    #[error("the switch is stopping")]
    Stopping,
    #[error("the journal cannot be written")]
    Journal(#[from] Fault),
}

/// Everything a request needs.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) carriers: Carriers,
    /// Replies that nobody waited for.
    pub(crate) strays: Arc<Strays>,
    pub(crate) merchant: Merchant,
    pub(crate) vault: link::http::Client,
    pub(crate) shop_key: VerifyingKey,
    /// How long the vault may take.
    pub(crate) redeem: Duration,
    /// How long a capture, refund or reversal may take before the shop is told that it is pending.
    pub(crate) patience: Duration,
    /// Before a stored message is said again.
    pub(crate) retry: Duration,
    pub(crate) turns: Turns,
    pub(crate) waiters: Waiters,
    /// Where batches go, if there is clearing.
    pub(crate) clearing: Option<clearing::Room>,
    /// Rung when a message was stored.
    pub(crate) bell: Notify,
    pub(crate) tasks: Mutex<JoinSet<()>>,
}

impl Desk {
    /// Runs a request to its end, also when the shop hangs up in the middle.
    pub(crate) async fn see_through<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (tell, told) = oneshot::channel();
        {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            while tasks.try_join_next().is_some() {}
            tasks.spawn(async move {
                let _ = tell.send(work.await);
            });
        }
        told.await.unwrap_or(Err(Refusal::Stopping))
    }

    /// Asks the bank to hold an amount. Said again, it answers what became of the first.
    pub(crate) async fn authorise(
        &self,
        id: PaymentId,
        request: AuthoriseRequest,
    ) -> Result<AuthoriseOutcome, Refusal> {
        self.check_grant(id, &request)?;
        let _turn = self.turns.take(id).await;
        let AuthoriseRequest {
            order,
            amount,
            grant,
        } = request;
        let (now, asked) = (self.clock.now(), order.clone());
        let (is_new, payment) = self
            .store
            .write(move |tx| {
                let is_new = payment::receive(tx, id, &asked, amount, now)?;
                let payment = payment::find(tx, id)?.ok_or(Refusal::NoSuchPayment)?;
                Ok::<_, Refusal>((is_new, payment))
            })
            .await?;
        if !payment.is_about(&order, amount) {
            return Err(Refusal::Conflict);
        }
        let verdict = match payment.authorisation() {
            Some(outcome) => return Ok(outcome),
            None if is_new => self.ask_bank(&payment, grant).await?,
            // An earlier attempt was cut off. Its turn is over, so nobody else will finish it.
            None if payment.state == State::Sending => Verdict::Unknown,
            None => Verdict::NotSent(NotSent::SwitchUnreachable),
        };
        self.conclude(id, verdict).await
    }

    /// What the grant was signed for is what is asked of the bank; the vault checks that it is used
    /// once and in time.
    fn check_grant(&self, id: PaymentId, request: &AuthoriseRequest) -> Result<(), Refusal> {
        let grant: Grant =
            signed::verify(&self.shop_key, &request.grant).map_err(|_| Refusal::Grant)?;
        // The bank is asked for euro (field 49).
        let same = grant.payment == id
            && grant.order == request.order
            && grant.amount == request.amount
            && grant.currency == Currency::EUR;
        match request.amount {
            amount if amount <= Money::ZERO => Err(Refusal::Amount),
            _ if same => Ok(()),
            _ => Err(Refusal::Grant),
        }
    }

    /// Fetches the card, writes the intent, sends the 0100, hears the answer.
    async fn ask_bank(&self, asked: &Payment, grant: String) -> Result<Verdict, Refusal> {
        if self.carriers.up_since().is_none() {
            return Ok(Verdict::NotSent(NotSent::BankUnreachable));
        }
        let card = match self.redeem(grant).await {
            Ok(card) => card,
            Err(reason) => return Ok(Verdict::NotSent(reason)),
        };
        let (id, now) = (asked.id, self.clock.now());
        let intent = self.store.write(move |tx| payment::send(tx, id, now)).await;
        let Some(trace) = intent? else {
            // Settled meanwhile: `conclude` finds what stands.
            return Ok(Verdict::NotSent(NotSent::SwitchUnreachable));
        };
        let message = dialogue::authorisation(&self.merchant, asked, trace, now, &card);
        drop(card);
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, payment = %id, "a 0100 cannot be worded");
                return Ok(Verdict::NotSent(NotSent::CardGone));
            }
        };
        Ok(match self.carriers.exchange(message).await {
            Ok(reply) => dialogue::verdict(&reply, asked.amount),
            Err(NoAnswer::NotSent) => Verdict::NotSent(NotSent::BankUnreachable),
            Err(NoAnswer::Lost | NoAnswer::TimedOut) => Verdict::Unknown,
        })
    }

    async fn redeem(&self, grant: String) -> Result<Redeemed, NotSent> {
        let card = self
            .vault
            .post("/redeem", &Redeem { grant }, self.redeem)
            .await;
        card.map_err(|fault| {
            tracing::warn!(%fault, "the vault gave no card");
            match fault {
                LinkFault::Unreachable(_) | LinkFault::Timeout | LinkFault::Broken => {
                    NotSent::VaultUnreachable
                }
                LinkFault::Refused { status, .. } if status >= 500 => NotSent::VaultUnreachable,
                LinkFault::Refused { status: 404, .. } => NotSent::CardGone,
                LinkFault::Refused { .. } | LinkFault::Garbled(_) => NotSent::GrantRefused,
            }
        })
    }

    /// Writes the verdict down and answers what stands, which is another verdict when the payment
    /// was settled meanwhile.
    async fn conclude(&self, id: PaymentId, verdict: Verdict) -> Result<AuthoriseOutcome, Refusal> {
        let now = self.clock.now();
        let payment = self
            .store
            .write(move |tx| {
                payment::conclude(tx, id, &verdict, now)?;
                payment::find(tx, id)?.ok_or(Refusal::NoSuchPayment)
            })
            .await?;
        if matches!(payment.state, State::Unknown | State::PartlyApproved) {
            self.bell.notify_one();
        }
        // A payment that was concluded has an outcome; if not, doubt is the honest answer.
        Ok(payment.authorisation().unwrap_or(AuthoriseOutcome::Unknown))
    }

    /// Takes money, as often as asked under different names, at most what was authorised.
    pub(crate) async fn capture(
        &self,
        id: PaymentId,
        CaptureRequest { capture, amount }: CaptureRequest,
    ) -> Result<Outcome, Refusal> {
        positive(amount)?;
        let (now, kind) = (self.clock.now(), Kind::Capture(capture));
        let stored = self.store.write(move |tx| {
            let Some(payment) = payment::find(tx, id)? else {
                return Err(Refusal::NoSuchPayment);
            };
            if advice::find(tx, id, kind)?.is_none() {
                if advice::count(tx, id)? >= limits::MOVEMENTS_PER_PAYMENT {
                    return Ok(refused("too_many"));
                }
                if !payment::capture(tx, id, amount, now)? {
                    return Ok(refused(match payment.state {
                        State::Approved | State::Captured => "amount",
                        _ => "not_approved",
                    }));
                }
                advice::queue(tx, id, kind, amount, now)?;
            }
            stored(advice::find(tx, id, kind)?, amount)
        });
        self.confirm(stored.await?).await
    }

    /// Gives money back, as often as asked under different names, at most what the bank has confirmed of the captures.
    pub(crate) async fn refund(
        &self,
        id: PaymentId,
        RefundRequest { refund, amount }: RefundRequest,
    ) -> Result<Outcome, Refusal> {
        positive(amount)?;
        let (now, kind) = (self.clock.now(), Kind::Refund(refund));
        let stored = self.store.write(move |tx| {
            let Some(payment) = payment::find(tx, id)? else {
                return Err(Refusal::NoSuchPayment);
            };
            if advice::find(tx, id, kind)?.is_none() {
                if advice::count(tx, id)? >= limits::MOVEMENTS_PER_PAYMENT {
                    return Ok(refused("too_many"));
                }
                if !payment::refund(tx, id, amount, now)? {
                    let to_come = payment.captured + payment.capturing - payment.refunded;
                    return Ok(refused(match payment.captured {
                        _ if to_come >= amount => "under_way",
                        Money::ZERO => "not_captured",
                        _ => "amount",
                    }));
                }
                advice::queue(tx, id, kind, amount, now)?;
            }
            stored(advice::find(tx, id, kind)?, amount)
        });
        self.confirm(stored.await?).await
    }

    /// Lets go of what is held and not captured. Done at once when nothing can be held; a payment never heard of is
    /// closed, so that its authorisation cannot arrive later.
    pub(crate) async fn reverse(&self, id: PaymentId) -> Result<Outcome, Refusal> {
        let now = self.clock.now();
        let stored = self.store.write(move |tx| {
            let Some(payment) = payment::find(tx, id)? else {
                payment::close_unheard(tx, id, now)?;
                return Ok(Stored::Settled(Outcome::Done));
            };
            if advice::find(tx, id, Kind::Reversal)?.is_none() {
                match payment.state {
                    State::NotSent | State::Declined => return Ok(Stored::Settled(Outcome::Done)),
                    State::Received | State::Sending => return Ok(refused("under_way")),
                    _ if payment.captured + payment.capturing == payment.amount => {
                        return Ok(refused("captured"));
                    }
                    _ if payment::advance(tx, id, State::Approved, State::Reversing, now)? => {}
                    _ => return Ok(refused("captured")),
                }
                advice::queue(tx, id, Kind::Reversal, payment.amount, now)?;
            }
            stored(advice::find(tx, id, Kind::Reversal)?, payment.amount)
        });
        self.confirm(stored.await?).await
    }

    /// Waits a while for the bank's word on a stored message.
    async fn confirm(&self, stored: Stored) -> Result<Outcome, Refusal> {
        let advice = match stored {
            Stored::Settled(outcome) => return Ok(outcome),
            Stored::Queued(advice) => advice,
        };
        let woken = self.waiters.wait_for(advice.seq);
        self.bell.notify_one();
        match self.outcome_of(&advice).await? {
            Outcome::Pending if self.carriers.up_since().is_some() => {}
            outcome => return Ok(outcome),
        }
        // Woken or not: the journal is what counts.
        let _ = tokio::time::timeout(self.patience, woken).await;
        self.outcome_of(&advice).await
    }

    async fn outcome_of(&self, advice: &Advice) -> Result<Outcome, Refusal> {
        let (payment, kind) = (advice.payment, advice.kind);
        let found = self
            .store
            .read(move |tx| advice::find(tx, payment, kind))
            .await?;
        Ok(found.map_or(Outcome::Pending, |advice| outcome(&advice)))
    }
}

/// What became of a request within its transaction.
enum Stored {
    Queued(Advice),
    Settled(Outcome),
}

fn refused(code: &str) -> Stored {
    Stored::Settled(Outcome::Refused {
        code: code.to_owned(),
    })
}

/// The message under this name, if it is about this amount.
fn stored(advice: Option<Advice>, amount: Money) -> Result<Stored, Refusal> {
    match advice {
        Some(advice) if advice.amount == amount => Ok(Stored::Queued(advice)),
        Some(_) => Err(Refusal::Conflict),
        None => Err(Fault::defect("a message that was stored is not there").into()),
    }
}

fn positive(amount: Money) -> Result<(), Refusal> {
    if amount > Money::ZERO {
        Ok(())
    } else {
        Err(Refusal::Amount)
    }
}

/// What a stored message has come to.
pub(crate) fn outcome(advice: &Advice) -> Outcome {
    match (advice.kind, advice.response_code.as_deref()) {
        (_, None) => Outcome::Pending,
        (_, Some(response::APPROVED)) | (Kind::Reversal, Some(response::NOT_FOUND)) => {
            Outcome::Done
        }
        (_, Some(code)) => Outcome::Refused {
            code: code.to_owned(),
        },
    }
}
