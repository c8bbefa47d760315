//! What readers type: analysis, plan, correction, the index's answer, and suggestions, over a small demo catalogue.
#![no_main]

use std::sync::{Arc, LazyLock};

use catalogue::demo;
use catalogue::thema::HeadingLanguage;
use search::limits::SUGGESTIONS;
use search::{Index, Query, Sort};
use tempfile::TempDir;

/// Titles of the catalogue: enough for words to be corrected into one another.
const TITLES: u32 = 300;
const PER_PAGE: u32 = 10;
const SORTS: [Sort; 6] = [
    Sort::Relevance,
    Sort::Newest,
    Sort::PriceUp,
    Sort::PriceDown,
    Sort::Title,
    Sort::Volume,
];

static INDEX: LazyLock<(Index, TempDir)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let editions = demo::editions(TITLES, 1)
        .zip(1..)
        .map(|(mut edition, number)| {
            edition.id = trade::ids::EditionId(number);
            edition.work = trade::ids::WorkId(number);
            Arc::new(edition)
        });
    let index = Index::build(&folder.path().join("index"), editions, 0, |_| ());
    (index.expect("an index"), folder)
});

libfuzzer_sys::fuzz_target!(|asked: (u8, &str)| {
    let (choice, text) = asked;
    let (index, _) = &*INDEX;
    let query = Query {
        sort: SORTS[usize::from(choice) % SORTS.len()],
        page: u32::from(choice / 64),
        per_page: PER_PAGE,
        ..Query::text(text)
    };
    let found = index
        .search(&query)
        .expect("an answer to whatever is typed");
    assert!(found.hits.len() <= PER_PAGE as usize);
    assert!(found.total <= found.editions && found.editions <= index.len());
    if text.trim().is_empty() {
        assert_eq!(
            found.editions,
            index.len(),
            "nothing typed finds everything"
        );
    }
    for facet in &found.facets {
        let counted: u64 = facet.values.iter().map(|(_, count)| count).sum();
        assert!(counted <= found.editions, "{facet:?}");
    }
    let language = HeadingLanguage::ALL[usize::from(choice) % HeadingLanguage::ALL.len()];
    let suggested = index.suggest(text, SUGGESTIONS, &[language]);
    assert!(suggested.len() <= SUGGESTIONS);
});
