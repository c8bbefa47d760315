//! Whole messages in, editions and notes out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::import::{Note, Severity, read_bytes};
use crate::model::{
    Availability, ContributorRole, Edition, Form, Goods, Language, Money, Price, PriceRegime,
    PublicationDate, SubjectScheme, TextKind,
};
use crate::store::{Block, Incoming};

mod covers;
mod hazards;
mod offers;
mod release_2;

const REFERENCE: &str = include_str!("../../../../tests/fixtures/reference.xml");
const SHORT: &str = include_str!("../../../../tests/fixtures/short.xml");
const REFERENCE_2_1: &str = include_str!("../../../../tests/fixtures/reference_2_1.xml");
const SHORT_2_1: &str = include_str!("../../../../tests/fixtures/short_2_1.xml");
const TODAY: Date = date(2026, 11, 23);

fn read(message: &str) -> (Vec<Incoming>, Vec<Note>) {
    read_bytes(message.as_bytes(), TODAY)
}

/// A message around `products`.
fn message(products: &str) -> String {
    format!(
        "<ONIXMessage release=\"3.0\"><Header><DefaultCurrencyCode>EUR</DefaultCurrencyCode></Header>{products}\
         </ONIXMessage>"
    )
}

/// A product with these blocks in it.
fn product(reference: &str, blocks: &str) -> String {
    format!(
        "<Product><RecordReference>{reference}</RecordReference><NotificationType>03</NotificationType>{blocks}</Product>"
    )
}

fn editions(message: &str) -> Vec<Edition> {
    let editions = read(message).0.into_iter().map(|incoming| match incoming {
        Incoming::Put(record) => record.edition,
        other => panic!("{:?} is not a complete record", other.identity()),
    });
    editions.collect()
}

/// The only edition of a message with one product, whose blocks are a title and `blocks`.
fn edition(description: &str, blocks: &str) -> Edition {
    let title = "<TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>\
        <TitleText>T</TitleText></TitleElement></TitleDetail>";
    let blocks = format!("<DescriptiveDetail>{description}{title}</DescriptiveDetail>{blocks}");
    editions(&message(&product("r", &blocks))).pop().unwrap()
}

fn codes(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|note| note.code).collect()
}

#[test]
fn o1_reference_names_3_0_and_short_tags_3_1_say_the_same() {
    let (reference, notes) = read(REFERENCE);
    assert_eq!(notes, []);
    assert_eq!(read(SHORT).0, reference);
    let prefixed = REFERENCE
        .replace("xmlns=", "xmlns:o=")
        .replace("</", "</o:")
        .replace("<o:", "<")
        .replace("</o:", "</");
    assert_eq!(read(&prefixed).0, reference);
}

#[test]
fn o1_release_2_1_says_the_same_with_both_tag_sets() {
    let (expected, _) = read(REFERENCE);
    for message in [REFERENCE_2_1, SHORT_2_1] {
        let (incoming, notes) = read(message);
        assert_eq!(notes, []);
        assert_eq!(incoming, expected);
    }
}

#[test]
fn a_complete_product_becomes_an_edition() {
    let (incoming, _) = read(REFERENCE);
    let [
        Incoming::Put(record),
        Incoming::Hide {
            sender, reference, ..
        },
    ] = incoming.as_slice()
    else {
        panic!("{incoming:?}")
    };
    assert_eq!(
        (sender.as_str(), reference.as_str()),
        ("3010000000017", "quai-0002")
    );
    assert_eq!(
        (record.sender.as_str(), record.reference.as_str()),
        ("3010000000017", "quai-0001")
    );
    let edition = &record.edition;
    assert_eq!(edition.title, "L’Étale & le jusant");
    assert_eq!(edition.subtitle.as_deref(), Some("roman"));
    assert_eq!(edition.original_title.as_deref(), Some("Slack Water"));
    assert_eq!(edition.isbn.unwrap().to_string(), "9782070541270");
    assert_eq!(edition.other_isbns.len(), 1);
    assert_eq!(edition.collection.as_deref(), Some("Poche du Quai"));
    let series = edition.series.as_ref().unwrap();
    assert_eq!(
        (series.title.as_str(), series.volume.as_deref()),
        ("Les Marées", Some("3"))
    );
    let people: Vec<_> = edition
        .contributors
        .iter()
        .map(|c| (c.name.as_str(), c.inverted.as_deref(), c.role))
        .collect();
    assert_eq!(
        people,
        [
            (
                "Jeanne d’Arvor",
                Some("Arvor, Jeanne d’"),
                ContributorRole::Author
            ),
            (
                "Jeanne d’Arvor",
                Some("Arvor, Jeanne d’"),
                ContributorRole::Illustrator
            ),
            (
                "Maud Le Goff",
                Some("Le Goff, Maud"),
                ContributorRole::Translator
            ),
            ("Atelier du Port", None, ContributorRole::Editor),
        ]
    );
    assert_eq!(edition.publisher.as_deref(), Some("Éditions du Quai"));
    assert_eq!(edition.language, Language::parse("fre").ok());
    assert_eq!(
        edition.published,
        Some(PublicationDate {
            year: 2026,
            month: Some(9),
            day: Some(3)
        })
    );
    assert_eq!(
        (edition.form, edition.goods, edition.pages),
        (Form::Pocket, Goods::NewBook, Some(312))
    );
    let schemes: Vec<_> = edition
        .subjects
        .iter()
        .map(|subject| subject.scheme)
        .collect();
    let keyword = SubjectScheme::Keyword;
    assert_eq!(
        schemes,
        [SubjectScheme::Thema, keyword, keyword, SubjectScheme::Clil]
    );
    let texts: Vec<_> = edition
        .texts
        .iter()
        .map(|t| (t.kind, t.language.unwrap().to_string(), t.body.as_str()))
        .collect();
    let french = "Une marée d’équinoxe.\n\nUn phare s’éteint.";
    assert_eq!(
        texts,
        [
            (TextKind::Summary, "fre".to_owned(), french),
            (TextKind::Review, "eng".to_owned(), "Bracing.")
        ]
    );
    assert_eq!(
        edition.price,
        Some(Price {
            amount: Money::cents(890),
            regime: PriceRegime::FixedFr
        })
    );
    assert_eq!(edition.availability, Availability::InStock);
    assert_eq!(edition.records, ["3010000000017:quai-0001"]);
}

#[test]
fn o2_o3_o4_the_notification_decides() {
    for (kind, done, note) in [
        ("01", "put", None),
        ("02", "put", None),
        ("03", "put", None),
        ("04", "blocks", None),
        ("05", "hide", None),
        ("08", "", Some("notification-unknown")),
        ("88", "", Some("test-record")),
        ("89", "", Some("test-record")),
    ] {
        let sent = REFERENCE.replacen(
            "<NotificationType>03",
            &format!("<NotificationType>{kind}"),
            1,
        );
        let (incoming, notes) = read(&sent);
        // The second product of the message is a deletion.
        let first = incoming.first().filter(|_| incoming.len() == 2);
        let found = match first {
            Some(Incoming::Put(_)) => "put",
            Some(Incoming::Blocks(_)) => "blocks",
            Some(Incoming::Hide { .. }) => "hide",
            None => "",
        };
        assert_eq!(
            (found, codes(&notes).first().copied()),
            (done, note),
            "{kind}"
        );
    }
}

#[test]
fn o3_an_update_speaks_of_the_blocks_it_carries() {
    let update = |blocks: &str| {
        let sent = message(&product("r", blocks)).replace("Type>03", "Type>04");
        match read(&sent).0.pop() {
            Some(Incoming::Blocks(update)) => Some(*update),
            Some(other) => panic!("{other:?}"),
            None => None,
        }
    };
    let price = "<ProductSupply><SupplyDetail><Price><PriceType>42</PriceType><PriceAmount>5.00</PriceAmount></Price>\
        </SupplyDetail></ProductSupply>";
    let supply = update(price).unwrap();
    assert_eq!(supply.blocks, [Block::Supply]);
    assert_eq!(
        supply.record.edition.price.unwrap().amount,
        Money::cents(500)
    );
    let texts = update("<CollateralDetail/><PublishingDetail/>").unwrap();
    assert_eq!(texts.blocks, [Block::Marketing, Block::Publishing]);
    assert_eq!(update("<DescriptiveDetail/>"), None);
    assert_eq!(update(""), None);
}

#[test]
fn o6_every_record_carries_its_message() {
    let messages = |message: &str| -> Vec<_> {
        let incoming = read(message).0.into_iter();
        let messages = incoming.map(|incoming| match incoming {
            Incoming::Put(record) => record.message,
            Incoming::Blocks(update) => update.record.message,
            Incoming::Hide { message, .. } => message,
        });
        messages
            .map(|message| message.map(|message| message.sent.rfc3339()))
            .collect()
    };
    let sent = Some("2026-11-20T08:00:00Z".to_owned());
    assert_eq!(messages(REFERENCE), [sent.clone(), sent]);
    assert_eq!(
        messages(&REFERENCE.replace("SentDateTime>", "Other>")),
        [None, None]
    );
}

#[test]
fn o5_a_reference_used_twice_is_reported() {
    let twice = message(
        &REFERENCE[REFERENCE.find("<Product>").unwrap()..REFERENCE.find("</ONIX").unwrap()]
            .repeat(2),
    );
    let (incoming, notes) = read(&twice);
    assert_eq!(incoming.len(), 4);
    let repeated = notes
        .iter()
        .filter(|note| note.code == "duplicate-reference");
    let references: Vec<_> = repeated
        .filter_map(|note| note.reference.as_deref())
        .collect();
    assert_eq!(references, ["quai-0001", "quai-0002"]);
}

#[test]
fn o7_isbns_are_chosen_flagged_and_kept() {
    let ids = |ids: &[(&str, &str)]| -> String {
        ids.iter()
            .map(|(kind, value)| {
                format!("<ProductIdentifier><ProductIDType>{kind}</ProductIDType><IDValue>{value}</IDValue></ProductIdentifier>")
            })
            .collect()
    };
    let isbn = |edition: &Edition| edition.isbn.map(|isbn| isbn.to_string());
    let both = edition(
        "",
        &ids(&[("03", "9780141439518"), ("15", "978-2-07-054127-0")]),
    );
    assert_eq!(isbn(&both).as_deref(), Some("9782070541270"));
    assert_eq!(both.other_isbns.len(), 1);
    let ten = edition("", &ids(&[("02", "2-07-054127-4")]));
    assert_eq!(isbn(&ten).as_deref(), Some("9782070541270"));
    let wrong = edition("", &ids(&[("15", "9782707154298")]));
    assert_eq!(
        (isbn(&wrong), wrong.flagged_isbns.as_slice()),
        (None, ["9782707154298".to_owned()].as_slice())
    );
    let game = edition("", &ids(&[("03", "3760000000012")]));
    assert_eq!((isbn(&game), game.flagged_isbns.len()), (None, 0));
}

#[test]
fn o20_a_collection_is_a_series_only_when_it_is_numbered() {
    let collection = |kind: &str, part: &str| {
        let blocks = format!(
            "<Collection><CollectionType>{kind}</CollectionType><TitleDetail><TitleType>01</TitleType><TitleElement>\
             <TitleElementLevel>02</TitleElementLevel>{part}<TitleText>Folio</TitleText></TitleElement></TitleDetail>\
             </Collection>"
        );
        let edition = edition(&blocks, "");
        (
            edition.series.map(|series| series.volume.unwrap()),
            edition.collection,
        )
    };
    let part = "<PartNumber>12</PartNumber>";
    assert_eq!(collection("10", part), (Some("12".to_owned()), None));
    assert_eq!(collection("10", ""), (None, Some("Folio".to_owned())));
    assert_eq!(collection("11", part), (None, Some("Folio".to_owned())));
}

#[test]
fn o18_bad_products_are_reported_with_their_line_and_lose_no_neighbour() {
    let good = |reference: &str| {
        product(
            reference,
            "<DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>\
            <TitleElementLevel>01</TitleElementLevel><TitleText>T</TitleText></TitleElement></TitleDetail></DescriptiveDetail>",
        )
    };
    let lines = [
        "<ONIXMessage release='3.0'>".to_owned(),
        good("1"),
        "<Product><RecordReference>2</RecordReference><Price></Product>".to_owned(),
        good("3"),
        product(
            "4",
            "<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9782070541270</IDValue></ProductIdentifier>",
        ),
        "<Product><NotificationType>03</NotificationType><DescriptiveDetail><TitleDetail><TitleType>01</TitleType>\
         <TitleElement><TitleElementLevel>01</TitleElementLevel><TitleText>T</TitleText></TitleElement></TitleDetail>\
         </DescriptiveDetail></Product>"
            .to_owned(),
        "<Product><RecordReference>6</RecordReference>".to_owned(),
        good("7"),
        "<Product><RecordReference>8</Rec".to_owned(),
    ];
    let (incoming, notes) = read(&lines.join("\n"));
    let taken: Vec<_> = incoming
        .iter()
        .map(|incoming| incoming.identity().1)
        .collect();
    assert_eq!(taken, ["1", "3", "7"]);
    let told: Vec<_> = notes.iter().map(|note| (note.line, note.code)).collect();
    assert_eq!(
        told,
        [
            (3, "xml-malformed"),
            (5, "no-title"),
            (6, "no-reference"),
            (7, "xml-malformed"),
            (9, "truncated"),
            (9, "truncated")
        ]
    );
    let kept: Vec<_> = notes
        .iter()
        .filter_map(|note| Some((note.line, note.draft.as_ref()?)))
        .map(|(line, draft)| (line, draft.reference.as_str(), draft.edition.title.as_str()))
        .collect();
    assert_eq!(kept, [(5, "4", ""), (6, "", "T")]);
    assert!(notes[1].draft.as_ref().unwrap().edition.isbn.is_some());
    assert!(
        notes
            .iter()
            .all(|note| note.severity == Severity::Error && !note.message.is_empty())
    );
}

#[test]
fn o1_what_is_not_onix_is_said_once_for_the_file() {
    for (file, code) in [
        (
            "<Feed><Product><DescriptiveDetail/></Product></Feed>",
            "not-onix",
        ),
        ("<html/>", "not-onix"),
        ("<", "not-onix"),
        ("<ONIXMessage release='3.0'></ONIXMessage>", "no-products"),
        ("<ONIXMessage></ONIXMessage>", "no-products"),
        ("PK\u{3}\u{4}", "not-recognised"),
        ("", "not-recognised"),
    ] {
        let (incoming, notes) = read(file);
        assert_eq!((incoming.len(), codes(&notes)), (0, vec![code]), "{file}");
    }
}

#[test]
fn o1_the_product_tells_its_release_whatever_the_message_claims() {
    let title_of_2 = "<Title><TitleType>01</TitleType><TitleText>T</TitleText></Title>";
    let title_of_3 = "<DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01\
        </TitleElementLevel><TitleText>T</TitleText></TitleElement></TitleDetail></DescriptiveDetail>";
    for release in [
        "",
        " release='2.1'",
        " release='3.0'",
        " xmlns='http://ns.editeur.org/onix/3.1/reference'",
    ] {
        for title in [title_of_2, title_of_3] {
            let product = product("r", &format!("<!-- <DescriptiveDetail/> -->{title}"));
            let message = format!("<ONIXMessage{release}>{product}</ONIXMessage>");
            let titles: Vec<_> = editions(&message)
                .into_iter()
                .map(|edition| edition.title)
                .collect();
            assert_eq!(titles, ["T"], "{message}");
        }
    }
    let bare = read(&product("r", title_of_2));
    assert_eq!((bare.0.len(), codes(&bare.1)), (1, vec!["no-message"]));
}

#[test]
fn packed_and_differently_encoded_messages_are_read_alike() {
    use std::io::Write;
    let (expected, _) = read(REFERENCE);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(REFERENCE.as_bytes()).unwrap();
    let zstd = zstd::encode_all(REFERENCE.as_bytes(), 1).unwrap();
    let utf16: Vec<u8> = REFERENCE
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let windows = REFERENCE.replace("UTF-8", "windows-1252");
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(&windows);
    for packed in [
        gzip.finish().unwrap(),
        zstd.clone(),
        utf16,
        windows.into_owned(),
    ] {
        assert_eq!(read_bytes(&packed, TODAY), (expected.clone(), vec![]));
    }
    let cut = &zstd[..zstd.len() / 2];
    assert!(!read_bytes(cut, TODAY).1.is_empty());
}

/// Bits of messages, to be thrown together.
fn shreds() -> impl Strategy<Value = String> {
    let shred = prop_oneof![
        Just("<Product>"),
        Just("</Product>"),
        Just("<ONIXMessage release='3.0'>"),
        Just("</ONIXMessage>"),
        Just("<DescriptiveDetail>"),
        Just("</DescriptiveDetail>"),
        Just("<RecordReference>r</RecordReference>"),
        Just("<Text>"),
        Just("</Text>"),
        Just("<p>"),
        Just("</p>"),
        Just("<!--"),
        Just("-->"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("&eacute;"),
        Just("&"),
        Just("&#0;"),
        Just("<"),
        Just(">"),
        Just("'"),
        Just("<!DOCTYPE"),
        Just("<!ENTITY a SYSTEM 'b'>"),
        Just("["),
        Just("é"),
        Just("\n"),
        Just("<TitleText>T</TitleText>"),
        Just("<Title><TitleText>T</TitleText></Title>"),
        Just("<SupplyDetail>"),
        Just("</SupplyDetail>"),
        Just("<Series>"),
        Just("<NumberWithinSeries>1</NumberWithinSeries>"),
        Just("<PriceEffectiveFrom>2026</PriceEffectiveFrom>"),
        Just("<Price><PriceAmount>,</PriceAmount></Price>"),
        Just("<Date>20é60101</Date>"),
    ];
    proptest::collection::vec(shred, 0..60).prop_map(|shreds| shreds.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read_bytes(&bytes, TODAY);
        read_bytes(&[b"<ONIXMessage release='3.0'><Product>".as_slice(), &bytes].concat(), TODAY);
        read_bytes(&[b"{\"id\":\"a\"".as_slice(), &bytes].concat(), TODAY);
    }

    #[test]
    fn no_shreds_make_the_readers_panic(shreds in shreds()) {
        read(&shreds);
        read(&message(&shreds));
    }

    #[test]
    fn a_message_cut_anywhere_keeps_its_complete_products(cut in 0..REFERENCE.len()) {
        let bytes = &REFERENCE.as_bytes()[..cut];
        let whole = REFERENCE.find("</Product>").unwrap() + "</Product>".len();
        let (incoming, notes) = read_bytes(bytes, TODAY);
        prop_assert_eq!(!incoming.is_empty(), cut >= whole);
        prop_assert!(!notes.is_empty() || cut >= REFERENCE.trim_end().len());
    }
}
