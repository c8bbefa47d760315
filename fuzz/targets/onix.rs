//! ONIX 2.1 and 3, reference names and short tags.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(bytes));
