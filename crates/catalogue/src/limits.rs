//! The limits of the catalogue, each with its reason.

/// Records of one transaction: enough that the commit's fsync costs less than the records themselves, few enough
/// that an order never waits long behind an import.
pub const PUT_BATCH_RECORDS: usize = 500;

/// Batches prepared ahead of the one being written: one to write next, one being filled; more would only hold memory.
pub const PUT_BATCHES_WAITING: usize = 1;

/// Decoded editions the shelf keeps: about 3 kB each, so 60 MB, and more than the titles that most readers look at.
pub const SHELF_CACHE_EDITIONS: usize = 20_000;

/// Changed editions kept in memory over the shelf's file; beyond, rebuilding the file is cheaper than the memory.
pub const OVERLAY_EDITIONS: usize = 10_000;

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

/// Contributors, subjects, texts, or further ISBNs of one edition that are kept: an encyclopaedia names 200 people.
pub const PARTS: usize = 300;

/// References remembered to report those that come twice in one file: 16 MB of memory.
pub const REFERENCES_REMEMBERED: usize = 1_000_000;

/// Columns of a table that are read: the widest export met has 180.
pub const CSV_COLUMNS: usize = 1_000;

/// Bytes of one cell between quotation marks: twice the longest text that is kept; beyond, the closing mark is missing.
pub const CSV_QUOTED_BYTES: usize = 256 << 10;

/// Bytes of a table that are looked at to find its separator and propose its mapping: some thousand rows.
pub const CSV_SAMPLE_BYTES: usize = 512 << 10;
