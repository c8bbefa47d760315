//! The screening at the desk, through its pages: the queue, a decision, the rules and their draft.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::StatusCode;
use shop::payment;
use shop::screening::{Attempt, Visit, screen};
use trade::ids::OrderNumber;

use crate::backoffice::fixture::{Small, hidden, location, receipt, small, text};
use crate::storefront::reader::encoded;

storage::statements! {
    DAMAGE = "UPDATE screening_rules SET rules = 'of another time'";
}

const HOLDING: &str = "[thresholds]\nstep_up = 10\nreview = 20\nrefuse = 30\n[[rule]]\nid = \"one\"\nwhen = \"copies >= 1\"\n\
     weight = 20\nfr = \"Un livre au moins\"\nen = \"One book at least\"\n";

/// Sends a deed of the draft's form with some rules in it.
async fn draft(
    small: &Small,
    cookie: &str,
    rules: &str,
    deed: &str,
) -> axum::http::Response<axum::body::Body> {
    let page = text(small.get("/office/screening/draft", cookie).await).await;
    let form = format!(
        "csrf={}&deed={deed}&rules={}",
        hidden(&page, "csrf"),
        encoded(rules)
    );
    small.post("/office/screening/draft", cookie, &form).await
}

/// Publishes rules as an administrator does: tried first, then by the button that appears.
async fn publish(small: &Small, cookie: &str, rules: &str) {
    let tried = text(draft(small, cookie, rules, "try").await).await;
    assert!(tried.contains("value=\"publish\""), "{tried}");
    let published = draft(small, cookie, rules, "publish").await;
    assert_eq!(
        location(&published),
        "/office/screening/rules?told=published"
    );
}

/// A paid order that was screened by the rules in force.
async fn paid(small: &Small) -> OrderNumber {
    let wanted = crate::backoffice::tests::ordered(small).await;
    let (state, receipt) = (&small.state, receipt(&wanted, small.state.clock.now()));
    let attempt = Attempt::with_card(&receipt, Visit::default());
    let zone = state.methods.card.clone().unwrap();
    screen(&state.store, &state.screening, &state.clock, attempt)
        .await
        .unwrap();
    payment::authorise(&state.store, &*zone, &state.clock, &receipt)
        .await
        .unwrap();
    receipt.order
}

#[tokio::test]
async fn an_order_is_held_looked_at_and_let_go() {
    let small = small().await;
    let chef = small.log_in("chef").await;
    publish(&small, &chef, HOLDING).await;
    let number = paid(&small).await;
    let lire = small.log_in("lire").await;

    let queue = text(small.get("/office/screening", &lire).await).await;
    assert!(
        queue.contains(number.as_str()) && queue.contains("One book at least"),
        "{queue}"
    );
    let page = format!("/office/orders/{number}");
    let order = text(small.get(&page, &lire).await).await;
    assert!(order.contains("waits for a bookseller"), "{order}");
    let csrf = format!("csrf={}", hidden(&order, "csrf"));
    let shipped = small.post(&format!("{page}/ship"), &lire, &csrf).await;
    assert_eq!(location(&shipped), format!("{page}?told=in-review"));

    let link = order.split("/office/screening/").nth(1).unwrap();
    let id: String = link.chars().take_while(char::is_ascii_digit).collect();
    let decision = format!("/office/screening/{id}");
    let shown = text(small.get(&decision, &lire).await).await;
    for part in [
        "One book at least",
        "(+20)",
        "lead to the same decision",
        "<code>amount_cents</code>",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let french = text(small.get_in_french(&decision, &lire).await).await;
    assert!(french.contains("Un livre au moins") && french.contains("Montant, en centimes"));
    let released = small
        .post(&format!("{decision}/release"), &lire, &csrf)
        .await;
    assert_eq!(location(&released), "/office/screening?told=released");
    let again = small
        .post(&format!("{decision}/refuse"), &lire, &csrf)
        .await;
    assert_eq!(location(&again), "/office/screening?told=gone");
    let shipped = small.post(&format!("{page}/ship"), &lire, &csrf).await;
    assert_eq!(location(&shipped), format!("{page}?told=ship-done"));
    let log = text(small.get("/office/audit", &chef).await).await;
    assert!(log.contains("let go after a look") && log.contains("screening rules published"));
}

#[tokio::test]
async fn a_refused_order_is_cancelled() {
    let small = small().await;
    let chef = small.log_in("chef").await;
    publish(&small, &chef, HOLDING).await;
    let number = paid(&small).await;
    let order = text(small.get(&format!("/office/orders/{number}"), &chef).await).await;
    let link = order.split("/office/screening/").nth(1).unwrap();
    let id: String = link.chars().take_while(char::is_ascii_digit).collect();
    let csrf = format!("csrf={}", hidden(&order, "csrf"));
    let refused = small
        .post(&format!("/office/screening/{id}/refuse"), &chef, &csrf)
        .await;
    assert_eq!(location(&refused), "/office/screening?told=refused");
    let order = text(small.get(&format!("/office/orders/{number}"), &chef).await).await;
    assert!(order.contains("class=\"state cancelled\""), "{order}");
}

#[tokio::test]
async fn a_draft_is_checked_tried_and_kept_with_its_mistakes() {
    let small = small().await;
    let chef = small.log_in("chef").await;
    paid(&small).await;
    let wrong = HOLDING.replace("copies >= 1", "copie >= 1");
    for deed in ["check", "try", "publish", "shadow"] {
        let answer = draft(&small, &chef, &wrong, deed).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{deed}");
        let page = text(answer).await;
        assert!(page.contains("Rule one (line 7), character 1:"), "{page}");
        assert!(page.contains("Did you mean copies?"), "{page}");
    }
    let kept = text(small.get("/office/screening/draft", &chef).await).await;
    assert!(kept.contains("copie &gt;= 1"), "{kept}");
    let right = text(draft(&small, &chef, HOLDING, "check").await).await;
    assert!(right.contains("The rules are right"), "{right}");
    assert!(!right.contains("value=\"publish\""), "{right}");
    let untried = draft(&small, &chef, HOLDING, "publish").await;
    assert_eq!(untried.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let untried = text(untried).await;
    assert!(
        untried.contains("not tried on past orders yet"),
        "{untried}"
    );
    let tried = text(draft(&small, &chef, HOLDING, "try").await).await;
    assert!(
        tried.contains("Of the latest 1 decisions, 1 would be different"),
        "{tried}"
    );
    let shadowed = draft(&small, &chef, HOLDING, "shadow").await;
    assert_eq!(location(&shadowed), "/office/screening/rules?told=shadow");
    let rules = text(small.get("/office/screening/rules", &chef).await).await;
    assert!(
        rules.contains("In the shadow") && rules.contains("One book at least"),
        "{rules}"
    );
    assert!(
        rules.contains("Of 0 decisions since, 0 would be different"),
        "{rules}"
    );
    paid(&small).await;
    let rules = text(small.get("/office/screening/rules", &chef).await).await;
    assert!(
        rules.contains("Of 1 decisions since, 1 would be different"),
        "{rules}"
    );
    let row = "<th scope=\"row\">Accepted</th><td>To be looked at</td><td class=\"num\">1</td>";
    assert!(rules.contains(row), "{rules}");
    let none = draft(&small, &chef, HOLDING, "unshadow").await;
    assert_eq!(location(&none), "/office/screening/rules?told=unshadow");
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_warned_of() {
    let small = small().await;
    let chef = small.log_in("chef").await;
    publish(&small, &chef, HOLDING).await;
    let pages = ["/office/screening", "/office/screening/rules"];
    for page in pages {
        let page = text(small.get(page, &chef).await).await;
        assert!(!page.contains("cannot read rules"), "{page}");
    }
    let damaging = small.state.store.write(|tx| tx.execute(&DAMAGE, &[]));
    damaging.await.unwrap();
    for page in pages {
        let english = text(small.get(page, &chef).await).await;
        assert!(
            english.contains("The program cannot read rules no.")
                && english.contains("role=\"alert\""),
            "{english}"
        );
        let french = text(small.get_in_french(page, &chef).await).await;
        assert!(
            french.contains("Le programme ne sait pas lire les règles"),
            "{french}"
        );
    }
    paid(&small).await;
    let log = text(small.get("/office/audit", &chef).await).await;
    assert!(log.contains("rules in force could not be read"), "{log}");
}

#[tokio::test]
async fn booksellers_read_the_rules_and_administrators_change_them() {
    let small = small().await;
    let lire = small.log_in("lire").await;
    let rules = small.get("/office/screening/rules", &lire).await;
    assert_eq!(rules.status(), StatusCode::OK);
    let rules = text(rules).await;
    assert!(
        rules.contains("Several cards tried from the same browser"),
        "{rules}"
    );
    assert!(!rules.contains("/office/screening/draft"), "{rules}");
    let page = small.get("/office/screening/draft", &lire).await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
}
