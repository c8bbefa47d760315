//! Cards are destroyed: when the shop asks, because nothing needs them any more, and by the vault itself when they have
//! been here for as long as a card may be, whether the shop asks or not.
//!
//! Of a destroyed card stays a row that says that it was there: token, brand, when it came and went.

use storage::{Fault, Row};
use trade::limits;
use trade::payment::CardToken;

use crate::OpenVault;
use crate::audit::{self, Entry, Verb};
use crate::keys::Sealed;
use crate::store;
use crate::verbs::{card_row, token_of};

/// Why a card is not forgotten.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForgetRefusal {
    #[error("no card has this token")]
    UnknownToken,
    #[error(transparent)]
    Sealed(#[from] Sealed),
    #[error("the list of forgotten cards cannot be written: {0}")]
    List(#[from] std::io::Error),
    #[error("the database failed: {}", .0.detail())]
    Fault(#[from] Fault),
}

/// Destroys the card: its wrapped data key, its text, its fingerprint and what was shown of it. Doing it again does
/// nothing.
pub(crate) async fn forget(
    vault: &OpenVault,
    peer: &str,
    token: CardToken,
) -> Result<(), ForgetRefusal> {
    let entry = Entry::about(Verb::Forget, peer, &token, vault.clock.now());
    let forgotten = forget_card(vault, token, &entry).await;
    match &forgotten {
        Ok(()) | Err(ForgetRefusal::Fault(_)) => {}
        Err(refusal) => {
            let refused = Some(refusal.to_string());
            vault.note(Entry { refused, ..entry }).await?;
        }
    }
    forgotten
}

async fn forget_card(
    vault: &OpenVault,
    token: CardToken,
    entry: &Entry,
) -> Result<(), ForgetRefusal> {
    vault.safe.keys()?;
    let row = card_row(vault, &token).await?;
    let row = row.ok_or(ForgetRefusal::UnknownToken)?;
    if row.opt_int(4)?.is_some() {
        let again = Entry {
            again: true,
            ..entry.clone()
        };
        return Ok(vault.note(again).await?);
    }
    destroy(vault, vec![token], entry).await
}

/// Destroys the cards that came in longer than [`limits::CARD_KEPT`] ago, some at a time; how many there were.
pub(crate) async fn forget_overdue(vault: &OpenVault) -> Result<usize, ForgetRefusal> {
    let mut all = 0;
    loop {
        let overdue = overdue(vault).await?;
        if overdue.is_empty() {
            return Ok(all);
        }
        all += overdue.len();
        let entry = Entry::new(Verb::Forget, vault.clock.now());
        destroy(vault, overdue, &entry).await?;
    }
}

async fn overdue(vault: &OpenVault) -> Result<Vec<CardToken>, Fault> {
    let before = vault.clock.now().minus(limits::CARD_KEPT);
    let params = [
        before.as_micros().into(),
        limits::CARDS_FORGOTTEN_AT_ONCE.into(),
    ];
    let rows = vault
        .store
        .read(move |tx| tx.query(&store::OVERDUE, &params))
        .await?;
    let token = |row: &Row| token_of(row.text(0)?);
    rows.iter().map(token).collect()
}

/// Destroys what is not destroyed yet. Each card has an entry of its own in the log, also one that another was faster with.
async fn destroy(
    vault: &OpenVault,
    tokens: Vec<CardToken>,
    entry: &Entry,
) -> Result<(), ForgetRefusal> {
    let keys = vault.safe.keys()?;
    for token in &tokens {
        vault.codes.forget(token);
    }
    // On the list first: a crash after it is made good at the next opening.
    vault.forgotten.note(&tokens, keys.epoch())?;
    let (signer, entry) = (vault.audit.clone(), entry.clone());
    let forgotten = vault
        .store
        .write(move |tx| {
            let mut forgotten = Vec::new();
            for token in &tokens {
                let params = store::forget_card(token, entry.at);
                let again = tx.execute(&store::FORGET_CARD, &params)? == 0;
                let entry = Entry {
                    token: Some(token.clone()),
                    again,
                    ..entry.clone()
                };
                audit::append(tx, &signer, entry)?;
                if !again {
                    forgotten.push(token.clone());
                }
            }
            Ok::<_, Fault>(forgotten)
        })
        .await?;
    for token in forgotten {
        // Again: a post that was under way may have brought one since.
        vault.codes.forget(&token);
        tracing::info!(token = token.as_str(), "a card is forgotten");
    }
    Ok(())
}
