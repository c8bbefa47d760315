//! What is measured: each page as a reader asks for it, on both engines, and the costs of a machine.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use reader::{
    JEANNE, form,
    http::{Connection, Run, load},
};

use super::{
    Options, process,
    shop::{EXECUTABLE, Postgres, Shop},
};

/// One measured line.
pub struct Figure {
    /// What.
    pub name: String,
    /// How much.
    pub value: String,
    /// The budget of the design, where it has one.
    pub budget: &'static str,
}

const CLIENTS: usize = 4;
const GZIP: &str = "Accept-Encoding: gzip\r\nAccept-Language: fr\r\n";
/// What readers of any bookshop type.
pub const SEARCHES: &[&str] = &[
    "victor hugo",
    "les misérables",
    "l'étranger",
    "roman",
    "jardin",
    "histoire de france",
    "tome 3",
    "amour",
    "cuisine",
    "poésie",
    "verne",
    "mystère",
    "mer",
    "enfants",
    "paris",
];

/// Measures everything.
pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let first = Shop::start(folder.path(), options.titles, None)?;
    figures.push(seconds(
        "demo: first start to first page",
        first.start,
        "< 30 s",
    ));
    drop(first);
    let shop = Shop::start(folder.path(), options.titles, None)?;
    figures.push(seconds(
        "demo: second start to first page (four processes)",
        shop.start,
        "< 1 s",
    ));
    let (resident, own) = process::memory(shop.pid()?)?;
    figures.push(figure(
        "shop: memory after start, resident / not file-backed",
        format!("{resident:.0} / {own:.0} MiB"),
        "< 150 MB",
    ));
    pages("SQLite", &shop, &mut figures)?;
    let (resident, own) = process::memory(shop.pid()?)?;
    figures.push(figure(
        "shop: memory after the load, resident / not file-backed",
        format!("{resident:.0} / {own:.0} MiB"),
        "< 150 MB",
    ));
    drop(shop);
    on_postgres(options, &mut figures)?;
    import(options, &mut figures)?;
    let size = std::fs::metadata(EXECUTABLE)?.len() as f64 / 1e6;
    figures.push(figure("executable", format!("{size:.1} MB"), "< 60 MB"));
    if options.clean_build {
        clean_build(&mut figures)?;
    }
    Ok(figures)
}

fn on_postgres(options: &Options, figures: &mut Vec<Figure>) -> Result<()> {
    let postgres = match Postgres::start() {
        Ok(postgres) => postgres,
        Err(error) => {
            println!("skipped: PostgreSQL figures ({error:#})");
            return Ok(());
        }
    };
    let folder = tempfile::tempdir()?;
    let shop = Shop::start(folder.path(), options.titles, Some(&postgres.url()))?;
    figures.push(seconds(
        "demo on PostgreSQL: first start to first page",
        shop.start,
        "< 30 s",
    ));
    pages("PostgreSQL", &shop, figures)
}

/// The pages of a reader, each with the shop's processor time.
fn pages(engine: &str, shop: &Shop, figures: &mut Vec<Figure>) -> Result<()> {
    let books = book_paths(&shop.at.shop)?;
    let book = |connection: &mut Connection, n: usize| {
        let path = books.get(n % books.len()).context("no book")?;
        expect(connection.get(path, GZIP)?.status, 200)
    };
    measured(engine, "book page", "< 0.1 ms", shop, 20_000, book, figures)?;
    floor(&shop.at.shop, books.first().context("no book")?, figures)?;
    let query = |n: usize| {
        form::encode(
            SEARCHES
                .get(n % SEARCHES.len())
                .copied()
                .unwrap_or_default(),
        )
    };
    measured(
        engine,
        "search page",
        "< 1 ms",
        shop,
        3_000,
        |connection, n| {
            expect(
                connection
                    .get(
                        &format!("/fr/search?q={}&page={}", query(n), 1 + n / 15 % 3),
                        GZIP,
                    )?
                    .status,
                200,
            )
        },
        figures,
    )?;
    measured(
        engine,
        "search API",
        "< 1 ms",
        shop,
        3_000,
        |connection, n| {
            expect(
                connection
                    .get(&format!("/api/v1/search?q={}", query(n)), GZIP)?
                    .status,
                200,
            )
        },
        figures,
    )?;
    measured(
        engine,
        "suggestions",
        "p99 < 5 ms",
        shop,
        5_000,
        |connection, n| {
            let text = SEARCHES
                .get(n % SEARCHES.len())
                .copied()
                .unwrap_or_default();
            let prefix: String = text.chars().take(3 + n % 3).collect();
            expect(
                connection
                    .get(&format!("/suggest?q={}", form::encode(&prefix)), GZIP)?
                    .status,
                200,
            )
        },
        figures,
    )?;
    measured(
        engine,
        "add to cart",
        "",
        shop,
        1_000,
        |connection, n| {
            add_to_cart(connection, books.get(n % books.len()).context("no book")?).map(drop)
        },
        figures,
    )?;
    measured(
        engine,
        "book page, cart, checkout, order placed",
        "< 2 ms",
        shop,
        500,
        |connection, n| place_order(connection, books.get(n % books.len()).context("no book")?),
        figures,
    )
}

/// Runs a scenario and takes the shop's processor time before and after.
fn measured(
    engine: &str,
    name: &str,
    budget: &'static str,
    shop: &Shop,
    requests: usize,
    one: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
    figures: &mut Vec<Figure>,
) -> Result<()> {
    load(&shop.at.shop, CLIENTS, requests / 20, &one)
        .with_context(|| format!("{name}, warming up"))?;
    let before = process::cpu(shop.pid()?)?;
    let run = load(&shop.at.shop, CLIENTS, requests, &one).with_context(|| name.to_owned())?;
    let cpu = process::cpu(shop.pid()?)?.saturating_sub(before);
    figures.push(figure(
        &format!("{engine}: {name}"),
        told(&run, cpu),
        budget,
    ));
    println!("{engine}: {name}: {}", told(&run, cpu));
    Ok(())
}

fn told(run: &Run, cpu: Duration) -> String {
    format!(
        "{:.3} ms CPU, {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
        cpu.as_secs_f64() * 1e3 / run.requests as f64,
        run.rate(),
        run.percentile(0.5).as_secs_f64() * 1e3,
        run.percentile(0.99).as_secs_f64() * 1e3
    )
}

/// The same bytes from memory.
fn floor(shop: &str, path: &str, figures: &mut Vec<Figure>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (body, address) = (folder.path().join("body"), folder.path().join("address"));
    std::fs::write(&body, Connection::open(shop)?.get(path, GZIP)?.body)?;
    let mut server = Served(
        Command::new(std::env::current_exe()?)
            .arg("floor")
            .args([&body, &address])
            .stdout(Stdio::null())
            .spawn()?,
    );
    let begun = Instant::now();
    while !address.exists() && begun.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let origin = std::fs::read_to_string(&address)?;
    let one = |connection: &mut Connection, _| expect(connection.get("/", GZIP)?.status, 200);
    load(&origin, CLIENTS, 1_000, one)?;
    let before = process::cpu(server.0.id())?;
    let run = load(&origin, CLIENTS, 20_000, one)?;
    let cpu = process::cpu(server.0.id())?.saturating_sub(before);
    figures.push(figure(
        "the same bytes from memory (the physical limit)",
        told(&run, cpu),
        "",
    ));
    println!("floor: {}", told(&run, cpu));
    server.0.kill()?;
    Ok(())
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// An error unless that is the answer.
pub fn expect(status: u16, wanted: u16) -> Result<()> {
    if status != wanted {
        bail!("answered {status} instead of {wanted}");
    }
    Ok(())
}

/// Addresses of a few hundred buyable books, from the shop's own search pages.
fn book_paths(shop: &str) -> Result<Vec<String>> {
    let mut connection = Connection::open(shop)?;
    let mut paths = Vec::new();
    for text in SEARCHES {
        for page in 1..=2 {
            let found = connection.get(
                &format!("/fr/search?q={}&page={page}", form::encode(text)),
                "",
            )?;
            let html = found.text();
            for part in html.split("href=\"").skip(1) {
                let path = part.split('"').next().unwrap_or_default();
                if path.contains("/books/") && !paths.iter().any(|p| p == path) {
                    paths.push(path.to_owned());
                }
            }
        }
    }
    paths.retain(|path| is_final_and_buyable(&mut connection, path));
    if paths.len() < 50 {
        bail!("only {} books to measure with", paths.len());
    }
    Ok(paths)
}

fn is_final_and_buyable(connection: &mut Connection, path: &str) -> bool {
    connection
        .get(path, "")
        .is_ok_and(|page| page.status == 200 && form::find(&page.text(), "/cart").is_some())
}

/// Adds the book of a page to a new cart and gives the cookies.
fn add_to_cart(connection: &mut Connection, path: &str) -> Result<String> {
    let page = connection.get(path, "")?;
    let form = form::find(&page.text(), "/cart").context("no form to add to the cart")?;
    let added = connection.post(&form.action, "", &form.filled(&[]))?;
    expect(added.status, 303)?;
    Ok(format!("Cookie: {}\r\n", added.cookies.join("; ")))
}

/// A whole order up to the card page of the vault.
fn place_order(connection: &mut Connection, path: &str) -> Result<()> {
    let cookies = add_to_cart(connection, path)?;
    let page = connection.get("/fr/checkout", &cookies)?;
    let form = form::find(&page.text(), "/checkout").context("no checkout form")?;
    let placed = connection.post(&form.action, &cookies, &form.filled(JEANNE))?;
    if placed.status != 303 {
        // Stock runs out in a long run; a clear refusal is an answer too, but must stay rare.
        expect(placed.status, 409)?;
    }
    Ok(())
}

fn import(options: &Options, figures: &mut Vec<Figure>) -> Result<()> {
    if !std::path::Path::new(&options.import).exists() {
        println!("skipped: import rate, {} is not there", options.import);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let output = Command::new("/usr/bin/env")
        .args([EXECUTABLE, "import", "--json", "--data"])
        .arg(folder.path())
        .arg(&options.import)
        .stderr(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap_or_default())
        .context("the import said no figures")?;
    let number = |key: &str| {
        last.get(key)
            .and_then(serde_json::Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    figures.push(figure(
        "import of all_records.jsonl.zst to searchable, SQLite",
        format!(
            "{} records in {:.1} s, {:.0}/s; {} created, {} rejected, peak {:.0} MiB",
            number("products"),
            number("seconds"),
            number("products") / number("seconds"),
            number("created"),
            number("rejected"),
            number("peak_mib")
        ),
        "150,000 < 30 s",
    ));
    Ok(())
}

fn clean_build(figures: &mut Vec<Figure>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    let built = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "-p",
            "bouquin",
            "--target-dir",
        ])
        .arg(folder.path())
        .status()?;
    if !built.success() {
        bail!("the clean build failed");
    }
    figures.push(seconds("clean release build", begun.elapsed(), ""));
    Ok(())
}

fn seconds(name: &str, took: Duration, budget: &'static str) -> Figure {
    println!("{name}: {:.2} s", took.as_secs_f64());
    figure(name, format!("{:.2} s", took.as_secs_f64()), budget)
}

fn figure(name: &str, value: String, budget: &'static str) -> Figure {
    Figure {
        name: name.to_owned(),
        value,
        budget,
    }
}
