//! O21: which of the pictures that a sender names is the cover, and what is said of it.

use super::*;
use crate::model::CoverLink;

fn resource(kind: &str, mode: &str, versions: &str) -> String {
    format!(
        "<SupportingResource><ResourceContentType>{kind}</ResourceContentType><ContentAudience>00</ContentAudience>\
         <ResourceMode>{mode}</ResourceMode>{versions}</SupportingResource>"
    )
}

fn version(features: &[(&str, &str)], link: &str, rest: &str) -> String {
    let features: String = features
        .iter()
        .map(|(kind, value)| {
            format!(
                "<ResourceVersionFeature><ResourceVersionFeatureType>{kind}</ResourceVersionFeatureType>\
                 <FeatureValue>{value}</FeatureValue></ResourceVersionFeature>"
            )
        })
        .collect();
    format!(
        "<ResourceVersion><ResourceForm>02</ResourceForm>{features}<ResourceLink>{link}</ResourceLink>{rest}\
         </ResourceVersion>"
    )
}

fn collateral(resources: &str) -> String {
    format!("<CollateralDetail>{resources}</CollateralDetail>")
}

fn cover_of(resources: &str) -> Option<CoverLink> {
    edition("", &collateral(resources)).cover
}

fn link_of(resources: &str) -> Option<String> {
    cover_of(resources).map(|cover| cover.link)
}

#[test]
fn o21_the_front_cover_comes_with_its_hashes_size_and_date() {
    let (sha256, md5) = ("AB".repeat(32), "cd".repeat(16));
    let features = [
        ("01", "D502"),
        ("06", &md5),
        ("07", "34512"),
        ("08", &sha256),
    ];
    let date = "<ContentDate><ContentDateRole>17</ContentDateRole><Date dateformat=\"00\">20261120</Date></ContentDate>";
    let sent = version(&features, " https://quai.example/1.jpg ", date);
    let expected = CoverLink {
        link: "https://quai.example/1.jpg".to_owned(),
        sha256: Some(sha256.to_lowercase()),
        md5: Some(md5.clone()),
        bytes: Some(34_512),
        updated: Some(jiff::civil::date(2026, 11, 20)),
    };
    assert_eq!(cover_of(&resource("01", "03", &sent)), Some(expected));
}

#[test]
fn o21_other_pictures_are_no_cover() {
    let sent = version(&[], "https://quai.example/1.jpg", "");
    for (kind, mode) in [("02", "03"), ("04", "03"), ("15", "06"), ("01", "05")] {
        assert_eq!(
            cover_of(&resource(kind, mode, &sent)),
            None,
            "{kind} {mode}"
        );
    }
    let for_the_trade = resource("01", "03", &sent).replace(">00<", ">02<");
    assert_eq!(cover_of(&for_the_trade), None);
}

#[test]
fn o21_the_tallest_version_that_can_be_shown_is_taken() {
    let sized = |height, name: &str| version(&[("02", height)], name, "");
    let versions = [
        version(
            &[("01", "D504"), ("02", "4000")],
            "https://quai.example/1.tif",
            "",
        ),
        sized("90", "https://quai.example/90.jpg"),
        sized("1200", "https://quai.example/1200.jpg"),
        sized("1200", "https://quai.example/again.jpg"),
        sized("9000", "ftp://quai.example/9000.jpg"),
    ];
    let taken = link_of(&resource("01", "03", &versions.concat()));
    assert_eq!(taken.as_deref(), Some("https://quai.example/1200.jpg"));

    let unusable = collateral(&resource("01", "03", &versions[0]));
    let title = "<DescriptiveDetail><TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01\
        </TitleElementLevel><TitleText>T</TitleText></TitleElement></TitleDetail></DescriptiveDetail>";
    let (_, notes) = read(&message(&product("r", &format!("{title}{unusable}"))));
    assert!(codes(&notes).contains(&"cover-unusable"), "{notes:?}");
}

#[test]
fn o21_release_2_1_names_covers_in_media_files() {
    let media = |kind: &str, format: &str, link: &str| {
        format!(
            "<MediaFile><MediaFileTypeCode>{kind}</MediaFileTypeCode><MediaFileFormatCode>{format}</MediaFileFormatCode>\
             <MediaFileLinkTypeCode>01</MediaFileLinkTypeCode><MediaFileLink>{link}</MediaFileLink>\
             <MediaFileDate>20081120</MediaFileDate></MediaFile>"
        )
    };
    let cover = |parts: &str| {
        let title = "<Title><TitleType>01</TitleType><TitleText>T</TitleText></Title>";
        editions(&message(&product("r", &format!("{title}{parts}"))))
            .pop()
            .unwrap()
            .cover
    };
    let files = [
        media("08", "03", "http://quai.example/author.jpg"),
        media("06", "05", "http://quai.example/1.tif"),
        media("04", "03", "http://quai.example/1.jpg"),
    ];
    let taken = cover(&files.concat()).unwrap();
    assert_eq!(taken.link, "http://quai.example/1.jpg");
    assert_eq!(taken.updated, Some(jiff::civil::date(2008, 11, 20)));
    let alone = "<CoverImageFormatCode>03</CoverImageFormatCode><CoverImageLinkTypeCode>01</CoverImageLinkTypeCode>\
        <CoverImageLink>http://quai.example/2.jpg</CoverImageLink>";
    assert_eq!(cover(alone).unwrap().link, "http://quai.example/2.jpg");
    let short = "<mediafile><f114>04</f114><f116>01</f116><f117>http://quai.example/3.jpg</f117></mediafile>";
    assert_eq!(cover(short).unwrap().link, "http://quai.example/3.jpg");
}

#[test]
fn o3_a_block_update_of_the_texts_replaces_the_cover_too() {
    let update = message(&product(
        "r",
        &collateral(&resource(
            "01",
            "03",
            &version(&[], "https://quai.example/2.jpg", ""),
        )),
    ))
    .replace(">03</NotificationType>", ">04</NotificationType>");
    let (incoming, _) = read(&update);
    let [Incoming::Blocks(update)] = incoming.as_slice() else {
        panic!("no update: {incoming:?}");
    };
    assert_eq!(update.blocks, [Block::Marketing]);
    assert!(update.record.edition.cover.is_some());
}
