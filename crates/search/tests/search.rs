//! The rules of French search (booktrade.md, S1 to S7), asked of a small index as a reader would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod shelf;

use catalogue::model::Series;
use search::{Aisle, Filters, Name, Query, Sort};
use shelf::Shelf;

#[test]
fn s1_apostrophes_and_elision_never_hide_a_book() {
    let shelf = Shelf::of(&[
        "Seul, à travers l'Atlantique | Alain Gerbault",
        "D'Artagnan | Alexandre Dumas",
        "Visages d'hier et d'aujourd'hui | André Beaunier",
        "Madame Prud'homme | Anatole France",
        "La Presqu'île | Julien Gracq",
        "Le troisième policier | Flann O'Brien",
        "Histoire de la mer | Anonyme",
    ]);
    for text in [
        "l’atlantique",
        "latlantique",
        "l atlantique",
        "à travers l`Atlantique",
        "atlantique",
    ] {
        assert_eq!(shelf.first(text), "Seul, à travers l'Atlantique", "{text}");
    }
    for text in ["artagnan", "dartagnan", "d'artagnan", "d artagnan"] {
        assert_eq!(shelf.first(text), "D'Artagnan", "{text}");
    }
    for text in [
        "aujourd'hui",
        "aujourd’hui",
        "aujourdhui",
        "aujourd hui",
        "daujourdhui",
    ] {
        assert_eq!(
            shelf.first(text),
            "Visages d'hier et d'aujourd'hui",
            "{text}"
        );
    }
    assert_eq!(shelf.first("prudhomme"), "Madame Prud'homme");
    assert_eq!(shelf.first("presqu'ile"), "La Presqu'île");
    for text in ["o'brien", "obrien", "brien"] {
        assert_eq!(shelf.first(text), "Le troisième policier", "{text}");
    }
}

#[test]
fn s2_ligatures_and_marks_are_found_both_ways() {
    let shelf = Shelf::of(&[
        "Cœur de sceptique | Henri Ardel",
        "Un coeur simple | Gustave Flaubert",
        "Noé | Jean Giono",
        "Smørrebrød | Łukasz Ørsted",
    ]);
    assert_eq!(shelf.first("coeur de sceptique"), "Cœur de sceptique");
    assert_eq!(shelf.first("un cœur simple"), "Un coeur simple");
    assert_eq!(shelf.first("noe"), "Noé");
    assert_eq!(shelf.first("noe\u{301}"), "Noé");
    assert_eq!(shelf.first("smorrebrod lukasz"), "Smørrebrød");
}

#[test]
fn s3_inflections_are_found_and_the_exact_form_goes_first() {
    let shelf = Shelf::of(&[
        "Les chevaux | A",
        "Cheval | B",
        "Les journaux | C",
        "Là | D",
        "Elle et lui | George Sand",
        "Ça | E",
    ]);
    assert_eq!(shelf.titles("cheval"), ["Cheval", "Les chevaux"]);
    assert_eq!(shelf.titles("chevaux"), ["Les chevaux", "Cheval"]);
    assert_eq!(shelf.first("journal"), "Les journaux");
    for title in ["Là", "Elle et lui", "Ça"] {
        assert_eq!(shelf.first(title), title);
    }
}

#[test]
fn s4_the_book_asked_for_is_first() {
    let shelf = Shelf::of(&[
        "Les Misérables, tome 1 | Victor Hugo",
        "Les Misérables, tome 2 | Victor Hugo",
        "Victor Hugo et Les Misérables | Un critique",
        "Hugo Cabret | Brian Selznick",
    ]);
    assert!(
        shelf
            .first("hugo victor miserables")
            .starts_with("Les Misérables")
    );
    assert_eq!(
        shelf.first("les misérables hugo t 1"),
        "Les Misérables, tome 1"
    );
    assert!(shelf.first("victor hugo").starts_with("Les Misérables"));
}

#[test]
fn s4_an_isbn_in_any_form_goes_straight_to_its_book() {
    let mut shelf = Shelf::of(&["Au bout de mes rêves | X", "Une autre | Y", "Troisième | Z"]);
    shelf.set_isbn(1, "9782070541270");
    shelf.set_isbn(0, "9791034000050");
    let shelf = shelf.indexed();
    for text in [
        "9782070541270",
        "978-2-07-054127-0",
        "2070541274",
        "2-07-054127-4",
        "ISBN: 978 2 07 054127 0",
        "978\u{a0}2\u{2011}07\u{2011}054127\u{2011}0",
    ] {
        assert_eq!(shelf.titles(text), ["Une autre"], "{text}");
    }
    assert_eq!(shelf.first("979-10-340-0005-0"), "Au bout de mes rêves");
    // One digit further there is another number, not a misprint of this one.
    assert!(shelf.titles("9782070541287").is_empty());
}

#[test]
fn s5_the_volume_asked_for_beats_the_others() {
    let titles: Vec<String> = [30, 13, 2, 1, 3]
        .iter()
        .map(|n| format!("Naruto, tome {n} | Masashi Kishimoto"))
        .collect();
    let shelf = Shelf::of(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for text in [
        "naruto tome 3",
        "naruto t. 3",
        "naruto vol. III",
        "naruto #3",
        "naruto iii",
        "naruto 3",
        "Naruto t 03",
    ] {
        assert_eq!(shelf.first(text), "Naruto, tome 3", "{text}");
    }
}

#[test]
fn s6_typos_are_corrected_only_when_nothing_else_is_found() {
    let shelf = Shelf::of(&[
        "Les liaisons dangereuses | Choderlos de Laclos",
        "Adultère | Paulo Coelho",
        "Livre | A",
        "Litre | B",
        "1984 | George Orwell",
        "L'été | Albert Camus",
    ]);
    let results = shelf.search("liaisons dagnereuses");
    assert_eq!(results.corrected.as_deref(), Some("liaisons dangereuses"));
    assert_eq!(shelf.first("adlutere"), "Adultère");
    assert_eq!(
        shelf.search("adlutere").corrected.as_deref(),
        Some("adultère")
    );
    assert_eq!(shelf.titles("livre"), ["Livre"]);
    assert_eq!(shelf.search("livre").corrected, None);
    assert!(shelf.titles("1985").is_empty());
    assert!(shelf.titles("éét").is_empty());
}

#[test]
fn s6_what_filters_empty_was_not_mistyped() {
    let shelf = Shelf::of(&["Le Livre | A", "La Livrée | B"]);
    let english = Query {
        filters: Filters {
            language: Some("eng".into()),
            ..Filters::default()
        },
        ..Query::text("livre")
    };
    let found = shelf.index.search(&english).unwrap();
    assert_eq!((found.total, found.corrected), (0, None));
}

#[test]
fn an_accent_that_stands_alone_is_no_word() {
    let shelf = Shelf::of(&["L'Amour | A", "La Haine | B"]);
    for text in ["amour ❤\u{fe0f}", "\u{301} amour", "amour \u{301}"] {
        let found = shelf.search(text);
        assert_eq!((found.total, found.corrected), (1, None), "{text}");
    }
    assert_eq!(shelf.search("\u{301}").total, 0);
}

#[test]
fn the_last_word_may_be_unfinished() {
    let shelf = Shelf::of(&["Le temps est assassin | Michel Bussi", "Le temps | X"]);
    assert_eq!(shelf.titles("le temps est assa"), ["Le temps est assassin"]);
    assert_eq!(shelf.first("assa temps"), "Le temps");
}

#[test]
fn all_words_first_then_most_of_them() {
    let shelf = Shelf::of(&["Le rouge et le noir | Stendhal", "Le noir | X"]);
    assert_eq!(shelf.titles("rouge noir"), ["Le rouge et le noir"]);
    assert_eq!(
        shelf.first("rouge noir stendhal zzzqx"),
        "Le rouge et le noir"
    );
}

#[test]
fn s7_editions_of_one_work_are_one_hit_on_every_page() {
    let titles: Vec<String> = (0..40).map(|n| format!("Candide {n} | Voltaire")).collect();
    let mut shelf = Shelf::of(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for place in 0..40 {
        shelf.set_work(place, (place / 4) as i64 + 1);
    }
    let shelf = shelf.indexed();
    let mut works = Vec::new();
    for page in 1..=4 {
        let results = shelf
            .index
            .search(&Query {
                page,
                per_page: 3,
                ..Query::text("candide")
            })
            .unwrap();
        assert_eq!((results.total, results.editions), (10, 40));
        assert!(results.hits.iter().all(|hit| hit.editions_in_work == 4));
        works.extend(results.hits.iter().map(|hit| hit.work.get()));
    }
    works.sort_unstable();
    assert_eq!(works, (1..=10).collect::<Vec<i64>>());
}

#[test]
fn facets_count_what_was_found_and_filter_it() {
    let titles: Vec<String> = (0..30)
        .map(|n| format!("Roman {n} | Auteur {}", n % 3))
        .collect();
    let mut shelf = Shelf::of(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for place in 0..30 {
        shelf.describe(place);
    }
    let shelf = shelf.indexed();
    let all = shelf.search("roman");
    assert_eq!(all.editions, 30);
    for facet in all.facets.iter().filter(|facet| facet.name != "subject") {
        assert_eq!(
            facet.values.iter().map(|(_, count)| count).sum::<u64>(),
            30,
            "{}",
            facet.name
        );
        for (value, count) in &facet.values {
            let mut filters = Filters::default();
            *match facet.name {
                "language" => &mut filters.language,
                "form" => &mut filters.form,
                "availability" => &mut filters.availability,
                "price" => &mut filters.price,
                "decade" => &mut filters.decade,
                other => panic!("unknown facet {other}"),
            } = Some(value.clone());
            let narrowed = shelf
                .index
                .search(&Query {
                    filters,
                    ..Query::text("roman")
                })
                .unwrap();
            assert_eq!(narrowed.editions, *count, "{} {value}", facet.name);
        }
    }
    let nothing = Filters {
        form: Some("papyrus".into()),
        ..Filters::default()
    };
    assert_eq!(
        shelf
            .index
            .search(&Query {
                filters: nothing,
                ..Query::text("roman")
            })
            .unwrap()
            .total,
        0
    );
}

#[test]
fn a_blank_query_browses_in_every_order() {
    let mut shelf = Shelf::of(&["Le Zèbre | A", "L'Âne | B", "Mouton | C"]);
    for place in 0..3 {
        shelf.describe(place);
    }
    shelf.set_price(1, None);
    let shelf = shelf.indexed();
    let order = |sort| {
        let results = shelf
            .index
            .search(&Query {
                sort,
                ..Query::text(" ")
            })
            .unwrap();
        shelf.shown(&results)
    };
    assert_eq!(order(Sort::Title), ["L'Âne", "Mouton", "Le Zèbre"]);
    assert_eq!(order(Sort::PriceUp), ["Le Zèbre", "Mouton", "L'Âne"]);
    assert_eq!(order(Sort::PriceDown), ["Mouton", "Le Zèbre", "L'Âne"]);
    assert_eq!(order(Sort::Newest), ["Mouton", "L'Âne", "Le Zèbre"]);
    assert_eq!(order(Sort::Relevance).len(), 3);
}

#[test]
fn o20_a_series_is_read_by_its_volumes() {
    let volumes = ["10", "2", "III", "1", "2.5", "tome 4"];
    let mut titles: Vec<String> = volumes
        .iter()
        .map(|volume| format!("Chronique {volume}"))
        .collect();
    titles.extend([
        "Chronique hors série".into(),
        "La chronique des autres".into(),
    ]);
    let mut shelf = Shelf::of(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for (place, volume) in volumes.iter().map(Some).chain([None]).enumerate() {
        shelf.editions[place].series = Some(Series {
            title: "La Chronique".into(),
            volume: volume.map(ToString::to_string),
        });
    }
    let shelf = shelf.indexed();
    let series = Query {
        aisle: Name::of("la chronique").map(Aisle::Series),
        sort: Sort::Volume,
        ..Query::text("")
    };
    assert_eq!(
        shelf.shown(&shelf.index.search(&series).unwrap()),
        [
            "Chronique 1",
            "Chronique 2",
            "Chronique 2.5",
            "Chronique III",
            "Chronique tome 4",
            "Chronique 10",
            "Chronique hors série"
        ]
    );
}
