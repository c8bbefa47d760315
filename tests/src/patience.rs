//! A reader who waits while a process of the shop is being started again.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use reader::Page;

/// How long she waits for one page.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again, five times a second, until the shop answers without a fault.
pub fn patiently(mut ask: impl FnMut() -> Result<Page>) -> Result<Page> {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(page) if page.status < 500 => return Ok(page),
            Ok(page) if begun.elapsed() > PATIENCE => {
                bail!("{} still answers {}:\n{}", page.url, page.status, page.html)
            }
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}

/// The number of the order whose own page has this address; none for the page where it is paid.
pub fn order_number(url: &str) -> Option<&str> {
    let number = url.split("/orders/").nth(1)?.split('?').next()?;
    (!number.contains('/')).then_some(number)
}
