//! The verbs of the shop, said to the provider.

use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use shop::payment::{
    Asked, HostedProvider, Named, NotAnEvent, PageOpened, PageWanted, PaymentMethod, ProviderEvent,
    Standing, ZoneFault,
};
use trade::{
    clock::{Clock, Timestamp},
    ids::{CaptureId, RefundId},
    limits,
    money::Money,
    payment::Outcome,
};

use crate::{
    event,
    keys::{ApiKey, SigningSecret},
    objects::{
        Intent, IntentStatus, Listed, PaymentError, Refund, Refusal, Session, SessionStatus,
    },
    standing,
    wire::{self, Answer, Form, MalformedAddress, NoAnswer, Wire},
};

/// Stripe Checkout, spoken to with one key.
pub struct Checkout {
    pub(crate) wire: Wire,
    secret: SigningSecret,
    clock: Clock,
}

/// What came instead of what was asked for.
#[derive(Debug)]
enum No {
    /// No answer, or none that says what was done.
    Fault(ZoneFault),
    /// The same question is being answered at this moment.
    Busy,
    /// A refusal with its reason: nothing was done.
    Refused(PaymentError),
    /// There is no such thing.
    Unheard,
}

impl From<No> for ZoneFault {
    fn from(no: No) -> Self {
        match no {
            No::Fault(fault) => fault,
            No::Busy => ZoneFault::NoAnswer,
            No::Refused(_) | No::Unheard => ZoneFault::Unreachable,
        }
    }
}

impl Checkout {
    /// The provider at `address`, whose certificate is judged as the system judges them.
    ///
    /// # Errors
    /// [`MalformedAddress`].
    pub fn new(
        address: &str,
        key: ApiKey,
        secret: SigningSecret,
    ) -> Result<Self, MalformedAddress> {
        let tls = wire::system_tls().map_err(|_| MalformedAddress::NoTrust)?;
        Self::trusting(address, key, secret, tls)
    }

    /// The same with certificates judged as `tls` has it.
    ///
    /// # Errors
    /// [`MalformedAddress`].
    pub fn trusting(
        address: &str,
        key: ApiKey,
        secret: SigningSecret,
        tls: ClientConfig,
    ) -> Result<Self, MalformedAddress> {
        Ok(Self {
            wire: Wire::new(address, key, tls)?,
            secret,
            clock: Clock::system(),
        })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, No> {
        judged(self.wire.get(path).await)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form<'_>,
        name: Option<&str>,
    ) -> Result<T, No> {
        let mut tries = 1;
        loop {
            match judged(self.wire.post(path, form, name).await) {
                Err(No::Busy) if tries < limits::PROVIDER_TRIES => {
                    tries += 1;
                    tokio::time::sleep(limits::PROVIDER_PAUSE).await;
                }
                answer => return answer,
            }
        }
    }

    /// The page of a payment with all that is known of it; none when the provider never heard of it.
    async fn session(&self, payment: &Named) -> Result<Option<Session>, ZoneFault> {
        let Some(reference) = payment.reference.as_deref().filter(|text| is_name(text)) else {
            return Ok(None);
        };
        let path = format!(
            "/v1/checkout/sessions/{reference}?expand[]=payment_intent&expand[]=payment_intent.latest_charge"
        );
        let session: Session = match self.get(&path).await {
            Ok(session) => session,
            Err(No::Unheard) => return Ok(None),
            Err(no) => return Err(no.into()),
        };
        let is_ours = session.client_reference_id.as_deref() == Some(&payment.payment.to_string());
        if is_ours {
            return Ok(Some(session));
        }
        tracing::error!(payment = %payment.payment, reference, "the provider's page is for another payment");
        Err(ZoneFault::NoAnswer)
    }

    async fn open(&self, wanted: &PageWanted) -> Result<PageOpened, ZoneFault> {
        let (payment, order) = (wanted.payment.to_string(), wanted.order.to_string());
        let expires = wanted.expires.as_micros().div_euclid(1_000_000);
        let form = vec![
            ("mode", "payment".to_owned()),
            ("client_reference_id", payment.clone()),
            ("customer_email", wanted.email.clone()),
            ("expires_at", expires.to_string()),
            ("locale", wanted.locale.code().to_owned()),
            ("success_url", wanted.back.clone()),
            ("cancel_url", wanted.away.clone()),
            ("line_items[0][quantity]", "1".to_owned()),
            ("line_items[0][price_data][currency]", "eur".to_owned()),
            (
                "line_items[0][price_data][unit_amount]",
                wanted.amount.as_cents().to_string(),
            ),
            (
                "line_items[0][price_data][product_data][name]",
                order.clone(),
            ),
            ("payment_intent_data[capture_method]", "manual".to_owned()),
            ("payment_intent_data[description]", order.clone()),
            ("payment_intent_data[metadata][payment]", payment.clone()),
            ("metadata[payment]", payment.clone()),
            ("metadata[order]", order),
        ];
        let session: Session = self
            .post("/v1/checkout/sessions", &form, Some(&payment))
            .await
            .map_err(logged)?;
        let Some(url) = session
            .url
            .filter(|_| session.status == SessionStatus::Open)
        else {
            return Err(ZoneFault::NoAnswer);
        };
        Ok(PageOpened {
            url,
            reference: session.id,
        })
    }

    async fn capture_once(
        &self,
        payment: &Named,
        capture: CaptureId,
        amount: Money,
    ) -> Result<Outcome, ZoneFault> {
        let Some(intent) = self.intent(payment).await? else {
            return Ok(refused("not_paid"));
        };
        if intent.status != IntentStatus::RequiresCapture {
            return Ok(captured(&intent, amount));
        }
        let path = format!("/v1/payment_intents/{}/capture", intent.id);
        // A name is one question of the whole account, and a capture may be named as its payment.
        let name = format!("capture-{capture}");
        let form = vec![("amount_to_capture", amount.as_cents().to_string())];
        match self.post::<Intent>(&path, &form, Some(&name)).await {
            Ok(intent) => Ok(captured(&intent, amount)),
            Err(No::Refused(error)) => Ok(refused_by(error)),
            Err(no) => Err(no.into()),
        }
    }

    /// What is paid on the page of a payment, once it was.
    async fn intent(&self, payment: &Named) -> Result<Option<Intent>, ZoneFault> {
        let session = self.session(payment).await?;
        let intent = session.and_then(|session| session.payment_intent);
        let Some(intent) = intent else {
            return Ok(None);
        };
        match intent {
            crate::objects::Expandable::Whole(intent) if is_name(&intent.id) => Ok(Some(*intent)),
            _ => Err(ZoneFault::NoAnswer),
        }
    }

    async fn give_up(&self, payment: &Named) -> Result<Outcome, ZoneFault> {
        let Some(session) = self.session(payment).await? else {
            // Never opened, or never answered: nobody knows its address, and it closes by itself.
            return Ok(Outcome::Done);
        };
        match session.status {
            SessionStatus::Expired => Ok(Outcome::Done),
            SessionStatus::Open => {
                let path = format!("/v1/checkout/sessions/{}/expire", session.id);
                match self.post::<Session>(&path, &Vec::new(), None).await {
                    Ok(session) if session.status == SessionStatus::Expired => Ok(Outcome::Done),
                    // The reader paid in this moment; the next look finds what.
                    Ok(_) | Err(No::Refused(_)) => Ok(Outcome::Pending),
                    Err(no) => Err(no.into()),
                }
            }
            SessionStatus::Complete => self.cancel(payment).await,
            SessionStatus::Other => Err(ZoneFault::NoAnswer),
        }
    }

    async fn cancel(&self, payment: &Named) -> Result<Outcome, ZoneFault> {
        let Some(intent) = self.intent(payment).await? else {
            return Err(ZoneFault::NoAnswer);
        };
        match intent.status {
            IntentStatus::Canceled | IntentStatus::RequiresPaymentMethod => Ok(Outcome::Done),
            IntentStatus::Succeeded => Ok(refused("captured")),
            IntentStatus::Processing | IntentStatus::Other => Ok(Outcome::Pending),
            IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction
            | IntentStatus::RequiresCapture => {
                let path = format!("/v1/payment_intents/{}/cancel", intent.id);
                match self.post::<Intent>(&path, &Vec::new(), None).await {
                    Ok(intent) if intent.status == IntentStatus::Canceled => Ok(Outcome::Done),
                    Ok(_) => Ok(Outcome::Pending),
                    Err(No::Refused(error)) => Ok(refused_by(error)),
                    Err(no) => Err(no.into()),
                }
            }
        }
    }

    async fn refund_once(
        &self,
        payment: &Named,
        refund: RefundId,
        amount: Money,
    ) -> Result<Outcome, ZoneFault> {
        let Some(intent) = self.intent(payment).await? else {
            return Ok(refused("not_paid"));
        };
        let name = refund.to_string();
        let path = format!("/v1/refunds?payment_intent={}&limit=100", intent.id);
        let before: Listed<Refund> = self.get(&path).await?;
        let is_this = |one: &&Refund| one.metadata.get("refund") == Some(&name);
        if let Some(before) = before.data.iter().find(is_this) {
            return Ok(given_back(before));
        }
        let form = vec![
            ("payment_intent", intent.id),
            ("amount", amount.as_cents().to_string()),
            ("metadata[refund]", name.clone()),
        ];
        match self.post::<Refund>("/v1/refunds", &form, Some(&name)).await {
            Ok(refund) => Ok(given_back(&refund)),
            Err(No::Refused(error)) => Ok(refused_by(error)),
            Err(no) => Err(no.into()),
        }
    }
}

impl PaymentMethod for Checkout {
    fn lookup<'a>(&'a self, payment: &'a Named) -> Asked<'a, Standing> {
        Box::pin(async move {
            let session = self.session(payment).await?;
            let now = self.clock.now();
            Ok(session.map_or(Standing::Unheard, |session| {
                standing::of_session(&session, now)
            }))
        })
    }

    fn capture<'a>(
        &'a self,
        payment: &'a Named,
        capture: CaptureId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        Box::pin(self.capture_once(payment, capture, amount))
    }

    fn reverse<'a>(&'a self, payment: &'a Named) -> Asked<'a, Outcome> {
        Box::pin(self.give_up(payment))
    }

    fn refund<'a>(
        &'a self,
        payment: &'a Named,
        refund: RefundId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        Box::pin(self.refund_once(payment, refund, amount))
    }
}

impl HostedProvider for Checkout {
    fn open_page<'a>(&'a self, wanted: &'a PageWanted) -> Asked<'a, PageOpened> {
        Box::pin(self.open(wanted))
    }

    fn read_event(
        &self,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, NotAnEvent> {
        event::read(&self.secret, signature, body, now)
    }
}

/// What an answer means, by its status (<https://docs.stripe.com/api/errors>).
fn judged<T: DeserializeOwned>(answer: Result<Answer, NoAnswer>) -> Result<T, No> {
    let answer = answer.map_err(|none| {
        tracing::warn!(%none, "the provider gave no answer");
        No::Fault(match none {
            NoAnswer::Unreached(_) => ZoneFault::Unreachable,
            NoAnswer::Unanswered(_) => ZoneFault::NoAnswer,
        })
    })?;
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        return serde_json::from_slice(&answer.body).map_err(|error| {
            tracing::error!(%error, "the provider's answer cannot be read");
            No::Fault(ZoneFault::NoAnswer)
        });
    }
    match status {
        400 | 402 => {
            let refusal = serde_json::from_slice::<Refusal>(&answer.body);
            Err(No::Refused(
                refusal.map(|refusal| refusal.error).unwrap_or_default(),
            ))
        }
        404 => Err(No::Unheard),
        409 => Err(No::Busy),
        // Not begun: the key opens nothing, or too many questions came at once.
        401 | 403 | 429 => {
            tracing::error!(
                status,
                "the provider answers nothing to this key, or not now"
            );
            Err(No::Fault(ZoneFault::Unreachable))
        }
        _ => {
            tracing::warn!(status, "the provider is in trouble");
            Err(No::Fault(ZoneFault::NoAnswer))
        }
    }
}

fn logged(no: No) -> ZoneFault {
    if let No::Refused(error) = &no {
        tracing::error!(
            code = error.code,
            message = error.message,
            "the provider opens no page"
        );
    }
    no.into()
}

/// What a capture came to. There is one for each payment, so that one for another amount was not ours.
fn captured(intent: &Intent, amount: Money) -> Outcome {
    match intent.status {
        IntentStatus::Succeeded => {
            let is_ours = |received| received == amount.as_cents();
            match intent.amount_received.is_none_or(is_ours) {
                true => Outcome::Done,
                false => refused("captured"),
            }
        }
        IntentStatus::Canceled => refused("canceled"),
        IntentStatus::Processing | IntentStatus::RequiresCapture | IntentStatus::Other => {
            Outcome::Pending
        }
        IntentStatus::RequiresPaymentMethod
        | IntentStatus::RequiresConfirmation
        | IntentStatus::RequiresAction => refused("not_paid"),
    }
}

fn given_back(refund: &Refund) -> Outcome {
    match refund.status.as_deref() {
        Some("succeeded") => Outcome::Done,
        Some(status @ ("failed" | "canceled")) => {
            refused(refund.failure_reason.as_deref().unwrap_or(status))
        }
        _ => Outcome::Pending,
    }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
    }
}

fn refused_by(error: PaymentError) -> Outcome {
    let code = error.decline_code.or(error.code);
    Outcome::Refused {
        code: code.unwrap_or_else(|| "refused".to_owned()),
    }
}

/// Whether a name of the provider can stand in an address as it is.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
