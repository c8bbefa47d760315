//! The tables of the shop.

use storage::Migration;

/// The shop's schema, step by step; it reads the catalogue's `editions`, whose steps come before these.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "shop",
        version: 1,
        sql: include_str!("../migrations/0001_tables.sql"),
    },
    Migration {
        component: "shop",
        version: 2,
        sql: include_str!("../migrations/0002_place_order.sql"),
    },
    Migration {
        component: "shop",
        version: 3,
        sql: include_str!("../migrations/0003_also_bought.sql"),
    },
    Migration {
        component: "shop",
        version: 4,
        sql: include_str!("../migrations/0004_reviews.sql"),
    },
    Migration {
        component: "shop",
        version: 5,
        sql: include_str!("../migrations/0005_search_rules.sql"),
    },
    Migration {
        component: "shop",
        version: 6,
        sql: include_str!("../migrations/0006_display.sql"),
    },
    Migration {
        component: "shop",
        version: 7,
        sql: include_str!("../migrations/0007_hidden.sql"),
    },
    Migration {
        component: "shop",
        version: 8,
        sql: include_str!("../migrations/0008_written_of.sql"),
    },
    Migration {
        component: "shop",
        version: 9,
        sql: include_str!("../migrations/0009_lines_of_editions.sql"),
    },
    Migration {
        component: "shop",
        version: 10,
        sql: include_str!("../migrations/0010_means_and_parcels.sql"),
    },
    Migration {
        component: "shop",
        version: 11,
        sql: include_str!("../migrations/0011_provider_events.sql"),
    },
    Migration {
        component: "shop",
        version: 12,
        sql: include_str!("../migrations/0012_reconciliation.sql"),
    },
    Migration {
        component: "shop",
        version: 13,
        sql: include_str!("../migrations/0013_certificates.sql"),
    },
    Migration {
        component: "shop",
        version: 20,
        sql: include_str!("../migrations/0020_screening.sql"),
    },
    Migration {
        component: "shop",
        version: 21,
        sql: include_str!("../migrations/0021_fetching.sql"),
    },
    Migration {
        component: "shop",
        version: 22,
        sql: include_str!("../migrations/0022_cards_to_forget.sql"),
    },
    Migration {
        component: "shop",
        version: 24,
        sql: include_str!("../migrations/0024_staff_accounts.sql"),
    },
    Migration {
        component: "shop",
        version: 25,
        sql: include_str!("../migrations/0025_declined_traces.sql"),
    },
    Migration {
        component: "shop",
        version: 26,
        sql: include_str!("../migrations/0026_payouts.sql"),
    },
    Migration {
        component: "shop",
        version: 27,
        sql: include_str!("../migrations/0027_traces_in_memory.sql"),
    },
    Migration {
        component: "shop",
        version: 28,
        sql: include_str!("../migrations/0028_screening_trust.sql"),
    },
];
