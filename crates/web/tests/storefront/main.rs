//! The storefront through its router, with the demo catalogue and a bank that answers as it is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod buying;
mod covers;
mod display;
mod door;
#[path = "../house/mod.rs"]
mod house_parts;
mod looking;
mod machines;
mod provider;
mod proxies;
mod reviews;
mod screening;

use tokio::sync::OnceCell;

use house_parts::House;

/// One house for the tests that change nothing.
static HOUSE: OnceCell<House> = OnceCell::const_new();

async fn house() -> &'static House {
    HOUSE.get_or_init(|| House::open(400)).await
}
