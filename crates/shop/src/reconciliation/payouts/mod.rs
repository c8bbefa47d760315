//! What the hosted provider pays out: each payout with what it is made of, the provider's account in the ledger that it
//! empties, and the entry of the bank in which it arrives.
//!
//! A payout is fetched ([`fetching`](super::fetching)), and booked once, whole, in one transaction: what it is made of leaves
//! the provider's account, its fees are the shop's, and its amount is in transit until a statement shows it. What the shop
//! does not know lies in suspense and is a break. Disputes are heard of here too, with the payout that has their money.

mod arrive;
mod book;
mod compare;
mod find;
mod keep;
mod list;
mod told;

pub use list::{ReadPayout, payouts_read};
pub use told::{About, Items, Payout, PayoutState, Transaction};

pub(super) use arrive::{arrived, is_of_provider};
pub(super) use book::book;
pub(super) use compare::find;
pub(super) use keep::{Wanted, keep, put_off, since, wanted};

pub(super) fn statements() -> Vec<&'static storage::Statement> {
    [
        arrive::STATEMENTS,
        book::STATEMENTS,
        compare::STATEMENTS,
        find::STATEMENTS,
        keep::STATEMENTS,
        list::STATEMENTS,
    ]
    .concat()
}
