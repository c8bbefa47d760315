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
    /// The part of the text that a program said for which there is no code, in English.
    pub(crate) foreign: Option<String>,
}

/// The sentence of a note.
pub(crate) fn sentence(words: &Words, note: &KeptNote) -> Sentence {
    let mut foreign = None;
    let told = note.said.as_ref().and_then(|said| {
        let mut arguments = said.arguments.clone();
        if let Some(why) = arguments.get_mut("why") {
            let told = words.one_of("why", why).to_owned();
            foreign = (told == *why).then(|| told.clone());
            *why = told;
        }
        words.tell_of(&format!("remark-{}", said.kind), &arguments)
    });
    Sentence {
        is_own_language: told.is_some(),
        foreign: foreign.filter(|_| told.is_some()),
        text: told.unwrap_or_else(|| note.message.clone()),
    }
}

/// The sentence as it stands on a page, with the note's code.
pub(super) fn shown(visit: &Visit, note: &KeptNote) -> Markup {
    let said = sentence(visit.words(), note);
    let parts = said.foreign.as_deref().and_then(|foreign| {
        let (before, after) = said.text.split_once(foreign)?;
        Some((before, foreign, after))
    });
    html! {
        @match parts {
            Some((before, foreign, after)) => { (before) span lang="en" { (foreign) } (after) }
            None => span lang=[(!said.is_own_language).then_some("en")] { (said.text) },
        }
        " " code { (note.code) }
    }
}
