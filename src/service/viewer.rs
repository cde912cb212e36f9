//! The viewer: hands one `now` to all workers, merges what they say, publishes the picture.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::alertmanager::Delivery;
use super::clock::{self, Clock};
use super::instruments::Instruments;
use super::picture::{self, Detail, Doubt, Picture, Shared, Stream};
use super::store::Job;
use super::stream::{Batch, Command};
use crate::alert::{Sender, WatchLog};
use crate::measure::Measure;
use crate::name::team_label;
use crate::rules::{Rules, Slot};
use crate::split::{Question, Splits};
use crate::ticket::{Ended, Rated, Running, Sink};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;
use crate::watch::{Evaluation, Watch};

/// How often a picture is published, at multiples of it, so that a tick falls on each whole second.
const TICK: Elapsed = Elapsed::from_ms(200);

/// How long the store may take to say what others have kept of alerts.
const OTHERS_WAIT: Duration = Duration::from_secs(10);

/// The default of [`Viewer::patience`].
const PATIENCE: Duration = Duration::from_secs(2);

/// Merges what the workers say.
pub(super) struct Viewer {
    rules: Arc<Rules>,
    clock: Clock,
    watch: Watch,
    splits: Splits,
    commands: Vec<mpsc::Sender<Command>>,
    batches: Receiver<Batch>,
    /// What each worker said last, and whether it owes an answer.
    workers: Vec<(Stream, bool)>,
    started: Timestamp,
    began: Instant,
    caught_up_at: Option<Timestamp>,
    /// How long a worker may take to answer before the picture is made without it.
    patience: Duration,
    /// How long the last picture took to make.
    publishing_took: Duration,
    /// Why what is known cannot be trusted; absent if it can.
    doubt: Option<Doubt>,
    delivery: Delivery,
    /// Who keeps the watch log.
    jobs: Option<mpsc::Sender<Job>>,
    /// The watch log on its way: after doubt it must be known what others have seen meanwhile.
    reading: Option<(Instant, Receiver<Option<WatchLog>>)>,
    /// Other rules to judge by.
    reloads: Receiver<Arc<Rules>>,
    /// Whether partitions have not told all yet by the rules in force.
    is_adopting: bool,
    instruments: Arc<Instruments>,
    picture: Arc<ArcSwap<Picture>>,
}

/// What alerts need.
pub(super) struct Alerting {
    pub(super) sender: Sender,
    pub(super) delivery: Delivery,
    /// After how long without data that can be trusted that is told.
    pub(super) stale_after: Elapsed,
    /// What was known of alerts when the service last ran.
    pub(super) log: Option<WatchLog>,
    /// Who keeps what is known of them.
    pub(super) jobs: Option<mpsc::Sender<Job>>,
    /// Where other rules come from.
    pub(super) reloads: Receiver<Arc<Rules>>,
}

impl Viewer {
    pub(super) fn new(
        rules: Arc<Rules>,
        clock: Clock,
        commands: Vec<mpsc::Sender<Command>>,
        batches: Receiver<Batch>,
        alerting: Alerting,
        shared: &Shared,
    ) -> Self {
        let Alerting { sender, delivery, stale_after, log, jobs, reloads } = alerting;
        shared.instruments.begin_breaches(&rules);
        Self {
            patience: PATIENCE,
            publishing_took: Duration::ZERO,
            doubt: None,
            delivery,
            jobs,
            reloads,
            is_adopting: false,
            reading: None,
            instruments: Arc::clone(&shared.instruments),
            watch: Watch::new(Arc::clone(&rules), log.as_ref(), stale_after, sender),
            splits: Splits::default(),
            workers: commands.iter().map(|_| (Stream::default(), false)).collect(),
            rules,
            clock,
            commands,
            batches,
            started: clock::wall(),
            began: clock::instant(),
            caught_up_at: None,
            picture: Arc::clone(&shared.picture),
        }
    }

    /// Publishes a picture a few times a second until `stop` hangs up or says so; then stops the workers.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        let mut wait = to_next(TICK);
        while stop.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            self.tick();
            wait = self.rest();
        }
        self.take_leave();
        self.delivery.stop();
        for commands in &self.commands {
            if commands.send(Command::Stop).is_err() {
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
    fn take_leave(&mut self) {
        self.tick();
        let doubt = self.doubt.as_ref().map(ToString::to_string);
        let evaluation = self.watch.take_leave(doubt.as_deref());
        self.tell(evaluation);
    }

    /// Judges by other rules, once nothing is on its way that was said by those in force.
    fn adopt_rules(&mut self) {
        if self.workers.iter().any(|(_, owes)| *owes) {
            return;
        }
        let Some(rules) = self.reloads.try_iter().last() else { return };
        for commands in &self.commands {
            if commands.send(Command::Adopt(Arc::clone(&rules))).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
        // Counters of what is no more end with it.
        for (_, owner, objective) in self.rules.objectives() {
            let team = team_label(self.rules.slot_name(owner));
            let is_kept = rules.objectives().any(|(_, other, same)| {
                same.name == objective.name && team_label(rules.slot_name(other)) == team
            });
            if !is_kept {
                let labels = [team, &*objective.name];
                // It may never have been counted.
                drop(self.instruments.breaches.remove_label_values(&labels));
            }
        }
        self.instruments.begin_breaches(&rules);
        self.watch.adopt_rules(Arc::clone(&rules));
        self.rules = rules;
        self.is_adopting = true;
        tracing::info!("judging by the new configuration");
    }

    fn tick(&mut self) {
        self.look();
        self.adopt_rules();
        let stream = self.stream();
        let now = self.watch.instant(stream.doubt().is_none(), stream.event_time_max());
        let is_behind = self.ask(now);
        self.is_adopting &= is_behind;
        self.judge(is_behind);
        if self.watch.trust(self.doubt.is_none()) {
            self.caught_up_at = Some(clock::wall());
            tracing::info!("caught up: readings and verdicts can be trusted from here on");
            return;
        }
        let began = clock::instant();
        let doubt = self.doubt.as_ref().map(ToString::to_string);
        if let Some(evaluation) = self.watch.evaluate(doubt.as_deref()) {
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
        let known = self.splits.len();
        // Who still owes an answer is not asked again; what it says is then of an earlier instant.
        let is_behind = self.workers.iter().any(|(_, owes)| *owes);
        // All or none: what one is not asked now it would never be asked.
        let question = if is_behind {
            Question::default()
        } else {
            self.splits.question(self.stream().doubt().is_none())
        };
        let question = Arc::new(question);
        for (worker, commands) in self.commands.iter().enumerate() {
            let (stream, owes) = &mut self.workers[worker];
            if !*owes {
                *owes = commands.send(Command::Advance(now, Arc::clone(&question))).is_ok();
                if !*owes {
                    stream.trouble =
                        Some("a worker has failed: see the log, and restart Vaste".to_owned());
                }
            }
        }
        self.watch.advance(now);
        while self.workers.iter().any(|(_, owes)| *owes) {
            let Ok(batch) = self.batches.recv_timeout(self.patience) else { break };
            let (view, instruments) = (self.watch.view_mut(), &self.instruments);
            batch.effects.apply(&mut Counting { view, instruments });
            for (partition, keys) in batch.opened {
                self.splits.opened(partition, keys);
            }
            self.splits.found(batch.found);
            if let Some(stream) = batch.stream {
                self.workers[batch.worker] = (stream, false);
            }
        }
        let tickets = self.splits.len();
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
        self.watch.view_mut().set_history_from(stream.history_from());
        for (partition, progress) in &stream.partitions {
            self.watch.count(*partition, &progress.responses);
        }
        let was_in_doubt = self.caught_up_at.is_none() || self.doubt.is_some();
        self.doubt = if self.watch.is_clock_sane() {
            stream.doubt().or_else(|| is_behind.then_some(Doubt::Overloaded))
        } else {
            Some(Doubt::Jumped)
        };
        if self.doubt.is_some() {
            // What is on its way would be of before.
            self.reading = None;
        } else if was_in_doubt && !self.has_heard_of_others() {
            self.doubt = Some(Doubt::Starting);
        }
    }

    /// Whether it is known what others have kept of alerts while this process was in doubt. A store that does
    /// not answer is not waited for: what is known here must do.
    fn has_heard_of_others(&mut self) -> bool {
        let Some(jobs) = &self.jobs else { return true };
        let Some((since, log)) = &self.reading else {
            let (done, log) = mpsc::channel();
            self.reading = Some((clock::instant(), log));
            return jobs.send(Job::ReadWatchLog { done }).is_err();
        };
        match log.try_recv() {
            Ok(log) => {
                if let Some(log) = log {
                    self.watch.adopt(&log);
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
                if self.watch.look(wall, Elapsed::from_ms(passed)) {
                    tracing::error!("the clock of this machine has jumped to {wall}");
                }
            }
            Clock::Story(_) => self.watch.look_at_story(self.clock.now()),
        }
    }

    /// Counts, sends and keeps what an evaluation says.
    fn tell(&self, evaluation: Evaluation) {
        let Evaluation { at, transitions, breaches, notices, log } = evaluation;
        let instruments = &self.instruments;
        for id in breaches {
            let (owner, objective) = self.rules.objective(id);
            let team = team_label(self.rules.slot_name(owner));
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
            let job = Job::WatchLog { at: at.ms(), bytes: log.bytes() };
            if jobs.send(job).is_err() {
                tracing::debug!("nobody keeps the watch log any more");
            }
        }
    }

    fn stream(&self) -> Stream {
        let mut all = Stream::default();
        for (stream, _) in &self.workers {
            all.merge(stream);
            all.topic.clone_from(&stream.topic);
        }
        all
    }

    fn given_up(&self) -> Vec<(Slot, Measure, Elapsed, [u64; 5])> {
        let slots = self.rules.reading_slots();
        let series = slots.flat_map(|s| self.rules.measures().iter().map(move |m| (s, *m)));
        let (windows, view) = (self.rules.windows(), self.watch.view());
        series
            .flat_map(|(slot, measure)| windows.iter().map(move |length| (slot, measure, *length)))
            .map(|(slot, measure, length)| {
                (slot, measure, length, view.given_up(slot, measure, length))
            })
            .collect()
    }

    fn publish(&mut self) {
        let is_known = self.caught_up_at.is_some();
        let view = self.watch.view();
        let has_read = view.now() > Timestamp::EVENT_MIN;
        let verdicts = view.verdicts();
        let trusted = self.doubt.as_ref().and_then(|_| Picture::last_trusted(&self.picture.load()));
        self.picture.store(Arc::new(Picture {
            at: has_read.then_some(view.now()),
            rules: Arc::clone(&self.rules),
            readings: if is_known { view.readings() } else { Vec::new() },
            details: Detail::all(view, &verdicts),
            verdicts,
            given_up: if is_known { self.given_up() } else { Vec::new() },
            ratings: if is_known { picture::ratings(view) } else { Vec::new() },
            alerts: self.watch.alerts().clone(),
            stream: self.stream(),
            responses: Arc::clone(self.watch.responses()),
            tickets_split: self.splits.len() as u64,
            started: self.started,
            caught_up_at: self.caught_up_at,
            frozen: self.doubt.clone(),
            trusted,
        }));
    }
}

/// Hands effects on to the view, and counts what never steps back.
struct Counting<'a> {
    view: &'a mut View,
    instruments: &'a Instruments,
}

impl Sink for Counting<'_> {
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
    use crate::service::picture::Progress;
    use crate::service::stream::Effects;

    #[test]
    fn what_a_worker_says_of_an_earlier_instant_is_not_trusted() {
        let rules = Arc::new(Rules::new(&[], &[]));
        let shared = Shared::new(&rules);
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
        let mut viewer =
            Viewer::new(rules, Clock::Wall, vec![to_worker], batches, alerting, &shared);
        // Nobody waits in a test: an answer is there already or does not come.
        viewer.patience = Duration::ZERO;
        let answer = || {
            let whole = Progress { is_caught_up: true, ..Progress::default() };
            let stream = Stream {
                partitions: [(0, whole)].into(),
                partitions_of_topic: Some(1),
                ..Stream::default()
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
            viewer.tick();
            shared.picture.load().frozen.clone()
        };
        assert_eq!(tick(true), Some(Doubt::Starting), "now it has caught up");
        assert_eq!(tick(true), None);
        assert_eq!(tick(false), Some(Doubt::Overloaded), "no answer came");
        assert_eq!(tick(true), Some(Doubt::Overloaded), "it came for the instant before");
        assert_eq!(tick(true), None);
    }
}
