//! The import desk: where files are handed in, looked at, tried, imported, paused and gone on with.
//!
//! A [`job`] and its [`notes`] are rows; its file lies in the desk's folder under the job's id until it is imported or
//! dismissed. [`run::run_next`] works on one job on the caller's thread. What an import does to editions is said in
//! [`crate::store`], how a file is read in [`crate::import`].

mod claim;
pub mod drop_folder;
pub mod job;
pub mod limits;
pub mod mappings;
pub mod notes;
pub mod rejects;
pub mod run;
mod trial;

pub use job::{Counts, Job, JobState, Reading, Received};
pub use notes::{KeptNote, NoteKind, Said};
pub use trial::{Trial, TrialNotes};

/// Every statement of the desk, for the test that prepares them on both engines.
pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        claim::STATEMENTS,
        job::STATEMENTS,
        mappings::STATEMENTS,
        notes::STATEMENTS,
        rejects::STATEMENTS,
    ]
    .concat()
}
