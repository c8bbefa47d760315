//! The keys of the back office, as a page for those without the script.

use axum::Extension;
use maud::{Markup, html};

use super::access::Visit;
use super::frame::{self, Part};

/// `GET /office/help`
pub(super) async fn show(Extension(visit): Extension<Visit>) -> Markup {
    let words = visit.words();
    let body = html! {
        p { (words.say("office-help-intro")) }
        h2 { (words.say("office-keys")) }
        (frame::keys(words))
    };
    frame::page(&visit, Part::Help, words.say("office-help"), &body)
}
