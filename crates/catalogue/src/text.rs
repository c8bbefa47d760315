//! Folding of words for keys and addresses: accents, ligatures and case removed, punctuation dropped.
//!
//! Only for comparing and for addresses; what a reader sees is never folded. Search has its own analysis.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest slug, in bytes: enough to recognise a title, short enough to paste.
const SLUG_BYTES_MAX: usize = 80;

/// Lower case, without accents; ligatures written out (`Œuvre` becomes `oeuvre`).
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            for part in std::iter::once(c)
                .nfkd()
                .filter(|part| !is_combining_mark(*part))
            {
                fold_char(part, &mut folded);
            }
        }
    }
    folded
}

fn fold_char(c: char, folded: &mut String) {
    match c {
        'œ' | 'Œ' => folded.push_str("oe"),
        'æ' | 'Æ' => folded.push_str("ae"),
        'ß' | 'ẞ' => folded.push_str("ss"),
        'ø' | 'Ø' => folded.push('o'),
        'ł' | 'Ł' => folded.push('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
        'þ' | 'Þ' => folded.push_str("th"),
        'ı' => folded.push('i'),
        other => folded.extend(other.to_lowercase()),
    }
}

/// The words of an already folded text: runs of letters and digits of any script.
pub(crate) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// ASCII words joined by hyphens, cut at a word to at most [`SLUG_BYTES_MAX`].
pub(crate) fn slug(title: &str) -> String {
    let folded = fold(title);
    let mut slug = String::new();
    for word in words(&folded).filter(|word| word.is_ascii()) {
        if slug.len() + 1 + word.len() > SLUG_BYTES_MAX {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_ascii_words() {
        assert_eq!(slug("L'Œuvre au noir, t. 2"), "l-oeuvre-au-noir-t-2");
        assert_eq!(slug("Ça"), "ca");
        assert_eq!(slug("笠原"), "");
        assert!(slug(&"mot ".repeat(100)).len() <= SLUG_BYTES_MAX);
    }

    #[test]
    fn folding_is_the_same_for_composed_and_decomposed_letters() {
        assert_eq!(fold("Élève"), fold("E\u{301}le\u{300}ve"));
        assert_eq!(fold("Straße Łódź Øre"), "strasse lodz ore");
    }
}
