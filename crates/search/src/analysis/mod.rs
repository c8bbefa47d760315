//! How a French text becomes words that can be found (rules S1 to S5).
//!
//! [`split`] cuts a text into [`Word`]s, keeping inner apostrophes, accents and what stood before each word;
//! [`Forms`] undoes elision; [`stem()`] finds the common form of singular and plural; [`fold`] takes accents and
//! ligatures away, always last, so that the stemmer still sees them. Books and queries go through the same
//! functions. No spelling is corrected and no language is guessed here.

mod elision;
mod fold;
mod known;
mod number;
mod split;
mod stem;
mod stopword;

pub use elision::{Forms, is_elided};
pub use fold::fold;
pub use known::KnownWords;
pub use number::{Volume, number, volumes};
pub use split::{Gap, Word, normalize, split};
pub use stem::{push_stems, stems};
pub use stopword::{is_article, is_stop_word};
