//! The audit log: every verb that was asked of the vault, in a Merkle tree (RFC 6962) that a changed, removed or
//! added entry breaks.
//!
//! An entry is one line of JSON, written in the transaction of its verb, or before it when its verb is none of the
//! database's: what is not in the log did not happen. Only a sealing does not wait for its entry. With each entry stands
//! the vault's signature over the checkpoint that the log had then, so that not only damage but the
//! damaged entry is found ([`verify`]). Who owns the machine could write all of it anew; a witness elsewhere, who
//! signs only logs that begin with the one it saw before ([`witness`]), would not sign that.
//!
//! No entry says anything about a card but its token.

pub mod checkpoint;
pub mod tree;
pub mod verify;
pub mod witness;

use link::note;
use link::signed::SigningKey;
use serde::{Deserialize, Serialize};
use storage::{Fault, Migration, Tx};
use trade::clock::Timestamp;
use trade::ids::{OrderNumber, PaymentId};
use trade::money::Money;
use trade::payment::CardToken;

use checkpoint::Checkpoint;
use tree::Frontier;

/// The log's schema.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    component: "vault-audit",
    version: 1,
    sql: include_str!("../../migrations/0001_audit.sql"),
}];

storage::statements! {
    pub(crate) LOG = "SELECT size, roots FROM audit_log WHERE id = 1";
    pub(crate) GROW = "UPDATE audit_log SET size = $1, roots = $2 WHERE id = 1 AND size = $3";
    pub(crate) INSERT = "INSERT INTO audit_entry (place, said, signature) VALUES ($1, $2, $3)";
    pub(crate) ENTRIES =
        "SELECT place, said, signature FROM audit_entry WHERE place >= $1 ORDER BY place LIMIT $2";
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The process started.
    Start,
    /// A custodian gave a share, or the keys were opened otherwise.
    Unseal,
    /// The keys were forgotten.
    Seal,
    /// Shares were asked for, to make others.
    Reshare,
    /// An epoch was begun, or a rotation gone on with.
    Rotate,
    /// A card came in for a payment.
    CheckIn,
    /// A card was given to the switch for one authorisation.
    Redeem,
    /// What may be shown of a card was told.
    Describe,
    /// A card was destroyed: the shop asked, or, without a peer, its time was over.
    Forget,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log, from 0: an entry that was moved says so itself.
    pub n: u64,
    /// When, in microseconds since 1970, UTC.
    pub at: Timestamp,
    /// What was asked.
    pub verb: Verb,
    /// Who asked: the name in the certificate, or the custodian whose share it was; none for readers and for the vault itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The order it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderNumber>,
    /// The payment it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// The amount it was about, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The card it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<CardToken>,
    /// Why it was refused, or came to nothing; none when it was done, or, for what is asked at the admin door, about to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether it had been done before, so that nothing was changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Entry {
    /// An entry that says what was asked, and nothing else yet.
    pub(crate) fn new(verb: Verb, at: Timestamp) -> Entry {
        Entry {
            n: 0,
            at,
            verb,
            peer: None,
            order: None,
            payment: None,
            amount: None,
            token: None,
            refused: None,
            again: false,
        }
    }

    /// The entry of a verb about a card.
    pub(crate) fn about(verb: Verb, peer: &str, token: &CardToken, at: Timestamp) -> Entry {
        Entry {
            peer: Some(peer.to_owned()),
            token: Some(token.clone()),
            ..Entry::new(verb, at)
        }
    }

    /// The entry without a token that no card has: it is whatever the caller wrote, a card number perhaps, and the log does
    /// not repeat it.
    pub(crate) fn of_known_card(self, tx: &mut dyn Tx) -> Result<Entry, Fault> {
        let known = match &self.token {
            Some(token) => tx
                .query_one(&crate::store::HAS_CARD, &[token.as_str().into()])?
                .flag(0)?,
            None => false,
        };
        let token = self.token.filter(|_| known);
        Ok(Entry { token, ..self })
    }
}

/// Who signs the log, and under which name.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) origin: String,
    pub(crate) key: SigningKey,
}

/// Writes an entry down behind the last one.
pub(crate) fn append(tx: &mut dyn Tx, signer: &Signer, mut entry: Entry) -> Result<(), Fault> {
    let mut log = frontier(tx)?;
    entry.n = log.size();
    let said = serde_json::to_string(&entry)
        .map_err(|_| Fault::defect("an audit entry cannot be written"))?;
    log.push(tree::leaf(said.as_bytes()));
    let checkpoint = Checkpoint {
        origin: signer.origin.clone(),
        size: log.size(),
        root: log.root(),
    };
    let signature = note::sign(&signer.key, &checkpoint.text());
    let place = place(entry.n)?;
    tx.execute(
        &INSERT,
        &[place.into(), said.into(), signature.as_slice().into()],
    )?;
    let grown = [(place + 1).into(), log.to_bytes().into(), place.into()];
    match tx.execute(&GROW, &grown)? {
        1 => Ok(()),
        _ => Err(Fault::defect("the audit log grew beside this transaction")),
    }
}

/// The log as it is now.
pub(crate) fn frontier(tx: &mut dyn Tx) -> Result<Frontier, Fault> {
    let row = tx.query_one(&LOG, &[])?;
    let size = u64::try_from(row.int(0)?).unwrap_or_default();
    Frontier::of_bytes(size, row.bytes(1)?).ok_or_else(|| {
        Fault::defect("the audit log's own row is damaged: run `bouquin vault audit verify`")
    })
}

fn place(n: u64) -> Result<i64, Fault> {
    i64::try_from(n).map_err(|_| Fault::defect("the audit log is full"))
}
