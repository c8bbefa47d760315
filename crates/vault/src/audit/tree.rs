//! The Merkle tree of RFC 6962: one hash that stands for every entry of a log, and short proofs about it.
//!
//! A log that grows keeps only the roots of its complete subtrees ([`Frontier`]); proofs are made from the hashes of
//! all leaves and checked without them.

use sha2::{Digest as _, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// What an entry is in the tree (RFC 6962, 2.1).
#[must_use]
pub fn leaf(entry: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(entry);
    hash.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// The roots of the complete subtrees of a log, the largest first: all that is needed to let it grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// A frontier from its bytes; none when there are more or fewer than a log of that size has.
    #[must_use]
    pub fn of_bytes(size: u64, bytes: &[u8]) -> Option<Frontier> {
        let (roots, rest) = bytes.as_chunks::<32>();
        let whole = rest.is_empty() && roots.len() == size.count_ones() as usize;
        whole.then(|| Frontier {
            size,
            roots: roots.to_vec(),
        })
    }

    /// The roots, one behind the other.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// How many entries the log has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Lets the log grow by one entry.
    pub fn push(&mut self, leaf: Hash) {
        let mut grown = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                grown = node(&left, &grown);
            }
        }
        self.roots.push(grown);
        self.size += 1;
    }

    /// The hash that stands for all of it.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.roots.iter().rev();
        let Some(smallest) = smallest_first.next() else {
            return Sha256::digest([]).into();
        };
        smallest_first.fold(*smallest, |right, left| node(left, &right))
    }
}

/// The root of the log of those leaves.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

/// Where a log of more than one entry parts: the largest power of two below its size.
fn half(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// The proof that entry `at` is in the log of those leaves (RFC 6962, 2.1.1); none when there is no such entry.
#[must_use]
pub fn inclusion(leaves: &[Hash], at: usize) -> Option<Vec<Hash>> {
    if at >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at_checked(half(leaves.len()))?;
    let (mut proof, other) = match at.checked_sub(left.len()) {
        None => (inclusion(left, at)?, right),
        Some(at) => (inclusion(right, at)?, left),
    };
    proof.push(root_of(other));
    Some(proof)
}

/// The proof that the log of those leaves begins with the one it was at size `first` (RFC 6962, 2.1.2); none when it
/// never had that size, or none at all.
#[must_use]
pub fn consistency(leaves: &[Hash], first: usize) -> Option<Vec<Hash>> {
    let possible = 0 < first && first <= leaves.len();
    possible.then(|| subproof(leaves, first, true)).flatten()
}

/// `known`: whether who reads the proof knows the root of this subtree already.
fn subproof(leaves: &[Hash], first: usize, known: bool) -> Option<Vec<Hash>> {
    if first == leaves.len() {
        return Some(if known {
            Vec::new()
        } else {
            vec![root_of(leaves)]
        });
    }
    let (left, right) = leaves.split_at_checked(half(leaves.len()))?;
    let (mut proof, other) = match first.checked_sub(left.len()) {
        None | Some(0) => (subproof(left, first, known)?, right),
        Some(first) => (subproof(right, first, false)?, left),
    };
    proof.push(root_of(other));
    Some(proof)
}

/// Whether a proof shows that the leaf is entry `at` of the log with that size and root (RFC 9162, 2.1.3.2).
#[must_use]
pub fn is_included(leaf: Hash, at: u64, size: u64, root: Hash, proof: &[Hash]) -> bool {
    if at >= size {
        return false;
    }
    let (mut place, mut last, mut found) = (at, size - 1, leaf);
    for other in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            found = node(other, &found);
            // A node without a right neighbour moves up as it is.
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            found = node(&found, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && found == root
}

/// Whether a proof shows that the log with that size and root begins with the one of `first` entries and
/// `first_root` (RFC 9162, 2.1.4.2).
#[must_use]
pub fn is_consistent(first: u64, first_root: Hash, size: u64, root: Hash, proof: &[Hash]) -> bool {
    if first == 0 || first > size {
        return false;
    }
    if first == size {
        return proof.is_empty() && first_root == root;
    }
    let begins_with_itself = first.is_power_of_two().then_some(&first_root);
    let mut nodes = begins_with_itself.into_iter().chain(proof);
    let Some(seed) = nodes.next() else {
        return false;
    };
    let (mut place, mut last) = (first - 1, size - 1);
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let (mut then, mut now) = (*seed, *seed);
    for other in nodes {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            (then, now) = (node(other, &then), node(other, &now));
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            now = node(&now, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && then == first_root && now == root
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    /// The entries and roots with which Certificate Transparency tests its logs.
    const ENTRIES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hex(hash: Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    #[test]
    fn a_log_has_the_roots_of_certificate_transparency() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), <Hash>::from(Sha256::digest([])));
        for (entry, root) in ENTRIES.into_iter().zip(ROOTS) {
            frontier.push(leaf(entry));
            assert_eq!(hex(frontier.root()), root);
            let again = Frontier::of_bytes(frontier.size(), &frontier.to_bytes());
            assert_eq!(again.as_ref(), Some(&frontier));
        }
        assert_eq!(Frontier::of_bytes(8, &[0; 64]), None);
        assert_eq!(Frontier::of_bytes(8, &[0; 31]), None);
    }

    #[test]
    fn every_entry_of_every_log_is_shown_to_be_in_it() {
        for size in 1..=40 {
            let leaves = leaves(size);
            let root = root_of(&leaves);
            for at in 0..size {
                let proof = inclusion(&leaves, at).unwrap();
                let shown = |leaf, at: usize, size: usize, proof: &[Hash]| {
                    is_included(leaf, at as u64, size as u64, root, proof)
                };
                assert!(shown(leaves[at], at, size, &proof));
                assert!(!shown(leaf(b"other"), at, size, &proof));
                assert!(!shown(leaves[at], at + 1, size, &proof));
                assert!(!shown(leaves[at], size, size, &proof));
                for cut in 0..proof.len() {
                    assert!(!shown(leaves[at], at, size, &proof[..cut]));
                }
                let longer = [proof.as_slice(), &[root]].concat();
                assert!(!shown(leaves[at], at, size, &longer));
            }
            assert_eq!(inclusion(&leaves, size), None);
        }
    }

    #[test]
    fn every_log_is_shown_to_begin_with_each_it_was() {
        for size in 1..=40 {
            let leaves = leaves(size);
            let root = root_of(&leaves);
            for first in 1..=size {
                let proof = consistency(&leaves, first).unwrap();
                let then = root_of(&leaves[..first]);
                let shown = |first: usize, then, proof: &[Hash]| {
                    is_consistent(first as u64, then, size as u64, root, proof)
                };
                assert!(shown(first, then, &proof));
                assert!(!shown(first, leaf(b"other"), &proof));
                for cut in 0..proof.len() {
                    assert!(!shown(first, then, &proof[..cut]));
                }
                assert!(!shown(first, then, &[proof.as_slice(), &[root]].concat()));
            }
            assert_eq!(consistency(&leaves, 0), None);
            assert_eq!(consistency(&leaves, size + 1), None);
        }
    }
}
