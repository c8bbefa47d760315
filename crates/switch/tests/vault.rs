//! The real vault between a reader's form and the bank: what was typed there is what the bank is
//! asked, once per grant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use house::reader::{RealVault, Shop};
use house::{House, number};
use trade::ids::PaymentId;
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, CheckInReceipt, Decline, NotSent};

const AMOUNT: Money = Money::cents(2390);

/// A house whose switch redeems at a real vault.
async fn with_real_vault() -> (House, RealVault) {
    let house = House::closed(house::SLOW).await;
    let vault = RealVault::open(&house.dir.path().join("vault"), &house.certs()).await;
    house.start_bank().await;
    let config = switch::Config {
        vault: vault.private,
        ..house.switch_config()
    };
    house.start_switch_with(config).await;
    house.until_up().await;
    (house, vault)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_card_that_was_typed_is_the_card_the_bank_sees() {
    let (house, vault) = with_real_vault().await;
    let shop = Shop::open(&house.certs());
    let check_in = async |card: &str| {
        let receipt = shop.check_in(vault.form, PaymentId::new(), card, AMOUNT);
        receipt.await.unwrap()
    };
    let authorise = async |receipt: &CheckInReceipt| {
        let request = shop.request(receipt, AMOUNT);
        house.ask(receipt.payment, &request).await.unwrap()
    };
    let paid = check_in(&number("approve")).await;
    let outcome = authorise(&paid).await;
    assert!(
        matches!(outcome, AuthoriseOutcome::Approved { .. }),
        "{outcome:?}"
    );
    assert_eq!(house.holds(paid.payment).await[0].card, "400000…1001");

    let poor = check_in(&number("insufficient_funds")).await;
    let declined = AuthoriseOutcome::Declined {
        reason: Decline::InsufficientFunds,
    };
    assert_eq!(authorise(&poor).await, declined);

    // A token pays for the payment it was made for, and for no other.
    let other = CheckInReceipt {
        payment: PaymentId::new(),
        ..paid
    };
    let refused = AuthoriseOutcome::NotSent {
        reason: NotSent::GrantRefused,
    };
    assert_eq!(authorise(&other).await, refused);
    assert!(house.holds(other.payment).await.is_empty());
}
