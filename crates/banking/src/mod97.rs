//! The check of ISO/IEC 7064 MOD 97-10, which IBAN and creditor references share.

/// The remainder by 97 of letters and digits read as one decimal number, A as 10 to Z as 35; none when something else
/// stands among them. Small letters count as capitals.
pub(crate) fn remainder(symbols: impl IntoIterator<Item = char>) -> Option<u32> {
    symbols.into_iter().try_fold(0, |remainder, symbol| {
        let value = symbol.to_digit(36)?;
        let shift = if value < 10 { 10 } else { 100 };
        Some((remainder * shift + value) % 97)
    })
}

/// The two check digits that make `body`, with `prefix` moved behind it, leave 1.
pub(crate) fn check_digits(body: &str, prefix: &str) -> Option<u32> {
    let moved = body.chars().chain(prefix.chars()).chain("00".chars());
    remainder(moved).map(|remainder| 98 - remainder)
}

/// Whether a text of two letters, two check digits and a body has the right check digits, of which there is one pair
/// for each body: 02 to 98.
pub(crate) fn is_right(text: &str) -> bool {
    let parts = || {
        let (head, body) = text.split_at_checked(4)?;
        let (prefix, digits) = head.split_at_checked(2)?;
        let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
        let digits: u32 = digits.parse().ok().filter(|_| is_number)?;
        Some(check_digits(body, prefix)? == digits)
    };
    parts().unwrap_or(false)
}
