//! Languages of books: ISO 639-2/B codes, as ONIX and libraries use them, and their names.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::locale::Locale;

/// A language by its three-letter bibliographic code (`fre`, `eng`, `ger`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 3]);

/// Not a language code: neither a known two-letter code nor three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language code")]
pub struct UnknownLanguage;

impl Language {
    /// French.
    pub const FRENCH: Language = Language(*b"fre");
    /// English.
    pub const ENGLISH: Language = Language(*b"eng");

    /// Reads `fre` (639-2/B), `fra` (639-2/T), `fr` (639-1), `fr-FR`, in any case.
    ///
    /// Three letters outside the table are kept as they are: there are some 490 codes, and a book in a rare
    /// language must not lose it.
    pub fn parse(text: &str) -> Result<Language, UnknownLanguage> {
        let text = text.trim();
        let primary = text
            .split(['-', '_'])
            .next()
            .unwrap_or(text)
            .to_ascii_lowercase();
        let known = TABLE.iter().find(|(b, t, two, ..)| {
            !primary.is_empty() && [*b, *t, *two].contains(&primary.as_str())
        });
        let code = known.map_or(primary.as_str(), |(b, ..)| *b);
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_lowercase) => Ok(Language(letters)),
            _ => Err(UnknownLanguage),
        }
    }

    /// The three-letter bibliographic code.
    pub fn code(&self) -> &str {
        // Three ASCII letters by construction, so always text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code for `lang` attributes and schema.org (BCP 47): two letters where there are two, else the
    /// terminological three.
    pub fn bcp47(&self) -> Cow<'static, str> {
        match self.row() {
            Some((_, t, "", ..)) => Cow::Borrowed(t),
            Some((_, _, two, ..)) => Cow::Borrowed(two),
            None => Cow::Owned(self.code().to_owned()),
        }
    }

    /// The name in the reader's language, as used within a sentence (French names begin small); the code for
    /// a language without a name here.
    pub fn name(&self, locale: Locale) -> Cow<'static, str> {
        match (self.row(), locale) {
            (Some((.., fr, _)), Locale::Fr) => Cow::Borrowed(fr),
            (Some((.., en)), Locale::En) => Cow::Borrowed(en),
            (None, _) => Cow::Owned(self.code().to_owned()),
        }
    }

    fn row(&self) -> Option<&'static Row> {
        TABLE.iter().find(|(b, ..)| b.as_bytes() == self.0)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;
    fn try_from(text: String) -> Result<Language, UnknownLanguage> {
        Language::parse(&text)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> String {
        language.code().to_owned()
    }
}

/// Bibliographic code, terminological code, two-letter code or nothing, French name, English name.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// The languages most books are in. Names: Unicode CLDR 45 (Unicode-3.0 licence).
const TABLE: &[Row] = &[
    ("fre", "fra", "fr", "français", "French"),
    ("eng", "eng", "en", "anglais", "English"),
    ("ger", "deu", "de", "allemand", "German"),
    ("spa", "spa", "es", "espagnol", "Spanish"),
    ("ita", "ita", "it", "italien", "Italian"),
    ("por", "por", "pt", "portugais", "Portuguese"),
    ("dut", "nld", "nl", "néerlandais", "Dutch"),
    ("lat", "lat", "la", "latin", "Latin"),
    ("gre", "ell", "el", "grec", "Greek"),
    ("grc", "grc", "", "grec ancien", "Ancient Greek"),
    ("rus", "rus", "ru", "russe", "Russian"),
    ("ukr", "ukr", "uk", "ukrainien", "Ukrainian"),
    ("pol", "pol", "pl", "polonais", "Polish"),
    ("cze", "ces", "cs", "tchèque", "Czech"),
    ("slo", "slk", "sk", "slovaque", "Slovak"),
    ("hun", "hun", "hu", "hongrois", "Hungarian"),
    ("rum", "ron", "ro", "roumain", "Romanian"),
    ("bul", "bul", "bg", "bulgare", "Bulgarian"),
    ("hrv", "hrv", "hr", "croate", "Croatian"),
    ("srp", "srp", "sr", "serbe", "Serbian"),
    ("slv", "slv", "sl", "slovène", "Slovenian"),
    ("mac", "mkd", "mk", "macédonien", "Macedonian"),
    ("alb", "sqi", "sq", "albanais", "Albanian"),
    ("fin", "fin", "fi", "finnois", "Finnish"),
    ("swe", "swe", "sv", "suédois", "Swedish"),
    ("dan", "dan", "da", "danois", "Danish"),
    ("nor", "nor", "no", "norvégien", "Norwegian"),
    ("nob", "nob", "nb", "norvégien bokmål", "Norwegian Bokmål"),
    ("nno", "nno", "nn", "norvégien nynorsk", "Norwegian Nynorsk"),
    ("ice", "isl", "is", "islandais", "Icelandic"),
    ("est", "est", "et", "estonien", "Estonian"),
    ("lav", "lav", "lv", "letton", "Latvian"),
    ("lit", "lit", "lt", "lituanien", "Lithuanian"),
    ("gle", "gle", "ga", "irlandais", "Irish"),
    ("wel", "cym", "cy", "gallois", "Welsh"),
    ("bre", "bre", "br", "breton", "Breton"),
    ("oci", "oci", "oc", "occitan", "Occitan"),
    ("cat", "cat", "ca", "catalan", "Catalan"),
    ("baq", "eus", "eu", "basque", "Basque"),
    ("glg", "glg", "gl", "galicien", "Galician"),
    ("cos", "cos", "co", "corse", "Corsican"),
    ("gsw", "gsw", "", "suisse allemand", "Swiss German"),
    ("ltz", "ltz", "lb", "luxembourgeois", "Luxembourgish"),
    ("mlt", "mlt", "mt", "maltais", "Maltese"),
    ("tur", "tur", "tr", "turc", "Turkish"),
    ("arm", "hye", "hy", "arménien", "Armenian"),
    ("geo", "kat", "ka", "géorgien", "Georgian"),
    ("ara", "ara", "ar", "arabe", "Arabic"),
    ("heb", "heb", "he", "hébreu", "Hebrew"),
    ("yid", "yid", "yi", "yiddish", "Yiddish"),
    ("per", "fas", "fa", "persan", "Persian"),
    ("hin", "hin", "hi", "hindi", "Hindi"),
    ("ben", "ben", "bn", "bengali", "Bengali"),
    ("tam", "tam", "ta", "tamoul", "Tamil"),
    ("urd", "urd", "ur", "ourdou", "Urdu"),
    ("san", "san", "sa", "sanskrit", "Sanskrit"),
    ("chi", "zho", "zh", "chinois", "Chinese"),
    ("jpn", "jpn", "ja", "japonais", "Japanese"),
    ("kor", "kor", "ko", "coréen", "Korean"),
    ("vie", "vie", "vi", "vietnamien", "Vietnamese"),
    ("tha", "tha", "th", "thaï", "Thai"),
    ("ind", "ind", "id", "indonésien", "Indonesian"),
    ("tgl", "tgl", "tl", "tagalog", "Tagalog"),
    ("may", "msa", "ms", "malais", "Malay"),
    ("bur", "mya", "my", "birman", "Burmese"),
    ("tib", "bod", "bo", "tibétain", "Tibetan"),
    ("swa", "swa", "sw", "swahili", "Swahili"),
    ("afr", "afr", "af", "afrikaans", "Afrikaans"),
    ("mao", "mri", "mi", "maori", "Māori"),
    ("epo", "epo", "eo", "espéranto", "Esperanto"),
    ("frm", "frm", "", "moyen français", "Middle French"),
    ("fro", "fro", "", "ancien français", "Old French"),
    ("mul", "mul", "", "plusieurs langues", "several languages"),
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
    fn one_language_by_all_its_codes() {
        for code in ["fre", "fra", "fr", "FR", "fr-FR", " Fre "] {
            assert_eq!(Language::parse(code), Ok(Language::FRENCH), "{code}");
        }
        assert_eq!(Language::parse("de").unwrap().code(), "ger");
        assert_eq!(Language::parse("ger").unwrap().bcp47(), "de");
        assert_eq!(Language::parse("grc").unwrap().bcp47(), "grc");
        for code in ["", "f", "xx", "fr3", "français", "123"] {
            assert_eq!(Language::parse(code), Err(UnknownLanguage), "{code}");
        }
    }

    #[test]
    fn names_in_both_locales_and_a_rare_language_keeps_its_code() {
        let dutch = Language::parse("nl").unwrap();
        assert_eq!(
            (
                dutch.name(Locale::Fr).as_ref(),
                dutch.name(Locale::En).as_ref()
            ),
            ("néerlandais", "Dutch")
        );
        let rare = Language::parse("aar").unwrap();
        assert_eq!(
            (rare.code(), rare.name(Locale::Fr).as_ref()),
            ("aar", "aar")
        );
    }

    #[test]
    fn the_table_holds_each_code_once() {
        let mut codes: Vec<&str> = TABLE
            .iter()
            .flat_map(|(b, t, two, ..)| {
                if b == t {
                    vec![*b, *two]
                } else {
                    vec![*b, *t, *two]
                }
            })
            .filter(|code| !code.is_empty())
            .collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
