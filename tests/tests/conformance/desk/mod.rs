//! The import desk alike on both engines, by subject; here is what the bodies share.

pub mod corrections;
pub mod dropped;
pub mod jobs;
pub mod rejects;
pub mod workers;

use std::{
    fmt::Write as _,
    io::Write as _,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use catalogue::{
    desk::{Job, Received, job, run},
    store::By,
};
use trade::ids::ImportJobId;

use crate::counter::Counter;

/// Enough that an import of it is not over before it has listened for a pause, which it does each second.
const MANY: usize = 90_000;

fn lines(count: usize) -> String {
    let mut lines = String::new();
    for number in 0..count {
        writeln!(
            lines,
            "{{\"id\":\"d:{number}\",\"source\":\"d\",\"title\":\"Livre {number}\"}}"
        )
        .unwrap();
    }
    lines.push_str("not json\n");
    lines
}

/// A zip archive, whose files are the parts of one import.
fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn bench(counter: &Counter, folder: &Path) -> run::Bench {
    run::Bench {
        store: counter.store.clone(),
        folder: folder.to_owned(),
        clock: counter.clock.clone(),
        closing: Arc::new(AtomicBool::new(false)),
    }
}

async fn hand_in(
    counter: &Counter,
    folder: &Path,
    file: impl AsRef<[u8]>,
    at_once: bool,
) -> ImportJobId {
    let (job, file) = (ImportJobId::new(), file.as_ref());
    std::fs::write(run::file_of(folder, job), file).unwrap();
    let received = Received {
        name: "livres.jsonl".to_owned(),
        bytes: file.len() as u64,
        mapping: None,
        at_once,
    };
    let by = By {
        staff: "libraire".to_owned(),
        at: counter.clock.now(),
    };
    counter
        .store
        .write(move |tx| job::receive(tx, job, &received, &by))
        .await
        .unwrap();
    job
}

async fn look(counter: &Counter, job: ImportJobId) -> Job {
    let read = counter.store.read(move |tx| job::job(tx, job)).await;
    read.unwrap().unwrap()
}

async fn work(bench: &run::Bench) -> bool {
    let bench = bench.clone();
    let worked = tokio::task::spawn_blocking(move || bench.run_next()).await;
    worked.unwrap().unwrap()
}

fn by(counter: &Counter) -> By {
    counter.clock.advance(Duration::from_secs(1));
    By {
        staff: "libraire".to_owned(),
        at: counter.clock.now(),
    }
}
