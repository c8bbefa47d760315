//! All that a run finds, bounded kind by kind.

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits};

use super::{
    agreement::Agreement,
    breaks::{BreakKind, Cause},
    compare, lying, own_books, payouts,
};

/// What a run found.
#[derive(Debug, Default)]
pub(super) struct Causes {
    pub found: Vec<Cause>,
    /// Kinds of which there are more than were read: what is not found of these may still be there.
    pub incomplete: Vec<BreakKind>,
}

impl Causes {
    /// Rows read of each kind: one more than is kept, to know whether there are more.
    pub const LIMIT: u32 = limits::BREAKS_PER_KIND + 1;

    /// Looks through bank, switch and books, in one snapshot.
    pub fn find(tx: &mut dyn Tx, agreement: &Agreement, now: Timestamp) -> Result<Causes, Fault> {
        let mut causes = Causes::default();
        compare::find(tx, &mut causes, agreement, now)?;
        lying::find(tx, &mut causes, now)?;
        payouts::find(tx, &mut causes, now)?;
        own_books::find(tx, &mut causes)?;
        Ok(causes)
    }

    /// Adds a cause, unless there are enough of its kind.
    pub fn add(&mut self, cause: Cause) {
        let of_kind = self.found.iter().filter(|found| found.kind == cause.kind);
        if of_kind.count() < usize::try_from(limits::BREAKS_PER_KIND).unwrap_or(usize::MAX) {
            self.found.push(cause);
        } else if !self.incomplete.contains(&cause.kind) {
            self.incomplete.push(cause.kind);
        }
    }

    /// Adds what rows say, read with [`Self::LIMIT`].
    pub fn add_all(
        &mut self,
        kind: BreakKind,
        rows: &[Row],
        read: impl Fn(&Row) -> Result<Cause, Fault>,
    ) -> Result<(), Fault> {
        for row in rows {
            let cause = read(row)?;
            debug_assert_eq!(cause.kind, kind);
            self.add(cause);
        }
        Ok(())
    }
}
