//! The shop's way to the payment zone: the switch over mutual TLS, the vault's card page by signed ticket.

use std::{
    net::SocketAddr,
    path::Path,
    pin::Pin,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use link::{
    Identity, LinkFault,
    http::Client,
    signed::{self, SigningKey, VerifyingKey},
};
use shop::payment::{
    Asked, Charge, Evidence, Named, NotAReceipt, PaymentMethod, PaymentZone, Standing, ZoneFault,
};
use trade::{
    clock::Clock,
    ids::{CaptureId, RefundId},
    limits,
    money::{Currency, Money},
    payment::{
        AuthoriseOutcome, AuthoriseRequest, CaptureRequest, CardToken, CheckInReceipt,
        CheckInTicket, Grant, Outcome, RefundRequest,
    },
};

/// How long an authorisation may take: the switch itself gives the bank up before that.
const AUTHORISE_TIME: Duration = Duration::from_secs(20);
/// How long any other question may take; what is not answered is asked again by the recovery.
const ASK_TIME: Duration = Duration::from_secs(10);
/// How long a grant is good: it is used at once or never.
const GRANT_TIME: Duration = Duration::from_secs(60);

/// How long the vault's word on whether it is sealed is believed, so that it is asked once in a while and not by every
/// reader.
const BELIEVED: Duration = Duration::from_secs(3);
/// How long it may take to say: a reader waits.
const STATUS_TIME: Duration = Duration::from_millis(700);

/// What the shop reads of the vault's status.
#[derive(serde::Deserialize)]
struct VaultStatus {
    state: String,
}

/// Whether the vault takes cards, asked now and then.
#[derive(Default)]
struct Open {
    known: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

impl Open {
    async fn now(&self, door: &Client) -> bool {
        let mut known = self.known.lock().await;
        if let Some((at, open)) = *known
            && at.elapsed() < BELIEVED
        {
            return open;
        }
        // A vault that does not answer shows no card page either.
        let status = door.get::<VaultStatus>("/status", STATUS_TIME).await;
        let open = status.as_ref().is_ok_and(|status| status.state == "open");
        if known.is_none_or(|(_, before)| before != open) {
            match status {
                Ok(status) => tracing::info!(state = status.state, "the vault"),
                Err(fault) => tracing::warn!(%fault, "the vault does not say how it stands"),
            }
        }
        *known = Some((Instant::now(), open));
        open
    }
}

/// What the shop reads of the switch's report on a payment.
#[derive(serde::Deserialize)]
struct Report {
    outcome: Option<AuthoriseOutcome>,
}

/// Which card the vault is to forget.
#[derive(serde::Serialize)]
struct Which<'a> {
    token: &'a CardToken,
}

/// The zone, by its addresses and keys.
pub struct PrivateZone {
    switch: Client,
    vault: Client,
    signing: SigningKey,
    receipts: VerifyingKey,
    card_page: String,
    open: Open,
    shop: &'static str,
    clock: Clock,
}

impl PrivateZone {
    /// Reads the keys; connects when first asked.
    pub fn open(
        certificates: &Path,
        switch: SocketAddr,
        card_page: &str,
        vault: SocketAddr,
    ) -> Result<Self> {
        let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
        Ok(Self {
            switch: Client::new(switch, &identity, "switch")?,
            vault: Client::new(vault, &identity, "vault")?,
            signing: SigningKey::load(certificates, "shop").context("the shop's signing key")?,
            receipts: VerifyingKey::load(certificates, "vault")
                .context("the vault's public key")?,
            card_page: format!("{card_page}/pay"),
            open: Open::default(),
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
            currency: Currency::EUR,
            expires: self.clock.now().plus(GRANT_TIME),
            nonce,
        };
        signed::sign(&self.signing, &grant).map_err(|_| ZoneFault::Unreachable)
    }
}

impl PaymentMethod for PrivateZone {
    fn lookup<'a>(&'a self, payment: &'a Named) -> Asked<'a, Standing> {
        Box::pin(async move {
            let path = format!("/payments/{}", payment.payment);
            match self.switch.get::<Report>(&path, ASK_TIME).await {
                Ok(report) => Ok(report.outcome.map_or(Standing::InProgress, |outcome| {
                    let at = self.clock.now();
                    Standing::Known(outcome, Evidence::Unauthenticated { at })
                })),
                Err(LinkFault::Refused { status: 404, .. }) => Ok(Standing::Unheard),
                Err(fault) => Err(zone_fault(&fault)),
            }
        })
    }

    fn capture<'a>(
        &'a self,
        payment: &'a Named,
        capture: CaptureId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{}/capture", payment.payment);
            let request = CaptureRequest { capture, amount };
            told(self.switch.post(&path, &request, ASK_TIME).await)
        })
    }

    fn reverse<'a>(&'a self, payment: &'a Named) -> Asked<'a, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{}/reverse", payment.payment);
            told(
                self.switch
                    .post(&path, &serde_json::Map::new(), ASK_TIME)
                    .await,
            )
        })
    }

    fn refund<'a>(
        &'a self,
        payment: &'a Named,
        refund: RefundId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        Box::pin(async move {
            let path = format!("/payments/{}/refund", payment.payment);
            told(
                self.switch
                    .post(&path, &RefundRequest { refund, amount }, ASK_TIME)
                    .await,
            )
        })
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

    fn takes_cards(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(self.open.now(&self.vault))
    }

    fn read_receipt(&self, receipt: &str) -> Result<CheckInReceipt, NotAReceipt> {
        signed::verify(&self.receipts, receipt).map_err(|_| NotAReceipt)
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

    fn forget<'a>(&'a self, token: &'a CardToken) -> Asked<'a, ()> {
        Box::pin(async move {
            let which = Which { token };
            let answer = self.vault.post("/forget", &which, limits::FORGET_TIME);
            match answer.await {
                // A vault that was brought back from a backup may never have had it.
                Ok(()) | Err(LinkFault::Refused { status: 404, .. }) => Ok(()),
                Err(LinkFault::Refused {
                    status: 503,
                    problem,
                }) => {
                    tracing::info!(problem.kind, "the vault forgets no card at the moment");
                    Err(ZoneFault::Unreachable)
                }
                Err(fault) => Err(zone_fault(&fault)),
            }
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
