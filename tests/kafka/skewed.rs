//! An Alertmanager whose clock is ten minutes off. A test cannot set its clock, so a proxy moves
//! times: its `Date` header on the way out, and the times of alerts on the way in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use chrono::{DateTime, TimeDelta};

use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - name: limit
    measure: first_reply
    none_over: 1s
    alerts: { missed: { for: 0s, keep_firing_for: 0s } }
";

/// Head and body of the next message.
fn message(reader: &mut impl BufRead) -> Option<(Vec<String>, Vec<u8>)> {
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// The same alerts with their times moved.
fn moved(body: &[u8], by: TimeDelta) -> Vec<u8> {
    let mut alerts: Vec<serde_json::Value> = serde_json::from_slice(body).unwrap();
    for alert in &mut alerts {
        for name in ["startsAt", "endsAt"] {
            let at = DateTime::parse_from_rfc3339(alert[name].as_str().unwrap()).unwrap();
            alert[name] = serde_json::json!((at + by).to_rfc3339());
        }
    }
    serde_json::to_vec(&alerts).unwrap()
}

/// A proxy to the Alertmanager at this port that makes its clock look this many minutes ahead.
fn proxy_to(port: u16, minutes: i64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listens = listener.local_addr().unwrap().port();
    let ahead = TimeDelta::minutes(minutes);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || pass(&client, port, ahead));
        }
    });
    listens
}

/// One request and its answer.
fn pass(mut client: &TcpStream, port: u16, ahead: TimeDelta) -> Option<()> {
    let (mut head, mut body) = message(&mut BufReader::new(client))?;
    if !body.is_empty() {
        body = moved(&body, -ahead);
    }
    head.retain(|line| {
        let line = line.to_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("connection:")
    });
    let mut server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let head = head.join("\r\n");
    let length = body.len();
    write!(server, "{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").ok()?;
    server.write_all(&body).ok()?;
    let mut answer = String::new();
    server.read_to_string(&mut answer).ok()?;
    let (_, rest) = answer.split_once("\r\nDate: ")?;
    let date = rest.split_once("\r\n")?.0;
    let theirs = DateTime::parse_from_rfc2822(date).ok()? + ahead;
    let theirs = theirs.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    client.write_all(answer.replacen(date, &theirs, 1).as_bytes()).ok()
}

fn pages_although_its_clock_is_off(minutes: i64) {
    let Some(broker) = broker() else { return };
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("skewed");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let port = proxy_to(alertmanager.port(), minutes);
    let url = format!("http://127.0.0.1:{port}");
    let more = format!("alertmanagers: [{{ url: \"{url}\" }}]\n");
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    wait_for("the service to be ready", || service.get("/-/ready"));
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the page", || (webhook.counts().get("limit") == Some(&(1, 0))).then_some(()));
    let skew = format!("vaste_alertmanager_clock_skew_seconds{{alertmanager=\"{url}\"}}");
    let skew = service.metrics().value(&skew).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "minutes")]
    let expected = -60.0 * minutes as f64;
    assert!((skew - expected).abs() <= 2.0, "{skew} s");
    assert!(service.publish(&record(2, "agent_replied", "T-1")).status.success());
    wait_for("the resolved notification", || {
        (webhook.counts().get("limit") == Some(&(1, 1))).then_some(())
    });
}

#[test]
fn an_alertmanager_ten_minutes_ahead_pages_and_ends() {
    pages_although_its_clock_is_off(10);
}

#[test]
fn an_alertmanager_ten_minutes_behind_pages_and_ends() {
    pages_although_its_clock_is_off(-10);
}
