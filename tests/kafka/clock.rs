//! The machine's clock is wrong for a while. `clock.c` is the clock of the service.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use vaste::time::{DAY_MS, Elapsed, SECOND_MS};

use crate::crash::{producer, publish};
use crate::harness::process::now;
use crate::harness::{Metrics, Service, broker, create_topic, fresh, record, wait_for};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: limit, measure: first_reply, none_over: 2s, alerts: { missed: { for: 0s } } }
";

const WAITING: &str =
    "vaste_waiting_tickets{team=\"billing\",measure=\"first_reply\",basis=\"calendar\"}";

/// The clock of a service.
pub(crate) struct Clock(tempfile::TempDir);

impl Clock {
    pub(crate) fn new(days_ahead: i64) -> Self {
        let clock = Self(tempfile::tempdir().unwrap());
        fs::write(clock.file(), [0; 8]).unwrap();
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([clock.shared_object(), crate::harness::root().join("tests/kafka/clock.c")])
            .status()
            .unwrap();
        assert!(made.success());
        clock.set(days_ahead);
        clock
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("ahead")
    }

    fn shared_object(&self) -> std::path::PathBuf {
        self.0.path().join("clock.so")
    }

    /// Sets how many days it is ahead.
    pub(crate) fn set(&self, days: i64) {
        self.set_ahead(Elapsed::from_ms(days * DAY_MS));
    }

    /// Sets how far it is ahead, in whole seconds.
    pub(crate) fn set_ahead(&self, ahead: Elapsed) {
        // In place: the service has mapped the file.
        let mut file = File::options().write(true).open(self.file()).unwrap();
        file.write_all(&(ahead.ms() / SECOND_MS).to_le_bytes()).unwrap();
    }

    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("LD_PRELOAD", self.shared_object().display().to_string()),
            ("VASTE_TEST_CLOCK", self.file().display().to_string()),
        ]
    }
}

fn kafka(broker: &str, topic: &str) -> String {
    format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    )
}

/// The tickets that wait, once the service is ready.
fn waiting(service: &Service) -> Option<f64> {
    let metrics = Metrics(service.get("/metrics")?);
    metrics.value("vaste_ready").filter(|ready| *ready > 0.5)?;
    metrics.value(WAITING)
}

#[test]
fn a_clock_that_was_ahead_for_seconds_stops_the_reading_for_seconds_only() {
    let Some(broker) = broker() else { return };
    let clock = Clock::new(0);
    let topic = fresh("ahead");
    create_topic(&broker, &topic, 1);
    let mut service =
        Service::start_with_variables(&kafka(&broker, &topic), AGREEMENT, "", &clock.variables());
    service.wait_until_ready();
    let producer = producer(&broker);
    publish(&producer, &topic, &[record(1, "created", "T-1")]);
    wait_for("the first ticket", || (waiting(&service) == Some(1.0)).then_some(()));
    clock.set(1);
    let reason = service.wait_for_reason("clock");
    assert!(reason.contains("has jumped"), "{reason}");
    std::thread::park_timeout(Duration::from_secs(3));
    clock.set(0);
    let began = now();
    service.wait_until_ready();
    publish(&producer, &topic, &[record(2, "created", "T-2")]);
    wait_for("the second ticket", || (waiting(&service) == Some(2.0)).then_some(()));
    let seconds = now().duration_since(began).as_secs_f64();
    println!("read on after {seconds:.1} s");
    assert!(seconds < 15.0, "{seconds} s");
    let began = now();
    assert_eq!(service.stop(), Some(0));
    assert!(now().duration_since(began).as_secs() < 10);
}

#[test]
fn a_clock_that_was_far_ahead_for_minutes_forgets_no_ticket_and_checkpoints_go_on() {
    let Some(broker) = broker() else { return };
    let clock = Clock::new(40);
    let webhook = Webhook::default();
    let Some(alertmanager) = Alertmanager::start(webhook.listen()) else { return };
    let topic = fresh("far-ahead");
    create_topic(&broker, &topic, 1);
    let records: Vec<String> = (0..30).map(|n| record(n, "created", &format!("T-{n}"))).collect();
    publish(&producer(&broker), &topic, &records);
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}]\n\
         state: {{ store: state, checkpoint_every: 0s }}\n",
        alertmanager.port()
    );
    // It starts with the wrong clock, and takes it for right.
    let mut service = Service::start_with_variables(
        &kafka(&broker, &topic),
        AGREEMENT,
        &more,
        &clock.variables(),
    );
    service.wait_until_ready();
    wait_for("the alert", || alertmanager.held().remove("limit"));
    // Long enough for eviction to have considered each ticket, and for a checkpoint.
    std::thread::park_timeout(Duration::from_secs(8));
    clock.set(0);
    service.wait_for_reason("clock");
    let settled = now();
    let patience = Duration::from_secs(100);
    while waiting(&service) != Some(30.0) {
        assert!(now().duration_since(settled) < patience, "{}", service.log());
        std::thread::park_timeout(Duration::from_millis(200));
    }
    assert_eq!(service.logged("was ahead and is"), 1, "{}", service.log());
    let written = "vaste_checkpoint_last_success_timestamp_seconds";
    let right = crate::harness::wall_clock().unix_seconds();
    publish(&producer(&broker), &topic, &[record(90, "created", "T-90")]);
    wait_for("a checkpoint after it", || {
        let at = service.metrics().value(written)?;
        let day = Elapsed::from_ms(DAY_MS).seconds();
        (at >= right - 1.0 && at < right + day).then_some(())
    });
    // A restart restores everything, and the alert goes on with its first time.
    service.kill();
    service.start_again();
    wait_for("all tickets", || (waiting(&service) == Some(31.0)).then_some(()));
    wait_for("the alert to be held", || alertmanager.held().remove("limit"));
    assert_eq!(webhook.counts().get("limit"), Some(&(1, 0)), "one page");
    let history =
        format!("vaste_history_start_timestamp_seconds{{topic=\"{topic}\",partition=\"0\"}}");
    assert_eq!(service.metrics().value(&history), None, "the history is whole");
}
