//! A rule as typed becomes one that can be kept, or says field by field what is wrong.

use catalogue::thema::Thema;
use serde::Deserialize;
use trade::{ids::EditionId, limits::QUERY_CHARS};

use super::{Kind, Rule, Strength, Target, limits};
use crate::{
    codes::coded,
    form::{self, Flaw, Flaws, Period},
    text::fold,
};

coded! {
    /// Whether phrases lead to each other, or the first to the others only.
    pub enum Direction {
        /// Each to all others.
        Both = "both",
        /// The first to the others.
        One = "one",
    }
}

/// The fields of the forms of all kinds, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TypedRule {
    /// Of a synonym: phrases, one a line.
    pub phrases: String,
    /// Of a synonym: the code of a [`Direction`].
    pub direction: String,
    /// Of a boost: `edition`, `contributor`, `publisher`, `series` or `subject`.
    pub target: String,
    /// Of a boost: the name, the Thema code, or how the edition is named.
    pub name: String,
    /// Of a boost: the code of a [`Strength`].
    pub strength: String,
    /// Of a pin: the query.
    pub query: String,
    /// Of a pin: how the edition is named.
    pub book: String,
    /// The first day, or nothing.
    pub from: String,
    /// The last day, or nothing.
    pub until: String,
}

impl TypedRule {
    /// Reads a rule of `kind`. `edition` finds the edition that a bookseller names by an ISBN in any form.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the form.
    pub fn check(
        &self,
        kind: Kind,
        edition: impl Fn(&str) -> Option<EditionId>,
    ) -> Result<(Rule, Period), Flaws> {
        let rule = match kind {
            Kind::Synonym => self.synonym(),
            Kind::Boost => self.boost(edition),
            Kind::Pin => self.pin(edition),
        };
        match (rule, Period::check(&self.from, &self.until)) {
            (Ok(rule), Ok(period)) => Ok((rule, period)),
            (rule, period) => {
                let mut flaws = rule.err().unwrap_or_default();
                flaws.extend(period.err().unwrap_or_default());
                Err(flaws)
            }
        }
    }

    /// What the form of a kept rule shows; `book` names an edition as booksellers do.
    pub fn of(rule: &Rule, period: Period, book: impl Fn(EditionId) -> String) -> TypedRule {
        let day =
            |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| day.to_string());
        let mut typed = TypedRule {
            from: day(period.from),
            until: day(period.until),
            ..TypedRule::default()
        };
        match rule {
            Rule::Equivalent(phrases) => {
                typed.direction = Direction::Both.code().to_owned();
                typed.phrases = phrases.join("\n");
            }
            Rule::OneWay(from, means) => {
                typed.direction = Direction::One.code().to_owned();
                typed.phrases = [std::slice::from_ref(from), means].concat().join("\n");
            }
            Rule::Boost(target, strength) => {
                typed.strength = strength.code().to_owned();
                let (target, name) = match target {
                    Target::Edition(edition) => ("edition", book(*edition)),
                    Target::Contributor(name) => ("contributor", name.clone()),
                    Target::Publisher(name) => ("publisher", name.clone()),
                    Target::Series(name) => ("series", name.clone()),
                    Target::Subject(code) => ("subject", code.clone()),
                };
                (typed.target, typed.name) = (target.to_owned(), name);
            }
            Rule::Pin(query, edition) => {
                (typed.query, typed.book) = (query.clone(), book(*edition));
            }
        }
        typed
    }

    fn synonym(&self) -> Result<Rule, Flaws> {
        let direction = Direction::of_code(&self.direction)
            .ok_or_else(|| vec![("direction", Flaw::UnknownChoice)])?;
        let phrases = phrases(&self.phrases).map_err(|flaw| vec![("phrases", flaw)])?;
        Ok(match (direction, phrases.split_first()) {
            (Direction::One, Some((typed, means))) => Rule::OneWay(typed.clone(), means.to_vec()),
            _ => Rule::Equivalent(phrases),
        })
    }

    fn boost(&self, edition: impl Fn(&str) -> Option<EditionId>) -> Result<Rule, Flaws> {
        let name = phrase(&self.name, limits::PHRASE_CHARS).map_err(|flaw| vec![("name", flaw)])?;
        let target = match self.target.as_str() {
            "edition" => edition(&name)
                .map(Target::Edition)
                .ok_or(("name", Flaw::UnknownBook)),
            "contributor" => Ok(Target::Contributor(name)),
            "publisher" => Ok(Target::Publisher(name)),
            "series" => Ok(Target::Series(name)),
            "subject" => Thema::parse(&name)
                .map(|thema| Target::Subject(thema.code().to_owned()))
                .ok_or(("name", Flaw::UnknownSubject)),
            _ => Err(("target", Flaw::UnknownChoice)),
        };
        let strength = Strength::of_code(&self.strength).ok_or(("strength", Flaw::UnknownChoice));
        match (target, strength) {
            (Ok(target), Ok(strength)) => Ok(Rule::Boost(target, strength)),
            (target, strength) => Err(target.err().into_iter().chain(strength.err()).collect()),
        }
    }

    fn pin(&self, edition: impl Fn(&str) -> Option<EditionId>) -> Result<Rule, Flaws> {
        let query = phrase(&self.query, QUERY_CHARS).map_err(|flaw| ("query", flaw));
        let book = form::line(&self.book, limits::PHRASE_CHARS)
            .and_then(|book| edition(&book).ok_or(Flaw::UnknownBook))
            .map_err(|flaw| ("book", flaw));
        match (query, book) {
            (Ok(query), Ok(book)) => Ok(Rule::Pin(query, book)),
            (query, book) => Err(query.err().into_iter().chain(book.err()).collect()),
        }
    }
}

/// Two phrases at least, one a line, none of which holds another: what the longer one finds, the shorter one finds
/// already.
fn phrases(typed: &str) -> Result<Vec<String>, Flaw> {
    let lines = typed.lines().filter(|line| !line.trim().is_empty());
    let phrases = lines
        .take(limits::PHRASES + 1)
        .map(|line| phrase(line, limits::PHRASE_CHARS))
        .collect::<Result<Vec<String>, Flaw>>()?;
    let folded: Vec<String> = phrases
        .iter()
        .map(|one| format!(" {} ", fold(one)))
        .collect();
    let holds_another = |(at, one): (usize, &String)| {
        let mut others = folded.iter().enumerate();
        others.any(|(other_at, other)| other_at != at && one.contains(other.as_str()))
    };
    match phrases.len() {
        0 => Err(Flaw::Missing),
        1 => Err(Flaw::TooFew),
        many if many > limits::PHRASES => Err(Flaw::TooMany {
            max: limits::PHRASES,
        }),
        _ if folded.iter().enumerate().any(holds_another) => Err(Flaw::ContainsItself),
        _ => Ok(phrases),
    }
}

fn phrase(typed: &str, max: usize) -> Result<String, Flaw> {
    let phrase = form::line(typed, max)?;
    if phrase.chars().any(char::is_alphanumeric) {
        Ok(phrase)
    } else {
        Err(Flaw::NoWord)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synonym(phrases: &str, direction: Direction) -> Result<Rule, Flaws> {
        let typed = TypedRule {
            phrases: phrases.into(),
            direction: direction.code().into(),
            ..TypedRule::default()
        };
        typed.check(Kind::Synonym, |_| None).map(|(rule, _)| rule)
    }

    fn flaw(field: &'static str, flaw: Flaw) -> Result<Rule, Flaws> {
        Err(vec![(field, flaw)])
    }

    #[test]
    fn phrases_are_kept_tidy_and_what_is_wrong_is_told() {
        assert_eq!(
            synonym(" BD \r\n\r\nbande  dessinée", Direction::Both),
            Ok(Rule::Equivalent(vec!["BD".into(), "bande dessinée".into()]))
        );
        assert_eq!(
            synonym("polar\nroman policier", Direction::One),
            Ok(Rule::OneWay("polar".into(), vec!["roman policier".into()]))
        );
        let many = (0..=limits::PHRASES).map(|n| format!("mot{n}\n"));
        for (typed, expected) in [
            (" \n", Flaw::Missing),
            ("bd", Flaw::TooFew),
            ("bd\n!!", Flaw::NoWord),
            ("été\nETE", Flaw::ContainsItself),
            ("king\nStephen King", Flaw::ContainsItself),
            (&"x".repeat(61), Flaw::TooLong { max: 60 }),
            (&many.collect::<String>(), Flaw::TooMany { max: 8 }),
        ] {
            assert_eq!(
                synonym(typed, Direction::Both),
                flaw("phrases", expected),
                "{typed}"
            );
        }
        assert!(
            synonym("king\nviking", Direction::Both).is_ok(),
            "a word is not held by another word"
        );
    }

    #[test]
    fn a_kept_rule_comes_back_into_its_form() {
        let book = |text: &str| (text == "9782070541270").then_some(EditionId(4));
        let named = |_| "9782070541270".to_owned();
        let boost = |target: &str, name: &str| TypedRule {
            target: target.into(),
            name: name.into(),
            strength: "clear".into(),
            from: "2026-12-01".into(),
            ..TypedRule::default()
        };
        for typed in [
            boost("edition", "9782070541270"),
            boost("contributor", "Annie Ernaux"),
            boost("subject", "FBA"),
        ] {
            let kept = typed.check(Kind::Boost, book);
            assert_eq!(
                kept.map(|(rule, period)| TypedRule::of(&rule, period, named)),
                Ok(typed)
            );
        }
        for (typed, field, expected) in [
            (boost("edition", "1"), "name", Flaw::UnknownBook),
            (boost("subject", "ZZZZ"), "name", Flaw::UnknownSubject),
            (boost("shop", "x"), "target", Flaw::UnknownChoice),
        ] {
            assert_eq!(
                typed.check(Kind::Boost, book).map(|(rule, _)| rule),
                flaw(field, expected)
            );
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_pin_is_said_at_once() {
        let typed = TypedRule {
            until: "demain".into(),
            ..TypedRule::default()
        };
        assert_eq!(
            typed.check(Kind::Pin, |_| None),
            Err(vec![
                ("query", Flaw::Missing),
                ("book", Flaw::Missing),
                ("until", Flaw::NotADay)
            ])
        );
    }
}
