//! Metric families and their labels, before they are printed.

use std::collections::BTreeMap;

use prometheus::proto::{
    Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType, Quantile, Summary,
};

use crate::measure::{Basis, Measure};

/// Metric families by name.
#[derive(Default)]
pub(super) struct MetricFamilies(BTreeMap<&'static str, MetricFamily>);

/// Said in the help of families with a series for everything, so that nobody counts tickets twice.
pub(super) const NOT_IN_SUMS: &str =
    "Leave team _all, the whole organisation, out of sums over teams.";

/// The name and the value of a label.
pub(super) type Label<'a> = (&'static str, &'a str);

/// Labels of one series, in the order in which they are printed.
pub(super) type MetricLabels<'a> = &'a [Label<'a>];

/// The labels of a measure's series.
#[derive(Clone, Copy)]
pub(super) struct MeasureLabels<'a> {
    pub(super) team: &'a str,
    pub(super) measure: Measure,
    pub(super) basis: Basis,
}

impl<'a> MeasureLabels<'a> {
    pub(super) fn pairs(self) -> [Label<'a>; 3] {
        [("team", self.team), ("measure", self.measure.label()), ("basis", self.basis.label())]
    }

    /// With the length of a window.
    pub(super) fn with_window(self, window: &'a str) -> [Label<'a>; 4] {
        let [team, measure, basis] = self.pairs();
        [team, measure, ("window", window), basis]
    }

    /// With the length of a window and one more label, such as a reason.
    pub(super) fn with_window_and(self, window: &'a str, more: Label<'a>) -> [Label<'a>; 5] {
        let [team, measure, basis] = self.pairs();
        [team, measure, ("window", window), more, basis]
    }
}

/// The labels of an objective's series.
#[derive(Clone, Copy)]
pub(super) struct ObjectiveLabels<'a> {
    pub(super) team: &'a str,
    pub(super) objective: &'a str,
}

impl<'a> ObjectiveLabels<'a> {
    pub(super) fn pairs(self) -> [Label<'a>; 2] {
        [("team", self.team), ("objective", self.objective)]
    }
}

impl MetricFamilies {
    pub(super) fn add(&mut self, name: &'static str, help: &str, kind: MetricType, metric: Metric) {
        let family = self.0.entry(name).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(format!("vaste_{name}"));
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        family.mut_metric().push(metric);
    }

    pub(super) fn gauge(
        &mut self,
        name: &'static str,
        help: &str,
        labels: MetricLabels<'_>,
        value: f64,
    ) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = labelled(labels);
        metric.set_gauge(gauge);
        self.add(name, help, MetricType::GAUGE, metric);
    }

    /// A gauge whose teams include the whole organisation.
    pub(super) fn gauge_by_team(
        &mut self,
        name: &'static str,
        help: &str,
        labels: MetricLabels<'_>,
        value: f64,
    ) {
        self.gauge(name, &format!("{help} {NOT_IN_SUMS}"), labels, value);
    }

    /// Ranks of quantiles with their values, whose teams include the whole organisation. Nothing without a
    /// value. A summary, since other types must not have the label `quantile`.
    pub(super) fn quantiles_by_team(
        &mut self,
        name: &'static str,
        help: &str,
        labels: MetricLabels<'_>,
        values: impl Iterator<Item = (f64, f64)>,
    ) {
        let quantile = |(rank, value)| {
            let mut quantile = Quantile::default();
            quantile.set_quantile(rank);
            quantile.set_value(value);
            quantile
        };
        let quantiles: Vec<Quantile> = values.map(quantile).collect();
        if quantiles.is_empty() {
            return;
        }
        let mut summary = Summary::default();
        summary.set_quantile(quantiles);
        let mut metric = labelled(labels);
        metric.set_summary(summary);
        self.add(name, &format!("{help} {NOT_IN_SUMS}"), MetricType::SUMMARY, metric);
    }

    pub(super) fn counter(
        &mut self,
        name: &'static str,
        help: &str,
        labels: MetricLabels<'_>,
        value: u64,
    ) {
        let mut counter = Counter::default();
        counter.set_value(count(value));
        let mut metric = labelled(labels);
        metric.set_counter(counter);
        self.add(name, help, MetricType::COUNTER, metric);
    }

    /// All families, sorted by name.
    pub(super) fn into_sorted(self) -> Vec<MetricFamily> {
        self.0.into_values().collect()
    }
}

/// A metric with labels and without a value.
pub(super) fn labelled(labels: MetricLabels<'_>) -> Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}

/// A count as a sample value.
#[expect(clippy::cast_precision_loss, reason = "Prometheus values are floats; exact up to 2^53")]
pub(super) fn count(value: u64) -> f64 {
    value as f64
}

/// 1 for true, 0 for false.
pub(super) fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}
