//! The fields of the forms that booksellers fill in: label, hint, control, and what is wrong with it.

use maud::{Markup, html};
use shop::form::Flaw;

use super::access::Visit;
use crate::i18n::Words;

/// A form whose fields have their labels in the group `labels` (`office-pick` has `office-pick-isbn`).
pub(super) struct Form<'a> {
    pub visit: &'a Visit,
    pub labels: &'static str,
    /// What is wrong with which field.
    pub flaws: &'a [(&'static str, Flaw)],
}

/// What a control says of its field.
pub(super) struct Control<'a> {
    /// The ids of hint and error, if any.
    pub described: Option<&'a str>,
    pub wrong: Option<&'static str>,
}

impl Form<'_> {
    /// A field with a control of its own; its label leads to the id that is the field's name.
    pub fn field(
        &self,
        name: &'static str,
        hint: Option<&str>,
        control: impl Fn(&Control<'_>) -> Markup,
    ) -> Markup {
        let flaw = self.flaws.iter().find(|(field, _)| *field == name);
        let ids = [
            hint.map(|_| format!("{name}-hint")),
            flaw.map(|_| format!("{name}-error")),
        ];
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        let described = ids.join(" ");
        let control = control(&Control {
            described: (!ids.is_empty()).then_some(described.as_str()),
            wrong: flaw.map(|_| "true"),
        });
        let words = self.visit.words();
        html! {
            div.field {
                label for=(name) { (words.one_of(self.labels, name)) }
                @if let Some(hint) = hint { p.hint id={ (name) "-hint" } { (hint) } }
                (control)
                @if let Some((_, flaw)) = flaw { p.error id={ (name) "-error" } { (flaw_words(words, *flaw)) } }
            }
        }
    }

    /// A field of one line.
    pub fn line(&self, name: &'static str, value: &str, max: usize, hint: Option<&str>) -> Markup {
        self.field(name, hint, |control| {
            html! { input id=(name) name=(name) value=(value) maxlength=(max) autocomplete="off" aria-invalid=[control.wrong] aria-describedby=[control.described]; }
        })
    }

    /// A field of several lines.
    pub fn text(
        &self,
        name: &'static str,
        value: &str,
        (rows, max): (u8, usize),
        hint: Option<&str>,
    ) -> Markup {
        self.field(name, hint, |control| {
            html! { textarea id=(name) name=(name) rows=(rows) maxlength=(max) aria-invalid=[control.wrong] aria-describedby=[control.described] { (value) } }
        })
    }

    /// A choice of codes, whose words are in the group `options`.
    pub fn choice<'c>(
        &self,
        name: &'static str,
        options: &str,
        codes: impl Iterator<Item = &'c str>,
        chosen: &str,
    ) -> Markup {
        let words = self.visit.words();
        let codes: Vec<&str> = codes.collect();
        self.field(name, None, |control| {
            html! {
                select id=(name) name=(name) aria-invalid=[control.wrong] aria-describedby=[control.described] {
                    @for code in &codes { option value=(code) selected[*code == chosen] { (words.one_of(options, code)) } }
                }
            }
        })
    }

    /// The first and the last day, both of which may stay empty.
    pub fn period(&self, from: &str, until: &str) -> Markup {
        let day = |name: &'static str, value: &str| {
            self.field(name, None, |control| {
                html! { input id=(name) type="date" name=(name) value=(value) aria-invalid=[control.wrong] aria-describedby=[control.described]; }
            })
        };
        html! { div.columns { (day("from", from)) (day("until", until)) } }
    }
}

fn flaw_words(words: &Words, flaw: Flaw) -> String {
    let told = |id: &str, max: usize| {
        words.tell(
            id,
            &[
                ("count", (max as u64).into()),
                ("shown", max.to_string().into()),
            ],
        )
    };
    let id = match flaw {
        Flaw::TooLong { max } => return told("field-too-long", max),
        Flaw::TooMany { max } => return told("office-flaw-too-many", max),
        Flaw::Missing => "field-missing",
        Flaw::TooFew => "office-flaw-too-few",
        Flaw::NoWord => "office-flaw-no-word",
        Flaw::ContainsItself => "office-flaw-contains-itself",
        Flaw::UnknownBook => "office-flaw-unknown-book",
        Flaw::UnknownSubject => "office-flaw-unknown-subject",
        Flaw::UnknownChoice => "office-flaw-unknown-choice",
        Flaw::OutOfRange => "office-flaw-out-of-range",
        Flaw::NotADay => "office-flaw-not-a-day",
        Flaw::EndsBeforeItBegins => "office-flaw-ends-before",
    };
    words.say(id).to_owned()
}
