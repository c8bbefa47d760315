//! Display tables: books on a theme, in an order that a bookseller chose, with a title and a few words above.
//!
//! A table's address comes from its first title and stays when the title changes, so that links keep leading to it.

use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::EditionId, locale::Locale};

use super::limits;
use crate::{
    columns,
    form::{self, Flaws, Period, Saved, optional},
    revision::{self, Followed},
    staff::audit,
    text::fold,
};

storage::statements! {
    ALL = "SELECT id, slug, content, published, from_day, until_day, made_up, changed_us FROM display_tables
        ORDER BY id DESC LIMIT $1";
    /// Locks the table: two booksellers may arrange it at once, and neither's deed is lost.
    CONTENT = sqlite "SELECT content FROM display_tables WHERE id = $1",
        postgres "SELECT content FROM display_tables WHERE id = $1 FOR UPDATE";
    ADD = "INSERT INTO display_tables (slug, content, published, from_day, until_day, made_up, changed_us)
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT),
            CAST($6 AS BIGINT), CAST($7 AS BIGINT)
        WHERE (SELECT COUNT(*) FROM display_tables) < $8
            AND NOT EXISTS (SELECT 1 FROM display_tables WHERE slug = $1)
        RETURNING id";
    CHANGE = "UPDATE display_tables SET content = $2, published = $3, from_day = $4, until_day = $5, made_up = 0,
            changed_us = $6
        WHERE id = $1";
    REPLACE = "UPDATE display_tables SET content = $2, changed_us = $3 WHERE id = $1";
    REMOVE = "DELETE FROM display_tables WHERE id = $1";
}

/// Words in both languages, of which the second may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// In French.
    pub fr: String,
    /// In English, or empty.
    pub en: String,
}

impl Words {
    /// The words for a reader, and their language when it is not hers.
    pub fn told(&self, locale: Locale) -> (&str, Option<Locale>) {
        match locale {
            Locale::En if self.en.is_empty() => (&self.fr, Some(Locale::Fr)),
            Locale::En => (&self.en, None),
            Locale::Fr => (&self.fr, None),
        }
    }
}

/// A table that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its number.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
    /// What is on it.
    pub content: Content,
    /// Whether readers see it.
    pub published: bool,
    /// When.
    pub period: Period,
    /// Whether it was made up for the demonstration; pages say so.
    pub made_up: bool,
    /// When it changed last.
    pub changed: Timestamp,
}

/// What is on a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its title.
    pub title: Words,
    /// What stands above the books: paragraphs separated by an empty line.
    pub intro: Words,
    /// The books, in their order.
    pub editions: Vec<EditionId>,
}

/// A table's words, as they can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDraft {
    /// Its title.
    pub title: Words,
    /// What stands above the books.
    pub intro: Words,
    /// Whether readers see it.
    pub published: bool,
    /// When.
    pub period: Period,
}

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedTable {
    /// The title in French.
    pub title_fr: String,
    /// The title in English, or nothing.
    pub title_en: String,
    /// The words above in French, or nothing.
    pub intro_fr: String,
    /// The words above in English, or nothing.
    pub intro_en: String,
    /// `published` or `draft`.
    pub state: String,
    /// The first day, or nothing.
    pub from: String,
    /// The last day, or nothing.
    pub until: String,
}

impl TableDraft {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the form.
    pub fn check(typed: &TypedTable) -> Result<TableDraft, Flaws> {
        let title_fr = form::line(&typed.title_fr, limits::TITLE_CHARS);
        let title_en = optional(form::line(&typed.title_en, limits::TITLE_CHARS));
        let intro_fr = optional(form::text(&typed.intro_fr, limits::INTRO_CHARS));
        let intro_en = optional(form::text(&typed.intro_en, limits::INTRO_CHARS));
        let mut flaws = Flaws::new();
        let mut kept = |field, read: Result<String, form::Flaw>| {
            read.map_err(|flaw| flaws.push((field, flaw)))
                .unwrap_or_default()
        };
        let title = Words {
            fr: kept("title_fr", title_fr),
            en: kept("title_en", title_en),
        };
        let intro = Words {
            fr: kept("intro_fr", intro_fr),
            en: kept("intro_en", intro_en),
        };
        match Period::check(&typed.from, &typed.until) {
            Ok(period) if flaws.is_empty() => Ok(TableDraft {
                title,
                intro,
                published: typed.state == "published",
                period,
            }),
            period => {
                flaws.extend(period.err().unwrap_or_default());
                Err(flaws)
            }
        }
    }
}

/// What is done with a book of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Laid at the end; a book that lies there already stays.
    Add,
    /// Moved one place to the front.
    Up,
    /// Moved one place to the back.
    Down,
    /// Taken away.
    Remove,
}

impl Content {
    /// The same with a book laid, moved or taken away; none when nothing changes or the table is full.
    fn after(&self, deed: Deed, edition: EditionId) -> Option<Content> {
        let mut content = self.clone();
        let books = &mut content.editions;
        let at = books.iter().position(|book| *book == edition);
        match (deed, at) {
            (Deed::Add, None) if books.len() < limits::BOOKS => books.push(edition),
            (Deed::Up, Some(at)) if at > 0 => books.swap(at - 1, at),
            (Deed::Down, Some(at)) if at + 1 < books.len() => books.swap(at, at + 1),
            (Deed::Remove, Some(at)) => {
                books.remove(at);
            }
            _ => return None,
        }
        Some(content)
    }
}

/// Every table, the latest first.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Table>, Fault> {
    let rows = tx.query(&ALL, &[limits::TABLES.into()])?;
    let table = |row: &Row| {
        Ok(Table {
            id: row.int(0)?,
            slug: row.text(1)?.to_owned(),
            content: columns::json(row.text(2)?)?,
            published: row.flag(3)?,
            period: Period::of_columns(row, 4)?,
            made_up: row.flag(6)?,
            changed: Timestamp::micros(row.int(7)?),
        })
    };
    rows.iter().map(table).collect()
}

/// Adds a table without books; its number, or none when there are as many as are kept.
pub fn add(
    tx: &mut dyn Tx,
    draft: &TableDraft,
    staff: &str,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let content = Content {
        title: draft.title.clone(),
        intro: draft.intro.clone(),
        editions: Vec::new(),
    };
    let added = insert(tx, draft, &content, false, now)?;
    if let Some(id) = added {
        logged(tx, "table.save", id, staff, now)?;
    }
    Ok(added)
}

/// Adds a table that no bookseller laid, for the demonstration; pages say so.
pub fn make_up(
    tx: &mut dyn Tx,
    draft: &TableDraft,
    editions: Vec<EditionId>,
    now: Timestamp,
) -> Result<(), Fault> {
    let content = Content {
        title: draft.title.clone(),
        intro: draft.intro.clone(),
        editions,
    };
    insert(tx, draft, &content, true, now)?;
    revision::changed(tx, Followed::Display)
}

/// Tables of one title are told apart by a number.
const SLUGS_TRIED: u32 = 20;

fn insert(
    tx: &mut dyn Tx,
    draft: &TableDraft,
    content: &Content,
    made_up: bool,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let slug = slug(&draft.title.fr);
    let json = columns::to_json(content)?;
    for number in 1..=SLUGS_TRIED {
        let [from, until] = draft.period.columns();
        let slug = match number {
            1 => slug.clone(),
            number => format!("{slug}-{number}"),
        };
        let params = [
            slug.into(),
            json.as_str().into(),
            draft.published.into(),
            from,
            until,
            made_up.into(),
            now.as_micros().into(),
            limits::TABLES.into(),
        ];
        if let Some(row) = tx.query_opt(&ADD, &params)? {
            return row.int(0).map(Some);
        }
    }
    Ok(None)
}

/// The name of a title in addresses: `romans-de-la-mer`.
fn slug(title: &str) -> String {
    let folded = fold(title);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    match words.as_slice() {
        [] => "table".to_owned(),
        words => words.join("-"),
    }
}

/// Changes the words of a table and when it is shown.
pub fn change(
    tx: &mut dyn Tx,
    id: i64,
    draft: &TableDraft,
    staff: &str,
    now: Timestamp,
) -> Result<Saved, Fault> {
    let Some(row) = tx.query_opt(&CONTENT, &[id.into()])? else {
        return Ok(Saved::Gone);
    };
    let before: Content = columns::json(row.text(0)?)?;
    let content = Content {
        title: draft.title.clone(),
        intro: draft.intro.clone(),
        ..before
    };
    let [from, until] = draft.period.columns();
    let params = [
        id.into(),
        columns::to_json(&content)?.into(),
        draft.published.into(),
        from,
        until,
        now.as_micros().into(),
    ];
    tx.execute(&CHANGE, &params)?;
    logged(tx, "table.save", id, staff, now)?;
    Ok(Saved::Done)
}

/// Lays a book on a table, moves it or takes it away. What changes nothing is done, too, but a full table is told.
pub fn arrange(
    tx: &mut dyn Tx,
    id: i64,
    (deed, edition): (Deed, EditionId),
    staff: &str,
    now: Timestamp,
) -> Result<Saved, Fault> {
    let Some(row) = tx.query_opt(&CONTENT, &[id.into()])? else {
        return Ok(Saved::Gone);
    };
    let before: Content = columns::json(row.text(0)?)?;
    let Some(after) = before.after(deed, edition) else {
        let lies_there = before.editions.contains(&edition);
        let full = deed == Deed::Add && !lies_there;
        return Ok(if full { Saved::Full } else { Saved::Done });
    };
    let params = [
        id.into(),
        columns::to_json(&after)?.into(),
        now.as_micros().into(),
    ];
    tx.execute(&REPLACE, &params)?;
    logged(tx, "table.save", id, staff, now)?;
    Ok(Saved::Done)
}

/// Leads the books of tables to the editions that theirs were merged into.
pub(super) fn follow(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    let mut moved = 0;
    for table in all(tx)? {
        if led(tx, &table.content.editions)?.is_none() {
            continue;
        }
        // A bookseller may have changed it since: what is written comes from the locked row.
        let Some(row) = tx.query_opt(&CONTENT, &[table.id.into()])? else {
            continue;
        };
        let content: Content = columns::json(row.text(0)?)?;
        if let Some(editions) = led(tx, &content.editions)? {
            let json = columns::to_json(&Content {
                editions,
                ..content
            })?;
            let params = [table.id.into(), json.into(), now.as_micros().into()];
            moved += tx.execute(&REPLACE, &params)?;
        }
    }
    Ok(moved)
}

/// The editions that `before` live in now, each once; none when these are the same.
fn led(tx: &mut dyn Tx, before: &[EditionId]) -> Result<Option<Vec<EditionId>>, Fault> {
    let mut editions: Vec<EditionId> = Vec::with_capacity(before.len());
    for edition in before {
        let edition = catalogue::store::forward(tx, *edition)?.unwrap_or(*edition);
        if !editions.contains(&edition) {
            editions.push(edition);
        }
    }
    Ok((editions != before).then_some(editions))
}

/// Removes a table; `false` when it is gone already.
pub fn remove(tx: &mut dyn Tx, id: i64, staff: &str, now: Timestamp) -> Result<bool, Fault> {
    let removed = tx.execute(&REMOVE, &[id.into()])? == 1;
    if removed {
        logged(tx, "table.remove", id, staff, now)?;
    }
    Ok(removed)
}

fn logged(
    tx: &mut dyn Tx,
    action: &str,
    id: i64,
    staff: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    revision::changed(tx, Followed::Display)?;
    audit::record(tx, staff, action, &id.to_string(), None, now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::form::Flaw;

    #[test]
    fn books_move_and_never_lie_twice() {
        let books = |numbers: &[i64]| Content {
            editions: numbers.iter().copied().map(EditionId).collect(),
            ..Content::default()
        };
        let start = books(&[1, 2, 3]);
        let after = |deed, edition| start.after(deed, EditionId(edition));
        assert_eq!(after(Deed::Add, 4), Some(books(&[1, 2, 3, 4])));
        assert_eq!(after(Deed::Up, 3), Some(books(&[1, 3, 2])));
        assert_eq!(after(Deed::Down, 1), Some(books(&[2, 1, 3])));
        assert_eq!(after(Deed::Remove, 2), Some(books(&[1, 3])));
        for (deed, edition) in [
            (Deed::Add, 1),
            (Deed::Up, 1),
            (Deed::Down, 3),
            (Deed::Remove, 9),
        ] {
            assert_eq!(after(deed, edition), None, "{deed:?} {edition}");
        }
        let full: Vec<i64> = (0..limits::BOOKS as i64).collect();
        assert_eq!(books(&full).after(Deed::Add, EditionId(-1)), None);
    }

    #[test]
    fn a_title_names_the_address() {
        assert_eq!(
            slug("Romans de l’été & d’Œdipe !"),
            "romans-de-l-ete-d-oedipe"
        );
        assert_eq!(slug("!!"), "table");
    }

    #[test]
    fn english_is_optional_and_french_is_not() {
        let typed = TypedTable {
            title_fr: "Lire la mer".into(),
            state: "published".into(),
            ..TypedTable::default()
        };
        let draft = TableDraft::check(&typed).unwrap();
        assert!(draft.published);
        assert_eq!(
            draft.title.told(Locale::En),
            ("Lire la mer", Some(Locale::Fr))
        );
        assert_eq!(
            TableDraft::check(&TypedTable::default()),
            Err(vec![("title_fr", Flaw::Missing)])
        );
    }
}
