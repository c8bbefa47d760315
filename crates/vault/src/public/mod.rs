//! The public door: the card form, on the vault's own origin.
//!
//! No cookie, no session, no third party. What opens the page is the shop's signed ticket in the address; what leads
//! back is the vault's signed receipt.

mod caller;
mod headers;
mod pace;
mod page;
mod reports;
mod words;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use cards::entry::{Entry, EntryErrors};
use cards::sealed::SealedError;
use serde::Deserialize;
use trade::locale::Locale;
use trade::payment::CheckInTicket;
use zeroize::Zeroize as _;

use crate::OpenVault;
use crate::assets;
use crate::keys::{Changed, Keys};
use crate::verbs::{self, CheckInRefusal, CheckedIn, TicketRefusal};
pub(crate) use pace::Paces;
use page::{Trouble, card_form, trouble_page};

/// A ticket and a sealed card are the largest post; anything longer is not from this page.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// When whoever found the vault closed may try again.
const RETRY_SECONDS: &str = "300";

pub(crate) fn router(vault: Arc<OpenVault>) -> Router {
    let csp = headers::policy(&vault);
    Router::new()
        .route("/pay", get(show).post(submit))
        .route(reports::PATH, post(reports::take))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&vault),
            pace::by_address,
        ))
        .route("/live", get(live))
        .route("/assets/{name}", get(asset))
        .fallback(nothing_here)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(crate::deadline::in_time))
        .layer(middleware::map_response_with_state(csp, headers::guard))
        .with_state(vault)
}

#[derive(Deserialize)]
struct PayQuery {
    ticket: String,
}

/// `POST /pay`: the ticket and either the sealed card or the plain fields.
#[derive(Deserialize)]
struct PayPost {
    ticket: String,
    #[serde(default)]
    sealed: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    exp: String,
    #[serde(default)]
    csc: String,
}

impl PayPost {
    /// What was typed, moved out of the post without a copy.
    fn entry(&mut self) -> Entry {
        Entry {
            name: std::mem::take(&mut self.name),
            number: std::mem::take(&mut self.number),
            exp: std::mem::take(&mut self.exp),
            csc: std::mem::take(&mut self.csc),
        }
    }
}

impl Drop for PayPost {
    fn drop(&mut self) {
        self.number.zeroize();
        self.csc.zeroize();
    }
}

/// `GET /pay?ticket=…`: the form, or straight on to the shop when this ticket has brought its card already, as after
/// the browser's back button.
async fn show(
    State(vault): State<Arc<OpenVault>>,
    Preferred(locale): Preferred,
    query: Result<Query<PayQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else {
        return no_ticket(&vault, locale);
    };
    let ticket = match verbs::read_ticket(&vault, &query.ticket) {
        Ok(ticket) => ticket,
        Err(refusal) => return ticket_refused(&vault, refusal, locale).await,
    };
    let keys = match vault.keys_today() {
        Ok(keys) => keys,
        Err(closed) => return without_keys(&vault, &ticket, &closed),
    };
    match verbs::checked_in(&vault, &ticket).await {
        Ok(None) => {
            let (entry, errors) = (Entry::default(), EntryErrors::default());
            form_page(&vault, &keys, &ticket, &query.ticket, &entry, &errors)
        }
        Ok(Some(kept)) => taken_before(&vault, &ticket, &kept),
        Err(fault) => unavailable(&vault, &ticket, &fault),
    }
}

/// `POST /pay`: checks the card in and sends the reader back to the shop with the receipt.
async fn submit(
    State(vault): State<Arc<OpenVault>>,
    Preferred(locale): Preferred,
    form: Result<Form<PayPost>, FormRejection>,
) -> Response {
    let Ok(Form(mut post)) = form else {
        return no_ticket(&vault, locale);
    };
    let ticket = match verbs::read_ticket(&vault, &post.ticket) {
        Ok(ticket) => ticket,
        Err(refusal) => return ticket_refused(&vault, refusal, locale).await,
    };
    if let Some(slowed) = pace::by_ticket(&vault, &ticket, &post.ticket) {
        return slowed;
    }
    let keys = match vault.keys_today() {
        Ok(keys) => keys,
        Err(closed) => {
            let page = without_keys(&vault, &ticket, &closed);
            return refused(&vault, &ticket, &closed.to_string(), page).await;
        }
    };
    let entry = if post.sealed.is_empty() {
        post.entry()
    } else {
        match keys.open_card(&post.sealed, &ticket) {
            Ok(entry) => entry,
            Err(error) => {
                let page = not_opened(&vault, &ticket, error);
                return refused(&vault, &ticket, &error.to_string(), page).await;
            }
        }
    };
    let today = vault.clock.today();
    let card = match entry.check((today.year(), today.month())) {
        Ok(card) => card,
        Err(errors) => {
            let mut page = form_page(&vault, &keys, &ticket, &post.ticket, &entry, &errors);
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return page;
        }
    };
    match verbs::check_in(&vault, &ticket, card).await {
        Ok(receipt) => onward(&vault, &ticket, Some(receipt)),
        Err(CheckInRefusal::OtherCard) => trouble(&vault, Trouble::OtherCard, &ticket),
        Err(CheckInRefusal::Fault(fault)) => unavailable(&vault, &ticket, &fault),
        Err(CheckInRefusal::Over) => back_to_the_shop(&ticket),
        Err(CheckInRefusal::Sealed(_)) => trouble(&vault, Trouble::Sealed, &ticket),
        Err(CheckInRefusal::Unlockable | CheckInRefusal::EpochOver) => {
            tracing::error!("a card could not be locked");
            trouble(&vault, Trouble::Unavailable, &ticket)
        }
    }
}

/// Writes down that the ticket brought no card in, and answers with the page that says so.
async fn refused(vault: &OpenVault, ticket: &CheckInTicket, why: &str, page: Response) -> Response {
    match verbs::refuse_check_in(vault, ticket, why).await {
        Ok(()) => page,
        Err(fault) => unavailable(vault, ticket, &fault),
    }
}

/// The card form, which seals to the newest key.
fn form_page(
    vault: &OpenVault,
    keys: &Keys,
    ticket: &CheckInTicket,
    signed: &str,
    entry: &Entry,
    errors: &EntryErrors,
) -> Response {
    match keys.intake() {
        Some(intake) => {
            card_form(vault, intake.public(), ticket, signed, entry, errors).into_response()
        }
        None => trouble(vault, Trouble::Unavailable, ticket),
    }
}

/// No keys: the vault is sealed, or cannot make today's.
fn without_keys(vault: &OpenVault, ticket: &CheckInTicket, closed: &Changed) -> Response {
    match closed {
        Changed::Sealed(_) => trouble(vault, Trouble::Sealed, ticket),
        Changed::Ring(fault) => {
            tracing::error!(%fault, "today's intake key could not be made");
            trouble(vault, Trouble::Unavailable, ticket)
        }
    }
}

/// Back to the shop, with the receipt in the address.
fn onward(vault: &OpenVault, ticket: &CheckInTicket, receipt: Option<String>) -> Response {
    match receipt {
        Some(receipt) => Redirect::to(&page::with_parameter(
            &ticket.return_url,
            "receipt",
            &receipt,
        ))
        .into_response(),
        None => trouble(vault, Trouble::Unavailable, ticket),
    }
}

/// To the shop, without a receipt: the order's page says what became of the payment, which is not known here.
fn back_to_the_shop(ticket: &CheckInTicket) -> Response {
    Redirect::to(&ticket.return_url).into_response()
}

/// The ticket has brought its card: on with its receipt, unless the card was used and forgotten since.
fn taken_before(vault: &OpenVault, ticket: &CheckInTicket, kept: &CheckedIn) -> Response {
    if kept.is_over() {
        return back_to_the_shop(ticket);
    }
    onward(vault, ticket, verbs::receipt(vault, ticket, kept).ok())
}

/// A ticket that is too old still leads on when its card came in while it was good.
async fn ticket_refused(vault: &OpenVault, refusal: TicketRefusal, locale: Locale) -> Response {
    let ticket = match refusal {
        TicketRefusal::Forged => return no_ticket(vault, locale),
        TicketRefusal::Expired(ticket) => ticket,
    };
    match verbs::checked_in(vault, &ticket).await {
        Ok(Some(kept)) => taken_before(vault, &ticket, &kept),
        Ok(None) => trouble(vault, Trouble::Expired, &ticket),
        Err(fault) => unavailable(vault, &ticket, &fault),
    }
}

/// A seal that does not open. A key from before a restart is nobody's fault: the form comes again, with the new one.
fn not_opened(vault: &OpenVault, ticket: &CheckInTicket, error: SealedError) -> Response {
    tracing::warn!(%error, order = %ticket.order, "a sealed card was not opened");
    let trouble_kind = match error {
        SealedError::UnknownKey | SealedError::UnknownSuite => Trouble::OldPage,
        SealedError::Malformed | SealedError::NotForThis | SealedError::BadKey => {
            Trouble::NotForThis
        }
    };
    trouble(vault, trouble_kind, ticket)
}

fn unavailable(vault: &OpenVault, ticket: &CheckInTicket, fault: &storage::Fault) -> Response {
    tracing::error!(fault = fault.detail(), "the vault's database failed");
    trouble(vault, Trouble::Unavailable, ticket)
}

fn trouble(vault: &OpenVault, trouble: Trouble, ticket: &CheckInTicket) -> Response {
    let onward = page::with_parameter(&ticket.return_url, "cancelled", "1");
    let page = trouble_page(vault, trouble, ticket.locale, &onward);
    let mut response = (trouble.status(), page).into_response();
    if trouble.status() == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
    }
    response
}

/// Nobody knows which order was meant, so the way on is the shop's door.
fn no_ticket(vault: &OpenVault, locale: Locale) -> Response {
    let onward = format!("{}/", vault.shop_origin);
    let page = trouble_page(vault, Trouble::NoTicket, locale, &onward);
    (Trouble::NoTicket.status(), page).into_response()
}

async fn live() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = assets::find(&format!("/assets/{name}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The name changes with the content, so it may be kept for ever.
    let keep = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    (
        [keep, (header::CONTENT_TYPE, asset.media_type)],
        asset.content.clone(),
    )
        .into_response()
}

async fn nothing_here(
    State(vault): State<Arc<OpenVault>>,
    Preferred(locale): Preferred,
) -> Response {
    let mut response = no_ticket(&vault, locale);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The language of a page without a ticket: the first of ours in `Accept-Language`, or else French.
struct Preferred(Locale);

impl<S: Sync> FromRequestParts<S> for Preferred {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Preferred, Infallible> {
        let header = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let first = header
            .unwrap_or_default()
            .split(',')
            .find_map(|range| Locale::parse(range.trim().get(..2)?));
        Ok(Preferred(first.unwrap_or(Locale::Fr)))
    }
}
