//! Forgetting: networks after a month, traces, disputes and decisions after thirteen.

use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::limits;

storage::statements! {
    NETWORKS = "UPDATE screening_traces SET network = NULL WHERE id IN
        (SELECT id FROM screening_traces WHERE network IS NOT NULL AND at_us < $1 ORDER BY at_us LIMIT $2)";
    // By number, which is the order of time: neither has an index of its age.
    TRACES = "DELETE FROM screening_traces WHERE id IN (SELECT id FROM screening_traces ORDER BY id LIMIT $2)
        AND at_us < $1";
    DISPUTED = "DELETE FROM screening_disputed WHERE dispute IN
        (SELECT dispute FROM screening_disputed WHERE at_us < $1 ORDER BY at_us LIMIT $2)";
    DECISIONS = "DELETE FROM screenings WHERE id IN
        (SELECT id FROM screenings WHERE standing <> 'queued' ORDER BY id LIMIT $2) AND at_us < $1";
}

/// Forgets what has been kept long enough, some of it at a time; how many rows there were. An order that still waits
/// for a bookseller keeps its decision.
///
/// # Errors
/// A [`Fault`].
pub fn forget(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    let steps = [
        (&NETWORKS, limits::NETWORK_LIFE),
        (&TRACES, limits::TRACE_LIFE),
        (&DISPUTED, limits::TRACE_LIFE),
        (&DECISIONS, limits::DECISION_LIFE),
    ];
    let mut forgotten = 0;
    for (statement, life) in steps {
        let before = now.minus(life).as_micros();
        forgotten += tx.execute(
            statement,
            &[before.into(), limits::FORGOTTEN_AT_ONCE.into()],
        )?;
    }
    Ok(forgotten)
}
