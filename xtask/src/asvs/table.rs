//! The rows of `security/asvs.tsv`, and the list of requirements that they answer.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Requirements by their number, with the level from which they are asked.
pub type Known = BTreeMap<String, u8>;

const COLUMNS: [&str; 6] = ["requirement", "level", "zone", "state", "evidence", "note"];

/// A part of the house that is answered for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// The card store.
    Vault,
    /// The way to the bank.
    Switch,
    /// Storefront, back office, API, imports.
    Shop,
}

impl Zone {
    /// All of them.
    pub const ALL: [Zone; 3] = [Zone::Vault, Zone::Switch, Zone::Shop];

    /// As the table names it.
    pub fn name(self) -> &'static str {
        match self {
            Zone::Vault => "vault",
            Zone::Switch => "switch",
            Zone::Shop => "shop",
        }
    }

    /// To which level of the standard it answers: card numbers are in vault and switch only.
    pub fn level(self) -> u8 {
        match self {
            Zone::Vault | Zone::Switch => 3,
            Zone::Shop => 2,
        }
    }
}

/// How a requirement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds, and the evidence shows it.
    Met,
    /// Some of it holds; the note says what does not.
    Partly,
    /// It does not hold.
    NotMet,
    /// There is nothing that it could be asked of.
    NotApplicable,
}

impl State {
    /// All of them.
    pub const ALL: [State; 4] = [
        State::Met,
        State::Partly,
        State::NotMet,
        State::NotApplicable,
    ];

    /// As the table names it.
    pub fn word(self) -> &'static str {
        match self {
            State::Met => "met",
            State::Partly => "partly",
            State::NotMet => "not_met",
            State::NotApplicable => "not_applicable",
        }
    }
}

/// One answer.
#[derive(Debug)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: usize,
    /// A requirement (`V1.2.3`), or a whole section (`V1.2`) or chapter (`V1`) that does not apply.
    pub name: String,
    /// The requirement's level; none for a section or chapter.
    pub level: Option<u8>,
    /// Whom it answers for.
    pub zones: Vec<Zone>,
    /// How it stands.
    pub state: State,
    /// What shows it, as `FILE.rs::test`, `FILE.md#Heading` or another file.
    pub evidence: Vec<String>,
    /// What is missing, or why it does not apply.
    pub note: String,
}

impl Row {
    /// The requirements that the row answers, with their levels.
    pub fn meant<'k>(&self, known: &'k Known) -> Vec<(&'k str, u8)> {
        let whole = format!("{}.", self.name);
        let is_meant = |id: &str| match self.level {
            Some(_) => id == self.name,
            None => id.starts_with(&whole),
        };
        let all = known.iter().filter(|(id, _)| is_meant(id));
        all.map(|(id, level)| (id.as_str(), *level)).collect()
    }
}

/// Reads the list of requirements.
///
/// # Errors
/// A line that is no requirement, or one that stands there twice.
pub fn known(text: &str) -> Result<Known> {
    let mut known = Known::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| is_data(line)) {
        let mut cells = line.split('\t');
        let (id, level) = (cells.next(), cells.next());
        if id == Some("requirement") {
            continue;
        }
        let (id, level) = id
            .zip(level.and_then(|level| level.parse().ok()))
            .with_context(|| format!("line {}: no requirement with its level", number + 1))?;
        if known.insert(id.to_owned(), level).is_some() {
            bail!("line {}: {id} stands there twice", number + 1);
        }
    }
    Ok(known)
}

/// Reads the table: its rows, and what is wrong with the others.
pub fn rows(text: &str) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = text.lines().enumerate().filter(|(_, line)| is_data(line));
    match lines.next() {
        Some((_, head)) if head.split('\t').eq(COLUMNS) => {}
        head => wrong.push(format!(
            "line {}: the columns are {}",
            head.map_or(1, |(number, _)| number + 1),
            COLUMNS.join(", ")
        )),
    }
    for (number, line) in lines {
        match row(number + 1, line) {
            Ok(row) => rows.push(row),
            Err(what) => wrong.push(format!("line {}: {what}", number + 1)),
        }
    }
    (rows, wrong)
}

fn is_data(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

fn row(line: usize, text: &str) -> Result<Row, String> {
    let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
    let [name, level, zones, state, evidence, note] = cells.as_slice() else {
        return Err(format!(
            "{} columns instead of {}",
            cells.len(),
            COLUMNS.len()
        ));
    };
    let zones: Result<Vec<Zone>, String> = zones.split_whitespace().map(zone).collect();
    let state = State::ALL.into_iter().find(|known| known.word() == *state);
    let state = state.ok_or_else(|| format!("no state {}", cells.get(3).unwrap_or(&"")))?;
    let is_whole = name.split('.').count() < 3;
    let level = match *level {
        "-" => None,
        level => Some(level.parse().map_err(|_| format!("no level {level}"))?),
    };
    if is_whole != level.is_none() || (is_whole && state != State::NotApplicable) {
        return Err(
            "a chapter or section as a whole is only not_applicable, and its level -".to_owned(),
        );
    }
    Ok(Row {
        line,
        name: (*name).to_owned(),
        level,
        zones: zones?,
        state,
        evidence: evidence
            .split(';')
            .map(|named| named.trim().to_owned())
            .filter(|named| !named.is_empty())
            .collect(),
        note: (*note).to_owned(),
    })
}

fn zone(name: &str) -> Result<Zone, String> {
    let zone = Zone::ALL.into_iter().find(|zone| zone.name() == name);
    zone.ok_or_else(|| format!("no zone {name}"))
}
