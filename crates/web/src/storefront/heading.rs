//! Headings on a page: those of Thema in the reader's language, marked with it where the page speaks another.

use std::borrow::Cow;

use catalogue::thema::{HeadingLanguage, Thema};
use maud::{Markup, Render, html};

use super::reader::Reader;

/// Words in the language of the page or in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The words.
    pub text: Cow<'static, str>,
    /// Their language, where it is not the page's.
    foreign: Option<HeadingLanguage>,
}

impl Heading {
    /// Words that are nobody's translation: a name as its books print it.
    pub fn plain(text: String) -> Heading {
        Heading {
            text: Cow::Owned(text),
            foreign: None,
        }
    }

    /// The words of a subject for `reader`: in their language, else in that of the page, else in English.
    pub fn of(reader: &Reader<'_>, thema: Thema) -> Heading {
        let page = HeadingLanguage::from(reader.locale);
        let translated = [reader.headings, page]
            .into_iter()
            .find_map(|language| Some((thema.translation(language)?, language)));
        let (text, language) = translated.unwrap_or_else(|| {
            let english = HeadingLanguage::English;
            (thema.heading(english), english)
        });
        Heading {
            text: Cow::Borrowed(text),
            foreign: (language != page).then_some(language),
        }
    }
}

impl Render for Heading {
    fn render(&self) -> Markup {
        html! {
            @match self.foreign {
                Some(language) => span lang=(language.code()) dir=[language.is_right_to_left().then_some("rtl")] { (self.text) },
                None => (self.text),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trade::locale::Locale;

    use super::*;
    use crate::state::Settings;

    fn shown(code: &str, headings: HeadingLanguage, locale: Locale) -> String {
        let settings = Settings::demo("http://shop", "http://vault");
        let reader = Reader::new(locale, &settings, "/").with_headings(headings);
        Heading::of(&reader, Thema::parse(code).unwrap())
            .render()
            .into_string()
    }

    #[test]
    fn a_heading_in_another_language_than_the_page_says_so() {
        use HeadingLanguage::{Arabic, English, French, German, Japanese};
        for (code, headings, locale, html) in [
            ("A", French, Locale::Fr, "Arts"),
            ("A", English, Locale::En, "The Arts"),
            ("A", German, Locale::Fr, "<span lang=\"de\">Kunst</span>"),
            (
                "A",
                Arabic,
                Locale::En,
                "<span lang=\"ar\" dir=\"rtl\">الفنون</span>",
            ),
            // Not translated: in the language of the page, and in English only where that has none either.
            (
                "FBA",
                Japanese,
                Locale::Fr,
                "Littérature moderne et contemporaine",
            ),
            (
                "FBA",
                Japanese,
                Locale::En,
                "Modern &amp; contemporary fiction",
            ),
        ] {
            assert_eq!(shown(code, headings, locale), html, "{code} {headings:?}");
        }
        let unknown = Thema::all().find(|thema| thema.translation(French).is_none());
        let html = shown(unknown.unwrap().code(), French, Locale::Fr);
        assert!(html.starts_with("<span lang=\"en\">"), "{html}");
    }
}
