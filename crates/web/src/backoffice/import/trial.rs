//! What a trial found: counts, and the editions that would change, field by field.

use catalogue::desk::Trial;
use catalogue::store::EditionChange;
use maud::{Markup, html};

use super::job::{counts_of, shown_number};
use super::sentence;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::counted;
use crate::backoffice::values;

pub(super) fn shown(visit: &Visit, trial: &Trial) -> Markup {
    let words = visit.words();
    let number = |number: u64| shown_number(visit, number);
    let more = trial
        .counts
        .updated
        .saturating_sub(trial.changes.len() as u64);
    html! {
        h2 { (words.say("desk-trial")) }
        p { (words.tell("desk-trial-records", &counted(trial.records, visit.locale))) }
        (counts_of(visit, &trial.counts))
        dl.figures {
            div { dt { (words.say("office-severity-error")) } dd.num { (number(trial.notes.errors)) } }
            div { dt { (words.say("office-severity-warning")) } dd.num { (number(trial.notes.warnings)) } }
            div { dt { (words.say("office-severity-info")) } dd.num { (number(trial.notes.infos)) } }
        }
        @if !trial.notes.first.is_empty() {
            details {
                summary { (words.say("desk-trial-notes")) }
                ul.plain { @for note in &trial.notes.first {
                    li { @if note.line > 0 { (note.line) ": " } (sentence::shown(visit, note)) }
                } }
            }
        }
        @if !trial.changes.is_empty() {
            h3 { (words.say("desk-trial-changes")) }
            (changes(visit, &trial.changes))
            @if more > 0 { p.muted { (words.tell("desk-trial-more", &counted(more, visit.locale))) } }
        }
    }
}

fn changes(visit: &Visit, changes: &[EditionChange]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("desk-trial-changes")) {
            table.grid.wide {
                thead { tr {
                    th scope="col" { (words.say("desk-edition")) }
                    th scope="col" { (words.say("desk-field")) }
                    th scope="col" { (words.say("desk-was")) }
                    th scope="col" { (words.say("desk-becomes")) }
                } }
                @for change in changes { tbody {
                    @for (nth, field) in change.fields.iter().enumerate() { tr {
                        @if nth == 0 {
                            th scope="rowgroup" rowspan=(change.fields.len()) {
                                a href={ "/office/editions/" (change.edition) } { (change.was.title) }
                            }
                        }
                        td { (words.one_of("desk-field", field.code())) }
                        td { del { (values::shown(visit, *field, &change.was)) } }
                        td { ins { (values::shown(visit, *field, &change.becomes)) } }
                    } }
                } }
            }
        }
    }
}
