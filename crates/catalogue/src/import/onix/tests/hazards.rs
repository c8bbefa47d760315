//! What real feeds do wrong, and what hostile ones would do (O16, O17).

use super::*;

#[test]
fn o18_a_note_stays_short_whatever_it_quotes() {
    // Found by fuzzing: what stands for a name or a code may be half of a file.
    let long = "x".repeat(60_000);
    let unknown = product("r", "").replace(">03<", &format!(">{long}<"));
    for sent in [format!("<{long}>"), message(&unknown)] {
        let (_, notes) = read(&sent);
        assert!(!notes.is_empty());
        for note in notes {
            let chars = note.message.chars().count();
            assert!(
                chars <= crate::limits::NOTE_CHARS + 1,
                "{} {chars}",
                note.code
            );
        }
    }
}

/// Blocks with a title of these words.
pub(super) fn titled(words: &str) -> String {
    format!(
        "<DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>\
         <TitleElementLevel>01</TitleElementLevel><TitleText>{words}</TitleText></TitleElement></TitleDetail></DescriptiveDetail>"
    )
}

#[test]
fn o17_external_entities_are_an_error_and_declared_letters_resolve() {
    let title = |words: &str| {
        format!(
            "<DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement>\
        <TitleElementLevel>01</TitleElementLevel><TitleText>{words}</TitleText></TitleElement></TitleDetail></DescriptiveDetail>"
        )
    };
    let declared = "<!DOCTYPE ONIXMessage SYSTEM \"http://example.org/x.dtd\" [<!ENTITY maison \"Maison\">\
        <!ENTITY passwd SYSTEM \"file:///etc/passwd\"><!ENTITY lol \"&lol2;&lol2;\"><!ENTITY lol2 \"lol\">]>";
    let products = product("1", &title("La &maison; d&rsquo;&eacute;t&eacute;"))
        + &product("2", &title("&passwd;"))
        + &product("3", &title("&lol;"))
        + &product("4", &title("&nowhere;"));
    let (incoming, notes) = read(&format!("{declared}{}", message(&products)));
    let titles: Vec<_> = incoming
        .iter()
        .map(|incoming| match incoming {
            Incoming::Put(record) => record.edition.title.as_str(),
            _ => "not a complete record",
        })
        .collect();
    assert_eq!(titles, ["La Maison d’été", "&nowhere;"]);
    assert_eq!(
        codes(&notes),
        [
            "entity-external",
            "entity-nested",
            "xml-malformed",
            "xml-malformed",
            "entity-unknown"
        ]
    );
    assert!(notes[2].message.contains("never fetched"), "{:?}", notes[2]);
    assert!(
        notes[3].message.contains("never expanded"),
        "{:?}",
        notes[3]
    );
}

#[test]
fn o17_a_thousand_million_laughs_are_refused_before_they_grow() {
    let mut declared = "<!DOCTYPE ONIXMessage [<!ENTITY lol0 \"lol\">".to_owned();
    for n in 1..10 {
        let of = format!("&lol{};", n - 1).repeat(10);
        declared.push_str(&format!("<!ENTITY lol{n} \"{of}\">"));
    }
    let bomb = format!("{declared}]>{}", message(&product("1", &titled("&lol9;"))));
    let (incoming, notes) = read(&bomb);
    assert_eq!(incoming, []);
    assert_eq!(codes(&notes), ["entity-nested", "xml-malformed"]);
}

#[test]
fn o17_parameter_entities_and_sets_of_letters_outside_are_never_fetched() {
    let declared = "<!DOCTYPE ONIXMessage PUBLIC 'x' 'http://example.org/x.dtd' [<!ENTITY % iso-lat1 SYSTEM \
        'http://example.org/iso-lat1.ent'>%iso-lat1;<!ENTITY % own 'v'>%own;]>";
    let message = message(&product(
        "1",
        &titled("&Eacute;t&eacute; &OElig;uvre &ndash;"),
    ));
    let (incoming, notes) = read(&format!("{declared}{message}"));
    assert_eq!(notes, []);
    let Some(Incoming::Put(record)) = incoming.first() else {
        panic!("{incoming:?}")
    };
    assert_eq!(record.edition.title, "Été Œuvre –");
}

#[test]
fn o17_control_characters_are_left_out_and_line_ends_do_not_matter() {
    let sent = message(&product("1", &titled("Le\u{1} Petit\u{b}\r\n Prince&#2;")));
    assert_eq!(editions(&sent)[0].title, "Le Petit Prince");
}

#[test]
fn o17_cdata_is_read_in_every_element() {
    let blocks = titled("<![CDATA[Marées & <jusant>]]>")
        + "<CollateralDetail><TextContent><TextType>03</TextType><Text><![CDATA[<p>a</p><p>b & c</p>]]></Text>\
           </TextContent></CollateralDetail>";
    let edition = editions(&message(&product("1", &blocks))).pop().unwrap();
    assert_eq!(edition.title, "Marées &");
    assert_eq!(edition.texts[0].body, "a\n\nb & c");
}

#[test]
fn o16_no_markup_survives_whatever_the_sender_calls_it() {
    let hostile = [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)' style='x'>a</p>",
        "<a href='javascript:alert(1)'>a</a>",
        "<img src='http://example.org/x.png' onerror='alert(1)'/>",
        "<style>p { color: red }</style>",
        "<svg><script>alert(1)</script></svg>",
        "<iframe src='http://example.org'></iframe>",
        "<!-- hidden --><p>a</p>",
        "<![CDATA[<script>alert(1)</script><b>a</b>]]>",
        "<p>a<object data='x'>a</object></p>",
        "<math><mtext><style>a</style></mtext></math>",
    ];
    for markup in hostile {
        let escaped = markup.replace('&', "&amp;").replace('<', "&lt;");
        let twice = escaped.replace('&', "&amp;");
        for text in [markup, &escaped, &twice] {
            for format in ["", "00", "02", "03", "05", "06", "07"] {
                let blocks = format!(
                    "{}<CollateralDetail><TextContent><TextType>03</TextType><Text textformat='{format}'>safe {text}</Text>\
                     </TextContent></CollateralDetail>",
                    titled("T")
                );
                let edition = editions(&message(&product("1", &blocks))).pop().unwrap();
                let body = &edition.texts[0].body;
                assert!(body.starts_with("safe"), "{text}: {body}");
                for trace in [
                    "alert",
                    "<",
                    "javascript",
                    "color",
                    "hidden",
                    "onerror",
                    "http",
                ] {
                    assert!(!body.contains(trace), "{text}: {body}");
                }
            }
        }
    }
}

#[test]
fn o17_a_message_that_lies_about_its_encoding_is_read_and_said() {
    let utf8 = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}",
        message(&product("1", &titled("L’été à Œdenne")))
    );
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(&utf8);
    let (incoming, notes) = read_bytes(&windows, TODAY);
    let Some(Incoming::Put(record)) = incoming.first() else {
        panic!("{incoming:?}")
    };
    assert_eq!(record.edition.title, "L’été à Œdenne");
    assert_eq!(codes(&notes), ["encoding-repaired"]);
}
