//! Every page in both languages, and what is said when something is wrong.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

use search::Relation;
use shop::recommend;
use tower::ServiceExt as _;

use crate::house;
use crate::house_parts::{House, VAULT};

async fn everyday_paths(house: &House) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/",
        "/search",
        "/search?q=hugo",
        "/search?q=xqzvw",
        "/cart",
        "/checkout",
        "/orders",
        "/about",
        "/subjects",
        "/bestsellers",
        "/new",
        "/forthcoming",
        "/picks",
        "/subjects/FB",
        "/authors/victor-hugo",
    ]
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
            assert!(
                html.starts_with(&format!("<!DOCTYPE html><html lang=\"{locale}\">")),
                "{path}"
            );
            assert!(html.contains("<h1"), "{path}");
            let switch = format!("href=\"/{other}{}\"", path.replace('&', "&amp;"));
            assert!(html.contains(&switch), "{path} has no {switch}");
            assert_eq!(html.matches("<!--basket-->").count(), 0, "{path}");
            assert!(
                !html.contains("style=\"") && !html.contains("onclick"),
                "{path} has something inline"
            );
            let says_once = ["<title>", "<main ", "id=\"q\""]
                .iter()
                .all(|part| html.matches(part).count() == 1);
            assert!(says_once, "{path}");
        }
    }
}

#[tokio::test]
async fn generated_titles_are_marked_in_words() {
    let house = House::open(900).await;
    let shelf = house.state.shelf.load();
    let edition = shelf.iter().find(|edition| edition.generated).unwrap();
    let path = web::storefront::parts::book_path(&edition);
    assert!(
        house
            .get(&format!("/en{path}"))
            .await
            .text()
            .contains("Generated demo title")
    );
    assert!(
        house
            .get(&format!("/fr{path}"))
            .await
            .text()
            .contains("Titre généré pour la démonstration")
    );
}

#[tokio::test]
async fn isbns_in_any_form_lead_to_one_address() {
    let house = house().await;
    let isbn = house.some_book().isbn.unwrap().to_string();
    let (left, right) = isbn.split_at(6);
    let answer = house.get(&format!("/fr/books/{left}-{right}")).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::MOVED_PERMANENTLY, format!("/fr/books/{isbn}"))
    );
    let id = house.some_book().id;
    assert_eq!(
        house
            .get(&format!("/editions/{id}"))
            .await
            .header("location"),
        format!("/books/{isbn}")
    );
    assert_eq!(
        house.get("/books/9780000000000").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn bare_addresses_follow_the_browser_and_a_chosen_language_is_remembered() {
    let house = house().await;
    let ask = |path: &'static str, cookie: &'static str| {
        let request = Request::get(path)
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, cookie);
        house.send(request.body(Body::empty()).unwrap())
    };
    assert!(ask("/", "").await.text().contains("<html lang=\"en\">"));
    let chosen = ask("/fr/", "").await;
    assert_eq!(chosen.cookies(), "lang=fr");
    assert!(
        ask("/", "lang=fr")
            .await
            .text()
            .contains("<html lang=\"fr\">")
    );
    assert_eq!(ask("/fr/", "lang=fr").await.cookies(), "");
}

#[tokio::test]
async fn pages_may_run_nothing_inline_and_forms_may_lead_to_the_vault() {
    let answer = house().await.get("/fr/").await;
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains(&format!("form-action 'self' {VAULT};")),
        "{policy}"
    );
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert_eq!(
        answer.header("strict-transport-security"),
        "",
        "no promise of TLS without TLS"
    );
}

#[tokio::test]
async fn every_answer_says_what_may_be_done_with_it() {
    let house = house().await;
    let html = house.get("/fr/").await.text();
    let cover = html.split_once("/covers/").unwrap().1;
    let cover = format!("/covers/{}", cover.split('"').next().unwrap());
    for path in [
        "/fr/",
        "/nowhere",
        "/robots.txt",
        "/favicon.svg",
        "/status",
        "/suggest?q=la",
        "/api/openapi.json",
        &cover,
    ] {
        let answer = house.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        let kind = answer.header("content-type");
        assert!(
            kind.contains("charset=utf-8") || kind == "application/json",
            "{path}: {kind}"
        );
    }
    let settings = web::Settings {
        tls: true,
        ..web::Settings::clone(&house.state.settings)
    };
    let mut state = house.state.clone();
    state.settings = settings.into();
    let request = Request::get("/robots.txt").body(Body::empty()).unwrap();
    let answer = web::router(state).oneshot(request).await.unwrap();
    let promise = answer.headers()["strict-transport-security"].to_str();
    assert_eq!(promise.unwrap(), "max-age=31536000; includeSubDomains");
}

#[tokio::test]
async fn what_is_ones_own_is_not_kept() {
    let house = house().await;
    for path in [
        "/cart",
        "/checkout",
        "/orders",
        "/api/v1/orders/by-key/x",
        "/office/login",
    ] {
        let caching = house.get(path).await.header("cache-control");
        assert!(caching.contains("no-store"), "{path}: {caching}");
    }
}

#[tokio::test]
async fn what_no_page_answers_to_is_refused() {
    let house = house().await;
    for method in [Method::TRACE, Method::OPTIONS, Method::PUT, Method::DELETE] {
        for path in ["/", "/cart", "/api/v1/carts", "/office/login"] {
            let request = Request::builder()
                .method(method.clone())
                .uri(path)
                .body(Body::empty())
                .unwrap();
            let answer = house.send(request).await;
            let expected = StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(answer.status, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let house = house().await;
    let edition = house.some_book().id;
    for (name, value) in [
        ("origin", "https://elsewhere.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
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
        (
            "/fr/nowhere",
            StatusCode::NOT_FOUND,
            "Cette page n’est pas dans nos rayons",
        ),
        (
            "/en/books/nothing",
            StatusCode::NOT_FOUND,
            "This page is not on our shelves",
        ),
        (
            "/en/checkout/return?receipt=forged",
            StatusCode::BAD_REQUEST,
            "We did not understand that",
        ),
        (
            "/en/checkout/return",
            StatusCode::BAD_REQUEST,
            "We did not understand that",
        ),
        (
            "/en/editions/abc",
            StatusCode::BAD_REQUEST,
            "We did not understand that",
        ),
        (
            "/en/orders/BQ-0000-0000?key=guess",
            StatusCode::NOT_FOUND,
            "This page is not on our shelves",
        ),
        (
            "/en/cart/lines",
            StatusCode::METHOD_NOT_ALLOWED,
            "This page cannot be used that way",
        ),
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(words), "{path}");
    }
    let long = "x".repeat(40_000);
    let answer = house
        .post("/en/cart", "", &[("edition", "1"), ("quantity", &long)])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("That is too long"));
}

#[tokio::test]
async fn subjects_speak_the_readers_language_where_the_shop_does_not() {
    let house = house().await;
    let ask = |path: &str, accepted: &'static str, tag: &str| {
        let request = Request::get(path)
            .header(header::ACCEPT_LANGUAGE, accepted)
            .header(header::IF_NONE_MATCH, tag);
        house.send(request.body(Body::empty()).unwrap())
    };
    let shelf = house.state.shelf.load();
    let has_subject = |edition: &catalogue::model::Edition| {
        let aisles = search::Aisle::of(edition);
        aisles
            .iter()
            .any(|aisle| matches!(aisle, search::Aisle::Subject(thema) if thema.code() == "FB"))
    };
    let book = shelf.iter().find(|edition| has_subject(edition)).unwrap();
    let book = format!("/en{}", web::storefront::parts::book_path(&book));
    let german = "de, en;q=0.5";
    for (path, heading) in [
        (
            "/subjects/FB",
            "<h1><span lang=\"de\">Belletristik: allgemein und literarisch</span></h1>",
        ),
        (
            "/en/subjects/FB",
            "<h1><span lang=\"de\">Belletristik: allgemein und literarisch</span></h1>",
        ),
        ("/en/subjects", "<span lang=\"de\">Belletristik"),
        (book.as_str(), "\"><span lang=\"de\">"),
    ] {
        let english = ask(path, "en", "").await;
        let answer = ask(path, german, &english.header("etag")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_ne!(answer.header("etag"), english.header("etag"), "{path}");
        assert!(answer.header("vary").contains("Accept-Language"), "{path}");
        let html = answer.text();
        assert!(
            html.contains("<html lang=\"en\">") && html.contains(heading),
            "{path}"
        );
        // Neither is served the other's page.
        let again = ask(path, "en", &answer.header("etag")).await;
        assert_eq!(again.text(), english.text(), "{path}");
        assert!(!again.text().contains("lang=\"de\""), "{path}");
        let again = ask(path, german, &answer.header("etag")).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
    }
    // Without English the sentences are in the shop's first language, for the reader of French right behind too.
    let alone = ask("/subjects/FB", "de", "").await.text();
    assert!(alone.contains("<html lang=\"fr\">") && alone.contains("<h1><span lang=\"de\">"));
    let french = ask("/subjects/FB", "fr", "").await.text();
    assert!(!french.contains("lang=\"de\"") && french.contains("<html lang=\"fr\">"));
    let arabic = ask("/en/subjects/FB", "ar, en;q=0.5", "").await.text();
    assert!(arabic.contains("<h1><span lang=\"ar\" dir=\"rtl\">"));
    // A page without subjects is one for all.
    let home = ask("/en/", "en", "").await.header("etag");
    let same = ask("/en/", german, &home).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    // Who chose English in the shop is shown English.
    let chosen = Request::get("/en/subjects/FB")
        .header(header::ACCEPT_LANGUAGE, german)
        .header(header::COOKIE, "lang=en");
    let chosen = house.send(chosen.body(Body::empty()).unwrap()).await;
    assert!(!chosen.text().contains("lang=\"de\""));
}

#[tokio::test]
async fn a_search_that_its_filters_empty_leads_to_the_same_without_them_first() {
    let house = house().await;
    let html = house.get("/fr/search?q=hugo&decade=1200").await.text();
    let advice = "<a href=\"/fr/search?q=hugo\">Chercher de nouveau sans filtre</a>";
    let place = |words: &str| {
        let found = html.find(words);
        found.unwrap_or_else(|| panic!("{words} is not there"))
    };
    assert!(place(advice) < place("Vérifiez l’orthographe"));
    let html = house.get("/fr/search?q=xqzvw").await.text();
    assert!(html.contains("Vérifiez l’orthographe") && !html.contains("sans filtre"));
}

#[tokio::test]
async fn a_book_leads_to_its_author_publisher_series_and_subjects() {
    let house = house().await;
    let shelf = house.state.shelf.load();
    let edition = shelf
        .iter()
        .find(|edition| edition.series.is_some() && edition.publisher.is_some())
        .unwrap();
    let book = web::storefront::parts::book_path(&edition);
    let page = house.get(&format!("/fr{book}")).await.text();
    let aisles = search::Aisle::of(&edition);
    assert!(aisles.len() >= 4, "{aisles:?}");
    for aisle in &aisles {
        let path = format!("/fr{}", web::storefront::aisle::aisle_path(aisle));
        let answer = house.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let html = answer.text();
        assert!(html.contains("class=\"hit\""), "{path} has no books");
        let is_wider =
            matches!(aisle, search::Aisle::Subject(thema) if !thema.code().contains("FBC"));
        assert!(
            is_wider || page.contains(&path),
            "{book} does not lead to {path}"
        );
        if let Some(name) = aisle.name_in(&edition) {
            assert!(
                html.contains(&format!("<h1>{}</h1>", name.replace('&', "&amp;"))),
                "{path}"
            );
        }
    }
    let answer = house.get("/fr/authors/nobody-of-that-name").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = house.get("/fr/subjects/zzz").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let moved = house.get("/fr/authors/Victor%20Hugo").await;
    assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(moved.headers[header::LOCATION], "/fr/authors/victor-hugo");
}

#[tokio::test]
async fn beside_a_book_stand_its_series_its_author_and_its_subject() {
    let house = house().await;
    let shelf = house.state.shelf.load();
    let index = &house.state.index;
    let (mut with_series, mut with_author) = (None, None);
    for edition in shelf.iter() {
        let count = |relation| index.related(&edition, relation).unwrap().len();
        if with_series.is_none() && edition.series.is_some() && count(Relation::Series) > 0 {
            with_series = Some(edition.clone());
        }
        if with_author.is_none() && count(Relation::Author) > 0 {
            with_author = Some(edition.clone());
        }
    }
    for (edition, shelf) in [
        (with_series.unwrap(), "id=\"series\">In the same series<"),
        (
            with_author.unwrap(),
            "id=\"same-author\">By the same author<",
        ),
        (
            house.some_book(),
            "id=\"same-subject\">On the same subject<",
        ),
    ] {
        let path = web::storefront::parts::book_path(&edition);
        let html = house.get(&format!("/en{path}")).await.text();
        assert!(html.contains(shelf), "{path}: {shelf}");
        let beside = html.split("</article><section class=\"shelf\"").nth(1);
        let own = format!("href=\"/en{path}\"");
        assert!(
            !beside
                .unwrap_or_default()
                .split("<footer")
                .next()
                .unwrap()
                .contains(&own),
            "{path} is beside itself"
        );
    }
}

#[tokio::test]
async fn what_readers_also_bought_is_shown_with_its_reason() {
    let house = House::open(900).await;
    let shelf = house.state.shelf.load();
    let book = house.some_book();
    let other = shelf
        .iter()
        .find(|edition| edition.buyable() && edition.work != book.work)
        .unwrap();
    let path = web::storefront::parts::book_path(&book);
    let heading = "Les lecteurs de ce livre ont aussi acheté";
    assert!(
        !house
            .get(&format!("/fr{path}"))
            .await
            .text()
            .contains(heading)
    );
    let read_by = |readers: u32| {
        let pairs = (0..readers).flat_map(|reader| [(reader, book.work), (reader, other.work)]);
        let (store, clock) = (house.state.store.clone(), house.state.clock.clone());
        let pairs = pairs.collect();
        let board = house.state.also_bought.clone();
        async move {
            recommend::publish_generated(&store, &clock, pairs)
                .await
                .unwrap();
            board.refresh(&store).await.unwrap();
        }
    };
    read_by(recommend::LEAST_BUYERS - 1).await;
    assert!(
        !house
            .get(&format!("/fr{path}"))
            .await
            .text()
            .contains(heading)
    );
    read_by(recommend::LEAST_BUYERS).await;
    let html = house.get(&format!("/fr{path}")).await.text();
    assert!(html.contains(heading));
    assert!(
        html.contains("ce ne sont pas de vrais achats"),
        "made up, and says so"
    );
    assert!(
        !html.contains("Sur le même sujet"),
        "only where purchases say nothing"
    );
}

#[tokio::test]
async fn what_is_encoded_twice_is_decoded_once() {
    let house = house().await;
    let once = house.get("/fr/search?q=%3Cb%3E").await.text();
    let twice = house.get("/fr/search?q=%253Cb%253E").await.text();
    assert!(once.contains("value=\"&lt;b&gt;\""), "{once}");
    assert!(
        twice.contains("value=\"%3Cb%3E\"") && !twice.contains("&lt;b&gt;"),
        "{twice}"
    );
    let author = house.get("/fr/authors/victor%2Dhugo").await;
    assert_eq!(author.status, StatusCode::OK);
    let another = house.get("/fr/authors/victor%252Dhugo").await;
    assert_eq!(another.header("location"), "/fr/authors/victor-2dhugo");
    let nobody = house.get(&another.header("location")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}
