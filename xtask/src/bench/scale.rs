//! `cargo xtask bench --scale 150000,1000000`: what grows with the catalogue, and under 16 clients at once.
//!
//! The titles are those of the demonstration, which are made up: their words repeat more than those of real titles, so
//! one word finds more books here than in a shop.

use std::{
    fmt::Write as _,
    fs,
    io::{BufWriter, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use reader::{
    form,
    http::{Connection, Run, load},
};

use super::{
    process, report,
    scenarios::{SEARCHES, expect},
    shop::{EXECUTABLE, Shop},
};

/// Clients at once, each asking as fast as it is answered.
const CLIENTS: usize = 16;
/// Different books whose titles and authors are searched for.
const BOOKS: usize = 1_500;
/// Titles of the feed that is imported while a reader searches.
const FEED_TITLES: usize = 100_000;
/// Filters of five facets at once.
const FIVE_FACETS: &str =
    "&subject=litterature&language=fre&form=paperback&availability=in_stock&price=10-20";

/// What was measured of one size.
struct Size {
    titles: u32,
    figures: Vec<(&'static str, String)>,
}

/// Measures shops of those sizes and writes docs/scale.md.
pub fn measure(sizes: &[u32]) -> Result<()> {
    let mut measured = Vec::new();
    for titles in sizes {
        measured.push(Size::of(*titles)?);
    }
    write(&measured)
}

impl Size {
    fn of(titles: u32) -> Result<Size> {
        let mut size = Size {
            titles,
            figures: Vec::new(),
        };
        let folder = tempfile::tempdir()?;
        let first = Shop::start(folder.path(), titles, None)?;
        size.note(
            "first start: made, stored, searchable, first page",
            seconds(first.start),
        );
        drop(first);
        let data = folder.path().join("shop");
        size.note("database", megabytes(&data.join("shop.db"))?);
        size.note(
            "shelf (what a mirror needs beside its index)",
            megabytes(&data.join("shelf"))?,
        );
        size.note("search index", megabytes(&data.join("index"))?);
        let shop = Shop::start(folder.path(), titles, None)?;
        size.note(
            "second start, four processes, to the first page",
            seconds(shop.start),
        );
        size.note(
            "memory after start, resident / not file-backed",
            memory(&shop)?,
        );
        drop(shop);
        if forget_files() {
            let shop = Shop::start(folder.path(), titles, None)?;
            size.note(
                "the same with nothing of it in the page cache",
                seconds(shop.start),
            );
        }
        // What follows is asked of a shop that has been open for a while.
        read_through(&data.join("shelf"))?;
        read_through(&data.join("index"))?;
        let shop = Shop::start(folder.path(), titles, None)?;
        let asked = Asked::of(&shop.at.shop)?;
        until_it_suggests(&shop.at.shop)?;
        size.under_load(&shop, &asked)?;
        size.note(
            "memory after the load, resident / not file-backed",
            memory(&shop)?,
        );
        size.while_importing(&shop, &asked, folder.path())?;
        Ok(size)
    }

    fn note(&mut self, what: &'static str, value: String) {
        println!("{} titles: {what}: {value}", self.titles);
        self.figures.push((what, value));
    }

    fn under_load(&mut self, shop: &Shop, asked: &Asked) -> Result<()> {
        let words: Vec<String> = SEARCHES.iter().map(ToString::to_string).collect();
        self.load(
            shop,
            "search for a title or author, each asked once",
            &search(&asked.typed, ""),
        )?;
        self.load(
            shop,
            "the same narrowed by five facets",
            &search(&asked.typed, FIVE_FACETS),
        )?;
        self.load(
            shop,
            "single common words in turn",
            &repeated(&search(&words, "")),
        )?;
        self.load(
            shop,
            "the same narrowed by five facets",
            &repeated(&search(&words, FIVE_FACETS)),
        )?;
        self.load(shop, "book pages, each asked once", &asked.pages)?;
        let begun: Vec<String> = asked
            .typed
            .iter()
            .enumerate()
            .map(|(n, text)| text.chars().take(1 + n % 6).collect::<String>())
            .map(|text| format!("/suggest?q={}", form::encode(&text)))
            .collect();
        self.load(shop, "suggestions after one to six letters", &begun)
    }

    /// One reader who searches and opens books, alone and while a feed comes in.
    fn while_importing(&mut self, shop: &Shop, asked: &Asked, folder: &Path) -> Result<()> {
        let searches = search(&asked.typed, "&per_page=19");
        let read = |paths: &[String]| {
            load(&shop.at.shop, 1, paths.len(), |connection, n| {
                answered(connection, paths, n)
            })
        };
        let alone = (read(&searches)?, read(&asked.pages)?);
        self.note(
            "one reader, searches and book pages",
            latencies(&[alone.0], &[alone.1]),
        );
        let feed = folder.join("feed.jsonl");
        write_feed(&feed)?;
        let mut import = Command::new(EXECUTABLE)
            .args(["import", "--json", "--data"])
            .arg(folder)
            .arg(&feed)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context(EXECUTABLE)?;
        let (mut found, mut opened) = (Vec::new(), Vec::new());
        while import.try_wait()?.is_none() {
            found.push(read(&searches)?);
            opened.push(read(&asked.pages)?);
        }
        let said = import.wait_with_output()?;
        let said = String::from_utf8_lossy(&said.stdout);
        let figures: serde_json::Value =
            serde_json::from_str(said.lines().last().unwrap_or_default())
                .with_context(|| format!("the import said: {said}"))?;
        self.note(
            "the same reader while a feed of 100,000 new titles is imported",
            latencies(&found, &opened),
        );
        let took = figures.get("stored_seconds");
        let took = took.and_then(serde_json::Value::as_f64).unwrap_or_default();
        self.note("that import, until all is stored", format!("{took:.0} s"));
        Ok(())
    }

    fn load(&mut self, shop: &Shop, what: &'static str, paths: &[String]) -> Result<()> {
        let one = |connection: &mut Connection, n: usize| answered(connection, paths, n);
        let before = process::cpu(shop.pid()?)?;
        let run =
            load(&shop.at.shop, CLIENTS, paths.len(), one).with_context(|| what.to_owned())?;
        let cpu = process::cpu(shop.pid()?)?.saturating_sub(before);
        self.note(
            what,
            format!(
                "p50 {:.1} ms, p99 {:.1} ms, {:.0}/s, {:.2} ms CPU",
                ms(run.percentile(0.5)),
                ms(run.percentile(0.99)),
                run.rate(),
                ms(cpu) / run.requests as f64
            ),
        );
        Ok(())
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn answered(connection: &mut Connection, paths: &[String], n: usize) -> Result<()> {
    let path = paths.get(n % paths.len()).context("nothing to ask")?;
    expect(connection.get(path, "Accept-Language: fr\r\n")?.status, 200)
        .with_context(|| path.clone())
}

/// The middle of the medians and the worst of the p99 of several runs.
fn latencies(searches: &[Run], pages: &[Run]) -> String {
    let told = |runs: &[Run]| {
        let mut medians: Vec<f64> = runs.iter().map(|run| ms(run.percentile(0.5))).collect();
        medians.sort_by(f64::total_cmp);
        let median = medians.get(medians.len() / 2).copied().unwrap_or_default();
        let worst = runs.iter().map(|run| ms(run.percentile(0.99)));
        format!(
            "p50 {median:.1} ms, p99 {:.1} ms",
            worst.fold(0.0, f64::max)
        )
    };
    format!("{}; {}", told(searches), told(pages))
}

fn search(queries: &[String], rest: &str) -> Vec<String> {
    let path = |query: &String| format!("/api/v1/search?q={}{rest}", form::encode(query));
    queries.iter().map(path).collect()
}

/// A feed of titles that the shop does not have, with summaries of sixty words.
fn write_feed(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    for n in 0..FEED_TITLES {
        let word = |at: usize| SEARCHES.get(at % SEARCHES.len()).copied();
        let words = |from: usize, count: usize| -> Vec<&str> {
            (from..from + count).filter_map(word).collect()
        };
        let record = serde_json::json!({
            "id": format!("feed:{n}"),
            "source": "feed",
            "title": format!("{} {n}", words(n, 2).join(" ")),
            "contributors": [{"name": format!("Auteur {}", n % 9_000)}],
            "description": words(n / 7, 60).join(" "),
        });
        writeln!(file, "{record}")?;
    }
    file.flush()?;
    Ok(())
}

/// What is asked of a shop.
struct Asked {
    typed: Vec<String>,
    pages: Vec<String>,
}

impl Asked {
    fn of(shop: &str) -> Result<Asked> {
        let books = books(shop)?;
        Ok(Asked {
            typed: books
                .iter()
                .enumerate()
                .map(|(n, book)| book.typed(n))
                .collect(),
            pages: books.into_iter().map(|book| book.path).collect(),
        })
    }
}

/// A book as a search finds it.
struct Book {
    title: String,
    author: String,
    path: String,
}

impl Book {
    /// What a reader who looks for it types: its title, a part of it, with the author, or with a slip.
    fn typed(&self, n: usize) -> String {
        let words: Vec<&str> = self.title.split_whitespace().collect();
        match n % 6 {
            0 => self.title.clone(),
            1 => format!("{} {}", self.title, self.author),
            2 => words
                .iter()
                .rev()
                .take(3)
                .rev()
                .copied()
                .collect::<Vec<_>>()
                .join(" "),
            3 => self.author.clone(),
            4 => self
                .title
                .chars()
                .rev()
                .skip(2)
                .collect::<Vec<_>>()
                .iter()
                .rev()
                .collect(),
            _ => {
                let mut letters: Vec<char> = self.title.chars().collect();
                let middle = letters.len() / 2;
                if letters.len() > 6 {
                    letters.remove(middle);
                }
                letters.into_iter().collect()
            }
        }
    }
}

/// Different books, from the shop's own search.
fn books(shop: &str) -> Result<Vec<Book>> {
    let mut connection = Connection::open(shop)?;
    let mut books: Vec<Book> = Vec::new();
    for page in 1.. {
        for text in SEARCHES {
            let path = format!(
                "/api/v1/search?q={}&page={page}&per_page=50",
                form::encode(text)
            );
            let found: serde_json::Value =
                serde_json::from_str(&connection.get(&path, "")?.text())?;
            let hits = found.get("books").and_then(serde_json::Value::as_array);
            let found = hits.into_iter().flatten();
            books.extend(found.filter_map(|hit| book(hit, shop)));
        }
        if books.len() >= BOOKS * 2 || page > 20 {
            break;
        }
    }
    books.sort_by(|one, other| one.path.cmp(&other.path));
    books.dedup_by(|one, other| one.path == other.path);
    books.truncate(BOOKS);
    Ok(books)
}

fn book(hit: &serde_json::Value, shop: &str) -> Option<Book> {
    let text = |key: &str| Some(hit.get(key)?.as_str()?.to_owned());
    Some(Book {
        title: text("title")?,
        author: hit
            .get("contributors")?
            .as_array()?
            .first()
            .and_then(|who| who.get("name")?.as_str())
            .unwrap_or_default()
            .to_owned(),
        path: text("url")?.replace(shop, ""),
    })
}

fn repeated(paths: &[String]) -> Vec<String> {
    paths.iter().cycle().take(1_500).cloned().collect()
}

fn memory(shop: &Shop) -> Result<String> {
    let (resident, own) = process::memory(shop.pid()?)?;
    Ok(format!("{resident:.0} / {own:.0} MiB"))
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// The size of a file, or of the files in a folder.
fn megabytes(path: &Path) -> Result<String> {
    let bytes = if path.is_dir() {
        let mut sum = 0;
        for entry in fs::read_dir(path)? {
            sum += entry?.metadata()?.len();
        }
        sum
    } else {
        fs::metadata(path)?.len()
    };
    Ok(format!("{:.0} MB", bytes as f64 / 1e6))
}

/// Waits until the suggestions are gathered, which a large shop does after it opened.
fn until_it_suggests(shop: &str) -> Result<()> {
    let mut connection = Connection::open(shop)?;
    for _ in 0..600 {
        let said = connection.get("/suggest?q=rom", "Accept-Language: fr\r\n")?;
        expect(said.status, 200)?;
        if said.text().contains("\"author\"") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("the shop makes no suggestions")
}

/// Has the operating system remember what the files of a folder hold.
fn read_through(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            std::io::copy(&mut fs::File::open(path)?, &mut std::io::sink())?;
        }
    }
    Ok(())
}

/// Lets the operating system forget what files hold; only root may.
fn forget_files() -> bool {
    let forgotten = fs::write("/proc/sys/vm/drop_caches", "3");
    if forgotten.is_err() {
        println!("skipped: a start without page cache (needs root)");
    }
    forgotten.is_ok()
}

fn write(sizes: &[Size]) -> Result<()> {
    let mut text = String::new();
    let titles: Vec<String> = sizes.iter().map(|size| size.titles.to_string()).collect();
    writeln!(text, "| | {} |", titles.join(" | "))?;
    writeln!(text, "|---|{}", "---|".repeat(sizes.len()))?;
    let Some(first) = sizes.first() else {
        return Ok(());
    };
    for (row, (what, _)) in first.figures.iter().enumerate() {
        let values: Vec<&str> = sizes
            .iter()
            .filter_map(|size| size.figures.get(row))
            .map(|(_, value)| value.as_str())
            .collect();
        writeln!(text, "| {what} | {} |", values.join(" | "))?;
    }
    report::write_between_marks("docs/scale.md", &text)
}
