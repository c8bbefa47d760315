//! The network's page through the router, for each way in which vault and switch can be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use shop::order;
use shop::payment::network::{
    Carrier, Clearing, Finding, Minute, Network, PaymentNetwork, ShortText, Standing, Stray,
    StrayKind, Switch, Unanswered, Vault,
};
use trade::clock::Timestamp;
use trade::ids::PaymentId;
use trade::locale::Locale;

use super::super::fixture::{self, Small, text};
use super::super::tests::paid;
use crate::i18n::words;

/// 12:06:40 in Paris.
const NOW: Timestamp = Timestamp::micros(1_795_000_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

/// A network that is as it was drawn.
struct Drawn(Network);

impl PaymentNetwork for Drawn {
    fn look(&self) -> Pin<Box<dyn Future<Output = Network> + Send + '_>> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

async fn shop_with(network: Network) -> Small {
    let mut shop = fixture::small().await;
    shop.state.methods.network = Some(Arc::new(Drawn(network)));
    shop.site = crate::router(shop.state.clone());
    shop
}

fn ago(minutes: u32) -> Timestamp {
    NOW.minus(MINUTE * minutes)
}

/// A minute of 40 answers, 2 ms on average, in which three messages were not answered and two connections lost.
fn minute(begins: Timestamp) -> Minute {
    Minute {
        begins: Timestamp::micros(begins.as_micros() / 60_000_000 * 60_000_000),
        answered: 40,
        timed_out: 1,
        lost: 0,
        overtaken: 2,
        sessions_failed: 2,
        mean: Duration::from_millis(2),
        longest: Duration::from_millis(180),
    }
}

fn carrier(port: u16, standing: Standing, minutes: Vec<Minute>) -> Carrier {
    Carrier {
        address: ([10, 0, 0, 1], port).into(),
        standing,
        doubted: false,
        in_flight: 0,
        answered: minutes.iter().map(|minute| minute.answered).sum(),
        unanswered: 0,
        mean: Duration::from_millis(2),
        minutes,
    }
}

/// Two carriers, one of them up and busy, the other down for a quarter of an hour.
fn troubled() -> Network {
    let switch = Switch {
        line_up_since: Some(ago(300)),
        carriers: vec![
            carrier(
                9001,
                Standing::Up(ago(300)),
                vec![minute(ago(59)), minute(ago(3))],
            ),
            carrier(9002, Standing::Down(ago(15)), Vec::new()),
        ],
        in_flight: 1,
        queued: 1_234,
        queued_since: Some(ago(20)),
        in_doubt: 1,
        clearing: Clearing {
            last: Some((17, ago(120))),
            uncleared: 5,
            untaken: 2,
            refused: 1,
            unclearable: 3,
        },
        strays: vec![
            stray("0110", StrayKind::OtherCarrier, Some(9001)),
            stray("", StrayKind::Unreadable, None),
            Stray {
                finding: Some(Finding::Contradicts),
                ..stray("0410", StrayKind::TimedOut, Some(9009))
            },
        ],
        strays_unkept: 1_007,
    };
    Network {
        asked: NOW,
        vault: Vault::Open { since: ago(60) },
        switch: Ok(switch),
    }
}

fn stray(mti: &str, kind: StrayKind, port: Option<u16>) -> Stray {
    Stray {
        received: ago(2),
        mti: ShortText::parse(mti),
        stan: ShortText::parse("000042"),
        response_code: None,
        carrier: port.map(|port| ([10, 0, 0, 1], port).into()),
        kind,
        payment: None,
        finding: None,
    }
}

async fn page(network: Network) -> String {
    let shop = shop_with(network).await;
    let cookie = shop.log_in("chef").await;
    let answer = shop.get("/office/network", &cookie).await;
    assert_eq!(answer.status(), StatusCode::OK);
    text(answer).await
}

/// The part of the page about one carrier.
fn about(page: &str, place: usize) -> &str {
    let from = page.find(&format!("id=\"carrier-{place}\"")).unwrap();
    let rest = &page[from..];
    &rest[..rest.find("</section>").unwrap()]
}

#[tokio::test]
async fn what_is_wrong_is_said_in_words_and_drawn_with_its_table() {
    let page = page(troubled()).await;
    for said in [
        "One carrier to the bank has been down for more than ten minutes",
        "1,234 messages wait for the bank",
        "One payment is in doubt",
        "The bank refused one clearing batch",
        "A late reply of the bank contradicts the answer that counts",
        "Too many came at once: 1,007 were not kept",
        "<dt>Cannot be cleared</dt><dd>3</dd>",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let first = about(&page, 1);
    for shown in [
        "10.0.0.1:9001",
        "Answers of the last hour: 80. Mean time: 2\u{a0}ms; the longest: 180\u{a0}ms.",
        "Unanswered messages: 6. Connections lost or refused: 4.",
        "<th scope=\"row\">12:03</th><td class=\"num\">40</td><td class=\"num\">2\u{a0}ms</td><td class=\"num\">180\u{a0}ms</td>",
        "<th scope=\"row\">12:03</th><td class=\"num\">1</td><td class=\"num\">0</td><td class=\"num\">2</td><td class=\"num\">2</td>",
        "200\u{a0}ms",
    ] {
        assert!(first.contains(shown), "{shown} in {first}");
    }
    // Two drawings of the two minutes in which something happened, each with its name and what it draws.
    assert_eq!(first.matches("role=\"img\"").count(), 2);
    assert_eq!(first.matches("<desc").count(), 2);
    assert_eq!(first.matches("<g>").count(), 4);
    let second = about(&page, 2);
    for shown in [
        "down",
        "No answer in the last hour.",
        "Nothing of the kind in the last hour.",
    ] {
        assert!(second.contains(shown), "{shown} in {second}");
    }
    assert!(!second.contains("<svg"), "nothing is drawn of nothing");
}

#[tokio::test]
async fn replies_for_nobody_have_their_reason_and_their_carrier() {
    let page = page(troubled()).await;
    let from = page.find("Replies without a question").unwrap();
    let rows: Vec<&str> = page[from..].split("<tr").skip(2).collect();
    assert_eq!(rows.len(), 3);
    for (row, shown) in rows.iter().zip([
        ["duplicate", "0110", "the other one was quicker", ">1</td>"],
        ["unmatched", "000042", "It is no message", ">–</td>"],
        [
            "late",
            "answer to a reversal",
            ">10.0.0.1:9009</td><td>It came after the time-out; the payment was in doubt by then.</td>",
            "<strong class=\"bad\">It contradicts the answer that counts: ask the bank.</strong>",
        ],
    ]) {
        for shown in shown {
            assert!(row.contains(shown), "{shown} in {row}");
        }
    }
}

#[tokio::test]
async fn a_reply_leads_to_the_order_that_it_is_about() {
    let mut shop = fixture::small().await;
    let number = paid(&shop).await;
    let wanted = number.clone();
    let payments = shop.state.store.read(move |tx| {
        let order = order::find(tx, &wanted)?.unwrap();
        order::payments_of(tx, order.id)
    });
    let payment = payments.await.unwrap()[0].id;
    let mut network = troubled();
    network.switch = network.switch.map(|mut switch| {
        switch.strays[0].payment = Some(payment);
        switch.strays[0].finding = Some(Finding::Agrees);
        // Of a shop that shared the bank's terminal, once.
        switch.strays[1].payment = Some(PaymentId::new());
        switch
    });
    shop.state.methods.network = Some(Arc::new(Drawn(network)));
    shop.site = crate::router(shop.state.clone());
    let cookie = shop.log_in("chef").await;
    let page = text(shop.get("/office/network", &cookie).await).await;
    let link =
        format!("The same.<div class=\"small\"><a href=\"/office/orders/{number}\">{number}</a>");
    assert!(page.contains(&link), "{page}");
    assert_eq!(page.matches("/office/orders/").count(), 1);
}

#[tokio::test]
async fn a_network_that_is_well_and_quiet_says_so() {
    let mut network = troubled();
    network.switch = network.switch.map(|switch| Switch {
        carriers: vec![carrier(9001, Standing::Up(ago(300)), Vec::new())],
        queued: 0,
        queued_since: None,
        in_doubt: 0,
        clearing: Clearing::default(),
        strays: Vec::new(),
        strays_unkept: 0,
        ..switch
    });
    let page = page(network).await;
    for shown in [
        "Nothing needs anybody.",
        "No answer in the last hour.",
        "None.",
        "possible",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("role=\"alert\""));
}

#[tokio::test]
async fn a_carrier_that_should_come_back_is_not_called_well() {
    let mut network = troubled();
    network.switch = network.switch.map(|switch| Switch {
        carriers: vec![
            carrier(9001, Standing::Up(ago(300)), Vec::new()),
            carrier(9002, Standing::Down(ago(1)), Vec::new()),
        ],
        queued_since: None,
        in_doubt: 0,
        clearing: Clearing::default(),
        strays: Vec::new(),
        ..switch
    });
    let page = page(network).await;
    assert!(page.contains("A carrier is down or silent"), "{page}");
    assert!(!page.contains("Nothing needs anybody."));
}

#[tokio::test]
async fn silence_is_told_with_since_when() {
    let silence = |is_there| Unanswered {
        since: ago(30),
        is_there,
    };
    let network = |vault, is_there| Network {
        asked: NOW,
        vault,
        switch: Err(silence(is_there)),
    };
    let mute = page(network(Vault::Silent(silence(false)), false)).await;
    let since = "11:36";
    assert_eq!(mute.matches(since).count(), 2, "{mute}");
    for shown in [
        "The vault does not answer",
        "The switch does not answer",
        "not possible",
    ] {
        assert!(mute.contains(shown), "{shown}");
    }
    let sealed = page(network(Vault::Sealed { since: ago(5) }, true)).await;
    for shown in ["three custodians", "answers, but not what is asked"] {
        assert!(sealed.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn a_shop_of_a_provider_has_no_network_and_is_told_where_to_read() {
    let shop = fixture::small().await;
    let cookie = shop.log_in("chef").await;
    let page = text(shop.get("/office/network", &cookie).await).await;
    assert!(page.contains("no payment network of its own") && page.contains("docs/own-vault.md"));
    let first = text(shop.get("/office", &cookie).await).await;
    assert!(!first.contains("role=\"alert\""));
}

#[tokio::test]
async fn the_first_page_says_in_one_line_that_somebody_is_needed() {
    let shop = shop_with(troubled()).await;
    let link = "href=\"/office/network\"";
    let administrator = shop.log_in("chef").await;
    let page = text(shop.get("/office", &administrator).await).await;
    assert_eq!(page.matches("role=\"alert\"").count(), 1);
    assert!(page.contains("One payment is in doubt") && page.contains(link));
    // A bookseller is told too, but cannot look.
    let bookseller = shop.log_in("lire").await;
    let page = text(shop.get("/office", &bookseller).await).await;
    assert!(page.contains("One payment is in doubt") && !page.contains(link));
    let french = text(shop.get_in_french("/office", &bookseller).await).await;
    assert!(french.contains("Un paiement est dans le doute"));
}

#[test]
fn all_that_can_be_told_has_its_words_in_both_languages() {
    let mut sealed = troubled();
    sealed.vault = Vault::Sealed { since: ago(5) };
    let silence = Unanswered {
        since: NOW,
        is_there: false,
    };
    let mute = Network {
        asked: NOW,
        vault: Vault::Silent(silence),
        switch: Err(silence),
    };
    let mut cut_off = troubled();
    cut_off.switch = cut_off.switch.map(|switch| Switch {
        line_up_since: None,
        ..switch
    });
    let networks = [sealed, mute, cut_off];
    let codes: std::collections::BTreeSet<&str> = networks
        .iter()
        .flat_map(Network::concerns)
        .map(|concern| concern.told().0)
        .collect();
    assert_eq!(codes.len(), 9, "{codes:?}");
    for locale in [Locale::Fr, Locale::En] {
        for code in &codes {
            let id = format!("network-concern-{code}");
            for count in [1, 2] {
                let told = words(locale).tell(&id, &super::counted(count, locale));
                assert_ne!(told, id);
            }
        }
        for mti in ["0110", "0210", "0230", "0410", "0810"] {
            assert_ne!(words(locale).one_of("network-message", mti), mti);
        }
    }
}
