//! ISBNs as people and machines write them.
#![no_main]

use trade::isbn::{Isbn13, looks_like_isbn};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(isbn) = Isbn13::parse(text) else {
        let _ = looks_like_isbn(text);
        return;
    };
    assert!(looks_like_isbn(text), "{text:?} is one");
    assert_eq!(Isbn13::from_u64(isbn.as_u64()), Ok(isbn));
    assert_eq!(Isbn13::parse(&isbn.to_string()), Ok(isbn));
    assert_eq!(Isbn13::parse(&isbn.hyphenated()), Ok(isbn));
    if let Some(ten) = isbn.isbn10() {
        assert_eq!(Isbn13::parse(&ten), Ok(isbn));
    }
});
