//! The operator's way to the payment zone: asks switch and vault how they are, and puts it into the shop's terms.
//!
//! It decides nothing and moves no money; that is [`zone`](crate::zone)'s. What comes over the link is read strictly, so
//! that no text of a bank can reach a page.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use link::{Identity, LinkFault, http::Client};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shop::payment::network::{
    Carrier, Clearing, Finding, Minute, Network, PaymentNetwork, ShortText, Standing, Stray,
    StrayKind, Switch, Unanswered, Vault,
};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

/// What the shop reads of the vault's status.
#[derive(Deserialize)]
struct VaultStatus {
    state: VaultState,
    since: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum VaultState {
    Open,
    Sealed,
}

/// Switch and vault, by their addresses.
pub struct PrivateNetwork {
    switch: Client,
    vault: Client,
    clock: Clock,
    known: tokio::sync::Mutex<Option<(Instant, Network)>>,
}

impl PrivateNetwork {
    /// Reads the shop's certificate; connects when first asked.
    pub fn open(certificates: &Path, switch: SocketAddr, vault: SocketAddr) -> Result<Self> {
        let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
        Ok(Self {
            switch: Client::new(switch, &identity, "switch")?,
            vault: Client::new(vault, &identity, "vault")?,
            clock: Clock::system(),
            known: tokio::sync::Mutex::new(None),
        })
    }

    async fn ask(&self, before: Option<&Network>) -> Network {
        let switch = status_of::<switch::Status>(&self.switch, "switch");
        let vault = status_of::<VaultStatus>(&self.vault, "vault");
        let (switch, vault) = tokio::join!(switch, vault);
        let asked = self.clock.now();
        let since = |silence: Option<Unanswered>| silence.map_or(asked, |silence| silence.since);
        let switch = switch.map(read_switch).map_err(|is_there| Unanswered {
            since: since(before.and_then(|network| network.switch.as_ref().err().copied())),
            is_there,
        });
        let vault = match vault {
            Ok(VaultStatus { state, since }) => match state {
                VaultState::Open => Vault::Open { since },
                VaultState::Sealed => Vault::Sealed { since },
            },
            Err(is_there) => Vault::Silent(Unanswered {
                since: since(before.and_then(|network| silence_of(network.vault))),
                is_there,
            }),
        };
        Network {
            asked,
            vault,
            switch,
        }
    }
}

impl PaymentNetwork for PrivateNetwork {
    fn look(&self) -> Pin<Box<dyn Future<Output = Network> + Send + '_>> {
        Box::pin(async move {
            let mut known = self.known.lock().await;
            if let Some((at, network)) = &*known
                && at.elapsed() < limits::NETWORK_BELIEVED
            {
                return network.clone();
            }
            let network = self.ask(known.as_ref().map(|(_, network)| network)).await;
            *known = Some((Instant::now(), network.clone()));
            network
        })
    }
}

/// What a process says of itself, or whether it is there at all.
async fn status_of<T: DeserializeOwned>(peer: &Client, name: &str) -> Result<T, bool> {
    let status = peer.get("/status", limits::NETWORK_ASK).await;
    status.map_err(|fault| {
        tracing::debug!(%fault, name, "it does not say how it is");
        matches!(fault, LinkFault::Refused { .. } | LinkFault::Garbled(_))
    })
}

fn silence_of(vault: Vault) -> Option<Unanswered> {
    match vault {
        Vault::Silent(silence) => Some(silence),
        Vault::Open { .. } | Vault::Sealed { .. } => None,
    }
}

fn read_switch(status: switch::Status) -> Switch {
    let clearing = status.clearing;
    Switch {
        line_up_since: status.line_up_since,
        carriers: status.carriers.into_iter().map(read_carrier).collect(),
        in_flight: count(status.in_flight),
        queued: count(status.queued),
        queued_since: status.queued_since,
        in_doubt: count(status.unknown),
        clearing: Clearing {
            last: clearing.last_sequence.zip(clearing.last_cut),
            uncleared: count(clearing.uncleared),
            untaken: count(clearing.untaken),
            refused: count(clearing.refused),
            unclearable: count(clearing.unclearable),
        },
        strays: status.strays.iter().map(read_stray).collect(),
        strays_unkept: status.strays_unkept,
    }
}

fn read_carrier(carrier: switch::Carrier) -> Carrier {
    let minute = |minute: &switch::Minute| Minute {
        begins: minute.begins,
        answered: minute.answered,
        timed_out: minute.timed_out,
        lost: minute.lost,
        overtaken: minute.overtaken,
        sessions_failed: minute.sessions_failed,
        mean: Duration::from_micros(minute.mean_answer_us),
        longest: Duration::from_micros(minute.longest_answer_us),
    };
    Carrier {
        address: carrier.address,
        standing: match carrier.standing {
            switch::Standing::Up(since) => Standing::Up(since),
            switch::Standing::Down(since) => Standing::Down(since),
        },
        doubted: carrier.doubted,
        in_flight: count(carrier.in_flight),
        answered: carrier.answered,
        unanswered: carrier.unanswered,
        mean: Duration::from_micros(carrier.mean_answer_us),
        minutes: carrier.minutes.iter().map(minute).collect(),
    }
}

fn read_stray(stray: &switch::Stray) -> Stray {
    use switch::StrayKind as Told;
    Stray {
        received: stray.received,
        mti: ShortText::parse(&stray.mti),
        stan: ShortText::parse(&stray.stan),
        response_code: ShortText::parse(&stray.response_code),
        carrier: stray.carrier,
        kind: match stray.kind {
            Told::AnsweredBefore => StrayKind::AnsweredBefore,
            Told::OtherCarrier => StrayKind::OtherCarrier,
            Told::TimedOut => StrayKind::TimedOut,
            Told::ConnectionLost => StrayKind::ConnectionLost,
            Told::NeverSent => StrayKind::NeverSent,
            Told::Nameless => StrayKind::Nameless,
            Told::Request => StrayKind::Request,
            Told::Unreadable => StrayKind::Unreadable,
            Told::Other => StrayKind::Other,
        },
        payment: stray.payment,
        finding: stray.finding.map(|finding| match finding {
            switch::Finding::Agrees => Finding::Agrees,
            switch::Finding::Open => Finding::Open,
            switch::Finding::TakenBack => Finding::TakenBack,
            switch::Finding::Contradicts => Finding::Contradicts,
            switch::Finding::Other => Finding::Other,
        }),
    }
}

/// A count of the journal or of memory; none is below zero.
fn count(count: impl TryInto<u64>) -> u64 {
    count.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use link::ca;
    use shop::payment::network::Concern;
    use std::net::TcpListener;

    #[test]
    fn what_the_journal_says_to_a_late_reply_is_read_from_every_release() {
        let told = |finding: &str| {
            let stray = format!(
                r#"{{"seq":1,"mti":"0110","terminal":"BOUQUIN1","stan":"000007","response_code":"05",
                    "reason":"the message had been answered before","kind":"answered-before","received":1{finding}}}"#
            );
            read_stray(&serde_json::from_str(&stray).unwrap()).finding
        };
        for (said, finding) in [
            ("", None),
            (r#","finding":"contradicts""#, Some(Finding::Contradicts)),
            (r#","finding":"taken-back""#, Some(Finding::TakenBack)),
            (r#","finding":"of-tomorrow""#, Some(Finding::Other)),
        ] {
            assert_eq!(told(said), finding, "{said}");
        }
    }

    #[tokio::test]
    async fn who_says_nothing_is_told_in_time_and_since_when() {
        let folder = tempfile::tempdir().unwrap();
        ca::make_demo(folder.path(), &["shop", "vault", "switch"]).unwrap();
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let switch = mute.local_addr().unwrap();
        let network = PrivateNetwork::open(folder.path(), switch, nobody.unwrap()).unwrap();
        let begun = Instant::now();
        let first = network.look().await;
        let took = begun.elapsed();
        assert!(took < limits::NETWORK_ASK * 3, "{took:?}");
        assert_eq!(
            first.concerns(),
            [Concern::VaultSilent, Concern::SwitchSilent]
        );
        assert_eq!(first.pays_since(), None);
        // Asked by the next page, it is not asked anew, and once it is the silence has not begun anew.
        assert_eq!(network.look().await, first);
        tokio::time::sleep(limits::NETWORK_BELIEVED).await;
        let later = network.look().await;
        assert!(later.asked > first.asked);
        assert_eq!(later.switch, first.switch);
        assert_eq!(later.vault, first.vault);
    }
}
