//! A vault for these tests: gives a test card against a real grant, once, over mutual TLS.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cards::csc::Csc;
use cards::messages::{Redeem, Redeemed};
use cards::pan::Pan;
use link::http::Door;
use link::signed::{self, VerifyingKey};
use link::{Identity, Problem};
use tokio::net::TcpListener;
use trade::payment::{Brand, CardExpiry, CardToken, Grant};

pub struct Vault {
    pub address: SocketAddr,
    room: Arc<Room>,
}

struct Room {
    shop_key: VerifyingKey,
    cards: Mutex<HashMap<CardToken, String>>,
    used: Mutex<HashSet<String>>,
}

impl Vault {
    pub async fn open(identity: &Identity, shop_key: VerifyingKey) -> Vault {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cards, used) = (Mutex::default(), Mutex::default());
        let room = Arc::new(Room {
            shop_key,
            cards,
            used,
        });
        let routes = Router::new()
            .route("/redeem", post(redeem))
            .with_state(Arc::clone(&room));
        let door = Door::Private(link::tls::server_config(identity, &["switch"]).unwrap());
        tokio::spawn(link::http::serve(
            listener,
            door,
            routes,
            std::future::pending(),
        ));
        Vault { address, room }
    }

    pub fn check_in(&self, token: &CardToken, number: &str) {
        self.room
            .cards
            .lock()
            .unwrap()
            .insert(token.clone(), number.to_owned());
    }

    pub fn forget(&self) {
        self.room.cards.lock().unwrap().clear();
    }
}

async fn redeem(
    State(room): State<Arc<Room>>,
    Json(Redeem { grant }): Json<Redeem>,
) -> Result<Json<Redeemed>, (StatusCode, Json<Problem>)> {
    let refuse = |status, kind| (status, Json(Problem::new(kind, "no")));
    let grant: Grant = signed::verify(&room.shop_key, &grant)
        .map_err(|_| refuse(StatusCode::FORBIDDEN, "grant-forged"))?;
    if !room.used.lock().unwrap().insert(grant.nonce) {
        return Err(refuse(StatusCode::CONFLICT, "grant-used"));
    }
    let cards = room.cards.lock().unwrap();
    let number = cards
        .get(&grant.token)
        .ok_or_else(|| refuse(StatusCode::NOT_FOUND, "no-such-card"))?;
    Ok(Json(Redeemed {
        pan: Pan::parse(number).unwrap(),
        expiry: CardExpiry {
            month: 12,
            year: 2031,
        },
        csc: Some(Csc::parse("123", Brand::Other).unwrap()),
    }))
}
