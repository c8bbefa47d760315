//! A supplier's cover as the shop keeps it: a few sizes of one picture, in files that never change.

use std::path::Path;

/// Widths in pixels that covers are kept in: lists show them 56 to 152 pixels wide and a book's page 250, on screens with
/// up to two and a half pixels for one.
pub const WIDTHS: [u32; 3] = [160, 320, 640];

/// A format that covers are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// What browsers are given.
    WebP,
    /// For browsers older than 2020, and for machines that show a link; in the largest width only.
    Jpeg,
}

impl Format {
    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::WebP => "webp",
            Format::Jpeg => "jpg",
        }
    }

    /// The media type (RFC 9649 for WebP).
    pub fn media_type(self) -> &'static str {
        match self {
            Format::WebP => "image/webp",
            Format::Jpeg => "image/jpeg",
        }
    }
}

/// A picture that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Picture {
    /// Its name as a number, because every node holds those of the whole catalogue in memory.
    name: u128,
    width: u32,
    height: u32,
}

impl Picture {
    /// A picture by the name of its files, which changes with what is seen, and the size in pixels of what was fetched.
    ///
    /// None when the name could lead out of the folder of pictures, or a side is 0.
    pub fn new(name: &str, width: u32, height: u32) -> Option<Picture> {
        let name = u128::from_str_radix(Some(name).filter(|name| is_name(name))?, 16).ok()?;
        (width > 0 && height > 0).then_some(Picture {
            name,
            width,
            height,
        })
    }

    /// The name of its files.
    pub fn name(&self) -> String {
        format!("{:032x}", self.name)
    }

    /// Width in pixels of what was fetched.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels of what was fetched.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The widths it is kept in, the smallest first: never wider than what was fetched.
    pub fn widths(&self) -> impl Iterator<Item = u32> + use<> {
        let largest = self.largest();
        let smaller = WIDTHS.into_iter().filter(move |width| *width < largest);
        smaller.chain([largest])
    }

    /// The largest width it is kept in.
    pub fn largest(&self) -> u32 {
        self.width.min(WIDTHS.into_iter().fold(0, u32::max))
    }

    /// The height that belongs to a width, at least 1.
    pub fn height_at(&self, width: u32) -> u32 {
        let height = u64::from(self.height) * u64::from(width) / u64::from(self.width);
        u32::try_from(height).unwrap_or(u32::MAX).max(1)
    }

    /// The file of a width in a format.
    pub fn file(&self, width: u32, format: Format) -> String {
        format!("{:032x}-{width}.{}", self.name, format.extension())
    }

    /// Whether its files are in a folder of pictures: its JPEG, which is written last, stands for all of them.
    pub fn is_in(&self, pictures: &Path) -> bool {
        let file = self.file(self.largest(), Format::Jpeg);
        place_of(&file).is_some_and(|(folder, _)| pictures.join(folder).join(&file).is_file())
    }
}

/// The folder of a file inside the folder of pictures, and its format; none when it is no file's name that
/// [`Picture::file`] could have made.
pub fn place_of(file: &str) -> Option<(&str, Format)> {
    let (stem, extension) = file.rsplit_once('.')?;
    let format = match extension {
        "webp" => Format::WebP,
        "jpg" => Format::Jpeg,
        _ => return None,
    };
    let (name, width) = stem.rsplit_once('-')?;
    let is_width = (1..=4).contains(&width.len()) && width.bytes().all(|b| b.is_ascii_digit());
    let folder = name.get(..2).filter(|_| is_name(name) && is_width)?;
    Some((folder, format))
}

fn is_name(name: &str) -> bool {
    const FIGURES: usize = 32;
    let is_figure = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == FIGURES && name.bytes().all(is_figure)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    const NAME: &str = "0123456789abcdef0123456789abcdef";

    fn picture(width: u32, height: u32) -> Picture {
        Picture::new(NAME, width, height).unwrap()
    }

    #[test]
    fn no_width_is_larger_than_what_was_fetched() {
        let widths = |width| picture(width, 300).widths().collect::<Vec<_>>();
        assert_eq!(widths(2_000), [160, 320, 640]);
        assert_eq!(widths(640), [160, 320, 640]);
        assert_eq!(widths(224), [160, 224]);
        assert_eq!(widths(90), [90]);
        assert_eq!(picture(2_000, 3_000).height_at(320), 480);
        assert_eq!(picture(5_000, 1).height_at(160), 1);
    }

    #[test]
    fn only_names_of_pictures_are_files() {
        let file = picture(640, 960).file(320, Format::WebP);
        assert_eq!(place_of(&file), Some(("01", Format::WebP)));
        for name in [
            "../../etc/passwd",
            "0123456789abcdef0123456789abcdef-320.svg",
            "0123456789abcdef0123456789abcdef-.webp",
            "0123456789ABCDEF0123456789ABCDEF-320.webp",
            "0123-320.webp",
            "/123456789abcdef0123456789abcdef-320.webp",
            "é23456789abcdef0123456789abcdef-320.webp",
        ] {
            assert_eq!(place_of(name), None, "{name}");
        }
        assert_eq!(Picture::new("..", 1, 1), None);
        assert_eq!(Picture::new(NAME, 0, 1), None);
    }
}
