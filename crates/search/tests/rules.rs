//! What booksellers add to the search, asked of a small index as a reader would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod shelf;

use search::{Aisle, Boosted, Filters, Name, Query, Rules, Strength};
use shelf::Shelf;
use trade::ids::EditionId;

fn shop() -> Shelf {
    Shelf::of(&[
        "La bande dessinée belge | A",
        "Histoire de la BD | B",
        "Shining | Stephen King",
        "Le King de la route | C",
        "Jardins | Anne Durand",
        "Jardins de curé | Bruno Petit",
    ])
}

fn titles(shelf: &Shelf, query: &Query, rules: &Rules) -> Vec<String> {
    let found = shelf.index.search_by(query, rules).unwrap();
    assert_eq!(found.total, found.hits.len() as u64);
    let title = |hit: &search::Hit| {
        let mut editions = shelf.editions.iter();
        let edition = editions.find(|edition| edition.id == hit.edition).unwrap();
        edition.title.clone()
    };
    found.hits.iter().map(title).collect()
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn who_types_one_phrase_finds_what_the_other_finds() {
    let shelf = shop();
    let mut rules = Rules::new(1);
    rules.equivalent(&words(&["bd", "bande dessinée"]));
    let bd = Query::text("bd");
    assert_eq!(
        titles(&shelf, &bd, &Rules::default()),
        ["Histoire de la BD"]
    );
    assert_eq!(
        titles(&shelf, &bd, &rules),
        ["Histoire de la BD", "La bande dessinée belge"],
        "the word as typed goes first"
    );
    assert_eq!(
        titles(&shelf, &Query::text("bd belge"), &rules),
        ["La bande dessinée belge"]
    );
    assert_eq!(
        titles(&shelf, &Query::text("bandes dessinées"), &rules).len(),
        2
    );
}

#[test]
fn a_synonym_reaches_whole_names() {
    let shelf = shop();
    let mut rules = Rules::new(1);
    rules.one_way("le maître de l'horreur", &words(&["Stephen King"]));
    let found = titles(&shelf, &Query::text("le maitre de l horreur"), &rules);
    assert_eq!(found, ["Shining"]);
    assert_eq!(
        titles(&shelf, &Query::text("stephen king"), &rules),
        titles(&shelf, &Query::text("stephen king"), &Rules::default())
    );
}

#[test]
fn a_synonym_still_finds_books_when_a_word_is_left_out() {
    let shelf = shop();
    let mut rules = Rules::new(1);
    rules.one_way("bédé", &words(&["bande dessinée"]));
    let found = titles(&shelf, &Query::text("bédé xyzzy"), &rules);
    assert_eq!(found, ["La bande dessinée belge"]);
}

#[test]
fn boosts_put_books_forward_and_find_nothing_more() {
    let shelf = shop();
    let jardins = Query::text("jardins");
    assert_eq!(titles(&shelf, &jardins, &Rules::default())[0], "Jardins");
    let mut rules = Rules::new(1);
    let petit = Aisle::Contributor(Name::of("Petit, Bruno").unwrap());
    rules.boost(Boosted::Aisle(petit), Strength::Strong);
    rules.boost(Boosted::Edition(EditionId(3)), Strength::Strong);
    assert_eq!(
        titles(&shelf, &jardins, &rules),
        ["Jardins de curé", "Jardins"]
    );
    let mut slight = Rules::new(2);
    slight.boost(Boosted::Edition(EditionId(6)), Strength::Slight);
    assert_eq!(
        titles(&shelf, &jardins, &slight)[0],
        "Jardins",
        "a whole title weighs more"
    );
}

#[test]
fn a_pinned_book_is_first_for_its_query_only_and_passes_the_filters() {
    let shelf = shop();
    let mut rules = Rules::new(1);
    rules.pin("Jardins", EditionId(3));
    rules.pin("jardins", EditionId(6));
    rules.pin("rien de rien", EditionId(3));
    assert_eq!(
        titles(&shelf, &Query::text("JARDINS"), &rules),
        ["Shining", "Jardins de curé", "Jardins"]
    );
    assert_eq!(
        titles(&shelf, &Query::text("jardins petit"), &rules)[0],
        "Jardins de curé"
    );
    assert_eq!(
        titles(&shelf, &Query::text("rien de rien"), &rules),
        ["Shining"],
        "found by nothing else"
    );
    rules.pin("shinign", EditionId(6));
    let mistyped = shelf
        .index
        .search_by(&Query::text("shinign"), &rules)
        .unwrap();
    assert_eq!(mistyped.hits[0].edition, EditionId(6));
    assert_eq!(
        (mistyped.total, mistyped.corrected),
        (1, None),
        "what a bookseller answered is not respelt"
    );
    let filtered = Query {
        filters: Filters {
            language: Some("eng".into()),
            ..Filters::default()
        },
        ..Query::text("jardins")
    };
    assert_eq!(titles(&shelf, &filtered, &rules), [""; 0]);
}

#[test]
fn rules_in_force_hold_from_the_next_search_on() {
    let shelf = shop();
    let mut rules = Rules::new(7);
    rules.pin("route", EditionId(1));
    shelf.index.set_rules(rules);
    assert_eq!(shelf.index.rules().version(), 7);
    assert_eq!(shelf.first("route"), "La bande dessinée belge");
    shelf.index.set_rules(Rules::default());
    assert_eq!(shelf.first("route"), "Le King de la route");
}
