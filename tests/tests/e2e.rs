//! What a person does, in a real headless Chromium: find, buy, be told, ship, refund.
//!
//! Every page that is met is photographed at both widths into `tests/screenshots` and checked by axe-core.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "e2e/import_pages.rs"]
mod import_pages;
#[path = "e2e/second_factor.rs"]
mod second_factor;
#[path = "e2e/step_up.rs"]
mod step_up;

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{Locator, key::Key};
use tests::{
    browser::{self, Browser},
    demo::{Demo, Plan},
    oracle::{self, Card},
    patience::order_number,
};

/// Photographs the page and adds what axe-core has against it, and what is wider than the screen, to `found`.
async fn look(browser: &mut Browser, name: &str, found: &mut Vec<String>) -> Result<()> {
    let wide = browser.screenshots(name).await?;
    let all = wide.into_iter().chain(browser.violations().await?);
    found.extend(all.map(|one| format!("{name}: {one}")));
    Ok(())
}

async fn add_a_book(browser: &Browser, shop: &str) -> Result<()> {
    browser
        .goto(&format!("{shop}/fr/search?q=jardin&availability=in-stock"))
        .await?;
    if browser.client.find(Locator::Css(".hit a")).await.is_err() {
        browser.goto(&format!("{shop}/fr/search?q=")).await?;
    }
    browser.click(".hit .title a").await?;
    browser.click("form[action$='/cart'] button").await?;
    browser.wait_for_url("/cart").await.map(drop)
}

async fn fill_checkout(browser: &Browser) -> Result<()> {
    for (token, text) in reader::JEANNE {
        if *token != "country" {
            browser
                .fill(&format!("form.checkout [autocomplete~='{token}']"), text)
                .await?;
        }
    }
    Ok(())
}

async fn fill_card(browser: &Browser, card: &Card) -> Result<()> {
    for (token, text) in card.tokens() {
        if let Ok(field) = browser
            .client
            .find(Locator::Css(&format!("[autocomplete~='{token}']")))
            .await
        {
            field.clear().await?;
            field.send_keys(text).await?;
        }
    }
    Ok(())
}

/// From a filled basket to wherever the bank's answer leads.
async fn check_out(browser: &Browser, shop: &str, card: &Card) -> Result<()> {
    browser.goto(&format!("{shop}/fr/checkout")).await?;
    fill_checkout(browser).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser.wait_for_url("/pay").await?;
    fill_card(browser, card).await?;
    browser.click("form button[type=submit]").await
}

/// The letter of a kind about an order, waited for.
fn letter(demo: &Demo, kind: &str, order: &str) -> Result<String> {
    let wanted = format!("mail.{kind}.{}", order.replace('-', "."));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(15) {
        for entry in std::fs::read_dir(&demo.at.mail)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&wanted) {
                return Ok(std::fs::read_to_string(entry.path())?);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("no letter {wanted} in {}", demo.at.mail.display())
}

fn number_in(url: &str) -> Result<String> {
    order_number(url)
        .map(str::to_owned)
        .with_context(|| format!("no order number in {url}"))
}

/// What the office says after a deed at the bank, once the page is back.
async fn office_deed(browser: &Browser, deed: &str) -> Result<String> {
    // What cannot be undone is asked twice: its button lies in a folded question.
    let open = format!(
        "document.querySelector(\"form[action$='/{deed}']\").closest('details')?.setAttribute('open', '')"
    );
    browser.client.execute(&open, Vec::new()).await?;
    browser
        .click(&format!("form[action$='/{deed}'] button"))
        .await?;
    browser.wait_for_url(&format!("told={deed}-done")).await?;
    browser.text().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_buys_with_a_sealed_card_and_the_bookseller_ships_and_refunds() {
    if browser::is_installed() {
        whole_path().await.unwrap();
    }
}

async fn whole_path() -> Result<()> {
    let demo = Demo::start(&Plan::default())?;
    let shop = demo.at.shop.clone();
    let mut browser = Browser::open(true).await?;
    let mut found = Vec::new();

    browser.goto(&format!("{shop}/fr/")).await?;
    look(&mut browser, "home", &mut found).await?;
    let field = browser.find("input[name=q]").await?;
    field.send_keys("l'étranger").await?;
    browser
        .find("[role=option]")
        .await
        .context("suggestions while typing")?;
    look(&mut browser, "suggestions", &mut found).await?;
    field.send_keys(&Key::Enter.to_string()).await?;
    browser.wait_for_url("/search").await?;
    browser.find(".hit").await?;
    look(&mut browser, "search", &mut found).await?;
    let unfiltered = browser.client.find_all(Locator::Css(".hit")).await?.len();
    // The filters of a wide page stand open without their <details> being open, which the driver takes for hidden.
    browser
        .client
        .execute("document.querySelector('.filters a').click()", Vec::new())
        .await?;
    browser
        .find(".chips a")
        .await
        .context("the chosen filter is shown")?;
    look(&mut browser, "search-filtered", &mut found).await?;
    ensure!(browser.client.find_all(Locator::Css(".hit")).await?.len() <= unfiltered);
    let titles = browser.text().await?.to_lowercase();
    ensure!(
        titles.contains("étranger"),
        "l'étranger is not among the results:\n{titles}"
    );
    browser.click(".hit .title a").await?;
    browser.wait_for_url("/books/").await?;
    look(&mut browser, "book", &mut found).await?;

    add_a_book(&browser, &shop).await?;
    look(&mut browser, "cart", &mut found).await?;
    browser
        .fill("input[name=quantity][type=number]", "2")
        .await?;
    browser.click("form[action$='/cart/lines'] button").await?;
    wait_for_quantity(&browser, "2").await?;

    browser.goto(&format!("{shop}/fr/checkout")).await?;
    look(&mut browser, "checkout", &mut found).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser
        .find("[aria-invalid=true]")
        .await
        .context("an empty form is refused beside its fields")?;
    look(&mut browser, "checkout-errors", &mut found).await?;
    fill_checkout(&browser).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser.wait_for_url("/pay").await?;
    look(&mut browser, "card", &mut found).await?;
    let total = browser
        .find("form button[type=submit]")
        .await?
        .text()
        .await?;
    ensure!(
        total.contains("obligation de paiement"),
        "the button says {total:?}"
    );
    fill_card(&browser, &oracle::card("approve")?).await?;
    browser.click("form button[type=submit]").await?;
    let url = browser.wait_for_url("/orders/").await?;
    let number = number_in(&url)?;
    look(&mut browser, "order", &mut found).await?;
    let text = browser.text().await?;
    ensure!(
        text.contains(&number),
        "the order page does not name {number}:\n{text}"
    );

    let mail = letter(&demo, "confirmation", &number)?;
    ensure!(
        mail.contains(&number) && mail.contains("text/html"),
        "{mail}"
    );

    log_in(&mut browser, &demo, &mut found).await?;
    browser.goto(&format!("{shop}/office/orders")).await?;
    look(&mut browser, "office-orders", &mut found).await?;
    browser
        .goto(&format!("{shop}/office/orders/{number}"))
        .await?;
    look(&mut browser, "office-order", &mut found).await?;
    office_deed(&browser, "ship").await?;
    letter(&demo, "shipping", &number)?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(
        books.totals.captured > trade::money::Money::ZERO,
        "shipping captured nothing"
    );
    office_deed(&browser, "refund").await?;
    letter(&demo, "refund", &number)?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(
        books.totals.refunded == books.totals.captured,
        "{:?}",
        books.totals
    );
    look(&mut browser, "office-order-refunded", &mut found).await?;
    for (name, path) in [
        ("office-dashboard", "/office"),
        ("office-certificates", "/office/certificates"),
        ("office-bank", "/office/bank"),
        ("office-bank-breaks", "/office/bank/breaks"),
        ("office-bank-payouts", "/office/bank/payouts"),
        ("office-bank-fec", "/office/bank/fec"),
        ("office-network", "/office/network"),
        ("office-screening", "/office/screening"),
        ("office-screening-decision", "/office/screening/1"),
        ("office-screening-rules", "/office/screening/rules"),
        ("office-screening-draft", "/office/screening/draft"),
        ("office-bank", "/office/bank"),
        ("office-bank-breaks", "/office/bank/breaks"),
        ("office-stock", "/office/stock"),
        ("office-import", "/office/import"),
        ("office-covers", "/office/covers"),
        ("office-staff", "/office/staff"),
        ("office-reviews", "/office/reviews"),
        ("office-editorial", "/office/editorial/1"),
        ("office-stock-edition", "/office/stock/1"),
        ("office-search", "/office/search"),
        ("office-search-boost", "/office/search/boost/new"),
        ("office-picks", "/office/picks"),
        ("office-pick", "/office/picks/1"),
        ("office-tables", "/office/tables"),
        ("office-table", "/office/tables/1"),
        ("office-audit", "/office/audit"),
        ("office-help", "/office/help"),
        ("office-account", "/office/account"),
        ("office-own-password", "/office/account/password"),
        ("office-second-factor", "/office/account/second-factor"),
    ] {
        browser.goto(&format!("{shop}{path}")).await?;
        look(&mut browser, name, &mut found).await?;
    }
    given_password(&mut browser, &shop, &mut found).await?;
    trial(&mut browser, &shop, &mut found).await?;
    import_pages::visit(&mut browser, &shop, &mut found).await?;
    browser.goto(&url).await?;
    look(&mut browser, "order-refunded", &mut found).await?;
    other_pages(&mut browser, &shop, &mut found).await?;
    ensure!(found.is_empty(), "axe-core found:\n{}", found.join("\n"));
    browser.close().await?;
    let took = demo.stop()?;
    ensure!(
        took < Duration::from_secs(12),
        "closing the shop took {took:?}"
    );
    Ok(())
}

/// The page that shows a drawn password.
async fn given_password(browser: &mut Browser, shop: &str, found: &mut Vec<String>) -> Result<()> {
    browser.goto(&format!("{shop}/office/staff")).await?;
    browser.fill("#login", "zoe").await?;
    browser.fill("#name", "Zoé Martin").await?;
    browser.click("form[action='/office/staff'] button").await?;
    browser.find("dd code").await?;
    look(browser, "office-given-password", found).await?;
    browser.goto(&format!("{shop}/office/staff")).await?;
    look(browser, "office-staff-two", found).await
}

/// A rule of the search that is tried and not saved.
async fn trial(browser: &mut Browser, shop: &str, found: &mut Vec<String>) -> Result<()> {
    let typed = "phrases=oc%C3%A9an%0Amer&direction=both&q=oc%C3%A9an";
    browser
        .goto(&format!("{shop}/office/search/synonym/new?{typed}"))
        .await?;
    browser.click("button[value=try]").await?;
    browser.find("#trial").await?;
    look(browser, "office-search-trial", found).await
}

async fn log_in(browser: &mut Browser, demo: &Demo, found: &mut Vec<String>) -> Result<()> {
    browser.goto(&format!("{}/office", demo.at.shop)).await?;
    look(browser, "office-login", found).await?;
    browser
        .fill("[autocomplete=username]", &demo.at.login)
        .await?;
    browser
        .fill("[autocomplete=current-password]", &demo.at.password)
        .await?;
    browser.click("form[action$='/login'] button").await?;
    let begun = Instant::now();
    while browser.client.current_url().await?.path().contains("login") {
        ensure!(
            begun.elapsed() < Duration::from_secs(15),
            "no login:\n{}",
            browser.text().await?
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn other_pages(browser: &mut Browser, shop: &str, found: &mut Vec<String>) -> Result<()> {
    for (name, path) in [
        ("home-en", "/en/"),
        ("search-empty", "/fr/search?q=xqzzyxq"),
        ("not-found", "/fr/nowhere"),
        ("cart-empty", "/fr/cart"),
        ("terms", "/fr/legal/terms"),
        ("notice", "/fr/legal/notice"),
        ("privacy", "/fr/legal/privacy"),
        ("delivery", "/fr/legal/delivery"),
        ("reviews-policy", "/fr/legal/reviews"),
        ("accessibility", "/fr/legal/accessibility"),
        ("about", "/fr/about"),
        ("subjects", "/fr/subjects"),
        ("subject", "/fr/subjects/FB"),
        ("author", "/fr/authors/victor-hugo"),
        ("bestsellers", "/fr/bestsellers"),
        ("new", "/fr/new"),
        ("forthcoming", "/fr/forthcoming"),
        ("picks", "/fr/picks"),
        ("table", "/fr/tables/prendre-la-mer"),
        ("orders", "/fr/orders"),
        ("review", "/fr/editions/1/review"),
        ("review-sent", "/fr/reviews/sent"),
        ("series", "/fr/series/les-rougon-macquart"),
        ("publisher", "/fr/publishers/michel-levy-freres"),
    ] {
        browser.goto(&format!("{shop}{path}")).await?;
        look(browser, name, found).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_javascript_buys_and_every_answer_of_the_bank_is_told() {
    if browser::is_installed() {
        without_javascript().await.unwrap();
    }
}

async fn without_javascript() -> Result<()> {
    let demo = Demo::start(&Plan::default())?;
    let shop = demo.at.shop.clone();
    let mut browser = Browser::open(false).await?;
    browser.goto(&format!("{shop}/fr/")).await?;
    browser.fill("input[name=q]", "jardin").await?;
    browser.click("form[role=search] button").await?;
    browser.find(".hit").await?;
    add_a_book(&browser, &shop).await?;
    check_out(&browser, &shop, &oracle::card("approve")?).await?;
    let number = number_in(&browser.wait_for_url("/orders/").await?)?;
    letter(&demo, "confirmation", &number)?;
    let wide = browser.screenshots("order-without-javascript").await?;
    ensure!(wide.is_empty(), "{wide:?}");

    add_a_book(&browser, &shop).await?;
    check_out(&browser, &shop, &oracle::card("insufficient_funds")?).await?;
    wait_for_text(&browser, "carte").await?;
    let wide = browser.screenshots("declined").await?;
    ensure!(wide.is_empty(), "{wide:?}");
    let declined = browser.text().await?;
    ensure!(
        !declined.contains("insufficient"),
        "a code instead of a sentence:\n{declined}"
    );
    let forms = browser
        .client
        .find_all(Locator::Css("main form[method=post]"))
        .await?;
    ensure!(
        forms.is_empty(),
        "a declined reader is offered a link, not a form"
    );

    add_a_book(&browser, &shop).await?;
    check_out(&browser, &shop, &oracle::card("silent")?).await?;
    wait_for_text(&browser, "répondu").await?;
    let wide = browser.screenshots("unanswered").await?;
    ensure!(wide.is_empty(), "{wide:?}");
    let begun = Instant::now();
    loop {
        let books = oracle::bank_books(&demo, 0).await?;
        let reversals: i64 = books.holds.iter().map(|hold| hold.reversals).sum();
        if reversals == 1 {
            break;
        }
        ensure!(
            begun.elapsed() < Duration::from_secs(30),
            "{reversals} reversals: {books:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    browser.close().await
}

/// The cart comes back under the same address: what was found on the old page may be gone a moment later, and its
/// field holds what was typed, so the attribute that the shop wrote is what counts.
async fn wait_for_quantity(browser: &Browser, wanted: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(15) {
        if let Ok(field) = browser.find("input[name=quantity][type=number]").await
            && let Ok(Some(value)) = field.attr("value").await
            && value == wanted
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the quantity did not change to {wanted}")
}

async fn wait_for_text(browser: &Browser, wanted: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let text = browser.text().await.unwrap_or_default();
        let url = browser.client.current_url().await?.to_string();
        if text.to_lowercase().contains(wanted) && url.starts_with("http") && !url.contains("/pay")
        {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < Duration::from_secs(30),
            "no {wanted:?} at {url}:\n{text}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keyboard_language_back_button_and_double_submit() {
    if browser::is_installed() {
        habits().await.unwrap();
    }
}

async fn habits() -> Result<()> {
    let demo = Demo::start(&Plan::default())?;
    let shop = demo.at.shop.clone();
    let browser = Browser::open(true).await?;

    // By keyboard alone: the skip link first, then the search field, then a book, then the basket.
    browser.goto(&format!("{shop}/fr/")).await?;
    press(&browser, &[Key::Tab.into()]).await?;
    ensure!(
        focused(&browser).await?.contains("#main"),
        "the first stop is the skip link"
    );
    tab_until(&browser, "name=\"q\"").await?;
    press(
        &browser,
        &[
            'j',
            'a',
            'r',
            'd',
            'i',
            'n',
            Key::Escape.into(),
            Key::Enter.into(),
        ],
    )
    .await?;
    browser.wait_for_url("/search").await?;
    browser.find(".hit").await?;
    tab_until(&browser, "/books/").await?;
    let script = "const at = document.activeElement;
        return [getComputedStyle(at), getComputedStyle(at, '::after')].map(s => s.outlineStyle)
            .find(style => style !== 'none') || 'none'";
    let ring = browser.client.execute(script, Vec::new()).await?;
    ensure!(ring != "none", "the focus cannot be seen");
    press(&browser, &[Key::Enter.into()]).await?;
    browser.wait_for_url("/books/").await?;
    browser.find("form[action$='/cart'] button").await?;
    browser
        .client
        .execute(
            "document.querySelector('form[action$=\"/cart\"] button').focus()",
            Vec::new(),
        )
        .await?;
    press(&browser, &[Key::Enter.into()]).await?;
    browser.wait_for_url("/cart").await?;

    // The language changes in the middle and the basket stays.
    browser
        .click("footer a[hreflang=en], a[hreflang=en]")
        .await?;
    browser.wait_for_url("/en/cart").await?;
    browser.find("input[name=quantity][type=number]").await?;
    browser
        .click("footer a[hreflang=fr], a[hreflang=fr]")
        .await?;
    browser.wait_for_url("/fr/cart").await?;

    // Without giving a card, back to an order that still waits.
    browser.goto(&format!("{shop}/fr/checkout")).await?;
    fill_checkout(&browser).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser.wait_for_url("/pay").await?;
    what_the_card_page_keeps_out_is_told(&browser, &demo).await?;
    browser.click("a[href*='cancelled']").await?;
    browser.wait_for_url("/orders/").await?;

    // Back from the card page, forward again with the same form: one order, not two.
    browser.goto(&format!("{shop}/fr/checkout")).await?;
    fill_checkout(&browser).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser.wait_for_url("/pay").await?;
    browser.client.back().await?;
    browser.wait_for_url("/checkout").await?;
    fill_checkout(&browser).await?;
    browser.click("form.checkout button[type=submit]").await?;
    browser.wait_for_url("/pay").await?;
    fill_card(&browser, &oracle::card("approve")?).await?;
    // Submitted twice in the same breath.
    browser
        .client
        .execute(
            "const button = document.querySelector('form button[type=submit]'); button.click(); button.click();",
            Vec::new(),
        )
        .await?;
    browser.wait_for_url("/orders/").await?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(books.totals.authorisations == 1, "{:?}", books.totals);
    // Reloading the order page is safe.
    browser.client.refresh().await?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(books.totals.authorisations == 1, "{:?}", books.totals);
    browser.close().await
}

/// The browser itself reports to the vault what its page may not load.
async fn what_the_card_page_keeps_out_is_told(browser: &Browser, demo: &Demo) -> Result<()> {
    let stranger = "new Image().src = 'https://stranger.example/4111111111111111.png';";
    browser.client.execute(stranger, Vec::new()).await?;
    let folder = demo
        .at
        .mail
        .ancestors()
        .nth(2)
        .context("the folder of the demonstration")?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let log = std::fs::read_to_string(folder.join("logs/vault.log"))?;
        if let Some(line) = log.lines().find(|line| line.contains("from the card page")) {
            ensure!(line.contains("img-src") && !line.contains("4111"), "{line}");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the vault's log says nothing of it")
}

async fn press(browser: &Browser, keys: &[char]) -> Result<()> {
    let active = browser.client.active_element().await?;
    active.send_keys(&keys.iter().collect::<String>()).await?;
    Ok(())
}

/// The element that has the focus, as HTML.
async fn focused(browser: &Browser) -> Result<String> {
    let html = browser
        .client
        .execute("return document.activeElement.outerHTML", Vec::new())
        .await?;
    Ok(html.as_str().unwrap_or_default().to_owned())
}

async fn tab_until(browser: &Browser, wanted: &str) -> Result<()> {
    for _ in 0..80 {
        if focused(browser)
            .await?
            .split('>')
            .next()
            .is_some_and(|tag| tag.contains(wanted))
        {
            return Ok(());
        }
        press(browser, &[Key::Tab.into()]).await?;
    }
    bail!("80 times Tab does not lead to {wanted}")
}

#[test]
fn the_robot_buyer_buys_and_is_refused() {
    let robot = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/robot/buyer.py"
    ));
    if !robot.exists() {
        println!("skipped: the robot buyer is not beside the checkout");
        return;
    }
    let demo = Demo::start(&Plan::default()).unwrap();
    let run = |behaviour: &str| {
        let card = oracle::card(behaviour).unwrap();
        let card = serde_json::json!({ "number": card.number, "exp": card.exp, "csc": card.csc });
        let output = Command::new("python3")
            .arg(&robot)
            .args([demo.at.shop.as_str(), "jardin", &card.to_string()])
            .output()
            .unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        said
    };
    let bought = run("approve");
    assert_eq!(bought["ok"], true, "{bought}");
    let refused = run("insufficient_funds");
    assert_eq!(refused["ok"], false, "{refused}");
    assert!(!refused.to_string().contains(" 500"), "{refused}");
}
