//! Shamir's secret sharing over GF(2⁸), polynomial 0x11d: each byte of the key is the value at 0 of a random parabola,
//! and a share is the values at its number. A share is its number and 32 bytes.

use blahaj::{Share, Sharks};
use zeroize::Zeroizing;

use super::{CUSTODIANS, QUORUM};
use crate::envelope::Secret;

/// A share, wiped when dropped.
pub(super) type PlainShare = Zeroizing<Vec<u8>>;

/// Five shares of which three make the key.
pub(super) fn split(master: &Secret) -> Vec<PlainShare> {
    Sharks(QUORUM)
        .dealer(master.bytes())
        .take(CUSTODIANS.into())
        .map(|share| Zeroizing::new(Vec::from(&share)))
        .collect()
}

/// The key of these shares. Fewer than a quorum, or two of one number, make none.
pub(super) fn join<'a>(shares: impl IntoIterator<Item = &'a PlainShare>) -> Option<Secret> {
    let shares: Vec<Share> = shares
        .into_iter()
        .map(|share| Share::try_from(share.as_slice()).ok())
        .collect::<Option<_>>()?;
    let joined = Zeroizing::new(Sharks(QUORUM).recover(&shares).ok()?);
    Secret::from_bytes(&joined)
}

/// The rehearsal of a ceremony: each of the ten quorums is tried before the key is forgotten.
pub(super) fn every_quorum_makes(shares: &[PlainShare], master: &Secret) -> bool {
    let mut tried = 0;
    for (first, one) in shares.iter().enumerate() {
        for (second, two) in shares.iter().enumerate().skip(first + 1) {
            for three in shares.iter().skip(second + 1) {
                tried += 1;
                let made = join([one, two, three]);
                if made.is_none_or(|made| made.bytes() != master.bytes()) {
                    return false;
                }
            }
        }
    }
    tried == 10
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn multiply(mut a: u8, mut b: u8) -> u8 {
        let mut product = 0;
        while b > 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1d };
            b >>= 1;
        }
        product
    }

    fn divide(a: u8, b: u8) -> u8 {
        (0..=255).find(|q| multiply(*q, b) == a).unwrap()
    }

    /// The third point of a parabola through `(0, secret)` and two shares, at `x`.
    fn parabola(points: [(u8, u8); 3], x: u8) -> u8 {
        points.iter().fold(0, |sum, (xi, yi)| {
            let others = points.iter().filter(|(xj, _)| xj != xi);
            let basis = others.fold(1, |product, (xj, _)| {
                multiply(product, divide(x ^ xj, xi ^ xj))
            });
            sum ^ multiply(*yi, basis)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_three_make_the_key_and_no_two_do(key in prop::array::uniform32(any::<u8>())) {
            let master = Secret::from_bytes(&key).unwrap();
            let shares = split(&master);
            prop_assert!(every_quorum_makes(&shares, &master));
            for (first, one) in shares.iter().enumerate() {
                for two in shares.iter().skip(first) {
                    prop_assert!(join([one, two]).is_none());
                    prop_assert!(join([one, two, one]).is_none());
                }
            }
        }

        /// Two shares say nothing: whatever the key were, there is a third share that would make it of them.
        #[test]
        fn two_shares_fit_every_key(
            key in prop::array::uniform32(any::<u8>()),
            other in prop::array::uniform32(any::<u8>()),
        ) {
            let shares = split(&Secret::from_bytes(&key).unwrap());
            let mut third = vec![3_u8];
            for at in 0..32 {
                let points = [(0, other[at]), (1, shares[0][at + 1]), (2, shares[1][at + 1])];
                third.push(parabola(points, 3));
            }
            let made = join([&shares[0], &shares[1], &Zeroizing::new(third)]).unwrap();
            prop_assert_eq!(made.bytes(), &other);
        }
    }

    /// Another implementation over the same field, written from the definition, makes the same key of our shares.
    #[test]
    fn a_second_shamir_makes_the_same_key() {
        if Command::new("python3").arg("--version").output().is_err() {
            println!("skipped: python3 not found");
            return;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/shamir.py");
        for _ in 0..5 {
            let master = Secret::random().unwrap();
            let shares = split(&master);
            for chosen in [[0, 1, 2], [0, 2, 4], [4, 3, 1]] {
                let hex = chosen.map(|at| crate::keys::hex(&shares[at]));
                let output = Command::new("python3")
                    .arg(script)
                    .args(&hex)
                    .output()
                    .unwrap();
                let error = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{error}");
                let made = String::from_utf8(output.stdout).unwrap();
                assert_eq!(made.trim(), crate::keys::hex(master.bytes()));
            }
        }
    }
}
