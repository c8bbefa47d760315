//! What is written down, and when: before a message leaves; and what becomes of the queue while nothing can be written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use house::{House, until};
use storage::{Migration, Store};
use switch::{Config, LineTimes, Times};
use trade::ids::PaymentId;
use trade::payment::{AuthoriseOutcome, Outcome};

/// What is logged.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn count(&self, line: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.matches(line).count()
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk on which no attempt to say something can be written down, as when it is full.
const FULL: &[Migration] = &[Migration {
    component: "full disk",
    version: 1,
    sql: "CREATE TRIGGER full_disk BEFORE UPDATE ON advice BEGIN SELECT RAISE(ABORT, 'the disk is full'); END;",
}];

const ROOM_AGAIN: &[Migration] = &[Migration {
    component: "room again",
    version: 1,
    sql: "DROP TRIGGER full_disk;",
}];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_cannot_be_written_is_tried_ever_more_slowly() {
    let heard = Heard::default();
    let writer = heard.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 2390).await;
    let journal = house.database("switch.db");
    drop(Store::open(&journal, &[FULL]).await.unwrap());
    assert_eq!(house.capture(id, 2390).await.unwrap(), Outcome::Pending);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let tried = heard.count("a stored message could not be said");
    assert!((2..=10).contains(&tried), "{tried} times");
    drop(Store::open(&journal, &[ROOM_AGAIN]).await.unwrap());
    until("it is said at last", async || {
        house.capture(id, 2390).await.unwrap() == Outcome::Done
    })
    .await;
    assert_eq!(house.holds(id).await[0].state, "captured");
}

/// Every system call of this process that makes a file durable or writes to a connection, as `strace` tells it.
struct Traced {
    strace: std::process::Child,
    _folder: tempfile::TempDir,
    told: std::path::PathBuf,
}

impl Traced {
    /// `None`, with a word why, where it cannot be done.
    fn begin() -> Option<Traced> {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("strace");
        let strace = Command::new("strace")
            .args([
                "-f",
                "-yy",
                "-e",
                "trace=fsync,fdatasync,write,writev,sendto,sendmsg",
            ])
            .args(["-s", "0", "-p", &std::process::id().to_string()])
            .arg("-o")
            .arg(&told)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match strace {
            Ok(strace) => Some(Traced {
                strace,
                _folder: folder,
                told,
            }),
            Err(error) => {
                println!("skipped: strace: {error}");
                None
            }
        }
    }

    fn so_far(&self) -> String {
        std::fs::read_to_string(&self.told).unwrap_or_default()
    }

    /// Waits until it tells anything; `false` where this process may not be traced.
    async fn is_attached(&mut self) -> bool {
        for _ in 0..200 {
            if self.strace.try_wait().unwrap().is_some() {
                println!("skipped: strace may not trace this process");
                return false;
            }
            // Something to tell of.
            let file = std::fs::File::create(self.told.with_extension("sync")).unwrap();
            file.sync_data().unwrap();
            if self.so_far().contains("strace.sync") {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!("skipped: strace tells nothing");
        false
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // It detaches when told to end; killed, it would leave this process stopped.
        let pid = rustix::process::Pid::from_child(&self.strace);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.strace.wait();
    }
}

/// Where in what was told the journal became durable: its log, synced to the end.
fn syncs(told: &[&str], journal: &Path) -> Vec<usize> {
    let log = format!("{}-wal>", journal.display());
    let mut begun: Vec<&str> = Vec::new();
    let mut synced = Vec::new();
    for (at, line) in told.iter().enumerate() {
        let thread = line.split_whitespace().next().unwrap_or_default();
        if line.contains("sync(") && line.contains(&log) {
            match line.contains("<unfinished") {
                true => begun.push(thread),
                false => synced.push(at),
            }
        } else if line.contains("sync resumed>")
            && let Some(place) = begun.iter().position(|begun| *begun == thread)
        {
            begun.remove(place);
            synced.push(at);
        }
    }
    synced
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_intent_is_on_disk_before_the_question_leaves() {
    let house = House::closed(house::SLOW).await;
    house.start_bank().await;
    let config = house.switch_config();
    let times = Times {
        line: LineTimes {
            // Nothing but the question shall go by the line.
            echo: Duration::from_secs(600),
            answer: Duration::from_secs(20),
            ..config.times.line.clone()
        },
        redeem: Duration::from_secs(20),
        ..config.times.clone()
    };
    house.start_switch_with(Config { times, ..config }).await;
    house.until_up().await;
    let Some(mut traced) = Traced::begin() else {
        return;
    };
    if !traced.is_attached().await {
        return;
    }
    let before = traced.so_far().len();
    let outcome = house.authorise(PaymentId::new(), "approve", 2390).await;
    assert!(
        matches!(outcome, AuthoriseOutcome::Approved { .. }),
        "{outcome:?}"
    );
    let line = format!("->{}]>", house.wire.address);
    let leaves = |told: &[&str]| {
        let mut told = told.iter();
        told.position(|told| !told.contains("sync") && told.contains(&line))
    };
    until("the question is told of", async || {
        let told = traced.so_far();
        leaves(&told[before..].lines().collect::<Vec<_>>()).is_some()
    })
    .await;
    let told = traced.so_far();
    let told: Vec<&str> = told[before..].lines().collect();
    let left = leaves(&told).unwrap();
    let synced = syncs(&told, &house.dir.path().join("switch.db"));
    let earlier = synced.iter().filter(|at| **at < left).count();
    // The payment was received, and then it was about to be sent.
    assert!(earlier >= 2, "{}", told.join("\n"));
}
