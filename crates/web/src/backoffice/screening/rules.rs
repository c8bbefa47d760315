//! The rules: what is in force and in the shadow, for everybody to read; the draft, which administrators write, check,
//! try on past orders, and put to use.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use maud::{Markup, html};
use screening::{Decision, FACTS, RuleError, RuleSet, limits};
use serde::Deserialize;
use shop::screening::{self as verbs, Change, Draft, PublishRefusal, Trial, Version};
use shop::staff::Role;
use storage::Fault;
use trade::locale::format_number;

use super::rule_words;
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, money, time, token};
use crate::problem::{Kind, Problem};

/// What a redirect to these pages carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Told {
    told: String,
}

/// `GET /office/screening/rules`
pub(in crate::backoffice) async fn rules(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let reading = state
        .store
        .read(|tx| Ok::<_, Fault>((verbs::in_force(tx)?, verbs::versions(tx)?)));
    let ((live, shadow), versions) = reading.await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        p { a href="/office/screening" { (words.say("office-screening")) } }
        p { (words.say("office-rules-help-screening")) }
        @if visit.member.role == Role::Administrator {
            p { a.next-step href="/office/screening/draft" { (words.say("office-rules-to-draft")) } }
        }
        (version(&visit, words.say("office-rules-live"), &live))
        @if let Some(shadow) = &shadow {
            (version(&visit, words.say("office-rules-shadow"), shadow))
        }
        h2 { (words.say("office-rules-past")) }
        ol.happened { @for version in &versions {
            li { (words.tell("office-screening-version", &[("id", version.id.to_string().into())])) div.muted.small { (time(&visit, version.made)) " · " (version.made_by) } }
        } }
    };
    let title = words.say("office-screening-rules");
    Ok(frame::page(&visit, Part::Screening, title, &body))
}

/// A set of rules as a table: what each says, when, and what it weighs.
fn version(visit: &Visit, title: &str, version: &Version) -> Markup {
    let words = visit.words();
    let Ok(set) = RuleSet::parse(&version.rules) else {
        return html! { h2 { (title) } pre { (version.rules) } };
    };
    let thresholds = [
        ("step_up", set.thresholds.step_up.to_string().into()),
        ("review", set.thresholds.review.to_string().into()),
        ("refuse", set.thresholds.refuse.to_string().into()),
    ];
    html! {
        h2 { (title) }
        p { (words.tell("office-rules-thresholds", &thresholds)) }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-rules-says")) }
                    th scope="col" { (words.say("office-rules-when")) }
                    th.num scope="col" { (words.say("office-rules-weight")) }
                } }
                tbody { @for rule in &set.rules { tr {
                    th scope="row" { (rule.words(visit.locale)) div { code { (rule.id) } } }
                    td { code { (rule.when.text()) } }
                    td.num {
                        (rule.weight)
                        @if rule.at_least != Decision::Accept { div.small { (words.one_of("office-decision", rule.at_least.code())) } }
                    }
                } } }
            }
        }
    }
}

/// What the form of the draft sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Sent {
    rules: String,
    /// `check`, `try`, `publish`, `shadow` or `unshadow`.
    deed: String,
}

/// What the page of the draft shows beside it.
enum Beside {
    Nothing,
    Right,
    Mistakes(Vec<RuleError>),
    Tried(Box<Trial>),
}

/// `GET /office/screening/draft`
pub(in crate::backoffice) async fn draft(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Problem> {
    let draft = state.store.read(verbs::draft).await?;
    Ok(page(&visit, &draft, &Beside::Nothing))
}

/// `POST /office/screening/draft`: keeps what was typed, whatever it is, then does what the button says.
pub(in crate::backoffice) async fn send(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Posted(sent): Posted<Sent>,
) -> Result<Response, Problem> {
    // Browsers send lines that end in two characters.
    let rules = sent.rules.replace("\r\n", "\n");
    let (by, now) = (visit.member.login.clone(), state.clock.now());
    let (kept, keeper) = (rules.clone(), by.clone());
    let saving = state
        .store
        .write(move |tx| verbs::save_draft(tx, &kept, &keeper, now));
    saving.await?;
    let draft = Draft {
        rules: rules.clone(),
        changed: Some((now, by.clone())),
    };
    let put_to_use = match sent.deed.as_str() {
        "publish" => {
            let publishing = state
                .store
                .write(move |tx| verbs::publish(tx, &rules, &by, now));
            publishing.await.map(|_| "published")
        }
        "shadow" => {
            let shading = state
                .store
                .write(move |tx| verbs::set_shadow(tx, &rules, &by, now));
            shading.await.map(|_| "shadow")
        }
        "unshadow" => {
            let stopping = state
                .store
                .write(move |tx| verbs::stop_shadow(tx, &by, now));
            stopping.await?;
            Ok("unshadow")
        }
        "try" | "check" => return looked_at(&state, &visit, &draft, sent.deed == "try").await,
        _ => return Err(Problem::of(Kind::Malformed)),
    };
    match put_to_use {
        Ok(told) => {
            Ok(Redirect::to(&format!("/office/screening/rules?told={told}")).into_response())
        }
        Err(PublishRefusal::Mistakes(mistakes)) => Ok(wrong(&visit, &draft, mistakes)),
        Err(PublishRefusal::Fault(fault)) => Err(fault.into()),
    }
}

async fn looked_at(
    state: &AppState,
    visit: &Visit,
    draft: &Draft,
    tried: bool,
) -> Result<Response, Problem> {
    let set = match RuleSet::parse(&draft.rules) {
        Ok(set) => set,
        Err(mistakes) => return Ok(wrong(visit, draft, mistakes)),
    };
    let beside = match tried {
        false => Beside::Right,
        true => {
            let trial = state
                .store
                .read(move |tx| verbs::try_on_history(tx, &set))
                .await?;
            Beside::Tried(Box::new(trial))
        }
    };
    Ok(page(visit, draft, &beside).into_response())
}

fn wrong(visit: &Visit, draft: &Draft, mistakes: Vec<RuleError>) -> Response {
    let page = page(visit, draft, &Beside::Mistakes(mistakes));
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

fn page(visit: &Visit, draft: &Draft, beside: &Beside) -> Markup {
    let words = visit.words();
    let body = html! {
        p { a href="/office/screening/rules" { (words.say("office-screening-rules")) } }
        @match beside {
            Beside::Nothing => {},
            Beside::Right => (frame::notice(true, words.say("office-rules-right"))),
            Beside::Mistakes(mistakes) => (rule_words::mistakes(visit, mistakes)),
            Beside::Tried(trial) => (tried(visit, trial)),
        }
        @if let Some((at, by)) = &draft.changed { p.muted.small { (time(visit, *at)) " · " (by) } }
        form method="post" action="/office/screening/draft" {
            (token(visit))
            label for="rules" { (words.say("office-rules-text")) }
            p.hint #rules-hint { (words.say("office-rules-text-hint")) }
            textarea #rules name="rules" rows="24" maxlength=(limits::RULES_BYTES) spellcheck="false" autocomplete="off" aria-describedby="rules-hint" { "\n" (draft.rules) }
            div.actions {
                button.button.quiet name="deed" value="check" { (words.say("office-rules-check")) }
                button.button.quiet name="deed" value="try" { (words.say("office-rules-try")) }
                button.button.quiet name="deed" value="shadow" { (words.say("office-rules-to-shadow")) }
                button.button.quiet name="deed" value="unshadow" { (words.say("office-rules-unshadow")) }
                button.button name="deed" value="publish" { (words.say("office-rules-publish")) }
            }
        }
        h2 { (words.say("office-screening-facts")) }
        dl.facts.stacked { @for fact in FACTS {
            div { dt { code { (fact.name) } " " span.muted { (words.one_of("rule-type", fact.kind.code())) } } dd { (words.one_of("fact", fact.name)) } }
        } }
    };
    frame::page(
        visit,
        Part::Screening,
        words.say("office-rules-draft"),
        &body,
    )
}

/// What the draft would have decided otherwise.
fn tried(visit: &Visit, trial: &Trial) -> Markup {
    let words = visit.words();
    let number = |count: u32| format_number(i64::from(count), visit.locale);
    let counts = [
        ("looked", number(trial.looked_at).into()),
        ("changed", number(trial.changed).into()),
    ];
    let by_decision = || Decision::ALL.into_iter().zip(trial.was).zip(trial.would_be);
    html! {
        section aria-labelledby="tried" {
            h2 #tried { (words.say("office-rules-tried")) }
            p { (words.tell("office-rules-tried-counts", &counts)) }
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-rules-decision")) }
                    th.num scope="col" { (words.say("office-rules-was")) }
                    th.num scope="col" { (words.say("office-rules-would-be")) }
                } }
                tbody { @for ((decision, was), would_be) in by_decision() { tr {
                    th scope="row" { (words.one_of("office-decision", decision.code())) }
                    td.num { (number(was)) } td.num { (number(would_be)) }
                } } }
            }
            @if !trial.changes.is_empty() { (changes(visit, &trial.changes)) }
        }
    }
}

fn changes(visit: &Visit, changes: &[Change]) -> Markup {
    let words = visit.words();
    let decided = |(decision, score): (Decision, i64)| {
        html! { (words.one_of("office-decision", decision.code())) " " span.muted.num { "(" (score) ")" } }
    };
    html! {
        h3 { (words.say("office-rules-changes")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-rules-changes")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-number")) }
                    th scope="col" { (words.say("office-order-state")) }
                    th.num scope="col" { (words.say("office-order-total")) }
                    th scope="col" { (words.say("office-rules-was")) }
                    th scope="col" { (words.say("office-rules-would-be")) }
                } }
                tbody { @for change in changes { tr data-row {
                    th scope="row" { a.nowrap href={ "/office/orders/" (change.number) } { (change.number) } div.muted.small { (time(visit, change.at)) } }
                    td { (words.one_of("office-state", change.state.code())) }
                    td.num { (money(visit, change.total)) }
                    td { (decided(change.was)) }
                    td { (decided(change.would_be)) }
                } } }
            }
        }
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "published" => frame::notice(true, words.say("office-told-rules-published")),
        "shadow" => frame::notice(true, words.say("office-told-rules-shadow")),
        "unshadow" => frame::notice(true, words.say("office-told-rules-unshadow")),
        _ => html! {},
    }
}
