//! Screening orders before they are paid: facts are gathered, rules weigh them, and what was decided is written down
//! with everything that is needed to decide it again.
//!
//! Whoever is about to ask for money calls [`screen`] and does what its [`Outcome`] says. What a rule is and what it
//! means is the room `screening`; here are the tables, the queue that booksellers work through, the code that a reader
//! confirms her e-mail address with, and the bureau that is asked from outside. Nothing here refuses an order because
//! somebody did not answer.

mod bureau;
mod disputed;
mod forget;
mod gather;
pub mod letter;
pub mod limits;
mod marks;
mod memory;
mod queue;
mod record;
mod rule_book;
mod rule_sets;
mod screen;
mod seen;
mod shadowed;
mod step_up;
mod traces;
mod trial;

pub use bureau::{Bureau, BureauFault, BureauWord};
pub use forget::forget;
pub use marks::{MarkKeys, Visit};
pub use queue::{Queued, ReviewRefusal, is_held, number_of, queue, reject, release, waiting};
pub use record::{Replay, Screened, Standing, Told, explain, of_id, of_order, replay};
pub use rule_sets::{
    Draft, PublishRefusal, Version, draft, in_force, publish, save_draft, set_shadow, stop_shadow,
    unread, version, versions,
};
pub use screen::{Attempt, Outcome, ScreenRefusal, Screening, screen};
pub use shadowed::{Shadowed, shadowed};
pub use step_up::{CodeRefusal, confirm, send_again};
pub use trial::{Change, Trial, note_trial, try_on_history};

pub(crate) use disputed::disputed;
pub(crate) use queue::guard_shipping;
pub(crate) use screen::let_go;
pub(crate) use traces::declined;

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        disputed::STATEMENTS,
        forget::STATEMENTS,
        gather::STATEMENTS,
        queue::STATEMENTS,
        record::STATEMENTS,
        rule_book::STATEMENTS,
        rule_sets::STATEMENTS,
        shadowed::STATEMENTS,
        step_up::STATEMENTS,
        traces::STATEMENTS,
        trial::STATEMENTS,
    ]
    .concat()
}
