//! What the entries of a statement mean to the shop. Pure: what becomes of it is [`book`](super::book)'s.
//!
//! An entry is one movement, or one for each of its transactions when the bank booked several together and says how much
//! each is. A meaning is taken only from references that prove themselves: a batch's number, a payment's name, a
//! creditor reference. Amounts and names of people prove nothing here.

use banking::{
    clearing::Sequence,
    statement::{AccountId, DetailAmount, Direction, Entry, Statement, Transaction},
};
use jiff::civil::Date;
use trade::{
    ids::{OrderNumber, PaymentId},
    limits,
    money::Money,
};

/// The family of ISO 20022 for merchants' card transactions.
const CARDS: &str = "MCRD";
/// The reason of a dispute for which the bank gives none.
const UNSAID: &str = "–";

/// What a movement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The bank pays a clearing batch.
    Clearing(Sequence),
    /// It takes back what a payment brought.
    Chargeback(PaymentId, Named),
    /// It gives that back to the shop.
    Representment(PaymentId, Named),
    /// Money came in for these orders.
    Came(Vec<OrderNumber>),
    /// Money went out for these orders.
    Went(Vec<OrderNumber>),
    /// What the bank charged for an entry of several transactions.
    Charges,
}

/// What the bank says of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its name for it.
    pub dispute: Option<String>,
    /// Its code or words.
    pub reason: String,
}

/// Money that moved on the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Movement {
    /// What tells it from the others of its statement: the entry's place, and the transaction's.
    pub name: String,
    pub booked_on: Date,
    /// What it changed on the account: below zero when it went out.
    pub amount: Money,
    /// That without what the bank charged for it.
    pub gross: Money,
    /// What the bank charged for it, at or above zero.
    pub charges: Money,
    pub meaning: Meaning,
    /// The bank's name for it.
    pub reference: Option<String>,
    pub words: String,
    /// Who paid or was paid.
    pub party: String,
    pub party_account: Option<String>,
    /// Every letter and digit of what was written, in capitals: to look for a reference in.
    pub letters: String,
}

/// The movements of a statement, in the bank's order.
pub(super) fn movements(statement: &Statement) -> Vec<Movement> {
    let booked = (1_usize..).zip(statement.booked());
    booked
        .flat_map(|(place, entry)| of_entry(entry, place, statement.closing.date))
        .collect()
}

fn of_entry(entry: &Entry, place: usize, last_day: Date) -> Vec<Movement> {
    let name = place.to_string();
    let day = entry.booked_on.unwrap_or(last_day);
    let transactions: Vec<&Transaction> = entry.transactions().collect();
    if let Some(sequence) = batch(entry) {
        return vec![of_batch(entry, sequence, name, day)];
    }
    match (transactions.as_slice(), entry.unexplained()) {
        ([], _) => vec![of_one(entry, None, name, day)],
        ([one], _) => vec![of_one(entry, Some(one), name, day)],
        (_, None) => vec![of_one(entry, None, name, day)],
        (several, Some(rest)) => of_several(entry, several, rest, &name, day),
    }
}

/// The number of the batch that an entry pays, when it is a card bank's and says so.
fn batch(entry: &Entry) -> Option<Sequence> {
    let batches = entry
        .details
        .iter()
        .filter_map(|details| details.batch.as_ref());
    let named = batches
        .filter_map(|batch| batch.payment_id.as_deref())
        .next()?;
    is_of_cards(entry)
        .then(|| named.trim().parse().ok())
        .flatten()
}

fn is_of_cards(entry: &Entry) -> bool {
    let domain = entry.code.domain.as_ref();
    domain.is_some_and(|(_, family, _)| family == CARDS)
}

fn of_batch(entry: &Entry, sequence: Sequence, name: String, booked_on: Date) -> Movement {
    let told = entry
        .details
        .iter()
        .filter_map(|details| details.batch.as_ref());
    let told = told
        .filter_map(|batch| {
            Some(
                batch
                    .direction
                    .unwrap_or(entry.direction)
                    .signed(batch.total?),
            )
        })
        .next();
    let amount = entry.signed();
    let gross = told.unwrap_or_else(|| amount + charged(entry));
    Movement {
        gross,
        charges: gross - amount,
        meaning: Meaning::Clearing(sequence),
        ..plain(entry, None, name, booked_on)
    }
}

fn of_one(entry: &Entry, transaction: Option<&Transaction>, name: String, day: Date) -> Movement {
    let movement = plain(entry, transaction, name, day);
    let charges = charged(entry);
    let told = transaction.and_then(|transaction| signed(entry, transaction));
    // What the transaction was before the bank took its charges from it, when both agree.
    let gross = told.filter(|told| *told - movement.amount == charges);
    Movement {
        gross: gross.unwrap_or(movement.amount),
        charges: gross.map_or(Money::ZERO, |_| charges),
        meaning: meaning(entry, transaction),
        ..movement
    }
}

fn of_several(
    entry: &Entry,
    transactions: &[&Transaction],
    rest: Money,
    name: &str,
    day: Date,
) -> Vec<Movement> {
    let numbered = (1_usize..).zip(transactions);
    let mut movements: Vec<Movement> = numbered
        .map(|(place, transaction)| {
            let amount = signed(entry, transaction).unwrap_or(Money::ZERO);
            Movement {
                amount,
                gross: amount,
                meaning: meaning(entry, Some(transaction)),
                ..plain(entry, Some(transaction), format!("{name}.{place}"), day)
            }
        })
        .collect();
    if !rest.is_zero() {
        let is_charges = -rest == charged(entry);
        movements.push(Movement {
            amount: rest,
            gross: if is_charges { Money::ZERO } else { rest },
            charges: if is_charges { -rest } else { Money::ZERO },
            meaning: match is_charges {
                true => Meaning::Charges,
                false => by_direction(rest, Vec::new()),
            },
            ..plain(entry, None, format!("{name}.0"), day)
        });
    }
    movements
}

/// A movement whose amount is the entry's and that means nothing yet.
fn plain(
    entry: &Entry,
    transaction: Option<&Transaction>,
    name: String,
    booked_on: Date,
) -> Movement {
    let amount = entry.signed();
    let party = transaction.map(|transaction| match amount.is_negative() {
        true => &transaction.creditor,
        false => &transaction.debtor,
    });
    let account = party.and_then(|party| party.account.as_ref());
    let texts = texts(entry, transaction);
    Movement {
        name,
        booked_on,
        amount,
        gross: amount,
        charges: Money::ZERO,
        meaning: by_direction(amount, Vec::new()),
        reference: transaction
            .and_then(|transaction| transaction.servicer_reference.clone())
            .or_else(|| entry.servicer_reference.clone()),
        words: short(&texts.join(" ")),
        party: short(
            party
                .and_then(|party| party.name.as_deref())
                .unwrap_or_default(),
        ),
        party_account: account.map(|account| match account {
            AccountId::Iban(iban) => iban.as_str().to_owned(),
            AccountId::Other(other) => short(other),
        }),
        letters: texts
            .concat()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|symbol| symbol.to_ascii_uppercase())
            .collect(),
    }
}

fn texts<'a>(entry: &'a Entry, transaction: Option<&'a Transaction>) -> Vec<&'a str> {
    let mut texts = Vec::new();
    if let Some(transaction) = transaction {
        texts.extend(
            transaction
                .remittance
                .unstructured
                .iter()
                .map(String::as_str),
        );
        for reference in &transaction.remittance.references {
            texts.push(match reference {
                banking::statement::Reference::Creditor(reference) => reference.as_str(),
                banking::statement::Reference::Other(text) => text,
            });
        }
        texts.extend(transaction.remittance.additional.iter().map(String::as_str));
        texts.extend(transaction.end_to_end_id.as_deref());
        texts.extend(transaction.information.as_deref());
    }
    texts.extend(entry.information.as_deref());
    texts
}

fn short(text: &str) -> String {
    let kept = text.chars().filter(|symbol| !symbol.is_control());
    kept.take(limits::BANK_WORDS_CHARS).collect()
}

fn meaning(entry: &Entry, transaction: Option<&Transaction>) -> Meaning {
    let signed = transaction.and_then(|transaction| signed(entry, transaction));
    let amount = signed.unwrap_or_else(|| entry.signed());
    let Some(transaction) = transaction else {
        return by_direction(amount, Vec::new());
    };
    let payment = transaction.end_to_end_id.as_deref();
    let payment: Option<PaymentId> = payment.and_then(|name| name.parse().ok());
    let named = Named {
        dispute: transaction.transaction_id.clone(),
        reason: reason(transaction),
    };
    match payment.filter(|_| is_of_cards(entry)) {
        Some(payment) if amount.is_negative() => Meaning::Chargeback(payment, named),
        Some(payment) => Meaning::Representment(payment, named),
        None => by_direction(amount, transaction.orders()),
    }
}

fn by_direction(amount: Money, orders: Vec<OrderNumber>) -> Meaning {
    match amount.is_negative() {
        true => Meaning::Went(orders),
        false => Meaning::Came(orders),
    }
}

/// Why a payment was charged back, as the bank says.
fn reason(transaction: &Transaction) -> String {
    let words = transaction.remittance.unstructured.first();
    let reason = transaction.return_reason.as_ref().or(words);
    let reason: String = reason
        .map(|reason| reason.trim())
        .unwrap_or_default()
        .chars()
        .filter(|symbol| !symbol.is_control())
        .take(limits::DISPUTE_REASON_CHARS)
        .collect();
    match reason.is_empty() {
        true => UNSAID.to_owned(),
        false => reason,
    }
}

fn signed(entry: &Entry, transaction: &Transaction) -> Option<Money> {
    match transaction.amount {
        Some(DetailAmount::Euro(amount)) => Some(
            transaction
                .direction
                .unwrap_or(entry.direction)
                .signed(amount),
        ),
        _ => None,
    }
}

/// What the bank says it took for an entry, and took from its amount.
fn charged(entry: &Entry) -> Money {
    let included = entry
        .charges
        .iter()
        .filter(|charge| charge.is_included != Some(false));
    included
        .map(|charge| match charge.direction {
            Direction::Debit => charge.amount,
            Direction::Credit => -charge.amount,
        })
        .sum()
}
