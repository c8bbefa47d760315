//! The back office through its router: who may enter where, and what forms need.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::{StatusCode, header};
use banking::iban::Iban;
use shop::checkout::{Draft, place_order};
use shop::order::OrderState;
use shop::payment::{self, Means, PaymentState, ShopAccount};
use shop::pricing::{Destination, Line, quote};
use shop::staff::{Role, SecondFactorRule};
use shop::stock::{MoveReason, StockPolicy};
use trade::address::{Address, AddressInput, Email};
use trade::delivery::DeliveryMethod;
use trade::goods::Goods;
use trade::ids::{IdempotencyKey, OrderNumber};
use trade::isbn::Isbn13;
use trade::locale::Locale;
use trade::money::Money;
use trade::territory::Territory;

use super::access::{Body, Door};
use super::fixture::{self, COUNTED, Small, cookie_of, hidden, location, text};
use super::rooms;
use crate::i18n::words;

/// An address of the list with something in its places.
fn filled(path: &str) -> String {
    path.replace("{number}", "BQ-0000-0000")
        .replace("{edition}", "1")
        .replace("{kind}", "synonym")
        .replace("{import}", "1")
        .replace("{decision}", "1")
        .replace("{id}", "01890000-0000-7000-8000-000000000000")
        .replace("{login}", "lire")
}

/// Methods that a room answers at all.
async fn methods(
    shop: &Small,
    path: &str,
    cookie: &str,
    form: &str,
) -> Vec<(&'static str, axum::http::Response<axum::body::Body>)> {
    let mut answered = Vec::new();
    for method in ["GET", "POST"] {
        let kind = "application/x-www-form-urlencoded";
        let answer = shop.send(method, path, cookie, kind, form).await;
        if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
            answered.push((method, answer));
        }
    }
    assert!(!answered.is_empty(), "{path} answers nothing");
    answered
}

#[tokio::test]
async fn without_a_session_every_room_but_the_login_leads_to_the_login() {
    let shop = fixture::small().await;
    for room in rooms().into_iter().filter(|room| room.door != Door::Open) {
        for cookie in ["", "bouquin-office=made-up"] {
            for (method, answer) in methods(&shop, &filled(room.path), cookie, "csrf=x").await {
                assert_eq!(
                    answer.status(),
                    StatusCode::SEE_OTHER,
                    "{method} {}",
                    room.path
                );
                assert!(
                    location(&answer).starts_with("/office/login"),
                    "{method} {}",
                    room.path
                );
            }
        }
    }
    assert_eq!(shop.get("/office/login", "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn rooms_of_administrators_are_forbidden_to_booksellers() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let mut forbidden = 0;
    for room in rooms()
        .into_iter()
        .filter(|room| room.door == Door::Administrator)
    {
        for (method, answer) in methods(&shop, &filled(room.path), &cookie, "csrf=x").await {
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{method} {}",
                room.path
            );
            forbidden += 1;
        }
    }
    assert!(forbidden >= 4);
    let chef = shop.log_in("chef").await;
    for path in ["/office/staff", "/office/audit"] {
        assert_eq!(
            shop.get(path, &chef).await.status(),
            StatusCode::OK,
            "{path}"
        );
        assert!(
            !text(shop.get("/office", &cookie).await)
                .await
                .contains(path),
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_form_is_read_without_the_token_of_the_session() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("chef").await;
    let own = hidden(
        &text(shop.get("/office/import", &cookie).await).await,
        "csrf",
    );
    let part = |token: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b--\r\n")
    };
    let (fields, parts) = (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    );
    let mut forms: Vec<(&str, String)> = ["", "csrf=", "csrf=wrong", "x=1&csrf=wrong"]
        .into_iter()
        .flat_map(|form| [fields, parts].map(|kind| (kind, form.to_owned())))
        .collect();
    forms.extend(["", "wrong"].map(|token| (parts, part(token))));
    for room in rooms().into_iter().filter(|room| room.door != Door::Open) {
        // Only a room for files reads a form in parts.
        let own = (room.body == Body::Fields).then(|| (parts, part(&own)));
        for (kind, form) in forms.iter().cloned().chain(own) {
            let answer = shop
                .send("POST", &filled(room.path), &cookie, kind, &form)
                .await;
            let is_refused = match answer.status() {
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN => true,
                // What is no form in parts is refused before its token is looked for.
                StatusCode::BAD_REQUEST => room.body == Body::Upload,
                _ => false,
            };
            assert!(
                is_refused,
                "{} {kind} {form}: {}",
                room.path,
                answer.status()
            );
        }
    }
}

#[tokio::test]
async fn the_token_of_an_upload_is_not_read_beyond_its_length() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let token = "x".repeat(1 << 20);
    let upload =
        format!("--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b--\r\n");
    let answer = shop
        .send(
            "POST",
            "/office/import",
            &cookie,
            "multipart/form-data; boundary=b",
            &upload,
        )
        .await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_login_takes_the_right_password_and_the_form_of_this_browser_only() {
    let shop = fixture::small().await;
    let page = shop.get("/office/login?next=/office/orders", "").await;
    let cookie = cookie_of(&page);
    let token = hidden(&text(page).await, "form");
    let wrong = shop
        .post(
            "/office/login",
            &cookie,
            &format!("login=lire&password=wrong&form={token}"),
        )
        .await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(
        !wrong
            .headers()
            .get(header::SET_COOKIE)
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("bouquin-office=")
    );
    let elsewhere = shop
        .post(
            "/office/login",
            "",
            &format!("login=lire&password=x&form={token}"),
        )
        .await;
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);

    let session = shop.log_in("lire").await;
    assert!(session.starts_with("bouquin-office="));
    let page = shop.get("/office", &session).await;
    assert_eq!(page.headers()[header::CACHE_CONTROL], "private, no-store");
    let csrf = hidden(&text(page).await, "csrf");
    let left = shop
        .post("/office/logout", &session, &format!("csrf={csrf}"))
        .await;
    assert_eq!(location(&left), "/office/login");
    // What the browser kept of the pages goes with the session.
    let forgotten = &left.headers()["clear-site-data"];
    assert_eq!(forgotten, "\"cache\", \"storage\"");
    assert_eq!(
        shop.get("/office", &session).await.status(),
        StatusCode::SEE_OTHER
    );
}

#[test]
fn every_code_that_the_office_shows_has_its_words() {
    let mut codes: Vec<(&str, &str)> = Vec::new();
    codes.extend(
        OrderState::ALL
            .iter()
            .map(|one| ("office-state", one.code())),
    );
    codes.extend(
        PaymentState::ALL
            .iter()
            .map(|one| ("office-payment-state", one.code())),
    );
    codes.extend(
        MoveReason::ALL
            .iter()
            .map(|one| ("office-move", one.code())),
    );
    codes.extend(
        StockPolicy::ALL
            .iter()
            .map(|one| ("office-policy", one.code())),
    );
    codes.extend(Role::ALL.iter().map(|one| ("office-role", one.code())));
    for group in ["office-factor-none", "office-factor-wanted"] {
        codes.extend(SecondFactorRule::ALL.iter().map(|one| (group, one.code())));
    }
    codes.extend(
        DeliveryMethod::ALL
            .iter()
            .map(|one| ("office-method", one.code())),
    );
    // A French word is never the code; that English says the same things is tested beside the words.
    for (group, code) in &codes {
        assert_ne!(
            words(Locale::Fr).one_of(group, code),
            *code,
            "{group}-{code}"
        );
    }
}

/// An order for one counted book, paid.
pub(super) async fn paid(shop: &Small) -> OrderNumber {
    let (state, wanted) = (&shop.state, ordered(shop).await);
    let receipt = fixture::receipt(&wanted, state.clock.now());
    let zone = state.methods.card.clone().unwrap();
    payment::authorise(&state.store, &*zone, &state.clock, &receipt)
        .await
        .unwrap();
    receipt.order
}

/// The card that an order waits for.
pub(super) async fn ordered(shop: &Small) -> payment::CardWanted {
    let state = &shop.state;
    let edition = state
        .shelf
        .load()
        .by_isbn(Isbn13::parse(COUNTED).unwrap())
        .unwrap()
        .id;
    let lines = vec![Line {
        edition,
        quantity: 1,
        unit: Money::cents(990),
        goods: Goods::NewBook,
    }];
    let to = Destination {
        territory: Territory::Mainland,
        method: DeliveryMethod::Post,
    };
    let total = quote(&lines, to, &state.tariff, state.clock.today())
        .unwrap()
        .total;
    let address = AddressInput {
        name: "Jeanne Dupont".into(),
        street: "12 quai de la Tournelle".into(),
        postcode: "75005".into(),
        city: "Paris".into(),
        country: "FR".into(),
    };
    let draft = Draft {
        key: IdempotencyKey::new(),
        cart: None,
        lines,
        email: Email::parse("jeanne@example.org").unwrap(),
        address: Address::check(&address).unwrap(),
        method: DeliveryMethod::Post,
        locale: Locale::Fr,
        total_shown: total,
    };
    let placed = place_order(&state.store, &state.clock, &state.tariff, &draft)
        .await
        .unwrap();
    placed.card.unwrap()
}

#[tokio::test]
async fn an_order_is_found_shipped_and_its_refund_refused_by_the_bank_is_told() {
    let shop = fixture::small().await;
    let (number, cookie) = (paid(&shop).await, shop.log_in("lire").await);
    let list = text(
        shop.get("/office/orders?state=confirmed&q=dupont", &cookie)
            .await,
    )
    .await;
    assert!(list.contains(number.as_str()) && list.contains("Jeanne Dupont"));
    assert!(
        !text(shop.get("/office/orders?q=durand", &cookie).await)
            .await
            .contains(number.as_str())
    );

    let page = format!("/office/orders/{number}");
    let csrf = format!(
        "csrf={}",
        hidden(&text(shop.get(&page, &cookie).await).await, "csrf")
    );
    let early = shop.post(&format!("{page}/refund"), &cookie, &csrf).await;
    assert_eq!(location(&early), format!("{page}?told=not-now"));
    let shipped = shop.post(&format!("{page}/ship"), &cookie, &csrf).await;
    assert_eq!(location(&shipped), format!("{page}?told=ship-done"));
    let refused = shop.post(&format!("{page}/refund"), &cookie, &csrf).await;
    assert_eq!(location(&refused), format!("{page}?told=refused&code=12"));
    let told = text(shop.get(location(&refused), &cookie).await).await;
    assert!(
        told.contains("code 12") && told.contains("•••• 1234") && told.contains("€12.90"),
        "{told}"
    );
    let dashboard = text(shop.get("/office?days=7", &cookie).await).await;
    assert!(dashboard.contains("€12.90") && dashboard.contains("<rect"));
}

/// An order of which a transfer is booked, read under that entry of the bank.
async fn transferred(shop: &mut Small, entry: &'static str) -> OrderNumber {
    let wanted = ordered(shop).await;
    let state = &mut shop.state;
    state.methods.transfer = Some(ShopAccount {
        holder: "Bouquin".to_owned(),
        iban: Iban::parse("FR7630006000011234567890189").unwrap(),
    });
    let (store, clock) = (&state.store, &state.clock);
    let means = Means::Transfer;
    payment::choose(store, &state.methods, clock, &wanted.order, means)
        .await
        .unwrap();
    let (number, now) = (wanted.order.clone(), clock.now());
    let arrived = store.write(move |tx| payment::transfer_found(tx, &number, entry, now));
    arrived.await.unwrap().unwrap();
    wanted.order
}

#[tokio::test]
async fn what_a_guarantee_rests_on_is_on_the_page_of_the_order() {
    let mut shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let by_card = paid(&shop).await;
    let page = text(
        shop.get(&format!("/office/orders/{by_card}"), &cookie)
            .await,
    )
    .await;
    let (_, facts) = page.split_once("if the holder disputes it").unwrap();
    let (facts, _) = facts.split_once("</td>").unwrap();
    assert!(facts.contains("<time"), "when it was seen: {facts}");

    let by_transfer = transferred(&mut shop, "E00000000007").await;
    let page = format!("/office/orders/{by_transfer}");
    let english = text(shop.get(&page, &cookie).await).await;
    let french = text(shop.get_in_french(&page, &cookie).await).await;
    for (page, words) in [
        (english, "the bank’s entry E00000000007 · €12.90 · <time"),
        (
            french,
            "écriture E00000000007 de la banque · 12,90\u{a0}€ · <time",
        ),
    ] {
        assert!(page.contains(words), "{page}");
    }
}

#[tokio::test]
async fn a_refund_of_what_a_dispute_took_back_is_refused_in_words() {
    let shop = fixture::small().await;
    let (number, cookie) = (paid(&shop).await, shop.log_in("lire").await);
    let page = format!("/office/orders/{number}");
    let csrf = hidden(&text(shop.get(&page, &cookie).await).await, "csrf");
    let csrf = format!("csrf={csrf}");
    shop.post(&format!("{page}/ship"), &cookie, &csrf).await;
    let dispute = format!("{csrf}&amount=12.90&reason=10.4");
    let opened = shop
        .post(&format!("{page}/dispute"), &cookie, &dispute)
        .await;
    assert_eq!(location(&opened), format!("{page}?told=dispute-done"));
    let refused = shop.post(&format!("{page}/refund"), &cookie, &csrf).await;
    assert_eq!(location(&refused), format!("{page}?told=disputed"));
    let told = location(&refused);
    let english = text(shop.get(told, &cookie).await).await;
    assert!(english.contains("Nothing was given back: the reader’s bank has given her this money"));
    let french = text(shop.get_in_french(told, &cookie).await).await;
    assert!(french.contains("Rien n’a été remboursé\u{a0}: la banque du lecteur"));
}

#[tokio::test]
async fn stock_is_found_by_isbn_and_counted_with_a_reason() {
    let shop = fixture::small().await;
    let number = paid(&shop).await;
    let cookie = shop.log_in("lire").await;
    let scanned = shop
        .get(&format!("/office/stock?q={COUNTED}"), &cookie)
        .await;
    assert_eq!(scanned.status(), StatusCode::SEE_OTHER);
    let page = location(&scanned).to_owned();
    let shown = text(shop.get(&page, &cookie).await).await;
    let (csrf, seen) = (hidden(&shown, "csrf"), hidden(&shown, "seen"));
    assert_eq!(seen, "1", "one of two is sold to {number}");
    let form = |rest: &str| format!("csrf={csrf}&policy=limited&{rest}");
    let counted = shop
        .post(
            &page,
            &cookie,
            &form(&format!("counted=5&seen={seen}&note=inventaire")),
        )
        .await;
    assert_eq!(location(&counted), format!("{page}?told=done"));
    let shown = text(shop.get(&page, &cookie).await).await;
    assert_eq!(hidden(&shown, "seen"), "5");
    assert!(shown.contains("inventaire") && shown.contains("+4"));
    for bad in [
        "counted=5&seen=5",
        "counted=-1&seen=5&note=x",
        "change=x&note=x",
    ] {
        let refused = shop.post(&page, &cookie, &form(bad)).await;
        assert_eq!(
            location(&refused),
            format!("{page}?told=unreadable"),
            "{bad}"
        );
    }
    let chef = shop.log_in("chef").await;
    assert!(
        text(shop.get("/office/audit", &chef).await)
            .await
            .contains("inventaire")
    );
}

#[tokio::test]
async fn who_logs_in_again_leaves_the_session_before() {
    let shop = fixture::small().await;
    let first = shop.log_in("lire").await;
    let page = shop.get("/office/login", &first).await;
    let cookies = format!("{first}; {}", cookie_of(&page));
    let token = hidden(&text(page).await, "form");
    let password = fixture::PASSWORD.replace(' ', "+");
    let form = format!("login=lire&password={password}&form={token}");
    let second = cookie_of(&shop.post("/office/login", &cookies, &form).await);
    assert_ne!(first, second);
    let status = async |cookie: &str| shop.get("/office", cookie).await.status();
    assert_eq!(status(&first).await, StatusCode::SEE_OTHER);
    assert_eq!(status(&second).await, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_opens_and_closes_accounts_but_not_her_own() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("chef").await;
    let csrf = hidden(
        &text(shop.get("/office/staff", &cookie).await).await,
        "csrf",
    );
    let post = async |path: &str, rest: &str| {
        let answer = shop
            .post(path, &cookie, &format!("csrf={csrf}&{rest}"))
            .await;
        location(&answer).replace("/office/staff?told=", "")
    };
    let form = format!("csrf={csrf}&login=Paul&name=Paul&role=bookseller");
    let created = text(shop.post("/office/staff", &cookie, &form).await).await;
    let given = given_password(&created);
    assert_eq!(
        post("/office/staff", "login=paul&name=Paul&role=bookseller").await,
        "taken"
    );
    assert_eq!(
        post("/office/staff", "login=pa+ul&name=Paul&role=bookseller").await,
        "bad-login"
    );
    let paul = shop.log_in_by("paul", &given).await;
    assert_eq!(
        location(&shop.get("/office", &paul).await),
        "/office/account/password",
        "a given password opens nothing else"
    );
    assert_eq!(post("/office/staff/paul/disable", "").await, "disabled");
    assert_eq!(
        shop.get("/office", &paul).await.status(),
        StatusCode::SEE_OTHER
    );
    assert_eq!(post("/office/staff/chef/disable", "").await, "oneself");
    assert_eq!(
        post("/office/staff/chef/password", "").await,
        "own-password"
    );
}

/// The one-time password that a page of the accounts shows.
pub(super) fn given_password(page: &str) -> String {
    let shown = page.split("<dd><code>").nth(1);
    let shown = shown.unwrap_or_else(|| panic!("no password in {page}"));
    shown.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn c6_a_review_is_read_refused_with_a_reason_and_the_decision_is_written_down() {
    let shop = fixture::small().await;
    let state = &shop.state;
    let edition = state
        .shelf
        .load()
        .by_isbn(Isbn13::parse(COUNTED).unwrap())
        .unwrap();
    let (about, now) = (
        shop::reviews::About {
            edition: edition.id,
            title: edition.title.clone(),
        },
        state.clock.now(),
    );
    let draft = shop::reviews::Draft {
        rating: shop::reviews::Rating::new(2).unwrap(),
        title: "Colis abîmé".into(),
        body: "Le carton était ouvert.".into(),
        signature: "Paul".into(),
        language: trade::language::Language::FRENCH,
        experienced: state.clock.today(),
    };
    let email = Email::parse("paul@example.org").unwrap();
    let submitting = state
        .store
        .write(move |tx| shop::reviews::submit(tx, &about, &draft, &email, Locale::Fr, now));
    let id = submitting.await.unwrap();

    let cookie = shop.log_in("lire").await;
    let list = text(shop.get("/office/reviews", &cookie).await).await;
    assert!(list.contains("Colis abîmé") && list.contains("no purchase found"));
    let page = format!("/office/reviews/{id}");
    let shown = text(shop.get(&page, &cookie).await).await;
    let (csrf, seen) = (hidden(&shown, "csrf"), hidden(&shown, "seen"));
    let post = async |path: &str, rest: &str| {
        let form = format!("csrf={csrf}&{rest}");
        let answer = shop.post(&format!("{page}/{path}"), &cookie, &form).await;
        location(&answer).to_owned()
    };
    assert_eq!(
        post("publish", "seen=1").await,
        format!("{page}?told=changed")
    );
    let without = format!("seen={seen}&note=x");
    assert_eq!(
        post("refuse", &without).await,
        format!("{page}?told=no-reason")
    );
    let refused = format!("seen={seen}&reason=off_topic&note=Ecrivez-nous");
    assert_eq!(
        post("refuse", &refused).await,
        "/office/reviews?told=refused"
    );
    assert_eq!(
        post("refuse", &refused).await,
        format!("{page}?told=not-now")
    );
    let chef = shop.log_in("chef").await;
    let log = text(shop.get("/office/audit", &chef).await).await;
    assert!(log.contains("review refused") && log.contains("off_topic: Ecrivez-nous"));
}

#[tokio::test]
async fn an_editorial_review_is_written_with_its_source_and_shown_above_those_of_readers() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let book = format!("/fr/books/{COUNTED}");
    let edition = shop
        .state
        .shelf
        .load()
        .by_isbn(Isbn13::parse(COUNTED).unwrap())
        .unwrap()
        .id;
    let page = format!("/office/editorial/{edition}");
    let shown = text(shop.get(&page, &cookie).await).await;
    let csrf = hidden(&shown, "csrf");
    let typed = "author=A.+Critique&source=Le+Journal&language=fr&body=Un+classique.";
    let wrong = format!("csrf={csrf}&{typed}&written=demain");
    let answer = shop.post(&page, &cookie, &wrong).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let again = text(answer).await;
    assert!(again.contains("written-new-error") && again.contains("A. Critique"));
    let right = format!("csrf={csrf}&{typed}&written=1998-10-01");
    let answer = shop.post(&page, &cookie, &right).await;
    assert_eq!(location(&answer), format!("{page}?told=saved"));
    let shown = text(shop.get(&book, "").await).await;
    let (above, below) = (
        shown.find("Un classique.").unwrap(),
        shown.find("id=\"reviews\"").unwrap(),
    );
    assert!(above < below && shown.contains("<cite>Le Journal</cite>"));
    let office = text(shop.get(&page, &cookie).await).await;
    let form = office.split("/remove").next().unwrap();
    let id = form.rsplit('/').next().unwrap();
    let removed = shop
        .post(
            &format!("{page}/{id}/remove"),
            &cookie,
            &format!("csrf={csrf}"),
        )
        .await;
    assert_eq!(location(&removed), format!("{page}?told=removed"));
    assert!(
        !text(shop.get(&book, "").await)
            .await
            .contains("Un classique.")
    );
}

#[tokio::test]
async fn o21_refused_covers_are_shown_with_their_reason_and_tried_again() {
    use catalogue::model::CoverLink;
    use catalogue::store::{self, CoverReason, Incoming, Record};

    let mut shop = fixture::small().await;
    let counted = Isbn13::parse(COUNTED).unwrap();
    let mut edition = (*shop.state.shelf.load().by_isbn(counted).unwrap()).clone();
    edition.cover = Some(CoverLink::of("http://192.168.0.7/<1>.jpg".into()));
    let record = Incoming::Put(Box::new(Record {
        sender: "test".into(),
        reference: COUNTED.into(),
        message: None,
        edition,
    }));
    let filling = shop.state.store.clone();
    let put = move || store::put_all(&filling, std::iter::once(record)).unwrap();
    tokio::task::spawn_blocking(put).await.unwrap();
    let now = shop.state.clock.now();
    let refuse = move |tx: &mut dyn storage::Tx| -> Result<(), storage::Fault> {
        while store::follow_covers(tx, now)? {}
        let due = store::take_due_covers(tx, now, 10)?;
        let reason = CoverReason::PrivateAddress;
        due.iter()
            .try_for_each(|cover| store::refuse_cover(tx, cover, reason, "it is at home", now))
    };
    shop.state.store.write(refuse).await.unwrap();

    let cookie = shop.log_in("lire").await;
    let page = text(shop.get("/office/covers", &cookie).await).await;
    for shown in [
        words(Locale::En).one_of("cover-reason", CoverReason::PrivateAddress.code()),
        "http://192.168.0.7/&lt;1&gt;.jpg",
        "it is at home",
        "Harry Potter",
        "fetches nothing",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("href=\"http://192"), "a stranger's link");
    assert!(!page.contains("/again\""), "nothing would come of it");

    let mut settings = (*shop.state.settings).clone();
    settings.fetches_covers = true;
    shop.state.settings = settings.into();
    shop.site = crate::router(shop.state.clone());
    let page = text(shop.get("/office/covers", &cookie).await).await;
    let edition = page.split("/office/covers/").find_map(|rest| {
        let number = rest.split_once("/again")?.0;
        number.parse::<i64>().ok()
    });
    let csrf = hidden(&page, "csrf");
    let again = format!("/office/covers/{}/again", edition.unwrap());
    let answer = shop.post(&again, &cookie, &format!("csrf={csrf}")).await;
    assert_eq!(location(&answer), "/office/covers?again=1");
    let told = text(shop.get(location(&answer), &cookie).await).await;
    assert!(told.contains("1 cover is queued again"), "{told}");
    assert!(told.contains("Nothing was refused"), "{told}");
    let form = format!("csrf={csrf}");
    let all = shop.post("/office/covers/again", &cookie, &form).await;
    assert_eq!(location(&all), "/office/covers?again=0");
}
