//! The physical limit: the same bytes, served by the same HTTP library from memory, by a process that
//! does nothing else.

use std::{convert::Infallible, path::PathBuf, sync::Arc};

use anyhow::Result;
use http_body_util::Full;
use hyper::{Response, body::Bytes, header, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;

/// Where the bytes are and where to say the address.
#[derive(clap::Args)]
pub struct Options {
    /// The body, as the shop sent it.
    body: PathBuf,
    /// A file to write the address to.
    address: PathBuf,
}

/// Serves until killed.
#[tokio::main]
pub async fn run(options: &Options) -> Result<()> {
    let body = Bytes::from(std::fs::read(&options.body)?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    std::fs::write(
        &options.address,
        format!("http://{}", listener.local_addr()?),
    )?;
    let body = Arc::new(body);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let body = Arc::clone(&body);
        tokio::spawn(async move {
            let serve = service_fn(move |_| {
                let body = Bytes::clone(&body);
                async move {
                    let mut response = Response::new(Full::new(body));
                    let html = header::HeaderValue::from_static("text/html; charset=utf-8");
                    response.headers_mut().insert(header::CONTENT_TYPE, html);
                    Ok::<_, Infallible>(response)
                }
            });
            // A client that goes away is the usual end of a connection.
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), serve)
                    .await,
            );
        });
    }
}
