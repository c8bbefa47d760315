//! Mistakes in rules, as a bookseller reads them: where, what, and what to do.

use maud::{Markup, html};
use screening::{RuleError, RuleFault};

use crate::backoffice::access::Visit;
use crate::i18n::Words;

/// All mistakes, in the order of the text.
pub(super) fn mistakes(visit: &Visit, mistakes: &[RuleError]) -> Markup {
    let words = visit.words();
    html! {
        div.notice.bad role="alert" {
            p { (words.say("office-rules-mistakes")) }
            ul.plain { @for mistake in mistakes { li { (place(words, mistake)) " " (fault(words, &mistake.fault)) } } }
        }
    }
}

fn place(words: &Words, mistake: &RuleError) -> String {
    let (line, column) = (mistake.line.to_string(), mistake.column.to_string());
    let at = [("line", line.into()), ("column", column.into())];
    match &mistake.rule {
        Some(rule) => {
            let [line, column] = at;
            words.tell(
                "office-rules-at-rule",
                &[("rule", rule.as_str().into()), line, column],
            )
        }
        None => words.tell("office-rules-at", &at),
    }
}

fn fault(words: &Words, fault: &RuleFault) -> String {
    let with = |id: &str, name: &'static str, value: &str| words.tell(id, &[(name, value.into())]);
    let up_to = |id: &str, max: usize| with(id, "max", &max.to_string());
    match fault {
        RuleFault::Form { detail } => with("rule-fault-form", "detail", detail),
        RuleFault::UnknownFact { name, meant: None } => {
            with("rule-fault-unknown-fact", "name", name)
        }
        RuleFault::UnknownFact {
            name,
            meant: Some(meant),
        } => words.tell(
            "rule-fault-meant",
            &[("name", name.as_str().into()), ("meant", (*meant).into())],
        ),
        RuleFault::WrongType { expected, found } => words.tell(
            "rule-fault-type",
            &[
                (
                    "expected",
                    words.one_of("rule-type", expected.code()).into(),
                ),
                ("found", words.one_of("rule-type", found.code()).into()),
            ],
        ),
        RuleFault::Unexpected { found } if found.is_empty() => {
            words.say("rule-fault-ends").to_owned()
        }
        RuleFault::Unexpected { found } => with("rule-fault-unexpected", "found", found),
        RuleFault::Missing { what } => with("rule-fault-missing", "what", what),
        RuleFault::NotSupported { what } => with("rule-fault-unsupported", "what", what),
        RuleFault::TooLong { max } => up_to("rule-fault-too-long", *max),
        RuleFault::TooManyParts { max } => up_to("rule-fault-too-many-parts", *max),
        RuleFault::TooDeep { max } => up_to("rule-fault-too-deep", *max),
        RuleFault::TooManyRules { max } => up_to("rule-fault-too-many-rules", *max),
        RuleFault::TooHeavy { max } => with("rule-fault-too-heavy", "max", &max.to_string()),
        RuleFault::BadId => words.say("rule-fault-bad-id").to_owned(),
        RuleFault::SameId => words.say("rule-fault-same-id").to_owned(),
        RuleFault::UnknownDecision => words.say("rule-fault-unknown-decision").to_owned(),
        RuleFault::Silence => words.say("rule-fault-silence").to_owned(),
        RuleFault::Thresholds => words.say("rule-fault-thresholds").to_owned(),
    }
}
