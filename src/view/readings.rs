//! Readings: windows and waiting tickets of every scope and measure.

use std::collections::BTreeMap;

use super::{View, WaitingNow};
use crate::agreement::Target;
use crate::amount::Amount;
use crate::catalog::{ChannelId, ScopeId, StopwatchKindId};
use crate::event::Priority;
use crate::measure::{Basis, Measure};
use crate::reading::{QUANTILES_PER_MILLE, Quantiles, Reading, SplitShown, Within, flags_shown};
use crate::ticket::GivenUp;
use crate::time::{Elapsed, Timestamp};
use crate::window::{
    Bucket, Part, Series, SeriesTally, Survival, WaitedQuantile, WindowSum, from_of,
};

/// What one reading is made of.
#[derive(Clone, Copy)]
struct ReadingSubject<'a> {
    scope: ScopeId,
    measure: Measure,
    stopwatch_kind: StopwatchKindId,
    basis: Basis,
    part: Option<Part>,
    series: &'a Series,
    sum: &'a WindowSum<SeriesTally>,
    filter: &'a dyn Fn(ChannelId, Option<Priority>) -> bool,
    /// The tickets that wait now: the same for all windows.
    waiting: WaitingNow,
}

impl View {
    /// The readings of every scope, measure, kind of time, window and part that has samples, tickets
    /// waiting or given up, or flagged acts. The organisation comes first, then teams by name, then
    /// unclaimed.
    pub fn readings(&self) -> Vec<Reading> {
        let mut readings = Vec::new();
        for scope in self.catalog.reading_scopes() {
            for &measure in self.catalog.measures() {
                for &basis in self.catalog.bases(scope, measure) {
                    for part in self.parts_of(scope, measure) {
                        self.read(scope, measure, basis, part, &mut readings);
                    }
                }
            }
        }
        readings
    }

    /// `None` for the whole, then the parts that the readings of a scope and measure are split into.
    fn parts_of(&self, scope: ScopeId, measure: Measure) -> Vec<Option<Part>> {
        let mut parts = vec![None];
        if let Some(split) = self.catalog.split(scope, measure) {
            if split.priority {
                let priorities = std::iter::once(None).chain(Priority::ALL.into_iter().map(Some));
                parts.extend(priorities.map(|priority| Some(Part::Priority(priority))));
            }
            parts.extend(split.channels.iter().map(|channel| Some(Part::Channel(*channel))));
        }
        parts
    }

    /// Adds the readings of one part, one for each window.
    fn read(
        &self,
        scope: ScopeId,
        measure: Measure,
        basis: Basis,
        part: Option<Part>,
        readings: &mut Vec<Reading>,
    ) {
        let Some(stopwatch_kind) = self.catalog.standard(measure) else { return };
        let empty;
        let series = match self.part_series(scope, stopwatch_kind, part) {
            Some(series) => series,
            None => {
                empty = self.empty_series(scope, stopwatch_kind, part.is_some());
                &empty
            }
        };
        let named = self.catalog.split(scope, measure).map_or(&[][..], |split| &split.channels);
        let filter = self.filter_of(part, named);
        let filter = &filter;
        let waiting = self.waiting_now(scope, stopwatch_kind, filter);
        let sums = series.ring().sums().iter();
        readings.extend(sums.filter_map(|sum| {
            let subject = ReadingSubject {
                scope,
                measure,
                stopwatch_kind,
                basis,
                part,
                series,
                sum,
                filter,
                waiting,
            };
            self.reading(subject)
        }));
    }

    /// The chosen tickets that wait for a scope.
    pub(super) fn waiting_now(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        filter: &dyn Fn(ChannelId, Option<Priority>) -> bool,
    ) -> WaitingNow {
        let waiting = || self.waiting_of(scope, stopwatch_kind).map(|(_, waiting)| waiting);
        WaitingNow {
            count: waiting().map(|waiting| waiting.len(filter)).sum(),
            oldest_since: waiting().filter_map(|waiting| waiting.oldest(filter, self.now)).min(),
        }
    }

    fn part_series(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        part: Option<Part>,
    ) -> Option<&Series> {
        match part {
            None => self.series(scope, stopwatch_kind),
            Some(part) => self.parts.get(&(scope, stopwatch_kind, part)),
        }
    }

    fn reading(&self, subject: ReadingSubject<'_>) -> Option<Reading> {
        let ReadingSubject { scope, measure, basis, sum, .. } = subject;
        let waiting = subject.waiting;
        let tally = &sum.tally;
        let reasons = GivenUp::ALL.into_iter().filter(|reason| reason.is_counted_given_up());
        let given_up = reasons.map(|reason| tally.given_up(reason)).sum();
        let histogram = tally.answered(basis);
        let needed_no_reply = tally.given_up(GivenUp::NoReplyNeeded);
        let flags = self.flags_shown(subject);
        let has_ended = !histogram.is_empty() || given_up > 0 || needed_no_reply > 0;
        if !has_ended && waiting.count == 0 && flags.is_empty() {
            return None;
        }
        let answered = histogram.total();
        let amount = |bucket: Bucket| measure.amount(bucket.value());
        Some(Reading {
            at: self.now,
            team: self.catalog.scope_name(scope).map(Into::into),
            measure,
            basis,
            window: sum.length,
            from: from_of(self.now, sum.length),
            answered,
            mean: measure.unit().mean(tally.answered_sum(basis), answered),
            q: QUANTILES_PER_MILLE
                .map(|per_mille| histogram.quantile(u64::from(per_mille)).map(amount))
                .into(),
            max: histogram.highest().map(amount),
            waiting: waiting.count,
            oldest_waiting_since: waiting.oldest_since,
            given_up,
            q_with_waiting: self.waiting_aware(subject),
            within: self.within(subject),
            flags,
            split: subject.part.map(|part| self.split_shown(part)),
        })
    }

    /// The flagged acts. A part of a split has none.
    fn flags_shown(&self, subject: ReadingSubject<'_>) -> BTreeMap<&'static str, u64> {
        let ReadingSubject { scope, measure, part, sum, .. } = subject;
        if part.is_some() {
            return BTreeMap::new();
        }
        let by_reason = GivenUp::ALL.map(|reason| sum.tally.given_up(reason));
        flags_shown(&by_reason, self.flags(scope, measure, sum.length))
    }

    fn split_shown(&self, part: Part) -> SplitShown {
        match part {
            Part::Priority(priority) => {
                SplitShown::Priority(priority.map_or("none", Priority::label))
            }
            Part::Channel(channel) => {
                SplitShown::Channel(self.catalog.channel_name(channel).into())
            }
        }
    }

    fn within(&self, subject: ReadingSubject<'_>) -> Vec<Within> {
        let ReadingSubject { scope, measure, stopwatch_kind, basis, series, sum, filter, .. } =
            subject;
        let levels = series.levels();
        let agreed = self.catalog.judging(scope, stopwatch_kind).iter().flat_map(|&id| {
            let level = self.catalog.objective(id).1.level_at(self.now);
            level.targets().filter(|target| target.basis() == basis)
        });
        let mut targets: Vec<_> = agreed.collect();
        targets.sort_unstable();
        targets.dedup();
        let counts = |target: Target| {
            let waiting = self.waiting_of(scope, stopwatch_kind);
            let over: u64 = waiting
                .map(|(holder, waiting)| {
                    waiting.part_over(
                        filter,
                        target,
                        self.instant(holder, stopwatch_kind, self.now),
                    )
                })
                .sum();
            let given_up_over = sum.given_up_over(levels, target);
            Within {
                target: target.shown(measure),
                met: sum.answered_within(levels, target),
                of: sum.tally.answered(basis).total() + given_up_over + over,
            }
        };
        targets.into_iter().map(counts).collect()
    }

    fn waiting_aware(&self, subject: ReadingSubject<'_>) -> Quantiles<WaitedQuantile<Amount>> {
        let ReadingSubject { scope, measure, stopwatch_kind, basis, part, sum, filter, .. } =
            subject;
        let begin = from_of(self.now, sum.length);
        let mut survival = Survival::new(basis);
        survival.add_window(&sum.tally);
        // Open time of the organisation is each team's own.
        let is_whole = scope == self.catalog.organisation();
        if is_whole && basis == Basis::Open {
            for scope in self.catalog.ticket_scopes() {
                if let Some(series) = self.part_series(scope, stopwatch_kind, part) {
                    self.delay(scope, stopwatch_kind, series, begin, &mut survival);
                }
            }
        } else {
            self.delay(scope, stopwatch_kind, subject.series, begin, &mut survival);
        }
        for (holder, waiting) in self.waiting_of(scope, stopwatch_kind) {
            let [from, now] = [begin, self.now].map(|at| self.instant(holder, stopwatch_kind, at));
            for (age, age_before) in waiting.ages(filter, basis, from, now) {
                survival.add_waiting(age, age_before);
            }
        }
        let quantiles = survival.quantiles(QUANTILES_PER_MILLE);
        quantiles.map(|quantile| quantile.map(|raw| measure.amount(raw))).into()
    }

    /// Delays the entry of samples that began before the window.
    fn delay(
        &self,
        scope: ScopeId,
        stopwatch_kind: StopwatchKindId,
        series: &Series,
        from: Timestamp,
        survival: &mut Survival,
    ) {
        let basis = survival.basis();
        let at = |at| self.instant(scope, stopwatch_kind, at).of(basis);
        let begin = at(from);
        for (middle, tally) in series.ring().panes_from(from, self.now) {
            survival.delay_pane(Elapsed::from_ms(at(middle) - begin), tally);
        }
    }
}
