//! The catalogue in the database: records put in, editions and their changes read out.
//!
//! **Order of changes.** Every transaction that changes editions first locks the one row of `catalogue_sequence`,
//! marks what it changes with the next number and stores that number when it is done. The lock is held until the
//! commit, so on both engines the numbers appear in the order of the commits: who has read up to number *n* has
//! missed nothing at or below *n*. That is all the shelf needs to follow the database ([`changes_since`]).
//!
//! A record's identity is the sender's reference (O5), never the ISBN (I7). An edition is what its records say
//! together; it is never deleted, because orders may name it: without a record it is hidden (O4).

use storage::{Fault, Row, Statement, Tx};
use trade::ids::{EditionId, WorkId};
use trade::isbn::Isbn13;

use crate::model::{Edition, Embargo, Goods, Money, Price, PriceRegime};

mod batch;
mod correct;
mod covers;
mod day;
mod decide;
mod group;
mod held;
mod incoming;
mod merge;
mod notification;
mod precedence;
mod put;
mod reviews;
mod row;
mod same;
mod settle;
mod trial;
mod undo;
mod work;

pub use correct::{CORRECTION_OF, CORRECTIONS, Correction, Said, correct, said, uncorrected};
pub use covers::{
    COVERS_OF_ONE_SERVER, CoverReason, CoverState, CoverTrouble, DueCover, HeldFile, KeptCover,
    cover_counts, cover_failed, cover_is_the_same, cover_troubles, cover_waits, follow_covers,
    keep_cover, kept_covers, look_whole, pictures, refuse_cover, take_due_covers, try_covers_again,
};
pub use day::{turn, turn_to};
pub use decide::{
    Decided, DecisionId, decide_work, decisions, join, redo_decision, set_precedence, settle_again,
    split, undo_decision,
};
pub use incoming::{Block, BlockUpdate, Incoming, Message, Record};
pub use merge::{Field, Source};
pub use notification::Origin;
pub use precedence::{precedence, senders};
pub(crate) use put::{BatchPut, Companion, lock, put_along, put_one};
pub use put::{Delivery, Done, Finding, Found, Outcome, Tally, put, put_all};
pub use reviews::{put_reviews, reviews};
pub use trial::EditionChange;
pub(crate) use trial::{Tried, try_put};
pub(crate) use undo::log;
pub use undo::{
    By, Import, ImportId, ImportState, Logged, Refusal, import, imports, logged, redo_import,
    redo_job, turning, undo_import, undo_job,
};

storage::statements! {
    SEQUENCE = "SELECT value FROM catalogue_sequence WHERE one = 1";
    EDITION = "SELECT id, work_id, document, as_of FROM editions WHERE id = $1 AND hidden = 0";
    BY_ISBN = "SELECT id, work_id, document, as_of FROM editions WHERE isbn13 = $1 AND hidden = 0
        ORDER BY buyable DESC, id LIMIT 20";
    PAGE = "SELECT id, work_id, document, as_of FROM editions WHERE id > $1 AND hidden = 0
        ORDER BY id LIMIT $2";
    CHANGED = "SELECT id, work_id, document, as_of, hidden, changed_seq FROM editions
        WHERE changed_seq > $1 ORDER BY changed_seq, id LIMIT $2";
    OFFER = "SELECT isbn13, title, price_cents, regime, goods, buyable, generated
        FROM editions WHERE id = $1 AND hidden = 0";
    EMBARGO = "SELECT id, work_id, document, as_of FROM editions
        WHERE id = COALESCE((SELECT edition_id FROM records WHERE home_id = $1), $1)";
    COUNT = "SELECT COUNT(*) FROM editions WHERE hidden = 0";
    FORWARD = "SELECT edition_id FROM records WHERE home_id = $1 AND home_id <> edition_id";
    FORWARDS = "SELECT home_id, edition_id FROM records WHERE home_id > $1 AND home_id <> edition_id
        ORDER BY home_id LIMIT $2";
}

/// Every statement of the catalogue, for the test that prepares them on both engines.
pub(crate) fn statements() -> Vec<&'static Statement> {
    [
        STATEMENTS,
        &covers::statements(),
        day::STATEMENTS,
        decide::STATEMENTS,
        precedence::STATEMENTS,
        put::STATEMENTS,
        reviews::STATEMENTS,
        &row::statements(),
        trial::STATEMENTS,
        undo::STATEMENTS,
    ]
    .concat()
}

/// What a cart and an order need to know about an edition, fresh from the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The edition.
    pub edition: EditionId,
    /// Its ISBN, if it has a valid one.
    pub isbn: Option<Isbn13>,
    /// Its title.
    pub title: String,
    /// Its price, if it has one.
    pub price: Option<Price>,
    /// What it is for price law and VAT.
    pub goods: Goods,
    /// Whether it has a price and the supplier delivers it.
    pub buyable: bool,
    /// Whether it was made up for the demo.
    pub generated: bool,
}

/// One edition that is new, different, or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number of the transaction that changed it last.
    pub sequence: i64,
    /// The edition.
    pub id: EditionId,
    /// What it is now; none when it is hidden.
    pub edition: Option<Edition>,
}

/// The number of the last committed change.
///
/// # Errors
/// [`Fault`] of the database, here and in every function of this module.
pub fn sequence(tx: &mut dyn Tx) -> Result<i64, Fault> {
    tx.query_one(&SEQUENCE, &[])?.int(0)
}

/// How many editions a reader can see.
pub fn count(tx: &mut dyn Tx) -> Result<i64, Fault> {
    tx.query_one(&COUNT, &[])?.int(0)
}

/// One edition, unless it is hidden.
pub fn edition(tx: &mut dyn Tx, id: EditionId) -> Result<Option<Edition>, Fault> {
    tx.query_opt(&EDITION, &[id.0.into()])?
        .as_ref()
        .map(edition_of_row)
        .transpose()
}

/// The editions sold under that ISBN, buyable ones first; usually one (I7).
pub fn by_isbn(tx: &mut dyn Tx, isbn: Isbn13) -> Result<Vec<Edition>, Fault> {
    tx.query(&BY_ISBN, &[isbn_column(isbn).into()])?
        .iter()
        .map(edition_of_row)
        .collect()
}

/// What an order needs to know about an edition; none when it does not exist or is hidden.
pub fn offer(tx: &mut dyn Tx, id: EditionId) -> Result<Option<Offer>, Fault> {
    tx.query_opt(&OFFER, &[id.0.into()])?
        .map(|row| offer_of_row(id, &row))
        .transpose()
}

/// What is forbidden about an edition, with its title: of the one it was merged into if it was, and of a hidden one too,
/// because orders may name it.
pub fn embargo(tx: &mut dyn Tx, id: EditionId) -> Result<Option<(String, Embargo)>, Fault> {
    let row = tx.query_opt(&EMBARGO, &[id.0.into()])?;
    let edition = row.as_ref().map(edition_of_row).transpose()?;
    Ok(edition.map(|edition| (edition.title, edition.embargo)))
}

/// Up to `limit` visible editions with an id above `after`, in order of id.
pub fn page(tx: &mut dyn Tx, after: EditionId, limit: u32) -> Result<Vec<Edition>, Fault> {
    tx.query(&PAGE, &[after.0.into(), limit.into()])?
        .iter()
        .map(edition_of_row)
        .collect()
}

/// Changes in the order of their transactions, of each transaction all or none.
#[derive(Debug, Default)]
pub struct Changes {
    /// The changed editions, oldest change first.
    pub changes: Vec<Change>,
    /// The last transaction they reach up to.
    pub up_to: i64,
    /// Whether there are later ones.
    pub more: bool,
}

/// Editions changed after transaction `sequence`: about `limit`, and those of one transaction at least.
pub fn changes_since(tx: &mut dyn Tx, sequence: i64, limit: usize) -> Result<Changes, Fault> {
    let last = self::sequence(tx)?;
    if last <= sequence {
        return Ok(Changes {
            up_to: sequence,
            ..Changes::default()
        });
    }
    let mut limit = i64::try_from(limit).unwrap_or(i64::MAX);
    loop {
        let rows = tx.query(&CHANGED, &[sequence.into(), limit.saturating_add(1).into()])?;
        let is_all = i64::try_from(rows.len()).is_ok_and(|rows| rows <= limit);
        let mut changes: Vec<Change> = rows.iter().map(change_of_row).collect::<Result<_, _>>()?;
        if is_all {
            return Ok(Changes {
                changes,
                up_to: last,
                more: false,
            });
        }
        // The last transaction may not be whole.
        let cut = changes.last().map_or(last, |change| change.sequence);
        changes.retain(|change| change.sequence < cut);
        if let Some(up_to) = changes.last().map(|change| change.sequence) {
            return Ok(Changes {
                changes,
                up_to,
                more: true,
            });
        }
        limit = limit.saturating_mul(4);
    }
}

/// Where an edition went that was merged into another.
pub fn forward(tx: &mut dyn Tx, from: EditionId) -> Result<Option<EditionId>, Fault> {
    let row = tx.query_opt(&FORWARD, &[from.0.into()])?;
    row.map(|row| row.int(0).map(EditionId)).transpose()
}

/// The edition that another one lives in now: itself unless it was merged, and further where that one was merged too.
///
/// # Errors
/// A [`Fault`].
pub fn lives_in(tx: &mut dyn Tx, edition: EditionId) -> Result<EditionId, Fault> {
    let mut lives = edition;
    // A merged edition lives in an older one, so this ends; what a damaged database says, ends too.
    while let Some(older) = forward(tx, lives)?.filter(|to| to.0 < lives.0) {
        lives = older;
    }
    Ok(lives)
}

/// The edition that a record belongs to.
pub fn edition_of(
    tx: &mut dyn Tx,
    sender: &str,
    reference: &str,
) -> Result<Option<EditionId>, Fault> {
    let identity = std::iter::once((sender, reference));
    let records = row::records_by_identity(tx, identity)?;
    Ok(records
        .first()
        .and_then(|record| record.edition)
        .map(EditionId))
}

/// Where editions went that were merged into others: up to `limit` pairs of the old and the new one, by the old one's
/// id above `after`.
pub fn forwards(
    tx: &mut dyn Tx,
    after: EditionId,
    limit: u32,
) -> Result<Vec<(EditionId, EditionId)>, Fault> {
    tx.query(&FORWARDS, &[after.0.into(), limit.into()])?
        .iter()
        .map(|row| Ok((EditionId(row.int(0)?), EditionId(row.int(1)?))))
        .collect()
}

/// Which record, message and import each field of an edition comes from.
pub fn sources(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<Source>, Fault> {
    let records = decide::records_of(tx, edition)?;
    let mut settling = settle::Settling::begin(tx)?;
    settling.touch(tx, &records)?;
    let precedence = precedence::Precedence::read(tx)?;
    Ok(settling.sources(edition, &precedence))
}

fn edition_of_row(row: &Row) -> Result<Edition, Fault> {
    let mut edition = row::read_document(row.text(2)?)?;
    if let Some(day) = row::day_of_column(row.int(3)?) {
        edition = edition.on(day);
    }
    edition.id = EditionId(row.int(0)?);
    edition.work = WorkId(row.int(1)?);
    Ok(edition)
}

fn change_of_row(row: &Row) -> Result<Change, Fault> {
    let edition = if row.flag(4)? {
        None
    } else {
        Some(edition_of_row(row)?)
    };
    Ok(Change {
        sequence: row.int(5)?,
        id: EditionId(row.int(0)?),
        edition,
    })
}

fn offer_of_row(edition: EditionId, row: &Row) -> Result<Offer, Fault> {
    let price = match (row.opt_int(2)?, row.opt_text(3)?) {
        (Some(cents), Some(regime)) => {
            let regime =
                PriceRegime::parse(regime).ok_or_else(|| unknown("price regime", regime))?;
            Some(Price {
                amount: Money::cents(cents),
                regime,
            })
        }
        _ => None,
    };
    let goods = row.text(4)?;
    Ok(Offer {
        edition,
        isbn: row.opt_int(0)?.and_then(isbn_of_column),
        title: row.text(1)?.to_owned(),
        price,
        goods: Goods::parse(goods).ok_or_else(|| unknown("kind of goods", goods))?,
        buyable: row.flag(5)?,
        generated: row.flag(6)?,
    })
}

fn unknown(what: &str, code: &str) -> Fault {
    Fault::Corrupt(
        format!("an edition has the {what} {code:?}, which this program does not know").into(),
    )
}

fn isbn_column(isbn: Isbn13) -> i64 {
    i64::try_from(isbn.as_u64()).unwrap_or_default()
}

fn isbn_of_column(column: i64) -> Option<Isbn13> {
    Isbn13::from_u64(u64::try_from(column).ok()?).ok()
}
