//! What somebody who guesses a password tries first: what leaked most often elsewhere, and what anybody knows of this shop
//! and its people. Both lists are files beside the code; nobody outside is asked.

use std::{collections::HashSet, sync::LazyLock};

use trade::limits;

use crate::text::fold;

/// The commonest leaked passwords of at least [`limits::PASSWORD_MIN_CHARS`] characters; its source and licence stand in it.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("../../data/common-passwords.txt")).collect());

/// Words of the trade, of this program and of keyboards, the longest first, so that none hides in another.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = lines(include_str!("../../data/obvious-words.txt")).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
});

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a password is among the commonest, however its letters and spaces are written.
pub(super) fn is_common(password: &str) -> bool {
    let folded = fold(password);
    COMMON.contains(folded.as_str()) || COMMON.contains(folded.replace(' ', "").as_str())
}

/// What anybody knows of an account.
#[derive(Clone, Copy, Debug)]
pub struct Obvious<'a> {
    /// The name of the shop.
    pub shop: &'a str,
    /// What the person is called.
    pub name: &'a str,
    /// Her login, which may be an e-mail address.
    pub login: &'a str,
}

impl Obvious<'_> {
    /// Whether a password holds the shop's name, a part of the person's name or her login, or is hardly more than
    /// words that everybody tries.
    pub(super) fn is_in(&self, password: &str) -> bool {
        let password = letters(password);
        let mailbox = self.login.split('@').next().unwrap_or_default();
        let names = [self.shop, self.name, self.login, mailbox];
        let holds_a_name = names
            .into_iter()
            .chain(self.name.split([' ', '-']))
            .map(letters)
            .filter(|name| name.chars().count() >= limits::OBVIOUS_CHARS)
            .any(|name| password.contains(&name));
        let rest = WORDS
            .iter()
            .fold(password, |rest, word| rest.replace(word, ""));
        holds_a_name || rest.chars().count() < limits::PASSWORD_REST_CHARS
    }
}

/// Letters and digits only, in one writing.
fn letters(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
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

    #[test]
    fn the_commonest_passwords_are_known_however_they_are_written() {
        let long_enough = |password: &&&str| password.chars().count() >= limits::PASSWORD_MIN_CHARS;
        assert_eq!(COMMON.len(), 5000);
        assert_eq!(COMMON.iter().filter(long_enough).count(), 5000);
        for password in [
            "qwerty123456",
            "QWERTY123456",
            "qwerty 123456",
            "LeaveMeAlone",
        ] {
            assert!(is_common(password), "{password}");
        }
        assert!(!is_common("les quais de la Seine"));
    }

    #[test]
    fn names_and_words_that_everybody_tries_are_found() {
        let obvious = Obvious {
            shop: "Librairie du Port",
            name: "Zoé Éléphant-Martin",
            login: "zem@port.example",
        };
        for password in [
            "librairie du port!",
            "LibrairieDuPort44",
            "mon elephant rose",
            "Martin pêcheur bleu",
            "zem@port.example",
            "librairie2026!",
            "Bouquin-Bouquin-1",
            "motdepasse1234",
            "azertyuiop123",
            "admin.admin.admin",
            "!!!!!!!!!!!!!!",
        ] {
            assert!(obvious.is_in(password), "{password}");
        }
        for password in [
            "un important transport de fraises",
            "la librairie vend des oranges",
            "correct horse battery",
        ] {
            assert!(!obvious.is_in(password), "{password}");
        }
    }
}
