//! What the rules of a new shop catch of made-up attacks, and how few readers they bother. The figures that are
//! published are those of the larger traffic of `cargo xtask bench screening`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../examples/screening/caught.rs"]
mod caught;
#[path = "../examples/screening/house.rs"]
mod house;
#[path = "../examples/screening/traffic.rs"]
mod traffic;

use house::House;
use storage::StoreUrl;
use traffic::{Sender, Size};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attacks_are_stopped_and_readers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(&StoreUrl::Sqlite(folder.path().join("shop.db"))).await;
    let size = Size {
        readers: 150,
        orders: 320,
        attacks: 4,
    };
    let events = traffic::traffic(1, size);
    let caught = caught::send(&house, &events).await;
    println!("{}", caught::table(&caught));
    assert!(caught::end(&events) > traffic::BEGIN);
    let of = |sender: Sender| caught[sender as usize];
    // The traffic is the same each time, and so is what comes of it: just under what is caught now.
    assert!(of(Sender::Honest).noticed() < 3.7);
    assert_eq!(
        (of(Sender::Honest).held, of(Sender::Honest).refused),
        (0, 0)
    );
    for (sender, percent) in [
        (Sender::CardTesting, 92.0),
        (Sender::Reshipping, 81.0),
        (Sender::AccountTakeover, 99.0),
        (Sender::PromoAbuse, 75.0),
    ] {
        assert!(of(sender).stopped() > percent, "{}", sender.name());
    }
}
