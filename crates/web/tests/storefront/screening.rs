//! The screening as readers meet it: nothing at all, a code by e-mail, or a calm refusal.

use axum::http::StatusCode;
use shop::order::OrderKeys;
use shop::screening::{MarkKeys, publish};

use crate::house_parts::{House, hidden};

async fn house_that(decision: &str, when: &str) -> House {
    let house = House::open(60).await;
    let rules = format!(
        "[thresholds]\nstep_up = 10\nreview = 20\nrefuse = 30\n[[rule]]\nid = \"one\"\nwhen = \"{when}\"\nweight = 0\n\
         at_least = \"{decision}\"\nfr = \"f\"\nen = \"e\"\n"
    );
    let now = house.state.clock.now();
    let publishing = house
        .state
        .store
        .write(move |tx| publish(tx, &rules, "anne", now));
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
