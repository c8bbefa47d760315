//! Picks (coups de cœur): an edition, what a bookseller says of it, and her name.

use serde::Deserialize;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId};

use super::limits;
use crate::{
    form::{self, Flaw, Flaws, Period, Saved},
    revision::{self, Followed},
    staff::audit,
};

storage::statements! {
    ALL = "SELECT id, edition, bookseller, note, from_day, until_day, made_up, changed_us FROM picks
        ORDER BY id DESC LIMIT $1";
    ADD = "INSERT INTO picks (edition, bookseller, note, from_day, until_day, made_up, changed_us)
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
            CAST($6 AS BIGINT), CAST($7 AS BIGINT)
        WHERE (SELECT COUNT(*) FROM picks) < $8";
    CHANGE = "UPDATE picks SET edition = $2, bookseller = $3, note = $4, from_day = $5, until_day = $6, made_up = 0,
            changed_us = $7
        WHERE id = $1";
    REMOVE = "DELETE FROM picks WHERE id = $1";
    FOLLOW = "UPDATE picks SET changed_us = $1, edition =
            (SELECT r.edition_id FROM records r WHERE r.home_id = picks.edition)
        WHERE EXISTS (SELECT 1 FROM records r WHERE r.home_id = picks.edition AND r.edition_id <> r.home_id)";
}

/// A pick that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub draft: PickDraft,
    /// Whether nobody picked it: it was made up for the demonstration, and pages say so.
    pub made_up: bool,
    /// When it changed last.
    pub changed: Timestamp,
}

/// A pick that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickDraft {
    /// The edition.
    pub edition: EditionId,
    /// Who picked it, as readers see it.
    pub bookseller: String,
    /// What she says: paragraphs separated by an empty line.
    pub note: String,
    /// When it is shown.
    pub period: Period,
}

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedPick {
    /// How the edition is named.
    pub book: String,
    /// Who picked it.
    pub bookseller: String,
    /// What she says.
    pub note: String,
    /// The first day, or nothing.
    pub from: String,
    /// The last day, or nothing.
    pub until: String,
}

impl PickDraft {
    /// Reads what was typed; `edition` finds the edition that a bookseller names.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the form.
    pub fn check(
        typed: &TypedPick,
        edition: impl Fn(&str) -> Option<EditionId>,
    ) -> Result<PickDraft, Flaws> {
        let book = form::line(&typed.book, limits::BOOKSELLER_CHARS)
            .and_then(|book| edition(&book).ok_or(Flaw::UnknownBook));
        let bookseller = form::line(&typed.bookseller, limits::BOOKSELLER_CHARS);
        let note = form::text(&typed.note, limits::NOTE_CHARS);
        match (
            book,
            bookseller,
            note,
            Period::check(&typed.from, &typed.until),
        ) {
            (Ok(edition), Ok(bookseller), Ok(note), Ok(period)) => Ok(PickDraft {
                edition,
                bookseller,
                note,
                period,
            }),
            (book, bookseller, note, period) => {
                let fields = [
                    ("book", book.err()),
                    ("bookseller", bookseller.err()),
                    ("note", note.err()),
                ];
                let flaws = fields.into_iter();
                let flaws = flaws.filter_map(|(field, flaw)| Some((field, flaw?)));
                Err(flaws.chain(period.err().unwrap_or_default()).collect())
            }
        }
    }
}

/// Every pick, the latest first.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Pick>, Fault> {
    let rows = tx.query(&ALL, &[limits::PICKS.into()])?;
    let pick = |row: &Row| {
        Ok(Pick {
            id: row.int(0)?,
            draft: PickDraft {
                edition: EditionId(row.int(1)?),
                bookseller: row.text(2)?.to_owned(),
                note: row.text(3)?.to_owned(),
                period: Period::of_columns(row, 4)?,
            },
            made_up: row.flag(6)?,
            changed: Timestamp::micros(row.int(7)?),
        })
    };
    rows.iter().map(pick).collect()
}

/// Keeps a pick: a new one, or in the place of the one with the number `id`.
pub fn save(
    tx: &mut dyn Tx,
    id: Option<i64>,
    draft: &PickDraft,
    staff: &str,
    now: Timestamp,
) -> Result<Saved, Fault> {
    let Some(id) = id else {
        if !add(tx, draft, false, now)? {
            return Ok(Saved::Full);
        }
        return logged(tx, draft, staff, now);
    };
    let [from, until] = draft.period.columns();
    let params = [
        id.into(),
        draft.edition.0.into(),
        draft.bookseller.as_str().into(),
        draft.note.as_str().into(),
        from,
        until,
        now.as_micros().into(),
    ];
    if tx.execute(&CHANGE, &params)? == 0 {
        return Ok(Saved::Gone);
    }
    logged(tx, draft, staff, now)
}

/// Adds a pick that nobody made, for the demonstration; pages say so.
pub fn make_up(tx: &mut dyn Tx, draft: &PickDraft, now: Timestamp) -> Result<(), Fault> {
    add(tx, draft, true, now)?;
    revision::changed(tx, Followed::Display)
}

fn add(tx: &mut dyn Tx, draft: &PickDraft, made_up: bool, now: Timestamp) -> Result<bool, Fault> {
    let [from, until] = draft.period.columns();
    let params = [
        draft.edition.0.into(),
        draft.bookseller.as_str().into(),
        draft.note.as_str().into(),
        from,
        until,
        made_up.into(),
        now.as_micros().into(),
        limits::PICKS.into(),
    ];
    Ok(tx.execute(&ADD, &params)? == 1)
}

fn logged(tx: &mut dyn Tx, draft: &PickDraft, staff: &str, now: Timestamp) -> Result<Saved, Fault> {
    revision::changed(tx, Followed::Display)?;
    let subject = draft.edition.to_string();
    audit::record(
        tx,
        staff,
        "pick.save",
        &subject,
        Some(&draft.bookseller),
        now,
    )?;
    Ok(Saved::Done)
}

/// Leads picks to the editions that theirs were merged into.
pub(super) fn follow(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.execute(&FOLLOW, &[now.as_micros().into()])
}

/// Removes a pick; `false` when it is gone already.
pub fn remove(tx: &mut dyn Tx, id: i64, staff: &str, now: Timestamp) -> Result<bool, Fault> {
    let removed = tx.execute(&REMOVE, &[id.into()])? == 1;
    if removed {
        revision::changed(tx, Followed::Display)?;
        audit::record(tx, staff, "pick.remove", &id.to_string(), None, now)?;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_with_a_pick_is_said_at_once() {
        let typed = TypedPick {
            book: "9782070541270".into(),
            note: "x".repeat(limits::NOTE_CHARS + 1),
            until: "x".into(),
            ..TypedPick::default()
        };
        assert_eq!(
            PickDraft::check(&typed, |_| None),
            Err(vec![
                ("book", Flaw::UnknownBook),
                ("bookseller", Flaw::Missing),
                (
                    "note",
                    Flaw::TooLong {
                        max: limits::NOTE_CHARS
                    }
                ),
                ("until", Flaw::NotADay),
            ])
        );
    }
}
