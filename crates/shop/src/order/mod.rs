//! Orders after they are placed: their life, how they are read, and what a bookseller does with them.
//!
//! How an order comes to be is [`checkout`](crate::checkout); how it is paid is [`payment`](crate::payment).

pub mod events;
mod expire;
pub(crate) mod holdings;
mod key;
mod list;
pub(crate) mod parcels;
mod read;
mod settle;
mod state;

pub use expire::release_expired;
pub use holdings::Copies;
pub use key::OrderKeys;
pub use list::{Filter, Listed, Page, counts, list};
pub use parcels::{Answer, Parcel, Refund};
pub use read::{Order, OrderLine, PaymentView, by_idempotency_key, find, payments_of};
pub use state::OrderState;

pub(crate) use expire::expire;
pub(crate) use read::by_id;
pub(crate) use settle::{cancel_rest, confirm, give_up, given_back, parcel_left};
pub(crate) use state::lock;

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        events::STATEMENTS,
        expire::STATEMENTS,
        holdings::STATEMENTS,
        list::STATEMENTS,
        parcels::STATEMENTS,
        read::STATEMENTS,
        settle::STATEMENTS,
        state::STATEMENTS,
    ]
    .concat()
}
