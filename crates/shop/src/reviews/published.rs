//! Published reviews as pages show them: all of them once, then what changed.

use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId, language::Language};

use super::{ReviewId, ReviewState, limits};
use crate::columns;

storage::statements! {
    ALL = "SELECT id, edition, state, rating, title, body, signature, language, experienced, published_us, helpful,
            changed_us
        FROM reader_reviews WHERE state = 'published' ORDER BY id DESC LIMIT $1";
    CHANGES = "SELECT id, edition, state, rating, title, body, signature, language, experienced, published_us,
            helpful, changed_us
        FROM reader_reviews WHERE changed_us >= $1 AND published_us IS NOT NULL ORDER BY changed_us, id LIMIT $2";
    // LOWER stands on both sides: SQLite uses the index on an expression for another expression only.
    BOUGHT = "SELECT r.id FROM reader_reviews r
        WHERE r.state = 'published' AND EXISTS (
            SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id
                LEFT JOIN records m ON m.home_id = l.edition
            WHERE LOWER(o.email) = LOWER(r.author) AND COALESCE(m.edition_id, l.edition) = r.edition
                AND o.state IN ('confirmed', 'shipped'))
        ORDER BY r.id DESC LIMIT $1";
}

/// A published review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its number.
    pub id: ReviewId,
    /// 1 to 5.
    pub rating: u8,
    /// The line above it.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What its author signs with.
    pub signature: String,
    /// The language of the text.
    pub language: Language,
    /// The day of the experience.
    pub experienced: Date,
    /// The day it was published.
    pub published: Date,
    /// How many readers found it helpful.
    pub helpful: u32,
    /// When it changed last.
    pub changed: Timestamp,
}

/// A review that is new on the page, different, or gone from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The review.
    pub id: ReviewId,
    /// What it is about.
    pub edition: EditionId,
    /// What it is now; none when it is not on the page any more.
    pub now: Option<Published>,
}

/// Every published review, up to [`limits::PUBLISHED_IN_MEMORY`].
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Change>, Fault> {
    let rows = tx.query(&ALL, &[limits::PUBLISHED_IN_MEMORY.into()])?;
    rows.iter().map(change_of_row).collect()
}

/// What changed on the pages since `since`, up to [`limits::CHANGES_AT_ONCE`], oldest change first.
pub fn changes(tx: &mut dyn Tx, since: Timestamp) -> Result<Vec<Change>, Fault> {
    let params = [since.as_micros().into(), limits::CHANGES_AT_ONCE.into()];
    let rows = tx.query(&CHANGES, &params)?;
    rows.iter().map(change_of_row).collect()
}

/// The published reviews whose author bought the edition: an order with her address, paid and not given back,
/// contains it, or what was merged into it. Asked again and again, because orders are paid and refunded after a review is published.
pub fn bought(tx: &mut dyn Tx) -> Result<Vec<ReviewId>, Fault> {
    let rows = tx.query(&BOUGHT, &[limits::PUBLISHED_IN_MEMORY.into()])?;
    rows.iter().map(|row| Ok(ReviewId(row.int(0)?))).collect()
}

fn change_of_row(row: &Row) -> Result<Change, Fault> {
    let id = ReviewId(row.int(0)?);
    let state = ReviewState::of_column(row.text(2)?)?;
    let now = (state == ReviewState::Published)
        .then(|| published_of_row(id, row))
        .transpose()?;
    Ok(Change {
        id,
        edition: EditionId(row.int(1)?),
        now,
    })
}

fn published_of_row(id: ReviewId, row: &Row) -> Result<Published, Fault> {
    Ok(Published {
        id,
        rating: u8::try_from(row.count(3)?).unwrap_or(0),
        title: row.text(4)?.to_owned(),
        body: row.text(5)?.to_owned(),
        signature: row.text(6)?.to_owned(),
        language: language(row.text(7)?)?,
        experienced: columns::parsed(row.text(8)?)?,
        published: Timestamp::micros(row.int(9)?).date_in_paris(),
        helpful: row.count(10)?,
        changed: Timestamp::micros(row.int(11)?),
    })
}

pub(super) fn language(code: &str) -> Result<Language, Fault> {
    Language::parse(code).map_err(|_| Fault::defect(format!("{code} is no language")))
}
