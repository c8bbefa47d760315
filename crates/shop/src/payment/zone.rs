//! What the shop asks of its own payment zone. The zone is other processes behind mutual TLS; who talks to them
//! implements this trait elsewhere, so that nothing here can see a network or a card number.

use std::pin::Pin;

use trade::{
    ids::{OrderNumber, PaymentId},
    money::Money,
    payment::{AuthoriseOutcome, CardToken, CheckInReceipt, CheckInTicket},
};

use super::{Asked, PaymentMethod};

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

/// Why a receipt is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receipt is not the vault's")]
pub struct NotAReceipt;

/// The payment zone, seen from the shop.
pub trait PaymentZone: PaymentMethod {
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

    /// Has the vault forget a card for good. Done too when it has none of this name (any more).
    /// [`ZoneFault::Unreachable`](super::ZoneFault) says that it can be asked for none at the moment: it is sealed or away.
    fn forget<'a>(&'a self, token: &'a CardToken) -> Asked<'a, ()>;
}
