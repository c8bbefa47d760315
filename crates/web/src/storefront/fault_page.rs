//! What a reader sees when something is wrong: what it means and where to go on. Never internals.

use maud::{Markup, html};

use super::layout::{Page, document, search_field};
use super::reader::Reader;
use crate::problem::{Kind, Problem};

/// The page.
pub fn page(reader: &Reader<'_>, problem: &Problem) -> Markup {
    let code = problem.kind.code();
    let title = reader.words().one_of("problem", code);
    document(
        reader,
        &Page::private(title),
        html! {
            div.sorry {
                p.code { (problem.kind.status().as_u16()) }
                h1 { (title) }
                p { (reader.words().one_of("problem-help", code)) }
                @if let Some(reference) = &problem.reference {
                    p { (reader.say("problem-reference")) (reader.colon()) " " b.num { (reference) } }
                }
                @if problem.kind == Kind::NotFound { (search_field(reader, "q2", "")) }
                p.actions { (next_step(reader, problem.kind)) }
            }
        },
    )
}

fn next_step(reader: &Reader<'_>, kind: Kind) -> Markup {
    match kind {
        Kind::NotBuyable | Kind::NotInCart | Kind::OutOfStock | Kind::TooMany | Kind::EmptyCart => {
            html! { a.button href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) } }
        }
        Kind::NotWaiting | Kind::InFlight | Kind::TooManyTries | Kind::KeyReused => {
            html! { a.button href=(reader.path("/orders")) { (reader.say("nav-orders")) } }
        }
        _ => html! { a.button href=(reader.path("/")) { (reader.say("problem-home")) } },
    }
}
