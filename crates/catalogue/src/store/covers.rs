//! The queue of covers that senders offer (O21): fed by changes of editions, worked off by whoever can reach the
//! network, and read by pages.
//!
//! One row an edition. A cover is tried when it is due; trying moves the time of the next try on before anything is
//! fetched, so that a file that ends the process is not tried at every start. What is reported back counts only if the
//! sender still offers the same.

use std::collections::HashMap;
use std::time::Duration;

use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;

use crate::covers::Picture;
use crate::model::{CoverLink, EditionId};

storage::statements! {
    FOLLOWED = "SELECT changed_seq, edition_id FROM covers_followed WHERE one = 1";
    FOLLOW = "UPDATE covers_followed SET changed_seq = $1, edition_id = $2 WHERE one = 1";
    OFFERS =
        sqlite "SELECT changed_seq, id, CASE WHEN hidden = 0 THEN document->>'$.cover' END FROM editions
            WHERE (changed_seq, id) > ($1, $2) ORDER BY changed_seq, id LIMIT $3",
        postgres "SELECT changed_seq, id, CASE WHEN hidden = 0 THEN (document::jsonb)->>'cover' END FROM editions
            WHERE (changed_seq, id) > ($1, $2) ORDER BY changed_seq, id LIMIT $3";
    KNOWN =
        sqlite "SELECT edition_id, offer, state, sha256 FROM covers
            WHERE edition_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT edition_id, offer, state, sha256 FROM covers
            WHERE edition_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    WANT = "INSERT INTO covers (edition_id, offer, state, due_us, changed_us) VALUES ($1, $2, 'waiting', $3, $3)
        ON CONFLICT (edition_id) DO UPDATE SET offer = excluded.offer, state = 'waiting', due_us = excluded.due_us,
            tries = 0, reason = NULL, detail = NULL, changed_us = excluded.changed_us";
    RESTATE = "UPDATE covers SET offer = $2 WHERE edition_id = $1";
    ASK_ANEW = "UPDATE covers SET etag = NULL, modified = NULL WHERE edition_id = $1";
    WITHDRAW = "UPDATE covers SET state = 'withdrawn', due_us = NULL, etag = NULL, modified = NULL, sha256 = NULL,
            picture = NULL, width = NULL, height = NULL, reason = NULL, detail = NULL, changed_us = $2
        WHERE edition_id = $1";
    DUE = "SELECT edition_id, offer, tries, etag, modified, sha256 FROM covers
        WHERE due_us <= $1 ORDER BY due_us, edition_id LIMIT $2";
    TRIED = "UPDATE covers SET tries = tries + 1, tried_us = $2, due_us = $3 WHERE edition_id = $1";
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
    KEPT = "SELECT edition_id, offer, sha256, picture, width, height FROM covers
        WHERE edition_id > $1 AND state = 'kept' AND picture IS NOT NULL AND sha256 IS NOT NULL
        ORDER BY edition_id LIMIT $2";
    LOOK_WHOLE = "UPDATE covers SET due_us = $3, etag = NULL, modified = NULL, sha256 = NULL
        WHERE edition_id = $1 AND picture = $2 AND state = 'kept'";
    BEHIND =
        sqlite "UPDATE covers SET due_us = $2 WHERE edition_id IN (SELECT value FROM json_each($1))",
        postgres "UPDATE covers SET due_us = $2
            WHERE edition_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    LATER = "UPDATE covers SET due_us = $2, tries = tries - 1 WHERE edition_id = $1 AND tries > 0
            AND state <> 'withdrawn'";
    AGAIN = "UPDATE covers SET state = 'waiting', due_us = $2, tries = 0
        WHERE edition_id = $1 AND state IN ('refused', 'failing')";
    ALL_AGAIN = "UPDATE covers SET state = 'waiting', due_us = $1, tries = 0 WHERE state IN ('refused', 'failing')";
    COUNTS = "SELECT state, COUNT(*) FROM covers WHERE state <> 'withdrawn' GROUP BY state";
    TROUBLES = "SELECT edition_id, offer, state, reason, detail, tried_us, due_us FROM covers
        WHERE state IN ('refused', 'failing') ORDER BY tried_us DESC, edition_id LIMIT $1";
    PICTURES = "SELECT edition_id, picture, width, height FROM covers WHERE picture IS NOT NULL";
    CHANGED_PICTURES = "SELECT edition_id, picture, width, height FROM covers WHERE changed_us >= $1";
}

/// Changes of editions that are looked at in one transaction: few enough that an order never waits long behind them.
pub const COVERS_FOLLOWED_AT_ONCE: u32 = 1_000;

/// Covers that one server is asked for of one batch: a supplier of a million covers leaves room for the others.
pub const COVERS_OF_ONE_SERVER: usize = 25;

/// Covers that are looked at to fill a batch: those of one supplier that stand in front of everybody else's, and are not
/// in the batch, step behind, so that a million of them are passed in 200 batches.
const LOOKED_AT: u32 = 5_000;

/// When a cover is tried again of which nothing more was heard: the process ended meanwhile.
const UNHEARD_OF: Duration = Duration::from_secs(60 * 60);

/// Characters of a detail that are kept: a sentence.
const DETAIL_CHARS: usize = 300;

/// How an edition's cover stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverState {
    /// It is to be fetched.
    Waiting,
    /// It is shown.
    Kept,
    /// Fetching it failed, and is tried again by itself.
    Failing,
    /// What the link leads to is no cover that the shop takes; it is tried again when the sender says something new.
    Refused,
}

impl CoverState {
    /// All of them, in the order a page shows them.
    pub const ALL: [CoverState; 4] = [
        CoverState::Kept,
        CoverState::Waiting,
        CoverState::Failing,
        CoverState::Refused,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            CoverState::Waiting => "waiting",
            CoverState::Kept => "kept",
            CoverState::Failing => "failing",
            CoverState::Refused => "refused",
        }
    }

    fn parse(code: &str) -> Result<CoverState, Fault> {
        let known = CoverState::ALL.into_iter().find(|s| s.code() == code);
        known.ok_or_else(|| super::unknown("state of its cover", code))
    }
}

/// Why a cover was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverReason {
    /// The link is none that may be followed: another scheme or port, a password, or not a link at all.
    Link,
    /// It leads to an address that is not of the public internet.
    PrivateAddress,
    /// It leads on and on.
    Redirects,
    /// The server says that there is nothing, or nothing for the shop.
    Answer,
    /// The file is larger than covers are.
    TooLarge,
    /// The picture has more pixels than covers have.
    TooManyPixels,
    /// The picture is smaller than any cover: a stand-in.
    TooSmall,
    /// It is no picture, or in a format that is not taken.
    Type,
    /// The picture is damaged.
    Damaged,
    /// The server could not be reached.
    Unreachable,
    /// The server took too long.
    Slow,
    /// The shop itself could not keep it.
    Disk,
}

impl CoverReason {
    /// All of them.
    pub const ALL: [CoverReason; 12] = [
        CoverReason::Link,
        CoverReason::PrivateAddress,
        CoverReason::Redirects,
        CoverReason::Answer,
        CoverReason::TooLarge,
        CoverReason::TooManyPixels,
        CoverReason::TooSmall,
        CoverReason::Type,
        CoverReason::Damaged,
        CoverReason::Unreachable,
        CoverReason::Slow,
        CoverReason::Disk,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            CoverReason::Link => "link",
            CoverReason::PrivateAddress => "private-address",
            CoverReason::Redirects => "redirects",
            CoverReason::Answer => "answer",
            CoverReason::TooLarge => "too-large",
            CoverReason::TooManyPixels => "too-many-pixels",
            CoverReason::TooSmall => "too-small",
            CoverReason::Type => "type",
            CoverReason::Damaged => "damaged",
            CoverReason::Unreachable => "unreachable",
            CoverReason::Slow => "slow",
            CoverReason::Disk => "disk",
        }
    }

    fn parse(code: &str) -> Result<CoverReason, Fault> {
        let known = CoverReason::ALL.into_iter().find(|r| r.code() == code);
        known.ok_or_else(|| super::unknown("reason about its cover", code))
    }
}

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

/// Takes in what changed in editions since the last time, up to [`COVERS_FOLLOWED_AT_ONCE`] of them; says whether there
/// may be more.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn follow_covers(tx: &mut dyn Tx, now: Timestamp) -> Result<bool, Fault> {
    let followed = tx.query_one(&FOLLOWED, &[])?;
    let limit = COVERS_FOLLOWED_AT_ONCE;
    let from = [
        followed.int(0)?.into(),
        followed.int(1)?.into(),
        limit.into(),
    ];
    let changed = tx.query(&OFFERS, &from)?;
    let Some(last) = changed.last() else {
        return Ok(false);
    };
    let upto = [last.int(0)?.into(), last.int(1)?.into()];
    let ids: Result<Vec<i64>, Fault> = changed.iter().map(|row| row.int(1)).collect();
    let known = known(tx, ids?)?;
    for row in &changed {
        let edition = row.int(1)?;
        take_offer(tx, edition, row.opt_text(2)?, known.get(&edition), now)?;
    }
    tx.execute(&FOLLOW, &upto)?;
    Ok(changed.len() == limit as usize)
}

/// What is known of an edition's cover.
struct Known {
    offer: String,
    state: String,
    sha256: Option<String>,
}

fn known(tx: &mut dyn Tx, ids: Vec<i64>) -> Result<HashMap<i64, Known>, Fault> {
    let rows = tx.query(&KNOWN, &[super::row::list(ids)])?;
    let known = rows.iter().map(|row| {
        let known = Known {
            offer: row.text(1)?.to_owned(),
            state: row.text(2)?.to_owned(),
            sha256: row.opt_text(3)?.map(str::to_owned),
        };
        Ok((row.int(0)?, known))
    });
    known.collect()
}

fn take_offer(
    tx: &mut dyn Tx,
    edition: i64,
    offered: Option<&str>,
    known: Option<&Known>,
    now: Timestamp,
) -> Result<(), Fault> {
    let Some(offered) = offered else {
        if known.is_some_and(|known| known.state != "withdrawn") {
            tx.execute(&WITHDRAW, &[edition.into(), now.as_micros().into()])?;
        }
        return Ok(());
    };
    // Written again, so that the two engines' spaces and order do not matter.
    let offer = read_offer(offered)?;
    let written = write_offer(&offer);
    match known {
        Some(known) if known.state != "withdrawn" && known.offer == written => return Ok(()),
        Some(known) if known.state == "kept" && !is_newer(known, &offer)? => {
            tx.execute(&RESTATE, &[edition.into(), written.into()])?;
        }
        _ => {
            let row = [edition.into(), written.into(), now.as_micros().into()];
            tx.execute(&WANT, &row)?;
        }
    }
    // What a server said of the file under the old link says nothing of the one under the new (RFC 9110, 8.8).
    if let Some(known) = known
        && read_offer(&known.offer)?.link != offer.link
    {
        tx.execute(&ASK_ANEW, &[edition.into()])?;
    }
    Ok(())
}

/// Whether what is offered may be another file than the one that is kept: not when its hash is the same.
fn is_newer(known: &Known, offer: &CoverLink) -> Result<bool, Fault> {
    let before = read_offer(&known.offer)?;
    let is_held = offer.sha256.is_some() && offer.sha256 == known.sha256;
    let is_said_again = offer.md5.is_some() && offer.md5 == before.md5;
    Ok(!is_held && !is_said_again)
}

/// Up to `limit` covers that are due, up to [`COVERS_OF_ONE_SERVER`] of each server, each counted as tried. What its
/// server has no turn for steps behind those that came later.
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
        let behind = [super::row::list(behind), now.as_micros().into()];
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
            picture: picture.ok_or_else(|| super::unknown("picture of its cover", name))?,
        })
    });
    kept.collect()
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

fn read_offer(json: &str) -> Result<CoverLink, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::Corrupt(error.into()))
}

fn write_offer(offer: &CoverLink) -> String {
    // Text and numbers: there is nothing in it that JSON cannot say.
    serde_json::to_string(offer).unwrap_or_default()
}

fn micros(at: Option<Timestamp>) -> Value {
    at.map(Timestamp::as_micros).into()
}

fn clipped(detail: &str) -> String {
    detail.chars().take(DETAIL_CHARS).collect()
}
