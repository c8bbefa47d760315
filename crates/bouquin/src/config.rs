//! The configuration file of each process. Every mistake is told with its file, line and key.
//!
//! One TOML file a process; unknown keys are mistakes, so that a misspelt one is not silently ignored.

mod bank;
mod data;
mod mail;
mod mistake;
mod payment;
mod values;

use std::{net::SocketAddr, path::PathBuf};

use link::forwarded::Proxy;
use serde::Deserialize;
use shop::staff::SecondFactorRule;

use self::{bank::Bank, data::Data, mail::Mail, payment::Payment};

pub use self::{
    mail::MailServer,
    mistake::{read, shop},
    payment::{HostedProvider, OwnVault, Screening},
    values::{Addresses, FirmNumber, WebOrigin},
};

/// What the program may assume about where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Invented books, a pretended bank, a vault that unseals itself.
    Demo,
    /// A real shop: everything that is only fit for a demonstration refuses to start.
    Production,
}

/// `bouquin serve --config FILE`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopConfig {
    /// Demonstration or real shop.
    pub profile: Profile,
    /// The shop itself.
    pub shop: Shop,
    /// Where its data is.
    pub data: Data,
    /// By which means it is paid.
    pub payment: Payment,
    /// How mail leaves.
    pub mail: Mail,
    /// What delivery costs; without it, the demonstration's tariff.
    pub delivery: Option<Delivery>,
    /// The card bank.
    #[serde(default)]
    pub bank: Bank,
    /// Suppliers' covers.
    #[serde(default)]
    pub covers: Covers,
    /// The people in the back office.
    #[serde(default)]
    pub staff: Staff,
    /// Where senders' catalogue files arrive.
    #[serde(default, rename = "drop_folder")]
    pub drop_folders: Vec<DropFolder>,
}

/// `[[drop_folder]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropFolder {
    /// The folder. It must exist and be writable: files are moved to `done/` or `failed/` in it.
    pub folder: PathBuf,
    /// Whose files arrive there, as in the mapping of their tables.
    pub sender: String,
}

/// `[shop]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// The name over the door.
    pub name: String,
    /// Address and port to listen on. The shop speaks plain HTTP: outside the loopback a proxy in
    /// front speaks TLS.
    pub listen: SocketAddr,
    /// What readers type: scheme, host and port.
    pub public_url: WebOrigin,
    /// The proxies in front, by address or network: when one of them says whose request it passes on, it is believed.
    #[serde(default)]
    pub proxies: Vec<Proxy>,
    /// The nine digits by which the firm is known; the file of entries is named after them.
    pub siren: Option<FirmNumber>,
}

/// `[delivery]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// A TOML file of dated `[[tariff]]` rows, as in `crates/trade/data/delivery.toml`.
    pub tariff: PathBuf,
}

/// `[covers]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    /// Whether they are fetched from the suppliers' servers; without it, a real shop does and a demonstration does not.
    pub fetch: Option<bool>,
}

/// `[staff]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Who must have a second factor; without it, everybody in a real shop and nobody in a demonstration.
    pub second_factor: Option<SecondFactorRule>,
}

impl ShopConfig {
    /// Who must have a second factor. In a real shop everybody: whoever works there sees readers' names and addresses and
    /// may give their money back. In a demonstration nobody: it ends before a telephone is fetched.
    pub fn second_factor(&self) -> SecondFactorRule {
        let usual = match self.profile {
            Profile::Production => SecondFactorRule::All,
            Profile::Demo => SecondFactorRule::Optional,
        };
        self.staff.second_factor.unwrap_or(usual)
    }

    /// Whether suppliers' covers are fetched.
    pub fn fetches_covers(&self) -> bool {
        let usual = self.profile == Profile::Production;
        self.covers.fetch.unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    pub(super) const GOOD: &str = r#"profile = "demo"
[shop]
name = "Librairie"
listen = "127.0.0.1:8080"
public_url = "http://127.0.0.1:8080"
[data]
folder = "data"
database = "sqlite:data/shop.db"
[payment]
certificates = "certs"
switch = "127.0.0.1:8083"
card_page = "http://127.0.0.1:8081"
vault = "127.0.0.1:8082"
[mail]
from = "Librairie <bonjour@example.org>"
contact = "bonjour@example.org"
"#;

    pub(super) const REAL: &str = include_str!("../../../docs/shop.example.toml");

    pub(super) fn told(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match shop(file.path()) {
            Ok(_) => "good".to_owned(),
            Err(error) => error
                .to_string()
                .replace(&file.path().display().to_string(), "shop.toml"),
        }
    }

    #[test]
    fn a_good_file_is_read() {
        assert_eq!(told(GOOD), "good");
    }

    #[test]
    fn the_example_of_a_real_shop_takes_a_provider_and_keeps_no_card() {
        assert_eq!(told(REAL), "good");
        let config: ShopConfig = toml::from_str(REAL).unwrap();
        assert_eq!(config.profile, Profile::Production);
        assert_eq!(config.payment.check(config.profile), Ok(()));
        assert!(config.payment.own_vault(config.profile).unwrap().is_none());
        let provider = config.payment.provider.unwrap();
        assert_eq!(provider.address.as_str(), "https://api.stripe.com");
        assert_eq!(provider.pages.as_str(), "https://checkout.stripe.com");
    }

    #[test]
    fn a_real_shop_wants_a_second_factor_of_everybody_unless_it_says_otherwise() {
        let rule = |text: &str| toml::from_str::<ShopConfig>(text).unwrap().second_factor();
        assert_eq!(rule(GOOD), SecondFactorRule::Optional);
        assert_eq!(rule(REAL), SecondFactorRule::All);
        let money = format!("{REAL}\n[staff]\nsecond_factor = \"money\"\n");
        assert_eq!(rule(&money), SecondFactorRule::Money);
        let wrong = format!("{GOOD}[staff]\nsecond_factor = \"some\"\n");
        assert!(
            told(&wrong).starts_with("shop.toml, line 18, key `staff.second_factor`: "),
            "{}",
            told(&wrong)
        );
    }

    #[test]
    fn drop_folders_are_a_list() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let more = "[[drop_folder]]\nfolder = \"a\"\nsender = \"quai\"\n";
        std::fs::write(file.path(), format!("{GOOD}{more}{more}")).unwrap();
        let config: ShopConfig = read(file.path()).unwrap();
        assert_eq!(config.drop_folders.len(), 2);
        assert_eq!(
            told(&format!("{GOOD}[[drop_folder]]\nfolder = \"a\"\n")),
            "shop.toml, line 17: missing field `sender`"
        );
    }

    #[test]
    fn proxies_are_addresses_and_networks_and_what_is_neither_is_told() {
        let with = |proxies: &str| GOOD.replace("[data]", &format!("proxies = {proxies}\n[data]"));
        assert_eq!(told(&with("[\"127.0.0.1\", \"fd00::/8\"]")), "good");
        assert_eq!(
            told(&with("[\"127.0.0.1\", \"10.0.0.1/8\"]")),
            "shop.toml, line 6, key `shop.proxies`: 10.0.0.1/8 is an address inside a network: write 10.0.0.0/8 or the \
             address alone"
        );
        assert!(
            told(&with("[\"proxy.example\"]")).starts_with(
                "shop.toml, line 6, key `shop.proxies`: \"proxy.example\" is neither an address nor a network"
            )
        );
    }
}
