//! The sets of rules as booksellers handle them: one draft, published sets that never change, one set in the shadow.

use screening::{DEFAULT_RULES, RuleError, RuleSet};
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
    let house = || Version {
        id: 0,
        rules: DEFAULT_RULES.to_owned(),
        made: Timestamp::micros(0),
        made_by: HOUSE.to_owned(),
    };
    Ok((live.unwrap_or_else(house), shadow))
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

/// Puts a set in force, if it is right; the draft is done with.
///
/// # Errors
/// [`PublishRefusal::Mistakes`].
pub fn publish(
    tx: &mut dyn Tx,
    rules: &str,
    staff: &str,
    now: Timestamp,
) -> Result<i64, PublishRefusal> {
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
