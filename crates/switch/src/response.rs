//! Field 39 where it decides what the switch does next. What it means to a buyer is
//! [`trade::payment::Decline::from_field39`].

/// Approved.
pub(crate) const APPROVED: &str = "00";

/// Approved for a part of the amount, which field 4 names (ISO 8583:1987).
pub(crate) const PARTLY_APPROVED: &str = "10";

/// The bank has no such authorisation: for a reversal as good as done.
pub(crate) const NOT_FOUND: &str = "25";

/// The bank has had this message, and does not say what it answered.
pub(crate) const DUPLICATE: &str = "94";

/// Whether the bank asks to be asked again later: what is stored stays stored.
pub(crate) fn is_passing(code: &str) -> bool {
    // 91 and 92 cannot be reached, 96 malfunction
    is_elsewhere(code) && code != DUPLICATE || matches!(code, "91" | "92" | "96")
}

/// Whether the code is about the message's way and not about what it asks: the bank is at it, or was, and what comes of it
/// is said by another answer.
pub(crate) fn is_elsewhere(code: &str) -> bool {
    // 09 in progress, 68 too late
    matches!(code, "09" | "68") || code == DUPLICATE
}

/// Whether the code says nothing of what becomes of a message that the bank may have heard by another carrier too: there it
/// may be answered otherwise.
pub(crate) fn is_no_verdict(code: &str) -> bool {
    is_passing(code) || is_elsewhere(code)
}
