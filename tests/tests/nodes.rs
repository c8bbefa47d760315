//! Two shops on one PostgreSQL, each with a shelf and an index of its own: a price that a feed changes is soon on the
//! page and in the search of both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reader::http::Connection;
use tests::{
    demo::{Demo, Plan, executable},
    engines::Postgres,
};

/// A second shop beside the demonstration's own.
struct Node {
    process: Child,
    origin: String,
}

impl Node {
    /// Starts a shop on the database of `demo`, with a folder and an address of its own.
    fn beside(demo: &Demo, folder: &Path) -> Result<Node> {
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let origin = format!("http://{free}");
        let config = fs::read_to_string(demo.folder().join("config/shop.toml"))?;
        let first = demo.at.shop.trim_start_matches("http://");
        let data = demo.folder().join("shop");
        let config = config
            .replace(first, &free.to_string())
            .replace(&*data.to_string_lossy(), &folder.to_string_lossy());
        let path = folder.join("shop.toml");
        fs::write(&path, config)?;
        let process = Command::new(executable()?)
            .args(["serve", "--config"])
            .arg(&path)
            .stdout(Stdio::null())
            .spawn()?;
        let node = Node { process, origin };
        node.wait()?;
        Ok(node)
    }

    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if Connection::open(&self.origin).is_ok_and(|mut shop| shop.get("/fr/", "").is_ok()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the second shop did not open within 60 s")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A message about one book, sent on that hour of a day.
fn message(folder: &Path, hour: u8, price: &str) -> Result<PathBuf> {
    let path = folder.join(format!("message-{hour}.xml"));
    let text = format!(
        r#"<ONIXMessage release="3.0"><Header><Sender><SenderName>Quai Diffusion</SenderName></Sender>
        <SentDateTime>20261120T{hour:02}00Z</SentDateTime></Header>
        <Product><RecordReference>quai-1</RecordReference><NotificationType>03</NotificationType>
        <ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9782070541270</IDValue></ProductIdentifier>
        <DescriptiveDetail><ProductComposition>00</ProductComposition><ProductForm>BC</ProductForm>
        <TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>
        <TitleText>Le sémaphore des équinoxes</TitleText></TitleElement></TitleDetail></DescriptiveDetail>
        <PublishingDetail><PublishingStatus>04</PublishingStatus></PublishingDetail>
        <ProductSupply><SupplyDetail><Supplier><SupplierRole>02</SupplierRole><SupplierName>Quai</SupplierName></Supplier>
        <ProductAvailability>21</ProductAvailability><Price><PriceType>04</PriceType><PriceAmount>{price}</PriceAmount>
        <CurrencyCode>EUR</CurrencyCode></Price></SupplyDetail></ProductSupply></Product></ONIXMessage>"#
    );
    fs::write(&path, text)?;
    Ok(path)
}

fn import(demo: &Demo, message: &Path) -> Result<()> {
    let status = Command::new(executable()?)
        .arg("import")
        .arg("--config")
        .arg(demo.folder().join("config/shop.toml"))
        .arg(message)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("the import ended with {status}");
    }
    Ok(())
}

/// Waits until the page and the search of a shop show the price, in cents and in figures.
fn sees(origin: &str, cents: i64, shown: &str) -> Result<()> {
    let mut shop = Connection::open(origin)?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let found = shop.get("/api/v1/search?q=semaphore+equinoxes", "")?.text();
        let found: serde_json::Value = serde_json::from_str(&found)?;
        let book = found.pointer("/books/0");
        let price = book.and_then(|book| book.get("price_cents")?.as_i64());
        let band = found.pointer("/facets/4/values/0/value");
        let url = book
            .and_then(|book| book.get("url")?.as_str())
            .unwrap_or_default();
        let in_band = band.and_then(serde_json::Value::as_str) == Some(band_of(cents));
        if price == Some(cents) && in_band {
            let path = url.strip_prefix(origin).unwrap_or(url);
            let path = path
                .find("/fr/")
                .map_or(path, |at| path.get(at..).unwrap_or(path));
            let page = shop.get(path, "")?;
            if page.status == 200 && page.text().contains(shown) {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("{origin} did not show {shown} within 60 s")
}

fn band_of(cents: i64) -> &'static str {
    if cents < 1_000 { "0-10" } else { "20-30" }
}

#[test]
fn a_price_of_a_feed_is_seen_on_every_node() {
    let Some(server) = Postgres::start().unwrap() else {
        return;
    };
    let plan = Plan {
        titles: 300,
        database: Some(server.fresh("nodes").unwrap()),
        ..Plan::default()
    };
    let demo = Demo::start(&plan).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let second = Node::beside(&demo, folder.path()).unwrap();
    let nodes = [demo.at.shop.as_str(), second.origin.as_str()];
    import(&demo, &message(folder.path(), 8, "9.90").unwrap()).unwrap();
    for node in nodes {
        sees(node, 990, "9,90").context("the first price").unwrap();
    }
    import(&demo, &message(folder.path(), 9, "24.50").unwrap()).unwrap();
    let committed = Instant::now();
    for node in nodes {
        sees(node, 2_450, "24,50")
            .context("the changed price")
            .unwrap();
        println!(
            "{node}: on the page and in the search after {:?}",
            committed.elapsed()
        );
    }
}
