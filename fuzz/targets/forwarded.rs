//! `X-Forwarded-For` as visitors make it up: whoever is not a proxy is never believed, and no proxy is ever the visitor
//! while another address stands before it.
#![no_main]

use std::net::SocketAddr;

use link::forwarded::{FORWARDED_FOR, Proxy, believes, house, visitor};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let proxies: Vec<Proxy> = ["10.0.0.0/8", "fd00::/8"]
        .iter()
        .map(|proxy| proxy.parse().expect("a network"))
        .collect();
    let mut headers = hyper::HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(line) = hyper::header::HeaderValue::from_bytes(line) {
            headers.append(FORWARDED_FOR, line);
        }
    }
    let stranger: SocketAddr = "192.0.2.7:4711".parse().expect("an address");
    assert_eq!(visitor(&proxies, stranger, &headers), stranger.ip());

    let proxy: SocketAddr = "10.1.2.3:4711".parse().expect("an address");
    let found = visitor(&proxies, proxy, &headers);
    assert_eq!(found, found.to_canonical());
    assert_eq!(house(house(found)), house(found));
    // What the visitor writes stands left of what her proxy writes, and changes nothing.
    if found != proxy.ip() && !believes(&proxies, found) {
        let mut made_up = hyper::HeaderMap::new();
        made_up.append(FORWARDED_FOR, hyper::header::HeaderValue::from_static("198.51.100.9"));
        for line in headers.get_all(FORWARDED_FOR) {
            made_up.append(FORWARDED_FOR, line.clone());
        }
        assert_eq!(visitor(&proxies, proxy, &made_up), found);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = text.parse::<Proxy>().map_err(|why| why.to_string());
    }
});
