//! The rules of the search through the router: tried, saved, in force at once, and taken back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::StatusCode;
use jiff::ToSpan as _;

use super::fixture::{self, COUNTED, Small, hidden, location, text};

/// Titles are escaped on pages.
fn shows_harry(page: &str) -> bool {
    page.contains("Harry Potter à l")
}

async fn searched(shop: &Small, query: &str) -> String {
    text(shop.get(&format!("/en/search?q={query}"), "").await).await
}

#[tokio::test]
async fn a_rule_is_tried_saved_in_force_at_once_and_taken_back() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let page = "/office/search/synonym/new";
    let empty = text(shop.get(page, &cookie).await).await;
    let csrf = hidden(&empty, "csrf");
    let form = |deed: &str| {
        format!("csrf={csrf}&phrases=xyzzy%0D%0Aharry+potter&direction=one&q=xyzzy&deed={deed}")
    };
    assert!(!shows_harry(&searched(&shop, "xyzzy").await));

    let tried = text(shop.post(page, &cookie, &form("try")).await).await;
    assert!(
        shows_harry(&tried) && tried.contains("new</span>"),
        "{tried}"
    );
    assert!(tried.contains("xyzzy\r\nharry potter") || tried.contains("xyzzy\nharry potter"));
    assert!(
        !shows_harry(&searched(&shop, "xyzzy").await),
        "nothing was saved"
    );

    let saved = shop.post(page, &cookie, &form("save")).await;
    assert_eq!(location(&saved), "/office/search?told=saved");
    assert!(
        shows_harry(&searched(&shop, "xyzzy").await),
        "a page that was kept is made anew"
    );
    let list = text(shop.get("/office/search", &cookie).await).await;
    assert!(list.contains("xyzzy → harry potter"), "{list}");
    let path = "/office/search/synonym/1";
    assert!(list.contains(path), "{list}");
    let again = text(shop.get(path, &cookie).await).await;
    assert!(again.contains("xyzzy\nharry potter"), "{again}");

    let removed = shop
        .post(&format!("{path}/remove"), &cookie, &format!("csrf={csrf}"))
        .await;
    assert_eq!(location(&removed), "/office/search?told=removed");
    assert!(!shows_harry(&searched(&shop, "xyzzy").await));
    let chef = shop.log_in("chef").await;
    let log = text(shop.get("/office/audit", &chef).await).await;
    assert!(log.contains("search rule saved") && log.contains("search rule deleted"));
}

#[tokio::test]
async fn another_node_follows_and_a_rule_ends_at_midnight() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let page = "/office/search/pin/new";
    let csrf = hidden(&text(shop.get(page, &cookie).await).await, "csrf");
    let today = shop.state.clock.today();
    let form = format!("csrf={csrf}&query=jardin&book={COUNTED}&until={today}&deed=save");
    assert_eq!(
        location(&shop.post(page, &cookie, &form).await),
        "/office/search?told=saved"
    );
    let other = crate::search_rules::RuleBoard::default();
    let (store, index) = (&shop.state.store, &shop.state.index);
    index.set_rules(::search::Rules::default());
    other.refresh(store, index, today).await.unwrap();
    assert!(shows_harry(&searched(&shop, "jardin").await));
    let tomorrow = today.checked_add(1.day()).unwrap();
    other.refresh(store, index, tomorrow).await.unwrap();
    assert!(!shows_harry(&searched(&shop, "jardin").await));
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_told_beside_its_field() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let page = "/office/search/boost/new";
    let csrf = hidden(&text(shop.get(page, &cookie).await).await, "csrf");
    for (typed, told) in [
        (
            "target=edition&name=123&strength=slight",
            "no edition of the shop",
        ),
        (
            "target=subject&name=QQQQ&strength=slight",
            "not a Thema code",
        ),
        (
            "target=contributor&name=&strength=slight",
            "please fill this in",
        ),
        (
            "target=contributor&name=Zola&strength=huge",
            "please choose",
        ),
        (
            "target=contributor&name=Zola&strength=slight&from=2026-12-02&until=2026-12-01",
            "before the first",
        ),
    ] {
        let refused = shop
            .post(page, &cookie, &format!("csrf={csrf}&deed=save&{typed}"))
            .await;
        assert_eq!(
            refused.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{typed}"
        );
        let shown = text(refused).await;
        assert!(shown.contains(told), "{typed}: {shown}");
        assert!(shown.contains("aria-invalid=\"true\""), "{typed}");
    }
    for path in ["/office/search/synonym/99", "/office/search/rule/new"] {
        assert_eq!(
            shop.get(path, &cookie).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_was_searched_without_result_leads_to_a_synonym() {
    let shop = fixture::small().await;
    searched(&shop, "zzyzx").await;
    searched(&shop, "harry").await;
    shop.state.searches.write(&shop.state.store).await.unwrap();
    let cookie = shop.log_in("lire").await;
    let page = text(shop.get("/office/search?days=7", &cookie).await).await;
    let link = "/office/search/synonym/new?phrases=zzyzx&amp;direction=one&amp;q=zzyzx";
    assert!(page.contains(link), "{page}");
    assert!(!page.contains("phrases=harry"));
    let form = text(shop.get(&link.replace("&amp;", "&"), &cookie).await).await;
    assert!(form.contains("zzyzx</textarea>"), "{form}");
}
