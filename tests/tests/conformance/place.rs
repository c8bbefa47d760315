//! From a cart to an order.

use shop::{
    cart::{self, CartRefusal},
    checkout::Refusal,
    order::OrderState,
    pricing::Line,
    stock::StockPolicy,
};
use trade::{
    goods::Goods,
    ids::{EditionId, IdempotencyKey},
    limits,
    money::Money,
};

use crate::counter::{
    Counter, EBOOK, ETRANGER, FREE, MUG, NADJA, OUT_OF_PRINT, UNPRICED, paris, title,
};

pub async fn a_cart_holds_what_can_be_bought(counter: Counter) {
    let cart = counter.cart(&[(ETRANGER, 1), (MUG, 2)]).await;
    let now = counter.clock.now();
    for edition in [UNPRICED, EBOOK, OUT_OF_PRINT, FREE, EditionId(999)] {
        let adding = counter
            .store
            .write(move |tx| cart::add(tx, cart, edition, 1, now))
            .await;
        assert!(
            matches!(adding, Err(CartRefusal::NotBuyable { .. })),
            "{edition}: {adding:?}"
        );
    }
    let many = counter
        .store
        .write(move |tx| cart::add(tx, cart, ETRANGER, limits::LINE_QUANTITY, now));
    assert_eq!(
        many.await.unwrap(),
        limits::LINE_QUANTITY,
        "the rest is left out"
    );
    let set = counter
        .store
        .write(move |tx| cart::set_quantity(tx, cart, ETRANGER, 3, now));
    set.await.unwrap();
    let gone = counter
        .store
        .write(move |tx| cart::set_quantity(tx, cart, NADJA, 3, now))
        .await;
    assert!(matches!(gone, Err(CartRefusal::NotInCart { .. })));

    counter.shelve(ETRANGER, 2, StockPolicy::Limited).await;
    let shown = counter
        .store
        .read(move |tx| cart::view(tx, cart))
        .await
        .unwrap();
    let lines: Vec<_> = shown
        .lines
        .iter()
        .map(|line| (line.edition, line.quantity))
        .collect();
    assert_eq!(lines, [(ETRANGER, 3), (MUG, 2)]);
    assert_eq!(shown.lines[0].unit, Some(Money::cents(990)));
    assert_eq!(shown.lines[0].at_most, Some(2));
    assert!(!shown.lines[0].can_be_ordered() && shown.lines[1].can_be_ordered());
    assert_eq!(shown.copies(), 5);
    let removing = counter
        .store
        .write(move |tx| cart::set_quantity(tx, cart, MUG, 0, now));
    removing.await.unwrap();
    assert_eq!(
        counter
            .store
            .read(move |tx| cart::copies(tx, cart))
            .await
            .unwrap(),
        3
    );
}

pub async fn carts_merge(counter: Counter) {
    let from = counter.cart(&[(ETRANGER, 1), (MUG, 2)]).await;
    let into = counter.cart(&[(ETRANGER, 3)]).await;
    let now = counter.clock.now();
    counter
        .store
        .write(move |tx| cart::merge(tx, from, into, now))
        .await
        .unwrap();
    let copies = counter.store.read(move |tx| {
        Ok::<_, storage::Fault>((cart::copies(tx, from)?, cart::copies(tx, into)?))
    });
    assert_eq!(copies.await.unwrap(), (0, 5));
    let later = now.plus(limits::ORDER_HOLD);
    let forgotten = counter
        .store
        .write(move |tx| cart::forget_abandoned(tx, later))
        .await
        .unwrap();
    assert_eq!(forgotten, 1);
}

pub async fn an_order_is_what_was_shown(counter: Counter) {
    counter.shelve(ETRANGER, 5, StockPolicy::Limited).await;
    let draft = counter.draft(&[(NADJA, 1), (ETRANGER, 2), (MUG, 1)]);
    let placed = counter.place(&draft).await.unwrap();
    assert!(!placed.repeated);
    assert_eq!(placed.total, draft.total_shown);

    let order = counter.order(&placed.number).await;
    assert_eq!(order.state, OrderState::AwaitingPayment);
    assert_eq!(order.total, draft.total_shown);
    assert_eq!(order.goods_total, Money::cents(1250 + 2 * 990 + 1200));
    assert_eq!(
        order.hold_until,
        counter.clock.now().plus(limits::ORDER_HOLD)
    );
    assert_eq!(
        (&order.email, &order.address),
        (&draft.email, &draft.address)
    );
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| (line.title.as_str(), line.quantity, line.from_stock))
        .collect();
    assert_eq!(
        lines,
        [
            ("Nadja", 1, false),
            ("L'Étranger", 2, true),
            ("Tasse", 1, false)
        ]
    );
    let rates: Vec<_> = order
        .vat
        .iter()
        .map(|line| line.rate.as_basis_points())
        .collect();
    assert_eq!(rates, [550, 2000]);
    let gross: Money = order.vat.iter().map(|line| line.net + line.vat).sum();
    assert_eq!(gross, order.total);

    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.held, level.available()), (5, 2, 3));
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.pending("receivable"), order.total);
    assert_eq!(balance.posted("receivable"), Money::ZERO);
    assert!(
        counter.letters().await.is_empty(),
        "nothing leaves the house before it is paid"
    );
}

pub async fn a_repeat_finds_its_order(counter: Counter) {
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let draft = counter.draft(&[(ETRANGER, 1)]);
    let first = counter.place(&draft).await.unwrap();
    let again = counter.place(&draft).await.unwrap();
    assert!(again.repeated);
    assert_eq!((&again.number, &again.card), (&first.number, &first.card));
    assert_eq!(counter.level(ETRANGER).await.held, 1);

    counter.pay(&first.card.unwrap()).await.unwrap();
    // The price changes: the repeat is about the order that stands.
    counter
        .put([title(
            "L'Étranger",
            Some(1090),
            Goods::NewBook,
            trade::availability::Availability::InStock,
        )])
        .await;
    let late = counter.place(&draft).await.unwrap();
    assert_eq!(
        (late.number.clone(), late.state, late.card),
        (first.number, OrderState::Confirmed, None)
    );
    let key = draft.key.clone();
    let found = counter
        .store
        .read(move |tx| shop::order::by_idempotency_key(tx, &key))
        .await
        .unwrap();
    assert_eq!(found, Some(late.number));
}

pub async fn ten_posts_of_one_form_are_one_order(counter: Counter) {
    counter.shelve(ETRANGER, 5, StockPolicy::Limited).await;
    let draft = counter.draft(&[(ETRANGER, 1)]);
    let posts: Vec<_> = (0..10)
        .map(|_| {
            let (counter, draft) = (counter.clone(), draft.clone());
            tokio::spawn(async move { counter.place(&draft).await.unwrap() })
        })
        .collect();
    let mut placed = Vec::new();
    for post in posts {
        placed.push(post.await.unwrap());
    }
    assert_eq!(placed.iter().filter(|placed| !placed.repeated).count(), 1);
    assert!(placed.iter().all(|other| other.number == placed[0].number));
    assert_eq!(counter.orders().await, 1);
    assert_eq!(counter.level(ETRANGER).await.held, 1);
}

pub async fn another_request_under_the_same_key_is_refused(counter: Counter) {
    let draft = counter.draft(&[(ETRANGER, 1)]);
    counter.place(&draft).await.unwrap();
    let mut other = draft.clone();
    other.address = paris("Jean Lecteur");
    assert!(matches!(
        counter.place(&other).await,
        Err(Refusal::KeyReused)
    ));
    assert_eq!(counter.orders().await, 1);
}

pub async fn a_refused_order_leaves_nothing(counter: Counter) {
    counter.shelve(NADJA, 5, StockPolicy::Limited).await;
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let draft = counter.draft(&[(NADJA, 1), (ETRANGER, 2)]);
    let refused = counter.place(&draft).await;
    assert!(
        matches!(
            refused,
            Err(Refusal::OutOfStock {
                edition: ETRANGER,
                available: 1
            })
        ),
        "{refused:?}"
    );
    assert_eq!(counter.orders().await, 0);
    assert_eq!(counter.level(NADJA).await.held, 0);
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert!(balance.accounts.is_empty());
    // The same wish under the same key, once the copies are there.
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    assert!(!counter.place(&draft).await.unwrap().repeated);
}

pub async fn a_changed_price_is_told_and_nothing_placed(counter: Counter) {
    let draft = counter.draft(&[(ETRANGER, 2), (MUG, 1)]);
    counter
        .put([title(
            "L'Étranger",
            Some(1090),
            Goods::NewBook,
            trade::availability::Availability::InStock,
        )])
        .await;
    let refused = counter.place(&draft).await;
    let now_cents = draft.total_shown + Money::cents(200);
    assert!(
        matches!(refused, Err(Refusal::PriceChanged { was, now }) if was == draft.total_shown && now == now_cents),
        "{refused:?}"
    );
    // A total that was never right is refused before anything is asked.
    let mut cheap = counter.draft(&[(MUG, 1)]);
    cheap.total_shown = Money::cents(1);
    assert!(matches!(
        counter.place(&cheap).await,
        Err(Refusal::PriceChanged { .. })
    ));
    // A price that somebody made up is not the catalogue's.
    let mut made_up = counter.draft(&[(MUG, 1)]);
    made_up.lines = vec![Line {
        unit: Money::cents(1),
        ..made_up.lines[0]
    }];
    let today = counter.clock.today();
    let quoted = shop::pricing::quote(
        &made_up.lines,
        made_up.destination(),
        &counter.tariff,
        today,
    );
    made_up.total_shown = quoted.unwrap().total;
    assert!(matches!(
        counter.place(&made_up).await,
        Err(Refusal::PriceChanged { .. })
    ));
    assert_eq!(counter.orders().await, 0);
}

pub async fn what_is_not_sold_is_not_placed(counter: Counter) {
    for edition in [UNPRICED, EBOOK, OUT_OF_PRINT, FREE, EditionId(999)] {
        let refused = counter
            .place(&counter.draft(&[(MUG, 1), (edition, 1)]))
            .await;
        assert!(
            matches!(refused, Err(Refusal::NotBuyable { edition: named }) if named == edition),
            "{edition}: {refused:?}"
        );
    }
    let mut nothing = counter.draft(&[(MUG, 1)]);
    nothing.lines.clear();
    assert!(matches!(
        counter.place(&nothing).await,
        Err(Refusal::EmptyCart)
    ));
    assert_eq!(counter.orders().await, 0);
}

pub async fn sixty_four_buyers_ten_copies(counter: Counter) {
    counter.shelve(ETRANGER, 10, StockPolicy::Limited).await;
    let buyers: Vec<_> = (0..64)
        .map(|_| {
            let counter = counter.clone();
            tokio::spawn(async move {
                match counter.place(&counter.draft(&[(ETRANGER, 1)])).await {
                    Ok(placed) => {
                        counter.pay(&placed.card.unwrap()).await.unwrap();
                        true
                    }
                    Err(Refusal::OutOfStock {
                        edition: ETRANGER, ..
                    }) => false,
                    Err(other) => panic!("{other:?}"),
                }
            })
        })
        .collect();
    let mut sold = 0;
    for buyer in buyers {
        sold += u32::from(buyer.await.unwrap());
    }
    assert_eq!(sold, 10);
    assert_eq!(counter.orders().await, 10);
    assert_eq!(
        counter.zone.times("authorise"),
        10,
        "nobody is charged without a book"
    );
    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.held), (0, 0));
}

pub async fn buyers_of_the_same_titles_in_any_order_do_not_block_each_other(counter: Counter) {
    for edition in [ETRANGER, NADJA, MUG] {
        counter.shelve(edition, 100, StockPolicy::Limited).await;
    }
    let wishes = [
        [ETRANGER, NADJA, MUG],
        [MUG, NADJA, ETRANGER],
        [NADJA, MUG, ETRANGER],
    ];
    let buyers: Vec<_> = (0..30)
        .map(|buyer| {
            let (counter, wish) = (counter.clone(), wishes[buyer % 3]);
            tokio::spawn(async move {
                let placed = counter
                    .place(&counter.draft(&wish.map(|edition| (edition, 1))))
                    .await
                    .unwrap();
                let order = counter.order(&placed.number).await;
                let shown: Vec<_> = order.lines.iter().map(|line| line.edition).collect();
                assert_eq!(shown, wish, "lines stay as they were shown");
            })
        })
        .collect();
    for buyer in buyers {
        buyer.await.unwrap();
    }
    assert_eq!(counter.level(NADJA).await.held, 30);
}

pub async fn an_unpaid_order_gives_way_to_the_next_from_its_cart(counter: Counter) {
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let cart = counter.cart(&[(ETRANGER, 1)]).await;
    let mut draft = counter.draft(&[(ETRANGER, 1)]);
    draft.cart = Some(cart);
    let first = counter.place(&draft).await.unwrap();
    // Back to the form, another name on the label: the last copy is still hers.
    let mut second = draft.clone();
    (second.key, second.address) = (IdempotencyKey::new(), paris("Jean Lecteur"));
    let second = counter.place(&second).await.unwrap();
    assert_eq!(
        counter.order(&first.number).await.state,
        OrderState::Expired
    );
    let refused = counter.pay(&first.card.unwrap()).await;
    assert!(matches!(
        refused,
        Err(shop::payment::PayRefusal::NotWaiting {
            state: OrderState::Expired
        })
    ));

    counter.pay(&second.card.unwrap()).await.unwrap();
    assert_eq!(
        counter
            .store
            .read(move |tx| cart::copies(tx, cart))
            .await
            .unwrap(),
        0
    );
    // A paid order gives way to nothing.
    let mut third = draft.clone();
    third.key = IdempotencyKey::new();
    assert!(matches!(
        counter.place(&third).await,
        Err(Refusal::OutOfStock { available: 0, .. })
    ));
    assert_eq!(
        counter.order(&second.number).await.state,
        OrderState::Confirmed
    );
}

pub async fn what_is_not_counted_is_ordered_from_the_supplier(counter: Counter) {
    let placed = counter.ordered(&[(NADJA, 40)]).await;
    assert!(!counter.order(&placed.number).await.lines[0].from_stock);
    counter.shelve(ETRANGER, 2, StockPolicy::Reorder).await;
    let from_shelf = counter.ordered(&[(ETRANGER, 2)]).await;
    let from_supplier = counter.ordered(&[(ETRANGER, 1)]).await;
    assert!(counter.order(&from_shelf.number).await.lines[0].from_stock);
    assert!(!counter.order(&from_supplier.number).await.lines[0].from_stock);
    assert_eq!(counter.level(ETRANGER).await.held, 2);
}
