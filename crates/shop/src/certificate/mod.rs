//! Gift certificates: sold over the counter, spent in the shop, in as many orders as they last.
//!
//! A certificate is a multi-purpose voucher: no VAT is due when it is sold, only when something is bought with it
//! (directive (EU) 2016/1065, article 30b; CGI, article 256 ter). Its balance is the shop's debt to whoever bears it, and one
//! guarded `UPDATE` tests and takes: however many spend one certificate at once, no more than it holds is spent. What
//! it pays of an order is written beside the order's payment, never into it. One that pays the whole is screened like a
//! card.

mod code;
mod issue;
mod spend;

pub use code::{CertificateCode, MalformedCode};
pub use issue::{Certificate, IssueDraft, all, block, issue};
pub use spend::{Applied, Misheld, NotUsed, apply, held, misheld, take_back};

pub(crate) use spend::give_back;

use crate::payment::Capabilities;

/// What a gift certificate can do, beside the means that pays the rest: its part is reserved when it is applied, spent
/// parcel by parcel, and put back on it without anybody being asked.
pub const CAPABILITIES: Capabilities = Capabilities {
    authorise: true,
    capture_later: true,
    partial: true,
    refund: true,
    redirect: false,
};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [issue::STATEMENTS, spend::STATEMENTS].concat()
}
