//! The choice of the means of payment, on the checkout and on the page of an order that waits.

use maud::{Markup, html};
use shop::payment::Means;

use super::reader::Reader;

/// A means that a reader may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedMeans {
    /// The means.
    pub means: Means,
    /// Whether it can be used at this moment.
    pub open: bool,
}

/// One radio button for each, the first open one chosen unless another was.
pub fn choices(reader: &Reader<'_>, offered: &[OfferedMeans], chosen: Option<Means>) -> Markup {
    let first = || offered.iter().find(|offered| offered.open);
    let chosen = chosen.or_else(|| first().map(|offered| offered.means));
    html! {
        @for OfferedMeans { means, open } in offered {
            label.choice.if-collect[*means == Means::Collection] {
                input type="radio" name="means" value=(means.code()) checked[chosen == Some(*means)] disabled[!open];
                span {
                    b { (reader.one_of("means", means.code())) }
                    span.small.muted {
                        @if *open { (reader.one_of("pay-next", means.code())) } @else { (reader.say("cards-closed")) }
                    }
                }
            }
        }
    }
}
