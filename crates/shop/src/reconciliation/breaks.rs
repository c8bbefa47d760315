//! Breaks: where bank, switch and books disagree, and who looks after each.
//!
//! A break is known by its kind and what it is about, and opens once however often it is found. It closes by itself when
//! a run does not find it any more, or by hand, with a note; one closed by hand opens again only with other amounts.

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use crate::{codes::coded, staff::audit};

coded! {
    /// What disagrees.
    pub enum BreakKind {
        /// A capture that no clearing batch has.
        CaptureUncleared = "capture_uncleared",
        /// A refund that no clearing batch has.
        RefundUncleared = "refund_uncleared",
        /// A line of a batch about a capture or refund that the shop does not know.
        LineUnknown = "line_unknown",
        /// A line whose amount, payment or order is not the shop's.
        LineDiffers = "line_differs",
        /// A capture or refund that was cleared twice.
        LineRepeated = "line_repeated",
        /// A line that the bank did not book.
        LineRejected = "line_rejected",
        /// A batch that the bank refused.
        BatchRefused = "batch_refused",
        /// A batch that is missing before another.
        BatchGap = "batch_gap",
        /// A batch that the bank has not paid.
        BatchUnpaid = "batch_unpaid",
        /// The bank paid another amount than its batch says.
        BatchAmount = "batch_amount",
        /// The bank paid a batch that was not read.
        BatchMissing = "batch_missing",
        /// The bank charged something else than was agreed.
        FeeDiffers = "fee_differs",
        /// A statement that is missing before another.
        StatementGap = "statement_gap",
        /// A statement that does not begin with what the one before ended with.
        StatementBalance = "statement_balance",
        /// A file that was damaged, or another one under a known number.
        FileRefused = "file_refused",
        /// A transfer that came in for no order, or for several.
        TransferUnknown = "transfer_unknown",
        /// A transfer of more or less than its order waits for.
        TransferAmount = "transfer_amount",
        /// A transfer for an order that waits no more.
        TransferLate = "transfer_late",
        /// Money that went out, and nothing says what for.
        EntryUnknown = "entry_unknown",
        /// A dispute about a payment that the shop does not know.
        DisputeUnknown = "dispute_unknown",
        /// A refund that the bank has not booked.
        RefundUnseen = "refund_unseen",
        /// A transfer that was sent back and that the bank has not booked.
        ReturnUnseen = "return_unseen",
        /// A payout that the hosted provider made and no statement shows.
        PayoutUnseen = "payout_unseen",
        /// The hosted provider's money on a statement, and no payout that was read.
        PayoutMissing = "payout_missing",
        /// A payout whose transactions cannot be had.
        PayoutUnread = "payout_unread",
        /// A payout that is not the sum of its transactions, or not in euros.
        PayoutDiffers = "payout_differs",
        /// A payout that failed, until the provider pays its amount again.
        PayoutFailed = "payout_failed",
        /// A transaction of a payout that the shop does not know.
        PayoutLineUnknown = "payout_line_unknown",
        /// A transaction of a payout with another amount or currency than the shop's, or one that was paid out before.
        PayoutLineDiffers = "payout_line_differs",
        /// A capture at the hosted provider that no payout has.
        CaptureNotPaidOut = "capture_not_paid_out",
        /// The hosted provider's accounts in the ledger are not what it still owes, or what is under way to the bank.
        ProviderBalance = "provider_balance",
        /// A transfer of the ledger that does not add up.
        LedgerUnbalanced = "ledger_unbalanced",
        /// The bank's account in the ledger is not what the statements moved.
        BankBalance = "bank_balance",
        /// An order whose sale, parcels, payments and ledger disagree.
        OrderDisagrees = "order_disagrees",
        /// An edition whose stock is not the sum of its moves.
        StockDisagrees = "stock_disagrees",
        /// Gift certificates that hold something else than the books say, together or one of them.
        CertificatesDisagree = "certificates_disagree",
    }
}

storage::statements! {
    OPEN = "INSERT INTO breaks (kind, subject, order_number, expected_cents, found_cents, detail, opened_us, seen_run)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (kind, subject) DO NOTHING";
    SEE = "UPDATE breaks SET seen_run = $3, expected_cents = $4, found_cents = $5, detail = $6
        WHERE kind = $1 AND subject = $2 AND closed_us IS NULL";
    REOPEN = "UPDATE breaks SET closed_us = NULL, closed_by = NULL, opened_us = $3, seen_run = $4, expected_cents = $5,
            found_cents = $6, detail = $7
        WHERE kind = $1 AND subject = $2 AND closed_us IS NOT NULL AND (closed_by IS NULL
            OR expected_cents IS DISTINCT FROM $5 OR found_cents IS DISTINCT FROM $6 OR detail <> $7)";
    CLOSE_GONE = "UPDATE breaks SET closed_us = $3 WHERE kind = $1 AND closed_us IS NULL AND seen_run < $2";
    COUNT = "SELECT COUNT(*) FROM breaks WHERE closed_us IS NULL";
    BY_KIND = "SELECT kind, COUNT(*) FROM breaks WHERE closed_us IS NULL GROUP BY kind ORDER BY kind";
    LIST = "SELECT id, kind, subject, order_number, expected_cents, found_cents, detail, owner, note, opened_us, closed_us,
            closed_by
        FROM breaks
        WHERE (closed_us IS NULL) = ($1 = 1) AND ($2 = '' OR kind = $2) AND ($3 = '' OR owner = $3)
        ORDER BY opened_us, id LIMIT $4 OFFSET $5";
    BY_ID = "SELECT id, kind, subject, order_number, expected_cents, found_cents, detail, owner, note, opened_us, closed_us,
            closed_by
        FROM breaks WHERE id = $1";
    LISTED = "SELECT COUNT(*) FROM breaks
        WHERE (closed_us IS NULL) = ($1 = 1) AND ($2 = '' OR kind = $2) AND ($3 = '' OR owner = $3)";
    OWN = "UPDATE breaks SET owner = $2, note = $3 WHERE id = $1 AND closed_us IS NULL";
    CLOSE = "UPDATE breaks SET closed_us = $2, closed_by = $3, note = $4 WHERE id = $1 AND closed_us IS NULL";
}

/// A disagreement that a run finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub kind: BreakKind,
    /// What it is about: a batch and line, a statement, an entry, a capture.
    pub subject: String,
    /// The order it touches.
    pub order: Option<String>,
    pub expected: Option<Money>,
    pub found: Option<Money>,
    /// More, in codes, numbers and days: it is the same in every language.
    pub detail: String,
}

/// A break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its number.
    pub id: i64,
    /// What disagrees.
    pub kind: BreakKind,
    /// What it is about.
    pub subject: String,
    /// The order it touches.
    pub order: Option<String>,
    /// What should be.
    pub expected: Option<Money>,
    /// What is.
    pub found: Option<Money>,
    /// More about it.
    pub detail: String,
    /// The login of who looks after it.
    pub owner: Option<String>,
    /// What she wrote down.
    pub note: String,
    /// Since when it is open.
    pub opened: Timestamp,
    /// When it closed.
    pub closed: Option<Timestamp>,
    /// The login of who closed it; none when it closed by itself.
    pub closed_by: Option<String>,
}

/// Which breaks are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakFilter {
    /// Closed ones instead of open ones.
    pub closed: bool,
    /// Of one kind.
    pub kind: Option<BreakKind>,
    /// Of one owner.
    pub owner: Option<String>,
}

/// Why a break was not changed.
#[derive(Debug, thiserror::Error)]
pub enum BreakRefusal {
    /// It is closed, or was never there.
    #[error("there is no such open break")]
    Gone,
    /// A break is closed with a note that says why.
    #[error(
        "a break is closed with a note of at most {} characters",
        limits::NOTE_CHARS
    )]
    Note,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What a run changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Synced {
    pub opened: u64,
    pub closed: u64,
    pub open: u64,
}

/// Opens what a run found and closes what it did not find; of `incomplete` kinds nothing is closed.
pub(super) fn sync(
    tx: &mut dyn Tx,
    run: i64,
    causes: &[Cause],
    incomplete: &[BreakKind],
    now: Timestamp,
) -> Result<Synced, Fault> {
    let mut synced = Synced::default();
    for cause in causes {
        synced.opened += see(tx, run, cause, now)?;
    }
    for &kind in BreakKind::ALL {
        if !incomplete.contains(&kind) {
            let params = [kind.into(), run.into(), now.as_micros().into()];
            synced.closed += tx.execute(&CLOSE_GONE, &params)?;
        }
    }
    let open = tx.query_one(&COUNT, &[])?.int(0)?;
    synced.open = u64::try_from(open).unwrap_or_default();
    Ok(synced)
}

/// Opens a break, or sees one that is open; 1 when it was not open before.
fn see(tx: &mut dyn Tx, run: i64, cause: &Cause, now: Timestamp) -> Result<u64, Fault> {
    let cents = |amount: Option<Money>| amount.map(Money::as_cents).into();
    let (kind, subject) = (cause.kind.into(), cause.subject.as_str().into());
    let (expected, found) = (cents(cause.expected), cents(cause.found));
    let detail = cause.detail.as_str().into();
    let (at, run) = (now.as_micros().into(), run.into());
    let [kind, subject, expected, found, detail, at, run]: [storage::Value; 7] =
        [kind, subject, expected, found, detail, at, run];
    let opening = [
        kind.clone(),
        subject.clone(),
        cause.order.as_deref().into(),
        expected.clone(),
        found.clone(),
        detail.clone(),
        at.clone(),
        run.clone(),
    ];
    if tx.execute(&OPEN, &opening)? == 1 {
        return Ok(1);
    }
    let seeing = [
        kind.clone(),
        subject.clone(),
        run.clone(),
        expected.clone(),
        found.clone(),
        detail.clone(),
    ];
    if tx.execute(&SEE, &seeing)? == 1 {
        return Ok(0);
    }
    tx.execute(&REOPEN, &[kind, subject, at, run, expected, found, detail])
}

/// Breaks, oldest first; `page` counts from 1.
///
/// # Errors
/// A [`Fault`], as for the next three.
pub fn list(
    tx: &mut dyn Tx,
    filter: &BreakFilter,
    page: u32,
    per_page: u32,
) -> Result<(Vec<Break>, u64), Fault> {
    let [open, kind, owner] = filtered(filter);
    let total = tx.query_one(&LISTED, &[open.clone(), kind.clone(), owner.clone()])?;
    let skipped = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let params = [open, kind, owner, per_page.into(), skipped.into()];
    let rows = tx.query(&LIST, &params)?;
    let listed = rows.iter().map(of_row).collect::<Result<_, _>>()?;
    Ok((listed, u64::try_from(total.int(0)?).unwrap_or_default()))
}

fn filtered(filter: &BreakFilter) -> [storage::Value; 3] {
    [
        (!filter.closed).into(),
        filter.kind.map_or("", BreakKind::code).into(),
        filter.owner.as_deref().unwrap_or_default().into(),
    ]
}

/// How many breaks of each kind are open.
pub fn open_by_kind(tx: &mut dyn Tx) -> Result<Vec<(BreakKind, u64)>, Fault> {
    let rows = tx.query(&BY_KIND, &[])?;
    rows.iter()
        .map(|row| {
            let count = u64::try_from(row.int(1)?).unwrap_or_default();
            Ok((BreakKind::of_column(row.text(0)?)?, count))
        })
        .collect()
}

/// A break by its number.
pub fn find(tx: &mut dyn Tx, id: i64) -> Result<Option<Break>, Fault> {
    let row = tx.query_opt(&BY_ID, &[id.into()])?;
    row.as_ref().map(of_row).transpose()
}

/// Gives an open break to somebody, or to nobody, with a note.
///
/// # Errors
/// [`BreakRefusal`].
pub fn look_after(
    tx: &mut dyn Tx,
    id: i64,
    owner: Option<&str>,
    note: &str,
    staff: &str,
    now: Timestamp,
) -> Result<(), BreakRefusal> {
    let note = note.trim();
    if note.chars().count() > limits::NOTE_CHARS {
        return Err(BreakRefusal::Note);
    }
    if tx.execute(&OWN, &[id.into(), owner.into(), note.into()])? == 0 {
        return Err(BreakRefusal::Gone);
    }
    let subject = id.to_string();
    audit::record(tx, staff, "bank.look_after", &subject, owner, now)?;
    Ok(())
}

/// Closes a break by hand; the note says why it is none.
///
/// # Errors
/// [`BreakRefusal`].
pub fn close(
    tx: &mut dyn Tx,
    id: i64,
    note: &str,
    staff: &str,
    now: Timestamp,
) -> Result<(), BreakRefusal> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > limits::NOTE_CHARS {
        return Err(BreakRefusal::Note);
    }
    let params = [id.into(), now.as_micros().into(), staff.into(), note.into()];
    if tx.execute(&CLOSE, &params)? == 0 {
        return Err(BreakRefusal::Gone);
    }
    audit::record(tx, staff, "bank.close", &id.to_string(), Some(note), now)?;
    Ok(())
}

fn of_row(row: &Row) -> Result<Break, Fault> {
    let words = |column| Ok::<_, Fault>(row.opt_text(column)?.map(str::to_owned));
    let money = |column| Ok::<_, Fault>(row.opt_int(column)?.map(Money::cents));
    Ok(Break {
        id: row.int(0)?,
        kind: BreakKind::of_column(row.text(1)?)?,
        subject: row.text(2)?.to_owned(),
        order: words(3)?,
        expected: money(4)?,
        found: money(5)?,
        detail: row.text(6)?.to_owned(),
        owner: words(7)?,
        note: row.text(8)?.to_owned(),
        opened: Timestamp::micros(row.int(9)?),
        closed: row.opt_int(10)?.map(Timestamp::micros),
        closed_by: words(11)?,
    })
}
