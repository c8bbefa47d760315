//! The bureau: a door of its own through which the shop asks what is known of an order. It is played here, by a script.
//!
//! `POST /score` answers a question; `POST /script` says how the next ones are answered, so that a test can have a bureau
//! that warns, is slow, says nothing or says nonsense. It remembers nobody.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::post;
use axum::{Json, Router};
use link::http::Door;
use link::tls::ServerTls;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use trade::bureau::{BureauAnswer, BureauQuestion};

/// Who may ask, and who may write the script.
pub(crate) const CALLERS: &[&str] = &["shop", "bank"];

/// What an unscripted bureau says of everybody: nothing in particular.
const USUAL_SCORE: u8 = 10;
/// The longest a scripted answer is held back.
const SLOWEST: Duration = Duration::from_secs(60);

/// How questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "behaviour")]
pub enum BureauScript {
    /// With this score.
    Score {
        /// 0 to 100; more is nonsense that a shop must survive.
        score: u8,
    },
    /// With this score, so many milliseconds later.
    Slow {
        /// The score.
        score: u8,
        /// How much later, at most a minute.
        after_ms: u64,
    },
    /// Not at all, while the line stays open.
    Silence,
    /// With something that is no answer.
    Garbage,
}

type Script = Arc<Mutex<BureauScript>>;

/// Answers until the future is dropped.
pub(crate) async fn serve(door: TcpListener, tls: ServerTls) -> io::Result<()> {
    let usual: Script = Arc::new(Mutex::new(BureauScript::Score { score: USUAL_SCORE }));
    let routes = Router::new()
        .route("/score", post(score))
        .route("/script", post(follow))
        .with_state(usual);
    link::http::serve(door, Door::Private(tls), routes, std::future::pending()).await
}

async fn score(State(script): State<Script>, Json(_): Json<BureauQuestion>) -> Response<Body> {
    let script = *script.lock().unwrap_or_else(PoisonError::into_inner);
    match script {
        BureauScript::Score { score } => Json(BureauAnswer { score }).into_response(),
        BureauScript::Slow { score, after_ms } => {
            tokio::time::sleep(Duration::from_millis(after_ms).min(SLOWEST)).await;
            Json(BureauAnswer { score }).into_response()
        }
        BureauScript::Silence => {
            tokio::time::sleep(SLOWEST).await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        BureauScript::Garbage => Response::new(Body::from("{\"score\": \"well…\"")),
    }
}

async fn follow(State(script): State<Script>, Json(new): Json<BureauScript>) -> Json<BureauScript> {
    *script.lock().unwrap_or_else(PoisonError::into_inner) = new;
    Json(new)
}
