//! The real vault between a reader's form and the bank: what was typed there is what the bank is
//! asked, once per grant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::net::SocketAddr;
use std::time::Duration;

use house::{House, number};
use link::signed::{self, VerifyingKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::Money;
use trade::payment::{
    AuthoriseOutcome, AuthoriseRequest, CheckInReceipt, CheckInTicket, Decline, Grant, NotSent,
};

const SHOP: &str = "http://127.0.0.1:8080";

/// A house whose switch redeems at a real vault; with the address of the card form.
async fn with_real_vault() -> (House, SocketAddr) {
    let house = House::closed(house::SLOW).await;
    let config = vault::Config {
        data_dir: house.dir.path().join("vault"),
        certs_dir: house.certs(),
        profile: vault::Profile::Development,
        dev: true,
        public_listen: ([127, 0, 0, 1], 0).into(),
        public_tls: None,
        private_listen: ([127, 0, 0, 1], 0).into(),
        shop: "shop".into(),
        shop_name: "Bouquin".into(),
        shop_origin: SHOP.into(),
    };
    let vault = vault::bind(&config, Clock::system()).await.unwrap();
    let form = vault.public_address().unwrap();
    let private = vault.private_address().unwrap();
    tokio::spawn(vault.serve(std::future::pending()));
    house.start_bank().await;
    let config = switch::Config {
        vault: private,
        ..house.switch_config()
    };
    house.start_switch_with(config).await;
    house.until_up().await;
    (house, form)
}

/// Types a card into the form, without JavaScript, and takes the receipt out of the redirect.
async fn check_in(
    house: &House,
    form: SocketAddr,
    payment: PaymentId,
    card: &str,
) -> CheckInReceipt {
    let ticket = CheckInTicket {
        shop: "shop".into(),
        order: order(payment),
        payment,
        amount: Money::cents(2390),
        nonce: signed::nonce().unwrap(),
        expires: Clock::system().now().plus(Duration::from_secs(60)),
        return_url: format!("{SHOP}/checkout/return"),
        locale: Locale::Fr,
    };
    let exp = bank::cards(&Clock::system()).unwrap()[0]
        .exp
        .replace('/', "%2F");
    let ticket = signed::sign(&house.key, &ticket).unwrap();
    let body = format!("ticket={ticket}&name=Jeanne&number={card}&exp={exp}&csc=123");
    let request = format!(
        "POST /pay HTTP/1.1\r\nHost: {form}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(form).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let receipt = answer
        .lines()
        .find_map(|line| line.split_once("receipt="))
        .unwrap_or_else(|| panic!("no receipt in {answer}"));
    let vault_key = VerifyingKey::load(&house.certs(), "vault").unwrap();
    signed::verify(&vault_key, receipt.1.trim()).unwrap()
}

fn order(payment: PaymentId) -> OrderNumber {
    OrderNumber::from_bits(payment.0.as_u128() as u64)
}

async fn authorise(house: &House, receipt: &CheckInReceipt) -> AuthoriseOutcome {
    let amount = Money::cents(2390);
    let grant = Grant {
        shop: "shop".into(),
        order: receipt.order.clone(),
        payment: receipt.payment,
        token: receipt.token.clone(),
        amount,
        expires: Clock::system().now().plus(Duration::from_secs(60)),
        nonce: signed::nonce().unwrap(),
    };
    let grant = signed::sign(&house.key, &grant).unwrap();
    let request = AuthoriseRequest {
        order: receipt.order.clone(),
        amount,
        grant,
    };
    house.ask(receipt.payment, &request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_card_that_was_typed_is_the_card_the_bank_sees() {
    let (house, form) = with_real_vault().await;
    let paid = check_in(&house, form, PaymentId::new(), &number("approve")).await;
    let outcome = authorise(&house, &paid).await;
    assert!(
        matches!(outcome, AuthoriseOutcome::Approved { .. }),
        "{outcome:?}"
    );
    assert_eq!(house.holds(paid.payment).await[0].card, "400000…1001");

    let poor = check_in(
        &house,
        form,
        PaymentId::new(),
        &number("insufficient_funds"),
    )
    .await;
    let declined = AuthoriseOutcome::Declined {
        reason: Decline::InsufficientFunds,
    };
    assert_eq!(authorise(&house, &poor).await, declined);

    // A token pays for the payment it was made for, and for no other.
    let other = CheckInReceipt {
        payment: PaymentId::new(),
        ..paid
    };
    let refused = AuthoriseOutcome::NotSent {
        reason: NotSent::GrantRefused,
    };
    assert_eq!(authorise(&house, &other).await, refused);
    assert!(house.holds(other.payment).await.is_empty());
}
