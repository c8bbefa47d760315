//! What a message asks of the bank, read once and checked here.

use cards::iso8583::{
    Field, Message, Mti, OriginalData, ReplacementAmounts, Stan, TransmissionTime,
};
use trade::money::Money;

use crate::script::Decision;

/// What names a message for as long as its sender may repeat it: fields 41, 11 and 7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) terminal: String,
    pub(crate) stan: Stan,
    pub(crate) transmitted: TransmissionTime,
}

/// A message that moves money, or undoes that.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) key: Key,
    /// The merchant's name for the payment, field 62.
    pub(crate) payment: String,
    /// The merchant's name for the capture or refund, field 63; empty for the others.
    pub(crate) movement: String,
    pub(crate) amount: Money,
    pub(crate) verb: Verb,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Verb {
    /// 0100, with what the card's script says to it, and the card as the books may know it.
    Authorise { decision: Decision, card: String },
    /// 0220: the goods have left, the money is due.
    Capture { original: Key },
    /// 0200 with processing code 20: money goes back to the card.
    Refund { original: Key },
    /// 0400: the authorisation shall be as if it had been for no more than what `stays` (field 95): nothing, without one.
    Reverse { original: Key, stays: Money },
}

impl Verb {
    /// The message type under which the books know it.
    pub(crate) fn mti(&self) -> Mti {
        match self {
            Verb::Authorise { .. } => Mti::AUTHORISATION,
            Verb::Capture { .. } => Mti::FINANCIAL_ADVICE,
            Verb::Refund { .. } => Mti::FINANCIAL,
            Verb::Reverse { .. } => Mti::REVERSAL,
        }
    }

    /// The earlier message it is about, if any.
    pub(crate) fn original(&self) -> Option<&Key> {
        match self {
            Verb::Authorise { .. } => None,
            Verb::Capture { original }
            | Verb::Refund { original }
            | Verb::Reverse { original, .. } => Some(original),
        }
    }
}

const REFUND: &str = "200000";

impl Request {
    /// Reads a message; `None` when a field is missing or the bank has no such service. `decide` is
    /// asked only about an authorisation.
    pub(crate) fn read(message: &Message, decide: impl FnOnce() -> Decision) -> Option<Request> {
        let key = Key {
            terminal: message.get(Field::TERMINAL)?.to_owned(),
            stan: Stan::parse(message.get(Field::STAN)?)?,
            transmitted: TransmissionTime::parse(message.get(Field::TRANSMISSION_TIME)?)?,
        };
        let original = || original(message, &key);
        let verb = match message.mti().first_sending() {
            Mti::AUTHORISATION => Verb::Authorise {
                decision: decide(),
                card: truncated(message.get(Field::PAN)?)?,
            },
            Mti::FINANCIAL_ADVICE => Verb::Capture {
                original: original()?,
            },
            Mti::FINANCIAL if message.get(Field::PROCESSING_CODE) == Some(REFUND) => Verb::Refund {
                original: original()?,
            },
            Mti::REVERSAL => Verb::Reverse {
                original: original()?,
                stays: stays(message)?,
            },
            _ => return None,
        };
        Some(Request {
            payment: message.get(Field::PAYMENT_REFERENCE)?.to_owned(),
            movement: message
                .get(Field::MOVEMENT_REFERENCE)
                .unwrap_or_default()
                .to_owned(),
            amount: message.amount()?,
            key,
            verb,
        })
    }
}

/// The authorisation of field 90; it came from the same terminal.
fn original(message: &Message, key: &Key) -> Option<Key> {
    let original = OriginalData::parse(message.get(Field::ORIGINAL_DATA)?)?;
    (original.mti == Mti::AUTHORISATION).then(|| Key {
        terminal: key.terminal.clone(),
        stan: original.stan,
        transmitted: original.transmitted,
    })
}

/// What of the authorisation a reversal leaves; `None` when field 95 cannot be read.
fn stays(message: &Message) -> Option<Money> {
    match message.get(Field::REPLACEMENT_AMOUNTS) {
        Some(text) => Some(ReplacementAmounts::parse(text)?.actual),
        None => Some(Money::ZERO),
    }
}

/// The first six and last four digits: the most that may be kept (PCI DSS 4.0.1, 3.4.1 and 3.5.1).
fn truncated(number: &str) -> Option<String> {
    if number.len() < 12 {
        return None;
    }
    let last_four = number.get(number.len() - 4..)?;
    Some(format!("{}…{last_four}", number.get(..6)?))
}
