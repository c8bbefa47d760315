//! What the provider tells by itself, signed (`Stripe-Signature`, scheme `v1`): HMAC-SHA-256 of time, full stop and body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use shop::payment::{NotAnEvent, ProviderEvent};
use trade::{clock::Timestamp, limits};

use crate::keys::SigningSecret;

/// Signatures that are tried: the provider sends one for each secret in force, two while one is being changed.
const SIGNATURES: usize = 8;
/// The longest name of an event or object: the provider's own promise.
const NAME_BYTES: usize = 255;

/// Reads an event that came at `now`.
pub(crate) fn read(
    secret: &SigningSecret,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<ProviderEvent, NotAnEvent> {
    let signed = Signed::parse(signature).ok_or(NotAnEvent::Signature)?;
    if !signed.is_of(now) || !signed.is_by(secret, body) {
        return Err(NotAnEvent::Signature);
    }
    let event: Event =
        serde_json::from_slice(body).map_err(|error| NotAnEvent::Malformed(error.to_string()))?;
    if event.id.is_empty() || event.id.len() > NAME_BYTES {
        return Err(NotAnEvent::Malformed("its name".to_owned()));
    }
    let object = event.data.object;
    let is_session = object.object == "checkout.session";
    let reference = object.id.filter(|id| is_session && id.len() <= NAME_BYTES);
    Ok(ProviderEvent {
        id: event.id,
        reference,
    })
}

/// Signs a body as the provider does, for whoever stands in its place in a test.
pub fn sign(secret: &SigningSecret, body: &[u8], at: Timestamp) -> String {
    let seconds = at.as_micros().div_euclid(1_000_000).to_string();
    let mut text = format!("t={seconds},v1=");
    if let Some(mac) = mac(secret, &seconds, body) {
        for byte in mac.finalize().into_bytes() {
            text += &format!("{byte:02x}");
        }
    }
    text
}

fn mac(secret: &SigningSecret, seconds: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// `t=…,v1=…,v1=…`; other schemes are passed over.
struct Signed<'a> {
    seconds: &'a str,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Signed<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let parts = || {
            header
                .split(',')
                .filter_map(|part| part.trim().split_once('='))
        };
        let seconds = parts().find(|(name, _)| *name == "t")?.1;
        let signatures = parts()
            .filter(|(name, _)| *name == "v1")
            .filter_map(|(_, hex)| unhex(hex))
            .take(SIGNATURES)
            .collect();
        Some(Self {
            seconds,
            signatures,
        })
    }

    fn is_of(&self, now: Timestamp) -> bool {
        let Some(micros) = self
            .seconds
            .parse::<i64>()
            .ok()
            .and_then(|seconds| seconds.checked_mul(1_000_000))
        else {
            return false;
        };
        let at = Timestamp::micros(micros);
        let apart = now.since(at).max(at.since(now));
        apart <= limits::PROVIDER_EVENT_AGE
    }

    /// Each comparison takes the same time wherever the two differ.
    fn is_by(&self, secret: &SigningSecret, body: &[u8]) -> bool {
        let Some(mac) = mac(secret, self.seconds, body) else {
            return false;
        };
        self.signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[derive(Deserialize)]
struct Event {
    id: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    object: String,
    id: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"checkout.session.completed",
        "data":{"object":{"object":"checkout.session","id":"cs_test_1"}}}"#;
    const NOW: Timestamp = Timestamp::micros(1_795_431_600_500_000);

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).unwrap()
    }

    #[test]
    fn a_signed_event_is_read() {
        let ours = secret("whsec_0123456789abcdef");
        let event = read(&ours, &sign(&ours, BODY, NOW), BODY, NOW).unwrap();
        assert_eq!(event.id, "evt_1");
        assert_eq!(event.reference.as_deref(), Some("cs_test_1"));
    }

    /// The sum was reckoned by another program: `printf '%s' 1614265330.{} | openssl dgst -sha256 -hmac whsec_…`.
    #[test]
    fn the_signature_is_the_one_that_another_program_reckons() {
        let ours = secret("whsec_0123456789abcdef");
        let at = Timestamp::micros(1_614_265_330_000_000);
        assert_eq!(sign(&ours, b"{}", at), OPENSSL);
    }
    const OPENSSL: &str =
        "t=1614265330,v1=1a19133e473beeaa0b1f6e41d343d306b64a66fe2a1291d5e447d07bb9e99fac";

    #[test]
    fn one_of_several_signatures_is_enough_while_the_secret_changes() {
        let (old, new) = (
            secret("whsec_0123456789abcdef"),
            secret("whsec_fedcba9876543210"),
        );
        let by_old = sign(&old, BODY, NOW);
        let by_new = sign(&new, BODY, NOW);
        let both = format!("{by_old},{},v0=aa", by_new.split_once(',').unwrap().1);
        for ours in [&old, &new] {
            assert!(read(ours, &both, BODY, NOW).is_ok());
        }
    }

    #[test]
    fn what_is_changed_old_early_or_unsigned_is_refused() {
        let ours = secret("whsec_0123456789abcdef");
        let good = sign(&ours, BODY, NOW);
        let refused = |header: &str, body: &[u8], now| {
            assert_eq!(
                read(&ours, header, body, now),
                Err(NotAnEvent::Signature),
                "{header}"
            );
        };
        refused(&good, b"{}", NOW);
        refused(
            &sign(&secret("whsec_fedcba9876543210"), BODY, NOW),
            BODY,
            NOW,
        );
        let six = Duration::from_secs(6 * 60);
        refused(&good, BODY, NOW.plus(six));
        refused(&good, BODY, NOW.minus(six));
        let later = good.replacen("t=17954316", "t=17954317", 1);
        for header in [
            "",
            "t=1",
            "v1=00",
            &later,
            &good.replace("v1", "v0"),
            "t=9223372036854775807,v1=00",
        ] {
            refused(header, BODY, NOW);
        }
        let near = Duration::from_secs(4 * 60);
        assert!(read(&ours, &good, BODY, NOW.plus(near)).is_ok());
        assert!(read(&ours, &good, BODY, NOW.minus(near)).is_ok());
    }

    #[test]
    fn what_is_signed_and_cannot_be_read_is_told_apart() {
        let ours = secret("whsec_0123456789abcdef");
        for body in [&b"{"[..], b"{}", br#"{"id":"","data":{"object":{}}}"#] {
            let read = read(&ours, &sign(&ours, body, NOW), body, NOW);
            assert!(matches!(read, Err(NotAnEvent::Malformed(_))), "{read:?}");
        }
        let of_a_refund = br#"{"id":"evt_2","data":{"object":{"object":"refund","id":"re_1"}}}"#;
        let event = read(&ours, &sign(&ours, of_a_refund, NOW), of_a_refund, NOW).unwrap();
        assert_eq!(event.reference, None);
    }
}
