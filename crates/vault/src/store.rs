//! The vault's tables and statements. A card number appears in none of them but inside a locked record.

use storage::{Fault, Migration, Statement, Store};
use trade::clock::Timestamp;

/// The vault's schema.
pub const MIGRATIONS: &[Migration] = &[Migration {
    component: "vault",
    version: 1,
    sql: include_str!("../migrations/0001_cards.sql"),
}];

storage::statements! {
    pub(crate) HAS_KEYS = "SELECT COUNT(*) FROM vault_key";
    pub(crate) KEY_OR_INSERT = "INSERT INTO vault_key (name, wrapped, made_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING wrapped";
    pub(crate) INSERT_CHECK_IN = "INSERT INTO check_in
        (nonce, order_number, payment, amount_cents, token, checked_in_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (nonce) DO NOTHING";
    pub(crate) INSERT_CARD = "INSERT INTO card
        (token, epoch, wrapped_key, locked, fingerprint, brand, last4, expiry_month, expiry_year, checked_in_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub(crate) CHECK_IN_OF_NONCE = "SELECT c.token, c.fingerprint, c.brand, c.last4, c.expiry_month, c.expiry_year,
        i.checked_in_at, (SELECT COUNT(*) FROM redemption r WHERE r.token = c.token)
        FROM check_in i JOIN card c ON c.token = i.token WHERE i.nonce = $1";
    pub(crate) CARD_TO_DESCRIBE =
        "SELECT brand, last4, expiry_month, expiry_year FROM card WHERE token = $1";
    pub(crate) CHECK_IN_OF_TOKEN =
        "SELECT order_number, payment, amount_cents FROM check_in WHERE token = $1";
    pub(crate) INSERT_REDEMPTION = "INSERT INTO redemption (nonce, token, order_number, payment, amount_cents, redeemed_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (nonce) DO NOTHING";
    pub(crate) LOCKED_CARD = "SELECT epoch, wrapped_key, locked FROM card WHERE token = $1";
    pub(crate) COUNT_CARDS = "SELECT COUNT(*) FROM card";
}

/// Every statement of this crate, for the test that prepares all of them.
#[must_use]
pub fn statements() -> Vec<&'static Statement> {
    [STATEMENTS, crate::audit::STATEMENTS].concat()
}

/// Whether this database has keys already.
pub(crate) async fn has_keys(store: &Store) -> Result<bool, Fault> {
    store.read(|tx| tx.query_one(&HAS_KEYS, &[])).await?.flag(0)
}

/// The wrapped key of the name: the one that is there, or else the given one, from now on.
pub(crate) async fn key_or_insert(
    store: &Store,
    name: &str,
    wrapped: Vec<u8>,
    now: Timestamp,
) -> Result<Vec<u8>, Fault> {
    let params = [name.into(), wrapped.into(), now.as_micros().into()];
    store
        .write(move |tx| Ok::<_, Fault>(tx.query_one(&KEY_OR_INSERT, &params)?.bytes(0)?.to_vec()))
        .await
}
