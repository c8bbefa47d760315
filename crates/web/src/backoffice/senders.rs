//! The order of senders: whose word counts when several speak of one book.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Extension;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Redirect;
use catalogue::store::{self, By};
use maud::{Markup, html};
use serde::Deserialize;
use storage::{Fault, Tx};

use super::access::Visit;
use super::frame::{self, Part, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// How long the page waits for the catalogue to be merged anew.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// Those that have a place, in their order, then the others by name.
fn read(tx: &mut dyn Tx) -> Result<(Vec<String>, Vec<String>), Fault> {
    let placed = store::precedence(tx)?;
    let mut others = store::senders(tx)?;
    others.retain(|sender| !placed.contains(sender));
    Ok((placed, others))
}

/// `GET /office/senders`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let (placed, others) = state.store.read(read).await?;
    let words = visit.words();
    let senders = placed
        .iter()
        .enumerate()
        .map(|(place, sender)| (sender, (place + 1).to_string()))
        .chain(others.iter().map(|sender| (sender, String::new())));
    let body = html! {
        @match told.told.as_str() {
            "saved" => (frame::notice(true, words.say("senders-told-saved"))),
            "merging" => (frame::notice(true, words.say("senders-told-merging"))),
            _ => "",
        }
        p { (words.say("senders-help")) }
        @if placed.is_empty() && others.is_empty() { p.muted { (words.say("senders-none")) } }
        @else {
            form method="post" action="/office/senders" {
                (token(&visit))
                div.scroll tabindex="0" role="region" aria-label=(words.say("senders")) {
                    table.grid {
                        thead { tr {
                            th scope="col" { (words.say("senders-place")) }
                            th scope="col" { (words.say("desk-sender")) }
                        } }
                        tbody { @for (nth, (sender, place)) in senders.enumerate() { tr {
                            td {
                                input.place type="number" min="1" max="1000" inputmode="numeric" name={ "place" (nth) } value=(place) aria-label={ (words.say("senders-place")) " " (sender) };
                                input type="hidden" name={ "sender" (nth) } value=(sender);
                            }
                            th scope="row" { (sender) }
                        } } }
                    }
                }
                div.actions { button.button { (words.say("senders-save")) } }
            }
        }
    };
    Ok(frame::page(
        &visit,
        Part::Import,
        words.say("senders"),
        &body,
    ))
}

/// `POST /office/senders`
pub(super) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Redirect, Problem> {
    let senders = in_order(&form);
    let (store, by) = (
        state.store.clone(),
        By {
            staff: visit.member.login,
            at: state.clock.now(),
        },
    );
    let merging = tokio::task::spawn_blocking(move || {
        let merged = store::set_precedence(&store, &senders, &by);
        if let Err(fault) = &merged {
            tracing::warn!(fault = fault.detail(), "the next import goes on merging");
        }
        merged
    });
    match tokio::time::timeout(PATIENCE, merging).await {
        Ok(Ok(Ok(()))) => Ok(Redirect::to("/office/senders?told=saved")),
        Ok(Ok(Err(fault))) => Err(fault.into()),
        Ok(Err(panicked)) => Err(Problem::fault(Kind::Fault, &panicked)),
        Err(_) => Ok(Redirect::to("/office/senders?told=merging")),
    }
}

/// The senders that were given a place, the lowest first; of one place in the order of the page.
fn in_order(form: &BTreeMap<String, String>) -> Vec<String> {
    let mut placed: Vec<(u32, usize, &String)> = form
        .iter()
        .filter_map(|(name, sender)| {
            let nth = name.strip_prefix("sender")?;
            let place = form.get(&format!("place{nth}"))?.trim().parse().ok()?;
            Some((place, nth.parse().ok()?, sender))
        })
        .collect();
    placed.sort_unstable();
    placed
        .into_iter()
        .map(|(_, _, sender)| sender.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_stand_in_the_order_of_their_places() {
        let form = [
            ("sender0", "a"),
            ("place0", "2"),
            ("sender1", "b"),
            ("place1", ""),
            ("sender2", "c"),
            ("place2", "1"),
        ];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(in_order(&form.into()), ["c", "a"]);
    }
}
