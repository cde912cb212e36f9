//! One tick of the coordinator.

use std::sync::Arc;
use std::time::Duration;

use super::Coordinator;
use super::published_view::{self, ObjectiveDetail, PublishedView};
use super::readiness::{Currency, NotReady};
use super::state_log::ReadProgress;
use crate::monitor::{ClockNews, Evaluation};
use crate::name::team_label;
use crate::service::clock::{self, Clock};
use crate::service::instruments::Instruments;
use crate::service::kafka::status::StreamStatus;
use crate::service::outage::in_seconds;
use crate::split_tickets::SplitQuestion;
use crate::ticket::{Change, Sink};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;

/// A time between two ticks after which the process counts as having been stopped.
const PAUSE_MIN: Duration = Duration::from_secs(2);

/// How long an instance waits for more partitions before it takes the rest for those of other instances.
/// Rebalances take less. What it counts until then is shown later, unless it stops before.
const SHARE_SETTLES: Duration = Duration::from_secs(10);

/// How long after the start the first scrape of a client shows what the counters began with. A client that
/// comes later has not waited for this process, and takes no increase from what it had counted.
const FIRST_SCRAPES: Duration = Duration::from_secs(120);

/// The longest time between two views, also if nobody asks.
const PUBLISH_EVERY: Duration = Duration::from_secs(30);

/// A view that is published within this time may be followed by one at once.
const PUBLISH_FAST: Duration = Duration::from_millis(100);

/// The longest time without a view because the last one took long to publish.
const PUBLISH_PAUSE_MAX: Duration = Duration::from_millis(500);

impl Coordinator {
    /// Advances everything to now, evaluates the alerts that are due, and publishes the view if it is due.
    pub(super) fn tick(&mut self) {
        self.notice_pause();
        self.read_clock();
        self.adopt_catalog();
        self.correct_time();
        let status = self.workers.status();
        let is_current = self.why_not_current(&status).is_none();
        let now = self.monitor.instant(is_current, status.event_time_max());
        let is_behind = self.advance_workers(now);
        self.is_adopting &= is_behind;
        let was_current = self.caught_up_at.is_some() && self.not_ready.is_none();
        self.update_readiness(is_behind);
        if was_current && self.not_ready.is_some() {
            self.publish_last_current();
        }
        if self.monitor.trust(self.not_ready.is_none()) {
            self.caught_up_at = Some(clock::wall());
            tracing::info!("caught up: readings and verdicts are current from now on");
            return;
        }
        let began = clock::instant();
        let not_ready = self.not_ready.as_ref().map(ToString::to_string);
        if let Some(evaluation) = self.monitor.evaluate(not_ready.as_deref()) {
            let took = began.elapsed().as_secs_f64();
            self.instruments.alert_evaluation_duration.observe(took);
            self.report(evaluation);
        }
        if self.not_ready.is_none() {
            self.instruments.count_merged_waiting(self.monitor.view());
        }
        self.published.outdate();
        if self.must_publish() {
            self.publish_if_possible();
        }
    }

    /// Whether a view is due that nobody has asked for, or that was asked for too soon after the last one.
    fn must_publish(&self) -> bool {
        let is_news = match (&self.published.load().frozen, &self.not_ready) {
            (Some(shown), Some(now)) => !shown.is_like(now),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        };
        // Until there are readings a view costs little, and shows how far reading has come.
        is_news
            || self.caught_up_at.is_none()
            || self.published.is_wanted()
            || self.published_at.elapsed() >= PUBLISH_EVERY
    }

    /// Publishes a view, unless the last one took so long that the next one must wait.
    pub(super) fn publish_if_possible(&mut self) {
        if self.is_adopting {
            // The published view stays until everything is counted by the new catalog.
            self.published.answer();
            return;
        }
        let began = clock::instant();
        if began >= self.publish_at {
            self.publish();
            self.published_at = clock::instant();
            self.publishing_took = began.elapsed();
            if self.publishing_took > PUBLISH_FAST {
                self.publish_at = self.published_at + self.publishing_took.min(PUBLISH_PAUSE_MAX);
            }
            tracing::trace!(took = ?self.publishing_took, "view published");
        }
    }

    /// Publishes the view as current for the last time: pages show it until data is current again.
    fn publish_last_current(&mut self) {
        let not_ready = self.not_ready.take();
        self.publish_if_possible();
        self.not_ready = not_ready;
    }

    /// Ticks once more and sends the final notices.
    pub(super) fn shut_down_alerts(&mut self) {
        self.tick();
        let not_ready = self.not_ready.as_ref().map(ToString::to_string);
        let evaluation = self.monitor.shutdown(not_ready.as_deref());
        self.report(evaluation);
    }

    /// Notes that the process did not run for a while: the machine slept, or the process was stopped. Until
    /// the brokers have been asked again, nobody knows what was published meanwhile.
    fn notice_pause(&mut self) {
        let now = clock::instant();
        let stood_still = now.duration_since(self.ticked_at);
        if stood_still > PAUSE_MIN + self.publishing_took {
            self.awake_since = now;
            let after = in_seconds(stood_still);
            tracing::warn!(
                "this process did not run for {after}: it was stopped, or the machine slept or had no time for it; \
                 nothing is judged before what came meanwhile is read"
            );
        }
        self.ticked_at = now;
    }

    /// Why the data of the workers is not current; `None` if it is.
    fn why_not_current(&self, status: &StreamStatus) -> Option<NotReady> {
        let currency = Currency::new(clock::instant(), self.awake_since);
        NotReady::of(status, &self.answers.topic(), currency)
    }

    /// Begins again from the present time, if the clock was ahead and is right again. Windows never go back:
    /// without this they would stand still until the wrong time is reached.
    fn correct_time(&mut self) {
        if self.workers.is_behind() {
            return;
        }
        let Some(now) = self.monitor.time_to_correct() else { return };
        tracing::warn!(
            "the clock of this machine was ahead and is {now} now: windows and alerts go on from there"
        );
        self.workers.correct_time(now);
        self.monitor.correct_time(now);
        self.is_adopting = true;
    }

    fn read_clock(&mut self) {
        match self.clock {
            Clock::Wall => {
                let passed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
                let wall = clock::wall();
                match self.monitor.look(wall, Elapsed::from_ms(passed)) {
                    Some(ClockNews::Jumped { from, to }) => {
                        tracing::warn!("the clock of this machine has jumped from {from} to {to}");
                    }
                    Some(ClockNews::RightAgain) => {
                        tracing::info!("the clock of this machine is right again");
                    }
                    Some(ClockNews::Accepted) => {
                        tracing::warn!(
                            "the clock of this machine has held its new time: it is accepted"
                        );
                    }
                    None => {}
                }
            }
            Clock::Accelerated(_) | Clock::Stepped(_) => {
                self.monitor.look_at_accelerated(self.clock.now());
            }
        }
    }

    /// Puts a reloaded catalog in force, once no answer by the one before is outstanding.
    fn adopt_catalog(&mut self) {
        if self.workers.is_behind() {
            return;
        }
        let Some(catalog) = self.reloads.try_iter().last() else { return };
        self.workers.adopt(&catalog);
        // Counters of objectives that are no longer agreed end with them.
        for (_, owner, objective) in self.catalog.objectives() {
            let team = team_label(self.catalog.scope_name(owner));
            let is_kept = catalog.objectives().any(|(_, other, same)| {
                same.name == objective.name && team_label(catalog.scope_name(other)) == team
            });
            if !is_kept {
                let labels = [team, &*objective.name];
                // The counter may not exist.
                drop(self.instruments.breaches.remove_label_values(&labels));
            }
        }
        self.instruments.add_counters(&catalog);
        self.monitor.adopt_catalog(Arc::clone(&catalog));
        self.catalog = catalog;
        self.is_adopting = true;
        tracing::info!("the new configuration is in force");
    }

    /// Advances all workers to this instant and applies their answers. Returns whether an answer is
    /// outstanding, to this command or the one before.
    fn advance_workers(&mut self, now: Timestamp) -> bool {
        let known = self.split_tickets.len();
        let was_behind = self.workers.is_behind();
        // A question goes to all workers or to none: one that is left out now would never answer it.
        let question = if was_behind {
            SplitQuestion::default()
        } else {
            let is_current = self.why_not_current(&self.workers.status()).is_none();
            self.split_tickets.question(is_current)
        };
        self.workers.advance(now, &Arc::new(question));
        self.monitor.advance(now);
        let Self { workers, monitor, instruments, split_tickets, oldest_event, .. } = self;
        workers.receive(|batch| {
            if let Some(oldest) = batch.oldest_event {
                oldest_event.note(oldest);
            }
            let view = monitor.view_mut();
            batch.effects.apply_to(&mut InstrumentedSink { view, instruments });
            for (partition, keys) in batch.opened {
                split_tickets.opened(partition, keys);
            }
            split_tickets.found(batch.found);
        });
        let tickets = self.split_tickets.len();
        if tickets > known {
            tracing::warn!(
                tickets,
                "tickets have events in two partitions and are not counted; key every event of a ticket by \
                 its id"
            );
        }
        was_behind || self.workers.is_behind()
    }

    /// Determines whether data is current.
    fn update_readiness(&mut self, is_behind: bool) {
        let status = self.workers.status();
        let view = self.monitor.view_mut();
        view.set_history_from(status.history_from());
        view.set_waiting_lists(status.waiting_lists());
        view.set_team_logs(self.team_logs.update(status.team_events(), &self.catalog));
        self.team_logs.update_reviews(status.reviews(), status.evicted_reviews());
        let held = status.partitions.iter().filter(|(_, progress)| progress.is_caught_up);
        let given_up = status.given_up.iter();
        for (partition, last) in
            given_up.filter(|(number, _)| !status.partitions.contains_key(number))
        {
            self.monitor.count(*partition, last.tenure, None, &last.responses);
        }
        for (partition, progress) in held.clone() {
            let before = progress.counted_before.as_ref();
            self.monitor.count(*partition, progress.tenure, before, &progress.responses);
        }
        let is_whole = !is_behind && held.count() == status.partitions.len();
        self.begin_counting(is_whole, status.partitions.len());
        let was_not_ready = self.caught_up_at.is_none() || self.not_ready.is_some();
        let mut not_ready = if self.monitor.is_clock_sane() {
            // A worker that does not answer has an old status.
            let overloaded = is_behind.then_some(NotReady::Overloaded);
            overloaded.or_else(|| self.why_not_current(&status))
        } else {
            Some(NotReady::Jumped)
        };
        if not_ready.is_some() {
            self.state_log.cancel_read();
        } else if was_not_ready && !self.has_adopted_state_log() {
            not_ready = Some(NotReady::Starting);
        }
        self.log_readiness(not_ready.as_ref());
        self.not_ready = not_ready;
    }

    /// Shows the counters once this instance holds the whole topic, or what it holds stays the same for a
    /// while: then other instances hold the rest.
    fn begin_counting(&mut self, is_whole: bool, held: usize) {
        if !is_whole || held == 0 {
            self.share_since = None;
            return;
        }
        let has_all = self.answers.topic().partitions == Some(held);
        let share = self.share_since.filter(|(before, _)| *before == held);
        let Some((_, since)) = share else {
            // What was read since the checkpoint is counted with the next answer.
            self.share_since = Some((held, clock::instant()));
            return;
        };
        if has_all || since.elapsed() > SHARE_SETTLES {
            self.monitor.begin_counting(has_all);
            self.counting_since.get_or_insert_with(clock::instant);
        }
    }

    /// Logs when the data stops being current, each new reason, and when it is current again.
    fn log_readiness(&mut self, not_ready: Option<&NotReady>) {
        let Some(not_ready) = not_ready else {
            if let Some(outage) = self.outage.end()
                && self.caught_up_at.is_some()
            {
                let after = in_seconds(outage);
                tracing::info!("data is current again after {after}: verdicts and alerts go on");
            }
            return;
        };
        self.outage.begin();
        let is_known = self.not_ready.as_ref().is_some_and(|before| before.is_like(not_ready));
        if is_known {
            return;
        }
        match not_ready {
            NotReady::Starting | NotReady::PartitionsUnknown => {}
            NotReady::Behind { .. } | NotReady::PartitionsElsewhere { .. } => {
                tracing::info!("data is not current, verdicts are frozen: {not_ready}");
            }
            NotReady::Trouble(_) | NotReady::Overloaded | NotReady::Full | NotReady::Jumped => {
                tracing::error!("data is not current, verdicts are frozen: {not_ready}");
            }
        }
    }

    /// Adopts the alert state that other instances have written while this one was not ready. Returns false
    /// while the store is being read.
    fn has_adopted_state_log(&mut self) -> bool {
        match self.state_log.read() {
            ReadProgress::Pending => false,
            ReadProgress::Done(log) => {
                if let Some(log) = log {
                    self.monitor.adopt(&log);
                }
                true
            }
        }
    }

    /// Counts, logs, sends and stores the results of an evaluation.
    fn report(&self, evaluation: Evaluation) {
        let Evaluation { at, transitions, removed, breaches, notices, log } = evaluation;
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
        for reason in removed {
            tracing::info!("alert is resolved: {reason}");
        }
        for notice in &notices {
            tracing::debug!(labels = ?notice.labels, "alert is sent");
        }
        self.delivery.send(&notices, &instruments.delivered);
        instruments.alert_evaluations.inc();
        instruments.alert_evaluation_last.set(at.unix_seconds());
        if let Some(log) = log {
            self.state_log.write(&log);
        }
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
        self.published.publish(PublishedView {
            at: has_read.then_some(view.now()),
            catalog: Arc::clone(&self.catalog),
            readings: if is_known { view.readings() } else { Vec::new() },
            details: ObjectiveDetail::all(view, &verdicts),
            verdicts,
            given_up: if is_known { published_view::given_up(view) } else { Vec::new() },
            flags: if is_known { view.all_flags().collect() } else { Vec::new() },
            waiting_lists: view.waiting_lists().to_vec(),
            team_logs: Arc::clone(view.team_logs()),
            reviews: Arc::clone(self.team_logs.reviews()),
            ticket_links: Arc::clone(&self.ticket_links),
            ratings: if is_known { published_view::ratings(view) } else { Vec::new() },
            alerts: self.monitor.alerts().clone(),
            wait_alarms: self.monitor.wait_alarms().clone(),
            stream: self.workers.status(),
            topic: self.answers.topic(),
            responses: self.monitor.responses().cloned(),
            responses_at_first: self
                .counting_since
                .filter(|since| since.elapsed() < FIRST_SCRAPES)
                .map(|_| Arc::clone(self.monitor.responses_at_first())),
            tickets_split: self.split_tickets.len() as u64,
            started: self.started,
            caught_up_at: self.caught_up_at,
            frozen: self.not_ready.clone(),
            changes: self.changes.load_full(),
            past: self
                .past
                .load_full()
                .filter(|derived| Arc::ptr_eq(&derived.catalog, &self.catalog)),
            trusted,
        });
    }
}

/// Applies changes to the view, and counts late events.
struct InstrumentedSink<'a> {
    view: &'a mut View,
    instruments: &'a Instruments,
}

impl Sink for InstrumentedSink<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        match change {
            Change::LateEvent { corrects } => {
                let late = &self.instruments.late;
                let counter = if corrects { &late.corrected } else { &late.uncorrected };
                counter.inc_by(by.unsigned_abs());
            }
            Change::Ended(_)
            | Change::Running(_)
            | Change::Rated(_)
            | Change::Flagged(_)
            | Change::Merged { .. }
            | Change::TookOver(_)
            | Change::NewSample(_) => {}
        }
        self.view.apply(change, by);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::alert::Sender;
    use crate::alert::WaitAlarmPolicies;
    use crate::catalog::Catalog;
    use crate::service::alertmanager::Delivery;
    use crate::service::coordinator::publication::Shared;
    use crate::service::coordinator::{Alerting, Inputs};
    use crate::service::kafka::changes::Effects;
    use crate::service::kafka::probe::{Answers, TopicState};
    use crate::service::kafka::status::{PartitionProgress, StreamStatus};
    use crate::service::kafka::worker::{Batch, WorkerCommand};

    /// A coordinator with one worker and one partition.
    struct Ticking {
        coordinator: Coordinator,
        batch: mpsc::SyncSender<Batch>,
        _commands: mpsc::Receiver<WorkerCommand>,
        shared: Shared,
    }

    impl Ticking {
        fn new() -> Self {
            let catalog = Arc::new(Catalog::new(&[], &[]));
            let shared = Shared::new(&catalog);
            let (batch, batches) = mpsc::sync_channel(2);
            let (to_worker, _commands) = mpsc::channel();
            let alerting = Alerting {
                sender: Sender::default(),
                delivery: Delivery::start(&[], &[]).unwrap(),
                stale_after: Elapsed::from_ms(1_000),
                wait_alarms: WaitAlarmPolicies::default(),
                log: None,
                jobs: None,
            };
            let topic = TopicState { partitions: Some(1), ..TopicState::default() };
            let answers = Answers::fixed(topic);
            let inputs =
                Inputs { commands: vec![to_worker], batches, reloads: mpsc::channel().1, answers };
            let mut coordinator = Coordinator::new(catalog, Clock::Wall, inputs, alerting, &shared);
            coordinator.workers.answer_at_once();
            Self { coordinator, batch, _commands, shared }
        }

        /// The worker answers that it has read everything, or not.
        fn answer(&self, has_read_all: bool) {
            let progress = PartitionProgress {
                is_caught_up: true,
                read_to: has_read_all.then(clock::instant),
                ..PartitionProgress::default()
            };
            let stream =
                StreamStatus { partitions: [(0, progress)].into(), ..StreamStatus::default() };
            let batch = Batch {
                worker: 0,
                effects: Effects::default(),
                stream: Some(stream),
                oldest_event: None,
                opened: Vec::new(),
                found: Vec::new(),
            };
            self.batch.send(batch).unwrap();
        }

        /// Why data is not current after a tick, as pages show it.
        fn tick(&mut self) -> Option<NotReady> {
            self.coordinator.tick();
            self.shared.published.load().frozen.clone()
        }
    }

    #[test]
    fn an_answer_for_an_earlier_instant_does_not_make_data_current() {
        let mut ticking = Ticking::new();
        let mut tick = |answers: bool| {
            if answers {
                ticking.answer(true);
            }
            ticking.tick()
        };
        assert_eq!(tick(true), Some(NotReady::Starting), "it has just caught up");
        assert_eq!(tick(true), None);
        assert_eq!(tick(false), Some(NotReady::Overloaded), "there was no answer");
        assert_eq!(tick(true), Some(NotReady::Overloaded), "it was for the instant before");
        assert_eq!(tick(true), None);
    }

    #[test]
    fn a_view_is_computed_for_readers_and_when_data_is_no_longer_current() {
        let mut ticking = Ticking::new();
        let mut tick = |has_read_all: bool| {
            ticking.answer(has_read_all);
            ticking.tick();
            (ticking.shared.published.load_full(), ticking.coordinator.monitor.view().now())
        };
        tick(true);
        let (first, _) = tick(true);
        let (same, _) = tick(true);
        assert!(Arc::ptr_eq(&first, &same), "nobody has asked");
        let (frozen, at) = tick(false);
        assert!(frozen.frozen.is_some(), "what is not current is shown at once");
        let trusted = frozen.trusted.as_ref().unwrap();
        assert!(trusted.frozen.is_none() && trusted.at == Some(at), "{trusted:?}");
        let (again, _) = tick(true);
        assert!(again.frozen.is_none());
        ticking.coordinator.publish_if_possible();
        let asked = ticking.shared.published.load_full();
        assert!(!Arc::ptr_eq(&again, &asked) && asked.trusted.is_none());
    }
}
