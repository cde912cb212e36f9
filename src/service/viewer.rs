//! The viewer: hands one `now` to all workers, merges what they say, publishes the picture.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::clock::{self, Clock};
use super::picture::{Picture, Stream};
use super::stream::{Batch, Command};
use crate::measure::Measure;
use crate::rules::{Rules, Slot};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;

/// How often a picture is published.
const TICK: Duration = Duration::from_millis(200);

/// How long a worker may take to answer before the picture is made without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who has used this part of the time that an objective allows is due soon.
const DUE_SOON_PERCENT: i64 = 80;

/// Merges what the workers say.
pub(super) struct Viewer {
    rules: Arc<Rules>,
    clock: Clock,
    view: View,
    commands: Vec<Sender<Command>>,
    batches: Receiver<Batch>,
    /// What each worker said last, and whether it owes an answer.
    workers: Vec<(Stream, bool)>,
    started: Timestamp,
    caught_up_at: Option<Timestamp>,
    picture: Arc<ArcSwap<Picture>>,
}

impl Viewer {
    pub(super) fn new(
        rules: Arc<Rules>,
        clock: Clock,
        commands: Vec<Sender<Command>>,
        batches: Receiver<Batch>,
        picture: Arc<ArcSwap<Picture>>,
    ) -> Self {
        let started = clock::wall();
        Self {
            view: View::new(Arc::clone(&rules), Timestamp::EVENT_MIN),
            workers: commands.iter().map(|_| (Stream::default(), false)).collect(),
            rules,
            clock,
            commands,
            batches,
            started,
            caught_up_at: None,
            picture,
        }
    }

    /// Publishes a picture a few times a second until `stop` hangs up or says so; then stops the workers.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.tick();
        }
        for commands in &self.commands {
            if commands.send(Command::Stop).is_err() {
                tracing::debug!("a worker has ended already");
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now();
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
            let Ok(batch) = self.batches.recv_timeout(PATIENCE) else { break };
            batch.effects.apply(&mut self.view);
            self.workers[batch.worker] = (batch.stream, false);
        }
        if self.caught_up_at.is_none() && self.stream().doubt().is_none() {
            self.caught_up_at = Some(clock::wall());
            tracing::info!("caught up: readings and verdicts can be trusted from here on");
            // This tick's instant is from before: the first picture to be trusted is that of the next.
            return;
        }
        self.publish();
    }

    /// The wall clock once everything is caught up, before that the latest event time, at most the wall
    /// clock; it never goes back.
    fn now(&self) -> Timestamp {
        let wall = self.clock.now();
        let stream = self.stream();
        let now = if stream.doubt().is_none() || self.caught_up_at.is_some() {
            wall
        } else {
            stream.event_time_max().map_or(self.view.now(), |latest| latest.min(wall))
        };
        now.max(self.view.now())
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
        let stream = self.stream();
        let doubt = stream.doubt();
        self.view.set_frozen(doubt.is_some());
        let has_read = self.view.now() > Timestamp::EVENT_MIN;
        let overdue = self.rules.objectives().map(|(id, _, _)| {
            (self.view.waiting_over(id), self.view.waiting_beyond(id, DUE_SOON_PERCENT))
        });
        let overdue = overdue.collect();
        self.picture.store(Arc::new(Picture {
            at: has_read.then_some(self.view.now()),
            rules: Arc::clone(&self.rules),
            readings: self.view.readings(),
            verdicts: self.view.verdicts(),
            overdue,
            given_up: self.given_up(),
            stream,
            started: self.started,
            caught_up_at: self.caught_up_at,
            frozen: doubt,
        }));
    }
}
