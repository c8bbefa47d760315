//! Chip data (field 55): elements named by EMV, of which some describe the card.

use std::fmt;

use zeroize::Zeroizing;

use super::tlv::{self, Element, Elements, Tag, TlvError};
use super::wire;

/// The elements that a payment's field 55 is made of, and whether they may be shown. Only what is known to say nothing
/// of the card may: an element that is not here counts as secret.
const NAMES: &[(Tag, &str, bool)] = &[
    (Tag(0x56), "track 1 equivalent data", false),
    (Tag(0x57), "track 2 equivalent data", false),
    (Tag(0x5A), "application primary account number", false),
    (Tag(0x5F20), "cardholder name", false),
    (Tag(0x5F24), "application expiration date", false),
    (Tag(0x5F2A), "transaction currency code", true),
    (
        Tag(0x5F34),
        "application primary account number sequence number",
        true,
    ),
    (Tag(0x71), "issuer script template 1", false),
    (Tag(0x72), "issuer script template 2", false),
    (Tag(0x82), "application interchange profile", true),
    (Tag(0x84), "dedicated file name", true),
    (Tag(0x8A), "authorisation response code", true),
    (Tag(0x91), "issuer authentication data", true),
    (Tag(0x95), "terminal verification results", true),
    (
        Tag(0x99),
        "transaction personal identification number data",
        false,
    ),
    (Tag(0x9A), "transaction date", true),
    (Tag(0x9B), "transaction status information", true),
    (Tag(0x9C), "transaction type", true),
    (Tag(0x9F02), "amount, authorised", true),
    (Tag(0x9F03), "amount, other", true),
    (Tag(0x9F06), "application identifier, terminal", true),
    (Tag(0x9F09), "application version number, terminal", true),
    (Tag(0x9F0B), "cardholder name, extended", false),
    (Tag(0x9F10), "issuer application data", false),
    (Tag(0x9F1A), "terminal country code", true),
    (Tag(0x9F1E), "interface device serial number", true),
    (Tag(0x9F1F), "track 1 discretionary data", false),
    (Tag(0x9F20), "track 2 discretionary data", false),
    (Tag(0x9F26), "application cryptogram", true),
    (Tag(0x9F27), "cryptogram information data", true),
    (Tag(0x9F33), "terminal capabilities", true),
    (Tag(0x9F34), "cardholder verification method results", true),
    (Tag(0x9F35), "terminal type", true),
    (Tag(0x9F36), "application transaction counter", true),
    (Tag(0x9F37), "unpredictable number", true),
    (Tag(0x9F41), "transaction sequence counter", true),
    (Tag(0x9F6B), "track 2 data", false),
];

impl Tag {
    /// Track 2 equivalent data: number, expiry and service code.
    pub const TRACK_2: Tag = Tag(0x57);
    /// The card number.
    pub const PAN: Tag = Tag(0x5A);
    /// The cardholder's name.
    pub const CARDHOLDER_NAME: Tag = Tag(0x5F20);
    /// Track 1 discretionary data.
    pub const TRACK_1_DISCRETIONARY: Tag = Tag(0x9F1F);
    /// What the chip signs.
    pub const CRYPTOGRAM: Tag = Tag(0x9F26);
    /// The amount, in twelve packed digits.
    pub const AMOUNT: Tag = Tag(0x9F02);

    /// Its name in EMV Book 3, annex A, or of the schemes; `None` for one that is not known here.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.known().map(|(_, name, _)| *name)
    }

    /// Whether its value may describe the card and must never be shown, logged or kept.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self.known().is_none_or(|(_, _, open)| !open)
    }

    fn known(self) -> Option<&'static (Tag, &'static str, bool)> {
        NAMES.iter().find(|(tag, _, _)| *tag == self)
    }
}

impl<'a> Element<'a> {
    /// Its value, unless it is secret.
    #[must_use]
    pub fn open_value(&self) -> Option<&'a [u8]> {
        (!self.tag.is_secret()).then_some(self.value)
    }

    /// Its value, secret or not. Whoever calls this keeps it out of logs and files.
    #[must_use]
    pub const fn expose_value(&self) -> &'a [u8] {
        self.value
    }
}

/// Shows the tag, and the value unless it is secret.
impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.tag)?;
        match self.open_value() {
            Some(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
            None => f.write_str("[secret]"),
        }
    }
}

/// The elements of a field 55: checked, wiped when dropped, shown without what describes the card.
#[derive(Default)]
pub struct ChipData(Zeroizing<Vec<u8>>);

impl ChipData {
    /// No element yet.
    #[must_use]
    pub fn new() -> ChipData {
        ChipData::default()
    }

    /// Keeps a copy of data that can be read at all depths.
    ///
    /// # Errors
    /// [`TlvError`] when they cannot.
    pub fn parse(bytes: &[u8]) -> Result<ChipData, TlvError> {
        ChipData::keep(Zeroizing::new(bytes.to_vec()))
    }

    pub(super) fn from_hex(digits: &str) -> Result<ChipData, TlvError> {
        let (pairs, _) = digits.as_bytes().as_chunks::<2>();
        let bytes = pairs
            .iter()
            .map(|[high, low]| wire::nibble(*high) << 4 | wire::nibble(*low));
        ChipData::keep(Zeroizing::new(bytes.collect()))
    }

    fn keep(bytes: Zeroizing<Vec<u8>>) -> Result<ChipData, TlvError> {
        tlv::check(&bytes)?;
        Ok(ChipData(bytes))
    }

    /// With one more element.
    ///
    /// # Errors
    /// [`TlvError`] when the value is too long, or the element holds others and they cannot be read, or there would be
    /// too many.
    pub fn with(self, tag: Tag, value: &[u8]) -> Result<ChipData, TlvError> {
        // Reserved in full at once: growing would leave an unwiped copy behind.
        let room = self.0.len() + tlv::size(tag, value);
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(&self.0);
        tlv::push(tag, value, &mut bytes)?;
        ChipData::keep(bytes)
    }

    /// The first element of this name that is not inside another.
    #[must_use]
    pub fn get(&self, tag: Tag) -> Option<Element<'_>> {
        self.elements().find(|element| element.tag == tag)
    }

    /// The elements that are not inside another.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        Elements::read(&self.0).flatten()
    }

    /// The bytes as they are sent.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_hex(&self) -> Zeroizing<String> {
        let mut digits = Zeroizing::new(String::with_capacity(self.0.len() * 2));
        for nibble in self.0.iter().flat_map(|byte| [byte >> 4, byte & 0xF]) {
            digits.extend(char::from_digit(nibble.into(), 16));
        }
        digits.make_ascii_uppercase();
        digits
    }
}

impl fmt::Debug for ChipData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.elements()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::iso8583::{ASCII_1987, CB_LIKE, Field, Message, Mti, View};

    fn chip() -> ChipData {
        ChipData::new()
            .with(Tag::PAN, &[0x42; 8])
            .and_then(|chip| chip.with(Tag::CRYPTOGRAM, &[0xAB; 8]))
            .and_then(|chip| chip.with(Tag::new(0xDF01).unwrap(), &[0x42; 3]))
            .unwrap()
    }

    #[test]
    fn what_has_a_name_is_a_tag_and_has_one_name() {
        assert!(NAMES.is_sorted_by(|(one, _, _), (next, _, _)| one.to_string() < next.to_string()));
        for (tag, _, _) in NAMES {
            assert_eq!(Tag::new(tag.0), Some(*tag));
        }
        assert_eq!(Tag::CRYPTOGRAM.name(), Some("application cryptogram"));
        assert!(Tag::TRACK_2.is_secret() && !Tag::AMOUNT.is_secret());
        assert!(Tag::CARDHOLDER_NAME.is_secret() && Tag::TRACK_1_DISCRETIONARY.is_secret());
    }

    #[test]
    fn only_what_is_known_to_say_nothing_of_the_card_is_shown() {
        assert_eq!(
            format!("{:?}", chip()),
            "[5A [secret], 9F26 ABABABABABABABAB, DF01 [secret]]"
        );
        assert_eq!(chip().get(Tag::PAN).unwrap().open_value(), None);
        assert_eq!(chip().get(Tag::PAN).unwrap().expose_value(), [0x42; 8]);
    }

    #[test]
    fn a_message_carries_it_in_text_and_in_bytes() {
        for dialect in [&ASCII_1987, &CB_LIKE] {
            let mut message = Message::new(dialect, Mti::AUTHORISATION);
            assert!(message.chip_data().is_none());
            message.set_chip_data(&chip()).unwrap();
            let wire = message.encode();
            let read = Message::parse(dialect, &wire).unwrap().chip_data();
            assert_eq!(read.unwrap().unwrap().expose_bytes(), chip().expose_bytes());
            let view = View::parse(dialect, &wire).unwrap();
            let lying = (dialect.name == CB_LIKE.name).then(|| chip().0);
            assert_eq!(
                view.bytes(Field::CHIP_DATA),
                lying.as_ref().map(|bytes| bytes.as_slice())
            );
            assert!(!format!("{message:?}{view:?}").contains("4242"));
        }
    }

    #[test]
    fn data_that_cannot_be_read_to_their_depth_are_refused() {
        assert_eq!(
            ChipData::parse(&[0x72, 2, 0x9C, 5]).unwrap_err(),
            TlvError::Truncated(Tag::new(0x9C).unwrap())
        );
        let scripts = Tag::new(0x72).unwrap();
        assert!(ChipData::new().with(scripts, &[0x9C]).is_err());
    }
}
