//! A registered statement: SQL with a name, the same on both engines or one text for each.

use std::sync::OnceLock;

use crate::{Engine, Fault};

/// One SQL statement with `$1`, `$2` … parameters, made only by [`statements!`](crate::statements).
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    sqlite: Option<&'static str>,
    postgres: Option<&'static str>,
    sqlite_text: OnceLock<String>,
}

impl Statement {
    /// For [`statements!`](crate::statements) only: it is what registers a statement.
    #[doc(hidden)]
    pub const fn registered(
        name: &'static str,
        sqlite: Option<&'static str>,
        postgres: Option<&'static str>,
    ) -> Self {
        Self {
            name,
            sqlite,
            postgres,
            sqlite_text: OnceLock::new(),
        }
    }

    /// `module::NAME`, for errors and for the test that prepares every statement.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the statement exists on `engine`.
    pub fn runs_on(&self, engine: Engine) -> bool {
        match engine {
            Engine::Sqlite => self.sqlite.is_some(),
            Engine::Postgres => self.postgres.is_some(),
        }
    }

    /// The text that `engine` prepares.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the statement does not exist on `engine`.
    pub fn text(&self, engine: Engine) -> Result<&str, Fault> {
        let missing = || Fault::defect(format!("{} does not run on {engine:?}", self.name));
        match engine {
            Engine::Postgres => self.postgres.ok_or_else(missing),
            Engine::Sqlite => {
                let sql = self.sqlite.ok_or_else(missing)?;
                Ok(self.sqlite_text.get_or_init(|| numbered(sql)))
            }
        }
    }
}

/// `$1` is a name to SQLite, numbered by first appearance; `?1` is the number that is meant.
fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        let is_parameter = c == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_parameter { '?' } else { c });
    }
    out
}

/// Registers statements of a module.
///
/// ```ignore
/// storage::statements! {
///     pub(crate) TAKE = "UPDATE stock SET held = held + $2 WHERE edition = $1 AND on_hand - held >= $2";
///     NEXT = sqlite "SELECT …", postgres "SELECT … FOR UPDATE SKIP LOCKED";
///     PLACE = postgres "SELECT place_order($1)";
/// }
/// ```
/// Each name becomes a static, and `STATEMENTS` lists them all; a crate gathers its modules' lists in
/// `statements()`, and the compiler reports a list that nobody gathers as dead code.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $($first:ident)? $sql:literal $(, $second:ident $other:literal)?;)+) => {
        $(
            $(#[$doc])*
            $vis static $name: $crate::Statement =
                $crate::__statement!($name, $($first)? $sql $(, $second $other)?);
        )+
        /// Every statement of this module.
        pub(crate) static STATEMENTS: &[&$crate::Statement] = &[$(&$name),+];
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __statement {
    ($name:ident, $sql:literal) => {
        $crate::Statement::registered(
            concat!(module_path!(), "::", stringify!($name)),
            Some($sql),
            Some($sql),
        )
    };
    ($name:ident, sqlite $sqlite:literal, postgres $postgres:literal) => {
        $crate::Statement::registered(
            concat!(module_path!(), "::", stringify!($name)),
            Some($sqlite),
            Some($postgres),
        )
    };
    ($name:ident, sqlite $sqlite:literal) => {
        $crate::Statement::registered(
            concat!(module_path!(), "::", stringify!($name)),
            Some($sqlite),
            None,
        )
    };
    ($name:ident, postgres $postgres:literal) => {
        $crate::Statement::registered(
            concat!(module_path!(), "::", stringify!($name)),
            None,
            Some($postgres),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_numbered_for_sqlite_and_other_dollars_kept() {
        assert_eq!(
            numbered("a = $2 AND b = $1 AND c = '$'"),
            "a = ?2 AND b = ?1 AND c = '$'"
        );
    }
}
