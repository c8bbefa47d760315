//! Letters without their marks (rule S2): the last step for every word.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The lower-case word in plain letters: `cœur` and `coeur` are one, so are `Łódź` and `lodz`.
///
/// Only Latin letters with a settled plain spelling change; other scripts keep theirs. The way back does not
/// exist: `oe` never becomes `œ`, so `Noé` stays `noe`.
pub fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let mut plain = String::with_capacity(word.len());
    for letter in word.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match plain_letters(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

/// Letters that Unicode does not take apart but readers do.
fn plain_letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'œ' => "oe",
        'æ' => "ae",
        'ß' | 'ẞ' => "ss",
        'ø' => "o",
        'ł' => "l",
        'ı' => "i",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ĸ' => "k",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_ligatures_and_foreign_letters_fold() {
        for (word, plain) in [
            ("œuvre", "oeuvre"),
            ("cœur", "coeur"),
            ("ex æquo", "ex aequo"),
            ("straße", "strasse"),
            ("jørgensen", "jorgensen"),
            ("łódź", "lodz"),
            ("diyarbakır", "diyarbakir"),
            ("i\u{307}stanbul", "istanbul"),
            ("zoé", "zoe"),
            ("noël", "noel"),
            ("ça", "ca"),
            ("война", "воина"),
            ("naïve", "naive"),
        ] {
            assert_eq!(fold(word), plain);
        }
    }

    #[test]
    fn s2_composed_and_decomposed_are_one() {
        assert_eq!(fold("e\u{301}te\u{301}"), fold("été"));
    }
}
