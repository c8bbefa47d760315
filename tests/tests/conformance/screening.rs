//! Orders screened before they are paid: traces that are counted, decisions that are kept and made again, codes, the
//! review queue, rules and their shadow, a bureau that does not answer.

use std::{
    pin::Pin,
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use ::screening::{DEFAULT_RULES, Decision, Facts};
use shop::{
    disputes::{self, NewDispute},
    order::OrderKeys,
    payment::{Chosen, Means, SettleRefusal},
    screening::{
        self as verbs, Attempt, Bureau, BureauFault, BureauWord, CodeRefusal, MarkKeys, Outcome,
        PublishRefusal, ReviewRefusal, ScreenRefusal, Screened, Screening, Standing, Visit, limits,
    },
};
use storage::Fault;
use trade::{
    address::Email,
    bureau::{BureauAnswer, BureauQuestion},
    delivery::DeliveryMethod,
    ids::{CartId, OrderNumber, PaymentId},
    money::Money,
    payment::{AuthoriseOutcome, Decline},
};

use crate::counter::{Counter, ETRANGER, MUG, receipt, ship};
use crate::reconcile::{Bank, disputed, hand_in_statement};

const GO: Outcome = Outcome::Go { held: false };
const HELD: Outcome = Outcome::Go { held: true };

mod sql {
    storage::statements! {
        pub DROP_LATEST = "DELETE FROM screening_traces WHERE id = (SELECT MAX(id) FROM screening_traces)";
        pub DAMAGE = "UPDATE screening_rules SET rules = 'of another time' WHERE id = $1";
    }
}

fn screening() -> Screening {
    Screening::new(keys(), None)
}

pub fn keys() -> MarkKeys {
    MarkKeys::beside(&OrderKeys::new(&[7; 32]))
}

/// Rules with one condition that decides alone.
pub fn one_rule(when: &str, decision: &str) -> String {
    format!(
        "[thresholds]\nstep_up = 10\nreview = 20\nrefuse = 30\n[[rule]]\nid = \"one\"\nwhen = \"{when}\"\n\
         weight = 0\nat_least = \"{decision}\"\nfr = \"une\"\nen = \"one\"\n"
    )
}

impl Counter {
    pub async fn rules(&self, rules: &str) -> i64 {
        let (rules, now) = (rules.to_owned(), self.clock.now());
        let publishing = self.store.write(move |tx| {
            verbs::save_draft(tx, &rules, "anne", now)?;
            let trial = verbs::try_on_history(tx, &rules)?;
            verbs::note_trial(tx, &trial)?;
            verbs::publish(tx, &rules, "anne", now)
        });
        publishing.await.unwrap()
    }

    /// An order of that reader, and the attempt to pay it with that card from that browser.
    async fn attempt(&self, email: &str, card: &str, cart: Option<CartId>) -> Attempt {
        let mut draft = self.draft(&[(MUG, 1)]);
        draft.email = Email::parse(email).unwrap();
        let placed = self.place(&draft).await.unwrap();
        let mut receipt = receipt(&placed.card.unwrap());
        receipt.pseudonym = (!card.is_empty()).then(|| card.to_owned());
        Attempt::with_card(
            &receipt,
            Visit {
                cart,
                peer: "203.0.113.9".parse().ok(),
            },
        )
    }

    async fn screen(&self, screening: &Screening, attempt: &Attempt) -> Outcome {
        let asked = verbs::screen(&self.store, screening, &self.clock, attempt.clone());
        asked.await.unwrap()
    }

    pub async fn screened(&self, number: &OrderNumber) -> Vec<Screened> {
        let order = self.order(number).await.id;
        let reading = self.store.read(move |tx| verbs::of_order(tx, order));
        reading.await.unwrap()
    }

    async fn facts(&self, number: &OrderNumber) -> Facts {
        self.screened(number).await.remove(0).facts
    }

    pub async fn codes(&self) -> usize {
        let now = self.clock.now().as_micros();
        let leasing = move |tx: &mut dyn storage::Tx| {
            storage::outbox::lease(tx, verbs::letter::TOPIC, 100, now, 0)
        };
        self.store.write(leasing).await.unwrap().len()
    }
}

pub async fn an_ordinary_order_goes_on_and_is_decided_once(counter: Counter) {
    let (screening, attempt) = (
        screening(),
        counter.attempt("lea@example.org", "c1", None).await,
    );
    assert_eq!(counter.screen(&screening, &attempt).await, GO);
    // Reloaded, in two tabs, on another node.
    for screening in [screening, self::screening()] {
        assert_eq!(counter.screen(&screening, &attempt).await, GO);
    }
    let decided = counter.screened(&attempt.order).await;
    assert_eq!(decided.len(), 1);
    let [decided] = decided.as_slice() else {
        panic!()
    };
    assert_eq!(decided.verdict.decision, Decision::Accept);
    assert_eq!(
        (decided.bureau, decided.standing),
        (BureauWord::Off, Standing::Settled)
    );
    let facts = &decided.facts;
    assert_eq!((facts.copies, facts.titles), (1, 1));
    assert_eq!(facts.place, "agrees");
    assert_eq!(
        (facts.card_30d, facts.email_30d, facts.network_30d),
        (0, 0, 0)
    );
    assert!(facts.new_reader && facts.has_card && facts.has_network && !facts.has_device);
    let shown = decided.clone();
    let replay = counter
        .store
        .read(move |tx| verbs::replay(tx, &shown))
        .await;
    assert!(replay.unwrap().unwrap().same);
}

pub async fn ten_tabs_are_one_decision(counter: Counter) {
    let (screening, attempt) = (
        screening(),
        counter.attempt("lea@example.org", "c1", None).await,
    );
    let tabs: Vec<_> = (0..10)
        .map(|_| {
            let (counter, screening, attempt) =
                (counter.clone(), screening.clone(), attempt.clone());
            tokio::spawn(async move { counter.screen(&screening, &attempt).await })
        })
        .collect();
    for tab in tabs {
        assert_eq!(tab.await.unwrap(), GO);
    }
    assert_eq!(counter.screened(&attempt.order).await.len(), 1);
}

pub async fn what_was_seen_before_is_counted_by_card_mailbox_browser_and_network(counter: Counter) {
    let (screening, cart) = (screening(), Some(shop::cart::create()));
    let attempts = [
        ("lea@example.org", "c1", cart),
        ("lea+x@example.org", "c2", cart),
        ("tom@example.org", "c2", cart),
        ("ida@example.org", "c3", None),
    ];
    for (email, card, cart) in attempts {
        let attempt = counter.attempt(email, card, cart).await;
        counter.screen(&screening, &attempt).await;
        counter.clock.advance(Duration::from_secs(900));
    }
    counter.clock.advance(Duration::from_secs(3600));
    let last = counter.attempt("lea@example.org", "c2", cart).await;
    counter.screen(&screening, &last).await;
    let facts = counter.facts(&last.order).await;
    assert_eq!(
        (
            facts.card_10m,
            facts.card_1h,
            facts.card_24h,
            facts.card_30d
        ),
        (0, 0, 2, 2)
    );
    assert_eq!(
        (facts.email_24h, facts.device_24h, facts.network_24h),
        (2, 3, 4)
    );
    assert_eq!((facts.network_1h, facts.address_30d), (0, 4));
    assert_eq!(
        (facts.cards_of_device_24h, facts.cards_of_email_24h),
        (1, 1)
    );
    assert_eq!(
        (facts.cards_of_address_30d, facts.cards_of_network_1h),
        (2, 0)
    );
    assert_eq!(
        (facts.emails_of_card_30d, facts.emails_of_address_30d),
        (1, 2)
    );
    assert_eq!(
        (facts.emails_of_device_24h, facts.emails_of_device_30d),
        (1, 1)
    );
    assert!(!facts.email_aliased && facts.new_reader);
}

pub async fn what_the_bank_declined_and_what_was_paid_long_enough_ago_counts(counter: Counter) {
    let (screening, cart) = (screening(), Some(shop::cart::create()));
    let said_no = AuthoriseOutcome::Declined {
        reason: Decline::DoNotHonour,
    };
    for declined in [true, false] {
        let mut draft = counter.draft(&[(MUG, 1)]);
        draft.email = Email::parse("lea@example.org").unwrap();
        let placed = counter.place(&draft).await.unwrap();
        let mut receipt = receipt(&placed.card.unwrap());
        receipt.pseudonym = Some("c1".into());
        let visit = Visit { cart, peer: None };
        counter
            .screen(&screening, &Attempt::with_card(&receipt, visit))
            .await;
        if declined {
            counter.zone.will_authorise(Ok(said_no.clone()));
        }
        counter.show(&receipt).await.unwrap();
    }
    let soon = counter.attempt("lea@example.org", "c1", cart).await;
    counter.screen(&screening, &soon).await;
    let facts = counter.facts(&soon.order).await;
    assert_eq!(
        (facts.declines_of_device_24h, facts.declines_of_email_24h),
        (1, 1)
    );
    assert!(
        facts.new_reader && !facts.card_known,
        "paid a moment ago is not known"
    );
    counter.clock.advance(Duration::from_secs(25 * 3600));
    let later = counter.attempt("lea@example.org", "c1", cart).await;
    counter.screen(&screening, &later).await;
    let facts = counter.facts(&later.order).await;
    assert_eq!((facts.paid_orders, facts.new_reader), (1, false));
    assert!(facts.card_known && facts.device_known && facts.address_known);
    assert_eq!(facts.declines_of_device_24h, 0);
}

/// What is known of a reader who orders again, a day later, from the same browser to the same address.
async fn known(counter: &Counter, email: &str, cart: Option<CartId>) -> Facts {
    counter.clock.advance(Duration::from_secs(25 * 3600));
    let again = counter.attempt(email, "c1", cart).await;
    counter.screen(&screening().watching(), &again).await;
    counter.facts(&again.order).await
}

fn is_stranger(facts: &Facts) -> bool {
    facts.new_reader
        && facts.paid_orders == 0
        && !facts.address_known
        && !facts.device_known
        && !facts.card_known
}

pub async fn only_orders_whose_money_came_make_a_reader_known(counter: Counter) {
    let screening = screening();
    let place = async |email: &str, collected: bool| {
        let mut draft = counter.draft(&[(MUG, 1)]);
        draft.email = Email::parse(email).unwrap();
        if collected {
            draft.method = DeliveryMethod::ShopCollection;
            draft.total_shown = Money::cents(1200);
        }
        counter.place(&draft).await.unwrap().number
    };
    let choose = async |number: &OrderNumber, means: Means, cart| {
        let visit = Visit { cart, peer: None };
        let attempt = Attempt::by_other_means(number, means.code(), visit);
        assert_eq!(counter.screen(&screening, &attempt).await, GO);
        counter.pays_by(number, means).await;
    };

    // Three times books are put aside that nobody pays.
    let cart = Some(shop::cart::create());
    let mut put_aside = Vec::new();
    for _ in 0..3 {
        let number = place("eve@example.org", true).await;
        choose(&number, Means::Collection, cart).await;
        put_aside.push(number);
    }
    let facts = known(&counter, "eve@example.org", cart).await;
    assert!(is_stranger(&facts), "{facts:?}");
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    ship(store, methods, clock, &put_aside[0], "anne")
        .await
        .unwrap();
    let facts = known(&counter, "eve@example.org", cart).await;
    assert_eq!(facts.paid_orders, 1, "paid at the till");
    assert!(facts.device_known && facts.address_known);

    // A transfer that has not come.
    let cart = Some(shop::cart::create());
    let awaited = place("tom@example.org", false).await;
    choose(&awaited, Means::Transfer, cart).await;
    assert!(is_stranger(&known(&counter, "tom@example.org", cart).await));

    // A certificate that pays the whole.
    let code = counter.sell("100").await;
    let number = place("ida@example.org", false).await;
    let spent = counter.spend_screened(&screening, &number, &code).await;
    assert_eq!(spent.unwrap().due, Money::ZERO);
    assert_eq!(
        known(&counter, "ida@example.org", None).await.paid_orders,
        1
    );
}

pub async fn an_order_that_waits_for_a_look_makes_nobody_known(counter: Counter) {
    counter.rules(&one_rule("has_card", "review")).await;
    let (screening, cart) = (screening(), Some(shop::cart::create()));
    let (number, _) = paid_with(&counter, &screening, ("lea@example.org", "c1"), cart).await;
    assert!(is_stranger(&known(&counter, "lea@example.org", cart).await));
    let (held, now) = (
        counter.screened(&number).await.remove(0),
        counter.clock.now(),
    );
    let releasing = move |tx: &mut dyn storage::Tx| verbs::release(tx, held.id, "anne", now);
    counter.store.write(releasing).await.unwrap();
    let facts = known(&counter, "lea@example.org", cart).await;
    assert_eq!(facts.paid_orders, 1);
    assert!(facts.card_known && facts.device_known && facts.address_known);
}

/// An order that is paid with a card, and its payment.
async fn paid_with(
    counter: &Counter,
    screening: &Screening,
    (email, card): (&str, &str),
    cart: Option<CartId>,
) -> (OrderNumber, PaymentId) {
    let mut draft = counter.draft(&[(MUG, 1)]);
    draft.email = Email::parse(email).unwrap();
    let placed = counter.place(&draft).await.unwrap();
    let mut receipt = receipt(&placed.card.unwrap());
    receipt.pseudonym = Some(card.to_owned());
    let attempt = Attempt::with_card(&receipt, Visit { cart, peer: None });
    let outcome = counter.screen(screening, &attempt).await;
    assert!(matches!(outcome, Outcome::Go { .. }), "{outcome:?}");
    counter.show(&receipt).await.unwrap();
    (placed.number, receipt.payment)
}

pub async fn a_card_that_was_refused_is_not_known_by_the_order_that_another_one_paid(
    counter: Counter,
) {
    let screening = screening();
    let mut draft = counter.draft(&[(MUG, 1)]);
    draft.email = Email::parse("lea@example.org").unwrap();
    let placed = counter.place(&draft).await.unwrap();
    let number = placed.number.clone();
    let said_no = AuthoriseOutcome::Declined {
        reason: Decline::DoNotHonour,
    };
    let mut stolen = receipt(&placed.card.unwrap());
    stolen.pseudonym = Some("c1".into());
    let visit = Visit::default();
    counter
        .screen(&screening, &Attempt::with_card(&stolen, visit))
        .await;
    counter.zone.will_authorise(Ok(said_no));
    counter.show(&stolen).await.unwrap();
    let Chosen::Card(wanted) = counter.pays_by(&number, Means::Card).await else {
        panic!("the order waits for another card");
    };
    let mut own = receipt(&wanted);
    own.pseudonym = Some("c2".into());
    counter
        .screen(&screening, &Attempt::with_card(&own, visit))
        .await;
    counter.show(&own).await.unwrap();
    let facts = known(&counter, "lea@example.org", None).await;
    assert_eq!((facts.paid_orders, facts.card_known), (1, false));
}

pub async fn a_disputed_order_makes_nobody_known_and_is_counted_until_it_is_won(counter: Counter) {
    let (screening, cart) = (screening(), Some(shop::cart::create()));
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let (number, payment) = paid_with(&counter, &screening, ("lea@example.org", "c1"), cart).await;
    ship(store, methods, clock, &number, "anne").await.unwrap();
    let facts = known(&counter, "lea@example.org", cart).await;
    assert_eq!((facts.paid_orders, facts.card_known), (1, true));
    let disputes_of = |facts: &Facts| {
        [
            facts.disputes_of_card_400d,
            facts.disputes_of_email_400d,
            facts.disputes_of_address_400d,
            facts.disputes_of_device_400d,
        ]
    };
    assert_eq!(disputes_of(&facts), [0; 4]);

    // The bank's letter, then its entry, then its word.
    let (new, of, now) = (
        NewDispute {
            amount: Money::cents(1200),
            reason: "10.4".into(),
            deadline: None,
            note: String::new(),
        },
        number.clone(),
        clock.now(),
    );
    let opening = store.write(move |tx| disputes::open(tx, &of, &new, "anne", now));
    let dispute = opening.await.unwrap();
    let facts = known(&counter, "lea@example.org", cart).await;
    assert!(is_stranger(&facts), "{facts:?}");
    assert_eq!(disputes_of(&facts), [1; 4]);
    let mut bank = Bank::default();
    let taken = disputed(payment, "D7", Money::cents(-1200), 1500);
    hand_in_statement(&counter, &bank.statement(clock.today(), vec![taken])).await;
    let now = clock.now();
    let losing = store.write(move |tx| disputes::lose(tx, dispute, "anne", now));
    losing.await.unwrap();
    let facts = known(&counter, "lea@example.org", cart).await;
    assert!(is_stranger(&facts), "shipped, and lost");
    assert_eq!(disputes_of(&facts), [1; 4]);
    let decided = counter
        .screened(&last_order(&counter).await)
        .await
        .remove(0);
    assert_eq!(decided.verdict.decision, Decision::Review);
    assert!(
        decided
            .verdict
            .reasons
            .iter()
            .any(|reason| reason.rule == "disputed_reader")
    );
    // Somebody else, with the same card; and somebody at the same door.
    let facts = known(&counter, "tom@example.org", None).await;
    assert_eq!(disputes_of(&facts), [1, 0, 1, 0]);
    // On another node, that begins now.
    let again = counter.attempt("lea@example.org", "c9", cart).await;
    counter.screen(&self::screening(), &again).await;
    assert_eq!(
        disputes_of(&counter.facts(&again.order).await),
        [0, 1, 1, 1]
    );

    let given_back = disputed(payment, "D7", Money::cents(1200), 0);
    hand_in_statement(&counter, &bank.statement(clock.today(), vec![given_back])).await;
    let facts = known(&counter, "lea@example.org", cart).await;
    assert_eq!((disputes_of(&facts), facts.paid_orders), ([0; 4], 1));
}

/// The order that was placed last.
async fn last_order(counter: &Counter) -> OrderNumber {
    let all = shop::order::Filter::default();
    let listing = counter
        .store
        .read(move |tx| shop::order::list(tx, &all, 1, 1));
    listing.await.unwrap().orders.remove(0).number
}

pub async fn nodes_learn_from_each_other_and_remember_nothing_that_is_gone(counter: Counter) {
    let (here, there) = (screening(), screening());
    there
        .remember(&counter.store, &counter.clock)
        .await
        .unwrap();
    let known = async |screening: &Screening, card: &str| {
        let attempt = counter.attempt("lea@example.org", card, None).await;
        counter.screen(screening, &attempt).await;
        let facts = counter.facts(&attempt.order).await;
        (facts.email_24h, facts.cards_of_email_24h)
    };
    assert_eq!(known(&here, "c1").await, (0, 0));
    assert_eq!(known(&there, "c2").await, (1, 1));
    assert_eq!(known(&there, "c1").await, (2, 1));
    assert_eq!(known(&here, "c3").await, (3, 2));
    assert_eq!(known(&here, "c4").await, (4, 3));
    let dropped = counter
        .store
        .write(|tx| tx.execute(&sql::DROP_LATEST, &[]))
        .await;
    assert_eq!(
        dropped.unwrap(),
        1,
        "as a commit that failed would leave it"
    );
    assert_eq!(
        known(&here, "c1").await,
        (4, 2),
        "what c4 left is not there"
    );
    assert_eq!(known(&there, "c1").await, (5, 2));
    assert_eq!(known(&screening(), "c1").await, (6, 2));
}

pub async fn a_refused_order_is_never_asked_for_and_says_so_again(counter: Counter) {
    counter.rules(&one_rule("copies >= 1", "refuse")).await;
    let (screening, attempt) = (
        screening(),
        counter.attempt("lea@example.org", "c1", None).await,
    );
    for _ in 0..2 {
        assert_eq!(counter.screen(&screening, &attempt).await, Outcome::Refused);
    }
    // Another card is another attempt, a mild rule another decision.
    counter.rules(&one_rule("copies >= 9", "refuse")).await;
    assert_eq!(counter.screen(&screening, &attempt).await, Outcome::Refused);
    let other = Attempt {
        card: Some("c2".into()),
        ..attempt
    };
    assert_eq!(counter.screen(&screening, &other).await, GO);
}

pub async fn an_order_that_waits_for_nothing_is_not_screened(counter: Counter) {
    let paid = counter.paid(&[(MUG, 1)]).await;
    let attempt = Attempt::by_other_means(&paid, "transfer", Visit::default());
    let asked = verbs::screen(
        &counter.store,
        &screening(),
        &counter.clock,
        attempt.clone(),
    )
    .await;
    assert!(matches!(asked, Err(ScreenRefusal::NotWaiting)));
    let nobodys = Attempt {
        order: OrderNumber::from_bits(7),
        ..attempt.clone()
    };
    let asked = verbs::screen(&counter.store, &screening(), &counter.clock, nobodys).await;
    assert!(matches!(asked, Err(ScreenRefusal::NoSuchOrder)));
    let long = Attempt {
        name: "x".repeat(limits::ATTEMPT_BYTES + 1),
        ..attempt
    };
    let asked = verbs::screen(&counter.store, &screening(), &counter.clock, long).await;
    assert!(matches!(asked, Err(ScreenRefusal::BadName)));
}

pub async fn a_shop_that_watches_writes_down_and_does_nothing(counter: Counter) {
    let watching = screening().watching();
    for (place, decision) in [Decision::StepUp, Decision::Review, Decision::Refuse]
        .into_iter()
        .enumerate()
    {
        counter
            .rules(&one_rule("copies >= 1", decision.code()))
            .await;
        let attempt = counter
            .attempt(&format!("r{place}@example.org"), "c1", None)
            .await;
        assert_eq!(counter.screen(&watching, &attempt).await, GO);
        let decided = counter.screened(&attempt.order).await.remove(0);
        assert_eq!(
            (decided.verdict.decision, decided.standing),
            (decision, Standing::Watched)
        );
    }
    assert_eq!(counter.codes().await, 0);
}

pub async fn a_held_order_is_paid_but_not_shipped_before_somebody_looked(counter: Counter) {
    counter.rules(&one_rule("copies >= 1", "review")).await;
    let screening = screening();
    let mut held = Vec::new();
    for email in ["lea@example.org", "tom@example.org"] {
        let mut draft = counter.draft(&[(ETRANGER, 1)]);
        draft.email = Email::parse(email).unwrap();
        let placed = counter.place(&draft).await.unwrap();
        let receipt = receipt(&placed.card.unwrap());
        let attempt = Attempt::with_card(&receipt, Visit::default());
        assert_eq!(counter.screen(&screening, &attempt).await, HELD);
        assert_eq!(
            counter.store.read(verbs::waiting).await.unwrap() as usize,
            held.len()
        );
        counter.show(&receipt).await.unwrap();
        held.push(placed.number);
    }
    let queue = counter.store.read(verbs::queue).await.unwrap();
    let numbers: Vec<_> = queue.iter().map(|queued| queued.number.clone()).collect();
    assert_eq!(numbers, held, "oldest first");
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    for number in &held {
        let shipping = ship(store, methods, clock, number, "anne").await;
        assert!(
            matches!(shipping, Err(SettleRefusal::InReview)),
            "{shipping:?}"
        );
    }
    let now = counter.clock.now();
    let [first, second] = [queue[0].screened.id, queue[1].screened.id];
    let releasing = store.write(move |tx| verbs::release(tx, first, "anne", now));
    assert_eq!(releasing.await.unwrap(), held[0]);
    let again = store
        .write(move |tx| verbs::reject(tx, first, "paul", now))
        .await;
    assert!(matches!(
        again,
        Err(ReviewRefusal::NotWaiting {
            standing: Standing::Released
        })
    ));
    let rejecting = store.write(move |tx| verbs::reject(tx, second, "paul", now));
    rejecting.await.unwrap();
    ship(store, methods, clock, &held[0], "anne").await.unwrap();
    let shipping = ship(store, methods, clock, &held[1], "anne").await;
    assert!(matches!(shipping, Err(SettleRefusal::InReview)));
    assert_eq!(store.read(verbs::waiting).await.unwrap(), 0);
    let log = store
        .read(|tx| shop::staff::audit::latest(tx, 1, 3))
        .await
        .unwrap();
    let said: Vec<_> = log
        .iter()
        .map(|entry| (entry.staff.as_str(), entry.action.as_str()))
        .collect();
    assert!(said.contains(&("anne", "screening.release")), "{said:?}");
    assert!(said.contains(&("paul", "screening.refuse")), "{said:?}");
}

pub async fn the_right_code_goes_on_and_guessing_is_hopeless(counter: Counter) {
    counter
        .rules(&one_rule("!email_confirmed", "step_up"))
        .await;
    let (screening, attempt) = (
        screening(),
        counter.attempt("lea@example.org", "c1", None).await,
    );
    let Outcome::StepUp { screening: id } = counter.screen(&screening, &attempt).await else {
        panic!("no code is asked for");
    };
    assert_eq!(counter.codes().await, 1);
    let (store, clock) = (&counter.store, &counter.clock);
    let which = (&attempt.order, id);
    let confirm = async |code: &str| verbs::confirm(store, &screening, clock, which, code).await;
    let code = keys().code(id, 1);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in [4, 3, 2, 1] {
        let refused = confirm(wrong).await;
        assert!(
            matches!(refused, Err(CodeRefusal::Wrong { left: l }) if l == left),
            "{refused:?}"
        );
    }
    assert!(matches!(confirm(wrong).await, Err(CodeRefusal::Over)));
    assert!(
        matches!(confirm(&code).await, Err(CodeRefusal::Over)),
        "too late"
    );
    let again = async || verbs::send_again(store, &screening, clock, which).await;
    assert!(matches!(again().await, Err(CodeRefusal::TooSoon)));
    clock.advance(limits::CODE_PAUSE);
    again().await.unwrap();
    assert!(
        matches!(confirm(&code).await, Err(CodeRefusal::Wrong { .. })),
        "the first is good no more"
    );
    clock.advance(limits::CODE_LIFE);
    let second = keys().code(id, 2);
    assert!(
        matches!(confirm(&second).await, Err(CodeRefusal::Over)),
        "too old"
    );
    again().await.unwrap();
    clock.advance(limits::CODE_PAUSE);
    assert!(matches!(again().await, Err(CodeRefusal::NoMore)));
    let third = keys().code(id, 3);
    let spaced = format!(" {} {} ", &third[..3], &third[3..]);
    assert_eq!(confirm(&spaced).await.unwrap(), GO);
    assert_eq!(confirm("").await.unwrap(), GO, "confirmed is confirmed");
    assert_eq!(counter.screen(&screening, &attempt).await, GO);
    let decided = counter.screened(&attempt.order).await;
    let rounds: Vec<_> = decided
        .iter()
        .map(|one| (one.round, one.standing))
        .collect();
    assert_eq!(rounds, [(2, Standing::Settled), (1, Standing::Confirmed)]);
    assert!(decided[0].facts.email_confirmed);
}

pub async fn a_code_counts_once_and_no_longer_than_ten_minutes(counter: Counter) {
    counter
        .rules(&one_rule("!email_confirmed", "step_up"))
        .await;
    assert!(limits::CODE_LIFE <= Duration::from_secs(600), "ASVS V6.5.5");
    let screening = screening();
    let (store, clock) = (&counter.store, &counter.clock);
    let first = counter.attempt("lea@example.org", "c1", None).await;
    let Outcome::StepUp { screening: id } = counter.screen(&screening, &first).await else {
        panic!("no code is asked for");
    };
    let code = keys().code(id, 1);
    clock.advance(limits::CODE_LIFE - Duration::from_secs(1));
    for _ in 0..3 {
        let confirmed = verbs::confirm(store, &screening, clock, (&first.order, id), &code).await;
        assert_eq!(confirmed.unwrap(), GO);
    }
    assert_eq!(
        counter.screened(&first.order).await.len(),
        2,
        "asked, and decided again once"
    );
    // The next order of the same reader asks for a code of its own.
    let second = counter.attempt("lea@example.org", "c1", None).await;
    let Outcome::StepUp { screening: next } = counter.screen(&screening, &second).await else {
        panic!("no code is asked for");
    };
    assert_ne!(keys().code(next, 1), code);
    let replayed = verbs::confirm(store, &screening, clock, (&second.order, next), &code).await;
    assert!(matches!(replayed, Err(CodeRefusal::Wrong { left: 4 })));
    clock.advance(Duration::from_secs(600));
    let own = keys().code(next, 1);
    let late = verbs::confirm(store, &screening, clock, (&second.order, next), &own).await;
    assert!(matches!(late, Err(CodeRefusal::Over)));
}

pub async fn a_code_opens_its_own_order_only(counter: Counter) {
    counter
        .rules(&one_rule("!email_confirmed", "step_up"))
        .await;
    let screening = screening();
    let mine = counter.attempt("lea@example.org", "c1", None).await;
    let theirs = counter.attempt("tom@example.org", "c2", None).await;
    let Outcome::StepUp { screening: id } = counter.screen(&screening, &mine).await else {
        panic!("no code is asked for");
    };
    counter.screen(&screening, &theirs).await;
    let (store, clock) = (&counter.store, &counter.clock);
    let code = keys().code(id, 1);
    let foreign = verbs::confirm(store, &screening, clock, (&theirs.order, id), &code);
    assert!(matches!(foreign.await, Err(CodeRefusal::NothingToConfirm)));
    let unknown = verbs::confirm(store, &screening, clock, (&mine.order, 999), "123456").await;
    assert!(matches!(unknown, Err(CodeRefusal::NothingToConfirm)));
}

pub async fn nobodys_mailbox_is_filled_with_codes(counter: Counter) {
    counter
        .rules(&one_rule("!email_confirmed", "step_up"))
        .await;
    let screening = screening();
    for round in 0..limits::CODES_PER_DAY + 3 {
        let email = format!("lea+{round}@example.org");
        let attempt = counter.attempt(&email, "c1", None).await;
        let asked = counter.screen(&screening, &attempt).await;
        assert!(matches!(asked, Outcome::StepUp { .. }));
    }
    assert_eq!(counter.codes().await, limits::CODES_PER_DAY as usize);
}

pub async fn rules_are_published_when_they_are_right_and_shadowed_without_effect(counter: Counter) {
    let now = counter.clock.now();
    let wrong = counter
        .store
        .write(move |tx| verbs::publish(tx, "nonsense", "anne", now))
        .await;
    assert!(matches!(wrong, Err(PublishRefusal::Mistakes(_))));
    let drafting = counter
        .store
        .write(move |tx| verbs::save_draft(tx, "half a ru", "anne", now));
    drafting.await.unwrap();
    let draft = counter.store.read(verbs::draft).await.unwrap();
    assert_eq!(
        (draft.rules.as_str(), draft.changed),
        ("half a ru", Some((now, "anne".into())))
    );
    let refusing = one_rule("copies >= 1", "refuse");
    let shadow = refusing.clone();
    let shading = counter
        .store
        .write(move |tx| verbs::set_shadow(tx, &shadow, "anne", now));
    let shadow_id = shading.await.unwrap();
    let screening = screening();
    let attempt = counter.attempt("lea@example.org", "c1", None).await;
    assert_eq!(counter.screen(&screening, &attempt).await, GO);
    let decided = counter.screened(&attempt.order).await.remove(0);
    assert_eq!(decided.shadow, Some((shadow_id, 0, Decision::Refuse)));

    let rules = refusing.clone();
    let trial = counter
        .store
        .read(move |tx| verbs::try_on_history(tx, &rules))
        .await
        .unwrap();
    assert_eq!((trial.looked_at, trial.changed), (1, 1));
    assert_eq!((trial.was, trial.would_be), ([1, 0, 0, 0], [0, 0, 0, 1]));
    assert_eq!(trial.changes[0].number, attempt.order);

    let compared = counter
        .store
        .read(move |tx| verbs::shadowed(tx, shadow_id))
        .await
        .unwrap();
    assert_eq!((compared.looked_at, compared.changed), (1, 1));
    assert_eq!(compared.kinds, [(Decision::Accept, Decision::Refuse, 1)]);

    let published = counter.rules(&refusing).await;
    let draft = counter.store.read(verbs::draft).await.unwrap();
    assert_eq!((draft.rules, draft.changed), (refusing, None));
    let stopping = counter
        .store
        .write(move |tx| verbs::stop_shadow(tx, "anne", now));
    stopping.await.unwrap();
    let second = counter.attempt("tom@example.org", "c2", None).await;
    assert_eq!(counter.screen(&screening, &second).await, Outcome::Refused);
    let decided = counter.screened(&second.order).await.remove(0);
    assert_eq!((decided.rules, decided.shadow), (published, None));
    let ((live, shadow), past) = counter
        .store
        .read(|tx| Ok::<_, Fault>((verbs::in_force(tx)?, verbs::versions(tx)?)))
        .await
        .unwrap();
    assert_eq!(
        (live.id, live.made_by.as_str(), shadow),
        (published, "anne", None)
    );
    assert!(past.iter().any(|version| version.rules == DEFAULT_RULES));
}

pub async fn rules_are_published_after_exactly_these_were_tried(counter: Counter) {
    let (store, now) = (&counter.store, counter.clock.now());
    let publish = async |rules: &str| {
        let rules = rules.to_owned();
        store
            .write(move |tx| verbs::publish(tx, &rules, "anne", now))
            .await
    };
    let attempt = async |rules: &str| {
        let rules = rules.to_owned();
        let trying = store.write(move |tx| -> Result<_, PublishRefusal> {
            verbs::save_draft(tx, &rules, "anne", now)?;
            let trial = verbs::try_on_history(tx, &rules)?;
            verbs::note_trial(tx, &trial)?;
            Ok(trial)
        });
        trying.await.unwrap()
    };
    let (first, second) = (
        one_rule("copies >= 9", "refuse"),
        one_rule("copies >= 8", "refuse"),
    );
    let order = counter.attempt("lea@example.org", "c1", None).await;
    counter.screen(&screening(), &order).await;
    assert!(matches!(
        publish(&first).await,
        Err(PublishRefusal::NotTried)
    ));
    let trial = attempt(&first).await;
    assert_eq!((trial.looked_at, trial.changed), (1, 0));
    assert!(
        matches!(publish(&second).await, Err(PublishRefusal::NotTried)),
        "changed after it was tried"
    );
    publish(&first).await.unwrap();
    // What is compared with is what is in force, whatever was decided in its time.
    let trial = attempt(&one_rule("copies >= 1", "refuse")).await;
    assert_eq!(
        (trial.changed, trial.changes[0].was),
        (1, (Decision::Accept, 0))
    );
    attempt(&second).await;
    let other = one_rule("copies >= 7", "refuse");
    let in_between = counter.rules(&other).await;
    attempt(&second).await;
    let drafting = second.clone();
    store
        .write(move |tx| verbs::save_draft(tx, &drafting, "paul", now))
        .await
        .unwrap();
    let published = publish(&second).await.unwrap();
    assert!(
        published > in_between,
        "kept again, and still the same text"
    );
    assert!(
        matches!(publish(&second).await, Err(PublishRefusal::NotTried)),
        "the draft is done with"
    );
}

pub async fn rules_that_cannot_be_read_any_more_stay_in_force_and_are_told(counter: Counter) {
    let id = counter.rules(&one_rule("copies >= 1", "refuse")).await;
    let damaging = counter
        .store
        .write(move |tx| tx.execute(&sql::DAMAGE, &[id.into()]));
    damaging.await.unwrap();
    assert_eq!(counter.store.read(verbs::unread).await.unwrap(), Some(id));
    let mut by = Vec::new();
    for (email, screening) in [
        ("a@example.org", screening()),
        ("b@example.org", screening()),
    ] {
        let attempt = counter.attempt(email, "", None).await;
        assert_eq!(counter.screen(&screening, &attempt).await, GO);
        let decided = counter.screened(&attempt.order).await.remove(0);
        by.push(decided.rules);
        let replay = counter
            .store
            .read(move |tx| verbs::replay(tx, &decided))
            .await;
        assert!(replay.unwrap().unwrap().same, "by the house's rules");
    }
    assert_ne!(by[0], id);
    assert_eq!(by[0], by[1], "the house's rules are kept once");
    let (live, _) = counter.store.read(verbs::in_force).await.unwrap();
    assert_eq!(
        (live.id, live.rules.as_str()),
        (id, "of another time"),
        "nothing is put in their place"
    );
    let log = counter
        .store
        .read(|tx| shop::staff::audit::latest(tx, 1, 50))
        .await
        .unwrap();
    let told: Vec<_> = log
        .iter()
        .filter(|entry| entry.action == "screening.unread")
        .map(|entry| (entry.subject.clone(), entry.note.clone()))
        .collect();
    assert_eq!(told, [(id.to_string(), Some(by[0].to_string()))]);
    counter.rules(&one_rule("copies >= 1", "refuse")).await;
    assert_eq!(counter.store.read(verbs::unread).await.unwrap(), None);
    let refused = counter.attempt("c@example.org", "", None).await;
    assert_eq!(
        counter.screen(&screening(), &refused).await,
        Outcome::Refused
    );
}

/// A bureau that does as it was told.
struct Played {
    answer: Result<u8, BureauFault>,
    after: Duration,
    asked: AtomicU32,
}

impl Bureau for Played {
    fn ask<'a>(
        &'a self,
        question: &'a BureauQuestion,
    ) -> Pin<Box<dyn Future<Output = Result<BureauAnswer, BureauFault>> + Send + 'a>> {
        assert_eq!(question.department, "75");
        assert!(!question.email.contains('@'), "{}", question.email);
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            tokio::time::sleep(self.after).await;
            self.answer.map(|score| BureauAnswer { score })
        })
    }
}

pub async fn a_bureau_that_is_silent_or_garbled_refuses_nobody(counter: Counter) {
    counter
        .rules(&one_rule("bureau_answered && bureau_score >= 90", "refuse"))
        .await;
    let soon = Duration::from_millis(1);
    let cases = [
        (Ok(95), soon, BureauWord::Answered, Outcome::Refused),
        (Ok(10), soon, BureauWord::Answered, GO),
        (Ok(95), Duration::from_secs(30), BureauWord::Silent, GO),
        (Err(BureauFault::Silent), soon, BureauWord::Silent, GO),
        (Err(BureauFault::Garbled), soon, BureauWord::Garbled, GO),
        (Ok(200), soon, BureauWord::Garbled, GO),
    ];
    for (place, (answer, after, word, outcome)) in cases.into_iter().enumerate() {
        let bureau = Arc::new(Played {
            answer,
            after,
            asked: AtomicU32::new(0),
        });
        let screening = Screening::new(keys(), Some(Arc::clone(&bureau) as Arc<dyn Bureau>));
        let attempt = counter
            .attempt(&format!("r{place}@example.org"), "", None)
            .await;
        let begun = Instant::now();
        assert_eq!(
            counter.screen(&screening, &attempt).await,
            outcome,
            "{place}"
        );
        assert!(
            begun.elapsed() < limits::BUREAU_TIME + Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(
            counter.screened(&attempt.order).await[0].bureau,
            word,
            "{place}"
        );
        counter.screen(&screening, &attempt).await;
        assert_eq!(bureau.asked.load(Ordering::SeqCst), 1, "asked once");
    }
}

pub async fn networks_traces_and_decisions_are_forgotten_in_their_time(counter: Counter) {
    let screening = screening();
    let attempt = counter.attempt("lea@example.org", "c1", None).await;
    counter.screen(&screening, &attempt).await;
    let forget = async || {
        let now = counter.clock.now();
        let forgetting = counter.store.write(move |tx| verbs::forget(tx, now));
        forgetting.await.unwrap()
    };
    assert_eq!(forget().await, 0);
    counter
        .clock
        .advance(limits::NETWORK_LIFE + Duration::from_secs(1));
    assert_eq!((forget().await, forget().await), (1, 0));
    assert_eq!(counter.screened(&attempt.order).await.len(), 1);
    counter.clock.advance(limits::TRACE_LIFE);
    assert_eq!((forget().await, forget().await), (2, 0));
    assert!(counter.screened(&attempt.order).await.is_empty());
}
