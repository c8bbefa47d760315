//! Readers' reviews that nobody wrote, marked as generated.

use jiff::civil::{Date, date};
use trade::ids::EditionId;
use trade::language::Language;

use super::grammars::Reader;
use super::random::Random;
use super::{Tongue, generate, names, popularity, works};
use crate::model::Review;

/// The day of the latest review.
const LAST_DAY: Date = date(2026, 11, 15);
/// Days over which the reviews are spread.
const DAYS: u32 = 1_000;

/// The reviews of a demo, popular books having more of them; ids count from 1.
pub(super) fn reviews(count: u32, titles: u32, seed: u64) -> impl Iterator<Item = Review> {
    let count = if titles == 0 { 0 } else { count };
    (1..=count).map(move |number| review(number, titles, seed))
}

fn review(number: u32, titles: u32, seed: u64) -> Review {
    let mut random = Random::for_part(seed, 20, number.into());
    let edition = reviewed(titles, &mut random);
    let rating = random
        .weighted(&[(4, 1), (7, 2), (19, 3), (38, 4), (32, 5)])
        .unwrap_or(4);
    let tongue = language(edition, seed, &mut random);
    let liking = match rating {
        1 | 2 => "low",
        3 => "middle",
        _ => "high",
    };
    let code = if tongue == Tongue::English {
        "en"
    } else {
        "fr"
    };
    let reader = Reader::of(&format!("{code}-{liking}"));
    let initial = char::from(b'A' + u8::try_from(random.below(26)).unwrap_or(0));
    Review {
        id: number.into(),
        edition: EditionId(edition.into()),
        rating,
        title: reader.say("t", &mut random),
        body: body(&reader, &mut random),
        author: format!("{} {initial}.", names::first_name(tongue, &mut random)),
        language: if tongue == Tongue::English {
            Language::ENGLISH
        } else {
            Language::FRENCH
        },
        written: day(&mut random),
        generated: true,
    }
}

/// The edition: a third of the reviews are of the real works, the others fall off with the rank.
fn reviewed(titles: u32, random: &mut Random) -> u32 {
    let real = works::count().min(titles);
    if real == titles || random.chance(33) {
        return random.between(1, real.max(1));
    }
    let place = random.skewed(usize::try_from(titles).unwrap_or(usize::MAX));
    popularity::asked_for(u32::try_from(place).unwrap_or(0), titles)
}

/// Readers write in their own language, and some English readers in a French shop read French books.
fn language(edition: u32, seed: u64, random: &mut Random) -> Tongue {
    let english_book =
        generate::kind(edition, seed).is_some_and(|(tongue, _)| tongue == Tongue::English);
    let percent = if english_book { 70 } else { 9 };
    if random.chance(percent) {
        Tongue::English
    } else {
        Tongue::French
    }
}

fn body(reader: &Reader, random: &mut Random) -> String {
    let mut sentences = vec![reader.say("s1", random)];
    if random.chance(75) {
        sentences.push(reader.say("s2", random));
    }
    if random.chance(30) {
        let another = reader.say("s2", random);
        if !sentences.contains(&another) {
            sentences.push(another);
        }
    }
    if random.chance(60) {
        sentences.push(reader.say("s3", random));
    }
    sentences.join(" ")
}

/// More of them lately.
fn day(random: &mut Random) -> Date {
    let back = random.skewed(usize::try_from(DAYS).unwrap_or(1));
    let back = jiff::Span::new().try_days(i64::try_from(back).unwrap_or(0));
    back.ok()
        .and_then(|span| LAST_DAY.checked_sub(span).ok())
        .unwrap_or(LAST_DAY)
}
