//! The socket: who may come in, one question a connection.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cards::custody::SealedShare;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Answer, Ask, MAX_LINE_BYTES, SOCKET, Standing};
use crate::audit::{Entry, Verb};
use crate::ceremony::QUORUM;
use crate::keys::ring::Ring;
use crate::rotation;
use crate::unsealing::Unopenable;
use crate::{OpenVault, store, unsealing};

/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bound socket.
pub(crate) struct AdminDoor {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminDoor {
    /// Binds the socket, in place of one that a vault left when it was killed.
    pub(crate) fn bind(data_dir: &Path) -> io::Result<AdminDoor> {
        let path = data_dir.join(SOCKET);
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "a vault runs in this folder already",
            ));
        }
        match fs::remove_file(&path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
        // The folder lets nobody else in, so there is no moment in which others could connect.
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(AdminDoor { listener, path })
    }

    /// Answers for ever.
    pub(crate) async fn serve(&self, vault: &Arc<OpenVault>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let vault = Arc::clone(vault);
                    tokio::spawn(async move {
                        if let Err(fault) = one_question(&vault, stream).await {
                            tracing::warn!(%fault, "the admin door was left without a question");
                        }
                    });
                }
                Err(fault) => {
                    tracing::warn!(%fault, "the admin door");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}

impl Drop for AdminDoor {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn one_question(vault: &Arc<OpenVault>, stream: UnixStream) -> io::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer != rustix::process::geteuid().as_raw() {
        tracing::warn!(peer, "another user came to the admin door");
        return Ok(());
    }
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let read = (&mut stream).take(MAX_LINE_BYTES);
    tokio::time::timeout(PATIENCE, BufReader::new(read).read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(question) => answer(vault, question).await,
        Err(_) => refused("this is not a question that the vault knows"),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

async fn answer(vault: &Arc<OpenVault>, question: Ask) -> Answer {
    let (verb, peer) = match &question {
        Ask::Standing => return standing(vault).await,
        Ask::Give { share } => (Verb::Unseal, custodian(vault, share)),
        Ask::Open => (Verb::Unseal, None),
        Ask::Seal => (Verb::Seal, None),
        Ask::Reshare { .. } => (Verb::Reshare, None),
        Ask::Rotate => (Verb::Rotate, None),
    };
    let entry = Entry {
        peer,
        ..Entry::new(verb, vault.clock.now())
    };
    let done = match question {
        Ask::Seal => seal(vault, entry).await,
        question => act_and_note(vault, question, entry).await,
    };
    match done {
        Ok(()) => standing(vault).await,
        Err(reason) => {
            tracing::warn!(reason, "the admin door refused");
            refused(&reason)
        }
    }
}

/// A sealing takes away and gives nothing, so it waits for nobody and for no disk: it is done first and then written down.
async fn seal(vault: &OpenVault, entry: Entry) -> Result<(), String> {
    let done = unsealing::seal(vault).map_err(|fault| fault.to_string());
    let noted = note(vault, entry, &done).await;
    noted.map_err(|fault| format!("the vault is sealed, but {fault}"))?;
    done
}

/// Everything else is written down before it is done, and is not done when it cannot be written down. What comes to nothing
/// after all has a second entry that says why.
async fn act_and_note(vault: &Arc<OpenVault>, question: Ask, entry: Entry) -> Result<(), String> {
    // One after the other, so that what may be done may still be done when it is written down, but for a sealing.
    let _one_at_a_time = vault.operating.lock().await;
    let may = may(vault, &question);
    let noted = note(vault, entry.clone(), &may).await;
    noted.map_err(|fault| format!("nothing was done: {fault}"))?;
    may?;
    let done = act(vault, question).await;
    if done.is_err() {
        let noted = note(vault, entry, &done).await;
        noted.map_err(|fault| format!("it came to nothing, and {fault}"))?;
    }
    done
}

async fn note(vault: &OpenVault, entry: Entry, outcome: &Result<(), String>) -> Result<(), String> {
    let refused = outcome.as_ref().err().cloned();
    let noted = vault.note(Entry { refused, ..entry }).await;
    noted.map_err(|fault| format!("it could not be written into the log: {}", fault.detail()))
}

/// The custodian that a share names, if the ceremony knows her; a share that is refused may claim anything.
fn custodian(vault: &OpenVault, share: &SealedShare) -> Option<String> {
    let ceremony = Ring::load(vault.safe.ring_path()).ok()??.ceremony?;
    let custodians = ceremony.custodians.into_iter();
    custodians
        .map(|custodian| custodian.name)
        .find(|name| *name == share.label.custodian)
}

/// Whether it would be done.
fn may(vault: &OpenVault, question: &Ask) -> Result<(), String> {
    let refusal = |refusal: Unopenable| refusal.to_string();
    match question {
        Ask::Standing | Ask::Seal => Ok(()),
        Ask::Give { share } => unsealing::may_give(vault, share).map_err(refusal),
        Ask::Open => unsealing::may_open_again(vault).map(drop).map_err(refusal),
        Ask::Reshare { candidates } => {
            unsealing::may_share_anew(vault, candidates).map_err(refusal)
        }
        Ask::Rotate => vault
            .safe
            .keys()
            .map(drop)
            .map_err(|sealed| sealed.to_string()),
    }
}

async fn act(vault: &Arc<OpenVault>, question: Ask) -> Result<(), String> {
    match question {
        Ask::Standing | Ask::Seal => Ok(()),
        Ask::Give { share } => unsealing::give(vault, &share)
            .await
            .map_err(|refusal| refusal.to_string()),
        Ask::Open => unsealing::open_again(vault)
            .await
            .map_err(|refusal| refusal.to_string()),
        Ask::Reshare { candidates } => {
            unsealing::share_anew(vault, candidates).map_err(|refusal| refusal.to_string())
        }
        Ask::Rotate => rotation::begin(vault).map_err(|fault| fault.to_string()),
    }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused {
        reason: reason.to_owned(),
    }
}

async fn standing(vault: &OpenVault) -> Answer {
    if let Err(fault) = unsealing::sweep(vault) {
        return refused(&fault.to_string());
    }
    let ring = match Ring::load(vault.safe.ring_path()) {
        Ok(ring) => ring,
        Err(fault) => return refused(&format!("the ring of keys: {fault}")),
    };
    let counted = async {
        Ok::<_, storage::Fault>((
            store::cards_kept(&vault.store).await?,
            rotation::to_move(vault).await?,
        ))
    };
    let (cards, to_move) = match counted.await {
        Ok(counted) => counted,
        Err(fault) => return refused(&fault.detail()),
    };
    let check = ring.as_ref().map(|ring| ring.check().to_owned());
    let ceremony = ring.and_then(|ring| ring.ceremony);
    let keys = vault.safe.keys().ok();
    let gathering = vault.gathering();
    Answer::Standing(Standing {
        open: keys.is_some(),
        epoch: keys.as_ref().map(|keys| keys.epoch()),
        cards,
        to_move,
        check,
        quorum: ceremony.as_ref().map_or(QUORUM, |held| held.quorum),
        ceremony: ceremony.as_ref().map(|held| held.id.clone()),
        custodians: ceremony.map_or(Vec::new(), |held| held.custodians),
        given: gathering.given(),
        anew: gathering.anew().to_vec(),
        unsealing_key: keys.is_none().then(|| gathering.key().to_string()),
    })
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
    use crate::for_test::House;

    #[tokio::test]
    async fn of_two_shares_that_could_both_open_the_vault_one_does() {
        let house = House::sealed().await;
        for index in [1, 2] {
            let share = house.handed(index);
            let answer = answer(&house.vault, Ask::Give { share }).await;
            assert!(matches!(answer, Answer::Standing(_)));
        }
        let [third, fourth] = [3, 4].map(|index| Ask::Give {
            share: house.handed(index),
        });
        let release = house.hold_the_writer();
        let (third, fourth, _) = tokio::join!(
            answer(&house.vault, third),
            answer(&house.vault, fourth),
            async { release.send(()) }
        );
        assert!(matches!(third, Answer::Standing(standing) if standing.open));
        assert!(
            matches!(&fourth, Answer::Refused { reason } if reason == "the vault is open already"),
            "{fourth:?}"
        );
    }
}
