//! BER-TLV, the chip data of a card payment.
#![no_main]

use cards::iso8583::ChipData;
use cards::iso8583::tlv::{self, Elements};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let checked = tlv::check(bytes);
    let read: Vec<_> = Elements::read(bytes).collect();
    assert!(read.len() <= bytes.len());
    let Ok(chip) = ChipData::parse(bytes) else {
        assert!(checked.is_err());
        return;
    };
    assert!(checked.is_ok());
    // Written again in the shortest way, it is read to the same elements.
    let written = chip
        .elements()
        .try_fold(ChipData::new(), |written, element| {
            written.with(element.tag, element.expose_value())
        });
    let written = written.expect("what was read can be written");
    assert!(written.expose_bytes().len() <= bytes.len());
    assert!(written.elements().eq(chip.elements()));
    assert_eq!(written.elements().count(), read.len());
    for element in chip.elements() {
        assert_eq!(element.open_value().is_none(), element.tag.is_secret());
        assert!(chip.get(element.tag).is_some());
    }
    let _ = format!("{chip:?}");
});
