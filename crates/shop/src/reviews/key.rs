//! The key in the link that opens a review to its author: to confirm it, and to take it back.
//!
//! Like the key of an order it is computed, not kept: see [`OrderKeys`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac;
use subtle::ConstantTimeEq;

use super::ReviewId;
use crate::order::OrderKeys;

/// Bytes of the key: 128 bits cannot be guessed.
const KEY_BYTES: usize = 16;

/// Makes and checks the keys of review links, under the secret of the order links.
#[derive(Clone, Debug)]
pub struct ReviewKeys(OrderKeys);

impl ReviewKeys {
    /// Keys under the secret of `keys`.
    pub fn beside(keys: &OrderKeys) -> ReviewKeys {
        ReviewKeys(keys.clone())
    }

    /// The key of a review.
    pub fn key(&self, review: ReviewId) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(review))
    }

    /// Whether `key` opens the review; takes as long whatever is wrong with it.
    pub fn opens(&self, review: ReviewId, key: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
        self.bytes(review).ct_eq(given.as_slice()).into()
    }

    /// The path of the author's page, for a link.
    pub fn path(&self, review: ReviewId) -> String {
        format!("/reviews/{review}?key={}", self.key(review))
    }

    fn bytes(&self, review: ReviewId) -> Vec<u8> {
        // An order's number is letters, digits and hyphens: no order has the key of a review.
        let mut mac = self.0.mac();
        mac.update(format!("review\0{review}").as_bytes());
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
    use super::*;

    #[test]
    fn a_key_opens_its_review_and_no_other() {
        let keys = ReviewKeys::beside(&OrderKeys::new(&[7; 32]));
        let (ours, theirs) = (ReviewId(1), ReviewId(12));
        assert!(keys.opens(ours, &keys.key(ours)));
        assert!(!keys.opens(ours, &keys.key(theirs)));
        let elsewhere = ReviewKeys::beside(&OrderKeys::new(&[8; 32]));
        assert!(!keys.opens(ours, &elsewhere.key(ours)));
        for wrong in ["", "é", "AAAA"] {
            assert!(!keys.opens(ours, wrong), "{wrong}");
        }
    }
}
