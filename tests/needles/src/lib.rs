//! Card numbers that must not be found: the ways in which one can be written down, looked for in one pass.
//!
//! What was compressed or encrypted is not opened.

mod places;

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, BuildError};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// All spellings of some numbers.
pub struct Needles {
    names: Vec<&'static str>,
    automaton: AhoCorasick,
}

impl Needles {
    /// For these numbers, digits only.
    ///
    /// # Errors
    /// More spellings than can be looked for at once.
    pub fn of(numbers: &[impl AsRef<str>]) -> Result<Self, BuildError> {
        let (names, bytes): (Vec<&str>, Vec<Vec<u8>>) = numbers
            .iter()
            .flat_map(|number| spellings(number.as_ref()))
            .unzip();
        Ok(Self {
            names,
            automaton: AhoCorasick::new(bytes)?,
        })
    }

    /// The spelling of the first number in `bytes`.
    #[must_use]
    pub fn found(&self, bytes: &[u8]) -> Option<&'static str> {
        let hit = self.automaton.find(bytes)?;
        self.names.get(hit.pattern().as_usize()).copied()
    }

    /// How each of the needles is spelled.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
}

/// A number as it might lie about, each with the name of its spelling.
#[must_use]
pub fn spellings(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let grouped = |size: usize, joint: &str| groups(number, size).join(joint).into_bytes();
    let mut spellings = vec![
        ("plain", number.as_bytes().to_vec()),
        ("spaced", grouped(4, " ")),
        ("plus", grouped(4, "+")),
        ("percent", grouped(4, "%20")),
        ("dashed", grouped(4, "-")),
        ("dotted", grouped(4, ".")),
        ("UTF-16 LE", wide(number, u16::to_le_bytes)),
        ("UTF-16 BE", wide(number, u16::to_be_bytes)),
        ("hex", listed(number, "", |byte| format!("{byte:02x}"))),
        (
            "hex, spaced",
            listed(number, " ", |byte| format!("{byte:02x}")),
        ),
        (
            "bytes, as Debug writes them",
            listed(number, ", ", |byte| byte.to_string()),
        ),
        (
            "bytes, as JSON writes them",
            listed(number, ",", |byte| byte.to_string()),
        ),
        (
            "percent, every digit",
            listed(number, "", |byte| format!("%{byte:02X}")),
        ),
        ("backwards", number.bytes().rev().collect()),
    ];
    let packed = [
        ("packed, 0 before", format!("0{number}")),
        ("packed, F behind", format!("{number}f")),
    ];
    let packed = match number.len() % 2 {
        0 => vec![("packed", pack(number))],
        _ => packed
            .iter()
            .map(|(name, digits)| (*name, pack(digits)))
            .collect(),
    };
    let integer = number.parse::<u64>().unwrap_or_default();
    let integers = [
        ("integer LE", integer.to_le_bytes().to_vec()),
        ("integer BE", integer.to_be_bytes().to_vec()),
    ];
    let binary = packed.into_iter().chain(integers);
    spellings.extend(binary.filter(|(_, bytes)| is_distinctive(bytes)));
    spellings.extend(base64(number));
    spellings
}

fn groups(number: &str, size: usize) -> Vec<String> {
    number
        .as_bytes()
        .chunks(size)
        .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
        .collect()
}

fn wide(number: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    number.encode_utf16().flat_map(order).collect()
}

fn listed(number: &str, joint: &str, written: fn(u8) -> String) -> Vec<u8> {
    let bytes: Vec<String> = number.bytes().map(written).collect();
    bytes.join(joint).into_bytes()
}

/// Two digits a byte, as ISO 8583 and EMV have it.
fn pack(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// At each of the three alignments. The characters at both ends also encode neighbours: the middle is the number's own.
fn base64(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let alignments = ["", "x", "xy"].into_iter();
    let names = ["base64", "base64, shifted by 1", "base64, shifted by 2"];
    alignments
        .zip(names)
        .filter_map(|(before, name)| {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{number}"));
            let middle = encoded.as_bytes().get(4..encoded.len().checked_sub(4)?)?;
            Some((name, middle.to_vec()))
        })
        .collect()
}

/// Whether bytes are found by nothing but themselves: `40 00 00 00 00 00 00 02` stands in any column of small
/// numbers, and `42` eight times is a row of letters.
fn is_distinctive(bytes: &[u8]) -> bool {
    bytes.iter().collect::<BTreeSet<_>>().len() >= 5
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const VISA: &str = "4970105191923460";
    const AMEX: &str = "378734493671000";

    #[test]
    fn every_spelling_of_every_number_is_found_among_other_bytes_and_nothing_else_is() {
        let needles = Needles::of(&[VISA, AMEX]).unwrap();
        for number in [VISA, AMEX] {
            let spellings = spellings(number);
            assert!(spellings.len() >= 19, "{}", spellings.len());
            for (name, bytes) in spellings {
                let among = [b"\x00before ", bytes.as_slice(), b" behind\xff"].concat();
                assert_eq!(needles.found(&among), Some(name), "{name} of {number}");
            }
        }
        assert_eq!(needles.found(b"4970105191923461 and 378734493671001"), None);
        assert_eq!(needles.found(b"tok_0123456789abcdef ending in 3460"), None);
    }

    #[test]
    fn what_other_programs_make_of_a_number_is_found() {
        let needles = Needles::of(&[VISA]).unwrap();
        for place in 0..6 {
            let text = format!("{}{VISA} and more", "z".repeat(place));
            assert!(
                needles
                    .found(STANDARD_NO_PAD.encode(text).as_bytes())
                    .is_some()
            );
        }
        assert!(
            needles
                .found(format!("{:?}", VISA.as_bytes()).as_bytes())
                .is_some()
        );
        assert_eq!(
            pack("0378734493671000"),
            [0x03, 0x78, 0x73, 0x44, 0x93, 0x67, 0x10, 0x00]
        );
    }

    #[test]
    fn digits_that_are_everywhere_are_not_looked_for_in_binary() {
        let names: Vec<&str> = spellings("4000000000000002")
            .iter()
            .map(|(name, _)| *name)
            .collect();
        assert!(
            names.contains(&"plain") && !names.contains(&"packed"),
            "{names:?}"
        );
    }
}
