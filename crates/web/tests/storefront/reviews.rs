//! Reviews: written from an order or with an address, read by a bookseller, shown, voted on, reported.

use axum::http::StatusCode;
use shop::reviews::letter::{self, News, ReviewLetter};
use shop::reviews::{self, Queue, ReviewId};
use storage::outbox;

use crate::house_parts::{Answer, House};

const WRITTEN: [(&str, &str); 6] = [
    ("rating", "4"),
    ("title", "Deux soirs sans dormir"),
    ("body", "Je l’ai lu <b>deux</b> fois."),
    ("signature", "Jeanne L."),
    ("language", "fr"),
    ("experienced", "2026-11-01"),
];

/// Pays for a book and follows the order's page to its review form.
async fn form_of_an_order(house: &House) -> String {
    let cookies = house.cart(1).await;
    let vault = house.order(&cookies).await;
    let order = house.back(&vault, "approve", &cookies).await;
    let page = house.get(&order.header("location")).await.text();
    let links = page.split("href=\"").skip(1);
    let mut links = links.filter_map(|rest| rest.split('"').next());
    links
        .find(|link| link.contains("/reviews/"))
        .unwrap()
        .to_owned()
}

async fn waiting(house: &House) -> Vec<reviews::Entry> {
    let reading = house
        .state
        .store
        .read(|tx| reviews::queue(tx, Queue::Waiting, 1, 10));
    reading.await.unwrap()
}

/// Publishes the only review that waits.
async fn publish(house: &House) -> ReviewId {
    let entries = waiting(house).await;
    let [entry] = entries.as_slice() else {
        panic!("{} reviews wait", entries.len());
    };
    let (id, seen, now) = (entry.id, entry.written, house.state.clock.now());
    let publishing = house
        .state
        .store
        .write(move |tx| reviews::publish(tx, id, seen, "lire", now));
    publishing.await.unwrap();
    let refreshing = house.state.reviews.refresh(&house.state.store, now);
    refreshing.await.unwrap();
    id
}

async fn letters(house: &House) -> Vec<ReviewLetter> {
    let leasing = house
        .state
        .store
        .write(|tx| outbox::lease(tx, letter::TOPIC, 10, 1, 1));
    let leased = leasing.await.unwrap();
    let read = |entry: &outbox::Leased| serde_json::from_str(&entry.payload).unwrap();
    leased.iter().map(read).collect()
}

async fn book_page(house: &House, query: &str) -> Answer {
    let isbn = house.some_book().isbn.unwrap();
    house.get(&format!("/fr/books/{isbn}{query}")).await
}

fn with_email(address: &'static str) -> Vec<(&'static str, &'static str)> {
    WRITTEN.into_iter().chain([("email", address)]).collect()
}

/// Writes with an address and follows the letter: its link, and the page behind it.
async fn written_by_letter(house: &House, address: &'static str) -> (String, ReviewId) {
    let form = format!("/fr/editions/{}/review", house.some_book().id);
    let sent = house.post(&form, "", &with_email(address)).await;
    assert_eq!(sent.header("location"), "/fr/reviews/sent?next=letter");
    let letter = letters(house).await.pop().unwrap();
    assert_eq!(
        (letter.news.clone(), letter.to.as_str()),
        (News::Confirm, address)
    );
    let path = house.state.review_keys().path(letter.review());
    (format!("/fr{path}"), letter.review())
}

#[tokio::test]
async fn c6_a_buyer_writes_a_bookseller_reads_and_the_page_shows_it_with_a_true_mark() {
    let house = House::open(60).await;
    let form = form_of_an_order(&house).await;
    let shown = house.get(&form).await.text();
    assert!(
        !shown.contains("name=\"email\""),
        "the order proves the address"
    );
    let sent = house.post(&form, "", &WRITTEN).await;
    assert_eq!(sent.header("location"), "/fr/reviews/sent");
    let again = house.post(&form, "", &WRITTEN).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert!(!book_page(&house, "").await.text().contains("Deux soirs"));

    let counted = |home: &str| {
        let before = home.split(" avis de lecteurs").next().unwrap();
        let number = before.rsplit(' ').next().unwrap().to_owned();
        number.parse::<u32>().unwrap()
    };
    let before = counted(&house.get("/fr").await.text());
    let id = publish(&house).await;
    assert_eq!(counted(&house.get("/fr").await.text()), before + 1);
    let page = book_page(&house, "").await.text();
    for part in [
        "Deux soirs sans dormir",
        "&lt;b&gt;deux&lt;/b&gt;",
        "Achat vérifié",
        "lu le 1",
        &format!("id=\"review-{id}\""),
        "\"aggregateRating\":{\"@type\":\"AggregateRating\",\"bestRating\":5,\"ratingValue\":4.0,\"reviewCount\":1}",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let told = letters(&house).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].news, News::Published);
}

#[tokio::test]
async fn an_order_that_is_not_opened_or_holds_another_book_has_no_form() {
    let house = House::open(60).await;
    let form = form_of_an_order(&house).await;
    let (path, _) = form.split_once("?key=").unwrap();
    for wrong in [
        path.to_owned(),
        format!("{path}?key=AAAA"),
        form.replace("/reviews/", "/reviews/9"),
    ] {
        assert_eq!(
            house.get(&wrong).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
        assert_eq!(
            house.post(&wrong, "", &WRITTEN).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_review_with_mistakes_says_which_and_keeps_what_was_typed() {
    let house = House::open(60).await;
    let form = format!("/en/editions/{}/review", house.some_book().id);
    let typed = [
        ("title", "Two nights"),
        ("experienced", "2026-13-01"),
        ("email", "jeanne@"),
    ];
    let answer = house.post(&form, "", &typed).await;
    let html = answer.text();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "6 things have to be put right",
        "<a href=\"#rating-5\">",
        "<a href=\"#body\">",
        "value=\"Two nights\"",
        "value=\"jeanne@\"",
        "id=\"experienced-error\"",
        "aria-describedby=\"email-hint email-error\"",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[tokio::test]
async fn a_letter_confirms_by_a_button_and_by_nothing_else() {
    let house = House::open(60).await;
    let (link, id) = written_by_letter(&house, "paul@example.org").await;
    let page = house.get(&link).await.text();
    assert!(page.contains("Confirmer cet avis"));
    assert_eq!(waiting(&house).await.len(), 0, "looking confirms nothing");
    let confirm = format!("/fr/reviews/{id}/confirm");
    let wrong = house.post(&confirm, "", &[("key", "AAAA")]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let key = link.split_once("?key=").unwrap().1;
    for _ in 0..2 {
        let confirmed = house.post(&confirm, "", &[("key", key)]).await;
        assert_eq!(confirmed.header("location"), link);
    }
    publish(&house).await;
    let page = book_page(&house, "").await.text();
    assert!(page.contains("achat non vérifié") && !page.contains("· Achat vérifié"));

    let withdraw = format!("/fr/reviews/{id}/withdraw");
    house.post(&withdraw, "", &[("key", key)]).await;
    assert!(!book_page(&house, "").await.text().contains("Deux soirs"));
    let gone = house.get(&link).await.text();
    assert!(
        gone.contains("son texte effacé") && !gone.contains("Deux soirs"),
        "{gone}"
    );
}

#[tokio::test]
async fn nobody_learns_from_the_form_whether_an_address_is_known_nor_fills_its_letter_box() {
    let house = House::open(60).await;
    form_of_an_order(&house).await;
    let form = format!("/fr/editions/{}/review", house.some_book().id);
    let mut answers = Vec::new();
    for _ in 0..2 {
        for address in ["jeanne@example.org", "nobody@example.org"] {
            let answer = house.post(&form, "", &with_email(address)).await;
            answers.push((answer.status, answer.header("location"), answer.cookies()));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Two for each so far; a third is sent, further ones are not, and the answer stays the same.
    for _ in 0..2 {
        house
            .post(&form, "", &with_email("nobody@example.org"))
            .await;
    }
    let sent = letters(&house).await;
    let to_nobody = sent
        .iter()
        .filter(|letter| letter.to.as_str() == "nobody@example.org");
    assert_eq!(to_nobody.count(), 3);
    let too_fast = house
        .post(&form, "", &with_email("jeanne@example.org"))
        .await;
    assert_eq!(too_fast.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_visitor_votes_once_and_gets_no_cookie_before() {
    let house = House::open(60).await;
    let form = form_of_an_order(&house).await;
    house.post(&form, "", &WRITTEN).await;
    let id = publish(&house).await;
    let before = book_page(&house, "").await;
    assert!(!before.cookies().contains("voter") && !before.text().contains("lecteur aidé"));
    let vote = format!("/fr/reviews/{id}/helpful");
    let voted = house.post(&vote, "", &[]).await;
    assert!(voted.header("location").ends_with(&format!("#review-{id}")));
    let cookies = voted.cookies();
    assert!(cookies.starts_with("voter="), "{cookies}");
    house.post(&vote, &cookies, &[]).await;
    assert!(
        book_page(&house, "")
            .await
            .text()
            .contains(">1 lecteur aidé<")
    );
    house.post(&vote, "", &[]).await;
    assert!(
        book_page(&house, "?reviews=helpful")
            .await
            .text()
            .contains(">2 lecteurs aidés<")
    );
    let unknown = house.post("/fr/reviews/999/helpful", "", &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_report_needs_a_reason_and_reaches_the_desk() {
    let house = House::open(60).await;
    let form = form_of_an_order(&house).await;
    house.post(&form, "", &WRITTEN).await;
    let id = publish(&house).await;
    let report = format!("/fr/reviews/{id}/report");
    assert!(
        house
            .get(&report)
            .await
            .text()
            .contains("Deux soirs sans dormir")
    );
    let missing = house.post(&report, "", &[("note", "la fin !")]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["Dites ce qui ne va pas.", ">la fin !</textarea>"] {
        assert!(missing.text().contains(said), "{said}");
    }
    let sent = house
        .post(&report, "", &[("reason", "spoiler"), ("note", "la fin !")])
        .await;
    assert_eq!(sent.header("location"), "/fr/reviews/sent?next=reported");
    let reading = house.state.store.read(move |tx| reviews::entry(tx, id));
    let (_, reports) = reading.await.unwrap().unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].note, "la fin !");
}

#[tokio::test]
async fn c6_reviews_are_sorted_as_asked_and_nonsense_is_the_usual_order() {
    let house = House::open(60).await;
    let form = form_of_an_order(&house).await;
    house.post(&form, "", &WRITTEN).await;
    publish(&house).await;
    let (link, id) = written_by_letter(&house, "paul@example.org").await;
    let key = link.split_once("?key=").unwrap().1;
    let confirm = format!("/fr/reviews/{id}/confirm");
    house.post(&confirm, "", &[("key", key)]).await;
    publish(&house).await;
    let usual = book_page(&house, "").await;
    assert!(usual.text().contains("reviews=rating#reviews"));
    for query in ["?reviews=x", "?language=kl", "?reviews=date&reviews=date"] {
        let answer = book_page(&house, query).await;
        assert_eq!(answer.header("etag"), usual.header("etag"), "{query}");
    }
    let sorted = book_page(&house, "?reviews=rating").await.text();
    let link = "rel=\"nofollow\" aria-current=\"true\">note</a>";
    assert!(sorted.contains(link), "{sorted}");
}
