//! The sitemap: an index and parts of ten thousand books, written when first asked for and kept until the
//! catalogue changes. Made-up titles of a demonstration are not offered to search engines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use ::search::Aisle;
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use catalogue::shelf::Shelf;
use catalogue::subject::ShopSubject;
use trade::locale::Locale;

use super::aisle::aisle_path;
use super::home::subject_path;
use super::parts::book_path;
use crate::problem::{Kind, Problem};
use crate::state::AppState;

/// Books in one part; two addresses each, so well below the 50,000 that sitemaps.org allows.
const BOOKS_IN_PART: usize = 10_000;
const NAMESPACES: &str = "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\"";

/// The paths of all pages that search engines may know, for one state of the catalogue.
#[derive(Default)]
pub(crate) struct Sitemaps(Mutex<Option<(i64, Arc<Vec<String>>)>>);

impl Sitemaps {
    /// Walks the whole shelf the first time: call it where blocking is allowed.
    fn paths(&self, shelf: &Shelf) -> Arc<Vec<String>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((sequence, paths)) if *sequence == shelf.sequence() => Arc::clone(paths),
            _ => {
                let subjects = ShopSubject::all().map(subject_path);
                let (mut books, mut aisles) = (Vec::new(), BTreeSet::new());
                for edition in shelf.iter().filter(|edition| !edition.generated) {
                    books.push(book_path(&edition));
                    aisles.extend(Aisle::of(&edition).iter().map(aisle_path));
                }
                let paths: Arc<Vec<String>> = Arc::new(
                    ["/", "/new", "/subjects"]
                        .map(str::to_owned)
                        .into_iter()
                        .chain(subjects)
                        .chain(aisles)
                        .chain(books)
                        .collect(),
                );
                *held = Some((shelf.sequence(), Arc::clone(&paths)));
                paths
            }
        }
    }
}

async fn paths(state: &AppState) -> Result<Arc<Vec<String>>, Problem> {
    let (sitemaps, shelf) = (Arc::clone(&state.sitemaps), state.shelf.load());
    let walked = tokio::task::spawn_blocking(move || sitemaps.paths(&shelf));
    walked
        .await
        .map_err(|broken| Problem::fault(Kind::Fault, &broken))
}

/// `GET /sitemap.xml`
pub(crate) async fn index(State(state): State<AppState>) -> Result<Response, Problem> {
    let parts = paths(&state).await?.len().div_ceil(BOOKS_IN_PART);
    let mut body = format!("<sitemapindex {NAMESPACES}>");
    for part in 1..=parts {
        let _ = write!(
            body,
            "<sitemap><loc>{}/sitemaps/{part}.xml</loc></sitemap>",
            state.settings.public_url
        );
    }
    body.push_str("</sitemapindex>");
    Ok(xml(&body))
}

/// `GET /sitemaps/{part}.xml`
pub(crate) async fn part(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let part: usize = name
        .strip_suffix(".xml")
        .and_then(|part| part.parse().ok())
        .ok_or(Problem::of(Kind::NotFound))?;
    let paths = paths(&state).await?;
    let chunk = part
        .checked_sub(1)
        .and_then(|part| paths.chunks(BOOKS_IN_PART).nth(part))
        .ok_or(Problem::of(Kind::NotFound))?;
    let mut body = format!("<urlset {NAMESPACES}>");
    for path in chunk {
        one_page(
            &mut body,
            &state.settings.public_url,
            &path.replace('&', "&amp;"),
        );
    }
    body.push_str("</urlset>");
    Ok(xml(&body))
}

/// Both languages of a page, each naming the other.
fn one_page(body: &mut String, origin: &str, path: &str) {
    for locale in Locale::ALL {
        let _ = write!(body, "<url><loc>{origin}/{}{path}</loc>", locale.code());
        for other in Locale::ALL {
            let code = other.code();
            let _ = write!(
                body,
                "<xhtml:link rel=\"alternate\" hreflang=\"{code}\" href=\"{origin}/{code}{path}\"/>"
            );
        }
        body.push_str("</url>");
    }
}

fn xml(body: &str) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/xml; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
    ];
    (
        headers,
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"),
    )
        .into_response()
}
