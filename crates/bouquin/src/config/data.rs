//! What the shop's configuration says of where its data is, and how the database is reached.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use storage::StoreUrl;
use toml::Spanned;

/// `[data]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The folder of the shelf, the index, uploads and mail kept as files.
    pub folder: PathBuf,
    /// `sqlite:PATH` or `postgres://…`.
    database: Spanned<Database>,
}

impl Data {
    /// The database.
    pub fn database(&self) -> &StoreUrl {
        &self.database.get_ref().0
    }

    /// Where the file has it.
    pub(super) fn database_at(&self) -> usize {
        self.database.span().start
    }
}

/// A database address that was read once, when the file was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Database(StoreUrl);

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        StoreUrl::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{REAL, told};

    fn with(url: &str) -> String {
        told(&REAL.replace("sqlite:/var/lib/bouquin/shop.db", url))
    }

    #[test]
    fn a_real_shop_speaks_to_no_other_machine_s_database_in_the_clear() {
        for good in [
            "postgres://bouquin@%2Frun%2Fpostgresql/shop",
            "postgres://bouquin@127.0.0.1/shop?sslmode=disable",
            "postgres://bouquin@db.example.org/shop",
            "postgres://bouquin@db.example.org/shop?sslmode=verify-full&sslrootcert=/etc/bouquin/db.pem",
        ] {
            assert_eq!(with(good), "good", "{good}");
        }
        assert_eq!(
            with("postgres://bouquin:hush@db.example.org/shop?sslmode=disable"),
            "shop.toml, line 14, key `data.database`: a real shop speaks to PostgreSQL on another machine over TLS only: \
             remove sslmode=disable, and name the server's authority as sslrootcert=FILE where the system does not know it"
        );
    }

    #[test]
    fn an_sslmode_that_leaves_it_open_is_told_with_file_line_and_key() {
        let told = with("postgres://bouquin@db.example.org/shop?sslmode=prefer");
        assert!(
            told.starts_with(
                "shop.toml, line 14, key `data.database`: sslmode=prefer goes on without TLS"
            ),
            "{told}"
        );
    }

    #[test]
    fn a_demonstration_may() {
        let url = "postgres://bouquin@db.example.org/shop?sslmode=disable";
        let demo = REAL
            .replace("profile = \"production\"", "profile = \"demo\"")
            .replace("sqlite:/var/lib/bouquin/shop.db", url);
        assert_eq!(told(&demo), "good");
    }
}
