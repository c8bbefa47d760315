//! What the back office reads, and who may enter it.

use std::time::Duration;

use shop::{
    order::{Filter, OrderState, counts, list},
    searches::{self, Searched},
    staff::{self, AccountRefusal, Browser, Credential, LoginRefusal, NewMember, Obvious, Role},
    stats,
    stock::{self, StockPolicy},
};
use trade::{ids::IdempotencyKey, limits, money::Money};

use crate::counter::{Counter, ETRANGER, MUG, NADJA, paris, ship};

pub async fn orders_are_listed_found_and_counted(counter: Counter) {
    let mut draft = counter.draft(&[(ETRANGER, 2)]);
    (draft.key, draft.address) = (IdempotencyKey::new(), paris("Zoé Éléphant"));
    let waiting = counter.place(&draft).await.unwrap().number;
    let paid = counter.paid(&[(NADJA, 1), (MUG, 1)]).await;
    let found = |state: Option<OrderState>, text: &str| {
        let filter = Filter {
            state,
            text: text.to_owned(),
        };
        let store = counter.store.clone();
        async move {
            let page = store
                .read(move |tx| list(tx, &filter, 1, 10))
                .await
                .unwrap();
            assert_eq!(page.total, page.orders.len() as u64);
            page.orders
                .into_iter()
                .map(|order| order.number.to_string())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        found(None, "").await,
        [paid.as_str(), waiting.as_str()],
        "newest first"
    );
    assert_eq!(
        found(None, "elephant ZOE").await,
        [""; 0],
        "a phrase, not a bag of words"
    );
    assert_eq!(found(None, "zoe elep").await, [waiting.as_str()]);
    assert_eq!(found(None, "LECTRICE@example").await.len(), 2);
    assert_eq!(
        found(None, &paid.as_str().to_lowercase()).await,
        [paid.as_str()]
    );
    assert_eq!(found(None, "nadja").await, [paid.as_str()]);
    assert_eq!(
        found(Some(OrderState::Confirmed), "").await,
        [paid.as_str()]
    );
    assert_eq!(
        found(None, "%").await,
        [""; 0],
        "a percent sign is a percent sign"
    );
    let counted = counter.store.read(counts).await.unwrap();
    assert_eq!(
        counted,
        [(OrderState::AwaitingPayment, 1), (OrderState::Confirmed, 1)]
    );
    let second = counter
        .store
        .read(|tx| list(tx, &Filter::default(), 2, 1))
        .await
        .unwrap();
    assert_eq!(
        (second.total, second.orders[0].number.clone()),
        (2, waiting)
    );
    assert_eq!(
        (
            second.orders[0].copies,
            second.orders[0].first_title.as_str()
        ),
        (2, "L'Étranger")
    );
}

pub async fn figures_of_the_first_page(counter: Counter) {
    counter.ordered(&[(MUG, 9)]).await;
    let first = counter.paid(&[(ETRANGER, 2)]).await;
    counter.clock.advance(Duration::from_secs(24 * 60 * 60));
    let second = counter.paid(&[(ETRANGER, 1), (NADJA, 1)]).await;
    ship(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &second,
        "anne",
    )
    .await
    .unwrap();
    let (today, first_total) = (counter.clock.today(), counter.order(&first).await.total);
    let days = counter
        .store
        .read(move |tx| stats::per_day(tx, today, 3))
        .await
        .unwrap();
    let orders: Vec<_> = days.iter().map(|day| day.orders).collect();
    assert_eq!(orders, [0, 1, 1]);
    assert_eq!((days[1].revenue, days[2].date), (first_total, today));
    let since = days[0].date;
    let top = counter
        .store
        .read(move |tx| stats::top_titles(tx, since, 5))
        .await
        .unwrap();
    let top: Vec<_> = top
        .iter()
        .map(|title| (title.title.as_str(), title.copies, title.revenue))
        .collect();
    assert_eq!(
        top,
        [
            ("L'Étranger", 3, Money::cents(2970)),
            ("Nadja", 1, Money::cents(1250))
        ]
    );
}

pub async fn searches_are_counted(counter: Counter) {
    let today = counter.clock.today();
    let typed = |text: &str, results| Searched {
        day: today,
        text: text.into(),
        results,
    };
    let searched = vec![
        typed("L’Étranger", 3),
        typed("l'etranger", 3),
        typed("  ", 0),
        typed("xyzzy", 0),
        typed("XYZZY", 0),
        typed("plugh", 0),
    ];
    counter
        .store
        .write(move |tx| searches::record(tx, &searched))
        .await
        .unwrap();
    let top = counter
        .store
        .read(move |tx| searches::top(tx, today, 10))
        .await
        .unwrap();
    assert_eq!(
        (top[0].text.as_str(), top[0].times, top[0].results),
        ("l'etranger", 2, 3)
    );
    let lost = counter
        .store
        .read(move |tx| searches::top_without_result(tx, today, 10))
        .await
        .unwrap();
    let lost: Vec<_> = lost
        .iter()
        .map(|often| (often.text.as_str(), often.times))
        .collect();
    assert_eq!(lost, [("xyzzy", 2), ("plugh", 1)]);
    let tomorrow = today.tomorrow().unwrap();
    assert_eq!(
        counter
            .store
            .write(move |tx| searches::forget(tx, tomorrow))
            .await
            .unwrap(),
        3
    );
}

pub(crate) async fn hire(counter: &Counter, login: &str) -> Result<staff::Member, AccountRefusal> {
    let obvious = Obvious {
        shop: "Bouquin",
        name: "Anne",
        login: "anne",
    };
    let hashing = move || staff::hash("correct horse battery", &obvious);
    let password = tokio::task::spawn_blocking(hashing).await.unwrap().unwrap();
    let member = NewMember {
        login: login.into(),
        name: "Anne".into(),
        role: Role::Administrator,
        password: Credential::Own(password),
    };
    let now = counter.clock.now();
    counter
        .store
        .write(move |tx| staff::create(tx, &member, now))
        .await
}

pub(crate) async fn log_in(
    counter: &Counter,
    password: &str,
) -> Result<staff::NewSession, LoginRefusal> {
    let browser = Browser {
        family: "Firefox · Linux".into(),
        address: "192.0.2.7".into(),
    };
    staff::log_in(&counter.store, &counter.clock, "Anne", password, &browser).await
}

pub async fn who_guesses_must_wait(counter: Counter) {
    assert_eq!(hire(&counter, "Anne").await.unwrap().login, "anne");
    assert!(matches!(
        hire(&counter, "anne").await,
        Err(AccountRefusal::LoginTaken { .. })
    ));
    assert!(matches!(
        hire(&counter, "an ne").await,
        Err(AccountRefusal::BadLogin)
    ));
    assert!(matches!(
        log_in(&counter, "wrong").await,
        Err(LoginRefusal::Wrong)
    ));
    log_in(&counter, "correct horse battery").await.unwrap();
    for _ in 0..limits::LOGIN_FAILURES {
        assert!(matches!(
            log_in(&counter, "wrong").await,
            Err(LoginRefusal::Wrong)
        ));
    }
    let right = log_in(&counter, "correct horse battery").await;
    assert!(matches!(right, Err(LoginRefusal::TryLater)), "{right:?}");
    counter
        .clock
        .advance(limits::LOGIN_PAUSE + Duration::from_secs(1));
    log_in(&counter, "correct horse battery").await.unwrap();
}

pub async fn who_enters_is_written_down(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    log_in(&counter, "correct horse battery").await.unwrap();
    for _ in 0..2 {
        assert!(log_in(&counter, "wrong").await.is_err());
    }
    log_in(&counter, "correct horse battery").await.unwrap();
    let log = counter.store.read(|tx| staff::audit::latest(tx, 1, 10));
    let said: Vec<_> = log
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.staff, entry.action, entry.note))
        .collect();
    let entry = |action: &str, note: Option<&str>| {
        let note = note.map(str::to_owned);
        ("anne".to_owned(), action.to_owned(), note)
    };
    assert_eq!(
        said,
        [
            entry("staff.enter", None),
            entry("staff.wrong", Some("2")),
            entry("staff.enter", None)
        ]
    );
}

pub async fn a_session_ends(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let session = |token: String| {
        let (store, now) = (counter.store.clone(), counter.clock.now());
        async move {
            store
                .read(move |tx| staff::session(tx, &token, now))
                .await
                .unwrap()
        }
    };
    let opened = log_in(&counter, "correct horse battery").await.unwrap();
    let found = session(opened.token.clone()).await.unwrap();
    assert_eq!(
        (found.member.login.as_str(), found.member.role),
        ("anne", Role::Administrator)
    );
    assert_eq!(session("something else".into()).await, None);
    let (id, quiet) = (found.id, limits::STAFF_IDLE - Duration::from_secs(1));
    let mut worked = Duration::ZERO;
    while worked + quiet < limits::STAFF_SESSION {
        counter.clock.advance(quiet);
        worked += quiet;
        let now = counter.clock.now();
        assert!(session(opened.token.clone()).await.is_some(), "{worked:?}");
        let used = counter.store.write(move |tx| staff::seen(tx, id, now));
        used.await.unwrap();
    }
    counter.clock.advance(limits::STAFF_SESSION - worked);
    assert_eq!(session(opened.token).await, None, "after a day's work");
    let unused = log_in(&counter, "correct horse battery").await.unwrap();
    counter.clock.advance(limits::STAFF_IDLE);
    assert_eq!(session(unused.token).await, None, "after an hour unused");

    let (left, fired) = (
        log_in(&counter, "correct horse battery").await.unwrap(),
        log_in(&counter, "correct horse battery").await.unwrap(),
    );
    let token = left.token.clone();
    counter
        .store
        .write(move |tx| staff::log_out(tx, &token))
        .await
        .unwrap();
    assert_eq!(session(left.token).await, None, "logged out");
    assert!(session(fired.token.clone()).await.is_some());
    counter
        .store
        .write(|tx| staff::disable(tx, "anne"))
        .await
        .unwrap();
    assert_eq!(session(fired.token).await, None, "may not enter any more");
    assert!(matches!(
        log_in(&counter, "correct horse battery").await,
        Err(LoginRefusal::Wrong)
    ));
}

pub async fn a_delivery_of_many_titles_is_counted_at_once(counter: Counter) {
    let now = counter.clock.now();
    for (copies, on_hand) in [
        ([(ETRANGER, 3), (NADJA, 0)], [3, 0]),
        ([(ETRANGER, 2), (NADJA, 7)], [5, 7]),
    ] {
        counter
            .store
            .write(move |tx| stock::receive(tx, &copies, StockPolicy::Reorder, Some("van"), now))
            .await
            .unwrap();
        let levels = [
            counter.level(ETRANGER).await.on_hand,
            counter.level(NADJA).await.on_hand,
        ];
        assert_eq!(levels, on_hand);
    }
    let moves = counter
        .store
        .read(|tx| stock::moves(tx, ETRANGER, 10))
        .await
        .unwrap();
    let changes: Vec<_> = moves.iter().map(|moved| moved.on_hand).collect();
    assert_eq!(changes, [2, 3], "newest first");
}
