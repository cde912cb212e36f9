//! The viewer: hands one `now` to all workers, merges what they say, publishes the picture.

pub(in crate::service) mod published_view;
pub(in crate::service) mod readiness;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use self::published_view::{ObjectiveDetail, PublishedView, Shared};
use self::readiness::NotReady;
use crate::alert::{AlertStateLog, Sender};
use crate::catalog::{Catalog, ScopeId};
use crate::measure::Measure;
use crate::monitor::{Evaluation, Monitor};
use crate::name::team_label;
use crate::service::alertmanager::Delivery;
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::status::StreamStatus;
use crate::service::kafka::worker::{Batch, WorkerCommand};
use crate::service::store::Job;
use crate::split_tickets::{SplitQuestion, SplitTickets};
use crate::ticket::{Ended, Rated, Running, Sink};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;

/// How often a picture is published, at multiples of it, so that a tick falls on each whole second.
const TICK: Elapsed = Elapsed::from_ms(200);

/// How long the store may take to say what others have kept of alerts.
const OTHERS_WAIT: Duration = Duration::from_secs(10);

/// The default of [`Coordinator::patience`].
const PATIENCE: Duration = Duration::from_secs(2);

/// Merges what the workers say.
pub(in crate::service) struct Coordinator {
    catalog: Arc<Catalog>,
    clock: Clock,
    monitor: Monitor,
    split_tickets: SplitTickets,
    commands: Vec<mpsc::Sender<WorkerCommand>>,
    batches: Receiver<Batch>,
    /// What each worker said last, and whether it owes an answer.
    workers: Vec<(StreamStatus, bool)>,
    started: Timestamp,
    began: Instant,
    caught_up_at: Option<Timestamp>,
    /// How long a worker may take to answer before the picture is made without it.
    patience: Duration,
    /// How long the last picture took to make.
    publishing_took: Duration,
    /// Why what is known cannot be trusted; absent if it can.
    not_ready: Option<NotReady>,
    delivery: Delivery,
    /// Who keeps the watch log.
    jobs: Option<mpsc::Sender<Job>>,
    /// The watch log on its way: after doubt it must be known what others have seen meanwhile.
    reading: Option<(Instant, Receiver<Option<AlertStateLog>>)>,
    /// Other rules to judge by.
    reloads: Receiver<Arc<Catalog>>,
    /// Whether partitions have not told all yet by the rules in force.
    is_adopting: bool,
    instruments: Arc<Instruments>,
    published: Arc<ArcSwap<PublishedView>>,
}

/// What alerts need.
pub(in crate::service) struct Alerting {
    pub(in crate::service) sender: Sender,
    pub(in crate::service) delivery: Delivery,
    /// After how long without data that can be trusted that is told.
    pub(in crate::service) stale_after: Elapsed,
    /// What was known of alerts when the service last ran.
    pub(in crate::service) log: Option<AlertStateLog>,
    /// Who keeps what is known of them.
    pub(in crate::service) jobs: Option<mpsc::Sender<Job>>,
    /// Where other rules come from.
    pub(in crate::service) reloads: Receiver<Arc<Catalog>>,
}

impl Coordinator {
    pub(in crate::service) fn new(
        catalog: Arc<Catalog>,
        clock: Clock,
        commands: Vec<mpsc::Sender<WorkerCommand>>,
        batches: Receiver<Batch>,
        alerting: Alerting,
        shared: &Shared,
    ) -> Self {
        let Alerting { sender, delivery, stale_after, log, jobs, reloads } = alerting;
        shared.instruments.begin_breaches(&catalog);
        Self {
            patience: PATIENCE,
            publishing_took: Duration::ZERO,
            not_ready: None,
            delivery,
            jobs,
            reloads,
            is_adopting: false,
            reading: None,
            instruments: Arc::clone(&shared.instruments),
            monitor: Monitor::new(Arc::clone(&catalog), log.as_ref(), stale_after, sender),
            split_tickets: SplitTickets::default(),
            workers: commands.iter().map(|_| (StreamStatus::default(), false)).collect(),
            catalog,
            clock,
            commands,
            batches,
            started: clock::wall(),
            began: clock::instant(),
            caught_up_at: None,
            published: Arc::clone(&shared.published),
        }
    }

    /// Publishes a picture a few times a second until `stop` hangs up or says so; then stops the workers.
    pub(in crate::service) fn run(mut self, stop: &Receiver<()>) {
        let mut wait = to_next(TICK);
        while stop.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            self.tick();
            wait = self.rest();
        }
        self.shutdown();
        self.delivery.stop();
        for commands in &self.commands {
            if commands.send(WorkerCommand::Stop).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
    }

    /// How long to rest: to the next tick, in a large organisation to a later one, so that making pictures
    /// takes half of one core at most.
    fn rest(&self) -> Duration {
        let next = to_next(TICK);
        let step = Duration::from_millis(TICK.ms().unsigned_abs());
        let missing =
            self.publishing_took.saturating_sub(next).as_millis().div_ceil(step.as_millis());
        next + step.saturating_mul(u32::try_from(missing).unwrap_or(u32::MAX))
    }

    /// Looks once more before it ends.
    fn shutdown(&mut self) {
        self.tick();
        let not_ready = self.not_ready.as_ref().map(ToString::to_string);
        let evaluation = self.monitor.shutdown(not_ready.as_deref());
        self.tell(evaluation);
    }

    /// Judges by other rules, once nothing is on its way that was said by those in force.
    fn adopt_catalog(&mut self) {
        if self.workers.iter().any(|(_, owes)| *owes) {
            return;
        }
        let Some(catalog) = self.reloads.try_iter().last() else { return };
        for commands in &self.commands {
            if commands.send(WorkerCommand::Adopt(Arc::clone(&catalog))).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
        // Counters of what is no more end with it.
        for (_, owner, objective) in self.catalog.objectives() {
            let team = team_label(self.catalog.scope_name(owner));
            let is_kept = catalog.objectives().any(|(_, other, same)| {
                same.name == objective.name && team_label(catalog.scope_name(other)) == team
            });
            if !is_kept {
                let labels = [team, &*objective.name];
                // It may never have been counted.
                drop(self.instruments.breaches.remove_label_values(&labels));
            }
        }
        self.instruments.begin_breaches(&catalog);
        self.monitor.adopt_catalog(Arc::clone(&catalog));
        self.catalog = catalog;
        self.is_adopting = true;
        tracing::info!("judging by the new configuration");
    }

    fn tick(&mut self) {
        self.look();
        self.adopt_catalog();
        let stream = self.stream();
        let now = self.monitor.instant(NotReady::of(&stream).is_none(), stream.event_time_max());
        let is_behind = self.ask(now);
        self.is_adopting &= is_behind;
        self.judge(is_behind);
        if self.monitor.trust(self.not_ready.is_none()) {
            self.caught_up_at = Some(clock::wall());
            tracing::info!("caught up: readings and verdicts can be trusted from here on");
            return;
        }
        let began = clock::instant();
        let not_ready = self.not_ready.as_ref().map(ToString::to_string);
        if let Some(evaluation) = self.monitor.evaluate(not_ready.as_deref()) {
            let took = began.elapsed().as_secs_f64();
            self.instruments.alert_evaluation_duration.observe(took);
            self.tell(evaluation);
        }
        if self.is_adopting {
            // What was shown stands until all is known by the new rules.
            return;
        }
        let began = clock::instant();
        self.publish();
        self.publishing_took = began.elapsed();
    }

    /// Brings all workers up to this instant and takes in what they say; whether one still owes its answer,
    /// to this question or the one before.
    fn ask(&mut self, now: Timestamp) -> bool {
        let known = self.split_tickets.len();
        // Who still owes an answer is not asked again; what it says is then of an earlier instant.
        let is_behind = self.workers.iter().any(|(_, owes)| *owes);
        // All or none: what one is not asked now it would never be asked.
        let question = if is_behind {
            SplitQuestion::default()
        } else {
            self.split_tickets.question(NotReady::of(&self.stream()).is_none())
        };
        let question = Arc::new(question);
        for (worker, commands) in self.commands.iter().enumerate() {
            let (stream, owes) = &mut self.workers[worker];
            if !*owes {
                *owes = commands.send(WorkerCommand::Advance(now, Arc::clone(&question))).is_ok();
                if !*owes {
                    stream.connection_error =
                        Some("a worker has failed: see the log, and restart Vaste".to_owned());
                }
            }
        }
        self.monitor.advance(now);
        while self.workers.iter().any(|(_, owes)| *owes) {
            let Ok(batch) = self.batches.recv_timeout(self.patience) else { break };
            let (view, instruments) = (self.monitor.view_mut(), &self.instruments);
            batch.effects.apply(&mut InstrumentedSink { view, instruments });
            for (partition, keys) in batch.opened {
                self.split_tickets.opened(partition, keys);
            }
            self.split_tickets.found(batch.found);
            if let Some(stream) = batch.stream {
                self.workers[batch.worker] = (stream, false);
            }
        }
        let tickets = self.split_tickets.len();
        if tickets > known {
            tracing::warn!(
                tickets,
                "tickets have events in two partitions, and are left out of the counts"
            );
        }
        is_behind || self.workers.iter().any(|(_, owes)| *owes)
    }

    /// Whether what is known can be trusted.
    fn judge(&mut self, is_behind: bool) {
        let stream = self.stream();
        self.monitor.view_mut().set_history_from(stream.history_from());
        for (partition, progress) in &stream.partitions {
            self.monitor.count(*partition, &progress.responses);
        }
        let was_not_ready = self.caught_up_at.is_none() || self.not_ready.is_some();
        self.not_ready = if self.monitor.is_clock_sane() {
            NotReady::of(&stream).or_else(|| is_behind.then_some(NotReady::Overloaded))
        } else {
            Some(NotReady::Jumped)
        };
        if self.not_ready.is_some() {
            // What is on its way would be of before.
            self.reading = None;
        } else if was_not_ready && !self.has_heard_of_others() {
            self.not_ready = Some(NotReady::Starting);
        }
    }

    /// Whether it is known what others have kept of alerts while this process was in doubt. A store that does
    /// not answer is not waited for: what is known here must do.
    fn has_heard_of_others(&mut self) -> bool {
        let Some(jobs) = &self.jobs else { return true };
        let Some((since, log)) = &self.reading else {
            let (done, log) = mpsc::channel();
            self.reading = Some((clock::instant(), log));
            return jobs.send(Job::ReadAlertStateLog { done }).is_err();
        };
        match log.try_recv() {
            Ok(log) => {
                if let Some(log) = log {
                    self.monitor.adopt(&log);
                }
            }
            Err(TryRecvError::Empty) if since.elapsed() < OTHERS_WAIT => return false,
            Err(_) => tracing::warn!("the watch log cannot be read: going by what is known here"),
        }
        self.reading = None;
        true
    }

    fn look(&mut self) {
        match self.clock {
            Clock::Wall => {
                let passed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
                let wall = clock::wall();
                if self.monitor.look(wall, Elapsed::from_ms(passed)) {
                    tracing::error!("the clock of this machine has jumped to {wall}");
                }
            }
            Clock::Accelerated(_) => self.monitor.look_at_accelerated(self.clock.now()),
        }
    }

    /// Counts, sends and keeps what an evaluation says.
    fn tell(&self, evaluation: Evaluation) {
        let Evaluation { at, transitions, breaches, notices, log } = evaluation;
        let instruments = &self.instruments;
        for id in breaches {
            let (owner, objective) = self.catalog.objective(id);
            let team = team_label(self.catalog.scope_name(owner));
            instruments.breaches.with_label_values(&[team, &objective.name]).inc();
        }
        for transition in transitions {
            let team = team_label(transition.team.as_deref());
            let (alert, state) = (transition.alert.label(), transition.state);
            tracing::info!(team, objective = &*transition.objective, alert, "alert is {state}");
        }
        for notice in &notices {
            tracing::debug!(labels = ?notice.labels, "alert is sent");
        }
        self.delivery.send(&notices, &instruments.delivered);
        instruments.alert_evaluations.inc();
        instruments.alert_evaluation_last.set(at.unix_seconds());
        if let (Some(log), Some(jobs)) = (log, &self.jobs) {
            let job = Job::AlertStateLog { at: at.ms(), bytes: log.bytes() };
            if jobs.send(job).is_err() {
                tracing::debug!("nobody keeps the watch log any more");
            }
        }
    }

    fn stream(&self) -> StreamStatus {
        let mut all = StreamStatus::default();
        for (stream, _) in &self.workers {
            all.merge(stream);
            all.topic.clone_from(&stream.topic);
        }
        all
    }

    fn given_up(&self) -> Vec<(ScopeId, Measure, Elapsed, [u64; 5])> {
        let scopes = self.catalog.reading_scopes();
        let series = scopes.flat_map(|s| self.catalog.measures().iter().map(move |m| (s, *m)));
        let (windows, view) = (self.catalog.windows(), self.monitor.view());
        series
            .flat_map(|(scope, measure)| {
                windows.iter().map(move |length| (scope, measure, *length))
            })
            .map(|(scope, measure, length)| {
                (scope, measure, length, view.given_up(scope, measure, length))
            })
            .collect()
    }

    fn publish(&mut self) {
        let is_known = self.caught_up_at.is_some();
        let view = self.monitor.view();
        let has_read = view.now() > Timestamp::EVENT_MIN;
        let verdicts = view.verdicts();
        let trusted = self
            .not_ready
            .as_ref()
            .and_then(|_| PublishedView::last_trusted(&self.published.load()));
        self.published.store(Arc::new(PublishedView {
            at: has_read.then_some(view.now()),
            catalog: Arc::clone(&self.catalog),
            readings: if is_known { view.readings() } else { Vec::new() },
            details: ObjectiveDetail::all(view, &verdicts),
            verdicts,
            given_up: if is_known { self.given_up() } else { Vec::new() },
            ratings: if is_known { published_view::ratings(view) } else { Vec::new() },
            alerts: self.monitor.alerts().clone(),
            stream: self.stream(),
            responses: Arc::clone(self.monitor.responses()),
            tickets_split: self.split_tickets.len() as u64,
            started: self.started,
            caught_up_at: self.caught_up_at,
            frozen: self.not_ready.clone(),
            trusted,
        }));
    }
}

/// Hands effects on to the view, and counts what never steps back.
struct InstrumentedSink<'a> {
    view: &'a mut View,
    instruments: &'a Instruments,
}

impl Sink for InstrumentedSink<'_> {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.view.ended(ended, by);
    }

    fn running(&mut self, running: &Running, by: i64) {
        self.view.running(running, by);
    }

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.view.rated(rated, by);
    }

    fn came_late(&mut self, corrects: bool) {
        let [corrected, none] = &self.instruments.late;
        if corrects { corrected.inc() } else { none.inc() }
    }
}

/// How long until the wall clock shows a multiple of this.
fn to_next(step: Elapsed) -> Duration {
    let now = clock::wall();
    Duration::from_millis(now.floor_to(step).plus(step).since(now).ms().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::kafka::changes::Effects;
    use crate::service::kafka::status::PartitionProgress;

    #[test]
    fn what_a_worker_says_of_an_earlier_instant_is_not_trusted() {
        let catalog = Arc::new(Catalog::new(&[], &[]));
        let shared = Shared::new(&catalog);
        let (batch, batches) = mpsc::sync_channel(2);
        let (to_worker, _orders) = mpsc::channel();
        let delivery = Delivery::start(&[], &[]).unwrap();
        let alerting = Alerting {
            sender: Sender::default(),
            delivery,
            stale_after: Elapsed::from_ms(1_000),
            log: None,
            jobs: None,
            reloads: mpsc::channel().1,
        };
        let mut coordinator =
            Coordinator::new(catalog, Clock::Wall, vec![to_worker], batches, alerting, &shared);
        // Nobody waits in a test: an answer is there already or does not come.
        coordinator.patience = Duration::ZERO;
        let answer = || {
            let whole = PartitionProgress { is_caught_up: true, ..PartitionProgress::default() };
            let stream = StreamStatus {
                partitions: [(0, whole)].into(),
                partitions_of_topic: Some(1),
                ..StreamStatus::default()
            };
            batch
                .send(Batch {
                    worker: 0,
                    effects: Effects::default(),
                    stream: Some(stream),
                    opened: Vec::new(),
                    found: Vec::new(),
                })
                .unwrap();
        };
        let mut tick = |answers: bool| {
            if answers {
                answer();
            }
            coordinator.tick();
            shared.published.load().frozen.clone()
        };
        assert_eq!(tick(true), Some(NotReady::Starting), "now it has caught up");
        assert_eq!(tick(true), None);
        assert_eq!(tick(false), Some(NotReady::Overloaded), "no answer came");
        assert_eq!(tick(true), Some(NotReady::Overloaded), "it came for the instant before");
        assert_eq!(tick(true), None);
    }
}
