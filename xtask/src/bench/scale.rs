//! `cargo xtask bench --scale 150000,1000000`: what grows with the catalogue, and under 16 clients at once.
//!
//! The titles are those of the demonstration, which are made up: their words repeat more than those of real titles, so
//! one word finds more books here than in a shop.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use anyhow::{Context, Result};
use reader::{
    form,
    http::{Connection, load},
};

use super::{
    process, report,
    scenarios::{SEARCHES, expect},
    shop::Shop,
};

/// Clients at once, each asking as fast as it is answered.
const CLIENTS: usize = 16;
/// Different books whose titles and authors are searched for.
const BOOKS: usize = 1_500;
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
        let shop = Shop::start(folder.path(), titles, None)?;
        size.under_load(&shop)?;
        size.note(
            "memory after the load, resident / not file-backed",
            memory(&shop)?,
        );
        Ok(size)
    }

    fn note(&mut self, what: &'static str, value: String) {
        println!("{} titles: {what}: {value}", self.titles);
        self.figures.push((what, value));
    }

    fn under_load(&mut self, shop: &Shop) -> Result<()> {
        let books = books(&shop.at.shop)?;
        let typed: Vec<String> = books
            .iter()
            .enumerate()
            .map(|(n, book)| book.typed(n))
            .collect();
        let api = |queries: &[String], rest: &str| -> Vec<String> {
            let path = |query: &String| format!("/api/v1/search?q={}{rest}", form::encode(query));
            queries.iter().map(path).collect()
        };
        let words: Vec<String> = SEARCHES.iter().map(ToString::to_string).collect();
        self.load(
            shop,
            "search for a title or author, each asked once",
            &api(&typed, ""),
        )?;
        self.load(
            shop,
            "the same narrowed by five facets",
            &api(&typed, FIVE_FACETS),
        )?;
        self.load(
            shop,
            "single common words in turn",
            &repeated(&api(&words, "")),
        )?;
        self.load(
            shop,
            "the same narrowed by five facets",
            &repeated(&api(&words, FIVE_FACETS)),
        )?;
        let pages: Vec<String> = books.iter().map(|book| book.path.clone()).collect();
        self.load(shop, "book pages, each asked once", &pages)?;
        let begun: Vec<String> = typed
            .iter()
            .enumerate()
            .map(|(n, text)| text.chars().take(1 + n % 6).collect::<String>())
            .map(|text| format!("/suggest?q={}", form::encode(&text)))
            .collect();
        self.load(shop, "suggestions after one to six letters", &begun)
    }

    fn load(&mut self, shop: &Shop, what: &'static str, paths: &[String]) -> Result<()> {
        let one = |connection: &mut Connection, n: usize| {
            let path = paths.get(n % paths.len()).context("nothing to ask")?;
            expect(connection.get(path, "Accept-Language: fr\r\n")?.status, 200)
                .with_context(|| path.clone())
        };
        let before = process::cpu(shop.pid()?)?;
        let run =
            load(&shop.at.shop, CLIENTS, paths.len(), one).with_context(|| what.to_owned())?;
        let cpu = process::cpu(shop.pid()?)?.saturating_sub(before);
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
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
    report::write_scale(&text)
}
