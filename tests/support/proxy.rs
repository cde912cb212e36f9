//! A proxy between two processes on loopback that simulates network failures.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// How often an idle connection checks the state of the network.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The state of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// Passes all bytes.
    Pass,
    /// Passes nothing. Connections stay open, and bytes on their way arrive after the next change.
    Stall,
    /// Resets every open and every new connection.
    Reset,
    /// Passes each piece after this time.
    Delay(Duration),
}

/// A proxy in front of one address. It listens until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    port: u16,
    switch: Arc<Switch>,
}

#[derive(Debug)]
struct Switch {
    network: Mutex<Network>,
    changed: Condvar,
}

impl Switch {
    fn lock(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one piece may pass. False if the connection must end.
    fn let_pass(&self) -> bool {
        let mut network = self.lock();
        let mut has_waited = false;
        loop {
            match *network {
                Network::Pass => return true,
                Network::Reset => return false,
                Network::Delay(_) if has_waited => return true,
                Network::Stall => {
                    let woken = self.changed.wait(network);
                    network = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Network::Delay(long) => {
                    let same = |now: &mut Network| *now == Network::Delay(long);
                    let woken = self.changed.wait_timeout_while(network, long, same);
                    let (now, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
                    has_waited = timeout.timed_out();
                    network = now;
                }
            }
        }
    }
}

impl Proxy {
    /// A proxy in front of this port of loopback. It passes all bytes at first.
    pub(crate) fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listens = listener.local_addr().unwrap().port();
        let switch =
            Arc::new(Switch { network: Mutex::new(Network::Pass), changed: Condvar::new() });
        let proxy = Self { port: listens, switch };
        let switch = Arc::clone(&proxy.switch);
        thread::spawn(move || {
            let mut listener = listener;
            loop {
                let Ok((client, _)) = listener.accept() else { continue };
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    let switch = Arc::clone(&switch);
                    thread::spawn(move || connect(client, server, &switch));
                } else {
                    // While the server does not listen, nobody listens here.
                    reset_at_end(&client);
                    drop((client, listener));
                    while TcpStream::connect(("127.0.0.1", port)).is_err() {
                        thread::park_timeout(LOOK_EVERY);
                    }
                    listener = TcpListener::bind(("127.0.0.1", listens)).unwrap();
                }
            }
        });
        proxy
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes the state of the network.
    pub(crate) fn set(&self, network: Network) {
        *self.switch.lock() = network;
        self.switch.changed.notify_all();
    }
}

/// One connection: its two streams, and whether it is over.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    is_over: AtomicBool,
}

/// Copies both directions as soon as the network allows it.
fn connect(client: TcpStream, server: TcpStream, switch: &Arc<Switch>) {
    if !switch.let_pass() {
        return reset_at_end(&client);
    }
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
        // An idle connection must see that the network changes.
        stream.set_read_timeout(Some(LOOK_EVERY)).unwrap();
    }
    let pair = Arc::new(Pair { client, server, is_over: AtomicBool::new(false) });
    let (same, other) = (Arc::clone(&pair), Arc::clone(switch));
    thread::spawn(move || carry(&same.server, &same.client, &same.is_over, &other));
    carry(&pair.client, &pair.server, &pair.is_over, switch);
}

/// Copies one direction until it ends, or until the connection is over.
fn carry(mut from: &TcpStream, mut to: &TcpStream, is_over: &AtomicBool, switch: &Switch) {
    let mut piece = vec![0; 64 << 10];
    while !is_over.load(Ordering::Relaxed) {
        let count = match from.read(&mut piece) {
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                if *switch.lock() == Network::Reset {
                    break;
                }
                continue;
            }
            Err(_) => break,
        };
        if !switch.let_pass() {
            break;
        }
        if count == 0 {
            // One direction may end while the other goes on.
            drop(to.shutdown(Shutdown::Write));
            return;
        }
        // If the sender resets the connection, bytes on their way are lost.
        if !matches!(from.take_error(), Ok(None)) || to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    reset_at_end(from);
    reset_at_end(to);
}

/// Makes a stream end with a reset when both directions have dropped it.
fn reset_at_end(stream: &TcpStream) {
    drop(SockRef::from(stream).set_linger(Some(Duration::ZERO)));
}
