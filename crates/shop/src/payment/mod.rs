//! Paying, from the choice of the means to the refund.
//!
//! Each verb writes its intent, asks whoever moves the money outside any transaction, and writes the outcome; every
//! write is guarded by the state it starts from, so that two tabs, a repeat and [`recover`] cannot disagree. A payment is
//! asked one thing at a time. The [`Means`] of a payment says who that is and what can be asked; some are a
//! bookseller's own hands. The shop knows of a card what the vault's receipt says: a token, the brand, the last four
//! digits, the expiry. How a payment zone or a provider is reached is not known here.

mod ask;
mod authorise;
mod cancel;
mod choose;
mod forget;
mod guarantee;
mod means;
mod method;
pub mod network;
mod provider;
mod recover;
mod refund;
mod row;
mod settle;
mod ship;
mod state;
mod transfer;
mod wanted;
mod zone;

pub use ask::Settled;
pub use authorise::{Authorisation, authorise};
pub use cancel::cancel;
pub use choose::{Chosen, choose};
pub use forget::{CardsForgotten, TOPIC as FORGET_TOPIC, forget_cards};
pub use guarantee::{Evidence, Guarantee};
pub use means::{Capabilities, Means, Methods, ShopAccount};
pub use method::{
    Asked, HostedProvider, Named, NotAnEvent, PageOpened, PageWanted, PaymentMethod, ProviderEvent,
    Standing, ZoneFault,
};
pub use provider::{
    Heard, Links, ProviderPage, Returned, forget_events, provider_page, provider_returned,
    provider_told,
};
pub use recover::{Recovered, recover};
pub use refund::{Return, refund, refund_left, refund_sent};
pub use row::order_of;
pub use settle::SettleRefusal;
pub use ship::{Contents, ship};
pub use state::PaymentState;
pub use transfer::{Arrived, transfer_arrived, transfer_due, transfer_found};
pub use wanted::{CardWanted, PayRefusal, card_wanted};

pub(crate) use wanted::amount_changed;
pub use zone::{Charge, NotAReceipt, PaymentZone};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        authorise::STATEMENTS,
        forget::STATEMENTS,
        recover::STATEMENTS,
        row::STATEMENTS,
        ship::STATEMENTS,
        state::STATEMENTS,
        transfer::STATEMENTS,
        wanted::STATEMENTS,
        &provider::statements(),
    ]
    .concat()
}
