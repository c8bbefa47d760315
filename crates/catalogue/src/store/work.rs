//! Which work an edition belongs to, until a bookseller decides.

use sha2::{Digest, Sha256};

use super::same::{without_idle_brackets, words_of};
use crate::model::{ContributorRole, Edition, EditionId, WorkId};
use crate::text;

/// The work an edition belongs to: the same number for the same original title (or title) and first author, so that
/// editions and translations meet. Without an author, titles such as "Poems" prove nothing and the edition is a work
/// of its own. A volume counts when its title is only the series' (`Naruto`, 3): then the number is the title.
///
/// 52 bits of a hash: at a million works the chance of one false pair is about one in ten thousand, and the number
/// survives JavaScript.
pub(super) fn of(id: EditionId, edition: &Edition) -> WorkId {
    let author = edition
        .contributors
        .iter()
        .find(|who| who.role == ContributorRole::Author)
        .and_then(|author| signature(&author.name));
    let Some(author) = author else {
        return alone(id);
    };
    let title = edition.original_title.as_ref().unwrap_or(&edition.title);
    let folded = text::fold(title);
    let words: Vec<&str> = text::words(without_idle_brackets(&folded)).collect();
    if words.is_empty() {
        return alone(id);
    }
    number_of(&[&words.join(" "), volume(edition), &author])
}

/// A work of its own.
pub(super) fn alone(id: EditionId) -> WorkId {
    number_of(&["edition", &id.to_string()])
}

/// The volume, when the title does not stand without it.
fn volume(edition: &Edition) -> &str {
    let Some(series) = &edition.series else {
        return "";
    };
    let of = |title: &str| words_of(&text::fold(title));
    if of(&edition.title).is_subset(&of(&series.title)) {
        series.volume.as_deref().unwrap_or("")
    } else {
        ""
    }
}

/// Last name and first letter: what `Victor Hugo`, `V. Hugo` and `Hugo, Victor` share.
fn signature(name: &str) -> Option<String> {
    let folded = text::fold(name);
    let (last, first) = match folded.split_once(',') {
        Some((last, first)) => (text::words(last).last()?, text::words(first).next()),
        None => (text::words(&folded).last()?, text::words(&folded).next()),
    };
    let initial = first.and_then(|first| first.chars().next());
    Some(match initial {
        Some(initial) => format!("{last} {initial}"),
        None => last.to_owned(),
    })
}

fn number_of(parts: &[&str]) -> WorkId {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut first = [0; 8];
    first.copy_from_slice(hash.finalize().first_chunk::<8>().unwrap_or(&[0; 8]));
    WorkId(i64::try_from(u64::from_be_bytes(first) >> 12).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contributor, Series};

    fn edition(title: &str, author: Option<&str>) -> Edition {
        let author = author.map(|name| Contributor {
            name: name.to_owned(),
            inverted: None,
            role: ContributorRole::Author,
        });
        Edition {
            contributors: author.into_iter().collect(),
            ..Edition::titled(title)
        }
    }

    fn work(title: &str, author: Option<&str>) -> WorkId {
        of(EditionId(1), &edition(title, author))
    }

    #[test]
    fn s7_editions_of_one_work_share_its_number() {
        let miserables = work("Les Misérables", Some("Victor Hugo"));
        assert_eq!(miserables, work("LES MISERABLES", Some("Hugo, Victor")));
        assert_eq!(miserables, work("Les Misérables (Folio)", Some("V. Hugo")));
        assert_ne!(miserables, work("Les Misérables", Some("Alain Boublil")));
        assert_ne!(
            miserables,
            work("Les Misérables, tome 2", Some("Victor Hugo"))
        );
        assert_ne!(
            miserables,
            work("Les Misérables (vol. II)", Some("Victor Hugo"))
        );
        let poems = edition("Poèmes", None);
        assert_ne!(of(EditionId(1), &poems), of(EditionId(2), &poems));
        assert!(miserables.0 > 0 && miserables.0 < 1 << 52);
    }

    #[test]
    fn s7_a_translation_is_of_the_work_it_translates() {
        let translation = Edition {
            original_title: Some("Les Misérables".to_owned()),
            ..edition("The Wretched", Some("Victor Hugo"))
        };
        assert_eq!(
            of(EditionId(1), &translation),
            work("Les Misérables", Some("Victor Hugo"))
        );
    }

    #[test]
    fn t3_a_volume_counts_when_its_title_is_the_series() {
        let volume = |title: &str, number: &str| {
            let edition = Edition {
                series: Some(Series {
                    title: "Naruto".to_owned(),
                    volume: Some(number.to_owned()),
                }),
                ..edition(title, Some("Masashi Kishimoto"))
            };
            of(EditionId(1), &edition)
        };
        assert_ne!(volume("Naruto", "1"), volume("Naruto", "2"));
        assert_eq!(
            volume("Le Rouleau perdu", "1"),
            work("Le Rouleau perdu", Some("Masashi Kishimoto"))
        );
    }
}
