//! The tables of the catalogue.
//!
//! `notifications` keeps what senders said, message by message; `records` is one row for each record of a sender and
//! says which edition it belongs to; `editions` holds each edition whole as merged from its records, as the JSON of
//! [`crate::model::Edition`] in `document`, beside the columns that SQL needs. What can be computed is not stored:
//! what a record says now, which sender a field comes from, and where an edition went that was merged into another
//! all follow from these three (docs/adr/0004). A work is only a number that editions share.
//! There is no separate log of changes: `changed_seq` is one, see [`crate::store`].

use storage::Migration;

/// The catalogue's migrations, for [`storage::Store::open`].
///
/// Columns of `editions` that other crates may read in their own SQL: `id`, `work_id`, `isbn13` (not unique, I7), `title`,
/// `price_cents` (VAT included, as on the day that the shop has, null when it has no price), `regime` (`fixed_fr`, `free`, null without a price),
/// `goods` (`new_book`, `used_book`, `ebook`, `other`), `buyable` (1 when it has a price and the supplier
/// delivers), `generated`, `hidden` (2 when it must not be shown yet, 1 when none of its records is left: withdrawn, undone, or merged into another
/// edition, see [`crate::store::forwards`]; rows are never removed, O4).
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "catalogue",
        version: 1,
        sql: include_str!("../migrations/0001_editions.sql"),
    },
    Migration {
        component: "catalogue",
        version: 2,
        sql: include_str!("../migrations/0002_records.sql"),
    },
    Migration {
        component: "catalogue",
        version: 3,
        sql: include_str!("../migrations/0003_days.sql"),
    },
    Migration {
        component: "catalogue",
        version: 4,
        sql: include_str!("../migrations/0004_covers.sql"),
    },
    Migration {
        component: "catalogue",
        version: 5,
        sql: include_str!("../migrations/0005_desk.sql"),
    },
    Migration {
        component: "catalogue",
        version: 6,
        sql: include_str!("../migrations/0006_tries.sql"),
    },
    Migration {
        component: "catalogue",
        version: 7,
        sql: include_str!("../migrations/0007_rejects.sql"),
    },
    Migration {
        component: "catalogue",
        version: 8,
        sql: include_str!("../migrations/0008_said.sql"),
    },
    Migration {
        component: "catalogue",
        version: 9,
        sql: include_str!("../migrations/0009_moved.sql"),
    },
    Migration {
        component: "catalogue",
        version: 10,
        sql: include_str!("../migrations/0010_unsettled_records.sql"),
    },
];
