//! Limits of the search, with their reasons; the length of a query is [`trade::limits::QUERY_CHARS`].

/// Most words of a query that are looked up; a title typed whole rarely has more content words.
pub const QUERY_WORDS: usize = 24;
/// Most words of one text that are indexed: a summary says in its first words what the book is about.
pub const TEXT_WORDS: usize = 400;
/// Longest word indexed, in bytes; longer ones are not words but data.
pub const WORD_BYTES: usize = 60;
/// Hits per page a caller may ask for.
pub const PER_PAGE: u32 = 100;
/// Deepest hit that can be paged to; nobody reads on, and each page costs the sum of those before it.
pub const DEEPEST_HIT: u32 = 10_000;
/// Suggestions a caller may ask for.
pub const SUGGESTIONS: usize = 20;
/// Bytes of documents held before a segment is written, for all indexing threads of a full build together.
pub const BUILD_MEMORY_BYTES: usize = 240_000_000;
/// The same for changes: they come by hundreds, not by thousands.
pub const APPLY_MEMORY_BYTES: usize = 20_000_000;
/// Fewer hits than this and the query is also tried as the beginning of a word and in the summaries.
pub const FEW_HITS: usize = 8;
/// Fewer hits than this and other spellings are tried too (rule S6: "nothing or too little").
pub const TOO_FEW_HITS: usize = 3;
/// Other spellings tried for one word.
pub const SPELLINGS: usize = 10;
/// Words of one query that are respelt; each costs a walk through the dictionary.
pub const RESPELT_WORDS: usize = 6;
/// Whole titles tried out of the respelt words.
pub const RESPELT_TITLES: usize = 32;
/// Editions changed since the suggestions were sorted before they are sorted anew; of a large index, a twentieth.
pub const FRESH_SUGGESTIONS: usize = 4_096;
/// Related editions handed out: more than a shelf beside a book shows.
pub const RELATED: usize = 40;
/// Related editions looked at, before those of one work share a place; the longest series, too.
pub const RELATED_LOOKED_AT: usize = 200;
/// Authors of one book whose other books are looked for.
pub const RELATED_NAMES: usize = 4;
/// Subjects of one book that others are compared by; senders' keywords can be many.
pub const TOPICS: usize = 12;
/// Longest subject kept whole; longer keywords are sentences that no other book has.
pub const TOPIC_BYTES: usize = 100;
/// An answer that found at least so many editions is kept until the index changes: it cost milliseconds, and there are
/// few queries as short as that.
pub const WIDE_HITS: u64 = 2_000;
/// Such answers kept, about 3 kB each, and as many lists of related books.
pub const KEPT_ANSWERS: usize = 1_000;
/// Readings of one query in the words of synonyms: each is one more query; nobody types more phrases that have some.
pub const READINGS: usize = 8;
