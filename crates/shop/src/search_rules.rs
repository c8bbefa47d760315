//! What booksellers add to the search: synonyms, boosts, and the book to show first for a query.
//!
//! Here rules are read from a form, kept, and read whole; how they steer a search is the business of the index, and
//! how every node learns of a change is [`crate::revision`]'s.

mod draft;

use catalogue::thema::Thema;
use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId};

pub use draft::{Direction, TypedRule};

use crate::{
    codes::coded,
    columns,
    form::{Period, Saved},
    revision::{self, Followed},
    staff::audit,
};

/// Limits of the rules, each with its reason.
pub mod limits {
    /// A phrase, in characters: longer ones are typed by nobody.
    pub const PHRASE_CHARS: usize = 60;
    /// Phrases of one rule: each is one more reading of a query.
    pub const PHRASES: usize = 8;
    /// Rules of a kind other than boosts: what a bookseller can still oversee on one page.
    pub const RULES: u32 = 300;
    /// Boosts: each is one more list of books to look into during every search.
    pub const BOOSTS: u32 = 40;
}

storage::statements! {
    ALL = "SELECT id, rule, from_day, until_day, changed_us, changed_by FROM search_rules ORDER BY id";
    ADD = "INSERT INTO search_rules (kind, rule, from_day, until_day, changed_us, changed_by)
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT),
            CAST($6 AS TEXT)
        WHERE (SELECT COUNT(*) FROM search_rules WHERE kind = $1) < $7";
    CHANGE = "UPDATE search_rules SET rule = $3, from_day = $4, until_day = $5, changed_us = $6, changed_by = $7
        WHERE id = $1 AND kind = $2";
    REMOVE = "DELETE FROM search_rules WHERE id = $1";
    /// Locks the rule: what a bookseller changes in the moment of a merge is not written over.
    RULE = sqlite "SELECT rule FROM search_rules WHERE id = $1",
        postgres "SELECT rule FROM search_rules WHERE id = $1 FOR UPDATE";
    FOLLOW = "UPDATE search_rules SET rule = $2 WHERE id = $1";
}

coded! {
    /// What a rule does.
    pub enum Kind {
        /// Reads a phrase as others.
        Synonym = "synonym",
        /// Puts books forward.
        Boost = "boost",
        /// Shows a book first for a query.
        Pin = "pin",
    }
}

coded! {
    /// How far books are put forward.
    pub enum Strength {
        /// Before books that answer about as well.
        Slight = "slight",
        /// Before books that have a word more of the query.
        Clear = "clear",
        /// Before a book whose whole title was typed.
        Strong = "strong",
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Phrases that mean the same, two at least.
    Equivalent(Vec<String>),
    /// Who types the first phrase also finds the others, one at least.
    OneWay(String, Vec<String>),
    /// Books that are put forward wherever they are found.
    Boost(Target, Strength),
    /// The edition that is shown first for a query.
    Pin(String, EditionId),
}

/// What is put forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One edition.
    Edition(EditionId),
    /// All books that a person had a part in.
    Contributor(String),
    /// All books of a publisher.
    Publisher(String),
    /// All volumes of a series.
    Series(String),
    /// All books on a subject, by its Thema code.
    Subject(String),
}

impl Rule {
    /// What it does.
    pub fn kind(&self) -> Kind {
        match self {
            Rule::Equivalent(_) | Rule::OneWay(..) => Kind::Synonym,
            Rule::Boost(..) => Kind::Boost,
            Rule::Pin(..) => Kind::Pin,
        }
    }
}

impl Target {
    /// The subject, of a target that is one.
    pub fn subject(&self) -> Option<Thema> {
        match self {
            Target::Subject(code) => Thema::parse(code),
            _ => None,
        }
    }
}

/// A rule that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub rule: Rule,
    /// When it holds.
    pub period: Period,
    /// When it was changed last.
    pub changed: Timestamp,
    /// By whom.
    pub by: String,
}

/// Every rule, the oldest first.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Kept>, Fault> {
    let rows = tx.query(&ALL, &[])?;
    let kept = |row: &Row| {
        Ok(Kept {
            id: row.int(0)?,
            rule: columns::json(row.text(1)?)?,
            period: Period::of_columns(row, 2)?,
            changed: Timestamp::micros(row.int(4)?),
            by: row.text(5)?.to_owned(),
        })
    };
    rows.iter().map(kept).collect()
}

/// Keeps a rule: a new one, or in the place of the one with the number `id`.
pub fn save(
    tx: &mut dyn Tx,
    id: Option<i64>,
    (rule, period): (&Rule, Period),
    staff: &str,
    now: Timestamp,
) -> Result<Saved, Fault> {
    let (kind, json) = (rule.kind(), columns::to_json(rule)?);
    let [from, until] = period.columns();
    let (at, by) = (now.as_micros().into(), staff.into());
    let (saved, refused) = match id {
        Some(id) => {
            let params = [
                id.into(),
                kind.into(),
                json.as_str().into(),
                from,
                until,
                at,
                by,
            ];
            (tx.execute(&CHANGE, &params)? == 1, Saved::Gone)
        }
        None => {
            let room = match kind {
                Kind::Boost => limits::BOOSTS,
                Kind::Synonym | Kind::Pin => limits::RULES,
            };
            let params = [
                kind.into(),
                json.as_str().into(),
                from,
                until,
                at,
                by,
                room.into(),
            ];
            (tx.execute(&ADD, &params)? == 1, Saved::Full)
        }
    };
    if !saved {
        return Ok(refused);
    }
    revision::changed(tx, Followed::SearchRules)?;
    audit::record(tx, staff, "search.save", kind.code(), Some(&json), now)?;
    Ok(Saved::Done)
}

/// Leads rules to the editions that theirs were merged into; says how many changed.
pub(crate) fn follow(tx: &mut dyn Tx) -> Result<u64, Fault> {
    let mut moved = 0;
    for kept in all(tx)? {
        if led(tx, kept.rule)?.is_none() {
            continue;
        }
        let Some(row) = tx.query_opt(&RULE, &[kept.id.into()])? else {
            continue;
        };
        if let Some(rule) = led(tx, columns::json(row.text(0)?)?)? {
            let json = columns::to_json(&rule)?;
            moved += tx.execute(&FOLLOW, &[kept.id.into(), json.into()])?;
        }
    }
    if moved > 0 {
        revision::changed(tx, Followed::SearchRules)?;
    }
    Ok(moved)
}

/// A rule about the edition that its own was merged into; none when it is about no such edition.
fn led(tx: &mut dyn Tx, mut rule: Rule) -> Result<Option<Rule>, Fault> {
    let (Rule::Pin(_, edition) | Rule::Boost(Target::Edition(edition), _)) = &mut rule else {
        return Ok(None);
    };
    let Some(to) = catalogue::store::forward(tx, *edition)? else {
        return Ok(None);
    };
    *edition = to;
    Ok(Some(rule))
}

/// Removes a rule; `false` when it is gone already.
pub fn remove(tx: &mut dyn Tx, id: i64, staff: &str, now: Timestamp) -> Result<bool, Fault> {
    let removed = tx.execute(&REMOVE, &[id.into()])? == 1;
    if removed {
        revision::changed(tx, Followed::SearchRules)?;
        audit::record(tx, staff, "search.remove", &id.to_string(), None, now)?;
    }
    Ok(removed)
}
