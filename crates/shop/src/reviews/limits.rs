//! The limits of reviews, each with its reason.

use std::time::Duration;

/// The line above a review, in characters: what stands on one line of a page.
pub const TITLE_CHARS: usize = 100;
/// A review, in characters: two printed pages, which fit a form in any script.
pub const BODY_CHARS: usize = 3_000;
/// What a reader signs with, in characters.
pub const SIGNATURE_CHARS: usize = 60;
/// An editorial review, in characters: the length of an article in a daily.
pub const EDITORIAL_CHARS: usize = 10_000;
/// Where an editorial review appeared, or who wrote it, in characters.
pub const SOURCE_CHARS: usize = 120;
/// What somebody adds to a report or a refusal, in characters: some sentences.
pub const NOTE_CHARS: usize = 500;
/// Letters that one address is asked to confirm at a time: nobody can fill a stranger's letter box.
pub const UNCONFIRMED_PER_ADDRESS: u32 = 3;
/// How long a review waits for its author's confirmation.
pub const UNCONFIRMED_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a refused or withdrawn review is remembered: long enough to answer a complaint.
pub const ENDED_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);
/// Reviews forgotten in one transaction, so that it never holds up buyers; the next day takes the next ones.
pub const FORGOTTEN_AT_ONCE: u32 = 1_000;
/// Published reviews that pages hold in memory: 1.2 kB each as measured, so 120 MB, and what a shop with 1,000 orders a
/// day collects in 13 years if one in fifty brings a review. The newest are held.
pub const PUBLISHED_IN_MEMORY: u32 = 100_000;
/// Changes read in one round of half a second: beyond, the next round takes the rest.
pub const CHANGES_AT_ONCE: u32 = 10_000;
/// Reports of one review that are kept: more say nothing new.
pub const REPORTS_PER_REVIEW: u32 = 20;
/// Editorial reviews of one edition.
pub const EDITORIAL_PER_EDITION: u32 = 20;
