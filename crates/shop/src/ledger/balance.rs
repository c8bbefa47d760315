//! What the accounts hold, and whether all of it adds up. The ledger of an order whose transfers do not is not read at all;
//! the trial balance is read whatever it is, says so, and each reconciliation makes a break of it.

use storage::{Fault, Tx};
use trade::{ids::OrderId, money::Money};

use super::TransferState;

storage::statements! {
    BALANCES = "SELECT e.account,
            CAST(SUM(CASE WHEN t.state = 'posted' THEN e.amount_cents ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN t.state = 'pending' THEN e.amount_cents ELSE 0 END) AS BIGINT)
        FROM ledger_entries e JOIN ledger_transfers t ON t.id = e.transfer
        GROUP BY e.account ORDER BY e.account";
    UNBALANCED = "SELECT transfer FROM ledger_entries GROUP BY transfer
        HAVING SUM(amount_cents) <> 0 ORDER BY transfer LIMIT 100";
    OF_ORDER = "SELECT t.id, t.state, e.account, e.amount_cents FROM ledger_transfers t
        JOIN ledger_entries e ON e.transfer = t.id WHERE t.order_id = $1 ORDER BY t.at_us, t.id, e.account";
}

/// What an account holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account's name, as [`Account`] prints it.
    pub account: String,
    /// What moved.
    pub posted: Money,
    /// What is promised.
    pub pending: Money,
}

/// All accounts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    /// Every account with entries.
    pub accounts: Vec<Balance>,
    /// Up to 100 transfers that do not add up to zero.
    pub unbalanced: Vec<String>,
}

impl TrialBalance {
    /// Whether debits equal credits, in all and in each transfer.
    pub fn is_balanced(&self) -> bool {
        let total = |of: fn(&Balance) -> Money| self.accounts.iter().map(of).sum::<Money>();
        self.unbalanced.is_empty()
            && total(|balance| balance.posted) == Money::ZERO
            && total(|balance| balance.pending) == Money::ZERO
    }

    /// What moved on the account of that name.
    pub fn posted(&self, account: &str) -> Money {
        self.find(account)
            .map_or(Money::ZERO, |balance| balance.posted)
    }

    /// What is promised on the account of that name.
    pub fn pending(&self, account: &str) -> Money {
        self.find(account)
            .map_or(Money::ZERO, |balance| balance.pending)
    }

    fn find(&self, account: &str) -> Option<&Balance> {
        self.accounts
            .iter()
            .find(|balance| balance.account == account)
    }
}

/// What every account holds, and whether all of it balances.
///
/// # Errors
/// A [`Fault`].
pub fn trial_balance(tx: &mut dyn Tx) -> Result<TrialBalance, Fault> {
    let accounts = tx.query(&BALANCES, &[])?;
    let accounts = accounts.iter().map(|row| {
        Ok(Balance {
            account: row.text(0)?.to_owned(),
            posted: Money::cents(row.int(1)?),
            pending: Money::cents(row.int(2)?),
        })
    });
    let accounts = accounts.collect::<Result<_, Fault>>()?;
    let unbalanced = tx.query(&UNBALANCED, &[])?;
    let unbalanced = unbalanced.iter().map(|row| Ok(row.text(0)?.to_owned()));
    Ok(TrialBalance {
        accounts,
        unbalanced: unbalanced.collect::<Result<_, Fault>>()?,
    })
}

/// One line of an order's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The transfer.
    pub transfer: String,
    /// Whether it moved.
    pub state: TransferState,
    /// The account.
    pub account: String,
    /// Debit above zero, credit below.
    pub amount: Money,
}

/// The ledger of one order, oldest first.
///
/// # Errors
/// A [`Fault`]; [`Fault::Defect`] when a transfer of it does not add up to zero.
pub fn of_order(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<LedgerLine>, Fault> {
    let rows = tx.query(&OF_ORDER, &[order.0.into()])?;
    let lines: Vec<LedgerLine> = rows
        .iter()
        .map(|row| {
            Ok(LedgerLine {
                transfer: row.text(0)?.to_owned(),
                state: TransferState::of_column(row.text(1)?)?,
                account: row.text(2)?.to_owned(),
                amount: Money::cents(row.int(3)?),
            })
        })
        .collect::<Result<_, Fault>>()?;
    let sound = lines
        .chunk_by(|one, next| one.transfer == next.transfer)
        .all(|transfer| transfer.iter().map(|line| line.amount).sum::<Money>() == Money::ZERO);
    match sound {
        true => Ok(lines),
        false => Err(Fault::defect(format!(
            "a transfer of order {order} does not add up to zero"
        ))),
    }
}
