//! Files that senders leave in a folder.

use std::{path::Path, time::Duration};

use catalogue::desk::{
    JobState,
    drop_folder::{DropFolder, STILL, TroubleKind, Watcher},
    job as jobs, run,
};
use trade::ids::ImportJobId;

use super::{bench, look, work};
use crate::counter::Counter;

const TABLE: &str = "EAN;Titre;Prix TTC\n9782070360024;Nadja;12,50\n";

/// A folder where a sender's files arrive, and the desks of two shops.
struct Dropping {
    folder: tempfile::TempDir,
    desks: [tempfile::TempDir; 2],
    watchers: [Watcher; 2],
}

fn dropping() -> Dropping {
    let folder = tempfile::tempdir().unwrap();
    let desks = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let drop = DropFolder {
        folder: folder.path().to_owned(),
        sender: "quai".to_owned(),
    };
    let watchers = [
        Watcher::of(drop.clone(), desks[0].path()),
        Watcher::of(drop, desks[1].path()),
    ];
    Dropping {
        folder,
        desks,
        watchers,
    }
}

/// Both shops look at once; says how many files they took.
async fn look_both(counter: &Counter, dropping: Dropping) -> (Dropping, usize) {
    let Dropping {
        folder,
        desks,
        watchers,
    } = dropping;
    let looking = watchers.map(|mut watcher| {
        let (store, now) = (counter.store.clone(), counter.clock.now());
        tokio::task::spawn_blocking(move || {
            let taken = watcher.look(&store, now).unwrap();
            (watcher, taken)
        })
    });
    let [one, other] = looking;
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    let dropping = Dropping {
        folder,
        desks,
        watchers: [one.0, other.0],
    };
    (dropping, one.1 + other.1)
}

pub async fn two_shops_take_a_dropped_file_once(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    std::fs::write(folder.join("stock du jour.csv"), TABLE).unwrap();
    std::fs::write(folder.join("next.csv.part"), TABLE).unwrap();
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 0, "it may still be arriving");
    counter.clock.advance(STILL);
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1, "one file, whoever takes it");
    let listed = counter.store.read(|tx| jobs::jobs(tx, 10)).await.unwrap();
    assert_eq!(listed.len(), 1);
    let job = &listed[0];
    assert_eq!((job.staff.as_str(), job.state), ("quai", JobState::Waiting));
    assert_eq!(job.mapping.as_ref().unwrap().sender, "quai");
    let worked = [
        work(&bench(&counter, dropping.desks[0].path())).await,
        work(&bench(&counter, dropping.desks[1].path())).await,
    ];
    assert_eq!(worked.iter().filter(|worked| **worked).count(), 1);
    // Renamed when it was whole, so it need not lie still.
    std::fs::rename(folder.join("next.csv.part"), folder.join("next.csv")).unwrap();
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1);
    let done = folder.join("done");
    assert_eq!(
        std::fs::read_to_string(done.join("stock_du_jour.csv")).unwrap(),
        TABLE
    );
    assert!(done.join("stock_du_jour.csv.report.jsonl").exists());
    assert_eq!(look(&counter, job.id).await.counts.created, 1);
    drop(dropping);
}

pub async fn what_is_no_ordinary_file_is_left_where_it_lies(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, TABLE).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("link.csv")).unwrap();
    std::fs::hard_link(&secret, folder.join("hard.csv")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.csv")).unwrap();
    std::fs::write(folder.join("noise.bin"), [0_u8, 1, 2, 3]).unwrap();
    let (dropping, _) = look_both(&counter, dropping).await;
    counter.clock.advance(STILL);
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1, "the file that is only no feed");
    for left in ["link.csv", "hard.csv", "socket.csv"] {
        assert!(folder.join(left).symlink_metadata().is_ok(), "{left}");
    }
    for desk in &dropping.desks {
        work(&bench(&counter, desk.path())).await;
    }
    let (_dropping, _) = look_both(&counter, dropping).await;
    let failed = folder.join("failed");
    assert!(failed.join("noise.bin").exists());
    let report = std::fs::read_to_string(failed.join("noise.bin.report.jsonl")).unwrap();
    assert!(report.contains("not-recognised"), "{report}");
    // What is ours to make is not made through somebody else's link.
    let linked = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), linked.path().join("done")).unwrap();
    let drop = DropFolder {
        folder: linked.path().to_owned(),
        sender: "quai".to_owned(),
    };
    let mut watcher = Watcher::of(drop, outside.path());
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let refused = tokio::task::spawn_blocking(move || watcher.look(&store, now).is_err());
    assert!(refused.await.unwrap());
}

/// A file that was taken for a job a long while ago, by a shop that died before it wrote the job down.
fn taken_long_ago(folder: &Path, name: &str) -> (ImportJobId, std::path::PathBuf) {
    let job = ImportJobId::new();
    let path = folder.join(".taken").join(format!("{job}-{name}"));
    std::fs::write(&path, TABLE).unwrap();
    (job, path)
}

fn kinds(watcher: &Watcher) -> Vec<(String, TroubleKind)> {
    let named = watcher.troubles().map(|(path, trouble)| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, trouble.kind)
    });
    named.collect()
}

/// Looks with a clock that is past every wait.
async fn look_later(counter: &Counter, mut watcher: Watcher) -> (Watcher, usize) {
    counter.clock.advance(Duration::from_secs(61));
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let looked = tokio::task::spawn_blocking(move || {
        let taken = watcher.look(&store, now).unwrap();
        (watcher, taken)
    });
    looked.await.unwrap()
}

pub async fn a_full_disk_holds_up_one_file_and_leaves_nothing_half(counter: Counter) {
    let dropping = dropping();
    let (folder, desk) = (dropping.folder.path().to_owned(), dropping.desks[0].path());
    let [watcher, _] = dropping.watchers;
    // Real time, because the system says when a file was moved.
    counter.clock.advance(Duration::from_secs(400 * 24 * 3600));
    let (watcher, _) = look_later(&counter, watcher).await;
    let (full, full_path) = taken_long_ago(&folder, "a.csv");
    let (other, _) = taken_long_ago(&folder, "b.csv");
    // Writing there meets a full disk.
    let copy = run::file_of(desk, full);
    std::os::unix::fs::symlink("/dev/full", &copy).unwrap();
    let (mut watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(
        kinds(&watcher),
        [(format!("{full}-a.csv"), TroubleKind::DiskFull)]
    );
    assert!(copy.symlink_metadata().is_err(), "no half copy is left");
    assert!(full_path.exists(), "the file waits");
    assert_eq!(look(&counter, other).await.state, JobState::Waiting);
    // Not before a minute is over.
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let watcher = tokio::task::spawn_blocking(move || {
        watcher.look(&store, now).unwrap();
        watcher
    });
    let watcher = watcher.await.unwrap();
    let none = counter
        .store
        .read(move |tx| jobs::job(tx, full))
        .await
        .unwrap();
    assert_eq!(none, None);
    let (watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(look(&counter, full).await.state, JobState::Waiting);
    assert_eq!(kinds(&watcher), []);
    assert!(std::fs::read_to_string(&copy).is_ok_and(|text| text == TABLE));
}

pub async fn what_cannot_be_laid_aside_holds_up_no_other_file(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let desk = dropping.desks[0].path();
    let [watcher, _] = dropping.watchers;
    counter.clock.advance(Duration::from_secs(400 * 24 * 3600));
    let (watcher, _) = look_later(&counter, watcher).await;
    let (one, _) = taken_long_ago(&folder, "a.csv");
    let (_, _) = taken_long_ago(&folder, "b.csv");
    let (watcher, _) = look_later(&counter, watcher).await;
    while work(&bench(&counter, desk)).await {}
    // Neither name is free, and what bears the second can be removed by nobody as a file.
    let done = folder.join("done");
    std::fs::create_dir(done.join("a.csv")).unwrap();
    let planted = done.join(format!("{one}-a.csv.report.jsonl"));
    std::fs::create_dir(&planted).unwrap();
    let (watcher, _) = look_later(&counter, watcher).await;
    assert!(done.join("b.csv").exists() && done.join("b.csv.report.jsonl").exists());
    assert_eq!(
        kinds(&watcher),
        [(format!("{one}-a.csv"), TroubleKind::Unusable)]
    );
    let since = |watcher: &Watcher| watcher.troubles().next().unwrap().1.since;
    let first = since(&watcher);
    let (watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(since(&watcher), first, "it is one trouble");
    std::fs::remove_dir(&planted).unwrap();
    let (watcher, _) = look_later(&counter, watcher).await;
    assert!(done.join(format!("{one}-a.csv")).exists());
    assert_eq!(kinds(&watcher), []);
}

pub async fn odd_names_and_foreign_files_hold_up_no_other(counter: Counter) {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let [watcher, _] = dropping.watchers;
    let odd = std::ffi::OsStr::from_bytes(b"a\xff\n\x1b[2J.csv");
    std::fs::write(folder.join(odd), TABLE).unwrap();
    let foreign = folder.join("b.csv");
    std::fs::write(&foreign, TABLE).unwrap();
    std::fs::set_permissions(&foreign, std::fs::Permissions::from_mode(0o000)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("c.csv")).unwrap();
    std::fs::write(folder.join("d.csv"), TABLE).unwrap();
    let rights_count = std::fs::File::open(&foreign).is_err();
    let (watcher, _) = look_later(&counter, watcher).await;
    let (watcher, taken) = look_later(&counter, watcher).await;
    let names: Vec<String> = counter
        .store
        .read(|tx| jobs::jobs(tx, 10))
        .await
        .unwrap()
        .into_iter()
        .map(|job| job.name)
        .collect();
    for expected in ["a____2J.csv", "d.csv"] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    let troubles = kinds(&watcher);
    let of_link = ("c.csv".to_owned(), TroubleKind::NotOrdinary);
    assert!(troubles.contains(&of_link), "{troubles:?}");
    if !rights_count {
        println!("skipped: a file that may not be read, because this account may read all");
        return;
    }
    assert_eq!((taken, troubles.len()), (2, 2));
    let failed: Vec<_> = std::fs::read_dir(folder.join("failed"))
        .unwrap()
        .flatten()
        .collect();
    let report = failed.iter().find(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .ends_with("b.csv.report.jsonl")
    });
    let report = std::fs::read_to_string(report.unwrap().path()).unwrap();
    assert!(report.contains("\"forbidden\""), "{report}");
}
