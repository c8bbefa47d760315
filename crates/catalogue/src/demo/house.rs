//! How the demo's books are made and sold: publishers that do not exist, bindings, sizes, prices, subject codes.

use std::sync::LazyLock;

use trade::money::Money;
use trade::price::PriceRegime;

use super::Tongue;
use super::random::Random;
use crate::model::{Form, Price, Subject, SubjectScheme};

/// A publisher's line: who, and the names of its collections.
pub(super) struct House {
    tongue: Tongue,
    group: &'static str,
    publisher: &'static str,
    collections: Vec<&'static str>,
}

static HOUSES: LazyLock<Vec<House>> = LazyLock::new(|| {
    let rows = include_str!("../../data/demo/houses.tsv").lines().skip(1);
    rows.filter_map(|row| {
        let mut columns = row.split('\t');
        let tongue = Tongue::of_code(columns.next()?)?;
        let (group, publisher) = (columns.next()?, columns.next()?);
        let collections = columns
            .next()?
            .split('|')
            .filter(|name| !name.is_empty())
            .collect();
        Some(House {
            tongue,
            group,
            publisher,
            collections,
        })
    })
    .collect()
});

/// Publisher and, for most books, collection.
pub(super) fn publisher(
    tongue: Tongue,
    subject: &Shelf,
    form: Form,
    random: &mut Random,
) -> (String, Option<String>) {
    let group = if form == Form::Pocket {
        "pocket"
    } else {
        subject.group
    };
    let of = |group: &str| -> Vec<&'static House> {
        HOUSES
            .iter()
            .filter(|house| house.tongue == tongue && house.group == group)
            .collect()
    };
    let mut houses = of(group);
    if houses.is_empty() {
        houses = of(if subject.tells { "novel" } else { "essay" });
    }
    let Some(house) = random.pick(&houses) else {
        return (String::new(), None);
    };
    let collection = random
        .pick(&house.collections)
        .filter(|_| random.chance(70));
    (
        house.publisher.to_owned(),
        collection.map(|name| (*name).to_owned()),
    )
}

/// A shop subject as the demo fills it.
pub(super) struct Shelf {
    /// Slug of the shop subject.
    pub(super) slug: &'static str,
    /// The Thema code its books carry.
    thema: &'static str,
    /// Words for it.
    heading: &'static str,
    /// Share among the demo's titles.
    pub(super) weight: u32,
    /// Which publishers make such books.
    pub(super) group: &'static str,
    /// Whether its books tell a story.
    pub(super) tells: bool,
    /// Of a hundred works, how many begin a series.
    pub(super) series: u32,
}

const fn shelf(
    slug: &'static str,
    thema: &'static str,
    heading: &'static str,
    weight: u32,
    kind: Kind,
) -> Shelf {
    let Kind(group, tells, series) = kind;
    Shelf {
        slug,
        thema,
        heading,
        weight,
        group,
        tells,
        series,
    }
}

struct Kind(&'static str, bool, u32);

/// Every shop subject.
pub(super) const SHELVES: &[Shelf] = &[
    shelf(
        "literature",
        "FBA",
        "Roman contemporain",
        150,
        Kind("novel", true, 3),
    ),
    shelf(
        "crime-thrillers",
        "FF",
        "Roman policier",
        85,
        Kind("crime", true, 18),
    ),
    shelf(
        "science-fiction-fantasy",
        "FM",
        "Fantasy et science-fiction",
        55,
        Kind("fantastic", true, 38),
    ),
    shelf(
        "historical-adventure",
        "FV",
        "Roman historique",
        45,
        Kind("novel", true, 18),
    ),
    shelf("romance", "FR", "Romance", 50, Kind("love", true, 14)),
    shelf(
        "poetry",
        "DCF",
        "Poésie contemporaine",
        25,
        Kind("verse", false, 0),
    ),
    shelf("theatre", "DD", "Théâtre", 18, Kind("stage", true, 0)),
    shelf(
        "essays",
        "DNL",
        "Essai littéraire",
        25,
        Kind("essay", false, 0),
    ),
    shelf(
        "biography",
        "DNB",
        "Biographie",
        35,
        Kind("essay", false, 0),
    ),
    shelf(
        "comics",
        "XA",
        "Bande dessinée",
        75,
        Kind("comics", true, 60),
    ),
    shelf(
        "children",
        "YFB",
        "Livre pour la jeunesse",
        80,
        Kind("young", true, 30),
    ),
    shelf("arts", "AB", "Arts", 25, Kind("art", false, 0)),
    shelf(
        "music-cinema",
        "AV",
        "Musique et cinéma",
        20,
        Kind("art", false, 0),
    ),
    shelf("history", "NH", "Histoire", 45, Kind("essay", false, 0)),
    shelf(
        "society-politics",
        "JB",
        "Société",
        35,
        Kind("essay", false, 0),
    ),
    shelf(
        "economics-law",
        "KC",
        "Économie et droit",
        25,
        Kind("essay", false, 0),
    ),
    shelf(
        "philosophy",
        "QD",
        "Philosophie",
        22,
        Kind("essay", false, 0),
    ),
    shelf("religion", "QR", "Religions", 18, Kind("essay", false, 0)),
    shelf(
        "psychology-wellbeing",
        "VSP",
        "Développement personnel",
        30,
        Kind("practical", false, 0),
    ),
    shelf("health", "VFD", "Santé", 18, Kind("practical", false, 0)),
    shelf("science", "PD", "Sciences", 25, Kind("essay", false, 0)),
    shelf("nature", "WN", "Nature", 22, Kind("practical", false, 0)),
    shelf(
        "technology",
        "UM",
        "Informatique",
        18,
        Kind("practical", false, 0),
    ),
    shelf(
        "food-drink",
        "WB",
        "Cuisine",
        30,
        Kind("practical", false, 0),
    ),
    shelf(
        "travel",
        "WTL",
        "Récit de voyage",
        25,
        Kind("essay", false, 0),
    ),
    shelf(
        "home-leisure",
        "WF",
        "Loisirs créatifs",
        25,
        Kind("practical", false, 0),
    ),
    shelf(
        "language-reference",
        "CB",
        "Langue",
        14,
        Kind("practical", false, 0),
    ),
];

/// The subject statement of a shelf's books.
pub(super) fn subjects(slug: &str) -> Vec<Subject> {
    SHELVES
        .iter()
        .filter(|shelf| shelf.slug == slug)
        .map(|shelf| Subject {
            scheme: SubjectScheme::Thema,
            code: Some(shelf.thema.to_owned()),
            heading: shelf.heading.to_owned(),
        })
        .collect()
}

/// The binding in which a book of that shelf first appears.
pub(super) fn first_form(shelf: &Shelf, random: &mut Random) -> Form {
    let weights: &[(u32, Form)] = match shelf.group {
        "comics" => &[(70, Form::Hardback), (30, Form::Paperback)],
        "young" => &[
            (45, Form::Hardback),
            (25, Form::Paperback),
            (30, Form::Pocket),
        ],
        "art" => &[(60, Form::Hardback), (40, Form::Paperback)],
        "love" | "fantastic" => &[(60, Form::Paperback), (28, Form::Pocket), (12, Form::Ebook)],
        "verse" | "stage" => &[(75, Form::Paperback), (25, Form::Pocket)],
        "practical" => &[
            (76, Form::Paperback),
            (18, Form::Hardback),
            (6, Form::Ebook),
        ],
        _ => &[
            (74, Form::Paperback),
            (14, Form::Pocket),
            (4, Form::Hardback),
            (8, Form::Ebook),
        ],
    };
    random.weighted(weights).unwrap_or(Form::Paperback)
}

/// A plausible number of pages.
pub(super) fn pages(shelf: &Shelf, random: &mut Random) -> u32 {
    let (low, high) = match shelf.group {
        "comics" => (48, 144),
        "young" => (32, 220),
        "verse" | "stage" => (64, 160),
        "practical" => (96, 288),
        "fantastic" => (280, 680),
        _ => (140, 460),
    };
    // Two throws: the middle is likelier than the ends. Sheets are folded in fours.
    (random.between(low, high) + random.between(low, high)) / 8 * 4
}

/// A price as the French trade sets them, by binding and size: fixed by the publisher (F1, F14).
pub(super) fn price(slug: &str, form: Form, pages: u32, random: &mut Random) -> Option<Price> {
    let steps: &[i64] = match (form, slug) {
        (Form::Pocket, _) => &[720, 750, 790, 810, 840, 870, 890, 920, 950, 990],
        (Form::Ebook, _) => &[599, 699, 749, 899, 999, 1099, 1199, 1299, 1399, 1499],
        (_, "comics") => &[1150, 1190, 1250, 1290, 1350, 1395, 1450, 1490, 1595, 1690],
        (_, "children") => &[590, 690, 850, 990, 1190, 1250, 1350, 1390, 1490, 1590],
        (Form::Hardback, "arts" | "music-cinema") => {
            &[2900, 3200, 3500, 3900, 4200, 4500, 4900, 5500]
        }
        (Form::Hardback, _) => &[1990, 2200, 2450, 2500, 2690, 2900, 2950, 3200],
        (_, "poetry" | "theatre") => &[1000, 1100, 1200, 1300, 1400, 1450, 1500, 1600, 1700, 1800],
        _ => &[
            1800, 1850, 1900, 1990, 2000, 2050, 2090, 2150, 2200, 2250, 2290, 2350, 2400,
        ],
    };
    // Thick books stand in the upper half of the list.
    let half = steps.len() / 2;
    let place = random.below(half + 1) + if pages > 260 { half } else { 0 };
    let cents = steps.get(place).or_else(|| steps.last())?;
    Some(Price {
        amount: Money::cents(*cents),
        regime: PriceRegime::FixedFr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{self, ShopSubject};

    #[test]
    fn every_shop_subject_is_filled_and_its_code_leads_back_to_it() {
        assert_eq!(SHELVES.len(), ShopSubject::all().len());
        for shelf in SHELVES {
            assert_eq!(
                subject::of(&subjects(shelf.slug)),
                ShopSubject::from_slug(shelf.slug),
                "{}",
                shelf.slug
            );
        }
    }
}
