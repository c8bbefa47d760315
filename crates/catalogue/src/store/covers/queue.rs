//! Covers that are due, and what came of trying them.

use std::collections::HashMap;
use std::time::Duration;

use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;

use super::{CoverReason, KeptCover, read_offer, write_offer};
use crate::covers::Picture;
use crate::model::{CoverLink, EditionId};
use crate::store::row;

storage::statements! {
    DUE = "SELECT edition_id, offer, tries, etag, modified, sha256 FROM covers
        WHERE due_us <= $1 ORDER BY due_us, edition_id LIMIT $2";
    TRIED = "UPDATE covers SET tries = tries + 1, tried_us = $2, due_us = $3 WHERE edition_id = $1";
    BEHIND =
        sqlite "UPDATE covers SET due_us = $2 WHERE edition_id IN (SELECT value FROM json_each($1))",
        postgres "UPDATE covers SET due_us = $2
            WHERE edition_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    KEEP = "UPDATE covers SET state = 'kept', due_us = $3, tries = 0, etag = $4, modified = $5, sha256 = $6,
            picture = $7, width = $8, height = $9, reason = NULL, detail = NULL, changed_us = $10
        WHERE edition_id = $1 AND offer = $2 AND state <> 'withdrawn'";
    STILL = "UPDATE covers SET state = 'kept', due_us = $3, tries = 0, etag = COALESCE($4, etag),
            modified = COALESCE($5, modified), reason = NULL, detail = NULL
        WHERE edition_id = $1 AND offer = $2 AND state <> 'withdrawn' AND picture IS NOT NULL";
    FAIL = "UPDATE covers SET state = 'failing', due_us = $3, reason = $4, detail = $5
        WHERE edition_id = $1 AND offer = $2 AND state <> 'withdrawn'";
    REFUSE = "UPDATE covers SET state = 'refused', due_us = NULL, etag = NULL, modified = NULL, sha256 = NULL,
            picture = NULL, width = NULL, height = NULL, reason = $3, detail = $4, changed_us = $5
        WHERE edition_id = $1 AND offer = $2 AND state <> 'withdrawn'";
    LOOK_WHOLE = "UPDATE covers SET due_us = $3, etag = NULL, modified = NULL, sha256 = NULL
        WHERE edition_id = $1 AND picture = $2 AND state = 'kept'";
    LATER = "UPDATE covers SET due_us = $2, tries = tries - 1 WHERE edition_id = $1 AND tries > 0
            AND state <> 'withdrawn'";
    AGAIN = "UPDATE covers SET state = 'waiting', due_us = $2, tries = 0
        WHERE edition_id = $1 AND state IN ('refused', 'failing')";
    ALL_AGAIN = "UPDATE covers SET state = 'waiting', due_us = $1, tries = 0 WHERE state IN ('refused', 'failing')";
}

/// Covers that one server is asked for of one batch: a supplier of a million covers leaves room for the others.
pub const COVERS_OF_ONE_SERVER: usize = 25;

/// Covers that are looked at to fill a batch: those of one supplier that stand in front of everybody else's, and are not
/// in the batch, step behind, so that a million of them are passed in 200 batches.
const LOOKED_AT: u32 = 5_000;

/// When a cover is tried again of which nothing more was heard: the process ended meanwhile.
const UNHEARD_OF: Duration = Duration::from_secs(60 * 60);

/// Characters of a detail that are kept: a sentence.
const DETAIL_CHARS: usize = 300;

/// A cover that is to be fetched now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCover {
    /// The edition.
    pub edition: EditionId,
    /// What its sender offers.
    pub offer: CoverLink,
    /// How often it was tried in a row, this time included.
    pub tries: u32,
    /// What the server said of the picture that the shop holds, for asking whether it has another one.
    pub held: Option<HeldFile>,
}

/// What is known of a file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFile {
    /// The server's `ETag`.
    pub etag: Option<String>,
    /// The server's `Last-Modified`, as it was written.
    pub modified: Option<String>,
    /// SHA-256 of the file, 64 lower-case hexadecimal figures.
    pub sha256: String,
}

/// Up to `limit` covers that are due, up to [`COVERS_OF_ONE_SERVER`] of each server, each counted as tried. What its
/// server has no turn for steps behind those that came later.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn take_due_covers(
    tx: &mut dyn Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueCover>, Fault> {
    let rows = tx.query(&DUE, &[now.as_micros().into(), LOOKED_AT.into()])?;
    let again = now.plus(UNHEARD_OF).as_micros();
    let mut of_server: HashMap<String, usize> = HashMap::new();
    let (mut due, mut behind) = (Vec::new(), Vec::new());
    for row in &rows {
        if due.len() >= limit as usize {
            break;
        }
        let cover = due_of_row(row)?;
        let taken = of_server.entry(server_of(&cover.offer.link)).or_default();
        if *taken >= COVERS_OF_ONE_SERVER {
            behind.push(cover.edition.0);
            continue;
        }
        *taken += 1;
        let tried = [cover.edition.0.into(), now.as_micros().into(), again.into()];
        tx.execute(&TRIED, &tried)?;
        due.push(cover);
    }
    if !behind.is_empty() {
        let behind = [row::list(behind), now.as_micros().into()];
        tx.execute(&BEHIND, &behind)?;
    }
    Ok(due)
}

/// What stands for the server in a link, which may be no link at all: for turns only, never for asking.
fn server_of(link: &str) -> String {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    server.to_ascii_lowercase()
}

fn due_of_row(row: &Row) -> Result<DueCover, Fault> {
    let held = row.opt_text(5)?.map(|sha256| -> Result<HeldFile, Fault> {
        Ok(HeldFile {
            etag: row.opt_text(3)?.map(str::to_owned),
            modified: row.opt_text(4)?.map(str::to_owned),
            sha256: sha256.to_owned(),
        })
    });
    Ok(DueCover {
        edition: EditionId(row.int(0)?),
        offer: read_offer(row.text(1)?)?,
        tries: row.count(2)?.saturating_add(1),
        held: held.transpose()?,
    })
}

/// Keeps what was fetched: pages show it from now on. It is asked for again at `look_again`.
pub fn keep_cover(
    tx: &mut dyn Tx,
    cover: &DueCover,
    file: &HeldFile,
    picture: &Picture,
    look_again: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Fault> {
    let row = [
        cover.edition.0.into(),
        write_offer(&cover.offer).into(),
        micros(look_again),
        file.etag.as_deref().into(),
        file.modified.as_deref().into(),
        file.sha256.as_str().into(),
        picture.name().into(),
        picture.width().into(),
        picture.height().into(),
        now.as_micros().into(),
    ];
    tx.execute(&KEEP, &row).map(drop)
}

/// The server has no other picture than the one that is kept; if it sent it again, this is what it `said` of it.
pub fn cover_is_the_same(
    tx: &mut dyn Tx,
    cover: &DueCover,
    said: Option<&HeldFile>,
    look_again: Option<Timestamp>,
) -> Result<(), Fault> {
    let row = [
        cover.edition.0.into(),
        write_offer(&cover.offer).into(),
        micros(look_again),
        said.and_then(|said| said.etag.as_deref()).into(),
        said.and_then(|said| said.modified.as_deref()).into(),
    ];
    tx.execute(&STILL, &row).map(drop)
}

/// Fetching failed and is tried again at `due`; a picture that is kept is shown until then.
pub fn cover_failed(
    tx: &mut dyn Tx,
    cover: &DueCover,
    reason: CoverReason,
    detail: &str,
    due: Timestamp,
) -> Result<(), Fault> {
    let row = [
        cover.edition.0.into(),
        write_offer(&cover.offer).into(),
        due.as_micros().into(),
        reason.code().into(),
        clipped(detail).into(),
    ];
    tx.execute(&FAIL, &row).map(drop)
}

/// What the link leads to is not taken; the cover is drawn again.
pub fn refuse_cover(
    tx: &mut dyn Tx,
    cover: &DueCover,
    reason: CoverReason,
    detail: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let row = [
        cover.edition.0.into(),
        write_offer(&cover.offer).into(),
        reason.code().into(),
        clipped(detail).into(),
        now.as_micros().into(),
    ];
    tx.execute(&REFUSE, &row).map(drop)
}

/// A node that lacks the files of a picture got another file under its link: the cover is due, and is fetched whole. The
/// picture is shown until then by the nodes that have it.
pub fn look_whole(tx: &mut dyn Tx, cover: &KeptCover, now: Timestamp) -> Result<(), Fault> {
    let row = [
        cover.edition.0.into(),
        cover.picture.name().into(),
        now.as_micros().into(),
    ];
    tx.execute(&LOOK_WHOLE, &row).map(drop)
}

/// Was not tried after all: its server asked for a pause, or its turn was over.
pub fn cover_waits(tx: &mut dyn Tx, cover: &DueCover, due: Timestamp) -> Result<(), Fault> {
    let row = [cover.edition.0.into(), due.as_micros().into()];
    tx.execute(&LATER, &row).map(drop)
}

/// Tries an edition's cover again, or all that were not taken; says how many there are.
pub fn try_covers_again(
    tx: &mut dyn Tx,
    edition: Option<EditionId>,
    now: Timestamp,
) -> Result<u64, Fault> {
    let now: Value = now.as_micros().into();
    match edition {
        Some(edition) => tx.execute(&AGAIN, &[edition.0.into(), now]),
        None => tx.execute(&ALL_AGAIN, &[now]),
    }
}

fn micros(at: Option<Timestamp>) -> Value {
    at.map(Timestamp::as_micros).into()
}

fn clipped(detail: &str) -> String {
    detail.chars().take(DETAIL_CHARS).collect()
}
