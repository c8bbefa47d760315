//! The rules: what is in force and in the shadow, for everybody to read; the draft, which administrators write, check,
//! try on past orders, and put to use.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use maud::{Markup, html};
use screening::{Decision, FACTS, RuleError, RuleSet, limits};
use serde::Deserialize;
use shop::screening::{self as verbs, Draft, PublishRefusal, Trial, Version};
use shop::staff::Role;
use storage::Fault;

use super::{rule_words, shadow, trial};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, time, token};
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
    let reading = state.store.read(|tx| -> Result<_, Fault> {
        let (live, shadow) = verbs::in_force(tx)?;
        let shadow = match shadow {
            Some(shadow) => Some((verbs::shadowed(tx, shadow.id)?, shadow)),
            None => None,
        };
        Ok((live, shadow, verbs::unread(tx)?, verbs::versions(tx)?))
    });
    let (live, shadow, unread, versions) = reading.await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        (self::unread(&visit, unread))
        p { a href="/office/screening" { (words.say("office-screening")) } }
        p { (words.say("office-rules-help-screening")) }
        @if visit.member.role == Role::Administrator {
            p { a.next-step href="/office/screening/draft" { (words.say("office-rules-to-draft")) } }
        }
        @if let Some((shadowed, shadow)) = &shadow { (shadow::compared(&visit, shadow, shadowed)) }
        (version(&visit, words.say("office-rules-live"), &live))
        @if let Some((_, shadow)) = &shadow {
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

/// The warning that the rules in force cannot be read, and what decides meanwhile.
pub(super) fn unread(visit: &Visit, unread: Option<i64>) -> Markup {
    let words = visit.words();
    html! { @if let Some(id) = unread {
        (frame::notice(false, &words.tell("office-rules-unread", &[("id", id.to_string().into())])))
    } }
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
    NotTried,
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
        Err(refusal) => not_done(&visit, &draft, refusal),
    }
}

/// What is wrong with a draft, beside it.
fn not_done(visit: &Visit, draft: &Draft, refusal: PublishRefusal) -> Result<Response, Problem> {
    let beside = match refusal {
        PublishRefusal::Mistakes(mistakes) => Beside::Mistakes(mistakes),
        PublishRefusal::NotTried => Beside::NotTried,
        PublishRefusal::Fault(fault) => return Err(fault.into()),
    };
    let page = page(visit, draft, &beside);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn looked_at(
    state: &AppState,
    visit: &Visit,
    draft: &Draft,
    tried: bool,
) -> Result<Response, Problem> {
    let beside = match tried {
        false => RuleSet::parse(&draft.rules)
            .map(|_| Beside::Right)
            .map_err(PublishRefusal::Mistakes),
        true => try_it(state, &draft.rules).await,
    };
    match beside {
        Ok(beside) => Ok(page(visit, draft, &beside).into_response()),
        Err(refusal) => not_done(visit, draft, refusal),
    }
}

/// Tries the draft on past orders. That takes a while, so it is only read; what was tried is written down after.
async fn try_it(state: &AppState, rules: &str) -> Result<Beside, PublishRefusal> {
    let rules = rules.to_owned();
    let trying = state
        .store
        .read(move |tx| verbs::try_on_history(tx, &rules));
    let trial = trying.await?;
    let noted = trial.clone();
    let noting = state.store.write(move |tx| verbs::note_trial(tx, &noted));
    noting.await?;
    Ok(Beside::Tried(Box::new(trial)))
}

fn page(visit: &Visit, draft: &Draft, beside: &Beside) -> Markup {
    let words = visit.words();
    let body = html! {
        p { a href="/office/screening/rules" { (words.say("office-screening-rules")) } }
        @match beside {
            Beside::Nothing => {},
            Beside::Right => (frame::notice(true, words.say("office-rules-right"))),
            Beside::Mistakes(mistakes) => (rule_words::mistakes(visit, mistakes)),
            Beside::NotTried => (frame::notice(false, words.say("office-rules-not-tried"))),
            Beside::Tried(trial) => (trial::tried(visit, trial)),
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
                @if matches!(beside, Beside::Tried(_)) {
                    button.button name="deed" value="publish" { (words.say("office-rules-publish")) }
                }
            }
            p.hint { (words.say("office-rules-publish-hint")) }
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

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "published" => frame::notice(true, words.say("office-told-rules-published")),
        "shadow" => frame::notice(true, words.say("office-told-rules-shadow")),
        "unshadow" => frame::notice(true, words.say("office-told-rules-unshadow")),
        _ => html! {},
    }
}
