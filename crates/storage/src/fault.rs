//! What can go wrong with the database itself, apart from what a verb refuses.

/// A fault of the infrastructure. A verb's own refusals are enums of the verb; this is what remains.
///
/// The text says what happened without internals; [`std::error::Error::source`] has the driver's words.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The queue is full, no connection came free in time, or the transaction lost every race it was
    /// retried for. Nothing was written: trying again is right.
    #[error("the database is busy")]
    Busy,
    /// The database could not be reached or the connection broke. Whether a write was committed is
    /// unknown: look before trying again.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file or the schema is not what it should be.
    #[error("the database is damaged or not the expected one")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A constraint refused the write. Verbs guard their statements, so that meeting this one means
    /// that the last line of defence held.
    #[error("the database refused a write by its constraint {constraint}")]
    Constraint {
        /// The constraint's name; SQLite names columns instead for unique and primary keys.
        constraint: String,
    },
    /// The transaction collided with another one and can be run again; only seen inside this crate.
    #[error("the transaction collided with another one")]
    Collision,
    /// A statement, a parameter or a column is not what the program thinks: a defect of the program.
    #[error("the program asked the database something wrong")]
    Defect(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// A defect described in words.
    pub fn defect(what: impl Into<String>) -> Self {
        Self::Defect(what.into().into())
    }

    /// The fault with the driver's words, for the log, never for a page.
    pub fn detail(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}
