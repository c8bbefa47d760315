//! The two secrets that the provider gives: never shown, wiped when dropped.

use std::fmt;

use hyper::header::HeaderValue;
use zeroize::Zeroizing;

/// Why a file holds no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKey {
    /// A key begins with `rk_` or `sk_` and has letters, digits and `_` only.
    #[error("a key of the provider begins with rk_ (a restricted one) or sk_")]
    ApiKey,
    /// A signing secret begins with `whsec_`.
    #[error("the signing secret of the provider's events begins with whsec_")]
    SigningSecret,
}

/// What opens the provider's interface.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Reads a key, with white space around it.
    ///
    /// # Errors
    /// [`MalformedKey::ApiKey`].
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim();
        let rest = text
            .strip_prefix("rk_")
            .or_else(|| text.strip_prefix("sk_"));
        let is_word = |rest: &str| rest.len() >= 3 && rest.bytes().all(is_word_byte);
        if !rest.is_some_and(is_word) {
            return Err(MalformedKey::ApiKey);
        }
        let bearer = Zeroizing::new(format!("Bearer {text}"));
        let mut value = HeaderValue::from_str(&bearer).map_err(|_| MalformedKey::ApiKey)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    pub(crate) fn bearer(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

/// What the provider signs its events with.
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<String>);

impl SigningSecret {
    /// Reads a secret, with white space around it.
    ///
    /// # Errors
    /// [`MalformedKey::SigningSecret`].
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim();
        let rest = text.strip_prefix("whsec_");
        let is_secret =
            |rest: &str| rest.len() >= 16 && rest.bytes().all(|byte| byte.is_ascii_graphic());
        match rest.is_some_and(is_secret) {
            true => Ok(Self(Zeroizing::new(text.to_owned()))),
            false => Err(MalformedKey::SigningSecret),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_read_and_never_shown() {
        let key = ApiKey::parse(" rk_test_51Abc\n").unwrap();
        assert_eq!(key.bearer().as_bytes(), b"Bearer rk_test_51Abc");
        assert_eq!(format!("{key:?} {:?}", key.bearer()), "ApiKey Sensitive");
        for wrong in [
            "",
            "pk_test_51Abc",
            "rk_",
            "rk_test 1",
            "whsec_0123456789abcdef",
        ] {
            assert_eq!(ApiKey::parse(wrong).unwrap_err(), MalformedKey::ApiKey);
        }
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let secret = SigningSecret::parse("whsec_0123456789abcdef\n").unwrap();
        assert_eq!(format!("{secret:?}"), "SigningSecret");
        for wrong in ["", "whsec_", "whsec_short", "rk_test_0123456789abcdef"] {
            assert!(SigningSecret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
