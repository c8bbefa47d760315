//! Whole titles and names as single terms, so that a title typed whole comes first whatever its words weigh.
//!
//! A signature is a kind and folded words joined by `_`: `t_` the title as it stands, `m_` its main part without
//! leading article, `s_` the stems of that part, `a_` a contributor's names in alphabetical order, and `k_` a
//! subject, which relates books and is never asked for by a query. Volumes are written `#3` in all of them. Books
//! carry several, a query one of each kind.

use std::collections::BTreeSet;

use catalogue::model::{Contributor, Edition, Subject};

use crate::analysis::{
    Forms, Gap, Volume, Word, fold, is_article, is_elided, is_stop_word, normalize, number, split,
    stems, volumes,
};
use crate::limits::{TEXT_WORDS, TOPIC_BYTES};

/// Particles and titles of nobility that readers leave out of names or put elsewhere.
const NAME_PARTICLES: [&str; 26] = [
    "and", "baron", "baronne", "comte", "comtesse", "da", "de", "del", "den", "der", "des", "di",
    "du", "duc", "duchesse", "et", "la", "le", "les", "marquis", "marquise", "of", "the", "van",
    "vicomte", "von",
];

/// The signatures of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The query as a whole title.
    pub title: String,
    /// As a main title.
    pub main: String,
    /// As the stems of a main title; none when it has only stop words.
    pub stems: Option<String>,
    /// As a person's name.
    pub name: String,
    /// Main titles that the query begins or ends with, an author's name being the rest.
    pub titles_within: Vec<String>,
    /// The same by their stems.
    pub stems_within: Vec<String>,
}

/// Words of a query up to which titles are looked for within it.
const WITHIN_WORDS: usize = 14;

/// What the query would look like as a book's title or author.
pub fn asked(words: &[Word], volumes: &[Volume]) -> Asked {
    let spelt = spell(words, volumes, Spelling::Plain);
    let stems = content_stems(words, volumes);
    Asked {
        title: format!("t_{}", spelt.join("_")),
        main: format!("m_{}", without_article(&spelt).join("_")),
        titles_within: within(&spelt)
            .map(|part| format!("m_{}", without_article(part).join("_")))
            .collect(),
        stems_within: within(&stems)
            .map(|part| format!("s_{}", part.join("_")))
            .collect(),
        stems: (!stems.is_empty()).then(|| format!("s_{}", stems.join("_"))),
        name: format!("a_{}", sorted_names(words.iter())),
    }
}

/// The beginnings and ends of a query that leave a rest.
fn within(words: &[String]) -> impl Iterator<Item = &[String]> {
    let few = if words.len() <= WITHIN_WORDS {
        words
    } else {
        &[]
    };
    (1..few.len()).flat_map(|at| {
        let (beginning, end) = few.split_at_checked(at).unwrap_or_default();
        [beginning, end]
    })
}

/// All signatures of a book.
pub fn of(edition: &Edition) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let volume = edition
        .series
        .as_ref()
        .and_then(|series| series.volume.as_deref())
        .and_then(|volume| number(volume.trim()));
    add_title(&mut found, &edition.title, volume);
    if let Some(subtitle) = &edition.subtitle {
        let (words, volumes) = words_and_volumes(&format!("{} : {subtitle}", edition.title));
        found.insert(format!(
            "t_{}",
            spell(&words, &volumes, Spelling::Plain).join("_")
        ));
    }
    if let Some(original) = &edition.original_title {
        add_title(&mut found, original, None);
    }
    if let Some(series) = &edition.series {
        add_title(&mut found, &series.title, volume);
    }
    for contributor in &edition.contributors {
        add_names(&mut found, contributor);
    }
    found.extend(edition.subjects.iter().filter_map(topic));
    found
}

/// A subject, by its code where it has one.
pub fn topic(subject: &Subject) -> Option<String> {
    let name = match &subject.code {
        Some(code) => code.trim().to_lowercase(),
        None => {
            let words = split(&normalize(&subject.heading), TEXT_WORDS);
            spell(&words, &[], Spelling::Plain).join("_")
        }
    };
    let named = (!name.is_empty()).then(|| format!("k_{:?}_{name}", subject.scheme));
    named.filter(|topic| topic.len() <= TOPIC_BYTES && !topic.contains(char::is_whitespace))
}

fn words_and_volumes(text: &str) -> (Vec<Word>, Vec<Volume>) {
    let words = split(&normalize(text), TEXT_WORDS);
    let volumes = volumes(&words);
    (words, volumes)
}

fn add_title(found: &mut BTreeSet<String>, title: &str, volume: Option<u32>) {
    let (words, volumes) = words_and_volumes(title);
    if words.is_empty() {
        return;
    }
    found.insert(format!(
        "t_{}",
        spell(&words, &volumes, Spelling::Plain).join("_")
    ));
    let volume = volume.or_else(|| volumes.first().map(|volume| volume.number));
    for end in main_parts(&words) {
        let main = words.get(..end).unwrap_or_default();
        let mentioned: Vec<Volume> = volumes
            .iter()
            .filter(|volume| volume.words.end <= end)
            .cloned()
            .collect();
        for spelling in [Spelling::Plain, Spelling::Glued, Spelling::Parted] {
            let with_volume = spell(main, &mentioned, spelling);
            let with_volume = without_article(&with_volume);
            let bare: Vec<&str> = with_volume
                .iter()
                .filter(|word| !word.starts_with('#'))
                .map(String::as_str)
                .collect();
            if bare.is_empty() {
                continue;
            }
            found.insert(format!("m_{}", with_volume.join("_")));
            found.insert(format!("m_{}", bare.join("_")));
            if let Some(volume) = volume {
                found.insert(format!("m_{}_#{volume}", bare.join("_")));
            }
        }
        let stems = content_stems(main, &mentioned);
        if !stems.is_empty() {
            found.insert(format!("s_{}", stems.join("_")));
        }
    }
}

/// Where the main part of a title may end: at the whole title, its first strong mark, its first full stop.
fn main_parts(words: &[Word]) -> BTreeSet<usize> {
    let strong = words
        .iter()
        .skip(1)
        .position(|word| word.before >= Gap::Slash && word.before != Gap::Hash);
    let stop = words
        .windows(2)
        .position(|pair| matches!(pair, [before, after] if after.before == Gap::Stop && before.text.chars().count() > 2));
    BTreeSet::from([
        words.len(),
        strong.map_or(words.len(), |at| at + 1),
        stop.map_or(words.len(), |at| at + 1),
    ])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Elision undone: `atlantique`.
    Plain,
    /// Elision glued: `latlantique`.
    Glued,
    /// Words with an apostrophe of their own taken apart: `aujourd`, `hui`.
    Parted,
}

/// The folded words of a title, volumes as `#3`, without what elision leaves.
fn spell(words: &[Word], volumes: &[Volume], spelling: Spelling) -> Vec<String> {
    let mut spelt = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some(volume) = volumes.iter().find(|volume| volume.words.start == at) {
            spelt.push(format!("#{}", volume.number));
            at = volume.words.end;
            continue;
        }
        at += 1;
        let forms = Forms::of(&word.text);
        match spelling {
            Spelling::Glued if forms.glued.is_some() => {
                spelt.extend(forms.glued.as_deref().map(|glued| fold(glued).into_owned()))
            }
            Spelling::Parted if !forms.parts.is_empty() => {
                spelt.extend(forms.parts.iter().map(|part| fold(part).into_owned()))
            }
            _ => spelt.push(fold(&forms.main).into_owned()),
        }
    }
    if spelt.iter().any(|word| !is_elided(word)) {
        spelt.retain(|word| !is_elided(word));
    }
    spelt
}

fn without_article(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && is_article(first) => rest,
        all => all,
    }
}

/// The first stem of each word that is neither a stop word nor part of a volume's number.
fn content_stems(words: &[Word], volumes: &[Volume]) -> Vec<String> {
    let in_volume = |at: usize| volumes.iter().any(|volume| volume.words.contains(&at));
    words
        .iter()
        .enumerate()
        .filter(|(at, _)| !in_volume(*at))
        .map(|(_, word)| fold(&Forms::of(&word.text).main).into_owned())
        .filter(|word| !is_stop_word(word))
        .filter_map(|word| stems(&word).into_iter().next())
        .collect()
}

fn add_names(found: &mut BTreeSet<String>, contributor: &Contributor) {
    let name = contributor.inverted.as_ref().unwrap_or(&contributor.name);
    let words: Vec<Word> = split(&normalize(name), TEXT_WORDS);
    // What follows in brackets spells the given names out: "Staël, Madame de (Anne-Louise-Germaine)".
    let end = words
        .iter()
        .skip(1)
        .position(|word| word.before == Gap::Break)
        .map_or(words.len(), |at| at + 1);
    let words = words.get(..end).unwrap_or_default();
    let comma = words
        .iter()
        .skip(1)
        .position(|word| word.before == Gap::Comma)
        .map(|at| at + 1);
    let (family, given) = match comma {
        Some(comma) => words.split_at_checked(comma).unwrap_or((words, &[])),
        None => words
            .split_at_checked(words.len().saturating_sub(1))
            .map_or((words, &[] as &[Word]), |(given, family)| (family, given)),
    };
    let second_comma = given
        .iter()
        .skip(1)
        .position(|word| word.before == Gap::Comma)
        .map_or(given.len(), |at| at + 1);
    let given = given.get(..second_comma).unwrap_or_default();
    for names in [
        sorted_names(words.iter()),
        sorted_names(family.iter().chain(given)),
        sorted_names(family.iter().chain(given.first())),
    ] {
        if !names.is_empty() {
            found.insert(format!("a_{names}"));
        }
    }
}

fn sorted_names<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    let mut names: Vec<String> = words
        .map(|word| fold(&Forms::of(&word.text).main).into_owned())
        .filter(|name| name.chars().count() > 1 && !NAME_PARTICLES.contains(&name.as_str()))
        .collect();
    names.sort();
    names.join("_")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use catalogue::model::{ContributorRole, Series};

    fn query(text: &str) -> Asked {
        let (words, volumes) = words_and_volumes(text);
        asked(&words, &volumes)
    }

    fn by(name: &str, inverted: Option<&str>) -> BTreeSet<String> {
        let mut edition = Edition::titled("Titre");
        edition.contributors.push(Contributor {
            name: name.into(),
            inverted: inverted.map(Into::into),
            role: ContributorRole::Author,
        });
        of(&edition)
    }

    #[test]
    fn s3_a_main_title_is_known_with_and_without_its_article() {
        let found = of(&Edition::titled("Les Trophées : sonnets"));
        assert!(found.contains(&query("trophees").main));
        assert!(found.contains(&query("les trophées sonnets").title));
        assert!(found.contains(&query("trophée").stems.unwrap()));
    }

    #[test]
    fn s1_elided_titles_are_known_glued_and_apart() {
        let found = of(&Edition::titled("Seul, à travers l'Atlantique"));
        for text in [
            "seul a travers l atlantique",
            "seul à travers latlantique",
            "Seul à travers l’Atlantique",
        ] {
            assert!(found.contains(&query(text).main), "{text}");
        }
        assert!(
            of(&Edition::titled("Visages d'aujourd'hui"))
                .contains(&query("visages d aujourd hui").main)
        );
    }

    #[test]
    fn s5_a_volume_is_part_of_the_title() {
        let found = of(&Edition::titled(
            "Roland Furieux, tome III : traduction nouvelle",
        ));
        assert!(found.contains(&query("roland furieux t. 3").main));
        assert!(found.contains(&query("roland furieux").main));
        assert!(!found.contains(&query("roland furieux t. 30").main));
        let mut edition = Edition::titled("Un cœur à prendre");
        edition.series = Some(Series {
            title: "Journal".into(),
            volume: Some("7".into()),
        });
        assert!(of(&edition).contains(&query("journal tome VII").main));
    }

    #[test]
    fn a_subject_is_known_by_its_code_or_its_words() {
        let subject = |code: Option<&str>, heading: &str| Subject {
            scheme: catalogue::model::SubjectScheme::Thema,
            code: code.map(str::to_owned),
            heading: heading.to_owned(),
        };
        assert_eq!(topic(&subject(Some("FBA"), "")).unwrap(), "k_Thema_fba");
        assert_eq!(
            topic(&subject(None, "Île déserte")).unwrap(),
            "k_Thema_ile_deserte"
        );
        assert_eq!(topic(&subject(None, " – ")), None);
    }

    #[test]
    fn s4_names_are_known_in_any_order() {
        assert!(by("Victor Hugo", None).contains(&query("hugo victor").name));
        assert!(
            by("Arthur Conan Doyle", Some("Doyle, Arthur Conan"))
                .contains(&query("arthur doyle").name)
        );
        assert!(by("x", Some("Mably, Gabriel Bonnot de")).contains(&query("gabriel mably").name));
        assert!(
            by("x", Some("Staël, Madame de (Anne-Louise-Germaine)"))
                .contains(&query("madame stael").name)
        );
        assert!(
            by("Antoine de Saint-Exupéry", None).contains(&query("antoine saint-exupery").name)
        );
    }
}
