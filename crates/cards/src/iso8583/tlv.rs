//! BER-TLV as EMV Book 3, annex B restricts it: tags of at most three bytes, lengths of at most 65,535 in one to three
//! bytes, zero bytes without meaning between the elements.

/// The deepest that elements may stand in one another, and the most there may be in all.
pub const MAX_DEPTH: usize = 4;
/// The most elements in one piece of data, at all depths together.
pub const MAX_ELEMENTS: usize = 128;
/// The longest value of an element, in bytes.
pub const MAX_VALUE_BYTES: usize = 0xFFFF;

/// Bytes that are not BER-TLV, or more of it than is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// A tag is cut short, longer than three bytes, or not the shortest.
    #[error("not a tag")]
    Tag,
    /// The length of an element is cut short, of indefinite form, or beyond [`MAX_VALUE_BYTES`].
    #[error("the length of {0} is none")]
    Length(Tag),
    /// The bytes end inside the value of an element.
    #[error("the data end inside {0}")]
    Truncated(Tag),
    /// Elements stand in one another beyond [`MAX_DEPTH`].
    #[error("elements in elements, {MAX_DEPTH} deep")]
    Depth,
    /// More elements than [`MAX_ELEMENTS`].
    #[error("more than {MAX_ELEMENTS} elements")]
    Elements,
}

/// The name of an element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub(super) u32);

impl Tag {
    /// The tag with these bytes, such as `0x9F26`; `None` when they are not exactly one tag.
    #[must_use]
    pub const fn new(bytes: u32) -> Option<Tag> {
        let [a, b, c, d] = bytes.to_be_bytes();
        let all = [b, c, d];
        let (_, significant) = all.split_at(match (b, c) {
            (0, 0) => 2,
            (0, _) => 1,
            _ => 0,
        });
        match (a, first(significant)) {
            (0, Some((tag, []))) => Some(tag),
            _ => None,
        }
    }

    /// Whether its value is made of elements.
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        let (bytes, length) = self.bytes();
        matches!(bytes.split_at(4 - length).1, [first, ..] if *first & 0x20 != 0)
    }

    /// Its bytes, at the end of four, and how many they are.
    const fn bytes(self) -> ([u8; 4], usize) {
        let length = match self.0 {
            0..=0xFF => 1,
            0x100..=0xFFFF => 2,
            _ => 3,
        };
        (self.0.to_be_bytes(), length)
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tag {:02X}", self.0)
    }
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// The tag at the beginning, and what follows it.
const fn first(bytes: &[u8]) -> Option<(Tag, &[u8])> {
    let (tag, rest) = match bytes {
        [0, ..] | [] => return None,
        [a, rest @ ..] if *a & 0x1F != 0x1F => (*a as u32, rest),
        // The low bits of the second byte begin a number, and a number does not begin with zero.
        [_, b, ..] if *b & 0x7F == 0 => return None,
        [a, b, rest @ ..] if *b < 0x80 => ((*a as u32) << 8 | *b as u32, rest),
        [a, b, c, rest @ ..] if *c < 0x80 => {
            ((*a as u32) << 16 | (*b as u32) << 8 | *c as u32, rest)
        }
        _ => return None,
    };
    Some((Tag(tag), rest))
}

/// An element where it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its name.
    pub tag: Tag,
    pub(super) value: &'a [u8],
}

/// The elements of some bytes, one after the other; ends after the first that is none.
#[derive(Clone)]
pub struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// Reads without copying, and without looking into elements that hold others.
    #[must_use]
    pub const fn read(bytes: &'a [u8]) -> Elements<'a> {
        Elements(bytes)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let [0, rest @ ..] = self.0 {
            self.0 = rest;
        }
        if self.0.is_empty() {
            return None;
        }
        let element = element(self.0);
        self.0 = element.map_or(&[], |(_, rest)| rest);
        Some(element.map(|(element, _)| element))
    }
}

fn element(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), TlvError> {
    let (tag, rest) = first(bytes).ok_or(TlvError::Tag)?;
    let (length, rest) = match rest {
        [short @ 0..=0x7F, rest @ ..] => (usize::from(*short), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return Err(TlvError::Length(tag)),
    };
    let (value, rest) = rest
        .split_at_checked(length)
        .ok_or(TlvError::Truncated(tag))?;
    Ok((Element { tag, value }, rest))
}

/// Reads everything, at all depths.
///
/// # Errors
/// What is wrong first.
pub fn check(bytes: &[u8]) -> Result<(), TlvError> {
    check_within(bytes, MAX_DEPTH, &mut 0)
}

fn check_within(bytes: &[u8], depth: usize, seen: &mut usize) -> Result<(), TlvError> {
    for element in Elements::read(bytes) {
        let element = element?;
        *seen += 1;
        if *seen > MAX_ELEMENTS {
            return Err(TlvError::Elements);
        }
        if element.tag.is_constructed() {
            let deeper = depth.checked_sub(1).ok_or(TlvError::Depth)?;
            check_within(element.value, deeper, seen)?;
        }
    }
    Ok(())
}

/// How many bytes an element takes.
pub(super) const fn size(tag: Tag, value: &[u8]) -> usize {
    let (_, tag_bytes) = tag.bytes();
    let length_bytes = match value.len() {
        0..=0x7F => 1,
        0x80..=0xFF => 2,
        _ => 3,
    };
    tag_bytes + length_bytes + value.len()
}

/// Writes an element with the shortest length there is for it.
///
/// # Errors
/// [`TlvError::Length`] for a value beyond [`MAX_VALUE_BYTES`].
pub(super) fn push(tag: Tag, value: &[u8], out: &mut Vec<u8>) -> Result<(), TlvError> {
    let length = u16::try_from(value.len()).map_err(|_| TlvError::Length(tag))?;
    let (bytes, tag_bytes) = tag.bytes();
    out.extend(bytes.into_iter().skip(bytes.len() - tag_bytes));
    let [high, low] = length.to_be_bytes();
    match length {
        0..=0x7F => out.push(low),
        0x80..=0xFF => out.extend_from_slice(&[0x81, low]),
        _ => out.extend_from_slice(&[0x82, high, low]),
    }
    out.extend_from_slice(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn tag() -> impl Strategy<Value = Tag> {
        any::<u32>().prop_filter_map("not a tag", |bytes| {
            [8, 16, 24]
                .iter()
                .find_map(|shift| Tag::new(bytes >> shift))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(elements in vec((tag(), vec(any::<u8>(), 0..400)), 0..20)) {
            let mut bytes = Vec::new();
            for (tag, value) in &elements {
                let before = bytes.len();
                push(*tag, value, &mut bytes).unwrap();
                prop_assert_eq!(bytes.len() - before, size(*tag, value));
            }
            let read: Result<Vec<_>, _> = Elements::read(&bytes).collect();
            let read: Vec<_> = read.unwrap().iter().map(|element| (element.tag, element.value.to_vec())).collect();
            prop_assert_eq!(read, elements);
        }

        #[test]
        fn no_bytes_make_it_panic_and_what_is_read_has_its_tag(bytes in vec(any::<u8>(), 0..300)) {
            let _ = check(&bytes);
            for element in Elements::read(&bytes).flatten() {
                prop_assert_eq!(Tag::new(element.tag.0), Some(element.tag));
            }
        }
    }

    #[test]
    fn lengths_have_three_forms_and_no_other() {
        let read = |bytes: &[u8]| {
            let read: Result<Vec<_>, _> = Elements::read(bytes).collect();
            read.map(|elements| elements.iter().map(|element| element.value.len()).collect())
        };
        let nine_c = Tag::new(0x9C).unwrap();
        assert_eq!(
            read(&[0, 0x9C, 1, 0, 0, 0x9C, 0x81, 1, 7, 0]),
            Ok(vec![1, 1])
        );
        assert_eq!(read(&[0x9C, 0x82, 0, 2, 7, 7]), Ok(vec![2]));
        for indefinite in [0x80, 0x83, 0xFF] {
            let wrong = [0x9C, indefinite, 0, 0, 0, 0];
            assert_eq!(read(&wrong), Err(TlvError::Length(nine_c)));
        }
        assert_eq!(read(&[0x9C]), Err(TlvError::Length(nine_c)));
        assert_eq!(read(&[0x9C, 2, 0]), Err(TlvError::Truncated(nine_c)));
        assert_eq!(read(&[0x9F]), Err(TlvError::Tag));
        assert_eq!(read(&[0x9F, 0x80, 1, 0]), Err(TlvError::Tag));
        assert_eq!(read(&[0x9F, 0x81, 0x81, 1, 0]), Err(TlvError::Tag));
    }

    #[test]
    fn depth_and_number_are_limited() {
        let mut nested = vec![0x9C, 1, 0];
        for depth in 0..=MAX_DEPTH {
            assert_eq!(check(&nested), Ok(()), "{depth}");
            let mut outer = Vec::new();
            push(Tag::new(0x70).unwrap(), &nested, &mut outer).unwrap();
            nested = outer;
        }
        assert_eq!(check(&nested), Err(TlvError::Depth));
        assert_eq!(check(&[0x9C, 0].repeat(MAX_ELEMENTS)), Ok(()));
        assert_eq!(
            check(&[0x9C, 0].repeat(MAX_ELEMENTS + 1)),
            Err(TlvError::Elements)
        );
        let too_long = vec![0; MAX_VALUE_BYTES + 1];
        assert!(push(Tag::new(0x9C).unwrap(), &too_long, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_tag_is_exactly_one() {
        for tag in [0x57, 0x9F26, 0xDF_8101] {
            assert!(Tag::new(tag).is_some(), "{tag:X}");
        }
        for none in [0, 0x9F, 0x9F80, 0x5A57, 0x009F_2601, 0x0100_0057, 0x1F] {
            assert_eq!(Tag::new(none), None, "{none:X}");
        }
        assert!(Tag::new(0x77).unwrap().is_constructed());
        assert!(Tag::new(0xBF0C).unwrap().is_constructed());
        assert!(!Tag::new(0x9F26).unwrap().is_constructed());
    }
}
