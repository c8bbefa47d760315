//! A load client: one keep-alive connection a thread, blocking, counting what it gets.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The answer to one request.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect goes.
    pub location: Option<String>,
    /// Whether the server closes the connection after this answer.
    pub closes: bool,
    /// `Set-Cookie` pairs without their attributes.
    pub cookies: Vec<String>,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One connection to a server on the loopback.
pub struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to `http://HOST:PORT`.
    pub fn open(origin: &str) -> Result<Self> {
        let host = origin
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let stream = TcpStream::connect(&host).with_context(|| host.clone())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            host,
            stream: BufReader::new(stream),
        })
    }

    /// `GET`, as a browser that understands gzip.
    pub fn get(&mut self, path: &str, headers: &str) -> Result<Answer> {
        self.send("GET", path, headers, "")
    }

    /// `POST` of a form.
    pub fn post(&mut self, path: &str, headers: &str, form: &str) -> Result<Answer> {
        let headers = format!(
            "Origin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{headers}",
            self.host,
            form.len()
        );
        self.send("POST", path, &headers, form)
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n{body}",
            self.host
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        let status_line = self.line()?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .with_context(|| format!("not a status line: {status_line:?}"))?;
        let (mut headers, mut cookies) = (BTreeMap::new(), Vec::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            if name == "set-cookie" {
                cookies.push(value.split(';').next().unwrap_or_default().to_owned());
            } else {
                headers.insert(name, value);
            }
        }
        let body = self.body(&headers)?;
        Ok(Answer {
            status,
            location: headers.get("location").cloned(),
            closes: headers.get("connection").is_some_and(|c| c == "close"),
            cookies,
            body,
        })
    }

    fn body(&mut self, headers: &BTreeMap<String, String>) -> Result<Vec<u8>> {
        if let Some(length) = headers.get("content-length") {
            let mut body = vec![0; length.parse()?];
            self.stream.read_exact(&mut body)?;
            return Ok(body);
        }
        let mut body = Vec::new();
        if headers
            .get("transfer-encoding")
            .is_some_and(|te| te == "chunked")
        {
            loop {
                let size = usize::from_str_radix(self.line()?.trim(), 16)?;
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk)?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(chunk.get(..size).unwrap_or_default());
            }
        }
        Ok(body)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("{} closed the connection", self.host);
        }
        Ok(line.trim_end().to_owned())
    }
}

/// What a run of requests took.
pub struct Run {
    /// Requests answered as wanted.
    pub requests: usize,
    /// From the first to the last.
    pub wall: Duration,
    /// Each request's time, sorted.
    latencies: Vec<Duration>,
}

impl Run {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.wall.as_secs_f64()
    }

    /// The latency that `share` of the requests stayed under.
    pub fn percentile(&self, share: f64) -> Duration {
        let place = ((self.latencies.len() as f64 - 1.0) * share).round() as usize;
        self.latencies.get(place).copied().unwrap_or_default()
    }
}

/// Sends `requests` requests over `clients` connections; `one` makes the n-th and judges its answer.
pub fn load(
    origin: &str,
    clients: usize,
    requests: usize,
    one: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
) -> Result<Run> {
    let begun = Instant::now();
    let latencies = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..clients)
            .map(|client| {
                let one = &one;
                scope.spawn(move || -> Result<Vec<Duration>> {
                    let mut connection = Connection::open(origin)?;
                    let mut times = Vec::new();
                    for n in (client..requests).step_by(clients) {
                        let sent = Instant::now();
                        one(&mut connection, n)?;
                        times.push(sent.elapsed());
                    }
                    Ok(times)
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(times) => all.extend(times?),
                Err(_) => bail!("a load client panicked"),
            }
        }
        Ok(all)
    })?;
    let wall = begun.elapsed();
    let mut latencies = latencies;
    latencies.sort_unstable();
    Ok(Run {
        requests: latencies.len(),
        wall,
        latencies,
    })
}
