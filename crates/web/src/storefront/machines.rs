//! Small files for machines: robots, OpenSearch, security contact, a word to language models.

use axum::extract::State;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::reader::Reader;
use crate::state::AppState;
use crate::visitor::Visitor;

fn text(kind: &'static str, body: String) -> Response {
    let caching = HeaderValue::from_static("public, max-age=3600");
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, caching),
        ],
        body,
    )
        .into_response()
}

/// `GET /robots.txt`: everything but what is one reader's own, and the endless combinations of filters.
pub(crate) async fn robots(State(state): State<AppState>) -> Response {
    let mut lines = vec!["User-agent: *".to_owned()];
    for prefix in ["", "/fr", "/en"] {
        for own in ["/cart", "/checkout", "/orders", "/suggest", "/search?q="] {
            lines.push(format!("Disallow: {prefix}{own}"));
        }
    }
    lines.push("Disallow: /office".to_owned());
    lines.push(format!(
        "Sitemap: {}/sitemap.xml",
        state.settings.public_url
    ));
    text("text/plain; charset=utf-8", lines.join("\n") + "\n")
}

/// `GET /opensearch.xml`: the shop as a search engine of the browser.
pub(crate) async fn opensearch(State(state): State<AppState>, visitor: Visitor) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, "/");
    let page = html! {
        OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/" {
            ShortName { (state.settings.shop_name) }
            Description { (reader.say("home-title")) }
            InputEncoding { "UTF-8" }
            Language { (visitor.locale.code()) }
            Image height="16" width="16" type="image/svg+xml" { (state.settings.public_url) "/favicon.svg" }
            Url type="text/html" template={ (reader.url("/search")) "?q={searchTerms}" } {}
        }
    };
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        page.into_string()
    );
    text("application/opensearchdescription+xml; charset=utf-8", xml)
}

/// `GET /.well-known/security.txt` (RFC 9116), valid for half a year from today.
pub(crate) async fn security(State(state): State<AppState>) -> Response {
    let expires = state
        .clock
        .now()
        .plus(std::time::Duration::from_secs(180 * 24 * 60 * 60))
        .date_in_paris();
    let body = format!(
        "Contact: mailto:{}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: fr, en\nCanonical: {}/.well-known/security.txt\n",
        state.settings.contact_email, state.settings.public_url
    );
    text("text/plain; charset=utf-8", body)
}

/// `GET /llms.txt`
pub(crate) async fn llms(State(state): State<AppState>) -> Response {
    let url = &state.settings.public_url;
    let body = format!(
        "# {}\n\n> An online bookstore owned by booksellers. Pages carry schema.org data; titles and reviews marked as generated are made up for a demonstration.\n\n\
         ## For reading\n\n- [Search]({url}/en/search): add ?q= and the words\n- [Book]({url}/en/books/): add an ISBN\n- [Sitemap]({url}/sitemap.xml)\n\n\
         ## For programs\n\n- [OpenAPI]({url}/api/openapi.json)\n",
        state.settings.shop_name
    );
    text("text/plain; charset=utf-8", body)
}
