//! What a person does in many tests: fills a basket, enters the back office, gives a command.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use reader::{Page, Reader};

use crate::{
    demo::{Demo, executable},
    patience::patiently,
};

/// Puts the first book that a search finds into the basket, waiting while the shop is being started again; the page where it
/// is ordered.
pub fn checkout(reader: &mut Reader, shop: &str, words: &str) -> Result<Page> {
    let results = patiently(|| reader.get(&format!("{shop}/fr/search?q={words}")))?;
    let mut links = results.html.split("href=\"").skip(1);
    let path = links.find_map(|rest| {
        rest.split('"')
            .next()
            .filter(|path| path.contains("/books/"))
    });
    let path = path.context("no book found")?;
    let book = patiently(|| reader.get(&format!("{shop}{path}")))?;
    patiently(|| reader.submit(&book, "/cart", &[]))?;
    patiently(|| reader.get(&format!("{shop}/fr/checkout")))
}

/// Somebody of the staff who has entered the back office.
pub fn bookseller(demo: &Demo) -> Result<Reader> {
    let mut desk = Reader::default();
    let page = desk.get(&format!("{}/office", demo.at.shop))?;
    let login = [
        ("username", demo.at.login.as_str()),
        ("current-password", &demo.at.password),
    ];
    let inside = desk.submit(&page, "/login", &login)?;
    ensure!(!inside.url.contains("login"), "no login: {}", inside.html);
    Ok(desk)
}

/// An operator's command to a running process of the demonstration.
pub fn told(demo: &Demo, arguments: &[&str], process: &str) -> Result<()> {
    let config = demo.folder().join(format!("config/{process}.toml"));
    let mut told = Command::new(executable()?);
    told.args(arguments).arg("--config").arg(config);
    let told = told.stdout(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&told.stderr);
    ensure!(
        told.status.success(),
        "{arguments:?}: {} {said}",
        told.status
    );
    Ok(())
}
