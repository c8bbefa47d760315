//! The port that verbs are written over.

use crate::{Fault, Row, Statement, Value};

/// Which engine runs a transaction, for the few verbs that must differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one writer.
    Sqlite,
    /// A server.
    Postgres,
}

/// One open transaction. Verbs call it synchronously; nothing else is awaited inside a transaction.
pub trait Tx {
    /// Runs `statement` and says how many rows it touched.
    ///
    /// # Errors
    /// A [`Fault`]; the transaction can still be used after [`Fault::Constraint`] on SQLite only, so
    /// verbs return the fault.
    fn execute(&mut self, statement: &Statement, params: &[Value]) -> Result<u64, Fault>;

    /// Runs `statement` and returns its rows; the statement itself bounds how many.
    ///
    /// # Errors
    /// A [`Fault`].
    fn query(&mut self, statement: &Statement, params: &[Value]) -> Result<Vec<Row>, Fault>;

    /// The engine below.
    fn engine(&self) -> Engine;
}

impl dyn Tx + '_ {
    /// The first row, if any.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn query_opt(
        &mut self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<Option<Row>, Fault> {
        Ok(self.query(statement, params)?.into_iter().next())
    }

    /// The only row of a statement that always has one.
    ///
    /// # Errors
    /// [`Fault::Defect`] when there is none.
    pub fn query_one(&mut self, statement: &Statement, params: &[Value]) -> Result<Row, Fault> {
        self.query_opt(statement, params)?
            .ok_or_else(|| Fault::defect(format!("{} gave no row", statement.name())))
    }
}
