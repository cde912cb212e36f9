//! Accepts connections, and limits their number, their duration and the size of request heads.
//!
//! # Design
//! Other clients must not delay a scrape. So a new connection never waits: at the limit, the oldest
//! connection is closed instead. `axum::serve` has none of these limits, so this module drives
//! hyper itself.

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

/// Maximum open connections; far below the usual limit of open files.
const CONNECTIONS_MAX: usize = 256;

/// Timeout for reading a request head, and for each write of a response.
const IO_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum age of a connection. It then closes after the current response, so that no scrape is
/// truncated. A slow client gets [`IO_TIMEOUT`] more.
const AGE_MAX: Duration = Duration::from_secs(60);

/// Maximum size of a request head in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// Maximum headers of a request.
const HEADERS_MAX: usize = 64;

/// Pause after a failed accept, for example when no file descriptor is left.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_millis(100);

/// Serves until `shutdown` completes, then waits for the responses in progress.
pub(in crate::service) async fn serve(
    listener: TcpListener,
    routes: Router,
    shutdown: impl Future<Output = ()>,
) {
    serve_with_age(listener, routes, shutdown, AGE_MAX).await;
}

/// As [`serve`], with another maximum age of connections.
async fn serve_with_age(
    listener: TcpListener,
    routes: Router,
    shutdown: impl Future<Output = ()>,
    age_max: Duration,
) {
    let (closing, is_closing) = watch::channel(false);
    // Oldest first.
    let mut connections: VecDeque<AbortHandle> = VecDeque::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        connections.retain(|connection| !connection.is_finished());
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}; closing the oldest one");
                if let Some(oldest) = connections.pop_front() {
                    oldest.abort();
                }
                sleep(ACCEPT_RETRY_AFTER).await;
                continue;
            }
        };
        if connections.len() >= CONNECTIONS_MAX
            && let Some(oldest) = connections.pop_front()
        {
            oldest.abort();
        }
        let connection = connection(stream, &routes, is_closing.clone(), age_max);
        connections.push_back(tokio::spawn(connection).abort_handle());
    }
    drop((listener, is_closing));
    closing.send_replace(true);
    if timeout(IO_TIMEOUT, closing.closed()).await.is_err() {
        tracing::warn!("an HTTP connection is still open {IO_TIMEOUT:?} after shutdown began");
    }
}

/// Serves one connection until the client closes it, it reaches its maximum age, or the server
/// closes.
fn connection(
    stream: TcpStream,
    routes: &Router,
    mut is_closing: watch::Receiver<bool>,
    age_max: Duration,
) -> impl Future<Output = ()> + use<> {
    // Send small responses at once.
    let no_delay = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(IO_TIMEOUT));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IO_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(routes.clone()));
    async move {
        if let Err(error) = no_delay {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        tokio::pin!(connection);
        let result = tokio::select! {
            result = &mut connection => result,
            () = async { tokio::select! {
                () = sleep(age_max) => {}
                _ = is_closing.wait_for(|is_closing| *is_closing) => {}
            } } => {
                connection.as_mut().graceful_shutdown();
                timeout(IO_TIMEOUT, connection).await.unwrap_or(Ok(()))
            }
        };
        // Clients cause these errors, so they are not worth a warning.
        if let Err(error) = result {
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
    fn a_response_in_progress_is_completed_beyond_the_maximum_age() {
        let age_max = Duration::from_millis(50);
        let slow = move || async move {
            sleep(age_max * 4).await;
            "complete"
        };
        let routes = Router::new().route("/", get(slow));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve_with_age(listener, routes, std::future::pending(), age_max));
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        // The client does not close the connection.
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
        assert!(response.ends_with("complete"), "{response}");
    }
}
