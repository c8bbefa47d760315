//! The sets of rules as booksellers handle them: one draft, published sets that never change, one set in the shadow.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use screening::{DEFAULT_RULES, RuleError, RuleSet};
use sha2::{Digest as _, Sha256};
use storage::{Fault, Row, Tx};
use trade::clock::Timestamp;

use super::{
    limits,
    rule_book::{self, HOUSE},
};
use crate::staff::audit;

storage::statements! {
    IN_FORCE = "SELECT r.role, s.id, s.rules, s.made_us, s.made_by
        FROM screening_roles r JOIN screening_rules s ON s.id = r.rules";
    ONE = "SELECT 'past', id, rules, made_us, made_by FROM screening_rules WHERE id = $1";
    LATEST = "SELECT 'past', id, rules, made_us, made_by FROM screening_rules ORDER BY id DESC LIMIT $1";
    DRAFT = "SELECT rules, changed_us, changed_by FROM screening_draft WHERE place = 1";
    SAVE_DRAFT = "INSERT INTO screening_draft (place, rules, changed_us, changed_by) VALUES (1, $1, $2, $3)
        ON CONFLICT (place) DO UPDATE SET rules = excluded.rules, changed_us = excluded.changed_us,
            changed_by = excluded.changed_by";
    DROP_DRAFT = "DELETE FROM screening_draft";
    pub(super) NOTE_TRIAL = "UPDATE screening_draft SET tried = $1 WHERE place = 1";
    TRIED = "SELECT COUNT(*) FROM screening_draft WHERE tried = $1";
    NO_SHADOW = "DELETE FROM screening_roles WHERE role = 'shadow'";
}

/// A set of rules that was put to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub id: i64,
    /// Its text.
    pub rules: String,
    /// When it was put to use first.
    pub made: Timestamp,
    /// The login of who did.
    pub made_by: String,
}

/// The set that is being worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its text, right or not.
    pub rules: String,
    /// When and by whom it was changed; none when it is still what is in force.
    pub changed: Option<(Timestamp, String)>,
}

/// Why a set was not put to use.
#[derive(Debug, thiserror::Error)]
pub enum PublishRefusal {
    /// It has mistakes.
    #[error("the rules have {} mistakes", .0.len())]
    Mistakes(Vec<RuleError>),
    /// It was changed, or other rules came into force, since it was tried on past orders: nobody has seen what it would
    /// decide.
    #[error("the rules were not tried on past orders")]
    NotTried,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The set that decides, and the one in the shadow. Before the first order that is the house's set, numbered 0.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn in_force(tx: &mut dyn Tx) -> Result<(Version, Option<Version>), Fault> {
    let (mut live, mut shadow) = (None, None);
    for row in tx.query(&IN_FORCE, &[])? {
        match row.text(0)? {
            "live" => live = Some(of_row(&row)?),
            _ => shadow = Some(of_row(&row)?),
        }
    }
    Ok((live.unwrap_or_else(house), shadow))
}

/// The house's rules, before they are put to use.
fn house() -> Version {
    Version {
        id: 0,
        rules: DEFAULT_RULES.to_owned(),
        made: Timestamp::micros(0),
        made_by: HOUSE.to_owned(),
    }
}

/// The number of the set that is in force, if this program cannot read it: the house's decides in its place until another
/// one is published.
pub fn unread(tx: &mut dyn Tx) -> Result<Option<i64>, Fault> {
    let (live, _) = in_force(tx)?;
    Ok(RuleSet::parse(&live.rules).is_err().then_some(live.id))
}

/// The text by which orders are decided now.
pub(super) fn deciding(tx: &mut dyn Tx) -> Result<String, Fault> {
    let (live, _) = in_force(tx)?;
    Ok(match RuleSet::parse(&live.rules) {
        Ok(_) => live.rules,
        Err(_) => DEFAULT_RULES.to_owned(),
    })
}

/// What a text that was tried is recognised by, together with the text by which orders were decided then.
pub(super) fn fingerprint(deciding: &str, rules: &str) -> String {
    let mut hash = Sha256::new();
    // No text holds the byte between them.
    for part in [deciding.as_bytes(), &[0xff], rules.as_bytes()] {
        hash.update(part);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// The set of that number.
pub fn version(tx: &mut dyn Tx, id: i64) -> Result<Option<Version>, Fault> {
    let row = tx.query_opt(&ONE, &[id.into()])?;
    row.as_ref().map(of_row).transpose()
}

/// The latest sets, newest first.
pub fn versions(tx: &mut dyn Tx) -> Result<Vec<Version>, Fault> {
    let rows = tx.query(&LATEST, &[limits::VERSIONS_LISTED.into()])?;
    rows.iter().map(of_row).collect()
}

/// The draft; without one, what is in force.
pub fn draft(tx: &mut dyn Tx) -> Result<Draft, Fault> {
    match tx.query_opt(&DRAFT, &[])? {
        Some(row) => Ok(Draft {
            rules: row.text(0)?.to_owned(),
            changed: Some((Timestamp::micros(row.int(1)?), row.text(2)?.to_owned())),
        }),
        None => Ok(Draft {
            rules: in_force(tx)?.0.rules,
            changed: None,
        }),
    }
}

/// Keeps the draft, right or not; text beyond the longest there may be is cut off.
pub fn save_draft(tx: &mut dyn Tx, rules: &str, staff: &str, now: Timestamp) -> Result<(), Fault> {
    let mut end = rules.len().min(screening::limits::RULES_BYTES);
    while !rules.is_char_boundary(end) {
        end -= 1;
    }
    let kept = rules.get(..end).unwrap_or_default();
    let params = [kept.into(), now.as_micros().into(), staff.into()];
    tx.execute(&SAVE_DRAFT, &params).map(drop)
}

/// Puts a set in force, if it is right and exactly this one was [tried](super::try_on_history) against what is in force;
/// the draft is done with.
///
/// # Errors
/// [`PublishRefusal::Mistakes`], [`PublishRefusal::NotTried`].
pub fn publish(
    tx: &mut dyn Tx,
    rules: &str,
    staff: &str,
    now: Timestamp,
) -> Result<i64, PublishRefusal> {
    RuleSet::parse(rules).map_err(PublishRefusal::Mistakes)?;
    let tried = fingerprint(&deciding(tx)?, rules);
    if tx.query_one(&TRIED, &[tried.into()])?.int(0)? == 0 {
        return Err(PublishRefusal::NotTried);
    }
    let id = put_to_use(tx, (rules, "live"), "screening.publish", staff, now)?;
    tx.execute(&DROP_DRAFT, &[])?;
    Ok(id)
}

/// Puts a set into the shadow, if it is right: what it would decide is written down and not acted on.
///
/// # Errors
/// [`PublishRefusal::Mistakes`].
pub fn set_shadow(
    tx: &mut dyn Tx,
    rules: &str,
    staff: &str,
    now: Timestamp,
) -> Result<i64, PublishRefusal> {
    put_to_use(tx, (rules, "shadow"), "screening.shadow", staff, now)
}

/// Takes the set out of the shadow.
pub fn stop_shadow(tx: &mut dyn Tx, staff: &str, now: Timestamp) -> Result<(), Fault> {
    if tx.execute(&NO_SHADOW, &[])? > 0 {
        audit::record(tx, staff, "screening.unshadow", "", None, now)?;
    }
    Ok(())
}

fn put_to_use(
    tx: &mut dyn Tx,
    (rules, role): (&str, &str),
    action: &str,
    staff: &str,
    now: Timestamp,
) -> Result<i64, PublishRefusal> {
    RuleSet::parse(rules).map_err(PublishRefusal::Mistakes)?;
    let params = [rules.into(), now.as_micros().into(), staff.into()];
    let id = tx.query_one(&rule_book::ADD, &params)?.int(0)?;
    tx.execute(&rule_book::ASSIGN, &[role.into(), id.into()])?;
    audit::record(tx, staff, action, &id.to_string(), None, now)?;
    Ok(id)
}

fn of_row(row: &Row) -> Result<Version, Fault> {
    Ok(Version {
        id: row.int(1)?,
        rules: row.text(2)?.to_owned(),
        made: Timestamp::micros(row.int(3)?),
        made_by: row.text(4)?.to_owned(),
    })
}
