//! Hostile clients of a running service: scrapes are answered all the same.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::memory::memory_bytes;
use crate::process::{ChildProcess, fetch, free_port, now, wait_for};

/// A service whose broker does not exist.
pub(crate) struct Service {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    child: ChildProcess,
}

impl Service {
    /// Starts it with this Kafka configuration, further settings, and environment variables.
    pub(crate) fn start(kafka: &str, more: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, kafka, more, variables)
    }

    /// Starts it in a folder that holds the files it needs.
    pub(crate) fn start_in(
        folder: tempfile::TempDir,
        kafka: &str,
        more: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        Self::start_with(folder, kafka, "", more, variables)
    }

    /// The same, with further keys of `http`, each with a comma before it.
    pub(crate) fn start_with(
        folder: tempfile::TempDir,
        kafka: &str,
        http: &str,
        more: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let agreement =
            "team: billing\nobjectives: [{ name: o, measure: first_reply, none_over: 1h }]\n";
        fs::write(folder.path().join("agreement.yaml"), agreement).unwrap();
        let config = format!(
            "kafka: {kafka}\nagreements: [\"*agreement.yaml\"]\nhttp: {{ listen: \"127.0.0.1:{port}\"{http} }}\n{more}"
        );
        fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut vaste = Command::new(env!("CARGO_BIN_EXE_vaste"));
        vaste
            .args(["run", "--config", "vaste.yaml"])
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(log);
        let child = ChildProcess::start(&mut vaste);
        let service = Self { folder, port, child };
        wait_for("the service to listen", || fetch(service.port, "/-/healthy"));
        service
    }

    /// Its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Has it read its configuration again.
    pub(crate) fn reload(&self) {
        self.child.signal("HUP");
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        stream
    }

    /// Its resident memory in bytes.
    fn memory(&self) -> u64 {
        memory_bytes(&self.child.id(), "VmRSS")
    }

    /// Checks that a scrape is answered within a second.
    fn scrape(&self, meanwhile: &str) {
        let begin = now();
        let (status, body) = fetch(self.port, "/metrics").unwrap();
        assert_eq!(status, 200, "{meanwhile}");
        assert!(body.contains("vaste_ready"), "{meanwhile}");
        let took = now().duration_since(begin);
        assert!(took <= Duration::from_secs(1), "{took:?} during {meanwhile}");
    }
}

pub(crate) const NO_BROKER: &str = "{ brokers: [\"127.0.0.1:1\"], topic: events }";

/// The bytes until the connection ends. `None` if it stays open.
fn until_the_end(stream: &mut TcpStream) -> Option<String> {
    let mut came = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => came.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return None,
            // A reset ends it as well.
            Err(_) => break,
        }
    }
    Some(String::from_utf8_lossy(&came).into_owned())
}

#[test]
fn scrapes_are_answered_during_any_abuse_by_other_clients() {
    let service = Service::start(NO_BROKER, "", &[]);
    service.scrape("nothing");
    let before = service.memory();

    let mut idle: Vec<TcpStream> = Vec::new();
    for number in 0..1_000 {
        let mut stream = service.connect();
        if number % 2 == 0 {
            drop(stream.write_all(b"GET /metrics HTTP/1.1\r\nHost"));
        }
        idle.push(stream);
        if number % 100 == 99 {
            service.scrape("idle connections");
        }
    }
    // The oldest connections are closed, and the newest stay open.
    for (number, is_over) in [(0, true), (999, false)] {
        idle[number].set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        assert_eq!(until_the_end(&mut idle[number]).is_some(), is_over, "{number}");
    }

    let mut heads = service.connect();
    let line = format!("X-Long: {}\r\n", "x".repeat(8_000));
    drop(heads.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n"));
    let accepted = (0..1_250).take_while(|_| heads.write_all(line.as_bytes()).is_ok()).count();
    assert!(accepted < 1_250, "10 MB of headers are not accepted");
    service.scrape("many headers");
    let mut many = service.connect();
    let lines = (0..500).fold(String::new(), |mut text, number| {
        write!(text, "X-{number}: x\r\n").unwrap();
        text
    });
    drop(many.write_all(format!("GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n").as_bytes()));
    let answer = until_the_end(&mut many).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(), "{answer}");

    let mut slow: Vec<TcpStream> = (0..50).map(|_| service.connect()).collect();
    for stream in &mut slow {
        let head = "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nx";
        stream.write_all(head.as_bytes()).unwrap();
    }
    service.scrape("slow bodies");
    for stream in &mut slow {
        let answer = until_the_end(stream).expect("the response does not wait for the body");
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    }
    let mut large = service.connect();
    let head = "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n";
    large.write_all(head.as_bytes()).unwrap();
    let answer = until_the_end(&mut large).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");

    let mut piped = service.connect();
    let mut requests = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    requests += "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    piped.write_all(requests.as_bytes()).unwrap();
    service.scrape("pipelined requests");
    let answers = until_the_end(&mut piped).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 201, "each request is answered");

    // A client that never reads is disconnected after a while, and also one that never sends its
    // request.
    let mut deaf = service.connect();
    let asks = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    drop(deaf.write_all(asks.as_bytes()));
    service.scrape("responses that are never read");
    let grown = service.memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more");
    let begin = now();
    let mut last = service.connect();
    last.write_all(b"GET /metr").unwrap();
    assert!(until_the_end(&mut last).is_some(), "the service does not wait for a request for ever");
    assert!(now().duration_since(begin) >= Duration::from_secs(8), "a slow request gets some time");
    service.scrape("the end of the test");
}

#[test]
fn pages_are_read_only() {
    let service = Service::start(NO_BROKER, "", &[]);
    for path in ["/", "/metrics", "/-/healthy", "/teams/billing", "/nowhere"] {
        for (method, allowed) in
            [("GET", true), ("HEAD", true), ("POST", false), ("PUT", false), ("DELETE", false)]
        {
            let mut stream = service.connect();
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let answer = until_the_end(&mut stream).unwrap();
            let is_405 = answer.starts_with("HTTP/1.1 405 ");
            assert_eq!(is_405, !allowed, "{method} {path}: {answer}");
        }
    }
}
