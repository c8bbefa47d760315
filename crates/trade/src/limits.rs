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

/// Lines in one cart: a class set or a library's order; more belongs in a quotation.
pub const CART_LINES: usize = 100;
/// Pieces of one title in one order: beyond, a bookseller wants to talk to the buyer first.
pub const LINE_QUANTITY: u32 = 999;
/// The dearest thing sold on a line: far above any book, and low enough that no sum can overflow.
pub const UNIT_PRICE_CENTS: i64 = 10_000_000;
/// Length of an idempotency key: a UUID takes 36, a caller's own scheme gets some room.
pub const IDEMPOTENCY_KEY_BYTES: usize = 64;
/// A person's or firm's name on a parcel label, in characters.
pub const NAME_CHARS: usize = 100;
/// Street lines of an address together, in characters: three label lines.
pub const STREET_CHARS: usize = 200;
/// Lines of a street: what fits on a parcel label between name and town.
pub const STREET_LINES: usize = 3;
/// A town's name in characters: the longest in France has 45.
pub const CITY_CHARS: usize = 80;
/// An e-mail address (RFC 5321: a path holds 254).
pub const EMAIL_BYTES: usize = 254;
/// A search, in characters: longer than any title and author together that a reader types.
pub const QUERY_CHARS: usize = 200;
/// A postcode as typed, in characters: five digits and some spaces.
pub const POSTCODE_CHARS: usize = 12;
