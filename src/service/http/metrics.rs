//! The picture as Prometheus text: names, types and labels are an interface.

use std::collections::BTreeMap;

use prometheus::TextEncoder;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::catalog::Catalog;
use crate::event::{Kind, Reason, Skip};
use crate::service::clock;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::instruments::Instruments;

mod market;
mod state;
#[cfg(test)]
mod tests;
mod windows;

/// The content type of the text format.
pub(super) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All families as text.
pub(super) fn text(
    published: &PublishedView,
    instruments: &Instruments,
) -> Result<String, prometheus::Error> {
    let began = clock::instant();
    let mut families = MetricFamilies::default();
    // Before it has read the topic once, windows would show what is only not read yet.
    if published.caught_up_at.is_some() {
        windows::windows(published, &mut families);
        windows::given_up(published, &mut families);
        market::ratings(published, &mut families);
    }
    state::responses(published, &mut families);
    state::history(published, &mut families);
    windows::objectives(published, &mut families);
    stream(published, &mut families);
    state(published, &mut families);
    windows::alerts(published, &mut families);
    let mut all = families.finish();
    instruments.collect_duration.set(began.elapsed().as_secs_f64());
    all.extend(instruments.registry.gather());
    all.extend(prometheus::gather());
    TextEncoder::new().encode_to_string(&all)
}

/// Families being filled, each once, by name.
#[derive(Default)]
struct MetricFamilies(BTreeMap<&'static str, MetricFamily>);

type MetricLabels<'a> = &'a [(&'static str, &'a str)];

impl MetricFamilies {
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

    fn gauge(&mut self, name: &'static str, help: &str, labels: MetricLabels<'_>, value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = labelled(labels);
        metric.set_gauge(gauge);
        self.add(name, help, MetricType::GAUGE, metric);
    }

    fn counter(&mut self, name: &'static str, help: &str, labels: MetricLabels<'_>, value: u64) {
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

fn labelled(labels: MetricLabels<'_>) -> Metric {
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

fn yes(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn stream(published: &PublishedView, families: &mut MetricFamilies) {
    let stream = &published.stream;
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
            families.gauge("event_time_max_timestamp_seconds", help, &labels, at.unix_seconds());
        }
        if let Some(at) = progress.applied_at {
            let help = "Unix time at which the last record of this partition was applied.";
            families.gauge(
                "last_record_applied_timestamp_seconds",
                help,
                &labels,
                at.unix_seconds(),
            );
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
    // That records are gone is no error of the client, but there is no other place to look for it.
    let gaps = (stream.gaps > 0).then_some(("HistoryGap", stream.gaps));
    let errors = stream.errors.iter().map(|(code, errors)| (code.as_str(), *errors));
    for (code, errors) in errors.chain(gaps) {
        let help = "Errors reported by the Kafka client.";
        families.counter("kafka_broker_errors_total", help, &[("code", code)], errors);
    }
    families.gauge(
        "kafka_fetch_queue_bytes",
        "Bytes prefetched by the Kafka client and not yet taken.",
        &[],
        count(stream.fetched_bytes),
    );
    outcomes(published, families);
}

fn outcomes(published: &PublishedView, families: &mut MetricFamilies) {
    let stream = &published.stream;
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

fn state(published: &PublishedView, families: &mut MetricFamilies) {
    let trusted = published.frozen.is_none();
    if let Some(at) = published.at {
        families.gauge(
            "view_timestamp_seconds",
            "The instant that all window, waiting and objective values of this scrape are for.",
            &[],
            at.unix_seconds(),
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
        yes(published.stream.partitions.values().all(|p| p.is_caught_up)),
    );
    if let Some(caught_up) = published.caught_up_at {
        families.gauge(
            "restore_duration_seconds",
            "Time from start until caught up.",
            &[],
            caught_up.since(published.started).seconds(),
        );
    }
    families.gauge(
        "teams_tracked",
        "Teams with their own series.",
        &[],
        count(teams(&published.catalog)),
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

fn teams(catalog: &Catalog) -> u64 {
    catalog.teams().count() as u64
}
