//! Files in, shelf out, on SQLite; `tests/conformance` holds PostgreSQL to the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::{Path, PathBuf};

use catalogue::import::{Note, Tally, import_files};
use catalogue::limits;
use catalogue::model::{
    Availability, Edition, EditionId, Isbn13, Language, Money, Price, PriceRegime, Review,
};
use catalogue::shelf::{self, Refreshed, Shelf, ShelfError, ShelfHandle};
use catalogue::store::{self, Incoming, Record, put_all, put_reviews};
use storage::{Store, StoreUrl};

/// An empty catalogue in a folder of its own.
struct Shop {
    store: Store,
    folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Shop {
    fn empty() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
        let store = runtime
            .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
            .unwrap();
        Shop {
            store,
            folder,
            _runtime: runtime,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn import(&self, files: &[PathBuf]) -> (Tally, Vec<Note>) {
        let mut notes = Vec::new();
        let tally = import_files(&self.store, files, &(), &mut notes).unwrap();
        let sum = tally.created + tally.updated + tally.unchanged + tally.rejected + tally.hidden;
        assert_eq!(tally.products, sum);
        (tally, notes)
    }

    fn put(&self, editions: &[Edition]) -> store::Tally {
        let records = editions.iter().map(|edition| {
            Incoming::Put(Box::new(Record {
                sender: "test".to_owned(),
                reference: edition.title.clone(),
                message: None,
                edition: edition.clone(),
            }))
        });
        put_all(&self.store, records).unwrap()
    }

    fn sequence(&self) -> i64 {
        self.store.read_blocking(store::sequence).unwrap()
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn for_sale(title: &str, popularity: u32) -> Edition {
    Edition {
        price: Some(Price {
            amount: Money::cents(1200),
            regime: PriceRegime::FixedFr,
        }),
        availability: Availability::InStock,
        popularity,
        ..Edition::titled(title)
    }
}

fn isbn(text: &str) -> Isbn13 {
    Isbn13::parse(text).unwrap()
}

#[test]
fn o2_the_same_file_twice_changes_nothing() {
    let shop = Shop::empty();
    let (first, notes) = shop.import(&[fixture("reference.xml")]);
    assert_eq!((first.products, first.created, first.unchanged), (2, 1, 1));
    assert_eq!(notes, []);
    let sequence = shop.sequence();
    let (again, _) = shop.import(&[fixture("reference.xml"), fixture("short.xml")]);
    assert_eq!((again.products, again.unchanged), (4, 4));
    assert_eq!(shop.sequence(), sequence);
}

#[test]
fn o4_a_deletion_hides_and_a_new_record_shows_again() {
    let shop = Shop::empty();
    let reference = fs::read_to_string(fixture("reference.xml")).unwrap();
    let withdrawn = shop.path().join("withdrawn");
    fs::write(
        &withdrawn,
        reference.replacen("<NotificationType>03", "<NotificationType>05", 1),
    )
    .unwrap();
    shop.import(&[fixture("reference.xml")]);
    let visible = || {
        shop.store
            .read_blocking(|tx| store::edition(tx, EditionId(1)))
            .unwrap()
            .is_some()
    };
    assert!(visible());
    assert_eq!(shop.import(&[withdrawn]).0.hidden, 1);
    assert!(!visible());
    let next_day = shop.path().join("next day");
    fs::write(&next_day, reference.replace("20261120T", "20261121T")).unwrap();
    assert_eq!(shop.import(&[next_day]).0.updated, 1);
    assert!(visible());
}

#[test]
fn o5_the_last_record_of_a_reference_wins() {
    let shop = Shop::empty();
    let twice = shop.path().join("twice.jsonl");
    fs::write(
        &twice,
        "{\"id\":\"a:1\",\"title\":\"One\"}\n{\"id\":\"a:1\",\"title\":\"Two\"}\n",
    )
    .unwrap();
    let (tally, notes) = shop.import(std::slice::from_ref(&twice));
    assert_eq!(
        (tally.created, tally.updated, notes[0].code, notes[0].line),
        (1, 1, "duplicate-reference", 2)
    );
    let edition = shop
        .store
        .read_blocking(|tx| store::edition(tx, EditionId(1)))
        .unwrap()
        .unwrap();
    assert_eq!(edition.title, "Two");
    assert!(
        import_files(
            &shop.store,
            &[shop.path().join("none")],
            &(),
            &mut Vec::new()
        )
        .is_err()
    );
}

#[test]
fn an_offer_is_what_an_order_needs() {
    let shop = Shop::empty();
    shop.put(&[
        Edition {
            isbn: Some(isbn("9782070541270")),
            ..for_sale("A", 1)
        },
        Edition::titled("B"),
    ]);
    let offer = |id| {
        shop.store
            .read_blocking(move |tx| store::offer(tx, EditionId(id)))
            .unwrap()
    };
    let sold = offer(1).unwrap();
    assert_eq!((sold.title.as_str(), sold.buyable), ("A", true));
    assert_eq!(
        (sold.isbn, sold.price.unwrap().amount),
        (Some(isbn("9782070541270")), Money::cents(1200))
    );
    let unsold = offer(2).unwrap();
    assert_eq!((unsold.price, unsold.buyable), (None, false));
    assert_eq!(offer(3), None);
}

#[test]
fn the_shelf_finds_what_the_database_holds() {
    let shop = Shop::empty();
    let (first, other) = (isbn("9782070541270"), isbn("9780141439518"));
    let one = Edition {
        isbn: Some(first),
        other_isbns: vec![other],
        ..Edition::titled("One")
    };
    let same_isbn = Edition {
        isbn: Some(first),
        ..for_sale("Two", 9)
    };
    shop.put(&[one, same_isbn, for_sale("Three", 50)]);
    let review = Review {
        id: 0,
        edition: EditionId(2),
        rating: 4,
        title: "Bien".to_owned(),
        body: "Lu d’une traite.".to_owned(),
        author: "M.".to_owned(),
        language: Language::parse("fr").unwrap(),
        written: jiff::civil::date(2026, 11, 1),
        generated: true,
    };
    assert_eq!(
        put_reviews(&shop.store, "test", std::iter::once(review.clone())).unwrap(),
        1
    );
    assert_eq!(
        put_reviews(&shop.store, "test", std::iter::once(review)).unwrap(),
        0
    );

    assert!(matches!(
        Shelf::open(shop.path()),
        Err(ShelfError::Missing(_))
    ));
    let counts = shelf::build(&shop.store, shop.path()).unwrap();
    assert_eq!((counts.editions, counts.reviews), (3, 1));
    let shelf = Shelf::open(shop.path()).unwrap();
    assert_eq!(shelf.len(), 3);
    assert_eq!(
        shelf.iter().map(|edition| edition.id.0).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(shelf.by_isbn(first).unwrap().title, "Two");
    assert_eq!(shelf.by_isbn(other).unwrap().title, "One");
    assert_eq!(shelf.all_by_isbn(first).len(), 2);
    let work = shelf.edition(EditionId(3)).unwrap().work;
    assert_eq!(shelf.editions_of(work).len(), 1);
    assert_eq!(shelf.reviews(EditionId(2))[0].title, "Bien");
    assert!(shelf.reviews(EditionId(1)).is_empty());
    assert_eq!(shelf.showcase().best_selling, [EditionId(3), EditionId(2)]);
    assert_eq!(shelf.edition(EditionId(9)), None);
}

#[test]
fn the_overlay_follows_the_database() {
    let shop = Shop::empty();
    shop.put(&[for_sale("One", 1), for_sale("Two", 2)]);
    let handle = ShelfHandle::open_or_build(&shop.store, shop.path()).unwrap();
    let before = handle.load();
    assert!(handle.refresh(&shop.store).unwrap().is_empty());

    let number = isbn("9782070541270");
    shop.put(&[
        Edition {
            isbn: Some(number),
            ..for_sale("One", 5)
        },
        for_sale("Three", 3),
    ]);
    let hide = Incoming::Hide {
        sender: "test".to_owned(),
        reference: "Two".to_owned(),
        message: None,
    };
    put_all(&shop.store, std::iter::once(hide)).unwrap();
    let Refreshed {
        changed, removed, ..
    } = handle.refresh(&shop.store).unwrap();
    assert_eq!(
        (changed.len(), removed.as_slice()),
        (2, [EditionId(2)].as_slice())
    );

    let shelf = handle.load();
    assert_eq!((before.len(), shelf.len()), (2, 2));
    assert_eq!(shelf.by_isbn(number).unwrap().popularity, 5);
    assert_eq!(shelf.edition(EditionId(2)), None);
    let titles: Vec<_> = shelf.iter().map(|edition| edition.title.clone()).collect();
    assert_eq!(titles, ["One", "Three"]);
    assert!(handle.refresh(&shop.store).unwrap().is_empty());
    assert_eq!(before.edition(EditionId(2)).unwrap().title, "Two");
}

#[test]
fn many_changes_come_in_steps_and_are_merged_into_the_file() {
    let shop = Shop::empty();
    shop.put(&[for_sale("One", 1), for_sale("Two", 2)]);
    let handle = ShelfHandle::open_or_build(&shop.store, shop.path()).unwrap();
    let many: Vec<Edition> = (0..limits::OVERLAY_EDITIONS + 1)
        .map(|n| Edition {
            isbn: (n == 7).then(|| isbn("9782070541270")),
            ..for_sale(&format!("{n}"), 10 + n as u32)
        })
        .collect();
    shop.put(&many);
    let hide = Incoming::Hide {
        sender: "test".to_owned(),
        reference: "One".to_owned(),
        message: None,
    };
    put_all(&shop.store, std::iter::once(hide)).unwrap();

    let (mut steps, mut changed, mut removed) = (0, 0, 0);
    loop {
        assert!(!handle.wants_merging());
        let refreshed = handle.refresh(&shop.store).unwrap();
        steps += 1;
        changed += refreshed.changed.len();
        removed += refreshed.removed.len();
        if !refreshed.more {
            break;
        }
        assert!(refreshed.changed.len() <= limits::CHANGES_AT_ONCE);
    }
    assert!(steps > 4, "{steps}");
    assert_eq!((changed, removed), (many.len(), 1));
    let by_overlay: Vec<_> = handle.load().iter().collect();

    assert!(handle.wants_merging());
    handle.merge(&shop.store).unwrap();
    assert!(!handle.wants_merging());
    assert!(handle.refresh(&shop.store).unwrap().is_empty());
    let shelf = handle.load();
    assert_eq!(shelf.iter().collect::<Vec<_>>(), by_overlay);
    assert_eq!(shelf.by_isbn(isbn("9782070541270")).unwrap().title, "7");
    assert_eq!(shelf.edition(EditionId(1)), None);

    // The merged file is the one that the database would give.
    let elsewhere = tempfile::tempdir().unwrap();
    shelf::build(&shop.store, elsewhere.path()).unwrap();
    let built = Shelf::open(elsewhere.path()).unwrap();
    assert_eq!(built.content_hash(), shelf.content_hash());
    assert_eq!(built.showcase(), shelf.showcase());
    let reopened = Shelf::open(shop.path()).unwrap();
    assert_eq!(reopened.sequence(), shelf.sequence());
}

#[test]
fn a_shelf_that_is_not_whole_is_refused_and_built_again() {
    let shop = Shop::empty();
    shop.put(&[for_sale("One", 1)]);
    shelf::build(&shop.store, shop.path()).unwrap();
    let file = shop.path().join("catalogue.shelf");
    let whole = fs::read(&file).unwrap();
    let index = whole.len() - 3;
    let damaged = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        bytes
    };
    type Check = fn(&ShelfError) -> bool;
    let cases: [(Vec<u8>, Check); 5] = [
        (whole[..whole.len() - 1].to_vec(), |error| {
            matches!(error, ShelfError::Truncated { .. })
        }),
        (b"not a shelf".to_vec(), |error| {
            matches!(error, ShelfError::Foreign(_))
        }),
        (damaged(0), |error| matches!(error, ShelfError::Foreign(_))),
        (damaged(8), |error| {
            matches!(error, ShelfError::OtherVersion { .. })
        }),
        (damaged(index), |error| {
            matches!(error, ShelfError::Damaged(_))
        }),
    ];
    for (bytes, is_expected) in cases {
        fs::write(&file, &bytes).unwrap();
        let error = Shelf::open(shop.path()).unwrap_err();
        assert!(is_expected(&error), "{error}");
        assert_eq!(
            ShelfHandle::open_or_build(&shop.store, shop.path())
                .unwrap()
                .load()
                .len(),
            1
        );
    }
}
