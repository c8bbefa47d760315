//! How the shop's own payment network is, for whoever operates it: the vault, the switch, the carriers to the bank.
//!
//! What is told here decides nothing about a payment and holds nothing of a card: not even a reply that nobody waited for
//! has room for a number. Who asks vault and switch implements [`PaymentNetwork`] elsewhere.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use trade::{clock::Timestamp, ids::PaymentId, limits};

use crate::codes::coded;

/// Asks vault and switch how they are.
pub trait PaymentNetwork: Send + Sync {
    /// How they are. Takes at most twice [`limits::NETWORK_ASK`], whoever does not answer; may be as old as
    /// [`limits::NETWORK_BELIEVED`].
    fn look(&self) -> Pin<Box<dyn Future<Output = Network> + Send + '_>>;
}

/// How the network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// When they were asked.
    pub asked: Timestamp,
    /// The vault.
    pub vault: Vault,
    /// The switch with its carriers, or that it said nothing.
    pub switch: Result<Switch, Unanswered>,
}

/// Why nothing is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Since when, as far as the shop noticed.
    pub since: Timestamp,
    /// Whether it answers at all: its answer was a refusal, or cannot be read.
    pub is_there: bool,
}

/// How the vault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// It has its keys and takes cards.
    Open {
        /// Since when.
        since: Timestamp,
    },
    /// It waits for its custodians.
    Sealed {
        /// Since when.
        since: Timestamp,
    },
    /// It said nothing.
    Silent(Unanswered),
}

/// How the switch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Since when the bank can be reached by any carrier; `None` when it cannot.
    pub line_up_since: Option<Timestamp>,
    /// Its carriers, the preferred one first.
    pub carriers: Vec<Carrier>,
    /// Messages that wait for their answer.
    pub in_flight: u64,
    /// Stored captures, refunds and reversals that the bank has not confirmed.
    pub queued: u64,
    /// Since when the oldest of them waits.
    pub queued_since: Option<Timestamp>,
    /// Payments in doubt whose reversal is not confirmed.
    pub in_doubt: u64,
    /// How clearing is.
    pub clearing: Clearing,
    /// The latest replies that nobody waited for, newest first.
    pub strays: Vec<Stray>,
    /// Such replies that were not kept since the switch started, because too many came at once.
    pub strays_unkept: u64,
}

/// How clearing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// The number of the last batch, and when it was cut.
    pub last: Option<(u32, Timestamp)>,
    /// Captures and refunds that wait for the next one.
    pub uncleared: u64,
    /// Batches that the bank has not taken, those that it refused among them.
    pub untaken: u64,
    /// Batches that the bank refused.
    pub refused: u64,
    /// Captures and refunds that no batch can bear: the bank's references of them are not whole.
    pub unclearable: u64,
}

/// Whether a carrier is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is, since then.
    Up(Timestamp),
    /// It is not, since then.
    Down(Timestamp),
}

/// How one carrier is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Where it leads.
    pub address: SocketAddr,
    /// Whether it is up.
    pub standing: Standing,
    /// Whether it was silent when last asked, so that others go first.
    pub doubted: bool,
    /// Messages that wait for their answer on it.
    pub in_flight: u64,
    /// Messages that it brought the answer to, since the switch started.
    pub answered: u64,
    /// Messages that left by it and were not answered, since then.
    pub unanswered: u64,
    /// Between message and answer, on average since then.
    pub mean: Duration,
    /// The minutes of the last hour in which something happened, oldest first.
    pub minutes: Vec<Minute>,
}

/// One minute of a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning.
    pub begins: Timestamp,
    /// Messages that were answered.
    pub answered: u64,
    /// Messages without an answer in time.
    pub timed_out: u64,
    /// Messages whose connection was lost.
    pub lost: u64,
    /// Messages that another carrier brought the answer to.
    pub overtaken: u64,
    /// Sessions that ended by themselves, and attempts at one that failed.
    pub sessions_failed: u64,
    /// Between message and answer, on average.
    pub mean: Duration,
    /// The longest of them.
    pub longest: Duration,
}

impl Minute {
    /// Messages that left by this carrier and got no answer by it.
    pub fn unanswered(&self) -> u64 {
        self.timed_out
            .saturating_add(self.lost)
            .saturating_add(self.overtaken)
    }
}

/// A reply that nobody waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// When it came.
    pub received: Timestamp,
    /// Its message type, if it had one.
    pub mti: Option<ShortText>,
    /// Its trace number, if it had one.
    pub stan: Option<ShortText>,
    /// Field 39, if it had one.
    pub response_code: Option<ShortText>,
    /// The carrier that brought it, as far as the switch remembers.
    pub carrier: Option<SocketAddr>,
    /// Why nobody waited.
    pub kind: StrayKind,
    /// The payment that it is about, as far as it can be told.
    pub payment: Option<PaymentId>,
    /// What the switch's journal says to it; nothing when it knows of no such message.
    pub finding: Option<Finding>,
}

/// One to six letters and digits: a message type, a trace number, a response code. A card number does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortText(String);

impl ShortText {
    /// `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

coded! {
    /// Why nobody waited for a reply.
    pub enum StrayKind {
        /// A duplicate: the message had been answered before.
        AnsweredBefore = "answered-before",
        /// A duplicate: another carrier was quicker.
        OtherCarrier = "other-carrier",
        /// It came after the time-out.
        TimedOut = "timed-out",
        /// The connection on which it was asked had been lost.
        ConnectionLost = "connection-lost",
        /// It answers nothing that was sent.
        NeverSent = "never-sent",
        /// It does not say what it answers.
        Nameless = "nameless",
        /// It is no reply but a request.
        Request = "request",
        /// It cannot be read.
        Unreadable = "unreadable",
        /// For a reason that this shop has no word for.
        Other = "other",
    }
}

coded! {
    /// What the switch's journal says to a reply that nobody waited for.
    pub enum Finding {
        /// The same.
        Agrees = "agrees",
        /// Nothing yet: its message is being asked, or is said again.
        Open = "open",
        /// That nobody builds on what it approves: it is reversed.
        TakenBack = "taken-back",
        /// Something else: the bank must be asked.
        Contradicts = "contradicts",
        /// What this shop has no word for.
        Other = "other",
    }
}

coded! {
    /// What a reply that nobody waited for is, in one word.
    pub enum StrayClass {
        /// The same answer a second time.
        Duplicate = "duplicate",
        /// An answer that came too late.
        Late = "late",
        /// An answer without a question.
        Unmatched = "unmatched",
    }
}

impl StrayKind {
    /// Which of the three it is.
    pub const fn class(self) -> StrayClass {
        match self {
            Self::AnsweredBefore | Self::OtherCarrier => StrayClass::Duplicate,
            Self::TimedOut | Self::ConnectionLost => StrayClass::Late,
            Self::NeverSent | Self::Nameless | Self::Request | Self::Unreadable | Self::Other => {
                StrayClass::Unmatched
            }
        }
    }
}

/// Something that a person should see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// Three custodians must open the vault.
    VaultSealed,
    /// The vault says nothing.
    VaultSilent,
    /// The switch says nothing.
    SwitchSilent,
    /// No carrier reaches the bank.
    NoCarrier,
    /// So many carriers have been down for longer than [`limits::NETWORK_PATIENCE`], while another is up.
    CarriersDown(u64),
    /// So many messages wait for the bank, the oldest for longer than [`limits::NETWORK_PATIENCE`].
    QueueWaits(u64),
    /// So many payments are in doubt.
    InDoubt(u64),
    /// The bank refused so many batches.
    BatchesRefused(u64),
    /// So many of the latest replies that nobody waited for said something else than the answer that counts, and not longer
    /// ago than [`limits::CONTRADICTION_TOLD`].
    Contradicted(u64),
}

impl Concern {
    /// Its word, and how many it is about.
    pub const fn told(self) -> (&'static str, u64) {
        match self {
            Self::VaultSealed => ("vault-sealed", 1),
            Self::VaultSilent => ("vault-silent", 1),
            Self::SwitchSilent => ("switch-silent", 1),
            Self::NoCarrier => ("no-carrier", 1),
            Self::CarriersDown(count) => ("carriers-down", count),
            Self::QueueWaits(count) => ("queue-waits", count),
            Self::InDoubt(count) => ("in-doubt", count),
            Self::BatchesRefused(count) => ("batches-refused", count),
            Self::Contradicted(count) => ("contradicted", count),
        }
    }
}

impl Network {
    /// Since when cards can be taken and charged; `None` when they cannot, as far as is known.
    pub fn pays_since(&self) -> Option<Timestamp> {
        let line = self.switch.as_ref().ok()?.line_up_since?;
        match self.vault {
            Vault::Open { since } => Some(since.max(line)),
            Vault::Sealed { .. } | Vault::Silent(_) => None,
        }
    }

    /// Whether something is wrong that should mend by itself: a carrier that is down, or was silent when last asked.
    pub fn is_mending(&self) -> bool {
        let mut carriers = self.switch.iter().flat_map(|switch| &switch.carriers);
        carriers.any(|carrier| carrier.doubted || matches!(carrier.standing, Standing::Down(_)))
    }

    /// All that a person should see to, the worst first.
    pub fn concerns(&self) -> Vec<Concern> {
        let vault = match self.vault {
            Vault::Sealed { .. } => Some(Concern::VaultSealed),
            Vault::Silent(_) => Some(Concern::VaultSilent),
            Vault::Open { .. } => None,
        };
        let mut concerns: Vec<Concern> = vault.into_iter().collect();
        match &self.switch {
            Ok(switch) => concerns.extend(switch.concerns(self.asked)),
            Err(_) => concerns.push(Concern::SwitchSilent),
        }
        concerns
    }
}

impl Switch {
    fn concerns(&self, now: Timestamp) -> impl Iterator<Item = Concern> {
        let is_long = |since| now.since(since) > limits::NETWORK_PATIENCE;
        let down = self
            .carriers
            .iter()
            .filter(|carrier| match carrier.standing {
                Standing::Up(_) => false,
                Standing::Down(since) => is_long(since),
            });
        let down = u64::try_from(down.count()).unwrap_or(u64::MAX);
        let carriers = match self.line_up_since {
            None => Some(Concern::NoCarrier),
            Some(_) => (down > 0).then_some(Concern::CarriersDown(down)),
        };
        let queue = self
            .queued_since
            .is_some_and(is_long)
            .then_some(Concern::QueueWaits(self.queued));
        let doubt = (self.in_doubt > 0).then_some(Concern::InDoubt(self.in_doubt));
        let some = |count: u64, concern: fn(u64) -> Concern| (count > 0).then(|| concern(count));
        let refused = some(self.clearing.refused, Concern::BatchesRefused);
        let contradicts = |stray: &&Stray| {
            stray.finding == Some(Finding::Contradicts)
                && now.since(stray.received) < limits::CONTRADICTION_TOLD
        };
        let contradicted = self.strays.iter().filter(contradicts).count();
        let contradicted = u64::try_from(contradicted).unwrap_or(u64::MAX);
        let contradicted = some(contradicted, Concern::Contradicted);
        [carriers, queue, doubt, refused, contradicted]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp::micros(1_795_000_000_000_000);

    fn ago(minutes: u64) -> Timestamp {
        NOW.minus(Duration::from_secs(60 * minutes))
    }

    fn carrier(standing: Standing) -> Carrier {
        Carrier {
            address: "10.0.0.1:9000".parse().unwrap(),
            standing,
            doubted: false,
            in_flight: 0,
            answered: 0,
            unanswered: 0,
            mean: Duration::ZERO,
            minutes: Vec::new(),
        }
    }

    fn network(vault: Vault, switch: Switch) -> Network {
        Network {
            asked: NOW,
            vault,
            switch: Ok(switch),
        }
    }

    fn well() -> Switch {
        Switch {
            line_up_since: Some(ago(50)),
            carriers: vec![
                carrier(Standing::Up(ago(50))),
                carrier(Standing::Down(ago(9))),
            ],
            in_flight: 2,
            queued: 3,
            queued_since: Some(ago(9)),
            in_doubt: 0,
            clearing: Clearing::default(),
            strays: Vec::new(),
            strays_unkept: 0,
        }
    }

    fn stray(received: Timestamp, finding: Option<Finding>) -> Stray {
        Stray {
            received,
            mti: ShortText::parse("0110"),
            stan: ShortText::parse("000042"),
            response_code: ShortText::parse("05"),
            carrier: None,
            kind: StrayKind::AnsweredBefore,
            payment: None,
            finding,
        }
    }

    #[test]
    fn what_a_late_reply_contradicts_is_told_for_three_days() {
        let (open, mut switch) = (Vault::Open { since: ago(20) }, well());
        let told = NOW.minus(limits::CONTRADICTION_TOLD);
        switch.strays = vec![
            stray(ago(1), None),
            stray(ago(1), Some(Finding::Agrees)),
            stray(ago(1), Some(Finding::TakenBack)),
            stray(told, Some(Finding::Contradicts)),
        ];
        assert_eq!(network(open, switch.clone()).concerns(), []);
        let not_so_long = told.plus(Duration::from_micros(1));
        let two = [ago(1), not_so_long].map(|at| stray(at, Some(Finding::Contradicts)));
        switch.strays.extend(two);
        assert_eq!(network(open, switch).concerns(), [Concern::Contradicted(2)]);
    }

    #[test]
    fn what_passes_by_itself_concerns_nobody() {
        let open = Vault::Open { since: ago(20) };
        let network = network(open, well());
        assert_eq!(network.concerns(), []);
        assert!(network.is_mending(), "one of the carriers is down");
        assert_eq!(network.pays_since(), Some(ago(20)), "the later of the two");
    }

    #[test]
    fn what_does_not_pass_is_told_the_worst_first() {
        let mut switch = well();
        switch.carriers = vec![
            carrier(Standing::Up(ago(50))),
            carrier(Standing::Down(ago(11))),
        ];
        switch.queued_since = Some(ago(11));
        switch.in_doubt = 1;
        switch.clearing.refused = 2;
        let sealed = network(Vault::Sealed { since: ago(5) }, switch.clone());
        assert_eq!(
            sealed.concerns(),
            [
                Concern::VaultSealed,
                Concern::CarriersDown(1),
                Concern::QueueWaits(3),
                Concern::InDoubt(1),
                Concern::BatchesRefused(2),
            ]
        );
        assert_eq!(sealed.pays_since(), None);
        switch.line_up_since = None;
        let cut_off = network(Vault::Open { since: ago(5) }, switch);
        assert_eq!(cut_off.concerns().first(), Some(&Concern::NoCarrier));
        assert!(!cut_off.concerns().contains(&Concern::CarriersDown(1)));
        let silence = Unanswered {
            since: ago(1),
            is_there: false,
        };
        let nobody = Network {
            asked: NOW,
            vault: Vault::Silent(silence),
            switch: Err(silence),
        };
        assert_eq!(
            nobody.concerns(),
            [Concern::VaultSilent, Concern::SwitchSilent]
        );
    }

    #[test]
    fn no_card_number_fits_into_what_is_told_of_a_reply() {
        assert_eq!(ShortText::parse("000042").unwrap().as_str(), "000042");
        for text in ["", "4970101234567", "4970", "<b>", "12 34"] {
            assert_eq!(ShortText::parse(text).is_some(), text == "4970", "{text}");
        }
    }
}
