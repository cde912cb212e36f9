//! The viewer: hands one `now` to all workers, merges what they say, publishes the picture.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::alertmanager::Delivery;
use super::clock::{self, Clock, JUMP_MAX, Steady};
use super::instruments::Instruments;
use super::picture::{self, Detail, Doubt, Picture, Shared, Stream};
use super::store::Job;
use super::stream::{Batch, Command};
use crate::agreement::State;
use crate::alert::{Alerts, Notice, Own, SendReason, Sender, WatchLog};
use crate::measure::Measure;
use crate::name::team_label;
use crate::responses::Responses;
use crate::rules::{Rules, Slot};
use crate::ticket::{Ended, Rated, Running, Sink};
use crate::time::{Elapsed, SECOND_MS, Timestamp};
use crate::view::View;

/// How often a picture is published, at multiples of it, so that a tick falls on each whole second.
const TICK: Elapsed = Elapsed::from_ms(200);

/// How often what is known of alerts is kept at least.
const LOG_EVERY: Elapsed = Elapsed::from_ms(15 * SECOND_MS);

/// The default of [`Viewer::patience`].
const PATIENCE: Duration = Duration::from_secs(2);

/// Merges what the workers say.
pub(super) struct Viewer {
    rules: Arc<Rules>,
    clock: Clock,
    view: View,
    commands: Vec<mpsc::Sender<Command>>,
    batches: Receiver<Batch>,
    /// What each worker said last, and whether it owes an answer.
    workers: Vec<(Stream, bool)>,
    started: Timestamp,
    caught_up_at: Option<Timestamp>,
    /// How long a worker may take to answer before the picture is made without it.
    patience: Duration,
    /// How long the last picture took to make.
    publishing_took: Duration,
    /// Why what is known cannot be trusted; absent if it can.
    doubt: Option<Doubt>,
    alerts: Alerts,
    /// The alerts of Vaste about itself.
    own: Own,
    /// When alerts were last evaluated, and when that was last kept.
    evaluated_at: Timestamp,
    logged_at: Timestamp,
    /// Who keeps the watch log.
    jobs: Option<mpsc::Sender<Job>>,
    steady: Steady,
    /// What time it is by the clock, and whether it can be trusted.
    clock_says: (Timestamp, bool),
    /// The samples that each partition has counted, as far as that was ever seen: what goes to another
    /// instance was counted all the same.
    counted: BTreeMap<i32, Arc<Responses>>,
    /// Their sum.
    responses: Arc<Responses>,
    /// Whether each objective was missed when it was last known.
    was_missed: Vec<Option<bool>>,
    sender: Sender,
    delivery: Delivery,
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
        let started = clock::wall();
        let mut alerts = Alerts::new(&rules);
        let mut was_missed: Vec<Option<bool>> = rules.objectives().map(|_| None).collect();
        if let Some(log) = &alerting.log {
            alerts.restore(log, &rules);
            for (id, _, _) in rules.objectives() {
                was_missed[id.index()] = Some(log.was_missed(id, &rules));
            }
        }
        Self {
            patience: PATIENCE,
            publishing_took: Duration::ZERO,
            doubt: None,
            alerts,
            own: Own::new(alerting.stale_after),
            evaluated_at: Timestamp::EVENT_MIN,
            logged_at: Timestamp::EVENT_MIN,
            jobs: alerting.jobs,
            steady: Steady::default(),
            clock_says: (clock.now(), true),
            was_missed,
            counted: BTreeMap::new(),
            responses: Arc::new(Responses::new(&rules)),
            sender: alerting.sender,
            delivery: alerting.delivery,
            instruments: Arc::clone(&shared.instruments),
            view: View::new(Arc::clone(&rules), Timestamp::EVENT_MIN),
            workers: commands.iter().map(|_| (Stream::default(), false)).collect(),
            rules,
            clock,
            commands,
            batches,
            started,
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

    /// Looks once more, and tells who fires that it may take a while until somebody looks again: a deploy must
    /// neither page nor end a page.
    fn take_leave(&mut self) {
        self.tick();
        if self.caught_up_at.is_some() {
            self.evaluate(self.view.now());
        }
        let at = self.evaluated_at.max(self.view.now());
        let notices = self.sender.farewell(&mut self.alerts, &self.view, at);
        self.delivery.send(&notices, &self.instruments.delivered);
        self.keep_log(at);
    }

    fn tick(&mut self) {
        self.clock_says = match self.clock {
            Clock::Wall => self.steady.look(clock::wall(), clock::instant()),
            Clock::Story(_) => (self.clock.now(), true),
        };
        let second = self.now().floor_to(Elapsed::from_ms(SECOND_MS));
        // Alerts are evaluated on whole seconds: where one has begun since, the view stops at it.
        let now = if second > self.view.now() { second } else { self.now() };
        // Who still owes an answer is not asked again; what it says is then of an earlier instant.
        let is_behind = self.workers.iter().any(|(_, owes)| *owes);
        for (worker, commands) in self.commands.iter().enumerate() {
            let (stream, owes) = &mut self.workers[worker];
            if !*owes {
                *owes = commands.send(Command::Advance(now)).is_ok();
                if !*owes {
                    stream.trouble =
                        Some("a worker has failed: see the log, and restart Vaste".to_owned());
                }
            }
        }
        self.view.advance(now);
        while self.workers.iter().any(|(_, owes)| *owes) {
            let Ok(batch) = self.batches.recv_timeout(self.patience) else { break };
            let instruments = &self.instruments;
            batch.effects.apply(&mut Counting { view: &mut self.view, instruments });
            if let Some(stream) = batch.stream {
                self.workers[batch.worker] = (stream, false);
            }
        }
        let stream = self.stream();
        self.view.set_history_from(stream.history_from());
        self.count_responses(&stream);
        self.doubt = stream.doubt();
        let is_behind = is_behind || self.workers.iter().any(|(_, owes)| *owes);
        if self.doubt.is_none() && is_behind {
            self.doubt = Some(Doubt::Overloaded);
        }
        let (says, is_steady) = self.clock_says;
        if !is_steady || says.plus(JUMP_MAX) < self.view.now() {
            self.doubt = Some(Doubt::Jumped);
        }
        if self.caught_up_at.is_none() && self.doubt.is_none() {
            self.caught_up_at = Some(clock::wall());
            tracing::info!("caught up: readings and verdicts can be trusted from here on");
            // This tick's instant is from before: the first picture to be trusted is that of the next.
            return;
        }
        self.watch();
        let began = clock::instant();
        self.publish();
        self.publishing_took = began.elapsed();
    }

    /// Judges by whether what is known can be trusted, and evaluates alerts if it is time.
    fn watch(&mut self) {
        self.view.set_frozen(self.doubt.is_some());
        // Before it has ever caught up, the view is of the past. What fired when the service last ran is sent
        // again all the same, and says that it is not known whether it still holds.
        let at = if self.caught_up_at.is_some() { self.view.now() } else { self.clock_says.0 };
        let second = at.floor_to(Elapsed::from_ms(SECOND_MS));
        let is_time = self.caught_up_at.is_none() || at == second;
        if is_time && second > self.evaluated_at {
            let timer = self.instruments.alert_evaluation_duration.start_timer();
            self.evaluate(second);
            timer.observe_duration();
        }
    }

    fn evaluate(&mut self, at: Timestamp) {
        self.evaluated_at = at;
        let mut is_news = false;
        let instruments = Arc::clone(&self.instruments);
        for (id, owner, objective) in self.rules.objectives() {
            let judged = self.view.state(id);
            let was_missed = &mut self.was_missed[id.index()];
            if judged.state != State::Frozen {
                let is_missed = judged.state == State::Missed;
                let team = team_label(self.rules.slot_name(owner));
                let breaches = instruments.breaches.with_label_values(&[team, &objective.name]);
                breaches.inc_by(u64::from(is_missed && *was_missed == Some(false)));
                *was_missed = Some(is_missed);
            }
            for transition in self.alerts.evaluate(id, judged, &self.rules, at) {
                is_news = true;
                let team = team_label(transition.team.as_deref());
                let (alert, state) = (transition.alert.label(), transition.state);
                tracing::info!(team, objective = &*transition.objective, alert, "alert is {state}");
            }
        }
        let due = self.sender.take_due(&mut self.alerts, &self.view, at);
        let log = |(notice, reason): &(Notice, SendReason)| {
            tracing::debug!(labels = ?notice.labels, ?reason, "alert is sent");
        };
        let mut notices: Vec<Notice> =
            due.into_iter().inspect(log).map(|(notice, _)| notice).collect();
        is_news |= !notices.is_empty();
        let doubt = self.doubt.as_ref().map(ToString::to_string);
        notices.extend(self.own.take_due(doubt.as_deref(), &self.sender, at));
        self.delivery.send(&notices, &self.instruments.delivered);
        self.instruments.alert_evaluations.inc();
        self.instruments.alert_evaluation_last.set(at.unix_seconds());
        if is_news || self.logged_at.plus(LOG_EVERY) <= at {
            self.keep_log(at);
        }
    }

    /// Hands over what is known of alerts to be kept.
    fn keep_log(&mut self, at: Timestamp) {
        self.logged_at = at;
        let Some(jobs) = &self.jobs else { return };
        let ids = self.rules.objectives().map(|(id, _, _)| id);
        let missed = ids.filter(|id| self.was_missed[id.index()] == Some(true));
        let bytes = WatchLog::of(&self.alerts, missed, &self.rules, at).bytes();
        if jobs.send(Job::WatchLog { at: at.ms(), bytes }).is_err() {
            tracing::debug!("nobody keeps the watch log any more");
        }
    }

    /// The wall clock once everything is caught up, before that the latest event time, at most the wall
    /// clock; it never goes back.
    fn now(&self) -> Timestamp {
        let wall = self.clock_says.0;
        let stream = self.stream();
        let now = if stream.doubt().is_none() || self.caught_up_at.is_some() {
            wall
        } else {
            stream.event_time_max().map_or(self.view.now(), |latest| latest.min(wall))
        };
        now.max(self.view.now())
    }

    /// Takes note of what partitions have counted. A counter never steps back: one that begins anew, since
    /// its checkpoint is lost, is heard again once it has gone further.
    fn count_responses(&mut self, stream: &Stream) {
        let mut is_new = false;
        for (number, progress) in &stream.partitions {
            let known = self.counted.get(number).map_or(0, |responses| responses.total());
            if progress.responses.total() > known {
                self.counted.insert(*number, Arc::clone(&progress.responses));
                is_new = true;
            }
        }
        if is_new {
            let mut all = Responses::new(&self.rules);
            self.counted.values().for_each(|responses| all.merge(responses));
            self.responses = Arc::new(all);
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
        let windows = self.rules.windows();
        series
            .flat_map(|(slot, measure)| windows.iter().map(move |length| (slot, measure, *length)))
            .map(|(slot, measure, length)| {
                (slot, measure, length, self.view.given_up(slot, measure, length))
            })
            .collect()
    }

    fn publish(&mut self) {
        let is_known = self.caught_up_at.is_some();
        let has_read = self.view.now() > Timestamp::EVENT_MIN;
        let verdicts = self.view.verdicts();
        let trusted = self.doubt.as_ref().and_then(|_| Picture::last_trusted(&self.picture.load()));
        self.picture.store(Arc::new(Picture {
            at: has_read.then_some(self.view.now()),
            rules: Arc::clone(&self.rules),
            readings: if is_known { self.view.readings() } else { Vec::new() },
            details: Detail::all(&self.view, &verdicts),
            verdicts,
            given_up: if is_known { self.given_up() } else { Vec::new() },
            ratings: if is_known { picture::ratings(&self.view) } else { Vec::new() },
            alerts: self.alerts.clone(),
            stream: self.stream(),
            responses: Arc::clone(&self.responses),
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
            stale_after: Elapsed::from_ms(SECOND_MS),
            log: None,
            jobs: None,
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
                .send(Batch { worker: 0, effects: Effects::default(), stream: Some(stream) })
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
