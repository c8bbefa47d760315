//! The bank's entry in which a payout arrives, whichever of the two the shop read first.
//!
//! What the banks on the way call the payout proves it with its amount. Most statements do not have that; then it is the
//! amount, the provider as payer, and the days around the one on which the provider expects it, and the payout that was
//! expected first.

use jiff::{Span, civil::Date};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::book::payout_id;
use crate::{
    columns,
    ledger::{self, Account, TransferState},
    reconciliation::movement::Movement,
};

/// Letters that a name must have to prove anything.
const PROOF_CHARS: usize = 8;

storage::statements! {
    UNDER_WAY = "SELECT p.id, p.trace, p.payer, p.arrives_on FROM provider_payouts p
        WHERE p.amount_cents = $1 AND p.booked_us IS NOT NULL AND p.failed_us IS NULL
            AND NOT EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'payout' AND e.subject = p.id)
        ORDER BY p.arrives_on, p.id LIMIT 100";
    PAYERS = "SELECT DISTINCT payer FROM provider_payouts LIMIT 10";
    ONE = "SELECT id, trace, payer, arrives_on, amount_cents FROM provider_payouts WHERE id = $1";
    IN_SUSPENSE = "SELECT id, words, party, booked_on FROM bank_entries
        WHERE rest_cents = $1 AND gross_cents = $1 AND given_to IS NULL AND why IN ('no_payout', 'no_order', 'unknown')
        ORDER BY booked_on, id LIMIT 100";
    PICK_UP = "UPDATE bank_entries SET kind = 'payout', subject = $2, rest_cents = 0 WHERE id = $1 AND rest_cents = $3";
}

/// A payout that is under way.
struct UnderWay {
    id: String,
    trace: Option<String>,
    payer: String,
    arrives_on: Date,
}

/// What a statement says of a movement.
struct Said<'a> {
    letters: &'a str,
    party: &'a str,
    booked_on: Date,
}

impl UnderWay {
    fn of_row(row: &Row) -> Result<UnderWay, Fault> {
        Ok(UnderWay {
            id: row.text(0)?.to_owned(),
            trace: row.opt_text(1)?.map(str::to_owned),
            payer: row.text(2)?.to_owned(),
            arrives_on: columns::parsed(row.text(3)?)?,
        })
    }

    /// Whether a movement of its amount bears its name.
    fn is_named(&self, said: &Said<'_>) -> bool {
        let names = [Some(self.id.as_str()), self.trace.as_deref()];
        names.into_iter().flatten().any(|name| {
            let name = letters(name);
            name.len() >= PROOF_CHARS && said.letters.contains(&name)
        })
    }

    /// Whether a movement of its amount can be it: by who pays, and when.
    fn fits(&self, said: &Said<'_>) -> bool {
        let days = |days: u32| Span::new().days(i64::from(days));
        let first = self
            .arrives_on
            .saturating_sub(days(limits::PAYOUT_DAYS_EARLY));
        let last = self.arrives_on.saturating_add(days(limits::PAYOUT_DAYS));
        is_payer(&self.payer, said) && (first..=last).contains(&said.booked_on)
    }
}

fn is_payer(payer: &str, said: &Said<'_>) -> bool {
    let payer = letters(payer);
    !payer.is_empty() && (letters(said.party).contains(&payer) || said.letters.contains(&payer))
}

/// Letters and digits, in capitals.
fn letters(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|symbol| symbol.to_ascii_uppercase()).collect()
}

fn said(movement: &Movement) -> Said<'_> {
    Said {
        letters: &movement.letters,
        party: &movement.party,
        booked_on: movement.booked_on,
    }
}

/// The payout that a movement of the bank is, if it is one that is under way.
pub(in super::super) fn arrived(
    tx: &mut dyn Tx,
    movement: &Movement,
) -> Result<Option<String>, Fault> {
    let rows = tx.query(&UNDER_WAY, &[movement.gross.as_cents().into()])?;
    let under_way: Vec<UnderWay> = rows
        .iter()
        .map(UnderWay::of_row)
        .collect::<Result<_, _>>()?;
    let said = said(movement);
    let named = under_way.iter().find(|one| one.is_named(&said));
    let found = named.or_else(|| under_way.iter().find(|one| one.fits(&said)));
    Ok(found.map(|one| one.id.clone()))
}

/// Whether the hosted provider paid or took it, as far as that is known from its payouts.
pub(in super::super) fn is_of_provider(
    tx: &mut dyn Tx,
    movement: &Movement,
) -> Result<bool, Fault> {
    let said = said(movement);
    for row in tx.query(&PAYERS, &[])? {
        if is_payer(row.text(0)?, &said) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the bank's entry of a payout out of suspense, when that was read before the payout.
pub(super) fn pick_up(tx: &mut dyn Tx, id: &str, now: Timestamp) -> Result<(), Fault> {
    let row = tx.query_one(&ONE, &[id.into()])?;
    let (payout, amount) = (UnderWay::of_row(&row)?, Money::cents(row.int(4)?));
    let rows = tx.query(&IN_SUSPENSE, &[amount.as_cents().into()])?;
    let mut fitting = None;
    for row in &rows {
        let said = Said {
            letters: &letters(row.text(1)?),
            party: row.text(2)?,
            booked_on: columns::parsed(row.text(3)?)?,
        };
        if payout.is_named(&said) {
            fitting = Some(row.int(0)?);
            break;
        }
        if fitting.is_none() && payout.fits(&said) {
            fitting = Some(row.int(0)?);
        }
    }
    let Some(entry) = fitting else {
        return Ok(());
    };
    let params = [entry.into(), id.into(), amount.as_cents().into()];
    if tx.execute(&PICK_UP, &params)? == 0 {
        return Ok(());
    }
    let entries = ledger::moved(Account::PayoutsInTransit, Account::Suspense, amount);
    let (arrived, posted) = (format!("{}:arrived", payout_id(id)), TransferState::Posted);
    ledger::post(tx, &arrived, None, posted, &entries, now)
}
