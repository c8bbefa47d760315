//! One decision: what was decided, why, on which facts, whether the rules still say the same, and what a bookseller
//! can do about it.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use screening::{FACTS, Facts, Value};
use shop::payment::{self, SettleRefusal, Settled};
use shop::screening::{self as verbs, Replay, ReviewRefusal, Screened, Standing, Told};
use storage::Fault;
use trade::ids::{OrderId, OrderNumber};
use trade::locale::format_number;

use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, time, token};
use crate::problem::{Kind, Problem};

/// A decision with its reasons in words.
type Explained = (Screened, Vec<Told>);

/// `GET /office/screening/{id}`
pub(in crate::backoffice) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Markup, Problem> {
    let (screening, locale) = (state.screening.clone(), visit.locale);
    let reading = state.store.read(move |tx| -> Result<_, Fault> {
        let Some(screened) = verbs::of_id(tx, id)? else {
            return Ok(None);
        };
        let reasons = verbs::explain(tx, &screening, &screened, locale)?;
        let replay = verbs::replay(tx, &screened)?;
        let number = verbs::number_of(tx, screened.order)?;
        Ok(Some((screened, reasons, replay, number)))
    });
    let found = reading.await?.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let (screened, reasons, replay, number) = found;
    let words = visit.words();
    let title = words.tell(
        "office-screening-title",
        &[("number", number.as_str().into())],
    );
    let body = html! {
        p { a href="/office/screening" { (words.say("office-screening")) } " · " a href={ "/office/orders/" (number) } { (words.say("office-screening-order")) } }
        (decided(&visit, &(screened.clone(), reasons)))
        (deeds(&visit, &screened))
        h2 { (words.say("office-screening-replay")) }
        p { (words.say(replayed(replay.as_ref()))) }
        h2 { (words.say("office-screening-facts")) }
        p.muted { (words.say("office-screening-facts-help")) }
        (facts(&visit, &screened.facts))
    };
    Ok(frame::page(&visit, Part::Screening, &title, &body))
}

fn replayed(replay: Option<&Replay>) -> &'static str {
    match replay {
        Some(replay) if replay.same => "office-screening-replay-same",
        Some(_) => "office-screening-replay-differs",
        None => "office-screening-replay-unread",
    }
}

/// The part of an order's page that says how it was screened.
pub(in crate::backoffice) async fn of_order(
    state: &AppState,
    visit: &Visit,
    order: OrderId,
) -> Result<Markup, Problem> {
    let (screening, locale) = (state.screening.clone(), visit.locale);
    let reading = state
        .store
        .read(move |tx| -> Result<Vec<Explained>, Fault> {
            let screened = verbs::of_order(tx, order)?.into_iter();
            screened
                .map(|screened| {
                    let reasons = verbs::explain(tx, &screening, &screened, locale)?;
                    Ok((screened, reasons))
                })
                .collect()
        });
    let all = reading.await?;
    let words = visit.words();
    Ok(html! {
        h2 { (words.say("office-screening")) }
        @if all.is_empty() { p.muted { (words.say("office-screening-not-yet")) } }
        @for one in &all {
            (decided(visit, one))
            p { a href={ "/office/screening/" (one.0.id) } { (words.say("office-screening-more")) } }
        }
    })
}

/// The decision, its reasons, and what it waits for.
fn decided(visit: &Visit, (screened, told): &Explained) -> Markup {
    let words = visit.words();
    let score = [("score", screened.verdict.score.to_string().into())];
    html! {
        p {
            b { (words.one_of("office-decision", screened.verdict.decision.code())) } " · "
            (words.tell("office-screening-score", &score)) " · " (time(visit, screened.at))
            @if screened.standing != Standing::Settled {
                " · " span.state { (words.one_of("office-standing", screened.standing.code())) }
                @if let Some(by) = &screened.changed_by { " " (by) }
            }
        }
        @if told.is_empty() { p.muted { (words.say("office-screening-no-reason")) } } @else { (reasons(visit, told)) }
        p.muted.small {
            (words.one_of("office-bureau", screened.bureau.code()))
            " · " (words.tell("office-screening-version", &[("id", screened.rules.to_string().into())]))
            @if let Some((id, score, decision)) = screened.shadow {
                " · " (words.tell("office-screening-shadow-said", &[
                    ("id", id.to_string().into()),
                    ("score", score.to_string().into()),
                    ("decision", words.one_of("office-decision", decision.code()).into()),
                ]))
            }
        }
    }
}

/// Reasons in words, each with its weight.
pub(super) fn reasons(_: &Visit, reasons: &[Told]) -> Markup {
    html! { ul.plain { @for reason in reasons {
        li { (reason.words) " " span.muted.num { "(" (signed(reason.weight)) ")" } }
    } } }
}

fn signed(weight: i64) -> String {
    match weight {
        0.. => format!("+{weight}"),
        _ => format!("−{}", weight.unsigned_abs()),
    }
}

fn facts(visit: &Visit, facts: &Facts) -> Markup {
    let words = visit.words();
    html! { div.scroll tabindex="0" role="region" aria-label=(words.say("office-screening-facts")) {
        table.grid { tbody { @for fact in FACTS { tr {
            th scope="row" { (words.one_of("fact", fact.name)) " " code { (fact.name) } }
            td.num { @match fact.of(facts) {
                Value::Int(number) => (format_number(number, visit.locale)),
                Value::Bool(true) => (words.say("office-yes")),
                Value::Bool(false) => (words.say("office-no")),
                Value::Text(text) => (text),
            } }
        } } } }
    } }
}

fn deeds(visit: &Visit, screened: &Screened) -> Markup {
    let words = visit.words();
    let path = format!("/office/screening/{}", screened.id);
    html! { @if screened.standing == Standing::Queued {
        div.actions {
            form method="post" action={ (path) "/release" } {
                (token(visit))
                button.button { (words.say("office-screening-release")) }
            }
            details.ask {
                summary { (words.say("office-screening-refuse-ask")) }
                form method="post" action={ (path) "/refuse" } {
                    (token(visit))
                    p { (words.say("office-screening-refuse-help")) }
                    div.actions { button.button.quiet { (words.say("office-screening-refuse")) } }
                }
            }
        }
    } }
}

/// `POST /office/screening/{id}/release`
pub(in crate::backoffice) async fn release(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Redirect, Problem> {
    let (by, now) = (visit.member.login, state.clock.now());
    let releasing = state
        .store
        .write(move |tx| verbs::release(tx, id, &by, now));
    match settled(releasing.await)? {
        Some(_) => Ok(told("released")),
        None => Ok(told("gone")),
    }
}

/// `POST /office/screening/{id}/refuse`: never shipped, and cancelled, so that nothing stays reserved on the card.
pub(in crate::backoffice) async fn refuse(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Redirect, Problem> {
    let (by, now) = (visit.member.login.clone(), state.clock.now());
    let refusing = state.store.write(move |tx| verbs::reject(tx, id, &by, now));
    let Some(number) = settled(refusing.await)? else {
        return Ok(told("gone"));
    };
    // In a task of its own: it runs to its end even when the browser goes away.
    let cancelling = tokio::spawn(async move {
        let (store, methods, clock) = (&state.store, &state.methods, &state.clock);
        payment::cancel(store, methods, clock, &number, &visit.member.login).await
    });
    let cancelled = cancelling
        .await
        .map_err(|broken| Problem::fault(Kind::Fault, &broken))?;
    match cancelled {
        Ok(Settled::Done | Settled::Pending) => Ok(told("refused")),
        // It is held for ever; its page says what the bank answered.
        Ok(Settled::Refused { .. }) => Ok(told("refused-not-cancelled")),
        Err(SettleRefusal::Fault(fault)) => Err(fault.into()),
        Err(_) => Ok(told("refused-not-cancelled")),
    }
}

fn settled(outcome: Result<OrderNumber, ReviewRefusal>) -> Result<Option<OrderNumber>, Problem> {
    match outcome {
        Ok(number) => Ok(Some(number)),
        Err(ReviewRefusal::NotWaiting { .. }) => Ok(None),
        Err(ReviewRefusal::NoSuchDecision) => Err(Problem::of(Kind::NotFound)),
        Err(ReviewRefusal::Fault(fault)) => Err(fault.into()),
    }
}

fn told(what: &str) -> Redirect {
    Redirect::to(&format!("/office/screening?told={what}"))
}

/// The sentence about what just happened.
pub(super) fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "released" => frame::notice(true, words.say("office-told-released")),
        "refused" => frame::notice(true, words.say("office-told-refused-order")),
        "refused-not-cancelled" => {
            frame::notice(false, words.say("office-told-refused-not-cancelled"))
        }
        "gone" => frame::notice(false, words.say("office-told-decided-before")),
        _ => html! {},
    }
}
