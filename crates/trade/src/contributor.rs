//! What people did for a book.

use serde::{Deserialize, Serialize};

/// The roles a reader is told apart; everything else is [`ContributorRole::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContributorRole {
    /// Wrote it.
    Author,
    /// Translated it.
    Translator,
    /// Drew or painted for it.
    Illustrator,
    /// Edited it.
    Editor,
    /// Wrote the preface, foreword, introduction or afterword.
    Preface,
    /// Reads it aloud.
    Narrator,
    /// Anything else.
    Other,
}

impl ContributorRole {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            ContributorRole::Author => "author",
            ContributorRole::Translator => "translator",
            ContributorRole::Illustrator => "illustrator",
            ContributorRole::Editor => "editor",
            ContributorRole::Preface => "preface",
            ContributorRole::Narrator => "narrator",
            ContributorRole::Other => "other",
        }
    }

    /// Reads a code of ONIX list 17; what is neither text, picture, translation, edition, preface nor reading is
    /// [`ContributorRole::Other`].
    pub fn from_onix17(code: &str) -> ContributorRole {
        match code {
            // Including those who write with, adapt, retell, continue, or write the script of a comic.
            "A01" | "A02" | "A03" | "A04" | "A05" | "A09" | "A10" | "A14" | "A31" | "A38"
            | "A42" | "A45" | "B03" | "B05" | "B22" => ContributorRole::Author,
            // Artist, drawings, inks, colours; whoever made only the cover is not the book's illustrator.
            "A07" | "A12" | "A35" | "A40" | "A46" | "A47" => ContributorRole::Illustrator,
            // Preface, prologue, afterword, epilogue, foreword, introduction, introduction and notes.
            "A15" | "A16" | "A19" | "A22" | "A23" | "A24" | "A29" => ContributorRole::Preface,
            "B06" | "B08" | "B10" => ContributorRole::Translator,
            "B01" | "B09" | "B11" | "B12" | "B13" | "B16" | "B18" | "B21" | "B24" | "B29" => {
                ContributorRole::Editor
            }
            "E03" | "E07" => ContributorRole::Narrator,
            _ => ContributorRole::Other,
        }
    }
}
