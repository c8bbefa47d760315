//! The storefront through its router: every page in both languages, the cart, the checkout, the bank's answers,
//! and what machines are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod house;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flate2::read::GzDecoder;
use house::{House, SHOP, VAULT, hidden, person};
use std::io::Read as _;
use tokio::sync::OnceCell;

/// One house for the tests that change nothing.
static HOUSE: OnceCell<House> = OnceCell::const_new();

async fn house() -> &'static House {
    HOUSE.get_or_init(|| House::open(400)).await
}

async fn everyday_paths(house: &House) -> Vec<String> {
    let mut paths: Vec<String> = ["/", "/search", "/search?q=hugo", "/search?q=xqzvw", "/cart", "/checkout", "/orders", "/about"]
        .map(str::to_owned)
        .into();
    paths.push(web::storefront::parts::book_path(&house.some_book()));
    paths.extend(web::storefront::words_page::LEGAL.map(|name| format!("/legal/{name}")));
    paths
}

#[tokio::test]
async fn every_page_speaks_both_languages_and_says_so() {
    let house = house().await;
    for path in everyday_paths(house).await {
        for (locale, other) in [("fr", "en"), ("en", "fr")] {
            let answer = house.get(&format!("/{locale}{path}")).await;
            let html = answer.text();
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{locale}\">")), "{path}");
            assert!(html.contains("<h1"), "{path}");
            let switch = format!("href=\"/{other}{}\"", path.replace('&', "&amp;"));
            assert!(html.contains(&switch), "{path} has no {switch}");
            assert_eq!(html.matches("<!--basket-->").count(), 0, "{path}");
            assert!(!html.contains("style=\"") && !html.contains("onclick"), "{path} has something inline");
            let says_once = ["<title>", "<main ", "id=\"q\""].iter().all(|part| html.matches(part).count() == 1);
            assert!(says_once, "{path}");
        }
    }
}

#[tokio::test]
async fn shared_pages_are_canonical_and_ones_own_are_not_indexed() {
    let house = house().await;
    let book = web::storefront::parts::book_path(&house.some_book());
    let html = house.get(&format!("/en{book}")).await.text();
    for line in [
        format!("<link rel=\"canonical\" href=\"{SHOP}/en{book}\">"),
        format!("hreflang=\"fr\" href=\"{SHOP}/fr{book}\""),
        format!("hreflang=\"x-default\" href=\"{SHOP}{book}\""),
    ] {
        assert!(html.contains(&line), "{line}");
    }
    for own in ["/fr/cart", "/fr/checkout", "/fr/orders", "/fr/search?q=hugo"] {
        assert!(house.get(own).await.text().contains("<meta name=\"robots\" content=\"noindex\">"), "{own}");
    }
}

#[tokio::test]
async fn a_book_tells_machines_what_it_is_and_costs() {
    let house = house().await;
    let edition = house.some_book();
    let html = house.get(&web::storefront::parts::book_path(&edition)).await.text();
    let data = html.split_once("<script type=\"application/ld+json\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["@type"], "Book");
    assert_eq!(data["isbn"], edition.isbn.unwrap().to_string());
    assert_eq!(data["offers"]["priceCurrency"], "EUR");
    assert_eq!(data["offers"]["itemCondition"], "https://schema.org/NewCondition");
}

#[tokio::test]
async fn generated_titles_are_marked_in_words() {
    let house = House::open(900).await;
    let shelf = house.state.shelf.load();
    let edition = shelf.iter().find(|edition| edition.generated).unwrap();
    let path = web::storefront::parts::book_path(&edition);
    assert!(house.get(&format!("/en{path}")).await.text().contains("Generated demo title"));
    assert!(house.get(&format!("/fr{path}")).await.text().contains("Titre généré pour la démonstration"));
}

#[tokio::test]
async fn isbns_in_any_form_lead_to_one_address() {
    let house = house().await;
    let isbn = house.some_book().isbn.unwrap().to_string();
    let (left, right) = isbn.split_at(6);
    let answer = house.get(&format!("/fr/books/{left}-{right}")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::MOVED_PERMANENTLY, format!("/fr/books/{isbn}")));
    let id = house.some_book().id;
    assert_eq!(house.get(&format!("/editions/{id}")).await.header("location"), format!("/books/{isbn}"));
    assert_eq!(house.get("/books/9780000000000").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bare_addresses_follow_the_browser_and_a_chosen_language_is_remembered() {
    let house = house().await;
    let ask = |path: &'static str, cookie: &'static str| {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en").header(header::COOKIE, cookie);
        house.send(request.body(Body::empty()).unwrap())
    };
    assert!(ask("/", "").await.text().contains("<html lang=\"en\">"));
    let chosen = ask("/fr/", "").await;
    assert_eq!(chosen.cookies(), "lang=fr");
    assert!(ask("/", "lang=fr").await.text().contains("<html lang=\"fr\">"));
    assert_eq!(ask("/fr/", "lang=fr").await.cookies(), "");
}

#[tokio::test]
async fn pages_may_run_nothing_inline_and_forms_may_lead_to_the_vault() {
    let answer = house().await.get("/fr/").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {VAULT};")), "{policy}");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert_eq!(answer.header("strict-transport-security"), "", "no promise of TLS without TLS");
}

#[tokio::test]
async fn a_kept_page_is_the_same_compressed_and_knows_when_it_has_not_changed() {
    let house = house().await;
    let plain = house.get_as("/fr/", "basket=7").await;
    let request = Request::get("/fr/").header(header::ACCEPT_ENCODING, "gzip").header(header::COOKIE, "basket=7");
    let packed = house.send(request.body(Body::empty()).unwrap()).await;
    let mut unpacked = String::new();
    GzDecoder::new(packed.body.as_slice()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(unpacked, plain.text());
    assert!(unpacked.contains("<span class=\"count\">7<"));
    let again = Request::get("/fr/").header(header::IF_NONE_MATCH, plain.header("etag")).header(header::COOKIE, "basket=7");
    assert_eq!(house.send(again.body(Body::empty()).unwrap()).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let house = house().await;
    let edition = house.some_book().id;
    for (name, value) in [("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site")] {
        let request = Request::post("/cart")
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("edition={edition}")))
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        assert_eq!(answer.cookies(), "");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_said_in_words_that_help() {
    let house = house().await;
    for (path, status, words) in [
        ("/fr/nowhere", StatusCode::NOT_FOUND, "Cette page n’est pas dans nos rayons"),
        ("/en/books/nothing", StatusCode::NOT_FOUND, "This page is not on our shelves"),
        ("/en/checkout/return?receipt=forged", StatusCode::BAD_REQUEST, "We did not understand that"),
        ("/en/checkout/return", StatusCode::BAD_REQUEST, "We did not understand that"),
        ("/en/editions/abc", StatusCode::BAD_REQUEST, "We did not understand that"),
        ("/en/orders/BQ-0000-0000?key=guess", StatusCode::NOT_FOUND, "This page is not on our shelves"),
        ("/en/cart/lines", StatusCode::METHOD_NOT_ALLOWED, "This page cannot be used that way"),
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(words), "{path}");
    }
    let long = "x".repeat(40_000);
    let answer = house.post("/en/cart", "", &[("edition", "1"), ("quantity", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("That is too long"));
}

#[tokio::test]
async fn a_cart_is_filled_changed_and_emptied() {
    let house = House::open(60).await;
    let isbn = house.some_book().isbn.unwrap().to_string();
    let added = house.post("/cart", "", &[("isbn", &isbn), ("quantity", "2")]).await;
    assert_eq!((added.status, added.header("location").as_str()), (StatusCode::SEE_OTHER, "/cart"));
    let cookies = added.cookies();
    assert!(cookies.contains("basket=2"), "{cookies}");
    let set = added.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"), "{set}");
    let edition = house.some_book().id.to_string();
    let changed = house.post("/en/cart/lines", &cookies, &[("edition", &edition), ("quantity", "3")]).await;
    assert_eq!(changed.header("location"), "/en/cart");
    let page = house.get_as("/en/cart", &cookies).await;
    assert!(page.text().contains("value=\"3\"") && page.cookies().contains("basket=3"));
    for _ in 0..2 {
        house.post("/cart/lines", &cookies, &[("edition", &edition), ("quantity", "0")]).await;
    }
    assert!(house.get_as("/en/cart", &cookies).await.text().contains("Your basket is empty"));
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
    assert!(french.contains("<button class=\"button\" type=\"submit\">Commander avec obligation de paiement</button>"));
    for token in ["email", "name", "street-address", "postal-code", "address-level2", "country"] {
        assert!(french.contains(&format!("autocomplete=\"{token}\"")), "{token}");
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
    assert_eq!(house.post("/en/checkout", &cookies, &person(&again)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_order_is_placed_paid_and_found_again() {
    let house = House::open(60).await;
    let cookies = house.cart(2).await;
    let vault = house.order(&cookies).await;
    assert!(vault.starts_with(&format!("{VAULT}/pay?ticket=BQ-")), "{vault}");
    let back = house.back(&vault, "approve", &cookies).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(back.cookies().contains("basket=0"), "{}", back.cookies());
    let page = house.get(&back.header("location")).await;
    assert!(page.text().contains("La commande est payée") && page.text().contains("Visa finissant par 4242"));
    assert_eq!(house.back(&vault, "approve", &cookies).await.header("location"), back.header("location"), "reloading is safe");
    let number = vault.split_once("ticket=").unwrap().1.split('~').next().unwrap();
    let found = house.post("/fr/orders", "", &[("number", &number.to_lowercase()), ("email", "Jeanne@example.org")]).await;
    assert_eq!(found.header("location"), back.header("location"));
    let guessed = house.post("/fr/orders", "", &[("number", number), ("email", "someone@example.org")]).await;
    assert_eq!(guessed.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_order_and_changed_it_is_told_so() {
    let house = House::open(60).await;
    let cookies = house.cart(1).await;
    let fields = hidden(&house.get_as("/fr/checkout", &cookies).await.text());
    let first = house.post("/fr/checkout", &cookies, &person(&fields)).await.header("location");
    let second = house.post("/fr/checkout", &cookies, &person(&fields)).await.header("location");
    assert_eq!(first, second);
    let mut other = person(&fields);
    other.retain(|(name, _)| *name != "city");
    other.push(("city", "Lyon"));
    let answer = house.post("/fr/checkout", &cookies, &other).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("Ce formulaire a déjà servi à commander") && answer.text().contains("/fr/orders/BQ-"));
}

#[tokio::test]
async fn a_bank_that_says_no_or_nothing_is_told_truthfully() {
    let house = House::open(60).await;
    for (outcome, status, words) in [
        ("insufficient-funds", StatusCode::PAYMENT_REQUIRED, "La banque indique que la provision est insuffisante"),
        ("silent", StatusCode::SERVICE_UNAVAILABLE, "nous ne savons donc pas si elle a mis le montant de côté"),
        ("down", StatusCode::SERVICE_UNAVAILABLE, "La banque n’a pas été interrogée"),
    ] {
        let cookies = house.cart(1).await;
        let vault = house.order(&cookies).await;
        let answer = house.back(&vault, outcome, &cookies).await;
        let html = answer.text();
        assert_eq!(answer.status, status, "{outcome}");
        assert!(html.contains(words), "{outcome}");
        assert!(!html.contains("method=\"post\""), "{outcome}: links only");
        assert!(answer.cookies().contains("basket=1"), "{outcome}: the basket is as it was");
        if outcome != "silent" {
            let retry = html.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|link| link.contains("/pay?key=")).unwrap();
            assert!(house.get(retry).await.header("location").starts_with(&format!("{VAULT}/pay?ticket=")));
        }
    }
}

#[tokio::test]
async fn suggestions_lead_to_pages_of_the_readers_language() {
    let answer = house().await.get("/en/suggest?q=hug").await;
    let offers: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(!offers.as_array().unwrap().is_empty());
    assert!(offers[0]["url"].as_str().unwrap().starts_with("/en/"));
    assert_eq!(house().await.get("/suggest?q=").await.text(), "[]");
}

#[tokio::test]
async fn machines_find_their_files() {
    let house = house().await;
    let robots = house.get("/robots.txt").await.text();
    assert!(robots.contains("Disallow: /fr/checkout") && robots.contains(&format!("Sitemap: {SHOP}/sitemap.xml")));
    let index = house.get("/sitemap.xml").await;
    assert!(index.text().contains(&format!("<loc>{SHOP}/sitemaps/1.xml</loc>")));
    let part = house.get("/sitemaps/1.xml").await.text();
    let book = web::storefront::parts::book_path(&house.some_book());
    assert!(part.contains(&format!("<loc>{SHOP}/fr{book}</loc>")) && part.ends_with("</urlset>"));
    assert_eq!(house.get("/sitemaps/2.xml").await.status, StatusCode::NOT_FOUND);
    assert!(house.get("/fr/opensearch.xml").await.text().contains("template=\"http://127.0.0.1:8080/fr/search?q={searchTerms}\""));
    assert!(house.get("/.well-known/security.txt").await.text().starts_with("Contact: mailto:"));
    for ready in ["/live", "/ready/browse", "/ready/order"] {
        assert_eq!(house.get(ready).await.status, StatusCode::OK, "{ready}");
    }
    let status: serde_json::Value = serde_json::from_slice(&house.get("/status").await.body).unwrap();
    assert_eq!((&status["order"], &status["editions"]), (&true.into(), &400.into()));
    assert_eq!(house.get("/metrics").await.status, StatusCode::NOT_FOUND, "without a recorder");
}

#[tokio::test]
async fn covers_and_assets_are_kept_for_ever_under_addresses_that_change() {
    let house = house().await;
    let html = house.get("/fr/").await.text();
    let address = |start: &str| {
        let rest = html.split_once(start).unwrap().1;
        format!("{start}{}", rest.split('"').next().unwrap())
    };
    for (address, kind) in [(address("/assets/bouquin.css".trim_end_matches("css")), "text/css"), (address("/covers/"), "image/svg+xml")] {
        let answer = house.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert!(answer.header("content-type").starts_with(kind), "{address}");
        assert!(answer.header("cache-control").ends_with("immutable"), "{address}");
        assert!(!answer.body.is_empty(), "{address}");
    }
    assert_eq!(house.get("/assets/bouquin.css").await.status, StatusCode::NOT_FOUND);
}
