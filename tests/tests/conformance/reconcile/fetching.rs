//! The shop fetches by itself: everything once, in whatever order it dies, is refused or is kept waiting.

use std::{
    collections::BTreeMap,
    os::unix::fs::symlink,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use banking::{
    clearing::{Acknowledgement, Batch, Refusal},
    iban::Iban,
};
use shop::reconciliation::{
    self, BreakKind,
    fetching::{
        self, BatchDoor, FetchFault, Fetched, Fetcher, OfferedBatch, Page, Place, Round, Source,
        Standing, StatementDoor,
    },
};
use trade::{limits, money::Money};

use super::{Bank, OURS, agreement, batch, found, kinds, lines, pays_for, transfer, xml};
use crate::counter::{Counter, MUG, ship};

const MINUTE: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(limits::FETCH_EVERY_S);
/// Longer than a pause of [`EVERY`] with its jitter.
pub const NEXT: Duration = Duration::from_secs(20 * 60);

/// Doors behind which lies what a test puts there.
#[derive(Default)]
struct Doors(Mutex<Behind>);

#[derive(Default)]
struct Behind {
    batches: BTreeMap<u32, Vec<u8>>,
    answers: BTreeMap<u32, (bool, Vec<u8>)>,
    statements: BTreeMap<u32, Vec<u8>>,
    /// What every question is answered with.
    fault: Option<FetchFault>,
    /// Whether lists are never answered.
    hangs: bool,
    /// The files that were asked for.
    asked: Vec<String>,
}

impl Doors {
    fn put(&self, batch: &Batch) {
        let (number, file) = (batch.header().sequence.get(), batch.to_text().into_bytes());
        self.0.lock().unwrap().batches.insert(number, file);
    }

    fn answer(&self, counter: &Counter, batch: &Batch, taken: bool) {
        let now = counter.clock.now();
        let answer = match taken {
            true => Acknowledgement::taken(batch, now, Vec::new()).unwrap(),
            false => Acknowledgement::refused(batch, now, Refusal::SequenceGap),
        };
        let number = batch.header().sequence.get();
        let answer = (taken, answer.to_text().into_bytes());
        self.0.lock().unwrap().answers.insert(number, answer);
    }

    fn state(&self, number: u32, file: Vec<u8>) {
        self.0.lock().unwrap().statements.insert(number, file);
    }

    fn close(&self, fault: Option<FetchFault>) {
        self.0.lock().unwrap().fault = fault;
    }

    /// The files that were asked for since this was called last.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    fn list<T: Send + 'static>(
        &self,
        list: impl FnOnce(&Behind) -> Vec<T>,
    ) -> Fetched<'static, Page<T>> {
        let behind = self.0.lock().unwrap();
        if behind.hangs {
            return Box::pin(std::future::pending());
        }
        let page = match behind.fault {
            Some(fault) => Err(fault),
            None => Ok(Page {
                offered: list(&behind),
                next: None,
            }),
        };
        Box::pin(std::future::ready(page))
    }

    fn file(&self, name: String, file: impl FnOnce(&Behind) -> Option<Vec<u8>>) -> Given {
        let mut behind = self.0.lock().unwrap();
        behind.asked.push(name);
        let file = match behind.fault {
            Some(fault) => Err(fault),
            None => file(&behind).ok_or(FetchFault::Refused),
        };
        Box::pin(std::future::ready(file))
    }
}

type Given = Fetched<'static, Vec<u8>>;

impl BatchDoor for Doors {
    fn batches(&self, after: u32) -> Fetched<'_, Page<OfferedBatch>> {
        self.list(|behind| {
            let later = behind.batches.range(after + 1..);
            let offered = later.map(|(&sequence, _)| OfferedBatch {
                sequence,
                taken: behind.answers.get(&sequence).map(|(taken, _)| *taken),
            });
            offered.collect()
        })
    }

    fn batch(&self, number: u32) -> Fetched<'_, Vec<u8>> {
        self.file(format!("batch {number}"), |behind| {
            behind.batches.get(&number).cloned()
        })
    }

    fn answer(&self, number: u32) -> Fetched<'_, Vec<u8>> {
        self.file(format!("answer {number}"), |behind| {
            behind.answers.get(&number).map(|(_, file)| file.clone())
        })
    }
}

impl StatementDoor for Doors {
    fn statements(&self, after: u32) -> Fetched<'_, Page<u32>> {
        self.list(|behind| {
            let later = behind.statements.range(after + 1..);
            later.map(|(&number, _)| number).collect()
        })
    }

    fn statement(&self, number: u32) -> Fetched<'_, Vec<u8>> {
        self.file(format!("statement {number}"), |behind| {
            behind.statements.get(&number).cloned()
        })
    }
}

fn doors() -> (Arc<Doors>, Place, Place) {
    let doors = Arc::new(Doors::default());
    let switch = Place::Switch(Arc::clone(&doors) as Arc<dyn BatchDoor>);
    let window = Place::Window(Arc::clone(&doors) as Arc<dyn StatementDoor>);
    (doors, switch, window)
}

pub fn fetcher(counter: &Counter) -> Fetcher {
    Fetcher {
        store: counter.store.clone(),
        clock: counter.clock.clone(),
        account: Some(Iban::parse(OURS).unwrap()),
        agreement: agreement(),
        every: EVERY,
        still: Duration::ZERO,
    }
}

async fn standing(counter: &Counter, source: Source) -> Standing {
    let all = counter.store.read(fetching::standings).await.unwrap();
    *all.iter().find(|one| one.source == source).unwrap()
}

/// What was shipped today, as one batch.
async fn cut(counter: &Counter, sequence: u32) -> Batch {
    let number = counter.paid(&[(MUG, 1)]).await;
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    ship(store, methods, clock, &number, "anne").await.unwrap();
    batch(sequence, clock.today(), lines(counter, &[number]).await)
}

fn read(files: usize) -> Option<Round> {
    Some(Round {
        read: files,
        ..Round::default()
    })
}

pub async fn what_is_there_is_fetched_once_and_compared(counter: Counter) {
    let (fetcher, mut bank) = (fetcher(&counter), Bank::default());
    let (doors, switch, window) = doors();
    let first = cut(&counter, 1).await;
    doors.put(&first);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(1));
    assert_eq!(doors.asked(), ["batch 1"], "the bank has not answered");
    assert_eq!(fetcher.ask(&switch).await.unwrap(), None, "not yet again");

    doors.answer(&counter, &first, true);
    let statement = bank.statement(counter.clock.today(), vec![pays_for(&first)]);
    doors.state(1, xml(&statement));
    counter.clock.advance(NEXT);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(1));
    assert_eq!(fetcher.ask(&window).await.unwrap(), read(1));
    assert_eq!(doors.asked(), ["answer 1", "statement 1"]);
    let last = counter.store.read(reconciliation::last_run).await.unwrap();
    let last = last.unwrap();
    assert_eq!((last.open, last.staff), (0, None), "compared by itself");
    let batches = |tx: &mut dyn storage::Tx| reconciliation::batches_read(tx, 10);
    let known = counter.store.read(batches).await.unwrap();
    assert_eq!(
        (known.len(), known[0].taken, known[0].paid),
        (1, Some(true), true)
    );

    // A bookseller was faster with the second, and a statement has no predecessor yet.
    let second = cut(&counter, 2).await;
    doors.put(&second);
    super::hand_in_batch(&counter, &second).await;
    doors.answer(&counter, &second, true);
    let late = bank.statement(counter.clock.today(), vec![pays_for(&second)]);
    let later = bank.statement(counter.clock.today(), Vec::new());
    super::hand_in_statement(&counter, &later).await;
    doors.state(2, xml(&late));
    doors.state(3, xml(&later));
    counter.clock.advance(NEXT);
    // Two nodes come at once: one asks.
    let other = fetcher.clone();
    let (one, two) = tokio::join!(fetcher.ask(&switch), other.ask(&switch));
    let rounds: Vec<Round> = [one, two].into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(rounds, [read(1).unwrap()]);
    assert_eq!(fetcher.ask(&window).await.unwrap(), read(1));
    assert_eq!(doors.asked(), ["answer 2", "statement 2"]);
    assert_eq!(found(&counter).await, []);
    counter.clock.advance(NEXT);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(0));
    assert_eq!(fetcher.ask(&window).await.unwrap(), read(0));
    assert_eq!(doors.asked(), [""; 0]);
}

pub async fn who_is_away_is_asked_again_after_a_growing_pause(counter: Counter) {
    let (fetcher, clock) = (fetcher(&counter), &counter.clock);
    let (doors, switch, _) = doors();
    let since = clock.now();
    doors.close(Some(FetchFault::Unreachable));
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let round = fetcher.ask(&switch).await.unwrap().unwrap();
        assert_eq!(round.failure, Some(FetchFault::Unreachable));
        let standing = standing(&counter, Source::Switch).await;
        assert_eq!((standing.fetched, standing.failing), (None, Some(since)));
        assert!(!standing.is_overdue(clock.now()));
        assert_eq!(fetcher.ask(&switch).await.unwrap(), None, "it rests");
        let pause = standing.due.since(clock.now());
        clock.advance(pause);
        pauses.push(pause.as_secs());
    }
    for (pause, least) in pauses
        .iter()
        .zip([30, 60, 120, 240, 480, 960, 1800, 1800, 1800])
    {
        assert!((least..=least * 5 / 4).contains(pause), "{pauses:?}");
    }
    clock.advance(24 * 60 * MINUTE);
    assert!(
        standing(&counter, Source::Switch)
            .await
            .is_overdue(clock.now())
    );

    let first = cut(&counter, 1).await;
    doors.put(&first);
    doors.close(None);
    let asking = clock.now();
    counter
        .store
        .write(move |tx| fetching::ask_now(tx, asking))
        .await
        .unwrap();
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(1));
    let back = standing(&counter, Source::Switch).await;
    assert_eq!((back.fetched, back.failing), (Some(clock.now()), None));
    assert!(back.due.since(clock.now()) >= EVERY);

    // Who died while it had the source holds it for the lease, and no longer.
    clock.advance(NEXT);
    doors.0.lock().unwrap().hangs = true;
    let dying = tokio::time::timeout(Duration::from_millis(300), fetcher.ask(&switch));
    assert!(dying.await.is_err());
    doors.0.lock().unwrap().hangs = false;
    doors.answer(&counter, &first, true);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), None);
    clock.advance(limits::FETCH_LEASE);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(1));
}

pub async fn a_damaged_batch_is_refused_once_and_holds_up_no_other(counter: Counter) {
    let fetcher = fetcher(&counter);
    let (doors, switch, window) = doors();
    let mut batches = Vec::new();
    for sequence in 1..=3 {
        let batch = cut(&counter, sequence).await;
        doors.put(&batch);
        doors.answer(&counter, &batch, true);
        batches.push(batch);
    }
    let damaged = batches[1].to_text().replacen("A1B2C3", "A1B2C4", 1);
    doors
        .0
        .lock()
        .unwrap()
        .batches
        .insert(2, damaged.into_bytes());
    let round = fetcher.ask(&switch).await.unwrap().unwrap();
    assert_eq!((round.read, round.refused, round.failure), (4, 1, None));
    let asked = ["batch 1", "answer 1", "batch 2", "batch 3", "answer 3"];
    assert_eq!(doors.asked(), asked);
    assert_eq!(
        kinds(&counter).await,
        [BreakKind::BatchGap, BreakKind::FileRefused]
    );
    // The round came through, so there is another at the usual time, which does not ask for it.
    for _ in 0..3 {
        counter.clock.advance(NEXT);
        assert_eq!(fetcher.ask(&switch).await.unwrap(), read(0));
    }
    assert_eq!(doors.asked(), [""; 0]);
    counter.clock.advance(limits::FETCH_REFUSED_AGAIN);
    let again = fetcher.ask(&switch).await.unwrap().unwrap();
    assert_eq!(
        (again.refused, doors.asked()),
        (1, vec!["batch 2".to_owned()])
    );
    let refused = found(&counter).await;
    assert_eq!(refused.len(), 2, "the same file is one break: {refused:?}");

    doors.put(&batches[1]);
    counter.clock.advance(limits::FETCH_REFUSED_AGAIN);
    assert_eq!(fetcher.ask(&switch).await.unwrap(), read(2));
    let gone = [BreakKind::BatchGap, BreakKind::FileRefused];
    let open = kinds(&counter).await;
    assert!(open.iter().all(|kind| !gone.contains(kind)), "{open:?}");

    statements_that_are_not_believed(&counter, &fetcher, &doors, &window).await;
}

/// One of another account, one that does not add up, and one that is not the one that was asked for.
async fn statements_that_are_not_believed(
    counter: &Counter,
    fetcher: &Fetcher,
    doors: &Doors,
    window: &Place,
) {
    let mut bank = Bank::default();
    let today = counter.clock.today();
    let right = bank.statement(today, vec![transfer(700, "pour les livres")]);
    let torn = {
        let text = String::from_utf8(xml(&right)).unwrap();
        text.replace("7.00", "8.00").replacen("8.00", "9.00", 1)
    };
    let strange = {
        let text = String::from_utf8(xml(&bank.statement(today, Vec::new()))).unwrap();
        text.replace(OURS, super::THEIRS)
    };
    let other = xml(&bank.statement(today, Vec::new()));
    doors.state(1, torn.into_bytes());
    doors.state(2, strange.into_bytes());
    doors.state(9, other);
    let round = fetcher.ask(window).await.unwrap().unwrap();
    assert_eq!((round.read, round.refused), (1, 2));
    assert_eq!(round.failure, Some(FetchFault::Misnumbered));
    let refused = |open: &[BreakKind]| {
        let files = open.iter().filter(|kind| **kind == BreakKind::FileRefused);
        files.count()
    };
    assert_eq!(refused(&kinds(counter).await), 2);
    doors.asked();
    counter.clock.advance(NEXT);
    assert_eq!(fetcher.ask(window).await.unwrap(), read(0));
    assert_eq!(doors.asked(), [""; 0]);

    doors.state(1, xml(&right));
    counter.clock.advance(limits::FETCH_REFUSED_AGAIN);
    let round = fetcher.ask(window).await.unwrap().unwrap();
    assert_eq!((round.read, round.refused), (1, 1));
    assert_eq!(
        refused(&kinds(counter).await),
        1,
        "the right statement explains the torn one"
    );
}

pub async fn statements_that_lie_in_a_folder_are_read_and_laid_aside(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let place = Place::Folder(path.to_owned());
    let (fetcher, mut bank) = (fetcher(&counter), Bank::default());
    let today = counter.clock.today();
    let first = xml(&bank.statement(today, vec![transfer(700, "pour les livres")]));
    let second = xml(&bank.statement(today, Vec::new()));
    std::fs::write(path.join("20261123.xml"), &first).unwrap();
    std::fs::write(path.join("copie.xml"), &first).unwrap();
    std::fs::write(path.join("damaged.xml"), &first[..200]).unwrap();
    std::fs::write(path.join("sending.xml.part"), &second).unwrap();
    let round = fetcher.ask(&place).await.unwrap().unwrap();
    assert_eq!((round.read, round.refused, round.failure), (1, 1, None));
    assert_eq!(names(&path.join("read")), ["20261123.xml", "copie.xml"]);
    assert_eq!(names(&path.join("refused")), ["damaged.xml"]);
    assert_eq!(names(&path.join(".taken")), [""; 0]);
    let open = kinds(&counter).await;
    assert_eq!(open, [BreakKind::FileRefused, BreakKind::TransferUnknown]);
    let balance = super::balance(&counter).await;
    assert!(balance.is_balanced());

    // The same name again with other contents, and one that a node which died had taken.
    std::fs::rename(path.join("sending.xml.part"), path.join("20261123.xml")).unwrap();
    std::fs::write(path.join(".taken/copie.xml"), &first).unwrap();
    symlink("/etc/passwd", path.join("link.xml")).unwrap();
    counter.clock.advance(NEXT);
    let round = fetcher.ask(&place).await.unwrap().unwrap();
    assert_eq!((round.read, round.refused), (1, 0));
    assert_eq!(round.failure, Some(FetchFault::NotOrdinary));
    let kept = names(&path.join("read"));
    assert_eq!(kept.len(), 4, "nothing is overwritten: {kept:?}");
    assert_eq!(
        std::fs::read(path.join("read/20261123.xml")).unwrap(),
        first
    );
    assert!(path.join("link.xml").is_symlink());
    let statements = |tx: &mut dyn storage::Tx| reconciliation::statements_read(tx, 10);
    let known = counter.store.read(statements).await.unwrap();
    assert_eq!(known.len(), 2);
    assert_eq!(
        known.iter().map(|one| one.closing).max(),
        Some(Money::cents(700))
    );

    std::fs::rename(path, path.with_extension("away")).unwrap();
    counter.clock.advance(NEXT);
    let round = fetcher.ask(&place).await.unwrap().unwrap();
    assert_eq!(round.failure, Some(FetchFault::FolderMissing));
    std::fs::rename(path.with_extension("away"), path).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
