//! A card at rest: locked under a data key of its own, which is wrapped by the epoch key.
//!
//! Both locks name token, epoch and schema version, so that a row copied to another token does not open. Destroying
//! the wrapped data key destroys the card. The security code is never part of it.

use cards::entry::Card;
use cards::expiry;
use cards::pan::Pan;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use trade::payment::{CardExpiry, CardToken};
use zeroize::Zeroizing;

use crate::envelope::{Secret, Unopened};
use crate::keys::Keys;

/// The layout of the locked text: number, expiry as `YYMM`, name, one per line.
const SCHEMA: u8 = 1;

/// A locked card, as the database has it.
#[derive(Clone, Debug)]
pub(crate) struct LockedCard {
    pub(crate) epoch: i64,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) locked: Vec<u8>,
}

/// Locks a card for its token.
pub(crate) fn lock(keys: &Keys, token: &CardToken, card: &Card) -> Result<LockedCard, Unopened> {
    let data_key = Secret::random().map_err(|_| Unopened)?;
    let name = card.name.as_ref().map_or("", |name| name.as_str());
    // Room for everything from the start: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(32 + name.len()));
    for part in [
        card.pan.expose_digits(),
        "\n",
        &expiry::yymm(card.expiry),
        "\n",
        name,
    ] {
        text.push_str(part);
    }
    let epoch = keys.epoch;
    Ok(LockedCard {
        epoch,
        wrapped_key: keys
            .epoch_key
            .lock(data_key.bytes(), &place("data key", token, epoch))?,
        locked: data_key.lock(text.as_bytes(), &place("card", token, epoch))?,
    })
}

/// Opens a card for one authorisation.
pub(crate) fn open(
    keys: &Keys,
    token: &CardToken,
    card: &LockedCard,
) -> Result<(Pan, CardExpiry), Unopened> {
    if card.epoch != keys.epoch {
        return Err(Unopened);
    }
    let data_key = keys
        .epoch_key
        .open(&card.wrapped_key, &place("data key", token, card.epoch))?;
    let data_key = Secret::from_bytes(&data_key).ok_or(Unopened)?;
    let text = data_key.open(&card.locked, &place("card", token, card.epoch))?;
    let text = std::str::from_utf8(&text).map_err(|_| Unopened)?;
    let mut lines = text.splitn(3, '\n');
    let pan = lines
        .next()
        .and_then(|digits| Pan::parse(digits).ok())
        .ok_or(Unopened)?;
    let expiry = lines.next().and_then(expiry::from_yymm).ok_or(Unopened)?;
    Ok((pan, expiry))
}

/// By what the same card is recognised without opening any: keyed, because card numbers can all be tried
/// (PCI DSS 3.5.1.1).
pub(crate) fn fingerprint(keys: &Keys, card: &Card) -> Result<Vec<u8>, Unopened> {
    let mut mac = Hmac::<Sha256>::new_from_slice(keys.fingerprint.bytes()).map_err(|_| Unopened)?;
    mac.update(card.pan.expose_digits().as_bytes());
    mac.update(b"\n");
    mac.update(expiry::yymm(card.expiry).as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

fn place(what: &str, token: &CardToken, epoch: i64) -> String {
    format!("{what} {} {epoch} {SCHEMA}", token.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;
    use cards::entry::Entry;
    use cards::sealed::IntakeKey;

    fn keys() -> Keys {
        Keys {
            epoch: 1,
            epoch_key: Secret::random().unwrap(),
            fingerprint: Secret::random().unwrap(),
            intake: IntakeKey::from_seed(Secret::random().unwrap().bytes()).unwrap(),
        }
    }

    fn card(number: &str) -> Card {
        let entry = Entry {
            name: "Jeanne\nLecture".into(),
            number: number.into(),
            exp: "04/29".into(),
            csc: "123".into(),
        };
        entry.check((2026, 11)).unwrap()
    }

    #[test]
    fn a_row_opens_for_its_own_token_only() {
        let keys = keys();
        let (mine, theirs) = (
            CardToken::parse("tok_aaaaaaaaaaaaaaaa").unwrap(),
            CardToken::parse("tok_bbbbbbbbbbbbbbbb").unwrap(),
        );
        let locked = lock(&keys, &mine, &card("4111111111111111")).unwrap();
        let (pan, expiry) = open(&keys, &mine, &locked).unwrap();
        assert_eq!((pan.last4(), expiry.month, expiry.year), ("1111", 4, 2029));
        assert!(open(&keys, &theirs, &locked).is_err());
        assert!(
            open(
                &keys,
                &mine,
                &LockedCard {
                    epoch: 2,
                    ..locked.clone()
                }
            )
            .is_err()
        );
        let other = lock(&keys, &theirs, &card("5555555555554444")).unwrap();
        assert!(
            open(
                &keys,
                &mine,
                &LockedCard {
                    wrapped_key: other.wrapped_key,
                    ..locked
                }
            )
            .is_err()
        );
    }

    #[test]
    fn the_same_card_has_the_same_fingerprint_under_one_key() {
        let (keys, others) = (keys(), self::keys());
        let visa = card("4111 1111 1111 1111");
        assert_eq!(
            fingerprint(&keys, &visa),
            fingerprint(&keys, &card("4111111111111111"))
        );
        assert_ne!(
            fingerprint(&keys, &visa),
            fingerprint(&keys, &card("5555555555554444"))
        );
        assert_ne!(fingerprint(&keys, &visa), fingerprint(&others, &visa));
    }
}
