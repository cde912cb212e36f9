//! Helpers for tests of a running process: wait for it, read its pages, and end it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The longest that a test waits for one thing before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The monotonic clock.
pub(crate) fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test of the running service waits in real time"
    )]
    Instant::now()
}

/// Calls `look` until it returns a value, and fails after [`PATIENCE`].
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(now().duration_since(start) < PATIENCE, "timed out waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// A port on loopback that no process listens on.
pub(crate) fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// Different ports on loopback that no process listens on, and that no other test of this process gets.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    [(); N].map(|()| {
        loop {
            let port = next_port();
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                break port;
            }
        }
    })
}

/// The next port to try. The system gives ports of 32768 and more to connections, so that one of those may be
/// taken between its choice and its use.
fn next_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(101);
    let offset = first.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % 20_000;
    12_000 + u16::try_from(offset).unwrap()
}

/// Status and body of a page on loopback. `None` if there is no answer.
pub(crate) fn fetch(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// The value of a series on a page of metrics. `series` is its name with its labels, exactly as the
/// page has them.
pub(crate) fn sample(page: &str, series: &str) -> Option<f64> {
    let value = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    page.lines().find_map(value)
}

/// A child process that is killed when the test ends.
pub(crate) struct ChildProcess(pub(crate) Child);

impl ChildProcess {
    /// Starts a command.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Its process id, as the arguments of commands and the paths of `/proc` have it.
    pub(crate) fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// Sends a signal, for example `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id()]).status().unwrap();
        assert!(sent.success());
    }

    /// Kills it with `SIGKILL` and waits until it is gone. It may have exited already.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends `SIGTERM`, waits for the process to exit, and returns its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        wait_for("the process to exit", || self.0.try_wait().unwrap()).code()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
