//! Test support: serves a published view over HTTP, and asks for its pages.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use super::now;
use crate::service::coordinator::publication::{Publication, Shared};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::live::LiveStreams;
use crate::service::http::lookup::TicketLookup;
use crate::service::http::routes::{self, Served};
use crate::service::http::writing::EventWriting;
use crate::service::instruments::Instruments;

/// Serves a published view with the routes of the service, on a free port of the loopback
/// interface.
pub(in crate::service) fn serve(published: PublishedView) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener =
        runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Shared {
        changes: Arc::default(),
        instruments: Arc::new(Instruments::new(&[], 0, "2026a", now()).unwrap()),
        published: Arc::new(Publication::new(published).0),
        past: Default::default(),
        oldest_event: Arc::default(),
    };
    let (live, closer) = LiveStreams::new(&shared.published);
    let lookup = TicketLookup::new(Vec::new());
    let writing = Arc::new(EventWriting::off());
    let routes = routes::routes(Served { shared, live, lookup, to_reload: None, writing });
    runtime.spawn(async move {
        let _closer = closer;
        axum::serve(listener, routes).await
    });
    (runtime, address)
}

/// Sends one request with `headers`, each ended by CRLF. Returns the head in lower case, and the
/// body.
pub(in crate::service) fn fetch(
    address: SocketAddr,
    request: &str,
    headers: &str,
) -> (String, String) {
    let (head, body) = fetch_bytes(address, request, headers);
    (head, String::from_utf8(body).unwrap())
}

/// As [`fetch`], for bodies that are not text.
pub(in crate::service) fn fetch_bytes(
    address: SocketAddr,
    request: &str,
    headers: &str,
) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    // HTTP/1.0 has no chunks, so the body ends with the connection.
    let head = format!("{request} HTTP/1.0\r\nhost: board\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head_end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let body = answer.split_off(head_end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), body)
}
