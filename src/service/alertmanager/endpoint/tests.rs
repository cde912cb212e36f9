//! Responses of Alertmanagers, and what the endpoint does with them.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::alert::Listed;
use crate::config::HttpClient;
use crate::service::alertmanager::api::Listing;
use crate::service::alertmanager::client::tests::alertmanager;
use crate::service::alertmanager::client::{Client, RETRY_AFTER_MAX};
use crate::service::instruments::Instruments;
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

fn notice(objective: &str) -> Notice {
    Notice {
        labels: Arc::new(BTreeMap::from([("objective".into(), objective.into())])),
        annotations: Arc::default(),
        not_ready_since: None,
        starts_at: Timestamp::from_ms(0),
        ends_at: Timestamp::from_ms(300_000),
        generator_url: "http://127.0.0.1/".to_owned(),
    }
}

/// Listens on loopback, answers each request by its body, and sends the bodies to the channel.
fn answers(answer: impl Fn(&str) -> String + Send + 'static) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (bodies, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let status = answer(&body);
            // Before the answer: the test looks for the body once it has the answer.
            if bodies.send(body).is_err() {
                return;
            }
            // A long body.
            let said = "some text ".repeat(1_000);
            let head = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", said.len());
            write!(stream, "HTTP/1.1 {status}\r\n{head}{said}").unwrap();
        }
    });
    (url, received)
}

fn endpoint(url: String) -> Endpoint<Client> {
    let instruments =
        Instruments::new(&["http://am".to_owned()], 0, "2026a", Timestamp::from_ms(0)).unwrap();
    let alertmanager = alertmanager(&url, HttpClient::default());
    let delivered = Arc::clone(&instruments.delivered[0]);
    Endpoint::new(Client::new(&alertmanager, &delivered).unwrap(), Arc::default(), delivered)
}

fn batch(count: usize) -> Vec<Notice> {
    (0..count).map(|number| notice(&format!("o{number}"))).collect()
}

#[test]
fn one_bad_alert_does_not_sink_a_batch() {
    let bad = "\"o77\"";
    let (url, received) = answers(move |body| {
        String::from(if body.contains(bad) { "400 Bad Request" } else { "200 OK" })
    });
    let mut endpoint = endpoint(url);
    assert_eq!(endpoint.deliver(batch(256)), DeliveryResult::Done);
    assert_eq!((endpoint.delivered.sent.get(), endpoint.delivered.rejected.get()), (255, 1));
    let accepted: usize = received
        .try_iter()
        .filter(|body| !body.contains(bad))
        .map(|body| body.matches("startsAt").count())
        .sum();
    assert_eq!(accepted, 255);
    assert_eq!(endpoint.pending.lock().len(), 0);
}

#[test]
fn temporary_failures_are_retried_and_misconfiguration_after_a_minute() {
    for (status, wait) in [
        ("500 Internal Server Error", None),
        ("503 Service Unavailable", None),
        ("429 Too Many Requests\r\nRetry-After: 7", Some(Duration::from_secs(7))),
        ("503 Later\r\nRetry-After: 18446744073709551615", Some(RETRY_AFTER_MAX)),
        ("401 Unauthorized", Some(MISCONFIGURED_DELAY)),
        ("404 Not Found", Some(MISCONFIGURED_DELAY)),
        ("415 Unsupported Media Type", Some(MISCONFIGURED_DELAY)),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", Some(MISCONFIGURED_DELAY)),
    ] {
        let (url, received) = answers(move |_| status.to_owned());
        let mut endpoint = endpoint(url);
        assert_eq!(endpoint.deliver(batch(3)), DeliveryResult::Retry(wait), "{status}");
        assert_eq!(received.try_iter().count(), 1, "one request, and no redirect is followed");
        assert_eq!(endpoint.pending.lock().len(), 3, "{status}");
        assert_eq!(endpoint.delivered.failed.get(), 3, "{status}");
    }
    let mut nobody = endpoint("http://127.0.0.1:1".to_owned());
    assert_eq!(nobody.deliver(batch(1)), DeliveryResult::Retry(None));
}

#[test]
fn the_response_body_is_quoted_and_truncated() {
    let (url, _received) = answers(|_| "400 Bad Request".to_owned());
    let answer = endpoint(url).client.post(&batch(1));
    let RequestOutcome::BadAlert(said) = answer else { unreachable!("400 refuses an alert") };
    assert!(said.starts_with("it answers 400 some text some text"), "{said}");
    assert!(said.len() < 400, "{said}");
}

#[test]
fn the_backoff_stays_below_its_maximum() {
    for failures in 1..100 {
        assert!(backoff(failures) <= BACKOFF_MAX);
        assert!(backoff(1) <= BACKOFF_FIRST);
    }
}

#[test]
fn times_are_sent_by_the_clock_of_an_alertmanager_that_differs_from_ours() {
    // Its clock minus ours.
    for minutes in [-10, 10] {
        let theirs = move || Timestamp::from_ms(clock::wall().ms() + minutes * MINUTE_MS);
        let (url, received) = answers(move |_| {
            let date = chrono::DateTime::from_timestamp_millis(theirs().ms()).unwrap();
            format!("200 OK\r\nDate: {}", date.format("%a, %d %b %Y %H:%M:%S GMT"))
        });
        let mut endpoint = endpoint(url);
        let now = clock::wall();
        let fires = Notice {
            starts_at: now,
            ends_at: now.plus(Elapsed::from_ms(5 * MINUTE_MS)),
            ..notice("o0")
        };
        assert_eq!(endpoint.deliver_all(vec![fires.clone()]), DeliveryResult::Done);
        let skew = endpoint.delivered.skew.get();
        #[expect(clippy::cast_precision_loss, reason = "minutes")]
        let expected = (-minutes * 60) as f64;
        assert!((skew - expected).abs() <= 2.0, "{skew} s, not {expected} s");
        // The notice that was sent before the skew was known is sent again at once.
        let again = endpoint.pending.lock().take_batch();
        assert_eq!(again, [fires]);
        assert_eq!(endpoint.deliver_all(again), DeliveryResult::Done);
        assert_eq!(endpoint.pending.lock().len(), 0, "and only once");
        let posted = |body: &str, name: &str| {
            let all: serde_json::Value = serde_json::from_str(body).unwrap();
            Timestamp::parse(all[0][name].as_str().unwrap()).unwrap()
        };
        let bodies: Vec<String> = received.try_iter().collect();
        let [first, second] = &bodies[..] else { unreachable!("{bodies:?}") };
        for (name, ours) in [("startsAt", now), ("endsAt", now.plus(Elapsed::from_ms(300_000)))] {
            assert_eq!(posted(first, name), ours);
            let off = posted(second, name).ms() - ours.ms() - minutes * MINUTE_MS;
            assert!(off.abs() <= 2_000, "{name} is {off} ms off");
        }
    }
}

/// The version of an alert: notices carry ascending ones in `starts_at`.
fn version(notice: &Notice) -> i64 {
    notice.starts_at.ms()
}

/// An Alertmanager that fails in every way while newer notices arrive.
struct Fails {
    random: RefCell<rand_pcg::Pcg64>,
    pending: Arc<PendingNotices>,
    delivered: Arc<Delivered>,
    versions: Cell<i64>,
    /// The version of each alert that arrived last.
    arrived: RefCell<BTreeMap<AlertLabels, i64>>,
    posts: Cell<u32>,
}

impl Fails {
    fn below(&self, bound: u32) -> u32 {
        rand_pcg::rand_core::Rng::next_u32(&mut *self.random.borrow_mut()) % bound
    }

    /// Adds newer notices of a few of a dozen alerts.
    fn news(&self) {
        let mut state = self.pending.lock();
        for _ in 0..self.below(6) {
            self.versions.set(self.versions.get() + 1);
            let starts_at = Timestamp::from_ms(self.versions.get());
            let ends_at = clock::wall();
            let news = Notice { starts_at, ends_at, ..notice(&format!("o{}", self.below(12))) };
            state.put(news, &self.delivered);
        }
    }
}

impl AlertmanagerApi for Fails {
    fn list(&self) -> Result<Listing, RequestOutcome> {
        Ok(Listing { started_at: Timestamp::EVENT_MIN, alerts: BTreeMap::new() })
    }

    fn post(&self, batch: &[Notice]) -> RequestOutcome {
        self.posts.set(self.posts.get() + 1);
        self.news();
        let answer = match self.below(8) {
            0..=3 => RequestOutcome::Accepted,
            4 | 5 => RequestOutcome::Later("later".to_owned(), None),
            6 => RequestOutcome::BadAlert("bad".to_owned()),
            _ => RequestOutcome::Misconfigured("refused".to_owned()),
        };
        // The request may have arrived though the response was lost.
        if matches!(answer, RequestOutcome::Accepted) || self.below(2) == 0 {
            for notice in batch {
                let mut arrived = self.arrived.borrow_mut();
                let last =
                    arrived.insert(Arc::clone(&notice.labels), version(notice)).unwrap_or_default();
                assert!(last <= version(notice), "{last} arrived before {}", version(notice));
            }
        }
        answer
    }

    fn take_correction_changed(&self) -> bool {
        self.below(5) == 0
    }
}

#[test]
fn an_older_notice_never_follows_a_newer_one() {
    let instruments =
        Instruments::new(&["http://am".to_owned()], 0, "2026a", Timestamp::from_ms(0)).unwrap();
    for seed in 0..100 {
        let pending = Arc::<PendingNotices>::default();
        let delivered = Arc::clone(&instruments.delivered[0]);
        let client = Fails {
            random: RefCell::new(rand_pcg::Pcg64::new(seed, 1)),
            pending: Arc::clone(&pending),
            delivered: Arc::clone(&delivered),
            versions: Cell::new(0),
            arrived: RefCell::default(),
            posts: Cell::new(0),
        };
        let mut endpoint = Endpoint::new(client, pending, delivered);
        while endpoint.client.posts.get() < 200 {
            endpoint.client.news();
            let batch = endpoint.pending.lock().take_batch();
            if !batch.is_empty() {
                endpoint.deliver_all(batch);
            }
        }
    }
}

/// An Alertmanager that has run since 1990, and lists one alert or refuses to.
struct Lists {
    alert: Option<(AlertLabels, Listed)>,
    refusal: Option<fn() -> RequestOutcome>,
    posted: RefCell<Vec<Notice>>,
}

impl AlertmanagerApi for Lists {
    fn list(&self) -> Result<Listing, RequestOutcome> {
        match self.refusal {
            Some(refusal) => Err(refusal()),
            None => Ok(Listing {
                started_at: Timestamp::EVENT_MIN,
                alerts: self.alert.iter().cloned().collect(),
            }),
        }
    }

    fn post(&self, batch: &[Notice]) -> RequestOutcome {
        self.posted.borrow_mut().extend_from_slice(batch);
        RequestOutcome::Accepted
    }

    fn take_correction_changed(&self) -> bool {
        false
    }
}

/// Sends a certain notice and one that is uncertain since a minute ago. Returns the objectives that are
/// posted at once, and how many wait.
fn posted(
    alert: Option<(&str, bool)>,
    refusal: Option<fn() -> RequestOutcome>,
) -> (Vec<String>, i64) {
    let since = clock::wall().minus(Elapsed::from_ms(MINUTE_MS));
    let uncertain = Notice { not_ready_since: Some(since), ..notice("uncertain") };
    let listed = |(objective, is_frozen): (&str, bool)| {
        (notice(objective).labels, Listed { updated_at: clock::wall(), is_frozen })
    };
    let client = Lists { alert: alert.map(listed), refusal, posted: RefCell::default() };
    let delivered = Instruments::new(&["http://am".to_owned()], 0, "2026a", Timestamp::from_ms(0))
        .unwrap()
        .delivered
        .remove(0);
    let mut endpoint = Endpoint::new(client, Arc::default(), delivered);
    endpoint.deliver_all(vec![uncertain, notice("certain")]);
    let posted = endpoint.client.posted.borrow();
    let names = posted.iter().map(|notice| notice.labels["objective"].to_string());
    (names.collect(), endpoint.pending.lock().len())
}

#[test]
fn uncertain_notices_are_left_to_an_instance_with_current_data() {
    let both = vec!["uncertain".to_owned(), "certain".to_owned()];
    let certain = vec!["certain".to_owned()];
    assert_eq!(posted(None, None), (certain.clone(), 0), "another instance resolved it");
    assert_eq!(
        posted(Some(("uncertain", false)), None),
        (certain.clone(), 0),
        "another instance sends it"
    );
    assert_eq!(
        posted(Some(("uncertain", true)), None),
        (both.clone(), 0),
        "no instance is certain"
    );
    let away = || RequestOutcome::Later("away".to_owned(), None);
    assert_eq!(
        posted(None, Some(away)),
        (certain, 1),
        "it waits until the Alertmanager lists its alerts"
    );
    let refuses = || RequestOutcome::Misconfigured("no".to_owned());
    assert_eq!(posted(None, Some(refuses)), (both, 0), "sent twice rather than not at all");
}

#[test]
fn a_redirect_is_not_followed_and_credentials_go_nowhere_else() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "planted").unwrap();
    for code in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (elsewhere, received_elsewhere) = answers(|_| "200 OK".to_owned());
        let location = format!("{code}\r\nLocation: {elsewhere}/api/v2/alerts");
        let (url, received) = answers(move |_| location.clone());
        let credentials = Some(crate::config::Credentials::Token {
            scheme: "Bearer".to_owned(),
            credentials_file: secret.path().to_owned(),
        });
        let http = HttpClient { credentials, ..HttpClient::default() };
        let alertmanager = alertmanager(&url, http);
        let mut endpoint = endpoint(url);
        endpoint.client = Client::new(&alertmanager, &endpoint.delivered).unwrap();
        let retry = DeliveryResult::Retry(Some(MISCONFIGURED_DELAY));
        assert_eq!(endpoint.deliver(batch(1)), retry, "{code}");
        assert_eq!(received.try_iter().count(), 1, "{code}");
        assert_eq!(
            received_elsewhere.try_iter().count(),
            0,
            "{code}: the other address gets no request and no credentials"
        );
        assert_eq!(endpoint.pending.lock().len(), 1, "{code}: it waits");
    }
}
