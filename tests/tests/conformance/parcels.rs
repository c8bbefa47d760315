//! Orders that leave in several parcels, are cancelled in part and given back in parts, whatever pays them.

use banking::creditor_reference::CreditorReference;
use shop::{
    ledger::TrialBalance,
    order::{Copies, OrderState},
    payment::{
        Arrived, Authorisation, Chosen, Contents, Guarantee, Means, PaymentState, Return,
        SettleRefusal, Settled, cancel, choose, refund, refund_sent, ship, transfer_arrived,
    },
    stock::StockPolicy,
};
use trade::{delivery::DeliveryMethod, ids::OrderNumber, limits, money::Money, payment::Outcome};

use crate::counter::{Counter, ETRANGER, MUG, NADJA};

impl Counter {
    async fn send(
        &self,
        number: &OrderNumber,
        copies: &[Copies],
    ) -> Result<Settled, SettleRefusal> {
        let contents = Contents {
            copies: Some(copies.to_vec()),
            tracking: Some("6A12345678901".into()),
        };
        ship(
            &self.store,
            &self.methods,
            &self.clock,
            number,
            &contents,
            "anne",
        )
        .await
    }

    async fn send_all(&self, number: &OrderNumber) -> Result<Settled, SettleRefusal> {
        ship(
            &self.store,
            &self.methods,
            &self.clock,
            number,
            &Contents::ALL,
            "anne",
        )
        .await
    }

    async fn call_off(&self, number: &OrderNumber) -> Result<Settled, SettleRefusal> {
        cancel(&self.store, &self.methods, &self.clock, number, "anne").await
    }

    async fn give_back(
        &self,
        number: &OrderNumber,
        copies: &[Copies],
        delivery: bool,
    ) -> Result<Settled, SettleRefusal> {
        let what = Return {
            copies: Some(copies.to_vec()),
            delivery,
            restock: true,
        };
        refund(
            &self.store,
            &self.methods,
            &self.clock,
            number,
            &what,
            "anne",
        )
        .await
    }

    async fn give_all_back(&self, number: &OrderNumber) -> Result<Settled, SettleRefusal> {
        refund(
            &self.store,
            &self.methods,
            &self.clock,
            number,
            &Return::ALL,
            "anne",
        )
        .await
    }

    pub async fn pays_by(&self, number: &OrderNumber, means: Means) -> Chosen {
        choose(&self.store, &self.methods, &self.clock, number, means)
            .await
            .unwrap()
    }

    async fn arrives(&self, reference: &CreditorReference, amount: Money) -> Arrived {
        let (reference, now) = (reference.clone(), self.clock.now());
        self.store
            .write(move |tx| transfer_arrived(tx, &reference, amount, "ENTRY-1", now))
            .await
            .unwrap()
    }

    async fn balance(&self) -> TrialBalance {
        self.store.read(shop::ledger::trial_balance).await.unwrap()
    }

    async fn standing(&self, number: &OrderNumber) -> (OrderState, PaymentState, i64, i64) {
        let order = self.order(number).await;
        let payment = order.payment.unwrap();
        let (captured, refunded) = (payment.captured.as_cents(), payment.refunded.as_cents());
        (order.state, payment.state, captured, refunded)
    }
}

/// Three « L'Étranger » (9.90 at 5.5 %) and two mugs (12.00 at 20 %), by post: 53.70 and the delivery.
async fn five_things(counter: &Counter) -> (OrderNumber, Money) {
    counter.shelve(ETRANGER, 5, StockPolicy::Limited).await;
    let number = counter.paid(&[(ETRANGER, 3), (MUG, 2)]).await;
    let total = counter.order(&number).await.total;
    (number, total)
}

pub async fn an_order_leaves_in_parcels(counter: Counter) {
    let (number, total) = five_things(&counter).await;
    let delivery = total - Money::cents(5370);
    assert!(
        delivery > Money::ZERO,
        "the first parcel carries the delivery"
    );

    let sent = counter.send(&number, &[(1, 1), (2, 1)]).await.unwrap();
    assert_eq!(sent, Settled::Done);
    let first = (delivery + Money::cents(2190)).as_cents();
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Confirmed, PaymentState::Authorised, first, 0)
    );
    assert!(counter.order(&number).await.is_partly_sent());
    let balance = counter.balance().await;
    assert!(balance.is_balanced());
    assert_eq!(balance.posted("card-clearing").as_cents(), first);
    assert_eq!(
        balance.pending("card-clearing"),
        total - Money::cents(first)
    );

    let too_many = counter.send(&number, &[(1, 3)]).await;
    assert!(matches!(
        too_many,
        Err(SettleRefusal::NoSuchCopies {
            position: 1,
            available: 2
        })
    ));
    assert!(matches!(
        counter.send(&number, &[(1, 0)]).await,
        Err(SettleRefusal::Nothing)
    ));
    assert_eq!(counter.send_all(&number).await.unwrap(), Settled::Done);
    assert_eq!(
        counter.standing(&number).await,
        (
            OrderState::Shipped,
            PaymentState::Captured,
            total.as_cents(),
            0
        )
    );

    // V3: two parcels are the order, at every rate, to the cent.
    let (balance, order) = (counter.balance().await, counter.order(&number).await);
    for line in &order.vat {
        let points = line.rate.as_basis_points();
        assert_eq!(balance.posted(&format!("vat:{points}")), -line.vat);
    }
    assert_eq!(balance.posted("receivable"), Money::ZERO);
    assert!(
        balance
            .accounts
            .iter()
            .all(|account| account.pending.is_zero())
    );
    let letters = counter.letters().await;
    let parcels = letters.iter().filter(|key| key.starts_with("mail:parcel:"));
    assert_eq!((parcels.count(), letters.len()), (2, 3));
    let letter = counter.letter(1).await;
    assert_eq!(letter.amount.unwrap().as_cents(), first);
    assert_eq!(letter.tracking.as_deref(), Some("6A12345678901"));
    assert_eq!(
        letter.lines.iter().map(|line| line.quantity).sum::<u32>(),
        2
    );
}

pub async fn the_rest_is_called_off(counter: Counter) {
    let (number, _) = five_things(&counter).await;
    assert_eq!(counter.level(ETRANGER).await.on_hand, 2);
    counter.send(&number, &[(1, 1)]).await.unwrap();
    let captured = counter.standing(&number).await.2;

    let refused = Outcome::Refused { code: "91".into() };
    counter.zone.will_settle(Ok(refused));
    let asked = counter.call_off(&number).await.unwrap();
    assert!(matches!(asked, Settled::Refused { .. }));
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Shipped, PaymentState::Authorised, captured, 0),
        "the rest is off, its reservation stands"
    );
    assert_eq!(counter.level(ETRANGER).await.on_hand, 4);
    assert_eq!(counter.call_off(&number).await.unwrap(), Settled::Done);
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Shipped, PaymentState::Captured, captured, 0)
    );
    assert_eq!(counter.level(ETRANGER).await.on_hand, 4, "once");
    let balance = counter.balance().await;
    assert_eq!(balance.posted("card-clearing").as_cents(), captured);
    assert!(
        balance
            .accounts
            .iter()
            .all(|account| account.pending.is_zero())
    );
    assert!(matches!(
        counter.call_off(&number).await,
        Err(SettleRefusal::NotNow { .. })
    ));
    let letters = counter.letters().await;
    assert!(letters.contains(&format!("mail:rest_cancelled:{number}")));
}

pub async fn money_goes_back_in_parts(counter: Counter) {
    let (number, total) = five_things(&counter).await;
    counter.send(&number, &[(1, 2)]).await.unwrap();
    assert_eq!(
        counter.give_back(&number, &[(1, 1)], false).await.unwrap(),
        Settled::Done,
        "before the last parcel left"
    );
    let (state, payment, _, refunded) = counter.standing(&number).await;
    assert_eq!(
        (state, payment, refunded),
        (OrderState::Confirmed, PaymentState::Authorised, 990)
    );
    assert_eq!(
        counter.level(ETRANGER).await.on_hand,
        3,
        "it is back on the shelf"
    );
    counter.send_all(&number).await.unwrap();
    assert!(matches!(
        counter.give_back(&number, &[(1, 3)], false).await,
        Err(SettleRefusal::NoSuchCopies {
            position: 1,
            available: 2
        })
    ));
    counter
        .zone
        .will_settle(Ok(Outcome::Refused { code: "12".into() }));
    let refused = counter.give_back(&number, &[(2, 1)], false).await.unwrap();
    assert!(matches!(refused, Settled::Refused { .. }));
    counter.give_back(&number, &[(2, 1)], true).await.unwrap();
    assert_eq!(
        counter.standing(&number).await.0,
        OrderState::Shipped,
        "one mug and two books are kept"
    );
    assert_eq!(counter.give_all_back(&number).await.unwrap(), Settled::Done);
    let total = total.as_cents();
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Refunded, PaymentState::Refunded, total, total)
    );
    let balance = counter.balance().await;
    let nothing =
        |account: &shop::ledger::Balance| account.posted.is_zero() && account.pending.is_zero();
    assert!(balance.accounts.iter().all(nothing), "{balance:?}");
    assert!(matches!(
        counter.give_all_back(&number).await,
        Err(SettleRefusal::Nothing | SettleRefusal::NotNow { .. })
    ));
}

pub async fn a_parcel_that_the_bank_refuses_waits_again(counter: Counter) {
    let (number, _) = five_things(&counter).await;
    counter
        .zone
        .will_settle(Ok(Outcome::Refused { code: "13".into() }));
    let refused = counter.send(&number, &[(1, 1)]).await.unwrap();
    assert!(matches!(refused, Settled::Refused { .. }));
    let order = counter.order(&number).await;
    assert_eq!(order.waiting(&order.lines[0]), 3);

    // A bank that is slow: the parcel leaves when it has answered, and once.
    counter.zone.will_settle(Ok(Outcome::Pending));
    assert_eq!(
        counter.send(&number, &[(1, 1)]).await.unwrap(),
        Settled::Pending
    );
    assert!(matches!(
        counter.send(&number, &[(1, 1)]).await,
        Err(SettleRefusal::NotNow { .. })
    ));
    counter.clock.advance(limits::SETTLE_AGAIN);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    let order = counter.order(&number).await;
    assert_eq!(
        (order.waiting(&order.lines[0]), order.sent(&order.lines[0])),
        (2, 1)
    );
    let parcel = order.parcels.last().unwrap();
    assert!(
        counter
            .zone
            .asked()
            .iter()
            .filter(|asked| asked.starts_with("capture"))
            .count()
            >= 3
    );
    assert_eq!(
        parcel.captured,
        counter.order(&number).await.payment.unwrap().captured
    );
}

pub async fn a_transfer_pays_when_it_arrives(counter: Counter) {
    counter.shelve(ETRANGER, 5, StockPolicy::Limited).await;
    let placed = counter.ordered(&[(ETRANGER, 2)]).await;
    let number = placed.number;
    assert_eq!(
        counter.pays_by(&number, Means::Transfer).await,
        Chosen::Transfer
    );
    assert_eq!(
        counter.pays_by(&number, Means::Transfer).await,
        Chosen::Transfer,
        "once more"
    );
    let order = counter.order(&number).await;
    let payment = order.payment.as_ref().unwrap();
    let reference = CreditorReference::parse(payment.reference.as_deref().unwrap()).unwrap();
    assert_eq!(
        counter.letters().await,
        [format!("mail:transfer:{number}:{}", payment.id)]
    );
    counter.clock.advance(limits::ORDER_HOLD * 3);
    let now = counter.clock.now();
    let expired = counter
        .store
        .write(move |tx| shop::order::release_expired(tx, now))
        .await;
    assert_eq!(expired.unwrap(), 0, "a transfer takes days");

    let other = counter
        .arrives(&reference, placed.total - Money::cents(1))
        .await;
    assert_eq!(
        other,
        Arrived::OtherAmount {
            order: number.clone(),
            due: placed.total
        }
    );
    assert_eq!(
        counter.arrives(&reference, placed.total).await,
        Arrived::Paid(number.clone())
    );
    assert_eq!(
        counter.arrives(&reference, placed.total).await,
        Arrived::TooLate(number.clone())
    );
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    assert_eq!(
        order.payment.unwrap().evidence.guarantee(),
        Guarantee::Issuer
    );

    // Four booksellers, one copy: it leaves once, without asking any bank.
    let tries: Vec<_> = (0..4)
        .map(|_| {
            let (counter, number) = (counter.clone(), number.clone());
            tokio::spawn(async move { counter.send(&number, &[(1, 2)]).await.is_ok() })
        })
        .collect();
    let mut sent = 0;
    for attempt in tries {
        sent += u32::from(attempt.await.unwrap());
    }
    assert_eq!((sent, counter.zone.times("capture")), (1, 0));
    let total = placed.total;
    assert_eq!(counter.balance().await.posted("bank"), total);

    assert_eq!(
        counter.give_all_back(&number).await.unwrap(),
        Settled::Pending
    );
    let payment = counter.standing(&number).await.1;
    assert_eq!(payment, PaymentState::Refunding, "a bookseller sends it");
    counter.clock.advance(limits::SETTLE_AGAIN);
    assert_eq!(
        counter.recover().await.unwrap(),
        Default::default(),
        "nobody else can"
    );
    refund_sent(&counter.store, &counter.clock, &number, "anne")
        .await
        .unwrap();
    assert_eq!(counter.standing(&number).await.0, OrderState::Refunded);
    assert_eq!(counter.balance().await.posted("bank"), Money::ZERO);
}

pub async fn what_was_transferred_for_nothing_goes_back(counter: Counter) {
    let placed = counter.ordered(&[(ETRANGER, 2)]).await;
    let number = placed.number;
    counter.pays_by(&number, Means::Transfer).await;
    let reference = CreditorReference::for_order(&number);
    counter.arrives(&reference, placed.total).await;
    counter.send(&number, &[(1, 1)]).await.unwrap();
    assert_eq!(counter.call_off(&number).await.unwrap(), Settled::Pending);
    refund_sent(&counter.store, &counter.clock, &number, "anne")
        .await
        .unwrap();
    let (state, payment, captured, refunded) = counter.standing(&number).await;
    assert_eq!(
        (state, payment),
        (OrderState::Shipped, PaymentState::Captured)
    );
    assert_eq!((captured, refunded), (placed.total.as_cents(), 990));
    let balance = counter.balance().await;
    assert_eq!(balance.posted("bank"), placed.total - Money::cents(990));
    assert_eq!(balance.posted("receivable"), Money::ZERO);
}

pub async fn it_is_paid_when_it_is_collected(counter: Counter) {
    let mut draft = counter.draft(&[(ETRANGER, 2), (MUG, 1)]);
    let posted = counter.place(&draft).await.unwrap();
    let by_post = choose(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &posted.number,
        Means::Collection,
    );
    assert!(
        by_post.await.is_err(),
        "nobody comes for a parcel that is sent"
    );
    draft = counter.draft(&[(ETRANGER, 2), (MUG, 1)]);
    draft.method = DeliveryMethod::ShopCollection;
    draft.total_shown = Money::cents(3180);
    let number = counter.place(&draft).await.unwrap().number;
    assert_eq!(
        counter.pays_by(&number, Means::Collection).await,
        Chosen::Collection
    );
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Confirmed, PaymentState::AwaitingReader, 0, 0)
    );
    counter.send(&number, &[(1, 1)]).await.unwrap();
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Confirmed, PaymentState::AwaitingReader, 990, 0)
    );
    counter.give_back(&number, &[(1, 1)], false).await.unwrap();
    counter.send_all(&number).await.unwrap();
    assert_eq!(
        counter.standing(&number).await,
        (OrderState::Shipped, PaymentState::Captured, 3180, 990)
    );
    assert_eq!(
        counter.balance().await.posted("till"),
        Money::cents(3180 - 990)
    );
    counter.give_all_back(&number).await.unwrap();
    assert_eq!(counter.standing(&number).await.0, OrderState::Refunded);
    assert_eq!(counter.balance().await.posted("till"), Money::ZERO);
    assert!(
        counter.zone.asked().is_empty(),
        "no bank was asked anything"
    );
}

pub async fn nobody_came_for_it(counter: Counter) {
    let mut draft = counter.draft(&[(ETRANGER, 1)]);
    draft.method = DeliveryMethod::ShopCollection;
    draft.total_shown = Money::cents(990);
    let number = counter.place(&draft).await.unwrap().number;
    counter.pays_by(&number, Means::Collection).await;
    assert_eq!(counter.call_off(&number).await.unwrap(), Settled::Done);
    assert_eq!(counter.order(&number).await.state, OrderState::Cancelled);
    let balance = counter.balance().await;
    assert!(
        balance
            .accounts
            .iter()
            .all(|account| account.pending.is_zero())
    );
}

pub async fn a_reader_changes_her_mind_about_the_means(counter: Counter) {
    let placed = counter.ordered(&[(NADJA, 1)]).await;
    let first = placed.card.unwrap();
    counter.pays_by(&placed.number, Means::Transfer).await;
    assert!(
        counter.pay(&first).await.is_err(),
        "it waits for a transfer now"
    );
    let Chosen::Card(card) = counter.pays_by(&placed.number, Means::Card).await else {
        panic!("not a card");
    };
    assert_ne!(
        card.payment, first.payment,
        "the transfer keeps its own payment"
    );
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Confirmed);
    let reference = CreditorReference::for_order(&placed.number);
    assert_eq!(
        counter.arrives(&reference, placed.total).await,
        Arrived::TooLate(placed.number.clone())
    );
    assert_eq!(counter.balance().await.posted("bank"), Money::ZERO);
}

/// A walk at random through everything that can be done with orders, the bank answering at random; after each step
/// the ledger keeps exactly what the parcels and refunds say.
pub async fn whatever_is_done_the_ledger_keeps_what_left(counter: Counter) {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut pick = |most: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % most
    };
    for _ in 0..6 {
        let number = counter.paid(&[(ETRANGER, 3), (MUG, 2), (NADJA, 1)]).await;
        for _ in 0..14 {
            let answer = match pick(5) {
                0 => Ok(Outcome::Refused { code: "91".into() }),
                1 => Ok(Outcome::Pending),
                _ => Ok(Outcome::Done),
            };
            let (line, copies) = (
                u32::try_from(1 + pick(3)).unwrap(),
                u32::try_from(1 + pick(2)).unwrap(),
            );
            let asked = counter.zone.asked().len();
            counter.zone.will_settle(answer);
            let _ = match pick(9) {
                0..4 => counter.send(&number, &[(line, copies)]).await,
                4..7 => {
                    counter
                        .give_back(&number, &[(line, copies)], pick(4) == 0)
                        .await
                }
                7 if pick(3) == 0 => counter.call_off(&number).await,
                _ => counter.give_all_back(&number).await,
            };
            if counter.zone.asked().len() == asked {
                counter.zone.forget_answers();
            }
            counter.clock.advance(limits::SETTLE_AGAIN);
            counter.recover().await.unwrap();
            check(&counter, &number).await;
        }
    }
}

/// Sales, delivery and VAT hold what was sent and not given back; the clearing account what was taken less what was
/// given back.
async fn check(counter: &Counter, number: &OrderNumber) {
    let order = counter.order(number).await;
    let id = order.id;
    let lines = counter
        .store
        .read(move |tx| shop::ledger::of_order(tx, id))
        .await
        .unwrap();
    let posted = |account: &str| -> Money {
        let at = |line: &&shop::ledger::LedgerLine| {
            line.state == shop::ledger::TransferState::Posted && line.account.starts_with(account)
        };
        lines.iter().filter(at).map(|line| line.amount).sum()
    };
    let sent: Money = order
        .parcels
        .iter()
        .filter(|parcel| parcel.left.is_some())
        .map(|parcel| parcel.goods + parcel.delivery)
        .sum();
    let kept = sent - order.given_back();
    assert_eq!(
        -(posted("sales") + posted("delivery") + posted("vat")),
        kept,
        "{number}: sales"
    );
    let payment = order.payment.unwrap();
    assert_eq!(
        posted("card-clearing"),
        payment.captured - payment.refunded,
        "{number}: clearing"
    );
    assert_eq!(payment.captured, sent, "{number}: what left was taken");
    assert_eq!(
        posted("receivable"),
        Money::ZERO,
        "{number}: nobody owes anything"
    );
}
