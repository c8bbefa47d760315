//! O21: suppliers' covers on pages, and how they are served.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::http::StatusCode;
use catalogue::covers::Picture;
use catalogue::covers::picture::Format;
use catalogue::model::{CoverLink, Edition};
use catalogue::store::{
    HeldFile, Incoming, Record, follow_covers, keep_cover, put_all, take_due_covers,
};
use tempfile::TempDir;

use crate::house_parts::House;

const NAME: &str = "0123456789abcdef0123456789abcdef";

/// A shop in which one book has a supplier's cover, that book, and the folder of covers.
async fn with_a_cover() -> (House, Edition, Picture, TempDir) {
    let mut house = House::open(60).await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = (*house.state.settings).clone();
    settings.covers = folder.path().to_owned();
    house.state.settings = settings.into();
    house.site = web::router(house.state.clone());
    let edition = house.state.shelf.load().iter().next().unwrap();
    let mut offered = (*edition).clone();
    offered.cover = Some(CoverLink::of("https://quai.example/1.jpg".to_owned()));
    let record = Record {
        sender: "demo".into(),
        reference: edition.records.first().cloned().unwrap(),
        message: None,
        edition: offered,
    };
    let (store, shelf) = (house.state.store.clone(), house.state.shelf.clone());
    let put = move || {
        put_all(&store, std::iter::once(Incoming::Put(Box::new(record)))).unwrap();
        shelf.refresh(&store).unwrap();
    };
    tokio::task::spawn_blocking(put).await.unwrap();
    let picture = Picture::new(NAME, 800, 1200).unwrap();
    let now = house.state.clock.now();
    let keep = move |tx: &mut dyn storage::Tx| -> Result<(), storage::Fault> {
        while follow_covers(tx, now)? {}
        let due = take_due_covers(tx, now, 10)?;
        let file = HeldFile {
            etag: None,
            modified: None,
            sha256: "0".repeat(64),
        };
        due.iter()
            .try_for_each(|cover| keep_cover(tx, cover, &file, &picture, None, now))
    };
    house.state.store.write(keep).await.unwrap();
    // Another node fetched it: what is not in this one's folder is not shown.
    look_again(&house).await;
    assert_eq!(house.state.covers.picture(edition.id), None);
    std::fs::create_dir(folder.path().join("01")).unwrap();
    for width in picture.widths() {
        let file = picture.file(width, Format::WebP);
        std::fs::write(folder.path().join("01").join(file), b"RIFF").unwrap();
    }
    let jpeg = picture.file(640, Format::Jpeg);
    std::fs::write(folder.path().join("01").join(jpeg), b"JFIF").unwrap();
    look_again(&house).await;
    assert_eq!(house.state.covers.picture(edition.id), Some(picture));
    (house, (*edition).clone(), picture, folder)
}

async fn look_again(house: &House) {
    let (state, now) = (&house.state, house.state.clock.now());
    let looking = state
        .covers
        .refresh(&state.store, &state.settings.covers, now);
    looking.await.unwrap();
}

#[tokio::test]
async fn o21_a_book_is_shown_with_its_suppliers_cover() {
    let (house, edition, picture, _folder) = with_a_cover().await;
    let page = match edition.isbn {
        Some(isbn) => format!("/fr/books/{isbn}"),
        None => format!("/fr/editions/{}", edition.id),
    };
    let html = house.get(&page).await.text();
    let plate = html.split_once("<div class=\"plate\">").unwrap().1;
    let plate = plate.split_once("</div>").unwrap().0;
    assert!(
        plate.starts_with("<picture><source type=\"image/webp\""),
        "{plate}"
    );
    for width in [160, 320, 640] {
        let file = picture.file(width, Format::WebP);
        assert!(
            plate.contains(&format!("/covers/{file} {width}w")),
            "{plate}"
        );
    }
    assert!(
        plate.contains("alt=\"\" width=\"640\" height=\"960\""),
        "{plate}"
    );
    assert!(!plate.contains(".svg"), "{plate}");
    let jpeg = picture.file(640, Format::Jpeg);
    assert_eq!(
        html.matches(&format!("http://127.0.0.1:8080/covers/{jpeg}"))
            .count(),
        2
    );
    assert!(html.contains("<meta property=\"og:image\""));

    // Others keep their drawn ones.
    assert!(house.get("/fr/search").await.text().contains(".svg?v="));
}

#[tokio::test]
async fn o21_a_new_cover_is_shown_on_the_pages_of_other_books_too() {
    let (house, edition, picture, folder) = with_a_cover().await;
    let jpeg = picture.file(640, Format::Jpeg);
    let path = folder.path().join("01").join(&jpeg);
    let file = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    look_again(&house).await;
    let drawn = format!("/covers/{}.svg", edition.id);
    let mut pages = Vec::new();
    for other in house.state.shelf.load().iter() {
        let page = format!("/fr{}", web::storefront::parts::book_path(&other));
        if other.id != edition.id && house.get(&page).await.text().contains(&drawn) {
            pages.push(page);
        }
    }
    assert!(!pages.is_empty(), "it is related to nothing");
    std::fs::write(&path, file).unwrap();
    look_again(&house).await;
    for page in pages {
        let html = house.get(&page).await.text();
        assert!(html.contains(NAME) && !html.contains(&drawn), "{page}");
    }
}

#[tokio::test]
async fn o21_kept_covers_are_served_for_ever_and_nothing_else_is() {
    let (house, edition, picture, _folder) = with_a_cover().await;
    let file = picture.file(320, Format::WebP);
    let answer = house.get(&format!("/covers/{file}")).await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (StatusCode::OK, b"RIFF".as_slice())
    );
    assert_eq!(answer.header("content-type"), "image/webp");
    assert!(answer.header("cache-control").ends_with("immutable"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let drawn = house.get(&format!("/covers/{}.svg", edition.id)).await;
    assert_eq!(drawn.status, StatusCode::OK, "the drawn cover stays");
    for name in [
        picture.file(999, Format::WebP),
        "..%2F..%2Fbouquin.db".to_owned(),
        "%2Fetc%2Fpasswd".to_owned(),
        format!("{NAME}-320.webp.new"),
        format!("..%2F{NAME}-320.webp"),
    ] {
        let answer = house.get(&format!("/covers/{name}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
}
