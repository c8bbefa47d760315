//! Enums that are kept in the database as short words.
//!
//! The word is written beside the variant, so that a state cannot exist in the program and not in the
//! tables, or the other way round: the tables check the same words.

/// Makes an enum whose variants have a code: `code()`, `of_code()` and `ALL`.
macro_rules! coded {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $code)] $variant),+
        }

        impl $name {
            /// Every value, in the order of a life.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word kept in the database and used in addresses.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),+
                }
            }

            /// The value with that word.
            pub fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }

            /// The value read from a column.
            #[allow(dead_code)]
            pub(crate) fn of_column(code: &str) -> Result<Self, storage::Fault> {
                Self::of_code(code)
                    .ok_or_else(|| storage::Fault::defect(format!("{code} is no {}", stringify!($name))))
            }
        }

        impl From<$name> for storage::Value {
            fn from(value: $name) -> Self {
                value.code().into()
            }
        }
    };
}
pub(crate) use coded;
