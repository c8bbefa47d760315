//! Secrets and numbers that nobody can guess.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use storage::Fault;

/// `N` bytes from the system.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| {
        Fault::Unavailable(format!("the system gives no random numbers: {e}").into())
    })?;
    Ok(bytes)
}

/// `N` random bytes in the letters of an address.
pub(crate) fn token<const N: usize>() -> Result<String, Fault> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}
