//! The sentence of a note, in the language of who reads it.

use catalogue::desk::KeptNote;
use maud::{Markup, html};

use crate::backoffice::access::Visit;
use crate::i18n::Words;

/// What a note says.
pub(crate) struct Sentence {
    pub(crate) text: String,
    /// Not so for a note of before kinds were kept, or of a shop that knows more of them: that one is in English.
    pub(crate) is_own_language: bool,
}

/// The sentence of a note.
pub(crate) fn sentence(words: &Words, note: &KeptNote) -> Sentence {
    let told = note.said.as_ref().and_then(|said| {
        let mut arguments = said.arguments.clone();
        if let Some(why) = arguments.get_mut("why") {
            *why = words.one_of("why", why).to_owned();
        }
        words.tell_of(&format!("remark-{}", said.kind), &arguments)
    });
    Sentence {
        is_own_language: told.is_some(),
        text: told.unwrap_or_else(|| note.message.clone()),
    }
}

/// The sentence as it stands on a page, with the note's code.
pub(super) fn shown(visit: &Visit, note: &KeptNote) -> Markup {
    let said = sentence(visit.words(), note);
    html! {
        span lang=[(!said.is_own_language).then_some("en")] { (said.text) } " " code { (note.code) }
    }
}
