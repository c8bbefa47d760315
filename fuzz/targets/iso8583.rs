//! ISO 8583 in every dialect: the first byte says which, the message follows.
#![no_main]

use cards::iso8583::{DIALECTS, Field, Message, ParseError, View};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let dialect = DIALECTS[usize::from(*which) % DIALECTS.len()];
    let message = Message::parse(dialect, bytes);
    let view = match View::parse(dialect, bytes) {
        Ok(view) => view,
        Err(error) => {
            assert_eq!(message.err(), Some(error));
            return;
        }
    };
    let message = message.expect("both read the same");
    let written = message.encode();
    // Only a bitmap may be said in more than one way: in small letters, or with a second one that is empty.
    assert!(written.len() <= bytes.len());
    let again = Message::parse(dialect, &written).expect("what is written can be read");
    assert_eq!((again.mti(), view.mti()), (message.mti(), message.mti()));
    for number in 2..=128 {
        let field = Field::new(number).expect("a number of a field");
        assert_eq!(message.get(field), view.get(field).as_deref());
        assert_eq!(message.get(field), again.get(field));
    }
    assert_eq!(again.encode(), written);
    if let Some((_, short)) = written.split_last() {
        let refused = View::parse(dialect, short).err();
        assert!(!matches!(refused, None | Some(ParseError::Trailing(_))));
    }
    // Set one after the other, the values make the same message.
    let mut built = Message::new(dialect, message.mti());
    for (spec, value) in view.fields() {
        built
            .set(spec.field, &value)
            .expect("a value that was read");
    }
    assert_eq!(built.encode(), written);
    let _ = (format!("{view:?}{message:?}"), message.answer("00"));
    if let Some(Ok(chip)) = message.chip_data() {
        built.set_chip_data(&chip).expect("it was there before");
        assert_eq!(built.encode().len(), written.len());
    }
});
