//! What the shop asks of the payment zone. The zone is other processes behind mutual TLS; who talks to them
//! implements this trait elsewhere, so that nothing here can see a network or a card number.

use std::pin::Pin;

use trade::{
    ids::{CaptureId, OrderNumber, PaymentId, RefundId},
    money::Money,
    payment::{AuthoriseOutcome, CardToken, CheckInReceipt, CheckInTicket, Outcome},
};

/// An answer that is still on its way.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, ZoneFault>> + Send + 'a>>;

/// One amount to reserve on one card.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The order it is for.
    pub order: OrderNumber,
    /// The payment, the same however often it is asked.
    pub payment: PaymentId,
    /// The vault's name for the card.
    pub token: CardToken,
    /// The amount.
    pub amount: Money,
}

/// What the zone knows of a payment that the shop lost sight of while authorising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It never heard of it: nothing left the house.
    Unheard,
    /// The bank is being asked.
    InProgress,
    /// The outcome.
    Known(AuthoriseOutcome),
}

/// Why the zone gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFault {
    /// It could not be reached: the question certainly did not arrive.
    #[error("the payment zone cannot be reached")]
    Unreachable,
    /// The question may have arrived; the answer did not.
    #[error("the payment zone did not answer")]
    NoAnswer,
}

/// Why a receipt is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receipt is not the vault's")]
pub struct NotAReceipt;

/// The payment zone, seen from the shop.
///
/// Every question names the payment (and the refund), and asking again gives the same answer without doing
/// anything twice: that is what lets [`recover`](super::recover) ask again after a crash.
pub trait PaymentZone: Send + Sync {
    /// The address on the vault's own origin where the reader gives her card.
    fn card_page_url(&self, ticket: &CheckInTicket) -> String;

    /// Whether cards are taken at the moment: not while the vault is sealed. May be some seconds old.
    fn takes_cards(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;

    /// Reads the receipt with which she comes back, if the vault signed it.
    ///
    /// # Errors
    /// [`NotAReceipt`].
    fn read_receipt(&self, receipt: &str) -> Result<CheckInReceipt, NotAReceipt>;

    /// Reserves the amount. The implementation signs the one-time grant.
    fn authorise<'a>(&'a self, charge: &'a Charge) -> Asked<'a, AuthoriseOutcome>;

    /// What became of an authorisation, without asking for it again.
    fn lookup(&self, payment: PaymentId) -> Asked<'_, Standing>;

    /// Takes a part of the reserved amount.
    fn capture(&self, payment: PaymentId, capture: CaptureId, amount: Money) -> Asked<'_, Outcome>;

    /// Lifts the reservation, or what captures left of it.
    fn reverse(&self, payment: PaymentId) -> Asked<'_, Outcome>;

    /// Gives a part of the taken amount back.
    fn refund(&self, payment: PaymentId, refund: RefundId, amount: Money) -> Asked<'_, Outcome>;
}
