//! The index as files: built, opened, changed. How it answers is in `answer`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use catalogue::model::Edition;
use catalogue::thema::HeadingLanguage;
use tantivy::indexer::NoMergePolicy;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Term};
use trade::ids::EditionId;

use crate::analysis::KnownWords;
use crate::document::{Label, document};
use crate::error::SearchError;
use crate::limits::{APPLY_MEMORY_BYTES, BUILD_MEMORY_BYTES, SUGGESTIONS};
use crate::rules::Rules;
use crate::schema::{Fields, Mark, schema};
use crate::snapshot::{Snapshot, Works};
use crate::suggest::{Gathered, Suggestion, Suggestions};

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
    reader: IndexReader,
    snapshot: ArcSwap<Snapshot>,
    works: Mutex<Works>,
    pub(crate) fields: Fields,
    /// The last transaction of the catalogue that the index knows.
    sequence: AtomicI64,
    /// Made by the first change; held while a change is applied.
    writer: Mutex<Option<IndexWriter>>,
    suggestions: RwLock<Suggestions>,
    /// Held while suggestions are gathered.
    gathering: Mutex<()>,
}

impl Shared {
    /// The index as it is now.
    pub(crate) fn now(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Lets searches see the last commit.
    fn reload(&self) -> Result<(), SearchError> {
        self.reader.reload()?;
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Snapshot::of(self.reader.searcher(), Some(&self.now()), &mut works)?;
        self.snapshot.store(Arc::new(next));
        Ok(())
    }

    /// Gathers the suggestions anew; nothing when that is being done already.
    fn gather_suggestions(&self) -> Result<(), SearchError> {
        let Ok(_gathering) = self.gathering.try_lock() else {
            return Ok(());
        };
        self.change_suggestions(Suggestions::begin_anew);
        let gathered = Gathered::of(&self.now().searcher, &self.fields)?;
        self.change_suggestions(|suggestions| suggestions.replace(gathered));
        Ok(())
    }

    fn change_suggestions<T>(&self, change: impl FnOnce(&mut Suggestions) -> T) -> T {
        let suggestions = self.suggestions.write();
        change(&mut suggestions.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Index {
    /// Opens the index in `dir`. A large one has no suggestions until [`gather_suggestions`](Index::gather_suggestions).
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
        let metas = index.load_metas()?;
        let sequence = metas.payload.as_deref().and_then(Mark::sequence_of);
        let Some(sequence) = sequence.filter(|_| index.schema() == expected) else {
            return Err(SearchError::Outdated);
        };
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let mut works = Works::default();
        let snapshot = Snapshot::of(reader.searcher(), None, &mut works)?;
        let shared = Shared {
            index,
            reader,
            snapshot: ArcSwap::from_pointee(snapshot),
            works: Mutex::new(works),
            fields,
            sequence: AtomicI64::new(sequence),
            writer: Mutex::new(None),
            suggestions: RwLock::default(),
            gathering: Mutex::new(()),
        };
        let index = Index {
            shared: Arc::new(shared),
        };
        if index.len() <= GATHERED_AT_ONCE {
            index.shared.gather_suggestions()?;
        }
        Ok(index)
    }

    /// Builds the index of `editions`, the catalogue as it was after transaction `sequence`, beside `dir` and puts it
    /// in the place of what was there.
    ///
    /// `progress` is called with the number of editions taken, every thousand and at the end.
    pub fn build(
        dir: &Path,
        editions: impl Iterator<Item = Arc<Edition>>,
        sequence: i64,
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
        commit(&mut writer, sequence)?;
        // Every search looks its words up in each segment.
        let segments = index.searchable_segment_ids()?;
        if segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
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
        Arc::clone(&self.shared.now().rules)
    }

    /// Puts other rules in force, from the next search on.
    pub fn set_rules(&self, rules: Rules) {
        let shared = &self.shared;
        // No change of the index may slip in meanwhile.
        let _unchanged = shared.works.lock().unwrap_or_else(PoisonError::into_inner);
        shared.snapshot.store(Arc::new(shared.now().under(rules)));
    }

    /// Number of editions in the index.
    pub fn len(&self) -> u64 {
        self.shared.now().searcher.num_docs()
    }

    /// Whether the index holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last transaction of the catalogue that the index knows, durably.
    pub fn sequence(&self) -> i64 {
        self.shared.sequence.load(Ordering::Acquire)
    }

    /// Takes in changed and new editions and drops removed ones, up to transaction `sequence`; searches see it when
    /// this returns. What it knows already does no harm a second time.
    ///
    /// Blocks for the commit to disk: not for async threads.
    pub fn apply(
        &self,
        changed: &[Arc<Edition>],
        removed: &[EditionId],
        sequence: i64,
    ) -> Result<(), SearchError> {
        let shared = &self.shared;
        let mut held = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = sequence.max(self.sequence());
        if let Err(fault) = write(shared, &mut held, changed, removed, sequence) {
            // A writer whose threads failed takes documents in and loses them: the next one begins at the last commit.
            *held = None;
            return Err(fault);
        }
        shared.reload()?;
        shared.sequence.store(sequence, Ordering::Release);
        let labels: Vec<_> = changed
            .iter()
            .map(|edition| (edition.id.get(), Label::of(edition), edition.popularity))
            .collect();
        let removed: Vec<i64> = removed.iter().map(|edition| edition.get()).collect();
        if !shared.change_suggestions(|suggestions| suggestions.change(&labels, &removed)) {
            self.gather_suggestions_anew()?;
        }
        Ok(())
    }

    /// Gathers the suggestions of a large index in the background, once: it takes one core for seconds, so call it when
    /// the first page need not wait for that core. From then on they follow what is applied.
    pub fn gather_suggestions(&self) -> Result<(), SearchError> {
        let suggestions = self.shared.suggestions.read();
        let gathered = suggestions
            .unwrap_or_else(PoisonError::into_inner)
            .are_gathered();
        if gathered {
            return Ok(());
        }
        self.gather_suggestions_anew()
    }

    fn gather_suggestions_anew(&self) -> Result<(), SearchError> {
        if self.len() <= GATHERED_AT_ONCE {
            return self.shared.gather_suggestions();
        }
        let shared = Arc::clone(&self.shared);
        std::thread::Builder::new()
            .name("suggestions".into())
            .spawn(move || {
                give_way();
                if let Err(fault) = shared.gather_suggestions() {
                    tracing::warn!(%fault, "no suggestions: the search index cannot be read");
                }
            })?;
        Ok(())
    }

    /// What may be meant by `typed`, best first; of a large index only what changed lately before they are gathered.
    /// Subjects are found by their headings in `languages`, the reader's first.
    pub fn suggest(
        &self,
        typed: &str,
        limit: usize,
        languages: &[HeadingLanguage],
    ) -> Vec<Suggestion> {
        let suggestions = self.shared.suggestions.read();
        let suggestions = suggestions.unwrap_or_else(PoisonError::into_inner);
        suggestions.complete(typed, limit.min(SUGGESTIONS), languages)
    }
}

/// Lets every other thread go before this one: what it does is for later, and readers ask now.
fn give_way() {
    const LEAST: i32 = 19;
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), LEAST) {
        tracing::debug!(%error, "the suggestions are gathered with the priority of readers");
    }
}

/// Where the index under way stands: in the same folder, so that it can be renamed into place.
fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    dir.with_file_name(name)
}

/// Writes changes down to the disk.
fn write(
    shared: &Shared,
    held: &mut Option<IndexWriter>,
    changed: &[Arc<Edition>],
    removed: &[EditionId],
    sequence: i64,
) -> Result<(), SearchError> {
    let writer = match held {
        Some(writer) => writer,
        none => none.insert(
            shared
                .index
                .writer_with_num_threads(1, APPLY_MEMORY_BYTES)?,
        ),
    };
    let by_number = |edition: EditionId| Term::from_field_i64(shared.fields.edition, edition.get());
    for edition in removed {
        writer.delete_term(by_number(*edition));
    }
    let mut known = KnownWords::default();
    for edition in changed {
        writer.delete_term(by_number(edition.id));
        writer.add_document(document(&shared.fields, edition, &mut known))?;
    }
    commit(writer, sequence)
}

fn commit(writer: &mut IndexWriter, sequence: i64) -> Result<(), SearchError> {
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&Mark::at(sequence));
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
    let mut known = KnownWords::default();
    loop {
        let next = receive
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(edition) = next else { return Ok(()) };
        writer.add_document(document(fields, &edition, &mut known))?;
    }
}
