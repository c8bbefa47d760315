//! Codes that change with time (RFC 6238): HMAC-SHA-1, six digits, thirty seconds. The parameters that every authenticator
//! app reads; others would be ignored by some of them without a word.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use trade::clock::Timestamp;

/// Seconds that a code is shown.
pub(super) const STEP_SECONDS: i64 = 30;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps before and after now whose code is taken too: a clock that is half a minute wrong, and a slow hand.
const DRIFT: i64 = 1;

/// The secret that a person's app and the shop share: 160 bits, as RFC 4226 (R6) recommends.
pub(super) type Secret = [u8; 20];

/// The time step of a moment: RFC 6238's T.
pub(super) fn step_of(now: Timestamp) -> i64 {
    now.as_micros().div_euclid(1_000_000 * STEP_SECONDS)
}

/// The step near `now` whose code was typed, if it is one.
pub(super) fn matching_step(secret: &Secret, typed: &str, now: Timestamp) -> Option<i64> {
    let now = step_of(now);
    (now - DRIFT..=now + DRIFT).find(|&step| {
        let code = code(secret, step, DIGITS);
        code.as_bytes().ct_eq(typed.as_bytes()).into()
    })
}

/// The code of a step: the dynamic truncation of RFC 4226, section 5.3.
fn code(secret: &Secret, step: i64, digits: usize) -> String {
    // HMAC itself fills a key up to its block with zeros.
    let block: [u8; 64] = std::array::from_fn(|at| secret.get(at).copied().unwrap_or(0));
    let mut mac = <Hmac<Sha1> as KeyInit>::new(&block.into());
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last().copied().unwrap_or(0) & 0x0f);
    let number = hash
        .iter()
        .skip(offset)
        .take(4)
        .fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
    let number = number & 0x7fff_ffff;
    let shown = format!("{number:010}");
    shown.chars().skip(10 - digits.min(10)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    const SECRET: &Secret = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::micros(seconds * 1_000_000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(SECRET, step_of(at(seconds)), 8), eight, "{seconds}");
            assert_eq!(
                matching_step(SECRET, &eight[2..], at(seconds)),
                Some(seconds / 30)
            );
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_appendix_d() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, expected) in (0..).zip(codes) {
            assert_eq!(code(SECRET, counter, 6), expected, "{counter}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let taken = |seconds| matching_step(SECRET, "287082", at(seconds));
        assert_eq!(taken(29), Some(1));
        assert_eq!(taken(89), Some(1));
        assert_eq!(taken(90), None);
        assert_eq!(matching_step(SECRET, "", at(59)), None);
        assert_eq!(matching_step(SECRET, "28708", at(59)), None);
    }
}
