//! An entry of a statement, the transactions in it, and the parties to them.

use std::fmt;

use jiff::civil::Date;
use trade::ids::OrderNumber;
use trade::money::Money;

use crate::creditor_reference::CreditorReference;
use crate::iban::Iban;

/// Which way money goes, seen from the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Onto the account (`CRDT`).
    Credit,
    /// Off the account (`DBIT`).
    Debit,
}

impl Direction {
    /// The amount with its sign: below zero for a debit.
    pub fn signed(self, amount: Money) -> Money {
        match self {
            Direction::Credit => amount,
            Direction::Debit => -amount,
        }
    }

    /// The direction and size of an amount with a sign.
    pub fn of(signed: Money) -> (Direction, Money) {
        if signed.is_negative() {
            (Direction::Debit, -signed)
        } else {
            (Direction::Credit, signed)
        }
    }
}

/// Whether an entry counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntryStatus {
    /// It moved money (`BOOK`).
    Booked,
    /// It may be booked later, or not (`PDNG`).
    Pending,
    /// It is only told (`INFO`).
    Information,
    /// It will be booked on a day to come (`FUTR`).
    Future,
    /// A status of the bank's own, in its own words.
    Other(String),
}

/// One booking on the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bank's number for it in the statement (`NtryRef`).
    pub reference: Option<String>,
    /// How much, never below zero.
    pub amount: Money,
    /// Which way it goes. For a reversal too this is the way the money goes now.
    pub direction: Direction,
    /// Whether it takes back an earlier entry (`RvslInd`): a debit that is a reversal takes back a credit.
    pub is_reversal: bool,
    /// Whether it counts.
    pub status: EntryStatus,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// The day from which it bears interest.
    pub value_date: Option<Date>,
    /// The bank's name for it for good (`AcctSvcrRef`).
    pub servicer_reference: Option<String>,
    /// What kind of business it is.
    pub code: BankTransactionCode,
    /// What the bank charged, where it says so.
    pub charges: Vec<Charge>,
    /// What it is made of, when the bank tells: one transaction, or many that were booked together.
    pub details: Vec<EntryDetails>,
    /// More in words (`AddtlNtryInf`).
    pub information: Option<String>,
}

impl Entry {
    /// The amount with its sign: below zero for a debit.
    pub fn signed(&self) -> Money {
        self.direction.signed(self.amount)
    }

    /// All transactions of the entry.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.details
            .iter()
            .flat_map(|details| &details.transactions)
    }

    /// What of the entry its transactions do not explain: its charges, as a rule. None when one of them has no amount
    /// in euros, or there is none.
    pub fn unexplained(&self) -> Option<Money> {
        let mut rest = self.signed();
        let mut transactions = self.transactions().peekable();
        transactions.peek()?;
        for transaction in transactions {
            let Some(DetailAmount::Euro(amount)) = transaction.amount else {
                return None;
            };
            let direction = transaction.direction.unwrap_or(self.direction);
            rest -= direction.signed(amount);
        }
        Some(rest)
    }
}

/// What kind of business an entry is: by the code of ISO 20022, the bank's own, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BankTransactionCode {
    /// Domain, family and sub-family, like `PMNT`, `RCDT`, `ESCT` for a SEPA credit transfer that came in.
    pub domain: Option<(String, String, String)>,
    /// The bank's own code and who made it.
    pub proprietary: Option<(String, Option<String>)>,
}

/// What the bank charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// How much, never below zero.
    pub amount: Money,
    /// Which way; where the bank does not say, it took it.
    pub direction: Direction,
    /// Whether the entry's amount is already less or more by it; none when the bank does not say.
    pub is_included: Option<bool>,
}

/// Transactions of an entry that belong together (`NtryDtls`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryDetails {
    /// What the bank says of them together.
    pub batch: Option<BatchDetails>,
    /// Each of them, when the bank tells.
    pub transactions: Vec<Transaction>,
}

/// What a bank says of transactions that it booked together (`Btch`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchDetails {
    /// The message they were ordered by.
    pub message_id: Option<String>,
    /// The batch they were ordered in.
    pub payment_id: Option<String>,
    /// How many they are.
    pub count: Option<u64>,
    /// What they add up to.
    pub total: Option<Money>,
    /// Which way.
    pub direction: Option<Direction>,
}

/// One transaction of an entry (`TxDtls`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction {
    /// What the payer names it by (`EndToEndId`); none for `NOTPROVIDED`.
    pub end_to_end_id: Option<String>,
    /// The first bank's name for it (`TxId`).
    pub transaction_id: Option<String>,
    /// The account's bank's name for it (`AcctSvcrRef`).
    pub servicer_reference: Option<String>,
    /// How much, where the bank says so.
    pub amount: Option<DetailAmount>,
    /// Which way; the entry's when the bank does not say.
    pub direction: Option<Direction>,
    /// What the bank charged for it.
    pub charges: Vec<Charge>,
    /// Who paid.
    pub debtor: Party,
    /// For whom somebody else paid (`UltmtDbtr`).
    pub ultimate_debtor: Option<String>,
    /// Who was paid.
    pub creditor: Party,
    /// What for.
    pub remittance: Remittance,
    /// Why it came back, as a code or in words (`RtrInf`).
    pub return_reason: Option<String>,
    /// More in words (`AddtlTxInf`).
    pub information: Option<String>,
}

/// The amount of one transaction. The entry's is always in euros; what it was ordered in need not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailAmount {
    /// Euros, never below zero.
    Euro(Money),
    /// Another currency, as the bank writes it.
    Foreign {
        /// Three letters (ISO 4217).
        currency: String,
        /// Digits with a decimal point.
        amount: String,
    },
}

/// One side of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// The name as the bank has it.
    pub name: Option<String>,
    /// The account.
    pub account: Option<AccountId>,
}

/// What an account is known by. [`Debug`](fmt::Debug) shows its ends only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum AccountId {
    /// The international number.
    Iban(Iban),
    /// Anything else a bank knows an account by, also what it gives as the IBAN of another bank's customer and is none:
    /// to be shown, never paid to.
    Other(String),
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountId::Iban(iban) => iban.fmt(f),
            AccountId::Other(id) => {
                let shown = id.chars().count().saturating_sub(4);
                let last: String = id.chars().skip(shown).collect();
                write!(f, "Other(…{last})")
            }
        }
    }
}

/// What a payment is for (`RmtInf`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remittance {
    /// Lines in words (`Ustrd`). Banks break and join them where they like.
    pub unstructured: Vec<String>,
    /// References in a field of their own (`Strd/CdtrRefInf/Ref`).
    pub references: Vec<Reference>,
    /// More words beside references (`Strd/AddtlRmtInf`).
    pub additional: Vec<String>,
}

/// A reference in a field of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A creditor reference with right check digits.
    Creditor(CreditorReference),
    /// Anything else.
    Other(String),
}

impl Transaction {
    /// The orders this is proved to pay by creditor references, each once: in the field for it, in the words, or in
    /// what the payer named the transaction by. Two orders are a question for a person.
    pub fn orders(&self) -> Vec<OrderNumber> {
        let mut orders = Vec::new();
        let mut add = |text: &str| {
            for order in CreditorReference::orders_in(text) {
                if !orders.contains(&order) {
                    orders.push(order);
                }
            }
        };
        for reference in &self.remittance.references {
            match reference {
                Reference::Creditor(reference) => add(reference.as_str()),
                Reference::Other(text) => add(text),
            }
        }
        // Joined, because a reference that a bank broke in two stands on two lines.
        add(&self.remittance.unstructured.join("\n"));
        add(&self.remittance.additional.join("\n"));
        self.end_to_end_id.iter().for_each(|id| add(id));
        orders
    }
}
