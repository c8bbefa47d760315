//! Random messages of statements that add up.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use banking::creditor_reference::CreditorReference;
use banking::iban::Iban;
use banking::statement::{
    AccountId, Balance, BankTransactionCode, BatchDetails, Charge, DetailAmount, Direction, Entry,
    EntryDetails, EntryStatus, Message, Page, Party, Period, Reference, Remittance, Statement,
    Transaction,
};
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use trade::ids::OrderNumber;
use trade::money::Money;

/// One to 35 characters of the kind that statements carry, and some that XML must escape.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-z0-9éÈœ&<>\"'./-]([A-Za-z0-9éÈœ&<>\"'./ \n-]{0,30}[A-Za-z0-9éÈœ&<>\"'./-])?"
}

fn code() -> impl Strategy<Value = String> {
    "[A-Z]{4}"
}

fn money() -> impl Strategy<Value = Money> {
    (0_i64..=500_000_000).prop_map(Money::cents)
}

fn day() -> impl Strategy<Value = Date> {
    (1990_i16..=2099, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Credit), Just(Direction::Debit)]
}

/// An IBAN of a country whose accounts are digits.
pub fn iban() -> impl Strategy<Value = Iban> {
    let countries = prop_oneof![Just(("DE", 18)), Just(("FR", 23)), Just(("BE", 12))];
    (countries, "[0-9]{23}").prop_map(|((country, length), digits)| {
        let body = &digits[..length];
        let right =
            (2..=98).find_map(|check| Iban::parse(&format!("{country}{check:02}{body}")).ok());
        right.unwrap()
    })
}

fn account() -> impl Strategy<Value = AccountId> {
    prop_oneof![
        iban().prop_map(AccountId::Iban),
        "[0-9]{5,20}".prop_map(AccountId::Other)
    ]
}

fn status() -> impl Strategy<Value = EntryStatus> {
    prop_oneof![
        6 => Just(EntryStatus::Booked),
        1 => Just(EntryStatus::Pending),
        1 => Just(EntryStatus::Information),
        1 => Just(EntryStatus::Future),
        1 => words().prop_map(EntryStatus::Other),
    ]
}

fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![
        any::<u64>().prop_map(|bits| {
            let order = OrderNumber::from_bits(bits);
            Reference::Creditor(CreditorReference::for_order(&order))
        }),
        "[0-9]{1,20}".prop_map(Reference::Other),
    ]
}

fn charge() -> impl Strategy<Value = Charge> {
    (money(), direction(), of(any::<bool>())).prop_map(|(amount, direction, is_included)| Charge {
        amount,
        direction,
        is_included,
    })
}

fn party() -> impl Strategy<Value = Party> {
    (of(words()), of(account())).prop_map(|(name, account)| Party { name, account })
}

fn amount() -> impl Strategy<Value = DetailAmount> {
    prop_oneof![
        5 => money().prop_map(DetailAmount::Euro),
        1 => ("(USD|CHF|JPY)", "[0-9]{1,9}(\\.[0-9]{1,5})?")
            .prop_map(|(currency, amount)| DetailAmount::Foreign { currency, amount }),
    ]
}

fn remittance() -> impl Strategy<Value = Remittance> {
    (
        vec(words(), 0..3),
        vec(reference(), 0..3),
        vec(words(), 0..2),
    )
        .prop_map(|(unstructured, references, additional)| Remittance {
            unstructured,
            references,
            additional,
        })
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let references = (of(words()), of(words()), of(words()));
    let amounts = (of(amount()), of(direction()), vec(charge(), 0..2));
    let parties = (party(), of(words()), party());
    let rest = (remittance(), of(words()), of(words()));
    (references, amounts, parties, rest).prop_map(|(references, amounts, parties, rest)| {
        Transaction {
            end_to_end_id: references.0,
            transaction_id: references.1,
            servicer_reference: references.2,
            amount: amounts.0,
            direction: amounts.1,
            charges: amounts.2,
            debtor: parties.0,
            ultimate_debtor: parties.1,
            creditor: parties.2,
            remittance: rest.0,
            return_reason: rest.1,
            information: rest.2,
        }
    })
}

fn details() -> impl Strategy<Value = EntryDetails> {
    let batch = (
        of(words()),
        of(words()),
        of(0_u64..1_000),
        of(money()),
        of(direction()),
    )
        .prop_map(
            |(message_id, payment_id, count, total, direction)| BatchDetails {
                message_id,
                payment_id,
                count,
                total,
                direction,
            },
        );
    // The schema wants neither, and nothing but an empty element would be left of an empty one.
    (of(batch), vec(transaction(), 0..3)).prop_map(|(batch, transactions)| EntryDetails {
        batch,
        transactions,
    })
}

fn bank_code() -> impl Strategy<Value = BankTransactionCode> {
    (of((code(), code(), code())), of((words(), of(words())))).prop_map(|(domain, proprietary)| {
        BankTransactionCode {
            domain,
            proprietary,
        }
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let money = (money(), direction(), any::<bool>(), status());
    let days = (of(day()), of(day()));
    let names = (of(words()), of(words()), of(words()));
    let rest = (bank_code(), vec(charge(), 0..3), vec(details(), 0..3));
    (money, days, names, rest).prop_map(|(money, days, names, rest)| Entry {
        reference: names.0,
        amount: money.0,
        direction: money.1,
        is_reversal: money.2,
        status: money.3,
        booked_on: days.0,
        value_date: days.1,
        servicer_reference: names.1,
        code: rest.0,
        charges: rest.1,
        details: rest.2,
        information: names.2,
    })
}

prop_compose! {
    fn statement()(
        id in words(),
        page in of((1_u32..100, any::<bool>())),
        sequences in (of(0_u64..1_000_000), of(0_u64..1_000_000)),
        period in of((day(), day())),
        account in account(),
        owner in of(words()),
        opening in -1_000_000_i64..1_000_000,
        days in (day(), day()),
        entries in vec(entry(), 0..6),
    ) -> Statement {
        let opening = Money::cents(opening);
        let mut statement = Statement {
            id,
            page: page.map(|(number, is_last)| Page { number, is_last }),
            electronic_sequence: sequences.0,
            legal_sequence: sequences.1,
            period: period.map(|(from, to)| Period { from, to }),
            account,
            owner,
            opening: Balance { amount: opening, date: days.0 },
            closing: Balance { amount: opening, date: days.1 },
            entries,
        };
        statement.closing.amount = opening - statement.difference();
        statement
    }
}

prop_compose! {
    /// A message of one to three statements.
    pub fn message()(
        id in words(),
        created in "20[0-9]{2}-1[0-2]-[01][1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?(Z|\\+0[0-2]:00)?",
        statements in vec(statement(), 1..4),
    ) -> Message {
        Message { id, created, statements }
    }
}
