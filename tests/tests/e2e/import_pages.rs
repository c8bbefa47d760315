//! The import desk in the browser: a table is sent, its columns corrected, tried, imported, read about, and a book of
//! it corrected.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use fantoccini::Locator;
use tests::browser::Browser;

use super::look;

/// A book that is new, one whose ISBN is wrong, one without a title, one that is out of print.
const TABLE: &str = "EAN;Désignation;Auteur;Éditeur;Prix TTC;Parution;Dispo;Rayon\n\
    9782070360024;L'Étranger;Camus, Albert;Gallimard;7,50;1942;Disponible;Romans\n\
    9782070541271;Une étoile mystérieuse;Hergé;Casterman;12,95;23/11/1946;Disponible;BD\n\
    9782070612758;;Saint-Exupéry, Antoine de;Gallimard;6,90;1943;Disponible;Jeunesse\n\
    9782253004226;Germinal;Zola, Émile;Le Livre de poche;4,90;1885;Épuisé;Romans\n";

/// The same with a new price.
const NEXT: (&str, &str) = (";7,50;", ";8,20;");

pub async fn visit(browser: &mut Browser, shop: &str, found: &mut Vec<String>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let first = send(browser, shop, folder.path(), "quai_2026-11-25.csv", TABLE).await?;
    let sender = browser.find("#sender").await?;
    sender.clear().await?;
    sender.send_keys("quai-diffusion").await?;
    browser.click("form[action$='/mapping'] button").await?;
    wait_for(browser, "Colonnes enregistrées").await?;
    look(browser, "office-import-preview", found).await?;
    browser.click("form[action$='/import'] button").await?;
    wait_for(browser, "Terminé").await?;
    look(browser, "office-import-done", found).await?;
    browser.goto(&format!("{first}/notes")).await?;
    look(browser, "office-import-notes", found).await?;

    let table = TABLE.replace(NEXT.0, NEXT.1);
    send(browser, shop, folder.path(), "quai_2026-11-26.csv", &table).await?;
    ensure!(
        browser
            .text()
            .await?
            .contains("enregistrées pour cet expéditeur"),
        "the columns are not proposed again"
    );
    browser.click("form[action$='/trial'] button").await?;
    wait_for(browser, "Ce que l’import ferait").await?;
    look(browser, "office-import-trial", found).await?;
    let changed = browser.find("tbody th[scope='rowgroup'] a").await?;
    let edition = changed.attr("href").await?.unwrap_or_default();
    browser.click("form[action$='/dismiss'] button").await?;
    wait_for(browser, "Fichier écarté").await?;
    look(browser, "office-import-list", found).await?;

    browser.goto(&format!("{shop}{edition}")).await?;
    let price = browser.find("#price").await?;
    price.clear().await?;
    price.send_keys("beaucoup").await?;
    browser
        .click("form[action$='/correct'] .actions button")
        .await?;
    wait_for(browser, "Écrivez un prix").await?;
    look(browser, "office-edition-wrong", found).await?;
    let price = browser.find("#price").await?;
    price.clear().await?;
    price.send_keys("7,90").await?;
    browser
        .click("form[action$='/correct'] .actions button")
        .await?;
    wait_for(browser, "Correction enregistrée").await?;
    look(browser, "office-edition", found).await?;
    browser.goto(&format!("{shop}/office/senders")).await?;
    look(browser, "office-senders", found).await
}

/// Sends a file as a person does, and returns the address of its page.
async fn send(
    browser: &Browser,
    shop: &str,
    folder: &std::path::Path,
    name: &str,
    table: &str,
) -> Result<String> {
    let path = folder.join(name);
    std::fs::write(&path, table)?;
    browser.goto(&format!("{shop}/office/import")).await?;
    let field = browser.client.find(Locator::Css("#file")).await?;
    field.send_keys(&path.display().to_string()).await?;
    browser
        .click("form[enctype='multipart/form-data'] button")
        .await?;
    browser.wait_for_url("/office/import/").await
}

async fn wait_for(browser: &Browser, wanted: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if browser.text().await.unwrap_or_default().contains(wanted) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("{wanted:?} never came:\n{}", browser.text().await?)
}
