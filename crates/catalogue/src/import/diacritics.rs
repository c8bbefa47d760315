//! Letters of library systems in which an accent is a sign of its own before its letter: MARC-8 (ANSEL) and ISO 5426.
//!
//! Only Latin letters: the other scripts of MARC-8 come by escape sequences and are not read.

use unicode_normalization::UnicodeNormalization;

/// A character set of the eighties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CharacterSet {
    /// MARC-8 with extended Latin (ANSI/NISO Z39.47): MARC 21.
    Marc8,
    /// ISO 5426: UNIMARC.
    Iso5426,
}

impl CharacterSet {
    /// The combining mark of an accent's byte.
    fn mark(self, byte: u8) -> Option<char> {
        let (first, marks) = match self {
            CharacterSet::Marc8 => (0xe0, MARC8_MARKS),
            CharacterSet::Iso5426 => (0xc0, ISO5426_MARKS),
        };
        marks
            .chars()
            .nth(usize::from(byte.checked_sub(first)?))
            .filter(|mark| *mark != '.')
    }

    /// The letter of a byte above 127 that is no accent.
    fn letter(self, byte: u8) -> Option<char> {
        let letters = match self {
            CharacterSet::Marc8 => MARC8_LETTERS,
            CharacterSet::Iso5426 => ISO5426_LETTERS,
        };
        letters
            .iter()
            .find(|(code, _)| *code == byte)
            .map(|(_, letter)| *letter)
    }

    /// Decodes bytes; also says how many of them the set does not have.
    pub(super) fn decode(self, bytes: &[u8]) -> (String, usize) {
        let mut text = String::with_capacity(bytes.len());
        let (mut waiting, mut unknown) = (String::new(), 0);
        for byte in bytes {
            if let Some(mark) = self.mark(*byte) {
                waiting.push(mark);
                continue;
            }
            let letter = match byte {
                // Marks of what is not sorted, in both sets.
                0..=0x7f | 0x88 | 0x89 => Some(char::from(*byte)),
                byte => self.letter(*byte),
            };
            text.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
            unknown += usize::from(letter.is_none());
            text.push_str(&waiting);
            waiting.clear();
        }
        (text.nfc().collect(), unknown)
    }
}

/// From 0xE0; a full stop where there is none.
const MARC8_MARKS: &str = "\u{309}\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30c}\u{30a}\u{fe20}\u{fe21}\u{315}\u{30b}\u{310}\
\u{327}\u{328}\u{323}\u{324}\u{325}\u{333}\u{332}\u{326}\u{31c}\u{32e}\u{fe22}\u{fe23}..\u{313}";

/// From 0xC0; a full stop where there is none.
const ISO5426_MARKS: &str = "\u{309}\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{308}\u{30a}\u{315}\u{312}\u{30b}\u{31b}\u{30c}\
\u{327}\u{31c}\u{326}\u{328}\u{325}\u{32e}\u{323}\u{324}\u{332}\u{333}\u{329}\u{32d}";

const MARC8_LETTERS: &[(u8, char)] = &[
    (0xa1, 'Ł'),
    (0xa2, 'Ø'),
    (0xa3, 'Đ'),
    (0xa4, 'Þ'),
    (0xa5, 'Æ'),
    (0xa6, 'Œ'),
    (0xa7, 'ʹ'),
    (0xa8, '·'),
    (0xa9, '♭'),
    (0xaa, '®'),
    (0xab, '±'),
    (0xac, 'Ơ'),
    (0xad, 'Ư'),
    (0xae, 'ʼ'),
    (0xb0, 'ʻ'),
    (0xb1, 'ł'),
    (0xb2, 'ø'),
    (0xb3, 'đ'),
    (0xb4, 'þ'),
    (0xb5, 'æ'),
    (0xb6, 'œ'),
    (0xb7, 'ʺ'),
    (0xb8, 'ı'),
    (0xb9, '£'),
    (0xba, 'ð'),
    (0xbc, 'ơ'),
    (0xbd, 'ư'),
    (0xc0, '°'),
    (0xc1, 'ℓ'),
    (0xc2, '℗'),
    (0xc3, '©'),
    (0xc4, '♯'),
    (0xc5, '¿'),
    (0xc6, '¡'),
    (0xc7, 'ß'),
    (0xc8, '€'),
];

const ISO5426_LETTERS: &[(u8, char)] = &[
    (0xa1, '¡'),
    (0xa2, '„'),
    (0xa3, '£'),
    (0xa4, '$'),
    (0xa5, '¥'),
    (0xa6, '†'),
    (0xa7, '§'),
    (0xa8, '′'),
    (0xa9, '‘'),
    (0xaa, '“'),
    (0xab, '«'),
    (0xac, '♭'),
    (0xad, '©'),
    (0xae, '℗'),
    (0xaf, '®'),
    (0xb0, 'ʻ'),
    (0xb1, 'ʼ'),
    (0xb2, '‚'),
    (0xb6, '‡'),
    (0xb7, '·'),
    (0xb8, '″'),
    (0xb9, '’'),
    (0xba, '”'),
    (0xbb, '»'),
    (0xbc, '♯'),
    (0xbd, 'ʹ'),
    (0xbe, 'ʺ'),
    (0xbf, '¿'),
    (0xe1, 'Æ'),
    (0xe2, 'Đ'),
    (0xe6, 'Ĳ'),
    (0xe8, 'Ł'),
    (0xe9, 'Ø'),
    (0xea, 'Œ'),
    (0xec, 'Þ'),
    (0xf1, 'æ'),
    (0xf2, 'đ'),
    (0xf3, 'ð'),
    (0xf5, 'ı'),
    (0xf6, 'ĳ'),
    (0xf8, 'ł'),
    (0xf9, 'ø'),
    (0xfa, 'œ'),
    (0xfb, 'ß'),
    (0xfc, 'þ'),
];

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn accents_before_their_letters_are_put_on_them() {
        assert_eq!(
            CharacterSet::Marc8.decode(b"b\xe2eb\xe2es \xb6uvre fran\xf0cais"),
            ("bébés œuvre français".to_owned(), 0)
        );
        assert_eq!(
            CharacterSet::Iso5426.decode(b"b\xc2eb\xc2es \xfauvre fran\xd0cais \xc8Uber"),
            ("bébés œuvre français Über".to_owned(), 0)
        );
        assert_eq!(CharacterSet::Marc8.decode(b"\xff\x81").1, 2);
    }
}
