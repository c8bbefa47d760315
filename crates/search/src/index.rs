//! The index as files: built, opened, changed. How it answers is in `answer`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use catalogue::model::Edition;
use tantivy::indexer::NoMergePolicy;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Term};
use trade::ids::EditionId;

use crate::document::{Label, document};
use crate::error::SearchError;
use crate::limits::{APPLY_MEMORY_BYTES, BUILD_MEMORY_BYTES, SUGGESTIONS};
use crate::rules::Rules;
use crate::schema::{Fields, mark, schema};
use crate::suggest::{Suggestion, Suggestions};

/// Editions handed to the indexing threads ahead of them.
const BUILD_QUEUE: usize = 512;

/// Threads that make documents, and as many that write them: the build is a boot-time job for a small machine.
const BUILD_THREADS: usize = 2;

/// Editions whose suggestions are gathered within a tenth of a second.
const GATHERED_AT_ONCE: u64 = 10_000;

/// The index of a catalogue; cheap to clone, all clones are one index.
#[derive(Clone)]
pub struct Index {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    index: tantivy::Index,
    pub(crate) reader: IndexReader,
    pub(crate) fields: Fields,
    /// Made by the first change; held while a change is applied.
    writer: Mutex<Option<IndexWriter>>,
    /// None until they are gathered.
    suggestions: RwLock<Option<Suggestions>>,
    /// The rules in force.
    rules: ArcSwap<Rules>,
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
            rules: ArcSwap::default(),
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

    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        self.shared.rules.load_full()
    }

    /// Puts other rules in force, from the next search on.
    pub fn set_rules(&self, rules: Rules) {
        self.shared.rules.store(Arc::new(rules));
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

    /// Takes in a whole catalogue in the place of what is there, while searches go on with the old one.
    ///
    /// Blocks for as long as a build.
    pub fn rebuild(&self, editions: impl Iterator<Item = Arc<Edition>>) -> Result<(), SearchError> {
        let shared = &self.shared;
        let mut held = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // The writer of small changes gives its lock on the folder to one that is made for many.
        *held = None;
        let mut writer: IndexWriter = shared
            .index
            .writer_with_num_threads(BUILD_THREADS, BUILD_MEMORY_BYTES)?;
        writer.delete_all_documents()?;
        add_all(&writer, &shared.fields, editions, &mut |_| ())?;
        commit(&mut writer)?;
        writer.wait_merging_threads()?;
        shared.reader.reload()?;
        self.gather_suggestions()
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
