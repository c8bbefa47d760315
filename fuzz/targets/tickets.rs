//! What browsers carry between shop and vault, and what witnesses sign: tickets, sealed cards, signed notes. Without a key
//! nobody can make one that is believed.
#![no_main]

use std::sync::LazyLock;

use cards::sealed::IntakeKey;
use link::note;
use link::signed::{SigningKey, VerifyingKey, verify};
use trade::payment::{CheckInReceipt, CheckInTicket};

static KEY: LazyLock<VerifyingKey> = LazyLock::new(|| {
    SigningKey::generate()
        .expect("the system has randomness")
        .verifying_key()
});

const TICKET: &str = r#"{
    "shop": "shop", "order": "BQ-7K3M-Q901", "payment": "019ac5f0-0000-7000-8000-000000000001", "amount": 2000,
    "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "expires": 1764240000000000, "return_url": "http://localhost/", "locale": "fr"
}"#;

libfuzzer_sys::fuzz_target!(|text: &str| {
    assert!(verify::<CheckInTicket>(&KEY, text).is_err());
    assert!(verify::<CheckInReceipt>(&KEY, text).is_err());
    let ticket: CheckInTicket = serde_json::from_str(TICKET).expect("a ticket");
    let intake = IntakeKey::from_seed(&[7; 32], "2026-11-27").expect("a key");
    assert!(intake.open(text, &ticket).is_err());
    assert!(!note::has_signed(&KEY, "vault", text));
    assert_eq!(note::has_cosigned(&KEY, "witness", text), None);
    if let Some((said, lines)) = note::apart(text) {
        assert!(said.ends_with('\n') && text.starts_with(said));
        assert!(lines.iter().all(|line| text.contains(line)));
    }
});
