//! The shadow beside what was decided: how often, and in what, they differ.

use screening::Decision;
use storage::{Fault, Tx};

use super::record;

storage::statements! {
    BY_KIND = "SELECT decision, shadow_decision, COUNT(*) FROM screenings WHERE shadow_rules = $1
        GROUP BY decision, shadow_decision";
}

/// How the decisions that were made with a set in the shadow compare with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadowed {
    /// Decisions that were made meanwhile.
    pub looked_at: u32,
    /// How many the shadow would have made otherwise.
    pub changed: u32,
    /// Those by kind, from the least to the most: what was decided, what the shadow would have, how often.
    pub kinds: Vec<(Decision, Decision, u32)>,
}

/// What the set of that number said in the shadow, beside what was decided.
///
/// # Errors
/// A [`Fault`].
pub fn shadowed(tx: &mut dyn Tx, shadow: i64) -> Result<Shadowed, Fault> {
    let mut all = Shadowed::default();
    for row in tx.query(&BY_KIND, &[shadow.into()])? {
        let (was, would_be) = (
            record::decision(row.text(0)?)?,
            record::decision(row.text(1)?)?,
        );
        let count = row.count(2)?;
        all.looked_at += count;
        if was != would_be {
            all.changed += count;
            all.kinds.push((was, would_be, count));
        }
    }
    all.kinds.sort_unstable();
    Ok(all)
}
