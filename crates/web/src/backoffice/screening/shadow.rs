//! What the rules in the shadow said beside what was decided: how often, and in what, they differ.

use maud::{Markup, html};
use screening::Decision;
use shop::screening::{Shadowed, Version};
use trade::locale::format_number;

use crate::backoffice::access::Visit;
use crate::backoffice::frame::time;

/// The comparison, since the set came into the shadow.
pub(super) fn compared(visit: &Visit, shadow: &Version, shadowed: &Shadowed) -> Markup {
    let words = visit.words();
    let number = |count: u32| format_number(i64::from(count), visit.locale);
    let counts = [
        ("looked", number(shadowed.looked_at).into()),
        ("changed", number(shadowed.changed).into()),
    ];
    let decided = |decision: Decision| words.one_of("office-decision", decision.code());
    html! {
        h2 { (words.say("office-rules-shadowed")) }
        p { (words.say("office-rules-shadow-since")) " " (time(visit, shadow.made)) }
        p { (words.tell("office-rules-shadowed-counts", &counts)) }
        @if !shadowed.kinds.is_empty() {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-rules-decided")) }
                    th scope="col" { (words.say("office-rules-in-shadow")) }
                    th.num scope="col" { (words.say("office-rules-decisions")) }
                } }
                tbody { @for &(was, would_be, count) in &shadowed.kinds { tr {
                    th scope="row" { (decided(was)) }
                    td { (decided(would_be)) }
                    td.num { (number(count)) }
                } } }
            }
        }
    }
}
