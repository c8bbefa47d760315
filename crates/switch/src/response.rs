//! Field 39 where it decides what the switch does next. What it means to a buyer is
//! [`trade::payment::Decline::from_field39`].

/// Approved.
pub(crate) const APPROVED: &str = "00";

/// Approved for a part of the amount, which field 4 names (ISO 8583:1987).
pub(crate) const PARTLY_APPROVED: &str = "10";

/// The bank has no such authorisation: for a reversal as good as done.
pub(crate) const NOT_FOUND: &str = "25";

/// Whether the bank asks to be asked again later: what is stored stays stored.
pub(crate) fn is_passing(code: &str) -> bool {
    // 09 in progress, 68 too late, 91 and 92 cannot be reached, 96 malfunction
    matches!(code, "09" | "68" | "91" | "92" | "96")
}
