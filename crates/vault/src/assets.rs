//! The files of the card page, in the executable, under names that change with their content.
//!
//! The two fonts are the shop's, and are served again from here: the page loads nothing from another origin.

use std::sync::LazyLock;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A file that the page may load.
pub(crate) struct Asset {
    /// Where it is served: `/assets/seal-0123456789abcdef.js`.
    pub(crate) path: String,
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// Its hash in the form that the page's `integrity` attribute wants.
    pub(crate) integrity: String,
    /// Its content.
    pub(crate) content: Bytes,
}

/// Seals the card in the browser.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let script = Bytes::from_static(include_bytes!("../assets/seal.js"));
    asset("seal", "js", "text/javascript; charset=utf-8", script)
});
/// The look of the page; it names the fonts by their paths.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let style = include_str!("../assets/pay.css")
        .replace("serif.woff2", &SERIF.path)
        .replace("sans.woff2", &SANS.path);
    asset("pay", "css", "text/css; charset=utf-8", style.into())
});
/// The little picture in the tab.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let icon = Bytes::from_static(include_bytes!("../assets/icon.svg"));
    asset("icon", "svg", "image/svg+xml; charset=utf-8", icon)
});
/// Titles and amounts.
static SERIF: LazyLock<Asset> = LazyLock::new(|| {
    let font = Bytes::from_static(include_bytes!("../assets/fonts/garamond-roman.woff2"));
    asset("serif", "woff2", "font/woff2", font)
});
/// Everything else.
static SANS: LazyLock<Asset> = LazyLock::new(|| {
    let font = Bytes::from_static(include_bytes!("../assets/fonts/sans.woff2"));
    asset("sans", "woff2", "font/woff2", font)
});

/// The file that is served under the path.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 5] = [&SCRIPT, &STYLE, &ICON, &SERIF, &SANS];
    all.into_iter().find(|asset| asset.path == path)
}

fn asset(name: &str, end: &str, media_type: &'static str, content: Bytes) -> Asset {
    let hash = Sha256::digest(&content);
    let short: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Asset {
        path: format!("/assets/{name}-{short}.{end}"),
        media_type,
        integrity: format!("sha256-{}", STANDARD.encode(hash)),
        content,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_script_is_small_and_writes_no_html() {
        let script = std::str::from_utf8(&SCRIPT.content).unwrap();
        assert!(script.len() < 8_000, "{} bytes", script.len());
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!script.contains(sink), "{sink}");
        }
        assert!(find(&SCRIPT.path).is_some());
        assert!(find("/assets/seal.js").is_none());
    }

    #[test]
    fn the_style_loads_its_fonts_from_here() {
        let style = std::str::from_utf8(&STYLE.content).unwrap();
        let fonts: Vec<&str> = style
            .split("url(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(fonts.len(), 2);
        assert!(fonts.into_iter().all(|font| find(font).is_some()));
    }
}
