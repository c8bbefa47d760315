//! Several senders, one book: provenance, precedence, order of messages, merging, and taking it all back. On SQLite;
//! `tests/conformance` holds PostgreSQL to the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use catalogue::model::{
    Availability, Contributor, ContributorRole, Edition, EditionId, Isbn13, Money, Price,
    PriceRegime, Series, Text, TextKind,
};
use catalogue::store::{
    self, Block, BlockUpdate, By, Delivery, Done, Field, Found, ImportState, Incoming, Message,
    Record, Refusal,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use storage::{Row, Statement, Store, StoreUrl, Tx};
use trade::clock::Timestamp;

storage::statements! {
    EDITION_ROWS = "SELECT id, hidden, CASE hidden WHEN 0 THEN work_id END, CASE hidden WHEN 0 THEN isbn13 END,
        CASE hidden WHEN 0 THEN price_cents END, CASE hidden WHEN 0 THEN document END FROM editions ORDER BY id";
    RECORD_ROWS = "SELECT id, sender, reference, edition_id, home_id, isbn13, standing FROM records ORDER BY id";
    ISBN_ROWS = "SELECT isbn13, record_id FROM record_isbns ORDER BY isbn13, record_id";
    NOTIFICATION_ROWS = "SELECT id, record_id, import_id, sent_us, number, kind, undone, document
        FROM notifications ORDER BY id";
    IMPORT_ROWS = "SELECT id, name, state FROM imports ORDER BY id";
}

/// What doing, undoing and doing again must leave the same. What a hidden edition last said is nobody's statement.
const KEPT: [&Statement; 5] = [
    &EDITION_ROWS,
    &RECORD_ROWS,
    &ISBN_ROWS,
    &NOTIFICATION_ROWS,
    &IMPORT_ROWS,
];

const BOOK: &str = "9782070541270";
const OTHER_BOOK: &str = "9780141439518";

struct Catalogue {
    store: Store,
    _folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Catalogue {
    fn empty() -> Catalogue {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
        let store = runtime
            .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
            .unwrap();
        Catalogue {
            store,
            _folder: folder,
            _runtime: runtime,
        }
    }

    fn put(&self, incoming: impl IntoIterator<Item = Incoming>) -> Done {
        store::put(&self.store, &delivery(), incoming.into_iter()).unwrap()
    }

    fn editions(&self) -> Vec<Edition> {
        self.store
            .read_blocking(|tx| store::page(tx, EditionId(0), 1_000))
            .unwrap()
    }

    fn only(&self) -> Edition {
        let editions = self.editions();
        assert_eq!(editions.len(), 1, "{editions:#?}");
        editions[0].clone()
    }

    fn write<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut dyn Tx) -> Result<T, Refusal> + Send + 'static,
    ) -> T {
        self.store.write_blocking(verb).unwrap()
    }

    fn fingerprint(&self) -> String {
        let rows: Vec<Vec<Row>> = self
            .store
            .read_blocking(|tx| {
                KEPT.iter()
                    .map(|table| tx.query(table, &[]))
                    .collect::<Result<_, _>>()
            })
            .unwrap();
        format!("{:x?}", Sha256::digest(format!("{rows:?}").as_bytes()))
    }

    /// What a reader can see, whatever the numbers.
    fn content(&self) -> Vec<String> {
        let mut said: Vec<String> = self
            .editions()
            .into_iter()
            .map(|edition| {
                let edition = Edition {
                    id: EditionId(0),
                    work: trade::ids::WorkId(0),
                    ..edition
                };
                serde_json::to_string(&edition).unwrap()
            })
            .collect();
        said.sort_unstable();
        said
    }

    fn sequence(&self) -> i64 {
        self.store.read_blocking(store::sequence).unwrap()
    }
}

fn delivery() -> Delivery {
    Delivery {
        name: "test".to_owned(),
        staff: "libraire".to_owned(),
        at: Timestamp::micros(1),
    }
}

fn by() -> By {
    By {
        staff: "libraire".to_owned(),
        at: Timestamp::micros(2),
    }
}

fn book(title: &str, author: &str) -> Edition {
    Edition {
        isbn: Isbn13::parse(BOOK).ok(),
        contributors: vec![Contributor {
            name: author.to_owned(),
            inverted: None,
            role: ContributorRole::Author,
        }],
        ..Edition::titled(title)
    }
}

fn priced(edition: Edition, cents: i64) -> Edition {
    Edition {
        price: Some(Price {
            amount: Money::cents(cents),
            regime: PriceRegime::FixedFr,
        }),
        availability: Availability::InStock,
        ..edition
    }
}

fn on_day(day: i64) -> Option<Message> {
    Some(Message {
        sent: Timestamp::micros(day * 86_400_000_000),
        number: None,
    })
}

fn record(sender: &str, reference: &str, message: Option<Message>, edition: Edition) -> Record {
    Record {
        sender: sender.to_owned(),
        reference: reference.to_owned(),
        message,
        edition: Edition {
            records: vec![format!("{sender}:{reference}")],
            ..edition
        },
    }
}

fn whole(sender: &str, reference: &str, message: Option<Message>, edition: Edition) -> Incoming {
    Incoming::Put(Box::new(record(sender, reference, message, edition)))
}

fn blocks(sender: &str, message: Option<Message>, blocks: &[Block], edition: Edition) -> Incoming {
    Incoming::Blocks(Box::new(BlockUpdate {
        record: record(sender, "1", message, edition),
        blocks: blocks.to_vec(),
    }))
}

fn withdrawal(sender: &str, reference: &str, message: Option<Message>) -> Incoming {
    Incoming::Hide {
        sender: sender.to_owned(),
        reference: reference.to_owned(),
        message,
    }
}

#[test]
fn o5_what_two_senders_say_of_one_isbn_is_one_edition_field_by_field() {
    let catalogue = Catalogue::empty();
    let publisher = Edition {
        publisher: Some("Gallimard".to_owned()),
        ..book("L’Étranger", "Albert Camus")
    };
    let distributor = Edition {
        publisher: Some("SODIS".to_owned()),
        pages: Some(191),
        ..priced(book("ETRANGER (L’)", "Camus"), 790)
    };
    let done = catalogue.put([
        whole("editeur", "1", None, publisher),
        whole("distributeur", "x", None, distributor),
    ]);
    assert_eq!((done.tally.created, done.tally.updated), (1, 1));
    // Without a setting, who sells goes first.
    assert_eq!(catalogue.only().title, "ETRANGER (L’)");
    assert_eq!(
        catalogue.only().records,
        ["distributeur:x", "editeur:1"],
        "search and evaluation know it by all its records"
    );

    let order = ["editeur".to_owned(), "distributeur".to_owned()];
    store::set_precedence(&catalogue.store, &order, &by()).unwrap();
    let merged = catalogue.only();
    assert_eq!(merged.title, "L’Étranger");
    assert_eq!(merged.publisher.as_deref(), Some("Gallimard"));
    assert_eq!(merged.pages, Some(191));
    assert_eq!(merged.price.unwrap().amount, Money::cents(790));

    let sources = catalogue
        .store
        .read_blocking(move |tx| store::sources(tx, merged.id))
        .unwrap();
    let sender_of = |field| {
        let source = sources.iter().find(|source| source.field == field);
        source.map(|source| source.sender.as_str())
    };
    assert_eq!(sender_of(Field::Title), Some("editeur"));
    assert_eq!(sender_of(Field::Price), Some("distributeur"));
    assert_eq!(sender_of(Field::Series), None);
    assert_eq!(
        catalogue.store.read_blocking(store::precedence).unwrap(),
        order
    );
}

#[test]
fn i6_one_isbn_on_two_books_stays_two_editions_and_is_told() {
    let catalogue = Catalogue::empty();
    let done = catalogue.put([
        whole(
            "a",
            "1",
            None,
            book("This Side of Paradise", "F. Scott Fitzgerald"),
        ),
        whole("b", "1", None, book("Sun lover", "Sondra Stanford")),
    ]);
    assert_eq!((done.tally.created, catalogue.editions().len()), (2, 2));
    assert!(
        done.findings
            .iter()
            .any(|finding| matches!(finding.what, Found::SharedIsbn(_)) && finding.sender == "b")
    );
}

#[test]
fn i6_volumes_that_carry_the_isbn_of_their_set_stay_apart() {
    let catalogue = Catalogue::empty();
    let volume = |number: &str| Edition {
        series: Some(Series {
            title: "Les Misérables".to_owned(),
            volume: Some(number.to_owned()),
        }),
        ..book("Les Misérables", "Victor Hugo")
    };
    catalogue.put([
        whole("a", "set", None, book("Les Misérables", "Victor Hugo")),
        whole("a", "1", None, volume("1")),
        whole("a", "2", None, volume("2")),
        whole(
            "b",
            "t2",
            None,
            book("Les Misérables, tome II", "Hugo, Victor"),
        ),
    ]);
    let records: Vec<Vec<String>> = catalogue
        .editions()
        .into_iter()
        .map(|edition| edition.records)
        .collect();
    assert_eq!(records.len(), 3, "{records:?}");
    assert!(records.iter().any(|of| of.len() == 2
        && of.contains(&"a:2".to_owned())
        && of.contains(&"b:t2".to_owned())));
}

#[test]
fn i7_records_of_one_book_under_other_titles_scripts_and_names_are_one_edition() {
    for (one, other) in [
        (
            book("Siddhartha", "Hermann Hesse"),
            book("Siddartha", "Hermann Hesse"),
        ),
        (
            book("Portrait in Death", "J.D. Robb"),
            book("Portrait in Death", "Nora Roberts"),
        ),
        (
            book("Kitchen", "Banana Yoshimoto"),
            book("Kitchen", "吉本 ばなな"),
        ),
        (
            book("Chronicles, Vol. 1", "Bob Dylan"),
            book("Chronicles: Volume One", "Bob Dylan"),
        ),
        (
            book("The Aeneid: A New Prose Translation", "Virgil; David West"),
            book("The Aeneid (Penguin Classics)", "Virgil"),
        ),
    ] {
        let catalogue = Catalogue::empty();
        catalogue.put([whole("a", "1", None, one), whole("b", "1", None, other)]);
        catalogue.only();
    }
}

#[test]
fn o6_a_message_that_comes_late_changes_nothing_and_is_told() {
    let catalogue = Catalogue::empty();
    let said = |day, cents| whole("a", "1", on_day(day), priced(book("A", "B"), cents));
    catalogue.put([said(1, 1000), said(3, 1200)]);
    let sequence = catalogue.sequence();
    let done = catalogue.put([said(2, 1100)]);
    assert_eq!(done.tally.unchanged, 1);
    assert_eq!(done.findings[0].what, Found::OlderMessage);
    assert_eq!(catalogue.only().price.unwrap().amount, Money::cents(1200));
    assert_eq!(catalogue.sequence(), sequence);
    // Of one second, the higher message number is the later message.
    let numbered = |number, cents| {
        let message = on_day(4).map(|message| Message {
            number: Some(number),
            ..message
        });
        whole("a", "1", message, priced(book("A", "B"), cents))
    };
    catalogue.put([numbered(8, 1500), numbered(7, 1400)]);
    assert_eq!(catalogue.only().price.unwrap().amount, Money::cents(1500));
}

#[test]
fn o6_the_same_messages_again_change_no_table() {
    let catalogue = Catalogue::empty();
    let file = || {
        vec![
            whole("a", "1", on_day(1), priced(book("A", "B"), 900)),
            whole("b", "1", on_day(2), book("A", "B")),
            whole("c", "1", None, Edition::titled("C")),
            blocks(
                "a",
                on_day(3),
                &[Block::Supply],
                priced(Edition::titled(""), 950),
            ),
            withdrawal("b", "1", on_day(4)),
        ]
    };
    catalogue.put(file());
    let before = catalogue.fingerprint();
    let done = catalogue.put(file());
    assert_eq!((done.tally.unchanged, done.import), (5, None));
    assert_eq!(catalogue.fingerprint(), before);
    // The same in a later message is remembered, and shows nothing new.
    let sequence = catalogue.sequence();
    let done = catalogue.put([whole("c", "1", on_day(9), Edition::titled("C"))]);
    assert_eq!((done.tally.unchanged, catalogue.sequence()), (1, sequence));
}

#[test]
fn o3_a_block_update_replaces_its_blocks_and_no_others() {
    let catalogue = Catalogue::empty();
    let text = |body: &str| Text {
        kind: TextKind::Summary,
        language: None,
        body: body.to_owned(),
        cited: None,
    };
    let first = Edition {
        texts: vec![text("Before.")],
        publisher: Some("Quai".to_owned()),
        pages: Some(120),
        ..priced(book("A", "B"), 900)
    };
    catalogue.put([whole("a", "1", on_day(1), first.clone())]);
    let sent = Edition {
        texts: vec![text("After.")],
        ..Edition::titled("")
    };
    let update = [blocks(
        "a",
        on_day(2),
        &[Block::Marketing, Block::Supply],
        sent,
    )];
    assert_eq!(catalogue.put(update).tally.updated, 1);
    let edition = catalogue.only();
    assert_eq!(edition.texts[0].body, "After.");
    assert_eq!(
        (edition.price, edition.availability),
        (None, Availability::Unknown),
        "the block was sent, and says nothing of it"
    );
    assert_eq!(
        (
            edition.title.as_str(),
            edition.pages,
            edition.publisher.as_deref()
        ),
        ("A", Some(120), Some("Quai"))
    );
    // A complete record that was sent before it and comes after it leaves the block alone (O6).
    let late = Edition {
        pages: Some(121),
        ..first
    };
    catalogue.put([
        whole("a", "1", on_day(1), late.clone()),
        whole("a", "1", on_day(3), late),
    ]);
    assert_eq!(catalogue.only().texts[0].body, "Before.");
}

#[test]
fn o3_a_block_update_of_an_unknown_reference_is_reported_and_creates_nothing() {
    let catalogue = Catalogue::empty();
    let done = catalogue.put([blocks(
        "a",
        on_day(1),
        &[Block::Supply],
        Edition::titled(""),
    )]);
    assert_eq!((done.tally.rejected, done.import), (1, None));
    assert_eq!(done.findings[0].what, Found::UnknownReference);
    assert!(catalogue.editions().is_empty());
}

#[test]
fn o4_a_withdrawal_hides_the_senders_record_and_the_edition_with_its_last_one() {
    let catalogue = Catalogue::empty();
    catalogue.put([
        whole("a", "1", on_day(1), priced(book("A", "B"), 900)),
        whole("b", "1", on_day(1), book("A", "B")),
    ]);
    let id = catalogue.only().id;
    assert_eq!(
        catalogue
            .put([withdrawal("a", "1", on_day(2))])
            .tally
            .hidden,
        1
    );
    assert_eq!(catalogue.only().price, None);
    catalogue.put([withdrawal("b", "1", on_day(2))]);
    assert!(catalogue.editions().is_empty());
    catalogue.put([whole("b", "1", on_day(3), book("A", "B"))]);
    assert_eq!(catalogue.only().id, id);
}

#[test]
fn an_undone_import_leaves_what_was_before_and_what_came_later() {
    let catalogue = Catalogue::empty();
    let good = |cents| whole("a", "1", None, priced(book("A", "B"), cents));
    catalogue.put([good(1000), whole("a", "2", None, Edition::titled("Two"))]);
    let wrong = catalogue.put([
        good(1),
        whole("a", "2", None, Edition::titled("Zwei")),
        whole(
            "b",
            "1",
            None,
            Edition {
                pages: Some(7),
                ..book("A", "B")
            },
        ),
        whole("a", "3", None, Edition::titled("Three")),
    ]);
    catalogue.put([whole("a", "2", None, Edition::titled("Deux"))]);
    let (before, content) = (catalogue.fingerprint(), catalogue.content());

    let import = wrong.import.unwrap();
    store::undo_import(&catalogue.store, import, &by()).unwrap();
    let editions = catalogue.editions();
    let titles: Vec<&str> = editions
        .iter()
        .map(|edition| edition.title.as_str())
        .collect();
    assert_eq!(titles, ["A", "Deux"]);
    assert_eq!(editions[0].price.unwrap().amount, Money::cents(1000));
    assert_eq!((editions[0].pages, editions[0].records.len()), (None, 1));

    store::redo_import(&catalogue.store, import, &by()).unwrap();
    assert_eq!(catalogue.content(), content);
    assert_eq!(catalogue.fingerprint(), before);
    let imports = catalogue
        .store
        .read_blocking(|tx| store::imports(tx, 10))
        .unwrap();
    assert_eq!(imports.len(), 3);
    assert_eq!(
        (imports[1].state, imports[1].messages),
        (ImportState::Taken, 4)
    );
    let log = catalogue
        .store
        .read_blocking(|tx| store::logged(tx, 10))
        .unwrap();
    let said: Vec<(&str, &str)> = log
        .iter()
        .map(|line| (line.action.as_str(), line.staff.as_str()))
        .collect();
    assert_eq!(
        said,
        [("import.redo", "libraire"), ("import.undo", "libraire")]
    );
    let unknown = store::undo_import(&catalogue.store, store::ImportId(99), &by());
    assert!(matches!(unknown, Err(Refusal::NoImport(_))));
}

#[test]
fn an_edition_outlives_the_import_that_made_it_when_another_sender_speaks_of_it() {
    let catalogue = Catalogue::empty();
    let first = catalogue.put([whole("a", "1", None, priced(book("A", "B"), 900))]);
    catalogue.put([whole("b", "1", None, book("A", "B"))]);
    let id = catalogue.only().id;
    store::undo_import(&catalogue.store, first.import.unwrap(), &by()).unwrap();
    let left = catalogue.only();
    assert_eq!((left.id, left.price), (id, None));
    // The file is imported again: as new, in the same edition.
    let again = catalogue.put([whole("a", "1", None, priced(book("A", "B"), 900))]);
    assert_eq!((again.tally.updated, catalogue.only().id), (1, id));
}

#[test]
fn a_split_is_remembered_and_can_be_taken_back() {
    let catalogue = Catalogue::empty();
    let file = || {
        [
            whole("a", "1", None, book("A", "B")),
            whole("b", "1", None, book("A", "B")),
        ]
    };
    catalogue.put(file());
    let split = catalogue.write(|tx| store::split(tx, "b", "1", &by()));
    assert_eq!(catalogue.editions().len(), 2);
    catalogue.put(file());
    catalogue.put([whole(
        "b",
        "1",
        None,
        Edition {
            pages: Some(3),
            ..book("A", "B")
        },
    )]);
    catalogue.put([whole("c", "1", None, book("A", "B"))]);
    let editions = catalogue.editions();
    assert_eq!(editions.len(), 2);
    assert_eq!(editions[0].records, ["a:1", "c:1"]);
    assert_eq!(editions[1].records, ["b:1"]);

    let fingerprint = catalogue.fingerprint();
    catalogue.write(move |tx| store::undo_decision(tx, split, &by()));
    assert_eq!(catalogue.only().records.len(), 3);
    assert_eq!(catalogue.only().id, editions[0].id);
    let forwards = catalogue
        .store
        .read_blocking(|tx| store::forwards(tx, EditionId(0), 10))
        .unwrap();
    assert_eq!(forwards, [(editions[1].id, editions[0].id)]);
    catalogue.write(move |tx| store::redo_decision(tx, split, &by()));
    assert_eq!(catalogue.fingerprint(), fingerprint);
    let unknown = catalogue
        .store
        .write_blocking(|tx| store::split(tx, "b", "none", &by()));
    assert!(matches!(unknown, Err(Refusal::NoRecord { .. })));
}

#[test]
fn a_join_is_remembered_and_leads_from_the_old_edition_to_the_new() {
    let catalogue = Catalogue::empty();
    let other = || Edition {
        isbn: Isbn13::parse(OTHER_BOOK).ok(),
        ..book("Autre titre", "Personne")
    };
    catalogue.put([
        whole("a", "1", None, book("A", "B")),
        whole("b", "1", None, other()),
    ]);
    let [one, two] = [catalogue.editions()[0].id, catalogue.editions()[1].id];
    let fingerprint = catalogue.fingerprint();
    let join = catalogue.write(move |tx| store::join(tx, two, one, &by()));
    let joined = catalogue.only();
    assert_eq!((joined.id, joined.isbns().count()), (one, 2));
    assert_eq!(
        catalogue
            .store
            .read_blocking(|tx| store::forwards(tx, EditionId(0), 10))
            .unwrap(),
        [(two, one)]
    );
    catalogue.put([whole(
        "b",
        "1",
        None,
        Edition {
            pages: Some(9),
            ..other()
        },
    )]);
    assert_eq!(catalogue.only().pages, Some(9));
    catalogue.put([whole("b", "1", None, other())]);
    catalogue.write(move |tx| store::undo_decision(tx, join, &by()));
    let parted: Vec<EditionId> = catalogue
        .editions()
        .iter()
        .map(|edition| edition.id)
        .collect();
    assert_eq!(parted, [one, two]);
    assert_ne!(
        catalogue.fingerprint(),
        fingerprint,
        "two more messages are kept"
    );
    let gone = catalogue
        .store
        .write_blocking(move |tx| store::join(tx, one, EditionId(99), &by()));
    assert!(matches!(gone, Err(Refusal::NoEdition(EditionId(99)))));
}

#[test]
fn s7_a_bookseller_decides_which_work_an_edition_is_of() {
    let catalogue = Catalogue::empty();
    let file = |pages| {
        [
            whole(
                "a",
                "1",
                None,
                Edition {
                    isbn: None,
                    ..book("War and Peace", "Leo Tolstoy")
                },
            ),
            whole(
                "a",
                "2",
                None,
                Edition {
                    isbn: None,
                    pages,
                    ..book("Guerre et paix", "Léon Tolstoï")
                },
            ),
        ]
    };
    catalogue.put(file(None));
    let works = || -> Vec<_> {
        catalogue
            .editions()
            .iter()
            .map(|edition| edition.work)
            .collect()
    };
    let apart = works();
    assert_ne!(apart[0], apart[1]);
    catalogue.write(|tx| store::decide_work(tx, EditionId(2), Some(EditionId(1)), &by()));
    assert_eq!(works(), [apart[0], apart[0]]);
    catalogue.put(file(Some(1600)));
    assert_eq!(works(), [apart[0], apart[0]], "the next import leaves it");
    catalogue.write(|tx| store::decide_work(tx, EditionId(2), None, &by()));
    assert_eq!(works(), apart);
}

#[test]
fn i6_a_number_that_very_many_records_carry_joins_nothing() {
    let catalogue = Catalogue::empty();
    let bearing = |n: usize| whole("a", &n.to_string(), None, book("A", "B"));
    let limit = catalogue::limits::RECORDS_OF_ISBN;
    catalogue.put((0..limit).map(bearing));
    assert_eq!(catalogue.only().records.len(), limit);
    catalogue.put([bearing(limit)]);
    assert_eq!(catalogue.editions().len(), limit + 1);
    // So many that they are not even read.
    let very_many = limit + catalogue::limits::PUT_BATCH_RECORDS + 1;
    catalogue.put((limit + 1..very_many).map(bearing));
    catalogue.put((very_many..very_many + 3).map(bearing));
    assert_eq!(
        catalogue.store.read_blocking(store::count).unwrap(),
        very_many as i64 + 3
    );
}

#[test]
fn a_record_keeps_so_many_messages_and_no_more() {
    let catalogue = Catalogue::empty();
    let limit = catalogue::limits::NOTIFICATIONS_OF_RECORD;
    let days = i64::try_from(limit).unwrap() + 20;
    for day in 1..=days {
        catalogue.put([whole(
            "a",
            "1",
            on_day(day),
            Edition::titled(format!("{day}")),
        )]);
    }
    let kept = catalogue
        .store
        .read_blocking(|tx| tx.query(&NOTIFICATION_ROWS, &[]))
        .unwrap();
    assert_eq!(kept.len(), limit);
    assert_eq!(catalogue.only().title, days.to_string());
    let latest = catalogue
        .store
        .read_blocking(|tx| store::imports(tx, 1))
        .unwrap();
    store::undo_import(&catalogue.store, latest[0].id, &by()).unwrap();
    assert_eq!(catalogue.only().title, (days - 1).to_string());
}

#[test]
fn an_import_that_was_cut_off_goes_on_where_it_was() {
    let file = || {
        (0..1_200).map(|n| {
            whole(
                "a",
                &n.to_string(),
                on_day(1),
                Edition::titled(format!("{n}")),
            )
        })
    };
    let (whole_catalogue, cut) = (Catalogue::empty(), Catalogue::empty());
    whole_catalogue.put(file());
    cut.put(file().take(700));
    assert_eq!(cut.put(file()).tally.created, 500);
    assert_eq!(cut.content(), whole_catalogue.content());
    let ids: Vec<i64> = cut.editions().iter().map(|edition| edition.id.0).collect();
    assert_eq!(ids, (1..=1_000).collect::<Vec<_>>());
}

/// A small world: three senders with three records each, of four ISBNs and five books.
fn message() -> impl Strategy<Value = (usize, usize, u8, u8, u8)> {
    (0..3_usize, 0..3_usize, 0..6_u8, 0..5_u8, 0..4_u8)
}

fn incoming_of(
    day: i64,
    (sender, reference, kind, title, isbn): (usize, usize, u8, u8, u8),
) -> Incoming {
    const ISBNS: [Option<&str>; 4] = [None, Some(BOOK), Some(OTHER_BOOK), Some("9791034000050")];
    const TITLES: [&str; 5] = [
        "Les Marées",
        "Les marées : roman",
        "Le Phare",
        "Naruto, tome 1",
        "Naruto, tome 2",
    ];
    let (sender, reference) = (["a", "b", "c"][sender], ["1", "2", "3"][reference]);
    let of = |isbn: u8| ISBNS[usize::from(isbn)].and_then(|isbn| Isbn13::parse(isbn).ok());
    let edition = Edition {
        isbn: of(isbn),
        other_isbns: of((isbn + title) % 4)
            .into_iter()
            .filter(|other| Some(*other) != of(isbn))
            .collect(),
        ..book(TITLES[usize::from(title)], "Jeanne d’Arvor")
    };
    match kind {
        0 => withdrawal(sender, reference, on_day(day)),
        1 => Incoming::Blocks(Box::new(BlockUpdate {
            record: record(sender, reference, on_day(day), priced(edition, day)),
            blocks: vec![Block::Supply],
        })),
        2 => whole(sender, reference, on_day(day), priced(edition, day)),
        _ => whole(sender, reference, on_day(day), edition),
    }
}

/// Every record is known from the start: what concerns an unknown one is refused, whatever is sent later.
fn first_records() -> Vec<Incoming> {
    let identities = (0..3).flat_map(|sender| (0..3).map(move |reference| (sender, reference)));
    identities
        .map(|(sender, reference)| incoming_of(0, (sender, reference, 3, 0, 0)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn o6_the_order_of_arrival_does_not_matter(
        messages in prop::collection::vec(message(), 1..24),
        order in any::<u64>(),
    ) {
        let (one, other) = (Catalogue::empty(), Catalogue::empty());
        let mut sent: Vec<Incoming> = messages.into_iter().zip(1..).map(|(message, day)| incoming_of(day, message)).collect();
        one.put(first_records());
        other.put(first_records());
        one.put(sent.clone());
        let mut random = order | 1;
        for place in (1..sent.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sent.swap(place, (random >> 33) as usize % (place + 1));
        }
        for incoming in sent {
            other.put([incoming]);
        }
        prop_assert_eq!(one.content(), other.content());
    }

    #[test]
    fn undo_and_redo_of_any_import_leave_every_row_as_it_was(
        files in prop::collection::vec(prop::collection::vec(message(), 1..8), 1..5),
        undone in any::<prop::sample::Index>(),
    ) {
        let (with, without) = (Catalogue::empty(), Catalogue::empty());
        with.put(first_records());
        without.put(first_records());
        let mut imports = Vec::new();
        let undone = undone.index(files.len());
        for (number, file) in files.into_iter().enumerate() {
            let file: Vec<Incoming> = file.into_iter().zip(1_i64..)
                .map(|(message, place)| incoming_of(place + 100 * number as i64, message)).collect();
            if number != undone {
                without.put(file.clone());
            }
            imports.push(with.put(file).import);
        }
        let (rows, content) = (with.fingerprint(), with.content());
        if let Some(import) = imports[undone] {
            store::undo_import(&with.store, import, &by()).unwrap();
            prop_assert_eq!(with.content(), without.content());
            store::redo_import(&with.store, import, &by()).unwrap();
        }
        prop_assert_eq!(with.content(), content);
        prop_assert_eq!(with.fingerprint(), rows);
    }
}
