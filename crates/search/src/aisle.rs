//! Aisles: the parts of the catalogue that have a page of their own, and the terms that books carry for them.
//!
//! A name is compared folded; a person's name in any order, because some records invert it. Two people of one name
//! share an aisle: no record says which of them is meant.

use std::collections::BTreeSet;

use catalogue::model::Edition;
use catalogue::subject::Topics;
use catalogue::thema::Thema;

use crate::analysis::{fold, normalize};
use crate::facet::filter_term;

/// Words of a name that count; longer names are of bodies, and differ before.
const NAME_WORDS: usize = 12;

/// All books of one author, publisher, series or subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Aisle {
    /// What a person or body had a part in.
    Contributor(Name),
    /// What a publisher or imprint published.
    Publisher(Name),
    /// The volumes of a series.
    Series(Name),
    /// The books on a subject, those on narrower ones included.
    Subject(Thema),
}

/// A name as addresses write it: `victor-hugo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// The name in a text, or none when the text has no letter or figure.
    pub fn of(text: &str) -> Option<Name> {
        let folded = fold(&normalize(text).to_lowercase()).into_owned();
        let words: Vec<&str> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(NAME_WORDS)
            .collect();
        (!words.is_empty()).then(|| Name(words.join("-")))
    }

    /// As addresses write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for every order of its words.
    fn in_any_order(&self) -> String {
        let mut words: Vec<&str> = self.0.split('-').collect();
        words.sort_unstable();
        words.join("-")
    }
}

impl Aisle {
    /// The aisles an edition stands in.
    pub fn of(edition: &Edition) -> Vec<Aisle> {
        let people = edition
            .contributors
            .iter()
            .filter_map(|one| Name::of(&one.name))
            .map(Aisle::Contributor);
        let publisher = edition.publisher.as_deref().and_then(Name::of);
        let series = edition.series.as_ref().and_then(|one| Name::of(&one.title));
        let topics = Topics::of(&edition.subjects);
        let subjects = topics
            .themas()
            .iter()
            .copied()
            .flat_map(|thema| thema.path().into_iter().chain([thema]))
            .map(Aisle::Subject);
        people
            .chain(publisher.map(Aisle::Publisher))
            .chain(series.map(Aisle::Series))
            .chain(subjects)
            .collect()
    }

    /// Whether the edition stands in the aisle.
    pub fn holds(&self, edition: &Edition) -> bool {
        terms(edition).contains(&self.term())
    }

    /// The name, as an edition of the aisle prints it.
    pub fn name_in<'e>(&self, edition: &'e Edition) -> Option<&'e str> {
        let is_it = |aisle: fn(Name) -> Aisle, text: &&'e str| {
            Name::of(text).is_some_and(|name| aisle(name).term() == self.term())
        };
        match self {
            Aisle::Contributor(_) => edition
                .contributors
                .iter()
                .map(|one| one.name.as_str())
                .find(|name| is_it(Aisle::Contributor, name)),
            Aisle::Publisher(_) => edition
                .publisher
                .as_deref()
                .filter(|name| is_it(Aisle::Publisher, name)),
            Aisle::Series(_) => edition
                .series
                .as_ref()
                .map(|series| series.title.as_str())
                .filter(|name| is_it(Aisle::Series, name)),
            Aisle::Subject(_) => None,
        }
    }

    /// The term in the field of filters.
    pub(crate) fn term(&self) -> String {
        match self {
            Aisle::Contributor(name) => filter_term("by", &name.in_any_order()),
            Aisle::Publisher(name) => filter_term("publisher", name.as_str()),
            Aisle::Series(name) => filter_term("series", name.as_str()),
            Aisle::Subject(thema) => filter_term("thema", thema.code()),
        }
    }
}

/// The terms of all aisles that an edition stands in.
pub(crate) fn terms(edition: &Edition) -> BTreeSet<String> {
    Aisle::of(edition).iter().map(Aisle::term).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use catalogue::model::{Contributor, ContributorRole, Series, Subject, SubjectScheme};

    #[test]
    fn a_book_stands_in_the_aisles_of_its_people_its_series_and_all_wider_subjects() {
        let mut edition = Edition::titled("Germinal");
        edition.publisher = Some("G. Charpentier & Cie".into());
        edition.contributors.push(Contributor {
            name: "Émile Zola".into(),
            inverted: None,
            role: ContributorRole::Author,
        });
        edition.series = Some(Series {
            title: "Les Rougon-Macquart".into(),
            volume: Some("13".into()),
        });
        edition.subjects.push(Subject {
            scheme: SubjectScheme::Thema,
            code: Some("FBC".into()),
            heading: String::new(),
        });
        let name = |text| Name::of(text).unwrap();
        for aisle in [
            Aisle::Contributor(name("emile-zola")),
            Aisle::Contributor(name("Zola, Émile")),
            Aisle::Publisher(name("g-charpentier-cie")),
            Aisle::Series(name("les rougon macquart")),
            Aisle::Subject(Thema::parse("F").unwrap()),
            Aisle::Subject(Thema::parse("FB").unwrap()),
            Aisle::Subject(Thema::parse("FBC").unwrap()),
        ] {
            assert!(aisle.holds(&edition), "{aisle:?}");
        }
        let zola = Aisle::Contributor(name("zola emile"));
        assert_eq!(zola.name_in(&edition), Some("Émile Zola"));
        assert!(!Aisle::Contributor(name("zola")).holds(&edition));
        assert!(!Aisle::Subject(Thema::parse("FBA").unwrap()).holds(&edition));
        assert_eq!(Name::of(" – "), None);
        assert_eq!(name("Œuvres d’Aimé").as_str(), "oeuvres-d-aime");
    }
}
