//! The book trade's values and law: money, ISBN, price regimes, VAT, delivery floors, availability. No I/O.
//!
//! Everything here is a value or a pure function of values; the rules carry the ids of the design notes
//! (`F1` book price, `V1` VAT, `I1` ISBN, `T1` French text) in their tests' names. Rates, thresholds and dates
//! are data files under `data/`, turned into tables when compiling. Nothing reads a file, a clock other than
//! [`clock::Clock`], or the network, and nothing here can name a card number.

pub mod address;
pub mod availability;
pub mod bureau;
pub mod clock;
pub mod contributor;
pub mod delivery;
pub mod goods;
pub mod ids;
pub mod isbn;
pub mod language;
pub mod limits;
pub mod locale;
pub mod money;
pub mod payment;
pub mod price;
pub mod territory;
pub mod vat;
