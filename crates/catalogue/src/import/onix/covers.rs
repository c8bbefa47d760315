//! The picture of the front cover that a sender offers (O21): content type 01 (list 158), mode 03 (list 159), with what
//! is said of the file (list 162) and when it was last changed (list 155).

use super::texts::is_for_readers;
use super::tree::Element;
use crate::import::Remark;
use crate::import::{Remarks, cover};
use crate::model::CoverLink;

/// File formats (list 178) that covers are made from: GIF, JPEG, PNG, WebP.
const FORMATS: [&str; 4] = ["D501", "D502", "D503", "D509"];

/// The tallest of the versions that can be fetched, the first of those that do not say; none when there is none.
pub(super) fn read(collateral: &Element, remarks: &mut Remarks) -> Option<CoverLink> {
    let mut best: Option<(u32, CoverLink)> = None;
    let mut is_offered = false;
    let resources = collateral.children("SupportingResource");
    for version in resources
        .filter(|resource| is_front_cover(resource))
        .flat_map(|resource| resource.children("ResourceVersion"))
    {
        is_offered = true;
        let Some(link) = usable_link(version) else {
            continue;
        };
        let height = feature(version, "02").and_then(|height| height.parse().ok());
        let height: u32 = height.unwrap_or(0);
        if best.as_ref().is_none_or(|(tallest, _)| height > *tallest) {
            best = Some((height, described(version, link)));
        }
    }
    if is_offered && best.is_none() {
        remarks.info(Remark::CoverUnusable {});
    }
    best.map(|(_, cover)| cover)
}

fn is_front_cover(resource: &Element) -> bool {
    resource.text("ResourceContentType") == Some("01")
        && resource
            .text("ResourceMode")
            .is_none_or(|mode| mode == "03")
        && is_for_readers(resource)
}

fn usable_link(version: &Element) -> Option<String> {
    let is_usable = feature(version, "01").is_none_or(|format| FORMATS.contains(&format));
    let mut links = version.texts("ResourceLink").filter(|_| is_usable);
    links.find_map(cover::link)
}

fn described(version: &Element, link: String) -> CoverLink {
    let mut dates = version.children("ContentDate");
    let updated = dates.find(|date| date.text("ContentDateRole") == Some("17"));
    CoverLink {
        link,
        sha256: feature(version, "08").and_then(|hash| cover::hash(hash, 32)),
        md5: feature(version, "06").and_then(|hash| cover::hash(hash, 16)),
        bytes: feature(version, "07").and_then(|bytes| bytes.parse().ok()),
        updated: updated.and_then(super::dates::day),
    }
}

/// What is said of the file under a type of list 162.
fn feature<'e>(version: &'e Element, kind: &str) -> Option<&'e str> {
    version
        .children("ResourceVersionFeature")
        .find(|feature| feature.text("ResourceVersionFeatureType") == Some(kind))?
        .text("FeatureValue")
}
