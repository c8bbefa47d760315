//! The limits of the screening in the shop, each with its reason.

use std::time::Duration;

/// How long the bureau may take: readers wait for it.
pub const BUREAU_TIME: Duration = Duration::from_millis(300);
/// Attempts of one card, address or network that are looked back on; counts stop there. The rules of a new shop count to
/// eight, and one busy network must not make everybody behind it wait.
pub const LOOKED_BACK: i64 = 64;
/// Traces kept in memory, some 400 bytes each: 8,000 attempts a day for thirty days. What more there is, is remembered for
/// less long.
pub const REMEMBERED: usize = 250_000;
/// Traces with a higher number after which one that is missing is not waited for: more than transactions of all nodes end
/// while one of them is under way.
pub const UNDER_WAY: usize = 64;
/// How long traces are kept: a card can be disputed for 120 days and mostly is within a year; and a reader who orders
/// every Christmas is known at the next.
pub const TRACE_LIFE: Duration = Duration::from_secs(400 * 24 * 3600);
/// How long a network is kept: the longest time it is counted over.
pub const NETWORK_LIFE: Duration = Duration::from_secs(31 * 24 * 3600);
/// How long decisions are kept with their facts: as long as traces, for a dispute or a reader's question.
pub const DECISION_LIFE: Duration = TRACE_LIFE;
/// Rows forgotten in one transaction, so that no order waits behind it.
pub const FORGOTTEN_AT_ONCE: u32 = 1_000;
/// How long a code that was sent is good for: longer than a letter takes, shorter than the card waits in the vault, and no
/// longer than ASVS 5.0 lets it be (V6.5.5).
pub const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// Wrong codes before no other is looked at: five of a million guesses.
pub const CODE_TRIES: u32 = 5;
/// Codes sent for one attempt to pay: a letter is lost sometimes.
pub const CODES_SENT: u32 = 3;
/// Pause between two of them.
pub const CODE_PAUSE: Duration = Duration::from_secs(60);
/// Codes sent to one e-mail address in a day, over all attempts: nobody's mailbox is filled by a stranger.
pub const CODES_PER_DAY: u32 = 9;
/// Orders in the review queue's list.
pub const QUEUE_LISTED: u32 = 100;
/// Screenings of one order that are shown: more than cards can be tried for one.
pub const SCREENINGS_SHOWN: u32 = 50;
/// Past decisions that a draft is tried on: months of a bookshop, and less than a second of work.
pub const TRIED_ON: u32 = 5_000;
/// Changed decisions that are listed one by one.
pub const CHANGES_LISTED: usize = 50;
/// Sets of rules in the list of past ones.
pub const VERSIONS_LISTED: u32 = 20;
/// Length of an attempt's name.
pub const ATTEMPT_BYTES: usize = 64;
