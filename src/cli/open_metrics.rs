//! Metrics of the past as OpenMetrics text, which `promtool tsdb create-blocks-from openmetrics` imports.
//!
//! Source of the format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Samples of one family
//! stand together, those of one series in order of time, so everything is kept until the end: 16 bytes a
//! sample.

use std::collections::BTreeMap;
use std::io::{self, Write};

use prometheus::proto::{LabelPair, MetricFamily};

use crate::exposition::MetricFormat;
use crate::time::Timestamp;

/// The metrics of several instants.
pub(super) struct OpenMetrics {
    /// Labels that come first in every series, as a scrape of Prometheus would add them.
    target: [LabelPair; 2],
    /// Families by name.
    families: BTreeMap<String, PastFamily>,
}

/// One family over time.
struct PastFamily {
    /// Its help and its type.
    head: String,
    /// Samples by their series.
    series: BTreeMap<String, Vec<(Timestamp, f64)>>,
}

const FORMAT: MetricFormat = MetricFormat::OpenMetrics;

impl OpenMetrics {
    /// No metrics yet. `job` is the name of the scrape job whose past they are.
    pub(super) fn new(job: &str) -> Self {
        let target = [("job", job), ("instance", "replay")].map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.to_owned());
            pair
        });
        Self { target, families: BTreeMap::new() }
    }

    /// Adds the metrics of an instant, which is after the previous one.
    pub(super) fn add(&mut self, at: Timestamp, families: &[MetricFamily]) {
        for family in families {
            let past = || PastFamily { head: FORMAT.head(family), series: BTreeMap::new() };
            let kept = self.families.entry(family.name().to_owned()).or_insert_with(past);
            for metric in family.get_metric() {
                let mut metric = metric.clone();
                let own = metric.take_label();
                metric.set_label(self.target.iter().cloned().chain(own).collect());
                FORMAT.each_sample(family, &metric, &mut |series, value| {
                    // Most instants have the series already.
                    match kept.series.get_mut(series) {
                        Some(samples) => samples.push((at, value)),
                        None => {
                            kept.series.insert(series.to_owned(), vec![(at, value)]);
                        }
                    }
                });
            }
        }
    }

    /// Prints everything.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for family in self.families.values() {
            out.write_all(family.head.as_bytes())?;
            for (series, samples) in &family.series {
                for (at, value) in samples {
                    let (seconds, ms) = (at.ms().div_euclid(1_000), at.ms().rem_euclid(1_000));
                    writeln!(out, "{series} {value} {seconds}.{ms:03}")?;
                }
            }
        }
        out.write_all(FORMAT.end().as_bytes())
    }
}
