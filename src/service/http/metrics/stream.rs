//! Kafka and the outcomes of records.

use super::families::{MetricFamilies, count, flag};
use crate::event::{Kind, OptionalField, Reason, Skip};
use crate::service::coordinator::published_view::PublishedView;
use crate::service::kafka::status::MismatchedTimes;

/// The consumer: progress by partition, rebalances, errors.
pub(super) fn stream(published: &PublishedView, families: &mut MetricFamilies) {
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
        if let Some(lag) = progress.lag() {
            families.gauge(
                "kafka_consumer_lag_records",
                "Records between the partition high watermark and the next record to apply.",
                &labels,
                count(lag),
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
    client(published, families);
    outcomes(published, families);
}

/// The client: its assignment and errors.
fn client(published: &PublishedView, families: &mut MetricFamilies) {
    let stream = &published.stream;
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
    // A gap in the records is not an error of the client. It is counted here, where operators look.
    let gaps = (stream.gaps > 0).then_some(("HistoryGap", stream.gaps));
    let errors = stream.errors.iter().map(|(code, errors)| (code.as_str(), *errors));
    for (code, errors) in errors.chain(gaps) {
        let help = "Errors reported by the Kafka client.";
        families.counter("kafka_broker_errors_total", help, &[("code", code)], errors);
    }
    if let Some(is_compacted) = published.topic.is_compacted {
        families.gauge(
            "kafka_topic_compacted",
            "1 when the topic keeps only the latest record of each key, so that history is lost.",
            &[("topic", stream.topic.as_str())],
            flag(is_compacted),
        );
    }
    families.gauge(
        "kafka_fetch_queue_bytes",
        "Bytes prefetched by the Kafka client and not yet taken.",
        &[],
        count(stream.fetched_bytes),
    );
}

/// The outcomes of records.
fn outcomes(published: &PublishedView, families: &mut MetricFamilies) {
    let stream = &published.stream;
    for kind in Kind::ALL {
        families.counter(
            "records_applied_total",
            "Records that changed state; one of which kafka.map makes several events counts for each.",
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
            "Valid records left out: unknown_type, too_old, tombstone, ticket_full, conflicting, no_event.",
            &[("reason", skip.label())],
            stream.outcomes.skipped(skip),
        );
    }
    for reason in Reason::ALL {
        families.counter(
            "records_rejected_total",
            "Records refused: malformed, too_large, bad_schema, bad_timestamp, future, too_old, bad_team, \
             bad_id, unsupported_encoding, filter_failed.",
            &[("reason", reason.label())],
            stream.outcomes.rejected(reason),
        );
    }
    for field in OptionalField::ALL {
        families.counter(
            "fields_ignored_total",
            "Values that cannot be read, left out of events that count.",
            &[("field", field.label())],
            stream.outcomes.ignored(field),
        );
    }
    families.counter(
        "key_mismatch_total",
        "Records whose key is not their ticket id.",
        &[],
        stream.key_mismatches,
    );
    families.counter(
        "undeclared_team_events_total",
        "Applied events of teams without an agreement; their tickets are unclaimed.",
        &[],
        stream.undeclared_team_events,
    );
    let MismatchedTimes { event, record } = stream.mismatched_times;
    for (fault, events) in [("event", event), ("record", record)] {
        families.counter(
            "mismatched_times_total",
            "Events more than 5 minutes after their record's CreateTime: the event's time is ahead of the \
             clock, or the record's is too early.",
            &[("fault", fault)],
            events,
        );
    }
}
