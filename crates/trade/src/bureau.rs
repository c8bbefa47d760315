//! What shop and bureau say to one another: a question that names nobody, and a score.
//!
//! The bureau is asked from outside the house, so the question holds as little as it can: pseudonyms that belong to
//! this shop alone, a department in place of an address, and the amount.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// `POST /score`, shop to bureau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BureauQuestion {
    /// The reader's mailbox, as a keyed hash.
    pub email: String,
    /// The card, as the vault's pseudonym hashed again; none when another means is used.
    pub card: Option<String>,
    /// The first two digits of the postcode.
    pub department: String,
    /// What is charged.
    pub amount: Money,
}

/// The bureau's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BureauAnswer {
    /// 0 (nothing known against it) to 100. Another number is no answer.
    pub score: u8,
}
