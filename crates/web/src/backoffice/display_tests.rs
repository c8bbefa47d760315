//! Picks and display tables through the router: laid, arranged, shown in the shop at once, and taken away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::StatusCode;

use super::fixture::{self, COUNTED, SUPPLIED, Small, hidden, location, text};

async fn csrf(shop: &Small, page: &str, cookie: &str) -> String {
    hidden(&text(shop.get(page, cookie).await).await, "csrf")
}

#[tokio::test]
async fn a_pick_is_written_shown_and_removed() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let scanned = shop
        .get(&format!("/office/stock?q={COUNTED}"), &cookie)
        .await;
    let stock = text(shop.get(location(&scanned), &cookie).await).await;
    let link = "/office/picks/new?book=1";
    assert!(stock.contains(link), "{stock}");
    let empty = text(shop.get(link, &cookie).await).await;
    assert!(empty.contains("name=\"book\" value=\"1\"") && empty.contains("value=\"lire\""));
    let csrf = csrf(&shop, "/office/picks/new", &cookie).await;
    let refused = shop
        .post(
            "/office/picks/new",
            &cookie,
            &format!("csrf={csrf}&book=12"),
        )
        .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let told = text(refused).await;
    assert!(told.contains("no edition of the shop") && told.contains("please fill this in"));

    let form = format!("csrf={csrf}&book=2-07-054127-4&bookseller=Anne+L.&note=Magique.");
    let saved = shop.post("/office/picks/new", &cookie, &form).await;
    assert_eq!(location(&saved), "/office/picks?told=saved");
    let book = text(shop.get(&format!("/en/books/{COUNTED}"), "").await).await;
    assert!(book.contains("Staff pick: Anne L.") && book.contains("Magique."));
    assert!(!book.contains("made up"));
    let list = text(shop.get("/office/picks", &cookie).await).await;
    assert!(list.contains("/office/picks/1") && list.contains("Anne L."));
    let again = text(shop.get("/office/picks/1", &cookie).await).await;
    assert!(again.contains("value=\"978-2-07-054127-0\"") && again.contains("Magique."));

    let removed = shop
        .post("/office/picks/1/remove", &cookie, &format!("csrf={csrf}"))
        .await;
    assert_eq!(location(&removed), "/office/picks?told=removed");
    let book = text(shop.get(&format!("/en/books/{COUNTED}"), "").await).await;
    assert!(!book.contains("Magique."));
}

#[tokio::test]
async fn a_table_is_laid_book_by_book_and_published() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let csrf = csrf(&shop, "/office/tables/new", &cookie).await;
    let words = |state: &str| format!("csrf={csrf}&title_fr=L%27hiver&state={state}");
    let added = shop
        .post("/office/tables/new", &cookie, &words("draft"))
        .await;
    assert_eq!(location(&added), "/office/tables/1?told=saved");
    let books = "/office/tables/1/books";
    for (form, told) in [
        (format!("deed=add&book={COUNTED}"), "arranged"),
        (format!("deed=add&book={SUPPLIED}"), "arranged"),
        ("deed=add&book=9782070541287".to_owned(), "unknown-book"),
        ("deed=up&book=2".to_owned(), "arranged"),
    ] {
        let answer = shop
            .post(books, &cookie, &format!("csrf={csrf}&{form}"))
            .await;
        let expected = format!("/office/tables/1?told={told}#books");
        assert_eq!(location(&answer), expected, "{form}");
    }
    let page = text(shop.get("/office/tables/1", &cookie).await).await;
    let (harry, pride) = (page.find("Harry").unwrap(), page.find("Pride").unwrap());
    assert!(pride < harry && page.contains("2 books on the table"));
    let address = "/en/tables/l-hiver";
    assert_eq!(shop.get(address, "").await.status(), StatusCode::NOT_FOUND);
    let published = shop
        .post("/office/tables/1", &cookie, &words("published"))
        .await;
    assert_eq!(location(&published), "/office/tables/1?told=saved");
    let shown = text(shop.get(address, "").await).await;
    assert!(shown.contains("lang=\"fr\">L'hiver"), "{shown}");
    assert!(shown.find("Pride").unwrap() < shown.find("Harry").unwrap());
    let gone = shop
        .post("/office/tables/1/remove", &cookie, &format!("csrf={csrf}"))
        .await;
    assert_eq!(location(&gone), "/office/tables?told=removed");
    assert_eq!(shop.get(address, "").await.status(), StatusCode::NOT_FOUND);
}
