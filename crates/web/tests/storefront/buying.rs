//! The cart, the checkout, the answers of the bank, the order found again.

use axum::http::StatusCode;

use crate::house_parts::{House, VAULT, hidden, person};

#[tokio::test]
async fn a_cart_is_filled_changed_and_emptied() {
    let house = House::open(60).await;
    let isbn = house.some_book().isbn.unwrap().to_string();
    let added = house
        .post("/cart", "", &[("isbn", &isbn), ("quantity", "2")])
        .await;
    assert_eq!(
        (added.status, added.header("location").as_str()),
        (StatusCode::SEE_OTHER, "/cart")
    );
    let cookies = added.cookies();
    assert!(cookies.contains("basket=2"), "{cookies}");
    let set = added.header("set-cookie");
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"),
        "{set}"
    );
    let edition = house.some_book().id.to_string();
    let changed = house
        .post(
            "/en/cart/lines",
            &cookies,
            &[("edition", &edition), ("quantity", "3")],
        )
        .await;
    assert_eq!(changed.header("location"), "/en/cart");
    let page = house.get_as("/en/cart", &cookies).await;
    assert!(page.text().contains("value=\"3\"") && page.cookies().contains("basket=3"));
    for _ in 0..2 {
        house
            .post(
                "/cart/lines",
                &cookies,
                &[("edition", &edition), ("quantity", "0")],
            )
            .await;
    }
    assert!(
        house
            .get_as("/en/cart", &cookies)
            .await
            .text()
            .contains("Your basket is empty")
    );
}

#[tokio::test]
async fn a_checkout_with_mistakes_says_which_and_keeps_what_was_typed() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let fields = hidden(&house.get_as("/en/checkout", &cookies).await.text());
    let mut typed = person(&fields);
    typed.retain(|(name, _)| !["email", "postcode"].contains(name));
    typed.extend([("email", "jeanne@"), ("postcode", "97133")]);
    let answer = house.post("/en/checkout", &cookies, &typed).await;
    let html = answer.text();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("2 things have to be put right"));
    for part in [
        "<a href=\"#email\">",
        "<a href=\"#postcode\">",
        "aria-invalid=\"true\" aria-describedby=\"email-hint email-error\"",
        "value=\"jeanne@\"",
        "value=\"Jeanne Lecture\"",
        "12 rue des Écoles</textarea>",
        "autofocus",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[tokio::test]
async fn c3_the_button_says_that_the_order_obliges_to_pay() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let french = house.get_as("/fr/checkout", &cookies).await.text();
    assert!(french.contains(
        "<button class=\"button\" type=\"submit\">Commander avec obligation de paiement</button>"
    ));
    for token in [
        "email",
        "name",
        "street-address",
        "postal-code",
        "address-level2",
        "country",
    ] {
        assert!(
            french.contains(&format!("autocomplete=\"{token}\"")),
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_total_that_drifted_is_shown_and_nothing_is_ordered() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let fields = hidden(&house.get_as("/en/checkout", &cookies).await.text());
    let mut typed = person(&fields);
    typed.retain(|(name, _)| *name != "total_shown");
    typed.push(("total_shown", "1"));
    let answer = house.post("/en/checkout", &cookies, &typed).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("It was €0.01 and is now"));
    let again = hidden(&answer.text());
    assert_ne!(again[0], fields[0], "a new wish has a new key");
    assert_eq!(
        house
            .post("/en/checkout", &cookies, &person(&again))
            .await
            .status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn an_order_is_placed_paid_and_found_again() {
    let house = House::open(60).await;
    let cookies = house.cart(2).await;
    let vault = house.order(&cookies).await;
    assert!(
        vault.starts_with(&format!("{VAULT}/pay?ticket=BQ-")),
        "{vault}"
    );
    let back = house.back(&vault, "approve", &cookies).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(back.cookies().contains("basket=0"), "{}", back.cookies());
    let page = house.get(&back.header("location")).await;
    assert!(
        page.text().contains("La commande est payée")
            && page.text().contains("Visa finissant par 4242")
    );
    assert_eq!(
        house
            .back(&vault, "approve", &cookies)
            .await
            .header("location"),
        back.header("location"),
        "reloading is safe"
    );
    let number = vault
        .split_once("ticket=")
        .unwrap()
        .1
        .split('~')
        .next()
        .unwrap();
    let found = house
        .post(
            "/fr/orders",
            "",
            &[
                ("number", &number.to_lowercase()),
                ("email", "Jeanne@example.org"),
            ],
        )
        .await;
    assert_eq!(found.header("location"), back.header("location"));
    let guessed = house
        .post(
            "/fr/orders",
            "",
            &[("number", number), ("email", "someone@example.org")],
        )
        .await;
    assert_eq!(guessed.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_order_and_changed_it_is_told_so() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let fields = hidden(&house.get_as("/fr/checkout", &cookies).await.text());
    let first = house
        .post("/fr/checkout", &cookies, &person(&fields))
        .await
        .header("location");
    let second = house
        .post("/fr/checkout", &cookies, &person(&fields))
        .await
        .header("location");
    assert_eq!(first, second);
    let mut other = person(&fields);
    other.retain(|(name, _)| *name != "city");
    other.push(("city", "Lyon"));
    let answer = house.post("/fr/checkout", &cookies, &other).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer
            .text()
            .contains("Ce formulaire a déjà servi à commander")
            && answer.text().contains("/fr/orders/BQ-")
    );
}

#[tokio::test]
async fn a_bank_that_says_no_or_nothing_is_told_truthfully() {
    let house = House::open(60).await;
    for (outcome, status, words) in [
        (
            "insufficient-funds",
            StatusCode::PAYMENT_REQUIRED,
            "La banque indique que la provision est insuffisante",
        ),
        (
            "silent",
            StatusCode::SERVICE_UNAVAILABLE,
            "nous ne savons donc pas si elle a mis le montant de côté",
        ),
        (
            "down",
            StatusCode::SERVICE_UNAVAILABLE,
            "La banque n’a pas été interrogée",
        ),
    ] {
        let cookies = house.cart(1).await;
        let vault = house.order(&cookies).await;
        let answer = house.back(&vault, outcome, &cookies).await;
        let html = answer.text();
        assert_eq!(answer.status, status, "{outcome}");
        assert!(html.contains(words), "{outcome}");
        assert!(!html.contains("method=\"post\""), "{outcome}: links only");
        assert!(
            answer.cookies().contains("basket=1"),
            "{outcome}: the basket is as it was"
        );
        if outcome != "silent" {
            let retry = html
                .split("href=\"")
                .map(|rest| rest.split('"').next().unwrap())
                .find(|link| link.contains("/pay?key="))
                .unwrap();
            let choice = house.get(retry).await;
            assert_eq!(
                choice.status,
                StatusCode::OK,
                "{outcome}: another card, or another means"
            );
            let card = house.post(retry, &cookies, &[("means", "card")]).await;
            assert!(
                card.header("location")
                    .starts_with(&format!("{VAULT}/pay?ticket="))
            );
        }
    }
}

#[tokio::test]
async fn while_the_vault_is_sealed_orders_are_taken_and_paid_later() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let open = house.get_as("/checkout", &cookies).await.text();
    assert!(!open.contains("n’est pas disponible pour le moment"));

    house
        .sealed
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let french = house.get_as("/checkout", &cookies).await.text();
    assert!(french.contains("Le paiement par carte n’est pas disponible pour le moment."));
    assert!(french.contains("Commander avec obligation de paiement</button>"));
    let english = house.get_as("/en/checkout", &cookies).await.text();
    assert!(english.contains("Card payment is not available at the moment."));

    let pay = house.order(&cookies).await;
    assert!(
        pay.starts_with("/orders/") && pay.contains("/pay?key="),
        "{pay}"
    );
    let closed = house.get_as(&pay, &cookies).await;
    assert_eq!(closed.status, StatusCode::OK);
    let choice = closed.text();
    assert!(choice.contains("Le paiement par carte n’est pas disponible pour le moment."));
    assert!(choice.contains("Virement bancaire"), "other means go on");

    // The same way, once the custodians have been there.
    house
        .sealed
        .store(false, std::sync::atomic::Ordering::SeqCst);
    let card_page = house.post(&pay, &cookies, &[("means", "card")]).await;
    assert_eq!(card_page.status, StatusCode::SEE_OTHER);
    assert!(card_page.header("location").starts_with(VAULT));
    let paid = house
        .back(&card_page.header("location"), "approve", &cookies)
        .await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER, "{}", paid.text());
}
