//! Clearing batches and acknowledgements. The digest at the end keeps most damage out, so that it is put right first.
#![no_main]

use banking::clearing::{Acknowledgement, Batch, Totals};
use sha2::{Digest as _, Sha256};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'|') else {
        return;
    };
    let mut sealed = bytes[..=end].to_vec();
    let digest = Sha256::digest(&sealed);
    for byte in digest {
        sealed.extend(format!("{byte:02x}").bytes());
    }
    sealed.push(b'\n');
    check(&sealed);
});

/// What is read is written to the same bytes: nothing is tolerated.
fn check(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    match Batch::read(bytes) {
        Ok(batch) => {
            assert_eq!(batch.to_text().as_bytes(), bytes);
            assert_eq!(batch.totals(), Totals::of(batch.lines()));
        }
        Err(error) => assert!((1..=lines).contains(&error.line), "{error}"),
    }
    match Acknowledgement::read(bytes) {
        Ok(acknowledgement) => assert_eq!(acknowledgement.to_text().as_bytes(), bytes),
        Err(error) => assert!((1..=lines).contains(&error.line), "{error}"),
    }
}
