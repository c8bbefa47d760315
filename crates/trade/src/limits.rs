//! Every limit of the house, with its reason. A queue, loop, page, upload or retry without an entry
//! here is a defect.

use std::time::Duration;

/// Verbs that may wait for SQLite's writer; beyond, callers are told "busy" instead of waiting longer
/// than a reader would (about 1 s of work at the measured rate).
pub const WRITE_QUEUE: usize = 4096;
/// Verbs that share one commit: more gains nothing measurable.
pub const GROUP_COMMIT_VERBS: usize = 512;
/// How long a group may grow before it is committed: what the first verb in it waits at most.
pub const GROUP_COMMIT_TIME: Duration = Duration::from_millis(2);
/// Connections to PostgreSQL per node: its default allows 100 for all nodes.
pub const POSTGRES_CONNECTIONS: usize = 16;
/// How long a verb waits for a connection: a reader waits no longer for a page.
pub const POSTGRES_WAIT: Duration = Duration::from_secs(5);
/// How often a transaction that collided is run again.
pub const COLLISION_RETRIES: u32 = 8;
