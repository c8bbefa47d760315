//! A round at the hosted provider: what it lists is kept first, and then what is not booked is booked, the oldest first, each
//! payout when all that it is made of is here.

use trade::limits;

use super::{
    door::{FetchFault, PayoutDoor},
    round::{Fetcher, Left, Round, Stop},
};
use crate::reconciliation::payouts::{self, Items, Payout, Transaction, Wanted};

impl Fetcher {
    pub(super) async fn payouts(
        &self,
        door: &dyn PayoutDoor,
        round: &mut Round,
    ) -> Result<Left, Stop> {
        let listed = self.listed(door).await?;
        let now = self.clock.now();
        let most = u32::try_from(limits::FETCH_FILES).unwrap_or(u32::MAX);
        let (undone, wanted) = self
            .store
            .write(move |tx| {
                let undone = payouts::keep(tx, &listed, now)?;
                let wanted = payouts::wanted(tx, most.saturating_add(1), now)?;
                Ok::<_, storage::Fault>((undone, wanted))
            })
            .await?;
        round.read += undone;
        for (place, payout) in wanted.into_iter().enumerate() {
            if place >= limits::FETCH_FILES {
                return Ok(Left::More);
            }
            self.payout(door, payout, round).await?;
        }
        Ok(Left::Nothing)
    }

    /// All that is listed, before any of it is kept: it comes from the newest to the oldest, and whoever stopped in between
    /// would not ask for the older ones again.
    async fn listed(&self, door: &dyn PayoutDoor) -> Result<Vec<Payout>, Stop> {
        let now = self.clock.now();
        let since = self.store.read(move |tx| payouts::since(tx, now)).await?;
        let mut listed = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..limits::FETCH_PAGES {
            let page = door.payouts(since, after.as_deref()).await?;
            listed.extend(page.listed);
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(listed),
            }
        }
        tracing::warn!("more payouts are listed than are read: the oldest are left out");
        Ok(listed)
    }

    /// Books a payout, unless what it is made of cannot be had; then it is put off, and holds up no other.
    async fn payout(
        &self,
        door: &dyn PayoutDoor,
        payout: Wanted,
        round: &mut Round,
    ) -> Result<(), Stop> {
        let transactions = match payout.items {
            Items::Never => Ok(Vec::new()),
            Items::Known | Items::Later => self.transactions(door, &payout.id).await,
        };
        let now = self.clock.now();
        let transactions = match transactions {
            Ok(transactions) => transactions,
            Err(fault) if fault.is_of_file() => {
                tracing::warn!(
                    payout = payout.id,
                    fault = fault.code(),
                    "a payout cannot be read"
                );
                round.failure = Some(fault);
                self.store
                    .write(move |tx| payouts::put_off(tx, &payout.id, now))
                    .await?;
                return Ok(());
            }
            Err(fault) => return Err(fault.into()),
        };
        let booked = self
            .store
            .write(move |tx| payouts::book(tx, &payout, &transactions, now))
            .await?;
        round.read += usize::from(booked);
        Ok(())
    }

    async fn transactions(
        &self,
        door: &dyn PayoutDoor,
        payout: &str,
    ) -> Result<Vec<Transaction>, FetchFault> {
        let mut transactions = Vec::new();
        let mut after: Option<String> = None;
        while transactions.len() < limits::PAYOUT_TRANSACTIONS {
            let page = door.transactions(payout, after.as_deref()).await?;
            transactions.extend(page.listed);
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(transactions),
            }
        }
        Err(FetchFault::Garbled)
    }
}
