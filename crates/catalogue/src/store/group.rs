//! Which records are one edition: those of one ISBN that speak of the same book, unless a bookseller decided
//! otherwise.
//!
//! The answer depends on the records alone, never on the order in which they came. It is computed for all records
//! that can touch each other at once, and knows nothing of the database.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::isbn_column;
use super::same::{Likeness, has_volumes, is_same_book};
use crate::limits;
use crate::model::{Edition, Isbn13};

/// A record as far as grouping needs it.
pub(super) struct Member {
    pub(super) record: i64,
    isbn: Option<Isbn13>,
    further: Vec<Isbn13>,
    likeness: Likeness,
    /// It has a price or an availability: it speaks of one binding, not of several.
    sells: bool,
    /// A bookseller split it off.
    apart: bool,
}

impl Member {
    /// A record as it is grouped, without the ISBNs that are `crowded`.
    pub(super) fn of(
        record: i64,
        edition: &Edition,
        apart: bool,
        crowded: &HashSet<i64>,
    ) -> Member {
        let tells = |isbn: &Isbn13| !crowded.contains(&isbn_column(*isbn));
        Member {
            record,
            isbn: edition.isbn.filter(tells),
            further: edition.other_isbns.iter().copied().filter(tells).collect(),
            likeness: Likeness::of(edition),
            sells: super::merge::sells(edition),
            apart,
        }
    }
}

/// The groups, each with the ids of its records in order, and the ISBNs that books were kept apart under.
pub(super) struct Groups {
    pub(super) groups: Vec<Vec<i64>>,
    /// Records whose ISBN another group carries as well, with that ISBN.
    pub(super) shared: Vec<(i64, Isbn13)>,
}

/// Groups `members`; `joined` are pairs of records that a bookseller put together.
pub(super) fn group(members: &[Member], joined: &[(i64, i64)]) -> Groups {
    let mut sets = Sets::of(members.len());
    let place: HashMap<i64, usize> = members
        .iter()
        .enumerate()
        .map(|(place, member)| (member.record, place))
        .collect();
    let by_isbn = by_isbn(members);
    for bearers in by_isbn.values() {
        unite_same_books(members, bearers, &mut sets);
    }
    for (one, other) in joined {
        if let (Some(one), Some(other)) = (place.get(one), place.get(other)) {
            sets.unite(*one, *other);
        }
    }
    unite_descriptions(members, &by_isbn, &mut sets);
    let shared = shared(members, &by_isbn, &mut sets);
    Groups {
        groups: sets.groups(members),
        shared,
    }
}

/// The places of the records of each ISBN; without numbers that too many bear to mean anything.
fn by_isbn(members: &[Member]) -> BTreeMap<Isbn13, Vec<usize>> {
    let mut by_isbn: BTreeMap<Isbn13, Vec<usize>> = BTreeMap::new();
    for (place, member) in members.iter().enumerate() {
        if let Some(isbn) = member.isbn.filter(|_| !member.apart) {
            by_isbn.entry(isbn).or_default().push(place);
        }
    }
    by_isbn.retain(|_, bearers| bearers.len() <= limits::RECORDS_OF_ISBN);
    by_isbn
}

fn unite_same_books(members: &[Member], bearers: &[usize], sets: &mut Sets) {
    let bearing: Vec<(usize, &Likeness)> = bearers
        .iter()
        .filter_map(|place| Some((*place, &members.get(*place)?.likeness)))
        .collect();
    let volumes_matter = has_volumes(bearing.iter().map(|(_, likeness)| *likeness));
    for (nth, (place, one)) in bearing.iter().enumerate() {
        for (other_place, other) in bearing.iter().skip(nth + 1) {
            if is_same_book(one, other, volumes_matter) {
                sets.unite(*place, *other_place);
            }
        }
    }
}

/// A library's description that lists the ISBNs of several bindings joins the edition of another one of them, unless
/// its own is for sale: two bindings that are sold stay two editions.
fn unite_descriptions(members: &[Member], by_isbn: &BTreeMap<Isbn13, Vec<usize>>, sets: &mut Sets) {
    let mut selling: BTreeSet<usize> = BTreeSet::new();
    let mut listing: BTreeMap<Isbn13, Vec<usize>> = BTreeMap::new();
    for (place, member) in members.iter().enumerate() {
        if member.sells {
            selling.insert(sets.root(place));
        }
        for isbn in member.further.iter().filter(|_| !member.apart) {
            listing.entry(*isbn).or_default().push(place);
        }
    }
    let mut ways: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (isbn, listers) in &listing {
        let bearers = by_isbn.get(isbn).map_or(&[][..], Vec::as_slice);
        let of_both = listers.iter().chain(bearers);
        let volumes_matter =
            has_volumes(of_both.filter_map(|place| Some(&members.get(*place)?.likeness)));
        for lister in listers {
            let root = sets.root(*lister);
            if let Some(bearer) = same_book(members, *lister, bearers, volumes_matter)
                && !selling.contains(&root)
            {
                // One way out of each group, so that nothing is drawn together by a long list.
                ways.entry(root).or_insert((*lister, bearer));
            }
        }
    }
    for (lister, bearer) in ways.into_values() {
        sets.unite(lister, bearer);
    }
}

/// The first of `bearers` that is the same book as the record at `place`.
fn same_book(
    members: &[Member],
    place: usize,
    bearers: &[usize],
    volumes_matter: bool,
) -> Option<usize> {
    let one = &members.get(place)?.likeness;
    bearers.iter().copied().find(|bearer| {
        members
            .get(*bearer)
            .is_some_and(|other| is_same_book(one, &other.likeness, volumes_matter))
    })
}

fn shared(
    members: &[Member],
    by_isbn: &BTreeMap<Isbn13, Vec<usize>>,
    sets: &mut Sets,
) -> Vec<(i64, Isbn13)> {
    let mut shared = Vec::new();
    for (isbn, bearers) in by_isbn {
        let roots: BTreeSet<usize> = bearers.iter().map(|place| sets.root(*place)).collect();
        if roots.len() > 1 {
            shared.extend(
                bearers
                    .iter()
                    .filter_map(|place| Some((members.get(*place)?.record, *isbn))),
            );
        }
    }
    shared
}

/// Disjoint sets of places.
struct Sets(Vec<usize>);

impl Sets {
    fn of(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    fn root(&mut self, place: usize) -> usize {
        let mut root = place;
        while let Some(parent) = self.0.get(root).copied().filter(|parent| *parent != root) {
            root = parent;
        }
        if let Some(slot) = self.0.get_mut(place) {
            *slot = root;
        }
        root
    }

    /// The lower place stays the root, so that nothing depends on the order of calls.
    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }

    fn groups(&mut self, members: &[Member]) -> Vec<Vec<i64>> {
        let mut groups: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            groups
                .entry(self.root(place))
                .or_default()
                .push(member.record);
        }
        groups.into_values().collect()
    }
}
