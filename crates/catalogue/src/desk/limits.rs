//! The limits of the import desk, each with its reason.

/// Jobs that ended and are kept with their notes: half a year of two feeds a week.
pub const JOBS_KEPT: u32 = 50;

/// How often a job is begun whose workers die without a word. Once is an accident of the machine, twice may be; what
/// takes the shop down at every start is worse than a file that waits for a person.
pub const TRIES: u64 = 3;

/// Notes of the reader that are kept of one job, and as many findings of the catalogue: 15 MB; who gets more has sent
/// the wrong file.
pub const NOTES: u64 = 50_000;

/// Rejected records that are kept of one job to be completed: more are put right in the file.
pub const REJECTS: u64 = 500;

/// Bytes kept of a rejected record: ten times a record with its texts. 16 MB a job with [`REJECTS`].
pub const REJECT_BYTES: usize = 32 << 10;

/// Notes written in one transaction: few enough that an order never waits long behind them.
pub const NOTES_AT_ONCE: usize = 500;

/// Changed editions that a trial shows: more are not read by anybody.
pub const TRIAL_CHANGES: usize = 200;

/// Characters shown of a value that an import would change.
pub const TRIAL_VALUE_CHARS: usize = 300;

/// Senders' mappings that are looked through for the one that fits a table.
pub const MAPPINGS_TRIED: u32 = 200;

/// Corrections of one field that are typed at once: contributors of an anthology.
pub const CONTRIBUTORS_TYPED: usize = 100;

/// Files of a drop folder that are looked at together: a sender leaves one or two a day.
pub const DROPPED_LOOKED_AT: usize = 1_000;

/// Bytes of a file in a drop folder: the largest feeds of the trade have 5 GB.
pub const DROPPED_BYTES: u64 = 8 << 30;
