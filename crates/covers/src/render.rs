//! From a stranger's file to the shop's own: decoded within limits, made new from its pixels in the sizes of pages.
//!
//! What a file is, is told by its first bytes, never by what its server or its name says. Four formats are decoded:
//! JPEG, PNG, WebP and GIF (the first picture of it). Width and height are read before anything is decoded. Nothing of
//! the file itself is kept, so neither is what a camera wrote about a place, nor a script. No SVG: it is a program.

use std::io::Cursor;

use catalogue::covers::Picture;
use catalogue::covers::picture::Format;
use catalogue::store::CoverReason;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};
use sha2::{Digest, Sha256};

use crate::limits;

/// To be raised when the files of a picture would be other ones, because their names are kept for ever by browsers.
const RENDERING: u8 = 1;

/// A picture in its sizes.
#[derive(Debug)]
pub struct Rendered {
    /// What it is called and how large it was.
    pub picture: Picture,
    /// Its files by name, in the order in which they are to be written: see [`Picture::is_in`].
    pub files: Vec<(String, Vec<u8>)>,
}

/// Why a file is no cover.
#[derive(Debug, thiserror::Error)]
pub enum RenderFault {
    /// It is in none of the four formats.
    #[error("it is neither JPEG nor PNG, WebP or GIF")]
    Type,
    /// More pixels than [`limits::PIXELS`], or a side longer than [`limits::SIDE`].
    #[error("it has {width} × {height} pixels")]
    TooManyPixels {
        /// Pixels of a line.
        width: u32,
        /// Lines.
        height: u32,
    },
    /// Its pixels need more memory than [`limits::PIXEL_BYTES`].
    #[error("its pixels need more than {} MB", limits::PIXEL_BYTES >> 20)]
    TooMuchMemory,
    /// A side shorter than [`limits::SHORT_SIDE`].
    #[error("it has {width} × {height} pixels")]
    TooSmall {
        /// Pixels of a line.
        width: u32,
        /// Lines.
        height: u32,
    },
    /// It cannot be decoded; in the decoder's words.
    #[error("{0}")]
    Damaged(String),
}

impl RenderFault {
    /// The reason that is kept.
    pub fn reason(&self) -> CoverReason {
        match self {
            RenderFault::Type => CoverReason::Type,
            RenderFault::TooManyPixels { .. } | RenderFault::TooMuchMemory => {
                CoverReason::TooManyPixels
            }
            RenderFault::TooSmall { .. } => CoverReason::TooSmall,
            RenderFault::Damaged(_) => CoverReason::Damaged,
        }
    }
}

/// SHA-256 of a file as the queue keeps it: 64 lower-case hexadecimal figures.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Makes the files of a cover. Takes up to seconds and [`limits::PIXEL_BYTES`] beside the file: for a thread of its own.
///
/// # Errors
/// See [`RenderFault`].
pub fn render(bytes: &[u8]) -> Result<Rendered, RenderFault> {
    let (pixels, turn) = decode(bytes)?;
    let (width, height) = swapped_if(turns_over(turn), pixels.dimensions());
    let picture = Picture::new(&name(bytes), width, height)
        .ok_or_else(|| RenderFault::Damaged("it has no pixels".to_owned()))?;
    let mut files = Vec::new();
    let mut larger = turned(largest(pixels, &picture, turn), turn);
    let jpeg = (
        picture.file(picture.largest(), Format::Jpeg),
        jpeg_of(&larger)?,
    );
    let mut widths: Vec<u32> = picture.widths().collect();
    widths.reverse();
    for width in widths {
        if width < larger.width() {
            let height = picture.height_at(width);
            larger = image::imageops::resize(&larger, width, height, FilterType::Lanczos3);
        }
        let file = picture.file(width, Format::WebP);
        files.push((file, webp_of(&larger)?));
    }
    files.push(jpeg);
    Ok(Rendered { picture, files })
}

fn name(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update([RENDERING]);
    hash.update(bytes);
    let mut name = hex(&hash.finalize());
    name.truncate(32);
    name
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The pixels as they lie in the file, in 8 bits, and how they are to be turned.
fn decode(bytes: &[u8]) -> Result<(RgbImage, Orientation), RenderFault> {
    let sized = reader(bytes)?;
    let format = sized.format();
    let (width, height) = sized.into_dimensions().map_err(damaged)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits::PIXELS || width.max(height) > limits::SIDE {
        return Err(RenderFault::TooManyPixels { width, height });
    }
    if width.min(height) < limits::SHORT_SIDE {
        return Err(RenderFault::TooSmall { width, height });
    }
    let mut decoder = reader(bytes)?.into_decoder().map_err(damaged)?;
    if pixels * bytes_a_pixel(format, decoder.color_type()) > limits::PIXEL_BYTES {
        return Err(RenderFault::TooMuchMemory);
    }
    let turn = decoder.orientation().map_err(damaged)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok((on_white(pixels), turn))
}

/// Bytes that each pixel takes at most at a time: what is decoded, and beside it either what the decoder works in or what
/// becomes of it in 8 bits. The decoders of JPEG and WebP are not held to a limit: the one keeps two bytes for each of up
/// to four colours of a progressive file, the other what it decodes, its transparency and its brightness.
fn bytes_a_pixel(format: Option<ImageFormat>, colours: ColorType) -> u64 {
    let worked_in = match format {
        Some(ImageFormat::Png) => 0,
        Some(ImageFormat::Gif) => 4,
        _ => 8,
    };
    let is_wide = colours.bits_per_pixel() > 8 * u16::from(colours.channel_count());
    let made_of_it = match (colours, is_wide, colours.has_alpha()) {
        (ColorType::Rgb8, _, _) => 0,
        (_, true, true) => 4,
        _ => 3,
    };
    u64::from(colours.bytes_per_pixel()) + u64::max(worked_in, made_of_it)
}

/// Whether width and height change places.
fn turns_over(turn: Orientation) -> bool {
    matches!(
        turn,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn swapped_if(swapped: bool, (width, height): (u32, u32)) -> (u32, u32) {
    match swapped {
        true => (height, width),
        false => (width, height),
    }
}

fn turned(pixels: RgbImage, turn: Orientation) -> RgbImage {
    let mut pixels = DynamicImage::ImageRgb8(pixels);
    pixels.apply_orientation(turn);
    pixels.into_rgb8()
}

/// A reader of one of the four formats, with its limits.
fn reader(bytes: &[u8]) -> Result<ImageReader<Cursor<&[u8]>>, RenderFault> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|_| RenderFault::Type)?;
    let is_taken = matches!(
        reader.format(),
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)
    );
    if !is_taken {
        return Err(RenderFault::Type);
    }
    let mut allowed = Limits::no_limits();
    allowed.max_alloc = Some(limits::PIXEL_BYTES);
    reader.limits(allowed);
    Ok(reader)
}

fn damaged(error: ImageError) -> RenderFault {
    match error {
        ImageError::Limits(_) => RenderFault::TooMuchMemory,
        other => RenderFault::Damaged(other.to_string()),
    }
}

/// Pages have no place for what shines through: it becomes white paper.
fn on_white(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let pixels = pixels.into_rgba8();
    let mut flat = RgbImage::new(pixels.width(), pixels.height());
    for (from, to) in pixels.pixels().zip(flat.pixels_mut()) {
        let [colours @ .., alpha] = from.0;
        let alpha = u32::from(alpha);
        to.0 = colours.map(|colour| {
            let mixed = (u32::from(colour) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        });
    }
    flat
}

/// The picture in the largest size that is kept, not turned yet, because turning takes as much memory again. Many pixels
/// are first averaged, which is quick, then weighed.
fn largest(pixels: RgbImage, picture: &Picture, turn: Orientation) -> RgbImage {
    let size = |width| swapped_if(turns_over(turn), (width, picture.height_at(width)));
    let (width, height) = size(picture.largest());
    if pixels.width() == width {
        return pixels;
    }
    let (twice_width, twice_height) = size(picture.largest() * 2);
    let averaged = match pixels.width() > twice_width * 2 {
        true => image::imageops::thumbnail(&pixels, twice_width, twice_height),
        false => pixels,
    };
    image::imageops::resize(&averaged, width, height, FilterType::Lanczos3)
}

fn jpeg_of(pixels: &RgbImage) -> Result<Vec<u8>, RenderFault> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, limits::JPEG_QUALITY)
        .encode_image(pixels)
        .map_err(damaged)?;
    Ok(file)
}

fn webp_of(pixels: &RgbImage) -> Result<Vec<u8>, RenderFault> {
    let encoder = webp::Encoder::from_rgb(pixels.as_raw(), pixels.width(), pixels.height());
    let file = encoder.encode_simple(false, limits::WEBP_QUALITY);
    let file = file.map_err(|error| RenderFault::Damaged(format!("{error:?}")))?;
    Ok(file.to_vec())
}
