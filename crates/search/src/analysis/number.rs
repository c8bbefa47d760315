//! Numbers of volumes, however they are written (rules S5 and T3).

use std::ops::Range;

use crate::analysis::{Gap, Word, fold};

/// A volume's number found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// The number in arabic figures.
    pub number: u32,
    /// The words that say it, marker included.
    pub words: Range<usize>,
}

const MARKERS: [&str; 15] = [
    "tome", "tomes", "t", "vol", "vols", "volume", "volumes", "v", "livre", "book", "no", "n",
    "numero", "partie", "part",
];

const ORDINALS: [(&str, u32); 14] = [
    ("premier", 1),
    ("premiere", 1),
    ("first", 1),
    ("second", 2),
    ("seconde", 2),
    ("deuxieme", 2),
    ("troisieme", 3),
    ("quatrieme", 4),
    ("cinquieme", 5),
    ("sixieme", 6),
    ("septieme", 7),
    ("huitieme", 8),
    ("neuvieme", 9),
    ("dixieme", 10),
];

/// The volumes a text names: `tome 3`, `t. III`, `vol. 1/4`, `#27`, `(2 of 3)`, and a number after a full stop
/// at the end, as library records write it.
pub fn volumes(words: &[Word]) -> Vec<Volume> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match volume_at(words, at, word) {
            Some(volume) => {
                at = volume.words.end;
                found.push(volume);
            }
            None => at += 1,
        }
    }
    found
}

fn volume_at(words: &[Word], at: usize, word: &Word) -> Option<Volume> {
    let next = words.get(at + 1);
    if MARKERS.contains(&fold(&word.text).as_ref())
        && let Some(next) = next
        && let Some(number) = number(&next.text).or_else(|| ordinal(&next.text))
    {
        return Some(Volume {
            number,
            words: at..at + 2,
        });
    }
    let number = arabic(&word.text)?;
    let alone_after_stop = at > 0 && next.is_none() && word.before == Gap::Stop && number < 1000;
    let first_of_many = word.before == Gap::Break
        && next.is_some_and(|next| {
            (next.before == Gap::Slash && arabic(&next.text).is_some())
                || matches!(next.text.as_str(), "of" | "sur")
        });
    (word.before == Gap::Hash || alone_after_stop || first_of_many).then_some(Volume {
        number,
        words: at..at + 1,
    })
}

/// The value of a number in arabic (`3`, `03`, `1er`) or roman figures (`iii`), lower case.
pub fn number(word: &str) -> Option<u32> {
    arabic(word).or_else(|| roman(word))
}

fn arabic(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|letter: char| letter.is_alphabetic());
    let suffix = word.get(digits.len()..)?;
    let plain = matches!(
        suffix,
        "" | "e" | "er" | "re" | "ere" | "ère" | "eme" | "ème" | "nd" | "nde" | "st" | "rd" | "th"
    );
    if !plain || digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.parse().ok()
}

/// Roman figures up to 39: no set of books is longer, and `l`, `c`, `d` or `m` alone are elided words.
fn roman(word: &str) -> Option<u32> {
    const NUMERALS: [(&str, u32); 5] = [("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1)];
    let mut rest = word;
    let mut value = 0;
    for (numeral, worth) in NUMERALS {
        let most = if matches!(numeral, "x" | "i") { 3 } else { 1 };
        for _ in 0..most {
            let Some(shorter) = rest.strip_prefix(numeral) else {
                break;
            };
            rest = shorter;
            value += worth;
        }
    }
    (rest.is_empty() && value > 0).then_some(value)
}

fn ordinal(word: &str) -> Option<u32> {
    let word = fold(word);
    ORDINALS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::split;

    fn numbers(text: &str) -> Vec<u32> {
        volumes(&split(text, 99))
            .into_iter()
            .map(|volume| volume.number)
            .collect()
    }

    #[test]
    fn s5_volumes_are_read_however_written() {
        for (text, number) in [
            ("Le Rhin, Tome IV", 4),
            ("Naruto t. 8", 8),
            ("La Daniella, Vol. II.", 2),
            ("Panik room. 12", 12),
            ("Histoire du Bas-Empire. Tome 01", 1),
            ("Maigret à New York (Maigret  #27)", 27),
            ("Voyage (1/9)", 1),
            ("Consulat (Vol. 01 / 20)", 1),
            ("Journal (Tome 1 of 2)", 1),
            ("Théâtre, Tome Premier", 1),
            ("Asterix n° 5", 5),
        ] {
            assert_eq!(numbers(text), [number], "{text}");
        }
    }

    #[test]
    fn s5_other_numbers_are_not_volumes() {
        for text in [
            "1984",
            "Vingt mille lieues",
            "Lettres à un ami, 1865-1872",
            "Louis XIV",
            "30 millions d'amis",
        ] {
            assert_eq!(numbers(text), [0; 0], "{text}");
        }
    }

    #[test]
    fn roman_figures_must_be_well_formed() {
        assert_eq!(number("xiv"), Some(14));
        assert_eq!(number("iiii"), None);
        assert_eq!(number("d"), None);
        assert_eq!(number(""), None);
    }
}
