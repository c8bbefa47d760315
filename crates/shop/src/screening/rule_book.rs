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

storage::statements! {
    ROLES = "SELECT role, rules FROM screening_roles";
    pub(super) TEXT = "SELECT rules FROM screening_rules WHERE id = $1";
    pub(super) ADD = "INSERT INTO screening_rules (rules, made_us, made_by) VALUES ($1, $2, $3) RETURNING id";
    pub(super) ASSIGN = "INSERT INTO screening_roles (role, rules) VALUES ($1, $2)
        ON CONFLICT (role) DO UPDATE SET rules = excluded.rules";
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

/// Sets that were read before. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleBook(Arc<Mutex<HashMap<i64, Arc<RuleSet>>>>);

impl RuleBook {
    /// The sets in force; a shop that has none begins with the house's.
    pub fn in_force(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<InForce, Fault> {
        let (mut live, mut shadow) = (None, None);
        for row in tx.query(&ROLES, &[])? {
            let set = self.set(tx, row.int(1)?)?;
            match row.text(0)? {
                "live" => live = set,
                _ => shadow = set,
            }
        }
        let live = match live {
            Some(live) => live,
            None => self.begin(tx, now)?,
        };
        Ok(InForce { live, shadow })
    }

    /// A set by its number; none when this program cannot read it any more.
    pub fn set(&self, tx: &mut dyn Tx, id: i64) -> Result<Option<Numbered>, Fault> {
        let known = self.kept().get(&id).cloned();
        if let Some(rules) = known {
            return Ok(Some(Numbered { id, rules }));
        }
        let text = tx.query_one(&TEXT, &[id.into()])?;
        match RuleSet::parse(text.text(0)?) {
            Ok(rules) => Ok(Some(self.keep(id, rules))),
            Err(mistakes) => {
                tracing::error!(
                    id,
                    ?mistakes,
                    "rules of the screening cannot be read any more"
                );
                Ok(None)
            }
        }
    }

    fn begin(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<Numbered, Fault> {
        let rules = RuleSet::parse(DEFAULT_RULES)
            .map_err(|mistakes| Fault::defect(format!("the house's rules: {mistakes:?}")))?;
        let params = [DEFAULT_RULES.into(), now.as_micros().into(), HOUSE.into()];
        let id = tx.query_one(&ADD, &params)?.int(0)?;
        tx.execute(&ASSIGN, &["live".into(), id.into()])?;
        // Not kept in memory: the transaction may still be undone, and its number given to another set.
        Ok(Numbered {
            id,
            rules: Arc::new(rules),
        })
    }

    fn keep(&self, id: i64, rules: RuleSet) -> Numbered {
        let rules = Arc::new(rules);
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(id, Arc::clone(&rules));
        Numbered { id, rules }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Arc<RuleSet>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
