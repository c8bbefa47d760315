//! What the author of a review can do with it by her link, and when reviews are forgotten.

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId};

use super::{Reason, ReviewId, ReviewRefusal, ReviewState, Step, limits};

storage::statements! {
    OWN = "SELECT r.edition, e.title, r.state, r.rating, r.title, r.body, r.reason, r.note
        FROM reader_reviews r JOIN editions e ON e.id = r.edition WHERE r.id = $1";
    STATE = "SELECT state FROM reader_reviews WHERE id = $1";
    CONFIRM = "UPDATE reader_reviews SET state = 'waiting', written_us = $2, changed_us = $2
        WHERE id = $1 AND state = 'unconfirmed'";
    /// Makes room for a review that is to wait: the one that waited is given up.
    GIVE_WAY = "UPDATE reader_reviews SET state = 'withdrawn', author = '', email = '', title = '', body = '',
            signature = '', note = NULL, changed_us = $2
        WHERE id IN (SELECT earlier.id FROM reader_reviews earlier JOIN reader_reviews later
            ON later.edition = earlier.edition AND later.author = earlier.author
            WHERE later.id = $1 AND later.state = 'unconfirmed' AND earlier.state = 'waiting')";
    WITHDRAW = "UPDATE reader_reviews SET state = 'withdrawn', author = '', email = '', title = '', body = '',
            signature = '', note = NULL, changed_us = $2
        WHERE id = $1 AND state <> 'withdrawn'";
    FORGET_VOTES = "DELETE FROM review_votes WHERE review IN (
        SELECT id FROM reader_reviews WHERE (state = 'unconfirmed' AND changed_us < $1)
            OR (state IN ('refused', 'withdrawn') AND changed_us < $2) ORDER BY id LIMIT $3)";
    FORGET_REPORTS = "DELETE FROM review_reports WHERE review IN (
        SELECT id FROM reader_reviews WHERE (state = 'unconfirmed' AND changed_us < $1)
            OR (state IN ('refused', 'withdrawn') AND changed_us < $2) ORDER BY id LIMIT $3)";
    FORGET = "DELETE FROM reader_reviews WHERE id IN (
        SELECT id FROM reader_reviews WHERE (state = 'unconfirmed' AND changed_us < $1)
            OR (state IN ('refused', 'withdrawn') AND changed_us < $2) ORDER BY id LIMIT $3)";
}

/// A review as its author sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The edition.
    pub edition: EditionId,
    /// The title of the book.
    pub book: String,
    /// Where the review stands.
    pub state: ReviewState,
    /// Her stars.
    pub rating: u8,
    /// Her title.
    pub title: String,
    /// Her text.
    pub body: String,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// What the bookseller added.
    pub note: Option<String>,
}

/// A review for its author.
///
/// # Errors
/// A [`Fault`].
pub fn own(tx: &mut dyn Tx, id: ReviewId) -> Result<Option<Own>, Fault> {
    let found = tx.query_opt(&OWN, &[id.0.into()])?;
    found.as_ref().map(own_of_row).transpose()
}

fn own_of_row(row: &Row) -> Result<Own, Fault> {
    Ok(Own {
        edition: EditionId(row.int(0)?),
        book: row.text(1)?.to_owned(),
        state: ReviewState::of_column(row.text(2)?)?,
        rating: u8::try_from(row.count(3)?).unwrap_or(0),
        title: row.text(4)?.to_owned(),
        body: row.text(5)?.to_owned(),
        reason: row.opt_text(6)?.map(Reason::of_column).transpose()?,
        note: row.opt_text(7)?.map(str::to_owned),
    })
}

/// Confirms the address of a review: it waits for a bookseller, in the place of one that waited already.
///
/// # Errors
/// [`ReviewRefusal::NotNow`] when it was confirmed before, [`ReviewRefusal::NoSuchReview`] when it was forgotten.
pub fn confirm(tx: &mut dyn Tx, id: ReviewId, now: Timestamp) -> Result<(), ReviewRefusal> {
    expect(tx, id, Step::Confirm)?;
    let params = [id.0.into(), now.as_micros().into()];
    tx.execute(&GIVE_WAY, &params)?;
    tx.execute(&CONFIRM, &params)?;
    Ok(())
}

/// Takes a review back, and its text with it.
///
/// # Errors
/// [`ReviewRefusal::NotNow`] when it was taken back before, [`ReviewRefusal::NoSuchReview`] when it was forgotten.
pub fn withdraw(tx: &mut dyn Tx, id: ReviewId, now: Timestamp) -> Result<(), ReviewRefusal> {
    expect(tx, id, Step::Withdraw)?;
    tx.execute(&WITHDRAW, &[id.0.into(), now.as_micros().into()])?;
    Ok(())
}

/// Checks that `step` makes sense now; the statement that follows is guarded by the state as well.
pub(super) fn expect(tx: &mut dyn Tx, id: ReviewId, step: Step) -> Result<(), ReviewRefusal> {
    let found = tx.query_opt(&STATE, &[id.0.into()])?;
    let row = found.ok_or(ReviewRefusal::NoSuchReview { id })?;
    let state = ReviewState::of_column(row.text(0)?)?;
    match state.after(step) {
        Some(_) => Ok(()),
        None => Err(ReviewRefusal::NotNow { state }),
    }
}

/// Forgets reviews that nobody confirmed in time, and those that were refused or withdrawn long ago.
///
/// # Errors
/// A [`Fault`].
pub fn forget(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    let params = [
        now.minus(limits::UNCONFIRMED_LIFE).as_micros().into(),
        now.minus(limits::ENDED_LIFE).as_micros().into(),
        limits::FORGOTTEN_AT_ONCE.into(),
    ];
    tx.execute(&FORGET_VOTES, &params)?;
    tx.execute(&FORGET_REPORTS, &params)?;
    tx.execute(&FORGET, &params)
}
