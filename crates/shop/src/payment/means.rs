//! The means by which an order can be paid, and what each can do.

use std::sync::Arc;

use banking::iban::Iban;
use trade::delivery::DeliveryMethod;

use super::{HostedProvider, PaymentMethod, PaymentZone, network::PaymentNetwork};
use crate::{codes::coded, ledger::Account};

coded! {
    /// How an order is paid.
    pub enum Means {
        /// A card, checked in at the shop's own vault.
        Card = "card",
        /// A hosted provider's page.
        Provider = "provider",
        /// A credit transfer to the shop's account, before the parcel leaves.
        Transfer = "transfer",
        /// In the shop, when the order is collected.
        Collection = "collection",
    }
}

/// What a means of payment can do, gift certificates too ([`certificate::CAPABILITIES`](crate::certificate::CAPABILITIES)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// It reserves the amount before it takes it; otherwise what a parcel is due is paid as it is handed over.
    pub authorise: bool,
    /// The amount is taken when the parcel leaves; otherwise the order waits until the money is here.
    pub capture_later: bool,
    /// It is taken in parts, parcel by parcel.
    pub partial: bool,
    /// It gives money back when asked; otherwise a bookseller does, by hand.
    pub refund: bool,
    /// The reader pays on another origin and comes back; otherwise the order's page tells her what to do.
    pub redirect: bool,
}

impl Means {
    /// What it can do.
    pub const fn capabilities(self) -> Capabilities {
        match self {
            Self::Card => Capabilities {
                authorise: true,
                capture_later: true,
                partial: true,
                refund: true,
                redirect: true,
            },
            // One capture lifts what it leaves of the reservation.
            Self::Provider => Capabilities {
                authorise: true,
                capture_later: true,
                partial: false,
                refund: true,
                redirect: true,
            },
            Self::Transfer => Capabilities {
                authorise: false,
                capture_later: false,
                partial: false,
                refund: false,
                redirect: false,
            },
            Self::Collection => Capabilities {
                authorise: false,
                capture_later: true,
                partial: true,
                refund: false,
                redirect: false,
            },
        }
    }

    /// Where its money lies until the shop's bank has it.
    pub(crate) const fn account(self) -> Account {
        match self {
            Self::Card => Account::CardClearing,
            Self::Provider => Account::ProviderClearing,
            Self::Transfer => Account::Bank,
            Self::Collection => Account::Till,
        }
    }
}

/// The shop's account, as a reader types it into her bank's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopAccount {
    /// Whose it is.
    pub holder: String,
    /// Its IBAN.
    pub iban: Iban,
}

/// The means that a shop takes, each with what it is asked through.
#[derive(Clone, Default)]
pub struct Methods {
    /// Its own vault and switch.
    pub card: Option<Arc<dyn PaymentZone>>,
    /// The same two, as whoever operates them asks how they are.
    pub network: Option<Arc<dyn PaymentNetwork>>,
    /// A hosted provider.
    pub provider: Option<Arc<dyn HostedProvider>>,
    /// The account for credit transfers.
    pub transfer: Option<ShopAccount>,
    /// Whether who collects may pay in the shop.
    pub collection: bool,
}

impl Methods {
    /// What captures, reversals and refunds of these means are asked of; nothing for what a bookseller does by hand.
    pub(super) fn asked_of(&self, means: Means) -> Option<&dyn PaymentMethod> {
        match means {
            Means::Card => self.card.as_deref().map(|zone| zone as &dyn PaymentMethod),
            Means::Provider => self
                .provider
                .as_deref()
                .map(|provider| provider as &dyn PaymentMethod),
            Means::Transfer | Means::Collection => None,
        }
    }

    /// Whether the shop takes it for an order that is delivered so.
    pub fn takes(&self, means: Means, delivery: DeliveryMethod) -> bool {
        match means {
            Means::Card => self.card.is_some(),
            Means::Provider => self.provider.is_some(),
            Means::Transfer => self.transfer.is_some(),
            Means::Collection => self.collection && delivery == DeliveryMethod::ShopCollection,
        }
    }

    /// All that the shop takes for such an order, the preferred one first.
    pub fn taken(&self, delivery: DeliveryMethod) -> Vec<Means> {
        let all = Means::ALL.iter().copied();
        all.filter(|&means| self.takes(means, delivery)).collect()
    }
}
