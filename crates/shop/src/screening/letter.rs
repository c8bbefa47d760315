//! The letter with the code, as an intent in the outbox. It holds which code is meant, not the code: whoever renders
//! the letter works it out with [`MarkKeys::code`](super::MarkKeys::code).

use serde::{Deserialize, Serialize};
use storage::{Fault, Tx, outbox};
use trade::{address::Email, locale::Locale};

use crate::columns;

/// The outbox topic of letters with codes.
pub const TOPIC: &str = "screening_mail";

/// One letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLetter {
    /// The screening that is confirmed by the code.
    pub screening: i64,
    /// Which of its codes, from 1.
    pub sent: u32,
    /// The language to write in.
    pub locale: Locale,
    /// Where to send it.
    pub to: Email,
}

/// Writes the letter into the outbox; each code is sent once.
pub(super) fn write(tx: &mut dyn Tx, letter: &CodeLetter) -> Result<(), Fault> {
    let key = format!("code:{}:{}", letter.screening, letter.sent);
    outbox::push(tx, TOPIC, &key, &columns::to_json(letter)?).map(drop)
}
