//! Accounts through the pages: the first entry, one's own password and sessions, the second factor, and what is logged of
//! doors that stay shut.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use shop::staff::SecondFactorRule;
use tower::ServiceExt as _;
use trade::limits;

use super::fixture::{self, Log, PASSWORD, Small, cookie_of, hidden, location, text};
use super::tests::given_password;

/// The session's token in a page's forms.
async fn csrf(shop: &Small, path: &str, cookie: &str) -> String {
    hidden(&text(shop.get(path, cookie).await).await, "csrf")
}

fn typed(text: &str) -> String {
    text.replace(' ', "+")
}

#[tokio::test]
async fn who_enters_with_a_given_password_chooses_her_own_first() {
    let shop = fixture::small().await;
    let chef = shop.log_in("chef").await;
    let token = csrf(&shop, "/office/staff", &chef).await;
    let form = format!("csrf={token}&login=zoe&name=Zoe+Martin&role=bookseller");
    let created = shop.post("/office/staff", &chef, &form).await;
    assert_eq!(created.status(), StatusCode::OK);
    let given = given_password(&text(created).await);

    let cookie = shop.log_in_by("zoe", &given).await;
    let page = "/office/account/password";
    for elsewhere in [
        "/office",
        "/office/orders",
        "/office/account",
        "/office/account/second-factor",
    ] {
        assert_eq!(
            location(&shop.get(elsewhere, &cookie).await),
            page,
            "{elsewhere}"
        );
    }
    let shown = text(shop.get(page, &cookie).await).await;
    for field in [
        "type=\"password\" name=\"current\" autocomplete=\"current-password\"",
        "type=\"password\" name=\"new\" minlength=\"12\" autocomplete=\"new-password\"",
    ] {
        assert!(shown.contains(field), "{field}: {shown}");
    }
    let token = hidden(&shown, "csrf");
    let change = async |current: &str, new: &str| {
        let form = format!("csrf={token}&current={}&new={}", typed(current), typed(new));
        shop.post(page, &cookie, &form).await
    };
    for (new, told) in [
        ("court", "too short"),
        ("qwerty123456", "leaked elsewhere"),
        ("le bouquin de Martin", "holds the name"),
        (given.as_str(), "is the current one"),
    ] {
        let refused = change(&given, new).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        let page = text(refused).await;
        assert!(page.contains(told), "{new}: {page}");
    }
    let new = "les fraises sont rouges";
    let wrong = change("something else", new).await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let changed = change(&given, new).await;
    assert_eq!(location(&changed), "/office/account?told=password");
    let inside = cookie_of(&changed);
    assert_ne!(inside, cookie, "another token");
    assert_eq!(
        shop.get("/office/orders", &inside).await.status(),
        StatusCode::OK
    );
    assert!(location(&shop.get("/office", &cookie).await).starts_with("/office/login"));
    shop.log_in_by("zoe", new).await;
}

#[tokio::test]
async fn an_administrator_gives_a_password_to_who_forgot_hers() {
    let shop = fixture::small().await;
    let (chef, lire) = (shop.log_in("chef").await, shop.log_in("lire").await);
    let form = format!("csrf={}", csrf(&shop, "/office/staff", &chef).await);
    let page = text(shop.post("/office/staff/lire/password", &chef, &form).await).await;
    let given = given_password(&page);
    assert!(location(&shop.get("/office", &lire).await).starts_with("/office/login"));
    let cookie = shop.log_in_by("lire", &given).await;
    assert_eq!(
        location(&shop.get("/office", &cookie).await),
        "/office/account/password"
    );
    let nobody = shop
        .post("/office/staff/nobody/password", &chef, &form)
        .await;
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let shop = fixture::small().await;
    let (first, second) = (shop.log_in("lire").await, shop.log_in("lire").await);
    let third = shop.log_in("lire").await;
    let stranger = shop.log_in("chef").await;
    let page = "/office/account";
    let shown = text(shop.get(page, &second).await).await;
    assert!(shown.contains("this one") && shown.contains("0.0.0.0"));
    assert_eq!(
        shown.matches("/end\"").count(),
        3,
        "two others, and all of them: {shown}"
    );
    let proven = format!("&current={}", typed(PASSWORD));
    let form = format!("csrf={}{proven}", hidden(&shown, "csrf"));
    let path = shown
        .split("action=\"/office/account/sessions/")
        .nth(1)
        .unwrap();
    let path = format!(
        "/office/account/sessions/{}",
        path.split('"').next().unwrap()
    );
    let theirs = format!("csrf={}{proven}", csrf(&shop, page, &stranger).await);
    let refused = shop.post(&path, &stranger, &theirs).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND, "somebody else's");
    let guessed = form.replace(&proven, "&current=something+else");
    let refused = shop.post(&path, &second, &guessed).await;
    assert_eq!(location(&refused), "/office/account?told=not-proven");
    assert_eq!(shop.get("/office", &third).await.status(), StatusCode::OK);
    let ended = shop.post(&path, &second, &form).await;
    assert_eq!(location(&ended), "/office/account?told=ended");
    assert_eq!(
        shop.get("/office", &third).await.status(),
        StatusCode::SEE_OTHER
    );
    let ended = shop
        .post("/office/account/sessions/end", &second, &form)
        .await;
    assert_eq!(location(&ended), "/office/account?told=ended");
    assert_eq!(
        shop.get("/office", &first).await.status(),
        StatusCode::SEE_OTHER
    );
    assert_eq!(shop.get("/office", &second).await.status(), StatusCode::OK);
    assert_eq!(
        shop.get("/office", &stranger).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn every_door_that_asks_for_the_password_has_the_pace_of_the_login() {
    for path in [
        "/office/account/sessions/999/end",
        "/office/account/sessions/end",
        "/office/account/second-factor/remove",
    ] {
        let shop = fixture::small().await;
        let cookie = shop.log_in("lire").await;
        let csrf = csrf(&shop, "/office/account", &cookie).await;
        // The right one: what stops it is not how often the login was guessed.
        let form = format!("csrf={csrf}&current={}", typed(PASSWORD));
        let mut tries = 0..limits::LOGINS_PER_MINUTE * 2;
        let later = async || {
            let answer = shop.post(path, &cookie, &form).await;
            let there = answer.headers().get(header::LOCATION);
            there.is_some_and(|there| there == "/office/account?told=later")
        };
        let mut stopped = false;
        while !stopped && tries.next().is_some() {
            stopped = later().await;
        }
        assert!(stopped, "{path}");
    }
}

#[tokio::test]
async fn a_session_that_is_used_stays_and_one_that_is_not_ends() {
    let shop = fixture::small().await;
    let (used, unused) = (shop.log_in("lire").await, shop.log_in("chef").await);
    for _ in 0..3 {
        shop.state.clock.advance(limits::STAFF_IDLE / 2);
        assert_eq!(shop.get("/office", &used).await.status(), StatusCode::OK);
    }
    assert_eq!(
        shop.get("/office", &unused).await.status(),
        StatusCode::SEE_OTHER
    );
    let shown = text(shop.get("/office", &used).await).await;
    assert!(
        shown.contains("action=\"/office/logout\""),
        "the way out is on every page"
    );
    shop.state.clock.advance(limits::STAFF_IDLE);
    assert_eq!(
        shop.get("/office", &used).await.status(),
        StatusCode::SEE_OTHER
    );
}

/// What an authenticator app shows for the secret on the page.
fn app_shows(shop: &Small, page: &str) -> String {
    let secret = page
        .split("<code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let secret = data_encoding::BASE32_NOPAD
        .decode(secret.replace(' ', "").as_bytes())
        .unwrap();
    let step = shop.state.clock.now().as_micros() / 30_000_000;
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

const FACTOR: &str = "/office/account/second-factor";

#[tokio::test]
async fn where_everybody_needs_a_second_factor_nobody_works_without() {
    let shop = fixture::small().await.under(SecondFactorRule::All);
    let cookie = shop.log_in("lire").await;
    for path in ["/office", "/office/stock", "/office/account"] {
        assert_eq!(location(&shop.get(path, &cookie).await), FACTOR, "{path}");
    }
    let page = text(shop.get(FACTOR, &cookie).await).await;
    assert!(page.contains("<svg") && page.contains("asks everybody"));
    let form = |code: &str| {
        let token = hidden(&page, "csrf");
        format!("csrf={token}&code={code}&current={}", typed(PASSWORD))
    };
    let wrong = shop.post(FACTOR, &cookie, &form("123")).await;
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let code = app_shows(&shop, &page);
    let set_up = shop.post(FACTOR, &cookie, &form(&code)).await;
    let inside = cookie_of(&set_up);
    let codes = text(set_up).await;
    assert_eq!(codes.matches("<li><code>").count(), limits::RECOVERY_CODES);
    assert_eq!(shop.get("/office", &inside).await.status(), StatusCode::OK);

    shop.state.clock.advance(Duration::from_secs(30));
    let next = app_shows(&shop, &page);
    let cookie = shop.log_in("lire").await;
    for path in ["/office", FACTOR, "/office/account/password"] {
        let led = shop.get(path, &cookie).await;
        assert_eq!(location(&led), "/office/code", "{path}");
    }
    let token = csrf(&shop, "/office/code", &cookie).await;
    let show = async |code: &str| {
        let form = format!("csrf={token}&code={code}");
        shop.post("/office/code", &cookie, &form).await
    };
    assert_eq!(show(&code).await.status(), StatusCode::FORBIDDEN, "used up");
    let shown = show(&next).await;
    assert_eq!(location(&shown), "/office");
    let inside = cookie_of(&shown);
    assert_ne!(inside, cookie, "another token");
    assert_eq!(shop.get("/office", &inside).await.status(), StatusCode::OK);
    assert_eq!(
        shop.get("/office", &cookie).await.status(),
        StatusCode::SEE_OTHER
    );
    // Nobody takes off what the shop wants.
    let remove = format!("{FACTOR}/remove");
    let form = format!(
        "csrf={}&current={}",
        csrf(&shop, "/office/account", &inside).await,
        typed(PASSWORD)
    );
    let kept = shop.post(&remove, &inside, &form).await;
    assert_eq!(location(&kept), "/office/account?told=factor-kept");
}

#[tokio::test]
async fn where_money_needs_a_second_factor_the_counter_works_without() {
    let shop = fixture::small().await.under(SecondFactorRule::Money);
    let (lire, chef) = (shop.log_in("lire").await, shop.log_in("chef").await);
    for path in [
        "/office",
        "/office/orders",
        "/office/stock",
        "/office/account",
    ] {
        assert_eq!(
            shop.get(path, &lire).await.status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let wanted = format!("{FACTOR}?told=wanted");
    for path in ["/office/bank", "/office/bank/fec", "/office/certificates"] {
        assert_eq!(location(&shop.get(path, &lire).await), wanted, "{path}");
    }
    let form = format!("csrf={}", csrf(&shop, "/office", &lire).await);
    let refund = shop
        .post("/office/orders/BQ-0000-0000/refund", &lire, &form)
        .await;
    assert_eq!(location(&refund), wanted);
    assert_eq!(location(&shop.get("/office/staff", &chef).await), wanted);

    let page = text(shop.get(FACTOR, &lire).await).await;
    let code = app_shows(&shop, &page);
    let typed = format!("{form}&code={code}&current={}", typed(PASSWORD));
    let inside = cookie_of(&shop.post(FACTOR, &lire, &typed).await);
    assert_eq!(
        shop.get("/office/bank", &inside).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_administrator_takes_the_second_factor_of_who_lost_it() {
    let shop = fixture::small().await;
    let (lire, chef) = (shop.log_in("lire").await, shop.log_in("chef").await);
    let page = text(shop.get(FACTOR, &lire).await).await;
    let (token, code) = (hidden(&page, "csrf"), app_shows(&shop, &page));
    let form = format!("csrf={token}&code={code}&current={}", typed(PASSWORD));
    shop.post(FACTOR, &lire, &form).await;
    let lost = shop.log_in("lire").await;
    assert_eq!(location(&shop.get("/office", &lost).await), "/office/code");
    let form = format!("csrf={}", csrf(&shop, "/office/staff", &chef).await);
    let taken = shop
        .post("/office/staff/lire/second-factor", &chef, &form)
        .await;
    assert_eq!(location(&taken), "/office/staff?told=factor-removed");
    assert!(location(&shop.get("/office", &lost).await).starts_with("/office/login"));
    let cookie = shop.log_in("lire").await;
    assert_eq!(shop.get("/office", &cookie).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn doors_that_stay_shut_and_failed_entries_are_logged_without_secrets() {
    let log = Log::default();
    let _logging = log.open();
    let said = || log.said();

    let shop = fixture::small().await;
    let page = shop.get("/office/login", "").await;
    let (cookie, token) = (cookie_of(&page), hidden(&text(page).await, "form"));
    let form = format!("login=lire&password=not-her-password&form={token}");
    shop.post("/office/login", &cookie, &form).await;
    let failed = said();
    assert!(
        failed.contains("WARN") && failed.contains("nobody entered"),
        "{failed}"
    );
    assert!(!failed.contains("not-her-password"), "{failed}");

    let lire = shop.log_in("lire").await;
    assert_eq!(said(), "", "who enters is in the log of the back office");
    shop.get("/office/staff", &lire).await;
    let shut = said();
    for told in [
        "WARN",
        "lire",
        "/office/staff",
        "the role does not open it",
        "GET",
    ] {
        assert!(shut.contains(told), "{told}: {shut}");
    }
    let own = csrf(&shop, "/office/account", &lire).await;
    let wrong = "/office/staff/chef/disable";
    shop.post(wrong, &lire, &format!("csrf={own}")).await;
    shop.post("/office/account/sessions/end", &lire, "csrf=forged-token")
        .await;
    let form = format!("csrf={own}&current=not-her-password&new=les+fraises+sont+rouges");
    shop.post("/office/account/password", &lire, &form).await;
    let shut = said();
    assert_eq!(shut.lines().count(), 3, "{shut}");
    assert!(shut.contains("/office/staff/{login}/disable") && shut.contains("another session"));
    for secret in [
        own.as_str(),
        &lire,
        "forged-token",
        "not-her-password",
        "fraises",
    ] {
        assert!(!shut.contains(secret), "{secret}: {shut}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_log_and_the_sessions_name_the_visitor() {
    let log = Log::default();
    let _logging = log.open();
    let shop = fixture::small().await.behind("10.0.0.1");
    let enter = async |password: &str| {
        let page = shop.get("/office/login", "").await;
        let (cookie, token) = (cookie_of(&page), hidden(&text(page).await, "form"));
        let form = format!("login=lire&password={}&form={token}", typed(password));
        let mut request = Request::post("/office/login")
            .header(header::ORIGIN, "http://127.0.0.1:1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-forwarded-for", "192.0.2.66, 203.0.113.9")
            .body(Body::from(form))
            .unwrap();
        let proxy = SocketAddr::from(([10, 0, 0, 1], 50_000));
        request.extensions_mut().insert(ConnectInfo(proxy));
        shop.site.clone().oneshot(request).await.unwrap()
    };
    enter("not her password").await;
    let failed = log.said();
    assert!(failed.contains("address=203.0.113.9 "), "{failed}");
    let lire = cookie_of(&enter(PASSWORD).await);
    let account = text(shop.get("/office/account", &lire).await).await;
    assert!(account.contains("203.0.113.9"), "{account}");
    assert!(!account.contains("192.0.2.66") && !account.contains("10.0.0.1"));
}
