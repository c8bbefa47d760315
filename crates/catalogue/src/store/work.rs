//! Which work a record belongs to, until a bookseller can say so.

use sha2::{Digest, Sha256};

use super::Record;
use crate::model::{ContributorRole, WorkId};
use crate::text;

/// The work a record belongs to: the same number for the same title, volume and first author, whatever the order of
/// the author's names. Without an author, titles such as "Poems" prove nothing and the edition is a work of its own.
///
/// 52 bits of a hash: at a million works the chance of one false pair is about one in ten thousand, and the number
/// survives JavaScript.
pub(super) fn of(record: &Record) -> WorkId {
    let edition = &record.edition;
    let author = edition
        .contributors
        .iter()
        .find(|who| who.role == ContributorRole::Author);
    let mut hash = Sha256::new();
    match author {
        Some(author) => {
            hash_words(&mut hash, &edition.title, false);
            hash_words(
                &mut hash,
                edition
                    .series
                    .as_ref()
                    .and_then(|s| s.volume.as_deref())
                    .unwrap_or(""),
                false,
            );
            hash_words(&mut hash, &author.name, true);
        }
        None => {
            hash.update(record.sender.as_bytes());
            hash.update([0]);
            hash.update(record.reference.as_bytes());
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(hash.finalize().first_chunk::<8>().unwrap_or(&[0; 8]));
    WorkId(i64::try_from(u64::from_be_bytes(first) >> 12).unwrap_or_default())
}

fn hash_words(hash: &mut Sha256, text: &str, in_any_order: bool) {
    let folded = text::fold(text);
    let mut words: Vec<&str> = text::words(&folded).collect();
    if in_any_order {
        words.sort_unstable();
    }
    for word in words {
        hash.update(word.as_bytes());
        hash.update([b' ']);
    }
    hash.update([0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contributor, Edition, Series};

    fn record(title: &str, author: Option<&str>, volume: Option<&str>) -> Record {
        let author = author.map(|name| Contributor {
            name: name.to_owned(),
            inverted: None,
            role: ContributorRole::Author,
        });
        let series = volume.map(|volume| Series {
            title: "S".to_owned(),
            volume: Some(volume.to_owned()),
        });
        let edition = Edition {
            contributors: author.into_iter().collect(),
            series,
            ..Edition::titled(title)
        };
        Record {
            sender: "test".to_owned(),
            reference: title.to_owned(),
            message: None,
            edition,
        }
    }

    #[test]
    fn s7_editions_of_one_work_share_its_number() {
        let work = of(&record("Les Misérables", Some("Victor Hugo"), None));
        assert_eq!(
            work,
            of(&record("LES MISERABLES", Some("Hugo, Victor"), None))
        );
        assert_ne!(
            work,
            of(&record("Les Misérables", Some("Victor Hugo"), Some("2")))
        );
        assert_ne!(
            work,
            of(&record("Les Misérables", Some("Alain Boublil"), None))
        );
        assert_ne!(
            of(&record("Poèmes", None, None)),
            of(&record("poemes", None, None))
        );
        assert!(work.0 > 0 && work.0 < 1 << 52);
    }
}
