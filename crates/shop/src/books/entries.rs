//! The entries of a period: which journal, which piece, which words.
//!
//! The file is the tax office's, so its words are French in every shop. Readers stand in it by their order's number:
//! their names are not needed to follow an entry.

use std::collections::BTreeMap;

use accounting::{
    chart,
    fec::{Auxiliary, EntryLine, Journal, JournalEntry, Piece},
};
use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::{FecRefusal, Period};
use crate::columns;

storage::statements! {
    // What the bank booked has the bank's day, a payout the provider's, and all else the day on which it was posted.
    POSTED = "SELECT t.id, COALESCE(o.number, ''), t.settled_us, b.booked_on, COALESCE(s.name, ''), e.account, e.amount_cents
        FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
            LEFT JOIN orders o ON o.id = t.order_id
            LEFT JOIN (SELECT 'bank:' || CAST(statement AS TEXT) || ':' || name AS id, booked_on, statement FROM bank_entries
                UNION SELECT transfer, booked_on, statement FROM bank_entries WHERE transfer LIKE 'paid:%'
                UNION SELECT 'payout:' || id, made_on, CAST(NULL AS BIGINT) FROM provider_payouts
                UNION SELECT 'provider:' || x.id, p.made_on, CAST(NULL AS BIGINT)
                    FROM provider_transactions x JOIN provider_payouts p ON p.id = x.payout
                    WHERE x.kind IN ('chargeback', 'representment')) b ON b.id = t.id
            LEFT JOIN bank_statements s ON s.id = b.statement
        WHERE t.state = 'posted' AND ((b.booked_on IS NULL AND t.settled_us >= $1 AND t.settled_us < $2)
            OR (b.booked_on >= $3 AND b.booked_on <= $4))
        ORDER BY t.settled_us, t.id, e.account LIMIT $5";
}

/// Code and name of a journal.
type Kept = (&'static str, &'static str);

const SALES: Kept = ("VE", "Ventes");
const TAKEN: Kept = ("EN", "Encaissements par carte");
const PROVIDER: Kept = ("PP", "Prestataire de paiement");
const TILL: Kept = ("CA", "Caisse");
const BANK: Kept = ("BQ", "Banque");
const OTHERS: Kept = ("OD", "Opérations diverses");

/// One line of the ledger.
struct Line {
    transfer: String,
    /// The order's number, or nothing.
    order: String,
    posted: Date,
    booked: Option<Date>,
    /// The statement's name, or nothing.
    statement: String,
    account: String,
    amount: Money,
}

/// The entries of a period in the order of their validation.
///
/// # Errors
/// [`FecRefusal::TooMany`], [`FecRefusal::NoNumber`].
pub fn entries(tx: &mut dyn Tx, period: Period) -> Result<Vec<JournalEntry>, FecRefusal> {
    let day_after = period.to.saturating_add(jiff::Span::new().days(1));
    let micros = |day| Timestamp::start_of_day_in_paris(day).as_micros();
    let params = [
        micros(period.from).into(),
        micros(day_after).into(),
        period.from.to_string().into(),
        period.to.to_string().into(),
        (limits::FEC_LINES + 1).into(),
    ];
    let rows = tx.query(&POSTED, &params)?;
    if rows.len() > usize::try_from(limits::FEC_LINES).unwrap_or(usize::MAX) {
        return Err(FecRefusal::TooMany);
    }
    let lines: Vec<Line> = rows.iter().map(line).collect::<Result<_, _>>()?;
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut entries = Vec::new();
    for transfer in lines.chunk_by(|one, next| one.transfer == next.transfer) {
        let Some(first) = transfer.first() else {
            continue;
        };
        let kept = journal(first, transfer);
        let lines = written(first, transfer)?;
        if lines.is_empty() {
            continue;
        }
        let number = numbers.entry(kept.0).or_default();
        *number = number.saturating_add(1);
        entries.push(entry(first, kept, *number, lines));
    }
    Ok(entries)
}

fn line(row: &Row) -> Result<Line, Fault> {
    Ok(Line {
        transfer: row.text(0)?.to_owned(),
        order: row.text(1)?.to_owned(),
        posted: Timestamp::micros(row.int(2)?).date_in_paris(),
        booked: row.opt_text(3)?.map(columns::parsed).transpose()?,
        statement: row.text(4)?.to_owned(),
        account: row.text(5)?.to_owned(),
        amount: Money::cents(row.int(6)?),
    })
}

impl Line {
    /// The day of the entry: nothing is booked after it was posted.
    fn day(&self) -> Date {
        self.booked
            .map_or(self.posted, |booked| booked.min(self.posted))
    }

    /// What the id of its transfer begins with.
    fn kind(&self) -> &str {
        let kind = self.transfer.split_once(':');
        kind.map_or(self.transfer.as_str(), |(kind, _)| kind)
    }
}

fn journal(first: &Line, transfer: &[Line]) -> Kept {
    let at_the_till = transfer.iter().any(|line| line.account == "till");
    match first.kind() {
        "sale" | "refund" => SALES,
        "card" => TAKEN,
        "paid" if at_the_till => TILL,
        "paid" | "bank" | "sent" | "fee" => BANK,
        "payout" | "provider" => PROVIDER,
        _ => OTHERS,
    }
}

fn written(first: &Line, transfer: &[Line]) -> Result<Vec<EntryLine>, FecRefusal> {
    let day = first.day();
    let moved = transfer.iter().filter(|line| !line.amount.is_zero());
    moved
        .map(|line| {
            let account = chart::account(&line.account, day);
            Ok(EntryLine {
                account: account.ok_or_else(|| FecRefusal::NoNumber {
                    account: line.account.clone(),
                    day,
                })?,
                auxiliary: auxiliary(line),
                amount: line.amount,
                lettering: None,
            })
        })
        .collect()
}

/// Who stands behind the collective account of customers: the order.
fn auxiliary(line: &Line) -> Option<Auxiliary> {
    let is_customer = line.account == "receivable" && !line.order.is_empty();
    is_customer.then(|| Auxiliary {
        number: line.order.replace('-', ""),
        label: format!("Commande {}", line.order),
    })
}

fn entry(first: &Line, (code, label): Kept, number: u32, lines: Vec<EntryLine>) -> JournalEntry {
    let day = first.day();
    let reference = match (first.statement.is_empty(), first.order.is_empty()) {
        (false, _) => format!("Relevé {}", first.statement),
        (true, false) => first.order.clone(),
        (true, true) => match first.transfer.strip_prefix("payout:") {
            Some(payout) => format!("Versement {payout}"),
            None => first.transfer.clone(),
        },
    };
    JournalEntry {
        journal: Journal {
            code: code.to_owned(),
            label: label.to_owned(),
        },
        number,
        date: day,
        piece: Piece {
            reference,
            date: day,
        },
        label: format!("{} {}", words(first), first.order)
            .trim()
            .to_owned(),
        lines,
        validated: first.posted,
    }
}

fn words(line: &Line) -> &'static str {
    match line.kind() {
        "sale" => "Vente",
        "refund" => "Remboursement",
        "card" => "Encaissement par carte",
        "paid" => "Règlement reçu",
        "bank" => "Mouvement bancaire",
        "sent" => "Virement renvoyé",
        "fee" => "Frais bancaires",
        "dispute" | "provider" => "Paiement contesté",
        "payout" => "Versement du prestataire",
        _ => "Écriture",
    }
}
