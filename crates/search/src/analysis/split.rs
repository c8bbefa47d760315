//! Cutting a text into words.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::limits::WORD_BYTES;

/// A word as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Lower case, accents kept, every kind of apostrophe written `'`.
    pub text: String,
    /// What stood between the word and the one before.
    pub before: Gap,
    /// Where it begins in the text given to [`split`], in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// What stands between two words, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// The text begins here.
    Start,
    /// A blank, or a mark without weight.
    Space,
    /// `-` without blanks around.
    Hyphen,
    /// A comma.
    Comma,
    /// A full stop, or another end of a sentence.
    Stop,
    /// `/` between figures or titles.
    Slash,
    /// A colon, semicolon, bracket, quotation mark or a dash between blanks: a title's main part ends here.
    Break,
    /// `#` or `°`: a number follows.
    Hash,
}

/// The text with composed accents (NFC), as [`split`] wants it.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// The words of a [`normalize`]d text, at most `limit`.
///
/// A word is a run of letters and digits; an apostrophe between two of them belongs to it (rule S1).
pub fn split(text: &str, limit: usize) -> Vec<Word> {
    let mut words = Vec::new();
    let mut before = Gap::Start;
    let mut letters = text.char_indices().peekable();
    let mut previous = ' ';
    while let Some((start, letter)) = letters.next() {
        if !is_word_letter(letter) {
            let next = letters.peek().map_or(' ', |(_, next)| *next);
            before = before.max(gap(previous, letter, next));
            previous = letter;
            continue;
        }
        let mut word = Word {
            text: letter.to_lowercase().collect(),
            before,
            start,
            end: start + letter.len_utf8(),
        };
        previous = letter;
        while let Some(&(at, letter)) = letters.peek() {
            if is_word_letter(letter) {
                word.text.extend(letter.to_lowercase());
                word.end = at + letter.len_utf8();
            } else if !(is_apostrophe(letter) && letter_follows(text, at + letter.len_utf8())) {
                break;
            } else {
                word.text.push('\'');
            }
            previous = letter;
            letters.next();
        }
        before = Gap::Space;
        if word.text.len() <= WORD_BYTES && word.text.chars().any(is_letter_of_its_own) {
            words.push(word);
        }
        if words.len() == limit {
            break;
        }
    }
    words
}

fn is_word_letter(letter: char) -> bool {
    // Letters to Unicode, but º and ª stand for the degree sign of n°, and ʼ and ʻ for an apostrophe.
    (letter.is_alphanumeric() && !matches!(letter, 'º' | 'ª' | '\u{2bc}' | '\u{2bb}'))
        || unicode_normalization::char::is_combining_mark(letter)
}

/// Accents that stand alone (the one behind an emoji, too) are no word: without accents nothing is left of them.
fn is_letter_of_its_own(letter: char) -> bool {
    letter.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(letter)
}

fn is_apostrophe(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '’' | 'ʼ' | '‘' | '´' | '`' | '′' | '\u{ff07}' | '\u{2bb}'
    )
}

fn letter_follows(text: &str, at: usize) -> bool {
    text.get(at..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(is_word_letter)
}

fn gap(previous: char, mark: char, next: char) -> Gap {
    match mark {
        '#' | '°' | 'º' | 'ª' => Gap::Hash,
        '-' | '\u{2010}' | '\u{2011}' if !previous.is_whitespace() && !next.is_whitespace() => {
            Gap::Hyphen
        }
        '-'
        | '\u{2010}'..='\u{2015}'
        | ':'
        | ';'
        | '('
        | ')'
        | '['
        | ']'
        | '{'
        | '}'
        | '«'
        | '»'
        | '“'
        | '”'
        | '"'
        | '|' => Gap::Break,
        '/' => Gap::Slash,
        '.' | '!' | '?' | '…' => Gap::Stop,
        ',' => Gap::Comma,
        _ => Gap::Space,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(&normalize(text), 99)
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    #[test]
    fn s1_every_apostrophe_is_one_and_stays_inside_words() {
        for mark in ['\'', '’', 'ʼ', '´', '`'] {
            assert_eq!(
                texts(&format!("L{mark}Été d{mark}Anna")),
                ["l'été", "d'anna"]
            );
        }
        assert_eq!(texts("'quoted' ‘word’ rock'"), ["quoted", "word", "rock"]);
    }

    #[test]
    fn t1_typographic_spaces_separate() {
        assert_eq!(
            texts("Qui\u{202f}? «\u{a0}Moi\u{a0}»\u{202f}!"),
            ["qui", "moi"]
        );
    }

    #[test]
    fn gaps_tell_a_title_from_what_follows() {
        let words = split("Le Rhin, Tome IV : récit / Hugo #3 peaux-rouges", 99);
        let gaps: Vec<Gap> = words.iter().map(|word| word.before).collect();
        assert_eq!(
            gaps,
            [
                Gap::Start,
                Gap::Space,
                Gap::Comma,
                Gap::Space,
                Gap::Break,
                Gap::Slash,
                Gap::Hash,
                Gap::Space,
                Gap::Hyphen
            ]
        );
        assert_eq!(&"Le Rhin"[words[1].start..words[1].end], "Rhin");
    }
}
