//! Money moves only here, by balanced entries: each transfer's entries add up to zero.
//!
//! Debit is above zero, credit below. A transfer is `pending` while the amount is promised, `posted` when it
//! moved, `voided` when it will not; its entries are never changed. The life of an order makes three kinds:
//!
//! | transfer | made | debit | credit | settled |
//! |---|---|---|---|---|
//! | `sale:ORDER` | pending, when placed | receivable | sales, delivery, VAT per rate | posted at capture |
//! | `card:PAYMENT` | pending, when authorised | card clearing | receivable | posted at capture |
//! | `refund:REFUND` | posted, when refunded | sales, delivery, VAT per rate | card clearing | |
//!
//! What the bank really pays is compared with card clearing elsewhere, when its files are read.

use std::fmt;

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber, PaymentId, RefundId},
    money::Money,
    vat::Rate,
};

use crate::{codes::coded, pricing::VatLine};

storage::statements! {
    OPEN = "INSERT INTO ledger_transfers (id, order_id, state, at_us, settled_us)
        VALUES ($1, $2, $3, $4, $5)";
    ENTRY = "INSERT INTO ledger_entries (transfer, account, amount_cents) VALUES ($1, $2, $3)";
    SETTLE = "UPDATE ledger_transfers SET state = $2, settled_us = $3
        WHERE order_id = $1 AND state = 'pending'";
    VOID_ONE = "UPDATE ledger_transfers SET state = 'voided', settled_us = $2
        WHERE id = $1 AND state = 'pending'";
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

/// An account of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// What readers owe.
    Receivable,
    /// What the card bank owes.
    CardClearing,
    /// Goods sold at a rate, without VAT.
    Sales(Rate),
    /// Delivery charged at a rate, without VAT.
    Delivery(Rate),
    /// VAT collected at a rate.
    Vat(Rate),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => write!(f, "receivable"),
            Self::CardClearing => write!(f, "card-clearing"),
            Self::Sales(rate) => write!(f, "sales:{}", rate.as_basis_points()),
            Self::Delivery(rate) => write!(f, "delivery:{}", rate.as_basis_points()),
            Self::Vat(rate) => write!(f, "vat:{}", rate.as_basis_points()),
        }
    }
}

/// One side of a transfer: debit above zero, credit below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// The amount.
    pub amount: Money,
}

coded! {
    /// Whether the amount of a transfer moved.
    pub enum TransferState {
        /// Promised.
        Pending = "pending",
        /// Moved.
        Posted = "posted",
        /// Will not move.
        Voided = "voided",
    }
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

/// What a sale is worth to each account: the customer owes the total, each rate has its share.
///
/// The goods' net is computed first; delivery's net is what remains of the rate's net, so that net and VAT of
/// a rate are its gross to the cent (V3).
pub(crate) fn sale(vat: &[VatLine]) -> Vec<Entry> {
    let total: Money = vat.iter().map(VatLine::gross).sum();
    let mut entries = vec![Entry {
        account: Account::Receivable,
        amount: total,
    }];
    for line in vat {
        let goods_net = trade::vat::split(line.goods, line.rate).net;
        entries.push(Entry {
            account: Account::Sales(line.rate),
            amount: -goods_net,
        });
        entries.push(Entry {
            account: Account::Delivery(line.rate),
            amount: -(line.net - goods_net),
        });
        entries.push(Entry {
            account: Account::Vat(line.rate),
            amount: -line.vat,
        });
    }
    entries.retain(|entry| entry.amount != Money::ZERO);
    entries
}

/// What the bank owes once it reserved the amount, and the customer no longer does.
pub(crate) fn card(amount: Money) -> Vec<Entry> {
    vec![
        Entry {
            account: Account::CardClearing,
            amount,
        },
        Entry {
            account: Account::Receivable,
            amount: -amount,
        },
    ]
}

/// A sale undone: the amount leaves card clearing.
pub(crate) fn refund(vat: &[VatLine]) -> Vec<Entry> {
    let undone = sale(vat)
        .into_iter()
        .map(|Entry { account, amount }| match account {
            Account::Receivable => Entry {
                account: Account::CardClearing,
                amount: -amount,
            },
            account => Entry {
                account,
                amount: -amount,
            },
        });
    undone.collect()
}

/// The id of an order's sale.
pub(crate) fn sale_id(order: &OrderNumber) -> String {
    format!("sale:{order}")
}

/// The id of what the bank owes for a payment.
pub(crate) fn card_id(payment: PaymentId) -> String {
    format!("card:{payment}")
}

/// The id of a refund.
pub(crate) fn refund_id(refund: RefundId) -> String {
    format!("refund:{refund}")
}

/// Writes a transfer. Its id makes it happen once.
///
/// # Errors
/// [`Fault::Defect`] when the entries do not add up to zero; [`Fault::Constraint`] when the id exists.
pub(crate) fn post(
    tx: &mut dyn Tx,
    id: &str,
    order: OrderId,
    state: TransferState,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Fault> {
    if entries.iter().map(|entry| entry.amount).sum::<Money>() != Money::ZERO {
        return Err(Fault::defect(format!(
            "the entries of {id} do not add up to zero"
        )));
    }
    let at = now.as_micros();
    let settled = (state != TransferState::Pending).then_some(at);
    tx.execute(
        &OPEN,
        &[
            id.into(),
            order.0.into(),
            state.into(),
            at.into(),
            settled.into(),
        ],
    )?;
    for entry in entries {
        let params = [
            id.into(),
            entry.account.to_string().into(),
            entry.amount.as_cents().into(),
        ];
        tx.execute(&ENTRY, &params)?;
    }
    Ok(())
}

/// Posts or voids everything that is pending for an order.
pub(crate) fn settle(
    tx: &mut dyn Tx,
    order: OrderId,
    state: TransferState,
    now: Timestamp,
) -> Result<(), Fault> {
    tx.execute(
        &SETTLE,
        &[order.0.into(), state.into(), now.as_micros().into()],
    )
    .map(drop)
}

/// Voids one pending transfer, leaving the others of its order.
pub(crate) fn void(tx: &mut dyn Tx, id: &str, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&VOID_ONE, &[id.into(), now.as_micros().into()])
        .map(drop)
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

/// One line of an order's ledger, as the back office shows it.
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
/// A [`Fault`].
pub fn of_order(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<LedgerLine>, Fault> {
    let rows = tx.query(&OF_ORDER, &[order.0.into()])?;
    rows.iter()
        .map(|row| {
            Ok(LedgerLine {
                transfer: row.text(0)?.to_owned(),
                state: TransferState::of_column(row.text(1)?)?,
                account: row.text(2)?.to_owned(),
                amount: Money::cents(row.int(3)?),
            })
        })
        .collect()
}
