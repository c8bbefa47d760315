//! A run: looks through bank, switch and books, opens and closes breaks, and says what it did.
//!
//! Looking is one snapshot that holds up nobody; what it found is written afterwards. Two runs at once do no harm: a
//! break that the later one sees is not closed by the earlier one.

use std::time::Duration;

use storage::{Fault, Row, Store, Tx};
use trade::clock::{Clock, Timestamp};

use super::{agreement::Agreement, breaks, causes::Causes};

/// A night's run is not begun when one that ended began so short a time ago: another node's, or after a file.
const RECENT: Duration = Duration::from_secs(30 * 60);
/// Nor when one began so short a time ago and has not ended. Later it is taken for one whose shop died in it: a run that
/// still goes on then is not harmed by another.
pub const UNDER_WAY: Duration = Duration::from_secs(10 * 60);

storage::statements! {
    BEGIN = "INSERT INTO reconciliation_runs (begun_us, staff) VALUES ($1, $2) RETURNING id";
    RECENTLY = "SELECT 1 FROM reconciliation_runs WHERE begun_us > $1 AND ended_us IS NOT NULL LIMIT 1";
    UNENDED = "SELECT 1 FROM reconciliation_runs WHERE begun_us > $1 AND ended_us IS NULL LIMIT 1";
    END = "UPDATE reconciliation_runs SET ended_us = $2, opened = $3, closed = $4, open = $5, complete = $6 WHERE id = $1";
    LAST = "SELECT begun_us, ended_us, staff, opened, closed, open, complete FROM reconciliation_runs
        WHERE ended_us IS NOT NULL ORDER BY id DESC LIMIT 1";
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub begun: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The login of who wanted it; none for the night's.
    pub staff: Option<String>,
    /// Breaks it opened.
    pub opened: u64,
    /// Breaks that closed by themselves.
    pub closed: u64,
    /// Breaks that were open afterwards.
    pub open: u64,
    /// Whether all breaks were listed: of one kind, [`BREAKS_PER_KIND`](trade::limits::BREAKS_PER_KIND) are.
    pub complete: bool,
}

/// Reconciles now; `staff` is who wants it.
///
/// # Errors
/// A [`Fault`]; the breaks stay as they were.
pub async fn run(
    store: &Store,
    clock: &Clock,
    agreement: &Agreement,
    staff: Option<&str>,
) -> Result<Run, Fault> {
    let (begun, staff) = (clock.now(), staff.map(str::to_owned));
    let wanted = staff.clone();
    let run = store
        .write(move |tx| -> Result<i64, Fault> {
            let params = [begun.as_micros().into(), wanted.as_deref().into()];
            tx.query_one(&BEGIN, &params)?.int(0)
        })
        .await?;
    let agreement = agreement.clone();
    let causes = store
        .read(move |tx| Causes::find(tx, &agreement, begun))
        .await?;
    let ended = clock.now();
    store
        .write(move |tx| end(tx, run, &causes, (begun, ended), staff.clone()))
        .await
}

/// What became of a night's run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nightly {
    /// It ran.
    Ran(Run),
    /// One that began within the last half hour has ended: there is nothing new.
    Recent,
    /// One began within [`UNDER_WAY`] and has not ended: another node's, or of a shop that died in it. Ask again after that
    /// time.
    UnderWay,
}

/// The night's run, unless there was one just now.
///
/// # Errors
/// A [`Fault`].
pub async fn nightly(
    store: &Store,
    clock: &Clock,
    agreement: &Agreement,
) -> Result<Nightly, Fault> {
    let now = clock.now();
    let found = store.read(move |tx| before(tx, now)).await?;
    match found {
        Some(found) => Ok(found),
        None => run(store, clock, agreement, None).await.map(Nightly::Ran),
    }
}

/// Why a night's run at `now` is not begun, if it is not.
fn before(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Nightly>, Fault> {
    let since = |time| [now.minus(time).as_micros().into()];
    if tx.query_opt(&RECENTLY, &since(RECENT))?.is_some() {
        return Ok(Some(Nightly::Recent));
    }
    let unended = tx.query_opt(&UNENDED, &since(UNDER_WAY))?;
    Ok(unended.map(|_| Nightly::UnderWay))
}

fn end(
    tx: &mut dyn Tx,
    run: i64,
    causes: &Causes,
    (begun, ended): (Timestamp, Timestamp),
    staff: Option<String>,
) -> Result<Run, Fault> {
    let synced = breaks::sync(tx, run, &causes.found, &causes.incomplete, ended)?;
    let complete = causes.incomplete.is_empty();
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let params = [
        run.into(),
        ended.as_micros().into(),
        count(synced.opened).into(),
        count(synced.closed).into(),
        count(synced.open).into(),
        complete.into(),
    ];
    tx.execute(&END, &params)?;
    Ok(Run {
        begun,
        ended,
        staff,
        opened: synced.opened,
        closed: synced.closed,
        open: synced.open,
        complete,
    })
}

/// The last run that ended.
///
/// # Errors
/// A [`Fault`].
pub fn last(tx: &mut dyn Tx) -> Result<Option<Run>, Fault> {
    let row = tx.query_opt(&LAST, &[])?;
    row.as_ref().map(of_row).transpose()
}

fn of_row(row: &Row) -> Result<Run, Fault> {
    let count = |column| Ok::<_, Fault>(u64::try_from(row.int(column)?).unwrap_or_default());
    Ok(Run {
        begun: Timestamp::micros(row.int(0)?),
        ended: Timestamp::micros(row.int(1)?),
        staff: row.opt_text(2)?.map(str::to_owned),
        opened: count(3)?,
        closed: count(4)?,
        open: count(5)?,
        complete: row.flag(6)?,
    })
}
