//! Rules as booksellers write them: what holds, what is refused and how it is told, and that a condition means what
//! another implementation of CEL says it means.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use cel::{Context, Program, Value as Theirs};
use proptest::prelude::*;
use screening::{
    Condition, DEFAULT_RULES, Decision, FACTS, Facts, Kind, RuleFault, RuleSet, Value, limits,
};

fn set(rules: &str) -> String {
    format!("[thresholds]\nstep_up = 40\nreview = 60\nrefuse = 100\n{rules}")
}

fn rule(id: &str, when: &str, weight: i64) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nwhen = \"{when}\"\nweight = {weight}\nfr = \"f\"\nen = \"e\"\n"
    )
}

#[test]
fn the_rules_of_a_new_shop_are_right_and_accept_an_ordinary_order() {
    let rules = RuleSet::parse(DEFAULT_RULES).unwrap();
    let facts = Facts {
        amount_cents: 2_340,
        copies: 2,
        titles: 2,
        most_of_one_title: 1,
        means: "card".into(),
        place: "agrees".into(),
        new_reader: true,
        has_card: true,
        has_device: true,
        ..Facts::default()
    };
    let verdict = rules.decide(&facts);
    assert_eq!((verdict.decision, verdict.score), (Decision::Accept, 0));
    let tested = Facts {
        cards_of_device_24h: 5,
        declines_of_device_24h: 4,
        ..facts
    };
    assert_eq!(rules.decide(&tested).decision, Decision::Refuse);
}

#[test]
fn every_mistake_is_told_with_its_rule_and_place() {
    let text = set(&format!(
        "{}{}{}",
        rule("first", "card_10 >= 3", 10),
        rule("second", "amount_cents && true", 10),
        rule("third", "card_10m >= 3 &&", 10_000),
    ));
    let mistakes = RuleSet::parse(&text).unwrap_err();
    let told: Vec<_> = mistakes
        .iter()
        .map(|one| (one.rule.as_deref().unwrap(), one.column, one.fault.clone()))
        .collect();
    let unknown = RuleFault::UnknownFact {
        name: "card_10".into(),
        meant: Some("card_10m"),
    };
    let wrong = RuleFault::WrongType {
        expected: Kind::Bool,
        found: Kind::Int,
    };
    let heavy = RuleFault::TooHeavy {
        max: limits::WEIGHT,
    };
    let unexpected = RuleFault::Unexpected {
        found: String::new(),
    };
    assert_eq!(told[0], ("first", 1, unknown));
    assert_eq!(told[1], ("second", 1, wrong));
    assert_eq!((told[2].0, &told[2].2), ("third", &heavy));
    assert_eq!(told[3], ("third", 17, unexpected));
    assert_eq!(mistakes[0].line, 7);
}

#[test]
fn what_is_not_a_condition_is_refused() {
    for (text, column) in [
        ("", 1),
        ("amount_cents", 1),
        ("amount_cents > 'a'", 16),
        ("means > 'a'", 1),
        ("amount_cents / 2 > 1", 14),
        ("means[0] == 'a'", 6),
        ("[1, 2].all(x, x > 1)", 1),
        ("has(means)", 1),
        ("amount_cents > 1.5", 16),
        ("amount_cents > 99999999999999999999", 16),
        ("means == 'a", 12),
        ("means.matches('a')", 7),
        ("true true", 6),
        ("(true", 6),
        ("collected in [true]", 1),
        ("amount_cents in [1, 'b']", 21),
        ("collected ? 1 : 2", 1),
        ("means == é", 10),
    ] {
        let refused = Condition::parse(text).unwrap_err();
        assert_eq!(refused.0, column, "{text}: {refused:?}");
    }
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let deep = format!("{}true{}", "(".repeat(2_000), ")".repeat(2_000));
    assert!(matches!(
        Condition::parse(&deep).unwrap_err().1,
        RuleFault::TooLong { .. }
    ));
    let deep = format!("{}true{}", "(".repeat(100), ")".repeat(100));
    assert!(matches!(
        Condition::parse(&deep).unwrap_err().1,
        RuleFault::TooDeep { .. }
    ));
    let deep = format!("{}true", "!".repeat(390));
    assert!(matches!(
        Condition::parse(&deep).unwrap_err().1,
        RuleFault::TooDeep { .. }
    ));
    let long = vec!["true"; 45].join("&& ");
    assert!(Condition::parse(&long).is_ok());
    let long = vec!["1"; 130].join("+");
    assert!(matches!(
        Condition::parse(&format!("{long}>1")).unwrap_err().1,
        RuleFault::TooManyParts { .. }
    ));
    let many: String = (0..=limits::RULES)
        .map(|n| rule(&format!("r{n}"), "true", 1))
        .collect();
    let mistakes = RuleSet::parse(&set(&many)).unwrap_err();
    assert!(matches!(
        mistakes[0].fault,
        RuleFault::TooManyRules { max: limits::RULES }
    ));
}

#[test]
fn a_set_is_checked_as_a_whole() {
    let twice = set(&format!("{}{}", rule("a", "true", 1), rule("a", "true", 1)));
    assert_eq!(
        RuleSet::parse(&twice).unwrap_err()[0].fault,
        RuleFault::SameId
    );
    let descending = "[thresholds]\nstep_up = 60\nreview = 40\nrefuse = 100\n";
    assert_eq!(
        RuleSet::parse(descending).unwrap_err()[0].fault,
        RuleFault::Thresholds
    );
    let unknown =
        set("[[rule]]\nid = \"a\"\nwhen = \"true\"\nweight = 1\nfr = \"f\"\nen = \"e\"\nif = 1\n");
    assert!(matches!(
        RuleSet::parse(&unknown).unwrap_err()[0].fault,
        RuleFault::Form { .. }
    ));
    let decision = rule("a", "true", 1) + "at_least = \"jail\"\n";
    assert_eq!(
        RuleSet::parse(&set(&decision)).unwrap_err()[0].fault,
        RuleFault::UnknownDecision
    );
    let silent = rule("a", "true", 1).replace("fr = \"f\"", "fr = \" \"");
    assert!(matches!(
        RuleSet::parse(&set(&silent)).unwrap_err()[0].fault,
        RuleFault::Missing { .. }
    ));
}

#[test]
fn thresholds_and_at_least_decide() {
    let rules = set(&format!(
        "{}{}{}at_least = \"review\"\n",
        rule("points", "copies >= 1", 40),
        rule("more", "copies >= 2", 60),
        rule("look", "titles >= 9", 0),
    ));
    let rules = RuleSet::parse(&rules).unwrap();
    let decide = |copies, titles, email_confirmed| {
        let facts = Facts {
            copies,
            titles,
            email_confirmed,
            ..Facts::default()
        };
        rules.decide(&facts).decision
    };
    assert_eq!(decide(0, 0, false), Decision::Accept);
    assert_eq!(decide(1, 0, false), Decision::StepUp);
    assert_eq!(decide(1, 0, true), Decision::Accept);
    assert_eq!(decide(2, 0, false), Decision::Refuse);
    assert_eq!(decide(2, 0, true), Decision::Refuse);
    assert_eq!(decide(0, 9, false), Decision::Review);
}

#[test]
fn silence_of_the_bureau_is_no_reason_of_a_refusal() {
    let silence = |when: &str, weight: i64, at_least: &str| {
        let text = set(&format!(
            "{}at_least = \"{at_least}\"\n",
            rule("one", when, weight)
        ));
        match RuleSet::parse(&text) {
            Ok(_) => false,
            Err(mistakes) => {
                assert_eq!(mistakes.len(), 1, "{when}: {mistakes:?}");
                assert_eq!((mistakes[0].line, mistakes[0].column), (7, 1), "{when}");
                mistakes[0].fault == RuleFault::Silence
            }
        }
    };
    for (when, weight, at_least) in [
        ("!bureau_answered", 0, "refuse"),
        ("!bureau_answered", 20, "accept"),
        ("!bureau_answered && new_reader", 1, "accept"),
        ("bureau_answered == false", 20, "accept"),
        ("bureau_score < 50", 20, "accept"),
        ("bureau_score in [0, 1]", 20, "accept"),
        ("!(bureau_answered && bureau_score < 20)", 20, "accept"),
        ("new_reader || bureau_answered", 20, "accept"),
        ("bureau_answered ? false : new_reader", 20, "accept"),
        ("bureau_answered", -100, "accept"),
        ("bureau_answered && bureau_score < 5", -20, "accept"),
    ] {
        assert!(silence(when, weight, at_least), "{when}");
    }
    for (when, weight, at_least) in [
        ("bureau_answered && bureau_score >= 90", 0, "refuse"),
        ("new_reader && bureau_score >= 90", 1_000, "accept"),
        (
            "bureau_score * 2 > 100 && bureau_score != copies",
            20,
            "accept",
        ),
        ("bureau_answered ? new_reader : false", 20, "accept"),
        ("means == '!bureau_answered'", 20, "accept"),
        // What only asks somebody to look refuses nobody.
        ("!bureau_answered && amount_cents >= 50000", 0, "review"),
        ("!bureau_answered || bureau_score < 5", -20, "accept"),
    ] {
        assert!(!silence(when, weight, at_least), "{when}");
    }
}

#[test]
fn who_was_disputed_is_looked_at_and_who_was_again_is_refused() {
    let rules = RuleSet::parse(DEFAULT_RULES).unwrap();
    let decide = |facts: Facts| rules.decide(&facts).decision;
    let known = Facts {
        amount_cents: 2_340,
        paid_orders: 5,
        address_known: true,
        card_known: true,
        has_card: true,
        ..Facts::default()
    };
    assert_eq!(decide(known.clone()), Decision::Accept);
    let once = Facts {
        disputes_of_email_400d: 1,
        disputes_of_card_400d: 1,
        disputes_of_device_400d: 1,
        disputes_of_address_400d: 1,
        ..known.clone()
    };
    assert_eq!(decide(once.clone()), Decision::Review);
    let neighbour = Facts {
        disputes_of_address_400d: 1,
        ..known
    };
    assert_eq!(decide(neighbour), Decision::Accept);
    let again = Facts {
        disputes_of_card_400d: 2,
        paid_orders: 0,
        address_known: false,
        card_known: false,
        new_reader: true,
        ..once
    };
    assert_eq!(decide(again), Decision::Refuse);
}

/// Conditions of the grammar, by type. Numbers stay small, so that no sum saturates.
fn ints(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        (0_i64..200).prop_map(|n| n.to_string()),
        prop::sample::select(names(Kind::Int)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let inner = ints(depth - 1);
    prop_oneof![
        3 => leaf,
        1 => (inner.clone(), prop::sample::select(vec!["+", "-", "*"]), inner.clone())
            .prop_map(|(a, sign, b)| format!("({a}) {sign} ({b})")),
        1 => (inner.clone(), prop::sample::select(vec!["+", "-", "*"]), inner.clone())
            .prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        1 => inner.clone().prop_map(|a| format!("-({a})")),
        1 => (bools(depth - 1), inner.clone(), inner)
            .prop_map(|(c, a, b)| format!("(({c}) ? {a} : {b})")),
    ]
    .boxed()
}

fn texts() -> BoxedStrategy<String> {
    prop_oneof![
        prop::sample::select(names(Kind::Text)),
        prop::sample::select(vec!["'card'", "\"visa\"", "''", "'it\\'s'", "'é'"])
            .prop_map(str::to_owned),
    ]
    .boxed()
}

fn bools(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["true".to_owned(), "false".to_owned()]),
        prop::sample::select(names(Kind::Bool)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let (bool, int) = (bools(depth - 1), ints(depth - 1));
    let compare = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let same = prop::sample::select(vec!["==", "!="]);
    let joined = prop::sample::select(vec!["&&", "||"]);
    let method = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    prop_oneof![
        1 => leaf,
        3 => (int.clone(), compare, int.clone()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        2 => (texts(), same, texts()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        3 => (bool.clone(), joined, bool.clone()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        1 => bool.clone().prop_map(|a| format!("!({a})")),
        1 => (int.clone(), int.clone(), int).prop_map(|(a, b, c)| format!("{a} in [{b}, {c}]")),
        1 => (texts(), texts()).prop_map(|(a, b)| format!("{a} in [{b}]")),
        1 => (texts(), method, texts()).prop_map(|(a, how, b)| format!("{a}.{how}({b})")),
        1 => (bool.clone(), bool.clone(), bool).prop_map(|(c, a, b)| format!("({c}) ? ({a}) : {b}")),
    ]
    .boxed()
}

/// Conditions that mostly name the bureau. Their texts are in single quotes, as they stand inside of double ones.
fn bools_of_bureau() -> BoxedStrategy<String> {
    let of_bureau = prop::sample::select(vec![
        "bureau_answered",
        "!bureau_answered",
        "bureau_score >= 70",
        "bureau_score < 20",
        "!(bureau_score < 20)",
    ]);
    let other = prop::sample::select(vec!["new_reader", "copies >= 3", "true", "means == 'card'"]);
    (of_bureau.clone(), of_bureau, other, 0..6)
        .prop_map(|(one, two, other, form)| match form {
            0 => one.to_owned(),
            1 => format!("{one} && {other}"),
            2 => format!("{one} || {other}"),
            3 => format!("({one} && {two}) || {other}"),
            4 => format!("{one} ? {other} : {two}"),
            _ => other.to_owned(),
        })
        .boxed()
}

fn names(kind: Kind) -> Vec<String> {
    let of_kind = FACTS.iter().filter(|fact| fact.kind == kind);
    of_kind.map(|fact| fact.name.to_owned()).collect()
}

fn facts() -> impl Strategy<Value = Facts> {
    let ints = prop::collection::vec(-3_i64..200, 50);
    let bools = prop::collection::vec(any::<bool>(), 20);
    let texts = prop::collection::vec(
        prop::sample::select(vec!["card", "visa", "", "it's", "é", "cardé"]),
        10,
    );
    (ints, bools, texts).prop_map(|(ints, bools, texts)| {
        let (mut ints, mut bools, mut texts) = (
            ints.into_iter().cycle(),
            bools.into_iter().cycle(),
            texts.into_iter().cycle(),
        );
        let mut record = serde_json::Map::new();
        for fact in FACTS {
            let value = match fact.kind {
                Kind::Int => ints.next().into(),
                Kind::Bool => bools.next().into(),
                Kind::Text => texts.next().into(),
            };
            record.insert(fact.name.to_owned(), value);
        }
        serde_json::from_value(record.into()).unwrap()
    })
}

/// What the other implementation says. On a stack of its own: its parser needs a deep one.
fn theirs(text: &str, facts: &Facts) -> Theirs {
    let mut context = Context::default();
    for fact in FACTS {
        let value = match fact.of(facts) {
            Value::Int(number) => Theirs::Int(number),
            Value::Bool(is) => Theirs::Bool(is),
            Value::Text(text) => Theirs::from(text),
        };
        context.add_variable_from_value(fact.name, value);
    }
    Program::compile(text).unwrap().execute(&context).unwrap()
}

#[test]
fn a_condition_means_what_another_reading_of_cel_says() {
    let work = || {
        proptest!(ProptestConfig::with_cases(600), |(text in bools(3), facts in facts())| {
            let ours = match Condition::parse(&text) {
                Ok(condition) => condition.holds(&facts),
                // Longer than anybody writes; that they are refused is tested above.
                Err((_, RuleFault::TooLong { .. } | RuleFault::TooManyParts { .. } | RuleFault::TooDeep { .. })) => return Ok(()),
                Err(refused) => panic!("{text}: {refused:?}"),
            };
            prop_assert_eq!(Theirs::Bool(ours), theirs(&text, &facts), "{}", text);
        });
    };
    let roomy = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(work);
    roomy.unwrap().join().unwrap();
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,80}") {
        let _ = Condition::parse(&text);
        let _ = RuleSet::parse(&text);
    }

    #[test]
    fn no_order_of_words_breaks_the_reader(words in prop::collection::vec(prop::sample::select(vec![
        "(", ")", "[", "]", "!", "-", "&&", "||", "?", ":", "in", "true", "means", "copies", "1", "'a'", ".", ",",
        "==", "<", "contains", "//", "\\", "'",
    ]), 0..60)) {
        let _ = Condition::parse(&words.join(" "));
        let _ = Condition::parse(&words.concat());
    }

    #[test]
    fn who_is_refused_in_silence_is_refused_whatever_the_bureau_answers(
        conditions in prop::collection::vec((bools_of_bureau(), -60_i64..120), 1..6),
        facts in facts(),
        score in 0_i64..=100,
    ) {
        // Of what is made up, what a shop may use.
        let may_be_used = |text: &String| RuleSet::parse(&set(text)).is_ok();
        let rules: String = (0..)
            .zip(&conditions)
            .map(|(place, (when, weight))| rule(&format!("r{place}"), when, *weight))
            .filter(may_be_used)
            .collect();
        let rules = RuleSet::parse(&set(&rules)).unwrap();
        let silent = Facts { bureau_answered: false, bureau_score: 0, ..facts };
        let answered = Facts { bureau_answered: true, bureau_score: score, ..silent.clone() };
        if rules.decide(&silent).decision == Decision::Refuse {
            prop_assert_eq!(rules.decide(&answered).decision, Decision::Refuse);
        }
    }

    #[test]
    fn the_same_facts_always_have_the_same_verdict(facts in facts()) {
        let rules = RuleSet::parse(DEFAULT_RULES).unwrap();
        let verdict = rules.decide(&facts);
        prop_assert_eq!(&verdict, &RuleSet::parse(DEFAULT_RULES).unwrap().decide(&facts));
        let sum: i64 = verdict.reasons.iter().map(|reason| reason.weight).sum();
        prop_assert_eq!(sum, verdict.score);
    }
}
