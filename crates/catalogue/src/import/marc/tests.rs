//! Records of both dialects and both notations, whole and broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::import::{Note, Severity, read_bytes};
use crate::limits;
use crate::model::{
    ContributorRole, Edition, Form, Goods, Language, Money, PriceRegime, PublicationDate,
    SubjectScheme, TextKind,
};
use crate::store::Incoming;

const TODAY: Date = date(2026, 11, 23);

fn read(bytes: &[u8]) -> (Vec<Edition>, Vec<Note>) {
    let (incoming, notes) = read_bytes(bytes, TODAY);
    let editions = incoming.into_iter().filter_map(|incoming| match incoming {
        Incoming::Put(record) => Some(record.edition),
        Incoming::Blocks(_) | Incoming::Hide { .. } => None,
    });
    (editions.collect(), notes)
}

fn codes(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|note| note.code).collect()
}

/// A field from `245 10 $aTitle$bSubtitle`.
fn field(line: &str, prefix: &str) -> String {
    let (tag, rest) = line.split_at(3);
    if tag < "010" {
        return format!(
            "<{prefix}controlfield tag=\"{tag}\">{}</{prefix}controlfield>",
            rest.trim_start()
        );
    }
    let subfields: String = rest[4..]
        .split('$')
        .skip(1)
        .map(|part| {
            let (code, text) = part.split_at(1);
            format!("<{prefix}subfield code=\"{code}\">{text}</{prefix}subfield>")
        })
        .collect();
    let (first, second) = (&rest[1..2], &rest[2..3]);
    format!(
        "<{prefix}datafield tag=\"{tag}\" ind1=\"{first}\" ind2=\"{second}\">{subfields}</{prefix}datafield>"
    )
}

fn record(leader: &str, lines: &[&str], prefix: &str) -> String {
    let fields: String = lines.iter().map(|line| field(line, prefix)).collect();
    format!("<{prefix}record><{prefix}leader>{leader}</{prefix}leader>{fields}</{prefix}record>\n")
}

fn collection(records: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<collection xmlns=\"http://www.loc.gov/MARC21/slim\">\n{records}</collection>\n"
    )
}

const MARC21: &[&str] = &[
    "001 42",
    "003 QUAI",
    "008 980101s1998    fr            000 1 fre d",
    "020 __ $a2070541274 (br.) :$cEUR 12.00",
    "020 __ $z9780141439518$qebook",
    "041 1_ $afre$heng",
    "072 _7 $aFB$2thema",
    "082 04 $a843/.912$222",
    "100 1_ $aArvor, Jeanne d',$d1950-$4aut",
    "240 10 $aThe tides",
    "245 14 $aLes \u{98}marées\u{9c} :$broman /$cJeanne d'Arvor ; traduit par Maud Le Goff ; ill. de Yann Perrec.",
    "264 _1 $aParis :$bQuai,$c[1998]",
    "300 __ $axii, 232 pages :$bill. ;$c20 cm",
    "490 1_ $aLes quais ;$v8",
    "520 __ $aUne marée.",
    "650 _7 $aMer$xRomans$2rameau",
    "700 1_ $aLe Goff, Maud,$etraductrice",
    "700 1_ $aPerrec, Yann",
    "700 12 $aOther, Author.$tOther work",
];

const UNIMARC: &[&str] = &[
    "001 FR7",
    "003 http://example.org/7",
    "010 __ $a978-2-07-054127-0$bbr.$d12,50 EUR",
    "073 _0 $a9782070541270",
    "100 __ $a20000101d1999    m  y0frey50      ba",
    "101 1_ $afre$ceng",
    "102 __ $aFR",
    "106 __ $ar",
    "200 1_ $aLes marées$bTexte imprimé$eroman$fJeanne d'Arvor$gtrad. Maud Le Goff",
    "210 __ $a[Paris]$cQuai$d1999",
    "215 __ $a1 vol. (232 p.)$d20 cm",
    "225 |_ $aLes quais$v8",
    "330 __ $aUne marée.",
    "454 _1 $tThe tides",
    "461 _0 $tLes quais$v8",
    "606 __ $aMer$xRomans$2rameau",
    "676 __ $a843",
    "700 _1 $aArvor$bJeanne d'$4070",
    "702 _1 $aLe Goff$bMaud$4730",
    "702 _1 $aPerrec$bYann$4440",
    "801 _0 $aFR$bFR-QUAI",
];

/// Found by the fuzzer: family and given names were bounded each, and not together.
#[test]
fn a_name_of_two_long_parts_is_bounded() {
    let long = "a".repeat(limits::NAME_CHARS);
    let names = format!("700 _1 $a{long}$bBéatrice$4070");
    let lines = ["001 FR8", "200 1_ $aTitre", names.as_str()];
    let (editions, _) =
        read(collection(&record("     cam  22     3  450 ", &lines, "")).as_bytes());
    let contributor = &editions[0].contributors[0];
    for name in [Some(&contributor.name), contributor.inverted.as_ref()] {
        assert!(name.is_none_or(|name| name.chars().count() <= limits::NAME_CHARS));
    }
}

#[test]
fn marc_21_becomes_an_edition() {
    for prefix in ["", "marc:"] {
        let (editions, notes) =
            read(collection(&record("00000cam a2200000 a 4500", MARC21, prefix)).as_bytes());
        assert_eq!(notes, []);
        let edition = &editions[0];
        assert_eq!(
            (edition.title.as_str(), edition.subtitle.as_deref()),
            ("Les marées", Some("roman"))
        );
        assert_eq!(
            edition
                .isbns()
                .map(|isbn| isbn.to_string())
                .collect::<Vec<_>>(),
            ["9782070541270", "9780141439518"]
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
                ("Maud Le Goff", ContributorRole::Translator),
                ("Yann Perrec", ContributorRole::Illustrator)
            ]
        );
        assert_eq!(
            edition.contributors[0].inverted.as_deref(),
            Some("Arvor, Jeanne d'")
        );
        assert_eq!(edition.original_title.as_deref(), Some("The tides"));
        assert_eq!(edition.publisher.as_deref(), Some("Quai"));
        assert_eq!(edition.published, Some(PublicationDate::year(1998)));
        assert_eq!(edition.language, Some(Language::FRENCH));
        assert_eq!(edition.pages, Some(232));
        let series = edition.series.as_ref().unwrap();
        assert_eq!(
            (series.title.as_str(), series.volume.as_deref()),
            ("Les quais", Some("8"))
        );
        assert_eq!(
            (edition.form, edition.goods),
            (Form::Paperback, Goods::NewBook)
        );
        let subjects: Vec<_> = edition
            .subjects
            .iter()
            .map(|s| (s.scheme, s.code.as_deref(), s.heading.as_str()))
            .collect();
        assert_eq!(
            subjects,
            [
                (SubjectScheme::Thema, Some("FB"), ""),
                (SubjectScheme::Dewey, Some("843.912"), ""),
                (SubjectScheme::Keyword, None, "Mer -- Romans"),
            ]
        );
        assert_eq!(
            (edition.texts[0].kind, edition.texts[0].body.as_str()),
            (TextKind::Summary, "Une marée.")
        );
        assert_eq!(edition.records, ["QUAI:42"]);
        assert_eq!(edition.price, None);
    }
}

#[test]
fn unimarc_becomes_the_same_edition() {
    let answer = format!(
        "<srw:searchRetrieveResponse><srw:records><srw:record><srw:recordData>{}</srw:recordData></srw:record>\
         </srw:records></srw:searchRetrieveResponse>",
        record("     cam  22     3  450 ", UNIMARC, "mxc:")
    );
    let (editions, notes) = read(answer.as_bytes());
    assert_eq!(notes, []);
    let (marc21, _) = read(collection(&record("00000cam a2200000 a 4500", MARC21, "")).as_bytes());
    let mut same = marc21[0].clone();
    same.other_isbns.clear();
    same.records = vec!["FR-QUAI:FR7".to_owned()];
    same.published = Some(PublicationDate::year(1999));
    same.subjects.remove(0);
    same.subjects[0].code = Some("843".to_owned());
    same.price = editions[0].price;
    assert_eq!(editions[0], same);
    let price = editions[0].price.unwrap();
    assert_eq!(
        (price.amount, price.regime),
        (Money::cents(1250), PriceRegime::FixedFr)
    );
}

#[test]
fn volumes_serials_files_and_music_are_told_apart() {
    let records = [
        record(
            "00000cam a2200000 a 4500",
            &["001 1", "245 10 $aLes quais.$nTome 2,$pLa marée /"],
            "",
        ),
        record(
            "00000cam a2200000 a 4500",
            &["001 2", "245 10 $aLes quais.$nTome 2."],
            "",
        ),
        record(
            "00000cas a2200000 a 4500",
            &["001 3", "245 10 $aAnnales.$nSérie A,$pLettres."],
            "",
        ),
        record(
            "00000cam a2200000 a 4500",
            &[
                "001 4",
                "007 cr||||",
                "020 __ $a9780141439518 (pbk.)",
                "245 10 $aFichier",
            ],
            "",
        ),
        record(
            "00000ncm a2200000 a 4500",
            &["001 5", "245 10 $aSonate"],
            "",
        ),
        record(
            "00000cam a2200000 a 4500",
            &["001 6", "245 10 $aBilingue =$bTwo tongues"],
            "",
        ),
    ];
    let (editions, notes) = read(collection(&records.concat()).as_bytes());
    let told: Vec<_> = editions
        .iter()
        .map(|edition| {
            let series = edition.series.as_ref();
            (
                edition.title.as_str(),
                series.and_then(|series| series.volume.as_deref()),
                edition.form,
                edition.goods,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("La marée", Some("2"), Form::Other, Goods::NewBook),
            ("Les quais, 2", Some("2"), Form::Other, Goods::NewBook),
            ("Annales. Série A. Lettres", None, Form::Other, Goods::Other),
            ("Fichier", None, Form::Ebook, Goods::Ebook),
            ("Sonate", None, Form::Other, Goods::NewBook),
            ("Bilingue", None, Form::Other, Goods::NewBook),
        ]
    );
    assert_eq!(editions[5].subtitle, None);
    assert_eq!(codes(&notes), ["not-a-book"]);
}

#[test]
fn i6_wrong_isbns_are_flagged_and_short_ones_repaired() {
    let lines = [
        "001 1",
        "020 __ $a9782707154298 (br.)",
        "020 __ $a439785960 pbk.",
        "245 10 $aT",
    ];
    let (editions, notes) =
        read(collection(&record("00000cam a2200000 a 4500", &lines, "")).as_bytes());
    assert_eq!(
        editions[0].isbn.map(|isbn| isbn.to_string()).as_deref(),
        Some("9780439785969")
    );
    assert_eq!(editions[0].flagged_isbns, ["9782707154298"]);
    assert_eq!(codes(&notes), ["isbn-invalid", "isbn-repaired"]);
}

#[test]
fn records_that_are_no_books_are_reported() {
    let book = "00000cam a2200000 a 4500";
    let records = [
        record("00000dam a2200000 a 4500", &["001 1", "245 10 $aGone"], ""),
        record("00000nz  a2200000 a 4500", &["001 2", "100 1_ $aHugo"], ""),
        record(book, &["001 3"], ""),
        record(book, &["245 10 $aNo number"], ""),
        "<record><title>Dublin core</title></record>".to_owned(),
        record(book, &["001 4", "245 10 $aFour"], ""),
        record(book, &["001 4", "245 10 $aFour again"], ""),
    ];
    let (incoming, notes) = read_bytes(collection(&records.concat()).as_bytes(), TODAY);
    assert!(matches!(&incoming[0], Incoming::Hide { reference, .. } if reference == "1"));
    assert_eq!(incoming.len(), 3);
    assert_eq!(
        codes(&notes),
        [
            "not-bibliographic",
            "no-title",
            "no-reference",
            "not-marc",
            "duplicate-reference"
        ]
    );
    assert_eq!(notes[0].line, 4);
    let kept: Vec<_> = notes
        .iter()
        .filter_map(|note| note.draft.as_ref())
        .map(|draft| (draft.reference.as_str(), draft.edition.title.as_str()))
        .collect();
    assert_eq!(kept, [("3", ""), ("", "No number")]);
}

#[test]
fn o18_a_broken_record_does_not_take_its_neighbours() {
    let good = |number: &str| {
        record(
            "00000cam a2200000 a 4500",
            &[&format!("001 {number}"), "245 10 $aT"],
            "",
        )
    };
    for broken in [
        "<record><leader>00000cam a2200000 a 4500</leader><datafield tag=\"245",
        "<record><leader>x</leader><controlfield tag='001'>9</controlfield></datafield></record>",
        "<record><leader>x</leader><!-- open",
        "<record><leader>x</leader><![CDATA[ open",
        "<record><leader>x</leader>",
        "<record><leader>x</leader>& < </record>",
    ] {
        let (editions, notes) =
            read(collection(&format!("{}{broken}\n{}", good("1"), good("2"))).as_bytes());
        assert_eq!((editions.len(), notes.len()), (2, 1), "{broken}: {notes:?}");
        assert_eq!(
            (notes[0].line, notes[0].severity),
            (4, Severity::Error),
            "{broken}"
        );
    }
    let giant = format!(
        "<record><leader>x</leader>{}</record>",
        "y".repeat(limits::RECORD_BYTES + 1)
    );
    let (editions, notes) =
        read(collection(&format!("{}{giant}{}", good("1"), good("2"))).as_bytes());
    assert_eq!((editions.len(), codes(&notes)), (2, vec!["too-large"]));
}

#[test]
fn o17_nothing_outside_the_file_is_read() {
    let bomb =
        "<!DOCTYPE collection [<!ENTITY a SYSTEM \"file:///etc/passwd\"><!ENTITY b \"&a;&a;\">]>";
    let lines = ["001 1", "245 10 $aL'&a;&b;&eacute;t&#233; &amp; R&D"];
    let text = format!(
        "{bomb}{}",
        collection(&record("00000cam a2200000 a 4500", &lines, ""))
            .replace("<?xml version=\"1.0\"?>", "")
    );
    let (editions, _) = read(text.as_bytes());
    assert_eq!(editions[0].title, "L'&a;&b;été & R&D");
}

/// A record of bytes.
fn bytes(leader: &[u8; 24], fields: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut directory, mut data) = (Vec::new(), Vec::new());
    for (tag, content) in fields {
        directory.extend_from_slice(
            format!("{tag}{:04}{:05}", content.len() + 1, data.len()).as_bytes(),
        );
        data.extend_from_slice(content);
        data.push(0x1e);
    }
    let base = 24 + directory.len() + 1;
    let mut record = leader.to_vec();
    record[..5].copy_from_slice(format!("{:05}", base + data.len() + 1).as_bytes());
    record[12..17].copy_from_slice(format!("{base:05}").as_bytes());
    record.extend(directory);
    record.push(0x1e);
    record.extend(data);
    record.push(0x1d);
    record
}

const MARC21_LEADER: &[u8; 24] = b"00000cam a2200000 a 4500";
const UNIMARC_LEADER: &[u8; 24] = b"00000cam  2200000   450 ";

#[test]
fn records_of_bytes_are_read_in_utf_8_marc_8_and_iso_5426() {
    let marc21 = |title: &[u8]| {
        bytes(
            MARC21_LEADER,
            &[("001", b"1"), ("020", b"  \x1fa2070541274"), ("245", title)],
        )
    };
    let unimarc = bytes(
        UNIMARC_LEADER,
        &[
            ("001", b"3"),
            (
                "200",
                b"1 \x1fa\x88Les \x89b\xc2eb\xc2es\x1fbTexte imprim\xc2e",
            ),
        ],
    );
    let file = [
        marc21("10\u{1f}aLes marées :\u{1f}broman".as_bytes()),
        b"\r\n".to_vec(),
        marc21(b"10\x1faLes mar\xe2ees :\x1fbroman"),
        unimarc,
        marc21(b"10\x1fa\x1b(NCyrillic"),
        marc21(b"10\x1faCut")[..40].to_vec(),
    ]
    .concat();
    let (editions, notes) = read(&file);
    let titles: Vec<_> = editions
        .iter()
        .map(|edition| edition.title.as_str())
        .collect();
    assert_eq!(titles, ["Les marées", "Les marées", "Les bébés"]);
    assert_eq!(
        editions[1].isbn.map(|isbn| isbn.to_string()).as_deref(),
        Some("9782070541270")
    );
    assert_eq!(
        codes(&notes),
        ["duplicate-reference", "encoding-unsupported", "truncated"]
    );
    assert_eq!(notes[2].line, 5);
}

#[test]
fn a_wrong_directory_is_not_believed() {
    let mut wrong = bytes(MARC21_LEADER, &[("001", b"1"), ("245", b"10\x1faTitle")]);
    wrong[28..31].copy_from_slice(b"999");
    let (editions, _) = read(&wrong);
    assert_eq!(editions[0].title, "Title");
    let mut broken = wrong.clone();
    broken.remove(30);
    let (editions, notes) = read(&[broken, wrong].concat());
    assert_eq!((editions.len(), codes(&notes)), (1, vec!["marc-malformed"]));
}

#[test]
fn o17_what_is_built_to_cost_time_or_memory_costs_neither() {
    let good = record("00000cam a2200000 a 4500", &["001 1", "245 10 $aT"], "");
    // Searching four megabytes from each of these for an end that is not there would take hours.
    let long = limits::RECORD_BYTES + 500_000;
    for (bomb, bytes) in [
        ("<![CDATA[<record>", long),
        ("<!--<record>", long),
        ("<![CDATA[", long),
        ("<record>", long),
        ("<record><leader>", 100_000),
    ] {
        let file = collection(&format!("{good}{}", bomb.repeat(bytes / bomb.len())));
        assert_eq!(read(file.as_bytes()).0.len(), 1, "{bomb}");
    }
    let marks = format!("001 1|245 10 $a{}", "&lt;&lt;x>>".repeat(100_000));
    let lines: Vec<&str> = marks.split('|').collect();
    assert_eq!(
        read(collection(&record("00000cam a2200000 a 4500", &lines, "")).as_bytes())
            .0
            .len(),
        1
    );
    // Five thousand entries for one field of ten thousand bytes.
    let entries = 5_000;
    let base = 24 + 12 * entries + 1;
    let mut record = format!("99999cam a22{base:05} a 4500").into_bytes();
    record.extend("500999900000".repeat(entries).into_bytes());
    record.push(0x1e);
    record.extend(vec![b'x'; 9_998]);
    record.extend([0x1e, 0x1d]);
    assert_eq!(read(&record).1.len(), 1);
}

fn samples() -> Vec<Vec<u8>> {
    vec![
        collection(
            &[
                record("00000cam a2200000 a 4500", MARC21, ""),
                record("     cam  22     3  450 ", UNIMARC, "m:"),
            ]
            .concat(),
        )
        .into_bytes(),
        [
            bytes(
                MARC21_LEADER,
                &[
                    ("001", b"1"),
                    ("245", b"10\x1faTitle"),
                    ("700", b"1 \x1faHugo, Victor"),
                ],
            ),
            bytes(
                UNIMARC_LEADER,
                &[
                    ("001", b"2"),
                    ("200", b"1 \x1fab\xc2eb\xc2es"),
                    ("700", b" 1\x1faHugo\x1fbVictor"),
                ],
            ),
        ]
        .concat(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read(&[b"<record><leader>00000cam a2200000 a 4500</leader>".as_slice(), &bytes].concat());
        read(&[b"00100cam a2200049 a 4500".as_slice(), &bytes, b"\x1d"].concat());
    }

    #[test]
    fn no_mutation_makes_the_readers_panic(which in 0..2_usize, changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let mut file = samples().swap_remove(which);
        for (place, byte) in changes {
            let place = place % file.len();
            file[place] = byte;
        }
        read(&file);
    }

    #[test]
    fn o18_a_file_cut_anywhere_keeps_its_complete_records(which in 0..2_usize, cut in any::<usize>()) {
        let file = samples().swap_remove(which);
        let cut = cut % file.len();
        let end: &[u8] = if which == 0 { b"</record>" } else { b"\x1d" };
        let whole = memchr::memmem::find(&file, end).unwrap() + end.len();
        let (editions, notes) = read(&file[..cut]);
        prop_assert_eq!(!editions.is_empty(), cut >= whole);
        let between = which == 1 && (cut == 0 || cut == whole);
        prop_assert!(!notes.is_empty() || between || file[cut..].trim_ascii().is_empty());
    }
}
