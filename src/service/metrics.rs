//! The picture as Prometheus text: names, types and labels are an interface.

use std::collections::BTreeMap;

use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use super::clock;
use super::instruments::Instruments;
use super::picture::Picture;
use crate::agreement::{Level, Objective, State};
use crate::event::{Kind, Reason, Skip};
use crate::measure::Measure;
use crate::name::team_label;
use crate::reading::{Reading, Seconds, Verdict};
use crate::rules::Rules;
use crate::share::Share;
use crate::ticket::GivenUp;
use crate::time::{Elapsed, Timestamp};
use crate::window::Waited;

/// The content type of the text format.
pub(super) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All families as text.
pub(super) fn text(
    picture: &Picture,
    instruments: &Instruments,
) -> Result<String, prometheus::Error> {
    let began = clock::instant();
    let mut families = Families::default();
    // Before it has read the topic once, windows would show what is only not read yet.
    if picture.caught_up_at.is_some() {
        windows(picture, &mut families);
        given_up(picture, &mut families);
    }
    objectives(picture, &mut families);
    stream(picture, &mut families);
    state(picture, &mut families);
    alerts(picture, &mut families);
    let mut all = families.finish();
    instruments.collect_duration.set(began.elapsed().as_secs_f64());
    all.extend(instruments.registry.gather());
    all.extend(prometheus::gather());
    TextEncoder::new().encode_to_string(&all)
}

/// Families being filled, each once, by name.
#[derive(Default)]
struct Families(BTreeMap<&'static str, MetricFamily>);

type Labels<'a> = &'a [(&'static str, &'a str)];

impl Families {
    fn add(&mut self, name: &'static str, help: &str, kind: MetricType, metric: Metric) {
        let family = self.0.entry(name).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(format!("vaste_{name}"));
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        family.mut_metric().push(metric);
    }

    fn gauge(&mut self, name: &'static str, help: &str, labels: Labels<'_>, value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = labelled(labels);
        metric.set_gauge(gauge);
        self.add(name, help, MetricType::GAUGE, metric);
    }

    fn counter(&mut self, name: &'static str, help: &str, labels: Labels<'_>, value: u64) {
        let mut counter = Counter::default();
        counter.set_value(count(value));
        let mut metric = labelled(labels);
        metric.set_counter(counter);
        self.add(name, help, MetricType::COUNTER, metric);
    }

    fn finish(self) -> Vec<MetricFamily> {
        self.0.into_values().collect()
    }
}

fn labelled(labels: Labels<'_>) -> Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats; exact to 2^53")]
fn count(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
fn seconds_of_ms(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

fn seconds(Seconds(elapsed): Seconds) -> f64 {
    seconds_of_ms(elapsed.ms())
}

fn unix(at: Timestamp) -> f64 {
    seconds_of_ms(at.ms())
}

fn yes(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn windows(picture: &Picture, families: &mut Families) {
    let by_key: BTreeMap<_, &Reading> = picture
        .readings
        .iter()
        .map(|reading| ((reading.team.as_deref(), reading.measure, reading.window), reading))
        .collect();
    let rules = &picture.rules;
    for slot in rules.reading_slots() {
        let team = rules.slot_name(slot);
        for &measure in rules.measures() {
            let mut waiting = None;
            for &window in rules.windows() {
                let reading = by_key.get(&(team, measure, window)).copied();
                waiting = waiting.or(reading);
                window_gauges(team_label(team), measure, window, reading, families);
            }
            let labels =
                [("team", team_label(team)), ("measure", measure.label()), ("basis", "calendar")];
            families.gauge(
                "waiting_tickets",
                "Open tickets still waiting for this response.",
                &labels,
                waiting.map_or(0.0, |reading| count(reading.waiting)),
            );
            if let Some(since) = waiting.and_then(|reading| reading.oldest_waiting_since) {
                families.gauge(
                    "waiting_oldest_start_timestamp_seconds",
                    "Unix time at which the longest waiting open ticket started to wait. Absent while none \
                     waits.",
                    &labels,
                    unix(since),
                );
            }
        }
    }
}

fn given_up(picture: &Picture, families: &mut Families) {
    for (slot, measure, window, by_reason) in &picture.given_up {
        let window = window.to_string();
        for (reason, tickets) in GivenUp::ALL.into_iter().zip(by_reason) {
            families.gauge(
                "window_given_up_tickets",
                "Tickets that ended unanswered in the rolling window: solved, closed, merged, deleted, spam.",
                &[
                    ("team", team_label(picture.rules.slot_name(*slot))),
                    ("measure", measure.label()),
                    ("window", &window),
                    ("reason", reason.label()),
                    ("basis", "calendar"),
                ],
                count(*tickets),
            );
        }
    }
}

/// The gauges of one window; an empty one has its count alone.
fn window_gauges(
    team: &str,
    measure: Measure,
    window: Elapsed,
    reading: Option<&Reading>,
    families: &mut Families,
) {
    let window = window.to_string();
    let base = [
        ("team", team),
        ("measure", measure.label()),
        ("window", window.as_str()),
        ("basis", "calendar"),
    ];
    families.gauge(
        "window_tickets",
        "Tickets answered in the rolling window.",
        &base,
        reading.map_or(0.0, |reading| count(reading.answered)),
    );
    let Some(reading) = reading else { return };
    if let Some(mean) = reading.mean {
        families.gauge(
            "window_response_mean_seconds",
            "Mean response time of tickets answered in the rolling window. Absent while the window holds \
             none.",
            &base,
            seconds(mean),
        );
    }
    let (q, w) = (reading.q, reading.q_with_waiting);
    for (name, answered, waited) in [
        ("0.5", q.p50, w.p50),
        ("0.9", q.p90, w.p90),
        ("0.95", q.p95, w.p95),
        ("0.99", q.p99, w.p99),
    ] {
        let labels = [base[0], base[1], base[2], ("q", name), base[3]];
        if let Some(answered) = answered {
            families.gauge(
                "window_response_seconds",
                "Response time quantile of tickets answered in the rolling window. Absent while the window \
                 holds none.",
                &labels,
                seconds(answered),
            );
        }
        if let Waited::Value(elapsed) = waited {
            families.gauge(
                "window_wait_seconds",
                "Response time quantile with those still waiting counted as such (Kaplan-Meier). Absent \
                 where the curve does not reach it.",
                &labels,
                seconds(Seconds(elapsed)),
            );
        }
    }
}

fn objectives(picture: &Picture, families: &mut Families) {
    let overdue = picture.overdue.iter();
    let lines = picture.rules.objectives().zip(&picture.verdicts).zip(overdue);
    for (((_, _, objective), verdict), (overdue, due_soon)) in lines {
        let labels =
            [("team", team_label(verdict.team.as_deref())), ("objective", &*verdict.objective)];
        info(objective, &labels, families);
        let mut gauge = |name, help, value| families.gauge(name, help, &labels, value);
        gauge(
            "waiting_overdue_tickets",
            "Open tickets already waiting longer than the objective allows.",
            count(*overdue),
        );
        gauge(
            "waiting_due_soon_tickets",
            "Open tickets that have used at least 80 percent of the time the objective allows.",
            count(*due_soon),
        );
        gauge(
            "objective_target_seconds",
            "Agreed response time.",
            seconds(Seconds(objective.target(None))),
        );
        gauge(
            "objective_window_seconds",
            "Length of the agreed rolling window.",
            seconds(Seconds(objective.over)),
        );
        gauge(
            "objective_tickets",
            "Decided tickets in the objective window.",
            count(verdict.decided),
        );
        gauge(
            "objective_missed_tickets",
            "Decided tickets in the objective window that missed the threshold.",
            count(verdict.missed),
        );
        gauge(
            "objective_behind_market",
            "1 when the share within what others achieve is below the agreed share.",
            yes(verdict.behind_market),
        );
        if verdict.decided > 0 {
            let met = count(verdict.decided - verdict.missed);
            gauge(
                "objective_compliance_ratio",
                "Share of decided tickets that met the threshold. Absent while there are none.",
                met / count(verdict.decided),
            );
        }
        share(objective, verdict, &labels, families);
        states(verdict.state, &labels, families);
    }
}

/// What was agreed, as labels.
fn info(objective: &Objective, labels: &[(&'static str, &str); 2], families: &mut Families) {
    let (window, threshold) = (objective.over.to_string(), objective.target(None).to_string());
    families.gauge(
        "objective_info",
        "What was agreed, as labels; always 1.",
        &[
            labels[0],
            labels[1],
            ("measure", objective.measure.label()),
            ("window", &window),
            ("threshold", &threshold),
            ("severity", &objective.alerts.missed.severity),
        ],
        1.0,
    );
}

/// What only an objective with a share has.
fn share(
    objective: &Objective,
    verdict: &Verdict,
    labels: &[(&'static str, &str); 2],
    families: &mut Families,
) {
    let Level::Within { share, min_tickets, .. } = &objective.level else { return };
    let agreed = f64::from(share.basis_points()) / f64::from(Share::WHOLE_BP);
    families.gauge(
        "objective_agreed_share_ratio",
        "Share of tickets that must be within target.",
        labels,
        agreed,
    );
    families.gauge(
        "objective_minimum_tickets",
        "Decided tickets needed before a verdict is given.",
        labels,
        count(*min_tickets),
    );
    let budget = (1.0 - agreed) * count(verdict.decided);
    if budget > 0.0 {
        families.gauge(
            "objective_error_budget_remaining_ratio",
            "Unspent share of the error budget; negative when overspent. Absent while there are no tickets.",
            labels,
            1.0 - count(verdict.missed) / budget,
        );
    }
}

fn states(state: State, labels: &[(&'static str, &str); 2], families: &mut Families) {
    for other in [
        State::Met,
        State::AtRisk,
        State::Missed,
        State::InsufficientData,
        State::Frozen,
        State::NotAgreed,
    ] {
        families.gauge(
            "objective_state",
            "1 for the state the objective is in, 0 for the others: met, at_risk, missed, \
             insufficient_data, frozen, not_agreed.",
            &[labels[0], labels[1], ("state", other.label())],
            yes(other == state),
        );
    }
}

/// Those that are pending or firing, or frozen while one of both.
fn alerts(picture: &Picture, families: &mut Families) {
    for alert in picture.alerts.iter().filter(|alert| alert.status().is_active()) {
        let (owner, objective) = picture.rules.objective(alert.objective);
        let state = if alert.frozen_since().is_some() { "frozen" } else { alert.status().label() };
        families.gauge(
            "alerts",
            "Alerts held by this instance; 1 for each, by state: pending, firing, frozen.",
            &[
                ("team", team_label(picture.rules.slot_name(owner))),
                ("objective", &objective.name),
                ("alertname", alert.kind.label()),
                ("severity", &alert.policy.severity),
                ("state", state),
            ],
            1.0,
        );
    }
}

fn stream(picture: &Picture, families: &mut Families) {
    let stream = &picture.stream;
    for (partition, progress) in &stream.partitions {
        let partition = partition.to_string();
        let labels = [("topic", stream.topic.as_str()), ("partition", partition.as_str())];
        families.counter(
            "kafka_records_consumed_total",
            "Records taken from Kafka since start, replays included.",
            &labels,
            progress.records,
        );
        families.counter(
            "kafka_bytes_consumed_total",
            "Bytes of keys and values taken from Kafka since start.",
            &labels,
            progress.bytes,
        );
        if let Some(end) = progress.end {
            families.gauge(
                "kafka_consumer_lag_records",
                "Records between the partition high watermark and the next record to apply.",
                &labels,
                count((end - progress.position).max(0).unsigned_abs()),
            );
        }
        if let Some(at) = progress.event_time_max {
            let help = "Latest accepted event time of this partition.";
            families.gauge("event_time_max_timestamp_seconds", help, &labels, unix(at));
        }
        if let Some(at) = progress.applied_at {
            let help = "Unix time at which the last record of this partition was applied.";
            families.gauge("last_record_applied_timestamp_seconds", help, &labels, unix(at));
        }
    }
    families.gauge(
        "kafka_assigned_partitions",
        "Partitions assigned to this instance.",
        &[("topic", stream.topic.as_str())],
        count(stream.partitions.len() as u64),
    );
    families.counter(
        "kafka_rebalances_total",
        "Rebalances seen since start.",
        &[],
        stream.rebalances,
    );
    for (code, errors) in &stream.errors {
        let help = "Errors reported by the Kafka client.";
        families.counter("kafka_broker_errors_total", help, &[("code", code.as_str())], *errors);
    }
    families.gauge(
        "kafka_fetch_queue_bytes",
        "Bytes prefetched by the Kafka client and not yet taken.",
        &[],
        count(stream.fetched_bytes),
    );
    outcomes(picture, families);
}

fn outcomes(picture: &Picture, families: &mut Families) {
    let stream = &picture.stream;
    for kind in Kind::ALL {
        families.counter(
            "records_applied_total",
            "Records that changed state.",
            &[("type", kind.label())],
            stream.applied.get(&kind).copied().unwrap_or(0),
        );
    }
    families.counter(
        "records_duplicate_total",
        "Records that were there already.",
        &[],
        stream.outcomes.duplicate,
    );
    for skip in Skip::ALL {
        families.counter(
            "records_skipped_total",
            "Valid records left out: unknown_type, too_old, tombstone, ticket_full, conflicting.",
            &[("reason", skip.label())],
            stream.outcomes.skipped(skip),
        );
    }
    for reason in Reason::ALL {
        families.counter(
            "records_rejected_total",
            "Records refused: malformed, too_large, bad_schema, bad_timestamp, future, too_old, bad_team, \
             bad_id, unsupported_encoding.",
            &[("reason", reason.label())],
            stream.outcomes.rejected(reason),
        );
    }
    families.counter(
        "key_mismatch_total",
        "Records whose key is not their ticket id.",
        &[],
        stream.key_mismatches,
    );
}

fn state(picture: &Picture, families: &mut Families) {
    let trusted = picture.frozen.is_none();
    if let Some(at) = picture.at {
        families.gauge(
            "view_timestamp_seconds",
            "The instant that all window, waiting and objective values of this scrape are for.",
            &[],
            unix(at),
        );
    }
    families.gauge(
        "ready",
        "1 when caught up and restored so that windows and verdicts can be trusted.",
        &[],
        yes(trusted),
    );
    families.gauge(
        "caught_up",
        "1 when every assigned partition has reached the offset seen at assignment.",
        &[],
        yes(picture.stream.partitions.values().all(|p| p.is_caught_up)),
    );
    if let Some(caught_up) = picture.caught_up_at {
        families.gauge(
            "restore_duration_seconds",
            "Time from start until caught up.",
            &[],
            seconds(Seconds(caught_up.since(picture.started))),
        );
    }
    families.gauge(
        "tickets_tracked",
        "Tickets held in memory.",
        &[("state", "remembered")],
        count(picture.stream.timelines),
    );
    families.gauge(
        "teams_tracked",
        "Teams with their own series.",
        &[],
        count(teams(&picture.rules)),
    );
    families.gauge(
        "build_info",
        "Build of this binary; always 1.",
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("revision", env!("VASTE_BUILD_REVISION")),
            ("rustc", env!("VASTE_BUILD_RUSTC")),
        ],
        1.0,
    );
}

fn teams(rules: &Rules) -> u64 {
    rules.teams().count() as u64
}
