//! Measures the search without an importer: indexes a JSON-lines file of records, runs known queries over it.
//!
//! `cargo run -p search --example eval_dev -- RECORDS.jsonl QUERIES.jsonl INDEX_DIR [misses KIND]`; with `misses`
//! it also prints the queries of a kind (`all` for every kind) whose first hit is wrong. An index that is already
//! in INDEX_DIR is used as it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use catalogue::model::{
    Contributor, ContributorRole, Edition, EditionId, Form, PublicationDate, Series, Subject,
    SubjectScheme, Text, TextKind, WorkId,
};
use catalogue::thema::HeadingLanguage;
use search::{Index, Query, eval};
use serde_json::Value;
use trade::isbn::Isbn13;
use trade::language::Language;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let editions: Vec<Arc<Edition>> = read(Path::new(&args[1]));
    let dir = Path::new(&args[3]);
    let begun = Instant::now();
    let index = match Index::open(dir) {
        Ok(index) => index,
        Err(fault) => {
            println!("{fault}: building");
            Index::build(dir, editions.iter().cloned(), 0, |_| ()).unwrap()
        }
    };
    println!(
        "{} editions, built or opened in {:.1} s",
        index.len(),
        begun.elapsed().as_secs_f64()
    );
    let queries = eval::load_queries(Path::new(&args[2])).unwrap();
    let by_id: HashMap<i64, &Arc<Edition>> = editions
        .iter()
        .map(|edition| (edition.id.get(), edition))
        .collect();
    let watched = args.get(5).cloned();
    let report = eval::run_watched(
        &index,
        &queries,
        editions.iter().cloned(),
        |query, results| {
            let shown: Vec<&Arc<Edition>> = results
                .hits
                .iter()
                .map(|hit| by_id[&hit.edition.get()])
                .collect();
            let right = |edition: &Arc<Edition>| {
                edition
                    .records
                    .iter()
                    .any(|record| query.relevant.contains(record))
            };
            let wanted = watched
                .as_deref()
                .is_some_and(|kind| kind == "all" || kind == query.kind);
            if wanted && !shown.first().is_some_and(|first| right(first)) {
                let place = shown.iter().position(|edition| right(edition));
                println!(
                    "\n[{}] {:?} place {place:?} of {} corrected {:?}",
                    query.kind, query.query, results.total, results.corrected
                );
                let target = editions.iter().find(|edition| right(edition)).unwrap();
                println!(
                    "    wanted {} | {} | {}",
                    target.title,
                    target.byline(),
                    query.relevant[0]
                );
                for edition in shown.iter().take(3) {
                    println!(
                        "    got    {} | {} | {}",
                        edition.title,
                        edition.byline(),
                        edition.records[0]
                    );
                }
            }
        },
    )
    .unwrap();
    println!("{report}");
    latencies(&index);
}

fn latencies(index: &Index) {
    let mut begun = Instant::now();
    index.gather_suggestions().unwrap();
    while index.suggest("a", 8, &[HeadingLanguage::French]).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    println!(
        "suggestions waited for {:.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    for text in ["a", "le pet", "hug", "victor h", "s"] {
        begun = Instant::now();
        let found = index.suggest(text, 8, &[HeadingLanguage::French]);
        let names: Vec<String> = found
            .into_iter()
            .map(|one| one.text.chars().take(24).collect())
            .collect();
        println!(
            "suggest {text:10} {:6} µs {names:?}",
            begun.elapsed().as_micros()
        );
    }
    for text in [
        "9782070541270",
        "",
        "histoire",
        "histoire france",
        "love story",
        "victor hugo",
        "misérables hugo",
        "the of",
        "zola germinal",
    ] {
        let mut times: Vec<u64> = (0..25)
            .map(|_| index.search(&Query::text(text)).unwrap().took_us)
            .collect();
        times.sort_unstable();
        println!(
            "search {text:16} p50 {:6} µs, {} works",
            times[12],
            index.search(&Query::text(text)).unwrap().total
        );
    }
}

fn read(path: &Path) -> Vec<Arc<Edition>> {
    let lines = BufReader::new(std::fs::File::open(path).expect("records")).lines();
    lines
        .enumerate()
        .map(|(at, line)| {
            Arc::new(edition(
                at as i64 + 1,
                &serde_json::from_str(&line.unwrap()).unwrap(),
            ))
        })
        .collect()
}

fn text(record: &Value, name: &str) -> Option<String> {
    record[name]
        .as_str()
        .map(str::to_owned)
        .filter(|text| !text.is_empty())
}

fn list<'a>(record: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    record[name].as_array().into_iter().flatten()
}

fn edition(number: i64, record: &Value) -> Edition {
    let mut edition = Edition::titled(text(record, "title").unwrap_or_default());
    edition.id = EditionId(number);
    edition.work = WorkId(number);
    edition.records = vec![text(record, "id").unwrap_or_default()];
    edition.subtitle = text(record, "subtitle");
    edition.original_title = text(record, "original_title");
    edition.publisher = text(record, "publisher");
    let mut isbns = list(record, "isbn13").filter_map(|isbn| Isbn13::parse(isbn.as_str()?).ok());
    edition.isbn = isbns.next();
    edition.other_isbns = isbns.collect();
    edition.contributors = list(record, "contributors")
        .filter_map(contributor)
        .collect();
    let volume = record["volume"].as_str().map(str::to_owned);
    edition.series = text(record, "series").map(|title| Series { title, volume });
    edition.language =
        text(record, "language").and_then(|language| Language::parse(&language).ok());
    edition.published = record["year"]
        .as_i64()
        .and_then(|year| Some(PublicationDate::year(i16::try_from(year).ok()?)));
    edition.form = Form::Paperback;
    let headings = list(record, "subjects").filter_map(|heading| heading.as_str());
    edition.subjects = headings
        .map(|heading| Subject {
            scheme: SubjectScheme::Keyword,
            code: None,
            heading: heading.to_owned(),
        })
        .collect();
    if let Some(body) = text(record, "description") {
        edition.texts.push(Text {
            kind: TextKind::Summary,
            language: None,
            body,
            cited: None,
        });
    }
    let counts = ["ratings_count", "loans", "borrow_count"];
    let interest = counts
        .iter()
        .filter_map(|name| record["popularity"][name].as_u64())
        .max();
    edition.popularity = interest
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0);
    edition
}

fn contributor(record: &Value) -> Option<Contributor> {
    let name = record["name"].as_str()?.to_owned();
    let inverted = name.contains(", ").then(|| name.clone());
    let printed = match name.split_once(", ") {
        Some((family, given)) => format!("{given} {family}"),
        None => name,
    };
    Some(Contributor {
        name: printed,
        inverted,
        role: ContributorRole::Author,
    })
}
