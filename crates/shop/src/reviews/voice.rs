//! What other readers say of a review: that it helped them, or that it should not be there.
//!
//! Nobody is known by more than a random word that her browser got when she first said something; only its hash
//! is kept.

use sha2::{Digest, Sha256};
use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::{Reason, ReviewId, limits};
use crate::random;

storage::statements! {
    VOTE = "INSERT INTO review_votes (review, voter)
        SELECT id, CAST($2 AS TEXT) FROM reader_reviews WHERE id = $1 AND state = 'published'
        ON CONFLICT (review, voter) DO NOTHING";
    COUNT_VOTE = "UPDATE reader_reviews SET helpful = helpful + 1, changed_us = $2 WHERE id = $1";
    REPORT = "INSERT INTO review_reports (review, reporter, reason, note, at_us)
        SELECT id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM reader_reviews WHERE id = $1 AND state = 'published'
            AND (SELECT COUNT(*) FROM review_reports WHERE review = $1) < $6
        ON CONFLICT (review, reporter) DO NOTHING";
}

/// Who says something, by a random word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter(String);

impl Voter {
    /// Somebody who never said anything before.
    ///
    /// # Errors
    /// A [`Fault`] when the system gives no random numbers.
    pub fn new() -> Result<Voter, Fault> {
        Ok(Voter(random::token::<16>()?))
    }

    /// Somebody who carries the word of an earlier visit; none when it is no such word.
    pub fn known(word: &str) -> Option<Voter> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        (word.len() == 22 && word.bytes().all(plain)).then(|| Voter(word.to_owned()))
    }

    /// The word, for her browser to keep.
    pub fn word(&self) -> &str {
        &self.0
    }

    fn hashed(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Counts that a published review helped; a second time of the same voter counts nothing and gives `false`.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn helpful(
    tx: &mut dyn Tx,
    review: ReviewId,
    voter: &Voter,
    now: Timestamp,
) -> Result<bool, Fault> {
    let counted = tx.execute(&VOTE, &[review.0.into(), voter.hashed().into()])? == 1;
    if counted {
        tx.execute(&COUNT_VOTE, &[review.0.into(), now.as_micros().into()])?;
    }
    Ok(counted)
}

/// Brings a published review to the desk, once for each voter and [`limits::REPORTS_PER_REVIEW`] times in all.
pub fn report(
    tx: &mut dyn Tx,
    review: ReviewId,
    voter: &Voter,
    (reason, note): (Reason, &str),
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [
        review.0.into(),
        voter.hashed().into(),
        reason.into(),
        note.into(),
        now.as_micros().into(),
        limits::REPORTS_PER_REVIEW.into(),
    ];
    Ok(tx.execute(&REPORT, &params)? == 1)
}
