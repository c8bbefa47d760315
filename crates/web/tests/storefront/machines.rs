//! What search engines, browsers and monitors are told, and what they may keep.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flate2::read::GzDecoder;
use std::io::Read as _;

use crate::house;
use crate::house_parts::SHOP;

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
    for own in [
        "/fr/cart",
        "/fr/checkout",
        "/fr/orders",
        "/fr/search?q=hugo",
    ] {
        assert!(
            house
                .get(own)
                .await
                .text()
                .contains("<meta name=\"robots\" content=\"noindex\">"),
            "{own}"
        );
    }
}

#[tokio::test]
async fn a_book_tells_machines_what_it_is_and_costs() {
    let house = house().await;
    let edition = house.some_book();
    let html = house
        .get(&web::storefront::parts::book_path(&edition))
        .await
        .text();
    let data = html
        .split_once("<script type=\"application/ld+json\">")
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["@type"], "Book");
    assert_eq!(data["isbn"], edition.isbn.unwrap().to_string());
    assert_eq!(data["offers"]["priceCurrency"], "EUR");
    assert_eq!(
        data["offers"]["itemCondition"],
        "https://schema.org/NewCondition"
    );
}

#[tokio::test]
async fn a_kept_page_is_the_same_compressed_and_knows_when_it_has_not_changed() {
    let house = house().await;
    let plain = house.get_as("/fr/", "basket=7").await;
    let request = Request::get("/fr/")
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::COOKIE, "basket=7");
    let packed = house.send(request.body(Body::empty()).unwrap()).await;
    let mut unpacked = String::new();
    GzDecoder::new(packed.body.as_slice())
        .read_to_string(&mut unpacked)
        .unwrap();
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(unpacked, plain.text());
    assert!(unpacked.contains("<span class=\"count\">7<"));
    let again = Request::get("/fr/")
        .header(header::IF_NONE_MATCH, plain.header("etag"))
        .header(header::COOKIE, "basket=7");
    assert_eq!(
        house.send(again.body(Body::empty()).unwrap()).await.status,
        StatusCode::NOT_MODIFIED
    );
}

#[tokio::test]
async fn suggestions_lead_to_pages_of_the_readers_language() {
    let answer = house().await.get("/en/suggest?q=hug").await;
    let offers: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(!offers.as_array().unwrap().is_empty());
    assert!(offers[0]["url"].as_str().unwrap().starts_with("/en/"));
    assert_eq!(house().await.get("/suggest?q=").await.text(), "[]");
    let answer = house().await.get("/fr/suggest?q=victor+h").await;
    let offers: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(offers[0]["kind"], "author");
    assert_eq!(offers[0]["url"], "/fr/authors/victor-hugo");
}

#[tokio::test]
async fn subjects_are_suggested_in_the_readers_language_and_in_that_of_the_page() {
    for (typed, text, lang) in [
        ("belletr", "Belletristik", Some("de")),
        ("fiction", "fiction", None),
    ] {
        let request = Request::get(format!("/en/suggest?q={typed}"))
            .header(header::ACCEPT_LANGUAGE, "de, en;q=0.5");
        let answer = house()
            .await
            .send(request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.header("vary"), "Accept-Language, Cookie");
        let offers: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let mut offers = offers.as_array().unwrap().iter();
        let subject = offers.find(|offer| offer["kind"] == "subject").unwrap();
        assert!(
            subject["text"]
                .as_str()
                .unwrap()
                .to_lowercase()
                .contains(&text.to_lowercase()),
            "{subject}"
        );
        assert_eq!(subject["lang"].as_str(), lang, "{subject}");
    }
}

#[tokio::test]
async fn machines_find_their_files() {
    let house = house().await;
    let robots = house.get("/robots.txt").await.text();
    assert!(
        robots.contains("Disallow: /fr/checkout")
            && robots.contains(&format!("Sitemap: {SHOP}/sitemap.xml"))
    );
    let index = house.get("/sitemap.xml").await;
    assert!(
        index
            .text()
            .contains(&format!("<loc>{SHOP}/sitemaps/1.xml</loc>"))
    );
    let part = house.get("/sitemaps/1.xml").await.text();
    let book = web::storefront::parts::book_path(&house.some_book());
    assert!(part.contains(&format!("<loc>{SHOP}/fr{book}</loc>")) && part.ends_with("</urlset>"));
    assert_eq!(
        house.get("/sitemaps/2.xml").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        house
            .get("/fr/opensearch.xml")
            .await
            .text()
            .contains("template=\"http://127.0.0.1:8080/fr/search?q={searchTerms}\"")
    );
    assert!(
        house
            .get("/.well-known/security.txt")
            .await
            .text()
            .starts_with("Contact: mailto:")
    );
    for ready in ["/live", "/ready/browse", "/ready/order"] {
        assert_eq!(house.get(ready).await.status, StatusCode::OK, "{ready}");
    }
    let status: serde_json::Value =
        serde_json::from_slice(&house.get("/status").await.body).unwrap();
    assert_eq!(
        (&status["order"], &status["editions"]),
        (&true.into(), &400.into())
    );
    assert_eq!(
        house.get("/metrics").await.status,
        StatusCode::NOT_FOUND,
        "without a recorder"
    );
}

#[tokio::test]
async fn covers_and_assets_are_kept_for_ever_under_addresses_that_change() {
    let house = house().await;
    let html = house.get("/fr/").await.text();
    let address = |start: &str| {
        let rest = html.split_once(start).unwrap().1;
        format!("{start}{}", rest.split('"').next().unwrap())
    };
    for (address, kind) in [
        (
            address("/assets/bouquin.css".trim_end_matches("css")),
            "text/css",
        ),
        (address("/covers/"), "image/svg+xml"),
    ] {
        let answer = house.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        assert!(answer.header("content-type").starts_with(kind), "{address}");
        assert!(
            answer.header("cache-control").ends_with("immutable"),
            "{address}"
        );
        assert!(!answer.body.is_empty(), "{address}");
    }
    assert_eq!(
        house.get("/assets/bouquin.css").await.status,
        StatusCode::NOT_FOUND
    );
}
