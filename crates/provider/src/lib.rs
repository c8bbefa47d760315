//! A hosted provider of payments: the wire of Stripe Checkout.
//!
//! [`Checkout`] is the shop's [`HostedProvider`](shop::payment::HostedProvider): it opens pages (Checkout Sessions whose
//! payment is captured later), says what became of them, captures once, cancels, refunds, and reads signed events. It keeps
//! nothing: every answer is read from the provider, and each verb looks before it asks, so that asking again does nothing
//! twice even when the provider has forgotten the idempotency key. No card number passes here. It is the shop's
//! [`PayoutDoor`](shop::reconciliation::fetching::PayoutDoor) too, and lists payouts and what they are made of.
//!
//! It knows no database and no page of the shop. What it asks for is in <https://docs.stripe.com/api>, of the version in
//! [`wire::VERSION`].

mod checkout;
mod event;
mod keys;
mod objects;
mod payouts;
mod standing;
pub mod wire;

pub use checkout::Checkout;
pub use event::sign;
pub use keys::{ApiKey, MalformedKey, SigningSecret};
