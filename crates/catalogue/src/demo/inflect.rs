//! Articles and agreement in the five languages of the demo: just what its grammars ask for.
//!
//! Not a grammar of any language: words whose gender or plural is irregular are written out in the data.

use super::Tongue;

/// Gender and number of a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Masculine,
    Feminine,
    /// German only.
    Neuter,
    MasculinePlural,
    FemininePlural,
}

impl Class {
    /// Reads `m`, `f`, `n`, `mp`, `fp`.
    pub(super) fn parse(mark: &str) -> Option<Class> {
        Some(match mark {
            "m" => Class::Masculine,
            "f" => Class::Feminine,
            "n" => Class::Neuter,
            "mp" => Class::MasculinePlural,
            "fp" => Class::FemininePlural,
            _ => return None,
        })
    }

    /// What a French participle adds to agree.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Class::Masculine | Class::Neuter => "",
            Class::Feminine => "e",
            Class::MasculinePlural => "s",
            Class::FemininePlural => "es",
        }
    }

    fn is_plural(self) -> bool {
        matches!(self, Class::MasculinePlural | Class::FemininePlural)
    }

    fn is_feminine(self) -> bool {
        matches!(self, Class::Feminine | Class::FemininePlural)
    }
}

/// A noun with what agreement needs to know.
#[derive(Debug, Clone)]
pub(super) struct Noun {
    pub(super) class: Class,
    /// A French h that forbids elision (`le héron`).
    pub(super) aspirated: bool,
    pub(super) word: &'static str,
}

/// The word with the article or determiner that `op` names in that language.
pub(super) fn determined(
    tongue: Tongue,
    op: &str,
    class: Class,
    aspirated: bool,
    word: &str,
) -> String {
    let article = match tongue {
        Tongue::French => french(op, class, !aspirated && elides(word)),
        Tongue::English => english(op, word),
        Tongue::Spanish => spanish(op, class),
        Tongue::German => german(op, class),
        Tongue::Italian => italian(op, class, word),
    };
    format!("{article}{word}")
}

/// Whether a French article or `de` loses its vowel before the word.
pub(super) fn elides(word: &str) -> bool {
    word.chars().next().is_some_and(|first| {
        "aeiouhàâäéèêëîïôöùûüœ".contains(first) || "AEIOUÀÂÄÉÈÊËÎÏÔÖÙÛÜŒ".contains(first)
    })
}

fn french(op: &str, class: Class, elided: bool) -> &'static str {
    let plural = class.is_plural();
    let feminine = class.is_feminine();
    match (op, plural, elided, feminine) {
        ("le", true, ..) => "les ",
        ("le", _, true, _) => "l’",
        ("le", _, _, true) => "la ",
        ("le", ..) => "le ",
        ("un" | "du", true, ..) => "des ",
        ("un", _, _, true) => "une ",
        ("un", ..) => "un ",
        ("du", _, true, _) => "de l’",
        ("du", _, _, true) => "de la ",
        ("du", ..) => "du ",
        ("au", true, ..) => "aux ",
        ("au", _, true, _) => "à l’",
        ("au", _, _, true) => "à la ",
        ("au", ..) => "au ",
        ("de", _, true, _) => "d’",
        ("de", ..) => "de ",
        ("son", true, ..) => "ses ",
        ("son", _, false, true) => "sa ",
        ("son", ..) => "son ",
        _ => "",
    }
}

fn english(op: &str, word: &str) -> &'static str {
    match op {
        "the" => "the ",
        "a" if word.starts_with(['a', 'e', 'i', 'o', 'u']) => "an ",
        "a" => "a ",
        _ => "",
    }
}

fn spanish(op: &str, class: Class) -> &'static str {
    match (op, class) {
        ("el", Class::Masculine) => "el ",
        ("el", Class::Feminine) => "la ",
        ("del", Class::Masculine) => "del ",
        ("del", Class::Feminine) => "de la ",
        ("un", Class::Masculine) => "un ",
        ("un", Class::Feminine) => "una ",
        _ => "",
    }
}

fn german(op: &str, class: Class) -> &'static str {
    match (op, class) {
        ("der", Class::Masculine) => "der ",
        ("der", Class::Neuter) => "das ",
        ("der", _) => "die ",
        ("dem", Class::Feminine) => "der ",
        ("dem", _) => "dem ",
        ("ein", Class::Feminine) => "eine ",
        ("ein", _) => "ein ",
        _ => "",
    }
}

fn italian(op: &str, class: Class, word: &str) -> &'static str {
    let mut letters = word.chars();
    let (first, second) = (letters.next().unwrap_or(' '), letters.next().unwrap_or(' '));
    let vowel = "aeiou".contains(first);
    let impure = first == 'z' || (first == 's' && !"aeiou".contains(second));
    match (op, class.is_feminine(), vowel, impure) {
        ("il", _, true, _) => "l’",
        ("il", true, ..) => "la ",
        ("il", _, _, true) => "lo ",
        ("il", ..) => "il ",
        ("del", _, true, _) => "dell’",
        ("del", true, ..) => "della ",
        ("del", _, _, true) => "dello ",
        ("del", ..) => "del ",
        ("un", true, true, _) => "un’",
        ("un", true, ..) => "una ",
        ("un", _, false, true) => "uno ",
        ("un", ..) => "un ",
        _ => "",
    }
}

/// An adjective's forms: masculine, feminine, masculine plural, feminine plural.
#[derive(Debug, Clone)]
pub(super) struct Adjective([String; 4]);

impl Adjective {
    /// Reads `bleu`, `silencieux/silencieuse` or `royal/royale/royaux`; the regular forms follow by rule.
    pub(super) fn parse(tongue: Tongue, written: &str) -> Adjective {
        let mut forms = written.split('/');
        let masculine = forms.next().unwrap_or_default();
        let feminine = forms
            .next()
            .map_or_else(|| feminine_of(tongue, masculine), str::to_owned);
        let plural = forms
            .next()
            .map_or_else(|| plural_of(tongue, masculine), str::to_owned);
        let feminine_plural = plural_of(tongue, &feminine);
        Adjective([masculine.to_owned(), feminine, plural, feminine_plural])
    }

    /// The form for a noun of that class.
    pub(super) fn form(&self, class: Class) -> &str {
        let [masculine, feminine, plural, feminine_plural] = &self.0;
        match class {
            Class::Masculine | Class::Neuter => masculine,
            Class::Feminine => feminine,
            Class::MasculinePlural => plural,
            Class::FemininePlural => feminine_plural,
        }
    }
}

fn feminine_of(tongue: Tongue, masculine: &str) -> String {
    match (tongue, masculine.strip_suffix('o')) {
        (Tongue::French, _) if !masculine.ends_with('e') => format!("{masculine}e"),
        (Tongue::Spanish | Tongue::Italian, Some(stem)) => format!("{stem}a"),
        _ => masculine.to_owned(),
    }
}

fn plural_of(tongue: Tongue, singular: &str) -> String {
    match tongue {
        Tongue::French if singular.ends_with(['s', 'x']) => singular.to_owned(),
        Tongue::French | Tongue::Spanish => format!("{singular}s"),
        _ => singular.to_owned(),
    }
}

/// Writes `de` and `que` as `d’` and `qu’` where a phrase put them before a vowel.
pub(super) fn elide(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let before_vowel = words
            .peek()
            .is_some_and(|next| elides(next) && !next.starts_with(['h', 'H']));
        match word {
            "de" | "que" | "De" | "Que" | "jusque" if before_vowel => {
                written.push_str(word.trim_end_matches('e'));
                written.push('’');
                continue;
            }
            _ => written.push_str(word),
        }
        if words.peek().is_some() {
            written.push(' ');
        }
    }
    written
}

/// The text with its first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_articles_elide_contract_and_agree() {
        for (op, class, aspirated, word, expected) in [
            ("le", Class::Masculine, false, "étranger", "l’étranger"),
            ("le", Class::Masculine, true, "héron", "le héron"),
            ("du", Class::Masculine, false, "phare", "du phare"),
            ("du", Class::Masculine, false, "hiver", "de l’hiver"),
            ("du", Class::FemininePlural, false, "années", "des années"),
            ("au", Class::Feminine, false, "île", "à l’île"),
            ("au", Class::MasculinePlural, false, "jours", "aux jours"),
            ("son", Class::Feminine, false, "étoile", "son étoile"),
            ("son", Class::Feminine, false, "lame", "sa lame"),
        ] {
            assert_eq!(
                determined(Tongue::French, op, class, aspirated, word),
                expected
            );
        }
        assert_eq!(
            elide("le port de Ourcelles et que Anna"),
            "le port d’Ourcelles et qu’Anna"
        );
        let adjective = Adjective::parse(Tongue::French, "royal/royale/royaux");
        assert_eq!(adjective.form(Class::MasculinePlural), "royaux");
        assert_eq!(
            Adjective::parse(Tongue::French, "bleu").form(Class::FemininePlural),
            "bleues"
        );
        assert_eq!(
            determined(Tongue::Italian, "il", Class::Masculine, false, "specchio"),
            "lo specchio"
        );
    }
}
