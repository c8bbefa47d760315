//! A mail server's stand-in: as much SMTP (RFC 5321, RFC 3207) as a client needs to hand in a letter, with TLS at once,
//! after STARTTLS, or without.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::authority::Pair;

/// How long a client may be silent, and how long one is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// TLS from the first byte.
    Tls,
    /// TLS once the client asks for it.
    StartTls,
    /// No TLS.
    Plainly,
}

/// What one client said, line by line.
#[derive(Debug, Default)]
pub struct Visit {
    /// For everybody on the way to read.
    pub in_the_clear: Vec<String>,
    /// Under TLS.
    pub protected: Vec<String>,
}

/// A server that takes letters until the test ends.
pub struct MailServer {
    /// Where it listens.
    pub address: SocketAddr,
    visits: Receiver<Visit>,
}

impl MailServer {
    /// Opens on a free port of the loopback.
    ///
    /// # Errors
    /// When the pair does not fit.
    pub fn open(speaks: Speaks, pair: &Pair) -> Result<Self> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes())?;
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain?, key)?;
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (told, visits) = channel();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                serve(client, speaks, &tls, &told);
            }
        });
        Ok(Self { address, visits })
    }

    /// The next client, once it has gone.
    ///
    /// # Errors
    /// When none comes.
    pub fn visit(&self) -> Result<Visit> {
        self.visits
            .recv_timeout(PATIENCE)
            .context("nobody came to the mail server")
    }
}

fn serve(client: TcpStream, speaks: Speaks, tls: &Arc<ServerConfig>, told: &Sender<Visit>) {
    let mut visit = Visit::default();
    // A client that goes away in the middle is what some tests wait for.
    let _ = receive(client, speaks, tls, &mut visit);
    let _ = told.send(visit);
}

fn receive(
    mut client: TcpStream,
    speaks: Speaks,
    tls: &Arc<ServerConfig>,
    visit: &mut Visit,
) -> Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    if speaks != Speaks::Tls {
        client.write_all(b"220 stand-in\r\n")?;
        let wants_tls = converse(&mut client, speaks, &mut visit.in_the_clear)?;
        if !wants_tls {
            return Ok(());
        }
    }
    let mut client = StreamOwned::new(ServerConnection::new(Arc::clone(tls))?, client);
    if speaks == Speaks::Tls {
        client.write_all(b"220 stand-in\r\n")?;
    }
    converse(&mut client, Speaks::Plainly, &mut visit.protected)?;
    Ok(())
}

/// Answers until the client goes, or wants TLS.
fn converse(
    client: &mut (impl Read + Write),
    speaks: Speaks,
    said: &mut Vec<String>,
) -> Result<bool> {
    let mut in_letter = false;
    while let Some(line) = line(client)? {
        let word = line.to_ascii_uppercase();
        said.push(line);
        if in_letter {
            if word == "." {
                in_letter = false;
                client.write_all(b"250 taken\r\n")?;
            }
            continue;
        }
        let answer: &[u8] = match word.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if speaks == Speaks::StartTls => {
                b"250-stand-in\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n"
            }
            "EHLO" => b"250-stand-in\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" if speaks == Speaks::StartTls => b"220 now\r\n",
            "AUTH" => b"235 welcome\r\n",
            "DATA" => b"354 go on\r\n",
            "QUIT" => b"221 bye\r\n",
            _ => b"250 yes\r\n",
        };
        client.write_all(answer)?;
        match word.as_str() {
            "STARTTLS" => return Ok(speaks == Speaks::StartTls),
            "DATA" => in_letter = true,
            "QUIT" => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}

/// The next line without its end; none when the client has gone.
fn line(client: &mut impl Read) -> Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while client.read(&mut byte)? == 1 {
        match byte {
            [b'\n'] => return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned())),
            [other] => line.push(other),
        }
    }
    Ok(None)
}
