//! Card numbers that must not be found: the ways in which one can be written down, looked for in one pass.
//!
//! What was compressed is opened ([`packed`]); what was encrypted is not.

mod packed;
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

    /// The spelling of the first number in `bytes`, or else in what is compressed in them.
    #[must_use]
    pub fn found(&self, bytes: &[u8]) -> Option<&'static str> {
        self.found_plainly(bytes)
            .or_else(|| packed::found(self, bytes, packed::DEPTH))
    }

    /// The spelling of the first number that lies open in `bytes`.
    fn found_plainly(&self, bytes: &[u8]) -> Option<&'static str> {
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
    let mut spellings = grouped(number);
    spellings.extend([
        ("plain", number.as_bytes().to_vec()),
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
        ("EBCDIC", ebcdic(number)),
    ]);
    // Whatever shares the bytes at both ends, a zero, a filler or another field: those between are the number's own.
    let end = number.len() - number.len() % 2;
    let shifted = number.len() - (number.len() + 1) % 2;
    let halves = [
        ("packed", number.get(..end)),
        ("packed, half a byte on", number.get(1..shifted)),
    ];
    let packed = halves
        .into_iter()
        .filter_map(|(name, digits)| Some((name, pack(digits?))));
    let integer = number.parse::<u64>().unwrap_or_default();
    let integers = [
        ("integer LE", integer.to_le_bytes().to_vec()),
        ("integer BE", integer.to_be_bytes().to_vec()),
    ];
    let binary = packed.chain(integers);
    spellings.extend(binary.filter(|(_, bytes)| is_distinctive(bytes)));
    spellings.extend(base64(number));
    spellings
}

/// The groups in which people write and read numbers: by fours, and as the card has them where that is otherwise.
fn grouped(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let joints = [
        ("spaced", " "),
        ("plus", "+"),
        ("percent", "%20"),
        ("dashed", "-"),
        ("dotted", "."),
        ("no-break spaces", "\u{a0}"),
        ("narrow no-break spaces", "\u{202f}"),
        ("no-break spaces, percent", "%C2%A0"),
        ("narrow no-break spaces, percent", "%E2%80%AF"),
    ];
    let by_fours: &[usize] = &[4, 4, 4, 4, 4];
    let as_printed: &[usize] = match number.len() {
        // American Express, and Diners Club with 14 digits.
        14 | 15 => &[4, 6, 5],
        _ => by_fours,
    };
    let mut ways = vec![by_fours, as_printed];
    ways.dedup();
    let spelled = ways.into_iter().flat_map(|sizes| {
        let groups = groups(number, sizes);
        let latin1 = groups.join("\u{a0}").chars().map(latin1).collect();
        let others = [
            ("no-break spaces, Latin-1", latin1),
            ("EBCDIC, spaced", ebcdic(&groups.join(" "))),
        ];
        let joined = joints.map(|(name, joint)| (name, groups.join(joint).into_bytes()));
        joined.into_iter().chain(others)
    });
    spelled.collect()
}

/// A character of Latin-1 as its byte.
fn latin1(character: char) -> u8 {
    u8::try_from(character).unwrap_or(b'?')
}

fn groups(number: &str, sizes: &[usize]) -> Vec<String> {
    let mut rest = number;
    let mut groups = Vec::new();
    for size in sizes {
        let (group, behind) = rest.split_at(rest.len().min(*size));
        groups.push(group.to_owned());
        rest = behind;
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Digits and spaces as mainframes write them.
fn ebcdic(text: &str) -> Vec<u8> {
    let byte = |byte| match byte {
        b' ' => 0x40,
        digit => digit - b'0' + 0xf0,
    };
    text.bytes().map(byte).collect()
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
            assert!(spellings.len() >= 28, "{}", spellings.len());
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
        for (among, digits) in [
            // ISO 8583 with a zero before, EMV with a filler behind, and a field that begins in the middle of a byte.
            (AMEX, "0378734493671000"),
            (AMEX, "378734493671000f"),
            (VISA, "749701051919234600"),
            (VISA, "049701051919234609"),
        ] {
            let needles = Needles::of(&[among]).unwrap();
            assert!(needles.found(&pack(digits)).is_some(), "{digits}");
        }
        let written = [
            "3787 344936 71000",
            "3787-344936-71000",
            "3787\u{a0}344936\u{a0}71000",
            "3787\u{202f}344936\u{202f}71000",
            "3787 3449 3671 000",
        ];
        let needles = Needles::of(&[AMEX]).unwrap();
        for text in written {
            assert!(needles.found(text.as_bytes()).is_some(), "{text}");
        }
        let mainframe = [0xf3, 0xf7, 0xf8, 0xf7, 0xf3, 0xf4, 0xf4, 0xf9]
            .into_iter()
            .chain([0xf3, 0xf6, 0xf7, 0xf1, 0xf0, 0xf0, 0xf0]);
        assert!(needles.found(&mainframe.collect::<Vec<u8>>()).is_some());
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
