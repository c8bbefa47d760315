//! While the vault is sealed the shop goes on selling: its readers are told that no card is taken, pay by transfer or when
//! they come for their books, and pay by card again when the vault is open.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use banking::creditor_reference::CreditorReference;
use reader::{JEANNE, Page, Reader, form};
use tests::{
    demo::{Demo, Plan},
    oracle,
    patience::{order_number, patiently},
    person,
};
use trade::ids::OrderNumber;

/// How long something may take that the shop does by itself.
const PATIENCE: Duration = Duration::from_secs(120);
const NO_CARD: &str = "Le paiement par carte n’est pas disponible pour le moment.";
/// A radio button that says that no card is taken cannot be chosen.
const CARD_SHUT: &str = "value=\"card\" disabled";

#[test]
fn the_shop_sells_on_while_the_vault_is_sealed() {
    sells_on().unwrap();
}

fn sells_on() -> Result<()> {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    let demo = Demo::start(&plan)?;
    let (mut reader, checkout) = checkout(&demo)?;
    ensure!(!checkout.html.contains(NO_CARD), "{}", checkout.html);

    person::told(&demo, &["vault", "seal"], "vault")?;
    let closed = until(&checkout, &mut reader, |page| page.contains(NO_CARD))?;
    ensure!(closed.html.contains(CARD_SHUT), "{}", closed.html);
    let later = later_by_card(&demo)?;
    by_transfer(&demo, &plan)?;
    at_collection(&demo)?;

    person::told(&demo, &["vault", "unseal", "--dev"], "vault")?;
    let open = until(&checkout, &mut reader, |page| !page.contains(NO_CARD))?;
    ensure!(!open.html.contains(CARD_SHUT), "{}", open.html);
    let card_page = reader.submit(&open, "/checkout", JEANNE)?;
    is_paid_by_card(&demo, &mut reader, &card_page)?;
    // She who ordered meanwhile pays from the page of her order.
    let (mut reader, page) = later;
    let choice = until(&page, &mut reader, |page| {
        page.contains("value=\"card\" checked")
    })?;
    let card_page = reader.submit(&choice, "/pay", &[])?;
    is_paid_by_card(&demo, &mut reader, &card_page)
}

/// A reader with a book in her basket, and the page where she orders.
fn checkout(demo: &Demo) -> Result<(Reader, Page)> {
    let mut reader = Reader::default();
    let page = person::checkout(&mut reader, &demo.at.shop, "Voltaire")?;
    Ok((reader, page))
}

/// Reads a page again until it is so: the shop's knowledge of the vault may be some seconds old.
fn until(page: &Page, reader: &mut Reader, is_so: impl Fn(&str) -> bool) -> Result<Page> {
    let begun = Instant::now();
    loop {
        let read = patiently(|| reader.get(&page.url))?;
        if is_so(&read.html) {
            return Ok(read);
        }
        if begun.elapsed() > PATIENCE {
            bail!("{} stays as it is:\n{}", read.url, read.html);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Orders with other choices than those that the form proposes.
fn order_with(reader: &mut Reader, checkout: &Page, choices: &[(&str, &str)]) -> Result<Page> {
    let form = form::find(&checkout.html, "/checkout").context("no form")?;
    let filled = form.filled(JEANNE);
    let proposed = filled.split('&').filter(|field| {
        let name = field.split('=').next();
        choices.iter().all(|(chosen, _)| name != Some(chosen))
    });
    let chosen = choices
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let body: Vec<String> = proposed.map(str::to_owned).chain(chosen).collect();
    let (shop, _) = checkout.url.split_once("/fr/").context("a French page")?;
    reader.post(&format!("{shop}{}", form.action), &body.join("&"))
}

/// An order that waits for its card: the page that asks how to pay says that none is taken.
fn later_by_card(demo: &Demo) -> Result<(Reader, Page)> {
    let (mut reader, page) = checkout(demo)?;
    let choice = order_with(&mut reader, &page, &[("means", "card")])?;
    ensure!(choice.url.contains("/orders/"), "{}", choice.url);
    ensure!(choice.html.contains(NO_CARD), "{}", choice.html);
    Ok((reader, choice))
}

/// Ordered, sent by the reader's bank, fetched from ours, and found by its reference.
fn by_transfer(demo: &Demo, plan: &Plan) -> Result<()> {
    let (mut reader, page) = checkout(demo)?;
    let page = order_with(&mut reader, &page, &[("means", "transfer")])?;
    ensure!(
        page.html.contains("La commande attend votre virement."),
        "{}",
        page.html
    );
    let number = OrderNumber::parse(order_number(&page.url).context("no order")?)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let store = runtime.block_on(oracle::store(demo, plan))?;
    let wanted = number.clone();
    let order = store.read(move |tx| shop::order::find(tx, &wanted));
    let order = runtime.block_on(order)?.context("the order")?;
    let cents = order.total.as_cents();
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    let reference = CreditorReference::for_order(&number);
    let told = ["bank", "transfer", "--amount", &amount, "--words"];
    person::told(demo, &[&told[..], &[reference.as_str()]].concat(), "bank")?;
    let out = demo.folder().join("statements");
    let close = [
        "bank",
        "statement",
        "--close",
        "--out",
        &out.to_string_lossy(),
    ];
    person::told(demo, &close, "bank")?;
    until(&page, &mut reader, |page| {
        page.contains("La commande est payée.")
    })?;
    Ok(())
}

/// Ordered, and paid at the till when the bookseller hands the books over.
fn at_collection(demo: &Demo) -> Result<()> {
    let (mut reader, page) = checkout(demo)?;
    let choices = [("delivery", "shop_collection"), ("means", "collection")];
    let page = order_with(&mut reader, &page, &choices)?;
    let agreed = "La commande est confirmée. Vous la payez en venant la chercher.";
    ensure!(page.html.contains(agreed), "{}", page.html);
    let number = order_number(&page.url).context("no order")?;

    let mut office = Reader::default();
    let login = office.get(&format!("{}/office", demo.at.shop))?;
    let who = [
        ("username", demo.at.login.as_str()),
        ("current-password", &demo.at.password),
    ];
    office.submit(&login, "/login", &who)?;
    let asked = office.get(&format!("{}/office/orders/{number}", demo.at.shop))?;
    let done = office.submit(&asked, "/ship", &[])?;
    ensure!(done.url.contains("told=ship-done"), "{}", done.url);
    until(&page, &mut reader, |page| {
        page.contains("Payé en librairie.")
    })?;
    Ok(())
}

fn is_paid_by_card(demo: &Demo, reader: &mut Reader, card_page: &Page) -> Result<()> {
    ensure!(
        card_page.url.starts_with(&demo.at.card_page),
        "{}",
        card_page.url
    );
    let paid = reader.submit(card_page, "/pay", &oracle::card("approve")?.tokens())?;
    ensure!(
        paid.html.contains("La commande est payée."),
        "{}",
        paid.html
    );
    Ok(())
}
