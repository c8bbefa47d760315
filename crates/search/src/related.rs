//! Books that belong beside a book: by the same people, in the same series, on the same subject.
//!
//! Whole names, never words: a book that merely names an author in its title is not by her. What stands nearest
//! is decided as in a search, by the edition's prior. What readers also bought is not known here.

use std::collections::HashSet;

use catalogue::model::{Contributor, Edition};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Query as TantivyQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Term, query::TermQuery};
use trade::contributor::ContributorRole;
use trade::ids::EditionId;

use crate::Index;
use crate::aisle::{Aisle, Name};
use crate::error::SearchError;
use crate::facet::filter_term;
use crate::limits::{RELATED, RELATED_LOOKED_AT, RELATED_NAMES, TOPICS};
use crate::query::Hit;
use crate::rank::{collapsed, with_prior};
use crate::signature;
use crate::snapshot::Snapshot;

/// What relates books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// One of the authors; of the other contributors when there is no author.
    Author,
    /// The series. More of its volumes are found than of the others.
    Series,
    /// The subjects, those that few books have first.
    Subject,
}

impl Index {
    /// Editions related to `edition`, one of each work, the most asked for first; never one of its own work. At most
    /// [`RELATED`], of a series [`RELATED_LOOKED_AT`].
    pub fn related(
        &self,
        edition: &Edition,
        relation: Relation,
    ) -> Result<Vec<EditionId>, SearchError> {
        let fields = &self.shared.fields;
        let (field, terms) = match relation {
            Relation::Author => (fields.filter, authors(edition)),
            Relation::Series => (fields.filter, series(edition)),
            Relation::Subject => match topics(edition) {
                none if none.is_empty() => (fields.filter, shelf(edition)),
                topics => (fields.signature, topics),
            },
        };
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = self.shared.now();
        let found = snapshot.related(terms, |terms| with_any(&snapshot, field, terms))?;
        let most = match relation {
            Relation::Series => RELATED_LOOKED_AT,
            Relation::Author | Relation::Subject => RELATED,
        };
        let hits = found.iter();
        Ok(hits
            .filter(|hit| hit.work != edition.work)
            .map(|hit| hit.edition)
            .take(most)
            .collect())
    }
}

/// The editions with one of the terms, one of each work, the best known first.
fn with_any(snapshot: &Snapshot, field: Field, terms: &[String]) -> Result<Vec<Hit>, SearchError> {
    let any: Vec<Box<dyn TantivyQuery>> = terms
        .iter()
        .map(|text| -> Box<dyn TantivyQuery> {
            let term = Term::from_field_text(field, text);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic))
        })
        .collect();
    let best = TopDocs::with_limit(RELATED_LOOKED_AT).tweak_score(with_prior(snapshot));
    let found = snapshot.searcher.search(&BooleanQuery::union(any), &best)?;
    let places: Vec<_> = found.into_iter().map(|(_, place)| place).collect();
    Ok(collapsed(snapshot, &places))
}

/// The aisles of a book's authors; of its other contributors when it has no author.
fn authors(edition: &Edition) -> Vec<String> {
    let is_author = |one: &&Contributor| one.role == ContributorRole::Author;
    let mut people: Vec<&Contributor> = edition.contributors.iter().filter(is_author).collect();
    if people.is_empty() {
        people = edition.contributors.iter().collect();
    }
    let names = people.into_iter().filter_map(|one| Name::of(&one.name));
    names
        .take(RELATED_NAMES)
        .map(|name| Aisle::Contributor(name).term())
        .collect()
}

fn series(edition: &Edition) -> Vec<String> {
    let name = edition.series.as_ref().and_then(|one| Name::of(&one.title));
    name.into_iter()
        .map(|name| Aisle::Series(name).term())
        .collect()
}

/// The signatures of the subjects a book has, without the shop's own shelf.
fn topics(edition: &Edition) -> Vec<String> {
    let different: HashSet<String> = edition
        .subjects
        .iter()
        .filter_map(signature::topic)
        .collect();
    let mut topics: Vec<String> = different.into_iter().collect();
    topics.sort_unstable();
    topics.truncate(TOPICS);
    topics
}

fn shelf(edition: &Edition) -> Vec<String> {
    let subject = edition
        .subject()
        .map(|subject| filter_term("subject", subject.slug()));
    subject.into_iter().collect()
}
