//! Digits, lengths and bitmaps as bytes, and back.

use super::{Field, FieldError, FieldSpec, Length, Mti, ParseError, Wire};

/// Takes bytes from the front.
pub(super) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// The message type in front of a message.
pub(super) fn mti(wire: Wire, rest: &mut &[u8]) -> Option<Mti> {
    if wire == Wire::Text {
        return take(rest, 4).and_then(Mti::parse);
    }
    let mut digits = [0; 4];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(take(rest, 2)?) {
        pair.copy_from_slice(&[b'0' + (byte >> 4), b'0' + (byte & 0xF)]);
    }
    Mti::parse(&digits)
}

pub(super) fn push_mti(wire: Wire, mti: Mti, out: &mut Vec<u8>) {
    match wire {
        Wire::Text => out.extend_from_slice(&mti.digits()),
        _ => pack_left(&mti.digits(), out),
    }
}

/// One bitmap of 64 bits, and a second when the first bit of the first says so; as one number in which the highest bit
/// is field 1.
pub(super) fn bitmap(wire: Wire, rest: &mut &[u8]) -> Option<u128> {
    let first = half(wire, rest)?;
    let second = if first >> 63 == 1 {
        half(wire, rest)?
    } else {
        0
    };
    Some(u128::from(first & !(1 << 63)) << 64 | u128::from(second))
}

fn half(wire: Wire, rest: &mut &[u8]) -> Option<u64> {
    if wire == Wire::Bytes {
        let bytes: [u8; 8] = take(rest, 8)?.try_into().ok()?;
        return Some(u64::from_be_bytes(bytes));
    }
    take(rest, 16)?.iter().try_fold(0, |bits: u64, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(bits << 4 | u64::from(value))
    })
}

pub(super) fn push_bitmap(wire: Wire, fields: u128, out: &mut Vec<u8>) {
    let (first, second) = ((fields >> 64) as u64, fields as u64);
    let (first, second) = match second {
        0 => (first, None),
        second => (first | 1 << 63, Some(second)),
    };
    for bits in [Some(first), second].into_iter().flatten() {
        match wire {
            Wire::Bytes => out.extend_from_slice(&bits.to_be_bytes()),
            _ => unpack(&bits.to_be_bytes(), out),
        }
    }
}

/// The length in front of a variable field, in the units that its kind counts on the wire.
pub(super) fn length(wire: Wire, spec: &FieldSpec, rest: &mut &[u8]) -> Result<usize, ParseError> {
    let digits = match spec.length {
        Length::Fixed(length) => return Ok(length),
        Length::Ll(_) => 2,
        Length::Lll(_) => 3,
    };
    let prefix = take(rest, prefix_bytes(wire, digits)).ok_or(ParseError::Truncated(spec.field))?;
    let number = match wire {
        Wire::Text => number(10, prefix.iter().map(|byte| byte.wrapping_sub(b'0'))),
        Wire::Bytes => Some(
            prefix
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        ),
        _ => number(10, prefix.iter().flat_map(|byte| [byte >> 4, byte & 0xF])),
    };
    let number = number.ok_or(ParseError::LengthPrefix(spec.field))?;
    match spec.wire {
        Wire::Hex if !number.is_multiple_of(2) => Err(FieldError::Length {
            field: spec.field,
            length: number,
        }
        .into()),
        Wire::Hex => Ok(number / 2),
        _ => Ok(number),
    }
}

/// Writes the length in front of a variable field; its dialect has checked that it fits.
pub(super) fn push_length(wire: Wire, spec: &FieldSpec, length: usize, out: &mut Vec<u8>) {
    let digits = match spec.length {
        Length::Fixed(_) => return,
        Length::Ll(_) => 2,
        Length::Lll(_) => 3,
    };
    let number = if spec.wire == Wire::Hex {
        length * 2
    } else {
        length
    };
    let [thousands, hundreds, tens, ones] =
        [1000, 100, 10, 1].map(|unit| (number / unit % 10) as u8);
    let bytes = match wire {
        Wire::Text => {
            if digits == 3 {
                out.push(b'0' + hundreds);
            }
            out.extend_from_slice(&[b'0' + tens, b'0' + ones]);
            return;
        }
        Wire::Bytes => (number as u16).to_be_bytes(),
        _ => [thousands << 4 | hundreds, tens << 4 | ones],
    };
    let [high, low] = bytes;
    if digits == 3 {
        out.push(high);
    }
    out.push(low);
}

/// How many bytes say a length of two or three digits.
pub(super) const fn prefix_bytes(wire: Wire, digits: usize) -> usize {
    match wire {
        Wire::Text => digits,
        _ => digits - 1,
    }
}

fn number(base: usize, mut digits: impl Iterator<Item = u8>) -> Option<usize> {
    digits.try_fold(0, |sum, digit| {
        let digit = usize::from(digit);
        (digit < base).then_some(sum * base + digit)
    })
}

/// Whether packed bytes hold `digits` digits (and separators, on a track) and the right padding.
pub(super) fn is_packed(wire: Wire, bytes: &[u8], digits: usize, track: bool) -> bool {
    let valid = |nibble: u8| nibble < 10 || (track && nibble == 0xD);
    let odd = !digits.is_multiple_of(2);
    let (padded, whole) = match (odd, wire) {
        (false, _) => (None, bytes),
        (true, Wire::PackedLeft) => match bytes.split_first() {
            Some((first, others)) => (Some((first >> 4 == 0, first & 0xF)), others),
            None => (None, bytes),
        },
        (true, _) => match bytes.split_last() {
            Some((last, others)) => (Some((last & 0xF == 0xF, last >> 4)), others),
            None => (None, bytes),
        },
    };
    padded.is_none_or(|(padding, digit)| padding && valid(digit))
        && whole
            .iter()
            .all(|byte| valid(byte >> 4) && valid(byte & 0xF))
}

/// The characters of packed digits that [`is_packed`] has seen.
pub(super) fn unpack_digits(wire: Wire, bytes: &[u8], digits: usize, out: &mut Vec<u8>) {
    let begin = usize::from(!digits.is_multiple_of(2) && wire == Wire::PackedLeft);
    for (at, byte) in bytes.iter().enumerate() {
        let character = |nibble: u8| if nibble == 0xD { b'=' } else { b'0' + nibble };
        let (high, low) = (character(byte >> 4), character(byte & 0xF));
        if at == 0 && begin == 1 {
            out.push(low);
        } else if at * 2 + 1 - begin < digits {
            out.extend_from_slice(&[high, low]);
        } else {
            out.push(high);
        }
    }
}

/// The hexadecimal digits of bytes, in capitals.
pub(super) fn unpack(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |nibble: u8| {
        if nibble < 10 {
            b'0' + nibble
        } else {
            b'A' - 10 + nibble
        }
    };
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0xF)]);
    }
}

/// Writes a value that its specification allows.
pub(super) fn push_value(spec: &FieldSpec, value: &[u8], out: &mut Vec<u8>) {
    match spec.wire {
        Wire::Text | Wire::Hex => out.extend_from_slice(value),
        Wire::PackedLeft => pack_left(value, out),
        Wire::PackedRight => {
            let (pairs, odd) = value.as_chunks::<2>();
            out.extend(pairs.iter().map(|[high, low]| high << 4 | low & 0xF));
            out.extend(odd.iter().map(|digit| digit << 4 | 0xF));
        }
        Wire::Bytes => {
            let (pairs, _) = value.as_chunks::<2>();
            out.extend(
                pairs
                    .iter()
                    .map(|[high, low]| nibble(*high) << 4 | nibble(*low)),
            );
        }
    }
}

/// The low half of a digit's ASCII is the digit, and that of `=` is `D`.
fn pack_left(value: &[u8], out: &mut Vec<u8>) {
    let (odd, pairs) = value.as_rchunks::<2>();
    out.extend(odd.iter().map(|digit| digit & 0xF));
    out.extend(pairs.iter().map(|[high, low]| high << 4 | low & 0xF));
}

/// What a hexadecimal digit stands for.
pub(super) const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit & 0xF) + 9,
    }
}

/// The field of the highest bit, and the bitmap without it.
pub(super) fn next_field(fields: u128) -> Option<(Field, u128)> {
    let number = u8::try_from(fields.leading_zeros() + 1).ok()?;
    let field = Field::new(number)?;
    Some((field, fields & !field.bit()))
}
