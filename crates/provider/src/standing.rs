//! From the provider's words to the shop's: what became of a payment, why a card was refused, what stands for it.

use shop::payment::{Evidence, Standing};
use trade::{
    clock::Timestamp,
    payment::{AuthoriseOutcome, Decline, NotSent},
};

use crate::objects::{
    Charge, Intent, IntentStatus, PaymentError, Session, SessionStatus, ThreeDSecure,
};

/// Where a page stands, read at `now`.
pub(crate) fn of_session(session: &Session, now: Timestamp) -> Standing {
    let intent = session.payment_intent.as_ref().and_then(|one| one.whole());
    match (session.status, intent) {
        (SessionStatus::Expired, intent) => unpaid(intent),
        (SessionStatus::Complete, Some(intent)) => of_intent(intent, now),
        // An open page lets the reader try again whatever her bank said before.
        (SessionStatus::Open | SessionStatus::Other | SessionStatus::Complete, _) => {
            Standing::InProgress
        }
    }
}

fn of_intent(intent: &Intent, now: Timestamp) -> Standing {
    match intent.status {
        // Taken already: by hand, on the provider's own pages.
        IntentStatus::RequiresCapture | IntentStatus::Succeeded => approved(intent, now),
        IntentStatus::RequiresPaymentMethod | IntentStatus::Canceled => unpaid(Some(intent)),
        IntentStatus::RequiresConfirmation
        | IntentStatus::RequiresAction
        | IntentStatus::Processing
        | IntentStatus::Other => Standing::InProgress,
    }
}

fn approved(intent: &Intent, now: Timestamp) -> Standing {
    let charge = intent.latest_charge.as_ref().and_then(|one| one.whole());
    let outcome = AuthoriseOutcome::Approved {
        approval_code: intent.id.clone(),
        retrieval_reference: charge.map(|charge| charge.id.clone()).unwrap_or_default(),
    };
    Standing::Known(outcome, evidence(charge, now))
}

fn unpaid(intent: Option<&Intent>) -> Standing {
    let error = intent.and_then(|intent| intent.last_payment_error.as_ref());
    let outcome = match error {
        Some(error) => AuthoriseOutcome::Declined {
            reason: decline(error),
        },
        None => AuthoriseOutcome::NotSent {
            reason: NotSent::PageClosed,
        },
    };
    Standing::Known(outcome, Evidence::Nothing)
}

/// What the provider saw of the holder. An attempt that her bank did not answer authenticates nobody.
fn evidence(charge: Option<&Charge>, now: Timestamp) -> Evidence {
    let at = charge
        .and_then(|charge| charge.created)
        .and_then(|seconds| seconds.checked_mul(1_000_000))
        .map_or(now, Timestamp::micros);
    let secure = charge
        .and_then(|charge| charge.payment_method_details.as_ref())
        .and_then(|details| details.card.as_ref())
        .and_then(|card| card.three_d_secure.as_ref());
    let Some(secure) = secure else {
        return Evidence::Unauthenticated { at };
    };
    match secure.result.as_deref() {
        Some("authenticated") => Evidence::Authenticated {
            eci: secure.electronic_commerce_indicator.clone(),
            value: secure.transaction_id.clone(),
            at,
        },
        Some("exempted") => Evidence::Exempted {
            exemption: exemption(secure),
            at,
        },
        _ => Evidence::Unauthenticated { at },
    }
}

fn exemption(secure: &ThreeDSecure) -> String {
    let named = secure.exemption_indicator.clone();
    named.unwrap_or_else(|| "unnamed".to_owned())
}

/// The reader's word for a refusal (<https://docs.stripe.com/declines/codes>). Every code without a better word is
/// [`Decline::DoNotHonour`].
pub(crate) fn decline(error: &PaymentError) -> Decline {
    let code = error.decline_code.as_deref().or(error.code.as_deref());
    match code.unwrap_or_default() {
        "insufficient_funds" => Decline::InsufficientFunds,
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => Decline::ExpiredCard,
        "incorrect_cvc" | "invalid_cvc" => Decline::IncorrectCsc,
        "lost_card" | "stolen_card" | "pickup_card" => Decline::LostOrStolen,
        "fraudulent" | "merchant_blacklist" | "security_violation" => Decline::SuspectedFraud,
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => Decline::LimitExceeded,
        "card_not_supported"
        | "currency_not_supported"
        | "not_permitted"
        | "restricted_card"
        | "service_not_allowed"
        | "transaction_not_allowed" => Decline::NotPermitted,
        "incorrect_number" | "invalid_number" | "invalid_account" => Decline::InvalidCard,
        "issuer_not_available" | "processing_error" | "reenter_transaction" | "try_again_later" => {
            Decline::IssuerUnavailable
        }
        _ => Decline::DoNotHonour,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;
    use shop::payment::Guarantee;

    use super::*;

    const NOW: Timestamp = Timestamp::micros(1_795_431_600_000_000);

    fn standing(session: serde_json::Value) -> Standing {
        of_session(&serde_json::from_value(session).unwrap(), NOW)
    }

    fn paid(secure: serde_json::Value) -> Evidence {
        let session = json!({"id": "cs_1", "status": "complete", "payment_intent": {
            "id": "pi_1", "status": "requires_capture",
            "latest_charge": {"id": "ch_1", "created": 1_795_431_000,
                "payment_method_details": {"card": {"three_d_secure": secure}}}}});
        match standing(session) {
            Standing::Known(
                AuthoriseOutcome::Approved {
                    approval_code,
                    retrieval_reference,
                },
                evidence,
            ) => {
                assert_eq!(
                    (approval_code.as_str(), retrieval_reference.as_str()),
                    ("pi_1", "ch_1")
                );
                evidence
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn who_was_authenticated_is_the_issuers_and_nobody_else() {
        let at = Timestamp::micros(1_795_431_000_000_000);
        let authenticated = paid(json!({"result": "authenticated",
            "electronic_commerce_indicator": "05", "transaction_id": "9f1a"}));
        let expected = Evidence::Authenticated {
            eci: Some("05".into()),
            value: Some("9f1a".into()),
            at,
        };
        assert_eq!(authenticated, expected);
        assert_eq!(authenticated.guarantee(), Guarantee::Issuer);
        for result in [
            "attempt_acknowledged",
            "failed",
            "not_supported",
            "later_word",
        ] {
            let evidence = paid(json!({"result": result, "electronic_commerce_indicator": "06"}));
            assert_eq!(evidence, Evidence::Unauthenticated { at }, "{result}");
        }
        assert_eq!(paid(json!(null)), Evidence::Unauthenticated { at });
        let exempted = paid(json!({"result": "exempted", "exemption_indicator": "low_risk"}));
        assert_eq!(
            exempted,
            Evidence::Exempted {
                exemption: "low_risk".into(),
                at
            }
        );
    }

    #[test]
    fn only_a_complete_page_was_paid_and_only_a_closed_one_was_not() {
        let known = |outcome| Standing::Known(outcome, Evidence::Nothing);
        let refused = json!({"id": "pi_1", "status": "requires_payment_method",
            "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}});
        let open = json!({"id": "cs_1", "status": "open", "payment_intent": refused});
        assert_eq!(
            standing(open),
            Standing::InProgress,
            "she may try another card"
        );
        let expired = json!({"id": "cs_1", "status": "expired", "payment_intent": refused});
        let declined = AuthoriseOutcome::Declined {
            reason: Decline::InsufficientFunds,
        };
        assert_eq!(standing(expired), known(declined));
        let abandoned = json!({"id": "cs_1", "status": "expired", "payment_intent": null});
        let closed = AuthoriseOutcome::NotSent {
            reason: NotSent::PageClosed,
        };
        assert_eq!(standing(abandoned), known(closed.clone()));
        let cancelled = json!({"id": "cs_1", "status": "complete",
            "payment_intent": {"id": "pi_1", "status": "canceled"}});
        assert_eq!(standing(cancelled), known(closed));
        for unknown in [
            json!({"id": "cs_1", "status": "complete", "payment_intent": "pi_1"}),
            json!({"id": "cs_1", "status": "complete", "payment_intent": {"id": "pi_1", "status": "processing"}}),
            json!({"id": "cs_1", "status": "later_word", "payment_intent": null}),
        ] {
            assert_eq!(standing(unknown), Standing::InProgress);
        }
    }
}
