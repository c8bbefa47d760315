//! The provider's wire against the real `localstripe` 1.15.10. It has payments with a capture that comes later, cancellation,
//! refunds, signed events and payouts made by hand, of which it does not say what they are made of; it has no pages (Checkout
//! Sessions), which the stand-in puts in front of it, and no idempotency keys, so that what is not done twice here is so because the verbs look first.
//!
//! `localstripe` listens on every address of the machine: it runs in a network namespace that this test makes, which needs
//! root. Where that is not to be had, or the package is not, a line says `skipped:`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use house::{House, Intents, call, page};
use hyper::body::Bytes;
use provider::Checkout;
use serde_json::Value;
use shop::{
    payment::{Evidence, HostedProvider as _, Named, PaymentMethod as _, Standing},
    reconciliation::{
        fetching::{FetchFault, PayoutDoor as _},
        payouts::Items,
    },
};
use trade::{
    clock::Clock,
    ids::{CaptureId, RefundId},
    money::Money,
    payment::{AuthoriseOutcome, Outcome},
};

const PORT: u16 = 8420;
const INSIDE: &str = "BOUQUIN_LOCALSTRIPE";
const AMOUNT: Money = Money::cents(2490);

#[test]
fn payments_of_localstripe_are_found_taken_lifted_and_given_back() {
    if let Some(program) = std::env::var_os(INSIDE) {
        return inside(Path::new(&program));
    }
    let Some(program) = installed() else {
        return println!("skipped: localstripe 1.15.10 cannot be installed from PyPI");
    };
    if !runs(Command::new("unshare").args(["--net", "true"])) {
        return println!(
            "skipped: localstripe listens on every address, and no network namespace can be made (root)"
        );
    }
    let us = std::env::current_exe().unwrap();
    let test = "payments_of_localstripe_are_found_taken_lifted_and_given_back";
    let passed = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && exec \"$@\"",
            "sh",
        ])
        .arg(us)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, program)
        .status();
    assert!(passed.unwrap().success());
}

/// The program, installed into `target/` where it is not yet.
fn installed() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("../../target/localstripe");
    let program = folder.join("bin/localstripe");
    if program.exists() {
        return Some(program);
    }
    let made = runs(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ];
    let wanted = here.join("tests/localstripe.txt");
    let python = folder.join("bin/python");
    (made && runs(Command::new(python).args(pip).arg(wanted))).then_some(program)
}

fn runs(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn inside(program: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    let port = PORT.to_string();
    command
        .args(["--from-scratch", "--port", &port])
        .current_dir(&folder);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let _running = Running(quiet.spawn().unwrap());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "localstripe does not start"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(verbs(address));
}

async fn verbs(localstripe: SocketAddr) {
    let house = House::open(Intents::Localstripe(localstripe)).await;
    let checkout = house.checkout();
    let (nothing, answer) = call(localstripe, "POST", "/v1/checkout/sessions", Bytes::new()).await;
    assert_eq!(
        (nothing, answer),
        (404, Value::Null),
        "it has pages now: ask it for them"
    );
    listens(localstripe, &house).await;

    let named = paid(localstripe, &house, &checkout).await;
    assert!(matches!(
        checkout.lookup(&named).await,
        Ok(Standing::Known(
            AuthoriseOutcome::Approved { .. },
            Evidence::Unauthenticated { .. }
        ))
    ));
    let capture = CaptureId(named.payment.0);
    for _ in 0..2 {
        assert_eq!(
            checkout.capture(&named, capture, AMOUNT).await,
            Ok(Outcome::Done)
        );
    }
    let refused = Outcome::Refused {
        code: "captured".into(),
    };
    assert_eq!(checkout.reverse(&named).await, Ok(refused));
    for refund in [RefundId::new(), RefundId::new()] {
        for _ in 0..2 {
            let part = Money::cents(1000);
            assert_eq!(
                checkout.refund(&named, refund, part).await,
                Ok(Outcome::Done)
            );
        }
    }
    let (_, refunds) = call(localstripe, "GET", "/v1/refunds", Bytes::new()).await;
    let amounts = refunds["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| refund["amount"].as_i64());
    assert_eq!(amounts.collect::<Vec<_>>(), [Some(1000), Some(1000)]);

    let lifted = paid(localstripe, &house, &checkout).await;
    for _ in 0..2 {
        assert_eq!(checkout.reverse(&lifted).await, Ok(Outcome::Done));
    }
    let refused = Outcome::Refused {
        code: "canceled".into(),
    };
    let capture = CaptureId(lifted.payment.0);
    assert_eq!(
        checkout.capture(&lifted, capture, AMOUNT).await,
        Ok(refused)
    );
    heard(&house, &checkout).await;
    paid_out(localstripe, &checkout).await;
}

/// Payouts are listed page by page and stand where it says; what they are made of it does not know.
async fn paid_out(localstripe: SocketAddr, checkout: &Checkout) {
    let mut made = Vec::new();
    for number in 0..120 {
        let status = ["paid", "pending", "failed"][number % 3];
        let form = format!("amount={}&currency=eur&status={status}", 1000 + number);
        let (answer, payout) = call(localstripe, "POST", "/v1/payouts", Bytes::from(form)).await;
        assert_eq!(answer, 200, "{payout}");
        made.push((
            payout["id"].as_str().unwrap().to_owned(),
            1000 + number as i64,
            status,
        ));
    }
    let first = checkout.payouts(None, None).await.unwrap();
    let second = checkout.payouts(None, first.next.as_deref()).await.unwrap();
    assert_eq!(
        (first.listed.len(), second.listed.len(), second.next),
        (100, 20, None)
    );
    let listed = first.listed.iter().chain(&second.listed);
    let mut listed: Vec<_> = listed
        .map(|one| {
            assert_eq!((one.items, one.currency.as_str()), (Items::Never, "eur"));
            (one.id.clone(), one.amount.as_cents(), one.state.code())
        })
        .collect();
    made.sort();
    listed.sort();
    assert_eq!(listed, made);
    let (id, ..) = &made[0];
    let made_of = checkout.transactions(id, None).await;
    assert_eq!(
        made_of.map(drop),
        Err(FetchFault::Refused),
        "it says now: read it"
    );
}

/// A page of the stand-in, paid at localstripe.
async fn paid(localstripe: SocketAddr, house: &House, checkout: &Checkout) -> Named {
    let wanted = page(AMOUNT);
    let opened = checkout.open_page(&wanted).await.unwrap();
    let named = Named {
        payment: wanted.payment,
        reference: Some(opened.reference),
    };
    let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2031&card[cvc]=123";
    let (status, card) = call(
        localstripe,
        "POST",
        "/v1/payment_methods",
        Bytes::from(card),
    )
    .await;
    assert_eq!(status, 200, "{card}");
    let form = format!(
        "amount={}&currency=eur&capture_method=manual&confirm=true&payment_method={}",
        house.amount(&named),
        card["id"].as_str().unwrap()
    );
    let (status, intent) = call(
        localstripe,
        "POST",
        "/v1/payment_intents",
        Bytes::from(form),
    )
    .await;
    assert_eq!(
        (status, intent["status"].as_str()),
        (200, Some("requires_capture")),
        "{intent}"
    );
    house.paid_with(&named, intent);
    named
}

/// localstripe is to send its events to the stand-in, which writes down what it is sent.
async fn listens(localstripe: SocketAddr, house: &House) {
    let form = format!(
        "url=http://{}/hook&secret=whsec_0123456789abcdef",
        house.address
    );
    let path = "/_config/webhooks/shop";
    assert_eq!(
        call(localstripe, "POST", path, Bytes::from(form)).await.0,
        200
    );
}

/// The event of the capture, signed by another program than ours.
async fn heard(house: &House, checkout: &Checkout) {
    let begun = Instant::now();
    while house.times("POST /hook") == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no event came");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let event = house.last("POST /hook");
    let signature = event.header("stripe-signature").unwrap();
    let now = Clock::system().now();
    let read = checkout.read_event(signature, &event.body, now).unwrap();
    assert!(read.id.starts_with("evt_"), "{read:?}");
    assert_eq!(
        read.reference, None,
        "it is about a payment and not about a page"
    );
    let mut other = event.body.to_vec();
    other[0] ^= 1;
    assert!(checkout.read_event(signature, &other, now).is_err());
}
