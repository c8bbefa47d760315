//! How often readers may ask: one address, and one ticket, which is answered no faster than a person types a card.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use link::http::RemoteAddress;
use link::pace::Pace;
use link::quiet::Quiet;
use trade::ids::PaymentId;
use trade::limits::{CARD_ANSWER_EVERY, CARD_ANSWERS_AT_ONCE, CARD_PAGE_PER_MINUTE};
use trade::locale::Locale;
use trade::payment::CheckInTicket;

use super::Preferred;
use super::caller::{Caller, NOWHERE};
use super::page::{Trouble, trouble_page};
use crate::OpenVault;

/// What the public door counts.
pub(crate) struct Paces {
    address: Pace<Caller>,
    /// By payment: a reader may have several tickets for one.
    ticket: Pace<PaymentId>,
    slowed: Quiet,
    /// Reports of browsers.
    pub(super) reports: Quiet,
}

impl Paces {
    pub(crate) fn new() -> Paces {
        Paces {
            address: Pace::per_minute(CARD_PAGE_PER_MINUTE),
            ticket: Pace::once_each(CARD_ANSWER_EVERY, CARD_ANSWERS_AT_ONCE),
            slowed: Quiet::default(),
            reports: Quiet::default(),
        }
    }
}

/// Lets one address ask for what costs a signature, the disk or a line of the log so often a minute, and not more.
pub(super) async fn by_address(
    State(vault): State<Arc<OpenVault>>,
    Preferred(locale): Preferred,
    remote: Option<Extension<RemoteAddress>>,
    request: Request,
    next: Next,
) -> Response {
    let remote = remote.map_or(NOWHERE, |Extension(remote)| remote);
    let caller = Caller::of(remote, request.headers(), &vault.proxies);
    match vault.paces.address.count(&caller) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            if let Some(others) = vault.paces.slowed.next() {
                tracing::warn!(?caller, others, "an address is slowed down");
            }
            let onward = format!("{}/", vault.shop_origin);
            slowed(&vault, Trouble::Crowded, locale, &onward, wait)
        }
    }
}

/// Counts an answer to the ticket. When there were too many: the page that asks the reader to wait, and leads back to the form.
pub(super) fn by_ticket(
    vault: &OpenVault,
    ticket: &CheckInTicket,
    signed: &str,
) -> Option<Response> {
    let wait = vault.paces.ticket.count(&ticket.payment).err()?;
    let form = format!("/pay?ticket={signed}");
    let page = slowed(vault, Trouble::TooOften, ticket.locale, &form, wait);
    Some(page)
}

fn slowed(
    vault: &OpenVault,
    trouble: Trouble,
    locale: Locale,
    onward: &str,
    wait: Duration,
) -> Response {
    let page = trouble_page(vault, trouble, locale, onward);
    let mut response = (trouble.status(), page).into_response();
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}
