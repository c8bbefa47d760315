//! The bookseller's verbs: cart, pricing, checkout, order, payment, ledger, stock, mail, reviews, staff,
//! figures, what sells best, what is laid out, the rules of the search, the screening of orders,
//! reconciliation with the bank, disputes, the books for the accountant.
//!
//! A verb is a function over [`storage::Tx`], or, where it must wait for something outside a transaction, an
//! async function over [`storage::Store`]. It answers with what it did or with a refusal that a bookseller
//! could say; pages, JSON and the command line call the same ones. Nothing here knows HTTP, a card number, or
//! which engine is below, except for placing an order, which PostgreSQL does in one call.

pub mod bestsellers;
pub mod books;
pub mod cart;
pub mod certificate;
pub mod checkout;
mod codes;
mod columns;
pub mod display;
pub mod disputes;
pub mod form;
pub mod ledger;
pub mod mail;
pub mod merged;
pub mod order;
pub mod payment;
pub mod pricing;
mod random;
pub mod recommend;
pub mod reconciliation;
pub mod reviews;
pub mod revision;
mod schema;
pub mod screening;
pub mod search_rules;
pub mod searches;
pub mod staff;
pub mod stats;
pub mod stock;
mod text;

pub use schema::MIGRATIONS;

/// Every statement of this crate, for the test that prepares all of them on both engines.
pub fn statements() -> Vec<&'static storage::Statement> {
    [
        cart::STATEMENTS,
        merged::STATEMENTS,
        revision::STATEMENTS,
        search_rules::STATEMENTS,
        searches::STATEMENTS,
        stats::STATEMENTS,
        stock::STATEMENTS,
        &bestsellers::statements(),
        &books::statements(),
        &certificate::statements(),
        &checkout::statements(),
        &display::statements(),
        &disputes::statements(),
        &ledger::statements(),
        &order::statements(),
        &payment::statements(),
        &recommend::statements(),
        &reconciliation::statements(),
        &reviews::statements(),
        &screening::statements(),
        &staff::statements(),
    ]
    .concat()
}
