//! The bookseller's desk: reviews that wait to be read, reviews that readers reported, and what becomes of them.
//!
//! Every decision is written into the audit log in the same transaction, and its author is told by letter.

use jiff::civil::Date;
use storage::{Fault, Row, Store, Tx};
use trade::{address::Email, clock::Timestamp, ids::EditionId, language::Language};

use super::{
    Reason, ReviewId, ReviewRefusal, ReviewState, Step, letter,
    letter::{News, ReviewLetter},
    own::expect,
    published::language,
};
use crate::{columns, staff::audit};

storage::statements! {
    QUEUE = "SELECT r.id, r.edition, e.title, r.state, r.rating, r.title, r.body, r.signature, r.language,
            r.experienced, r.written_us, r.reason, r.note, r.email, r.locale,
            CASE WHEN EXISTS (SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id
                LEFT JOIN records m ON m.home_id = l.edition
                WHERE LOWER(o.email) = LOWER(r.author) AND COALESCE(m.edition_id, l.edition) =
                    COALESCE((SELECT h.edition_id FROM records h WHERE h.home_id = r.edition), r.edition)
                AND o.state IN ('confirmed', 'shipped')) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END,
            (SELECT COUNT(*) FROM review_reports p WHERE p.review = r.id)
        FROM reader_reviews r JOIN editions e ON e.id = r.edition
        WHERE r.state = $1 AND (CAST($2 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM review_reports p WHERE p.review = r.id))
        ORDER BY CASE WHEN $1 = 'waiting' THEN r.id ELSE -r.id END LIMIT $3 OFFSET $4";
    ENTRY = "SELECT r.id, r.edition, e.title, r.state, r.rating, r.title, r.body, r.signature, r.language,
            r.experienced, r.written_us, r.reason, r.note, r.email, r.locale,
            CASE WHEN EXISTS (SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id
                LEFT JOIN records m ON m.home_id = l.edition
                WHERE LOWER(o.email) = LOWER(r.author) AND COALESCE(m.edition_id, l.edition) =
                    COALESCE((SELECT h.edition_id FROM records h WHERE h.home_id = r.edition), r.edition)
                AND o.state IN ('confirmed', 'shipped')) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END,
            (SELECT COUNT(*) FROM review_reports p WHERE p.review = r.id)
        FROM reader_reviews r JOIN editions e ON e.id = r.edition WHERE r.id = $1";
    REPORTS = "SELECT reason, note, at_us FROM review_reports WHERE review = $1 ORDER BY at_us LIMIT 100";
    BY_STATE = "SELECT state, COUNT(*) FROM reader_reviews GROUP BY state";
    REPORTED = "SELECT COUNT(*) FROM reader_reviews r WHERE r.state = 'published'
        AND EXISTS (SELECT 1 FROM review_reports p WHERE p.review = r.id)";
    /// The author's published review of the same edition, wherever it stands, gives way to the next one.
    REPLACE = "UPDATE reader_reviews SET state = 'withdrawn', author = '', email = '', title = '', body = '',
            signature = '', note = NULL, changed_us = $2
        WHERE id IN (SELECT earlier.id FROM reader_reviews earlier JOIN reader_reviews later
            ON later.author = earlier.author AND later.edition = COALESCE(earlier.written_of, earlier.edition)
            WHERE later.id = $1 AND later.state = 'waiting' AND earlier.state = 'published')";
    /// Her review of another edition that was merged into $3 leaves its page, unseen until the two are parted.
    SEND_HOME = "UPDATE reader_reviews SET edition = written_of, written_of = NULL, changed_us = $2
        WHERE edition = $3 AND written_of IS NOT NULL AND state = 'published'
            AND author = (SELECT later.author FROM reader_reviews later WHERE later.id = $1)
            AND NOT EXISTS (SELECT 1 FROM reader_reviews there WHERE there.edition = reader_reviews.written_of
                AND there.author = reader_reviews.author AND there.state = 'published')";
    /// Where she wrote of $4 itself, that review keeps its page, and this one is unseen.
    PUBLISH = "UPDATE reader_reviews SET state = 'published', published_us = $2, changed_us = $2, edition = $4,
            written_of = NULLIF(edition, $4)
        WHERE id = $1 AND state = 'waiting' AND written_us = $3 AND NOT EXISTS (SELECT 1 FROM reader_reviews there
            WHERE there.edition = $4 AND there.author = reader_reviews.author AND there.state = 'published')";
    PUBLISH_UNSEEN = "UPDATE reader_reviews SET state = 'published', published_us = $2, changed_us = $2
        WHERE id = $1 AND state = 'waiting' AND written_us = $3";
    REFUSE = "UPDATE reader_reviews SET state = 'refused', reason = $4, note = $5, changed_us = $2
        WHERE id = $1 AND state IN ('waiting', 'published') AND written_us = $3";
    SETTLE_REPORTS = "DELETE FROM review_reports WHERE review = $1";
}

/// Which reviews the desk shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// To be read, oldest first.
    Waiting,
    /// On the page and reported, newest first.
    Reported,
    /// On the page, newest first.
    Published,
    /// Refused, newest first.
    Refused,
}

impl Queue {
    /// Every queue, the most urgent first.
    pub const ALL: [Queue; 4] = [
        Queue::Waiting,
        Queue::Reported,
        Queue::Published,
        Queue::Refused,
    ];

    /// The word used in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Queue::Waiting => "waiting",
            Queue::Reported => "reported",
            Queue::Published => "published",
            Queue::Refused => "refused",
        }
    }

    /// The queue with that word.
    pub fn of_code(code: &str) -> Option<Queue> {
        Queue::ALL.into_iter().find(|queue| queue.code() == code)
    }

    const fn state(self) -> ReviewState {
        match self {
            Queue::Waiting => ReviewState::Waiting,
            Queue::Reported | Queue::Published => ReviewState::Published,
            Queue::Refused => ReviewState::Refused,
        }
    }
}

/// How many reviews are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be read.
    pub waiting: u64,
    /// On the page and reported.
    pub reported: u64,
    /// On the page.
    pub published: u64,
    /// Refused.
    pub refused: u64,
}

impl Counts {
    /// How many are in `queue`.
    pub fn of(self, queue: Queue) -> u64 {
        match queue {
            Queue::Waiting => self.waiting,
            Queue::Reported => self.reported,
            Queue::Published => self.published,
            Queue::Refused => self.refused,
        }
    }
}

/// A review as the desk shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: ReviewId,
    /// The edition.
    pub edition: EditionId,
    /// The title of the book.
    pub book: String,
    /// Where it stands.
    pub state: ReviewState,
    /// 1 to 5.
    pub rating: u8,
    /// The line above it.
    pub title: String,
    /// Its text.
    pub body: String,
    /// What its author signs with.
    pub signature: String,
    /// The language of the text.
    pub language: Language,
    /// The day of the experience.
    pub experienced: Date,
    /// When this text was written: a decision names it, so that nobody decides about a text unseen.
    pub written: Timestamp,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// What the bookseller added.
    pub note: Option<String>,
    /// Whether its author bought the edition.
    pub bought: bool,
    /// How often it was reported since somebody looked.
    pub reports: u32,
    to: Option<Email>,
    locale: trade::locale::Locale,
}

/// What a reader says against a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The reason.
    pub reason: Reason,
    /// What the reader added.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// One page of a queue; `page` counts from 1.
///
/// # Errors
/// A [`Fault`], as for every function that only reads.
pub fn queue(tx: &mut dyn Tx, queue: Queue, page: u32, per_page: u32) -> Result<Vec<Entry>, Fault> {
    let offset = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let params = [
        queue.state().into(),
        i64::from(queue == Queue::Reported).into(),
        per_page.into(),
        offset.into(),
    ];
    tx.query(&QUEUE, &params)?
        .iter()
        .map(entry_of_row)
        .collect()
}

/// One review and what was said against it.
pub fn entry(tx: &mut dyn Tx, id: ReviewId) -> Result<Option<(Entry, Vec<Report>)>, Fault> {
    let Some(row) = tx.query_opt(&ENTRY, &[id.0.into()])? else {
        return Ok(None);
    };
    let rows = tx.query(&REPORTS, &[id.0.into()])?;
    let reports = rows.iter().map(|row| {
        Ok(Report {
            reason: Reason::of_column(row.text(0)?)?,
            note: row.text(1)?.to_owned(),
            at: Timestamp::micros(row.int(2)?),
        })
    });
    let reports = reports.collect::<Result<_, Fault>>()?;
    Ok(Some((entry_of_row(&row)?, reports)))
}

/// How many reviews are in each queue.
pub fn counts(tx: &mut dyn Tx) -> Result<Counts, Fault> {
    let mut counts = Counts {
        reported: u64::from(tx.query_one(&REPORTED, &[])?.count(0)?),
        ..Counts::default()
    };
    for row in tx.query(&BY_STATE, &[])? {
        let count = u64::from(row.count(1)?);
        match ReviewState::of_column(row.text(0)?)? {
            ReviewState::Waiting => counts.waiting = count,
            ReviewState::Published => counts.published = count,
            ReviewState::Refused => counts.refused = count,
            ReviewState::Unconfirmed | ReviewState::Withdrawn => {}
        }
    }
    Ok(counts)
}

/// Lets a review that was read as written at `seen` onto the page, in the place of its author's earlier one of the same
/// edition. The page is that of the edition that the reviewed one lives in now. One there of another edition goes back to
/// that; where its author wrote of the edition of the page itself, the new one is the one that nobody sees.
///
/// # Errors
/// [`ReviewRefusal::Changed`] when the author has sent another text since; [`ReviewRefusal::NotNow`].
pub fn publish(
    tx: &mut dyn Tx,
    id: ReviewId,
    seen: Timestamp,
    staff: &str,
    now: Timestamp,
) -> Result<(), ReviewRefusal> {
    let review = decided(tx, id, seen, Step::Publish)?;
    let lives = catalogue::store::lives_in(tx, review.edition)?;
    let params = [id.0.into(), now.as_micros().into(), lives.0.into()];
    tx.execute(&REPLACE, &params[..2])?;
    tx.execute(&SEND_HOME, &params)?;
    let params = [
        id.0.into(),
        now.as_micros().into(),
        seen.as_micros().into(),
        lives.0.into(),
    ];
    if tx.execute(&PUBLISH, &params)? == 0 && tx.execute(&PUBLISH_UNSEEN, &params[..3])? == 0 {
        return Err(ReviewRefusal::Changed);
    }
    audit::record(tx, staff, "review.publish", &subject(&review), None, now)?;
    Ok(tell(tx, &review, News::Published)?)
}

/// [`publish`] in a transaction of its own. On PostgreSQL a merge may lead another review of the author to the page between
/// looking and writing; what then is right is known the next time.
///
/// # Errors
/// As for [`publish`].
pub async fn publish_alone(
    store: &Store,
    id: ReviewId,
    seen: Timestamp,
    staff: &str,
    now: Timestamp,
) -> Result<(), ReviewRefusal> {
    let publishing = || {
        let staff = staff.to_owned();
        store.write(move |tx| publish(tx, id, seen, &staff, now))
    };
    match publishing().await {
        Err(ReviewRefusal::Fault(Fault::Constraint { .. })) => publishing().await,
        done => done,
    }
}

/// Keeps a review from the page, or takes it off, and tells its author why.
///
/// # Errors
/// As for [`publish`].
pub fn refuse(
    tx: &mut dyn Tx,
    id: ReviewId,
    seen: Timestamp,
    (reason, note): (Reason, Option<&str>),
    staff: &str,
    now: Timestamp,
) -> Result<(), ReviewRefusal> {
    let review = decided(tx, id, seen, Step::Refuse)?;
    let params = [
        id.0.into(),
        now.as_micros().into(),
        seen.as_micros().into(),
        reason.into(),
        note.into(),
    ];
    if tx.execute(&REFUSE, &params)? == 0 {
        return Err(ReviewRefusal::Changed);
    }
    tx.execute(&SETTLE_REPORTS, &[id.0.into()])?;
    let said = match note {
        Some(note) => format!("{}: {note}", reason.code()),
        None => reason.code().to_owned(),
    };
    audit::record(
        tx,
        staff,
        "review.refuse",
        &subject(&review),
        Some(&said),
        now,
    )?;
    let note = note.map(str::to_owned);
    Ok(tell(tx, &review, News::Refused { reason, note })?)
}

/// Leaves a reported review on the page and puts its reports away.
///
/// # Errors
/// [`ReviewRefusal::NotNow`] when it is not on the page.
pub fn keep(
    tx: &mut dyn Tx,
    id: ReviewId,
    staff: &str,
    now: Timestamp,
) -> Result<(), ReviewRefusal> {
    let (review, _) = entry(tx, id)?.ok_or(ReviewRefusal::NoSuchReview { id })?;
    if review.state != ReviewState::Published {
        return Err(ReviewRefusal::NotNow {
            state: review.state,
        });
    }
    tx.execute(&SETTLE_REPORTS, &[id.0.into()])?;
    Ok(audit::record(
        tx,
        staff,
        "review.keep",
        &subject(&review),
        None,
        now,
    )?)
}

/// The review a decision is about, if the step makes sense and the text is the one that was read.
fn decided(
    tx: &mut dyn Tx,
    id: ReviewId,
    seen: Timestamp,
    step: Step,
) -> Result<Entry, ReviewRefusal> {
    expect(tx, id, step)?;
    let (review, _) = entry(tx, id)?.ok_or(ReviewRefusal::NoSuchReview { id })?;
    if review.written == seen {
        Ok(review)
    } else {
        Err(ReviewRefusal::Changed)
    }
}

fn subject(review: &Entry) -> String {
    format!("{} · {}", review.id, review.book)
}

fn tell(tx: &mut dyn Tx, review: &Entry, news: News) -> Result<(), Fault> {
    let Some(to) = review.to.clone() else {
        return Ok(());
    };
    letter::write(
        tx,
        &ReviewLetter {
            news,
            review: review.id.0,
            book: review.book.clone(),
            locale: review.locale,
            to,
        },
    )
}

fn entry_of_row(row: &Row) -> Result<Entry, Fault> {
    let email = row.text(13)?;
    Ok(Entry {
        id: ReviewId(row.int(0)?),
        edition: EditionId(row.int(1)?),
        book: row.text(2)?.to_owned(),
        state: ReviewState::of_column(row.text(3)?)?,
        rating: u8::try_from(row.count(4)?).unwrap_or(0),
        title: row.text(5)?.to_owned(),
        body: row.text(6)?.to_owned(),
        signature: row.text(7)?.to_owned(),
        language: language(row.text(8)?)?,
        experienced: columns::parsed(row.text(9)?)?,
        written: Timestamp::micros(row.int(10)?),
        reason: row.opt_text(11)?.map(Reason::of_column).transpose()?,
        note: row.opt_text(12)?.map(str::to_owned),
        to: (!email.is_empty())
            .then(|| columns::email(email))
            .transpose()?,
        locale: columns::locale(row.text(14)?)?,
        bought: row.flag(15)?,
        reports: row.count(16)?,
    })
}
