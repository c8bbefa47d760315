//! The index as files: opened again, changed, of another version, and never broken by what is typed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod shelf;

use std::sync::{Arc, LazyLock};

use catalogue::model::{Edition, EditionId, PublicationDate};
use catalogue::thema::HeadingLanguage;
use jiff::civil::date;
use proptest::prelude::*;
use search::{Days, Filters, Index, Query, SearchError, Sort, Suggested, eval};
use shelf::{Shelf, edition};

#[test]
fn an_index_is_found_again_after_closing() {
    let shelf = Shelf::of(&["Nadja | André Breton"]);
    let path = shelf.dir.path().join("index");
    drop(shelf.index);
    let index = Index::open(&path).unwrap();
    assert_eq!(index.search(&Query::text("nadja breton")).unwrap().total, 1);
    assert!(matches!(
        index.suggest("bret", 5, &[HeadingLanguage::French])[0].of,
        Suggested::Author(_)
    ));
}

#[test]
fn a_missing_or_foreign_index_asks_to_be_built() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Index::open(dir.path()), Err(SearchError::Missing)));
    let schema = tantivy::schema::Schema::builder().build();
    tantivy::Index::create_in_dir(dir.path(), schema).unwrap();
    let refused = Index::open(dir.path()).err().unwrap();
    assert!(matches!(refused, SearchError::Outdated) && refused.rebuild_helps());
    let index = Index::build(
        dir.path(),
        [Arc::new(edition(1, "Nadja"))].into_iter(),
        7,
        |_| (),
    )
    .unwrap();
    assert_eq!((index.len(), index.sequence()), (1, 7));
}

#[test]
fn changes_are_seen_at_once_and_kept() {
    let shelf = Shelf::of(&[
        "Nadja | André Breton",
        "Zazie | Raymond Queneau",
        "Thérèse | François Mauriac",
    ]);
    assert_eq!(
        shelf.index.suggest("naj", 5, &[HeadingLanguage::French]),
        []
    );
    let changed = [
        Arc::new(edition(1, "Najda | André Breton")),
        Arc::new(edition(4, "Gigi | Colette")),
    ];
    shelf.index.apply(&changed, &[EditionId(2)], 12).unwrap();
    let found = |index: &Index, text: &str| index.search(&Query::text(text)).unwrap().total;
    for index in [
        shelf.index.clone(),
        Index::open(&shelf.dir.path().join("index")).unwrap(),
    ] {
        assert_eq!(
            (
                found(&index, "najda"),
                found(&index, "gigi"),
                found(&index, "zazie queneau")
            ),
            (1, 1, 0)
        );
        assert_eq!((index.len(), index.sequence()), (3, 12));
    }
    assert_eq!(
        shelf.index.suggest("gig", 5, &[HeadingLanguage::French])[0].of,
        Suggested::Title(EditionId(4))
    );
    assert_eq!(
        shelf.index.suggest("zaz", 5, &[HeadingLanguage::French]),
        []
    );
    // Changing twice works, and so does removing what is not there; what is known stays known.
    shelf
        .index
        .apply(&changed[..1], &[EditionId(99)], 9)
        .unwrap();
    assert_eq!((shelf.index.len(), shelf.index.sequence()), (3, 12));
}

#[test]
fn a_build_tells_how_far_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let editions = (0..2_500).map(|number| Arc::new(edition(number + 1, "Titre")));
    let mut told = Vec::new();
    Index::build(&dir.path().join("index"), editions, 0, |taken| {
        told.push(taken)
    })
    .unwrap();
    assert_eq!(told, [1_000, 2_000, 2_500]);
}

#[test]
fn s8_the_report_has_the_figures_by_kind() {
    let mut shelf = Shelf::of(&["Nadja | André Breton", "Zazie | Raymond Queneau"]);
    shelf.editions[0].records = vec!["a:1".into(), "b:1".into()];
    shelf.editions[1].records = vec!["a:2".into()];
    let shelf = shelf.indexed();
    let file = shelf.dir.path().join("queries.jsonl");
    let lines = [
        r#"{"qid":"1","kind":"title","query":"nadja","relevant":["a:1","b:1"]}"#,
        r#"{"qid":"2","kind":"title","query":"qqqqqqqq","relevant":["a:2"]}"#,
        r#"{"qid":"3","kind":"author","query":"queneau","relevant":["a:2"],"target":"ignored"}"#,
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let queries = eval::load_queries(&file).unwrap();
    let report = eval::run(
        &shelf.index,
        &queries,
        shelf.editions.iter().cloned().map(Arc::new),
    )
    .unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["overall"]["success@10"], 2.0 / 3.0);
    assert_eq!(json["kinds"][0]["kind"], "author");
    assert_eq!(json["kinds"][1]["queries"], 2);
    for (name, value) in [
        ("success@1", 0.5),
        ("success@10", 0.5),
        ("ndcg@10", 0.5),
        ("empty", 0.5),
    ] {
        assert_eq!(json["kinds"][1][name], value, "{name}");
    }
    assert!(json["overall"]["p99_ms"].is_number());
    assert!(report.to_string().contains("overall"));
}

fn odd_editions() -> Vec<Edition> {
    let titles = [
        "",
        "'",
        "L'",
        "#",
        "3",
        "t. 3",
        "œ'œ",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁn",
        "İstanbul",
        "日本語の本",
        "...",
        "a\nb\tc|d",
    ];
    let mut editions: Vec<Edition> = titles
        .iter()
        .enumerate()
        .map(|(place, title)| edition(place as i64 - 3, title))
        .collect();
    editions[0].published = Some(PublicationDate {
        year: i16::MIN,
        month: Some(255),
        day: None,
    });
    editions[1].published = Some(PublicationDate::year(i16::MAX));
    editions[2].flagged_isbns = vec!["nonsense-é".into(), String::new()];
    editions
}

static ODD: LazyLock<Shelf> = LazyLock::new(|| Shelf::indexing(odd_editions()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_query_panics_or_fails(
        text in prop_oneof!["\\PC{0,60}", "[a-zé'’ #.0-9tIVX-]{0,40}", any::<String>()],
        page in any::<u32>(),
        per_page in any::<u32>(),
        value in prop::option::of(".{0,8}"),
        sort in prop::sample::select(vec![Sort::Relevance, Sort::Newest, Sort::PriceUp, Sort::PriceDown, Sort::Title, Sort::Volume]),
    ) {
        let filters = Filters { language: value.clone(), decade: value, ..Filters::default() };
        let query = Query { text: text.clone(), aisle: None, filters, sort, page, per_page };
        let results = ODD.index.search(&query).unwrap();
        prop_assert!(results.hits.len() as u64 <= results.total);
        ODD.index.suggest(&text, 8, &[HeadingLanguage::English]);
    }
}

proptest! {
    // Each case builds an index.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_title_typed_whole_finds_its_book(words in prop::collection::vec("[a-zàâçéèêëîïôûùüÿœæ]{1,12}", 1..6), accent in any::<bool>()) {
        let title = words.join(" ");
        let shelf = Shelf::of(&[title.as_str(), "Autre chose | Quelqu'un"]);
        let typed = if accent { title.clone() } else { search::analysis::fold(&title).into_owned() };
        prop_assert_eq!(shelf.first(&typed), title.as_str());
    }
}

#[test]
fn books_of_which_only_the_month_is_known_hide_no_day() {
    let dated = |number: i64, day: Option<u8>| {
        let mut edition = edition(number, "Titre");
        edition.published = Some(PublicationDate {
            year: 2026,
            month: Some(12),
            day,
        });
        edition
    };
    let mut editions: Vec<Edition> = (1..=60).map(|number| dated(number, None)).collect();
    editions.extend([dated(61, Some(4)), dated(62, Some(3))]);
    let shelf = Shelf::indexing(editions);
    let days = date(2026, 11, 20)..=date(2027, 2, 3);
    let found = |order| shelf.index.published(days.clone(), order, 5).unwrap();
    assert_eq!(found(Days::Earliest), [EditionId(62), EditionId(61)]);
    assert_eq!(found(Days::Latest), [EditionId(61), EditionId(62)]);
    let backwards = date(2027, 1, 1)..=date(2026, 1, 1);
    assert_eq!(
        shelf.index.published(backwards, Days::Latest, 5).unwrap(),
        []
    );
}
