//! The code on a gift certificate: what its bearer types, and all that is worth money.

use std::fmt;

use sha2::{Digest, Sha256};
use storage::Fault;

use crate::random;

/// The 32 symbols of Crockford's base 32: no I, L, O, U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of a code: 80 random bits.
const LENGTH: usize = 16;

/// A code, `CADO-7K3M-Q9XZ-2B4T-W8VY` where it is printed. Whoever knows it can spend it, so it is shown once and never
/// written down by the shop, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateCode(String);

/// A text that is not the code of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a gift certificate")]
pub struct MalformedCode;

impl CertificateCode {
    /// A new code that nobody can guess.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the system gives no random numbers.
    pub(super) fn draw() -> Result<Self, Fault> {
        let bits = u128::from_le_bytes(random::bytes::<16>()?);
        let symbol = |place: usize| {
            let index = (bits >> (5 * place)) & 31;
            let index = usize::try_from(index).unwrap_or_default();
            SYMBOLS.get(index).copied().map(char::from)
        };
        Ok(Self((0..LENGTH).filter_map(symbol).collect()))
    }

    /// Reads what was typed: case, spaces and dashes do not count, `O` is zero, `I` and `L` are one.
    ///
    /// # Errors
    /// [`MalformedCode`].
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        let significant = typed
            .chars()
            .filter(|symbol| !symbol.is_whitespace() && *symbol != '-');
        let symbols: String = significant
            .take(4 + LENGTH + 1)
            .map(|symbol| match symbol.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                symbol => symbol,
            })
            .collect();
        let code = symbols.strip_prefix("CAD0").unwrap_or(&symbols);
        let known = code.bytes().all(|symbol| SYMBOLS.contains(&symbol));
        match known && code.len() == LENGTH {
            true => Ok(Self(code.to_owned())),
            false => Err(MalformedCode),
        }
    }

    /// The last four symbols, by which a bookseller recognises it.
    pub fn end(&self) -> &str {
        self.0.get(LENGTH - 4..).unwrap_or_default()
    }

    /// What the table keeps of it: SHA-256 in hexadecimal.
    pub(super) fn hash(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// As it is printed.
impl fmt::Display for CertificateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CADO")?;
        for (place, symbol) in self.0.chars().enumerate() {
            if place % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{symbol}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CertificateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateCode(…{})", self.end())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CertificateCode, MalformedCode};

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code = CertificateCode::draw().unwrap();
        let printed = code.to_string();
        assert_eq!(printed.len(), 4 + 5 * 4);
        assert_eq!(CertificateCode::parse(&printed), Ok(code.clone()));
        let sloppy = printed.to_lowercase().replace('-', " ").replace('1', "l");
        assert_eq!(CertificateCode::parse(&sloppy), Ok(code.clone()));
        assert_eq!(CertificateCode::parse(&printed[5..]), Ok(code.clone()));
        assert!(!format!("{code:?}").contains(&printed[5..9]));
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in [
            "",
            "CADO",
            "CADO-7K3M-Q9XZ-2B4T-W8V",
            "CADO-7K3M-Q9XZ-2B4T-W8VYZ",
            "CADO-7K3M-Q9XZ-2B4T-W8VÜ",
        ] {
            assert_eq!(CertificateCode::parse(text), Err(MalformedCode), "{text}");
        }
        assert_eq!(
            CertificateCode::parse(&"7".repeat(100_000)),
            Err(MalformedCode)
        );
    }
}
