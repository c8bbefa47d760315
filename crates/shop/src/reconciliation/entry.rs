//! The movements of the bank as they are kept and read.

use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, money::Money};

use crate::{codes::coded, columns};

coded! {
    /// What a movement is.
    pub enum EntryKind {
        /// The bank pays a clearing batch.
        Clearing = "clearing",
        /// What the hosted provider paid out arrived.
        Payout = "payout",
        /// Money came in.
        Transfer = "transfer",
        /// A refund left.
        Refund = "refund",
        /// A transfer that paid nothing was sent back.
        SentBack = "sent_back",
        /// The bank took back what a payment brought.
        Chargeback = "chargeback",
        /// It gave that to the shop again.
        Representment = "representment",
        /// The bank charged for an entry.
        Charges = "charges",
        /// Nothing that the shop knows.
        Unknown = "unknown",
    }
}

coded! {
    /// Why a movement lies in suspense.
    pub enum Why {
        /// It names no order that waits for a transfer.
        NoOrder = "no_order",
        /// It names several.
        SeveralOrders = "several_orders",
        /// More than the order waits for.
        TooMuch = "too_much",
        /// Less than the order waits for.
        TooLittle = "too_little",
        /// The order was paid already, or given up.
        TooLate = "too_late",
        /// A dispute about a payment or an amount that the shop does not know.
        NoPayment = "no_payment",
        /// No refund of that order has this amount.
        NoRefund = "no_refund",
        /// The hosted provider's, and no payout of it that was read has this amount at that time.
        NoPayout = "no_payout",
        /// Nothing says what it is for.
        Unknown = "unknown",
    }
}

storage::statements! {
    OF_STATEMENT = "SELECT e.id, e.name, s.name, e.booked_on, e.kind, e.amount_cents, e.gross_cents, e.charges_cents,
            e.subject, e.reference, e.words, e.party, e.party_account, e.why, e.rest_cents, e.given_to, e.sent_cents,
            e.sent_us
        FROM bank_entries e JOIN bank_statements s ON s.id = e.statement
        WHERE e.statement = $1 ORDER BY e.id LIMIT $2 OFFSET $3";
    BY_ID = "SELECT e.id, e.name, s.name, e.booked_on, e.kind, e.amount_cents, e.gross_cents, e.charges_cents,
            e.subject, e.reference, e.words, e.party, e.party_account, e.why, e.rest_cents, e.given_to, e.sent_cents,
            e.sent_us
        FROM bank_entries e JOIN bank_statements s ON s.id = e.statement WHERE e.id = $1";
}

/// A movement of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankEntry {
    /// Its number in the shop.
    pub id: i64,
    /// Its place in the statement.
    pub name: String,
    /// The statement's name.
    pub statement: String,
    /// The day the bank booked it.
    pub booked_on: Date,
    /// What it is.
    pub kind: EntryKind,
    /// What it changed on the account: below zero when it went out.
    pub amount: Money,
    /// That without the bank's charges.
    pub gross: Money,
    /// The bank's charges.
    pub charges: Money,
    /// The batch, payment, order or refund that it is about.
    pub subject: Option<String>,
    /// The bank's name for it.
    pub reference: Option<String>,
    /// What was written.
    pub words: String,
    /// Who paid or was paid.
    pub party: String,
    /// From or to which account.
    pub party_account: Option<String>,
    /// Why it lies, or lay, in suspense.
    pub why: Option<Why>,
    /// What of it lies in suspense; below zero when it went out.
    pub rest: Money,
    /// The order that a bookseller gave it to.
    pub given_to: Option<String>,
    /// What of it a bookseller sent back.
    pub sent: Money,
    /// When she did.
    pub sent_at: Option<Timestamp>,
}

/// The movements of a statement, in the bank's order.
///
/// # Errors
/// A [`Fault`].
pub fn entries_of(
    tx: &mut dyn Tx,
    statement: i64,
    page: u32,
    per_page: u32,
) -> Result<Vec<BankEntry>, Fault> {
    let skipped = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let params = [statement.into(), per_page.into(), skipped.into()];
    tx.query(&OF_STATEMENT, &params)?
        .iter()
        .map(of_row)
        .collect()
}

/// A movement by its number.
///
/// # Errors
/// A [`Fault`].
pub fn entry(tx: &mut dyn Tx, id: i64) -> Result<Option<BankEntry>, Fault> {
    let row = tx.query_opt(&BY_ID, &[id.into()])?;
    row.as_ref().map(of_row).transpose()
}

fn of_row(row: &Row) -> Result<BankEntry, Fault> {
    let words = |column| Ok::<_, Fault>(row.opt_text(column)?.map(str::to_owned));
    Ok(BankEntry {
        id: row.int(0)?,
        name: row.text(1)?.to_owned(),
        statement: row.text(2)?.to_owned(),
        booked_on: columns::parsed(row.text(3)?)?,
        kind: EntryKind::of_column(row.text(4)?)?,
        amount: Money::cents(row.int(5)?),
        gross: Money::cents(row.int(6)?),
        charges: Money::cents(row.int(7)?),
        subject: words(8)?,
        reference: words(9)?,
        words: row.text(10)?.to_owned(),
        party: row.text(11)?.to_owned(),
        party_account: words(12)?,
        why: row.opt_text(13)?.map(Why::of_column).transpose()?,
        rest: Money::cents(row.int(14)?),
        given_to: words(15)?,
        sent: Money::cents(row.int(16)?),
        sent_at: row.opt_int(17)?.map(Timestamp::micros),
    })
}
