//! What stands beside a book on its page: its series, what its readers also bought, its authors' other books, its
//! subject. It depends on the book alone, never on who looks at it.
//!
//! Gathered from the index, the shelf and the board in memory, when the page is made; nothing here asks the
//! database. Cards do not say how soon a book can be had: a kept page could not keep up with that.

use std::collections::HashSet;
use std::sync::Arc;

use catalogue::model::{Edition, EditionId, WorkId};
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use search::{Aisle, Index, Name, Relation};
use shop::recommend::{AlsoBought, LEAST_BUYERS, Origin};

use super::aisle::aisle_path;
use super::home::subject_path;
use super::parts::{Plate, book_path, cover, foreign, price_line};
use super::reader::Reader;

/// Books on one shelf.
const BOOKS: usize = 12;
/// Volumes of a series that stand before the book itself when there are more than fit.
const VOLUMES_BEFORE: usize = 3;

type Editions = Vec<Arc<Edition>>;

/// The books, by why they are shown.
#[derive(Default)]
pub struct Related {
    /// Other volumes, in their order.
    series: Editions,
    /// What readers also bought, nearest first.
    also_bought: Editions,
    /// Whether that was made up for the demonstration.
    generated: bool,
    /// By the same authors.
    same_author: Editions,
    /// On the same subject; only where readers' purchases say nothing yet.
    same_subject: Editions,
}

impl Related {
    /// Gathers what belongs beside `edition`; no work twice.
    pub fn gather(
        shelf: &Shelf,
        index: &Index,
        table: Option<&AlsoBought>,
        edition: &Edition,
    ) -> Related {
        let mut shown = HashSet::from([edition.work]);
        let series = volumes(edition, look_up(shelf, index, edition, Relation::Series));
        shown.extend(series.iter().map(|volume| volume.work));
        let near = table
            .map(|table| table.near(edition.work))
            .unwrap_or_default();
        let also_bought = choose(
            near.iter().filter_map(|work| to_be_had(shelf, *work)),
            &mut shown,
        );
        let same_author = choose(look_up(shelf, index, edition, Relation::Author), &mut shown);
        let same_subject = if also_bought.is_empty() {
            choose(
                look_up(shelf, index, edition, Relation::Subject),
                &mut shown,
            )
        } else {
            Vec::new()
        };
        Related {
            generated: table.is_some_and(|table| table.origin == Origin::Generated),
            series,
            also_bought,
            same_author,
            same_subject,
        }
    }
}

/// Found editions, read as they are taken. An index that fails leaves the shelf away: the book itself can still be sold.
fn look_up<'s>(
    shelf: &'s Shelf,
    index: &Index,
    edition: &Edition,
    relation: Relation,
) -> impl Iterator<Item = Arc<Edition>> + use<'s> {
    let found: Vec<EditionId> = index.related(edition, relation).unwrap_or_else(|fault| {
        tracing::warn!(%fault, ?relation, "no related books: the index cannot be read");
        Vec::new()
    });
    found.into_iter().filter_map(|id| shelf.edition(id))
}

/// The edition of a work that readers ask for most and that can be had.
fn to_be_had(shelf: &Shelf, work: WorkId) -> Option<Arc<Edition>> {
    let editions = shelf.editions_of(work).into_iter();
    editions
        .filter(|edition| edition.buyable())
        .max_by_key(|edition| edition.popularity)
}

/// The first books that can be had and are not shown yet.
fn choose(found: impl Iterator<Item = Arc<Edition>>, shown: &mut HashSet<WorkId>) -> Editions {
    found
        .filter(|edition| edition.buyable() && shown.insert(edition.work))
        .take(BOOKS)
        .collect()
}

/// The other volumes in their order, around the book itself when there are more than fit (T3, O20). A volume that
/// cannot be had stands in its place all the same: a series with holes would mislead.
fn volumes(edition: &Edition, found: impl IntoIterator<Item = Arc<Edition>>) -> Editions {
    let mut volumes: Vec<((u32, String), Arc<Edition>)> = found
        .into_iter()
        .map(|volume| (place(&volume), volume))
        .collect();
    volumes.sort_by(|one, other| one.0.cmp(&other.0));
    let own = place(edition);
    let at = volumes.partition_point(|(place, _)| *place < own);
    let from = at
        .saturating_sub(VOLUMES_BEFORE)
        .min(volumes.len().saturating_sub(BOOKS));
    volumes
        .into_iter()
        .skip(from)
        .take(BOOKS)
        .map(|(_, volume)| volume)
        .collect()
}

/// Where a volume stands: by its number, unnumbered ones at the end by title.
fn place(edition: &Edition) -> (u32, String) {
    let volume = edition
        .series
        .as_ref()
        .and_then(|series| series.volume.as_deref());
    let number = volume.and_then(|volume| search::analysis::number(&volume.trim().to_lowercase()));
    (
        number.unwrap_or(u32::MAX),
        volume.unwrap_or(&edition.title).to_owned(),
    )
}

/// The shelves; nothing where there is nothing.
pub fn shelves(reader: &Reader<'_>, edition: &Edition, related: &Related) -> Markup {
    let series = edition
        .series
        .as_ref()
        .map(|series| series.title.as_str())
        .unwrap_or_default();
    let author = edition.authors().next().or(edition.contributors.first());
    let aisle =
        |kind: fn(Name) -> Aisle, name: &str| Name::of(name).map(|name| aisle_path(&kind(name)));
    let reason = if related.generated {
        reader.say("also-bought-generated").to_owned()
    } else {
        reader.count("also-bought-reason", u64::from(LEAST_BUYERS))
    };
    html! {
        (shelf(reader, &Beside { id: "series", heading: reader.say("same-series"), reason: Some(series), all: aisle(Aisle::Series, series) }, &related.series))
        (shelf(reader, &Beside { id: "also-bought", heading: reader.say("also-bought"), reason: Some(&reason), all: None }, &related.also_bought))
        (shelf(reader, &Beside { id: "same-author", heading: reader.say("same-author"), reason: author.map(|author| author.name.as_str()), all: author.and_then(|author| aisle(Aisle::Contributor, &author.name)) }, &related.same_author))
        @if let Some(subject) = edition.subject() {
            (shelf(reader, &Beside { id: "same-subject", heading: reader.say("same-subject"), reason: Some(subject.heading(reader.locale)), all: Some(subject_path(subject)) }, &related.same_subject))
        }
    }
}

/// A shelf's heading, why its books are shown, and the way to all of them.
struct Beside<'a> {
    id: &'static str,
    heading: &'static str,
    reason: Option<&'a str>,
    all: Option<String>,
}

fn shelf(reader: &Reader<'_>, beside: &Beside<'_>, books: &Editions) -> Markup {
    html! {
        @if !books.is_empty() {
            section.shelf aria-labelledby=(beside.id) {
                header {
                    h2 #(beside.id) { (beside.heading) }
                    @if let Some(all) = &beside.all {
                        a href=(reader.path(all)) aria-label={ (reader.say("shelf-all")) (reader.colon()) " " (beside.heading) } { (reader.say("shelf-all")) }
                    }
                }
                @if let Some(reason) = beside.reason { p.small.muted { (reason) } }
                ul.row { @for book in books { li { (card(reader, book, beside.id == "series")) } } }
            }
        }
    }
}

/// As [`super::parts::card`], without what changes with the stock; in a series with the volume.
fn card(reader: &Reader<'_>, edition: &Edition, in_series: bool) -> Markup {
    let volume = edition
        .series
        .as_ref()
        .and_then(|series| series.volume.as_deref())
        .filter(|_| in_series);
    html! {
        article.card {
            (cover(reader, edition, Plate::Lazy))
            h3.title { a href=(reader.path(&book_path(edition))) lang=[foreign(edition, reader.locale)] { (edition.title) } }
            @match volume {
                Some(volume) => p.by { (reader.tell("volume", &[("volume", volume.into())])) },
                None => p.by { (edition.byline()) },
            }
            (price_line(reader, edition))
        }
    }
}

#[cfg(test)]
mod tests {
    use catalogue::model::Series;

    use super::*;

    fn volume(number: Option<&str>, title: &str) -> Arc<Edition> {
        let mut edition = Edition::titled(title);
        edition.series = Some(Series {
            title: "Journal".into(),
            volume: number.map(str::to_owned),
        });
        Arc::new(edition)
    }

    fn titles(editions: &Editions) -> Vec<&str> {
        editions
            .iter()
            .map(|edition| edition.title.as_str())
            .collect()
    }

    #[test]
    fn t3_volumes_stand_in_their_order_however_they_are_written() {
        let found = vec![
            volume(None, "hors-série"),
            volume(Some("10"), "dix"),
            volume(Some("III"), "trois"),
            volume(Some("2"), "deux"),
        ];
        assert_eq!(
            titles(&volumes(&volume(Some("1"), "un"), found)),
            ["deux", "trois", "dix", "hors-série"]
        );
    }

    #[test]
    fn of_a_long_series_the_next_volumes_are_shown() {
        let all: Editions = (1..=40)
            .filter(|number| *number != 20)
            .map(|number| volume(Some(&number.to_string()), &number.to_string()))
            .collect();
        let around = volumes(&volume(Some("20"), "20"), all.clone());
        assert_eq!(
            (
                around.len(),
                titles(&around).first().copied(),
                titles(&around).get(3).copied()
            ),
            (BOOKS, Some("17"), Some("21"))
        );
        let last = volumes(&volume(Some("41"), "41"), all);
        assert_eq!(titles(&last).last().copied(), Some("40"));
        assert_eq!(last.len(), BOOKS);
    }
}
