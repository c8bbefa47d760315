//! A card at rest: locked under a data key of its own, which is wrapped by the epoch key.
//!
//! Both locks name token and schema version, the data key's also the epoch, so that a row copied to another token does
//! not open. A rotation wraps the data key anew and never touches the text. Destroying the wrapped data key destroys the
//! card. The security code is never part of it.

use cards::entry::Card;
use cards::expiry;
use cards::pan::Pan;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use trade::payment::{CardExpiry, CardToken};
use zeroize::Zeroizing;

use crate::envelope::{Secret, Unopened};
use crate::keys::{Keys, hex};

/// The layout of the locked text: number, expiry as `YYMM`, name, one per line. In schema 1 the text's lock named the
/// epoch too, which was always 1.
const SCHEMA: i64 = 2;

/// A locked card, as the database has it.
#[derive(Clone, Debug)]
pub(crate) struct LockedCard {
    pub(crate) epoch: i64,
    pub(crate) schema: i64,
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
    let epoch = keys.epoch();
    let wrap = data_key_place(token, epoch, SCHEMA);
    Ok(LockedCard {
        epoch,
        schema: SCHEMA,
        wrapped_key: keys.epoch_key(epoch)?.lock(data_key.bytes(), &wrap)?,
        locked: data_key.lock(text.as_bytes(), &card_place(token, SCHEMA))?,
    })
}

/// Wraps a card's data key for the present epoch. The card itself is not touched.
pub(crate) fn wrap_anew(
    keys: &Keys,
    token: &CardToken,
    epoch: i64,
    schema: i64,
    wrapped_key: &[u8],
) -> Result<Vec<u8>, Unopened> {
    let data_key = keys
        .epoch_key(epoch)?
        .open(wrapped_key, &data_key_place(token, epoch, schema))?;
    let next = keys.epoch();
    keys.epoch_key(next)?
        .lock(&data_key, &data_key_place(token, next, schema))
}

/// Opens a card for one authorisation.
pub(crate) fn open(
    keys: &Keys,
    token: &CardToken,
    card: &LockedCard,
) -> Result<(Pan, CardExpiry), Unopened> {
    let place = data_key_place(token, card.epoch, card.schema);
    let data_key = keys
        .epoch_key(card.epoch)?
        .open(&card.wrapped_key, &place)?;
    let data_key = Secret::from_bytes(&data_key).ok_or(Unopened)?;
    let text = data_key.open(&card.locked, &card_place(token, card.schema))?;
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
    let mut mac =
        Hmac::<Sha256>::new_from_slice(keys.fingerprint().bytes()).map_err(|_| Unopened)?;
    mac.update(card.pan.expose_digits().as_bytes());
    mac.update(b"\n");
    mac.update(expiry::yymm(card.expiry).as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

/// By what one shop notices that a card comes again, and no other shop does. A key of its own for each shop, over the
/// fingerprint, which itself never leaves the vault: two shops that compare what they know find nothing in common.
pub(crate) fn pseudonym(keys: &Keys, shop: &str, fingerprint: &[u8]) -> Result<String, Unopened> {
    let mut key =
        Hmac::<Sha256>::new_from_slice(keys.fingerprint().bytes()).map_err(|_| Unopened)?;
    // A fingerprint's text begins with a digit: no card's is this.
    key.update(b"bouquin vault pseudonym key 1\0");
    key.update(shop.as_bytes());
    let key = Zeroizing::new(key.finalize().into_bytes().to_vec());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| Unopened)?;
    mac.update(fingerprint);
    Ok(hex(mac
        .finalize()
        .into_bytes()
        .get(..16)
        .unwrap_or_default()))
}

fn data_key_place(token: &CardToken, epoch: i64, schema: i64) -> String {
    format!("data key {} {epoch} {schema}", token.as_str())
}

fn card_place(token: &CardToken, schema: i64) -> String {
    match schema {
        1 => format!("card {} 1 1", token.as_str()),
        _ => format!("card {} {schema}", token.as_str()),
    }
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
    use crate::keys::for_test as keys;
    use cards::entry::Entry;

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
    fn a_pseudonym_is_of_one_card_and_one_shop_and_is_not_the_fingerprint() {
        let keys = crate::keys::for_test();
        let one = fingerprint(&keys, &card("4111111111111111")).unwrap();
        let other = fingerprint(&keys, &card("5555555555554444")).unwrap();
        let ours = pseudonym(&keys, "bouquin", &one).unwrap();
        assert_eq!(ours, pseudonym(&keys, "bouquin", &one).unwrap());
        assert_ne!(ours, pseudonym(&keys, "bouquin", &other).unwrap());
        assert_ne!(ours, pseudonym(&keys, "elsewhere", &one).unwrap());
        assert!(!crate::keys::hex(&one).contains(&ours));
        assert_eq!(ours.len(), 32);
    }

    #[test]
    fn the_same_card_has_the_same_fingerprint_under_one_key() {
        let (keys, others) = (keys(), keys());
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
