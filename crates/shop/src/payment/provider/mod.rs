//! Paying on the page of a hosted provider: the page, the way back from it, and what the provider tells by itself.
//!
//! The reader pays without the shop seeing it. Whether she did is asked of the provider and never believed of whoever
//! says so: her coming back, and the provider's events, are only reasons to ask; [`recover`](super::recover) asks at the
//! end of each page whatever came. What was reserved when the order waited no more is lifted until the provider confirms
//! it. How the provider is reached is not known here.

mod open;
mod page;
mod settle;
mod told;

pub use open::{Links, ProviderPage, provider_page};
pub(super) use settle::{Found, due, settle};
pub use settle::{Returned, provider_returned};
pub use told::{Heard, forget_events, provider_told};

pub(super) fn statements() -> Vec<&'static storage::Statement> {
    [open::STATEMENTS, page::STATEMENTS, told::STATEMENTS].concat()
}
