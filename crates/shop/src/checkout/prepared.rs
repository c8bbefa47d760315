//! Everything about an order that can be worked out before the transaction begins.

use sha2::{Digest, Sha256};
use storage::Fault;
use trade::{
    clock::{Clock, Timestamp},
    delivery::Tariff,
    goods::Goods,
    ids::{EditionId, IdempotencyKey, OrderNumber, PaymentId},
    limits,
    locale::Locale,
    money::Money,
};

use super::{Draft, Placed, Refusal};
use crate::{
    columns, ledger,
    order::OrderState,
    payment::CardWanted,
    pricing::{self, Line, Quote},
    random,
    text::fold,
};

/// An order ready to be written.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub draft: Draft,
    pub number: OrderNumber,
    pub payment: PaymentId,
    pub nonce: String,
    pub request: Request,
    pub quote: Quote,
    pub entries: Vec<ledger::Entry>,
    pub now: Timestamp,
    pub hold_until: Timestamp,
    pub search_text: String,
}

impl Prepared {
    /// Prices the draft and checks that the total is the one the reader was shown.
    pub fn of(draft: &Draft, tariff: &Tariff, clock: &Clock) -> Result<Self, Refusal> {
        let now = clock.now();
        let quote = pricing::quote(
            &draft.lines,
            draft.destination(),
            tariff,
            now.date_in_paris(),
        )?;
        let unsold = |line: &&Line| !pricing::is_sold(line.goods, line.unit);
        if let Some(line) = draft.lines.iter().find(unsold) {
            return Err(Refusal::NotBuyable {
                edition: line.edition,
            });
        }
        if quote.total != draft.total_shown {
            return Err(Refusal::PriceChanged {
                was: draft.total_shown,
                now: quote.total,
            });
        }
        let number = OrderNumber::from_bits(u64::from_le_bytes(random::bytes()?));
        let reader = format!("{number} {} {}", draft.address.name, draft.email);
        Ok(Self {
            number,
            payment: PaymentId::new(),
            nonce: random::token::<16>()?,
            request: Request::of(draft)?,
            entries: ledger::sale(&quote.vat),
            quote,
            now,
            hold_until: now.plus(limits::ORDER_HOLD),
            search_text: fold(&reader),
            draft: draft.clone(),
        })
    }

    /// The answer when the order was written.
    pub fn placed(&self) -> Placed {
        Placed {
            number: self.number.clone(),
            total: self.quote.total,
            state: OrderState::AwaitingPayment,
            hold_until: self.hold_until,
            card: Some(CardWanted {
                order: self.number.clone(),
                payment: self.payment,
                amount: self.quote.total,
                nonce: self.nonce.clone(),
                expires: self.hold_until,
                locale: self.draft.locale,
            }),
            repeated: false,
        }
    }

    /// The answer when the catalogue does not say any more what the reader was shown.
    pub fn changed(&self, offers: &[Offered], tariff: &Tariff) -> Refusal {
        if let Some(gone) = offers.iter().find(|offer| !offer.buyable) {
            return Refusal::NotBuyable {
                edition: gone.edition,
            };
        }
        let renewed = |line: &Line| match offers.iter().find(|offer| offer.edition == line.edition)
        {
            Some(offer) => Line {
                unit: offer.unit,
                goods: offer.goods,
                ..*line
            },
            None => *line,
        };
        let lines: Vec<_> = self.draft.lines.iter().map(renewed).collect();
        let date = self.now.date_in_paris();
        match pricing::quote(&lines, self.draft.destination(), tariff, date) {
            Ok(quote) => Refusal::PriceChanged {
                was: self.draft.total_shown,
                now: quote.total,
            },
            Err(unquotable) => unquotable.into(),
        }
    }
}

/// What the catalogue says of an edition whose line is not what the reader was shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered {
    pub edition: EditionId,
    pub unit: Money,
    pub goods: Goods,
    pub buyable: bool,
}

/// What tells a repeat from another request under the same key.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub key: IdempotencyKey,
    /// SHA-256 of the draft, in hexadecimal.
    pub hash: String,
    pub locale: Locale,
}

impl Request {
    pub fn of(draft: &Draft) -> Result<Self, Fault> {
        let digest = Sha256::digest(columns::to_json(draft)?.as_bytes());
        let hash = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            key: draft.key.clone(),
            hash,
            locale: draft.locale,
        })
    }
}
