//! Rules of the screening as an administrator types them: a condition alone, and a whole set.
#![no_main]

use screening::{Condition, DEFAULT_RULES, Decision, Facts, RuleSet, limits};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let facts = Facts {
        amount_cents: i64::MAX,
        copies: i64::MIN,
        means: text.chars().take(8).collect(),
        ..Facts::default()
    };
    match Condition::parse(text) {
        Ok(condition) => {
            assert_eq!(condition.holds(&facts), condition.holds(&facts.clone()));
            assert!(text.chars().count() <= limits::CONDITION_CHARS);
        }
        Err((column, fault)) => {
            assert!(column >= 1 && column <= text.chars().count() + 1, "{column}: {fault}");
        }
    }
    // Alone it is seldom a set of rules; behind a right one it is looked at as one more rule.
    for set in [text.to_owned(), format!("{DEFAULT_RULES}\n{text}")] {
        check(&set, &facts);
    }
});

fn check(text: &str, facts: &Facts) {
    match RuleSet::parse(text) {
        Ok(rules) => {
            assert!(rules.rules.len() <= limits::RULES);
            let verdict = rules.decide(facts);
            let sum: i64 = verdict.reasons.iter().map(|reason| reason.weight).sum();
            assert_eq!(sum, verdict.score);
            assert!(verdict.decision >= Decision::Accept);
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.len() <= limits::MISTAKES);
            let lines = text.matches('\n').count() + 1;
            for mistake in mistakes {
                assert!(mistake.line >= 1 && mistake.line <= lines, "{mistake:?}");
                assert!(mistake.column >= 1, "{mistake:?}");
            }
        }
    }
}
