//! Connections: how many, how long, how much of each.
//!
//! # Design
//! A scrape must be answered at once, whatever else others do. So nobody waits for a place: who comes when
//! all are taken has that of the connection that is there longest. `axum::serve` bounds nothing of all this,
//! and so connections are served by hyper itself, which is below it anyway.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// Connections at once: many scrapers and readers, and far fewer than files that a process may open.
const CONNECTIONS_MAX: usize = 256;

/// How long a request may take to arrive, and a piece of an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one connection is kept. Then it ends after the answer under way: a scrape that was cut in the
/// middle would look as if the service had been away. Who reads slowly has [`PATIENCE`] more.
const LASTS_MAX: Duration = Duration::from_secs(60);

/// Bytes of a request's head.
const HEAD_MAX: usize = 16 << 10;

/// Headers of a request.
const HEADERS_MAX: usize = 64;

/// The wait after the system refused a connection: there are no files left, or the like.
const REFUSED_WAIT: Duration = Duration::from_millis(100);

/// Serves until `ended`, then lets what is under way come to its end.
pub(in crate::service) async fn serve(
    listener: TcpListener,
    routes: Router,
    ended: impl Future<Output = ()>,
) {
    serve_for(listener, routes, ended, LASTS_MAX).await;
}

/// The same with connections that are kept so long.
async fn serve_for(
    listener: TcpListener,
    routes: Router,
    ended: impl Future<Output = ()>,
    lasts: Duration,
) {
    let (ending, ends) = watch::channel(false);
    // In the order in which they came.
    let mut connections: VecDeque<AbortHandle> = VecDeque::new();
    tokio::pin!(ended);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        connections.retain(|connection| !connection.is_finished());
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("a connection cannot be taken: {error}");
                if let Some(oldest) = connections.pop_front() {
                    oldest.abort();
                }
                sleep(REFUSED_WAIT).await;
                continue;
            }
        };
        if connections.len() >= CONNECTIONS_MAX
            && let Some(oldest) = connections.pop_front()
        {
            oldest.abort();
        }
        let connection = connection(stream, &routes, ends.clone(), lasts);
        connections.push_back(tokio::spawn(connection).abort_handle());
    }
    drop((listener, ends));
    ending.send_replace(true);
    if timeout(PATIENCE, ending.closed()).await.is_err() {
        tracing::warn!("a connection did not end in time");
    }
}

fn connection(
    stream: TcpStream,
    routes: &Router,
    mut ends: watch::Receiver<bool>,
    lasts: Duration,
) -> impl Future<Output = ()> + use<> {
    // Small answers must not wait for more of them.
    let delayed = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(PATIENCE));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(routes.clone()));
    async move {
        if let Err(error) = delayed {
            tracing::debug!("a connection is not told to hurry: {error}");
        }
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = async { tokio::select! {
                () = sleep(lasts) => {}
                _ = ends.wait_for(|is_ending| *is_ending) => {}
            } } => {
                connection.as_mut().graceful_shutdown();
                timeout(PATIENCE, connection).await.unwrap_or(Ok(()))
            }
        };
        // How it ends is the visitor's affair.
        if let Err(error) = ended {
            tracing::debug!("a connection ended: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use axum::routing::get;

    use super::*;

    #[test]
    fn an_answer_under_way_is_whole_though_its_connection_has_lasted_long_enough() {
        let lasts = Duration::from_millis(50);
        let slow = move || async move {
            sleep(lasts * 4).await;
            "whole"
        };
        let routes = Router::new().route("/", get(slow));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve_for(listener, routes, std::future::pending(), lasts));
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        // It would keep the connection for more.
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with("whole"), "{answer}");
    }
}
