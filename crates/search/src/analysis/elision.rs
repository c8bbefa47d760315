//! Elision and other words with an apostrophe inside (rule S1).

use crate::analysis::fold;

/// What can be elided before a vowel, folded and without its apostrophe.
const ELIDED: [&str; 13] = [
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu",
];

/// Whether the folded word is what remains of an elided one: the `l` of *l'été*.
pub fn is_elided(folded: &str) -> bool {
    ELIDED.contains(&folded)
}

/// The spellings under which one word of a text is found, all lower case and not yet folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// The word itself, without what was elided before it: *l'été* is `été`, *aujourd'hui* is `aujourdhui`.
    pub main: String,
    /// The word written without its apostrophe, as hurried readers do: `lété`, `dartagnan`.
    pub glued: Option<String>,
    /// The parts around an apostrophe that is not elision: `o` and `brien`.
    pub parts: Vec<String>,
}

impl Forms {
    /// Takes a word as [`split`](crate::analysis::split) cut it.
    pub fn of(word: &str) -> Forms {
        let Some((prefix, rest)) = word.split_once('\'') else {
            return Forms {
                main: word.to_owned(),
                glued: None,
                parts: Vec::new(),
            };
        };
        if is_elided(&fold(prefix)) {
            let rest = Forms::of(rest);
            return Forms {
                glued: Some(format!("{prefix}{}", rest.main)),
                ..rest
            };
        }
        let parts = word
            .split('\'')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        Forms {
            main: word.replace('\'', ""),
            glued: None,
            parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(word: &str) -> (String, Option<String>, Vec<String>) {
        let forms = Forms::of(word);
        (forms.main, forms.glued, forms.parts)
    }

    #[test]
    fn s1_elision_is_undone_and_the_glued_form_kept() {
        assert_eq!(
            forms("l'atlantique"),
            ("atlantique".into(), Some("latlantique".into()), vec![])
        );
        assert_eq!(
            forms("d'artagnan"),
            ("artagnan".into(), Some("dartagnan".into()), vec![])
        );
        assert_eq!(forms("jusqu'ici").0, "ici");
        assert_eq!(forms("qu'une").0, "une");
    }

    #[test]
    fn s1_words_with_an_apostrophe_of_their_own_stay_whole() {
        assert_eq!(
            forms("aujourd'hui"),
            (
                "aujourdhui".into(),
                None,
                vec!["aujourd".into(), "hui".into()]
            )
        );
        assert_eq!(forms("prud'homme").0, "prudhomme");
        assert_eq!(forms("presqu'île").0, "presquîle");
        assert_eq!(
            forms("o'brien"),
            ("obrien".into(), None, vec!["o".into(), "brien".into()])
        );
        assert_eq!(forms("d'aujourd'hui").0, "aujourdhui");
    }
}
