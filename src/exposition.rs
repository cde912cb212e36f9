//! Metric families as text, in the two formats that Prometheus reads.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> (text 0.0.4) and
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/> (OpenMetrics 1.0).
//!
//! # Design
//! `prometheus::TextEncoder` writes the first format only, and gives every summary a sum and a count. Those
//! of a rolling window go down when tickets leave it, which a scraper takes for a restart. OpenMetrics makes
//! both optional, and Prometheus reads either format without them, so summaries have quantiles only.

use std::fmt::{self, Display, Write as _};

use mediatype::{MediaTypeList, ReadParams as _};
use prometheus::proto::{Bucket, LabelPair, Metric, MetricFamily, MetricType};

/// A format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricFormat {
    /// The Prometheus text format, version 0.0.4.
    Text,
    /// OpenMetrics, version 1.0.
    OpenMetrics,
}

impl MetricFormat {
    /// The format that an `Accept` header prefers: OpenMetrics if it is named with at least the weight of the
    /// text format, else text. Wildcards are taken for text, which a person can read as well.
    pub fn preferred(accept: &str) -> Self {
        let weight = |name: &str, versions: &[&str]| {
            let accepted = MediaTypeList::new(accept).flatten().filter(|accepted| {
                let version = accepted.get_param(VERSION);
                accepted.essence().to_string().eq_ignore_ascii_case(name)
                    && version
                        .is_none_or(|version| versions.contains(&version.unquoted_str().as_ref()))
            });
            let weights = accepted.map(|accepted| {
                let weight = accepted.get_param(mediatype::names::Q);
                weight.map_or(1.0, |q| q.as_str().parse().unwrap_or(0.0))
            });
            weights.fold(0.0_f32, f32::max)
        };
        let open = weight("application/openmetrics-text", &["1.0.0"]);
        let text = weight("text/plain", &["0.0.4", "1.0.0"]);
        if open > 0.0 && open >= text { Self::OpenMetrics } else { Self::Text }
    }

    /// The value of the `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// All families, with the line at the end. A family without a metric is left out.
    pub fn write(self, families: &[MetricFamily]) -> String {
        let mut page = String::new();
        for family in families.iter().filter(|family| !family.get_metric().is_empty()) {
            page.push_str(&self.head(family));
            for metric in family.get_metric() {
                self.each_sample(family, metric, &mut |series, value| {
                    page.push_str(series);
                    page.push(' ');
                    push_number(&mut page, value);
                    page.push('\n');
                });
            }
        }
        page.push_str(self.end());
        page
    }

    /// The lines before the samples of a family: its help and its type.
    pub fn head(self, family: &MetricFamily) -> String {
        let kind = match family.get_field_type() {
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            MetricType::SUMMARY => "summary",
            MetricType::UNTYPED => match self {
                Self::Text => "untyped",
                Self::OpenMetrics => "unknown",
            },
        };
        // OpenMetrics names a counter without the suffix of its samples.
        let name = match self {
            Self::OpenMetrics => family.name().strip_suffix("_total").unwrap_or(family.name()),
            Self::Text => family.name(),
        };
        let help = Escaped { text: family.help(), quotes: self == Self::OpenMetrics };
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")
    }

    /// The line after the last family.
    pub const fn end(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::OpenMetrics => "# EOF\n",
        }
    }

    /// Calls `take` with each sample of a metric, in the order in which they are written: its series, which
    /// is the name with its labels, and its value.
    pub fn each_sample(
        self,
        family: &MetricFamily,
        metric: &Metric,
        take: &mut dyn FnMut(&str, f64),
    ) {
        let labels = metric.get_label();
        let mut series = String::new();
        let mut sample = |suffix: &str, more: Option<(&str, &str)>, value: f64| {
            series.clear();
            series.push_str(family.name());
            series.push_str(suffix);
            push_labels(&mut series, labels, more);
            take(&series, value);
        };
        match family.get_field_type() {
            MetricType::COUNTER => sample("", None, metric.get_counter().get_value()),
            MetricType::GAUGE | MetricType::UNTYPED => {
                sample("", None, metric.get_gauge().get_value());
            }
            MetricType::SUMMARY => {
                for quantile in metric.get_summary().get_quantile() {
                    let rank = self.bound(quantile.quantile());
                    sample("", Some(("quantile", &rank)), quantile.value());
                }
            }
            MetricType::HISTOGRAM => {
                let histogram = metric.get_histogram();
                let total = count(histogram.get_sample_count());
                // The last one is written for every histogram.
                let is_finite = |bucket: &&Bucket| bucket.upper_bound().is_finite();
                for bucket in histogram.get_bucket().iter().filter(is_finite) {
                    let bound = self.bound(bucket.upper_bound());
                    sample("_bucket", Some(("le", &bound)), count(bucket.cumulative_count()));
                }
                sample("_bucket", Some(("le", "+Inf")), total);
                sample("_sum", None, histogram.get_sample_sum());
                sample("_count", None, total);
            }
        }
    }

    /// A bound of a bucket or the rank of a quantile. OpenMetrics writes whole numbers with a point, and
    /// large ones with an exponent, as Prometheus 3 does with either format.
    fn bound(self, bound: f64) -> String {
        match self {
            Self::Text => bound.to_string(),
            Self::OpenMetrics if bound.abs() >= 1e6 => {
                let text = format!("{bound:e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                format!("{digits}e+{exponent:0>2}")
            }
            Self::OpenMetrics => format!("{bound:?}"),
        }
    }
}

/// The parameter with the version of a format.
const VERSION: mediatype::Name<'_> = mediatype::Name::new_unchecked("version");

/// Adds labels in braces, if there are any. Writing to a string cannot fail.
fn push_labels(series: &mut String, labels: &[LabelPair], more: Option<(&str, &str)>) {
    let own = labels.iter().map(|label| (label.name(), label.value()));
    let mut mark = '{';
    for (name, value) in own.chain(more) {
        let value = Escaped { text: value, quotes: true };
        let _ = write!(series, "{mark}{name}=\"{value}\"");
        mark = ',';
    }
    if mark == ',' {
        series.push('}');
    }
}

/// A value, as both formats write it.
fn push_number(page: &mut String, value: f64) {
    if value.is_infinite() {
        page.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        let _ = write!(page, "{value}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus values are floats; exact up to 2^53")]
fn count(value: u64) -> f64 {
    value as f64
}

/// A text with line breaks and backslashes escaped, and with quotation marks where they would end it.
struct Escaped<'a> {
    text: &'a str,
    quotes: bool,
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.text.split_inclusive(['\\', '\n', '"']) {
            match part.chars().next_back() {
                Some('\\') => write!(f, "{part}\\")?,
                Some('\n') => write!(f, "{}\\n", part.trim_end_matches('\n'))?,
                Some('"') if self.quotes => write!(f, "{}\\\"", part.trim_end_matches('"'))?,
                Some(_) | None => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus::core::Collector as _;
    use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, Opts};

    use super::*;

    /// What Prometheus 3.7 and 2.42 send, and what a person sends.
    #[test]
    fn the_preferred_format_follows_the_weights() {
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     application/openmetrics-text;version=0.0.1;q=0.5,\
                     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
                     */*;q=0.2";
        let two = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;\
                   q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let text_first =
            "text/plain;version=0.0.4;q=0.6, application/openmetrics-text; version=1.0.0; q=0.5";
        for (accept, format) in [
            (three, MetricFormat::OpenMetrics),
            (two, MetricFormat::OpenMetrics),
            ("Application/OpenMetrics-Text", MetricFormat::OpenMetrics),
            (text_first, MetricFormat::Text),
            ("application/openmetrics-text;version=0.0.1", MetricFormat::Text),
            ("application/openmetrics-text;q=0", MetricFormat::Text),
            ("application/openmetrics-text;q=no", MetricFormat::Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8", MetricFormat::Text),
            ("*/*", MetricFormat::Text),
            ("", MetricFormat::Text),
            (";;,\"", MetricFormat::Text),
        ] {
            assert_eq!(MetricFormat::preferred(accept), format, "{accept}");
        }
    }

    #[test]
    fn a_page_in_each_format() {
        let counter = IntCounter::new("seen_total", "A \\ and a\nbreak and a \"mark\".").unwrap();
        counter.inc_by(3);
        let gauge = Opts::new("wait", "Help.").const_label("team", "a\"b\\c\nd");
        let gauge = Gauge::with_opts(gauge).unwrap();
        gauge.set(f64::INFINITY);
        let opts = HistogramOpts::new("took_seconds", "Help.").buckets(vec![0.5, 1.0, 2_592_000.0]);
        let histogram = Histogram::with_opts(opts).unwrap();
        histogram.observe(0.75);
        let mut families = [counter.collect(), gauge.collect(), histogram.collect()].concat();
        families.push(MetricFamily::default());
        let text = MetricFormat::Text.write(&families);
        let expected = "\
# HELP seen_total A \\\\ and a\\nbreak and a \"mark\".
# TYPE seen_total counter
seen_total 3
# HELP wait Help.
# TYPE wait gauge
wait{team=\"a\\\"b\\\\c\\nd\"} +Inf
# HELP took_seconds Help.
# TYPE took_seconds histogram
took_seconds_bucket{le=\"0.5\"} 0
took_seconds_bucket{le=\"1\"} 1
took_seconds_bucket{le=\"2592000\"} 1
took_seconds_bucket{le=\"+Inf\"} 1
took_seconds_sum 0.75
took_seconds_count 1
";
        assert_eq!(text, expected);
        let open = MetricFormat::OpenMetrics.write(&families);
        let expected = expected
            .replace("HELP seen_total", "HELP seen")
            .replace("TYPE seen_total", "TYPE seen")
            .replace("a \"mark\"", "a \\\"mark\\\"")
            .replace("\"1\"", "\"1.0\"")
            .replace("\"2592000\"", "\"2.592e+06\"");
        assert_eq!(open, format!("{expected}# EOF\n"));
    }

    /// The library's own encoder is the oracle of the text format, for all but summaries.
    #[test]
    fn the_text_format_is_that_of_the_library() {
        let families = prometheus::gather();
        let expected = prometheus::TextEncoder::new().encode_to_string(&families).unwrap();
        assert_eq!(MetricFormat::Text.write(&families), expected);
        assert!(expected.contains("process_cpu_seconds_total"), "{expected}");
    }
}
