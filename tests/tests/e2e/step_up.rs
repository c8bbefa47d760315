//! The code by e-mail, as a reader meets it: the page, the letter, a wrong code, the right one, and her payment goes on,
//! by card and by gift certificate.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tests::{
    browser::{self, Browser},
    demo::{Demo, Plan},
    oracle,
};

use super::{add_a_book, check_out, fill_checkout, letter, log_in, look, number_in, wait_for_text};

/// Whoever did not confirm her e-mail address is asked to.
const RULES: &str = "[thresholds]\nstep_up = 10\nreview = 20\nrefuse = 30\n\n[[rule]]\nid = \"code\"\n\
    when = \"!email_confirmed\"\nweight = 0\nat_least = \"step_up\"\nfr = \"Adresse à confirmer\"\n\
    en = \"Address to confirm\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_confirms_her_address_by_the_code_of_a_letter() {
    if browser::is_installed() {
        confirmed_by_a_code().await.unwrap();
    }
}

async fn confirmed_by_a_code() -> Result<()> {
    let demo = Demo::start(&Plan {
        titles: 300,
        screens: true,
        ..Plan::default()
    })?;
    let shop = demo.at.shop.clone();
    let mut found = Vec::new();
    let certificate = at_the_desk(&demo, &mut found).await?;
    let mut browser = Browser::open(true).await?;

    add_a_book(&browser, &shop).await?;
    check_out(&browser, &shop, &oracle::card("approve")?).await?;
    let code = asked(&demo, &browser).await?;
    look(&mut browser, "step-up", &mut found).await?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(books.totals.authorisations == 0, "{:?}", books.totals);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    type_code(&browser, wrong).await?;
    browser.find("#code-error").await?;
    let said = browser.text().await?;
    ensure!(said.contains("reste 4 essais"), "{said}");
    look(&mut browser, "step-up-wrong", &mut found).await?;
    browser
        .click("form[action$='/confirm/again'] button")
        .await?;
    wait_for_text(&browser, "vient d’être envoyé").await?;
    look(&mut browser, "step-up-too-soon", &mut found).await?;
    let spaced = format!("{} {}", code.get(..3).context("six digits")?, &code[3..]);
    type_code(&browser, &spaced).await?;
    let number = number_in(&browser.wait_for_url("/orders/").await?)?;
    wait_for_text(&browser, "la commande est payée").await?;
    letter(&demo, "confirmation", &number)?;

    add_a_book(&browser, &shop).await?;
    browser.goto(&format!("{shop}/fr/checkout")).await?;
    fill_checkout(&browser).await?;
    let open = "document.querySelector('#certificate').closest('details').open = true";
    browser.client.execute(open, Vec::new()).await?;
    browser.fill("#certificate", &certificate).await?;
    browser.click("form.checkout button[type=submit]").await?;
    let code = asked(&demo, &browser).await?;
    look(&mut browser, "step-up-certificate", &mut found).await?;
    type_code(&browser, &code).await?;
    let number = number_in(&browser.wait_for_url("/orders/").await?)?;
    wait_for_text(&browser, "la commande est payée").await?;
    look(&mut browser, "order-by-certificate", &mut found).await?;
    letter(&demo, "confirmation", &number)?;
    let books = oracle::bank_books(&demo, 0).await?;
    ensure!(books.totals.authorisations == 1, "{:?}", books.totals);
    ensure!(found.is_empty(), "axe-core found:\n{}", found.join("\n"));
    browser.close().await
}

/// The bookseller publishes the rules and sells a certificate: its code.
async fn at_the_desk(demo: &Demo, found: &mut Vec<String>) -> Result<String> {
    let shop = &demo.at.shop;
    let mut desk = Browser::open(true).await?;
    log_in(&mut desk, demo, found).await?;
    desk.goto(&format!("{shop}/office/screening/draft")).await?;
    desk.fill("#rules", RULES).await?;
    desk.click("button[value=try]").await?;
    desk.find("button[value=publish]").await?;
    look(&mut desk, "office-screening-tried", found).await?;
    desk.click("button[value=publish]").await?;
    desk.wait_for_url("told=published").await?;
    desk.goto(&format!("{shop}/office/certificates")).await?;
    let open = "document.querySelector('#worth').closest('details')?.setAttribute('open', '')";
    desk.client.execute(open, Vec::new()).await?;
    desk.fill("#worth", "250").await?;
    desk.fill("#months", "12").await?;
    desk.click("form[action$='/office/certificates'] button")
        .await?;
    let begun = Instant::now();
    loop {
        let text = desk.text().await.unwrap_or_default();
        let code = text.split_whitespace().find(|word| {
            word.starts_with("CADO-") && word.len() == "CADO-0000-0000-0000-0000".len()
        });
        if let Some(code) = code {
            look(&mut desk, "office-certificate-sold", found).await?;
            let code = code.to_owned();
            desk.close().await?;
            return Ok(code);
        }
        ensure!(begun.elapsed() < Duration::from_secs(15), "{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The code of the letter that the page speaks of.
async fn asked(demo: &Demo, browser: &Browser) -> Result<String> {
    browser.find("[autocomplete=one-time-code]").await?;
    let field = browser
        .client
        .find(fantoccini::Locator::Css("input[name=screening]"))
        .await?;
    let screening = field.attr("value").await?.context("which screening")?;
    let wanted = format!("code.{screening}.1@");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(15) {
        for entry in std::fs::read_dir(&demo.at.mail)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&wanted) {
                let mail = std::fs::read_to_string(entry.path())?;
                ensure!(
                    mail.contains("To: lectrice@example.org"),
                    "to somebody else:\n{mail}"
                );
                let subject = mail.split("Subject: ").nth(1).context("a subject")?;
                let code: String = subject.chars().take_while(char::is_ascii_digit).collect();
                ensure!(code.len() == 6, "no six digits in {subject}");
                return Ok(code);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no letter {wanted} in {}", demo.at.mail.display())
}

async fn type_code(browser: &Browser, code: &str) -> Result<()> {
    browser.fill("#code", code).await?;
    browser
        .click("form[action$='/checkout/confirm'] button")
        .await
}
