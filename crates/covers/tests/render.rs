//! O21: which files become covers, and what they become.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use catalogue::covers::picture::{Format, place_of};
use catalogue::store::CoverReason;
use covers::render::{Rendered, render};
use house::{cover, encoded, jpeg, png_that_claims};
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, RgbaImage};

fn reason(bytes: &[u8]) -> CoverReason {
    render(bytes).expect_err("no cover").reason()
}

fn sizes(rendered: &Rendered) -> Vec<(Format, u32, u32)> {
    let size = |(name, bytes): &(String, Vec<u8>)| {
        let (_, format) = place_of(name).unwrap();
        let kind = image::guess_format(bytes).unwrap();
        assert_eq!(kind == ImageFormat::WebP, format == Format::WebP, "{name}");
        let picture = image::load_from_memory(bytes).unwrap();
        assert!(name.contains(&format!("-{}.", picture.width())), "{name}");
        (format, picture.width(), picture.height())
    };
    rendered.files.iter().map(size).collect()
}

#[test]
fn o21_a_cover_in_any_of_the_four_formats_is_made_new_in_its_sizes() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let rendered = render(&encoded(&cover(800, 1200, 9), format)).unwrap();
        assert_eq!(
            sizes(&rendered),
            [
                (Format::WebP, 640, 960),
                (Format::WebP, 320, 480),
                (Format::WebP, 160, 240),
                (Format::Jpeg, 640, 960),
            ],
            "{format:?}"
        );
        for (name, bytes) in &rendered.files {
            let picture = image::load_from_memory(bytes).unwrap().into_rgb8();
            let [red, green, blue] = picture
                .get_pixel(picture.width() / 2, picture.height() / 2)
                .0;
            // A GIF has 256 colours for all of them.
            let near = if format == ImageFormat::Gif { 32 } else { 12 };
            for (found, wanted) in [(red, 127), (green, 127), (blue, 9)] {
                assert!(
                    i16::from(found).abs_diff(wanted) < near,
                    "{format:?} {name}: {found} {wanted}"
                );
            }
        }
    }
}

#[test]
fn o21_a_small_cover_is_not_blown_up_and_equal_files_have_equal_names() {
    let rendered = render(&jpeg(224, 297, 1)).unwrap();
    let expected = [
        (Format::WebP, 224, 297),
        (Format::WebP, 160, 212),
        (Format::Jpeg, 224, 297),
    ];
    assert_eq!(sizes(&rendered), expected);
    assert_eq!(
        render(&jpeg(224, 297, 1)).unwrap().picture,
        rendered.picture
    );
    assert_ne!(
        render(&jpeg(224, 297, 200)).unwrap().picture,
        rendered.picture
    );
}

#[test]
fn o21_a_picture_that_claims_too_many_pixels_is_refused_before_it_is_decoded() {
    for (width, height) in [(100_000, 100_000), (20_000, 50), (10_000, 5_001)] {
        let begun = std::time::Instant::now();
        let bytes = png_that_claims(width, height);
        assert_eq!(
            reason(&bytes),
            CoverReason::TooManyPixels,
            "{width} × {height}"
        );
        assert!(begun.elapsed().as_millis() < 200);
    }
    // Within the limit, but the pixels are not there.
    assert_eq!(reason(&png_that_claims(1_000, 1_500)), CoverReason::Damaged);
    assert_eq!(reason(&png_that_claims(0, 0)), CoverReason::Damaged);
}

#[test]
fn o21_formats_whose_decoders_take_more_memory_may_have_fewer_pixels() {
    let claims = |width: u16, height: u16| {
        let mut bytes = jpeg(100, 100, 1);
        let frame = bytes
            .windows(2)
            .position(|two| two == [0xff, 0xc0])
            .unwrap();
        // Length and precision stand between the marker and the size (ITU-T T.81, B.2.2).
        bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    };
    assert_eq!(reason(&claims(5_000, 7_000)), CoverReason::TooManyPixels);
    assert_eq!(render(&claims(100, 100)).unwrap().picture.width(), 100);
    // A PNG of that size would be decoded.
    assert_eq!(reason(&png_that_claims(5_000, 7_000)), CoverReason::Damaged);
}

#[test]
fn o21_what_a_file_is_is_told_by_its_bytes() {
    for bytes in [
        b"".as_slice(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<!doctype html><title>404</title>",
        b"%PDF-1.7",
        b"II*\0\x08\0\0\0",
        b"BM......................................................",
        b"\0\0\0\x1cftypavif",
    ] {
        assert_eq!(
            reason(bytes),
            CoverReason::Type,
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
    for (width, height) in [(1, 1), (600, 3), (39, 60)] {
        assert_eq!(reason(&jpeg(width, height, 0)), CoverReason::TooSmall);
    }
}

#[test]
fn o21_damaged_files_never_end_the_process() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let whole = encoded(&cover(120, 180, 5), format);
        for cut in (8..whole.len()).step_by(whole.len() / 40 + 1) {
            let _ = render(&whole[..cut]);
        }
        for place in (12..whole.len()).step_by(whole.len() / 60 + 1) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xa5;
            let _ = render(&damaged);
        }
        // Half a cover is none, except that a JPEG of which some lines are missing is still shown.
        let half = render(&whole[..whole.len() / 2]);
        assert!(half.is_err() || format == ImageFormat::Jpeg, "{format:?}");
    }
}

#[test]
fn o21_what_shines_through_becomes_white() {
    let clear = RgbaImage::from_pixel(100, 150, image::Rgba([10, 20, 30, 0]));
    let rendered = render(&encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png)).unwrap();
    let (_, file) = rendered.files.last().unwrap();
    let picture = image::load_from_memory(file).unwrap().into_rgb8();
    assert_eq!(picture.get_pixel(50, 75).0, [255, 255, 255]);
}

#[test]
fn o21_a_picture_is_turned_as_its_camera_says() {
    // An Exif segment of one entry: orientation 6, to be turned by a quarter.
    let exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let lying = jpeg(300, 200, 7);
    let turned = [&lying[..2], exif, &lying[2..]].concat();
    let rendered = render(&turned).unwrap();
    assert_eq!(
        (rendered.picture.width(), rendered.picture.height()),
        (200, 300)
    );
    assert_eq!(Orientation::from_exif(6), Some(Orientation::Rotate90));
    // Red ran to the right and runs down, green ran down and runs to the left.
    let (_, file) = rendered.files.last().unwrap();
    let picture = image::load_from_memory(file).unwrap().into_rgb8();
    assert!(picture.get_pixel(100, 280).0[0] > 200 && picture.get_pixel(190, 150).0[1] < 50);
}
