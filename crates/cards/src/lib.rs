//! Card values and messages: Pan and Csc, the sealed card, ISO 8583. No I/O; nothing of the shop may depend on it.

pub mod iso8583;
