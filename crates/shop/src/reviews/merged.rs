//! Published reviews follow their editions when these are merged, and go back when they are parted again. Others, which
//! no page shows, stay with what they were written of.
//!
//! Each author still has one review on a page. Where she wrote of both editions, the review of the one that remains
//! is shown; the other is kept where it was written, unseen, until the editions are parted or the first is gone.

use catalogue::store;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId};

storage::statements! {
    /// Where reviews stand that do not stand where their edition lives, and what they were written of.
    ASTRAY = "SELECT v.written_of, v.edition
        FROM (SELECT DISTINCT COALESCE(written_of, edition) AS written_of, edition FROM reader_reviews
                WHERE state = 'published'
            UNION SELECT COALESCE(written_of, edition), edition FROM editorial_reviews) v
        LEFT JOIN records r ON r.home_id = v.written_of
        WHERE COALESCE(r.edition_id, v.written_of) <> v.edition";
    MOVE_READERS = "UPDATE reader_reviews SET edition = $3, written_of = NULLIF(CAST($1 AS BIGINT), $3), changed_us = $4
        WHERE edition = $2 AND COALESCE(written_of, edition) = $1 AND state = 'published'
            AND NOT EXISTS (SELECT 1 FROM reader_reviews there WHERE there.edition = $3
                AND there.author = reader_reviews.author AND there.state = 'published')";
    MOVE_EDITORIAL = "UPDATE editorial_reviews SET edition = $3, written_of = NULLIF(CAST($1 AS BIGINT), $3),
            changed_us = $4
        WHERE edition = $2 AND COALESCE(written_of, edition) = $1";
}

/// Reviews of one edition that may have to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Astray {
    written_of: EditionId,
    stands: EditionId,
}

/// Which reviews may have to move. Looks through all of them, so it is asked outside of the transaction that moves
/// some.
pub(crate) fn astray(tx: &mut dyn Tx) -> Result<Vec<Astray>, Fault> {
    let rows = tx.query(&ASTRAY, &[])?;
    let astray = |row: &Row| {
        Ok(Astray {
            written_of: EditionId(row.int(0)?),
            stands: EditionId(row.int(1)?),
        })
    };
    rows.iter().map(astray).collect()
}

/// Moves reviews to where their edition lives now, or back to it where another of their author's stands; how many moved.
pub(crate) fn lead(tx: &mut dyn Tx, astray: &[Astray], now: Timestamp) -> Result<u64, Fault> {
    let mut moved = 0;
    for Astray { written_of, stands } in astray {
        let lives = store::lives_in(tx, *written_of)?;
        if lives == *stands {
            continue;
        }
        for to in [lives, *written_of] {
            let params = [
                written_of.0.into(),
                stands.0.into(),
                to.0.into(),
                now.as_micros().into(),
            ];
            moved += tx.execute(&MOVE_READERS, &params)? + tx.execute(&MOVE_EDITORIAL, &params)?;
        }
    }
    Ok(moved)
}
