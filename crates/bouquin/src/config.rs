//! The configuration file of each process. Every mistake is told with its file, line and key.
//!
//! One TOML file a process; unknown keys are mistakes, so that a misspelt one is not silently ignored.

mod bank;

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use banking::iban::Iban;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use shop::{books::Siren, staff::SecondFactorRule};
use storage::StoreUrl;
use web::Proxy;

use self::bank::Bank;

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

/// `[data]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder of the shelf, the index, uploads and mail kept as files.
    pub folder: PathBuf,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: Database,
}

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

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The sender, as `Name <address>`.
    pub from: String,
    /// Where readers, and finders of security holes, can write to.
    pub contact: String,
    /// `smtp://…` or `smtps://user:password@host`; without it, mail is written to files in the data
    /// folder.
    pub smtp: Option<String>,
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

/// A SIREN with a right check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmNumber(pub Siren);

impl<'de> Deserialize<'de> for FirmNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Siren::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// A database address that was read once, when the file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database(pub StoreUrl);

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        StoreUrl::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// `http://host:port` or `https://host`, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Whether readers come by TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The origin as text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WebOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin = text.trim_end_matches('/');
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .ok_or_else(|| "expected https://HOST or http://HOST:PORT".to_owned())?;
        if host.is_empty() || host.contains(['/', ' ', '?', '#', '@']) {
            return Err(format!(
                "{host:?} is no host: give scheme, host and port only"
            ));
        }
        Ok(Self(origin.to_owned()))
    }
}

impl<'de> Deserialize<'de> for WebOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A mistake in a configuration file, with its place.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A key is missing, unknown, misspelt or has a wrong value.
    #[error("{path}, line {line}{}: {what}", key.as_ref().map(|k| format!(", key `{k}`")).unwrap_or_default())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// `section.key` where the line names one.
        key: Option<String>,
        /// What is wrong.
        what: String,
    },
}

/// Reads the configuration of a process.
///
/// # Errors
/// See [`ConfigError`].
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| mistake(path, &text, &error))
}

fn mistake(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Mistake {
        path: path.to_owned(),
        line,
        key: key_at(text, line),
        what: error.message().trim().to_owned(),
    }
}

/// The key of a line with the section it stands in.
fn key_at(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let key = lines.last()?.split_once('=')?.0.trim();
    let section = lines
        .iter()
        .rev()
        .find_map(|l| l.trim().strip_prefix('[')?.split(']').next())
        .unwrap_or_default();
    Some(if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    })
}

/// One address, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Addresses {
    /// `"10.0.0.1:9000"`
    One(SocketAddr),
    /// `["10.0.0.1:9000", "10.1.0.1:9000"]`
    Several(Vec<SocketAddr>),
}

impl From<Addresses> for Vec<SocketAddr> {
    fn from(addresses: Addresses) -> Vec<SocketAddr> {
        match addresses {
            Addresses::One(address) => vec![address],
            Addresses::Several(addresses) => addresses,
        }
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

    pub(super) fn told(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match read::<ShopConfig>(file.path()) {
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
    fn the_example_of_a_real_shop_takes_a_provider_and_keeps_no_card() {
        let example = include_str!("../../../docs/shop.example.toml");
        assert_eq!(told(example), "good");
        let config: ShopConfig = toml::from_str(example).unwrap();
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
        let real = include_str!("../../../docs/shop.example.toml");
        assert_eq!(rule(real), SecondFactorRule::All);
        let money = format!("{real}\n[staff]\nsecond_factor = \"money\"\n");
        assert_eq!(rule(&money), SecondFactorRule::Money);
        let wrong = format!("{GOOD}[staff]\nsecond_factor = \"some\"\n");
        assert!(
            told(&wrong).starts_with("shop.toml, line 18, key `staff.second_factor`: "),
            "{}",
            told(&wrong)
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
    fn a_wrong_value_is_told_with_file_line_and_key() {
        let wrong = GOOD.replace("127.0.0.1:8080\"\npublic", "8080\"\npublic");
        assert_eq!(
            told(&wrong),
            "shop.toml, line 4, key `shop.listen`: invalid socket address syntax"
        );
        let wrong = GOOD.replace("sqlite:data", "mysql:data");
        assert!(
            told(&wrong)
                .starts_with("shop.toml, line 8, key `data.database`: expected sqlite:PATH")
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

    #[test]
    fn an_unknown_key_and_a_missing_one_are_told() {
        let unknown = GOOD.replace("name =", "nom =");
        assert!(told(&unknown).starts_with("shop.toml, line 3, key `shop.nom`: unknown field"));
        let missing = GOOD.replace("name = \"Librairie\"\n", "");
        assert!(
            told(&missing).contains("missing field `name`"),
            "{}",
            told(&missing)
        );
    }
}
