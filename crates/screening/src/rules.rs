//! A set of rules: read from its text, checked as a whole, applied to facts.
//!
//! The text is TOML: `[thresholds]` says from which score on an order is stepped up, reviewed or refused, and each
//! `[[rule]]` has a name, a condition, a weight, and words for people in both languages.

use serde::Deserialize;
use toml::Spanned;
use trade::locale::Locale;

use crate::condition::Condition;
use crate::decision::{Decision, Reason, Verdict};
use crate::facts::{Facts, Kind};
use crate::limits;

/// The rules of a new shop.
pub const DEFAULT_RULES: &str = include_str!("../data/rules.toml");

/// From which score on an order is not simply accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// The reader confirms her e-mail address.
    pub step_up: i64,
    /// A bookseller looks at it.
    pub review: i64,
    /// It is refused.
    pub refuse: i64,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name: small letters, digits and underscores.
    pub id: String,
    /// When it holds.
    pub when: Condition,
    /// What it adds to the score.
    pub weight: i64,
    /// What is done at least when it holds, whatever the score.
    pub at_least: Decision,
    fr: String,
    en: String,
}

impl Rule {
    /// What it says, for people.
    pub fn words(&self, locale: Locale) -> &str {
        match locale {
            Locale::Fr => &self.fr,
            Locale::En => &self.en,
        }
    }
}

/// A set of rules that was checked.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// From which score on.
    pub thresholds: Thresholds,
    /// In the order of the text.
    pub rules: Vec<Rule>,
}

/// A mistake in a set of rules, where it is and in which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The rule, unless the mistake is outside all of them.
    pub rule: Option<String>,
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The character: inside the condition for a mistake in one, in the line otherwise; counted from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: RuleFault,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// The text is no TOML of the expected form.
    #[error("cannot be read: {detail}")]
    Form {
        /// What the reader of TOML says, in English.
        detail: String,
    },
    /// No fact of that name.
    #[error("there is no fact {name}")]
    UnknownFact {
        /// The name.
        name: String,
        /// The one that was probably meant.
        meant: Option<&'static str>,
    },
    /// Something of another type stands where this one is needed.
    #[error("{} is needed, {} found", expected.code(), found.code())]
    WrongType {
        /// What is needed.
        expected: Kind,
        /// What stands there.
        found: Kind,
    },
    /// A word or sign that does not belong here; empty at the end.
    #[error("{found:?} does not belong here")]
    Unexpected {
        /// What stands there.
        found: String,
    },
    /// Something must follow here.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: String,
    },
    /// CEL has it, rules do not.
    #[error("{what} cannot be used in rules")]
    NotSupported {
        /// What.
        what: String,
    },
    /// More than [`limits::CONDITION_CHARS`], [`limits::WORDS_CHARS`], [`limits::ID_CHARS`] or
    /// [`limits::RULES_BYTES`].
    #[error("longer than {max}")]
    TooLong {
        /// How much may be.
        max: usize,
    },
    /// More than [`limits::CONDITION_PARTS`].
    #[error("more than {max} parts")]
    TooManyParts {
        /// How many may be.
        max: usize,
    },
    /// More than [`limits::CONDITION_DEPTH`].
    #[error("more than {max} inside each other")]
    TooDeep {
        /// How many may be.
        max: usize,
    },
    /// More than [`limits::RULES`].
    #[error("more than {max} rules")]
    TooManyRules {
        /// How many may be.
        max: usize,
    },
    /// A name is letters a to z, digits and underscores.
    #[error("not a name of a rule")]
    BadId,
    /// Two rules of one name.
    #[error("two rules have this name")]
    SameId,
    /// Beyond [`limits::WEIGHT`].
    #[error("weighs more than {max}")]
    TooHeavy {
        /// The heaviest there may be.
        max: i64,
    },
    /// `at_least` names no decision.
    #[error("not a decision")]
    UnknownDecision,
    /// It would refuse somebody because the bureau is silent: what weighs against an order and names the bureau must not
    /// hold in silence, what weighs for it must.
    #[error("weighs the silence of the bureau")]
    Silence,
    /// The thresholds do not ascend from 1.
    #[error("the thresholds must ascend: step_up, review, refuse")]
    Thresholds,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    thresholds: Spanned<Thresholds>,
    #[serde(default)]
    rule: Vec<Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    when: Spanned<String>,
    weight: Spanned<i64>,
    at_least: Option<Spanned<String>>,
    fr: Spanned<String>,
    en: Spanned<String>,
}

impl RuleSet {
    /// Reads and checks a set of rules.
    ///
    /// # Errors
    /// Every mistake found, at most [`limits::MISTAKES`], in the order of the text.
    pub fn parse(text: &str) -> Result<RuleSet, Vec<RuleError>> {
        let place = Place(text);
        if text.len() > limits::RULES_BYTES {
            let max = limits::RULES_BYTES;
            return Err(vec![place.mistake(None, 0, RuleFault::TooLong { max })]);
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let detail = error.message().to_owned();
            let at = error.span().map_or(0, |span| span.start);
            vec![place.mistake(None, at, RuleFault::Form { detail })]
        })?;
        let mut mistakes = Vec::new();
        let thresholds = *file.thresholds.get_ref();
        if !ascending(&thresholds) {
            let at = file.thresholds.span().start;
            mistakes.push(place.mistake(None, at, RuleFault::Thresholds));
        }
        if let Some(first_too_many) = file.rule.get(limits::RULES) {
            let max = limits::RULES;
            let at = first_too_many.span().start;
            mistakes.push(place.mistake(None, at, RuleFault::TooManyRules { max }));
        }
        let mut rules: Vec<Rule> = Vec::new();
        for written in file.rule.into_iter().take(limits::RULES) {
            match place.rule(written.into_inner(), &rules) {
                Ok(rule) => rules.push(rule),
                Err(found) => mistakes.extend(found),
            }
        }
        mistakes.truncate(limits::MISTAKES);
        match mistakes.is_empty() {
            true => Ok(RuleSet { thresholds, rules }),
            false => Err(mistakes),
        }
    }

    /// What the rules say of an order. The same facts always have the same verdict.
    ///
    /// A reader who confirmed her e-mail address is not asked to again: her order is accepted where it would be
    /// stepped up.
    pub fn decide(&self, facts: &Facts) -> Verdict {
        let held = self.rules.iter().filter(|rule| rule.when.holds(facts));
        let (mut score, mut at_least, mut reasons) = (0, Decision::Accept, Vec::new());
        for rule in held {
            score += rule.weight;
            at_least = at_least.max(rule.at_least);
            reasons.push(Reason {
                rule: rule.id.clone(),
                weight: rule.weight,
            });
        }
        let decision = match at_least.max(self.thresholds.decide(score)) {
            Decision::StepUp if facts.email_confirmed => Decision::Accept,
            decision => decision,
        };
        Verdict {
            score,
            decision,
            reasons,
        }
    }

    /// The rule of that name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

impl Thresholds {
    fn decide(&self, score: i64) -> Decision {
        match score {
            _ if score >= self.refuse => Decision::Refuse,
            _ if score >= self.review => Decision::Review,
            _ if score >= self.step_up => Decision::StepUp,
            _ => Decision::Accept,
        }
    }
}

fn ascending(thresholds: &Thresholds) -> bool {
    let Thresholds {
        step_up,
        review,
        refuse,
    } = *thresholds;
    0 < step_up && step_up <= review && review <= refuse
}

/// The text, to say where something in it is.
struct Place<'a>(&'a str);

impl Place<'_> {
    fn mistake(&self, rule: Option<&str>, at: usize, fault: RuleFault) -> RuleError {
        let before = self.0.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let begun = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(begun..).unwrap_or_default().chars().count() + 1;
        RuleError {
            rule: rule.map(str::to_owned),
            line,
            column,
            fault,
        }
    }

    fn rule(&self, written: Written, before: &[Rule]) -> Result<Rule, Vec<RuleError>> {
        let id = written.id.get_ref().clone();
        let mut mistakes = Vec::new();
        let mut wrong = |at: usize, fault| mistakes.push(self.mistake(Some(&id), at, fault));
        if let Some(fault) = id_fault(&id, before) {
            wrong(written.id.span().start, fault);
        }
        let weight = *written.weight.get_ref();
        if weight.abs() > limits::WEIGHT {
            let max = limits::WEIGHT;
            wrong(written.weight.span().start, RuleFault::TooHeavy { max });
        }
        let decision = written.at_least.as_ref().map(|code| {
            Decision::of_code(code.get_ref()).ok_or((code.span().start, RuleFault::UnknownDecision))
        });
        let at_least = match decision {
            None => Decision::Accept,
            Some(Ok(decision)) => decision,
            Some(Err((at, fault))) => {
                wrong(at, fault);
                Decision::Accept
            }
        };
        for words in [&written.fr, &written.en] {
            if let Some(fault) = words_fault(words.get_ref()) {
                wrong(words.span().start, fault);
            }
        }
        let when = match Condition::parse(written.when.get_ref()) {
            Ok(when) => Some(when),
            Err((column, fault)) => {
                let start = written.when.span().start;
                let mistake = self.mistake(Some(&id), start, fault);
                mistakes.push(RuleError { column, ..mistake });
                None
            }
        };
        if let Some(when) = &when
            && weighs_silence(when, weight, at_least)
        {
            let mistake = self.mistake(Some(&id), written.when.span().start, RuleFault::Silence);
            mistakes.push(RuleError {
                column: 1,
                ..mistake
            });
        }
        match when {
            Some(when) if mistakes.is_empty() => Ok(Rule {
                when,
                weight,
                at_least,
                fr: written.fr.into_inner(),
                en: written.en.into_inner(),
                id,
            }),
            _ => Err(mistakes),
        }
    }
}

/// Whether a rule could make the silence of the bureau the reason of a refusal. With none that does, an order that is refused
/// in silence has at least this score whatever the bureau answers, so that it is refused then too.
fn weighs_silence(when: &Condition, weight: i64, at_least: Decision) -> bool {
    let in_silence = when.in_silence();
    let against = weight > 0 || at_least == Decision::Refuse;
    let is_fair =
        (!against || in_silence == Some(false)) && (weight >= 0 || in_silence == Some(true));
    when.asks_bureau() && !is_fair
}

fn id_fault(id: &str, before: &[Rule]) -> Option<RuleFault> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if id.chars().count() > limits::ID_CHARS {
        let max = limits::ID_CHARS;
        return Some(RuleFault::TooLong { max });
    }
    if id.is_empty() || !id.chars().all(plain) {
        return Some(RuleFault::BadId);
    }
    let taken = before.iter().any(|rule| rule.id == id);
    taken.then_some(RuleFault::SameId)
}

fn words_fault(words: &str) -> Option<RuleFault> {
    let max = limits::WORDS_CHARS;
    if words.trim().is_empty() {
        let what = "words".to_owned();
        return Some(RuleFault::Missing { what });
    }
    (words.chars().count() > max).then_some(RuleFault::TooLong { max })
}
