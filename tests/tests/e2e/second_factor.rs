//! A second factor, as a bookseller meets it: set up with the code of an app, asked for at the next entry, and replaced by a
//! recovery code when the telephone is lost.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use tests::{
    browser::{self, Browser},
    demo::{Demo, Plan},
};

use super::{log_in, look, wait_for_text};

/// The app, written by others in another language: RFC 6238 with what every app assumes (SHA-1, 30 s, six digits). The next
/// code is good already, since clocks differ.
const APP: &str = "import base64, hashlib, hmac, struct, sys, time\n\
    step = struct.pack('>Q', int(time.time()) // 30 + int(sys.argv[2]))\n\
    hash = hmac.new(base64.b32decode(sys.argv[1]), step, hashlib.sha1).digest()\n\
    at = hash[-1] & 15\n\
    print('%06d' % ((struct.unpack('>I', hash[at:at + 4])[0] & 0x7fffffff) % 1000000))";

#[tokio::test(flavor = "multi_thread")]
async fn a_bookseller_sets_up_a_second_factor_and_enters_with_it() {
    if Command::new("python3").arg("--version").output().is_err() {
        return println!("skipped: python3 plays the app, and is missing");
    }
    if browser::is_installed() {
        entered().await.unwrap();
    }
}

async fn entered() -> Result<()> {
    let demo = Demo::start(&Plan {
        titles: 300,
        ..Plan::default()
    })?;
    let (shop, mut found) = (demo.at.shop.clone(), Vec::new());
    let mut desk = Browser::open(true).await?;
    log_in(&mut desk, &demo, &mut found).await?;
    desk.goto(&format!("{shop}/office/account")).await?;
    desk.click("main a[href$='/account/second-factor']").await?;
    look(&mut desk, "office-second-factor", &mut found).await?;
    let secret = desk.find("main p code").await?.text().await?;
    let secret = secret.replace(' ', "");
    confirm(&desk, &demo, "000000").await?;
    wait_for_text(&desk, "code").await?;
    ensure!(
        desk.client
            .find(Locator::Css("ul.plain code"))
            .await
            .is_err()
    );
    confirm(&desk, &demo, &app(&secret, 0)?).await?;
    let recovery = desk.find("ul.plain code").await?.text().await?;
    look(&mut desk, "office-recovery-codes", &mut found).await?;

    leave(&desk, &shop).await?;
    log_in(&mut desk, &demo, &mut found).await?;
    desk.wait_for_url("/office/code").await?;
    look(&mut desk, "office-code", &mut found).await?;
    desk.goto(&format!("{shop}/office/orders")).await?;
    desk.wait_for_url("/office/code").await?;
    show(&desk, "000000").await?;
    desk.find(".notice").await.context("a wrong code is told")?;
    look(&mut desk, "office-code-wrong", &mut found).await?;
    show(&desk, &app(&secret, 1)?).await?;
    desk.find(".office nav").await.context("inside")?;
    desk.goto(&format!("{shop}/office/account")).await?;
    look(&mut desk, "office-account-second-factor", &mut found).await?;

    for (again, opens) in [(false, true), (true, false)] {
        leave(&desk, &shop).await?;
        log_in(&mut desk, &demo, &mut found).await?;
        show(&desk, &recovery).await?;
        let inside = match opens {
            true => ".office nav",
            false => ".notice",
        };
        desk.find(inside)
            .await
            .with_context(|| format!("a recovery code is good once; again: {again}"))?;
    }
    ensure!(found.is_empty(), "found:\n{}", found.join("\n"));
    desk.close().await
}

/// The code that the app shows now, or so many steps of thirty seconds later.
fn app(secret: &str, later: u32) -> Result<String> {
    let output = Command::new("python3")
        .args(["-c", APP, secret, &later.to_string()])
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Confirms the second factor that the page offers.
async fn confirm(desk: &Browser, demo: &Demo, code: &str) -> Result<()> {
    desk.fill("#code", code).await?;
    desk.fill("#current", &demo.at.password).await?;
    desk.click("main form button").await
}

/// Shows a code at the entry.
async fn show(desk: &Browser, code: &str) -> Result<()> {
    desk.fill("#code", code).await?;
    desk.click("form[action$='/code'] button").await
}

async fn leave(desk: &Browser, shop: &str) -> Result<()> {
    desk.goto(&format!("{shop}/office")).await?;
    desk.click("form[action$='/logout'] button").await?;
    desk.wait_for_url("login").await.map(drop)
}
