//! The common form of a word's inflections (rule S3).
//!
//! Two stems are kept per word: the Snowball stem of the word with its accents, and that of the word without.
//! They differ where an accent decides (*trophées*), and a reader may type either.

use std::borrow::Cow;

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

use crate::analysis::fold;

thread_local! {
    static FRENCH: std::cell::RefCell<TextAnalyzer> = std::cell::RefCell::new(
        TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::French)).build(),
    );
}

/// The folded stems of a lower-case word, one or several; never empty for a word.
pub fn stems(word: &str) -> Vec<String> {
    let mut found = Vec::with_capacity(2);
    push_stems(word, |stem| found.push(stem.to_owned()));
    found
}

/// Calls `push` with each of the word's [`stems`].
pub fn push_stems(word: &str, mut push: impl FnMut(&str)) {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return push(&fold(word));
    }
    let plain = fold(word);
    let from_plain = snowball(&regular(&plain));
    push(&from_plain);
    if plain != word {
        let from_accented = snowball(&regular(word));
        let from_accented = fold(&from_accented);
        if from_accented != from_plain {
            push(&from_accented);
        }
    }
}

fn snowball(word: &str) -> String {
    FRENCH.with_borrow_mut(|french| {
        let mut stream = french.token_stream(word);
        stream
            .next()
            .map(|token| token.text.clone())
            .unwrap_or_default()
    })
}

/// Plurals in -x that Snowball leaves apart from their singular: *bijoux*, *feux*; -aux it knows.
fn regular(word: &str) -> Cow<'_, str> {
    let long_enough = word.len() > 3;
    match word.strip_suffix('x') {
        Some(singular)
            if long_enough
                && ["eu", "ou", "eau"]
                    .iter()
                    .any(|end| singular.ends_with(end)) =>
        {
            Cow::Borrowed(singular)
        }
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_singular_and_plural_meet() {
        for (one, many) in [
            ("livre", "livres"),
            ("cheval", "chevaux"),
            ("journal", "journaux"),
            ("trophée", "trophees"),
            ("trophee", "trophées"),
            ("loup", "loups"),
            ("belle", "belles"),
            ("feu", "feux"),
            ("bijou", "bijoux"),
            ("château", "chateaux"),
            ("phénomène", "phenomenes"),
        ] {
            assert!(
                stems(one).iter().any(|stem| stems(many).contains(stem)),
                "{one} / {many}"
            );
        }
    }

    #[test]
    fn s5_numbers_are_not_stemmed() {
        assert_eq!(stems("1984"), ["1984"]);
    }
}
