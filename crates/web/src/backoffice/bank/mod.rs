//! The bank in the back office: files from bank and switch, fetched or handed in, what the hosted provider pays out, what
//! disagrees, the ledger, the accountant's file.
//!
//! Everything that moves money asks the shop's verbs; each form answers with a redirect, so that reloading a page does
//! nothing again. What is in a file is read by the shop, not here.

mod balance;
mod fec;
pub(super) mod fetching;
mod payouts;
mod queue;
mod statement;
mod suspense;
#[cfg(test)]
mod tests;

use axum::Extension;
use axum::extract::{Multipart, Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use shop::ledger::{self, TrialBalance};
use shop::reconciliation::{
    self, BreakKind, FileRead, FileRefusal, HandedIn, ReadBatch, ReadStatement, Run,
    fetching::{Source, Standing},
    payouts::{ReadPayout, payouts_read},
};
use storage::{Fault, Tx};
use trade::limits;
use trade::locale::format_date;

use super::access::Visit;
use super::frame::{self, Part, counted, money, time, token};
use super::import::first_token;
use crate::AppState;
use crate::problem::{Kind, Problem};

pub(super) use fec::{download, page as fec};
pub(super) use fetching::ask_now;
pub(super) use payouts::list as payouts_list;
pub(super) use queue::{close, list as breaks, look_after, show as show_break};
pub(super) use statement::show as statement;
pub(super) use suspense::{charge, give, send_back};

/// What a redirect tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

struct Found {
    run: Option<Run>,
    open: Vec<(BreakKind, u64)>,
    statements: Vec<ReadStatement>,
    batches: Vec<ReadBatch>,
    payouts: Vec<ReadPayout>,
    balance: TrialBalance,
    fetching: Vec<(Source, Option<Standing>)>,
}

/// Statements, batches and payouts on the first page: two weeks of each.
const LATEST: u32 = 14;

/// `GET /office/bank`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let asked = state.settings.fetches.clone();
    let read = move |tx: &mut dyn Tx| -> Result<Found, Fault> {
        Ok(Found {
            run: reconciliation::last_run(tx)?,
            open: reconciliation::open_by_kind(tx)?,
            statements: reconciliation::statements_read(tx, LATEST)?,
            batches: reconciliation::batches_read(tx, LATEST)?,
            payouts: payouts_read(tx, 1, LATEST)?.0,
            balance: ledger::trial_balance(tx)?,
            fetching: fetching::standings(tx, &asked)?,
        })
    };
    let found = state.store.read(read).await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        p { (words.say("bank-help")) }
        div.columns.even {
            section { (open_breaks(&visit, &found.open)) (last_run(&visit, found.run.as_ref())) }
            section { (file_form(&visit)) }
        }
        (fetching::section(&visit, &found.fetching))
        div.columns.even {
            (statements(&visit, &found.statements))
            (batches(&visit, &found.batches))
        }
        (payouts::section(&visit, &found.payouts, state.settings.fetches.contains(&Source::Provider)))
        (balance::table(&visit, &found.balance))
        (fec::section(&visit, state.settings.siren.is_some(), state.clock.today()))
    };
    Ok(frame::page(
        &visit,
        Part::Bank,
        words.say("office-bank"),
        &body,
    ))
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    let good = ["read", "known", "ran", "asked"];
    let bad = [
        "empty",
        "large",
        "unreadable",
        "another",
        "account",
        "merchant",
        "batch",
    ];
    match told {
        told if good.contains(&told) => frame::notice(true, words.one_of("bank-told", told)),
        told if bad.contains(&told) => frame::notice(false, words.one_of("bank-told", told)),
        _ => html! {},
    }
}

fn open_breaks(visit: &Visit, open: &[(BreakKind, u64)]) -> Markup {
    let words = visit.words();
    let all: u64 = open.iter().map(|(_, count)| count).sum();
    html! {
        h2 { (words.say("bank-breaks")) }
        p { a.next-step href="/office/bank/breaks" { (words.tell("bank-breaks-open", &counted(all, visit.locale))) } }
        @if !open.is_empty() {
            ul.plain { @for (kind, count) in open {
                li {
                    a href={ "/office/bank/breaks?kind=" (kind.code()) } { (words.one_of("break", kind.code())) }
                    " " span.num { (count) }
                }
            } }
        }
    }
}

fn last_run(visit: &Visit, run: Option<&Run>) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("bank-run")) }
        @match run {
            None => p.muted { (words.say("bank-run-never")) },
            Some(run) => {
                p {
                    (time(visit, run.begun)) " · "
                    @match &run.staff { Some(staff) => (staff), None => (words.say("bank-run-night")) }
                }
                p { (words.tell("bank-run-found", &[
                    ("opened", run.opened.to_string().into()),
                    ("closed", run.closed.to_string().into()),
                    ("open", run.open.to_string().into()),
                ])) }
                @if !run.complete { (frame::notice(false, words.say("bank-run-incomplete"))) }
            }
        }
        form method="post" action="/office/bank/run" { (token(visit)) button.button.quiet { (words.say("bank-run-now")) } }
    }
}

fn file_form(visit: &Visit) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("bank-file")) }
        form method="post" action="/office/bank/file" enctype="multipart/form-data" {
            (token(visit))
            div.field {
                label for="file" { (words.say("bank-file-label")) }
                p.hint #file-hint { (words.say("bank-file-hint")) }
                input #file type="file" name="file" required aria-describedby="file-hint";
            }
            div.actions { button.button { (words.say("bank-file-send")) } }
        }
    }
}

fn statements(visit: &Visit, statements: &[ReadStatement]) -> Markup {
    let words = visit.words();
    html! {
        section {
            h2 { (words.say("bank-statements")) }
            @if statements.is_empty() { p.muted { (words.say("bank-statements-none")) } }
            @else { div.scroll tabindex="0" role="region" aria-label=(words.say("bank-statements")) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("bank-statement")) }
                        th scope="col" { (words.say("bank-day")) }
                        th.num scope="col" { (words.say("bank-movements")) }
                        th.num scope="col" { (words.say("bank-closing")) }
                    } }
                    tbody { @for one in statements { tr data-row {
                        th scope="row" { a href={ "/office/bank/statements/" (one.id) } { (one.name) } }
                        td.nowrap { (format_date(one.last_day, visit.locale)) }
                        td.num { (one.entries) }
                        td.num { (money(visit, one.closing)) }
                    } } }
                }
            } }
        }
    }
}

fn batches(visit: &Visit, batches: &[ReadBatch]) -> Markup {
    let words = visit.words();
    let standing = |batch: &ReadBatch| match (batch.taken, batch.paid) {
        (_, true) => "paid",
        (Some(false), _) => "refused",
        (Some(true), _) => "taken",
        (None, _) => "sent",
    };
    html! {
        section {
            h2 { (words.say("bank-batches")) }
            @if batches.is_empty() { p.muted { (words.say("bank-batches-none")) } }
            @else { div.scroll tabindex="0" role="region" aria-label=(words.say("bank-batches")) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("bank-batch")) }
                        th scope="col" { (words.say("bank-day")) }
                        th.num scope="col" { (words.say("bank-captures")) }
                        th.num scope="col" { (words.say("bank-refunds")) }
                        th scope="col" { (words.say("office-payment-state")) }
                    } }
                    tbody { @for batch in batches { tr data-row {
                        th.num scope="row" { (batch.sequence) }
                        td.nowrap { (format_date(batch.business_date, visit.locale)) }
                        td.num { (money(visit, batch.captures)) }
                        td.num { (money(visit, batch.refunds)) }
                        td { (words.one_of("bank-batch", standing(batch))) }
                    } } }
                }
            } }
        }
    }
}

/// `POST /office/bank/run`
pub(super) async fn run(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
) -> Result<Redirect, Problem> {
    reconcile(&state, &visit).await?;
    Ok(Redirect::to("/office/bank?told=ran"))
}

async fn reconcile(state: &AppState, visit: &Visit) -> Result<(), Problem> {
    let login = visit.member.login.as_str();
    let agreement = &state.settings.agreement;
    reconciliation::run(&state.store, &state.clock, agreement, Some(login)).await?;
    Ok(())
}

/// `POST /office/bank/file`: the token first, then the file, which is read whole into memory.
pub(super) async fn send(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    mut form: Multipart,
) -> Result<Redirect, Problem> {
    if !visit.owns(&first_token(&mut form).await?) {
        return Err(Problem::of(Kind::ForeignOrigin));
    }
    let told = match receive(&visit, &mut form).await? {
        Received::Nothing => "empty",
        Received::TooLarge => "large",
        Received::File(file) => {
            let own = state.methods.transfer.as_ref().map(|account| &account.iban);
            let read = reconciliation::read_file(&state.store, &state.clock, file, own).await;
            let told = told_of(read)?;
            reconcile(&state, &visit).await?;
            told
        }
    };
    Ok(Redirect::to(&format!("/office/bank?told={told}")))
}

fn told_of(read: Result<FileRead, FileRefusal>) -> Result<&'static str, Problem> {
    Ok(match read {
        Ok(FileRead::Statements { new: 0, .. }) => "known",
        Ok(FileRead::Batch { known: true, .. } | FileRead::Answer { known: true, .. }) => "known",
        Ok(_) => "read",
        Err(FileRefusal::TooLarge) => "large",
        Err(FileRefusal::Unreadable(_)) => "unreadable",
        Err(FileRefusal::Another(_)) => "another",
        Err(FileRefusal::OtherAccount) => "account",
        Err(FileRefusal::OtherMerchant) => "merchant",
        Err(FileRefusal::NoSuchBatch(_)) => "batch",
        Err(FileRefusal::Fault(fault)) => return Err(fault.into()),
    })
}

enum Received {
    Nothing,
    TooLarge,
    File(HandedIn),
}

/// Reads the file, up to what one may weigh.
async fn receive(visit: &Visit, form: &mut Multipart) -> Result<Received, Problem> {
    let malformed = |_| Problem::of(Kind::Malformed);
    let field = form.next_field().await.map_err(malformed)?;
    let Some(mut field) = field.filter(|field| field.name() == Some("file")) else {
        return Ok(Received::Nothing);
    };
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(malformed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limits::BANK_UPLOAD_BYTES {
            return Ok(Received::TooLarge);
        }
    }
    Ok(match bytes.is_empty() {
        true => Received::Nothing,
        false => Received::File(HandedIn {
            name,
            bytes,
            staff: visit.member.login.clone(),
        }),
    })
}
