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
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// Connections at once: many scrapers and readers, and far fewer than files that a process may open.
const CONNECTIONS_MAX: usize = 256;

/// How long a request may take to arrive, and a piece of an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one connection may last, whatever it does. Who reads slowly has this long.
const LASTS_MAX: Duration = Duration::from_secs(60);

/// Bytes of a request's head.
const HEAD_MAX: usize = 16 << 10;

/// Headers of a request.
const HEADERS_MAX: usize = 64;

/// The wait after the system refused a connection: there are no files left, or the like.
const REFUSED_WAIT: Duration = Duration::from_millis(100);

/// Serves until `ended`, then lets what is under way come to its end.
pub(super) async fn serve(listener: TcpListener, routes: Router, ended: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
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
        let connection = connection(stream, &routes, &graceful);
        connections.push_back(tokio::spawn(timeout(LASTS_MAX, connection)).abort_handle());
    }
    drop(listener);
    if timeout(PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!("a connection did not end in time");
    }
}

fn connection(
    stream: TcpStream,
    routes: &Router,
    graceful: &GracefulShutdown,
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
    let watched = graceful.watch(connection);
    async move {
        if let Err(error) = delayed {
            tracing::debug!("a connection is not told to hurry: {error}");
        }
        // How it ends is the visitor's affair.
        if let Err(error) = watched.await {
            tracing::debug!("a connection ended: {error}");
        }
    }
}
