//! What goes over the wire: `tcpdump` on the loopback, put together again into byte streams.
//!
//! It does not open TLS: what the shop sends there it also holds in its memory, which is searched by itself.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A capture under way.
pub struct Capture {
    tcpdump: Child,
    said: BufReader<ChildStderr>,
    folder: tempfile::TempDir,
}

/// What was captured.
pub struct Wire {
    /// Packets seen.
    pub packets: usize,
    /// One for each direction of each connection.
    pub streams: Vec<Stream>,
}

/// What one end of a connection sent.
pub struct Stream {
    /// The port that it was sent to.
    pub to: u16,
    /// The payload, in the order of capture.
    pub bytes: Vec<u8>,
}

impl Wire {
    /// Bytes in all streams.
    pub fn bytes(&self) -> usize {
        self.streams.iter().map(|stream| stream.bytes.len()).sum()
    }
}

impl Capture {
    /// Listens to everything on the loopback. `None`, with a `skipped:` line, where packets
    /// cannot be captured: without root or without tcpdump.
    pub fn start() -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let started = Command::new("tcpdump")
            .args([
                "-i", "lo", "-n", "-U", "-B", "65536", "-s", "0", "-Z", "root", "-w",
            ])
            .arg(folder.path().join("wire.pcap"))
            .arg("tcp")
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut tcpdump) = started else {
            println!("skipped: the wire was not searched; install tcpdump");
            return Ok(None);
        };
        let mut said = BufReader::new(tcpdump.stderr.take().context("stderr is piped")?);
        let mut line = String::new();
        while said.read_line(&mut line)? > 0 {
            if line.contains("listening on") {
                return Ok(Some(Self {
                    tcpdump,
                    said,
                    folder,
                }));
            }
        }
        tcpdump.wait()?;
        println!("skipped: the wire was not searched; capturing packets needs root ({line})");
        Ok(None)
    }

    /// Ends the capture and reads it. Fails when the kernel dropped packets: then nothing is proved.
    pub fn finish(mut self) -> Result<Wire> {
        // What was sent a moment ago is written within the capture's own second.
        std::thread::sleep(Duration::from_millis(1_200));
        let pid = self.tcpdump.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status()?;
        let begun = Instant::now();
        while self.tcpdump.try_wait()?.is_none() {
            if begun.elapsed() > Duration::from_secs(10) {
                self.tcpdump.kill()?;
                bail!("tcpdump did not end");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut figures = String::new();
        self.said.read_to_string(&mut figures)?;
        let dropped = figures
            .lines()
            .find_map(|line| line.strip_suffix(" packets dropped by kernel"));
        if dropped != Some("0") {
            bail!("the capture is not complete: {figures}");
        }
        streams(&std::fs::read(self.folder.path().join("wire.pcap"))?)
    }
}

/// The streams of a capture file: little-endian pcap with Ethernet frames, which is what Linux writes for `lo`.
fn streams(file: &[u8]) -> Result<Wire> {
    const GLOBAL: usize = 24;
    const RECORD: usize = 16;
    if file.get(..4) != Some(&[0xd4, 0xc3, 0xb2, 0xa1]) || number(file, 20) != Some(1) {
        bail!("this is no capture of Ethernet frames");
    }
    let mut streams: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let (mut at, mut packets) = (GLOBAL, 0);
    while let Some(length) = number(file, at + 8) {
        let end = at + RECORD + length;
        let frame = file.get(at + RECORD..end).context("a cut-off packet")?;
        if let Some((connection, payload)) = tcp(frame) {
            streams.entry(connection).or_default().extend(payload);
        }
        packets += 1;
        at = end;
    }
    let of_port = |(connection, bytes): (Vec<u8>, Vec<u8>)| {
        let (_, to) = connection.split_last_chunk()?;
        let to = u16::from_be_bytes(*to);
        Some(Stream { to, bytes })
    };
    let streams = streams.into_iter().filter_map(of_port).collect();
    Ok(Wire { packets, streams })
}

fn number(file: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = file.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// Addresses and ports, and the payload, of a frame with TCP over IPv4 (RFC 791, RFC 9293).
fn tcp(frame: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let packet = frame.get(14..)?;
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    let segment = packet.get(header..total)?;
    let connection = [packet.get(12..20)?, segment.get(..4)?].concat();
    let offset = usize::from(segment.get(12)? >> 4) * 4;
    Some((connection, segment.get(offset..)?))
}
