//! The shop's way to the payment zone: the switch over mutual TLS, the vault's card page by signed ticket.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context, Result};
use link::{
    Identity, LinkFault,
    http::Client,
    signed::{self, SigningKey, VerifyingKey},
};
use shop::payment::{Asked, Charge, NotAReceipt, PaymentZone, Standing, ZoneFault};
use trade::{
    clock::Clock,
    ids::{PaymentId, RefundId},
    money::Money,
    payment::{
        AuthoriseOutcome, AuthoriseRequest, CaptureRequest, CheckInReceipt, CheckInTicket, Grant,
        Outcome, RefundRequest,
    },
};

/// How long an authorisation may take: the switch itself gives the bank up before that.
const AUTHORISE_TIME: Duration = Duration::from_secs(20);
/// How long any other question may take; what is not answered is asked again by the recovery.
const ASK_TIME: Duration = Duration::from_secs(10);
/// How long a grant is good: it is used at once or never.
const GRANT_TIME: Duration = Duration::from_secs(60);

/// What the shop reads of the switch's report on a payment.
#[derive(serde::Deserialize)]
struct Report {
    outcome: Option<AuthoriseOutcome>,
}

/// The zone, by its addresses and keys.
pub struct PrivateZone {
    switch: Client,
    signing: SigningKey,
    vault: VerifyingKey,
    card_page: String,
    shop: &'static str,
    clock: Clock,
}

impl PrivateZone {
    /// Reads the keys; connects when first asked.
    pub fn open(certificates: &Path, switch: SocketAddr, card_page: &str) -> Result<Self> {
        let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
        Ok(Self {
            switch: Client::new(switch, &identity, "switch")?,
            signing: SigningKey::load(certificates, "shop").context("the shop's signing key")?,
            vault: VerifyingKey::load(certificates, "vault").context("the vault's public key")?,
            card_page: format!("{card_page}/pay"),
            shop: "shop",
            clock: Clock::system(),
        })
    }

    fn grant(&self, charge: &Charge) -> Result<String, ZoneFault> {
        let nonce = signed::nonce().map_err(|_| ZoneFault::Unreachable)?;
        let grant = Grant {
            shop: self.shop.to_owned(),
            order: charge.order.clone(),
            payment: charge.payment,
            token: charge.token.clone(),
            amount: charge.amount,
            expires: self.clock.now().plus(GRANT_TIME),
            nonce,
        };
        signed::sign(&self.signing, &grant).map_err(|_| ZoneFault::Unreachable)
    }
}

impl PaymentZone for PrivateZone {
    fn card_page_url(&self, ticket: &CheckInTicket) -> String {
        match signed::sign(&self.signing, ticket) {
            Ok(ticket) => format!("{}?ticket={ticket}", self.card_page),
            // A ticket holds only bounded fields; without one the vault's page says what to do.
            Err(error) => {
                tracing::error!(%error, "a ticket could not be signed");
                self.card_page.clone()
            }
        }
    }

    fn read_receipt(&self, receipt: &str) -> Result<CheckInReceipt, NotAReceipt> {
        signed::verify(&self.vault, receipt).map_err(|_| NotAReceipt)
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Asked<'a, AuthoriseOutcome> {
        Box::pin(async move {
            let request = AuthoriseRequest {
                order: charge.order.clone(),
                amount: charge.amount,
                grant: self.grant(charge)?,
            };
            let path = format!("/payments/{}/authorise", charge.payment);
            told(self.switch.post(&path, &request, AUTHORISE_TIME).await)
        })
    }

    fn lookup(&self, payment: PaymentId) -> Asked<'_, Standing> {
        Box::pin(async move {
            let path = format!("/payments/{payment}");
            match self.switch.get::<Report>(&path, ASK_TIME).await {
                Ok(report) => Ok(report.outcome.map_or(Standing::InProgress, Standing::Known)),
                Err(LinkFault::Refused { status: 404, .. }) => Ok(Standing::Unheard),
                Err(fault) => Err(zone_fault(&fault)),
            }
        })
    }

    fn capture(&self, payment: PaymentId, amount: Money) -> Asked<'_, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{payment}/capture");
            told(
                self.switch
                    .post(&path, &CaptureRequest { amount }, ASK_TIME)
                    .await,
            )
        })
    }

    fn reverse(&self, payment: PaymentId) -> Asked<'_, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{payment}/reverse");
            told(
                self.switch
                    .post(&path, &serde_json::Map::new(), ASK_TIME)
                    .await,
            )
        })
    }

    fn refund(&self, payment: PaymentId, refund: RefundId, amount: Money) -> Asked<'_, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{payment}/refund");
            told(
                self.switch
                    .post(&path, &RefundRequest { refund, amount }, ASK_TIME)
                    .await,
            )
        })
    }
}

fn told<T>(answer: Result<T, LinkFault>) -> Result<T, ZoneFault> {
    answer.map_err(|fault| zone_fault(&fault))
}

fn zone_fault(fault: &LinkFault) -> ZoneFault {
    tracing::warn!(%fault, "the payment zone gave no answer");
    if fault.may_have_arrived() {
        ZoneFault::NoAnswer
    } else {
        ZoneFault::Unreachable
    }
}
