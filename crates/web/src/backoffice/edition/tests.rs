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
    let chef = shop.log_in("chef").await;
    let log = text(shop.get("/office/audit", &chef).await).await;
    assert_eq!(log.matches("book corrected").count(), 2, "{log}");
}

/// The form of the page as a browser would send it back, for the test to type in.
fn opened(page: &str) -> Vec<(String, String)> {
    let form = page.split("/correct\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?;
        let value = value.split('"').next()?;
        Some(value.replace("&amp;", "&").replace("&quot;", "\""))
    };
    let inputs = form.split("<input").skip(1).filter_map(|tag| {
        let tag = tag.split('>').next()?;
        let name = attribute(tag, "name").filter(|name| name != "csrf")?;
        Some((name, attribute(tag, "value")?))
    });
    let selects = form.split("<select").skip(1).filter_map(|select| {
        let chosen = select.split("</select>").next()?;
        let chosen = chosen.split("<option").find(|option| {
            let tag = option.split('>').next().unwrap_or_default();
            tag.ends_with(" selected")
        });
        let value = chosen.and_then(|tag| attribute(tag, "value"));
        Some((attribute(select, "name")?, value?))
    });
    inputs.chain(selects).collect()
}

/// A form with `typed` in its fields.
fn sent(opened: &[(String, String)], typed: &[(&str, &str)]) -> String {
    let value = |name: &str, known: &str| {
        let typed = typed.iter().find(|(field, _)| *field == name);
        typed.map_or(known.to_owned(), |(_, value)| (*value).to_owned())
    };
    opened
        .iter()
        .map(|(name, known)| {
            let value = crate::storefront::reader::encoded(&value(name, known));
            format!("&{name}={value}")
        })
        .collect()
}

async fn fed(shop: &Small, cents: i64) {
    use catalogue::store::{Incoming, Record, put_all};
    let mut edition = edition_of(shop, COUNTED).await;
    edition.title = "Harry Potter à l'école des sorciers".to_owned();
    edition.price = Some(catalogue::model::Price {
        amount: trade::money::Money::cents(cents),
        regime: trade::price::PriceRegime::FixedFr,
    });
    let record = Record {
        sender: "test".into(),
        reference: COUNTED.into(),
        message: None,
        edition,
    };
    let store = shop.state.store.clone();
    let put = tokio::task::spawn_blocking(move || {
        put_all(&store, std::iter::once(Incoming::Put(Box::new(record)))).unwrap();
    });
    put.await.unwrap();
}

#[tokio::test]
async fn a_form_that_lay_open_does_not_pin_what_the_feed_changed_meanwhile() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    fed(&shop, 1000).await;
    let page = format!("/office/editions/{}", edition_of(&shop, COUNTED).await.id);
    let form = opened(&desk.read(&page).await);
    assert!(
        form.contains(&("price".to_owned(), "10.00".to_owned())),
        "{form:?}"
    );
    fed(&shop, 1200).await;
    let title = [("title", "Harry Potter")];
    desk.post(&format!("{page}/correct"), &sent(&form, &title))
        .await;
    let after = edition_of(&shop, COUNTED).await;
    assert_eq!(after.title, "Harry Potter");
    assert_eq!(after.price.unwrap().amount.as_cents(), 1200);
    fed(&shop, 1300).await;
    let after = edition_of(&shop, COUNTED).await;
    assert_eq!(after.title, "Harry Potter");
    assert_eq!(after.price.unwrap().amount.as_cents(), 1300);
}

#[tokio::test]
async fn a_second_form_does_not_take_back_what_the_first_corrected() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = format!("/office/editions/{}", edition_of(&shop, COUNTED).await.id);
    let form = opened(&desk.read(&page).await);
    let correct = format!("{page}/correct");
    desk.post(&correct, &sent(&form, &[("price", "11.50")]))
        .await;
    desk.post(&correct, &sent(&form, &[("publisher", "Gallimard")]))
        .await;
    let after = edition_of(&shop, COUNTED).await;
    assert_eq!(after.publisher.as_deref(), Some("Gallimard"));
    assert_eq!(after.price.unwrap().amount.as_cents(), 1150);
    // What cannot be read comes back with what the form was opened with.
    let wrong = sent(&form, &[("price", "beaucoup")]);
    let shown = text(desk.post_raw(&correct, &wrong).await).await;
    let again = opened(&shown);
    let kept = ("was-price".to_owned(), "9.90".to_owned());
    assert!(again.contains(&kept), "{again:?}");
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
