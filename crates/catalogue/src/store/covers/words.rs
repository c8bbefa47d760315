//! How a cover stands and why one was not taken, with the stable words for it.

use storage::Fault;

use crate::store::unknown;

/// How an edition's cover stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverState {
    /// It is to be fetched.
    Waiting,
    /// It is shown.
    Kept,
    /// Fetching it failed, and is tried again by itself.
    Failing,
    /// What the link leads to is no cover that the shop takes; it is tried again when the sender says something new.
    Refused,
}

impl CoverState {
    /// All of them, in the order a page shows them.
    pub const ALL: [CoverState; 4] = [
        CoverState::Kept,
        CoverState::Waiting,
        CoverState::Failing,
        CoverState::Refused,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            CoverState::Waiting => "waiting",
            CoverState::Kept => "kept",
            CoverState::Failing => "failing",
            CoverState::Refused => "refused",
        }
    }

    pub(super) fn parse(code: &str) -> Result<CoverState, Fault> {
        let known = CoverState::ALL.into_iter().find(|s| s.code() == code);
        known.ok_or_else(|| unknown("state of its cover", code))
    }
}

/// Why a cover was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverReason {
    /// The link is none that may be followed: another scheme or port, a password, or not a link at all.
    Link,
    /// It leads to an address that is not of the public internet.
    PrivateAddress,
    /// It leads on and on.
    Redirects,
    /// The server says that there is nothing, or nothing for the shop.
    Answer,
    /// The file is larger than covers are.
    TooLarge,
    /// The picture has more pixels than covers have.
    TooManyPixels,
    /// The picture is smaller than any cover: a stand-in.
    TooSmall,
    /// It is no picture, or in a format that is not taken.
    Type,
    /// The picture is damaged.
    Damaged,
    /// The server could not be reached.
    Unreachable,
    /// The server took too long.
    Slow,
    /// The shop itself could not keep it.
    Disk,
}

impl CoverReason {
    /// All of them.
    pub const ALL: [CoverReason; 12] = [
        CoverReason::Link,
        CoverReason::PrivateAddress,
        CoverReason::Redirects,
        CoverReason::Answer,
        CoverReason::TooLarge,
        CoverReason::TooManyPixels,
        CoverReason::TooSmall,
        CoverReason::Type,
        CoverReason::Damaged,
        CoverReason::Unreachable,
        CoverReason::Slow,
        CoverReason::Disk,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            CoverReason::Link => "link",
            CoverReason::PrivateAddress => "private-address",
            CoverReason::Redirects => "redirects",
            CoverReason::Answer => "answer",
            CoverReason::TooLarge => "too-large",
            CoverReason::TooManyPixels => "too-many-pixels",
            CoverReason::TooSmall => "too-small",
            CoverReason::Type => "type",
            CoverReason::Damaged => "damaged",
            CoverReason::Unreachable => "unreachable",
            CoverReason::Slow => "slow",
            CoverReason::Disk => "disk",
        }
    }

    pub(super) fn parse(code: &str) -> Result<CoverReason, Fault> {
        let known = CoverReason::ALL.into_iter().find(|r| r.code() == code);
        known.ok_or_else(|| unknown("reason about its cover", code))
    }
}
