//! Every limit of the house, with its reason. A queue, loop, page, upload or retry without an entry
//! here is a defect.

use std::time::Duration;

use crate::money::Money;

/// Verbs that may wait for SQLite's writer; beyond, callers are told "busy" instead of waiting longer
/// than a reader would (about 1 s of work at the measured rate).
pub const WRITE_QUEUE: usize = 4096;
/// Verbs that share one commit: more gains nothing measurable.
pub const GROUP_COMMIT_VERBS: usize = 512;
/// How long a group may grow before it is committed: what the first verb in it waits at most.
pub const GROUP_COMMIT_TIME: Duration = Duration::from_millis(2);
/// Connections to PostgreSQL per node: its default allows 100 for all nodes.
pub const POSTGRES_CONNECTIONS: usize = 16;
/// How long a verb waits for a connection: a reader waits no longer for a page.
pub const POSTGRES_WAIT: Duration = Duration::from_secs(5);
/// How often a transaction that collided is run again.
pub const COLLISION_RETRIES: u32 = 8;

/// Lines in one cart: a class set or a library's order; more belongs in a quotation.
pub const CART_LINES: usize = 100;
/// Pieces of one title in one order: beyond, a bookseller wants to talk to the buyer first.
pub const LINE_QUANTITY: u32 = 999;
/// The dearest thing sold on a line: far above any book, and low enough that no sum can overflow.
pub const UNIT_PRICE_CENTS: i64 = 10_000_000;
/// A person's or firm's name on a parcel label, in characters.
pub const NAME_CHARS: usize = 100;
/// Street lines of an address together, in characters: three label lines.
pub const STREET_CHARS: usize = 200;
/// Lines of a street: what fits on a parcel label between name and town.
pub const STREET_LINES: usize = 3;
/// A town's name in characters: the longest in France has 45.
pub const CITY_CHARS: usize = 80;
/// An e-mail address (RFC 5321: a path holds 254).
pub const EMAIL_BYTES: usize = 254;
/// A search, in characters: longer than any title and author together that a reader types.
pub const QUERY_CHARS: usize = 200;
/// A postcode as typed, in characters: five digits and some spaces.
pub const POSTCODE_CHARS: usize = 12;

/// How long an order that is not paid holds its copies, and a card page stays open: time to find a card, not
/// so long that the last copy is kept from another reader.
pub const ORDER_HOLD: Duration = Duration::from_secs(30 * 60);
/// What a gift certificate is worth at least and at most: below five euros nothing is bought with it, above 250 it would
/// be a means of laundering money (electronic money of small amounts, directive (EU) 2015/849, article 12, is the yardstick).
pub const CERTIFICATE_LEAST: Money = Money::cents(500);
/// See [`CERTIFICATE_LEAST`].
pub const CERTIFICATE_MOST: Money = Money::cents(25_000);
/// The longest validity of a gift certificate, in months: the shop's debt should end one day.
pub const CERTIFICATE_MONTHS: i32 = 60;
/// Gift certificates listed in the back office, the latest.
pub const CERTIFICATES_SHOWN: u32 = 500;
/// The longest number of a carrier, in characters: they have 10 to 35.
pub const TRACKING_CHARS: usize = 40;
/// How long an order that waits for a credit transfer holds its copies: a transfer takes a day, a reader a week-end.
pub const TRANSFER_HOLD: Duration = Duration::from_secs(8 * 24 * 3600);
/// How long a page of the hosted provider stays open: the shortest that it allows is 30 minutes by its own clock, and clocks
/// and the way there take some.
pub const PROVIDER_PAGE: Duration = Duration::from_secs(32 * 60);
/// How long an order holds its copies beyond its page at the provider: who pays in the last second comes back, or the
/// provider is asked, before they go back to the shelf.
pub const PROVIDER_GRACE: Duration = Duration::from_secs(2 * 60);
/// How long a question for a page is asked again as it was: later, its end would be too near for the provider.
pub const PROVIDER_PAGE_AGAIN: Duration = Duration::from_secs(60);
/// What a provider tells by itself, in bytes: its events take a few thousand.
pub const PROVIDER_EVENT_BYTES: usize = 64 << 10;
/// An answer of the provider, in bytes: a list of a hundred transactions, each with the whole charge, takes some 700,000.
pub const PROVIDER_ANSWER_BYTES: usize = 2 << 20;
/// What one address may send in a minute in the place of the provider's events and without its signature; each is a line of
/// the log. What the provider signed is not counted.
pub const FALSE_EVENTS_PER_MINUTE: u32 = 60;
/// The same of everybody together.
pub const FALSE_EVENTS_OF_ALL_PER_MINUTE: u32 = 600;
/// How long the names of events are kept: a provider tells again for three days, and by hand for thirty.
pub const PROVIDER_EVENTS_KEPT: Duration = Duration::from_secs(31 * 24 * 3600);
/// How far the clock of a signed event may be from ours, either way: what the provider's own libraries allow.
pub const PROVIDER_EVENT_AGE: Duration = Duration::from_secs(5 * 60);
/// How long a question to the provider may take; its own libraries wait longer, but here a reader waits too.
pub const PROVIDER_TIME: Duration = Duration::from_secs(15);
/// How long reaching the provider may take of that.
pub const PROVIDER_CONNECT: Duration = Duration::from_secs(5);
/// How often a question is put again at once when the same one is being answered at that moment: two tabs.
pub const PROVIDER_TRIES: u32 = 4;
/// The pause between them.
pub const PROVIDER_PAUSE: Duration = Duration::from_millis(400);
/// How often a number is drawn for an order before giving up: with 40 random bits twice is an accident.
pub const ORDER_NUMBER_TRIES: u32 = 4;
/// How long custodians' shares, or a plan to share the key anew, wait in the vault's memory for a quorum: long enough to
/// telephone a custodian and have a file brought, not so long that two shares lie about overnight.
pub const VAULT_SHARES_WAIT: Duration = Duration::from_secs(60 * 60);
/// How long a card stays in the vault at most after it came in, used or not: it is used when its reader comes back to the
/// shop, once. An order is held for half an hour, and so is the security code; the other half is for a shop that was away
/// meanwhile. Whoever comes back later gives the card anew (PCI DSS 4.0.1, 3.2.1: no longer than is needed).
pub const CARD_KEPT: Duration = Duration::from_secs(60 * 60);
/// Cards that are forgotten in one transaction of the vault, and that the shop asks for in one round: some seconds of buying
/// on a record day, and no check-in waits long behind it.
pub const CARDS_FORGOTTEN_AT_ONCE: u32 = 64;
/// How long the shop waits before it asks a vault that is sealed or away again: a minute more or less is nothing against
/// [`CARD_KEPT`], and a sealed vault is not filled with questions.
pub const FORGET_AGAIN: Duration = Duration::from_secs(10);
/// How long cards that are being asked about are left to one worker: a round takes a second, and to ask twice does no harm.
pub const FORGET_LEASE: Duration = Duration::from_secs(60);
/// How long the vault may take to forget a card: it writes to disk twice.
pub const FORGET_TIME: Duration = Duration::from_secs(5);
/// What one address, or a household with IPv6, may ask of the card page in a minute: room for five readers a second behind one
/// address of an office or a telephone company, and half a percent of what a vault can take.
pub const CARD_PAGE_PER_MINUTE: u32 = 600;
/// How often one ticket may be answered at once: some slips corrected, a double click, a page sent again.
pub const CARD_ANSWERS_AT_ONCE: u32 = 6;
/// How long until it may be answered once more: nobody types a card faster, and a program that tries numbers gets no further.
pub const CARD_ANSWER_EVERY: Duration = Duration::from_secs(10);
/// Payments that may be tried for one order, by whatever means: people have a few cards, people who test stolen ones have
/// many.
pub const TRIES_PER_ORDER: u32 = 6;
/// Unpaid orders given up in one transaction, so that the sweep never holds up buyers.
pub const EXPIRED_PER_SWEEP: u32 = 100;
/// Payments looked after in one run of recovery; the next run takes the next ones.
pub const PAYMENTS_PER_RECOVERY: u32 = 200;
/// After this an authorisation that the switch never heard of never will arrive: longer than a grant is good for
/// and than a request may take.
pub const AUTHORISATION_LOST: Duration = Duration::from_secs(90);
/// How long a capture, reversal or refund waits before it is asked again: longer than the bank may take.
pub const SETTLE_AGAIN: Duration = Duration::from_secs(20);
/// Captures and refunds of one payment: a parcel for each line of the largest cart, and as many again given back.
pub const MOVEMENTS_PER_PAYMENT: i64 = 200;
/// Carriers from one switch to its bank: two are usual, and the last hour of more than four would not fit the 64 kB that an
/// answer on a private link may take.
pub const CARRIERS: usize = 4;
/// How long vault and switch may take to say how they are: a bookseller waits for the page.
pub const NETWORK_ASK: Duration = Duration::from_secs(1);
/// How long what they said is believed, so that they are not asked anew by every page of the back office.
pub const NETWORK_BELIEVED: Duration = Duration::from_secs(2);
/// How long a message may wait for the bank, or a carrier be down, before a person should look: the switch itself tries
/// again after five minutes at most.
pub const NETWORK_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long the network page points at a reply that contradicts the answer that counts: over a weekend somebody has asked the
/// bank.
pub const CONTRADICTION_TOLD: Duration = Duration::from_secs(3 * 86_400);
/// Wrong passwords, or wrong codes of the second factor, in a row before a login must wait.
pub const LOGIN_FAILURES: u32 = 5;
/// How long it must wait then.
pub const LOGIN_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How long a bookseller stays logged in: a working day.
pub const STAFF_SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a session of the back office stays open while nobody uses it: a quiet hour at the counter, and not the night after
/// it; NIST SP 800-63B-4 section 2.2.3 allows an hour at most at its second level.
pub const STAFF_IDLE: Duration = Duration::from_secs(60 * 60);
/// How exactly it is kept when a session was last used: one write a minute and person, whatever she looks at.
pub const STAFF_SEEN: Duration = Duration::from_secs(60);
/// Sessions that one person may have open: the counter, the store room, the office, a tablet and a telephone, twice. One more
/// ends the one that was unused for longest.
pub const STAFF_SESSIONS: u32 = 10;
/// How long a password that was given to somebody lets them in: from Friday's evening to Monday's.
pub const ONE_TIME_PASSWORD: Duration = Duration::from_secs(72 * 60 * 60);
/// Codes for who has lost her second factor: a sheet of paper.
pub const RECOVERY_CODES: usize = 10;
/// What must be left of a password without the words that everybody tries, in letters and digits: NIST SP 800-63B's shortest.
pub const PASSWORD_REST_CHARS: usize = 8;
/// The shortest name or login that a password is searched for: shorter ones stand in half of all sentences.
pub const OBVIOUS_CHARS: usize = 4;
/// Shortest password of the staff (NIST SP 800-63B asks for 8 at least, 15 when it stands alone).
pub const PASSWORD_MIN_CHARS: usize = 12;
/// Longest password that is hashed: beyond, hashing costs the shop more than the caller.
pub const PASSWORD_MAX_BYTES: usize = 256;
/// A form that people fill in, in bytes: the longest holds an address and a reason.
pub const FORM_BYTES: usize = 64 << 10;
/// Login attempts per minute and address: a person mistypes a few times, a program goes on.
pub const LOGINS_PER_MINUTE: u32 = 20;
/// Copies of one edition that a count may come to: a warehouse, not a shelf.
pub const COPIES_COUNTED: u32 = 100_000;
/// A reason a bookseller writes down, in characters: one line of a table.
pub const NOTE_CHARS: usize = 200;
/// Imports in the back office's list: half a year of two feeds a week.
pub const IMPORTS_LISTED: u32 = 50;
/// Notes of an import on one page of its report.
pub const IMPORT_NOTES_SHOWN: u32 = 100;
/// Catalogue files that lie at the import desk and are not imported yet: so many of the largest are 60 GB of disk.
pub const IMPORTS_LYING: u32 = 30;
/// A catalogue file sent to the back office, in bytes: the largest a browser sends patiently; larger ones are
/// imported by command.
pub const IMPORT_UPLOAD_BYTES: u64 = 2 << 30;
/// Captures and refunds in one clearing batch: a hundred times a busy day, and a file that is read at once. More go into
/// the next batch.
pub const CLEARING_LINES: usize = 100_000;
/// A clearing file in bytes: the longest line has 165, so that the longest batch is 16.5 MB.
pub const CLEARING_FILE_BYTES: usize = 16 << 20;
/// The largest amount of a clearing line: what the twelve digits of ISO 8583 field 4 can ask for.
pub const CLEARING_AMOUNT_CENTS: i64 = 999_999_999_999;
/// The number of a merchant's last clearing batch: nine digits, a thousand batches a day for 2,700 years.
pub const CLEARING_SEQUENCE: u32 = 999_999_999;
/// An account statement in bytes: an entry with its transaction takes about one kilobyte, so that
/// [`STATEMENT_ENTRIES`] of them fit.
pub const STATEMENT_BYTES: usize = 128 << 20;
/// Elements in one another in a statement: the deepest of version 001.08 are 15, and additions of a bank's own need some room.
pub const STATEMENT_DEPTH: usize = 40;
/// Statements in one file: two years of days, or all accounts of a group.
pub const STATEMENTS_PER_FILE: usize = 1_000;
/// Entries in one file of statements: with [`STATEMENT_AMOUNT_CENTS`] their sum still fits.
pub const STATEMENT_ENTRIES: usize = 100_000;
/// Transactions in one file of statements: each is some hundred bytes of memory, however short it is in the file.
pub const STATEMENT_TRANSACTIONS: usize = 500_000;
/// A text in a statement, in characters: the longest of the standard has 500, and some banks write more.
pub const STATEMENT_TEXT_CHARS: usize = 1_000;
/// The largest amount in a statement: a hundred billion euros, beyond any shop's account.
pub const STATEMENT_AMOUNT_CENTS: i64 = 10_000_000_000_000;
/// A file of accounting entries (FEC) that is checked, in bytes: some million lines, the year of a large shop.
pub const FEC_BYTES: usize = 512 << 20;
/// A file from the bank or the switch that is sent to the back office, in bytes: the longest clearing batch, or a month's
/// statement of a busy shop; it is held in memory while it is read.
pub const BANK_UPLOAD_BYTES: usize = 32 << 20;
/// Days until a capture or refund must stand in a clearing batch: the batch is cut daily, and a week-end and a holiday may
/// lie between.
pub const DAYS_TO_CLEAR: u32 = 4;
/// Days until the bank must have booked a batch, and a transfer that a bookseller says she sent: two business days, with a
/// long week-end between.
pub const DAYS_TO_BOOK: u32 = 5;
/// Days after the expected one on which a payout of the hosted provider may still come to the bank, or fail: the provider names
/// ten business days after which one asks what became of it.
pub const PAYOUT_DAYS: u32 = 14;
/// Days before the expected one on which it may have come: banks that credit at once, and the provider's day is UTC's.
pub const PAYOUT_DAYS_EARLY: u32 = 2;
/// Days until the hosted provider must have paid a capture out: the slowest schedule is monthly, and a week-end may follow.
pub const DAYS_TO_PAY_OUT: u32 = 35;
/// Transactions of one payout that are read, held in memory: a month of a shop with a sale a minute in its opening hours.
pub const PAYOUT_TRANSACTIONS: usize = 20_000;
/// Breaks of one kind that a run opens: more are one mistake, and nobody reads them one by one.
pub const BREAKS_PER_KIND: u32 = 500;
/// Breaks, statements and entries on one page of the back office.
pub const BANK_LISTED: u32 = 100;
/// A reason code of a dispute, in characters: card schemes have `10.4`, `4853`, banks a word.
pub const DISPUTE_REASON_CHARS: usize = 40;
/// How long the shop waits between two questions for clearing batches or statements, in seconds, unless it is configured
/// otherwise: both are made once a day, and nobody waits for them.
pub const FETCH_EVERY_S: u64 = 15 * 60;
/// The shortest that it may be configured to wait, in seconds: a person who tries it out waits no longer.
pub const FETCH_LEAST_S: u64 = 5;
/// The longest, in seconds: a day's files the same day.
pub const FETCH_MOST_S: u64 = 24 * 3600;
/// The pause after a first failure to fetch; it doubles with each further one.
pub const FETCH_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause between two tries to fetch: half an hour after a bank is back, its files are there.
pub const FETCH_LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);
/// Files fetched in one round: two months of days; the next round follows at once and goes on.
pub const FETCH_FILES: usize = 60;
/// Pages of the list of what can be fetched that are read in one round: of a hundred each, thirteen years of days.
pub const FETCH_PAGES: usize = 50;
/// How long one round may take: the largest files over a slow line.
pub const FETCH_ROUND: Duration = Duration::from_secs(4 * 60);
/// How long a node has a source to itself: longer than a round, so that nobody else asks meanwhile, and so short that a
/// node that died is not missed.
pub const FETCH_LEASE: Duration = Duration::from_secs(5 * 60);
/// How long a list of what can be fetched may take.
pub const FETCH_LIST_TIME: Duration = Duration::from_secs(10);
/// How long one file may take: 32 MB over a slow line.
pub const FETCH_FILE_TIME: Duration = Duration::from_secs(60);
/// When a file that was refused is asked for again: whoever mends it needs a day, and the break says what is wrong.
pub const FETCH_REFUSED_AGAIN: Duration = Duration::from_secs(24 * 3600);
/// From when on the dashboard says that nothing can be fetched: a night or a weekend morning of maintenance is none of a
/// bookseller's worry, a missing day of statements is.
pub const FETCH_TOLD_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How long a file in the folder of statements must not have changed to be taken: whoever sends it has paused no longer.
pub const FETCH_STILL: Duration = Duration::from_secs(30);
/// Days to contest a chargeback where the bank names no deadline: the shortest of the large schemes, less the bank's own.
pub const DISPUTE_DAYS: u32 = 20;
/// Words of a bank entry that are kept, in characters: a remittance has 140, some banks add their own.
pub const BANK_WORDS_CHARS: usize = 300;
/// Lines of a file of entries that is written, held in memory: two hundred thousand sales a year.
pub const FEC_LINES: u32 = 1_000_000;
