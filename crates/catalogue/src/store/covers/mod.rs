//! The queue of covers that senders offer (O21): fed by changes of editions, worked off by whoever can reach the
//! network, and read by pages.
//!
//! One row an edition. A cover is tried when it is due; trying moves the time of the next try on before anything is
//! fetched, so that a file that ends the process is not tried at every start. What is reported back counts only if the
//! sender still offers the same.

mod offers;
mod queue;
mod shown;
mod words;

use storage::{Fault, Statement};

use crate::model::CoverLink;

pub use offers::follow_covers;
pub use queue::{
    COVERS_OF_ONE_SERVER, DueCover, HeldFile, cover_failed, cover_is_the_same, cover_waits,
    keep_cover, look_whole, refuse_cover, take_due_covers, try_covers_again,
};
pub use shown::{CoverTrouble, KeptCover, cover_counts, cover_troubles, kept_covers, pictures};
pub use words::{CoverReason, CoverState};

/// Every statement about covers.
pub(super) fn statements() -> Vec<&'static Statement> {
    [offers::STATEMENTS, queue::STATEMENTS, shown::STATEMENTS].concat()
}

fn read_offer(json: &str) -> Result<CoverLink, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::Corrupt(error.into()))
}

fn write_offer(offer: &CoverLink) -> String {
    // Text and numbers: there is nothing in it that JSON cannot say.
    serde_json::to_string(offer).unwrap_or_default()
}
