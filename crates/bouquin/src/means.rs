//! The means of payment that a shop takes, opened from its configuration.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use link::keyfile;
use provider::{ApiKey, Checkout, SigningSecret};
use shop::payment::{HostedProvider, Methods, PaymentZone, ShopAccount, network::PaymentNetwork};
use zeroize::Zeroizing;

use crate::{
    config::{self, OwnVault, ShopConfig},
    network::PrivateNetwork,
    zone::PrivateZone,
};

/// Opens them; nothing is connected to before it is asked.
pub fn open(config: &ShopConfig) -> Result<Methods> {
    let payment = &config.payment;
    let vault = payment.own_vault(config.profile)?;
    let card = vault.as_ref().map(private_zone).transpose()?;
    let network = vault.as_ref().map(private_network).transpose()?;
    let provider = payment.provider.as_ref().map(checkout).transpose()?;
    let transfer = payment.transfer.as_ref().map(|transfer| ShopAccount {
        holder: transfer.holder.clone(),
        iban: transfer.iban.0.clone(),
    });
    Ok(Methods {
        card: card.map(|zone| Arc::new(zone) as Arc<dyn PaymentZone>),
        network: network.map(|network| Arc::new(network) as Arc<dyn PaymentNetwork>),
        provider: provider.map(|checkout| Arc::new(checkout) as Arc<dyn HostedProvider>),
        transfer,
        collection: payment.collection,
    })
}

fn private_zone(own: &OwnVault) -> Result<PrivateZone> {
    PrivateZone::open(
        &own.certificates,
        own.switch,
        own.card_page.as_str(),
        own.vault,
    )
}

fn private_network(own: &OwnVault) -> Result<PrivateNetwork> {
    PrivateNetwork::open(&own.certificates, own.switch, own.vault)
}

/// The hosted provider, spoken to with its key.
pub fn checkout(provider: &config::HostedProvider) -> Result<Checkout> {
    let key = secret(&provider.key).context("payment.provider.key")?;
    let key = ApiKey::parse(&key)
        .with_context(|| format!("payment.provider.key: {}", provider.key.display()))?;
    let signing = secret(&provider.signing_secret).context("payment.provider.signing_secret")?;
    let signing = SigningSecret::parse(&signing).with_context(|| {
        let path = provider.signing_secret.display();
        format!("payment.provider.signing_secret: {path}")
    })?;
    Checkout::new(provider.address.as_str(), key, signing)
        .with_context(|| format!("payment.provider.address: {}", provider.address))
}

fn secret(path: &Path) -> Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(keyfile::read_secret(path).with_context(|| {
        format!(
            "{}: the provider gives it; keep it in a file of mode 600",
            path.display()
        )
    })?);
    let text = std::str::from_utf8(&bytes).with_context(|| path.display().to_string())?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use shop::{
        certificate,
        payment::{Capabilities, Means},
    };

    /// The rows of the table in `docs/payments.md`, each as its first word in backquotes and its yes and no.
    fn documented() -> Vec<(String, Vec<bool>)> {
        let text = include_str!("../../../docs/payments.md");
        let rows = text.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let means = cells.next()?.split_once("`: ")?.0.to_owned();
            let said: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
            let flags = said.iter().map(|cell| match *cell {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            });
            Some((means, flags.collect::<Option<Vec<bool>>>()?))
        });
        rows.collect()
    }

    #[test]
    fn the_documented_table_says_what_each_means_can_do() {
        let all = Means::ALL
            .iter()
            .map(|means| (means.code(), means.capabilities()))
            .chain([("certificate", certificate::CAPABILITIES)]);
        let done: Vec<(String, Vec<bool>)> = all
            .map(|(means, can)| (means.to_owned(), flags(can)))
            .collect();
        assert_eq!(documented(), done);
    }

    /// In the order of the table's columns; a capability more is a column more.
    fn flags(can: Capabilities) -> Vec<bool> {
        let Capabilities {
            authorise,
            capture_later,
            partial,
            refund,
            redirect,
        } = can;
        vec![authorise, capture_later, partial, refund, redirect]
    }
}
