//! O21: from what a sender offers to what pages show, through the queue in the database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::sync::Arc;
use std::time::Duration;

use catalogue::covers::Picture;
use catalogue::model::{CoverLink, Edition};
use catalogue::store::{
    COVERS_OF_ONE_SERVER, CoverReason, CoverState, CoverTrouble, Incoming, Record, cover_counts,
    cover_troubles, pictures, put_all, try_covers_again,
};
use covers::limits;
use covers::mend::Mending;
use covers::worker::Worker;
use house::{OnlyThis, Supplier, answer, fetcher, jpeg, png_that_claims};
use jiff::civil::date;
use storage::{Store, StoreUrl};
use tempfile::TempDir;
use trade::clock::{Clock, Timestamp};

/// A shop with one supplier.
struct Shop {
    supplier: Supplier,
    reach: OnlyThis,
    store: Store,
    clock: Clock,
    worker: Arc<Worker<OnlyThis>>,
    folder: TempDir,
}

impl Shop {
    async fn open() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
        let store = Store::open(&url, &[catalogue::MIGRATIONS]).await.unwrap();
        let supplier = Supplier::open().await;
        let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000));
        let reach = OnlyThis::at(supplier.address);
        let worker = Worker {
            store: store.clone(),
            clock: clock.clone(),
            fetcher: fetcher(&reach),
            folder: folder.path().join("covers"),
            pause: Duration::ZERO,
            server_time: limits::SERVER_TIME,
        };
        Shop {
            supplier,
            reach,
            store,
            clock,
            worker: Arc::new(worker),
            folder,
        }
    }

    /// Another node on the same database, with a folder of its own.
    fn node(&self, folder: &str) -> Worker<OnlyThis> {
        Worker {
            store: self.store.clone(),
            clock: self.clock.clone(),
            fetcher: fetcher(&self.reach),
            folder: self.folder.path().join(folder),
            pause: Duration::ZERO,
            server_time: limits::SERVER_TIME,
        }
    }

    /// Puts books with these covers in at once; nothing is tried.
    async fn put(&self, links: Vec<String>) {
        let records = links.into_iter().enumerate().map(|(number, link)| {
            let mut edition = Edition::titled(format!("Livre {number}"));
            edition.cover = Some(CoverLink::of(link));
            Incoming::Put(Box::new(Record {
                sender: "quai".into(),
                reference: number.to_string(),
                message: None,
                edition,
            }))
        });
        let (store, records) = (self.store.clone(), records.collect::<Vec<_>>());
        let put = move || put_all(&store, records.into_iter());
        tokio::task::spawn_blocking(put).await.unwrap().unwrap();
    }

    /// The sender says this of a book, and everything that is due is tried.
    async fn offer(&self, reference: &str, cover: Option<CoverLink>) -> usize {
        let mut edition = Edition::titled(format!("Livre {reference}"));
        edition.cover = cover;
        let record = Record {
            sender: "quai".into(),
            reference: reference.into(),
            message: None,
            edition,
        };
        let store = self.store.clone();
        let put = move || put_all(&store, std::iter::once(Incoming::Put(Box::new(record))));
        tokio::task::spawn_blocking(put).await.unwrap().unwrap();
        self.round().await
    }

    async fn round(&self) -> usize {
        Arc::clone(&self.worker).round().await.unwrap()
    }

    fn linked(&self, path: &str) -> CoverLink {
        CoverLink::of(self.supplier.link(path))
    }

    async fn picture(&self) -> Option<Picture> {
        let pictures = self.store.read(|tx| pictures(tx, None)).await.unwrap();
        pictures.first().and_then(|(_, picture)| *picture)
    }

    async fn pictures(&self) -> Vec<Picture> {
        let pictures = self.store.read(|tx| pictures(tx, None)).await.unwrap();
        pictures
            .into_iter()
            .filter_map(|(_, picture)| picture)
            .collect()
    }

    async fn troubles(&self) -> Vec<CoverTrouble> {
        self.store.read(|tx| cover_troubles(tx, 100)).await.unwrap()
    }

    async fn count(&self, state: CoverState) -> u64 {
        let counts = self.store.read(cover_counts).await.unwrap();
        counts.get(&state).copied().unwrap_or_default()
    }
}

#[tokio::test]
async fn o21_a_cover_is_fetched_again_only_when_it_is_newer() {
    let shop = Shop::open().await;
    let first = jpeg(400, 600, 1);
    shop.supplier.put_file("/1.jpg", "ETag: \"a\"\r\n", &first);
    let undated = shop.linked("/1.jpg");
    assert_eq!(shop.offer("1", Some(undated.clone())).await, 1);
    let picture = shop.picture().await.unwrap();
    for width in picture.widths() {
        let file = picture.file(width, catalogue::covers::picture::Format::WebP);
        assert!(
            shop.folder
                .path()
                .join("covers")
                .join(&file[..2])
                .join(&file)
                .is_file()
        );
    }
    assert_eq!((picture.width(), picture.height()), (400, 600));

    // The same again, and the same file by its hash: nothing is asked.
    assert_eq!(shop.offer("1", Some(undated.clone())).await, 0);
    let known = CoverLink {
        sha256: Some(covers::render::sha256(&first)),
        ..shop.linked("/1.jpg")
    };
    assert_eq!(shop.offer("1", Some(known)).await, 0);
    assert_eq!(shop.supplier.asked().len(), 1);

    // A new date: asked with the tag, and not sent again.
    let dated = |day| CoverLink {
        updated: Some(date(2026, 11, day)),
        ..shop.linked("/1.jpg")
    };
    assert_eq!(shop.offer("1", Some(dated(20))).await, 1);
    assert!(shop.supplier.asked()[1].contains("if-none-match: \"a\""));
    assert_eq!(shop.picture().await, Some(picture));

    // Another picture under the same link.
    shop.supplier
        .put_file("/1.jpg", "ETag: \"b\"\r\n", &jpeg(400, 600, 200));
    assert_eq!(shop.offer("1", Some(dated(21))).await, 1);
    assert_ne!(shop.picture().await, Some(picture));
    assert_eq!(shop.count(CoverState::Kept).await, 1);

    // The sender takes it back.
    assert_eq!(shop.offer("1", None).await, 0);
    assert_eq!(shop.picture().await, None);
    assert_eq!(shop.count(CoverState::Kept).await, 0);
}

#[tokio::test]
async fn o21_a_new_link_is_not_asked_with_what_is_known_of_the_old_one() {
    let shop = Shop::open().await;
    let wrong = "Last-Modified: Fri, 20 Nov 2026 08:00:00 GMT\r\n";
    let right = "Last-Modified: Sun, 01 Mar 2026 08:00:00 GMT\r\n";
    shop.supplier.put_file("/a.jpg", wrong, &jpeg(400, 600, 1));
    shop.supplier.put_file("/b.jpg", right, &jpeg(300, 450, 9));
    shop.offer("1", Some(shop.linked("/a.jpg"))).await;
    shop.offer("1", Some(shop.linked("/b.jpg"))).await;
    assert!(!shop.supplier.asked()[1].contains("if-modified-since"));
    assert_eq!(shop.picture().await.unwrap().width(), 300);

    // The same file elsewhere, by its hash, is not fetched; what comes of that address later is.
    let moved = |updated| CoverLink {
        sha256: Some(covers::render::sha256(&jpeg(300, 450, 9))),
        updated,
        ..shop.linked("/c.jpg")
    };
    assert_eq!(shop.offer("1", Some(moved(None))).await, 0);
    let older = "Last-Modified: Sun, 01 Feb 2026 08:00:00 GMT\r\n";
    shop.supplier.put_file("/c.jpg", older, &jpeg(200, 300, 5));
    let corrected = CoverLink {
        sha256: None,
        ..moved(Some(date(2026, 11, 21)))
    };
    shop.offer("1", Some(corrected)).await;
    assert_eq!(shop.picture().await.unwrap().width(), 200);
}

#[tokio::test]
async fn o21_a_picture_of_which_nothing_is_said_is_asked_for_again_after_a_month() {
    let shop = Shop::open().await;
    shop.supplier
        .put_file("/1.jpg", "ETag: \"a\"\r\n", &jpeg(400, 600, 1));
    shop.offer("1", Some(shop.linked("/1.jpg"))).await;
    shop.clock
        .advance(limits::LOOK_AGAIN - Duration::from_secs(1));
    assert_eq!(shop.round().await, 0);
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.round().await, 0);
    assert!(shop.supplier.asked()[1].contains("if-none-match"));
    assert_eq!(shop.count(CoverState::Kept).await, 1);
}

#[tokio::test]
async fn o21_what_is_refused_is_told_and_tried_again_when_asked() {
    let shop = Shop::open().await;
    shop.supplier
        .put_file("/bomb.png", "", &png_that_claims(100_000, 100_000));
    shop.supplier
        .put_file("/page", "Content-Type: image/jpeg\r\n", b"<!doctype html>");
    for (reference, link, reason) in [
        (
            "1",
            shop.supplier.link("/bomb.png"),
            CoverReason::TooManyPixels,
        ),
        ("2", shop.supplier.link("/page"), CoverReason::Type),
        ("3", "http://10.0.0.1/1.jpg".to_owned(), CoverReason::Link),
        (
            "4",
            shop.supplier.named("127.0.0.2", "/1.jpg"),
            CoverReason::PrivateAddress,
        ),
    ] {
        assert_eq!(
            shop.offer(reference, Some(CoverLink::of(link.clone())))
                .await,
            1
        );
        let troubles = shop.troubles().await;
        let told = troubles
            .iter()
            .find(|trouble| trouble.link == link)
            .unwrap();
        assert_eq!(
            (told.state, told.reason),
            (CoverState::Refused, reason),
            "{link}"
        );
        assert!(!told.detail.is_empty());
        assert_eq!(told.due, None);
    }
    assert_eq!(shop.picture().await, None);
    assert_eq!(shop.round().await, 0);

    shop.supplier.put_file("/page", "", &jpeg(400, 600, 1));
    let now = shop.clock.now();
    let again = shop.store.write(move |tx| try_covers_again(tx, None, now));
    assert_eq!(again.await.unwrap(), 4);
    assert_eq!(shop.round().await, 4);
    assert_eq!(shop.count(CoverState::Kept).await, 1);
    assert_eq!(shop.count(CoverState::Refused).await, 3);
}

#[tokio::test]
async fn o21_failures_are_tried_again_ever_more_rarely_and_then_given_up() {
    let shop = Shop::open().await;
    shop.offer("1", Some(shop.linked("/later.jpg"))).await;
    for tried in 1..limits::TRIES {
        let trouble = shop.troubles().await.remove(0);
        assert_eq!(
            (trouble.state, trouble.reason),
            (CoverState::Failing, CoverReason::Answer)
        );
        let pause = trouble.due.unwrap().since(shop.clock.now());
        assert!(pause >= limits::FIRST_PAUSE * tried, "{pause:?}");
        assert_eq!(shop.round().await, 0);
        shop.clock.advance(pause);
        assert_eq!(shop.round().await, 1);
    }
    assert_eq!(shop.troubles().await[0].state, CoverState::Refused);
    shop.clock.advance(limits::LONGEST_PAUSE * 10);
    assert_eq!(shop.round().await, 0);

    // The sender says something new of it, and the file has come.
    shop.supplier.put_file("/later.jpg", "", &jpeg(400, 600, 1));
    let dated = CoverLink {
        updated: Some(date(2027, 3, 1)),
        ..shop.linked("/later.jpg")
    };
    assert_eq!(shop.offer("1", Some(dated)).await, 1);
    assert_eq!(shop.count(CoverState::Kept).await, 1);
}

#[tokio::test]
async fn o21_a_server_in_trouble_is_left_alone_with_all_its_covers() {
    let shop = Shop::open().await;
    let busy = answer("503 Service Unavailable", "Retry-After: 3600\r\n", b"");
    for number in 1..=5 {
        shop.supplier.put(&format!("/{number}.jpg"), busy.clone());
    }
    // All five are waiting before the first is asked for.
    let links = (1..=5).map(|number| shop.supplier.link(&format!("/{number}.jpg")));
    shop.put(links.collect()).await;
    assert_eq!(shop.round().await, 5);
    assert_eq!(shop.supplier.asked().len(), 1);
    assert_eq!(shop.count(CoverState::Failing).await, 1);
    assert_eq!(shop.count(CoverState::Waiting).await, 4);
    shop.clock.advance(Duration::from_secs(3599));
    assert_eq!(shop.round().await, 0);
    for number in 1..=5 {
        shop.supplier
            .put_file(&format!("/{number}.jpg"), "", &jpeg(400, 600, number));
    }
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(shop.round().await, 5);
    assert_eq!(shop.count(CoverState::Kept).await, 5);
}

#[tokio::test]
async fn o21_pictures_whose_files_are_gone_are_fetched_again() {
    let shop = Shop::open().await;
    shop.supplier
        .put_file("/1.jpg", "ETag: \"a\"\r\n", &jpeg(400, 600, 1));
    shop.offer("1", Some(shop.linked("/1.jpg"))).await;
    let picture = shop.picture().await.unwrap();
    let mut mending = Mending::default();
    assert_eq!(shop.worker.mend(&mut mending).await.unwrap(), 0);
    assert_eq!(shop.supplier.asked().len(), 1);
    std::fs::remove_dir_all(&shop.worker.folder).unwrap();
    assert_eq!(shop.worker.mend(&mut mending).await.unwrap(), 1);
    assert!(!shop.supplier.asked()[1].contains("if-none-match"));
    assert!(picture.is_in(&shop.worker.folder));
    assert_eq!(shop.picture().await, Some(picture));
}

#[tokio::test]
async fn o21_each_of_two_nodes_has_its_own_files_and_leaves_the_others_their_pictures() {
    let shop = Shop::open().await;
    shop.supplier.put_file("/0.jpg", "", &jpeg(400, 600, 0));
    shop.supplier.put_file("/1.jpg", "", &jpeg(400, 600, 1));
    let links = ["/0.jpg", "/1.jpg"].map(|path| shop.supplier.link(path));
    shop.put(links.to_vec()).await;
    assert_eq!(shop.round().await, 2);
    let kept = shop.pictures().await;

    // The other node starts: it gets the same files, and no row changes. One of them has gone meanwhile.
    let (other, mut mending) = (shop.node("elsewhere"), Mending::default());
    let gone = answer("404 Not Found", "", b"");
    shop.supplier.put("/1.jpg", gone);
    assert_eq!(other.mend(&mut mending).await.unwrap(), 1);
    let here = kept.iter().map(|picture| picture.is_in(&other.folder));
    assert_eq!(here.collect::<Vec<_>>(), [true, false]);
    assert_eq!(shop.pictures().await, kept);
    assert_eq!(shop.count(CoverState::Kept).await, 2);
    // What failed is left alone for a while.
    let asked = shop.supplier.asked().len();
    assert_eq!(other.mend(&mut mending).await.unwrap(), 0);
    assert_eq!(shop.supplier.asked().len(), asked);

    // Another file is under the link by now: it is kept for nobody until the cover is fetched anew.
    shop.supplier.put_file("/1.jpg", "", &jpeg(300, 450, 9));
    shop.clock.advance(limits::FIRST_PAUSE);
    assert_eq!(other.mend(&mut mending).await.unwrap(), 0);
    assert_eq!(shop.pictures().await, kept, "the first node still shows it");
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.pictures().await[1].width(), 300);
    shop.clock.advance(limits::FIRST_PAUSE * 4);
    assert_eq!(other.mend(&mut mending).await.unwrap(), 1);
    assert!(shop.pictures().await[1].is_in(&other.folder));
    assert_eq!(shop.worker.mend(&mut Mending::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn o21_a_supplier_of_many_covers_does_not_stand_before_the_others() {
    let shop = Shop::open().await;
    let many = COVERS_OF_ONE_SERVER * 2;
    let mut links: Vec<String> = (0..many)
        .map(|number| shop.supplier.link(&format!("/{number}.jpg")))
        .collect();
    shop.reach.knows("quai.example", &[&["127.0.0.1"]]);
    links.push(shop.supplier.named("quai.example", "/last.jpg"));
    shop.supplier.put_file("/last.jpg", "", &jpeg(400, 600, 1));
    shop.put(links).await;
    assert_eq!(shop.round().await, COVERS_OF_ONE_SERVER + 1);
    assert_eq!(shop.count(CoverState::Kept).await, 1);
    assert_eq!(shop.round().await, COVERS_OF_ONE_SERVER, "the rest waits");
}

#[tokio::test]
async fn o21_a_slow_server_has_its_time_and_no_more() {
    let shop = Shop::open().await;
    let mut worker = shop.node("covers");
    worker.server_time = Duration::ZERO;
    let links = (0..3).map(|number| shop.supplier.link(&format!("/{number}.jpg")));
    shop.put(links.collect()).await;
    let worker = Arc::new(worker);
    for asked in 1..=3 {
        assert_eq!(Arc::clone(&worker).round().await.unwrap(), 4 - asked);
        assert_eq!(shop.supplier.asked().len(), asked);
    }
}

#[tokio::test]
async fn o21_files_that_no_row_names_are_removed_after_a_day() {
    let shop = Shop::open().await;
    shop.supplier.put_file("/1.jpg", "", &jpeg(400, 600, 1));
    shop.offer("1", Some(shop.linked("/1.jpg"))).await;
    let kept = shop.picture().await.unwrap();
    shop.supplier.put_file("/2.jpg", "", &jpeg(400, 600, 2));
    shop.offer("1", Some(shop.linked("/2.jpg"))).await;
    let shown = shop.picture().await.unwrap();
    let folder = &shop.worker.folder;
    assert_eq!(shop.worker.sweep().await.unwrap(), 0, "they are young");
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(25 * 3600);
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        for file in std::fs::read_dir(entry.path()).into_iter().flatten() {
            let file = std::fs::File::options()
                .write(true)
                .open(file.unwrap().path());
            file.unwrap().set_modified(long_ago).unwrap();
        }
    }
    assert_eq!(
        shop.worker.sweep().await.unwrap(),
        4,
        "three WebP and a JPEG"
    );
    assert!(shown.is_in(folder) && !kept.is_in(folder));
    assert!(folder.join("notes.txt").is_file());
    assert_eq!(shop.worker.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn o21_a_file_that_is_announced_as_too_large_is_not_asked_for() {
    let shop = Shop::open().await;
    let huge = CoverLink {
        bytes: Some(limits::FILE_BYTES as u64 + 1),
        ..shop.linked("/1.jpg")
    };
    shop.offer("1", Some(huge)).await;
    assert_eq!(shop.troubles().await[0].reason, CoverReason::TooLarge);
    assert!(shop.supplier.asked().is_empty());
}

#[tokio::test]
async fn o21_a_cover_that_ends_the_process_is_not_tried_at_every_start() {
    let shop = Shop::open().await;
    shop.supplier.put_file("/1.jpg", "", &jpeg(400, 600, 1));
    let now = shop.clock.now();
    let mut edition = Edition::titled("Livre");
    edition.cover = Some(shop.linked("/1.jpg"));
    let record = Record {
        sender: "quai".into(),
        reference: "1".into(),
        message: None,
        edition,
    };
    let store = shop.store.clone();
    let put = move || put_all(&store, std::iter::once(Incoming::Put(Box::new(record))));
    tokio::task::spawn_blocking(put).await.unwrap().unwrap();
    let taken = shop.store.write(move |tx| {
        catalogue::store::follow_covers(tx, now)?;
        catalogue::store::take_due_covers(tx, now, 10)
    });
    assert_eq!(taken.await.unwrap().len(), 1);
    // The process ends here.
    assert_eq!(shop.round().await, 0);
    shop.clock.advance(Duration::from_secs(3600));
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.count(CoverState::Kept).await, 1);
}
