//! The vault's tables and statements. A card number appears in none of them but inside a locked record.

use storage::{Fault, Migration, Statement, Store, Value};
use trade::clock::Timestamp;
use trade::payment::CardToken;

/// The vault's schema.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "vault",
        version: 1,
        sql: include_str!("../migrations/0001_cards.sql"),
    },
    Migration {
        component: "vault",
        version: 2,
        sql: include_str!("../migrations/0002_epochs.sql"),
    },
    Migration {
        component: "vault",
        version: 3,
        sql: include_str!("../migrations/0003_overdue.sql"),
    },
];

storage::statements! {
    HAS_CARDS_OR_KEYS = "SELECT EXISTS (SELECT 1 FROM vault_key)
        OR EXISTS (SELECT 1 FROM card WHERE forgotten_at IS NULL)";
    KEY_OF_FIRST_VERSION = "SELECT wrapped FROM vault_key WHERE name = $1";
    DROP_KEYS_OF_FIRST_VERSION = "DELETE FROM vault_key";
    pub(crate) INSERT_CHECK_IN = "INSERT INTO check_in
        (nonce, order_number, payment, amount_cents, token, checked_in_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (nonce) DO NOTHING";
    /// In the place of a card that was forgotten before anybody redeemed it.
    pub(crate) REPLACE_CHECK_IN = "UPDATE check_in SET token = $2, checked_in_at = $3 WHERE nonce = $1
        AND EXISTS (SELECT 1 FROM card c WHERE c.token = check_in.token AND c.forgotten_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM redemption r WHERE r.token = check_in.token)";
    pub(crate) INSERT_CARD = "INSERT INTO card
        (token, epoch, wrapped_key, locked, schema, fingerprint, brand, last4, expiry_month, expiry_year, checked_in_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    pub(crate) CHECK_IN_OF_NONCE = "SELECT c.token, c.fingerprint, c.brand, c.last4, c.expiry_month, c.expiry_year,
        i.checked_in_at, (SELECT COUNT(*) FROM redemption r WHERE r.token = c.token), c.forgotten_at
        FROM check_in i JOIN card c ON c.token = i.token WHERE i.nonce = $1";
    pub(crate) CARD_TO_DESCRIBE = "SELECT brand, last4, expiry_month, expiry_year, forgotten_at
        FROM card WHERE token = $1";
    pub(crate) HAS_CARD = "SELECT EXISTS (SELECT 1 FROM card WHERE token = $1)";
    /// Whether a card is here that nobody has redeemed.
    pub(crate) IS_WAITING = "SELECT EXISTS (SELECT 1 FROM card c WHERE c.token = $1 AND c.forgotten_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM redemption r WHERE r.token = c.token))";
    pub(crate) CHECK_IN_OF_TOKEN =
        "SELECT order_number, payment, amount_cents FROM check_in WHERE token = $1";
    pub(crate) INSERT_REDEMPTION = "INSERT INTO redemption (nonce, token, order_number, payment, amount_cents, redeemed_at)
        SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM redemption WHERE token = $2)
        ON CONFLICT (nonce) DO NOTHING";
    pub(crate) IS_GRANT_USED = "SELECT EXISTS (SELECT 1 FROM redemption WHERE nonce = $1)";
    pub(crate) LOCKED_CARD = "SELECT epoch, wrapped_key, locked, schema, forgotten_at FROM card WHERE token = $1";
    pub(crate) CARDS_OF_EPOCH = "SELECT token, wrapped_key, schema FROM card
        WHERE epoch = $1 AND token > $2 ORDER BY token LIMIT $3";
    pub(crate) COUNT_OF_EPOCH = "SELECT COUNT(*) FROM card WHERE epoch = $1";
    pub(crate) WRAP_ANEW = "UPDATE card SET epoch = $3, wrapped_key = $4 WHERE token = $1 AND epoch = $2";
    pub(crate) FORGET_CARD = "UPDATE card SET epoch = 0, wrapped_key = $2, locked = $2, fingerprint = $2,
        last4 = '', expiry_month = 0, expiry_year = 0, forgotten_at = $3
        WHERE token = $1 AND forgotten_at IS NULL";
    pub(crate) OVERDUE = "SELECT token FROM card WHERE forgotten_at IS NULL AND checked_in_at < $1
        ORDER BY checked_in_at LIMIT $2";
    CARDS_KEPT = "SELECT COUNT(*) FROM card WHERE forgotten_at IS NULL";
}

/// Every statement of this crate, for the test that prepares all of them.
#[must_use]
pub fn statements() -> Vec<&'static Statement> {
    [STATEMENTS, crate::audit::STATEMENTS].concat()
}

/// Whether this database has cards that open, or keys of the first version.
pub(crate) async fn has_cards_or_keys(store: &Store) -> Result<bool, Fault> {
    store
        .read(|tx| tx.query_one(&HAS_CARDS_OR_KEYS, &[]))
        .await?
        .flag(0)
}

/// How many cards are here and not forgotten.
pub(crate) async fn cards_kept(store: &Store) -> Result<i64, Fault> {
    store
        .read(|tx| tx.query_one(&CARDS_KEPT, &[]))
        .await?
        .int(0)
}

/// The parameters of [`FORGET_CARD`].
pub(crate) fn forget_card(token: &CardToken, now: Timestamp) -> [Value; 3] {
    [
        token.as_str().into(),
        Vec::new().into(),
        now.as_micros().into(),
    ]
}

/// The wrapped epoch and fingerprint keys that the first version kept in the database.
pub(crate) async fn keys_of_first_version(
    store: &Store,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, Fault> {
    store
        .read(|tx| {
            let mut key = |name: &str| -> Result<Option<Vec<u8>>, Fault> {
                let row = tx.query_opt(&KEY_OF_FIRST_VERSION, &[name.into()])?;
                row.map(|row| Ok(row.bytes(0)?.to_vec())).transpose()
            };
            Ok(key("epoch-1")?.zip(key("fingerprint")?))
        })
        .await
}

/// Takes them out of the database, and so out of its later backups.
pub(crate) async fn drop_keys_of_first_version(store: &Store) -> Result<(), Fault> {
    store
        .call(&DROP_KEYS_OF_FIRST_VERSION, Vec::new())
        .await
        .map(drop)
}
