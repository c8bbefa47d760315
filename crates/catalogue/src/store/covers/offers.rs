//! What senders offer, taken in as editions change: what is wanted, what is the same as before, what is withdrawn.

use std::collections::HashMap;

use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::{read_offer, write_offer};
use crate::model::CoverLink;
use crate::store::row;

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
}

/// Changes of editions that are looked at in one transaction: few enough that an order never waits long behind them.
pub const COVERS_FOLLOWED_AT_ONCE: u32 = 1_000;

/// Takes in what changed in editions since the last time, up to [`COVERS_FOLLOWED_AT_ONCE`] of them; says whether there
/// may be more.
///
/// # Errors
/// A [`Fault`].
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
    let rows = tx.query(&KNOWN, &[row::list(ids)])?;
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
