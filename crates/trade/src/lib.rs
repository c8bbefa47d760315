//! The book trade's values and law: money, ISBN, price regimes, VAT, delivery floors, availability. No I/O.
pub mod limits;
