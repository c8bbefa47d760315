//! Framing on a stream: two bytes of length, the high byte first, then the message.
//!
//! Pure: the callers read and write. A length that is zero or beyond the limit means that the two
//! ends no longer agree where messages begin, and the connection must be closed.

use zeroize::Zeroizing;

/// How many bytes of length stand in front of a message.
pub const HEADER_BYTES: usize = 2;

/// The longest message accepted or sent, in bytes. Payments have a few hundred; a frame that
/// announces more than this is a mistake or an attack, and is not read.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// A length no message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes; messages have 1 to {MAX_MESSAGE_BYTES}")]
pub struct FrameLength(pub usize);

/// The length of the message that follows this header.
///
/// # Errors
/// [`FrameLength`] when it is zero or beyond [`MAX_MESSAGE_BYTES`].
pub fn length(header: [u8; HEADER_BYTES]) -> Result<usize, FrameLength> {
    match usize::from(u16::from_be_bytes(header)) {
        length @ 1..=MAX_MESSAGE_BYTES => Ok(length),
        length => Err(FrameLength(length)),
    }
}

/// The message with its header, ready to be written at once; wiped when dropped.
///
/// # Errors
/// [`FrameLength`] when it is empty or beyond [`MAX_MESSAGE_BYTES`].
pub fn wrap(message: &[u8]) -> Result<Zeroizing<Vec<u8>>, FrameLength> {
    let header = u16::try_from(message.len())
        .map(u16::to_be_bytes)
        .map_err(|_| FrameLength(message.len()))?;
    length(header)?;
    let mut frame = Zeroizing::new(Vec::with_capacity(HEADER_BYTES + message.len()));
    frame.extend_from_slice(&header);
    frame.extend_from_slice(message);
    Ok(frame)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_frame_is_its_length_and_its_message() {
        assert_eq!(wrap(b"0800").unwrap().as_slice(), b"\x00\x040800");
        assert_eq!(length([0x10, 0x00]), Ok(MAX_MESSAGE_BYTES));
        assert_eq!(length([0x10, 0x01]), Err(FrameLength(4097)));
        assert_eq!(length([0, 0]), Err(FrameLength(0)));
        assert_eq!(wrap(&[b'0'; 5000]), Err(FrameLength(5000)));
    }
}
