//! State that survives restarts, and the readiness of the service.

use prometheus::proto::{Bucket, Histogram, MetricType};

use super::families::{MeasureLabels, MetricFamilies, NOT_IN_SUMS, count, flag, labelled};
use crate::name::team_label;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::instruments::Instruments;
use crate::time::Elapsed;

/// Response times as counters and histograms. Unlike windows, they can be summed over teams.
pub(super) fn responses(
    published: &PublishedView,
    instruments: &Instruments,
    scraper: Option<&str>,
    families: &mut MetricFamilies,
) {
    // Prometheus would take a count that starts at 0 and jumps to what the checkpoint has for new samples.
    let Some(mut responses) = published.responses.as_ref() else { return };
    // It takes no increase from the first value that it sees, so that must not have anything new.
    if let Some(at_first) = &published.responses_at_first
        && scraper.is_some_and(|scraper| instruments.scrapers.is_first(scraper))
    {
        responses = at_first;
    }
    for (scope, measure, counted) in responses.iter() {
        let team = team_label(published.catalog.scope_name(scope));
        let labels = MeasureLabels { team, measure, basis: counted.basis }.pairs();
        let help = "Responses applied to the windows, each once, restored from the checkpoint.";
        families.counter(
            "responses_total",
            &format!("{help} {NOT_IN_SUMS}"),
            &labels,
            counted.total(),
        );
        let mut below = 0;
        let bucket = |(bound, own): (&Elapsed, &u64)| {
            below += own;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(measure.amount(*bound).as_f64());
            bucket.set_cumulative_count(below);
            bucket
        };
        let mut histogram = Histogram::default();
        histogram.set_bucket(counted.bounds.iter().zip(&counted.counts).map(bucket).collect());
        histogram.set_sample_count(counted.total());
        let sum = measure.amount(Elapsed::from_ms(counted.sum_ms));
        histogram.set_sample_sum(sum.as_f64());
        let mut metric = labelled(&labels);
        metric.set_histogram(histogram);
        let help =
            "Response times, each once, with a bucket at every configured objective threshold.";
        families.add(
            "response_duration_seconds",
            &format!("{help} {NOT_IN_SUMS}"),
            MetricType::HISTOGRAM,
            metric,
        );
    }
}

/// Where the known history starts, tombstones of evicted tickets, checkpoints and dead letters.
pub(super) fn history(published: &PublishedView, families: &mut MetricFamilies) {
    let stream = &published.stream;
    let (mut replayed, mut evicted, mut stubs) = (0, 0, 0);
    for (partition, progress) in &stream.partitions {
        replayed += progress.replayed;
        evicted += progress.stubs_evicted;
        stubs += progress.stubs;
        let Some(from) = progress.history_from else { continue };
        families.gauge(
            "history_start_timestamp_seconds",
            "Unix time from which on the history of this partition is whole. Absent where it always was.",
            &[("topic", stream.topic.as_str()), ("partition", &partition.to_string())],
            from.unix_seconds(),
        );
    }
    for (state, tickets) in [("remembered", stream.timelines()), ("forgotten", stubs)] {
        let help = "Tickets held in memory.";
        families.gauge("tickets_tracked", help, &[("state", state)], count(tickets));
    }
    let forgotten = stream.partitions.values().map(|progress| progress.stub_bytes).sum();
    families.gauge(
        "state_bytes",
        "Estimated memory held by state.",
        &[("kind", "forgotten")],
        count(forgotten),
    );
    families.gauge(
        "tickets_split",
        "Tickets whose events came in more than one partition; left out of the counts.",
        &[],
        count(published.tickets_split),
    );
    families.gauge(
        "restore_records_replayed",
        "Records replayed after the last restore.",
        &[],
        count(replayed),
    );
    families.counter(
        "state_evictions_total",
        "Entries dropped because a limit was reached.",
        &[("kind", "forgotten")],
        evicted,
    );
    families.counter(
        "kafka_commit_failures_total",
        "Failed offset commits.",
        &[],
        stream.commit_failures,
    );
    let Some(letters) = stream.dead_letters else { return };
    for (result, letters) in [("written", letters.written), ("lost", letters.lost)] {
        let help = "Rejected records written to, or lost on the way to, the dead letter topic.";
        families.counter("dead_letters_total", help, &[("result", result)], letters);
    }
}

/// Whether verdicts can be trusted, and which build runs.
pub(super) fn readiness(
    published: &PublishedView,
    instruments: &Instruments,
    families: &mut MetricFamilies,
) {
    let is_ready = published.frozen.is_none();
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
        flag(is_ready),
    );
    families.gauge(
        "caught_up",
        "1 when every assigned partition has reached the offset seen at assignment.",
        &[],
        flag(published.stream.partitions.values().all(|p| p.is_caught_up)),
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
        count(published.catalog.teams().count() as u64),
    );
    families.gauge(
        "build_info",
        "Build of this binary; always 1.",
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("revision", env!("VASTE_BUILD_REVISION")),
            ("rustc", env!("VASTE_BUILD_RUSTC")),
            ("tzdata", &instruments.config.tzdata()),
        ],
        1.0,
    );
}
