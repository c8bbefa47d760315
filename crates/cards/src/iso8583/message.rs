//! Building a message, and keeping one beyond the bytes it came in.

use std::fmt;
use std::ops::Range;

use trade::money::Money;
use zeroize::Zeroizing;

use super::chip::ChipData;
use super::tlv::TlvError;
use super::view::debug;
use super::{Dialect, Field, FieldError, FieldSpec, Mti, ParseError, View, Wire, wire};

/// A message that owns its values. All of them are wiped when it is dropped, so that nothing needs
/// to know which of them mattered.
pub struct Message {
    dialect: &'static Dialect,
    mti: Mti,
    /// Ascending by field.
    values: Vec<Value>,
    /// The characters of all values, in any order; what was replaced stays until the end.
    text: Zeroizing<Vec<u8>>,
}

struct Value {
    spec: &'static FieldSpec,
    /// Where in the text.
    at: Range<usize>,
}

/// Room for the values of a usual message, so that it need not grow.
const USUAL_BYTES: usize = 256;

impl Message {
    /// A message with no field yet. The first digit of its type becomes the dialect's.
    #[must_use]
    pub fn new(dialect: &'static Dialect, mti: Mti) -> Message {
        Message {
            dialect,
            mti: mti.of_version(dialect.version),
            values: Vec::new(),
            text: Zeroizing::new(Vec::new()),
        }
    }

    /// Reads and keeps a whole message.
    ///
    /// # Errors
    /// As [`View::parse`].
    pub fn parse(dialect: &'static Dialect, message: &[u8]) -> Result<Message, ParseError> {
        let view = View::parse(dialect, message)?;
        let lying = view.lying_fields();
        let characters = lying.iter().map(|value| value.characters()).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(characters));
        let keep = |value: &super::view::Lying<'_>| {
            let begin = text.len();
            value.unpack(&mut text);
            Value {
                spec: value.spec,
                at: begin..text.len(),
            }
        };
        let values = lying.iter().map(keep).collect();
        Ok(Message {
            dialect,
            mti: view.mti(),
            values,
            text,
        })
    }

    /// The message type.
    #[must_use]
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// Makes it the repeat of itself: the same message, said again.
    pub fn make_repeat(&mut self) {
        self.mti = self.mti.repeat();
    }

    /// The value of a field, when present.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        let at = self.place(field).ok()?;
        self.values.get(at).map(|value| self.characters(value))
    }

    /// Sets a field, or replaces it.
    ///
    /// # Errors
    /// [`FieldError`] when the dialect does not allow the value; nothing is changed then.
    pub fn set(&mut self, field: Field, value: &str) -> Result<(), FieldError> {
        let spec = self.dialect.spec(field)?;
        spec.check(value.as_bytes())?;
        self.keep(spec, value.as_bytes());
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
    /// [`FieldError`] when the response code is not two characters (in 1993, three digits).
    pub fn answer(&self, response_code: &str) -> Result<Message, FieldError> {
        let mut answer = Message::new(self.dialect, self.mti.response());
        for field in ECHOED {
            let asked = self.place(field).ok().and_then(|at| self.values.get(at));
            if let Some(value) = asked {
                answer.keep(value.spec, self.characters(value).as_bytes());
            }
        }
        answer.with(Field::RESPONSE_CODE, response_code)
    }

    /// The bytes on the wire, wiped when dropped.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Reserved in full at once: growing would leave an unwiped copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(self.wire_length()));
        let fields = self.values.iter();
        let bitmap = fields.fold(0, |bits, value| bits | value.spec.field.bit());
        wire::push_mti(self.dialect.mti, self.mti, &mut out);
        wire::push_bitmap(self.dialect.bitmap, bitmap, &mut out);
        for value in &self.values {
            let characters = self.characters(value).as_bytes();
            let length = value.spec.units(characters.len());
            wire::push_length(self.dialect.lengths, value.spec, length, &mut out);
            wire::push_value(value.spec, characters, &mut out);
        }
        out
    }

    /// The chip data (field 55), when present.
    ///
    /// # Errors
    /// [`TlvError`] when they cannot be read.
    #[must_use]
    pub fn chip_data(&self) -> Option<Result<ChipData, TlvError>> {
        self.get(Field::CHIP_DATA).map(ChipData::from_hex)
    }

    /// Sets the chip data (field 55).
    ///
    /// # Errors
    /// As [`Message::set`].
    pub fn set_chip_data(&mut self, chip: &ChipData) -> Result<(), FieldError> {
        self.set(Field::CHIP_DATA, &chip.to_hex())
    }

    /// Where the field is among the values, or would be.
    fn place(&self, field: Field) -> Result<usize, usize> {
        self.values
            .binary_search_by_key(&field, |value| value.spec.field)
    }

    fn characters(&self, value: &Value) -> &str {
        let bytes = self.text.get(value.at.clone()).unwrap_or_default();
        // Every value was checked, and all kinds of content are ASCII.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn keep(&mut self, spec: &'static FieldSpec, characters: &[u8]) {
        self.reserve(characters.len());
        let begin = self.text.len();
        self.text.extend_from_slice(characters);
        if spec.wire == Wire::Bytes {
            // As they will be read back.
            self.text
                .get_mut(begin..)
                .unwrap_or_default()
                .make_ascii_uppercase();
        }
        let at = begin..self.text.len();
        match self.place(spec.field) {
            Ok(place) => {
                if let Some(value) = self.values.get_mut(place) {
                    value.at = at;
                }
            }
            Err(place) => self.values.insert(place, Value { spec, at }),
        }
    }

    /// Makes room; what the text leaves behind in growing is wiped.
    fn reserve(&mut self, more: usize) {
        let needed = self.text.len() + more;
        if needed > self.text.capacity() {
            let wider = needed.next_power_of_two().max(USUAL_BYTES);
            let mut wider = Zeroizing::new(Vec::with_capacity(wider));
            wider.extend_from_slice(&self.text);
            self.text = wider;
        }
    }

    /// No less than what the message needs on the wire.
    fn wire_length(&self) -> usize {
        let values = self.values.iter();
        let values: usize = values.map(|value| 3 + value.at.len() + 1).sum();
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
    Field::MOVEMENT_REFERENCE,
    Field::NETWORK_CODE,
];

/// Shows the type and the fields, and of the secret ones only that they are there.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter();
        debug(
            f,
            self.mti,
            values.map(|value| (value.spec, self.characters(value))),
        )
    }
}
