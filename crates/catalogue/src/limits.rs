//! The limits of the catalogue, each with its reason.

/// Records of one transaction: enough that the commit's fsync costs less than the records themselves, few enough
/// that an order never waits long behind an import.
pub const PUT_BATCH_RECORDS: usize = 500;

/// Batches prepared ahead of the one being written: one to write next, one being filled; more would only hold memory.
pub const PUT_BATCHES_WAITING: usize = 1;

/// Decoded editions the shelf keeps: about 3 kB each, so 60 MB, and more than the titles that most readers look at.
pub const SHELF_CACHE_EDITIONS: usize = 20_000;

/// Changed editions kept in memory over the shelf's file before they are merged into it: 10 MB.
pub const OVERLAY_EDITIONS: usize = 10_000;

/// The same as a part of a large catalogue, whose file costs more to write: one in so many editions.
pub const OVERLAY_PART: usize = 20;

/// Changed editions taken over by shelf and index in one go: a fraction of a second.
pub const CHANGES_AT_ONCE: usize = 2_000;

/// Rows read from the database at a time while the shelf is built: about 4 MB.
pub const SHELF_BUILD_PAGE: u32 = 2_000;

/// Books on one list of the home page.
pub const SHOWCASE_EDITIONS: usize = 24;

/// Largest record of the shelf file: ten times what the importers let into an edition.
pub const SHELF_RECORD_BYTES: usize = 16 << 20;

/// Reviews of one book that are read for its page: a page shows ten.
pub const REVIEWS_OF_EDITION: usize = 1_000;

/// Editions of one work that are listed together.
pub const EDITIONS_OF_WORK: usize = 200;

/// Largest product or JSON line an importer takes: the largest real one met is 60 kB; whole books do not belong in
/// a catalogue record.
pub const RECORD_BYTES: usize = 4 << 20;

/// Elements nested in one product: ONIX needs 9, XHTML lists some more.
pub const XML_DEPTH: usize = 64;

/// Elements in one product: 100 countries with two prices each are 4,000.
pub const XML_ELEMENTS: usize = 100_000;

/// Attributes of one element: ONIX has 9.
pub const XML_ATTRIBUTES: usize = 32;

/// Bytes before the first product (declaration, document type, header): the ONIX 2.1 entity sets are 120 kB.
pub const PROLOGUE_BYTES: usize = 1 << 20;

/// Characters of one text about a book that are kept.
pub const TEXT_CHARS: usize = 100_000;

/// Characters of a title, a name or a heading that are kept: the longest real title met has 1,400.
pub const NAME_CHARS: usize = 2_000;

/// Characters of a note: a sentence with the longest name that is kept in it. What senders write instead of a code or a
/// number has no end.
pub const NOTE_CHARS: usize = 2_500;

/// Characters of a link that are kept: browsers and servers agree on 2,000.
pub const LINK_CHARS: usize = 2_000;

/// Contributors, subjects, texts, or further ISBNs of one edition that are kept: an encyclopaedia names 200 people.
pub const PARTS: usize = 300;

/// Bytes a packed file may unpack to for each of its own: the real feeds met unpack to between 4 and 25.
pub const UNPACKED_RATIO: u64 = 250;

/// Bytes a packed file may unpack to however small it is: a few records that are alike pack to nothing.
pub const UNPACKED_ALWAYS_BYTES: u64 = 64 << 20;

/// Bytes a packed file may unpack to at all: the largest feeds of the trade have 5 GB.
pub const UNPACKED_BYTES: u64 = 64 << 30;

/// Logarithm of the memory that unpacking Zstandard may take: 32 MB, four times what its level 19 needs.
pub const ZSTD_WINDOW_LOG: u32 = 25;

/// Files in one zip archive: feeds of one file for each record have hundreds.
pub const ARCHIVE_MEMBERS: usize = 10_000;

/// Bytes of a zip archive's directory and headers that are read: 10,000 files with long names.
pub const ARCHIVE_DIRECTORY_BYTES: u64 = 8 << 20;

/// Days on which the price of one edition changes that are kept: a year of weekly promotions.
pub const PRICE_CHANGES: usize = 104;

/// References remembered with their lines, to report those that come twice in one file: 18 MB of memory, and the
/// table would double beyond.
pub const REFERENCES_REMEMBERED: usize = 900_000;

/// Messages kept of one record: what an undone import can give back. The oldest that count no more go first.
pub const NOTIFICATIONS_OF_RECORD: usize = 40;

/// Records that may share one ISBN and still be compared: the most met in real sets is 4, and a number that more
/// records bear than this identifies nothing.
pub const RECORDS_OF_ISBN: usize = 64;

/// How many steps the search for records of the same book takes from one ISBN to the next; real chains have 2.
pub const NEIGHBOUR_STEPS: usize = 6;

/// Findings of one import that are kept for its report: 10 MB; further ones are counted only.
pub const FINDINGS: usize = 100_000;

/// Senders that can be put in an order of precedence: a bookseller has a dozen.
pub const PRECEDENCE_SENDERS: usize = 1_000;

/// Columns of a table that are read: the widest export met has 180.
pub const CSV_COLUMNS: usize = 1_000;

/// Bytes of one cell between quotation marks: twice the longest text that is kept; beyond, the closing mark is missing.
pub const CSV_QUOTED_BYTES: usize = 256 << 10;

/// Bytes of a table that are looked at to find its separator and propose its mapping: some thousand rows.
pub const CSV_SAMPLE_BYTES: usize = 512 << 10;
