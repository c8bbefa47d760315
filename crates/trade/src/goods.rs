//! What is sold on a line, as price law and VAT see it.

use serde::{Deserialize, Serialize};

/// Kinds of goods that the law treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    /// A new printed book: fixed price, counts to the delivery floor.
    NewBook,
    /// A book already bought, or received free, by someone for their own use (F12): free price.
    UsedBook,
    /// A book delivered as a file: fixed price without any discount (F14), nothing to send.
    Ebook,
    /// Anything that is not a book for VAT: stationery, games, diaries, merchandise (V1).
    Other,
}

impl Goods {
    /// All kinds.
    pub const ALL: [Goods; 4] = [Goods::NewBook, Goods::UsedBook, Goods::Ebook, Goods::Other];

    /// The stable code kept in the database and in files.
    pub const fn code(self) -> &'static str {
        match self {
            Goods::NewBook => "new_book",
            Goods::UsedBook => "used_book",
            Goods::Ebook => "ebook",
            Goods::Other => "other",
        }
    }

    /// The kind with that [`code`](Goods::code).
    pub fn parse(code: &str) -> Option<Goods> {
        Goods::ALL.into_iter().find(|goods| goods.code() == code)
    }

    /// Whether a parcel or a counter is needed to hand it over.
    pub const fn is_shipped(self) -> bool {
        !matches!(self, Goods::Ebook)
    }
}
