//! The import desk through its pages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use trade::isbn::Isbn13;

use crate::backoffice::fixture::{self, COUNTED, Small, hidden, location, text};

storage::statements! {
    LEAVE = "UPDATE import_jobs SET state = $2, tries = 3 WHERE id = $1";
    FORGET_KINDS = "UPDATE import_notes SET said = NULL";
}

/// Two lines, of which the second is no record.
const LINES: &str = "{\"id\":\"t:1\",\"source\":\"t\",\"title\":\"Bel-Ami\",\"contributors\":[{\"name\":\"Maupassant, \
                     Guy de\"}]}\nnot json\n";

/// Somebody at the desk.
pub(in crate::backoffice) struct Visitor<'s> {
    shop: &'s Small,
    cookie: String,
    csrf: String,
}

impl Visitor<'_> {
    pub(in crate::backoffice) async fn at(shop: &Small) -> Visitor<'_> {
        let cookie = shop.log_in("lire").await;
        let csrf = hidden(
            &text(shop.get("/office/import", &cookie).await).await,
            "csrf",
        );
        Visitor { shop, cookie, csrf }
    }

    /// Hands a file in and returns the address of its page.
    pub(in crate::backoffice) async fn send(&self, name: &str, file: &str) -> String {
        let csrf = &self.csrf;
        let upload = format!(
            "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        let kind = "multipart/form-data; boundary=b";
        let sent = self
            .shop
            .send("POST", "/office/import", &self.cookie, kind, &upload)
            .await;
        let page = location(&sent).to_owned();
        assert!(page.starts_with("/office/import/"), "{page}");
        page
    }

    pub(in crate::backoffice) async fn read(&self, path: &str) -> String {
        let page = self.shop.get(path, &self.cookie).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        text(page).await
    }

    async fn read_in_french(&self, path: &str) -> String {
        text(self.shop.get_in_french(path, &self.cookie).await).await
    }

    pub(in crate::backoffice) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(in crate::backoffice) async fn post_raw(&self, path: &str, fields: &str) -> Response<Body> {
        let form = format!("csrf={}{fields}", self.csrf);
        self.shop.post(path, &self.cookie, &form).await
    }

    /// Sends a form and returns where it leads.
    pub(in crate::backoffice) async fn post(&self, path: &str, fields: &str) -> String {
        let answer = self.post_raw(path, fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        location(&answer).to_owned()
    }

    /// Looks at a page until it stands still.
    async fn wait(&self, page: &str) -> String {
        for _ in 0..200 {
            let shown = self.read(page).await;
            if !shown.contains("http-equiv=\"refresh\"") {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{page} never stands still");
    }

    pub(in crate::backoffice) async fn import(&self, page: &str) -> String {
        self.post(&format!("{page}/import"), "").await;
        self.wait(page).await
    }
}

/// The title of the edition sold under an ISBN, from the database.
async fn title_of(shop: &Small, isbn: &str) -> Option<String> {
    let isbn = Isbn13::parse(isbn).unwrap();
    let found = shop
        .state
        .store
        .read(move |tx| catalogue::store::by_isbn(tx, isbn));
    found
        .await
        .unwrap()
        .first()
        .map(|edition| edition.title.clone())
}

fn files(shop: &Small) -> usize {
    std::fs::read_dir(&shop.state.settings.imports)
        .map(Iterator::count)
        .unwrap_or_default()
}

#[tokio::test]
async fn a_file_is_looked_at_then_imported_in_the_background_and_reported() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LINES).await;
    let before = desk.read(&page).await;
    assert!(before.contains("JSON lines."), "{before}");
    assert!(
        before.contains("Bel-Ami") && before.contains("Import now"),
        "{before}"
    );
    assert_eq!(files(&shop), 1);
    let done = desk.import(&page).await;
    for shown in ["livres.jsonl", "Created", "Rejected", "invalid JSON"] {
        assert!(done.contains(shown), "{shown} in {done}");
    }
    assert_eq!(files(&shop), 0, "the file has no use any more");
    let report = desk.read(&format!("{page}/report")).await;
    let line: serde_json::Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["severity"], &line["line"]),
        (&"error".into(), &2.into())
    );
    assert_eq!(line["file"], "livres.jsonl");
}

#[tokio::test]
async fn notes_are_found_by_severity_code_and_text() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let wrong =
        "{\"id\":\"t:2\",\"source\":\"t\",\"title\":\"Une vie\",\"isbn13\":[\"9782070541271\"]}\n";
    let page = desk.send("livres.jsonl", &format!("{LINES}{wrong}")).await;
    desk.import(&page).await;
    let all = desk.read(&format!("{page}/notes")).await;
    assert!(
        all.contains("json-invalid") && all.contains("isbn-invalid"),
        "{all}"
    );
    let errors = desk.read(&format!("{page}/notes?severity=error")).await;
    let table = |page: &str| page.split("<table").nth(1).unwrap_or_default().to_owned();
    assert!(table(&errors).contains("json-invalid") && !table(&errors).contains("isbn-invalid"));
    let by_code = desk.read(&format!("{page}/notes?code=isbn-invalid")).await;
    assert!(!table(&by_code).contains("json-invalid") && table(&by_code).contains("t:2"));
    assert!(table(&by_code).contains("/office/editions/"), "{by_code}");
    let by_text = desk.read(&format!("{page}/notes?q=T:2")).await;
    assert!(table(&by_text).contains("isbn-invalid") && !table(&by_text).contains("json-invalid"));
    // As the sentence is on the page, however its apostrophe is typed.
    let sentence = format!("{page}/notes?q=N%27est+pas+un+ISBN");
    let in_french = table(&desk.read_in_french(&sentence).await);
    assert!(
        in_french.contains("isbn-invalid") && !in_french.contains("json-invalid"),
        "{in_french}"
    );
    let in_english = table(&desk.read(&sentence).await);
    assert!(in_english.is_empty(), "{in_english}");
    let nothing = desk.read(&format!("{page}/notes?q=100%25")).await;
    assert!(table(&nothing).is_empty(), "{nothing}");
}

#[tokio::test]
async fn a_file_that_was_tried_in_vain_says_how_often_and_is_begun_again_by_hand() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LINES).await;
    let job = page.rsplit('/').next().unwrap().to_owned();
    for (state, english, french) in [
        (
            "received",
            "went down 3 times while it tried",
            "s’est arrêtée net 3 fois en essayant",
        ),
        (
            "failed",
            "went down 3 times while it read",
            "s’est arrêtée net 3 fois en lisant",
        ),
    ] {
        let params = [job.as_str().into(), state.into()];
        let left = shop
            .state
            .store
            .write(move |tx| tx.execute(&LEAVE, &params));
        assert_eq!(left.await.unwrap(), 1);
        assert!(desk.read(&page).await.contains(english));
        assert!(desk.read_in_french(&page).await.contains(french));
    }
    let done = desk.import(&page).await;
    assert!(
        done.contains("Created") && !done.contains("went down"),
        "{done}"
    );
}

#[tokio::test]
async fn a_report_speaks_the_language_of_its_page_but_for_notes_of_before() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let wrong =
        "{\"id\":\"t:2\",\"source\":\"t\",\"title\":\"Une vie\",\"isbn13\":[\"9782070541271\"]}\n";
    let page = desk.send("livres.jsonl", wrong).await;
    desk.post(&format!("{page}/trial"), "").await;
    desk.wait(&page).await;
    let sentence =
        "« 9782070541271 » n’est pas un ISBN (sa clé est fausse)".replace("« ", "«\u{a0}");
    let sentence = sentence.replace(" »", "\u{a0}»");
    let tried = desk.read_in_french(&page).await;
    assert!(tried.contains(&sentence), "{tried}");
    desk.import(&page).await;
    let notes = format!("{page}/notes");
    let french = desk.read_in_french(&notes).await;
    assert!(
        french.contains(&sentence) && !french.contains("lang=\"en\""),
        "{french}"
    );
    let english = desk.read(&notes).await;
    assert!(
        english.contains("“9782070541271” is not an ISBN"),
        "{english}"
    );
    // As it was kept before kinds were.
    let forgotten = shop.state.store.write(|tx| tx.execute(&FORGET_KINDS, &[]));
    assert_eq!(forgotten.await.unwrap(), 1);
    let old = desk.read_in_french(&notes).await;
    assert!(
        old.contains("<span lang=\"en\">&quot;9782070541271&quot; is not an ISBN"),
        "{old}"
    );
}

#[tokio::test]
async fn what_only_a_program_could_say_is_english_inside_a_french_sentence() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LINES).await;
    desk.import(&page).await;
    let french = desk.read_in_french(&format!("{page}/notes")).await;
    let begin = "La ligne n’est pas une notice\u{a0}: <span lang=\"en\">";
    let (_, after) = french.split_once(begin).unwrap();
    let (words, rest) = after.split_once("</span>").unwrap();
    assert!(words.contains("line 1 column"), "{words}");
    assert!(rest.starts_with(". Corrigez-la"), "{rest}");
}

#[tokio::test]
async fn a_record_that_was_sent_since_is_not_completed_and_leads_to_its_book() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LACKING).await;
    desk.import(&page).await;
    let links = completions(&page, &desk.read(&format!("{page}/notes")).await);
    let named = desk.read(&links[0]).await;
    let unnamed = desk.read(&links[1]).await;
    let replaced = "When the sender sends it whole one day, that replaces it.";
    assert!(named.contains(replaced) && !unnamed.contains(replaced));
    assert!(unnamed.contains("will not replace it"), "{unnamed}");
    let whole = LACKING.replace("\"publisher\"", "\"title\":\"La Peste\",\"publisher\"");
    let newer = desk.send("livres2.jsonl", &whole).await;
    desk.import(&newer).await;
    let led = desk.post(&links[0], "&title=Peste").await;
    assert!(led.ends_with("?told=sent-since"), "{led}");
    assert!(desk.read(&led).await.contains("nothing was changed"));
    assert_eq!(title_of(&shop, "9782070360024").await.unwrap(), "La Peste");
}

/// A book without a title, one without a reference, and a line that is no record.
const LACKING: &str = "{\"id\":\"t:2\",\"source\":\"t\",\"isbn13\":[\"9782070360024\"],\"publisher\":\"Gallimard\"}\n\
                       {\"source\":\"t\",\"title\":\"Une vie\"}\nnot json\n";

/// Where the rejected records of an import are completed.
fn completions(page: &str, notes: &str) -> Vec<String> {
    let begin = format!("{page}/rejected/");
    let links = notes
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next());
    links
        .filter(|link| link.starts_with(&begin))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_rejected_record_is_completed_from_the_report_once_and_undone_with_its_import() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LACKING).await;
    desk.import(&page).await;
    let notes = desk.read(&format!("{page}/notes")).await;
    let links = completions(&page, &notes);
    assert_eq!(links.len(), 2, "{notes}");
    assert_eq!(notes.matches("Record not kept").count(), 1, "{notes}");
    let form = desk.read(&links[0]).await;
    for kept in ["Gallimard", "9782070360024", "t:2", "no title"] {
        assert!(form.contains(kept), "{kept} in {form}");
    }
    // Nothing is taken without what is missing.
    let still = desk.post_raw(&links[0], "&title=+").await;
    assert_eq!(still.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(still).await.contains("A book has a title."));
    assert_eq!(title_of(&shop, "9782070360024").await, None);
    let led = desk.post(&links[0], "&title=La+Peste").await;
    assert!(led.ends_with("?told=completed"), "{led}");
    let shown = desk.read(&led).await;
    for provenance in [
        "Record completed",
        "<code>t:2</code>",
        "livres.jsonl</a> · lire",
    ] {
        assert!(shown.contains(provenance), "{provenance} in {shown}");
    }
    // Sent again, it is what it is.
    let again = desk.post(&links[0], "&title=La+Chute").await;
    assert_eq!(again, led);
    assert_eq!(title_of(&shop, "9782070360024").await.unwrap(), "La Peste");
    let left = desk.read(&format!("{page}/notes")).await;
    assert_eq!(completions(&page, &left), links[1..]);
    assert!(left.contains("look and put right"), "{left}");
    // Undone with the import, and redone with it; not completed meanwhile.
    desk.post(&format!("{page}/undo"), "").await;
    desk.wait(&page).await;
    assert_eq!(title_of(&shop, "9782070360024").await, None);
    assert!(
        desk.read(&links[1])
            .await
            .contains("cannot be completed now")
    );
    let refused = desk.post_raw(&links[1], "&title=Une+vie").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    desk.post(&format!("{page}/redo"), "").await;
    desk.wait(&page).await;
    assert_eq!(title_of(&shop, "9782070360024").await.unwrap(), "La Peste");
    // A record that nobody named is known by its place, unless it has an ISBN.
    let led = desk
        .post(
            &links[1],
            "&was-title=Une+vie&title=Une+vie&isbn=9782070541263",
        )
        .await;
    assert!(desk.read(&led).await.contains("<code>9782070541263</code>"));
    let parts = desk.read(&page).await;
    assert!(parts.contains("2 parts, and the records"), "{parts}");
}

#[tokio::test]
async fn a_trial_shows_what_would_change_and_stores_nothing() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let file = format!(
        "EAN;Titre;Prix TTC\n{COUNTED};Harry Potter à l'école des sorciers;11,50\n9782070360024;L'Étranger;7,00\n"
    );
    let page = desk.send("stock-2026-11-25.csv", &file).await;
    desk.post(
        &format!("{page}/mapping"),
        "&sender=zzz&headings=yes&prices=fixed_fr&c0=isbn&c1=title&c2=price",
    )
    .await;
    // The new sender speaks after the one that is known, so it changes nothing until it is placed first.
    let by = catalogue::store::By {
        staff: "lire".to_owned(),
        at: shop.state.clock.now(),
    };
    let store = shop.state.store.clone();
    tokio::task::spawn_blocking(move || {
        catalogue::store::set_precedence(&store, &["zzz".to_owned()], &by).unwrap();
    })
    .await
    .unwrap();
    desk.post(&format!("{page}/trial"), "").await;
    let tried = desk.wait(&page).await;
    assert!(tried.contains("What the import would do"), "{tried}");
    assert!(
        tried.contains("€9.90") && tried.contains("€11.50"),
        "{tried}"
    );
    assert_eq!(title_of(&shop, "9782070360024").await, None);
    let done = desk.import(&page).await;
    assert!(done.contains("Created"), "{done}");
    assert_eq!(
        title_of(&shop, "9782070360024").await.unwrap(),
        "L'Étranger"
    );
}

#[tokio::test]
async fn the_columns_of_a_sender_are_proposed_for_the_next_file() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let table = |title: &str| format!("A;B;C\n9782070360024;x;{title}\n");
    let page = desk.send("quai_01.csv", &table("La Peste")).await;
    assert!(
        desk.read(&page)
            .await
            .contains("recognised by their headings")
    );
    let told = desk
        .post(
            &format!("{page}/mapping"),
            "&sender=quai&headings=yes&prices=free&c0=isbn&c2=title",
        )
        .await;
    assert!(told.ends_with("told=mapped"), "{told}");
    let mapped = desk.read(&page).await;
    assert!(
        mapped.contains("La Peste") && mapped.contains("value=\"quai\""),
        "{mapped}"
    );
    let next = desk.send("quai_02.csv", &table("La Chute")).await;
    let proposed = desk.read(&next).await;
    assert!(
        proposed.contains("those you saved for this sender"),
        "{proposed}"
    );
    assert!(proposed.contains("La Chute"), "{proposed}");
    let nameless = desk
        .post(&format!("{page}/mapping"), "&sender=+&c2=title")
        .await;
    assert!(nameless.ends_with("told=unmapped"), "{nameless}");
}

#[tokio::test]
async fn a_file_that_nobody_wants_is_dismissed_with_its_bytes() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let page = desk.send("livres.jsonl", LINES).await;
    let led = desk.post(&format!("{page}/dismiss"), "").await;
    assert!(led.contains("dismissed"));
    assert_eq!(files(&shop), 0);
    let gone = shop.get(&page, &desk.cookie).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_import_is_undone_and_redone_from_its_page_but_not_before_its_end() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let table = "EAN;Titre\n9782070360024;La Peste\n";
    let page = desk.send("quai.csv", table).await;
    let early = desk.post(&format!("{page}/undo"), "").await;
    assert!(early.ends_with("told=running"), "{early}");
    assert!(desk.read(&early).await.contains("This import is not over"));
    desk.import(&page).await;
    assert_eq!(title_of(&shop, "9782070360024").await.unwrap(), "La Peste");
    desk.post(&format!("{page}/undo"), "").await;
    let undone = desk.wait(&page).await;
    assert!(undone.contains("This import is undone"), "{undone}");
    assert_eq!(title_of(&shop, "9782070360024").await, None);
    assert!(desk.read("/office/import").await.contains(">undone<"));
    desk.post(&format!("{page}/redo"), "").await;
    assert!(!desk.wait(&page).await.contains("This import is undone"));
    assert_eq!(title_of(&shop, "9782070360024").await.unwrap(), "La Peste");
}

#[tokio::test]
async fn imports_that_no_file_was_handed_in_for_are_listed_and_undone_too() {
    let shop = fixture::small().await;
    let desk = Visitor::at(&shop).await;
    let list = desk.read("/office/import").await;
    assert!(
        list.contains("/office/imports/1") && list.contains("by command"),
        "{list}"
    );
    desk.post("/office/imports/1/undo", "").await;
    assert_eq!(title_of(&shop, COUNTED).await, None);
    assert!(
        desk.wait("/office/imports/1")
            .await
            .contains("This import is undone")
    );
    desk.post("/office/imports/1/redo", "").await;
    assert!(title_of(&shop, COUNTED).await.is_some());
}
