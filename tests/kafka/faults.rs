//! What happens while the network, or an Alertmanager, is away.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::parts::wait::now;
use crate::parts::wait_for;
use crate::proxy::{Network, Proxy};

/// The webhook's thread stands for any server: it answers what was said.
fn echo() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut piece = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut piece) {
                    if stream.write_all(&piece[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn the_network_of_these_tests_passes_stalls_delays_and_resets() {
    let proxy = Proxy::before(echo());
    let client = || {
        let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        stream
    };
    let mut said = [0; 4];
    let mut streams: Vec<TcpStream> = (0..20).map(|_| client()).collect();
    for stream in &mut streams {
        stream.write_all(b"one ").unwrap();
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"one ");
    }
    proxy.set(Network::Stall);
    streams.push(client());
    for stream in &mut streams {
        stream.write_all(b"two ").unwrap();
    }
    let error = streams[0].read(&mut said).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "nothing comes");
    proxy.set(Network::Pass);
    for stream in &mut streams {
        wait_for("what was on its way", || stream.read_exact(&mut said).ok());
        assert_eq!(&said, b"two ");
    }
    proxy.set(Network::Delay(Duration::from_millis(60)));
    let begin = now();
    streams[0].write_all(b"slow").unwrap();
    wait_for("what comes late", || streams[0].read_exact(&mut said).ok());
    assert!(now().duration_since(begin) >= Duration::from_millis(120), "there and back");
    proxy.set(Network::Reset);
    for stream in &mut streams {
        let error = wait_for("the reset", || match stream.read(&mut said) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            other => Some(other.unwrap_err()),
        });
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    let mut late = client();
    drop(late.write_all(b"new "));
    assert!(late.read_exact(&mut said).is_err(), "who comes now is refused");
}
