//! The page of an edition in the back office, and the order of senders.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::StatusCode;
use trade::isbn::Isbn13;

use crate::backoffice::fixture::{self, COUNTED, SUPPLIED, Small, text};
use crate::backoffice::import::tests::Visitor;

async fn edition_of(shop: &Small, isbn: &str) -> catalogue::model::Edition {
    let isbn = Isbn13::parse(isbn).unwrap();
    let found = shop
        .state
        .store
        .read(move |tx| catalogue::store::by_isbn(tx, isbn));
    found.await.unwrap().remove(0)
}

#[tokio::test]
async fn an_edition_is_corrected_in_place_and_the_correction_taken_back() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let edition = edition_of(&shop, COUNTED).await;
    let page = format!("/office/editions/{}", edition.id);
    let before = desk.read(&page).await;
    assert!(before.contains("<code>9782070541270</code>"), "{before}");
    let form = "&title=Harry+Potter+%C3%A0+l%27%C3%A9cole+des+sorciers&price=11%2C50&publisher=Gallimard&published=1998-10&name0=J.+K.+Rowling&role0=author&availability=in_stock&isbn=9782070541270&thema=YFH";
    let told = desk.post(&format!("{page}/correct"), form).await;
    assert!(told.ends_with("told=corrected"), "{told}");
    let after = edition_of(&shop, COUNTED).await;
    assert_eq!(after.id, edition.id);
    assert_eq!(after.price.unwrap().amount.as_cents(), 1150);
    assert_eq!(after.contributors[0].name, "J. K. Rowling");
    assert_eq!(after.subjects[0].code.as_deref(), Some("YFH"));
    let shown = desk.read(&told).await;
    assert!(
        shown.contains("Correction saved") && shown.contains("the shop"),
        "{shown}"
    );
    // What the form says as the sender does is the sender's.
    let said = shop
        .state
        .store
        .read(move |tx| catalogue::store::said(tx, edition.id));
    let said = said.await.unwrap();
    assert_eq!(said[0].sender, catalogue::store::CORRECTIONS);
    assert_eq!(
        (said[0].edition.title.as_str(), said[0].edition.isbn),
        ("", None)
    );
    assert!(desk.read("/office/import").await.contains(">Correction<"));
    let told = desk.post(&format!("{page}/take-back"), "").await;
    assert!(desk.read(&told).await.contains("taken back"));
    assert_eq!(edition_of(&shop, COUNTED).await.publisher, None);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_beside_its_field_and_changes_nothing() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let edition = edition_of(&shop, COUNTED).await;
    let page = format!("/office/editions/{}", edition.id);
    let form = "&title=&isbn=9782070541271&price=beaucoup&published=demain&thema=%3F&availability=in_stock";
    let answer = desk.post_raw(&format!("{page}/correct"), form).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let shown = text(answer).await;
    for field in ["title", "isbn", "price", "published", "thema"] {
        assert!(
            shown.contains(&format!("id=\"{field}-error\"")),
            "{field} in {shown}"
        );
    }
    assert!(shown.contains("value=\"beaucoup\""), "what was typed stays");
    assert_eq!(edition_of(&shop, COUNTED).await, edition);
}

#[tokio::test]
async fn editions_are_joined_parted_and_joined_again() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let (one, other) = (
        edition_of(&shop, COUNTED).await.id,
        edition_of(&shop, SUPPLIED).await.id,
    );
    let page = format!("/office/editions/{one}");
    let nobody = desk
        .post(&format!("{page}/join"), "&other=9782070360024")
        .await;
    assert!(nobody.ends_with("told=no-other"), "{nobody}");
    let told = desk
        .post(&format!("{page}/join"), &format!("&other={SUPPLIED}"))
        .await;
    assert!(told.ends_with("told=joined"), "{told}");
    let joined = desk.read(&told).await;
    assert!(
        joined.contains("Split off") && joined.contains("was joined with"),
        "{joined}"
    );
    let led = shop
        .get(&format!("/office/editions/{other}"), desk.cookie())
        .await;
    assert_eq!(
        fixture::location(&led),
        page,
        "the one that was merged leads to the other"
    );
    let told = desk
        .post(
            &format!("{page}/split"),
            &format!("&sender=test&reference={SUPPLIED}"),
        )
        .await;
    assert_eq!(told, format!("/office/editions/{other}?told=split"));
    let parted = desk.read(&told).await;
    assert!(parted.contains("was split off"), "{parted}");
}

#[tokio::test]
async fn senders_are_put_in_order() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("l.jsonl", &format!("{{\"id\":\"z:1\",\"source\":\"z\",\"title\":\"Harry Potter\",\"isbn13\":[\"{COUNTED}\"]}}\n")).await;
    desk.import(&page).await;
    assert!(edition_of(&shop, COUNTED).await.title.contains("sorciers"));
    let senders = desk.read("/office/senders").await;
    assert!(
        senders.contains("value=\"test\"") && senders.contains("value=\"z\""),
        "{senders}"
    );
    let form = "&sender0=test&place0=2&sender1=z&place1=1";
    let told = desk.post("/office/senders", form).await;
    assert!(told.ends_with("told=saved"), "{told}");
    assert_eq!(edition_of(&shop, COUNTED).await.title, "Harry Potter");
}
