//! `GET /api/v1/books/{isbn13}`, and an edition as JSON.

use axum::Json;
use axum::extract::{Path, State};
use catalogue::model::{Edition, PublicationDate};
use trade::locale::Locale;
use trade::price::PriceRegime;

use super::input::isbn13;
use super::types::{Book, Contributor, Series};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use crate::stock::Promise;
use crate::storefront::parts::book_path;
use crate::visitor::Visitor;

/// The edition that is sold under an ISBN.
#[utoipa::path(
    get, path = "/api/v1/books/{isbn13}", tag = "books",
    params(("isbn13" = String, Path, description = "An ISBN, with or without hyphens; ten digits are understood too.")),
    responses((status = 200, body = Book), (status = 400, body = super::types::ProblemBody), (status = 404, body = super::types::ProblemBody))
)]
pub(super) async fn by_isbn(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(isbn): Path<String>,
) -> Result<Json<Book>, Problem> {
    let edition = state
        .shelf
        .load()
        .by_isbn(isbn13(&isbn)?)
        .ok_or_else(|| Problem::of(Kind::NotFound))?;
    Ok(Json(book(&state, visitor.locale, &edition)))
}

/// An edition as callers see it.
pub(super) fn book(state: &AppState, locale: Locale, edition: &Edition) -> Book {
    let level = state.stock.level(edition.id);
    Book {
        edition: edition.id.get(),
        work: edition.work.get(),
        isbn13: edition.isbn.map(|isbn| isbn.to_string()),
        title: edition.title.clone(),
        subtitle: edition.subtitle.clone(),
        contributors: edition
            .contributors
            .iter()
            .map(|one| Contributor {
                name: one.name.clone(),
                role: one.role.code(),
            })
            .collect(),
        publisher: edition.publisher.clone(),
        collection: edition.collection.clone(),
        series: edition.series.as_ref().map(|one| Series {
            title: one.title.clone(),
            volume: one.volume.clone(),
        }),
        language: edition
            .language
            .map(|language| language.bcp47().into_owned()),
        published: edition.published.map(written),
        form: edition.form.code(),
        pages: edition.pages,
        price_cents: edition.price.map(|price| price.amount.as_cents()),
        price_fixed: edition
            .price
            .is_some_and(|price| price.regime == PriceRegime::FixedFr),
        availability: edition.availability.code(),
        on_shelf: level.map(|level| level.available()),
        buyable: Promise::of(edition, level).buyable(),
        summary: edition.summary(locale).map(|text| text.body.clone()),
        generated: edition.generated,
        url: format!("{}{}", state.settings.public_url, book_path(edition)),
    }
}

fn written(date: PublicationDate) -> String {
    match (date.month, date.day) {
        (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", date.year),
        (Some(month), None) => format!("{:04}-{month:02}", date.year),
        _ => format!("{:04}", date.year),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_precise_as_it_is_known() {
        let date = |month, day| PublicationDate {
            year: 1942,
            month,
            day,
        };
        assert_eq!(written(date(None, None)), "1942");
        assert_eq!(written(date(Some(5), None)), "1942-05");
        assert_eq!(written(date(Some(5), Some(19))), "1942-05-19");
    }
}
