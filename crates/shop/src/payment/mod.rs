//! Paying, from the reader's card to the refund.
//!
//! Each verb writes its intent, asks the payment zone outside any transaction, and writes the outcome; every
//! write is guarded by the state it starts from, so that two tabs, a repeat and [`recover`] cannot disagree.
//! The shop knows of a card what the vault's receipt says: a token, the brand, the last four digits, the
//! expiry. How the zone is reached is not known here.

mod ask;
mod authorise;
mod card;
mod recover;
mod row;
mod settle;
mod state;
mod zone;

pub use ask::Settled;
pub use authorise::{Authorisation, authorise};
pub use card::{CardWanted, PayRefusal, card_wanted};
pub use recover::{Recovered, recover};
pub use settle::{SettleRefusal, cancel, refund, ship};
pub use state::PaymentState;
pub use zone::{Asked, Charge, NotAReceipt, PaymentZone, Standing, ZoneFault};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        ask::STATEMENTS,
        authorise::STATEMENTS,
        card::STATEMENTS,
        recover::STATEMENTS,
        row::STATEMENTS,
        settle::STATEMENTS,
        state::STATEMENTS,
    ]
    .concat()
}
