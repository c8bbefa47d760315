//! What sells best, and what booksellers lay out.

use std::time::Duration;

use shop::{
    bestsellers::{self, Refreshed},
    display::{
        picks::{self, PickDraft},
        tables::{self, Deed, TableDraft, Words},
    },
    form::{Period, Saved},
    payment::cancel,
    revision::{self, Followed},
};
use trade::ids::EditionId;

use crate::counter::{Counter, EBOOK, ETRANGER, MUG, NADJA};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn list(counter: &Counter) -> Vec<EditionId> {
    let list = counter.store.read(bestsellers::read).await.unwrap();
    list.unwrap().editions
}

pub async fn what_sells_best_is_what_was_paid_and_kept(counter: Counter) {
    for reader in 0..3 {
        counter.bought(reader, &[(ETRANGER, 1), (MUG, 3)]).await;
        counter.bought(reader + 10, &[(NADJA, 2)]).await;
    }
    counter.ordered(&[(ETRANGER, 9)]).await;
    let first = bestsellers::refresh(&counter.store, &counter.clock);
    assert_eq!(
        first.await.unwrap(),
        Refreshed::Published { works: 0 },
        "today is not over"
    );
    counter.clock.advance(DAY);
    let next = bestsellers::refresh(&counter.store, &counter.clock);
    assert_eq!(next.await.unwrap(), Refreshed::Published { works: 2 });
    assert_eq!(list(&counter).await, [NADJA, ETRANGER], "and never the mug");
    let again = bestsellers::refresh(&counter.store, &counter.clock);
    assert_eq!(again.await.unwrap(), Refreshed::Recent, "once a day");

    let given_back = counter.bought(20, &[(NADJA, 1)]).await;
    cancel(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &given_back,
        "anne",
    )
    .await
    .unwrap();
    for reader in 30..33 {
        counter.bought(reader, &[(ETRANGER, 1)]).await;
    }
    counter.clock.advance(DAY);
    bestsellers::refresh(&counter.store, &counter.clock)
        .await
        .unwrap();
    assert_eq!(
        list(&counter).await,
        [ETRANGER, NADJA],
        "with the copy that was given back it would be the other way round"
    );
    counter.clock.advance(DAY * 100);
    bestsellers::refresh(&counter.store, &counter.clock)
        .await
        .unwrap();
    assert_eq!(list(&counter).await, [], "old sales count nothing");
}

async fn revision(counter: &Counter) -> i64 {
    let reading = counter
        .store
        .read(|tx| revision::number(tx, Followed::Display));
    reading.await.unwrap()
}

pub async fn picks_are_added_changed_and_removed(counter: Counter) {
    let pick = |note: &str| PickDraft {
        edition: NADJA,
        bookseller: "Anne".into(),
        note: note.into(),
        period: Period {
            from: None,
            until: "2026-12-31".parse().ok(),
        },
    };
    let now = counter.clock.now();
    let (made_up, first, better) = (pick("Inventé."), pick("Paris."), pick("Paris, la nuit."));
    let making_up = counter
        .store
        .write(move |tx| picks::make_up(tx, &made_up, now));
    making_up.await.unwrap();
    let adding = counter
        .store
        .write(move |tx| picks::save(tx, None, &first, "anne", now));
    assert_eq!(adding.await.unwrap(), Saved::Done);
    let all = || counter.store.read(picks::all);
    let kept = all().await.unwrap();
    assert_eq!([kept[0].made_up, kept[1].made_up], [false, true]);
    let (id, made_up) = (kept[0].id, kept[1].id);
    for (id, saved) in [
        (made_up, Saved::Done),
        (id, Saved::Done),
        (999, Saved::Gone),
    ] {
        let draft = better.clone();
        let changing = counter
            .store
            .write(move |tx| picks::save(tx, Some(id), &draft, "anne", now));
        assert_eq!(changing.await.unwrap(), saved);
    }
    let kept = all().await.unwrap();
    assert!(
        kept.iter()
            .all(|pick| !pick.made_up && pick.draft == better),
        "what a bookseller changed is hers"
    );
    for expected in [true, false] {
        let removing = counter
            .store
            .write(move |tx| picks::remove(tx, id, "anne", now));
        assert_eq!(removing.await.unwrap(), expected);
    }
    assert_eq!(
        (all().await.unwrap().len(), revision(&counter).await),
        (1, 5)
    );
}

pub async fn a_table_is_laid_arranged_and_removed(counter: Counter) {
    let draft = |title: &str| TableDraft {
        title: Words {
            fr: title.into(),
            en: String::new(),
        },
        intro: Words::default(),
        published: true,
        period: Period::default(),
    };
    let now = counter.clock.now();
    let add = |title: &str| {
        let draft = draft(title);
        counter
            .store
            .write(move |tx| tables::add(tx, &draft, "anne", now))
    };
    let id = add("Lire la mer").await.unwrap().unwrap();
    add("Lire la mer !").await.unwrap().unwrap();
    let arrange = |deed: Deed, edition: EditionId| {
        counter
            .store
            .write(move |tx| tables::arrange(tx, id, (deed, edition), "anne", now))
    };
    for edition in [ETRANGER, NADJA, NADJA] {
        assert_eq!(arrange(Deed::Add, edition).await.unwrap(), Saved::Done);
    }
    assert_eq!(arrange(Deed::Up, NADJA).await.unwrap(), Saved::Done);
    let (mug, ebook) = tokio::join!(arrange(Deed::Add, MUG), arrange(Deed::Add, EBOOK));
    assert_eq!((mug.unwrap(), ebook.unwrap()), (Saved::Done, Saved::Done));
    for edition in [MUG, EBOOK] {
        let taken = arrange(Deed::Remove, edition).await;
        assert_eq!(taken.unwrap(), Saved::Done, "neither was lost");
    }
    let renamed = draft("La mer et Paris");
    let changing = counter
        .store
        .write(move |tx| tables::change(tx, id, &renamed, "anne", now));
    assert_eq!(changing.await.unwrap(), Saved::Done);
    let kept = counter.store.read(tables::all).await.unwrap();
    let slugs = [kept[1].slug.as_str(), kept[0].slug.as_str()];
    assert_eq!(
        slugs,
        ["lire-la-mer", "lire-la-mer-2"],
        "links keep leading"
    );
    let content = &kept[1].content;
    assert_eq!(content.title.fr, "La mer et Paris");
    assert_eq!(content.editions, [NADJA, ETRANGER]);
    let removing = counter
        .store
        .write(move |tx| tables::remove(tx, id, "anne", now));
    assert!(removing.await.unwrap());
    assert_eq!(arrange(Deed::Add, MUG).await.unwrap(), Saved::Gone);
}
