//! The key in the link that opens an order without a login.
//!
//! It is computed from the order's number with a secret that lives in the process and its configuration, not
//! in the database: who steals the database opens no order, and a mail sent twice carries the same link.
//! Changing the secret closes every link given out before.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use trade::ids::OrderNumber;

/// Bytes of the key: 128 bits cannot be guessed.
const KEY_BYTES: usize = 16;

/// Makes and checks the keys of order links.
#[derive(Clone)]
pub struct OrderKeys(Hmac<Sha256>);

impl fmt::Debug for OrderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderKeys(secret)")
    }
}

impl OrderKeys {
    /// Keys under `secret`, 32 random bytes that the shop keeps for as long as links should open.
    pub fn new(secret: &[u8; 32]) -> Self {
        // HMAC itself fills a key up to its block with zeros.
        let block: [u8; 64] = std::array::from_fn(|at| secret.get(at).copied().unwrap_or(0));
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(b"bouquin order link 1\0");
        Self(mac)
    }

    /// The key of an order.
    pub fn key(&self, number: &OrderNumber) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(number))
    }

    /// Whether `key` opens the order; takes as long whatever is wrong with it.
    pub fn opens(&self, number: &OrderNumber, key: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
        self.bytes(number).ct_eq(given.as_slice()).into()
    }

    /// The path of the order's page, for a link or a redirect.
    pub fn path(&self, number: &OrderNumber) -> String {
        format!("/orders/{number}?key={}", self.key(number))
    }

    /// The secret, for links to something else under other words.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }

    fn bytes(&self, number: &OrderNumber) -> Vec<u8> {
        let mut mac = self.0.clone();
        mac.update(number.as_str().as_bytes());
        mac.finalize()
            .into_bytes()
            .iter()
            .copied()
            .take(KEY_BYTES)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use trade::ids::OrderNumber;

    use super::OrderKeys;

    #[test]
    fn a_key_opens_its_order_and_no_other() {
        let keys = OrderKeys::new(&[7; 32]);
        let (ours, theirs) = (OrderNumber::from_bits(1), OrderNumber::from_bits(2));
        assert!(keys.opens(&ours, &keys.key(&ours)));
        assert!(!keys.opens(&ours, &keys.key(&theirs)));
        assert!(!keys.opens(&ours, &OrderKeys::new(&[8; 32]).key(&ours)));
        for wrong in ["", "é", "AAAA", &format!("{}A", keys.key(&ours))] {
            assert!(!keys.opens(&ours, wrong), "{wrong}");
        }
    }
}
