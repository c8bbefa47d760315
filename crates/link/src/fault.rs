//! What can go wrong on a link, told so that the caller knows whether the other side may have acted.

use std::error::Error;

use serde::{Deserialize, Serialize};

/// The body of a refusal (RFC 9457, the members this house uses).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable word for programs, such as `grant-expired`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence for the person who reads the log.
    pub title: String,
}

impl Problem {
    /// A problem of the given kind, with a sentence for the log.
    #[must_use]
    pub fn new(kind: &str, title: &str) -> Problem {
        Problem {
            kind: kind.to_owned(),
            title: title.to_owned(),
        }
    }
}

/// A call over a link that brought no answer one can use.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// No connection, or the peers did not accept each other. Nothing was asked.
    #[error("the peer cannot be reached: {0}")]
    Unreachable(String),
    /// The peer did not answer in time. It may have acted.
    #[error("the peer did not answer in time")]
    Timeout,
    /// The connection broke after the question had left. The peer may have acted.
    #[error("the connection broke before the answer")]
    Broken,
    /// The peer understood and said no (a status outside 200–299).
    #[error("the peer refused ({status} {}): {}", problem.kind, problem.title)]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the peer said.
        problem: Problem,
    },
    /// The answer is not what the two sides agreed on, or is larger than allowed.
    #[error("the peer's answer cannot be read: {0}")]
    Garbled(String),
}

impl LinkFault {
    /// Whether the peer may have acted on the request although no usable answer came back. Whoever moves money treats
    /// `true` as *unknown*, never as *no*.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        match self {
            LinkFault::Unreachable(_) => false,
            // A server that failed may have failed half-way.
            LinkFault::Refused { status, .. } => *status >= 500,
            LinkFault::Timeout | LinkFault::Broken | LinkFault::Garbled(_) => true,
        }
    }

    /// Reads a failed exchange. With TLS 1.3 a server judges the client's certificate after the client already
    /// believes the connection to stand; its refusal is an alert, which proves that no request was looked at.
    pub(crate) fn of_exchange(error: &(dyn Error + 'static)) -> LinkFault {
        match handshake_alert(error) {
            Some(alert) => LinkFault::Unreachable(format!(
                "the peer refused this side's certificate ({alert:?})"
            )),
            None => LinkFault::Broken,
        }
    }
}

fn handshake_alert(error: &(dyn Error + 'static)) -> Option<rustls::AlertDescription> {
    use rustls::AlertDescription as Alert;
    let mut next = Some(error);
    while let Some(error) = next {
        // `io::Error` hides the error it carries from `source`, so it is opened by hand.
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = inner
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .or_else(|| error.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = tls {
            return matches!(
                alert,
                Alert::HandshakeFailure
                    | Alert::BadCertificate
                    | Alert::UnsupportedCertificate
                    | Alert::CertificateRevoked
                    | Alert::CertificateExpired
                    | Alert::CertificateUnknown
                    | Alert::UnknownCA
                    | Alert::AccessDenied
                    | Alert::DecryptError
                    | Alert::CertificateRequired
            )
            .then_some(*alert);
        }
        next = error.source();
    }
    None
}
