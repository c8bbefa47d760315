//! What an operator sees of the payment network while it is in trouble: real processes, a carrier that dies, a switch that
//! stops answering, a vault that is sealed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reader::{JEANNE, Page, Reader};
use tests::{
    browser::{self, Browser},
    demo::{Demo, Plan, executable},
    oracle,
    patience::patiently,
    person,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// How long something may take to be seen on the page.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cable between the switch and one of the bank's doors; cut when dropped.
struct Cable {
    address: SocketAddr,
    carrying: JoinHandle<()>,
}

impl Cable {
    async fn lay(bank: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let carrying = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut switch, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut bank = TcpStream::connect(bank).await?;
                    copy_bidirectional(&mut switch, &mut bank).await
                });
            }
        });
        Ok(Self { address, carrying })
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

/// Starts the switch anew with its first carrier by a cable of ours.
async fn lay_cable(demo: &mut Demo) -> Result<Cable> {
    let path = demo.folder().join("config/switch.toml");
    let config = std::fs::read_to_string(&path)?;
    let carriers = config.split("\nbank = [\"").nth(1).context("carriers")?;
    let first = carriers.split('"').next().context("a carrier")?;
    let cable = Cable::lay(first.parse()?).await?;
    let by_cable = config.replacen(
        &format!("\"{first}\""),
        &format!("\"{}\"", cable.address),
        1,
    );
    std::fs::write(&path, by_cable)?;
    let old = demo.kill_9("switch")?;
    demo.wait_for_new("switch", old)?;
    Ok(cable)
}

/// The administrator at her desk.
struct Operator {
    reader: Reader,
    shop: String,
}

impl Operator {
    fn log_in(demo: &Demo) -> Result<Self> {
        let (reader, shop) = (person::bookseller(demo)?, demo.at.shop.clone());
        Ok(Self { reader, shop })
    }

    fn look(&mut self, path: &str) -> Result<Page> {
        self.reader.get(&format!("{}{path}", self.shop))
    }

    /// Looks at the page of the network until it is as wanted.
    fn until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> Result<String> {
        let begun = Instant::now();
        loop {
            let page = self.look("/office/network")?;
            if is_so(&page.html) {
                return Ok(page.html);
            }
            if begun.elapsed() > PATIENCE {
                bail!("never: {what}\n{}", page.html);
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// The part of the page about one carrier.
fn about(page: &str, place: usize) -> &str {
    let section = page.split(&format!("id=\"carrier-{place}\"")).nth(1);
    let section = section.and_then(|rest| rest.split("</section>").next());
    section.unwrap_or_default()
}

fn is_up(page: &str, place: usize) -> bool {
    about(page, place).contains(">établie<")
}

/// One purchase; the page at which it ends.
fn buy(shop: &str, behaviour: &str) -> Result<Page> {
    let card = oracle::card(behaviour)?;
    let mut reader = Reader::default();
    let results = patiently(|| reader.get(&format!("{shop}/fr/search?q=Voltaire")))?;
    let links = results
        .html
        .split("href=\"")
        .filter_map(|part| part.split('"').next());
    let path = links.into_iter().find(|path| path.contains("/books/"));
    let book = reader.get(&format!("{shop}{}", path.context("no book found")?))?;
    reader.submit(&book, "/cart", &[])?;
    let checkout = reader.get(&format!("{shop}/fr/checkout"))?;
    let choice = reader.submit(&checkout, "/checkout", JEANNE)?;
    let pay = match choice.html.contains("value=\"card\"") {
        true => reader.submit(&choice, "/pay", &[])?,
        false => choice,
    };
    reader.submit(&pay, "/pay", &card.tokens())
}

fn signal(demo: &mut Demo, process: &str, signal: &str) -> Result<()> {
    demo.refresh()?;
    let pid = demo.at.processes.get(process).context("a process")?;
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()?;
    ensure!(sent.success(), "kill {signal} {pid}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operator_sees_what_is_wrong_with_the_payment_network() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let cable = lay_cable(&mut demo).await.unwrap();
    let mut operator = Operator::log_in(&demo).unwrap();
    well_and_then_busy(&demo, &mut operator, &cable).unwrap();
    a_carrier_dies(&demo, &mut operator, cable).unwrap();
    if browser::is_installed() {
        photograph(&demo).await.unwrap();
    }
    the_switch_stops(&mut demo, &mut operator).unwrap();
    the_vault_is_sealed(&demo, &mut operator).unwrap();
}

/// Nothing is drawn before anybody bought; then the answers are, and the second answer to a slow question is told.
fn well_and_then_busy(demo: &Demo, operator: &mut Operator, cable: &Cable) -> Result<()> {
    let page = operator.until("both carriers are up", |page| {
        is_up(page, 1) && is_up(page, 2)
    })?;
    ensure!(
        about(&page, 1).contains(&cable.address.to_string()),
        "{page}"
    );
    ensure!(
        page.contains("Aucune réponse dans la dernière heure"),
        "{page}"
    );
    ensure!(page.contains("Rien ne demande l’intervention"), "{page}");
    let paid = buy(&demo.at.shop, "approve")?;
    ensure!(paid.html.contains("La commande est payée"), "{}", paid.html);
    operator.until("the answers are drawn", |page| {
        about(page, 1).contains("Réponses de la dernière heure")
            && about(page, 1).contains("role=\"img\"")
    })?;
    buy(&demo.at.shop, "slow")?;
    operator.until("the second answer is told with its carrier", |page| {
        let reason = "Le message était parti par deux liaisons, et l’autre avait été plus rapide.";
        let row = page.split("<tr>").find(|row| row.contains(reason));
        row.is_some_and(|row| {
            row.contains(">double<") && row.contains(">0110<") && !row.contains(">–<")
        })
    })?;
    Ok(())
}

fn a_carrier_dies(demo: &Demo, operator: &mut Operator, cable: Cable) -> Result<()> {
    drop(cable);
    operator.until("the first carrier is down, and drawn so", |page| {
        let first = about(page, 1);
        first.contains(">coupée<") && first.contains("id=\"errors-1-desc\"") && is_up(page, 2)
    })?;
    let paid = buy(&demo.at.shop, "approve")?;
    ensure!(paid.html.contains("La commande est payée"), "{}", paid.html);
    operator.until("the other one brought the answer", |page| {
        about(page, 2).contains("id=\"times-2-desc\"")
    })?;
    Ok(())
}

/// Pictures of the page at both widths, and what axe-core has against it.
async fn photograph(demo: &Demo) -> Result<()> {
    let mut browser = Browser::open(true).await?;
    browser
        .goto(&format!("{}/office/network", demo.at.shop))
        .await?;
    browser
        .fill("[autocomplete=username]", &demo.at.login)
        .await?;
    browser
        .fill("[autocomplete=current-password]", &demo.at.password)
        .await?;
    browser.click("form[action$='/login'] button").await?;
    browser.find("#carrier-1").await?;
    let wide = browser.screenshots("office-network-troubled").await?;
    ensure!(wide.is_empty(), "{wide:?}");
    let found = browser.violations().await?;
    ensure!(found.is_empty(), "axe-core found:\n{}", found.join("\n"));
    browser.close().await
}

fn the_switch_stops(demo: &mut Demo, operator: &mut Operator) -> Result<()> {
    signal(demo, "switch", "-STOP")?;
    let begun = Instant::now();
    let silent = operator.until("the switch does not answer", |page| {
        page.contains("Le commutateur ne répond pas")
    });
    let took = begun.elapsed();
    let first = operator.look("/office");
    signal(demo, "switch", "-CONT")?;
    silent?;
    println!("the silence of the switch was told after {took:?}");
    ensure!(first?.html.contains("Le commutateur ne répond pas"));
    operator.until("it answers again", |page| is_up(page, 2))?;
    Ok(())
}

fn the_vault_is_sealed(demo: &Demo, operator: &mut Operator) -> Result<()> {
    let sealed = Command::new(executable()?)
        .args(["vault", "seal", "--config"])
        .arg(demo.folder().join("config/vault.toml"))
        .status()?;
    ensure!(sealed.success(), "{sealed}");
    let page = operator.until("the vault is sealed", |page| {
        page.contains("Le coffre est scellé") && page.contains(">impossible<")
    })?;
    ensure!(
        page.contains("scellé</span><div class=\"muted small\">depuis le"),
        "{page}"
    );
    let first = operator.look("/office")?;
    ensure!(
        first.html.contains("Le coffre est scellé"),
        "{}",
        first.html
    );
    ensure!(
        first.html.contains("href=\"/office/network\""),
        "{}",
        first.html
    );
    Ok(())
}
