//! The bank's pages through the router: a file comes in, its breaks are looked after, the books go out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use shop::disputes::DisputeState;
use shop::reconciliation::fetching::{
    FetchFault, Fetched, Fetcher, Listing, PayoutDoor, Place, Source,
};
use shop::reconciliation::payouts::{About, Items, Payout, PayoutState, Transaction};
use shop::reconciliation::{Agreement, BreakKind, EntryKind, REFUSED, Why};
use shop::staff::audit;

use super::super::fixture::{self, Small, hidden, location, text};
use super::super::tests::paid;
use super::payouts::Standing;
use crate::i18n::words;
use trade::clock::Timestamp;
use trade::locale::Locale;
use trade::money::Money;

const UPLOAD: &str = "multipart/form-data; boundary=b";

/// A statement of one day: money came in from nobody known.
fn statement(words: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-18T20:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb>
<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-18</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">107.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-18</Dt></Dt></Bal>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-18</Dt></BookgDt>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"#
    )
}

async fn hand_in(shop: &Small, cookie: &str, file: &str) -> String {
    let csrf = hidden(&text(shop.get("/office/bank", cookie).await).await, "csrf");
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"releve.xml\"\r\n\r\n{file}\r\n--b--\r\n"
    );
    let answer = shop
        .send("POST", "/office/bank/file", cookie, UPLOAD, &form)
        .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).to_owned()
}

/// The page of the only open break.
async fn only_break(shop: &Small, cookie: &str) -> String {
    let queue = text(shop.get("/office/bank/breaks", cookie).await).await;
    let link = queue.split("href=\"/office/bank/breaks/").nth(1).unwrap();
    format!("/office/bank/breaks/{}", link.split('"').next().unwrap())
}

#[tokio::test]
async fn a_statement_is_read_once_and_its_break_is_seen_to() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let empty = text(shop.get("/office/bank", &cookie).await).await;
    assert!(empty.contains("No statement has been read yet"), "{empty}");
    let file = statement("pour &lt;b&gt;les livres&lt;/b&gt;");
    assert_eq!(
        hand_in(&shop, &cookie, &file).await,
        "/office/bank?told=read"
    );
    assert_eq!(
        hand_in(&shop, &cookie, &file).await,
        "/office/bank?told=known"
    );
    let page = text(shop.get("/office/bank?told=read", &cookie).await).await;
    for shown in [
        "2026/1",
        "€107.00",
        "Transfer without order",
        "1 break",
        "Suspense",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let movements = text(shop.get("/office/bank/statements/1", &cookie).await).await;
    assert!(movements.contains("&lt;b&gt;les livres"), "{movements}");

    let one = only_break(&shop, &cookie).await;
    let french = text(shop.get_in_french(&one, &cookie).await).await;
    assert!(
        french.contains("Virement sans commande") && french.contains("RF"),
        "{french}"
    );
    let csrf = hidden(&text(shop.get(&one, &cookie).await).await, "csrf");
    let post = async |path: &str, rest: &str| {
        let answer = shop
            .post(path, &cookie, &format!("csrf={csrf}&{rest}"))
            .await;
        location(&answer).to_owned()
    };
    let kept = post(&one, "owner=chef&note=je+demande").await;
    assert_eq!(kept, format!("{one}?told=kept"));
    let queue = text(shop.get("/office/bank/breaks?owner=chef", &cookie).await).await;
    assert!(queue.contains("je demande"), "{queue}");
    let none = text(shop.get("/office/bank/breaks?owner=lire", &cookie).await).await;
    assert!(!none.contains("je demande"));
    let id = one.rsplit('/').next().unwrap();
    for (order, told) in [("nonsense", "order"), ("BQ-0000-0000", "order")] {
        let given = post(
            "/office/bank/entries/1/give",
            &format!("break={id}&order={order}"),
        )
        .await;
        assert_eq!(given, format!("{one}?told={told}"));
    }
    let charge = post("/office/bank/entries/1/charge", &format!("break={id}")).await;
    assert_eq!(charge, format!("{one}?told=way"));
    assert_eq!(
        post(&format!("{one}/close"), "reason=").await,
        format!("{one}?told=note")
    );
    let sent = post("/office/bank/entries/1/send-back", &format!("break={id}")).await;
    assert_eq!(sent, format!("{one}?told=sent"));
    let shown = text(shop.get(&sent, &cookie).await).await;
    assert!(
        shown.contains("by itself"),
        "what lies in suspense no more is no break: {shown}"
    );
    assert_eq!(
        post(&format!("{one}/close"), "reason=x").await,
        format!("{one}?told=gone")
    );
    let read = |tx: &mut dyn storage::Tx| audit::latest(tx, 1, 20);
    let log = shop.state.store.read(read).await.unwrap();
    for action in ["bank.read", "bank.look_after", "bank.send_back"] {
        assert!(log.iter().any(|entry| entry.action == action), "{action}");
    }
}

#[tokio::test]
async fn what_cannot_be_believed_is_refused_and_remembered() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    assert_eq!(hand_in(&shop, &cookie, "").await, "/office/bank?told=empty");
    assert_eq!(
        hand_in(&shop, &cookie, "H|bouquin-clearing|1|x").await,
        "/office/bank?told=unreadable"
    );
    let torn = statement("x").replace("107.00", "108.00");
    assert_eq!(
        hand_in(&shop, &cookie, &torn).await,
        "/office/bank?told=unreadable"
    );
    hand_in(&shop, &cookie, &statement("x")).await;
    let other = statement("x")
        .replace("107.00", "109.00")
        .replace(">7.00", ">9.00");
    assert_eq!(
        hand_in(&shop, &cookie, &other).await,
        "/office/bank?told=another"
    );
    let queue = text(
        shop.get("/office/bank/breaks?kind=file_refused", &cookie)
            .await,
    )
    .await;
    assert!(queue.contains("3 breaks"), "{queue}");
    let unknown = shop.get("/office/bank/breaks/999", &cookie).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_file_of_entries_is_checked_and_downloaded() {
    let shop = fixture::small().await;
    let number = paid(&shop).await;
    let cookie = shop.log_in("lire").await;
    let days = "from=2026-01-01&to=2026-12-31";
    let empty = text(shop.get(&format!("/office/bank/fec?{days}"), &cookie).await).await;
    assert!(empty.contains("There is no entry"), "{empty}");
    assert!(
        !empty.contains("<h2>File of entries"),
        "its heading is said once: {empty}"
    );
    let page = format!("/office/orders/{number}");
    let csrf = hidden(&text(shop.get(&page, &cookie).await).await, "csrf");
    shop.post(&format!("{page}/ship"), &cookie, &format!("csrf={csrf}"))
        .await;
    let made = text(shop.get(&format!("/office/bank/fec?{days}"), &cookie).await).await;
    assert!(
        made.contains("2 entries") && made.contains("finds nothing amiss"),
        "{made}"
    );
    let file = shop
        .get(&format!("/office/bank/fec/file?{days}"), &cookie)
        .await;
    assert_eq!(
        file.headers().get(header::CONTENT_DISPOSITION).unwrap(),
        "attachment; filename=\"732829320FEC20261231.txt\""
    );
    let file = text(file).await;
    assert!(
        file.starts_with("JournalCode\tJournalLib") && file.contains(number.as_str()),
        "{file}"
    );
    let backwards = shop
        .get(
            "/office/bank/fec/file?from=2026-12-31&to=2026-01-01",
            &cookie,
        )
        .await;
    assert_eq!(backwards.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_fetched_and_what_hinders_it_is_said() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let bank = async || text(shop.get("/office/bank", &cookie).await).await;
    assert!(bank().await.contains("never yet"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("releve.xml"), statement("livres")).unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let fetcher = Fetcher {
        store: shop.state.store.clone(),
        clock: shop.state.clock.clone(),
        account: None,
        agreement: Agreement::default(),
        every: Duration::from_secs(60),
        still: Duration::ZERO,
    };
    let round = fetcher.ask(&place).await.unwrap().unwrap();
    assert_eq!((round.read, round.failure), (1, None));
    let page = bank().await;
    for shown in ["2026/1", "Folder of statements", "by itself", "1 break"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(
        !page.contains("never yet") && !page.contains("since <time"),
        "{page}"
    );

    let missing = Place::Folder(folder.path().join("gone"));
    assert!(fetcher.ask(&missing).await.unwrap().is_none(), "not yet");
    let csrf = format!("csrf={}", hidden(&page, "csrf"));
    let asked = shop.post("/office/bank/fetch", &cookie, &csrf).await;
    assert_eq!(location(&asked), "/office/bank?told=asked#fetching");
    fetcher.ask(&missing).await.unwrap().unwrap();
    let page = bank().await;
    assert!(
        page.contains("The folder does not exist.") && page.contains("since <time"),
        "{page}"
    );
    let dashboard = async || text(shop.get("/office", &cookie).await).await;
    assert!(!dashboard().await.contains("has not been able to fetch"));
    shop.state.clock.advance(Duration::from_secs(25 * 3600));
    let cookie = shop.log_in("lire").await;
    let late = text(shop.get("/office", &cookie).await).await;
    assert!(late.contains("has not been able to fetch"), "{late}");
    let log = text(shop.get("/office/audit", &shop.log_in("chef").await).await).await;
    assert!(
        log.contains("the shop") && log.contains("releve.xml"),
        "{log}"
    );
}

/// A provider with one payout, which has a payment that nobody knows.
struct OnePayout;

impl PayoutDoor for OnePayout {
    fn payouts<'a>(
        &'a self,
        _: Option<Timestamp>,
        _: Option<&'a str>,
    ) -> Fetched<'a, Listing<Payout>> {
        let payout = Payout {
            id: "po_1".into(),
            state: PayoutState::Paid,
            amount: Money::cents(1950),
            currency: "eur".into(),
            created: Timestamp::micros(1_795_431_600_000_000),
            arrives_on: "2026-11-25".parse().unwrap(),
            items: Items::Known,
            payer: "STRIPE".into(),
            trace: None,
        };
        let listed = vec![payout];
        Box::pin(std::future::ready(Ok(Listing { listed, next: None })))
    }

    fn transactions<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
    ) -> Fetched<'a, Listing<Transaction>> {
        let charge = Transaction {
            id: "txn_1".into(),
            about: About::Charge {
                charge: "ch_stranger".into(),
            },
            source: "ch_stranger".into(),
            amount: Money::cents(2000),
            fee: Money::cents(50),
            currency: "eur".into(),
            of_currency: None,
        };
        let listed = vec![charge];
        Box::pin(std::future::ready(Ok(Listing { listed, next: None })))
    }
}

#[tokio::test]
async fn what_the_provider_pays_out_is_listed_with_its_breaks() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    let none = text(shop.get("/office/bank/payouts", &cookie).await).await;
    assert!(none.contains("No payout has been read yet"), "{none}");
    let bank = text(shop.get("/office/bank", &cookie).await).await;
    assert!(
        !bank.contains("The provider’s payouts"),
        "this shop has no provider: {bank}"
    );
    let fetcher = Fetcher {
        store: shop.state.store.clone(),
        clock: shop.state.clock.clone(),
        account: None,
        agreement: Agreement::default(),
        every: Duration::from_secs(60),
        still: Duration::ZERO,
    };
    let place = Place::Provider(Arc::new(OnePayout));
    let round = fetcher.ask(&place).await.unwrap().unwrap();
    assert_eq!((round.read, round.failure), (1, None));
    let bank = text(shop.get("/office/bank", &cookie).await).await;
    assert!(
        bank.contains("The provider’s payouts") && bank.contains("Payouts under way"),
        "{bank}"
    );
    let list = text(shop.get("/office/bank/payouts", &cookie).await).await;
    for shown in [
        "po_1",
        "23 November 2026",
        "€19.50",
        "€0.50",
        "under way to the bank",
        "expected 25 November 2026",
    ] {
        assert!(list.contains(shown), "{shown} in {list}");
    }
    let link = list.split("href=\"/office/bank/breaks/").nth(1).unwrap();
    let link = format!("/office/bank/breaks/{}", link.split('"').next().unwrap());
    let one = text(shop.get_in_french(&link, &cookie).await).await;
    for shown in [
        "Transaction inconnue d’un versement",
        "po_1:txn_1 · ch_stranger",
        "20,00",
    ] {
        assert!(one.contains(shown), "{shown} in {one}");
    }
    let list = text(shop.get_in_french("/office/bank/payouts", &cookie).await).await;
    assert!(list.contains("en route vers la banque"), "{list}");
}

#[tokio::test]
async fn why_a_file_was_refused_is_said_in_the_readers_language() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("lire").await;
    hand_in(&shop, &cookie, &statement("livres")).await;
    let other = statement("livres").replace("107.00", "108.00");
    let other = other.replace("100.00", "101.00");
    assert_eq!(
        hand_in(&shop, &cookie, &other).await,
        "/office/bank?told=another"
    );
    let queue = shop.get_in_french("/office/bank/breaks", &cookie).await;
    let queue = text(queue).await;
    assert!(
        queue.contains("releve.xml 2026/1 · un autre fichier"),
        "{queue}"
    );
}

#[tokio::test]
async fn a_dispute_is_written_down_on_the_page_of_its_order() {
    let shop = fixture::small().await;
    let number = paid(&shop).await;
    let cookie = shop.log_in("lire").await;
    let page = format!("/office/orders/{number}");
    let csrf = hidden(&text(shop.get(&page, &cookie).await).await, "csrf");
    let post = async |path: &str, rest: &str| {
        let answer = shop
            .post(path, &cookie, &format!("csrf={csrf}&{rest}"))
            .await;
        location(&answer).to_owned()
    };
    let open = format!("{page}/dispute");
    assert_eq!(
        post(&open, "amount=1&reason=10.4").await,
        format!("{page}?told=dispute-amount")
    );
    post(&format!("{page}/ship"), "").await;
    assert_eq!(
        post(&open, "amount=trop&reason=10.4").await,
        format!("{page}?told=dispute-amount")
    );
    assert_eq!(
        post(&open, "amount=5,00&reason=").await,
        format!("{page}?told=dispute-words")
    );
    assert_eq!(
        post(&open, "amount=5,00&reason=10.4&deadline=2026-12-24").await,
        format!("{page}?told=dispute-done")
    );
    let shown = text(shop.get(&page, &cookie).await).await;
    assert!(
        shown.contains("€5.00") && shown.contains("10.4") && shown.contains("24 December 2026"),
        "{shown}"
    );
    let link = shown.split(&format!("{page}/disputes/")).nth(1).unwrap();
    let dispute = format!("{page}/disputes/{}", link.split('/').next().unwrap());
    assert_eq!(
        post(&format!("{dispute}/lose"), "").await,
        format!("{page}?told=dispute-not-now")
    );
    let sent = post(&format!("{dispute}/represent"), "note=preuve+de+livraison").await;
    assert_eq!(sent, format!("{page}?told=dispute-done"));
    let shown = text(shop.get(&page, &cookie).await).await;
    assert!(
        shown.contains("preuve de livraison") && shown.contains("contested"),
        "{shown}"
    );
}

#[test]
fn every_code_of_the_bank_has_its_words() {
    for locale in Locale::ALL {
        let words = words(locale);
        let known = |group: &str, code: &str| {
            assert_ne!(words.one_of(group, code), code, "{group}-{code}");
        };
        for kind in BreakKind::ALL {
            known("break", kind.code());
            known("break-help", kind.code());
        }
        EntryKind::ALL
            .iter()
            .for_each(|kind| known("bank-kind", kind.code()));
        Why::ALL
            .iter()
            .for_each(|why| known("bank-why", why.code()));
        REFUSED.iter().for_each(|code| known("file-refused", code));
        Source::ALL
            .iter()
            .for_each(|source| known("bank-source", source.code()));
        FetchFault::ALL
            .iter()
            .for_each(|fault| known("bank-fetch-fault", fault.code()));
        Standing::ALL
            .iter()
            .for_each(|standing| known("payout-standing", standing.code()));
        DisputeState::ALL
            .iter()
            .for_each(|state| known("dispute", state.code()));
        shop::books::Rule::ALL
            .iter()
            .for_each(|rule| known("fec-rule", rule.code()));
    }
}
