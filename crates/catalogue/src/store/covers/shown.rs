//! Which covers there are and which were not taken: for pages, for nodes that lack files, and for the back office.

use std::collections::HashMap;

use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::{CoverReason, CoverState, read_offer};
use crate::covers::Picture;
use crate::model::EditionId;
use crate::store::unknown;

storage::statements! {
    KEPT = "SELECT edition_id, offer, sha256, picture, width, height FROM covers
        WHERE edition_id > $1 AND state = 'kept' AND picture IS NOT NULL AND sha256 IS NOT NULL
        ORDER BY edition_id LIMIT $2";
    COUNTS = "SELECT state, COUNT(*) FROM covers WHERE state <> 'withdrawn' GROUP BY state";
    TROUBLES = "SELECT edition_id, offer, state, reason, detail, tried_us, due_us FROM covers
        WHERE state IN ('refused', 'failing') ORDER BY tried_us DESC, edition_id LIMIT $1";
    PICTURES = "SELECT edition_id, picture, width, height FROM covers WHERE picture IS NOT NULL";
    CHANGED_PICTURES = "SELECT edition_id, picture, width, height FROM covers WHERE changed_us >= $1";
}

/// A cover that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverTrouble {
    /// The edition.
    pub edition: EditionId,
    /// The link.
    pub link: String,
    /// Failing or refused.
    pub state: CoverState,
    /// Why.
    pub reason: CoverReason,
    /// More of it, as the server or the reader of pictures said it, in English.
    pub detail: String,
    /// When it was tried last.
    pub tried: Option<Timestamp>,
    /// When it is tried next by itself.
    pub due: Option<Timestamp>,
}

/// A cover that is kept, for a node that lacks its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCover {
    /// The edition.
    pub edition: EditionId,
    /// Where the file was fetched.
    pub link: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal figures.
    pub sha256: String,
    /// The picture that was made of it.
    pub picture: Picture,
}

/// Up to `limit` covers that are kept, of the editions that follow `after` or of the first, in the order of editions.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn kept_covers(
    tx: &mut dyn Tx,
    after: Option<EditionId>,
    limit: u32,
) -> Result<Vec<KeptCover>, Fault> {
    let rows = tx.query(
        &KEPT,
        &[after.map_or(0, |after| after.0).into(), limit.into()],
    )?;
    let kept = rows.iter().map(|row| {
        let name = row.text(3)?;
        let picture = Picture::new(name, row.count(4)?, row.count(5)?);
        Ok(KeptCover {
            edition: EditionId(row.int(0)?),
            link: read_offer(row.text(1)?)?.link,
            sha256: row.text(2)?.to_owned(),
            picture: picture.ok_or_else(|| unknown("picture of its cover", name))?,
        })
    });
    kept.collect()
}

/// How many covers there are in each state that has any.
pub fn cover_counts(tx: &mut dyn Tx) -> Result<HashMap<CoverState, u64>, Fault> {
    let rows = tx.query(&COUNTS, &[])?;
    let counts = rows.iter().map(|row| {
        let count = u64::try_from(row.int(1)?).unwrap_or_default();
        Ok((CoverState::parse(row.text(0)?)?, count))
    });
    counts.collect()
}

/// Up to `limit` covers that were not taken, the last tried first.
pub fn cover_troubles(tx: &mut dyn Tx, limit: u32) -> Result<Vec<CoverTrouble>, Fault> {
    let rows = tx.query(&TROUBLES, &[limit.into()])?;
    let troubles = rows.iter().map(|row| {
        Ok(CoverTrouble {
            edition: EditionId(row.int(0)?),
            link: read_offer(row.text(1)?)?.link,
            state: CoverState::parse(row.text(2)?)?,
            reason: CoverReason::parse(row.text(3)?)?,
            detail: row.opt_text(4)?.unwrap_or_default().to_owned(),
            tried: row.opt_int(5)?.map(Timestamp::micros),
            due: row.opt_int(6)?.map(Timestamp::micros),
        })
    });
    troubles.collect()
}

/// The pictures that editions have, or, after `since`, those that changed: none where there is none any more.
pub fn pictures(
    tx: &mut dyn Tx,
    since: Option<Timestamp>,
) -> Result<Vec<(EditionId, Option<Picture>)>, Fault> {
    let rows = match since {
        None => tx.query(&PICTURES, &[])?,
        Some(since) => tx.query(&CHANGED_PICTURES, &[since.as_micros().into()])?,
    };
    let pictures = rows.iter().map(|row| {
        let picture = match row.opt_text(1)? {
            Some(name) => Picture::new(name, row.count(2)?, row.count(3)?),
            None => None,
        };
        Ok((EditionId(row.int(0)?), picture))
    });
    pictures.collect()
}
