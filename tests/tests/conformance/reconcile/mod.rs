//! Reconciliation: a month of orders by all means, the batches of a switch, the statements of a bank, and what happens
//! when one of them is wrong.

pub mod damage;
pub mod disputes;
pub mod fetching;
pub mod month;
pub mod payouts;
pub mod transfers;

use banking::{
    clearing::{
        ApprovalCode, Batch, Header, Line, MerchantNumber, Movement, RetrievalReference, Sequence,
    },
    iban::Iban,
    statement::{
        AccountId, Balance, BankTransactionCode, BatchDetails, Charge, DetailAmount, Direction,
        Entry, EntryDetails, EntryStatus, Message, Party, Period, Remittance, Statement,
        Transaction,
    },
};
use jiff::civil::Date;
use shop::{
    ledger::TrialBalance,
    order::Answer,
    payment::Means,
    reconciliation::{
        self, Agreement, Break, BreakFilter, BreakKind, FileRead, FileRefusal, HandedIn,
    },
};
use trade::{
    ids::{OrderNumber, PaymentId},
    money::Money,
};

use crate::counter::Counter;

const OURS: &str = "FR7630006000011234567890189";
const THEIRS: &str = "FR1420041010050500013M02606";

/// What the bank of these tests may charge.
pub fn agreement() -> Agreement {
    Agreement::parse(
        r#"[[tariff]]
        valid_from = "2000-01-01"
        basis_points = 80
        per_capture_cents = 5
        per_chargeback_cents = 1500
        source = "made up""#,
    )
    .unwrap()
}

/// A bank that counts its statements.
#[derive(Default)]
pub struct Bank {
    number: u64,
    balance: Money,
    entries: u64,
}

impl Bank {
    /// The next statement, of entries that are booked on that day.
    pub fn statement(&mut self, day: Date, entries: Vec<Entry>) -> Statement {
        self.number += 1;
        let opening = self.balance;
        self.balance += entries.iter().map(Entry::signed).sum::<Money>();
        let balance = |amount| Balance { amount, date: day };
        let entries = entries.into_iter().map(|entry| {
            self.entries += 1;
            Entry {
                booked_on: Some(day),
                reference: Some(self.entries.to_string()),
                servicer_reference: Some(format!("E{:011}", self.entries)),
                ..entry
            }
        });
        Statement {
            id: format!("STMT-{}", self.number),
            page: None,
            electronic_sequence: Some(self.number),
            legal_sequence: Some(self.number),
            period: Some(Period { from: day, to: day }),
            account: AccountId::Iban(Iban::parse(OURS).unwrap()),
            owner: Some("Librairie".into()),
            opening: balance(opening),
            entries: entries.collect(),
            closing: balance(self.balance),
        }
    }
}

/// The file of a statement.
pub fn xml(statement: &Statement) -> Vec<u8> {
    let message = Message {
        id: format!("MSG-{}", statement.id),
        created: "2026-11-26T18:00:00".into(),
        statements: vec![statement.clone()],
    };
    message.to_xml().unwrap().into_bytes()
}

/// An entry of one transaction; `amount` with its sign, before the charges.
fn entry(amount: Money, charges: Money, family: (&str, &str), transaction: Transaction) -> Entry {
    let (direction, net) = Direction::of(amount - charges);
    let (way, gross) = Direction::of(amount);
    let charge = Charge {
        amount: charges,
        direction: Direction::Debit,
        is_included: Some(true),
    };
    Entry {
        reference: None,
        amount: net,
        direction,
        is_reversal: false,
        status: EntryStatus::Booked,
        booked_on: None,
        value_date: None,
        servicer_reference: None,
        code: BankTransactionCode {
            domain: Some(("PMNT".into(), family.0.into(), family.1.into())),
            proprietary: None,
        },
        charges: (!charges.is_zero()).then_some(charge).into_iter().collect(),
        details: vec![EntryDetails {
            batch: None,
            transactions: vec![Transaction {
                amount: Some(DetailAmount::Euro(gross)),
                direction: Some(way),
                ..transaction
            }],
        }],
        information: None,
    }
}

/// The bank pays a batch: what it comes to, less the charges.
pub fn pays(sequence: u32, amount: Money, charges: Money) -> Entry {
    let mut entry = entry(amount, charges, ("MCRD", "POSC"), Transaction::default());
    let (direction, total) = Direction::of(amount);
    entry.details[0].batch = Some(BatchDetails {
        message_id: None,
        payment_id: Some(sequence.to_string()),
        count: None,
        total: Some(total),
        direction: Some(direction),
    });
    entry
}

/// The bank pays a batch as was agreed.
pub fn pays_for(batch: &Batch) -> Entry {
    let totals = batch.totals();
    let captures = batch
        .lines()
        .iter()
        .filter(|line| matches!(line.movement, Movement::Capture(_)));
    let captures = u32::try_from(captures.count()).unwrap();
    let day = batch.header().business_date;
    let charges = agreement()
        .of_batch(day, captures, totals.captures)
        .unwrap();
    pays(batch.header().sequence.get(), totals.net(), charges)
}

/// Somebody transfers money to the shop.
pub fn transfer(amount: i64, words: &str) -> Entry {
    let transaction = Transaction {
        debtor: Party {
            name: Some("Jeanne Lecture".into()),
            account: Some(AccountId::Iban(Iban::parse(THEIRS).unwrap())),
        },
        remittance: Remittance {
            unstructured: vec![words.into()],
            ..Remittance::default()
        },
        ..Transaction::default()
    };
    entry(
        Money::cents(amount),
        Money::ZERO,
        ("RCDT", "ESCT"),
        transaction,
    )
}

/// The shop transferred money to somebody.
pub fn sent(amount: Money, words: &str) -> Entry {
    let transaction = Transaction {
        remittance: Remittance {
            unstructured: vec![words.into()],
            ..Remittance::default()
        },
        ..Transaction::default()
    };
    entry(-amount, Money::ZERO, ("ICDT", "ESCT"), transaction)
}

/// A chargeback, or with an amount above zero what takes it back.
pub fn disputed(payment: PaymentId, dispute: &str, amount: Money, charges: i64) -> Entry {
    let transaction = Transaction {
        end_to_end_id: Some(payment.0.simple().to_string()),
        transaction_id: Some(dispute.into()),
        remittance: Remittance {
            unstructured: vec!["10.4".into()],
            ..Remittance::default()
        },
        ..Transaction::default()
    };
    let kind = if amount.is_negative() { "DAJT" } else { "CAJT" };
    entry(amount, Money::cents(charges), ("MCRD", kind), transaction)
}

/// Every capture and refund by card of these orders, as the switch clears them.
pub async fn lines(counter: &Counter, orders: &[OrderNumber]) -> Vec<Line> {
    let mut lines = Vec::new();
    for number in orders {
        let order = counter.order(number).await;
        let payment = order.payment.as_ref().unwrap();
        assert_eq!(payment.means, Means::Card);
        let line = |movement, amount| Line {
            movement,
            payment: payment.id,
            order: number.clone(),
            retrieval_reference: RetrievalReference::parse("000000000001").unwrap(),
            approval_code: ApprovalCode::parse("A1B2C3").unwrap(),
            amount,
            at: counter.clock.now(),
        };
        for parcel in &order.parcels {
            if parcel.answer == Some(Answer::Done) && !parcel.captured.is_zero() {
                lines.push(line(Movement::Capture(parcel.id), parcel.captured));
            }
        }
        for refund in &order.refunds {
            if refund.answer == Some(Answer::Done) && !refund.amount.is_zero() {
                lines.push(line(Movement::Refund(refund.id), refund.amount));
            }
        }
    }
    lines
}

pub fn batch(sequence: u32, day: Date, lines: Vec<Line>) -> Batch {
    let header = Header {
        merchant: MerchantNumber::parse("BOUQUIN").unwrap(),
        sequence: Sequence::new(sequence).unwrap(),
        business_date: day,
    };
    Batch::new(header, lines).unwrap()
}

/// Hands a file in.
pub async fn hand_in(counter: &Counter, bytes: Vec<u8>) -> Result<FileRead, FileRefusal> {
    let file = HandedIn {
        name: "file".into(),
        bytes,
        staff: "anne".into(),
    };
    let account = Iban::parse(OURS).unwrap();
    reconciliation::read_file(&counter.store, &counter.clock, file, Some(&account)).await
}

pub async fn hand_in_batch(counter: &Counter, batch: &Batch) {
    hand_in(counter, batch.to_text().into_bytes())
        .await
        .unwrap();
}

pub async fn hand_in_statement(counter: &Counter, statement: &Statement) {
    hand_in(counter, xml(statement)).await.unwrap();
}

/// Runs, and lists the breaks that are open, oldest first.
pub async fn found(counter: &Counter) -> Vec<Break> {
    let (store, clock) = (&counter.store, &counter.clock);
    let run = reconciliation::run(store, clock, &agreement(), Some("anne"))
        .await
        .unwrap();
    assert!(run.complete);
    let filter = BreakFilter::default();
    let listing = store.read(move |tx| reconciliation::breaks(tx, &filter, 1, 1000));
    let (open, total) = listing.await.unwrap();
    assert_eq!((run.open, open.len() as u64), (total, total));
    open
}

/// Runs, and says of what kinds the open breaks are.
pub async fn kinds(counter: &Counter) -> Vec<BreakKind> {
    let mut kinds: Vec<BreakKind> = found(counter).await.iter().map(|one| one.kind).collect();
    kinds.sort_by_key(|kind| kind.code());
    kinds
}

pub async fn balance(counter: &Counter) -> TrialBalance {
    counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap()
}

pub async fn payment_of(counter: &Counter, number: &OrderNumber) -> PaymentId {
    counter.order(number).await.payment.unwrap().id
}
