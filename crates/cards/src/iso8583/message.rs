//! Building a message, and keeping one beyond the bytes it came in.

use std::collections::BTreeMap;
use std::fmt;

use trade::money::Money;
use zeroize::Zeroizing;

use super::view::debug;
use super::{Dialect, Field, FieldError, FieldSpec, Length, Mti, ParseError, View};

/// A message that owns its values. All of them are wiped when it is dropped, so that nothing needs
/// to know which of them mattered.
pub struct Message {
    dialect: &'static Dialect,
    mti: Mti,
    values: BTreeMap<Field, (&'static FieldSpec, Zeroizing<String>)>,
}

impl Message {
    /// A message with no field yet.
    #[must_use]
    pub fn new(dialect: &'static Dialect, mti: Mti) -> Message {
        Message {
            dialect,
            mti,
            values: BTreeMap::new(),
        }
    }

    /// Reads and keeps a whole message.
    ///
    /// # Errors
    /// As [`View::parse`].
    pub fn parse(dialect: &'static Dialect, message: &[u8]) -> Result<Message, ParseError> {
        let view = View::parse(dialect, message)?;
        let mut kept = Message::new(dialect, view.mti());
        for (spec, value) in view.fields() {
            kept.keep(spec, value);
        }
        Ok(kept)
    }

    /// The message type.
    #[must_use]
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// The value of a field, when present.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.values.get(&field).map(|(_, value)| value.as_str())
    }

    /// Sets a field, or replaces it.
    ///
    /// # Errors
    /// [`FieldError`] when the dialect does not allow the value; nothing is changed then.
    pub fn set(&mut self, field: Field, value: &str) -> Result<(), FieldError> {
        let spec = self.dialect.spec(field)?;
        spec.check(value.as_bytes())?;
        self.keep(spec, value);
        Ok(())
    }

    /// The same, for a chain of fields.
    ///
    /// # Errors
    /// As [`Message::set`].
    pub fn with(mut self, field: Field, value: &str) -> Result<Message, FieldError> {
        self.set(field, value)?;
        Ok(self)
    }

    /// Sets the amount (field 4) and its currency (field 49), the euro.
    ///
    /// # Errors
    /// [`FieldError::Content`] for a negative amount, [`FieldError::Length`] beyond twelve digits.
    pub fn with_amount(self, amount: Money) -> Result<Message, FieldError> {
        self.with(Field::AMOUNT, &format!("{:012}", amount.as_cents()))?
            .with(Field::CURRENCY, EURO)
    }

    /// The amount, when fields 4 and 49 are there and the currency is the euro.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        let euro = self.get(Field::CURRENCY)? == EURO;
        let cents = self.get(Field::AMOUNT)?.parse().ok()?;
        euro.then_some(Money::cents(cents))
    }

    /// An answer to this message with `response_code`, carrying back the fields by which the sender
    /// knows it again: 3, 4, 7, 11, 37, 41, 42, 49, 62, 63, 70. Never a field about the card.
    ///
    /// # Errors
    /// [`FieldError`] when the response code is not two characters.
    pub fn answer(&self, response_code: &str) -> Result<Message, FieldError> {
        let mut answer = Message::new(self.dialect, self.mti.response());
        for field in ECHOED {
            if let Some((spec, value)) = self.values.get(&field) {
                answer.keep(spec, value);
            }
        }
        answer.with(Field::RESPONSE_CODE, response_code)
    }

    /// The bytes on the wire, wiped when dropped.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Reserved in full at once: growing would leave an unwiped copy behind.
        let mut wire = Zeroizing::new(Vec::with_capacity(self.wire_length()));
        wire.extend_from_slice(&self.mti.digits());
        self.encode_bitmap(&mut wire);
        for (spec, value) in self.values.values() {
            match spec.length {
                Length::Fixed(_) => {}
                Length::Ll(_) => push_number(&mut wire, value.len(), 2),
                Length::Lll(_) => push_number(&mut wire, value.len(), 3),
            }
            wire.extend_from_slice(value.as_bytes());
        }
        wire
    }

    fn keep(&mut self, spec: &'static FieldSpec, value: &str) {
        self.values
            .insert(spec.field, (spec, Zeroizing::new(value.to_owned())));
    }

    fn encode_bitmap(&self, wire: &mut Vec<u8>) {
        let fields = self.values.keys().fold(0, |bits, field| bits | field.bit());
        let (first, second) = ((fields >> 64) as u64, fields as u64);
        if second == 0 {
            wire.extend_from_slice(format!("{first:016X}").as_bytes());
        } else {
            let first = first | 1 << 63;
            wire.extend_from_slice(format!("{first:016X}{second:016X}").as_bytes());
        }
    }

    fn wire_length(&self) -> usize {
        let fields = self.values.values();
        let values: usize = fields
            .map(|(spec, value)| spec.length.prefix() + value.len())
            .sum();
        4 + 32 + values
    }
}

/// ISO 4217 numeric.
const EURO: &str = "978";

const ECHOED: [Field; 11] = [
    Field::PROCESSING_CODE,
    Field::AMOUNT,
    Field::TRANSMISSION_TIME,
    Field::STAN,
    Field::RETRIEVAL_REFERENCE,
    Field::TERMINAL,
    Field::MERCHANT,
    Field::CURRENCY,
    Field::PAYMENT_REFERENCE,
    Field::REFUND_REFERENCE,
    Field::NETWORK_CODE,
];

/// The number in exactly `width` decimal digits; its dialect has checked that it fits.
fn push_number(wire: &mut Vec<u8>, number: usize, width: usize) {
    wire.extend_from_slice(format!("{number:0width$}").as_bytes());
}

/// Shows the type and the fields, and of the secret ones only that they are there.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.values();
        debug(
            f,
            self.mti,
            values.map(|(spec, value)| (*spec, value.as_str())),
        )
    }
}
