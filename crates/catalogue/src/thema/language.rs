//! The languages into which Thema was translated, and its headings in them.

use std::sync::OnceLock;

use trade::locale::Locale;

use super::{CODES, Thema};

/// A language of Thema's headings. English has all of them; the others miss what their national group has not
/// translated: 63 of 6,748 in French, nearly all but the widest in Japanese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the language of its name")]
pub enum HeadingLanguage {
    Arabic,
    Danish,
    German,
    English,
    Spanish,
    French,
    Hungarian,
    Italian,
    Japanese,
    Lithuanian,
    /// Bokmål.
    Norwegian,
    Polish,
    Portuguese,
    Swedish,
    Turkish,
}

/// The headings of each language by the places of their codes, empty where there is no translation. Only languages
/// that somebody asked for are looked through; the tables themselves lie in the executable.
static HEADINGS: [OnceLock<Vec<&'static str>>; HeadingLanguage::ALL.len()] =
    [const { OnceLock::new() }; HeadingLanguage::ALL.len()];

impl HeadingLanguage {
    /// All of them, by their codes.
    pub const ALL: [HeadingLanguage; 15] = [
        HeadingLanguage::Arabic,
        HeadingLanguage::Danish,
        HeadingLanguage::German,
        HeadingLanguage::English,
        HeadingLanguage::Spanish,
        HeadingLanguage::French,
        HeadingLanguage::Hungarian,
        HeadingLanguage::Italian,
        HeadingLanguage::Japanese,
        HeadingLanguage::Lithuanian,
        HeadingLanguage::Norwegian,
        HeadingLanguage::Polish,
        HeadingLanguage::Portuguese,
        HeadingLanguage::Swedish,
        HeadingLanguage::Turkish,
    ];

    /// As in a `lang` attribute: `de`.
    pub const fn code(self) -> &'static str {
        match self {
            HeadingLanguage::Arabic => "ar",
            HeadingLanguage::Danish => "da",
            HeadingLanguage::German => "de",
            HeadingLanguage::English => "en",
            HeadingLanguage::Spanish => "es",
            HeadingLanguage::French => "fr",
            HeadingLanguage::Hungarian => "hu",
            HeadingLanguage::Italian => "it",
            HeadingLanguage::Japanese => "ja",
            HeadingLanguage::Lithuanian => "lt",
            HeadingLanguage::Norwegian => "nb",
            HeadingLanguage::Polish => "pl",
            HeadingLanguage::Portuguese => "pt",
            HeadingLanguage::Swedish => "sv",
            HeadingLanguage::Turkish => "tr",
        }
    }

    /// The language with that [`code`](HeadingLanguage::code); Norwegians of every spelling read Bokmål.
    pub fn parse(code: &str) -> Option<HeadingLanguage> {
        let code = match code {
            "no" | "nn" => "nb",
            code => code,
        };
        let mut all = HeadingLanguage::ALL.into_iter();
        all.find(|language| language.code() == code)
    }

    /// Whether it is written from right to left.
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, HeadingLanguage::Arabic)
    }

    /// Code and heading, sorted by code, after a line that says what it is.
    pub(super) fn rows(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let table = match self {
            HeadingLanguage::Arabic => include_str!("../../data/thema/ar.tsv"),
            HeadingLanguage::Danish => include_str!("../../data/thema/da.tsv"),
            HeadingLanguage::German => include_str!("../../data/thema/de.tsv"),
            HeadingLanguage::English => include_str!("../../data/thema/en.tsv"),
            HeadingLanguage::Spanish => include_str!("../../data/thema/es.tsv"),
            HeadingLanguage::French => include_str!("../../data/thema/fr.tsv"),
            HeadingLanguage::Hungarian => include_str!("../../data/thema/hu.tsv"),
            HeadingLanguage::Italian => include_str!("../../data/thema/it.tsv"),
            HeadingLanguage::Japanese => include_str!("../../data/thema/ja.tsv"),
            HeadingLanguage::Lithuanian => include_str!("../../data/thema/lt.tsv"),
            HeadingLanguage::Norwegian => include_str!("../../data/thema/nb.tsv"),
            HeadingLanguage::Polish => include_str!("../../data/thema/pl.tsv"),
            HeadingLanguage::Portuguese => include_str!("../../data/thema/pt.tsv"),
            HeadingLanguage::Swedish => include_str!("../../data/thema/sv.tsv"),
            HeadingLanguage::Turkish => include_str!("../../data/thema/tr.tsv"),
        };
        table
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once('\t'))
    }

    fn headings(self) -> &'static [&'static str] {
        let Some(headings) = HEADINGS.get(self as usize) else {
            return &[];
        };
        headings.get_or_init(|| {
            let mut rows = self.rows().peekable();
            CODES
                .iter()
                .map(|code| rows.next_if(|row| row.0 == *code).map_or("", |row| row.1))
                .collect()
        })
    }
}

impl From<Locale> for HeadingLanguage {
    fn from(locale: Locale) -> HeadingLanguage {
        match locale {
            Locale::Fr => HeadingLanguage::French,
            Locale::En => HeadingLanguage::English,
        }
    }
}

impl Thema {
    /// Its words in that language, if they were translated.
    pub fn translation(self, language: HeadingLanguage) -> Option<&'static str> {
        let heading = language.headings().get(usize::from(self.0)).copied()?;
        (!heading.is_empty()).then_some(heading)
    }

    /// Its words for a reader of that language; in English where nobody translated them.
    pub fn heading(self, language: HeadingLanguage) -> &'static str {
        self.translation(language)
            .or_else(|| self.translation(HeadingLanguage::English))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_table_is_whole_and_its_codes_are_those_of_the_scheme() {
        let translated = [
            ("ar", 5_213),
            ("da", 3_574),
            ("de", 5_424),
            ("en", 6_748),
            ("es", 6_748),
            ("fr", 6_685),
            ("hu", 5_238),
            ("it", 4_917),
            ("ja", 214),
            ("lt", 5_242),
            ("nb", 4_035),
            ("pl", 5_242),
            ("pt", 2_851),
            ("sv", 5_359),
            ("tr", 2_483),
        ];
        for (language, (code, headings)) in HeadingLanguage::ALL.into_iter().zip(translated) {
            assert_eq!(language.code(), code);
            assert_eq!(HeadingLanguage::parse(code), Some(language));
            assert_eq!(language.rows().count(), headings, "{code}");
            let shown = Thema::all().filter_map(|thema| thema.translation(language));
            // A row that is out of order would be passed over.
            assert_eq!(shown.count(), headings, "{code}");
            assert!(Thema::all().all(|thema| !thema.heading(language).is_empty()));
        }
    }

    #[test]
    fn a_heading_is_in_the_language_asked_for_or_english() {
        let fiction = Thema::parse("FBA").unwrap();
        for (language, heading) in [
            (
                HeadingLanguage::French,
                "Littérature moderne et contemporaine",
            ),
            (HeadingLanguage::English, "Modern & contemporary fiction"),
            (
                HeadingLanguage::German,
                "Moderne und zeitgenössische Belletristik",
            ),
            (HeadingLanguage::Japanese, "Modern & contemporary fiction"),
        ] {
            assert_eq!(fiction.heading(language), heading, "{language:?}");
        }
        assert_eq!(fiction.translation(HeadingLanguage::Japanese), None);
        let arts = Thema::parse("A").unwrap();
        assert_eq!(arts.heading(HeadingLanguage::Japanese), "芸術");
        assert_eq!(arts.heading(HeadingLanguage::Arabic), "الفنون");
    }

    #[test]
    fn locales_and_codes_are_languages() {
        assert_eq!(HeadingLanguage::from(Locale::Fr).code(), "fr");
        assert_eq!(HeadingLanguage::from(Locale::En).code(), "en");
        for code in ["no", "nn", "nb"] {
            assert_eq!(
                HeadingLanguage::parse(code),
                Some(HeadingLanguage::Norwegian)
            );
        }
        assert_eq!(HeadingLanguage::parse("zh"), None);
        let mut all = HeadingLanguage::ALL.into_iter();
        assert!(all.all(|one| one.is_right_to_left() == (one.code() == "ar")));
    }
}
