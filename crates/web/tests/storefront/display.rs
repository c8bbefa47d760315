//! Lists that are no searches: what sells best, new and forthcoming books, and what booksellers lay out.

use std::time::Duration;

use axum::http::StatusCode;
use catalogue::model::{Edition, EditionId};
use shop::bestsellers::{self, LEAST_WORKS};
use shop::display::picks::{self, PickDraft};
use shop::display::tables::{self, TableDraft, Words};
use shop::form::Period;
use std::sync::Arc;

use crate::house;
use crate::house_parts::House;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Books of different works that are sent by post.
fn books(house: &House, count: usize) -> Vec<Arc<Edition>> {
    let shelf = house.state.shelf.load();
    let sold = shelf
        .iter()
        .filter(|edition| edition.buyable() && edition.goods.is_shipped() && !edition.generated);
    sold.take(count).collect()
}

/// An order of one copy of each, paid.
async fn buy(house: &House, books: &[Arc<Edition>]) {
    let mut cookies = String::new();
    for book in books {
        let fields = [("edition", book.id.to_string()), ("quantity", "1".into())];
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let answer = house.post("/cart", &cookies, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        if cookies.is_empty() {
            cookies = answer.cookies();
        }
    }
    let vault = house.order(&cookies).await;
    house.back(&vault, "approve", &cookies).await;
}

#[tokio::test]
async fn c6_a_list_of_bestsellers_is_one_of_sales_and_says_of_which() {
    let house = House::open(120).await;
    let home = house.get("/en/").await.text();
    assert!(
        home.contains("Readers ask for") && home.contains("not by our sales"),
        "{home}"
    );
    let none = house.get("/en/bestsellers").await.text();
    assert!(none.contains("has not sold enough yet") && none.contains("noindex"));
    assert!(!none.contains("class=\"hit\""));

    let books = books(&house, LEAST_WORKS + 2);
    for _ in 0..2 {
        buy(&house, &books).await;
    }
    buy(&house, &books[2..]).await;
    house.state.clock.advance(DAY);
    bestsellers::refresh(&house.state.store, &house.state.clock)
        .await
        .unwrap();
    house
        .state
        .bestsellers
        .refresh(&house.state.store)
        .await
        .unwrap();
    let list = house.get("/en/bestsellers").await.text();
    assert_eq!(list.matches("class=\"hit\"").count(), LEAST_WORKS);
    assert!(list.contains("copies of paid orders") && list.contains("At least 3 orders"));
    assert!(list.contains("at most 5 copies of one title"));
    let shows = |book: &Edition| list.contains(&format!("/covers/{}.svg", book.id));
    assert!(!shows(&books[0]), "two orders are not three");
    assert!(shows(&books[2]));
    let home = house.get("/en/").await.text();
    assert!(
        home.contains("Only what can be bought now is shown here")
            && home.contains("href=\"/en/bestsellers\" aria-label")
            && !home.contains("not by our sales")
    );
}

#[tokio::test]
async fn new_books_are_out_and_forthcoming_ones_are_not() {
    let house = house().await;
    let today = house.state.clock.today();
    let day = |edition: &Edition| {
        let date = edition.published?;
        let (month, day) = (date.month?, date.day?);
        jiff::civil::Date::new(
            date.year,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        )
        .ok()
    };
    let shelf = house.state.shelf.load();
    let shown = |html: &str| -> Vec<jiff::civil::Date> {
        let ids = html.split("/covers/").skip(1);
        let ids = ids.map(|rest| rest.split('.').next().unwrap().parse().unwrap());
        ids.map(|id| day(&shelf.edition(EditionId(id)).unwrap()).unwrap())
            .collect()
    };
    let new = shown(&house.get("/en/new").await.text());
    assert!(!new.is_empty() && new.is_sorted_by(|one, next| one >= next));
    assert!(new.iter().all(|day| *day <= today));
    let coming = shown(&house.get("/en/forthcoming").await.text());
    assert!(coming.is_sorted() && coming.iter().all(|day| *day > today));
}

#[tokio::test]
async fn picks_and_tables_are_shown_in_their_days_and_said_to_be_made_up() {
    let house = House::open(60).await;
    let (state, today) = (&house.state, house.state.clock.today());
    let books = books(&house, 3);
    let now = state.clock.now();
    let until_today = Period {
        from: None,
        until: Some(today),
    };
    let pick = PickDraft {
        edition: books[0].id,
        bookseller: "Anne".into(),
        note: "Un <b>choc</b>.\n\nÀ lire la nuit.".into(),
        period: until_today,
    };
    let real = PickDraft {
        edition: books[1].id,
        bookseller: "Zoé".into(),
        ..pick.clone()
    };
    let table = TableDraft {
        title: Words {
            fr: "Lire la mer".into(),
            en: "By the sea".into(),
        },
        intro: Words {
            fr: "Avant de partir.".into(),
            en: String::new(),
        },
        published: true,
        period: until_today,
    };
    let laid = [books[2].id, books[1].id].to_vec();
    let laying = state.store.write(move |tx| -> Result<(), storage::Fault> {
        picks::make_up(tx, &pick, now)?;
        picks::save(tx, None, &real, "zoe", now)?;
        let draft = TableDraft {
            published: false,
            title: Words {
                fr: "Brouillon".into(),
                ..Words::default()
            },
            ..table.clone()
        };
        tables::make_up(tx, &draft, laid.clone(), now)?;
        tables::make_up(tx, &table, laid.clone(), now)
    });
    let before = house.get("/en/").await.text();
    laying.await.unwrap();
    state.display.refresh(&state.store).await.unwrap();

    let home = house.get("/en/").await.text();
    assert!(!before.contains("By the sea") && home.contains("By the sea"));
    assert!(home.contains("Staff picks") && !home.contains("Brouillon"));
    // The table, and the one of the two picks.
    assert_eq!(home.matches("made up for the demonstration").count(), 2);
    let book = house
        .get(&format!(
            "/en{}",
            web::storefront::parts::book_path(&books[0])
        ))
        .await
        .text();
    assert!(book.contains("Staff pick: Anne") && book.contains("made up for the demonstration"));
    assert!(
        book.contains("Un &lt;b&gt;choc&lt;/b&gt;.</p><p>À lire la nuit.</p>"),
        "{book}"
    );
    let picks = house.get("/fr/picks").await.text();
    assert!(picks.contains("Anne") && picks.contains("inventé pour la démonstration"));
    let page = house.get("/en/tables/lire-la-mer").await.text();
    let at = |book: &Edition| page.find(&format!("/covers/{}.svg", book.id)).unwrap();
    assert!(at(&books[2]) < at(&books[1]), "in the bookseller's order");
    assert!(page.contains("<div lang=\"fr\"><p>Avant de partir."));
    assert_eq!(
        house.get("/en/tables/brouillon").await.status,
        StatusCode::NOT_FOUND
    );

    state.clock.advance(DAY);
    assert!(!house.get("/en/").await.text().contains("By the sea"));
    assert_eq!(
        house.get("/en/tables/lire-la-mer").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        house
            .get("/en/picks")
            .await
            .text()
            .contains("No staff picks")
    );
}
