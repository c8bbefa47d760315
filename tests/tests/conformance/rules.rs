//! The rules that booksellers add to the search.

use shop::{
    form::{Period, Saved},
    revision::{self, Followed},
    search_rules::{self, Rule, Strength, Target, limits},
    staff::audit,
};

use crate::counter::{Counter, NADJA};

async fn save(counter: &Counter, id: Option<i64>, rule: Rule, period: Period) -> Saved {
    let now = counter.clock.now();
    let saving = counter
        .store
        .write(move |tx| search_rules::save(tx, id, (&rule, period), "anne", now));
    saving.await.unwrap()
}

async fn revision(counter: &Counter) -> i64 {
    let reading = counter
        .store
        .read(|tx| revision::number(tx, Followed::SearchRules));
    reading.await.unwrap()
}

pub async fn a_rule_of_the_search_is_kept_changed_and_removed(counter: Counter) {
    let rule = Rule::Equivalent(vec!["bd".into(), "bande dessinée".into()]);
    let always = Period::default();
    assert_eq!(
        save(&counter, None, rule.clone(), always).await,
        Saved::Done
    );
    let kept = counter.store.read(search_rules::all).await.unwrap();
    assert_eq!(
        (&kept[0].rule, kept[0].period, kept.len()),
        (&rule, always, 1)
    );
    let id = kept[0].id;

    let december = Period {
        from: "2026-12-01".parse().ok(),
        until: "2026-12-31".parse().ok(),
    };
    let changed = Rule::OneWay("bd".into(), vec!["bande dessinée".into()]);
    let changing = save(&counter, Some(id), changed.clone(), december);
    assert_eq!(changing.await, Saved::Done);
    let other_kind = Rule::Pin("surréalisme".into(), NADJA);
    assert_eq!(
        save(&counter, Some(id), other_kind.clone(), always).await,
        Saved::Gone,
        "a rule stays of its kind"
    );
    assert_eq!(save(&counter, None, other_kind, always).await, Saved::Done);
    let kept = counter.store.read(search_rules::all).await.unwrap();
    assert_eq!((&kept[0].rule, kept[0].period), (&changed, december));
    assert_eq!(kept[1].by, "anne");
    assert_eq!(revision(&counter).await, 3, "one for each change");

    let now = counter.clock.now();
    for expected in [true, false] {
        let removing = counter
            .store
            .write(move |tx| search_rules::remove(tx, id, "anne", now));
        assert_eq!(removing.await.unwrap(), expected);
    }
    assert_eq!(revision(&counter).await, 4);
    let log = counter.store.read(|tx| audit::latest(tx, 1, 10)).await;
    let actions: Vec<String> = log.unwrap().into_iter().map(|one| one.action).collect();
    assert_eq!(
        actions,
        ["search.remove", "search.save", "search.save", "search.save"]
    );
}

pub async fn there_are_only_so_many_boosts(counter: Counter) {
    let boost = |number: u32| Rule::Boost(Target::Series(number.to_string()), Strength::Clear);
    for number in 0..limits::BOOSTS {
        let saved = save(&counter, None, boost(number), Period::default());
        assert_eq!(saved.await, Saved::Done);
    }
    let one_more = save(&counter, None, boost(0), Period::default());
    assert_eq!(one_more.await, Saved::Full);
    let pin = Rule::Pin("x".into(), NADJA);
    assert_eq!(
        save(&counter, None, pin, Period::default()).await,
        Saved::Done,
        "another kind has room of its own"
    );
}
