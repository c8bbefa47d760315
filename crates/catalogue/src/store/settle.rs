//! Making the editions agree with what the records say: the one mechanism behind importing, undoing, splitting,
//! joining and a changed precedence.
//!
//! Whoever changed something hands over the records it touched. Those that can be the same book are found, grouped
//! ([`super::group`]), given an edition, merged ([`super::merge`]), and what differs from the rows is written. So the
//! result follows from the records alone, whatever the way that led to them.
//!
//! **Which edition a group gets.** Every record that was once alone has a home, the edition made for it. A group
//! lives in the oldest home of its records; the other homes are hidden and lead there. When the group parts again
//! each part goes back to its own home, so carts, orders and links find what they meant.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use storage::{Fault, Tx, Value};

use super::group::{Groups, Member, group};
use super::held::Held;
use super::merge;
use super::notification::{Content, Standing, outlived, standing};
use super::precedence::{Precedence, Rank};
use super::row::{self, Decision, EditionRow, LastIds, RecordRow, StandingCode};
use super::undo::ImportId;
use super::work;
use crate::limits;
use crate::model::{Edition, EditionId, Isbn13};

/// The records that are being settled, and what is known of their neighbours.
pub(super) struct Settling {
    pub(super) records: BTreeMap<i64, Held>,
    pub(super) last: LastIds,
    /// ISBNs that too many records bear to mean anything.
    crowded: HashSet<i64>,
    /// Notifications to write with the rest.
    pub(super) said: Vec<Vec<Value>>,
}

/// What settling did.
#[derive(Default)]
pub(super) struct Settled {
    /// Whether any edition changed.
    pub(super) changed: bool,
    /// Records that an edition was made for.
    pub(super) created: HashSet<i64>,
    /// Records whose ISBN a different book carries as well.
    pub(super) shared: Vec<(i64, Isbn13)>,
}

impl Settling {
    /// Nothing yet. The lock on the sequence must be held.
    pub(super) fn begin(tx: &mut dyn Tx) -> Result<Settling, Fault> {
        Ok(Settling {
            records: BTreeMap::new(),
            last: LastIds::read(tx)?,
            crowded: HashSet::new(),
            said: Vec::new(),
        })
    }

    /// Reads records that are to be judged again.
    pub(super) fn touch(&mut self, tx: &mut dyn Tx, ids: &[i64]) -> Result<(), Fault> {
        let rows = row::records(tx, ids)?;
        self.hold(tx, rows, true)
    }

    /// Takes rows in that were read already.
    pub(super) fn hold(
        &mut self,
        tx: &mut dyn Tx,
        rows: Vec<RecordRow>,
        touched: bool,
    ) -> Result<(), Fault> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        for row in rows {
            self.records.insert(row.id, Held::known(row, touched));
        }
        for (record, notification) in row::notifications(tx, &ids)? {
            if let Some(held) = self.records.get_mut(&record) {
                held.notifications.push(notification);
            }
        }
        for id in ids {
            if let Some(held) = self.records.get_mut(&id) {
                held.notifications
                    .sort_by_key(|notification| notification.id);
                held.standing = standing(&held.notifications);
            }
        }
        Ok(())
    }

    /// Turns what an import said of the records at hand, up to a notification.
    pub(super) fn turn(&mut self, import: ImportId, up_to: i64, undone: bool) {
        let notifications = self
            .records
            .values_mut()
            .flat_map(|held| &mut held.notifications);
        for notification in notifications {
            if notification.import == import && notification.id <= up_to {
                notification.undone = undone;
            }
        }
    }

    /// What a record says before it is settled.
    pub(super) fn document_of(&self, record: i64) -> Option<(Arc<Content>, bool)> {
        let standing = self.records.get(&record)?.standing.as_ref()?;
        Some((Arc::clone(&standing.edition), standing.withdrawn))
    }

    /// Writes what follows.
    pub(super) fn settle(
        mut self,
        tx: &mut dyn Tx,
        precedence: &Precedence,
    ) -> Result<(Settled, Settling), Fault> {
        // Those that shared a number with what a record said before may be one book without it.
        let mut isbns: BTreeSet<i64> = self.records.values().flat_map(Held::isbns).collect();
        for held in self.records.values_mut() {
            held.stand();
            isbns.extend(held.isbns());
        }
        self.find_neighbours(tx, isbns)?;
        let decisions = self.decisions(tx)?;
        let groups = self.groups(&decisions);
        let mut settled = Settled {
            shared: self.touched_only(groups.shared),
            ..Settled::default()
        };
        let before = self.editions(tx)?;
        let placed = self.place(groups.groups, &mut settled);
        self.write(tx, &before, &placed, precedence, &mut settled)?;
        Ok((settled, self))
    }

    fn touched_only(&self, shared: Vec<(i64, Isbn13)>) -> Vec<(i64, Isbn13)> {
        let is_touched = |id: &i64| self.records.get(id).is_some_and(|held| held.touched);
        shared
            .into_iter()
            .filter(|(id, _)| is_touched(id))
            .collect()
    }

    /// Reads records that share an ISBN or a decision with those at hand, and so on, and always the other records of
    /// their editions, so that none is merged without them.
    fn find_neighbours(&mut self, tx: &mut dyn Tx, isbns: BTreeSet<i64>) -> Result<(), Fault> {
        let mut next_isbns: Vec<i64> = isbns.iter().copied().collect();
        let mut asked_isbns = isbns;
        let mut asked_editions: BTreeSet<i64> = BTreeSet::new();
        for step in 0.. {
            let mut near: BTreeSet<i64> = BTreeSet::new();
            if step < limits::NEIGHBOUR_STEPS {
                near.extend(self.bearers(tx, &next_isbns)?);
                near.extend(self.partners(tx)?);
            }
            let editions: Vec<i64> = self
                .records
                .values()
                .filter_map(|held| held.row.edition)
                .filter(|edition| asked_editions.insert(*edition))
                .collect();
            if !editions.is_empty() {
                near.extend(row::records_of_editions(tx, &editions)?);
            }
            near.retain(|id| !self.records.contains_key(id));
            if near.is_empty() {
                break;
            }
            let near: Vec<i64> = near.into_iter().collect();
            let rows = row::records(tx, &near)?;
            self.hold(tx, rows, false)?;
            next_isbns = near
                .iter()
                .filter_map(|id| self.records.get(id))
                .flat_map(Held::isbns)
                .filter(|isbn| asked_isbns.insert(*isbn))
                .collect();
        }
        Ok(())
    }

    /// The records that bear one of those ISBNs. A number that very many bear identifies nothing: it is noted, and its
    /// records are not read.
    fn bearers(&mut self, tx: &mut dyn Tx, isbns: &[i64]) -> Result<Vec<i64>, Fault> {
        if isbns.is_empty() {
            return Ok(Vec::new());
        }
        let mut by_isbn: HashMap<i64, Vec<i64>> = HashMap::new();
        for (isbn, record) in row::bearers(tx, isbns)? {
            by_isbn.entry(isbn).or_default().push(record);
        }
        // A batch may bring them over the limit; then they are read once more, to be parted.
        let most = limits::RECORDS_OF_ISBN + limits::PUT_BATCH_RECORDS;
        let mut near = Vec::new();
        for (isbn, records) in by_isbn {
            if records.len() > most {
                self.crowded.insert(isbn);
            } else {
                near.extend(records);
            }
        }
        Ok(near)
    }

    fn decided(&self) -> Vec<i64> {
        let decided = self.records.values().filter(|held| held.row.decided);
        decided.map(|held| held.row.id).collect()
    }

    fn decisions(&self, tx: &mut dyn Tx) -> Result<Vec<Decision>, Fault> {
        let decided = self.decided();
        if decided.is_empty() {
            return Ok(Vec::new());
        }
        row::decisions(tx, &decided)
    }

    /// The records that a bookseller joined with one at hand.
    fn partners(&self, tx: &mut dyn Tx) -> Result<Vec<i64>, Fault> {
        let decisions = self.decisions(tx)?;
        let pairs = decisions.into_iter().map(|decision| match decision {
            Decision::Join(one, other) => [one, other],
            Decision::Split(one) => [one, one],
        });
        Ok(pairs.flatten().collect())
    }

    fn groups(&self, decisions: &[Decision]) -> Groups {
        let mut apart = HashSet::new();
        let mut joined = Vec::new();
        for decision in decisions {
            match decision {
                Decision::Split(record) => {
                    apart.insert(*record);
                }
                Decision::Join(one, other) => joined.push((*one, *other)),
            }
        }
        let mut bearers: HashMap<i64, u32> = HashMap::new();
        let isbns = self.records.values().flat_map(Held::isbns);
        for isbn in isbns.filter(|isbn| !self.crowded.contains(isbn)) {
            *bearers.entry(isbn).or_default() += 1;
        }
        let joins: HashSet<i64> = joined
            .iter()
            .flat_map(|(one, other)| [*one, *other])
            .collect();
        let mut alone = Vec::new();
        let mut members = Vec::new();
        for (id, held) in &self.records {
            let Some(edition) = held.edition() else {
                continue;
            };
            let is_alone = !joins.contains(id)
                && held
                    .isbns()
                    .all(|isbn| bearers.get(&isbn).is_none_or(|count| *count < 2));
            if is_alone {
                alone.push(vec![*id]);
            } else {
                // Two books that were given one ISBN by hand are not one for that.
                let is_apart = apart.contains(id) || held.is_correction();
                members.push(Member::of(*id, edition, is_apart, &self.crowded));
            }
        }
        let mut groups = group(&members, &joined);
        groups.groups.extend(alone);
        groups.groups.sort_unstable();
        groups
    }

    /// The rows of all editions that records at hand belong or belonged to.
    fn editions(&self, tx: &mut dyn Tx) -> Result<BTreeMap<i64, EditionRow>, Fault> {
        let ids: BTreeSet<i64> = self
            .records
            .values()
            .flat_map(|held| [held.row.edition, held.row.home])
            .flatten()
            .collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<i64> = ids.into_iter().collect();
        let rows = row::editions(tx, &ids)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Gives each group its edition.
    fn place(&mut self, groups: Vec<Vec<i64>>, settled: &mut Settled) -> Vec<(i64, Vec<i64>)> {
        let mut taken: BTreeSet<i64> = BTreeSet::new();
        let mut placed = Vec::with_capacity(groups.len());
        for group in groups {
            let edition = self
                .home_of(&group)
                .or_else(|| self.left_by_the_silent(&group, &taken))
                .unwrap_or_else(|| self.make_home(&group, settled));
            taken.insert(edition);
            for id in &group {
                if let Some(held) = self.records.get_mut(id) {
                    held.row.edition = Some(edition);
                }
            }
            placed.push((edition, group));
        }
        placed
    }

    fn home_of(&self, group: &[i64]) -> Option<i64> {
        let members = group.iter().filter_map(|id| self.records.get(id));
        members.filter_map(|held| held.row.home).min()
    }

    /// The edition that a group without a home lives in since the record it was made for fell silent.
    fn left_by_the_silent(&self, group: &[i64], taken: &BTreeSet<i64>) -> Option<i64> {
        let is_left = |edition: &i64| {
            !taken.contains(edition)
                && self.records.values().any(|held| {
                    held.row.home == Some(*edition) && held.row.standing == StandingCode::Silent
                })
        };
        let members = group.iter().filter_map(|id| self.records.get(id));
        members
            .filter_map(|held| held.row.edition)
            .filter(is_left)
            .min()
    }

    fn make_home(&mut self, group: &[i64], settled: &mut Settled) -> i64 {
        self.last.edition += 1;
        let first = group.first().copied().unwrap_or_default();
        if let Some(held) = self.records.get_mut(&first) {
            held.row.home = Some(self.last.edition);
            settled.created.insert(first);
        }
        self.last.edition
    }

    fn write(
        &self,
        tx: &mut dyn Tx,
        before: &BTreeMap<i64, EditionRow>,
        placed: &[(i64, Vec<i64>)],
        precedence: &Precedence,
        settled: &mut Settled,
    ) -> Result<(), Fault> {
        let mut visible: BTreeSet<i64> = BTreeSet::new();
        let mut editions = Vec::new();
        for (id, group) in placed {
            if let Some(merged) = self.merged(*id, group, precedence) {
                visible.insert(*id);
                editions.extend(merged.columns_unless(before.get(id), self.last.day));
            }
        }
        let hidden: Vec<Vec<Value>> = before
            .values()
            .filter(|row| !row.withdrawn && !visible.contains(&row.id))
            .map(|row| vec![row.id.into()])
            .collect();
        settled.changed = !editions.is_empty() || !hidden.is_empty();
        row::EDITION.rows(tx, &editions)?;
        row::HIDDEN.rows(tx, &hidden)?;
        self.write_records(tx)
    }

    /// What the group's edition says; none when no sender's record says anything.
    fn merged(&self, id: i64, group: &[i64], precedence: &Precedence) -> Option<Merged> {
        let members = group.iter().filter_map(|record| self.records.get(record));
        let listed = by_precedence(members, precedence);
        if listed.iter().all(|(held, _)| held.is_correction()) {
            return None;
        }
        if let [(_, only)] = listed.as_slice()
            && let Some(hash) = &only.hash
        {
            return Some(Merged {
                id,
                hash: hash.clone(),
                content: Arc::clone(&only.edition),
            });
        }
        let ranked: Vec<(Rank, &Edition)> = listed
            .iter()
            .map(|(held, standing)| {
                let rank = precedence.rank(&held.row.sender);
                (rank, &standing.edition.edition)
            })
            .collect();
        let edition = merge::merge(&ranked)?;
        let document = row::document(&edition);
        Some(Merged {
            id,
            hash: row::hash(&document),
            content: Arc::new(Content { document, edition }),
        })
    }

    /// Where the fields of an edition come from: the first record in order of precedence that says something.
    pub(super) fn sources(
        &self,
        edition: EditionId,
        precedence: &Precedence,
    ) -> Vec<merge::Source> {
        let of_edition = |held: &&Held| held.row.edition == Some(edition.0);
        let listed = by_precedence(self.records.values().filter(of_edition), precedence);
        let editions: Vec<&Edition> = listed
            .iter()
            .map(|(_, standing)| &standing.edition.edition)
            .collect();
        let source = |(field, place): (merge::Field, usize)| {
            let (held, standing) = listed.get(place)?;
            Some(merge::Source {
                field,
                sender: held.row.sender.clone(),
                reference: held.row.reference.clone(),
                origin: standing.origin_of(field),
            })
        };
        merge::sources(&editions)
            .into_iter()
            .filter_map(source)
            .collect()
    }

    fn write_records(&self, tx: &mut dyn Tx) -> Result<(), Fault> {
        let changed: Vec<&Held> = self
            .records
            .values()
            .filter(|held| held.stored.as_ref() != Some(&held.row))
            .collect();
        let rows: Vec<Vec<Value>> = changed.iter().map(|held| held.row.columns()).collect();
        row::RECORD.rows(tx, &rows)?;
        row::NOTIFICATION.rows(tx, &self.said)?;
        let touched = || self.records.values().filter(|held| held.touched);
        let stale: Vec<Vec<Value>> = touched()
            .filter(|held| held.stored.is_some())
            .map(|held| vec![held.row.id.into()])
            .collect();
        row::NO_ISBNS.rows(tx, &stale)?;
        let isbns: Vec<Vec<Value>> = touched()
            .filter_map(|held| Some(row::isbn_rows(held.row.id, &held.edition()?.other_isbns)))
            .flatten()
            .collect();
        row::ISBN.rows(tx, &isbns)?;
        let outlived: Vec<Vec<Value>> = touched()
            .flat_map(|held| outlived(&held.notifications, limits::NOTIFICATIONS_OF_RECORD))
            .map(|id| vec![id.into()])
            .collect();
        row::FORGOTTEN.rows(tx, &outlived)
    }
}

/// What those of `records` say that say something now, in order of precedence.
fn by_precedence<'r>(
    records: impl Iterator<Item = &'r Held>,
    precedence: &Precedence,
) -> Vec<(&'r Held, &'r Standing)> {
    let mut listed: Vec<(&Held, &Standing)> = records
        .filter_map(|held| Some((held, held.listed()?)))
        .collect();
    precedence.sort(&mut listed, |(held, standing)| {
        (
            &held.row.sender,
            &held.row.reference,
            &standing.edition.edition,
        )
    });
    listed
}

/// An edition as it should be.
struct Merged {
    id: i64,
    hash: Vec<u8>,
    content: Arc<Content>,
}

impl Merged {
    /// Its columns, unless the row says the same.
    fn columns_unless(self, row: Option<&EditionRow>, day: Option<Date>) -> Option<Vec<Value>> {
        let edition = &self.content.edition;
        let work = row
            .and_then(|row| row.decided_work)
            .unwrap_or_else(|| work::of(EditionId(self.id), edition));
        let is_the_same =
            |row: &EditionRow| !row.withdrawn && row.hash == self.hash && row.work == work;
        if row.is_some_and(is_the_same) {
            return None;
        }
        Some(row::edition_columns(
            self.id,
            work,
            &self.content,
            self.hash,
            day,
        ))
    }
}
