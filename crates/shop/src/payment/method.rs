//! What is asked of whoever moves the money, whichever the means: the boundary behind which a payment zone, a
//! hosted provider or another stands.
//!
//! Every question names the payment (and the capture or refund), and asking again gives the same answer without
//! doing anything twice: that is what lets [`recover`](super::recover) ask again after a crash.

use std::pin::Pin;

use trade::{
    clock::Timestamp,
    ids::{CaptureId, OrderNumber, PaymentId, RefundId},
    locale::Locale,
    money::Money,
    payment::{AuthoriseOutcome, Outcome},
};

use super::Evidence;

/// An answer that is still on its way.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, ZoneFault>> + Send + 'a>>;

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFault {
    /// It could not be reached: the question certainly did not arrive.
    #[error("the payment zone cannot be reached")]
    Unreachable,
    /// The question may have arrived; the answer did not.
    #[error("the payment zone did not answer")]
    NoAnswer,
}

/// The names of a payment: the shop's, and the one by which its means knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The shop's.
    pub payment: PaymentId,
    /// The means', when it has one of its own.
    pub reference: Option<String>,
}

/// What is known of a payment that the shop lost sight of while authorising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never heard of: nothing left the house.
    Unheard,
    /// It is under way.
    InProgress,
    /// The outcome, with what stands for its guarantee.
    Known(AuthoriseOutcome, Evidence),
}

/// Whoever moves the money of a means of payment that is asked by the shop. What each means can do, asked or not, is data:
/// [`Capabilities`](super::Capabilities).
pub trait PaymentMethod: Send + Sync {
    /// What became of an authorisation, without asking for it again.
    fn lookup<'a>(&'a self, payment: &'a Named) -> Asked<'a, Standing>;

    /// Takes a part of the reserved amount.
    fn capture<'a>(
        &'a self,
        payment: &'a Named,
        capture: CaptureId,
        amount: Money,
    ) -> Asked<'a, Outcome>;

    /// Lifts the reservation, or what captures left of it.
    fn reverse<'a>(&'a self, payment: &'a Named) -> Asked<'a, Outcome>;

    /// Gives a part of the taken amount back.
    fn refund<'a>(
        &'a self,
        payment: &'a Named,
        refund: RefundId,
        amount: Money,
    ) -> Asked<'a, Outcome>;
}

/// A page of the provider that a reader is to be sent to.
#[derive(Clone, Debug)]
pub struct PageWanted {
    /// The order.
    pub order: OrderNumber,
    /// The payment: asked for again, the same page is the answer.
    pub payment: PaymentId,
    /// The amount.
    pub amount: Money,
    /// Where the provider writes the receipt to, if it does.
    pub email: String,
    /// When the page should close.
    pub expires: Timestamp,
    /// Where it sends the reader who paid.
    pub back: String,
    /// Where it sends the reader who did not.
    pub away: String,
    /// The language of the page.
    pub locale: Locale,
}

/// A page that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOpened {
    /// Its address.
    pub url: String,
    /// The provider's name for the payment.
    pub reference: String,
}

/// What a provider tells by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// Its name: told again, it is the same one.
    pub id: String,
    /// The provider's name for the payment it is about, when it is about one.
    pub reference: Option<String>,
}

/// Why what came is not an event of the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// The signature is missing, too old or another's.
    #[error("the event is not signed by the provider")]
    Signature,
    /// It cannot be read.
    #[error("the event cannot be read: {0}")]
    Malformed(String),
}

/// A hosted provider: the reader pays on its page, the shop never sees her card.
pub trait HostedProvider: PaymentMethod {
    /// Opens a page for the reader, once for each payment.
    fn open_page<'a>(&'a self, wanted: &'a PageWanted) -> Asked<'a, PageOpened>;

    /// Reads an event that came at `now`, if the provider signed it.
    ///
    /// # Errors
    /// [`NotAnEvent`].
    fn read_event(
        &self,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, NotAnEvent>;
}
