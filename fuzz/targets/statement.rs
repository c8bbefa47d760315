//! Account statements, camt.053 of any version.
#![no_main]

use banking::creditor_reference::CreditorReference;
use banking::statement::{Message, Unwritable};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for order in CreditorReference::orders_in(text) {
            assert_eq!(CreditorReference::for_order(&order).order(), Some(order));
        }
    }
    let message = match Message::read(bytes) {
        Ok(message) => message,
        Err(error) => {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!((1..=lines).contains(&error.line), "{error}");
            assert!(error.to_string().len() <= 4_000, "{error}");
            return;
        }
    };
    for statement in &message.statements {
        assert!(statement.difference().is_zero());
        assert!(
            statement
                .entries
                .iter()
                .all(|entry| !entry.amount.is_negative())
        );
        let transactions = statement
            .entries
            .iter()
            .flat_map(|entry| entry.transactions());
        transactions.for_each(|transaction| drop(transaction.orders()));
    }
    let _ = format!("{message:?}");
    // Banks write longer texts than the schema allows; what it allows is read back the same.
    match message.to_xml() {
        Ok(xml) => assert_eq!(Message::read(xml.as_bytes()), Ok(message)),
        Err(Unwritable::Unbalanced(difference)) => panic!("{difference} is missing"),
        Err(_) => {}
    }
});
