//! What the shop's configuration says of how it is paid.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use banking::iban::Iban;
use serde::{Deserialize, Deserializer};

use super::{Profile, WebOrigin};

/// What the screening of orders does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screening {
    /// What it decides.
    #[default]
    Act,
    /// Nothing: it writes down what it would do.
    Watch,
}

/// `[payment]`: any of the means, at least one. A real shop takes a provider; a vault of its own is for who knows what the
/// law and the card schemes then ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// A hosted provider: readers pay on its page.
    pub provider: Option<HostedProvider>,
    /// Credit transfers.
    pub transfer: Option<Transfer>,
    /// Whether who collects her books may pay in the shop.
    #[serde(default)]
    pub collection: bool,
    /// The folder with the certificates and keys of the shop's own vault and switch (see `bouquin certs`).
    pub certificates: Option<PathBuf>,
    /// The switch's private address.
    pub switch: Option<SocketAddr>,
    /// The vault's public origin, where readers type their card.
    pub card_page: Option<WebOrigin>,
    /// The vault's private address, where the shop asks whether it is sealed, and has cards forgotten.
    pub vault: Option<SocketAddr>,
    /// The bureau that is asked about orders before they are paid; none is asked without it.
    pub bureau: Option<SocketAddr>,
    /// Whether the screening does what it decides, or only writes it down.
    #[serde(default)]
    pub screening: Screening,
    /// That the bookseller knows what a vault of her own asks of her: see `docs/own-vault.md`.
    #[serde(default)]
    pub own_vault_confirmed: bool,
}

/// `payment.provider`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedProvider {
    /// The file with the restricted key.
    pub key: PathBuf,
    /// The file with the secret that events are signed with.
    pub signing_secret: PathBuf,
    /// Where it is asked.
    #[serde(default = "HostedProvider::usual_address")]
    pub address: WebOrigin,
    /// Where its pages are.
    #[serde(default = "HostedProvider::usual_pages")]
    pub pages: WebOrigin,
}

impl HostedProvider {
    fn usual_address() -> WebOrigin {
        WebOrigin("https://api.stripe.com".to_owned())
    }

    fn usual_pages() -> WebOrigin {
        WebOrigin("https://checkout.stripe.com".to_owned())
    }
}

/// `payment.transfer`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Whose account it is.
    pub holder: String,
    /// Its IBAN.
    pub iban: ShopIban,
}

/// An IBAN that was checked once, when the file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopIban(pub Iban);

impl<'de> Deserialize<'de> for ShopIban {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Iban::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// The shop's own vault and switch, as they are reached.
#[derive(Clone, Debug)]
pub struct OwnVault {
    /// See [`Payment`], as for the following.
    pub certificates: PathBuf,
    /// See [`Payment`].
    pub switch: SocketAddr,
    /// See [`Payment`].
    pub card_page: WebOrigin,
    /// See [`Payment`].
    pub vault: SocketAddr,
}

/// Why the means of payment that are configured do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentMistake {
    /// Nothing can be paid.
    #[error(
        "payment: no means of payment is configured; add `provider = {{ key = FILE, signing_secret = FILE }}`, \
         `transfer = {{ holder = NAME, iban = IBAN }}` or `collection = true`"
    )]
    NoMeans,
    /// A vault without all that it takes.
    #[error(
        "payment: a vault of one's own needs `certificates`, `switch`, `card_page` and `vault`, all four; without a vault, \
         remove what stands of them"
    )]
    HalfAVault,
    /// A bureau that cannot be spoken to.
    #[error(
        "payment.bureau: it is reached over mutual TLS; add `certificates`, the folder that `bouquin certs` made"
    )]
    BureauWithoutCertificates,
    /// A vault that nobody confirmed.
    #[error(
        "payment.own_vault_confirmed: this shop would keep card numbers itself; read docs/own-vault.md, which says what \
         the law and the card schemes then ask, and set it to true, or remove `certificates`, `switch`, `card_page` and \
         `vault` and take a `provider`"
    )]
    NotConfirmed,
}

impl Payment {
    /// The shop's own vault, if it has one.
    ///
    /// # Errors
    /// [`PaymentMistake`].
    pub fn own_vault(&self, profile: Profile) -> Result<Option<OwnVault>, PaymentMistake> {
        match (&self.certificates, self.switch, &self.card_page, self.vault) {
            // The certificates alone are for the bureau.
            (_, None, None, None) => Ok(None),
            (Some(certificates), Some(switch), Some(card_page), Some(vault)) => {
                if profile == Profile::Production && !self.own_vault_confirmed {
                    return Err(PaymentMistake::NotConfirmed);
                }
                Ok(Some(OwnVault {
                    certificates: certificates.clone(),
                    switch,
                    card_page: card_page.clone(),
                    vault,
                }))
            }
            _ => Err(PaymentMistake::HalfAVault),
        }
    }

    /// The bureau's address and the certificates by which it is reached, if one is asked.
    ///
    /// # Errors
    /// [`PaymentMistake::BureauWithoutCertificates`].
    pub fn bureau(&self) -> Result<Option<(SocketAddr, &Path)>, PaymentMistake> {
        match (self.bureau, &self.certificates) {
            (None, _) => Ok(None),
            (Some(address), Some(certificates)) => Ok(Some((address, certificates))),
            (Some(_), None) => Err(PaymentMistake::BureauWithoutCertificates),
        }
    }

    /// Checks that there is a way to pay, and that a vault is whole and meant.
    ///
    /// # Errors
    /// [`PaymentMistake`].
    pub fn check(&self, profile: Profile) -> Result<(), PaymentMistake> {
        self.bureau()?;
        let has_vault = self.own_vault(profile)?.is_some();
        match has_vault || self.provider.is_some() || self.transfer.is_some() || self.collection {
            true => Ok(()),
            false => Err(PaymentMistake::NoMeans),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::tests::{GOOD, told};

    fn payment(lines: &str) -> Payment {
        toml::from_str(lines).unwrap()
    }

    #[test]
    fn a_real_shop_has_a_vault_of_its_own_only_when_it_says_so() {
        const VAULT: &str = "certificates = \"certs\"\nswitch = \"127.0.0.1:8083\"\n\
                             card_page = \"https://carte.example.org\"\nvault = \"127.0.0.1:8082\"\n";
        let own = payment(VAULT);
        assert!(own.own_vault(Profile::Demo).unwrap().is_some());
        let refused = own.own_vault(Profile::Production).unwrap_err();
        assert_eq!(refused, PaymentMistake::NotConfirmed);
        assert!(refused.to_string().contains("docs/own-vault.md"));
        let confirmed = payment(&format!("{VAULT}own_vault_confirmed = true\n"));
        assert!(confirmed.own_vault(Profile::Production).unwrap().is_some());
        // Without its private address the shop could not have cards forgotten.
        let no_door = VAULT.replace("vault = \"127.0.0.1:8082\"\n", "");
        for half in ["switch = \"127.0.0.1:8083\"\n", &no_door] {
            let half = payment(half).check(Profile::Demo);
            assert_eq!(half, Err(PaymentMistake::HalfAVault));
        }
        assert_eq!(
            payment("").check(Profile::Production),
            Err(PaymentMistake::NoMeans)
        );
        let bureau = payment("collection = true\nbureau = \"127.0.0.1:8090\"\n");
        assert_eq!(
            bureau.check(Profile::Production),
            Err(PaymentMistake::BureauWithoutCertificates)
        );
        assert_eq!(
            payment("collection = true").check(Profile::Production),
            Ok(())
        );
    }

    #[test]
    fn an_iban_with_a_wrong_digit_is_told_with_its_line() {
        let wrong = GOOD.replace(
            "[mail]",
            "transfer = { holder = \"A\", iban = \"FR7630006000011234567890188\" }\n[mail]",
        );
        assert!(
            told(&wrong).starts_with("shop.toml, line 14, key `payment.transfer`: "),
            "{}",
            told(&wrong)
        );
    }
}
