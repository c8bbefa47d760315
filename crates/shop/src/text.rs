//! Text made comparable: lower case, without accents, ligatures opened.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// `L'Été à Œdipe` becomes `l'ete a oedipe`; runs of white space become one space.
pub(crate) fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('œ', "oe")
        .replace('æ', "ae")
        .replace('’', "'");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` as a pattern for `LIKE … ESCAPE '\'` that finds it anywhere.
pub(crate) fn like_anywhere(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::{fold, like_anywhere};

    #[test]
    fn folding_forgets_accents_case_and_spacing() {
        assert_eq!(fold("  L’Été à\u{a0} ŒDIPE "), "l'ete a oedipe");
    }

    #[test]
    fn a_search_for_a_percent_sign_finds_a_percent_sign() {
        assert_eq!(like_anywhere("5 %_"), "%5 \\%\\_%");
    }
}
