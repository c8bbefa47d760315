//! The folders where senders' files arrive, and what is wrong there.

use std::path::Path;

use maud::{Markup, html};

use crate::backoffice::access::Visit;
use crate::backoffice::frame::{counted, time};
use crate::backoffice::import_desk::Dropped;

/// Troubles shown of one folder: who has more puts the first right, and they are seldom different.
const SHOWN: usize = 20;

pub(super) fn folders(visit: &Visit, dropped: &[Dropped]) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("drop-folders")) }
        @for one in dropped {
            h3 { (one.drop.sender) " " code { (one.drop.folder.display()) } }
            @if one.troubles.is_empty() {
                p.muted { (words.say("drop-well")) }
            } @else {
                (troubles(visit, one))
            }
        }
    }
}

fn troubles(visit: &Visit, dropped: &Dropped) -> Markup {
    let words = visit.words();
    let more = dropped.troubles.len().saturating_sub(SHOWN);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("drop-troubles")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-import-file")) }
                    th scope="col" { (words.say("edition-since")) }
                    th scope="col" { (words.say("drop-trouble")) }
                } }
                tbody { @for (path, trouble) in dropped.troubles.iter().take(SHOWN) { tr data-row {
                    th scope="row" { (name(&dropped.drop.folder, path)) }
                    td { (time(visit, trouble.since)) }
                    td { (words.one_of("drop-trouble", trouble.kind.code())) }
                } } }
            }
        }
        @if more > 0 { p.muted { (words.tell("drop-more", &counted(more as u64, visit.locale))) } }
    }
}

/// What lies in the folder, by its name there. Senders choose names; what moves the cursor is no part of one.
fn name(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let inside = match inside.as_os_str().is_empty() {
        true => path,
        false => inside,
    };
    let name = inside.to_string_lossy();
    name.chars()
        .map(|letter| match letter.is_control() {
            true => '\u{fffd}',
            false => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::time::Duration;

    use catalogue::desk::drop_folder::DropFolder;

    use crate::backoffice::fixture;
    use crate::backoffice::import::tests::Visitor;

    /// Reads the list of imports until it says something.
    async fn until(desk: &Visitor<'_>, said: &str) -> String {
        for _ in 0..200 {
            let shown = desk.read("/office/import").await;
            if shown.contains(said) {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{said} is never said");
    }

    #[tokio::test]
    async fn trouble_in_a_drop_folder_stands_beside_it_until_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let shop = fixture::small_with(vec![DropFolder {
            folder: folder.path().to_owned(),
            sender: "quai".to_owned(),
        }])
        .await;
        let desk = Visitor::at(&shop).await;
        assert!(until(&desk, "Nothing is wrong.").await.contains("quai"));
        let link = folder.path().join("stock\u{1b}.csv");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        let shown = until(&desk, "It is no ordinary file").await;
        assert!(shown.contains("stock\u{fffd}.csv"), "{shown}");
        assert!(!shown.contains("Nothing is wrong."));
        std::fs::remove_file(&link).unwrap();
        until(&desk, "Nothing is wrong.").await;
    }
}
