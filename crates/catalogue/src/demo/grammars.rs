//! The grammars of the demo's languages, read once.

use std::sync::LazyLock;

use super::Tongue;
use super::grammar::{Cast, Grammar, Section, Voice};
use super::names::Person;
use super::random::Random;

static FRENCH: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(
        Tongue::French,
        include_str!("../../data/demo/grammar_fr.txt"),
    )
});
static ENGLISH: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(
        Tongue::English,
        include_str!("../../data/demo/grammar_en.txt"),
    )
});
static SPANISH: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(
        Tongue::Spanish,
        include_str!("../../data/demo/grammar_es.txt"),
    )
});
static GERMAN: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(
        Tongue::German,
        include_str!("../../data/demo/grammar_de.txt"),
    )
});
static ITALIAN: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::read(
        Tongue::Italian,
        include_str!("../../data/demo/grammar_it.txt"),
    )
});
static READERS: LazyLock<Grammar> =
    LazyLock::new(|| Grammar::read(Tongue::French, include_str!("../../data/demo/reviews.txt")));

/// How books of that language speak.
pub(super) fn of(tongue: Tongue) -> &'static Grammar {
    match tongue {
        Tongue::French => &FRENCH,
        Tongue::English => &ENGLISH,
        Tongue::Spanish => &SPANISH,
        Tongue::German => &GERMAN,
        Tongue::Italian => &ITALIAN,
    }
}

/// What a reader says, from the section of `reviews.txt` for that language and liking.
pub(super) struct Reader {
    section: Option<&'static Section>,
    cast: Cast,
}

impl Reader {
    /// A reader of the section `fr-high`, `en-low` and so on.
    pub(super) fn of(section: &str) -> Reader {
        let nobody = Person {
            first: String::new(),
            particle: "",
            last: String::new(),
            feminine: false,
        };
        let cast = Cast {
            hero: nobody.clone(),
            other: nobody.clone(),
            scholar: nobody,
            town: String::new(),
            world: String::new(),
        };
        Reader {
            section: READERS.section(section, false),
            cast,
        }
    }

    /// A sentence from the list `key`.
    pub(super) fn say(&self, key: &'static str, random: &mut Random) -> String {
        self.section.map_or_else(String::new, |section| {
            Voice::new(&READERS, section, &self.cast).say(key, random)
        })
    }
}
