//! The small queries that bigger ones are made of.

use tantivy::Term;
use tantivy::query::{BoostQuery, ConstScoreQuery, FuzzyTermQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use trade::ids::EditionId;

use crate::aisle::Aisle;
use crate::facet::filter_term;
use crate::query::{Filters, Query as Narrowed};
use crate::schema::Fields;

/// The terms an edition must have to stand in the aisle and pass the filters.
pub fn filter_terms(field: Field, narrowed: &Narrowed) -> Vec<Term> {
    let Filters {
        subject,
        language,
        form,
        availability,
        price,
        decade,
    } = &narrowed.filters;
    let named = [
        ("subject", subject),
        ("language", language),
        ("form", form),
        ("availability", availability),
        ("price", price),
        ("decade", decade),
    ];
    named
        .into_iter()
        .filter_map(|(name, value)| Some(filter_term(name, value.as_deref()?)))
        .chain(narrowed.aisle.as_ref().map(Aisle::term))
        .map(|term| Term::from_field_text(field, &term))
        .collect()
}

/// Editions with the term, whatever it weighs.
pub fn term_query(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// Editions with the text in the field, whatever it weighs.
pub fn term(field: Field, text: &str) -> Box<dyn Query> {
    term_query(Term::from_field_text(field, text))
}

/// That edition.
pub fn of_edition(fields: &Fields, edition: EditionId) -> Box<dyn Query> {
    term_query(Term::from_field_i64(fields.edition, edition.get()))
}

/// Editions with the text in the field, by BM25 times `weight`.
pub fn weighted(field: Field, text: &str, weight: f32) -> Box<dyn Query> {
    let query = TermQuery::new(
        Term::from_field_text(field, text),
        IndexRecordOption::WithFreqs,
    );
    Box::new(BoostQuery::new(Box::new(query), weight))
}

/// Editions with a term that begins so in the field.
pub fn beginning(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(FuzzyTermQuery::new_prefix(
        Term::from_field_text(field, text),
        0,
        true,
    ))
}

/// What the query finds, all of it with one score.
pub fn constant(query: Box<dyn Query>, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score))
}
