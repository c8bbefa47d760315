//! Picks and display tables made up for the demonstration, of real works out of copyright. Pages say that they are.

use std::collections::HashMap;

use anyhow::Result;
use catalogue::shelf::Shelf;
use shop::{
    display::{
        picks::{self, PickDraft},
        tables::{self, TableDraft, Words},
    },
    form::Period,
};
use storage::{Fault, Store, Tx};
use trade::{clock::Timestamp, ids::EditionId};

/// Title, bookseller, note.
const PICKS: [(&str, &str, &str); 3] = [
    (
        "Le Grand Meaulnes",
        "Camille",
        "Une fête entrevue dans un château dont on ne retrouve plus le chemin : tout le livre marche vers elle.\n\nÀ \
         offrir à qui croit ne plus savoir lire comme à quinze ans.",
    ),
    (
        "Frankenstein ou le Prométhée moderne",
        "Idris",
        "On croit le connaître par le cinéma. Puis la créature se met à parler, et c’est elle qu’on écoute.",
    ),
    (
        "Une vie",
        "Camille",
        "Des années qui passent sans bruit, une falaise, un jardin. Peu de romans disent aussi bien l’attente.",
    ),
];

/// Titles and words in French and English, and the works.
const TABLES: [([&str; 2], [&str; 2], &[&str]); 2] = [
    (
        ["Prendre la mer", "Putting out to sea"],
        [
            "Des baleines, des îles et quelques naufrages.",
            "Whales, islands, and a few shipwrecks.",
        ],
        &[
            "L’Odyssée",
            "Moby-Dick ou le Cachalot",
            "L’Île au trésor",
            "Les Travailleurs de la mer",
            "Robinson Crusoé",
            "Vingt mille lieues sous les mers",
            "Les Voyages de Gulliver",
        ],
    ),
    (
        ["Lire la nuit", "Reading at night"],
        [
            "À ne pas ouvrir seul, ou justement.",
            "Not to be opened alone, or just then.",
        ],
        &[
            "Dracula",
            "Le Tour d’écrou",
            "Histoires extraordinaires",
            "La Vénus d’Ille",
            "Le Fantôme de l’Opéra",
            "Le Chien des Baskerville",
            "L’Étrange Cas du docteur Jekyll et de M. Hyde",
        ],
    ),
];

/// What is laid out, of the books that the shop has.
pub struct Display {
    picks: Vec<PickDraft>,
    tables: Vec<(TableDraft, Vec<EditionId>)>,
}

impl Display {
    /// Looks the works up on the shelf.
    pub fn of(shelf: &Shelf) -> Display {
        let real = shelf.iter().filter(|edition| !edition.generated);
        let by_title: HashMap<String, EditionId> = real
            .map(|edition| (edition.title.clone(), edition.id))
            .collect();
        let picks = PICKS.iter().filter_map(|(title, bookseller, note)| {
            Some(PickDraft {
                edition: *by_title.get(*title)?,
                bookseller: (*bookseller).to_owned(),
                note: (*note).to_owned(),
                period: Period::default(),
            })
        });
        let tables = TABLES.iter().map(|(title, intro, titles)| {
            let editions = titles.iter().filter_map(|title| by_title.get(*title));
            let draft = TableDraft {
                title: words(*title),
                intro: words(*intro),
                published: true,
                period: Period::default(),
            };
            (draft, editions.copied().collect())
        });
        Display {
            picks: picks.collect(),
            tables: tables.collect(),
        }
    }

    /// Lays everything out.
    pub async fn lay(self, store: &Store, now: Timestamp) -> Result<()> {
        let laying = store.write(move |tx: &mut dyn Tx| -> Result<(), Fault> {
            for pick in &self.picks {
                picks::make_up(tx, pick, now)?;
            }
            for (draft, editions) in &self.tables {
                tables::make_up(tx, draft, editions.clone(), now)?;
            }
            Ok(())
        });
        Ok(laying.await?)
    }
}

fn words([fr, en]: [&str; 2]) -> Words {
    Words {
        fr: fr.to_owned(),
        en: en.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_book_that_is_laid_out_is_in_the_demonstration() {
        let titles: Vec<String> = catalogue::demo::editions(2_000, 1)
            .filter(|edition| !edition.generated)
            .map(|edition| edition.title)
            .collect();
        let picked = PICKS.iter().map(|(title, ..)| title);
        let laid = TABLES.iter().flat_map(|(_, _, titles)| titles.iter());
        for title in picked.chain(laid) {
            assert!(titles.iter().any(|known| known == title), "{title}");
        }
    }
}
