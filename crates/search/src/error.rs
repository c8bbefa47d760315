//! What can go wrong between the caller and the index.

use thiserror::Error;

/// Why the index cannot be opened, built, changed or asked.
#[derive(Debug, Error)]
pub enum SearchError {
    /// There is no index in the folder: build it.
    #[error("there is no search index yet")]
    Missing,
    /// The folder holds an index made by another version, or something else: rebuild it.
    #[error("the search index was made by another version of the shop")]
    Outdated,
    /// The files are damaged or cannot be read or written.
    #[error("the search index cannot be used")]
    Damaged(#[from] tantivy::TantivyError),
    /// The folder cannot be prepared or replaced.
    #[error("the folder of the search index cannot be written")]
    Folder(#[from] std::io::Error),
    /// A thread of the build died; the old index, if any, is untouched.
    #[error("building the search index was interrupted")]
    Interrupted,
}

impl SearchError {
    /// Whether building the index anew is the remedy.
    pub fn rebuild_helps(&self) -> bool {
        matches!(
            self,
            SearchError::Missing | SearchError::Outdated | SearchError::Damaged(_)
        )
    }
}
