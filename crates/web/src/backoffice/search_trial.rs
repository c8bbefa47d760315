//! A search by the rules in force beside the same search with a rule that is not saved: what comes, goes and moves.

use std::sync::Arc;

use ::search::{Query, Rules};
use catalogue::model::Edition;
use maud::{Markup, html};
use shop::search_rules::{Kept, Rule};
use trade::locale::format_number;

use super::access::Visit;
use super::frame::counted;
use crate::AppState;
use crate::problem::Problem;
use crate::search_rules::{add, in_force};
use crate::storefront::parts::book_path;
use crate::storefront::search::looked_up;

/// Books compared: what stands on the first screens of a page of results.
const COMPARED: u32 = 12;

/// The two searches.
pub(super) struct Trial {
    query: String,
    before: Side,
    after: Side,
}

/// One of them.
struct Side {
    books: Vec<Arc<Edition>>,
    total: u64,
    took_us: u64,
}

/// Where a book of the new list stood before.
#[derive(Debug, PartialEq, Eq)]
enum Moved {
    Same,
    Up(usize),
    Down(usize),
    New,
}

/// Searches by the kept rules of today, and again with `draft` in the place of the kept one with the number `id`. The
/// draft is tried whatever its days.
pub(super) fn run(
    state: &AppState,
    kept: &[Kept],
    id: Option<i64>,
    draft: &Rule,
    query: &str,
) -> Result<Trial, Problem> {
    let today = state.clock.today();
    let query = match query.trim() {
        "" => own_query(draft),
        query => query,
    };
    let others: Vec<Kept> = kept
        .iter()
        .filter(|one| Some(one.id) != id)
        .cloned()
        .collect();
    let mut after = in_force(&others, 0, today);
    add(&mut after, draft);
    Ok(Trial {
        query: query.to_owned(),
        before: side(state, query, &in_force(kept, 0, today))?,
        after: side(state, query, &after)?,
    })
}

/// What a rule itself names as a query, for those who type none.
fn own_query(rule: &Rule) -> &str {
    match rule {
        Rule::Equivalent(phrases) => phrases.first().map_or("", String::as_str),
        Rule::OneWay(query, _) | Rule::Pin(query, _) => query,
        Rule::Boost(..) => "",
    }
}

fn side(state: &AppState, query: &str, rules: &Rules) -> Result<Side, Problem> {
    let query = Query {
        per_page: COMPARED,
        ..Query::text(query)
    };
    // The first search brings the words into memory; the second one is what readers wait for.
    state.index.search_by(&query, rules)?;
    let results = state.index.search_by(&query, rules)?;
    let books = looked_up(&results, &state.shelf.load()).into_iter();
    Ok(Side {
        books: books.map(|(edition, _)| edition).collect(),
        total: results.total,
        took_us: results.took_us,
    })
}

fn moved(before: &[Arc<Edition>], book: &Edition, place: usize) -> Moved {
    match before.iter().position(|one| one.work == book.work) {
        None => Moved::New,
        Some(was) if was > place => Moved::Up(was - place),
        Some(was) if was < place => Moved::Down(place - was),
        Some(_) => Moved::Same,
    }
}

/// Both lists, side by side where there is room.
pub(super) fn section(visit: &Visit, trial: &Trial) -> Markup {
    let words = visit.words();
    html! {
        section aria-labelledby="trial" {
            h2 #trial { (words.tell("office-trial", &[("query", trial.query.as_str().into())])) }
            p.muted { (words.say("office-trial-help")) }
            div.columns.even {
                (list(visit, words.say("office-trial-before"), &trial.before, None))
                (list(visit, words.say("office-trial-after"), &trial.after, Some(&trial.before.books)))
            }
        }
    }
}

fn list(visit: &Visit, title: &str, side: &Side, before: Option<&[Arc<Edition>]>) -> Markup {
    let words = visit.words();
    let (whole, tenths) = (side.took_us / 1_000, side.took_us % 1_000 / 100);
    let point = match visit.locale {
        trade::locale::Locale::Fr => ",",
        trade::locale::Locale::En => ".",
    };
    let took = format!(
        "{}{point}{tenths}",
        format_number(i64::try_from(whole).unwrap_or(i64::MAX), visit.locale)
    );
    html! {
        div {
            h3 { (title) }
            p.muted.small {
                (words.tell("office-trial-found", &counted(side.total, visit.locale))) " · "
                (words.tell("office-trial-took", &[("took", took.into())]))
            }
            ol.ranked { @for (place, book) in side.books.iter().enumerate() {
                li {
                    a href=(book_path(book)) { (book.title) }
                    @if let Some(before) = before { (moved_words(visit, &moved(before, book, place))) }
                    div.muted.small { (book.byline()) }
                }
            } }
        }
    }
}

fn moved_words(visit: &Visit, moved: &Moved) -> Markup {
    let words = visit.words();
    let told = match moved {
        Moved::Same => return html! {},
        Moved::New => words.say("office-moved-new").to_owned(),
        Moved::Up(by) => words.tell("office-moved-up", &counted(*by as u64, visit.locale)),
        Moved::Down(by) => words.tell("office-moved-down", &counted(*by as u64, visit.locale)),
    };
    html! { " " span.state { (told) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trade::ids::WorkId;

    fn book(work: i64) -> Arc<Edition> {
        let mut edition = Edition::titled("x");
        edition.work = WorkId(work);
        Arc::new(edition)
    }

    #[test]
    fn a_move_is_told_by_the_work() {
        let before = [book(1), book(2), book(3)];
        let after = [book(3), book(4), book(2), book(1)];
        let moves: Vec<Moved> = after
            .iter()
            .enumerate()
            .map(|(place, book)| moved(&before, book, place))
            .collect();
        assert_eq!(
            moves,
            [Moved::Up(2), Moved::New, Moved::Down(1), Moved::Down(3)]
        );
    }
}
