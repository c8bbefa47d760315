//! The list of orders: by state, by any word, page by page. State, words and page stand in the address.

use axum::Extension;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use shop::order::{self, Filter, OrderState};
use storage::Fault;

use super::access::Visit;
use super::frame::{self, Part, counted, money, time};
use crate::AppState;
use crate::problem::Problem;
use crate::storefront::reader::encoded;

/// Orders on a page: what a screen and a half shows, so that the keys are not needed twice to find one.
const PER_PAGE: u32 = 50;

/// The filters as they stand in the address; what cannot be read is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    state: String,
    q: String,
    page: String,
}

impl Wanted {
    fn state(&self) -> Option<OrderState> {
        OrderState::of_code(&self.state)
    }

    fn page(&self) -> u32 {
        self.page.parse().unwrap_or(1).clamp(1, 100_000)
    }

    fn address(&self, state: Option<OrderState>, page: u32) -> String {
        let mut query = form_urlencoded(&[
            ("state", state.map_or("", OrderState::code)),
            ("q", self.q.trim()),
        ]);
        if page > 1 {
            query.push_str(&format!(
                "{}page={page}",
                if query.is_empty() { "" } else { "&" }
            ));
        }
        if query.is_empty() {
            "/office/orders".to_owned()
        } else {
            format!("/office/orders?{query}")
        }
    }
}

/// `GET /office/orders?state=&q=&page=`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let (filter, page) = (
        Filter {
            state: wanted.state(),
            text: wanted.q.trim().to_owned(),
        },
        wanted.page(),
    );
    let found = state.store.read(move |tx| -> Result<_, Fault> {
        Ok((
            order::list(tx, &filter, page, PER_PAGE)?,
            order::counts(tx)?,
        ))
    });
    let (found, counts) = found.await?;
    let words = visit.words();
    let body = html! {
        (states(&visit, &wanted, &counts))
        form.search role="search" action="/office/orders" {
            @if let Some(state) = wanted.state() { input type="hidden" name="state" value=(state.code()); }
            label.sr for="q" { (words.say("office-orders-search")) }
            input #q type="search" name="q" value=(wanted.q) placeholder=(words.say("office-orders-search")) data-find;
            button.button { (words.say("office-search")) }
        }
        p.muted role="status" { (words.tell("office-orders-found", &counted(found.total, visit.locale))) }
        @if !found.orders.is_empty() { (table(&visit, &found.orders)) }
        (frame::pages(words, page, PER_PAGE, found.total, |page| wanted.address(wanted.state(), page)))
    };
    Ok(frame::page(
        &visit,
        Part::Orders,
        words.say("office-orders"),
        &body,
    ))
}

fn states(visit: &Visit, wanted: &Wanted, counts: &[(OrderState, u64)]) -> Markup {
    let words = visit.words();
    let all = counts.iter().map(|(_, count)| count).sum::<u64>();
    let count_of = |state| {
        counts
            .iter()
            .find(|(of, _)| *of == state)
            .map_or(0, |(_, count)| *count)
    };
    let tab = |state: Option<OrderState>, name: &str, count: u64| {
        html! {
            li { a href=(wanted.address(state, 1)) aria-current=[(wanted.state() == state).then_some("true")] {
                (name) " " span.num { (count) }
            } }
        }
    };
    html! {
        nav.states aria-label=(words.say("office-orders-states")) {
            ul {
                (tab(None, words.say("office-orders-all"), all))
                @for &state in OrderState::ALL {
                    (tab(Some(state), words.one_of("office-state", state.code()), count_of(state)))
                }
            }
        }
    }
}

fn table(visit: &Visit, orders: &[order::Listed]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-orders")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-number")) }
                    th scope="col" { (words.say("office-order-placed")) }
                    th scope="col" { (words.say("office-order-state")) }
                    th scope="col" { (words.say("office-order-reader")) }
                    th scope="col" { (words.say("office-order-titles")) }
                    th.num scope="col" { (words.say("office-order-total")) }
                } }
                tbody { @for order in orders { tr data-row {
                    th scope="row" { a.nowrap href={ "/office/orders/" (order.number) } { (order.number) } }
                    td { (time(visit, order.placed)) }
                    td { span class={ "state " (order.state.code()) } { (words.one_of("office-state", order.state.code())) } }
                    td { (order.name) br; span.muted { (order.email) } }
                    td { (order.first_title) @if order.copies > 1 { " " span.muted.num { "(" (order.copies) ")" } } }
                    td.num { (money(visit, order.total)) }
                } } }
            }
        }
    }
}

/// A query from names and values; empty values are left out.
pub(super) fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    let written = pairs.iter().filter(|(_, value)| !value.is_empty());
    written
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect::<Vec<_>>()
        .join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_in_the_address_and_only_those_that_are_set() {
        let wanted = Wanted {
            q: "l'été & co".into(),
            ..Wanted::default()
        };
        assert_eq!(
            wanted.address(None, 1),
            "/office/orders?q=l%27%C3%A9t%C3%A9+%26+co"
        );
        let wanted = Wanted::default();
        assert_eq!(wanted.address(None, 1), "/office/orders");
        assert_eq!(
            wanted.address(Some(OrderState::Shipped), 3),
            "/office/orders?state=shipped&page=3"
        );
        assert_eq!(wanted.address(None, 2), "/office/orders?page=2");
    }

    #[test]
    fn nonsense_in_the_address_is_the_first_page_of_all() {
        let wanted = Wanted {
            state: "lost".into(),
            page: "-1".into(),
            ..Wanted::default()
        };
        assert_eq!((wanted.state(), wanted.page()), (None, 1));
    }
}
