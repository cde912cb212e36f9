//! Timelines into windows: forward as time goes on, and back when an event comes late.

use super::change::{Ended, Rated, Running, Sink};
use super::state::TicketState;
use super::stopwatch::{DerivationContext, Out};
use super::timeline::{Log, Spot, Timeline};
use crate::event::Kind;
use crate::time::Timestamp;

/// How far a walk goes: before the event of that number in its block, and up to `now`.
#[derive(Clone, Copy)]
struct Limit {
    entry: u16,
    now: Timestamp,
}

impl Timeline {
    /// Lets the windows know all events up to and including `now`. Returns the time of the next event
    /// after that, if there is one.
    pub(crate) fn advance(
        &mut self,
        now: Timestamp,
        context: DerivationContext<'_>,
        sink: &mut dyn Sink,
    ) -> Option<Timestamp> {
        let mut state = self.state_at(self.done, context);
        let before = running_of(&state, context);
        let mut spot = self.done;
        let next = loop {
            let mut out = Out { sink: Some(&mut *sink) };
            let limit = Limit { entry: u16::MAX, now };
            let next = self.walk(&mut spot, limit, &mut state, context, &mut out);
            if next.is_some() || !self.enter_next_block(&mut spot, &state) {
                break next;
            }
        };
        self.done = spot;
        let after = running_of(&state, context);
        if before != after {
            before.iter().for_each(|running| sink.running(running, -1));
            after.iter().for_each(|running| sink.running(running, 1));
        }
        next
    }

    /// Takes back from the windows what they know from `spot` on, and somewhat more: from the beginning of
    /// its block. [`Timeline::advance`] brings the rest back.
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
        running_of(&state, context).iter().for_each(|running| sink.running(running, -1));
        let mut state = self.state_at(to, context);
        running_of(&state, context).iter().for_each(|running| sink.running(running, 1));
        let mut record = ChangeRecorder::default();
        let mut out = Out { sink: Some(&mut record) };
        self.walk_all(to, self.done, &mut state, context, &mut out);
        record.take_back(sink);
        self.done = to;
    }

    /// When its last event was, where no stopwatch of it runs or is paused; none where one does, or where it
    /// has no events.
    pub(crate) fn at_rest_since(&self, context: DerivationContext<'_>) -> Option<Timestamp> {
        let last = self.last_time()?;
        let state = self.state_at(self.done, context);
        running_of(&state, context).is_empty().then_some(last)
    }

    /// Takes everything back from the windows.
    pub(crate) fn unwind_all(&mut self, context: DerivationContext<'_>, sink: &mut dyn Sink) {
        self.unwind(Spot::default(), context, sink);
    }

    /// The stopwatches after the events before `spot`, which must be within what is done.
    fn state_at(&self, spot: Spot, context: DerivationContext<'_>) -> TicketState {
        let mut state = match &self.log {
            Log::Short(_) => TicketState::default(),
            Log::Long(long) => long
                .blocks
                .get(usize::from(spot.block))
                .map_or_else(TicketState::default, |block| block.before.clone()),
        };
        let mut out = Out { sink: None };
        let start = Self::block_start(spot);
        self.walk_all(start, spot, &mut state, context, &mut out);
        state
    }

    /// Walks the events from one spot up to another.
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

    /// Walks the events of one block from `spot` on, as far as the limit. Returns the time of the event
    /// that `now` stopped it at.
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
            if event.kind == Kind::Created && !state.is_created() && *spot != Spot::default() {
                self.take_back_partial(*spot, context, out);
            }
            state.step(&event, context, out);
            spot.entry += 1;
        }
        None
    }

    /// The ticket's creation is known from here on: what sorts before it answers, solves and asks nothing,
    /// so what it had ended while the timeline was partial is taken back.
    fn take_back_partial(&self, to: Spot, context: DerivationContext<'_>, out: &mut Out<'_>) {
        let Some(sink) = &mut out.sink else { return };
        let mut record = ChangeRecorder::default();
        let mut partial = Out { sink: Some(&mut record) };
        self.walk_all(Spot::default(), to, &mut TicketState::default(), context, &mut partial);
        record.take_back(&mut **sink);
    }

    /// Moves on from the end of a block to the next, and keeps the state before that.
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

/// The endings and ratings of a walk, kept to be taken back.
#[derive(Default)]
struct ChangeRecorder(Vec<(Effect, i64)>);

enum Effect {
    Ended(Ended),
    Rated(Rated),
}

impl ChangeRecorder {
    /// Takes all back, the last first: what was itself taken back on the way must be there again before
    /// it can be taken away.
    fn take_back(self, sink: &mut dyn Sink) {
        for (effect, by) in self.0.iter().rev() {
            match effect {
                Effect::Ended(ended) => sink.ended(ended, -by),
                Effect::Rated(rated) => sink.rated(rated, -by),
            }
        }
    }
}

impl Sink for ChangeRecorder {
    fn ended(&mut self, ended: &Ended, by: i64) {
        self.0.push((Effect::Ended(ended.clone()), by));
    }

    fn running(&mut self, _: &Running, _: i64) {}

    fn rated(&mut self, rated: &Rated, by: i64) {
        self.0.push((Effect::Rated(rated.clone()), by));
    }
}

fn running_of(state: &TicketState, context: DerivationContext<'_>) -> Vec<Running> {
    let mut all = Vec::new();
    state.running(context, |running| all.push(running));
    all
}
