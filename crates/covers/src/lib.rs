//! Suppliers' covers (O21): fetched, looked at, and kept in the sizes that pages use.
//!
//! A link in a catalogue file is written by a stranger, and so is what it leads to. [`reach`] says which addresses may
//! be asked at all; [`fetch`] asks them, within bounds of time and size; [`render`] decodes what came, in four formats
//! and within bounds of pixels and memory, and makes new files from the pixels. Nothing that was fetched is ever served.
//! [`worker`] works off the queue in the database (`catalogue::store`), politely to each server; [`mend`] fetches for this
//! node what only others have.

pub mod fetch;
mod folder;
pub mod limits;
pub mod mend;
pub mod reach;
pub mod render;
pub mod worker;
