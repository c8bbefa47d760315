//! The method against what it must beat, on real readers' books, where they lie beside the workspace; they are no
//! part of the project.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use shop::recommend::{Baskets, DEPTH, Figures, Method, Neighbours, Numbering, measure};

/// Nearest readers that the baseline asks.
const READERS_ASKED: usize = 50;
/// Every so many readers are measured: all of them take a minute without optimisation.
const MEASURED: u32 = 3;

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(path);
    let found = path.exists();
    if !found {
        println!("skipped: {} is not here", path.display());
    }
    found.then_some(path)
}

/// What is known, and the pairs that are hidden.
type Parts = (Baskets, Vec<(u32, u32)>);

/// Hides every tenth pair by a number that follows from its place.
fn parts(path: &Path) -> Parts {
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let (mut readers, mut books) = (Numbering::default(), Numbering::default());
    let (mut known, mut hidden) = (Vec::new(), Vec::new());
    for (place, line) in (0_u64..).zip(text.lines().skip(1)) {
        let mut fields = line.split(',');
        let pair = (
            readers.number(fields.next().unwrap()).unwrap(),
            books.number(fields.next().unwrap()).unwrap(),
        );
        let drawn = place.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        let drawn = drawn.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33;
        if drawn.is_multiple_of(10) {
            hidden.push(pair);
        } else {
            known.push(pair);
        }
    }
    hidden.retain(|(reader, _)| reader.is_multiple_of(MEASURED));
    (Baskets::of(readers.len(), books.len(), &known), hidden)
}

/// What the readers most alike have, by cosine: the baseline, which looks at all readers at each request.
fn user_knn(known: &Baskets, reader: u32) -> Vec<u32> {
    let mut common: HashMap<u32, u32> = HashMap::new();
    let own = known.books_of(reader);
    for book in own {
        for other in known.buyers_of(*book) {
            *common.entry(*other).or_default() += 1;
        }
    }
    common.remove(&reader);
    let length = |reader: u32| (known.books_of(reader).len() as f64).sqrt();
    let mut alike: Vec<(f64, u32)> = common
        .into_iter()
        .map(|(other, books)| (f64::from(books) / length(reader) / length(other), other))
        .collect();
    alike.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut scores: HashMap<u32, f64> = HashMap::new();
    for (likeness, other) in alike.iter().take(READERS_ASKED) {
        for book in known.books_of(*other) {
            *scores.entry(*book).or_default() += likeness;
        }
    }
    let mut best: Vec<(f64, u32)> = scores
        .into_iter()
        .filter(|(book, _)| own.binary_search(book).is_err())
        .map(|(book, score)| (score, book))
        .collect();
    best.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    best.into_iter().take(DEPTH).map(|(_, book)| book).collect()
}

fn with_table((known, hidden): &Parts, method: &Method) -> Figures {
    let table = Neighbours::of(known, method, 2);
    measure(known, hidden, |_, owned| table.recommend(owned, DEPTH))
}

#[test]
fn the_table_beats_asking_the_readers_most_alike() {
    let Some(path) = shared("reco/bookcrossing_train.csv.zst") else {
        return;
    };
    let parts = parts(&path);
    let baseline = measure(&parts.0, &parts.1, |reader, _| user_knn(&parts.0, reader));
    println!("user-kNN, k = {READERS_ASKED}: {baseline:?}");
    let ours = with_table(&parts, &Method::default());
    println!("the table: {ours:?}");
    assert_eq!(ours.readers, baseline.readers);
    assert!(
        ours.recall > 1.05 * baseline.recall && ours.ndcg > 1.05 * baseline.ndcg,
        "{ours:?} against {baseline:?}"
    );
}
