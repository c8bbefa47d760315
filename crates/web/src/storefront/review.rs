//! A reader writes about a book: from the page of her order, which proves her address, or with an address that a
//! letter confirms. What is answered never says whether an address is known here.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use shop::order::{self, OrderState};
use shop::reviews::{self, About, Draft, Field, Flaw, Typed};
use storage::Fault;
use trade::address::Email;
use trade::ids::EditionId;
use trade::language::Language;

use super::forms::{Fields, see_other};
use super::order::Opened;
use super::reader::{Reader, encoded};
use super::review_page::{self, Form};
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::Visitor;

/// What the form begins with: the language of the page.
fn fresh(visitor: &Visitor) -> Typed {
    Typed {
        language: visitor.locale.code().to_owned(),
        ..Typed::default()
    }
}

/// `GET /editions/{id}/review`
pub(crate) async fn ask(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let about = on_the_shelf(&state, EditionId(id)).await?;
    let typed = fresh(&visitor);
    Ok(form(&state, &visitor, &about, None, &typed, &[]))
}

/// `POST /editions/{id}/review`
pub(crate) async fn send(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Path(id): Path<i64>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let about = on_the_shelf(&state, EditionId(id)).await?;
    let (draft, email) = match checked(&state, &typed) {
        Ok(written) => written,
        Err(flaws) => return Ok(form(&state, &visitor, &about, None, &typed, &flaws)),
    };
    if !state.paces.reviews.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let (locale, now) = (visitor.locale, state.clock.now());
    let sent = state
        .store
        .write(move |tx| reviews::submit_unproved(tx, &about, &draft, &email, locale, now));
    sent.await?;
    Ok(see_other(&visitor.path("/reviews/sent?next=letter")))
}

fn checked(state: &AppState, typed: &Typed) -> Result<(Draft, Email), Vec<(Field, Flaw)>> {
    let draft = Draft::check(typed, state.clock.today());
    match (draft, reviews::email(&typed.email)) {
        (Ok(draft), Ok(email)) => Ok((draft, email)),
        (draft, email) => {
            let mut flaws = draft.err().unwrap_or_default();
            flaws.extend(email.err().map(|flaw| (Field::Email, flaw)));
            Err(flaws)
        }
    }
}

/// `GET /orders/{number}/reviews/{edition}?key=`
pub(crate) async fn ask_buyer(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((number, edition)): Path<(String, i64)>,
    Query(opened): Query<Opened>,
) -> Result<Response, Problem> {
    let bought = Bought::find(&state, &number, &opened, EditionId(edition)).await?;
    let typed = fresh(&visitor);
    Ok(form(
        &state,
        &visitor,
        &bought.about,
        Some(&bought.action),
        &typed,
        &[],
    ))
}

/// `POST /orders/{number}/reviews/{edition}?key=`
pub(crate) async fn send_bought(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Path((number, edition)): Path<(String, i64)>,
    Query(opened): Query<Opened>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let bought = Bought::find(&state, &number, &opened, EditionId(edition)).await?;
    let draft = match Draft::check(&typed, state.clock.today()) {
        Ok(draft) => draft,
        Err(flaws) => {
            let action = Some(bought.action.as_str());
            return Ok(form(
                &state,
                &visitor,
                &bought.about,
                action,
                &typed,
                &flaws,
            ));
        }
    };
    if !state.paces.reviews.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let (locale, now) = (visitor.locale, state.clock.now());
    let sent = state
        .store
        .write(move |tx| reviews::submit(tx, &bought.about, &draft, &bought.email, locale, now));
    sent.await?;
    Ok(see_other(&visitor.path("/reviews/sent")))
}

/// An edition of a paid order that its link opened.
struct Bought {
    about: About,
    email: Email,
    /// Where its form is posted, without the language.
    action: String,
}

impl Bought {
    async fn find(
        state: &AppState,
        number: &str,
        opened: &Opened,
        edition: EditionId,
    ) -> Result<Bought, Problem> {
        let number = opened.order(state, number)?;
        let action = format!(
            "/orders/{number}/reviews/{edition}?key={}",
            encoded(&state.order_keys.key(&number))
        );
        let order = state
            .store
            .read(move |tx| -> Result<_, Fault> { order::find(tx, &number) })
            .await?
            .filter(|order| matches!(order.state, OrderState::Confirmed | OrderState::Shipped))
            .ok_or(Problem::of(Kind::NotFound))?;
        let line = order.lines.iter().find(|line| line.edition == edition);
        let title = line.ok_or(Problem::of(Kind::NotFound))?.title.clone();
        Ok(Bought {
            about: About { edition, title },
            email: order.email,
            action,
        })
    }
}

/// What the form is about. An edition that was merged while somebody wrote about it is asked from the database.
async fn on_the_shelf(state: &AppState, mut edition: EditionId) -> Result<About, Problem> {
    let shelf = state.shelf.load();
    let mut found = shelf.edition(edition);
    if found.is_none() {
        let living = state
            .store
            .read(move |tx| catalogue::store::lives_in(tx, edition));
        edition = living.await?;
        found = shelf.edition(edition);
    }
    let title = found.ok_or(Problem::of(Kind::NotFound))?.title.clone();
    Ok(About { edition, title })
}

/// The form; `action` leads through an order, without it an address is asked for.
fn form(
    state: &AppState,
    visitor: &Visitor,
    about: &About,
    action: Option<&str>,
    typed: &Typed,
    flaws: &[(Field, Flaw)],
) -> Response {
    let own = format!("/editions/{}/review", about.edition);
    let here = action.unwrap_or(&own);
    let reader = Reader::new(visitor.locale, &state.settings, here);
    let view = Form {
        about,
        action: here,
        ask_email: action.is_none(),
        typed,
        flaws,
        today: state.clock.today(),
    };
    let status = if flaws.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    render::personal(visitor, status, review_page::form(&reader, &view))
}

/// What happens next.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Next {
    next: String,
}

/// `GET /reviews/sent?next=`
pub(crate) async fn sent(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(next): Query<Next>,
) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, &visitor.here);
    let words = match next.next.as_str() {
        "letter" => reader.say("review-sent-letter"),
        "reported" => reader.say("review-reported"),
        _ => reader.say("review-sent-waiting"),
    };
    render::personal(
        &visitor,
        StatusCode::OK,
        review_page::thanks(&reader, words),
    )
}

/// The languages that a review can be written in: the shop's own, then those of its neighbours.
pub(crate) fn languages() -> impl Iterator<Item = Language> {
    ["fr", "en", "de", "es", "it", "pt", "nl", "ar"]
        .into_iter()
        .filter_map(|code| Language::parse(code).ok())
}
