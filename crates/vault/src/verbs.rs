//! Three of the four verbs: check a card in, redeem it once, describe it; the fourth is [`forget`](crate::forget). There is
//! no fifth that would give it back.

use std::sync::Arc;

use cards::entry::Card;
use cards::messages::Redeemed;
use link::signed::{self, SignedError};
use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;
use trade::money::Currency;
use trade::payment::{
    Brand, CardExpiry, CardSummary, CardToken, CheckInReceipt, CheckInTicket, Grant,
};

use crate::OpenVault;
use crate::audit::{self, Entry, Verb};
use crate::csc;
use crate::envelope::Unopened;
use crate::keys::Sealed;
use crate::record::{self, LockedCard};
use crate::store;

/// Why a ticket opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TicketRefusal {
    #[error("the ticket is not signed by the shop, or leads elsewhere")]
    Forged,
    #[error("the ticket is too old")]
    Expired(Box<CheckInTicket>),
}

/// Why a card is not checked in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckInRefusal {
    #[error("the ticket was used with another card")]
    OtherCard,
    #[error("the card cannot be locked")]
    Unlockable,
    #[error("the card that the ticket brought was used and is forgotten")]
    Over,
    #[error(transparent)]
    Sealed(#[from] Sealed),
    /// A rotation began meanwhile: it is locked again, under the new key.
    #[error("the epoch of the lock is over")]
    EpochOver,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a grant redeems nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedeemRefusal {
    #[error("the grant is not signed by the shop")]
    Forged,
    #[error("the grant is of another shop")]
    OtherShop,
    #[error("the grant is for another currency than the euro")]
    OtherCurrency,
    #[error("the grant is too old")]
    Expired,
    #[error("no card has this token")]
    UnknownToken,
    #[error("the card is forgotten")]
    Forgotten,
    #[error(transparent)]
    Sealed(#[from] Sealed),
    #[error("the card was checked in for another order, payment or amount")]
    OtherPayment,
    #[error("the grant was used before")]
    Used,
    /// Another grant was: a card is for one authorisation.
    #[error("the card was redeemed before")]
    Redeemed,
    #[error("the card's record does not open")]
    Unopened,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a card is not described.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DescribeRefusal {
    #[error("no card has this token")]
    UnknownToken,
    #[error("the card is forgotten")]
    Forgotten,
    #[error(transparent)]
    Sealed(#[from] Sealed),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A card that a ticket has already brought in.
pub(crate) struct CheckedIn {
    pub(crate) token: CardToken,
    pub(crate) summary: CardSummary,
    fingerprint: Vec<u8>,
    at: Timestamp,
    redeemed: bool,
    forgotten: bool,
}

impl CheckedIn {
    /// Whether the ticket has had its turn: its card was given to the switch, and is gone.
    pub(crate) fn is_over(&self) -> bool {
        self.forgotten && self.redeemed
    }

    /// Whether the card is gone and nobody had it: the ticket may bring one in again.
    fn is_void(&self) -> bool {
        self.forgotten && !self.redeemed
    }
}

/// Reads a ticket: signed by the shop, for this shop, leading back to it, and not too old.
pub(crate) fn read_ticket(vault: &OpenVault, signed: &str) -> Result<CheckInTicket, TicketRefusal> {
    let ticket: CheckInTicket =
        signed::verify(&vault.shop_key, signed).map_err(|_: SignedError| TicketRefusal::Forged)?;
    let back = ticket.return_url.strip_prefix(&vault.shop_origin);
    if ticket.shop != vault.shop || !back.is_some_and(|path| path.starts_with('/')) {
        return Err(TicketRefusal::Forged);
    }
    if ticket.expires < vault.clock.now() {
        return Err(TicketRefusal::Expired(Box::new(ticket)));
    }
    Ok(ticket)
}

/// What the ticket has brought in before, if anything that still counts.
pub(crate) async fn checked_in(
    vault: &OpenVault,
    ticket: &CheckInTicket,
) -> Result<Option<CheckedIn>, Fault> {
    let nonce = ticket.nonce.clone();
    let kept = vault
        .store
        .read(move |tx| checked_in_by(tx, &nonce))
        .await?;
    Ok(kept.filter(|kept| !kept.is_void()))
}

/// Takes a card in for the ticket's payment and answers with the signed receipt. The same card twice gives the same
/// receipt; another card on the same ticket is refused, because the first may already be with the bank. Only in the place
/// of one that was forgotten before anybody redeemed it comes another.
pub(crate) async fn check_in(
    vault: &OpenVault,
    ticket: &CheckInTicket,
    card: Card,
) -> Result<String, CheckInRefusal> {
    let now = vault.clock.now();
    let sealings = vault.safe.sealings();
    let entry = check_in_entry(ticket, now);
    let checked_in = loop {
        match lock_and_insert(vault, ticket, &card, &entry).await {
            Err(CheckInRefusal::EpochOver) => {}
            other => break other,
        }
    };
    let checked_in = checked_in.and_then(|locked| match locked {
        locked if locked.kept.is_over() => Err(CheckInRefusal::Over),
        locked if locked.kept.fingerprint != locked.fingerprint => Err(CheckInRefusal::OtherCard),
        locked => Ok(locked),
    });
    let Inserted { kept, is_new, .. } = match checked_in {
        Err(CheckInRefusal::Fault(fault)) => return Err(fault.into()),
        Err(refusal) => {
            let refused = Some(refusal.to_string());
            vault.note(Entry { refused, ..entry }).await?;
            return Err(refusal);
        }
        Ok(inserted) => inserted,
    };
    if !is_new {
        let again = Entry {
            token: Some(kept.token.clone()),
            again: true,
            ..entry
        };
        vault.note(again).await?;
    }
    if !kept.redeemed {
        csc::keep(vault, &kept.token, card.csc, sealings).await?;
    }
    tracing::info!(order = %ticket.order, token = kept.token.as_str(), "a card is checked in");
    receipt(vault, ticket, &kept).map_err(|_| CheckInRefusal::Unlockable)
}

fn check_in_entry(ticket: &CheckInTicket, now: Timestamp) -> Entry {
    Entry {
        order: Some(ticket.order.clone()),
        payment: Some(ticket.payment),
        amount: Some(ticket.amount),
        ..Entry::new(Verb::CheckIn, now)
    }
}

/// Writes down that a ticket brought no card in, and why.
pub(crate) async fn refuse_check_in(
    vault: &OpenVault,
    ticket: &CheckInTicket,
    why: &str,
) -> Result<(), Fault> {
    let entry = check_in_entry(ticket, vault.clock.now());
    let refused = Some(why.to_owned());
    vault.note(Entry { refused, ..entry }).await
}

/// What a ticket has brought in, now or before.
struct Inserted {
    kept: CheckedIn,
    /// Of the card that was given now.
    fingerprint: Vec<u8>,
    /// Whether it came in now.
    is_new: bool,
}

/// Locks the card and stores it, unless the ticket has brought one.
async fn lock_and_insert(
    vault: &OpenVault,
    ticket: &CheckInTicket,
    card: &Card,
    entry: &Entry,
) -> Result<Inserted, CheckInRefusal> {
    let keys = vault.safe.keys()?;
    let fingerprint = record::fingerprint(&keys, card).map_err(unlockable)?;
    let token = new_token()?;
    let locked = record::lock(&keys, &token, card).map_err(unlockable)?;
    let epoch = locked.epoch;
    let insert = Insert::new(ticket, &token, card, locked, &fingerprint, entry.at)?;
    let (safe, signer) = (Arc::clone(&vault.safe), vault.audit.clone());
    let entry = Entry {
        token: Some(token.clone()),
        ..entry.clone()
    };
    let kept = vault
        .store
        .write(move |tx| {
            // Asked on the writer's thread: a rotation counts its cards there, so none slips in behind it.
            if safe.keys()?.epoch() != epoch {
                return Err(CheckInRefusal::EpochOver);
            }
            insert.run(tx, &signer, &entry)
        })
        .await?;
    Ok(Inserted {
        is_new: kept.token == token,
        kept,
        fingerprint,
    })
}

/// The signed receipt of a card that is in. The same every time: Ed25519 signatures depend on nothing but key and text.
/// Only when the vault was sealed meanwhile it says nothing of whether the card is a known one.
pub(crate) fn receipt(
    vault: &OpenVault,
    ticket: &CheckInTicket,
    kept: &CheckedIn,
) -> Result<String, SignedError> {
    let keys = vault.safe.keys().ok();
    let pseudonym =
        keys.and_then(|keys| record::pseudonym(&keys, &ticket.shop, &kept.fingerprint).ok());
    let receipt = CheckInReceipt {
        pseudonym,
        order: ticket.order.clone(),
        payment: ticket.payment,
        nonce: ticket.nonce.clone(),
        token: kept.token.clone(),
        card: kept.summary.clone(),
        at: kept.at,
    };
    signed::sign(&vault.signing, &receipt)
}

/// Gives a card out for one authorisation, against a grant that is used up by it. No later grant opens it again: a switch
/// that did not hear the answer says that nothing was sent, and the reader gives a card anew.
pub(crate) async fn redeem(
    vault: &OpenVault,
    peer: &str,
    signed_grant: &str,
) -> Result<Redeemed, RedeemRefusal> {
    let now = vault.clock.now();
    let mut entry = Entry {
        peer: Some(peer.to_owned()),
        ..Entry::new(Verb::Redeem, now)
    };
    let redeemed = match signed::verify::<Grant>(&vault.shop_key, signed_grant) {
        Err(_) => Err(RedeemRefusal::Forged),
        Ok(grant) => {
            entry = Entry {
                order: Some(grant.order.clone()),
                payment: Some(grant.payment),
                amount: Some(grant.amount),
                token: Some(grant.token.clone()),
                ..entry
            };
            redeem_for(vault, grant, &entry, now).await
        }
    };
    if let Err(refusal) = &redeemed
        && !matches!(refusal, RedeemRefusal::Fault(_))
    {
        entry.refused = Some(refusal.to_string());
        vault.note(entry).await?;
    }
    redeemed
}

async fn redeem_for(
    vault: &OpenVault,
    grant: Grant,
    entry: &Entry,
    now: Timestamp,
) -> Result<Redeemed, RedeemRefusal> {
    if grant.shop != vault.shop {
        return Err(RedeemRefusal::OtherShop);
    }
    if grant.currency != Currency::EUR {
        return Err(RedeemRefusal::OtherCurrency);
    }
    if grant.expires < now {
        return Err(RedeemRefusal::Expired);
    }
    let token = grant.token.clone();
    let order = grant.order.clone();
    let (signer, entry) = (vault.audit.clone(), entry.clone());
    let safe = Arc::clone(&vault.safe);
    let (pan, expiry) = vault
        .store
        .write(move |tx| {
            // The keys of this very moment: a rotation can neither have moved the card since nor destroyed its key.
            let keys = safe.keys()?;
            let locked = use_up(tx, &grant, now)?;
            // What does not open was not given out, and is not used up.
            let card = record::open(&keys, &grant.token, &locked);
            let card = card.map_err(|_: Unopened| RedeemRefusal::Unopened)?;
            audit::append(tx, &signer, entry.clone())?;
            Ok::<_, RedeemRefusal>(card)
        })
        .await?;
    let csc = vault.codes.take(&token, now);
    tracing::info!(%order, token = token.as_str(), code = csc.is_some(), "a card is redeemed");
    Ok(Redeemed { pan, expiry, csc })
}

/// What may be shown of a card.
pub(crate) async fn describe(
    vault: &OpenVault,
    peer: &str,
    token: CardToken,
) -> Result<CardSummary, DescribeRefusal> {
    let entry = Entry::about(Verb::Describe, peer, &token, vault.clock.now());
    let described = describe_card(vault, &token).await;
    let refused = match &described {
        Err(DescribeRefusal::Fault(_)) => return described,
        Err(refusal) => Some(refusal.to_string()),
        Ok(_) => None,
    };
    vault.note(Entry { refused, ..entry }).await?;
    described
}

async fn describe_card(
    vault: &OpenVault,
    token: &CardToken,
) -> Result<CardSummary, DescribeRefusal> {
    vault.safe.keys()?;
    let row = card_row(vault, token).await?;
    let row = row.ok_or(DescribeRefusal::UnknownToken)?;
    if row.opt_int(4)?.is_some() {
        return Err(DescribeRefusal::Forgotten);
    }
    Ok(summary(&row, 0)?)
}

pub(crate) async fn card_row(vault: &OpenVault, token: &CardToken) -> Result<Option<Row>, Fault> {
    let params = [Value::from(token.as_str())];
    vault
        .store
        .read(move |tx| tx.query_opt(&store::CARD_TO_DESCRIBE, &params))
        .await
}

/// Everything one check-in writes, ready to be run (more than once, if the database asks).
struct Insert {
    nonce: String,
    check_in: [Value; 6],
    card: [Value; 11],
}

impl Insert {
    fn new(
        ticket: &CheckInTicket,
        token: &CardToken,
        card: &Card,
        locked: LockedCard,
        fingerprint: &[u8],
        now: Timestamp,
    ) -> Result<Insert, Fault> {
        let summary = card.summary();
        Ok(Insert {
            nonce: ticket.nonce.clone(),
            check_in: [
                ticket.nonce.as_str().into(),
                ticket.order.as_str().into(),
                ticket.payment.to_string().into(),
                ticket.amount.as_cents().into(),
                token.as_str().into(),
                now.as_micros().into(),
            ],
            card: [
                token.as_str().into(),
                locked.epoch.into(),
                locked.wrapped_key.into(),
                locked.locked.into(),
                locked.schema.into(),
                fingerprint.into(),
                summary.brand.code().into(),
                summary.last4.into(),
                summary.expiry.month.into(),
                summary.expiry.year.into(),
                now.as_micros().into(),
            ],
        })
    }

    fn run(
        &self,
        tx: &mut dyn Tx,
        signer: &audit::Signer,
        entry: &Entry,
    ) -> Result<CheckedIn, CheckInRefusal> {
        let [nonce, .., token, at] = &self.check_in;
        let replaced = [nonce.clone(), token.clone(), at.clone()];
        if tx.execute(&store::INSERT_CHECK_IN, &self.check_in)? == 1
            || tx.execute(&store::REPLACE_CHECK_IN, &replaced)? == 1
        {
            tx.execute(&store::INSERT_CARD, &self.card)?;
            audit::append(tx, signer, entry.clone())?;
        }
        checked_in_by(tx, &self.nonce)?
            .ok_or_else(|| Fault::defect("a check-in without its card").into())
    }
}

fn checked_in_by(tx: &mut dyn Tx, nonce: &str) -> Result<Option<CheckedIn>, Fault> {
    let Some(row) = tx.query_opt(&store::CHECK_IN_OF_NONCE, &[nonce.into()])? else {
        return Ok(None);
    };
    let forgotten = row.opt_int(8)?.is_some();
    Ok(Some(CheckedIn {
        token: token_of(row.text(0)?)?,
        fingerprint: row.bytes(1)?.to_vec(),
        summary: summary(&row, 2)?,
        at: Timestamp::micros(row.int(6)?),
        redeemed: row.flag(7)?,
        forgotten,
    }))
}

/// Records the grant as used and hands out the locked card, in one transaction.
fn use_up(tx: &mut dyn Tx, grant: &Grant, now: Timestamp) -> Result<LockedCard, RedeemRefusal> {
    let token = Value::from(grant.token.as_str());
    let of_token = tx
        .query_opt(&store::CHECK_IN_OF_TOKEN, std::slice::from_ref(&token))?
        .ok_or(RedeemRefusal::UnknownToken)?;
    let (order, payment, amount) = (
        grant.order.as_str(),
        grant.payment.to_string(),
        grant.amount.as_cents(),
    );
    if (of_token.text(0)?, of_token.text(1)?, of_token.int(2)?) != (order, payment.as_str(), amount)
    {
        return Err(RedeemRefusal::OtherPayment);
    }
    let row = tx.query_one(&store::LOCKED_CARD, std::slice::from_ref(&token))?;
    if row.opt_int(4)?.is_some() {
        return Err(RedeemRefusal::Forgotten);
    }
    let nonce = Value::from(grant.nonce.as_str());
    let params = [
        nonce.clone(),
        token,
        order.into(),
        payment.into(),
        amount.into(),
        now.as_micros().into(),
    ];
    if tx.execute(&store::INSERT_REDEMPTION, &params)? == 0 {
        let used = tx.query_one(&store::IS_GRANT_USED, &[nonce])?.flag(0)?;
        return Err(match used {
            true => RedeemRefusal::Used,
            false => RedeemRefusal::Redeemed,
        });
    }
    Ok(LockedCard {
        epoch: row.int(0)?,
        schema: row.int(3)?,
        wrapped_key: row.bytes(1)?.to_vec(),
        locked: row.bytes(2)?.to_vec(),
    })
}

fn summary(row: &Row, first: usize) -> Result<CardSummary, Fault> {
    let number = |column| -> Result<i64, Fault> { row.int(column) };
    Ok(CardSummary {
        brand: Brand::parse(row.text(first)?).ok_or_else(|| Fault::defect("an unknown brand"))?,
        last4: row.text(first + 1)?.to_owned(),
        expiry: CardExpiry {
            month: u8::try_from(number(first + 2)?)
                .map_err(|_| Fault::defect("an expiry month out of range"))?,
            year: u16::try_from(number(first + 3)?)
                .map_err(|_| Fault::defect("an expiry year out of range"))?,
        },
    })
}

fn new_token() -> Result<CardToken, CheckInRefusal> {
    let random = signed::nonce().map_err(|_| CheckInRefusal::Unlockable)?;
    Ok(token_of(&format!("tok_{random}"))?)
}

pub(crate) fn token_of(text: &str) -> Result<CardToken, Fault> {
    CardToken::parse(text).map_err(|_| Fault::defect("a token of another form"))
}

fn unlockable(_: Unopened) -> CheckInRefusal {
    CheckInRefusal::Unlockable
}
