//! A review comes in: from the page of an order, where the address is proved, or with an address to be confirmed.

use storage::{Fault, Tx, Value};
use trade::{address::Email, clock::Timestamp, locale::Locale};

use super::{About, Draft, ReviewId, draft::author, letter, letter::News, limits};

storage::statements! {
    // Her next text replaces the one that waits, in one statement: two posts of one form are one review.
    WAIT = "INSERT INTO reader_reviews (edition, author, email, locale, state, rating, title, body, signature,
            language, experienced, written_us, changed_us)
        VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $11)
        ON CONFLICT (edition, author) WHERE state = 'waiting' DO UPDATE SET email = $3, locale = $4, rating = $5,
            title = $6, body = $7, signature = $8, language = $9, experienced = $10, written_us = $11,
            changed_us = $11
        RETURNING id";
    ASK = "INSERT INTO reader_reviews (edition, author, email, locale, state, rating, title, body, signature,
            language, experienced, written_us, changed_us)
        VALUES ($1, $2, $3, $4, 'unconfirmed', $5, $6, $7, $8, $9, $10, $11, $11)
        RETURNING id";
    UNCONFIRMED = "SELECT COUNT(*) FROM reader_reviews WHERE author = $1 AND state = 'unconfirmed'";
}

/// Takes a review whose author's address is proved: it waits for a bookseller.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn submit(
    tx: &mut dyn Tx,
    about: &About,
    draft: &Draft,
    email: &Email,
    locale: Locale,
    now: Timestamp,
) -> Result<ReviewId, Fault> {
    let params = columns(about, draft, email, locale, now);
    Ok(ReviewId(tx.query_one(&WAIT, &params)?.int(0)?))
}

/// Takes a review with an address that anybody may have typed, and asks that address by letter. Whoever asked too
/// often already is asked no more; the caller is not told, so that nobody learns what happens with an address.
pub fn submit_unproved(
    tx: &mut dyn Tx,
    about: &About,
    draft: &Draft,
    email: &Email,
    locale: Locale,
    now: Timestamp,
) -> Result<(), Fault> {
    let asked = tx.query_one(&UNCONFIRMED, &[author(email).into()])?;
    if asked.count(0)? >= limits::UNCONFIRMED_PER_ADDRESS {
        return Ok(());
    }
    let params = columns(about, draft, email, locale, now);
    let review = tx.query_one(&ASK, &params)?.int(0)?;
    letter::write(
        tx,
        &letter::ReviewLetter {
            news: News::Confirm,
            review,
            book: about.title.clone(),
            locale,
            to: email.clone(),
        },
    )
}

/// What is kept. A review of an edition that was merged meanwhile, as an order may name, stays with that until it is
/// published: so it takes the place of no other.
fn columns(
    about: &About,
    draft: &Draft,
    email: &Email,
    locale: Locale,
    now: Timestamp,
) -> Vec<Value> {
    vec![
        about.edition.0.into(),
        author(email).into(),
        email.as_str().into(),
        locale.code().into(),
        draft.rating.stars().into(),
        draft.title.as_str().into(),
        draft.body.as_str().into(),
        draft.signature.as_str().into(),
        draft.language.code().into(),
        draft.experienced.to_string().into(),
        now.as_micros().into(),
    ]
}
