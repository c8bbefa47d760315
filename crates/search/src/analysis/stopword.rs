//! Words too common to look for on their own; they still count when a title is made of nothing else (rule S3).

/// French articles, pronouns, prepositions, conjunctions and forms of *être* and *avoir*, folded; what elision
/// leaves; and the few English ones that readers of English titles type.
const STOP_WORDS: &[&str] = &[
    "a", "ai", "an", "and", "as", "at", "au", "aux", "avec", "by", "c", "ca", "ce", "ces", "cet",
    "cette", "d", "dans", "de", "des", "du", "elle", "elles", "en", "es", "est", "et", "etait",
    "etre", "eux", "for", "from", "il", "ils", "in", "is", "it", "j", "je", "jusqu", "l", "la",
    "le", "les", "leur", "leurs", "lorsqu", "lui", "m", "ma", "mais", "me", "mes", "moi", "mon",
    "n", "ne", "nos", "notre", "nous", "of", "on", "or", "ou", "par", "pas", "plus", "pour",
    "puisqu", "qu", "que", "qui", "quoi", "quoiqu", "s", "sa", "se", "ses", "si", "son", "sont",
    "sous", "sur", "t", "ta", "te", "tes", "the", "to", "toi", "ton", "tu", "un", "une", "vos",
    "votre", "vous", "with", "y",
];

const ARTICLES: [&str; 12] = [
    "le", "la", "les", "l", "un", "une", "des", "du", "au", "aux", "the", "a",
];

/// Whether the folded word is too common to be required.
pub fn is_stop_word(folded: &str) -> bool {
    STOP_WORDS.binary_search(&folded).is_ok()
}

/// Whether the folded word is an article that shelves and readers leave out at the head of a title (rule T2).
pub fn is_article(folded: &str) -> bool {
    ARTICLES.contains(&folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_binary_search() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("les") && is_stop_word("qu") && !is_stop_word("livre"));
    }
}
