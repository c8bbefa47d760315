//! Writes every page of the storefront, in both languages, as files: for eyes, screenshots and validators.
//!
//! `cargo run -p web --example gallery -- FOLDER [TITLES]`, then serve the folder on 127.0.0.1.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "../tests/house/mod.rs"]
mod house;

use house::{House, hidden, person};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or("gallery".to_owned()));
    let titles = args
        .next()
        .and_then(|titles| titles.parse().ok())
        .unwrap_or(2_000);
    let house = House::open(titles).await;
    let mut files = BTreeSet::new();
    for (name, html) in pages(&house).await {
        files.extend(linked(&html));
        write(&folder.join(format!("{name}.html")), html.as_bytes());
        println!("{name}.html");
    }
    let mut fonts = BTreeSet::new();
    for address in &files {
        let body = house.get(address).await.body;
        if address.ends_with(".css") {
            fonts = linked(&String::from_utf8(body.clone()).unwrap());
        }
        write(&file_of(&folder, address), &body);
    }
    for address in &fonts {
        write(&file_of(&folder, address), &house.get(address).await.body);
    }
}

/// All pages by name.
async fn pages(house: &House) -> Vec<(String, String)> {
    let shelf = house.state.shelf.load();
    let generated = shelf.iter().find(|edition| {
        edition.generated && edition.buyable() && !shelf.reviews(edition.id).is_empty()
    });
    let off = shelf.iter().find(|edition| !edition.availability.buyable());
    let book = |edition: &catalogue::model::Edition| web::storefront::parts::book_path(edition);
    let mut looking = vec![
        ("home", "/".to_owned()),
        ("search", "/search?q=victor+hugo".to_owned()),
        (
            "subject",
            "/search?subject=literature&form=pocket&page=2".to_owned(),
        ),
        ("misspelt", "/search?q=miserabels".to_owned()),
        ("nothing", "/search?q=xqzvw+ppppqq".to_owned()),
        ("book", book(&house.some_book())),
        ("orders", "/orders".to_owned()),
        ("cart-empty", "/cart".to_owned()),
        ("about", "/about".to_owned()),
        ("not-found", "/books/nothing".to_owned()),
    ];
    looking.extend(generated.map(|edition| ("book-generated", book(&edition))));
    looking.extend(off.map(|edition| ("book-off", book(&edition))));
    for name in web::storefront::words_page::LEGAL {
        looking.push((name, format!("/legal/{name}")));
    }
    let mut pages = Vec::new();
    for locale in ["fr", "en"] {
        for (name, path) in &looking {
            pages.push((
                format!("{locale}/{name}"),
                house.get(&format!("/{locale}{path}")).await.text(),
            ));
        }
        pages.extend(buying(house, locale).await);
    }
    pages
}

async fn buying(house: &House, locale: &str) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let path = |path: &str| format!("/{locale}{path}");
    let cookies = house.cart(2).await;
    let another = house
        .state
        .shelf
        .load()
        .iter()
        .filter(|edition| edition.buyable())
        .nth(40)
        .unwrap()
        .id
        .to_string();
    house
        .post("/cart", &cookies, &[("edition", &another)])
        .await;
    pages.push(("cart", house.get_as(&path("/cart"), &cookies).await));
    let checkout = house.get_as(&path("/checkout"), &cookies).await;
    let typed = hidden(&checkout.text());
    pages.push(("checkout", checkout));
    let mut wrong = person(&typed);
    wrong.retain(|(name, _)| *name != "name" && *name != "postcode");
    wrong.push(("postcode", "97150"));
    pages.push((
        "checkout-errors",
        house.post(&path("/checkout"), &cookies, &wrong).await,
    ));
    let mut drifted = person(&typed);
    drifted.retain(|(name, _)| *name != "total_shown");
    drifted.push(("total_shown", "1"));
    pages.push((
        "checkout-drift",
        house.post(&path("/checkout"), &cookies, &drifted).await,
    ));
    for (name, outcome) in [
        ("declined", "insufficient-funds"),
        ("unanswered", "silent"),
        ("not-sent", "down"),
    ] {
        let cookies = house.cart(1).await;
        let vault = house.order(&cookies).await;
        let receipt = vault.split_once("ticket=").unwrap().1;
        pages.push((
            name,
            house
                .get_as(
                    &path(&format!("/checkout/return?receipt={receipt}~{outcome}")),
                    &cookies,
                )
                .await,
        ));
    }
    let vault = house.order(&cookies).await;
    let number = vault
        .split_once("ticket=")
        .unwrap()
        .1
        .split('~')
        .next()
        .unwrap()
        .to_owned();
    let key = house
        .state
        .order_keys
        .key(&trade::ids::OrderNumber::parse(&number).unwrap());
    let page = path(&format!("/orders/{number}?key={key}"));
    pages.push(("order-waiting", house.get(&page).await));
    house.back(&vault, "approve", &cookies).await;
    pages.push(("order", house.get(&page).await));
    pages
        .into_iter()
        .map(|(name, answer)| (format!("{locale}/{name}"), answer.text()))
        .collect()
}

/// Addresses of files in quotes.
fn linked(text: &str) -> BTreeSet<String> {
    let quoted = text.split('"').filter(|part| {
        part.starts_with("/assets/") || part.starts_with("/covers/") || *part == "/favicon.svg"
    });
    quoted.map(str::to_owned).collect()
}

fn file_of(folder: &Path, address: &str) -> PathBuf {
    folder.join(address.split('?').next().unwrap().trim_start_matches('/'))
}

fn write(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}
