//! Measures one point.

use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use vaste::alert::{Sender, WaitAlarmPolicies};
use vaste::catalog::Catalog;
use vaste::event::Outcome;
use vaste::measure::Measure;
use vaste::monitor::Monitor;
use vaste::partition::{Partition, Published, Record, Taken};
use vaste::ticket::EffectLog;
use vaste::time::{DAY_MS, Elapsed, SECOND_MS, Timestamp};

use crate::bench::{median, two_objectives};
use crate::case::{Case, Figures};
use crate::memory::memory_bytes;
use crate::stream::{Batch, Stream};

/// Records between two derivations.
const BATCH: usize = 10_000;

/// Timelines that a worker derives before it sends their changes.
const DERIVED_AT_ONCE: usize = 20_000;

/// Views that are computed. The median counts.
const VIEWS: usize = 5;

/// Measures a case in this process, which has done nothing before.
pub(crate) fn measure(case: &Case) -> Figures {
    let mut stream = Stream::new(case);
    let end = stream.end();
    let mut batch = Batch::default();
    // The memory of a full batch is not counted.
    Stream::new(case).fill(&mut batch, BATCH);
    batch.text.reserve(batch.text.len() / 10);
    let before = memory_bytes("self", "VmRSS");
    let mut service = Service::new(case);
    let (mut ns, mut events) = (0, 0);
    loop {
        stream.fill(&mut batch, BATCH);
        let Some(now) = batch.at.filter(|_| !batch.records.is_empty()) else { break };
        events += batch.records.len();
        ns += cpu_ns_of(|| {
            service.take(&batch);
            service.advance(now);
        });
    }
    drop(stream);
    service.advance(end);
    let memory = memory_bytes("self", "VmRSS").saturating_sub(before);
    let evaluation = service.evaluate(end);
    let views = (0..VIEWS).map(|_| cpu_ns_of(|| service.show())).map(to_f64).collect();
    Figures {
        events: u64::try_from(events).unwrap(),
        ns_per_event: to_f64(ns) / to_f64(u64::try_from(events).unwrap()),
        bytes_per_ticket: to_f64(memory) / to_f64(case.tickets),
        memory_mb: to_f64(memory) / 1e6,
        view_ms: median(views) / 1e6,
        evaluation_ms: to_f64(evaluation) / 1e6,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to print")]
fn to_f64(figure: u64) -> f64 {
    figure as f64
}

/// The work of the workers and of the coordinator.
struct Service {
    partitions: Vec<Partition>,
    monitor: Monitor,
}

impl Service {
    fn new(case: &Case) -> Self {
        let over = Elapsed::from_ms(case.window_days * DAY_MS);
        let agreements: Vec<_> = (0..case.teams)
            .map(|team| two_objectives(&format!("team-{team}"), None, over))
            .collect();
        let catalog = Arc::new(Catalog::new(&agreements, &Measure::DEFAULT));
        let topic: Arc<str> = "events".into();
        let numbers = 0..i32::try_from(case.partitions).unwrap();
        let new = |number| Partition::new(Arc::clone(&catalog), &topic, number, 1);
        Self {
            partitions: numbers.map(new).collect(),
            monitor: Monitor::new(
                Arc::clone(&catalog),
                None,
                Elapsed::from_ms(60 * SECOND_MS),
                WaitAlarmPolicies::default(),
                Sender::default(),
            ),
        }
    }

    /// Applies all records of a batch.
    fn take(&mut self, batch: &Batch) {
        let mut effects = EffectLog::default();
        for record in &batch.records {
            let partition = &mut self.partitions[record.partition];
            let record = Record {
                offset: partition.position(),
                key: Some(&batch.text.as_bytes()[record.key.clone()]),
                attributes: &[],
                payload: Some(&batch.text.as_bytes()[record.payload.clone()]),
                mapping: None,
                published: Published::Unknown,
            };
            let taken = partition.take(&record, &mut effects);
            let is_applied =
                matches!(&taken, Taken::Processed(record) if record.outcome == Outcome::Applied);
            assert!(is_applied, "{taken:?}");
        }
        effects.apply_to(self.monitor.view_mut());
    }

    /// Derives what has changed, and counts it.
    fn advance(&mut self, now: Timestamp) {
        self.monitor.look_at_accelerated(now);
        self.monitor.advance(now);
        for partition in &mut self.partitions {
            let mut is_left = true;
            while is_left {
                let mut effects = EffectLog::default();
                is_left = partition.advance_some(now, DERIVED_AT_ONCE, &mut effects);
                effects.apply_to(self.monitor.view_mut());
            }
        }
    }

    /// The CPU time of an evaluation after all objectives were touched.
    fn evaluate(&mut self, now: Timestamp) -> u64 {
        self.monitor.trust(true);
        self.monitor.look_at_accelerated(now);
        cpu_ns_of(|| assert!(black_box(self.monitor.evaluate(None)).is_some()))
    }

    /// Computes what pages and metrics show of all teams.
    fn show(&self) {
        let view = self.monitor.view();
        let (readings, verdicts) = (view.readings(), view.verdicts());
        assert!(!readings.is_empty());
        for ((id, ..), verdict) in view.catalog().objectives().zip(&verdicts) {
            if verdict.missed > 0 {
                black_box(view.breakdown(id));
            }
        }
        black_box((readings, verdicts));
    }
}

/// The CPU time that `work` takes, in nanoseconds.
fn cpu_ns_of(work: impl FnOnce()) -> u64 {
    let before = cpu_ns();
    work();
    cpu_ns() - before
}

/// The CPU time of this thread so far. Linux updates the figure when the thread yields.
fn cpu_ns() -> u64 {
    std::thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}
