//! Readers' reviews in the database.

use storage::{Fault, Row, Store, Tx, Value};
use trade::language::Language;

use crate::limits;
use crate::model::{EditionId, Review};

storage::statements! {
    PUT_REVIEW = "INSERT INTO reviews (edition_id, sender, number, rating, title, body, author, language, written,
            generated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (sender, number) DO NOTHING";
    REVIEWS = "SELECT r.id, COALESCE(h.edition_id, r.edition_id), r.rating, r.title, r.body, r.author, r.language,
            r.written, r.generated
        FROM reviews r LEFT JOIN records h ON h.home_id = r.edition_id
        WHERE r.id > $1 ORDER BY r.id LIMIT $2";
}

/// Puts reviews in under the sender's name, numbered in order: the same call again changes nothing.
///
/// They reach readers with the next build of the shelf. Blocks.
///
/// # Errors
/// A [`Fault`]; [`Fault::Constraint`] when a review names an edition that does not exist or a rating outside 1 to 5.
pub fn put_reviews(
    store: &Store,
    sender: &str,
    reviews: impl Iterator<Item = Review>,
) -> Result<u64, Fault> {
    let mut written = 0;
    let mut numbered = reviews.zip(1..).peekable();
    while numbered.peek().is_some() {
        let batch: Vec<Vec<Value>> = numbered
            .by_ref()
            .take(limits::PUT_BATCH_RECORDS)
            .map(|(review, number)| review_columns(sender, number, &review))
            .collect();
        written += store.write_blocking(move |tx| {
            batch
                .iter()
                .map(|review| tx.execute(&PUT_REVIEW, review))
                .sum::<Result<u64, Fault>>()
        })?;
    }
    Ok(written)
}

fn review_columns(sender: &str, number: i64, review: &Review) -> Vec<Value> {
    vec![
        review.edition.0.into(),
        sender.into(),
        number.into(),
        i64::from(review.rating).into(),
        review.title.as_str().into(),
        review.body.as_str().into(),
        review.author.as_str().into(),
        review.language.to_string().into(),
        review.written.to_string().into(),
        i64::from(review.generated).into(),
    ]
}

/// Up to `limit` reviews with an id above `after`, in order of id; those of an edition that was merged into another
/// are that one's.
pub fn reviews(tx: &mut dyn Tx, after: i64, limit: u32) -> Result<Vec<Review>, Fault> {
    tx.query(&REVIEWS, &[after.into(), limit.into()])?
        .iter()
        .map(review_of_row)
        .collect()
}

fn review_of_row(row: &Row) -> Result<Review, Fault> {
    let corrupt = |what: &str| Fault::Corrupt(format!("review with an unreadable {what}").into());
    Ok(Review {
        id: row.int(0)?,
        edition: EditionId(row.int(1)?),
        rating: u8::try_from(row.int(2)?).map_err(|_| corrupt("rating"))?,
        title: row.text(3)?.to_owned(),
        body: row.text(4)?.to_owned(),
        author: row.text(5)?.to_owned(),
        language: Language::parse(row.text(6)?).map_err(|_| corrupt("language"))?,
        written: row.text(7)?.parse().map_err(|_| corrupt("date"))?,
        generated: row.flag(8)?,
    })
}
