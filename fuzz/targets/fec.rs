//! Files of accounting entries, which are only checked: any bytes, with and without the line of names in front.
#![no_main]

use accounting::fec::{COLUMNS, check};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let separator = if bytes.contains(&b'|') { "|" } else { "\t" };
    let named = [COLUMNS.join(separator).as_bytes(), b"\n", bytes].concat();
    for file in [bytes, &named] {
        let last_line = file
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count()
            + 1;
        for finding in check(None, file) {
            assert!(
                finding
                    .line
                    .is_none_or(|line| (1..=last_line).contains(&line)),
                "{finding}"
            );
            assert!(
                finding.detail.chars().count() <= 80 && !finding.detail.contains(char::is_control)
            );
        }
    }
});
