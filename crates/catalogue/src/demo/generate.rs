//! Makes up books: works, their series, and the bindings they come in.
//!
//! Books are made in blocks of [`BLOCK`] editions, each from its own stream of random numbers: a block's language
//! and shelf can be told without making the blocks before it, which reviews need.

use std::collections::VecDeque;

use trade::availability::Availability;
use trade::contributor::ContributorRole;
use trade::goods::Goods;
use trade::ids::{EditionId, WorkId};

use super::grammar::{Cast, Grammar, Section, Voice};
use super::house::{self, SHELVES, Shelf};
use super::names::{self, Person};
use super::random::Random;
use super::{Tongue, grammars, isbn, popularity, text, works};
use crate::model::{Contributor, Edition, Form, PublicationDate, Series};

/// Editions of one language and shelf in a row.
const BLOCK: u32 = 6;

/// The year in which the demo's trade stands still, so that the same seed gives the same shop for ever.
const THIS_YEAR: u32 = 2026;
/// The last month of that year in which books have appeared.
const THIS_MONTH: u32 = 10;
/// Years back to the oldest made-up book.
const YEARS_BACK: usize = 46;

/// A title that the demo promises to have: readers look for "l’étranger".
const PROMISED_TITLE: &str = "L’Étranger de la rue des Abeilles";
const PROMISED_SUMMARY: &str = "Un soir de novembre, un homme sans bagages loue la chambre du troisième, rue des \
    Abeilles, et paie un an d’avance. Les voisins lui prêtent une vie, puis plusieurs\u{202f}; lui répare les horloges du \
    quartier sans jamais demander l’heure. Un roman tendre et malicieux sur ce que l’on invente de ceux qui passent.";

/// Every made-up edition of a demo of `titles`, numbered on after the real works.
pub(super) fn editions(titles: u32, seed: u64) -> impl Iterator<Item = Edition> {
    let first = works::count() + 1;
    let blocks = titles.saturating_sub(works::count()).div_ceil(BLOCK);
    (0..blocks)
        .flat_map(move |block| block_editions(block, seed))
        .zip(first..=titles)
        .scan(WorkId(0), move |work, (draft, number)| {
            Some(numbered(draft, number, titles, work))
        })
}

/// Language and shelf of the edition with that number, without making it; none for a real work.
pub(super) fn kind(number: u32, seed: u64) -> Option<(Tongue, &'static Shelf)> {
    let place = number.checked_sub(works::count() + 1)?;
    kind_of_block(&mut block_random(place / BLOCK, seed))
}

fn block_random(block: u32, seed: u64) -> Random {
    Random::for_part(seed, 2, block.into())
}

fn kind_of_block(random: &mut Random) -> Option<(Tongue, &'static Shelf)> {
    let tongue = random.weighted(&[
        (75, Tongue::French),
        (13, Tongue::English),
        (5, Tongue::Spanish),
        (4, Tongue::German),
        (3, Tongue::Italian),
    ])?;
    let total: u32 = SHELVES.iter().map(|shelf| shelf.weight).sum();
    let mut left = random.between(1, total);
    let shelf = SHELVES.iter().find(|shelf| {
        let here = left <= shelf.weight;
        left = left.saturating_sub(shelf.weight);
        here
    })?;
    Some((tongue, shelf))
}

/// An edition still without number, and whether it is of the same work as the one before it.
struct Draft {
    edition: Edition,
    same_work: bool,
}

fn numbered(draft: Draft, number: u32, titles: u32, work: &mut WorkId) -> Edition {
    let Draft {
        mut edition,
        same_work,
    } = draft;
    if !same_work {
        *work = WorkId(number.into());
    }
    edition.id = EditionId(number.into());
    edition.work = *work;
    edition.isbn = isbn::of_edition(number);
    edition.popularity = popularity::of(number, titles);
    edition.records = vec![format!("demo:{number}")];
    edition
}

fn block_editions(block: u32, seed: u64) -> Vec<Draft> {
    let mut random = block_random(block, seed);
    let Some((tongue, shelf)) = kind_of_block(&mut random) else {
        return Vec::new();
    };
    let grammar = grammars::of(tongue);
    let Some(section) = grammar.section(shelf.slug, shelf.tells) else {
        return Vec::new();
    };
    let mut workshop = Workshop {
        grammar,
        section,
        shelf,
        seed,
        random,
    };
    let mut drafts = VecDeque::new();
    if block == 0 {
        drafts.push_back(promised());
    }
    while drafts.len() < usize::try_from(BLOCK).unwrap_or(0) {
        workshop.make_work(&mut drafts);
    }
    drafts
        .into_iter()
        .take(usize::try_from(BLOCK).unwrap_or(0))
        .collect()
}

/// The promised title, as readers will meet it.
fn promised() -> Draft {
    let mut edition = Edition::titled(PROMISED_TITLE);
    edition.contributors = vec![Contributor {
        name: "Solène Vautrin".to_owned(),
        inverted: Some("Vautrin, Solène".to_owned()),
        role: ContributorRole::Author,
    }];
    edition.publisher = Some("Éditions du Merle huppé".to_owned());
    edition.language = Tongue::French.language();
    edition.published = Some(PublicationDate {
        year: 2026,
        month: Some(8),
        day: Some(20),
    });
    edition.form = Form::Paperback;
    edition.pages = Some(248);
    edition.subjects = house::subjects("literature");
    edition.texts = edition
        .language
        .map(|language| text(language, PROMISED_SUMMARY))
        .into_iter()
        .collect();
    edition.price = house::price("literature", Form::Paperback, 248, &mut Random::new(1));
    edition.availability = Availability::InStock;
    edition.generated = true;
    Draft {
        edition,
        same_work: false,
    }
}

/// Makes the works of one block.
struct Workshop {
    grammar: &'static Grammar,
    section: &'static Section,
    shelf: &'static Shelf,
    seed: u64,
    random: Random,
}

impl Workshop {
    fn make_work(&mut self, drafts: &mut VecDeque<Draft>) {
        let author = self.author();
        let cast = self.cast(&author);
        if self.random.chance(self.shelf.series) {
            self.make_series(&author, &cast, drafts);
            return;
        }
        let year = THIS_YEAR - u32::try_from(self.random.skewed(YEARS_BACK)).unwrap_or(0);
        let edition = self.first_edition(&author, &cast, year);
        let also_pocket =
            edition.form == Form::Paperback && year < THIS_YEAR && self.random.chance(16);
        let also_ebook = edition.form != Form::Ebook && year > 2009 && self.random.chance(12);
        let pocket = also_pocket.then(|| self.again(&edition, Form::Pocket, year + 1));
        let ebook = also_ebook.then(|| self.again(&edition, Form::Ebook, year));
        drafts.push_back(Draft {
            edition,
            same_work: false,
        });
        drafts.extend([pocket, ebook].into_iter().flatten().map(|edition| Draft {
            edition,
            same_work: true,
        }));
    }

    /// Two to six volumes, a year or so apart, of one publisher, one format and one price.
    fn make_series(&mut self, author: &Person, cast: &Cast, drafts: &mut VecDeque<Draft>) {
        let volumes = self.random.between(2, BLOCK);
        let first_year =
            THIS_YEAR - u32::try_from(self.random.skewed(20)).unwrap_or(0) - volumes / 2;
        let series_title = Voice::new(self.grammar, self.section, cast).title(&mut self.random);
        let numbered_titles = self.random.chance(35);
        let model = self.first_edition(author, cast, first_year);
        for volume in 1..=volumes {
            let year = (first_year + volume / 2).min(THIS_YEAR);
            let mut edition = self.first_edition(author, cast, year);
            edition.form = model.form;
            edition.price = model.price;
            edition.goods = model.goods;
            edition.publisher.clone_from(&model.publisher);
            edition.collection.clone_from(&model.collection);
            if numbered_titles {
                let name = std::mem::replace(
                    &mut edition.title,
                    numbered_title(self.grammar.tongue(), &series_title, volume),
                );
                edition.subtitle = Some(name).filter(|name| *name != series_title);
            }
            edition.series = Some(Series {
                title: series_title.clone(),
                volume: Some(volume.to_string()),
            });
            drafts.push_back(Draft {
                edition,
                same_work: false,
            });
        }
    }

    /// One of the authors who write for this shelf in this language; a few of them write a good deal.
    fn author(&mut self) -> Person {
        let pool = if self.grammar.tongue() == Tongue::French {
            1_100
        } else {
            160
        };
        let number = self.random.skewed(pool);
        let shelf = SHELVES
            .iter()
            .position(|shelf| shelf.slug == self.shelf.slug)
            .unwrap_or(0);
        let number = (shelf * 10_000 + number) as u64;
        let mut own = Random::for_part(self.seed, 3 + self.grammar.tongue() as u64, number);
        names::person(self.grammar.tongue(), &mut own)
    }

    fn cast(&mut self, author: &Person) -> Cast {
        let tongue = self.grammar.tongue();
        let hero = names::person(tongue, &mut self.random);
        let mut other = names::person(tongue, &mut self.random);
        while other.first == hero.first {
            other = names::person(tongue, &mut self.random);
        }
        // A book that explains speaks of its author; a story or a life is about somebody else.
        let own_voice = !self.shelf.tells && self.shelf.slug != "biography";
        let scholar = if own_voice {
            author.clone()
        } else {
            names::person(tongue, &mut self.random)
        };
        let world = names::world(&mut self.random);
        let mut cast = Cast {
            hero,
            other,
            scholar,
            town: String::new(),
            world,
        };
        cast.town = Voice::new(self.grammar, self.section, &cast).say("town", &mut self.random);
        cast
    }

    fn first_edition(&mut self, author: &Person, cast: &Cast, year: u32) -> Edition {
        let tongue = self.grammar.tongue();
        let mut voice = Voice::new(self.grammar, self.section, cast);
        let mut edition = Edition::titled(voice.title(&mut self.random));
        if self.random.chance(55) {
            edition.subtitle =
                Some(voice.say("st", &mut self.random)).filter(|subtitle| !subtitle.is_empty());
        }
        let summary = summary(&mut voice, &mut self.random);
        let form = house::first_form(self.shelf, &mut self.random);
        let pages = house::pages(self.shelf, &mut self.random);
        let (publisher, collection) = house::publisher(tongue, self.shelf, form, &mut self.random);
        edition.contributors = contributors(author);
        edition.publisher = Some(publisher);
        edition.collection = collection;
        edition.language = tongue.language();
        edition.form = form;
        edition.pages = Some(pages);
        edition.subjects = house::subjects(self.shelf.slug);
        edition.texts = tongue
            .language()
            .map(|language| text(language, &summary))
            .into_iter()
            .collect();
        edition.price = house::price(self.shelf.slug, form, pages, &mut self.random);
        edition.goods = if form == Form::Ebook {
            Goods::Ebook
        } else {
            Goods::NewBook
        };
        edition.generated = true;
        self.appear(&mut edition, year);
        edition
    }

    /// The same work in another form.
    fn again(&mut self, first: &Edition, form: Form, year: u32) -> Edition {
        let mut edition = first.clone();
        let pages = first.pages.unwrap_or(200);
        edition.form = form;
        edition.goods = if form == Form::Ebook {
            Goods::Ebook
        } else {
            Goods::NewBook
        };
        edition.price = house::price(self.shelf.slug, form, pages, &mut self.random);
        if form == Form::Pocket {
            let (publisher, collection) =
                house::publisher(self.grammar.tongue(), self.shelf, form, &mut self.random);
            edition.publisher = Some(publisher);
            edition.collection = collection;
            edition.pages = Some(pages + pages / 10);
        }
        self.appear(&mut edition, year);
        edition
    }

    /// Gives the date and what the supplier says: old books run out, a few are still to come.
    fn appear(&mut self, edition: &mut Edition, year: u32) {
        let forthcoming = year == THIS_YEAR && self.random.chance(6);
        let month = if forthcoming {
            self.random.between(1, 4)
        } else {
            self.random
                .between(1, if year == THIS_YEAR { THIS_MONTH } else { 12 })
        };
        let year = if forthcoming { year + 1 } else { year };
        edition.published = Some(PublicationDate {
            year: i16::try_from(year).unwrap_or(i16::MAX),
            month: u8::try_from(month).ok(),
            day: u8::try_from(self.random.between(1, 28)).ok(),
        });
        let age = THIS_YEAR.saturating_sub(year);
        edition.availability = match (forthcoming, edition.form) {
            (true, _) => Availability::Forthcoming,
            (_, Form::Ebook) => Availability::InStock,
            _ => self.supply(age),
        };
    }

    fn supply(&mut self, age: u32) -> Availability {
        let days = u8::try_from(self.random.between(3, 10)).unwrap_or(7);
        let gone = if age > 12 { 22 } else { 2 };
        self.random
            .weighted(&[
                (if age > 12 { 38 } else { 72 }, Availability::InStock),
                (20, Availability::ToOrder { days }),
                (4, Availability::PrintOnDemand),
                (4, Availability::TemporarilyOut),
                (gone, Availability::Unavailable),
                (1, Availability::Unknown),
            ])
            .unwrap_or(Availability::Unknown)
    }
}

fn contributors(author: &Person) -> Vec<Contributor> {
    vec![Contributor {
        name: author.display(),
        inverted: Some(author.inverted()),
        role: ContributorRole::Author,
    }]
}

/// Two to four sentences: how it begins, what becomes of it, what kind of book it is.
fn summary(voice: &mut Voice<'_>, random: &mut Random) -> String {
    let mut sentences = vec![voice.say("s1", random)];
    if random.chance(85) {
        sentences.push(voice.say("s2", random));
    }
    if random.chance(35) {
        let another = voice.say("s2", random);
        if !sentences.contains(&another) {
            sentences.push(another);
        }
    }
    sentences.push(voice.say("s3", random));
    sentences.join(" ")
}

fn numbered_title(tongue: Tongue, series: &str, volume: u32) -> String {
    match tongue {
        Tongue::French => format!("{series}, tome {volume}"),
        Tongue::English => format!("{series}, Volume {volume}"),
        Tongue::Spanish => format!("{series}, tomo {volume}"),
        Tongue::German => format!("{series}, Band {volume}"),
        Tongue::Italian => format!("{series}, volume {volume}"),
    }
}
