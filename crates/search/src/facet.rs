//! The properties readers narrow a search by, and the numbers they are kept as.
//!
//! A value is a small number, 0 for "not known", and a `name:value` term to filter by. The numbers of all facets of an
//! edition are kept as one, its *face*: counting reads it in one go.

use catalogue::model::{Edition, Form};
use catalogue::subject::ShopSubject;
use trade::availability::Availability;
use trade::language::Language;

/// How one property becomes a number and back.
#[derive(Clone, Copy)]
pub struct FacetKind {
    /// Its name in addresses and in [`Filters`](crate::Filters).
    pub name: &'static str,
    /// How many bits its numbers take in a face.
    bits: u32,
    /// The edition's number; 0 when not known.
    pub number: fn(&Edition) -> u64,
    /// The value a reader filters by.
    pub value: fn(u64) -> Option<String>,
}

/// All facets, in the order they are shown.
pub const FACETS: [FacetKind; 6] = [
    FacetKind {
        name: "subject",
        bits: 6,
        number: subject_number,
        value: subject_value,
    },
    FacetKind {
        name: "language",
        bits: 15,
        number: language_number,
        value: language_value,
    },
    FacetKind {
        name: "form",
        bits: 5,
        number: form_number,
        value: form_value,
    },
    FacetKind {
        name: "availability",
        bits: 3,
        number: availability_number,
        value: availability_value,
    },
    FacetKind {
        name: "price",
        bits: 3,
        number: price_number,
        value: price_value,
    },
    FacetKind {
        name: "decade",
        bits: 12,
        number: decade_number,
        value: decade_value,
    },
];

/// The numbers of all facets of an edition as one.
pub fn face(edition: &Edition) -> u64 {
    FACETS.iter().rev().fold(0, |face, facet| {
        let number = (facet.number)(edition);
        let fits = number < 1 << facet.bits;
        (face << facet.bits) | if fits { number } else { 0 }
    })
}

/// The numbers of a face, in the order of [`FACETS`].
pub fn numbers_of(face: u64) -> impl Iterator<Item = usize> {
    FACETS.iter().scan(face, |rest, facet| {
        let number = *rest & ((1 << facet.bits) - 1);
        *rest >>= facet.bits;
        Some(number as usize)
    })
}

/// Upper ends of the price bands in cents, with the names of the bands; the last has no end.
const PRICE_BANDS: [(i64, &str); 5] = [
    (1_000, "0-10"),
    (2_000, "10-20"),
    (3_000, "20-30"),
    (5_000, "30-50"),
    (i64::MAX, "50-"),
];

const AVAILABILITIES: [Availability; 6] = [
    Availability::InStock,
    Availability::ToOrder { days: 0 },
    Availability::PrintOnDemand,
    Availability::Forthcoming,
    Availability::TemporarilyOut,
    Availability::Unavailable,
];

/// Makes decades before our era positive.
const DECADE_OFFSET: i16 = 400;

/// The term that filters for a value.
pub fn filter_term(name: &str, value: &str) -> String {
    format!("{name}:{value}")
}

fn place<T>(all: impl IntoIterator<Item = T>, is_it: impl Fn(&T) -> bool) -> u64 {
    all.into_iter()
        .position(|one| is_it(&one))
        .map_or(0, |place| place as u64 + 1)
}

fn at(number: u64) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

fn subject_number(edition: &Edition) -> u64 {
    edition.subject().map_or(0, |subject| {
        place(ShopSubject::all(), |one| *one == subject)
    })
}

fn subject_value(number: u64) -> Option<String> {
    ShopSubject::all()
        .nth(at(number)?)
        .map(|subject| subject.slug().to_owned())
}

fn language_number(edition: &Edition) -> u64 {
    let Some(language) = &edition.language else {
        return 0;
    };
    language.code().bytes().fold(0, |number, letter| {
        number * 27 + u64::from(letter.wrapping_sub(b'a') % 26) + 1
    })
}

fn language_value(number: u64) -> Option<String> {
    if number >= 27 * 27 * 27 {
        return None;
    }
    let letter = |number: u64| {
        let place = u8::try_from(number % 27).ok()?.checked_sub(1)?;
        Some(char::from(b'a' + place))
    };
    let code: String = [letter(number / 729)?, letter(number / 27)?, letter(number)?]
        .into_iter()
        .collect();
    Language::parse(&code).is_ok().then_some(code)
}

fn form_number(edition: &Edition) -> u64 {
    if edition.form == Form::Other {
        0
    } else {
        place(Form::ALL, |form| *form == edition.form)
    }
}

fn form_value(number: u64) -> Option<String> {
    Form::ALL
        .get(at(number)?)
        .map(|form| form.code().to_owned())
}

fn availability_number(edition: &Edition) -> u64 {
    place(AVAILABILITIES, |one| {
        one.code() == edition.availability.code()
    })
}

fn availability_value(number: u64) -> Option<String> {
    AVAILABILITIES
        .get(at(number)?)
        .map(|availability| availability.code().to_owned())
}

fn price_number(edition: &Edition) -> u64 {
    edition.price.map_or(0, |price| {
        place(PRICE_BANDS, |(end, _)| price.amount.as_cents() < *end)
    })
}

fn price_value(number: u64) -> Option<String> {
    PRICE_BANDS
        .get(at(number)?)
        .map(|(_, name)| (*name).to_owned())
}

fn decade_number(edition: &Edition) -> u64 {
    let Some(published) = edition.published else {
        return 0;
    };
    u64::try_from(published.year.div_euclid(10).saturating_add(DECADE_OFFSET)).unwrap_or(0)
}

fn decade_value(number: u64) -> Option<String> {
    if number == 0 {
        return None;
    }
    let decade = i16::try_from(number).ok()?.checked_sub(DECADE_OFFSET)?;
    Some((i32::from(decade) * 10).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use catalogue::model::{Price, PublicationDate};
    use trade::money::Money;
    use trade::price::PriceRegime;

    #[test]
    fn every_number_finds_its_value_back() {
        let mut edition = Edition::titled("x");
        edition.language = Some(Language::FRENCH);
        edition.form = Form::Audiobook;
        edition.availability = Availability::ToOrder { days: 9 };
        edition.published = Some(PublicationDate::year(1997));
        edition.price = Some(Price {
            amount: Money::cents(1_000),
            regime: PriceRegime::FixedFr,
        });
        let values: Vec<Option<String>> = FACETS
            .iter()
            .map(|facet| (facet.value)((facet.number)(&edition)))
            .collect();
        let expected = [
            None,
            Some("fre"),
            Some("audiobook"),
            Some("to_order"),
            Some("10-20"),
            Some("1990"),
        ];
        assert_eq!(values, expected.map(|value| value.map(str::to_owned)));
    }

    #[test]
    fn a_face_gives_back_the_numbers_of_all_facets() {
        let mut edition = Edition::titled("x");
        edition.language = Some(Language::parse("zza").unwrap_or(Language::FRENCH));
        edition.form = *Form::ALL.last().unwrap();
        edition.availability = Availability::Unavailable;
        edition.published = Some(PublicationDate::year(i16::MAX));
        let numbers: Vec<u64> = FACETS
            .iter()
            .map(|facet| (facet.number)(&edition))
            .collect();
        let kept: Vec<u64> = numbers_of(face(&edition)).map(|n| n as u64).collect();
        assert_eq!(kept, numbers);
        let values = |facet: usize| 1 << FACETS[facet].bits;
        assert!(ShopSubject::all().count() < values(0) && Form::ALL.len() < values(2));
    }

    #[test]
    fn unknown_is_zero_and_has_no_value() {
        let edition = Edition::titled("x");
        for facet in FACETS {
            assert_eq!((facet.number)(&edition), 0, "{}", facet.name);
            assert_eq!((facet.value)(0), None, "{}", facet.name);
            assert_eq!((facet.value)(u64::MAX), None, "{}", facet.name);
        }
    }

    #[test]
    fn decades_before_our_era_are_kept() {
        let mut edition = Edition::titled("x");
        edition.published = Some(PublicationDate::year(-45));
        assert_eq!(decade_value(decade_number(&edition)).unwrap(), "-50");
    }
}
