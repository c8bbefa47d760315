//! The screening as readers meet it: nothing at all, a code by e-mail, or a calm refusal.

use axum::http::StatusCode;
use shop::certificate::{self, IssueDraft};
use shop::order::{self, OrderKeys};
use shop::screening::{MarkKeys, note_trial, publish, save_draft, try_on_history};
use trade::money::Money;

use crate::house_parts::{House, hidden, person};

async fn house_that(decision: &str, when: &str) -> House {
    let house = House::open(60).await;
    let rules = format!(
        "[thresholds]\nstep_up = 10\nreview = 20\nrefuse = 30\n[[rule]]\nid = \"one\"\nwhen = \"{when}\"\nweight = 0\n\
         at_least = \"{decision}\"\nfr = \"f\"\nen = \"e\"\n"
    );
    let now = house.state.clock.now();
    let publishing = house.state.store.write(move |tx| {
        save_draft(tx, &rules, "anne", now)?;
        let trial = try_on_history(tx, &rules)?;
        note_trial(tx, &trial)?;
        publish(tx, &rules, "anne", now)
    });
    publishing.await.unwrap();
    house
}

#[tokio::test]
async fn a_refused_order_is_told_calmly_and_the_bank_is_not_asked() {
    let house = house_that("refuse", "copies >= 1").await;
    let cookies = house.cart(1).await;
    let vault = house.order(&cookies).await;
    for _ in 0..2 {
        let back = house.back(&vault, "approve", &cookies).await;
        assert_eq!(back.status, StatusCode::PAYMENT_REQUIRED);
        let page = back.text();
        assert!(
            page.contains("Nous ne pouvons pas prendre ce paiement"),
            "{page}"
        );
        assert!(page.contains("mailto:"), "somebody can be written to");
        for word in ["one", "règle", "score", "fraude"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(
            !back.cookies().contains("basket=0"),
            "the basket is as it was"
        );
    }
}

#[tokio::test]
async fn the_right_code_leads_on_to_the_payment() {
    let house = house_that("step_up", "!email_confirmed").await;
    let cookies = house.cart(1).await;
    let vault = house.order(&cookies).await;
    let asked = house.back(&vault, "approve", &cookies).await;
    assert_eq!(asked.status, StatusCode::OK);
    let page = asked.text();
    assert!(
        page.contains("autocomplete=\"one-time-code\"") && page.contains("inputmode=\"numeric\"")
    );
    let fields = hidden(&page);
    let screening = &fields
        .iter()
        .find(|(name, _)| name == "screening")
        .unwrap()
        .1;
    let code = MarkKeys::beside(&OrderKeys::new(&[7; 32])).code(screening.parse().unwrap(), 1);
    let form = |code: &str| -> Vec<(String, String)> {
        let mut form: Vec<_> = fields.iter().take(2).cloned().collect();
        form.push(("code".to_owned(), code.to_owned()));
        form
    };
    let send = async |path: &str, code: &str| {
        let form = form(code);
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        house.post(path, &cookies, &form).await
    };
    let wrong = if code == "111111" { "222222" } else { "111111" };
    let refused = send("/fr/checkout/confirm", wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = refused.text();
    assert!(
        page.contains("Il reste 4 essais") && page.contains("aria-invalid=\"true\""),
        "{page}"
    );
    let soon = send("/fr/checkout/confirm/again", "").await;
    assert!(
        soon.text().contains("vient d’être envoyé"),
        "{}",
        soon.text()
    );

    let led = send(
        "/fr/checkout/confirm",
        &format!("{} {}", &code[..3], &code[3..]),
    )
    .await;
    assert_eq!(led.status, StatusCode::SEE_OTHER);
    let back = house.get_as(&led.header("location"), &cookies).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    let order = house.get(&back.header("location")).await;
    assert!(
        order.text().contains("La commande est payée"),
        "{}",
        order.text()
    );
}

#[tokio::test]
async fn a_forged_receipt_confirms_nothing() {
    let house = house_that("step_up", "!email_confirmed").await;
    let form = [
        ("receipt", "forged"),
        ("screening", "1"),
        ("code", "123456"),
    ];
    for path in ["/checkout/confirm", "/checkout/confirm/again"] {
        let answer = house.post(path, "", &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_held_order_looks_like_any_other_to_its_reader() {
    let house = house_that("review", "copies >= 1").await;
    let cookies = house.cart(1).await;
    let vault = house.order(&cookies).await;
    let back = house.back(&vault, "approve", &cookies).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let page = house.get(&back.header("location")).await.text();
    assert!(page.contains("La commande est payée"), "{page}");
}

/// A gift certificate of the shop, as it was sold.
async fn sold(house: &House, euros: &str) -> String {
    let (draft, now) = (
        IssueDraft::check(euros, "12", "").unwrap(),
        house.state.clock.now(),
    );
    let selling = house
        .state
        .store
        .write(move |tx| certificate::issue(tx, &draft, "anne", now));
    selling.await.unwrap().0.to_string()
}

async fn balances(house: &House) -> Vec<Money> {
    let all = house.state.store.read(certificate::all).await.unwrap();
    all.iter().map(|one| one.balance).collect()
}

/// The path of the only order's page.
async fn order_path(house: &House) -> String {
    let all = order::Filter::default();
    let listing = house
        .state
        .store
        .read(move |tx| order::list(tx, &all, 1, 1));
    let number = listing.await.unwrap().orders[0].number.clone();
    house.state.order_keys.path(&number)
}

#[tokio::test]
async fn a_certificate_for_the_whole_is_taken_after_the_code() {
    let house = house_that("step_up", "!email_confirmed").await;
    let cookies = house.cart(1).await;
    house.order(&cookies).await;
    let code = sold(&house, "250").await;
    let page = order_path(&house).await;
    let use_it = page.replace("?key=", "/certificate?key=");
    let asked = house.post(&use_it, &cookies, &[("code", &code)]).await;
    assert_eq!(asked.status, StatusCode::OK);
    let text = asked.text();
    assert!(text.contains("autocomplete=\"one-time-code\""), "{text}");
    assert_eq!(balances(&house).await, [Money::cents(25_000)]);
    let fields = hidden(&text);
    let value = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.unwrap().1.as_str()
    };
    assert_eq!(value("certificate"), code);
    let keys = MarkKeys::beside(&OrderKeys::new(&[7; 32]));
    let sent = keys.code(value("screening").parse().unwrap(), 1);
    let confirm = async |key: &str, typed: &str| {
        let form = [
            ("order", value("order")),
            ("key", key),
            ("certificate", value("certificate")),
            ("screening", value("screening")),
            ("code", typed),
        ];
        house.post("/fr/checkout/confirm", &cookies, &form).await
    };
    let wrong = if sent == "111111" { "222222" } else { "111111" };
    let refused = confirm(value("key"), wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains(&code), "the form still carries it");
    let forged = confirm("AAAA", &sent).await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);
    assert_eq!(balances(&house).await, [Money::cents(25_000)]);

    let led = confirm(value("key"), &sent).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.text());
    assert!(led.cookies().contains("basket=0"), "{}", led.cookies());
    let paid = house.get_as(&led.header("location"), &cookies).await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER, "nothing is left to pay");
    let order = house.get(&paid.header("location")).await.text();
    assert!(order.contains("La commande est payée"), "{order}");
    assert!(order.contains("Payée par chèque-cadeau"), "{order}");
    assert!(!order.contains("sur votre carte"), "{order}");
    assert!(balances(&house).await[0] < Money::cents(25_000));
}

#[tokio::test]
async fn a_refused_certificate_holds_what_it_held() {
    let house = house_that("refuse", "means == \\\"certificate\\\"").await;
    let cookies = house.cart(1).await;
    let code = sold(&house, "250").await;
    // Typed on the checkout, before there is an order.
    let page = house.get_as("/checkout", &cookies).await.text();
    let fields = hidden(&page);
    let mut typed = person(&fields);
    typed.push(("certificate", &code));
    let answer = house.post("/checkout", &cookies, &typed).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    let text = answer.text();
    assert!(text.contains("Nous ne pouvons pas prendre ce paiement"));
    assert_eq!(balances(&house).await, [Money::cents(25_000)]);
    let order = house.get(&order_path(&house).await).await.text();
    assert!(!order.contains("La commande est payée"), "{order}");
}
