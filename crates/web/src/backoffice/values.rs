//! The fields of an edition as booksellers read them: in tables of changes, and beside where they come from.

use catalogue::model::{Edition, SubjectScheme};
use catalogue::store::Field;
use trade::locale;

use super::access::Visit;
use super::frame::money;

/// What stands where nothing is said.
const NOTHING: &str = "–";

/// A field in one line.
pub(super) fn shown(visit: &Visit, field: Field, edition: &Edition) -> String {
    let words = visit.words();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let shown =
        match field {
            Field::Isbn => edition
                .isbn
                .map(|isbn| isbn.hyphenated())
                .unwrap_or_default(),
            Field::Title => edition.title.clone(),
            Field::Subtitle => text(&edition.subtitle),
            Field::OriginalTitle => text(&edition.original_title),
            Field::Contributors => listed(edition.contributors.iter().map(|one| {
                let role = words.one_of("role", one.role.code());
                format!("{} ({role})", one.name)
            })),
            Field::Publisher => text(&edition.publisher),
            Field::Collection => text(&edition.collection),
            Field::Series => edition
                .series
                .as_ref()
                .map_or(String::new(), |series| match &series.volume {
                    Some(volume) => format!("{}, {volume}", series.title),
                    None => series.title.clone(),
                }),
            Field::Language => edition
                .language
                .map(|language| language.name(visit.locale).to_string())
                .unwrap_or_default(),
            Field::Published => edition.published.map(date).unwrap_or_default(),
            Field::Form => words.one_of("form", edition.form.code()).to_owned(),
            Field::Pages => edition
                .pages
                .map(|pages| pages.to_string())
                .unwrap_or_default(),
            Field::Subjects => listed(edition.subjects.iter().map(|subject| {
                match (&subject.code, subject.scheme) {
                    (Some(code), SubjectScheme::Thema) => format!("Thema {code}"),
                    (Some(code), _) => code.clone(),
                    (None, _) => subject.heading.clone(),
                }
            })),
            Field::Texts => listed(edition.texts.iter().map(|text| text.body.clone())),
            Field::Cover => edition
                .cover
                .as_ref()
                .map_or_else(String::new, |cover| cover.link.clone()),
            Field::Price => price(visit, edition),
            Field::Availability => words
                .one_of("desk-availability", edition.availability.code())
                .to_owned(),
        };
    match shown.is_empty() {
        true => NOTHING.to_owned(),
        false => shown,
    }
}

/// Characters of a value in a table of fields.
const SHORT: usize = 200;

/// A field in one line that is not too long.
pub(super) fn short(visit: &Visit, field: Field, edition: &Edition) -> String {
    let shown = shown(visit, field, edition);
    match shown.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

fn price(visit: &Visit, edition: &Edition) -> String {
    let now = edition.price.map(|price| money(visit, price.amount));
    let later = edition.price_changes.iter().map(|change| {
        let price = change.price.map(|price| money(visit, price.amount));
        let from = locale::format_date(change.from, visit.locale);
        format!("{} ({from})", price.unwrap_or_else(|| NOTHING.to_owned()))
    });
    listed(now.into_iter().chain(later))
}

/// A date as the trade writes it in its messages, as precise as it is known.
pub(super) fn date(date: catalogue::model::PublicationDate) -> String {
    match (date.month, date.day) {
        (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", date.year),
        (Some(month), None) => format!("{:04}-{month:02}", date.year),
        (None, _) => date.year.to_string(),
    }
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ; ")
}
