//! The public door as browsers meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::process::Command;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use house::{House, MASTERCARD, VISA, attribute, intake_key};
use tower::ServiceExt as _;
use trade::locale::Locale;
use trade::payment::{Brand, CheckInTicket};
use vault::{Config, PublicCertificate};

const FORM: &str = r#"{"name":"Jeanne","number":"4111111111111111","exp":"04/29","csc":"123"}"#;

#[tokio::test]
async fn c3_the_form_says_what_the_law_wants_in_both_languages() {
    let house = House::new().await;
    let mut ticket = house.ticket(2390);
    let page = house.form(&ticket).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body
            .contains("Commander avec obligation de paiement <span>· 23,90\u{a0}€</span>"),
        "{}",
        page.body
    );
    assert!(page.body.contains(ticket.order.as_str()));
    for token in ["cc-name", "cc-number", "cc-exp", "cc-csc"] {
        assert!(
            page.body.contains(&format!("autocomplete=\"{token}\"")),
            "{token}"
        );
    }
    ticket.locale = Locale::En;
    let page = house.form(&ticket).await;
    assert!(
        page.body
            .contains("Order with obligation to pay <span>· €23.90</span>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    for page in [
        house.form(&ticket).await,
        house.get("/live").await,
        house.get("/nowhere").await,
    ] {
        let policy = page.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        for part in [
            "default-src 'none'",
            "require-trusted-types-for 'script'",
            "frame-ancestors 'none'",
            "form-action 'self' http://127.0.0.1:8080",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(page.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        for origin in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
            assert_eq!(page.headers[origin], "same-origin");
        }
        assert!(
            !page
                .headers
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        let kind = page.headers[header::CONTENT_TYPE].to_str().unwrap();
        assert!(
            kind == "text/html; charset=utf-8" || kind == "application/json",
            "{kind}"
        );
    }
    let script = attribute(&house.form(&ticket).await, "script src");
    assert!(
        house.get(&script).await.headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[tokio::test]
async fn no_answer_says_which_program_gives_it() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    for page in [
        house.form(&ticket).await,
        house.get("/pay").await,
        house.get("/live").await,
        house.get("/nowhere").await,
        house.pay_plainly(&ticket, "1").await,
    ] {
        for header in ["server", "via", "x-powered-by", "x-runtime", "x-version"] {
            assert!(!page.headers.contains_key(header), "{header}");
        }
        let headers = page.headers.values().map(|value| value.to_str().unwrap());
        let said: String = headers.chain([page.body.as_str()]).collect();
        let said = said.to_ascii_lowercase();
        for part in ["hyper", "axum", "rustls", env!("CARGO_PKG_VERSION")] {
            assert!(!said.contains(part), "{part} in {said}");
        }
    }
}

#[tokio::test]
async fn nothing_of_a_card_stays_in_the_browser() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let form = house.form(&ticket).await;
    let paid = house.pay_plainly(&ticket, VISA).await;
    for page in [&form, &paid, &house.get("/live").await] {
        assert!(!page.headers.contains_key(header::SET_COOKIE));
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    }
    let script = house.get(&attribute(&form, "script src")).await.body;
    assert!(script.contains("addEventListener"), "{script}");
    for place in [
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "cookie",
        "caches",
        "serviceWorker",
        "storage",
        "history.",
        "window.name",
    ] {
        assert!(!script.contains(place), "{place}");
        assert!(!form.body.contains(place), "{place}");
    }
}

#[tokio::test]
async fn over_tls_the_promise_of_tls_holds_for_two_years_and_all_below() {
    let promise = async |house: House| {
        let page = house.get("/live").await;
        page.headers.get(header::STRICT_TRANSPORT_SECURITY).cloned()
    };
    assert_eq!(promise(House::new().await).await, None);
    let over_tls = House::with(|dir| Config {
        public_tls: Some(PublicCertificate {
            chain: dir.join("chain.pem"),
            key: dir.join("key.pem"),
        }),
        ..house::config(dir)
    });
    assert_eq!(
        promise(over_tls.await).await.unwrap(),
        "max-age=63072000; includeSubDomains"
    );
}

#[tokio::test]
async fn only_methods_in_use_are_answered() {
    let house = House::new().await;
    for method in [Method::TRACE, Method::OPTIONS, Method::PUT, Method::DELETE] {
        for path in ["/pay", "/live"] {
            let request = Request::builder().method(method.clone()).uri(path);
            let router = house.vault.public_router();
            let answer = router.oneshot(request.body(Body::empty()).unwrap()).await;
            let status = answer.unwrap().status();
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_typed_stays_text() {
    let house = House::new().await;
    let fields = [
        ("name", "\"><script>alert(1)</script>"),
        ("number", "4111111111111112"),
        ("exp", "\"><b>"),
        ("csc", "1"),
    ];
    let page = house.post(&house.ticket(2390), &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.body.contains("<script>alert") && !page.body.contains("\"><b>"));
    assert!(
        page.body
            .contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_doubled_field_is_refused() {
    let house = House::new().await;
    let fields = [
        ("number", "4111111111111111"),
        ("number", "5555555555554444"),
        ("exp", "04/29"),
        ("csc", "123"),
    ];
    let page = house.post(&house.ticket(2390), &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_scripts_the_plain_form_brings_a_receipt() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    assert_eq!(
        (receipt.order, receipt.payment, receipt.nonce),
        (ticket.order, ticket.payment, ticket.nonce)
    );
    assert_eq!(
        (receipt.card.brand, receipt.card.last4.as_str()),
        (Brand::Visa, "1111")
    );
    assert!(receipt.token.as_str().starts_with("tok_"));
}

#[tokio::test]
async fn slips_are_told_beside_the_field_and_at_the_top_and_digits_do_not_come_back() {
    let house = House::new().await;
    let fields = [
        ("name", "Jeanne Lecture"),
        ("number", "4111111111111112"),
        ("exp", "13/29"),
        ("csc", "98765"),
    ];
    let page = house.post(&house.ticket(2390), &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("href=\"#number\""));
    assert!(page.body.contains("Ce numéro contient une faute de frappe"));
    assert!(
        page.body.contains("value=\"Jeanne Lecture\"") && page.body.contains("value=\"13/29\"")
    );
    assert!(!page.body.contains("4111111111111112") && !page.body.contains("98765"));
    assert_eq!(page.body.matches("autofocus").count(), 1);
    assert_eq!(page.body.matches("aria-invalid=\"true\"").count(), 3);
}

#[tokio::test]
async fn a_sealed_card_is_opened_for_its_own_ticket_only() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let key = intake_key(&house.form(&ticket).await);
    let sealed = key.seal(FORM.as_bytes(), &ticket).unwrap();

    let dearer = CheckInTicket {
        amount: trade::money::Money::cents(9990),
        ..ticket.clone()
    };
    let page = house.post(&dearer, &[("sealed", &sealed)]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.body
            .contains("ne correspond pas à cette commande et à ce montant")
    );

    let receipt = house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await);
    assert_eq!(receipt.card.last4, "1111");

    let again = house.ticket(2390);
    assert_eq!(
        house.post(&again, &[("sealed", &sealed)]).await.status,
        StatusCode::BAD_REQUEST
    );
    for broken in [
        "1.x",
        "9.a.b.c",
        "1.000000000000.AA.AA",
        &sealed[..sealed.len() - 2],
    ] {
        assert_eq!(
            house.post(&again, &[("sealed", broken)]).await.status,
            StatusCode::BAD_REQUEST,
            "{broken}"
        );
    }
}

#[tokio::test]
async fn a_double_submit_gives_the_same_receipt_and_another_card_a_clear_page() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let first = house.pay_plainly(&ticket, VISA).await;
    house.clock.advance(Duration::from_secs(2));
    let second = house.pay_plainly(&ticket, "4111111111111111").await;
    assert_eq!(
        first.headers[header::LOCATION],
        second.headers[header::LOCATION]
    );

    let other = house.pay_plainly(&ticket, MASTERCARD).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.body.contains("Une autre carte a déjà été donnée"));

    // The back button: the page leads on, even when the ticket has become too old since.
    house.clock.advance(Duration::from_secs(7200));
    let back = house.form(&ticket).await;
    assert_eq!(
        first.headers[header::LOCATION],
        back.headers[header::LOCATION]
    );
}

#[tokio::test]
async fn two_posts_at_once_store_one_card() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let (a, b) = tokio::join!(
        house.pay_plainly(&ticket, VISA),
        house.pay_plainly(&ticket, VISA)
    );
    assert_eq!(house.receipt(&a), house.receipt(&b));
}

#[tokio::test]
async fn a_ticket_that_is_old_forged_or_leads_elsewhere_opens_nothing() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    house.clock.advance(Duration::from_secs(1801));
    let page = house.form(&ticket).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(
        page.body.contains("Rien n’a été débité")
            && page
                .body
                .contains("/checkout/return?order=BQ&amp;cancelled=1")
    );
    assert_eq!(
        house.pay_plainly(&ticket, VISA).await.status,
        StatusCode::GONE
    );

    let elsewhere = CheckInTicket {
        return_url: "http://127.0.0.1:8080.evil.example/".into(),
        ..house.ticket(2390)
    };
    let other_shop = CheckInTicket {
        shop: "other".into(),
        ..house.ticket(2390)
    };
    for ticket in [elsewhere, other_shop] {
        assert_eq!(house.form(&ticket).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            house.pay_plainly(&ticket, VISA).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    for path in ["/pay", "/pay?ticket=", "/pay?ticket=a.b", "/pay?other=1"] {
        let page = house.get(path).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.body.contains("href=\"http://127.0.0.1:8080/\""));
    }
}

/// The script of the page, run by Node, against the vault's own opening.
#[tokio::test]
async fn the_script_of_the_page_seals_what_the_vault_opens() {
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: node not found");
        return;
    }
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let form = house.form(&ticket).await;
    let how = serde_json::json!({
        "suite": attribute(&form, "data-suite"), "keyId": attribute(&form, "data-key-id"),
        "key": attribute(&form, "data-key"), "info": attribute(&form, "data-info"),
        "aad": attribute(&form, "data-aad"),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/seal.js");
    let program = format!(
        "const {{ seal }} = require({script:?}); seal({FORM:?}, {how}).then((sealed) => process.stdout.write(sealed), \
         (error) => {{ if (error.name === 'NotSupportedError') process.stdout.write('unsupported'); else throw error; }});"
    );
    let output = Command::new("node")
        .arg("-e")
        .arg(program)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let sealed = String::from_utf8(output.stdout).unwrap();
    if sealed == "unsupported" {
        println!("skipped: this node has no X25519");
        return;
    }
    let receipt = house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await);
    assert_eq!(
        (receipt.card.brand, receipt.card.last4.as_str()),
        (Brand::Visa, "1111")
    );
}

#[tokio::test]
async fn what_is_encoded_twice_is_decoded_once() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    // The tests' own post encodes nothing but blanks and plus signs.
    let once = house.pay_plainly(&ticket, "%34111111111111111").await;
    assert_eq!(house.receipt(&once).card.last4, "1111");
    let twice = house
        .pay_plainly(&house.ticket(2390), "%2534111111111111111")
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        twice.body.contains("ne comporte que des chiffres"),
        "{}",
        twice.body
    );
    let signed = house.sign(&ticket);
    let first = signed.as_bytes()[0];
    for (percent, status) in [
        ("%", StatusCode::SEE_OTHER),
        ("%25", StatusCode::BAD_REQUEST),
    ] {
        let path = format!("/pay?ticket={percent}{first:02x}{}", &signed[1..]);
        assert_eq!(house.get(&path).await.status, status, "{percent}");
    }
}

/// A page in which others have put names of ours on the window, into every object and into the form.
const CLOBBERED: &str = r#"
const vm = require('vm'), fs = require('fs'), { webcrypto } = require('crypto');
let handler, posted;
const input = (name, value) => ({ name, value, id: name, dataset: {}, focus() { throw new Error(name); },
    setAttribute() {}, removeAttribute() {} });
const cards = Object.entries(FORM).map(([name, value]) => input(name, value));
const sealed = { value: '' };
const form = { dataset: HOW, submit: 'a field', querySelectorAll: () => cards, elements: { namedItem: () => sealed },
    querySelector: () => ({ setAttribute() {} }), addEventListener: (_, heard) => { handler = heard; }, setAttribute() {} };
class HTMLFormElement { submit() { posted = this === form && sealed.value; } }
const line = { textContent: '', hidden: true };
const names = ['seal', 'begin', 'text', 'join', 'looksRight', 'bare', 'tell', 'hmac', 'extract', 'expand', 'KEM', 'HPKE'];
const page = { document: { querySelectorAll: () => [form], getElementById: () => line }, HTMLFormElement,
    crypto: webcrypto, TextEncoder, btoa, atob, addEventListener() {}, location: {} };
for (const name of names) page[name] = 'an element';
vm.createContext(page);
vm.runInContext("for (const name of ['name', 'number', 'sealed', 'value']) Object.prototype[name] = () => false;", page);
const before = Object.keys(page).join();
vm.runInContext(fs.readFileSync(SCRIPT, 'utf8'), page);
const run = () => handler({ preventDefault() {} }).then(() => {
    if (Object.keys(page).join() !== before) throw new Error('a new name on the window: ' + Object.keys(page));
    if (!posted) throw new Error('nothing sealed was posted');
    process.stdout.write(posted);
});
webcrypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])
    .then(run, () => process.stdout.write('unsupported'));
"#;

#[tokio::test]
async fn names_of_others_do_not_mislead_the_script() {
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: node not found");
        return;
    }
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let form = house.form(&ticket).await;
    let how = serde_json::json!({
        "suite": attribute(&form, "data-suite"), "keyId": attribute(&form, "data-key-id"),
        "key": attribute(&form, "data-key"), "info": attribute(&form, "data-info"),
        "aad": attribute(&form, "data-aad"),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/seal.js");
    let program = CLOBBERED
        .replace("SCRIPT", &format!("{script:?}"))
        .replace("FORM)", &format!("{FORM})"))
        .replace("HOW", &how.to_string());
    let output = Command::new("node")
        .arg("-e")
        .arg(program)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let sealed = String::from_utf8(output.stdout).unwrap();
    if sealed == "unsupported" {
        println!("skipped: this node has no X25519");
        return;
    }
    let receipt = house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await);
    assert_eq!(receipt.card.last4, "1111");
}
