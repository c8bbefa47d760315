//! Answering a query: which way it is tried, which page of the hits is shown.

use std::time::Instant;

use tantivy::query::Query as TantivyQuery;
use tantivy::schema::Value;
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};
use trade::isbn::{Isbn13, looks_like_isbn};
use trade::limits::QUERY_CHARS;

use crate::Index;
use crate::aisle::Aisle;
use crate::document::number_key;
use crate::error::SearchError;
use crate::limits::{DEEPEST_HIT, FEW_HITS, PER_PAGE, TOO_FEW_HITS};
use crate::plan::{Plan, Reach};
use crate::query::{Hit, Query, Results};
use crate::rank::{Ranked, collapsed, rank};
use crate::rules::Rules;
use crate::snapshot::Snapshot;

/// A query as it was finally tried, with what it found.
struct Attempt {
    asked: Box<dyn TantivyQuery>,
    ranked: Ranked,
    corrected: Option<String>,
}

impl Index {
    /// Answers a query by the rules in force.
    pub fn search(&self, query: &Query) -> Result<Results, SearchError> {
        let begun = Instant::now();
        let snapshot = self.shared.now();
        if let Some(known) = snapshot.answer(query) {
            return Ok(Results {
                took_us: micros_since(begun),
                ..Results::clone(&known)
            });
        }
        let results = self.answer(&snapshot, query, &snapshot.rules)?;
        snapshot.keep_answer(query, &results);
        Ok(results)
    }

    /// Answers a query by other rules than those in force, to try them.
    pub fn search_by(&self, query: &Query, rules: &Rules) -> Result<Results, SearchError> {
        self.answer(&self.shared.now(), query, rules)
    }

    fn answer(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        rules: &Rules,
    ) -> Result<Results, SearchError> {
        let begun = Instant::now();
        let searcher = &snapshot.searcher;
        let page = Page::of(query);
        let typed: String = query.text.chars().take(QUERY_CHARS).collect();
        let Attempt {
            asked,
            mut ranked,
            corrected,
        } = if looks_like_isbn(&typed) {
            let asked = self.isbn_query(&typed, query);
            let ranked = rank(snapshot, &*asked, query.sort, page.first_guess())?;
            Attempt {
                asked,
                ranked,
                corrected: None,
            }
        } else {
            self.search_words(snapshot, &typed, query, rules, page)?
        };
        let mut hits = collapsed(snapshot, &ranked.best);
        // Editions of one work share a hit: look further down while the page is not full.
        let mut looked_at = page.first_guess();
        while hits.len() < page.end
            && (hits.len() as u64) < ranked.tally.works()
            && (looked_at as u64) < ranked.tally.editions
            && looked_at < DEEPEST_HIT as usize
        {
            looked_at *= 4;
            ranked = rank(snapshot, &*asked, query.sort, looked_at)?;
            hits = collapsed(snapshot, &ranked.best);
        }
        let mut hits: Vec<Hit> = hits.into_iter().take(page.end).skip(page.start).collect();
        for hit in &mut hits {
            let editions = searcher.doc_freq(&Term::from_field_i64(
                self.shared.fields.work,
                hit.work.get(),
            ))?;
            hit.editions_in_work = u32::try_from(editions).unwrap_or(u32::MAX).max(1);
        }
        Ok(Results {
            total: ranked.tally.works(),
            editions: ranked.tally.editions,
            hits,
            facets: ranked.tally.facets(),
            corrected,
            took_us: micros_since(begun),
        })
    }

    /// An ISBN in any of its forms goes straight to its book (rule S4) and is never respelt (rule S6).
    fn isbn_query(&self, typed: &str, narrowed: &Query) -> Box<dyn TantivyQuery> {
        let number =
            Isbn13::parse(typed).map_or_else(|_| number_key(typed), |isbn| isbn.to_string());
        Plan::isbn(self.shared.fields, &number, narrowed)
    }

    /// Tries the query as typed, and further only while too little is found.
    fn search_words(
        &self,
        snapshot: &Snapshot,
        typed: &str,
        query: &Query,
        rules: &Rules,
        page: Page,
    ) -> Result<Attempt, SearchError> {
        let searcher = &snapshot.searcher;
        let mut plan = Plan::new(self.shared.fields, typed, query, rules);
        // A bookseller who pins a book to a query has answered it: it is not respelt.
        let as_typed = plan.look(searcher, Reach::Typed)? + plan.pinned(rules);
        if as_typed < FEW_HITS && plan.words() > 0 {
            let found = plan.look(searcher, Reach::Wider)? + plan.pinned(rules);
            look_further(searcher, &mut plan, as_typed, found)?;
        }
        let asked = plan.query(searcher, rules)?;
        let ranked = rank(snapshot, &*asked, query.sort, page.first_guess())?;
        let corrected = match ranked.best.first() {
            Some(best) if as_typed == 0 => plan.corrected(&self.label(searcher, *best)?),
            _ => None,
        };
        Ok(Attempt {
            asked,
            ranked,
            corrected,
        })
    }

    /// How many editions stand in an aisle; a withdrawn one counts until its segment is merged.
    pub fn count(&self, aisle: &Aisle) -> Result<u64, SearchError> {
        let term = Term::from_field_text(self.shared.fields.filter, &aisle.term());
        Ok(self.shared.now().searcher.doc_freq(&term)?)
    }

    fn label(&self, searcher: &Searcher, place: DocAddress) -> Result<String, SearchError> {
        let stored: TantivyDocument = searcher.doc(place)?;
        Ok(stored
            .get_first(self.shared.fields.label)
            .and_then(|label| label.as_str())
            .unwrap_or_default()
            .to_owned())
    }
}

/// Respells and leaves words out while too little is found.
fn look_further(
    searcher: &Searcher,
    plan: &mut Plan,
    as_typed: usize,
    mut found: usize,
) -> Result<(), SearchError> {
    let too_few = if as_typed == 0 { TOO_FEW_HITS } else { 1 };
    if found < too_few && plan.respell(searcher)? {
        found = plan.look(searcher, Reach::Respelt)?;
    }
    let mut words = plan.words();
    while found == 0 && words > 1 && words > plan.words() / 2 {
        words -= 1;
        found = plan.look(searcher, Reach::Some(words))?;
    }
    Ok(())
}

fn micros_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// The places of the hits wanted, counted in works from the best.
#[derive(Clone, Copy)]
struct Page {
    start: usize,
    end: usize,
}

impl Page {
    fn of(query: &Query) -> Page {
        let per_page = query.per_page.clamp(1, PER_PAGE);
        let start = query
            .page
            .saturating_sub(1)
            .saturating_mul(per_page)
            .min(DEEPEST_HIT);
        Page {
            start: start as usize,
            end: (start + per_page) as usize,
        }
    }

    /// Editions looked at before it is known how many share a work.
    fn first_guess(self) -> usize {
        self.end * 4 + 16
    }
}
