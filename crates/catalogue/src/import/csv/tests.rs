//! Tables as senders write them, whole and damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::Mapping;
use crate::import::{Note, read_bytes, read_bytes_mapped};
use crate::limits;
use crate::model::{
    Availability, ContributorRole, Edition, Form, Goods, Language, Money, PriceRegime,
    PublicationDate, SubjectScheme,
};
use crate::store::{Incoming, Record};

const TODAY: Date = date(2026, 11, 23);

fn records(incoming: Vec<Incoming>) -> Vec<Record> {
    incoming
        .into_iter()
        .map(|incoming| match incoming {
            Incoming::Put(record) => *record,
            Incoming::Blocks(_) | Incoming::Hide { .. } => panic!("nothing is hidden"),
        })
        .collect()
}

fn read(table: &[u8]) -> (Vec<Record>, Vec<Note>) {
    let (incoming, notes) = read_bytes(table, TODAY);
    (records(incoming), notes)
}

fn codes(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|note| note.code).collect()
}

const BOOKSELLER: &str = "EAN;Titre;Auteur(s);Éditeur;Collection;Prix TTC;TVA;Stock;Date de parution;Disponibilité;Format;Pages;Rayon;Résumé\r\n\
978-2-07-054127-0;Les marées : roman;\"Arvor, Jeanne d'; Hugo, Victor\";Quai;Blanche;12,50 €;5,5;3;16/09/1998;;Broché;232;Roman;\"Une marée.\r\n\r\nDeux.\"\r\n\
4006381333931;Carnet \"ligné\";;Papier;;5,00;20;0;;;;;;\r\n\
;Les quais, tome 2;Arvor, Jeanne d';Quai;;9;5,5;;;À paraître;poche;;;\r\n";

#[test]
fn o21_a_link_to_a_cover_is_kept() {
    let table =
        "EAN;Titre;Couverture\n9782070541270;Un;https://quai.example/1.jpg?a=1&b=2\n;Deux;\n";
    let (records, notes) = read(table.as_bytes());
    let links = records.iter().map(|record| record.edition.cover.as_ref());
    let links: Vec<_> = links
        .map(|cover| cover.map(|cover| cover.link.as_str()))
        .collect();
    assert_eq!(
        links,
        [Some("https://quai.example/1.jpg?a=1&b=2"), None],
        "{notes:?}"
    );
}

#[test]
fn a_table_of_a_bookseller_is_read_without_a_mapping() {
    let (records, notes) = read(BOOKSELLER.as_bytes());
    let edition = &records[0].edition;
    assert_eq!(
        (records[0].sender.as_str(), records[0].reference.as_str()),
        ("csv", "9782070541270")
    );
    assert_eq!(
        (edition.title.as_str(), edition.subtitle.as_deref()),
        ("Les marées", Some("roman"))
    );
    let people: Vec<_> = edition
        .contributors
        .iter()
        .map(|c| (c.name.as_str(), c.role))
        .collect();
    assert_eq!(
        people,
        [
            ("Jeanne d'Arvor", ContributorRole::Author),
            ("Victor Hugo", ContributorRole::Author)
        ]
    );
    assert_eq!(
        (edition.publisher.as_deref(), edition.collection.as_deref()),
        (Some("Quai"), Some("Blanche"))
    );
    let price = edition.price.unwrap();
    assert_eq!(
        (price.amount, price.regime),
        (Money::cents(1250), PriceRegime::FixedFr)
    );
    assert_eq!(
        edition.published,
        Some(PublicationDate {
            year: 1998,
            month: Some(9),
            day: Some(16)
        })
    );
    assert_eq!(
        (edition.availability, edition.form, edition.pages),
        (Availability::InStock, Form::Paperback, Some(232))
    );
    assert_eq!(
        (
            edition.subjects[0].scheme,
            edition.subjects[0].heading.as_str()
        ),
        (SubjectScheme::Keyword, "Roman")
    );
    assert_eq!(edition.texts[0].body, "Une marée.\n\nDeux.");
    assert!(edition.buyable());

    let notebook = &records[1].edition;
    assert_eq!(
        (notebook.goods, notebook.price.unwrap().regime),
        (Goods::Other, PriceRegime::Free)
    );
    assert_eq!(
        (notebook.availability, notebook.flagged_isbns.len()),
        (Availability::TemporarilyOut, 1)
    );
    assert!(records[1].reference.starts_with("row-"));

    let volume = &records[2].edition;
    let series = volume.series.as_ref().unwrap();
    assert_eq!(
        (series.title.as_str(), series.volume.as_deref()),
        ("Les quais", Some("2"))
    );
    assert_eq!(
        (volume.title.as_str(), volume.form),
        ("Les quais, tome 2", Form::Pocket)
    );
    assert_eq!(volume.availability, Availability::Forthcoming);
    assert_eq!(codes(&notes), ["number-of-no-book", "not-a-book"]);
    assert_eq!(notes[0].line, 5);
}

#[test]
fn the_same_table_in_every_encoding_and_separator_is_the_same() {
    let table = "ean;titre;auteur\n9782070541270;L'été à Nîmes;Zoé\n9780141439518;Œuvre;Noël\n";
    let (expected, _) = read(table.as_bytes());
    assert_eq!(expected[1].edition.title, "Œuvre");
    let utf16 =
        |to_bytes: fn(u16) -> [u8; 2]| table.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    let windows: Vec<u8> = table
        .chars()
        .map(|c| {
            if c == 'Œ' {
                0x8c
            } else {
                u8::try_from(u32::from(c)).unwrap()
            }
        })
        .collect();
    for encoded in [
        format!("\u{feff}{table}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        [&[0xff, 0xfe], utf16(u16::to_le_bytes).as_slice()].concat(),
        windows,
        table.replace(';', "\t").into_bytes(),
        table.replace(';', "|").into_bytes(),
        table.replace(';', ",").into_bytes(),
        table.replace('\n', "\r\n").into_bytes(),
        table.replace('\n', "\r").into_bytes(),
        table.nfd().into_bytes(),
    ] {
        assert_eq!(
            read(&encoded).0,
            expected,
            "{}",
            String::from_utf8_lossy(&encoded)
        );
    }
}

trait Decomposed {
    fn nfd(&self) -> String;
}

impl Decomposed for str {
    fn nfd(&self) -> String {
        unicode_normalization::UnicodeNormalization::nfd(self).collect()
    }
}

#[test]
fn a_table_without_a_known_title_is_refused_with_a_way_out() {
    let (records, notes) = read("code;nom;x\n9782070541270;Les marées;1\n".as_bytes());
    assert_eq!((records.len(), codes(&notes)), (0, vec!["no-title-column"]));
    assert!(
        notes[0].message.contains("code, nom, x"),
        "{}",
        notes[0].message
    );
}

#[test]
fn o18_a_note_about_columns_stays_short_whatever_they_are_called() {
    // Found by fuzzing: UTF-16 in the wrong order is one heading as long as the file.
    let wide = format!("{};{}\n1;2\n", "é".repeat(50_000), "x;".repeat(500));
    for mapping in [None, Some(r#"{"columns":{"nom":"title"}}"#)] {
        let (_, notes) = match mapping {
            None => read_bytes(wide.as_bytes(), TODAY),
            Some(mapping) => {
                let mapping = serde_json::from_str(mapping).unwrap();
                read_bytes_mapped(wide.as_bytes(), TODAY, mapping)
            }
        };
        assert_eq!(notes.len(), 1, "{mapping:?}");
        assert!(notes[0].message.chars().count() < 1_000, "{mapping:?}");
    }
}

#[test]
fn a_mapping_says_what_headings_do_not() {
    let mapping: Mapping = serde_json::from_str(
        r##"{"sender":"quai","prices":"free","columns":{"nom":"title","code":"isbn","#3":"price_without_tax"}}"##,
    )
    .unwrap();
    let table = "code;nom;x\n9782070541270;Les marées;10,00\n";
    let (incoming, notes) = read_bytes_mapped(table.as_bytes(), TODAY, mapping.clone());
    let records = records(incoming);
    assert_eq!(notes, []);
    assert_eq!(records[0].sender, "quai");
    let price = records[0].edition.price.unwrap();
    assert_eq!(
        (price.amount, price.regime),
        (Money::cents(1055), PriceRegime::Free)
    );
    let (_, notes) = read_bytes_mapped(b"a;b\n1;2\n", TODAY, mapping);
    assert_eq!(codes(&notes), ["mapping-unknown-column"]);
}

#[test]
fn i7_a_row_without_isbn_keeps_its_reference_when_rows_move() {
    let rows = [
        "Les marées;Zoé;1998",
        "Le quai;Zoé;2001",
        "Le quai;Paul;2001",
    ];
    let of = |order: [usize; 3]| {
        let table = format!(
            "titre;auteur;année\n{}",
            order.map(|row| rows[row]).join("\n")
        );
        let mut references: Vec<String> = read(table.as_bytes())
            .0
            .into_iter()
            .map(|record| record.reference)
            .collect();
        references.sort();
        references
    };
    let references = of([0, 1, 2]);
    assert_eq!(references, of([2, 0, 1]));
    assert_eq!(
        references
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        3
    );
}

#[test]
fn i6_damage_is_undone_and_said() {
    let mut table = "TITRE;AUTEUR;Editeur;Indice;BIB\n".to_owned();
    for year in 1990..2000 {
        table += &format!("Titre {year};Hugo, Victor;Paris : Quai, {year};800;CABANIS\n");
    }
    table += "Picoti : pour les bâebâes;Sobral, Patrick (1972-....);-;Toulouse  : Ed. Milan, 1989-;CABANIS\n";
    table += "Un; deux / Victor Hugo;Hugo, Victor;Paris : Quai, 1999;800;CABANIS\n";
    let (records, notes) = read(table.as_bytes());
    let edition = &records[10].edition;
    assert_eq!(
        (edition.title.as_str(), edition.subtitle.as_deref()),
        ("Picoti", Some("pour les bébés"))
    );
    assert_eq!(edition.contributors[0].name, "Patrick Sobral");
    assert_eq!(
        (edition.publisher.as_deref(), edition.published),
        (Some("Ed. Milan"), Some(PublicationDate::year(1989)))
    );
    assert_eq!(records[11].edition.title, "Un; deux / Victor Hugo");
    assert_eq!(records[11].edition.byline(), "Victor Hugo");
    assert_eq!(
        codes(&notes),
        ["letters-repaired", "columns-shifted", "columns-shifted"]
    );
}

#[test]
fn what_cannot_be_read_in_a_row_is_said_and_costs_no_more() {
    let table = "isbn,title,price,vat,publication date,language,availability\n\
        B000FA5ZEG,One,$12,5.5,bientôt,klingonais,?!\n\
        9782707154298,Two,12.505,10,,eng,\n\
        9782070541270,,1,,,,\n\
        \"x,Three,1,,,,\n\
        9782070541270,Four,8.00,,,,\n\
        9782070541270,Four,9.00,,,,\n";
    let (records, notes) = read(table.as_bytes());
    let titles: Vec<_> = records
        .iter()
        .map(|record| record.edition.title.as_str())
        .collect();
    assert_eq!(titles, ["One", "Two", "Three", "Four", "Four"]);
    assert_eq!(records[1].edition.language, Some(Language::ENGLISH));
    let untitled = notes.iter().find(|note| note.code == "no-title").unwrap();
    let draft = untitled.draft.as_ref().unwrap();
    assert_eq!(draft.reference, "9782070541270");
    assert_eq!(draft.edition.price.unwrap().amount, Money::cents(100));
    let told: Vec<_> = notes.iter().map(|note| (note.line, note.code)).collect();
    for expected in [
        (2, "isbn-invalid"),
        (2, "price-currency"),
        (2, "date-invalid"),
        (2, "language-unknown"),
        (2, "availability-unknown"),
        (3, "isbn-invalid"),
        (3, "price-invalid"),
        (3, "vat-differs"),
        (4, "no-title"),
        (5, "quote-unclosed"),
        (7, "duplicate-reference"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
}

#[test]
fn a_row_of_sums_is_no_book_to_be_completed() {
    let (records, notes) = read("isbn,title,price\n9782070541270,One,7.00\n,,7.00\n".as_bytes());
    assert_eq!((records.len(), codes(&notes)), (1, vec!["no-title"]));
    assert_eq!(notes[0].draft, None);
}

#[test]
fn nuls_and_endless_rows_cost_their_own_row_only() {
    let long = "x".repeat(limits::RECORD_BYTES + 1);
    let table =
        format!("isbn;titre\n9782070541270;Un\u{0}\n9780141439518;{long}\n043942089X;Trois\n");
    let (records, notes) = read(table.as_bytes());
    let titles: Vec<_> = records
        .iter()
        .map(|record| record.edition.title.as_str())
        .collect();
    assert_eq!(
        (titles, codes(&notes)),
        (vec!["Un", "Trois"], vec!["too-large"])
    );
}

#[test]
fn rows_of_nothing_but_separators_or_marks_cost_little() {
    // Nearly as long as a row may be; and many short ones.
    let (row, rows) = (limits::RECORD_BYTES - 1, 30_000);
    for (filling, bytes) in [
        (";", row),
        ("\"", row),
        ("\"\"", row),
        ("\"x\n", rows),
        ("\"\"\"\n", rows),
        ("x;\"\n", rows),
    ] {
        let filling = filling.repeat(bytes / filling.len());
        let table = format!("isbn;titre\n9782070541270;Un\n{filling}\n043942089X;Trois\n");
        let first = editions(table.as_bytes())
            .into_iter()
            .next()
            .map(|edition| edition.title);
        assert_eq!(first.as_deref(), Some("Un"));
    }
}

fn editions(table: &[u8]) -> Vec<Edition> {
    read(table)
        .0
        .into_iter()
        .map(|record| record.edition)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        editions(&[b"isbn;titre;auteur;prix;date;editeur\n".as_slice(), &bytes].concat());
        editions(&[b"a,b\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_mutation_makes_the_reader_panic(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let mut table = BOOKSELLER.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place % table.len();
            table[place] = byte;
        }
        editions(&table);
    }

    #[test]
    fn a_bad_row_does_not_take_its_neighbours(row in "[a-z\"; é0-9]{0,40}") {
        let table = format!("isbn;titre\n9782070541270;Un\n9780141439518;Deux\n{row}\n043942089X;Trois\n9782072862014;Quatre\n");
        let titles: Vec<String> = editions(table.as_bytes()).into_iter().map(|edition| edition.title).collect();
        for title in ["Un", "Deux", "Trois", "Quatre"] {
            prop_assert!(titles.iter().any(|held| held == title), "{}: {:?}", row, titles);
        }
    }
}
