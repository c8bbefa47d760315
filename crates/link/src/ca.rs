//! A private authority and certificates, made by a command and never committed.
//!
//! One folder holds the authority and every process's pair, which is right for a demonstration or a test on one machine.
//! Of a production the folder lies on a machine of its own, and each process gets only its own pair from it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::UnixTime;
use rustls::server::danger::ClientCertVerifier;

use crate::identity::{Identity, IdentityError, dns_name};
use crate::keyfile;
use crate::signed::{KeyError, SigningKey, VerifyingKey};
use crate::tls;

const DAY: Duration = Duration::from_secs(86_400);
/// Short, so that a forgotten key does not open a door for years.
const LEAF_VALIDITY: Duration = Duration::from_secs(90 * 86_400);
/// A certificate with less than this left is made anew, so that a demonstration started today runs for a month.
const LEAF_RENEWAL: Duration = Duration::from_secs(30 * 86_400);
const CA_VALIDITY: Duration = Duration::from_secs(3650 * 86_400);

/// Makes, in one folder, an authority (`ca.pem`, `ca.key`) and for each name a certificate pair (`NAME.pem`,
/// `NAME.key`, 90 days, for both ends of a connection) and a signing pair for tickets (`NAME.sign.key`,
/// `NAME.sign.pub`). What is there and good for another 30 days stays; so the command can run at every start.
///
/// # Errors
/// A file cannot be read or written, or a name is no DNS label.
pub fn make_demo(dir: &Path, names: &[&str]) -> Result<(), IdentityError> {
    // Of a demonstration or a test; its keys are closed to others one by one.
    if !dir.is_dir() {
        keyfile::private_dir(dir).map_err(|source| IdentityError::File {
            path: dir.to_owned(),
            source,
        })?;
    }
    let issuer = authority(dir)?;
    for name in names {
        check_label(name)?;
        if !still_good(dir, name) {
            issue(dir, name, &issuer)?;
        }
        signing_pair(dir, name)?;
    }
    Ok(())
}

/// Makes new certificates for the names, whatever is left of the old ones; signing pairs stay. A process that runs shows
/// its new one to whom it meets next.
///
/// # Errors
/// As [`make_demo`]; [`IdentityError::File`] also for a folder without an authority.
pub fn renew(dir: &Path, names: &[&str]) -> Result<(), IdentityError> {
    let missing = dir.join("ca.key");
    if !missing.exists() {
        return Err(IdentityError::File {
            path: missing,
            source: std::io::ErrorKind::NotFound.into(),
        });
    }
    let issuer = authority(dir)?;
    for name in names {
        check_label(name)?;
        issue(dir, name, &issuer)?;
    }
    Ok(())
}

fn check_label(name: &str) -> Result<(), IdentityError> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain && !name.is_empty() && name.len() <= 63 && name != "ca" {
        Ok(())
    } else {
        Err(IdentityError::Unusable(format!(
            "{name:?} is not a name of a process"
        )))
    }
}

fn authority(dir: &Path) -> Result<Issuer<'static, KeyPair>, IdentityError> {
    let (key_path, cert_path) = (dir.join("ca.key"), dir.join("ca.pem"));
    if key_path.exists() && cert_path.exists() {
        let bytes = keyfile::read_secret(&key_path).map_err(|source| IdentityError::File {
            path: key_path.clone(),
            source,
        })?;
        let malformed = || IdentityError::Malformed {
            path: key_path.clone(),
            what: "private key",
        };
        let pem = String::from_utf8(bytes).map_err(|_| malformed())?;
        let key = KeyPair::from_pem(&pem).map_err(|_| malformed())?;
        return Ok(Issuer::new(authority_params(), key));
    }
    let key = KeyPair::generate().map_err(unusable)?;
    let params = authority_params();
    let cert = params.self_signed(&key).map_err(unusable)?;
    save(
        &key_path,
        key.serialize_pem().as_bytes(),
        keyfile::write_secret,
    )?;
    save(&cert_path, cert.pem().as_bytes(), keyfile::write_public)?;
    Ok(Issuer::new(params, key))
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(
        DnType::CommonName,
        "Bouquin private authority (demonstration)",
    );
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let now = date_time_ymd(1970, 1, 1) + since_epoch();
    params.not_before = now - DAY;
    params.not_after = now + CA_VALIDITY;
    params
}

fn issue(dir: &Path, name: &str, issuer: &Issuer<'_, KeyPair>) -> Result<(), IdentityError> {
    let mut params = CertificateParams::new(vec![dns_name(name)]).map_err(unusable)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, dns_name(name));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.use_authority_key_identifier_extension = true;
    let now = date_time_ymd(1970, 1, 1) + since_epoch();
    // A day back, for machines whose clocks differ a little.
    params.not_before = now - DAY;
    params.not_after = now + LEAF_VALIDITY;
    let key = KeyPair::generate().map_err(unusable)?;
    let cert = params.signed_by(&key, issuer).map_err(unusable)?;
    // The key first: until the certificate has followed, a running process keeps to the pair it has, and after a crash in
    // between the pair does not fit and is made anew.
    save(
        &dir.join(format!("{name}.key")),
        key.serialize_pem().as_bytes(),
        keyfile::write_secret,
    )?;
    save(
        &dir.join(format!("{name}.pem")),
        cert.pem().as_bytes(),
        keyfile::write_public,
    )
}

/// Whether this authority's certificate for the name will still be believed in 30 days.
fn still_good(dir: &Path, name: &str) -> bool {
    let Ok(identity) = Identity::load(dir, name) else {
        return false;
    };
    let Ok(verifier) = tls::peer_verifier(&identity, &[name]) else {
        return false;
    };
    let shown = identity.leaf.now();
    let Some(leaf) = shown.cert.first() else {
        return false;
    };
    let later = UnixTime::since_unix_epoch(since_epoch() + LEAF_RENEWAL);
    Arc::clone(&verifier)
        .verify_client_cert(leaf, &[], later)
        .is_ok()
}

fn signing_pair(dir: &Path, name: &str) -> Result<(), IdentityError> {
    if dir.join(format!("{name}.sign.key")).exists() {
        let key = SigningKey::load(dir, name).map_err(of_key)?;
        if VerifyingKey::load(dir, name).is_ok_and(|public| public == key.verifying_key()) {
            return Ok(());
        }
        return key.save(dir, name).map_err(of_key);
    }
    let key = SigningKey::generate().map_err(|source| IdentityError::File {
        path: dir.to_owned(),
        source,
    })?;
    key.save(dir, name).map_err(of_key)
}

fn of_key(error: KeyError) -> IdentityError {
    match error {
        KeyError::File { path, source } => IdentityError::File { path, source },
        KeyError::Malformed(path) => IdentityError::Malformed {
            path,
            what: "Ed25519 key",
        },
    }
}

fn save(
    path: &Path,
    bytes: &[u8],
    write: impl Fn(&Path, &[u8]) -> std::io::Result<()>,
) -> Result<(), IdentityError> {
    write(path, bytes).map_err(|source| IdentityError::File {
        path: path.to_owned(),
        source,
    })
}

fn unusable(error: rcgen::Error) -> IdentityError {
    IdentityError::Unusable(error.to_string())
}

fn since_epoch() -> Duration {
    // A clock before 1970 would make certificates nobody believes, which is the right outcome.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_certificate_whose_key_was_replaced_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        make_demo(dir.path(), &["shop", "vault"]).unwrap();
        fs::copy(dir.path().join("vault.key"), dir.path().join("shop.key")).unwrap();
        assert!(Identity::load(dir.path(), "shop").is_err());
        make_demo(dir.path(), &["shop"]).unwrap();
        assert!(Identity::load(dir.path(), "shop").is_ok());
        assert!(renew(tempfile::tempdir().unwrap().path(), &["shop"]).is_err());
    }

    #[test]
    fn making_twice_changes_nothing_and_keys_are_private() {
        let dir = tempfile::tempdir().unwrap();
        make_demo(dir.path(), &["shop", "vault"]).unwrap();
        let before = fs::read(dir.path().join("shop.pem")).unwrap();
        let signing_before = fs::read(dir.path().join("shop.sign.key")).unwrap();
        make_demo(dir.path(), &["shop", "vault", "bank"]).unwrap();
        assert_eq!(before, fs::read(dir.path().join("shop.pem")).unwrap());
        assert_eq!(
            signing_before,
            fs::read(dir.path().join("shop.sign.key")).unwrap()
        );
        assert!(Identity::load(dir.path(), "bank").is_ok());
        for entry in fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "key") {
                assert_eq!(
                    fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                    0o600,
                    "{}",
                    path.display()
                );
            }
        }
    }

    #[test]
    fn a_certificate_of_another_authority_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        make_demo(dir.path(), &["shop"]).unwrap();
        assert!(still_good(dir.path(), "shop"));
        fs::remove_file(dir.path().join("ca.pem")).unwrap();
        make_demo(dir.path(), &["shop"]).unwrap();
        assert!(still_good(dir.path(), "shop"));
    }

    #[test]
    fn a_name_that_would_leave_the_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["../shop", "", "Shop", "ca", "shop.evil"] {
            assert!(
                matches!(
                    make_demo(dir.path(), &[name]),
                    Err(IdentityError::Unusable(_))
                ),
                "{name}"
            );
        }
    }
}
