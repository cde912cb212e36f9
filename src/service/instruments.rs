//! Metrics of the process itself. Metrics of tickets are made from the published view at each scrape.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    Opts, Registry,
};

use self::merged_waiting::MergedWaiting;
use crate::catalog::Catalog;
use crate::name::team_label;
use crate::time::Timestamp;
use crate::view::View;

mod merged_waiting;

/// Histogram bounds for work inside the process, in seconds.
const SHORT: [f64; 9] = [0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Histogram bounds for the delay of events, in seconds: from live events to a producer's backlog.
const LONG: [f64; 9] = [0.1, 0.5, 1.0, 5.0, 60.0, 600.0, 3_600.0, 86_400.0, 604_800.0];

/// All metrics of the process, in a registry of their own.
#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) registry: Registry,
    pub(super) alert_evaluations: IntCounter,
    pub(super) alert_evaluation_duration: Histogram,
    pub(super) alert_evaluation_last: Gauge,
    /// One for each Alertmanager, in the order of the configuration.
    pub(super) delivered: Vec<Arc<Delivered>>,
    pub(super) apply_duration: Histogram,
    pub(super) event_delay: Histogram,
    pub(super) late: LateEvents,
    pub(super) collect_duration: Gauge,
    /// Who has scraped the counters of responses.
    pub(super) scrapers: Scrapers,
    pub(super) checkpoints: Checkpoints,
    pub(super) config: ConfigMetrics,
    pub(super) agendas: AgendaCounters,
    pub(super) breaches: IntCounterVec,
    merged_waiting: MergedWaiting,
    pub(super) http_requests: IntCounterVec,
    pub(super) http_duration: HistogramVec,
}

/// Events that arrived after a later event of their ticket.
#[derive(Debug)]
pub(super) struct LateEvents {
    /// Those that changed samples.
    pub(super) corrected: IntCounter,
    /// The others.
    pub(super) uncorrected: IntCounter,
}

impl LateEvents {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Events that arrived after a later event of the same window had been applied.";
        let late = counters(registry, "late_events_total", help, &["effect"])?;
        Ok(Self {
            corrected: late.with_label_values(&["corrected"]),
            uncorrected: late.with_label_values(&["none"]),
        })
    }
}

/// Metrics of checkpoints.
#[derive(Debug)]
pub(super) struct Checkpoints {
    pub(super) last_success: Gauge,
    pub(super) duration: Histogram,
    pub(super) size: IntGauge,
    pub(super) failures: IntCounter,
}

impl Checkpoints {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Unix time of the last durable checkpoint.";
        let last_success = gauge(registry, "checkpoint_last_success_timestamp_seconds", help)?;
        let help = "Time to write one checkpoint.";
        let duration = histogram(registry, "checkpoint_duration_seconds", help, &SHORT)?;
        let help = "Size of the last durable checkpoint.";
        let size = int_gauge(registry, "checkpoint_size_bytes", help)?;
        let help = "Checkpoints that could not be made durable.";
        let failures = counter(registry, "checkpoint_failures_total", help)?;
        Ok(Self { last_success, duration, size, failures })
    }
}

/// Maximum scrapers that are remembered.
const SCRAPERS_MAX: usize = 16;

/// The scrapers that have been served, by their `User-Agent`.
#[derive(Debug, Default)]
pub(super) struct Scrapers(Mutex<BTreeSet<String>>);

impl Scrapers {
    /// Notes a scrape. Returns whether it is the first of this scraper.
    pub(super) fn is_first(&self, scraper: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.len() < SCRAPERS_MAX && known.insert(scraper.to_owned())
    }
}

/// Metrics of the delivery to one Alertmanager.
#[derive(Debug)]
pub(super) struct Delivered {
    /// Its address, without credentials.
    pub(super) name: String,
    pub(super) sent: IntCounter,
    pub(super) failed: IntCounter,
    pub(super) rejected: IntCounter,
    pub(super) dropped: IntCounter,
    pub(super) pending: IntGauge,
    pub(super) duration: Histogram,
    pub(super) last_success: Gauge,
    pub(super) skew: Gauge,
}

impl Instruments {
    /// All metrics at zero, for Alertmanagers at these addresses and the hash of the loaded configuration
    /// with its release of the time zone data.
    ///
    /// # Errors
    /// When two metrics have the same name.
    pub(super) fn new(
        alertmanagers: &[String],
        config_hash: u64,
        tzdata: &str,
        loaded_at: Timestamp,
    ) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let help = "Alertmanagers in the configuration.";
        int_gauge(&registry, "alertmanagers_configured", help)?
            .set(i64::try_from(alertmanagers.len()).unwrap_or(i64::MAX));
        let config = ConfigMetrics::new(&registry)?;
        config.accept(config_hash, tzdata, loaded_at);
        Ok(Self {
            alert_evaluations: counter(
                &registry,
                "alert_evaluations_total",
                "Evaluations of all objectives.",
            )?,
            alert_evaluation_duration: histogram(
                &registry,
                "alert_evaluation_duration_seconds",
                "Time to evaluate all objectives once.",
                &SHORT,
            )?,
            alert_evaluation_last: gauge(
                &registry,
                "alert_evaluation_last_timestamp_seconds",
                "Unix time of the last evaluation.",
            )?,
            delivered: Delivered::all(alertmanagers, &registry)?,
            apply_duration: histogram(
                &registry,
                "apply_duration_seconds",
                "Time to decode and apply one polled batch.",
                &SHORT,
            )?,
            event_delay: histogram(
                &registry,
                "event_delay_seconds",
                "Time from when an event happened to when it was applied.",
                &LONG,
            )?,
            late: LateEvents::new(&registry)?,
            collect_duration: gauge(
                &registry,
                "collect_duration_seconds",
                "Time the last collection of window metrics took.",
            )?,
            scrapers: Scrapers::default(),
            checkpoints: Checkpoints::new(&registry)?,
            config,
            agendas: AgendaCounters::new(&registry)?,
            breaches: counters(
                &registry,
                "objective_breaches_total",
                "Times the objective went from not missed to missed.",
                &["team", "objective"],
            )?,
            merged_waiting: merged_waiting(&registry)?,
            http_requests: counters(
                &registry,
                "http_requests_total",
                "HTTP requests served, by route template.",
                &["route", "code"],
            )?,
            http_duration: histograms(
                &registry,
                "http_request_duration_seconds",
                "Time to serve HTTP requests, by route template.",
                &["route"],
            )?,
            registry,
        })
    }

    /// Counts the merges of waiting tickets that no ticket took over.
    pub(super) fn count_merged_waiting(&self, view: &View) {
        self.merged_waiting.count(view);
    }

    /// Adds the counters of all teams and objectives. New ones are zero.
    pub(super) fn add_counters(&self, catalog: &Catalog) {
        self.merged_waiting.add_teams(catalog);
        for (_, owner, objective) in catalog.objectives() {
            let team = team_label(catalog.scope_name(owner));
            self.breaches.with_label_values(&[team, &*objective.name]).inc_by(0);
        }
    }
}

fn merged_waiting(registry: &Registry) -> Result<MergedWaiting, prometheus::Error> {
    let help =
        "Waiting tickets that were merged and that no ticket has taken over after 5 minutes.";
    Ok(MergedWaiting::new(counters(registry, "merged_waiting_total", help, &["team"])?))
}

/// Agendas at handovers of turns of duty.
#[derive(Debug)]
pub(super) struct AgendaCounters {
    /// Those that the brokers have stored.
    pub(super) posted: IntCounter,
    /// Attempts that failed.
    pub(super) failed: IntCounter,
}

impl AgendaCounters {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Agendas posted at handovers to the topic of agendas, and attempts that failed.";
        let agendas = counters(registry, "agendas_total", help, &["result"])?;
        Ok(Self {
            posted: agendas.with_label_values(&["posted"]),
            failed: agendas.with_label_values(&["failed"]),
        })
    }
}

/// Metrics of the configuration in force.
#[derive(Debug)]
pub(super) struct ConfigMetrics {
    info: GaugeVec,
    /// The release of the time zone data in use.
    tzdata: ArcSwap<String>,
    is_good: Gauge,
    at: Gauge,
}

impl ConfigMetrics {
    fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let help = "Hash of the configuration in force; always 1.";
        let info = GaugeVec::new(opts("config_info", help), &["hash"])?;
        registry.register(Box::new(info.clone()))?;
        let help = "1 when the last configuration load was accepted.";
        let is_good = gauge(registry, "config_last_reload_successful", help)?;
        let help = "Unix time of the last accepted configuration load.";
        let at = gauge(registry, "config_last_reload_success_timestamp_seconds", help)?;
        Ok(Self { info, tzdata: ArcSwap::default(), is_good, at })
    }

    /// Records that a configuration is in force since `at`, with this release of the time zone data.
    pub(super) fn accept(&self, hash: u64, tzdata: &str, at: Timestamp) {
        self.info.reset();
        self.tzdata.store(Arc::new(tzdata.to_owned()));
        self.info.with_label_values(&[&format!("{hash:016x}")]).set(1.0);
        self.is_good.set(1.0);
        self.at.set(at.unix_seconds());
    }

    /// The release of the time zone data in use, such as `2026a`.
    pub(super) fn tzdata(&self) -> Arc<String> {
        self.tzdata.load_full()
    }

    /// Records that a configuration was refused. The one before stays in force.
    pub(super) fn refuse(&self) {
        self.is_good.set(0.0);
    }
}

impl Delivered {
    fn all(addresses: &[String], registry: &Registry) -> Result<Vec<Arc<Self>>, prometheus::Error> {
        let labels = &["alertmanager"];
        let counters = |name, help| counters(registry, name, help, labels);
        let gauges = |name, help| {
            let vec = GaugeVec::new(opts(name, help), labels)?;
            registry.register(Box::new(vec.clone()))?;
            Ok::<_, prometheus::Error>(vec)
        };
        let sent =
            counters("alertmanager_alerts_sent_total", "Alerts accepted by this Alertmanager.")?;
        let failed = counters(
            "alertmanager_alerts_failed_total",
            "Alerts in requests that failed or were refused.",
        )?;
        let rejected = counters(
            "alertmanager_alerts_rejected_total",
            "Alerts refused one by one with a client error after the batch was split.",
        )?;
        let dropped = counters(
            "alertmanager_alerts_dropped_total",
            "Alerts given up because the pending set was full.",
        )?;
        let pending = prometheus::IntGaugeVec::new(
            opts("alertmanager_pending_alerts", "Alerts waiting to be sent."),
            labels,
        )?;
        registry.register(Box::new(pending.clone()))?;
        let duration = histograms(
            registry,
            "alertmanager_request_duration_seconds",
            "Time of one request to this Alertmanager.",
            labels,
        )?;
        let last_success = gauges(
            "alertmanager_last_success_timestamp_seconds",
            "Unix time of the last accepted request.",
        )?;
        let skew = gauges(
            "alertmanager_clock_skew_seconds",
            "This clock minus that of the Alertmanager, from its Date header.",
        )?;
        let one = |address: &String| {
            let values = &[address.as_str()];
            Arc::new(Self {
                sent: sent.with_label_values(values),
                failed: failed.with_label_values(values),
                rejected: rejected.with_label_values(values),
                dropped: dropped.with_label_values(values),
                pending: pending.with_label_values(values),
                duration: duration.with_label_values(values),
                last_success: last_success.with_label_values(values),
                skew: skew.with_label_values(values),
                name: address.clone(),
            })
        };
        Ok(addresses.iter().map(one).collect())
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(format!("vaste_{name}"), help)
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
    let counter = IntCounter::with_opts(opts(name, help))?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, prometheus::Error> {
    let counters = IntCounterVec::new(opts(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Result<Gauge, prometheus::Error> {
    let gauge = Gauge::with_opts(opts(name, help))?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn int_gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::with_opts(opts(name, help))?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    bounds: &[f64],
) -> Result<Histogram, prometheus::Error> {
    let opts = HistogramOpts::from(opts(name, help)).buckets(bounds.to_vec());
    let histogram = Histogram::with_opts(opts)?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}

fn histograms(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<HistogramVec, prometheus::Error> {
    let opts = HistogramOpts::from(opts(name, help)).buckets(SHORT.to_vec());
    let histograms = HistogramVec::new(opts, labels)?;
    registry.register(Box::new(histograms.clone()))?;
    Ok(histograms)
}
