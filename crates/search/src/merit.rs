//! Weighing hits, and nothing but hits.
//!
//! What an optional clause of Tantivy's boolean query costs is what its words' editions cost, all of them: it reads
//! them through to add them up. Titles share their words with thousands of others, and a query has a few hits among
//! them; here each hit is looked up in what may weigh for it, and the rest is leapt over.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// What a query finds, and what weighs for the editions that it finds.
#[derive(Debug)]
pub struct Weighed {
    /// Decides what is a hit; its own score counts.
    pub hits: Box<dyn Query>,
    /// What each adds to a hit's score.
    pub merits: Vec<Merit>,
}

/// One reason to put a hit forward, in several ways that do not add up.
#[derive(Debug)]
pub struct Merit {
    /// The way that weighs most counts.
    pub ways: Vec<Box<dyn Query>>,
    /// Of what the other ways weigh, what counts all the same: 0 to 1.
    pub others: Score,
}

impl Merit {
    /// A merit there is one way to have.
    pub fn one(way: Box<dyn Query>) -> Merit {
        Merit {
            ways: vec![way],
            others: 0.0,
        }
    }
}

impl Clone for Weighed {
    fn clone(&self) -> Self {
        Weighed {
            hits: self.hits.box_clone(),
            merits: self.merits.clone(),
        }
    }
}

impl Clone for Merit {
    fn clone(&self) -> Self {
        Merit {
            ways: self.ways.iter().map(|way| way.box_clone()).collect(),
            others: self.others,
        }
    }
}

impl Query for Weighed {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let hits = self.hits.weight(scoring)?;
        if !scoring.is_scoring_enabled() {
            return Ok(hits);
        }
        let mut merits = Vec::with_capacity(self.merits.len());
        for merit in &self.merits {
            let ways = merit.ways.iter().map(|way| way.weight(scoring));
            merits.push((ways.collect::<tantivy::Result<Vec<_>>>()?, merit.others));
        }
        Ok(Box::new(WeighedWeight { hits, merits }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.hits.query_terms(visitor);
        let ways = self.merits.iter().flat_map(|merit| &merit.ways);
        ways.for_each(|way| way.query_terms(visitor));
    }
}

struct WeighedWeight {
    hits: Box<dyn Weight>,
    merits: Vec<(Vec<Box<dyn Weight>>, Score)>,
}

impl Weight for WeighedWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let hits = self.hits.scorer(segment, boost)?;
        if hits.doc() == TERMINATED {
            return Ok(hits);
        }
        let mut merits = Vec::with_capacity(self.merits.len());
        for (weights, others) in &self.merits {
            let mut ways = Vec::with_capacity(weights.len());
            for weight in weights {
                let scorer = weight.scorer(segment, boost)?;
                if scorer.doc() != TERMINATED {
                    ways.push(Way {
                        next: scorer.doc(),
                        scorer,
                    });
                }
            }
            if !ways.is_empty() {
                merits.push(MeritScorer {
                    ways,
                    others: *others,
                });
            }
        }
        Ok(Box::new(WeighedScorer { hits, merits }))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            return Err(tantivy::TantivyError::InvalidArgument(format!(
                "edition {doc} of the segment is no hit"
            )));
        }
        Ok(Explanation::new("what a hit weighs", scorer.score()))
    }

    fn count(&self, segment: &SegmentReader) -> tantivy::Result<u32> {
        self.hits.count(segment)
    }
}

struct WeighedScorer {
    hits: Box<dyn Scorer>,
    merits: Vec<MeritScorer>,
}

struct MeritScorer {
    ways: Vec<Way>,
    others: Score,
}

struct Way {
    scorer: Box<dyn Scorer>,
    /// Where the scorer stands. Most ways are for few editions: for the others, comparing is all there is to do.
    next: DocId,
}

impl MeritScorer {
    /// What it adds for `doc`, which grows from call to call.
    fn of(&mut self, doc: DocId) -> Score {
        let (mut best, mut sum): (Score, Score) = (0.0, 0.0);
        for way in &mut self.ways {
            if way.next < doc {
                way.next = way.scorer.seek(doc);
            }
            if way.next == doc {
                let score = way.scorer.score();
                best = best.max(score);
                sum += score;
            }
        }
        best + (sum - best) * self.others
    }
}

impl DocSet for WeighedScorer {
    fn advance(&mut self) -> DocId {
        self.hits.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.hits.seek(target)
    }

    fn doc(&self) -> DocId {
        self.hits.doc()
    }

    fn size_hint(&self) -> u32 {
        self.hits.size_hint()
    }

    fn cost(&self) -> u64 {
        self.hits.cost()
    }
}

impl Scorer for WeighedScorer {
    fn score(&mut self) -> Score {
        let doc = self.hits.doc();
        let merits = self.merits.iter_mut().map(|merit| merit.of(doc));
        self.hits.score() + merits.sum::<Score>()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tantivy::collector::TopDocs;
    use tantivy::query::{BooleanQuery, DisjunctionMaxQuery, Occur};
    use tantivy::schema::{Field, Schema, TEXT};
    use tantivy::{Index, Searcher, TantivyDocument};

    use super::*;
    use crate::plan::terms::{constant, term, weighted};

    fn index() -> (Index, Field) {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("text", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for edition in 0..700_u32 {
            let mut document = TantivyDocument::default();
            let words = (1..8).filter(|word| edition % word == 0);
            let text: Vec<String> = words.map(|word| format!("w{word}")).collect();
            document.add_text(field, text.join(" "));
            writer.add_document(document).unwrap();
            if edition == 400 {
                writer.commit().unwrap();
            }
        }
        writer.commit().unwrap();
        (index, field)
    }

    fn scores(searcher: &Searcher, query: &dyn Query) -> Vec<(u32, u32, i64)> {
        let best = TopDocs::with_limit(1_000).order_by_score();
        let found = searcher.search(query, &best).unwrap();
        let rounded = |score: Score| (f64::from(score) * 1e3).round() as i64;
        let mut scores: Vec<_> = found
            .into_iter()
            .map(|(score, at)| (at.segment_ord, at.doc_id, rounded(score)))
            .collect();
        scores.sort_unstable();
        scores
    }

    #[test]
    fn hits_weigh_what_optional_clauses_would_make_them_weigh() {
        let (index, field) = index();
        let searcher = index.reader().unwrap().searcher();
        let hits = || constant(term(field, "w3"), 0.0);
        let ways = || {
            vec![
                weighted(field, "w2", 2.0),
                weighted(field, "w5", 0.5),
                weighted(field, "missing", 9.0),
            ]
        };
        let ours = Weighed {
            hits: hits(),
            merits: vec![
                Merit::one(constant(term(field, "w7"), 60.0)),
                Merit {
                    ways: ways(),
                    others: 0.1,
                },
            ],
        };
        let theirs = BooleanQuery::new(vec![
            (Occur::Must, hits()),
            (Occur::Should, constant(term(field, "w7"), 60.0)),
            (
                Occur::Should,
                Box::new(DisjunctionMaxQuery::with_tie_breaker(ways(), 0.1)),
            ),
        ]);
        let weighed = scores(&searcher, &ours);
        assert_eq!(weighed.len(), 234);
        assert_eq!(weighed, scores(&searcher, &theirs));
    }
}
