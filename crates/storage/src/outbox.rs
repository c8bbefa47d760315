//! The outbox: what must leave the process, written in the same transaction as its cause.
//!
//! Workers lease entries, deliver, and mark them done. Delivery is at least once: a worker that dies
//! after delivering and before `done` is followed by another, so receivers recognise an entry by its
//! key. Entries of one topic and key exist once.

use crate::{Fault, Migration, Tx};

/// The outbox table.
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "storage",
    version: 1,
    sql: "CREATE TABLE outbox (
        seq {id},
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        payload TEXT NOT NULL,
        due_us {bigint} NOT NULL,
        leased_until_us {bigint} NOT NULL,
        tries {bigint} NOT NULL,
        done_us {bigint},
        UNIQUE (topic, key)
    ) {strict};
    CREATE INDEX outbox_waiting ON outbox (topic, due_us) WHERE done_us IS NULL;",
}];

crate::statements! {
    PUSH = "INSERT INTO outbox (topic, key, payload, due_us, leased_until_us, tries)
        VALUES ($1, $2, $3, 0, 0, 0) ON CONFLICT (topic, key) DO NOTHING";
    LEASE = sqlite "UPDATE outbox SET leased_until_us = CAST($2 AS BIGINT) + CAST($3 AS BIGINT), tries = tries + 1 WHERE seq IN (
            SELECT seq FROM outbox WHERE topic = $1 AND done_us IS NULL AND due_us <= $2
              AND leased_until_us <= $2 ORDER BY seq LIMIT $4)
        RETURNING seq, key, payload, tries",
        postgres "UPDATE outbox SET leased_until_us = CAST($2 AS BIGINT) + CAST($3 AS BIGINT), tries = tries + 1 WHERE seq IN (
            SELECT seq FROM outbox WHERE topic = $1 AND done_us IS NULL AND due_us <= $2
              AND leased_until_us <= $2 ORDER BY seq LIMIT $4 FOR UPDATE SKIP LOCKED)
        RETURNING seq, key, payload, tries";
    DONE = "UPDATE outbox SET done_us = $2 WHERE seq = $1 AND done_us IS NULL";
    RETRY = "UPDATE outbox SET due_us = $2, leased_until_us = 0 WHERE seq = $1 AND done_us IS NULL";
    WAITING = "SELECT COUNT(*) FROM outbox WHERE topic = $1 AND done_us IS NULL";
}

/// An entry that this worker holds until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// Names the entry to [`done`] and [`retry_later`].
    pub seq: i64,
    /// What receivers deduplicate by.
    pub key: String,
    /// JSON.
    pub payload: String,
    /// How many times it was leased, this time included.
    pub tries: u32,
}

/// Writes an entry; a second one with the same topic and key changes nothing and gives `false`.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn push(tx: &mut dyn Tx, topic: &str, key: &str, payload: &str) -> Result<bool, Fault> {
    Ok(tx.execute(&PUSH, &[topic.into(), key.into(), payload.into()])? == 1)
}

/// Takes up to `limit` entries that are due at `now_us` and not leased, for `lease_us` microseconds.
pub fn lease(
    tx: &mut dyn Tx,
    topic: &str,
    limit: u32,
    now_us: i64,
    lease_us: i64,
) -> Result<Vec<Leased>, Fault> {
    let rows = tx.query(
        &LEASE,
        &[topic.into(), now_us.into(), lease_us.into(), limit.into()],
    )?;
    let mut leased = rows
        .iter()
        .map(|row| {
            Ok(Leased {
                seq: row.int(0)?,
                key: row.text(1)?.to_owned(),
                payload: row.text(2)?.to_owned(),
                tries: row.count(3)?,
            })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    leased.sort_by_key(|entry| entry.seq);
    Ok(leased)
}

/// Marks an entry delivered at `now_us`.
pub fn done(tx: &mut dyn Tx, seq: i64, now_us: i64) -> Result<(), Fault> {
    tx.execute(&DONE, &[seq.into(), now_us.into()]).map(drop)
}

/// Gives an entry back, to be leased again from `due_us` on.
pub fn retry_later(tx: &mut dyn Tx, seq: i64, due_us: i64) -> Result<(), Fault> {
    tx.execute(&RETRY, &[seq.into(), due_us.into()]).map(drop)
}

/// How many entries of `topic` wait, leased or not.
pub fn waiting(tx: &mut dyn Tx, topic: &str) -> Result<i64, Fault> {
    tx.query_one(&WAITING, &[topic.into()])?.int(0)
}
