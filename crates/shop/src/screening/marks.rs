//! By what an attempt is compared with others: keyed hashes of card, e-mail address, delivery address, browser and
//! network.
//!
//! The key is the shop's secret, outside the database, so that nobody who has the database can try addresses out
//! against it. An e-mail address is hashed as its mailbox reads it, a delivery address as a postman does, a network
//! without its last part.

use std::net::{IpAddr, Ipv6Addr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use storage::Fault;
use trade::{
    address::{Address, Email},
    ids::CartId,
};

use crate::{order::OrderKeys, text::fold};

/// Bytes of a mark: 128 bits, so that two never meet by accident.
const MARK_BYTES: usize = 16;

/// Mailboxes that read dots as nothing.
const WITHOUT_DOTS: [&str; 2] = ["@gmail.com", "@googlemail.com"];

/// What a request says of who sent it, when it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// The browser, by the random number of its cart.
    pub cart: Option<CartId>,
    /// The address that the request came from.
    pub peer: Option<IpAddr>,
}

/// A keyed hash of something that an attempt carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark([u8; MARK_BYTES]);

impl Mark {
    /// As it is kept: base64url, 22 characters.
    pub fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    #[cfg(test)]
    pub fn of_byte(byte: u8) -> Mark {
        Mark([byte; MARK_BYTES])
    }

    /// Reads a column.
    pub fn of_column(text: &str) -> Result<Mark, Fault> {
        let mut bytes = [0; MARK_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(MARK_BYTES) => Ok(Mark(bytes)),
            _ => Err(Fault::defect("a trace has a mark of another length")),
        }
    }
}

/// The marks of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub card: Option<Mark>,
    pub email: Mark,
    /// The e-mail address as it is written, small letters apart.
    pub spelling: Mark,
    pub address: Mark,
    pub device: Option<Mark>,
    pub network: Option<Mark>,
}

/// What two attempts may have in common, and is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shared {
    Card,
    Email,
    Address,
    Device,
    Network,
}

/// All of it, in the order of its numbers.
pub(super) const SHARED: [Shared; 5] = [
    Shared::Card,
    Shared::Email,
    Shared::Address,
    Shared::Device,
    Shared::Network,
];

impl Marks {
    /// The mark by which an attempt may share that with another; none is shared with nobody.
    pub fn shared(&self, what: Shared) -> Option<Mark> {
        match what {
            Shared::Card => self.card,
            Shared::Email => Some(self.email),
            Shared::Address => Some(self.address),
            Shared::Device => self.device,
            Shared::Network => self.network,
        }
    }
}

/// Makes the marks, and the codes that readers confirm with, under the secret of the order links.
#[derive(Clone, Debug)]
pub struct MarkKeys(OrderKeys);

impl MarkKeys {
    /// Keys under the secret of `keys`.
    pub fn beside(keys: &OrderKeys) -> MarkKeys {
        MarkKeys(keys.clone())
    }

    pub(super) fn marks(
        &self,
        (email, address): (&Email, &Address),
        card: Option<&str>,
        visit: &Visit,
    ) -> Marks {
        Marks {
            // The vault's word for the card is a keyed hash already; ours keeps it out of the database.
            card: card.map(|card| self.mark("card", card)),
            email: self.mark("email", &mailbox(email.as_str())),
            spelling: self.mark("spelling", &email.as_str().to_lowercase()),
            address: self.mark("address", &doorstep(address)),
            device: visit
                .cart
                .map(|cart| self.mark("device", &cart.to_string())),
            network: visit
                .peer
                .and_then(network)
                .map(|network| self.mark("network", &network)),
        }
    }

    /// What the bureau knows a reader by; it belongs to this shop's key and tells another shop nothing.
    pub(super) fn for_bureau(&self, email: &Email) -> String {
        self.mark("bureau email", &mailbox(email.as_str())).text()
    }

    /// The `sent`-th code for a screening, six digits. It is worked out again when it is needed, so that no database
    /// and no backup holds it.
    pub fn code(&self, screening: i64, sent: u32) -> String {
        let bytes = self.hash("code", &format!("{screening} {sent}"));
        let number = bytes
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    fn mark(&self, kind: &str, value: &str) -> Mark {
        let mut mark = [0; MARK_BYTES];
        mark.iter_mut()
            .zip(self.hash(kind, value))
            .for_each(|(byte, hashed)| *byte = hashed);
        Mark(mark)
    }

    fn hash(&self, kind: &str, value: &str) -> [u8; 32] {
        // An order's number is letters, digits and hyphens: no link's key is a mark.
        let mut mac: Hmac<Sha256> = self.0.mac();
        mac.update(format!("screening\0{kind}\0{value}").as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Whether an e-mail address is written with something that its mailbox ignores.
pub(super) fn is_aliased(email: &Email) -> bool {
    mailbox(email.as_str()) != email.as_str().to_lowercase()
}

/// An e-mail address as its mailbox reads it: small letters, no tag, and no dots where they mean nothing.
fn mailbox(email: &str) -> String {
    let email = email.to_lowercase();
    let Some((local, domain)) = email.rfind('@').and_then(|at| email.split_at_checked(at)) else {
        return email;
    };
    let local = match local.split_once('+') {
        Some(("", _)) | None => local,
        Some((before, _)) => before,
    };
    match WITHOUT_DOTS {
        [first, _] if WITHOUT_DOTS.contains(&domain) => local.replace('.', "") + first,
        _ => format!("{local}{domain}"),
    }
}

/// A delivery address as a postman reads it: the street line, postcode and town; neither name nor floor, which are
/// varied to look like other people.
fn doorstep(address: &Address) -> String {
    let words = |line: &str| {
        let folded = fold(line);
        let words = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        words.map(short).collect::<Vec<_>>().join(" ")
    };
    // The line that begins with a number is the street; a floor or a flat has its number behind.
    let begins = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let numbered = |line: &&str| line.chars().any(|c| c.is_ascii_digit());
    let mut lines = address.street.lines();
    let street = lines.clone().find(begins).or(lines.clone().find(numbered));
    let street = street.or(lines.next()).unwrap_or_default();
    format!(
        "{} {} {}",
        words(street),
        address.postcode,
        words(&address.city)
    )
}

fn short(word: &str) -> &str {
    match word {
        "av" | "ave" | "avenue" => "av",
        "bd" | "bld" | "blvd" | "boulevard" => "bd",
        "pl" | "place" => "pl",
        "r" | "rue" => "r",
        "saint" | "st" => "st",
        "sainte" | "ste" => "ste",
        other => other,
    }
}

/// The network of a public address: /24 of IPv4, /48 of IPv6. None for private addresses, which are a proxy's.
fn network(address: IpAddr) -> Option<String> {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let private = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || (a == 100 && (64..128).contains(&b));
            (!private).then(|| format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(v6) => {
            let private = v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local();
            let [a, b, c, ..] = v6.segments();
            let prefix = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            (!private).then(|| format!("{prefix}/48"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trade::address::AddressInput;

    use super::*;

    fn keys() -> MarkKeys {
        MarkKeys::beside(&OrderKeys::new(&[7; 32]))
    }

    fn address(street: &str, city: &str) -> Address {
        Address::check(&AddressInput {
            name: "Jeanne Dupont".into(),
            street: street.into(),
            postcode: "75005".into(),
            city: city.into(),
            country: "FR".into(),
        })
        .unwrap()
    }

    #[test]
    fn a_mailbox_is_known_under_all_its_spellings() {
        for (typed, read) in [
            ("Jeanne@Example.org", "jeanne@example.org"),
            ("jeanne+livres@example.org", "jeanne@example.org"),
            ("je.anne+1@gmail.com", "jeanne@gmail.com"),
            ("jeanne@googlemail.com", "jeanne@gmail.com"),
            ("je.anne@example.org", "je.anne@example.org"),
            ("+only@example.org", "+only@example.org"),
        ] {
            assert_eq!(mailbox(typed), read);
        }
    }

    #[test]
    fn a_doorstep_is_known_under_all_its_spellings() {
        let one = doorstep(&address(
            "Appt 7\n12 boulevard Saint-Germain\nEscalier B",
            "Paris",
        ));
        assert_eq!(
            doorstep(&address("Chez Paul\n12, Bd St Germain", "PARIS")),
            one
        );
        assert_ne!(
            doorstep(&address("14 boulevard Saint-Germain", "Paris")),
            one
        );
    }

    #[test]
    fn only_public_networks_are_marked_and_never_the_address() {
        for (address, marked) in [
            ("203.0.113.77", Some("203.0.113.0/24")),
            ("::ffff:203.0.113.77", Some("203.0.113.0/24")),
            ("2001:db8:1:2::3", Some("2001:db8:1::/48")),
            ("127.0.0.1", None),
            ("10.1.2.3", None),
            ("100.64.0.1", None),
            ("fe80::1", None),
            ("fd00::1", None),
        ] {
            let network = network(address.parse().unwrap());
            assert_eq!(network.as_deref(), marked, "{address}");
        }
    }

    #[test]
    fn marks_are_of_one_shop_and_of_one_kind() {
        let (email, address) = (
            Email::parse("a+b@example.org").unwrap(),
            address("1 rue X", "Paris"),
        );
        let marks = |keys: &MarkKeys| keys.marks((&email, &address), Some("x"), &Visit::default());
        let (ours, theirs) = (
            marks(&keys()),
            marks(&MarkKeys::beside(&OrderKeys::new(&[8; 32]))),
        );
        assert_ne!(ours.email, theirs.email);
        assert_eq!(ours, marks(&keys()));
        assert!(ours.device.is_none() && ours.network.is_none() && is_aliased(&email));
        assert_ne!(keys().mark("card", "x"), keys().mark("device", "x"));
        assert_eq!(Mark::of_column(&ours.email.text()).unwrap(), ours.email);
        assert!(Mark::of_column("short").is_err());
    }

    #[test]
    fn a_code_is_six_digits_and_of_one_letter() {
        let codes: std::collections::HashSet<String> = (0..500)
            .map(|screening| keys().code(screening, 1))
            .collect();
        assert!(codes.len() > 490);
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()))
        );
        assert_ne!(keys().code(1, 1), keys().code(1, 2));
    }
}
