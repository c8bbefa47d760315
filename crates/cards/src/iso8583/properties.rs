//! What holds for every message and for every sequence of bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// A value the specification allows.
fn value(spec: &'static FieldSpec) -> impl Strategy<Value = (Field, String)> {
    let alphabet: Vec<u8> = (0..=127)
        .filter(|byte| spec.content.allows(*byte))
        .collect();
    let lengths = match spec.length {
        Length::Fixed(length) => length..=length,
        Length::Ll(most) | Length::Lll(most) => 0..=most,
    };
    vec(proptest::sample::select(alphabet), lengths).prop_map(move |mut bytes| {
        if spec.content == Content::Hex {
            bytes.truncate(bytes.len() / 2 * 2);
        }
        (spec.field, String::from_utf8(bytes).unwrap())
    })
}

fn message() -> impl Strategy<Value = Message> {
    let specs: Vec<_> = ASCII_1987.fields.iter().collect();
    let count = specs.len();
    let values = subsequence(specs, 0..=count)
        .prop_flat_map(|specs| specs.into_iter().map(value).collect::<Vec<_>>());
    (0u16..=9999, values).prop_map(|(mti, values)| {
        let mti = Mti::parse(format!("{mti:04}").as_bytes()).unwrap();
        let mut message = Message::new(&ASCII_1987, mti);
        for (field, value) in values {
            message.set(field, &value).unwrap();
        }
        message
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(message in message()) {
        let wire = message.encode();
        prop_assert!(wire.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' '));
        let view = View::parse(&ASCII_1987, &wire).unwrap();
        prop_assert_eq!(view.mti(), message.mti());
        for spec in ASCII_1987.fields {
            prop_assert_eq!(view.get(spec.field), message.get(spec.field));
        }
        prop_assert_eq!(Message::parse(&ASCII_1987, &wire).unwrap().encode(), wire);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..600)) {
        let _ = View::parse(&ASCII_1987, &bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(message in message(), at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
        let mut wire = message.encode().to_vec();
        let length = wire.len();
        wire[at % length] = byte;
        wire.truncate(cut % (length + 1));
        let _ = View::parse(&ASCII_1987, &wire);
        prop_assert!(View::parse(&ASCII_1987, &message.encode()[..cut % length]).is_err());
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
    assert_eq!(view.get(Field::TRANSMISSION_TIME), Some("0730120000"));
    assert_eq!(view.get(Field::STAN), Some("000001"));
    assert_eq!(view.get(Field::NETWORK_CODE), Some("301"));
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
        parse(b"01000800000000000000"),
        Err(FieldError::Unknown(field(5)).into())
    );
    assert_eq!(
        parse(b"01000800000000000001"),
        Err(FieldError::Unknown(field(5)).into())
    );
    assert_eq!(
        parse(b"01000000000000000000!"),
        Err(ParseError::Trailing(1))
    );
    assert_eq!(
        parse(b"01000000000000000001"),
        Err(FieldError::Unknown(field(64)).into())
    );
}
