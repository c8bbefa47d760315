//! The index itself: built, opened, changed, asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use catalogue::model::Edition;
use tantivy::collector::TopDocs;
use tantivy::columnar::ColumnValues;
use tantivy::indexer::NoMergePolicy;
use tantivy::query::Query as TantivyQuery;
use tantivy::schema::Value;
use tantivy::{
    DocAddress, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, SegmentReader,
    TantivyDocument, Term,
};
use trade::ids::{EditionId, WorkId};
use trade::isbn::{Isbn13, looks_like_isbn};
use trade::limits::QUERY_CHARS;

use crate::collect::{Counting, Tally};
use crate::document::{Label, document, number_key};
use crate::error::SearchError;
use crate::limits::{
    APPLY_MEMORY_BYTES, BUILD_MEMORY_BYTES, DEEPEST_HIT, FEW_HITS, PER_PAGE, SUGGESTIONS,
    TOO_FEW_HITS,
};
use crate::plan::{Plan, Reach};
use crate::query::{Filters, Hit, Query, Results, Sort};
use crate::schema::{Fields, fast, mark, schema};
use crate::suggest::{Suggestion, Suggestions};

/// Editions handed to the indexing threads ahead of them.
const BUILD_QUEUE: usize = 512;

/// Threads that make documents, and as many that write them: the build is a boot-time job for a small machine.
const BUILD_THREADS: usize = 2;

/// Editions whose suggestions are gathered within a tenth of a second.
const GATHERED_AT_ONCE: u64 = 10_000;

/// What a tenth of the prior weighs against a point of BM25.
const PRIOR_WEIGHT: f32 = 0.05;

/// The index of a catalogue; cheap to clone, all clones are one index.
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

struct Shared {
    index: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    /// Made by the first change; held while a change is applied.
    writer: Mutex<Option<IndexWriter>>,
    /// None until they are gathered.
    suggestions: RwLock<Option<Suggestions>>,
}

impl Shared {
    fn gather_suggestions(&self) -> Result<(), SearchError> {
        let gathered = Suggestions::gather(&self.reader.searcher(), &self.fields)?;
        *self
            .suggestions
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(gathered);
        Ok(())
    }
}

/// A query as it was finally tried, with what it found.
struct Attempt {
    asked: Box<dyn TantivyQuery>,
    ranked: Ranked,
    corrected: Option<String>,
}

/// The best hits for a query, and everything it found counted.
struct Ranked {
    tally: Tally,
    best: Vec<DocAddress>,
}

impl Index {
    /// Opens the index in `dir`.
    ///
    /// [`SearchError::Missing`] and [`SearchError::Outdated`] ask for a [`build`](Index::build).
    pub fn open(dir: &Path) -> Result<Index, SearchError> {
        if !dir.join("meta.json").is_file() {
            return Err(SearchError::Missing);
        }
        let index = match tantivy::Index::open_in_dir(dir) {
            Ok(index) => index,
            Err(tantivy::TantivyError::IncompatibleIndex(_)) => return Err(SearchError::Outdated),
            Err(fault) => return Err(fault.into()),
        };
        let (expected, fields) = schema();
        if index.load_metas()?.payload.as_deref() != Some(mark().as_str())
            || index.schema() != expected
        {
            return Err(SearchError::Outdated);
        }
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let shared = Shared {
            index,
            reader,
            fields,
            writer: Mutex::new(None),
            suggestions: RwLock::new(None),
        };
        let index = Index {
            shared: Arc::new(shared),
        };
        index.gather_suggestions()?;
        Ok(index)
    }

    /// Builds the index of `editions` beside `dir` and puts it in the place of what was there.
    ///
    /// `progress` is called with the number of editions taken, every thousand and at the end.
    pub fn build(
        dir: &Path,
        editions: impl Iterator<Item = Arc<Edition>>,
        mut progress: impl FnMut(u64),
    ) -> Result<Index, SearchError> {
        let under_way = beside(dir);
        if under_way.exists() {
            fs::remove_dir_all(&under_way)?;
        }
        fs::create_dir_all(&under_way)?;
        let (schema, fields) = schema();
        let index = tantivy::Index::create_in_dir(&under_way, schema)?;
        let mut writer: IndexWriter =
            index.writer_with_num_threads(BUILD_THREADS, BUILD_MEMORY_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        add_all(&writer, &fields, editions, &mut progress)?;
        commit(&mut writer)?;
        writer.wait_merging_threads()?;
        drop(index);
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::rename(&under_way, dir)?;
        Index::open(dir)
    }

    /// Number of editions in the index.
    pub fn len(&self) -> u64 {
        self.shared.reader.searcher().num_docs()
    }

    /// Whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in changed and new editions and drops removed ones; searches see it when this returns.
    ///
    /// Blocks for the commit to disk: not for async threads.
    pub fn apply(
        &self,
        changed: &[Arc<Edition>],
        removed: &[EditionId],
    ) -> Result<(), SearchError> {
        let shared = &self.shared;
        let mut held = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = match &mut *held {
            Some(writer) => writer,
            none => none.insert(
                shared
                    .index
                    .writer_with_num_threads(1, APPLY_MEMORY_BYTES)?,
            ),
        };
        let by_number =
            |edition: EditionId| Term::from_field_i64(shared.fields.edition, edition.get());
        for edition in removed {
            writer.delete_term(by_number(*edition));
        }
        for edition in changed {
            writer.delete_term(by_number(edition.id));
            writer.add_document(document(&shared.fields, edition))?;
        }
        commit(writer)?;
        shared.reader.reload()?;
        let labels: Vec<_> = changed
            .iter()
            .map(|edition| (edition.id.get(), Label::of(edition), edition.popularity))
            .collect();
        let removed: Vec<i64> = removed.iter().map(|edition| edition.get()).collect();
        let taken_in = match shared
            .suggestions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            Some(suggestions) => suggestions.change(&labels, &removed),
            None => true,
        };
        if !taken_in {
            shared.gather_suggestions()?;
        }
        Ok(())
    }

    /// Gathers the suggestions of a small index now, those of a large one in the background: the first page does
    /// not wait for them.
    fn gather_suggestions(&self) -> Result<(), SearchError> {
        if self.len() <= GATHERED_AT_ONCE {
            return self.shared.gather_suggestions();
        }
        let shared = Arc::clone(&self.shared);
        std::thread::Builder::new()
            .name("suggestions".into())
            .spawn(move || {
                // No change may slip in between gathering and putting in place.
                let _unchanged = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(fault) = shared.gather_suggestions() {
                    tracing::warn!(%fault, "no suggestions: the search index cannot be read");
                }
            })?;
        Ok(())
    }

    /// Answers a query.
    pub fn search(&self, query: &Query) -> Result<Results, SearchError> {
        let begun = Instant::now();
        let searcher = self.shared.reader.searcher();
        let page = Page::of(query);
        let typed: String = query.text.chars().take(QUERY_CHARS).collect();
        let Attempt {
            asked,
            mut ranked,
            corrected,
        } = if looks_like_isbn(&typed) {
            let asked = self.isbn_query(&typed, &query.filters);
            let ranked = rank(&searcher, &*asked, query.sort, page.first_guess())?;
            Attempt {
                asked,
                ranked,
                corrected: None,
            }
        } else {
            self.search_words(&searcher, &typed, query, page)?
        };
        let mut hits = collapsed(&searcher, &ranked.best)?;
        // Editions of one work share a hit: look further down while the page is not full.
        let mut looked_at = page.first_guess();
        while hits.len() < page.end
            && (looked_at as u64) < ranked.tally.editions
            && looked_at < DEEPEST_HIT as usize
        {
            looked_at *= 4;
            ranked = rank(&searcher, &*asked, query.sort, looked_at)?;
            hits = collapsed(&searcher, &ranked.best)?;
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
            took_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        })
    }

    /// What may be meant by `typed`, best first; nothing in the first second after a large index was opened.
    pub fn suggest(&self, typed: &str, limit: usize) -> Vec<Suggestion> {
        let held = self
            .shared
            .suggestions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map_or_else(Vec::new, |suggestions| {
            suggestions.complete(typed, limit.min(SUGGESTIONS))
        })
    }

    /// An ISBN in any of its forms goes straight to its book (rule S4) and is never respelt (rule S6).
    fn isbn_query(&self, typed: &str, filters: &Filters) -> Box<dyn TantivyQuery> {
        let number =
            Isbn13::parse(typed).map_or_else(|_| number_key(typed), |isbn| isbn.to_string());
        Plan::isbn(self.shared.fields, &number, filters)
    }

    /// Tries the query as typed, and further only while too little is found.
    fn search_words(
        &self,
        searcher: &Searcher,
        typed: &str,
        query: &Query,
        page: Page,
    ) -> Result<Attempt, SearchError> {
        let mut plan = Plan::new(self.shared.fields, typed, &query.filters);
        let attempt =
            |plan: &Plan, reach: Reach| -> Result<(Box<dyn TantivyQuery>, Ranked), SearchError> {
                let asked = plan.query(reach);
                let ranked = rank(searcher, &*asked, query.sort, page.first_guess())?;
                Ok((asked, ranked))
            };
        let (mut asked, mut ranked) = attempt(&plan, Reach::Typed)?;
        let as_typed = ranked.tally.editions;
        if as_typed >= FEW_HITS || plan.words() == 0 {
            return Ok(Attempt {
                asked,
                ranked,
                corrected: None,
            });
        }
        (asked, ranked) = attempt(&plan, Reach::Wider)?;
        let too_few = if as_typed == 0 { TOO_FEW_HITS } else { 1 };
        if ranked.tally.editions < too_few && plan.respell(searcher)? {
            (asked, ranked) = attempt(&plan, Reach::Respelt)?;
        }
        let mut words = plan.words();
        while ranked.tally.editions == 0 && words > 1 && words > plan.words() / 2 {
            words -= 1;
            (asked, ranked) = attempt(&plan, Reach::Some(words))?;
        }
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

    fn label(&self, searcher: &Searcher, place: DocAddress) -> Result<String, SearchError> {
        let stored: TantivyDocument = searcher.doc(place)?;
        Ok(stored
            .get_first(self.shared.fields.label)
            .and_then(|label| label.as_str())
            .unwrap_or_default()
            .to_owned())
    }
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
        self.end + self.end / 2 + 8
    }
}

/// Where the index under way stands: in the same folder, so that it can be renamed into place.
fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    dir.with_file_name(name)
}

fn commit(writer: &mut IndexWriter) -> Result<(), SearchError> {
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&mark());
    prepared.commit()?;
    Ok(())
}

/// Analyses editions on several threads: it costs as much as writing them.
fn add_all(
    writer: &IndexWriter,
    fields: &Fields,
    editions: impl Iterator<Item = Arc<Edition>>,
    progress: &mut dyn FnMut(u64),
) -> Result<(), SearchError> {
    let (send, receive) = sync_channel::<Arc<Edition>>(BUILD_QUEUE);
    let receive = Arc::new(Mutex::new(receive));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..BUILD_THREADS)
            .map(|_| {
                let receive = Arc::clone(&receive);
                scope.spawn(move || add_received(writer, fields, &receive))
            })
            .collect();
        drop(receive);
        let mut taken = 0;
        for edition in editions {
            // Fails only when every thread has stopped; why is in their results.
            if send.send(edition).is_err() {
                break;
            }
            taken += 1;
            if taken % 1_000 == 0 {
                progress(taken);
            }
        }
        drop(send);
        progress(taken);
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Err(SearchError::Interrupted)))
    })
}

fn add_received(
    writer: &IndexWriter,
    fields: &Fields,
    receive: &Mutex<Receiver<Arc<Edition>>>,
) -> Result<(), SearchError> {
    loop {
        let next = receive
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(edition) = next else { return Ok(()) };
        writer.add_document(document(fields, &edition))?;
    }
}

/// The best `limit` editions in the order asked for.
fn rank(
    searcher: &Searcher,
    query: &dyn TantivyQuery,
    sort: Sort,
    limit: usize,
) -> Result<Ranked, SearchError> {
    let top = TopDocs::with_limit(limit);
    let by_number = |top: TopDocs, field: &'static str, order: Order| {
        top.order_by_fast_field::<i64>(field, order)
    };
    let numbers = |(best, tally): (Vec<(Option<i64>, DocAddress)>, Tally)| Ranked {
        tally,
        best: places(best),
    };
    let ranked = match sort {
        Sort::Relevance => {
            let (best, tally) = searcher.search(query, &(top.tweak_score(with_prior), Counting))?;
            Ranked {
                tally,
                best: places(best),
            }
        }
        Sort::Newest => numbers(searcher.search(
            query,
            &(by_number(top, fast::PUBLISHED, Order::Desc), Counting),
        )?),
        Sort::PriceUp => {
            numbers(searcher.search(query, &(by_number(top, fast::PRICE, Order::Asc), Counting))?)
        }
        Sort::PriceDown => {
            numbers(searcher.search(query, &(by_number(top, fast::PRICE, Order::Desc), Counting))?)
        }
        Sort::Title => {
            let shelved = top.order_by_string_fast_field(fast::SHELVED, Order::Asc);
            let (best, tally) = searcher.search(query, &(shelved, Counting))?;
            Ranked {
                tally,
                best: places(best),
            }
        }
    };
    Ok(ranked)
}

fn places<K>(best: Vec<(K, DocAddress)>) -> Vec<DocAddress> {
    best.into_iter().map(|(_, place)| place).collect()
}

fn with_prior(segment: &SegmentReader) -> impl Fn(u32, f32) -> f32 + use<> {
    // An index without the column cannot be opened; should it be missing all the same, rank without it.
    let prior: Option<Arc<dyn ColumnValues<u64>>> = segment
        .fast_fields()
        .column_first_or_default::<u64>(fast::PRIOR)
        .ok();
    move |doc, score| {
        score + PRIOR_WEIGHT * prior.as_ref().map_or(0, |prior| prior.get_val(doc)) as f32
    }
}

/// One hit per work, at the place of its best edition.
fn collapsed(searcher: &Searcher, best: &[DocAddress]) -> Result<Vec<Hit>, SearchError> {
    let mut columns = Vec::with_capacity(searcher.segment_readers().len());
    for segment in searcher.segment_readers() {
        let fast_fields = segment.fast_fields();
        columns.push((
            fast_fields.column_first_or_default::<i64>(fast::EDITION)?,
            fast_fields.column_first_or_default::<i64>(fast::WORK)?,
        ));
    }
    let mut seen = std::collections::HashSet::with_capacity(best.len());
    let mut hits = Vec::with_capacity(best.len());
    for place in best {
        let Some((editions, works)) = columns.get(place.segment_ord as usize) else {
            continue;
        };
        let work = works.get_val(place.doc_id);
        if seen.insert(work) {
            let edition = EditionId(editions.get_val(place.doc_id));
            hits.push(Hit {
                edition,
                work: WorkId(work),
                editions_in_work: 1,
            });
        }
    }
    Ok(hits)
}
