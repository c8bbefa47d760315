//! The wire between switch and bank: passes bytes, unless it is cut, stalled or unplugged.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Wire {
    pub address: SocketAddr,
    end: Arc<End>,
}

struct End {
    bank: Mutex<Option<SocketAddr>>,
    /// Whether new connections are carried.
    plugged: watch::Sender<bool>,
    /// Whether what the bank says arrives; what it said meanwhile arrives later.
    answers_flow: watch::Sender<bool>,
    /// Changes whenever all connections end.
    cuts: watch::Sender<u64>,
    /// Connections that were ever carried, and those that are now.
    carried: AtomicUsize,
    open: AtomicUsize,
    /// How often something came from the switch, and from the bank.
    asked: AtomicUsize,
    answered: AtomicUsize,
}

impl Wire {
    pub async fn lay() -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let end = Arc::new(End {
            bank: Mutex::default(),
            plugged: watch::Sender::new(true),
            answers_flow: watch::Sender::new(true),
            cuts: watch::Sender::new(0),
            carried: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
        });
        let carrier = Arc::clone(&end);
        tokio::spawn(async move {
            loop {
                let (switch, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(switch, Arc::clone(&carrier)));
            }
        });
        Wire { address, end }
    }

    pub fn leads_to(&self, bank: SocketAddr) {
        *self.end.bank.lock().unwrap() = Some(bank);
    }

    /// How many connections it has carried.
    pub fn connections(&self) -> usize {
        self.end.carried.load(Ordering::SeqCst)
    }

    /// How many it carries now.
    pub fn open(&self) -> usize {
        self.end.open.load(Ordering::SeqCst)
    }

    /// How often something came from the switch, and from the bank.
    pub fn heard(&self) -> (usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
        (count(&self.end.asked), count(&self.end.answered))
    }

    pub fn cut(&self) {
        self.end.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub fn unplug(&self) {
        self.end.plugged.send_replace(false);
        self.cut();
    }

    pub fn plug_in(&self) {
        self.end.plugged.send_replace(true);
        self.let_answers_flow();
    }

    pub fn stall_answers(&self) {
        self.end.answers_flow.send_replace(false);
    }

    pub fn let_answers_flow(&self) {
        self.end.answers_flow.send_replace(true);
    }
}

async fn carry(switch: TcpStream, end: Arc<End>) {
    let bank = *end.bank.lock().unwrap();
    let mut cuts = end.cuts.subscribe();
    let (true, Some(bank)) = (*end.plugged.borrow(), bank) else {
        return;
    };
    let Ok(bank) = TcpStream::connect(bank).await else {
        return;
    };
    switch.set_nodelay(true).unwrap();
    bank.set_nodelay(true).unwrap();
    let (from_switch, to_switch) = switch.into_split();
    let (from_bank, to_bank) = bank.into_split();
    let questions_flow = watch::Sender::new(true);
    end.carried.fetch_add(1, Ordering::SeqCst);
    end.open.fetch_add(1, Ordering::SeqCst);
    tokio::select! {
        () = pump(from_switch, to_bank, questions_flow.subscribe(), &end.asked) => {}
        () = pump(from_bank, to_switch, end.answers_flow.subscribe(), &end.answered) => {}
        _ = cuts.changed() => {}
    }
    end.open.fetch_sub(1, Ordering::SeqCst);
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut flows: watch::Receiver<bool>,
    heard: &AtomicUsize,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        heard.fetch_add(1, Ordering::SeqCst);
        if flows.wait_for(|flows| *flows).await.is_err() {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
