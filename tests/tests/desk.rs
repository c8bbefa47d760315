//! The shop is killed with -9 in the middle of an import: started again it goes on by itself, and ends as if nothing
//! had happened.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use catalogue::{
    desk::{Job, JobState, Received, job as jobs, notes, run},
    import::{self, Note, Severity},
    model::{Edition, EditionId, WorkId},
    store::{self, By},
};
use storage::{Store, StoreUrl};
use tests::{
    demo::{Demo, Plan},
    oracle,
};
use trade::{clock::Timestamp, ids::ImportJobId};

const RECORDS: u64 = 9_000;
/// The shop is killed when this many are committed.
const KILLED_AT: u64 = 1_500;
const PATIENCE: Duration = Duration::from_secs(240);

/// Records of which some share their ISBN, some bear a wrong one, and some are none.
fn file() -> String {
    let mut lines = String::new();
    for number in 0..RECORDS {
        let isbn = trade::isbn::Isbn13::from_first_twelve(978_207_000_000 + number / 2).unwrap();
        let isbn = match number % 100 {
            99 => "9782070541271".to_owned(),
            _ => isbn.to_string(),
        };
        writeln!(
            lines,
            "{{\"id\":\"k:{number}\",\"source\":\"k\",\"title\":\"Histoire {}\",\"isbn13\":[\"{isbn}\"]}}",
            number / 2
        )
        .unwrap();
        if number % 1000 == 500 {
            lines.push_str("not json\n");
        }
    }
    lines
}

#[test]
fn o18_an_import_that_was_killed_goes_on_by_itself_and_ends_as_an_uninterrupted_one() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(oracle::store(&demo, &plan)).unwrap();
    let last = runtime.block_on(store.read(|tx| store::count(tx))).unwrap();
    let file = file();
    let job = hand_in(&runtime, &store, &demo.folder().join("shop/imports"), &file);
    let before = wait(&runtime, &store, job, |job| job.committed >= KILLED_AT);
    let old = demo.kill_9("shop").unwrap();
    assert_eq!(before.state, JobState::Running);
    demo.wait_for_new("shop", old).unwrap();
    let done = wait(&runtime, &store, job, |job| job.state.has_ended());
    assert_eq!(done.state, JobState::Done);

    let (counts, editions, kinds) = uninterrupted(&runtime, &file);
    assert_eq!(
        done.counts, counts,
        "nothing is counted twice or not at all"
    );
    let imports = runtime
        .block_on(store.read(move |tx| jobs::imports_of(tx, job)))
        .unwrap();
    assert_eq!((imports.len(), imports[0].messages), (1, RECORDS as i64));
    assert_eq!(after(&runtime, &store, last), editions);
    let kept = runtime
        .block_on(store.read(move |tx| notes::kinds(tx, job)))
        .unwrap();
    for severity in Severity::ALL {
        let of = kept.iter().filter(|kind| kind.severity == severity);
        let sum: u64 = of.map(|kind| kind.count).sum();
        let expected = kinds.iter().filter(|one| **one == severity).count();
        assert_eq!(sum, expected as u64, "{severity:?}");
    }
}

fn hand_in(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    folder: &Path,
    file: &str,
) -> ImportJobId {
    let job = ImportJobId::new();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(run::file_of(folder, job), file).unwrap();
    let received = Received {
        name: "k.jsonl".to_owned(),
        bytes: file.len() as u64,
        mapping: None,
        at_once: true,
    };
    let by = By {
        staff: "libraire".to_owned(),
        at: Timestamp::micros(1),
    };
    runtime
        .block_on(store.write(move |tx| jobs::receive(tx, job, &received, &by)))
        .unwrap();
    job
}

fn wait(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    job: ImportJobId,
    is_there: impl Fn(&Job) -> bool,
) -> Job {
    let begun = Instant::now();
    loop {
        let read = runtime.block_on(store.read(move |tx| jobs::job(tx, job)));
        let read = read.unwrap().unwrap();
        if is_there(&read) {
            return read;
        }
        assert!(begun.elapsed() < PATIENCE, "{read:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the same file does to an empty shop in one go: counts, editions, and the severity of each note.
fn uninterrupted(
    runtime: &tokio::runtime::Runtime,
    file: &str,
) -> (catalogue::desk::Counts, Vec<Edition>, Vec<Severity>) {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("one.db"));
    let store = runtime
        .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
        .unwrap();
    let path = folder.path().join("k.jsonl");
    std::fs::write(&path, file).unwrap();
    let mut report: Vec<Note> = Vec::new();
    let tally = import::import_files(&store, &[path], &(), &mut report).unwrap();
    let counts = catalogue::desk::Counts {
        created: tally.created,
        updated: tally.updated,
        unchanged: tally.unchanged,
        hidden: tally.hidden,
        rejected: tally.rejected,
    };
    let severities = report.into_iter().map(|note| note.severity).collect();
    (counts, after(runtime, &store, 0), severities)
}

/// The editions beyond a number, without their numbers.
fn after(runtime: &tokio::runtime::Runtime, store: &Store, last: i64) -> Vec<Edition> {
    let page = runtime.block_on(store.read(move |tx| store::page(tx, EditionId(last), 20_000)));
    let editions = page.unwrap().into_iter().map(|edition| Edition {
        id: EditionId(0),
        work: WorkId(0),
        ..edition
    });
    editions.collect()
}
