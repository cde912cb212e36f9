//! Metrics of the past as OpenMetrics text, which `promtool tsdb create-blocks-from openmetrics` imports.
//!
//! Source of the format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Samples of one family
//! stand together, those of one series in order of time, so everything is kept until the end: 16 bytes a
//! sample.

use std::collections::BTreeMap;
use std::io::{self, Write};

use prometheus::proto::{LabelPair, MetricFamily};

use crate::time::Timestamp;

/// The metrics of several instants.
pub(super) struct OpenMetrics {
    /// Labels that come first in every series, as a scrape of Prometheus would add them.
    target: String,
    families: BTreeMap<String, Family>,
}

/// One family of gauges.
#[derive(Default)]
struct Family {
    help: String,
    /// Samples by the text of their labels.
    series: BTreeMap<String, Vec<(Timestamp, f64)>>,
}

impl OpenMetrics {
    /// No metrics yet. `job` is the name of the scrape job whose past they are.
    pub(super) fn new(job: &str) -> Self {
        let target = format!("job=\"{}\",instance=\"replay\"", escaped(job));
        Self { target, families: BTreeMap::new() }
    }

    /// Adds the gauges of an instant, which is after the previous one.
    pub(super) fn add(&mut self, at: Timestamp, families: &[MetricFamily]) {
        for family in families {
            let kept = self.families.entry(family.name().to_owned()).or_default();
            if kept.help.is_empty() {
                family.help().clone_into(&mut kept.help);
            }
            for metric in family.get_metric() {
                let pair =
                    |label: &LabelPair| format!(",{}=\"{}\"", label.name(), escaped(label.value()));
                let own: String = metric.get_label().iter().map(pair).collect();
                let labels = format!("{}{own}", self.target);
                let sample = (at, metric.get_gauge().get_value());
                kept.series.entry(labels).or_default().push(sample);
            }
        }
    }

    /// Prints everything.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for (name, family) in &self.families {
            // Of every reason for giving up there is a series for each team, measure and window. Those that
            // are always 0 would be half of the text, and tell nothing.
            let is_told = |samples: &[(Timestamp, f64)]| {
                name != "vaste_window_given_up_tickets"
                    || samples.iter().any(|(_, value)| *value > 0.0)
            };
            writeln!(out, "# TYPE {name} gauge\n# HELP {name} {}", escaped(&family.help))?;
            for (labels, samples) in family.series.iter().filter(|(_, samples)| is_told(samples)) {
                for (at, value) in samples {
                    let (seconds, ms) = (at.ms().div_euclid(1_000), at.ms().rem_euclid(1_000));
                    writeln!(out, "{name}{{{labels}}} {value} {seconds}.{ms:03}")?;
                }
            }
        }
        writeln!(out, "# EOF")
    }
}

/// A text with what ends a quoted text or a line escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
