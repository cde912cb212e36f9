//! Derives the changes of a timeline: forward as time passes, and back when an event arrives late.
//!
//! A timeline keeps a spot, `done`: the sink has the changes of all events before it. [`Timeline::advance`]
//! moves the spot forward and sends what the events change. [`Timeline::unwind`] moves it back and sends the
//! same changes with the opposite sign.

use smallvec::SmallVec;

use super::breakdown::WaitLocation;
use super::change::Running;
use super::entry::Entry;
use super::sink::{Change, EffectLog, JudgedSink, Sink};
use super::state::TicketState;
use super::stopwatch::{DerivationContext, Out};
use super::timeline::{Log, Spot, Timeline};
use crate::event::Kind;
use crate::time::Timestamp;

/// Where a walk stops: before event `entry` of its block, and before the first event after `now`.
#[derive(Clone, Copy)]
struct Limit {
    entry: u16,
    now: Timestamp,
}

/// What a ticket waits for.
#[derive(Debug)]
pub(crate) struct Waits {
    /// Its stopwatches that run or are paused.
    pub(crate) running: Vec<Running>,
    /// Where it waits.
    pub(crate) location: WaitLocation,
    /// Whether it took over a merged ticket: a wait may go on that was over target before.
    pub(crate) has_taken_over: bool,
}

/// How far a timeline was advanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advanced {
    /// The time of the next event; `None` if there is none.
    pub(crate) next: Option<Timestamp>,
    /// Whether a stopwatch runs or is paused.
    pub(crate) waits: bool,
}

impl Timeline {
    /// Sends the changes of all events up to and including `now`.
    pub(crate) fn advance(
        &mut self,
        now: Timestamp,
        context: DerivationContext<'_>,
        sink: &mut dyn Sink,
    ) -> Advanced {
        let mut state = self.state_at(self.done, context);
        let before = running_of(&state, context);
        let mut spot = self.done;
        let next = loop {
            let mut out = Out { sink: Some(&mut *sink), ticket: self.key() };
            let limit = Limit { entry: u16::MAX, now };
            let next = self.walk(&mut spot, limit, &mut state, context, &mut out);
            if next.is_some() || !self.enter_next_block(&mut spot, &state) {
                break next;
            }
        };
        self.done = spot;
        let after = running_of(&state, context);
        send_difference(&before, &after, |running, by| sink.apply(Change::Running(running), by));
        Advanced { next, waits: !after.is_empty() }
    }

    /// The same, and sends what objectives are judged by to `judged`, event by event.
    pub(crate) fn advance_by_event(
        &mut self,
        now: Timestamp,
        context: DerivationContext<'_>,
        sink: &mut dyn Sink,
        judged: &mut dyn JudgedSink,
    ) -> Advanced {
        let mut state = self.state_at(self.done, context);
        let before = running_of(&state, context);
        let mut runs = judged_running_of(&state, context);
        let mut spot = self.done;
        let next = loop {
            let first = usize::from(spot.entry);
            let mut events = self.block(spot.block).into_iter().flatten().skip(first);
            let later = events.find_map(|event| {
                let at = event.time;
                if at > now {
                    return Some(at);
                }
                let mut both = BothSinks { sink: &mut *sink, judged: &mut *judged, context, at };
                let mut out = Out { sink: Some(&mut both), ticket: self.key() };
                self.apply(&event, &mut spot, &mut state, context, &mut out);
                let after = judged_running_of(&state, context);
                send_difference(&runs, &after, |running, by| {
                    judged.apply_at(at, Change::Running(running), by);
                });
                runs = after;
                None
            });
            if later.is_some() || !self.enter_next_block(&mut spot, &state) {
                break later;
            }
        };
        self.done = spot;
        let after = running_of(&state, context);
        send_difference(&before, &after, |running, by| sink.apply(Change::Running(running), by));
        Advanced { next, waits: !after.is_empty() }
    }

    /// What the ticket waits for after the events that the sink has the changes of.
    pub(crate) fn waits(&self, context: DerivationContext<'_>) -> Waits {
        let state = self.state_at(self.done, context);
        let location = state.ticket_position(context).location;
        let has_taken_over = state.has_taken_over();
        Waits { running: running_of(&state, context), location, has_taken_over }
    }

    /// Takes back the changes of all events from the start of `spot`'s block on. State is kept per block, so
    /// a walk cannot start in the middle of one; [`Timeline::advance`] sends the earlier events of the block
    /// again.
    pub(crate) fn unwind(
        &mut self,
        spot: Spot,
        context: DerivationContext<'_>,
        sink: &mut dyn Sink,
    ) {
        let to = Self::block_start(spot);
        if self.done <= to {
            return;
        }
        let state = self.state_at(self.done, context);
        send_running(&running_of(&state, context), -1, sink);
        let mut state = self.state_at(to, context);
        send_running(&running_of(&state, context), 1, sink);
        let mut sent = EffectLog::default();
        let mut out = Out { sink: Some(&mut sent), ticket: self.key() };
        self.walk_all(to, self.done, &mut state, context, &mut out);
        sent.take_back(sink);
        self.done = to;
    }

    /// The time of the last event if no stopwatch runs or is paused. `None` if one does, or if the timeline
    /// has no events.
    pub(crate) fn at_rest_since(&self, context: DerivationContext<'_>) -> Option<Timestamp> {
        let last = self.last_time()?;
        let state = self.state_at(self.done, context);
        running_of(&state, context).is_empty().then_some(last)
    }

    /// Takes back all changes.
    pub(crate) fn unwind_all(&mut self, context: DerivationContext<'_>, sink: &mut dyn Sink) {
        self.unwind(Spot::default(), context, sink);
    }

    /// The ticket's state before the event at `spot`, which must not be after `done`.
    fn state_at(&self, spot: Spot, context: DerivationContext<'_>) -> TicketState {
        let mut state = match &self.log {
            Log::Short(_) => TicketState::default(),
            Log::Long(long) => long
                .blocks
                .get(usize::from(spot.block))
                .map_or_else(TicketState::default, |block| block.before.clone()),
        };
        let mut out = Out { sink: None, ticket: self.key() };
        let start = Self::block_start(spot);
        self.walk_all(start, spot, &mut state, context, &mut out);
        state
    }

    /// Applies the events between two spots to `state`.
    fn walk_all(
        &self,
        from: Spot,
        to: Spot,
        state: &mut TicketState,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let mut spot = from;
        while spot.block <= to.block {
            let entry = if spot.block == to.block { to.entry } else { u16::MAX };
            let limit = Limit { entry, now: Timestamp::EVENT_END };
            self.walk(&mut spot, limit, state, context, out);
            spot = Spot { block: spot.block + 1, entry: 0 };
        }
    }

    /// Applies the events of one block to `state`, from `spot` up to `limit`, and moves `spot` behind them.
    /// Returns the time of the first event after `limit.now`, if that stopped the walk.
    fn walk(
        &self,
        spot: &mut Spot,
        limit: Limit,
        state: &mut TicketState,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) -> Option<Timestamp> {
        let first = usize::from(spot.entry);
        let events = self.block(spot.block)?.take(usize::from(limit.entry)).skip(first);
        for event in events {
            if event.time > limit.now {
                return Some(event.time);
            }
            self.apply(&event, spot, state, context, out);
        }
        None
    }

    /// Applies the event at `spot` to `state`, and moves `spot` behind it.
    fn apply(
        &self,
        event: &Entry<'_>,
        spot: &mut Spot,
        state: &mut TicketState,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let context = DerivationContext { is_resumed: self.resumed, ..context };
        if event.kind == Kind::Created && !state.is_created() && *spot != Spot::default() {
            self.take_back_partial(*spot, context, out);
        }
        state.step(event, context, out);
        spot.entry += 1;
    }

    /// Takes back what the events before `to` ended. They come before the ticket's `created` event, so they
    /// count for nothing; they were counted while the creation was unknown.
    fn take_back_partial(&self, to: Spot, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let Some(sink) = &mut out.sink else { return };
        let mut sent = EffectLog::default();
        let mut partial = Out { sink: Some(&mut sent), ticket: self.key() };
        self.walk_all(Spot::default(), to, &mut TicketState::default(), context, &mut partial);
        sent.take_back(&mut **sink);
    }

    /// Moves `spot` from the end of a block to the start of the next, and keeps the state there. Returns
    /// false if there is no next block.
    fn enter_next_block(&mut self, spot: &mut Spot, state: &TicketState) -> bool {
        let Log::Long(long) = &mut self.log else {
            return false;
        };
        let Some(next) = long.blocks.get_mut(usize::from(spot.block) + 1) else {
            return false;
        };
        next.before = state.clone();
        *spot = Spot { block: spot.block + 1, entry: 0 };
        true
    }
}

/// Passes all changes on, and those that objectives are judged by once more, with the time of their event.
struct BothSinks<'a> {
    sink: &'a mut dyn Sink,
    judged: &'a mut dyn JudgedSink,
    context: DerivationContext<'a>,
    at: Timestamp,
}

impl Sink for BothSinks<'_> {
    fn apply(&mut self, change: Change<'_>, by: i64) {
        if let Change::Ended(ended) = change
            && self.context.is_judged(ended.scope, ended.stopwatch_kind)
        {
            self.judged.apply_at(self.at, change, by);
        }
        self.sink.apply(change, by);
    }
}

/// Sends what ran before and does not any more with weight −1, and what runs now and did not before with +1.
fn send_difference(before: &[Running], after: &[Running], mut send: impl FnMut(&Running, i64)) {
    before.iter().filter(|one| !after.contains(one)).for_each(|one| send(one, -1));
    after.iter().filter(|one| !before.contains(one)).for_each(|one| send(one, 1));
}

fn send_running(all: &[Running], by: i64, sink: &mut dyn Sink) {
    all.iter().for_each(|running| sink.apply(Change::Running(running), by));
}

fn running_of(state: &TicketState, context: DerivationContext<'_>) -> Vec<Running> {
    let mut all = Vec::new();
    state.running(context, |running| all.push(running));
    all
}

/// The stopwatches that run and that an objective is judged by, without breakdowns.
fn judged_running_of(
    state: &TicketState,
    context: DerivationContext<'_>,
) -> SmallVec<[Running; 2]> {
    let mut all = SmallVec::new();
    state.running_judged(context, |running| all.push(running));
    all
}
