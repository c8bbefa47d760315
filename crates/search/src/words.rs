//! Which editions have the words of a query.
//!
//! Every hit is counted, so all of them are found before any is weighed, word by word from the rarest on: what has
//! a rare word is looked up under the common ones, whose editions are read through only where that is less work.

use std::sync::Arc;

use tantivy::index::InvertedIndexReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, DocId, Searcher, SegmentReader, Term};

use crate::found::Found;

/// Looking one edition up in a list costs about as much as reading so many editions of it.
const LOOK_UP: usize = 64;

/// Fewer than one in so many editions are sorted; marking more among all, and looking where the marks are, costs less.
const FEW: usize = 1_024;

/// Editions that have at least so many of the words.
#[derive(Debug, Clone)]
pub struct Words {
    pub words: Vec<Vec<Form>>,
    /// How many must be there, from 1 to all.
    pub least: usize,
}

/// One of the ways a word may stand in the index.
#[derive(Debug, Clone)]
pub enum Form {
    Whole(Term),
    /// Any term of the field that begins so.
    Beginning(Term),
}

impl Words {
    /// Editions that have all the words.
    pub fn all(words: Vec<Vec<Form>>) -> Words {
        Words {
            least: words.len(),
            words,
        }
    }

    /// Editions that have all the terms.
    pub fn terms(terms: &[Term]) -> Words {
        let word = |term: &Term| vec![Form::Whole(term.clone())];
        Words::all(terms.iter().map(word).collect())
    }

    /// Finds them.
    pub fn find(&self, searcher: &Searcher) -> tantivy::Result<Found> {
        Found::of(searcher, |segment| self.find_in(segment))
    }

    fn find_in(&self, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let mut words = Vec::with_capacity(self.words.len());
        for forms in &self.words {
            words.push(Lists::of(forms, segment)?);
        }
        words.sort_by_key(|lists| lists.editions);
        // Who misses no more words than may be missed has one of those.
        let may_miss = words.len().saturating_sub(self.least);
        let (rarest, others) = words
            .split_at_checked(may_miss + 1)
            .unwrap_or((&words, &[]));
        let rarest: Lists = rarest.iter().cloned().collect();
        let found = rarest.read_all(segment.max_doc())?;
        if may_miss == 0 {
            return with_all(others, found, segment);
        }
        let mut missed = vec![0; found.len()];
        for lists in &words {
            let listed = lists.listed(&found, segment.max_doc())?;
            for (missed, listed) in missed.iter_mut().zip(listed) {
                *missed += usize::from(!listed);
            }
        }
        let found = found.into_iter().zip(missed);
        let enough = found.filter(|(_, missed)| *missed <= may_miss);
        Ok(enough.map(|(doc, _)| doc).collect())
    }
}

/// What of `found`, which is in order, has all the terms.
pub fn narrowed(
    found: Vec<DocId>,
    terms: &[Term],
    segment: &SegmentReader,
) -> tantivy::Result<Vec<DocId>> {
    let mut all = Vec::with_capacity(terms.len());
    for term in terms {
        all.push(Lists::of(&[Form::Whole(term.clone())], segment)?);
    }
    all.sort_by_key(|lists| lists.editions);
    with_all(&all, found, segment)
}

fn with_all(
    words: &[Lists],
    found: Vec<DocId>,
    segment: &SegmentReader,
) -> tantivy::Result<Vec<DocId>> {
    words.iter().try_fold(found, |found, lists| {
        let listed = lists.listed(&found, segment.max_doc())?;
        let found = found.into_iter().zip(listed);
        Ok(found
            .filter_map(|(doc, listed)| listed.then_some(doc))
            .collect())
    })
}

/// Where the editions of one word are listed, in one list for each of its forms.
#[derive(Clone, Default)]
struct Lists {
    lists: Vec<(Arc<InvertedIndexReader>, TermInfo)>,
    /// How many they list; those of several forms count several times.
    editions: usize,
}

impl FromIterator<Lists> for Lists {
    fn from_iter<I: IntoIterator<Item = Lists>>(several: I) -> Lists {
        let mut all = Lists::default();
        for mut one in several {
            all.editions += one.editions;
            all.lists.append(&mut one.lists);
        }
        all
    }
}

impl Lists {
    fn of(forms: &[Form], segment: &SegmentReader) -> tantivy::Result<Lists> {
        let mut found = Lists::default();
        for form in forms {
            match form {
                Form::Whole(term) => {
                    let index = segment.inverted_index(term.field())?;
                    if let Some(list) = index.get_term_info(term)? {
                        found.push(&index, list);
                    }
                }
                Form::Beginning(term) => {
                    let index = segment.inverted_index(term.field())?;
                    let beginning = term.serialized_value_bytes();
                    let mut terms = index.terms().range().ge(beginning).into_stream()?;
                    while terms.advance() && terms.key().starts_with(beginning) {
                        found.push(&index, terms.value().clone());
                    }
                }
            }
        }
        Ok(found)
    }

    fn push(&mut self, index: &Arc<InvertedIndexReader>, list: TermInfo) {
        self.editions += list.doc_freq as usize;
        self.lists.push((Arc::clone(index), list));
    }

    /// Opens the lists one after the other: a beginning has thousands.
    fn each(&self, mut take: impl FnMut(&mut BlockSegmentPostings)) -> tantivy::Result<()> {
        for (index, list) in &self.lists {
            let basic = IndexRecordOption::Basic;
            take(&mut index.read_block_postings_from_terminfo(list, basic)?);
        }
        Ok(())
    }

    /// All editions listed, in order; `editions` is how many there are altogether.
    fn read_all(&self, editions: DocId) -> tantivy::Result<Vec<DocId>> {
        let few = self.editions < editions as usize / FEW;
        if few || self.lists.len() == 1 {
            let mut found = Vec::with_capacity(self.editions.min(editions as usize));
            self.each(|list| read(list, |docs| found.extend_from_slice(docs)))?;
            if self.lists.len() > 1 {
                found.sort_unstable();
                found.dedup();
            }
            return Ok(found);
        }
        let marked = self.marked(editions)?;
        let mut found = Vec::with_capacity(marked.len());
        for bucket in 0..editions.div_ceil(64) {
            let first = bucket * 64;
            found.extend(marked.tinyset(bucket).into_iter().map(|bit| first + bit));
        }
        Ok(found)
    }

    /// Which of `found`, which is in order, are listed.
    fn listed(&self, found: &[DocId], editions: DocId) -> tantivy::Result<Vec<bool>> {
        let look_ups = found.len().saturating_mul(self.lists.len());
        if look_ups.saturating_mul(LOOK_UP) >= self.editions && !found.is_empty() {
            let marked = self.marked(editions)?;
            return Ok(found.iter().map(|doc| marked.contains(*doc)).collect());
        }
        let mut listed = vec![false; found.len()];
        if !found.is_empty() {
            self.each(|list| {
                let missing = found
                    .iter()
                    .zip(&mut listed)
                    .filter(|(_, listed)| !**listed);
                missing.for_each(|(doc, listed)| *listed = lists_one(list, *doc));
            })?;
        }
        Ok(listed)
    }

    fn marked(&self, editions: DocId) -> tantivy::Result<BitSet> {
        let mut marked = BitSet::with_max_value(editions);
        self.each(|list| {
            read(list, |docs| {
                // A number beyond all editions would be damage.
                for doc in docs.iter().filter(|doc| **doc < editions) {
                    marked.insert(*doc);
                }
            });
        })?;
        Ok(marked)
    }
}

/// Hands out the rest of a list.
fn read(list: &mut BlockSegmentPostings, mut take: impl FnMut(&[DocId])) {
    loop {
        let docs = list.docs();
        if docs.is_empty() {
            return;
        }
        take(docs);
        list.advance();
    }
}

/// Whether the list has `doc`, which grows from call to call.
fn lists_one(list: &mut BlockSegmentPostings, doc: DocId) -> bool {
    let place = list.seek(doc);
    list.doc(place) == doc
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use tantivy::schema::{Field, STRING, Schema};
    use tantivy::{Index, TantivyDocument};

    use super::*;

    /// More editions than there are marks in a bucket, words of every frequency from every edition to one.
    const EDITIONS: u32 = 3_000;
    /// Editions behind them that have none of the words: rare words of a large segment are sorted, not marked.
    const OTHERS: u32 = 12_000;

    fn has(edition: u32, word: u32) -> bool {
        edition.is_multiple_of(word * word * word + 1 - word)
    }

    /// An index of two segments; every 50th edition was deleted.
    fn index() -> (Index, Field) {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("word", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for edition in 1..=EDITIONS {
            let mut document = TantivyDocument::default();
            let words = (1..=12).filter(|word| has(edition, *word));
            words.for_each(|word| document.add_text(field, format!("w{word}")));
            document.add_text(field, format!("e{edition}"));
            writer.add_document(document).unwrap();
            if edition == EDITIONS / 3 {
                writer.commit().unwrap();
            }
        }
        for _ in 0..OTHERS {
            writer.add_document(TantivyDocument::default()).unwrap();
        }
        for edition in (50..=EDITIONS).step_by(50) {
            writer.delete_term(Term::from_field_text(field, &format!("e{edition}")));
        }
        writer.commit().unwrap();
        (index, field)
    }

    /// The editions found, by their own words.
    fn editions(searcher: &Searcher, field: Field, found: &Found) -> BTreeSet<u32> {
        (1..=EDITIONS)
            .filter(|edition| {
                let own = Term::from_field_text(field, &format!("e{edition}"));
                found.narrowed(searcher, &[own]).unwrap().count() == 1
            })
            .collect()
    }

    #[test]
    fn words_find_what_has_enough_of_them() {
        let (index, field) = index();
        let searcher = index.reader().unwrap().searcher();
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
        let words = prop::collection::vec(prop::collection::vec(1..14u32, 1..4), 1..5);
        runner
            .run(&(words, 0..4usize), |(words, missing)| {
                let least = words.len().saturating_sub(missing).max(1);
                let form =
                    |word: &u32| Form::Whole(Term::from_field_text(field, &format!("w{word}")));
                let asked = Words {
                    words: words
                        .iter()
                        .map(|forms| forms.iter().map(form).collect())
                        .collect(),
                    least,
                };
                let expected: BTreeSet<u32> = (1..=EDITIONS)
                    .filter(|edition| edition % 50 != 0)
                    .filter(|edition| {
                        let had = words.iter().filter(|forms| {
                            forms.iter().any(|word| *word <= 12 && has(*edition, *word))
                        });
                        had.count() >= least
                    })
                    .collect();
                let found = asked.find(&searcher).unwrap();
                prop_assert_eq!(found.count(), expected.len());
                prop_assert_eq!(editions(&searcher, field, &found), expected);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn a_beginning_is_any_word_that_begins_so() {
        let (index, field) = index();
        let searcher = index.reader().unwrap().searcher();
        let begun = Form::Beginning(Term::from_field_text(field, "w1"));
        let found = Words::all(vec![vec![begun]]).find(&searcher).unwrap();
        let expected = (1..=EDITIONS)
            .filter(|edition| edition % 50 != 0)
            .filter(|edition| [1, 10, 11, 12].iter().any(|word| has(*edition, *word)));
        assert_eq!(editions(&searcher, field, &found), expected.collect());
    }

    #[test]
    fn either_of_two_is_found_once() {
        let (index, field) = index();
        let searcher = index.reader().unwrap().searcher();
        let find = |word: &str| {
            Words::terms(&[Term::from_field_text(field, word)])
                .find(&searcher)
                .unwrap()
        };
        let either = find("w2").or(&searcher, &find("w3")).unwrap();
        let expected = (1..=EDITIONS)
            .filter(|edition| edition % 50 != 0)
            .filter(|edition| has(*edition, 2) || has(*edition, 3));
        assert_eq!(editions(&searcher, field, &either), expected.collect());
        assert_eq!(find("w13").count(), 0);
    }
}
