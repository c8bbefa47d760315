//! What readers also bought: from paid orders, five buyers at least, published whole.

use std::time::Duration;

use shop::recommend::{LEAST_BUYERS, Origin, Refreshed, read, refresh};
use trade::ids::{EditionId, WorkId};

use crate::counter::{Counter, EBOOK, ETRANGER, MUG, NADJA, approved};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Counter {
    /// A paid order of a reader of her own.
    pub async fn bought(
        &self,
        reader: u32,
        wanted: &[(EditionId, u32)],
    ) -> trade::ids::OrderNumber {
        let mut draft = self.draft(wanted);
        let mail = format!("Lectrice{reader}@example.org");
        draft.email = trade::address::Email::parse(&mail).unwrap();
        let placed = self.place(&draft).await.unwrap();
        self.zone.will_authorise(Ok(approved()));
        self.pay(&placed.card.unwrap()).await.unwrap();
        placed.number
    }

    pub async fn near(&self, edition: EditionId) -> Vec<WorkId> {
        let work = self.work(edition).await;
        let table = self.store.read(read).await.unwrap().unwrap();
        assert_eq!(table.origin, Origin::Orders);
        table.near(work).to_vec()
    }

    pub async fn work(&self, edition: EditionId) -> WorkId {
        let reading = self
            .store
            .read(move |tx| catalogue::store::edition(tx, edition));
        reading.await.unwrap().unwrap().work
    }
}

pub async fn few_readers_are_never_shown(counter: Counter) {
    // One reader, however often she buys; and a basket with a mug, which is no book.
    for _ in 0..LEAST_BUYERS {
        counter.bought(0, &[(ETRANGER, 1), (NADJA, 1)]).await;
    }
    for reader in 1..LEAST_BUYERS - 1 {
        counter.bought(reader, &[(ETRANGER, 2), (MUG, 1)]).await;
        counter.bought(reader, &[(NADJA, 1)]).await;
    }
    let refreshed = refresh(&counter.store, &counter.clock).await.unwrap();
    assert!(
        matches!(refreshed, Refreshed::Published { works: 0, .. }),
        "{refreshed:?}"
    );

    // The last of five; but only once her order is paid, and counted the night after.
    let last = counter.ordered(&[(ETRANGER, 1), (NADJA, 1)]).await;
    counter.clock.advance(DAY);
    refresh(&counter.store, &counter.clock).await.unwrap();
    assert_eq!(counter.near(ETRANGER).await, [], "{:?}", last.number);
    counter
        .bought(LEAST_BUYERS, &[(NADJA, 1), (ETRANGER, 1), (MUG, 1)])
        .await;
    let again = refresh(&counter.store, &counter.clock).await.unwrap();
    assert_eq!(again, Refreshed::Recent, "once a day");
    counter.clock.advance(DAY);
    refresh(&counter.store, &counter.clock).await.unwrap();
    assert_eq!(
        counter.near(ETRANGER).await,
        [counter.work(NADJA).await],
        "each the other's, and never the mug"
    );
    assert_eq!(counter.near(NADJA).await, [counter.work(ETRANGER).await]);
    assert_eq!(counter.near(MUG).await, []);
}

pub async fn what_was_given_back_does_not_count(counter: Counter) {
    let mut orders = Vec::new();
    for reader in 0..LEAST_BUYERS {
        orders.push(counter.bought(reader, &[(ETRANGER, 1), (NADJA, 1)]).await);
    }
    refresh(&counter.store, &counter.clock).await.unwrap();
    assert_eq!(counter.near(ETRANGER).await.len(), 1);
    shop::payment::cancel(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &orders[0],
        "libraire",
    )
    .await
    .unwrap();
    counter.clock.advance(DAY);
    refresh(&counter.store, &counter.clock).await.unwrap();
    assert_eq!(
        counter.near(ETRANGER).await,
        [],
        "four are left, and the table of yesterday is forgotten"
    );
    assert_eq!(counter.near(EBOOK).await, []);
}
