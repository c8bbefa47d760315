//! Measuring the search with queries whose right answers are known.
//!
//! `success@k`: a relevant work is among the first k hits. `ndcg@10`: binary gains, discounted by the logarithm
//! of the place; the ideal has as many relevant hits as there can be: works, because editions of one work share a
//! hit. A hit counts when any source record of the edition shown is relevant. Relevant records that are not in
//! the catalogue stay in the ideal: what was not imported was not found.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use catalogue::model::Edition;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Index, Query, SearchError};

/// Hits looked at.
const DEPTH: u32 = 10;

/// A query with its right answers.
#[derive(Debug, Clone, Deserialize)]
pub struct KnownQuery {
    /// Its name.
    pub qid: String,
    /// The kind it is reported under.
    pub kind: String,
    /// What is typed.
    pub query: String,
    /// Source records of which one must be found.
    pub relevant: Vec<String>,
}

/// Why queries cannot be read or run.
#[derive(Debug, Error)]
pub enum EvalError {
    /// The file cannot be read.
    #[error("the file of queries cannot be read")]
    File(#[from] std::io::Error),
    /// A line is not a query.
    #[error("line {line} is not a query with qid, kind, query and relevant")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The index failed.
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// All figures.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Over all queries.
    pub overall: Overall,
    /// Per kind, by name.
    pub kinds: Vec<Kind>,
}

/// Figures over all queries.
#[derive(Debug, Clone, Serialize)]
pub struct Overall {
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Half of the queries took no longer, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 queries took no longer, in milliseconds.
    pub p99_ms: f64,
}

/// Figures of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct Kind {
    /// The kind.
    pub kind: String,
    /// How many queries it has.
    pub queries: usize,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How well a set of queries was answered; shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Share with a relevant first hit.
    #[serde(rename = "success@1")]
    pub success_at_1: f64,
    /// Share with a relevant hit among the first ten.
    #[serde(rename = "success@10")]
    pub success_at_10: f64,
    /// Mean normalised discounted cumulative gain of the first ten hits.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// Share without any hit.
    pub empty: f64,
}

/// How one query was answered.
#[derive(Debug, Clone, Copy)]
struct Answered {
    success_at_1: bool,
    success_at_10: bool,
    ndcg_at_10: f64,
    empty: bool,
}

/// Reads queries from a file, one JSON object a line.
pub fn load_queries(path: &Path) -> Result<Vec<KnownQuery>, EvalError> {
    read_queries(File::open(path)?)
}

/// Reads queries, one JSON object a line.
pub fn read_queries(queries: impl Read) -> Result<Vec<KnownQuery>, EvalError> {
    let lines = BufReader::new(queries).lines();
    let mut queries = Vec::new();
    for (at, line) in lines.enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        queries.push(
            serde_json::from_str(&line).map_err(|source| EvalError::Line {
                line: at + 1,
                source,
            })?,
        );
    }
    Ok(queries)
}

/// Runs all queries, each on its own, and reports.
///
/// `editions` is the catalogue that was indexed: it says which edition each record became.
pub fn run(
    index: &Index,
    queries: &[KnownQuery],
    editions: impl Iterator<Item = Arc<Edition>>,
) -> Result<Report, EvalError> {
    run_watched(index, queries, editions, |_, _| ())
}

/// Like [`run`], telling each query and the numbers of the editions shown for it to `watch`, for looking at misses.
pub fn run_watched(
    index: &Index,
    queries: &[KnownQuery],
    editions: impl Iterator<Item = Arc<Edition>>,
    mut watch: impl FnMut(&KnownQuery, &crate::Results),
) -> Result<Report, EvalError> {
    let wanted: HashSet<&str> = queries
        .iter()
        .flat_map(|query| query.relevant.iter().map(String::as_str))
        .collect();
    let places = Places::of(editions, &wanted);
    let mut answered: Vec<(&str, Answered)> = Vec::with_capacity(queries.len());
    let mut times_us = Vec::with_capacity(queries.len());
    for query in queries {
        let results = index.search(&Query {
            per_page: DEPTH,
            ..Query::text(&*query.query)
        })?;
        times_us.push(results.took_us);
        answered.push((&query.kind, places.judge(query, &results)));
        watch(query, &results);
    }
    times_us.sort_unstable();
    let mut kinds: Vec<&str> = answered.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let of_kind = |wanted: &str| {
        answered
            .iter()
            .filter(|(kind, _)| *kind == wanted)
            .map(|(_, one)| *one)
            .collect::<Vec<_>>()
    };
    Ok(Report {
        overall: Overall {
            figures: figures(&answered.iter().map(|(_, one)| *one).collect::<Vec<_>>()),
            p50_ms: percentile_ms(&times_us, 50),
            p99_ms: percentile_ms(&times_us, 99),
        },
        kinds: kinds
            .into_iter()
            .map(|kind| {
                let answered = of_kind(kind);
                Kind {
                    kind: kind.to_owned(),
                    queries: answered.len(),
                    figures: figures(&answered),
                }
            })
            .collect(),
    })
}

/// Which work and edition the records became that any query asks for.
struct Places {
    work_of_record: HashMap<String, i64>,
    records_of_edition: HashMap<i64, Vec<String>>,
}

impl Places {
    fn of(editions: impl Iterator<Item = Arc<Edition>>, wanted: &HashSet<&str>) -> Places {
        let mut places = Places {
            work_of_record: HashMap::new(),
            records_of_edition: HashMap::new(),
        };
        for edition in editions {
            for record in edition
                .records
                .iter()
                .filter(|record| wanted.contains(record.as_str()))
            {
                places
                    .work_of_record
                    .insert(record.clone(), edition.work.get());
                places
                    .records_of_edition
                    .entry(edition.id.get())
                    .or_default()
                    .push(record.clone());
            }
        }
        places
    }

    fn judge(&self, query: &KnownQuery, results: &crate::Results) -> Answered {
        let relevant: HashSet<&str> = query.relevant.iter().map(String::as_str).collect();
        let is_relevant = |edition: i64| {
            self.records_of_edition
                .get(&edition)
                .is_some_and(|records| {
                    records
                        .iter()
                        .any(|record| relevant.contains(record.as_str()))
                })
        };
        let found: Vec<bool> = results
            .hits
            .iter()
            .take(DEPTH as usize)
            .map(|hit| is_relevant(hit.edition.get()))
            .collect();
        let works: HashSet<i64> = relevant
            .iter()
            .filter_map(|record| self.work_of_record.get(*record))
            .copied()
            .collect();
        let missing = relevant
            .iter()
            .filter(|record| !self.work_of_record.contains_key(**record))
            .count();
        let ideal: f64 = (0..(works.len() + missing).min(DEPTH as usize))
            .map(discount)
            .sum();
        let gained: f64 = found
            .iter()
            .enumerate()
            .filter(|(_, found)| **found)
            .map(|(place, _)| discount(place))
            .sum();
        Answered {
            success_at_1: found.first() == Some(&true),
            success_at_10: found.contains(&true),
            ndcg_at_10: if ideal > 0.0 { gained / ideal } else { 0.0 },
            empty: results.hits.is_empty(),
        }
    }
}

fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

fn figures(answered: &[Answered]) -> Figures {
    let mean = |value: &dyn Fn(&Answered) -> f64| {
        if answered.is_empty() {
            0.0
        } else {
            answered.iter().map(value).sum::<f64>() / answered.len() as f64
        }
    };
    Figures {
        success_at_1: mean(&|one| f64::from(u8::from(one.success_at_1))),
        success_at_10: mean(&|one| f64::from(u8::from(one.success_at_10))),
        ndcg_at_10: mean(&|one| one.ndcg_at_10),
        empty: mean(&|one| f64::from(u8::from(one.empty))),
    }
}

fn percentile_ms(sorted_us: &[u64], percent: usize) -> f64 {
    let last = sorted_us.len().saturating_sub(1);
    sorted_us
        .get((sorted_us.len() * percent / 100).min(last))
        .map_or(0.0, |us| *us as f64 / 1_000.0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:24} {:>8} {:>10} {:>11} {:>8} {:>6}",
            "kind", "queries", "success@1", "success@10", "nDCG@10", "empty"
        )?;
        let mut line = |name: &str, queries: usize, figures: &Figures| {
            let Figures {
                success_at_1,
                success_at_10,
                ndcg_at_10,
                empty,
            } = figures;
            writeln!(
                f,
                "{name:24} {queries:>8} {success_at_1:>10.3} {success_at_10:>11.3} {ndcg_at_10:>8.3} {empty:>6.3}"
            )
        };
        for kind in &self.kinds {
            line(&kind.kind, kind.queries, &kind.figures)?;
        }
        line(
            "overall",
            self.kinds.iter().map(|kind| kind.queries).sum(),
            &self.overall.figures,
        )?;
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2} ms",
            self.overall.p50_ms, self.overall.p99_ms
        )
    }
}
