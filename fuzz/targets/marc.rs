//! MARC 21 and UNIMARC, as XML and as ISO 2709.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(bytes));
