//! What a sender said of one record, message by message, and what the record therefore says now.
//!
//! A record is never overwritten: its notifications are kept and read again in the order of their messages. So a
//! message that arrives late falls into its place (O6), a block update replaces its blocks and nothing else (O3),
//! and an import is undone by leaving its notifications out. Nothing here knows of other records or of the database.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::incoming::{Block, Message};
use super::merge::Field;
use super::undo::ImportId;
use crate::model::Edition;

/// What a notification does to its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Replaces the record (O2).
    Record,
    /// Replaces these blocks (O3).
    Blocks(Vec<Block>),
    /// Withdraws the record (O4).
    Withdrawal,
}

impl Kind {
    /// As the database has it.
    pub(super) fn code(&self) -> String {
        match self {
            Kind::Record => "record".to_owned(),
            Kind::Withdrawal => "withdrawal".to_owned(),
            Kind::Blocks(blocks) => {
                let codes: Vec<&str> = blocks.iter().map(|block| block.code()).collect();
                codes.join(",")
            }
        }
    }

    pub(super) fn parse(code: &str) -> Option<Kind> {
        match code {
            "record" => Some(Kind::Record),
            "withdrawal" => Some(Kind::Withdrawal),
            blocks => blocks
                .split(',')
                .filter(|code| !code.is_empty())
                .map(Block::parse)
                .collect::<Option<Vec<Block>>>()
                .map(Kind::Blocks),
        }
    }
}

/// What a notification says, as kept and as read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) document: String,
    pub(super) edition: Edition,
}

/// One thing that a sender said.
#[derive(Debug, Clone)]
pub(super) struct Notification {
    /// In the order of arrival.
    pub(super) id: i64,
    pub(super) import: ImportId,
    pub(super) message: Option<Message>,
    pub(super) kind: Kind,
    /// Of the document.
    pub(super) hash: Vec<u8>,
    pub(super) undone: bool,
    /// Kept without a document of its own.
    pub(super) again: bool,
    /// None for a withdrawal, and where only the message was read.
    pub(super) content: Option<Arc<Content>>,
}

impl Notification {
    fn says_the_same(&self, kind: &Kind, hash: &[u8]) -> bool {
        self.kind == *kind && (*kind == Kind::Withdrawal || self.hash == hash)
    }
}

/// What a record says now.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) withdrawn: bool,
    /// What it says, or last said before it was withdrawn.
    pub(super) edition: Arc<Content>,
    /// The hash of that document, when it is exactly what one message said.
    pub(super) hash: Option<Vec<u8>>,
    /// The notification that the record comes from, and for each block that was replaced since, that one.
    pub(super) whole: Origin,
    pub(super) replaced: Vec<(Block, Origin)>,
}

/// Which message a record or a part of it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The import that brought it.
    pub import: ImportId,
    /// The message; none when its file was undated.
    pub message: Option<Message>,
}

/// What a notification that arrives is, beside those known of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Said before, or nothing to withdraw: nothing is written.
    Repeated,
    /// The same again in a later message: only that is written.
    Confirmed,
    /// Something else. `late` when a newer message is known already.
    News { late: bool },
    /// Blocks of a record that nobody knows (O3).
    UnknownRecord,
}

impl Standing {
    /// Which message a field comes from.
    pub(super) fn origin_of(&self, field: Field) -> Origin {
        let block = match field {
            Field::Isbn => None,
            Field::Texts | Field::Cover => Some(Block::Marketing),
            Field::Publisher | Field::Published => Some(Block::Publishing),
            Field::Price | Field::Availability => Some(Block::Supply),
            _ => Some(Block::Description),
        };
        let replaced = self
            .replaced
            .iter()
            .find(|(replaced, _)| Some(*replaced) == block);
        replaced.map_or(self.whole, |(_, origin)| *origin)
    }
}

/// The notifications that count, in the order of their messages; one of an undated file follows what was known when
/// it arrived.
fn in_order(notifications: &[Notification]) -> Vec<(Option<Message>, &Notification)> {
    let mut counting: Vec<&Notification> = notifications
        .iter()
        .filter(|notification| !notification.undone)
        .collect();
    counting.sort_by_key(|notification| notification.id);
    let mut latest = None;
    let mut ordered: Vec<(Option<Message>, &Notification)> = counting
        .into_iter()
        .map(|notification| {
            let at = notification.message.or(latest);
            latest = latest.max(at);
            (at, notification)
        })
        .collect();
    // Stable: of one message, the later arrival wins (O5).
    ordered.sort_by_key(|(at, _)| *at);
    ordered
}

/// Judges what arrives.
pub(super) fn verdict(
    known: &[Notification],
    kind: &Kind,
    hash: &[u8],
    message: Option<Message>,
) -> Verdict {
    let ordered = in_order(known);
    let has_record = ordered.iter().any(|(_, known)| known.kind == Kind::Record);
    match kind {
        Kind::Blocks(_) if !has_record => return Verdict::UnknownRecord,
        Kind::Withdrawal if !has_record => return Verdict::Repeated,
        _ => {}
    }
    let was_sent = |(_, known): &(Option<Message>, &Notification)| {
        message.is_some() && known.message == message && known.says_the_same(kind, hash)
    };
    if ordered.iter().any(was_sent) {
        return Verdict::Repeated;
    }
    let follows = |at: Option<Message>| message.is_none() || at <= message;
    let late = ordered.last().is_some_and(|(at, _)| !follows(*at));
    let before = ordered.iter().rev().find(|(at, _)| follows(*at));
    match before {
        Some((_, before)) if before.says_the_same(kind, hash) => match message {
            None => Verdict::Repeated,
            Some(_) => Verdict::Confirmed,
        },
        _ => Verdict::News { late },
    }
}

/// What the record says now; none when nothing that counts says anything.
pub(super) fn standing(notifications: &[Notification]) -> Option<Standing> {
    let mut standing: Option<Standing> = None;
    for (_, notification) in in_order(notifications) {
        let origin = Origin {
            import: notification.import,
            message: notification.message,
        };
        match (&notification.kind, &mut standing) {
            (Kind::Record, _) => {
                standing = notification.content.as_ref().map(|content| Standing {
                    withdrawn: false,
                    edition: Arc::clone(content),
                    hash: Some(notification.hash.clone()),
                    whole: origin,
                    replaced: Vec::new(),
                });
            }
            (_, None) => {}
            (Kind::Withdrawal, Some(standing)) => standing.withdrawn = true,
            (Kind::Blocks(blocks), Some(standing)) => {
                if let Some(content) = &notification.content {
                    replace(standing, blocks, &content.edition, origin);
                }
            }
        }
    }
    standing
}

fn replace(standing: &mut Standing, blocks: &[Block], from: &Edition, origin: Origin) {
    let mut edition = standing.edition.edition.clone();
    for block in blocks {
        replace_block(&mut edition, *block, from);
        standing.replaced.retain(|(replaced, _)| replaced != block);
        standing.replaced.push((*block, origin));
    }
    standing.edition = Arc::new(Content {
        document: super::row::document(&edition),
        edition,
    });
    standing.hash = None;
}

/// Everything that the block fills, and nothing else.
fn replace_block(edition: &mut Edition, block: Block, from: &Edition) {
    match block {
        Block::Description => {
            edition.title.clone_from(&from.title);
            edition.subtitle.clone_from(&from.subtitle);
            edition.original_title.clone_from(&from.original_title);
            edition.contributors.clone_from(&from.contributors);
            edition.collection.clone_from(&from.collection);
            edition.series.clone_from(&from.series);
            edition.language = from.language;
            edition.form = from.form;
            edition.goods = from.goods;
            edition.school_book = from.school_book;
            edition.pages = from.pages;
            edition.subjects.clone_from(&from.subjects);
        }
        Block::Marketing => {
            edition.texts.clone_from(&from.texts);
            edition.cover.clone_from(&from.cover);
        }
        Block::Publishing => {
            edition.publisher.clone_from(&from.publisher);
            edition.published = from.published;
            edition.embargo = from.embargo;
        }
        Block::Supply => {
            edition.price = from.price;
            edition.price_changes.clone_from(&from.price_changes);
            edition.availability = from.availability;
        }
        Block::Content | Block::Related => {}
    }
}

/// The ids of notifications beyond `kept` that can go: the oldest that a later complete record has replaced, unless
/// another one says "the same again" of them.
pub(super) fn outlived(notifications: &[Notification], kept: usize) -> Vec<i64> {
    let surplus = notifications.len().saturating_sub(kept);
    if surplus == 0 {
        return Vec::new();
    }
    let ordered = in_order(notifications);
    let last_record = ordered
        .iter()
        .rposition(|(_, known)| known.kind == Kind::Record)
        .unwrap_or(0);
    let is_needed = |one: &Notification| {
        !one.again
            && notifications
                .iter()
                .any(|other| other.again && other.hash == one.hash)
    };
    ordered
        .iter()
        .take(last_record)
        .filter(|(_, known)| !is_needed(known))
        .take(surplus)
        .map(|(_, known)| known.id)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use trade::clock::Timestamp;

    use super::*;
    use crate::store::row;

    fn on_day(day: i64) -> Option<Message> {
        Some(Message {
            sent: Timestamp::micros(day),
            number: None,
        })
    }

    fn said(id: i64, message: Option<Message>, kind: Kind, title: &str) -> Notification {
        let edition = Edition::titled(title);
        let document = row::document(&edition);
        Notification {
            id,
            import: ImportId(id),
            message,
            kind,
            hash: row::hash(&document),
            undone: false,
            again: false,
            content: Some(Arc::new(Content { document, edition })),
        }
    }

    fn title(notifications: &[Notification]) -> Option<String> {
        standing(notifications)
            .filter(|standing| !standing.withdrawn)
            .map(|standing| standing.edition.edition.title.clone())
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        let blocks = Kind::Blocks(Block::ALL.to_vec());
        for kind in [Kind::Record, Kind::Withdrawal, blocks] {
            assert_eq!(Kind::parse(&kind.code()), Some(kind));
        }
        assert_eq!(Kind::parse("supply,unknown"), None);
    }

    #[test]
    fn o6_messages_count_in_the_order_they_were_sent() {
        let one = said(1, on_day(5), Kind::Record, "Newer");
        let two = said(2, on_day(3), Kind::Record, "Older");
        let undated = said(3, None, Kind::Record, "Undated");
        assert_eq!(title(&[one.clone(), two.clone()]).unwrap(), "Newer");
        let all = [one.clone(), two.clone(), undated.clone()];
        assert_eq!(title(&all).unwrap(), "Undated");
        let later = said(4, on_day(4), Kind::Record, "Later arrival, earlier message");
        assert_eq!(
            title(&[one.clone(), undated.clone(), later]).unwrap(),
            "Undated"
        );
        let withdrawn = said(5, on_day(4), Kind::Withdrawal, "");
        assert_eq!(title(&[two.clone(), withdrawn.clone()]), None);
        assert_eq!(title(&[two, withdrawn, one]).unwrap(), "Newer");
        assert_eq!(title(&[]), None);
    }

    #[test]
    fn o6_what_arrives_is_judged_by_what_is_known() {
        let known = [
            said(1, on_day(1), Kind::Record, "A"),
            said(2, on_day(3), Kind::Record, "B"),
        ];
        let judge = |title: &str, message| {
            let hash = said(0, None, Kind::Record, title).hash;
            verdict(&known, &Kind::Record, &hash, message)
        };
        assert_eq!(judge("B", on_day(3)), Verdict::Repeated);
        assert_eq!(judge("A", on_day(1)), Verdict::Repeated);
        assert_eq!(judge("B", None), Verdict::Repeated);
        assert_eq!(judge("B", on_day(4)), Verdict::Confirmed);
        assert_eq!(judge("A", on_day(2)), Verdict::Confirmed);
        assert_eq!(judge("C", on_day(2)), Verdict::News { late: true });
        assert_eq!(judge("A", on_day(4)), Verdict::News { late: false });
        assert_eq!(judge("A", None), Verdict::News { late: false });
        let update = Kind::Blocks(vec![Block::Supply]);
        assert_eq!(
            verdict(&[], &update, &[], on_day(1)),
            Verdict::UnknownRecord
        );
        assert_eq!(
            verdict(&[], &Kind::Withdrawal, &[], None),
            Verdict::Repeated
        );
    }

    #[test]
    fn only_what_counts_no_more_is_forgotten() {
        let mut notifications: Vec<Notification> = (1..=6)
            .map(|day| said(day, on_day(day), Kind::Record, &day.to_string()))
            .collect();
        notifications[3] = Notification {
            again: true,
            ..said(4, on_day(4), Kind::Record, "1")
        };
        assert_eq!(outlived(&notifications, 6), [] as [i64; 0]);
        // The first is what the fourth says again.
        assert_eq!(outlived(&notifications, 4), [2, 3]);
        assert_eq!(outlived(&notifications, 0), [2, 3, 4, 5]);
        notifications.push(said(7, on_day(7), Kind::Blocks(vec![Block::Supply]), ""));
        assert!(!outlived(&notifications, 0).contains(&6));
    }
}
