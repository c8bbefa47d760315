//! What holds for every message and for every sequence of bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// A value the specification allows.
fn value(spec: &'static FieldSpec) -> impl Strategy<Value = (Field, String)> {
    let alphabet: Vec<u8> = (0..=127)
        .filter(|byte| spec.content.allows(&[*byte]))
        .filter(|byte| !(spec.wire.is_packed() && *byte == b'D'))
        .collect();
    let lengths = match spec.length {
        Length::Fixed(length) => length..=length,
        Length::Ll(most) | Length::Lll(most) => 0..=most,
    };
    let lengths = match spec.content {
        Content::Binary => lengths.start() * 2..=lengths.end() * 2,
        _ => lengths,
    };
    vec(proptest::sample::select(alphabet), lengths).prop_map(move |mut bytes| {
        match spec.content {
            Content::Binary => bytes.truncate(bytes.len() / 2 * 2),
            Content::Signed => bytes[1..].fill(b'7'),
            _ => {}
        }
        let value = String::from_utf8(bytes).unwrap();
        let as_read = match spec.wire {
            Wire::Bytes => value.to_ascii_uppercase(),
            _ => value,
        };
        (spec.field, as_read)
    })
}

fn dialect() -> impl Strategy<Value = &'static Dialect> {
    proptest::sample::select(DIALECTS.to_vec())
}

fn message() -> impl Strategy<Value = (&'static Dialect, Message)> {
    dialect().prop_flat_map(message_of)
}

fn message_of(dialect: &'static Dialect) -> impl Strategy<Value = (&'static Dialect, Message)> {
    let specs: Vec<_> = dialect.specs().collect();
    let values = subsequence(specs, 0..=30)
        .prop_flat_map(|specs| specs.into_iter().map(value).collect::<Vec<_>>());
    (0u16..=999, values.prop_shuffle()).prop_map(move |(mti, values)| {
        let mti = Mti::parse(format!("{mti:04}").as_bytes()).unwrap();
        let mut message = Message::new(dialect, mti);
        for (field, value) in values {
            message.set(field, &value).unwrap();
            assert_eq!(message.get(field), Some(value.as_str()));
        }
        (dialect, message)
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back((dialect, message) in message()) {
        let wire = message.encode();
        let view = View::parse(dialect, &wire).unwrap();
        prop_assert_eq!(view.mti(), message.mti());
        prop_assert_eq!(view.mti().version(), dialect.version);
        for spec in dialect.specs() {
            let lying = view.get(spec.field);
            prop_assert_eq!(lying.as_deref(), message.get(spec.field));
        }
        let kept = Message::parse(dialect, &wire).unwrap();
        for spec in dialect.specs() {
            prop_assert_eq!(kept.get(spec.field), message.get(spec.field));
        }
        prop_assert_eq!(kept.encode(), wire);
    }

    #[test]
    fn every_byte_of_the_text_dialect_is_printable((_, message) in message_of(&ASCII_1987)) {
        prop_assert!(message.encode().iter().all(|byte| byte.is_ascii_graphic() || *byte == b' '));
    }

    #[test]
    fn a_value_replaced_is_gone(first in "[0-9]{1,19}", second in "[0-9]{1,19}") {
        for dialect in DIALECTS {
            let message = Message::new(dialect, Mti::AUTHORISATION)
                .with(Field::PAN, &first).unwrap()
                .with(Field::STAN, "000001").unwrap()
                .with(Field::PAN, &second).unwrap();
            let read = Message::parse(dialect, &message.encode()).unwrap();
            prop_assert_eq!(read.get(Field::PAN), Some(second.as_str()));
            prop_assert_eq!(read.get(Field::STAN), Some("000001"));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(dialect in dialect(), bytes in vec(any::<u8>(), 0..600)) {
        let _ = View::parse(dialect, &bytes);
    }

    #[test]
    fn no_damage_makes_it_panic((dialect, message) in message(), at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut wire = message.encode().to_vec();
        let length = wire.len();
        wire[at % length] = byte;
        wire.truncate(cut % (length + 1));
        let _ = View::parse(dialect, &wire);
        prop_assert!(View::parse(dialect, &message.encode()[..cut % length]).is_err());
    }

    #[test]
    fn nothing_about_the_card_is_shown(pan in "[1-9][0-9]{15}", expiry in "[0-9]{4}", csc in "[0-9]{3}") {
        let message = Message::new(&ASCII_1987, Mti::AUTHORISATION)
            .with(Field::PAN, &pan).unwrap()
            .with(Field::EXPIRY, &expiry).unwrap()
            .with(Field::TRACK_2, &format!("{pan}={expiry}")).unwrap()
            .with(Field::SECURITY_CODE, &csc).unwrap();
        let wire = message.encode();
        let view = View::parse(&ASCII_1987, &wire).unwrap();
        for shown in [format!("{message:?}"), format!("{view:#?}")] {
            // The message type is the only number left to show.
            prop_assert!(!shown.replace("0100", "").contains(|c: char| c.is_ascii_digit() && c != '2'));
            prop_assert!(shown.contains("[secret]"));
        }
        prop_assert!(message.answer("00").unwrap().get(Field::PAN).is_none());
    }
}

#[test]
fn a_message_of_the_standard_reads_as_the_standard_says() {
    let wire = b"08008220000000000000040000000000000007301200000000013\x30\x31";
    let view = View::parse(&ASCII_1987, wire).unwrap();
    assert_eq!(view.mti(), Mti::NETWORK);
    assert_eq!(
        view.get(Field::TRANSMISSION_TIME).as_deref(),
        Some("0730120000")
    );
    assert_eq!(view.get(Field::STAN).as_deref(), Some("000001"));
    assert_eq!(view.get(Field::NETWORK_CODE).as_deref(), Some("301"));
}

#[test]
fn what_is_wrong_is_named_without_its_value() {
    let parse = |bytes: &[u8]| View::parse(&ASCII_1987, bytes).map(|view| view.mti());
    let field = |number| Field::new(number).unwrap();
    assert_eq!(parse(b"01"), Err(ParseError::Mti));
    assert_eq!(parse(b"0100400000000000000"), Err(ParseError::Bitmap));
    assert_eq!(
        parse(b"0100400000000000000016411"),
        Err(ParseError::Truncated(Field::PAN))
    );
    assert_eq!(
        parse(b"010040000000000000001x4"),
        Err(ParseError::LengthPrefix(Field::PAN))
    );
    assert_eq!(
        parse(b"0100400000000000000004411a"),
        Err(FieldError::Content(Field::PAN).into())
    );
    assert_eq!(
        parse(b"0100400000000000000020"),
        Err(ParseError::Truncated(Field::PAN))
    );
    assert_eq!(
        parse(b"01008000000000000000800000000000000012"),
        Err(FieldError::Unknown(field(65)).into())
    );
    assert_eq!(parse(b"11000000000000000000"), Err(ParseError::Version(1)));
    assert_eq!(
        parse(b"01000000000000000000!"),
        Err(ParseError::Trailing(1))
    );
    assert_eq!(
        parse(b"01000000000000000001"),
        Err(ParseError::Truncated(field(64)))
    );
}
