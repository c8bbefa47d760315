//! The values that cross between verbs and engines: integers, text and bytes, or nothing.
//!
//! Times are microseconds and money is cents, both [`Value::Int`]; there are no booleans, floats or
//! engine types, so that the two engines cannot disagree.

use crate::Fault;

/// One parameter or one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A 64-bit integer: a count, an id, cents, microseconds, or 0 and 1.
    Int(i64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                #[allow(clippy::redundant_closure_call)]
                ($make)(value)
            }
        })*
    };
}
value_from! {
    i64 => Value::Int,
    i32 => |v| Value::Int(i64::from(v)),
    u32 => |v| Value::Int(i64::from(v)),
    u16 => |v| Value::Int(i64::from(v)),
    u8 => |v| Value::Int(i64::from(v)),
    bool => |v| Value::Int(i64::from(v)),
    &str => |v: &str| Value::Text(v.to_owned()),
    &String => |v: &String| Value::Text(v.clone()),
    String => Value::Text,
    Vec<u8> => Value::Bytes,
    &[u8] => |v: &[u8]| Value::Bytes(v.to_vec()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer, read by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    fn value(&self, column: usize) -> Result<&Value, Fault> {
        self.0
            .get(column)
            .ok_or_else(|| Fault::defect(format!("the answer has no column {column}")))
    }

    fn wrong(column: usize, expected: &str, found: &Value) -> Fault {
        let kind = match found {
            Value::Null => "null",
            Value::Int(_) => "an integer",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        };
        Fault::defect(format!(
            "column {column} should be {expected}, found {kind}"
        ))
    }

    /// The integer in `column`, counted from 0.
    ///
    /// # Errors
    /// [`Fault::Defect`] when the column is missing, null or of another kind; so for all readers here.
    pub fn int(&self, column: usize) -> Result<i64, Fault> {
        match self.value(column)? {
            Value::Int(v) => Ok(*v),
            other => Err(Self::wrong(column, "an integer", other)),
        }
    }

    /// The integer in `column` as a `u32`, for counts.
    pub fn count(&self, column: usize) -> Result<u32, Fault> {
        u32::try_from(self.int(column)?)
            .map_err(|_| Fault::defect(format!("column {column} should be a count")))
    }

    /// The integer in `column` read as yes or no: 0 is no.
    pub fn flag(&self, column: usize) -> Result<bool, Fault> {
        Ok(self.int(column)? != 0)
    }

    /// The integer in `column`, or nothing for NULL.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// The text in `column`.
    pub fn text(&self, column: usize) -> Result<&str, Fault> {
        match self.value(column)? {
            Value::Text(v) => Ok(v),
            other => Err(Self::wrong(column, "text", other)),
        }
    }

    /// The text in `column`, or nothing for NULL.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The bytes in `column`.
    pub fn bytes(&self, column: usize) -> Result<&[u8], Fault> {
        match self.value(column)? {
            Value::Bytes(v) => Ok(v),
            other => Err(Self::wrong(column, "bytes", other)),
        }
    }

    /// The bytes in `column`, or nothing for NULL.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, Fault> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.bytes(column).map(Some),
        }
    }
}
