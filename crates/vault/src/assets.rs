//! The three files of the card page, in the executable, under names that change with their content.

use std::sync::LazyLock;

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
    pub(crate) content: &'static str,
}

/// Seals the card in the browser.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "seal",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/seal.js"),
    )
});
/// The look of the page.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "pay",
        "css",
        "text/css; charset=utf-8",
        include_str!("../assets/pay.css"),
    )
});
/// The little picture in the tab.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../assets/icon.svg"),
    )
});

/// The file that is served under the path.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 3] = [&SCRIPT, &STYLE, &ICON];
    all.into_iter().find(|asset| asset.path == path)
}

fn asset(name: &str, end: &str, media_type: &'static str, content: &'static str) -> Asset {
    let hash = Sha256::digest(content.as_bytes());
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
    use super::*;

    #[test]
    fn the_script_is_small_and_writes_no_html() {
        assert!(
            SCRIPT.content.len() < 8_000,
            "{} bytes",
            SCRIPT.content.len()
        );
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!SCRIPT.content.contains(sink), "{sink}");
        }
        assert!(find(&SCRIPT.path).is_some());
        assert!(find("/assets/seal.js").is_none());
    }
}
