//! The shop's way to the bureau: over mutual TLS, to one address, with a question that names nobody.

use std::{net::SocketAddr, path::Path, pin::Pin};

use anyhow::{Context, Result};
use link::{Identity, LinkFault, http::Client};
use shop::screening::{Bureau, BureauFault, limits};
use trade::bureau::{BureauAnswer, BureauQuestion};

/// The bureau, by its address. Its certificate is the bank's, which plays it.
pub struct PrivateBureau(Client);

impl PrivateBureau {
    /// Reads the shop's certificate; connects when first asked.
    pub fn open(certificates: &Path, bureau: SocketAddr) -> Result<Self> {
        let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
        Ok(Self(Client::new(bureau, &identity, "bank")?))
    }
}

impl Bureau for PrivateBureau {
    fn ask<'a>(
        &'a self,
        question: &'a BureauQuestion,
    ) -> Pin<Box<dyn Future<Output = Result<BureauAnswer, BureauFault>> + Send + 'a>> {
        Box::pin(async move {
            let asked = self.0.post("/score", question, limits::BUREAU_TIME).await;
            asked.map_err(|fault| {
                tracing::warn!(%fault, "the bureau gave no score");
                match fault {
                    LinkFault::Garbled(_) => BureauFault::Garbled,
                    _ => BureauFault::Silent,
                }
            })
        })
    }
}
