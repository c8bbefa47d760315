//! One record while its editions are settled: its row, what was said of it, and what it says.
//!
//! Knows nothing of other records.

use super::correct::CORRECTIONS;
use super::isbn_column;
use super::notification::{Notification, Standing, standing};
use super::row::{RecordRow, StandingCode};
use crate::model::Edition;

/// A record with all that was said of it.
pub(super) struct Held {
    pub(super) row: RecordRow,
    pub(super) notifications: Vec<Notification>,
    /// As the row is in the database; none when it is new.
    pub(super) stored: Option<RecordRow>,
    /// What it said when it was read; what it says once it [stands](Held::stand).
    pub(super) standing: Option<Standing>,
    /// Its notifications or its row are to be read again and judged.
    pub(super) touched: bool,
}

impl Held {
    /// A record that nobody has met before.
    pub(super) fn new(id: i64, sender: String, reference: String) -> Held {
        Held {
            row: RecordRow {
                id,
                sender,
                reference,
                edition: None,
                home: None,
                isbn: None,
                standing: StandingCode::Silent,
                decided: false,
            },
            notifications: Vec::new(),
            stored: None,
            standing: None,
            touched: true,
        }
    }

    /// A record as its row has it; its notifications are read next.
    pub(super) fn known(row: RecordRow, touched: bool) -> Held {
        Held {
            stored: Some(row.clone()),
            row,
            notifications: Vec::new(),
            standing: None,
            touched,
        }
    }

    /// Whether the bookseller speaks, and not a sender.
    pub(super) fn is_correction(&self) -> bool {
        self.row.sender == CORRECTIONS
    }

    /// What it says, or last said before it was withdrawn.
    pub(super) fn edition(&self) -> Option<&Edition> {
        self.standing
            .as_ref()
            .map(|standing| &standing.edition.edition)
    }

    /// What it says, when it says something now.
    pub(super) fn listed(&self) -> Option<&Standing> {
        self.standing
            .as_ref()
            .filter(|standing| !standing.withdrawn)
    }

    /// Its own ISBN and those beside it.
    pub(super) fn isbns(&self) -> impl Iterator<Item = i64> + '_ {
        self.edition()
            .into_iter()
            .flat_map(Edition::isbns)
            .map(isbn_column)
    }

    /// Makes of its notifications what it says now.
    pub(super) fn stand(&mut self) {
        self.standing = standing(&self.notifications);
        self.row.standing = match &self.standing {
            None => StandingCode::Silent,
            Some(standing) if standing.withdrawn => StandingCode::Withdrawn,
            Some(_) => StandingCode::Listed,
        };
        if let Some(edition) = self
            .standing
            .as_ref()
            .map(|standing| &standing.edition.edition)
        {
            self.row.isbn = edition.isbn.map(isbn_column);
        }
    }
}
