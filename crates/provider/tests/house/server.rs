//! The stand-in's door: its own pages and payments, or payments that a `localstripe` keeps.

use std::{net::SocketAddr, sync::Arc};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, body::Bytes, body::Incoming, client::conn::http1 as client,
    server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Asked, Books, Intents, KEY, State, payouts};

pub fn acceptor(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

pub async fn start(books: Arc<Books>, tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (books, tls) = (Arc::clone(&books), tls.clone());
            tokio::spawn(async move {
                let serve = service_fn(move |request| answer(Arc::clone(&books), request));
                // A connection that breaks off is what some tests want.
                match tls {
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            let stream = TokioIo::new(stream);
                            let _ = http1::Builder::new().serve_connection(stream, serve).await;
                        }
                    }
                    None => {
                        let stream = TokioIo::new(stream);
                        let _ = http1::Builder::new().serve_connection(stream, serve).await;
                    }
                }
            });
        }
    });
    address
}

async fn answer(
    books: Arc<Books>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let asked = Asked::of(request).await;
    if let Some(status) = begun(&mut books.state(), &asked) {
        return Ok(said(status, &json!({"error": {"code": "trouble"}})));
    }
    if asked.path == "/hook" {
        return Ok(said(200, &Value::Null));
    }
    let (status, body) = match (asked.path.starts_with("/v1/checkout"), books.intents) {
        (false, Intents::Localstripe(address)) => pass_on(address, &asked).await,
        (true, Intents::Localstripe(address)) => with_theirs(&books, address, &asked).await,
        (_, Intents::Own) => by_name(&mut books.state(), &asked),
    };
    let break_off = books
        .state()
        .break_off
        .take_if(|path| asked.path.ends_with(*path));
    match break_off {
        Some(_) => Err(std::io::Error::other("cut off")),
        None => Ok(said(status, &body)),
    }
}

fn said(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_string()));
    Response::builder().status(status).body(body).unwrap()
}

fn begun(state: &mut State, asked: &Asked) -> Option<u16> {
    state.log.push(asked.clone());
    let (status, times) = state.trouble?;
    state.trouble = (times > 1).then_some((status, times - 1));
    Some(status)
}

fn no(status: u16, code: &str) -> (u16, Value) {
    (status, json!({"error": {"code": code}}))
}

/// The same question under the same name has the same answer; another question is refused.
fn by_name(state: &mut State, asked: &Asked) -> (u16, Value) {
    let Some(name) = asked.header("idempotency-key").map(str::to_owned) else {
        return act(state, asked);
    };
    match state.named.get(&name) {
        Some((body, answer)) if *body == asked.body => (200, answer.clone()),
        Some(_) => no(400, "idempotency_error"),
        None => {
            let (status, answer) = act(state, asked);
            if status == 200 {
                state
                    .named
                    .insert(name, (asked.body.clone(), answer.clone()));
            }
            (status, answer)
        }
    }
}

fn act(state: &mut State, asked: &Asked) -> (u16, Value) {
    let parts: Vec<&str> = asked.path.trim_start_matches("/v1/").split('/').collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["checkout", "sessions"]) => open(state, asked),
        ("GET", ["checkout", "sessions", id]) => shown(state, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => expire(state, id),
        ("POST", ["payment_intents", id, "capture"]) => capture(state, id, asked),
        ("POST", ["payment_intents", id, "cancel"]) => cancel(state, id),
        ("GET", ["refunds"]) => (200, json!({"object": "list", "data": state.refunds})),
        ("POST", ["refunds"]) => refund(state, asked),
        ("GET", ["payouts"]) => payouts::list(state, asked),
        ("GET", ["balance_transactions"]) => payouts::transactions(state, asked),
        _ => no(404, "resource_missing"),
    }
}

fn open(state: &mut State, asked: &Asked) -> (u16, Value) {
    let id = format!("cs_test_{}", state.sessions.len() + 1);
    let amount = asked
        .field("line_items[0][price_data][unit_amount]")
        .unwrap();
    let session = json!({
        "id": id,
        "object": "checkout.session",
        "url": format!("https://checkout.test/c/pay/{id}"),
        "status": "open",
        "client_reference_id": asked.field("client_reference_id"),
        "amount_total": amount.parse::<i64>().unwrap(),
        "payment_intent": null,
    });
    state.sessions.insert(id, session.clone());
    (200, session)
}

fn shown(state: &State, id: &str) -> (u16, Value) {
    let Some(mut session) = state.sessions.get(id).cloned() else {
        return no(404, "resource_missing");
    };
    if let Some(intent) = session["payment_intent"].as_str() {
        session["payment_intent"] = state.intents[intent].clone();
    }
    (200, session)
}

fn expire(state: &mut State, id: &str) -> (u16, Value) {
    match state.sessions.get_mut(id) {
        Some(session) if session["status"] == "open" => {
            session["status"] = "expired".into();
            session["url"] = Value::Null;
            (200, session.clone())
        }
        Some(_) => no(400, "session_not_open"),
        None => no(404, "resource_missing"),
    }
}

fn capture(state: &mut State, id: &str, asked: &Asked) -> (u16, Value) {
    let amount: i64 = asked.field("amount_to_capture").unwrap().parse().unwrap();
    match state.intents.get_mut(id) {
        Some(intent) if intent["status"] == "requires_capture" => {
            intent["status"] = "succeeded".into();
            intent["amount_received"] = amount.into();
            (200, intent.clone())
        }
        Some(_) => no(400, "payment_intent_unexpected_state"),
        None => no(404, "resource_missing"),
    }
}

fn cancel(state: &mut State, id: &str) -> (u16, Value) {
    match state.intents.get_mut(id) {
        Some(intent) if intent["status"] == "requires_capture" => {
            intent["status"] = "canceled".into();
            (200, intent.clone())
        }
        Some(_) => no(400, "payment_intent_unexpected_state"),
        None => no(404, "resource_missing"),
    }
}

fn refund(state: &mut State, asked: &Asked) -> (u16, Value) {
    let amount: i64 = asked.field("amount").unwrap().parse().unwrap();
    let taken = state.intents[asked.field("payment_intent").unwrap()]["amount_received"]
        .as_i64()
        .unwrap();
    let before: i64 = state
        .refunds
        .iter()
        .map(|refund| refund["amount"].as_i64().unwrap())
        .sum();
    if before + amount > taken {
        return no(400, "charge_already_refunded");
    }
    let refund = json!({
        "id": format!("re_{}", state.refunds.len() + 1),
        "amount": amount,
        "status": if state.is_slow { "pending" } else { "succeeded" },
        "metadata": {"refund": asked.field("metadata[refund]")},
    });
    state.refunds.push(refund.clone());
    (200, refund)
}

/// A page of ours with a payment of theirs.
async fn with_theirs(books: &Books, address: SocketAddr, asked: &Asked) -> (u16, Value) {
    let (status, mut session) = by_name(&mut books.state(), asked);
    let intent = session["payment_intent"]["id"].as_str().map(str::to_owned);
    if let Some(intent) = intent {
        let path = format!("/v1/payment_intents/{intent}?expand[]=latest_charge");
        session["payment_intent"] = call(address, "GET", &path, Bytes::new()).await.1;
    }
    (status, session)
}

async fn pass_on(address: SocketAddr, asked: &Asked) -> (u16, Value) {
    let query = if asked.query.is_empty() { "" } else { "?" };
    let path = format!("{}{query}{}", asked.path, asked.query);
    call(address, &asked.method, &path, asked.body.clone()).await
}

/// Asks the `localstripe` at `address`.
pub async fn call(address: SocketAddr, method: &str, path: &str, body: Bytes) -> (u16, Value) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("authorization", format!("Bearer {KEY}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(body))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
