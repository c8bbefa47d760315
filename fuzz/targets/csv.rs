//! Tables: separator, encoding and columns are found out, damaged rows are put right.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read(bytes));
