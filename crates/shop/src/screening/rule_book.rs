//! The sets of rules in memory: read and checked once, since a published set never changes.
//!
//! Which set is in force is asked in every transaction, so that all nodes change over in the same moment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use screening::{DEFAULT_RULES, RuleSet};
use storage::{Fault, Tx};
use trade::clock::Timestamp;

use crate::staff::audit;

storage::statements! {
    ROLES = "SELECT role, rules FROM screening_roles";
    pub(super) TEXT = "SELECT rules FROM screening_rules WHERE id = $1";
    pub(super) ADD = "INSERT INTO screening_rules (rules, made_us, made_by) VALUES ($1, $2, $3) RETURNING id";
    pub(super) ASSIGN = "INSERT INTO screening_roles (role, rules) VALUES ($1, $2)
        ON CONFLICT (role) DO UPDATE SET rules = excluded.rules";
    KEPT_BY_HOUSE = "SELECT id FROM screening_rules WHERE rules = $1 AND made_by = $2 ORDER BY id LIMIT 1";
    STAND_IN = "INSERT INTO screening_stand_ins (unread, stand_in, since_us) VALUES ($1, $2, $3)
        ON CONFLICT (unread, stand_in) DO NOTHING";
}

/// Who made the set that a new shop begins with.
pub(super) const HOUSE: &str = "bouquin";

/// Sets kept in memory: the live one, the shadow, and the one before each.
const KEPT: usize = 4;

/// A set of rules and its number.
#[derive(Clone, Debug)]
pub(super) struct Numbered {
    pub id: i64,
    pub rules: Arc<RuleSet>,
}

/// The sets in force.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub live: Numbered,
    pub shadow: Option<Numbered>,
}

/// Sets that were read before; none for one that could not be. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleBook(Arc<Mutex<HashMap<i64, Option<Arc<RuleSet>>>>>);

impl RuleBook {
    /// The sets in force; a shop that has none begins with the house's. When this program cannot read the one that is in
    /// force, the house's stands in for it, and nothing is changed about what is in force: a bookseller is told.
    pub fn in_force(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<InForce, Fault> {
        let (mut live, mut shadow) = (None, None);
        for row in tx.query(&ROLES, &[])? {
            let id = row.int(1)?;
            let set = self.set(tx, id)?;
            match row.text(0)? {
                "live" => live = Some(set.ok_or(id)),
                _ => shadow = set,
            }
        }
        let live = match live {
            Some(Ok(live)) => live,
            Some(Err(unread)) => stand_in(tx, unread, now)?,
            None => begin(tx, now)?,
        };
        Ok(InForce { live, shadow })
    }

    /// A set by its number; none when this program cannot read it any more.
    pub fn set(&self, tx: &mut dyn Tx, id: i64) -> Result<Option<Numbered>, Fault> {
        let known = self.kept().get(&id).cloned();
        if let Some(rules) = known {
            return Ok(rules.map(|rules| Numbered { id, rules }));
        }
        let text = tx.query_one(&TEXT, &[id.into()])?;
        match RuleSet::parse(text.text(0)?) {
            Ok(rules) => {
                let rules = Arc::new(rules);
                self.keep(id, Some(Arc::clone(&rules)));
                Ok(Some(Numbered { id, rules }))
            }
            Err(mistakes) => {
                tracing::error!(
                    id,
                    ?mistakes,
                    "rules of the screening cannot be read any more"
                );
                self.keep(id, None);
                Ok(None)
            }
        }
    }

    fn keep(&self, id: i64, rules: Option<Arc<RuleSet>>) {
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(id, rules);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Option<Arc<RuleSet>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new shop begins with the house's rules.
fn begin(tx: &mut dyn Tx, now: Timestamp) -> Result<Numbered, Fault> {
    let (rules, id) = (house_rules()?, add_house_rules(tx, now)?);
    tx.execute(&ASSIGN, &["live".into(), id.into()])?;
    // Not kept in memory: the transaction may still be undone, and its number given to another set.
    Ok(Numbered { id, rules })
}

/// The house's rules decide in the place of those of that number, which stay in force for a program that can read them. The
/// log says so once.
fn stand_in(tx: &mut dyn Tx, unread: i64, now: Timestamp) -> Result<Numbered, Fault> {
    let rules = house_rules()?;
    let id = match tx.query_opt(&KEPT_BY_HOUSE, &[DEFAULT_RULES.into(), HOUSE.into()])? {
        Some(row) => row.int(0)?,
        None => add_house_rules(tx, now)?,
    };
    let params = [unread.into(), id.into(), now.as_micros().into()];
    if tx.execute(&STAND_IN, &params)? == 1 {
        let (subject, note) = (unread.to_string(), id.to_string());
        audit::record(tx, HOUSE, "screening.unread", &subject, Some(&note), now)?;
    }
    Ok(Numbered { id, rules })
}

fn house_rules() -> Result<Arc<RuleSet>, Fault> {
    let rules = RuleSet::parse(DEFAULT_RULES)
        .map_err(|mistakes| Fault::defect(format!("the house's rules: {mistakes:?}")))?;
    Ok(Arc::new(rules))
}

fn add_house_rules(tx: &mut dyn Tx, now: Timestamp) -> Result<i64, Fault> {
    let params = [DEFAULT_RULES.into(), now.as_micros().into(), HOUSE.into()];
    tx.query_one(&ADD, &params)?.int(0)
}
