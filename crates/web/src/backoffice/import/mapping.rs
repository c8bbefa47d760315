//! The preview of a file: its first records as they would be imported, and for a table the mapping of its columns, to
//! be corrected and kept for the sender's next table.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use catalogue::desk::{Job, job as jobs, mappings};
use catalogue::import::{self, Field, Mapping, Preview, Table};
use catalogue::model::Edition;
use maud::{Markup, html};
use shop::staff::audit;
use storage::{Fault, Tx};
use trade::ids::ImportJobId;
use trade::price::PriceRegime;
use uuid::Uuid;

use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{money, token};
use crate::problem::{Kind, Problem};

/// Characters of a sender's name: one line of a table.
const SENDER_CHARS: usize = 80;
/// Characters shown of a cell.
const CELL_CHARS: usize = 60;

/// How large a file is.
pub(super) fn size(visit: &Visit, bytes: u64) -> String {
    let kilobytes = bytes.div_ceil(1000);
    let (id, number) = match kilobytes {
        0..10_000 => ("desk-kilobytes", kilobytes),
        _ => ("desk-megabytes", kilobytes / 1000),
    };
    let shown = super::job::shown_number(visit, number);
    visit.words().tell(id, &[("shown", shown.into())])
}

pub(super) fn preview(visit: &Visit, job: &Job, preview: &Preview) -> Markup {
    let words = visit.words();
    html! {
        @if !preview.editions.is_empty() {
            h2 { (words.say("desk-first-records")) }
            (records(visit, &preview.editions))
        }
        @if !preview.notes.is_empty() {
            h3 { (words.say("office-import-notes")) }
            ul.plain { @for note in preview.notes.iter().take(20) {
                li lang="en" { @if note.line > 0 { (note.line) ": " } (note.message) " " code { (note.code) } }
            } }
        }
        @if let Some(table) = &preview.table { (form(visit, job, table)) }
    }
}

fn records(visit: &Visit, editions: &[Edition]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("desk-first-records")) {
            table.grid.wide {
                thead { tr {
                    th scope="col" { (words.say("desk-field-title")) }
                    th scope="col" { "ISBN" }
                    th scope="col" { (words.say("desk-field-contributors")) }
                    th scope="col" { (words.say("desk-field-publisher")) }
                    th.num scope="col" { (words.say("desk-field-price")) }
                    th scope="col" { (words.say("desk-field-availability")) }
                } }
                tbody { @for edition in editions { tr {
                    th scope="row" { (edition.title) @if let Some(subtitle) = &edition.subtitle { div.muted.small { (subtitle) } } }
                    td.nowrap { @if let Some(isbn) = edition.isbn { (isbn.hyphenated()) } @else { "–" } }
                    td { (edition.byline()) }
                    td { (edition.publisher.as_deref().unwrap_or("–")) }
                    td.num { @if let Some(price) = edition.price { (money(visit, price.amount)) } @else { "–" } }
                    td { (words.one_of("desk-availability", edition.availability.code())) }
                } } }
            }
        }
    }
}

fn form(visit: &Visit, job: &Job, table: &Table) -> Markup {
    let words = visit.words();
    let mapping = &table.mapping;
    html! {
        h2 { (words.say("desk-mapping")) }
        p { @if job.mapping.is_some() { (words.say("desk-mapping-saved")) } @else { (words.say("desk-mapping-proposed")) } }
        form method="post" action={ "/office/import/" (job.id) "/mapping" } {
            (token(visit))
            div.field {
                label for="sender" { (words.say("desk-sender")) }
                p.hint #sender-hint { (words.say("desk-sender-hint")) }
                input #sender type="text" name="sender" value=(mapping.sender) maxlength=(SENDER_CHARS) required aria-describedby="sender-hint";
            }
            div.field {
                label for="prices" { (words.say("desk-prices")) }
                select #prices name="prices" {
                    option value="fixed_fr" selected[mapping.prices == PriceRegime::FixedFr] { (words.say("desk-prices-fixed_fr")) }
                    option value="free" selected[mapping.prices == PriceRegime::Free] { (words.say("desk-prices-free")) }
                }
            }
            label.check { input type="checkbox" name="headings" value="yes" checked[mapping.headings]; span { (words.say("desk-headings")) } }
            div.scroll tabindex="0" role="region" aria-label=(words.say("desk-mapping")) {
                table.grid.wide {
                    thead { tr {
                        th scope="col" { (words.say("desk-column")) }
                        th scope="col" { (words.say("desk-field")) }
                        th scope="col" { (words.say("desk-examples")) }
                    } }
                    tbody { @for (place, column) in table.columns.iter().enumerate() { tr {
                        th scope="row" { label for={ "c" (place) } { (shortened(&column.name)) } }
                        td { select id={ "c" (place) } name={ "c" (place) } {
                            option value="" { (words.say("desk-not-read")) }
                            @for field in Field::ALL {
                                option value=(field.code()) selected[column.field == Some(field)] { (words.one_of("desk-column", field.code())) }
                            }
                        } }
                        td.muted { @for (nth, example) in column.examples.iter().enumerate() { @if nth > 0 { " · " } (shortened(example)) } }
                    } } }
                }
            }
            div.actions { button.button.quiet { (words.say("desk-mapping-save")) } }
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `POST /office/import/{id}/mapping`
pub(in crate::backoffice) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Result<Redirect, Problem> {
    let id = ImportJobId(id);
    let found = state.store.read(move |tx| jobs::job(tx, id)).await?;
    let job = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let bare = Mapping {
        sender: sender(&typed),
        headings: typed.contains_key("headings"),
        prices: match typed.get("prices").map(String::as_str) {
            Some("free") => PriceRegime::Free,
            _ => PriceRegime::FixedFr,
        },
        columns: BTreeMap::new(),
    };
    let told = |what: &str| Redirect::to(&format!("/office/import/{id}?told={what}"));
    let (path, looking) = (state.imports.file(id), bare.clone());
    // The names of the columns depend on whether the first row names them.
    let looked = tokio::task::spawn_blocking(move || import::preview(&path, Some(&looking), 0));
    let table = looked
        .await
        .ok()
        .and_then(Result::ok)
        .and_then(|preview| preview.table);
    let Some(table) = table.filter(|_| !bare.sender.is_empty()) else {
        return Ok(told("unmapped"));
    };
    let mapping = Mapping {
        columns: columns(&table, &typed),
        ..bare
    };
    let (now, staff) = (state.clock.now(), visit.member.login);
    let saved = move |tx: &mut dyn Tx| -> Result<bool, Fault> {
        let set = jobs::set_mapping(tx, id, &mapping)?;
        if set {
            mappings::save(tx, &job.name, &table, &mapping, now)?;
            audit::record(tx, &staff, "catalogue.mapping", &mapping.sender, None, now)?;
        }
        Ok(set)
    };
    match state.store.write(saved).await? {
        true => Ok(told("mapped")),
        false => Ok(told("late")),
    }
}

fn sender(typed: &BTreeMap<String, String>) -> String {
    let sender = typed.get("sender").map_or("", |sender| sender.trim());
    sender
        .chars()
        .filter(|letter| !letter.is_control())
        .take(SENDER_CHARS)
        .collect()
}

/// The columns that were given a field, by their names.
fn columns(table: &Table, typed: &BTreeMap<String, String>) -> BTreeMap<String, Field> {
    let given = table
        .columns
        .iter()
        .enumerate()
        .filter_map(|(place, column)| {
            let field = Field::parse(typed.get(&format!("c{place}"))?)?;
            Some((column.name.clone(), field))
        });
    given.collect()
}
