//! Editorial reviews (chroniques) written or copied in by booksellers: who, where, when, what.
//!
//! Those that suppliers send are texts of the edition and stay in the catalogue.

use jiff::civil::Date;
use serde::Deserialize;
use storage::{Fault, Row, Tx, Value};
use trade::{clock::Timestamp, ids::EditionId, language::Language};

use super::{
    Flaw,
    draft::{day, line, text},
    limits,
    published::language,
};
use crate::{columns, staff::audit};

storage::statements! {
    ALL = "SELECT id, edition, author, source, written, language, body, removed, changed_us FROM editorial_reviews
        WHERE removed = 0 ORDER BY id DESC LIMIT $1";
    CHANGES = "SELECT id, edition, author, source, written, language, body, removed, changed_us
        FROM editorial_reviews WHERE changed_us >= $1 ORDER BY changed_us, id LIMIT $2";
    OF_EDITION = "SELECT id, edition, author, source, written, language, body, removed, changed_us
        FROM editorial_reviews WHERE edition = $1 AND removed = 0 ORDER BY written DESC, id DESC LIMIT $2";
    ADD = "INSERT INTO editorial_reviews (edition, author, source, written, language, body, changed_us)
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
            CAST($6 AS TEXT), CAST($7 AS BIGINT)
        WHERE (SELECT COUNT(*) FROM editorial_reviews WHERE edition = $1 AND removed = 0) < $8";
    CHANGE = "UPDATE editorial_reviews SET author = $3, source = $4, written = $5, language = $6, body = $7,
            changed_us = $8
        WHERE id = $1 AND edition = $2 AND removed = 0";
    REMOVE = "UPDATE editorial_reviews SET removed = 1, author = '', source = '', body = '', changed_us = $3
        WHERE id = $1 AND edition = $2 AND removed = 0";
}

/// An editorial review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editorial {
    /// Its number.
    pub id: i64,
    /// The edition.
    pub edition: EditionId,
    /// What it says.
    pub text: EditorialText,
    /// When it changed last.
    pub changed: Timestamp,
    /// Whether it was taken away.
    pub removed: bool,
}

/// What an editorial review says, and who, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorialText {
    /// Who wrote it.
    pub author: String,
    /// Where it appeared: a paper, a programme, this shop.
    pub source: String,
    /// The day it appeared.
    pub written: Date,
    /// The language of the text.
    pub language: Language,
    /// The text: paragraphs separated by an empty line.
    pub body: String,
}

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedEditorial {
    /// Who wrote it.
    pub author: String,
    /// Where it appeared.
    pub source: String,
    /// The day it appeared.
    pub written: String,
    /// The code of the language of the text.
    pub language: String,
    /// The text.
    pub body: String,
}

impl EditorialText {
    /// Reads what was typed on `today`.
    ///
    /// # Errors
    /// The names of the fields that are wrong, and what is wrong with each.
    pub fn check(
        typed: &TypedEditorial,
        today: Date,
    ) -> Result<EditorialText, Vec<(&'static str, Flaw)>> {
        let author = line(&typed.author, limits::SOURCE_CHARS);
        let source = line(&typed.source, limits::SOURCE_CHARS);
        let written = day(&typed.written, today);
        let language = Language::parse(&typed.language).map_err(|_| Flaw::Missing);
        let body = text(&typed.body, limits::EDITORIAL_CHARS);
        match (author, source, written, language, body) {
            (Ok(author), Ok(source), Ok(written), Ok(language), Ok(body)) => Ok(EditorialText {
                author,
                source,
                written,
                language,
                body,
            }),
            (author, source, written, language, body) => Err([
                ("author", author.err()),
                ("source", source.err()),
                ("written", written.err()),
                ("language", language.err()),
                ("body", body.err()),
            ]
            .into_iter()
            .filter_map(|(field, flaw)| Some((field, flaw?)))
            .collect()),
        }
    }

    fn columns(&self) -> [Value; 5] {
        [
            self.author.as_str().into(),
            self.source.as_str().into(),
            self.written.to_string().into(),
            self.language.code().into(),
            self.body.as_str().into(),
        ]
    }
}

/// Every editorial review, up to [`limits::PUBLISHED_IN_MEMORY`].
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Editorial>, Fault> {
    read(tx.query(&ALL, &[limits::PUBLISHED_IN_MEMORY.into()])?)
}

/// What changed since `since`, oldest change first.
pub fn changes(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<Editorial>, Fault> {
    let params = [since.as_micros().into(), limits::CHANGES_AT_ONCE.into()];
    read(tx.query(&CHANGES, &params)?)
}

/// Those of an edition, newest first.
pub fn of_edition(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<Editorial>, Fault> {
    let params = [edition.0.into(), limits::EDITORIAL_PER_EDITION.into()];
    read(tx.query(&OF_EDITION, &params)?)
}

/// Adds one; `false` when the edition has as many as a page shows.
pub fn add(
    tx: &mut dyn Tx,
    edition: EditionId,
    text: &EditorialText,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let [author, source, written, language, body] = text.columns();
    let params = [
        edition.0.into(),
        author,
        source,
        written,
        language,
        body,
        now.as_micros().into(),
        limits::EDITORIAL_PER_EDITION.into(),
    ];
    let added = tx.execute(&ADD, &params)? == 1;
    logged(tx, added, "editorial.add", edition, staff, now)
}

/// Changes one; `false` when it is gone.
pub fn change(
    tx: &mut dyn Tx,
    (edition, id): (EditionId, i64),
    text: &EditorialText,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let [author, source, written, language, body] = text.columns();
    let params = [
        id.into(),
        edition.0.into(),
        author,
        source,
        written,
        language,
        body,
        now.as_micros().into(),
    ];
    let changed = tx.execute(&CHANGE, &params)? == 1;
    logged(tx, changed, "editorial.change", edition, staff, now)
}

/// Takes one away; `false` when it is gone already.
pub fn remove(
    tx: &mut dyn Tx,
    (edition, id): (EditionId, i64),
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [id.into(), edition.0.into(), now.as_micros().into()];
    let removed = tx.execute(&REMOVE, &params)? == 1;
    logged(tx, removed, "editorial.remove", edition, staff, now)
}

fn logged(
    tx: &mut dyn Tx,
    done: bool,
    action: &str,
    edition: EditionId,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    if done {
        audit::record(tx, staff, action, &edition.to_string(), None, now)?;
    }
    Ok(done)
}

fn read(rows: Vec<Row>) -> Result<Vec<Editorial>, Fault> {
    let editorial = |row: &Row| {
        Ok(Editorial {
            id: row.int(0)?,
            edition: EditionId(row.int(1)?),
            text: EditorialText {
                author: row.text(2)?.to_owned(),
                source: row.text(3)?.to_owned(),
                written: columns::parsed(row.text(4)?)?,
                language: language(row.text(5)?)?,
                body: row.text(6)?.to_owned(),
            },
            removed: row.flag(7)?,
            changed: Timestamp::micros(row.int(8)?),
        })
    };
    rows.iter().map(editorial).collect()
}
