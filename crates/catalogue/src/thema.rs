//! Thema, the book trade's subject scheme: codes with their headings in the reader's language.
//!
//! A code says its own place: each prefix that is a code too is a wider subject. Where EDItEUR gives another parent
//! (37 French regions grouped by reform), the nearest prefix is used all the same, because it is wider too. What
//! leads a book to one of the shop's own shelves is [`crate::subject`].

use std::sync::LazyLock;

use trade::locale::Locale;

/// Code, French heading, English heading; sorted by code, after a line that says what it is.
const TABLE: &str = include_str!("../data/thema.tsv");

struct Row {
    code: &'static str,
    french: &'static str,
    english: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = TABLE.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(Row {
            code: columns.next()?,
            french: columns.next()?,
            english: columns.next()?,
        })
    });
    rows.collect()
});

/// A code of the scheme. Ordered as the scheme is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thema(u16);

impl Thema {
    /// The code, as publishers write it: `FBA`, `1DDF-FR-A`.
    pub fn parse(code: &str) -> Option<Thema> {
        let code = code.trim().to_ascii_uppercase();
        let place = ROWS.binary_search_by(|row| row.code.cmp(&code)).ok()?;
        u16::try_from(place).ok().map(Thema)
    }

    /// Every code, qualifiers too, in the order of the scheme.
    pub fn all() -> impl Iterator<Item = Thema> {
        (0..ROWS.len()).filter_map(|place| u16::try_from(place).ok().map(Thema))
    }

    /// The widest subjects; qualifiers, which begin with a figure, are none.
    pub fn widest() -> impl Iterator<Item = Thema> {
        Thema::all().filter(|thema| thema.code().len() == 1 && !thema.is_qualifier())
    }

    /// The code.
    pub fn code(self) -> &'static str {
        self.row().map_or("", |row| row.code)
    }

    /// Its words for a reader; in English where nobody translated them (some countries' own school qualifiers).
    pub fn heading(self, locale: Locale) -> &'static str {
        self.row().map_or("", |row| match locale {
            Locale::Fr if !row.french.is_empty() => row.french,
            Locale::Fr | Locale::En => row.english,
        })
    }

    /// Whether it only narrows a subject: a place, a language, a time, readers.
    pub fn is_qualifier(self) -> bool {
        self.code()
            .starts_with(|first: char| first.is_ascii_digit())
    }

    /// The next wider subject.
    pub fn wider(self) -> Option<Thema> {
        let code = self.code();
        (1..code.len())
            .rev()
            .filter_map(|end| code.get(..end))
            .find_map(Thema::parse)
    }

    /// The wider subjects, the widest first.
    pub fn path(self) -> Vec<Thema> {
        let mut path: Vec<Thema> =
            std::iter::successors(self.wider(), |thema| thema.wider()).collect();
        path.reverse();
        path
    }

    /// The next narrower subjects.
    pub fn narrower(self) -> impl Iterator<Item = Thema> {
        let first = usize::from(self.0) + 1;
        // What begins with the code stands right behind it.
        Thema::all()
            .skip(first)
            .take_while(move |thema| thema.code().starts_with(self.code()))
            .filter(move |thema| thema.wider() == Some(self))
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.get(usize::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert_eq!(ROWS.len(), 6_748);
        assert!(
            ROWS.iter()
                .zip(ROWS.iter().skip(1))
                .all(|(a, b)| a.code < b.code)
        );
        assert!(Thema::all().all(|thema| !thema.heading(Locale::Fr).is_empty()));
        assert_eq!(ROWS.len(), TABLE.lines().count() - 1);
    }

    #[test]
    fn a_code_knows_its_words_and_its_place() {
        let thema = Thema::parse(" fba ").unwrap();
        assert_eq!(
            thema.heading(Locale::Fr),
            "Littérature moderne et contemporaine"
        );
        assert_eq!(thema.heading(Locale::En), "Modern & contemporary fiction");
        let path: Vec<&str> = thema.path().into_iter().map(Thema::code).collect();
        assert_eq!(path, ["F", "FB"]);
        let wider = thema.wider().unwrap();
        assert!(wider.narrower().any(|narrower| narrower == thema));
        assert!(
            wider
                .narrower()
                .all(|narrower| narrower.wider() == Some(wider))
        );
        assert_eq!(Thema::parse("ZZZ"), None);
        assert!(Thema::parse("1DDF-FR-A").unwrap().is_qualifier());
    }

    #[test]
    fn every_subject_is_reached_from_the_widest() {
        assert_eq!(Thema::widest().count(), 20);
        let mut reached = 0;
        let mut open: Vec<Thema> = Thema::all()
            .filter(|thema| thema.wider().is_none())
            .collect();
        while let Some(thema) = open.pop() {
            reached += 1;
            open.extend(thema.narrower());
        }
        assert_eq!(reached, ROWS.len());
    }
}
