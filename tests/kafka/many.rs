//! Two thousand teams with six objectives miss at once, while one of two Alertmanagers is down.

use vaste::time::{Elapsed, SECOND_MS, Timestamp};

use crate::crash::{producer, publish};
use crate::harness::process::now;
use crate::harness::{
    Metrics, Service, broker, create_topic, free_port, fresh, wait_for, wall_clock,
};
use crate::notified::Alertmanager;

const TEAMS: usize = 2_000;
const OBJECTIVES: usize = 6;

/// How long the first miss is ahead when the service starts.
const AHEAD_SECONDS: i64 = 40;

#[test]
fn all_alerts_of_two_thousand_teams_are_delivered_in_seconds() {
    let Some(broker) = broker() else { return };
    let Some(alertmanager) = Alertmanager::start_silent() else { return };
    let topic = fresh("many");
    create_topic(&broker, &topic, 2);
    let due = wall_clock().plus(Elapsed::from_ms(AHEAD_SECONDS * SECOND_MS));
    let target = Elapsed::from_ms(3_600 * SECOND_MS);
    let created = due.minus(target);
    let records: Vec<String> = (0..TEAMS)
        .map(|team| {
            format!(
                "{{\"id\":\"{team}\",\"type\":\"ticket.created\",\"time\":\"{created}\",\
                 \"ticket\":\"T-{team}\",\"team\":\"team-{team}\"}}"
            )
        })
        .collect();
    publish(&producer(&broker), &topic, &records);
    let agreements: Vec<String> = (0..TEAMS).map(agreement).collect();
    let kafka = format!(
        "{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic}, \
         properties: {{ group.instance.id: one }} }}"
    );
    let more = format!(
        "alertmanagers: [{{ url: \"http://127.0.0.1:{}\" }}, {{ url: \"http://127.0.0.1:{}\" }}]\n",
        alertmanager.port(),
        free_port()
    );
    let service = Service::start_all(&kafka, &agreements, &more);
    service.wait_until_ready();
    let url = format!("http://127.0.0.1:{}", alertmanager.port());
    let sent = format!("vaste_alertmanager_alerts_sent_total{{alertmanager=\"{url}\"}}");
    // The watchdog is one more.
    #[expect(clippy::cast_precision_loss, reason = "a count of alerts")]
    let all = (TEAMS * OBJECTIVES) as f64;
    let (mut oldest, mut slowest) = (0.0_f64, 0.0_f64);
    let mut scraped = now();
    let delivered = wait_for("all alerts to be delivered", || {
        // A scrape a second is more than any Prometheus asks for.
        if now().duration_since(scraped).as_millis() < 1_000 {
            return None;
        }
        let (asked, asked_at) = (now(), wall_clock());
        scraped = asked;
        let metrics = Metrics(service.get("/metrics")?);
        slowest = slowest.max(now().duration_since(asked).as_secs_f64());
        // A scrape shows the view of the moment at which it was asked for.
        let age = asked_at.unix_seconds() - metrics.value("vaste_view_timestamp_seconds")?;
        if asked_at > due {
            oldest = oldest.max(age);
        }
        (metrics.value(&sent)? >= all).then_some(asked_at)
    });
    let late = delivered.since(Timestamp::from_ms(due.ms())).seconds();
    println!("delivered after {late:.1} s, the view {oldest:.1} s old, a scrape {slowest:.1} s");
    assert!(late <= 5.0, "delivered after {late} s");
    assert!(oldest <= 2.0, "the view is {oldest} s old");
    assert!(slowest <= 5.0, "a scrape takes {slowest} s");
    let dropped = "vaste_alertmanager_alerts_dropped_total";
    let metrics = service.metrics();
    let dropped = metrics.0.lines().filter(|line| line.starts_with(dropped));
    assert!(dropped.clone().all(|line| line.ends_with(" 0")), "{:?}", dropped.collect::<Vec<_>>());
}

/// An agreement whose objectives have one target.
fn agreement(team: usize) -> String {
    let objectives: Vec<String> = (0..OBJECTIVES)
        .map(|number| {
            format!(
                "  - {{ name: o-{number}, measure: first_reply, none_over: 1h, \
                 alerts: {{ missed: {{ for: 0s }} }} }}\n"
            )
        })
        .collect();
    format!("team: team-{team}\nobjectives:\n{}", objectives.concat())
}
