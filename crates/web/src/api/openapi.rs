//! `GET /api/openapi.json`: the calls of the API, made from the handlers themselves.

use std::sync::LazyLock;

use axum::Json;
use utoipa::OpenApi;

/// The document, made once.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Api::openapi);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bouquin",
        description = "Books, carts and orders of one bookshop. Amounts are euro cents, VAT included; errors are RFC 9457.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        super::search::search, super::books::by_isbn, super::carts::create, super::carts::put_line,
        super::orders::place, super::orders::by_key, document
    ),
    tags((name = "books"), (name = "carts"), (name = "orders"), (name = "meta"))
)]
struct Api;

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "meta", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(super) async fn document() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&DOCUMENT)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_of_the_api_is_in_the_document_and_nothing_else() {
        let routed: BTreeSet<String> = super::super::calls()
            .into_iter()
            .map(|(path, _)| path.to_owned())
            .collect();
        let documented: BTreeSet<String> = DOCUMENT.paths.paths.keys().cloned().collect();
        assert_eq!(routed, documented);
    }

    #[test]
    fn the_document_is_openapi_3_1_and_every_reference_leads_somewhere() {
        let document = serde_json::to_value(&*DOCUMENT).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let text = document.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "{name}"
            );
        }
        assert!(text.contains("Idempotency-Key"));
    }
}
