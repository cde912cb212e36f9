//! Waits that a ticket inherits from the tickets that it takes over.

use vaste::event::Kind;

use super::super::{Basis, Target};
use super::{Stretch, TicketLife, Wait, days_of_utc};

/// Time in which the customer waited on a merged ticket that this one took over.
#[derive(Clone)]
pub(super) struct Inherited {
    /// The step from which on it counts.
    pub(super) step: usize,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl<'m> TicketLife<'m> {
    /// The open time of an inherited stretch, by the calendar of the holder that inherited it.
    pub(super) fn inherited_open_ms(&self, Inherited { step, from, to }: &Inherited) -> i64 {
        let held = &self.steps[*step].after;
        self.open_ms(&Stretch { held, from: *from, to: *to })
    }

    /// The inherited stretches of a wait up to its end.
    pub(in crate::naive) fn inherited<'l>(
        &'l self,
        wait: &'l Wait,
    ) -> impl Iterator<Item = Stretch<'l, 'm>> {
        let known = wait.inherited.iter().filter(|inherited| inherited.step < wait.lived.end);
        known.map(|inherited| Stretch {
            held: &self.steps[inherited.step].after,
            from: inherited.from,
            to: inherited.to,
        })
    }

    /// The stretches that the question of a step inherits from merged tickets, up to its answer.
    pub(super) fn inherited_by(&self, question: usize, answer: Option<usize>) -> Vec<Inherited> {
        let mut start = self.steps[question].note.at;
        let mut all = Vec::new();
        let mut inherit = |step: usize, since: i64| {
            if since < start {
                all.push(Inherited { step, from: since, to: start });
                start = since;
            }
        };
        if self.created == Some(question) {
            self.taken_over_before().into_iter().for_each(|since| inherit(question, since));
        }
        for step in question..answer.unwrap_or(self.steps.len()) {
            let note = self.steps[step].note;
            if note.kind == Kind::TookOver && self.created != Some(step) {
                note.waiting_since.into_iter().for_each(|since| inherit(step, since));
            }
        }
        all
    }

    /// Since when customers of merged tickets wait that were taken over before the creation, and not
    /// answered by an early reply after that.
    pub(super) fn taken_over_before(&self) -> Vec<i64> {
        let Some(created) = self.created else { return Vec::new() };
        let answered = self.early_reply().map(|early| self.steps[early].note.at);
        let steps = self.steps[..created].iter().filter(|step| {
            let is_answered = answered.is_some_and(|answered| answered >= step.note.at);
            step.note.kind == Kind::TookOver && !is_answered
        });
        steps.filter_map(|step| step.note.waiting_since).collect()
    }

    /// When a wait started, by what is known just before a step.
    pub(super) fn start_of(&self, wait: &Wait, until: usize) -> i64 {
        let inherited = wait.inherited.iter().filter(|inherited| inherited.step < until);
        let question = self.steps[wait.since].note.at;
        inherited.map(|inherited| inherited.from).min().map_or(question, |from| from.min(question))
    }

    /// The kind and length of time that a target allows a wait, by its start as known before a step.
    pub(super) fn allowed(
        &self,
        wait: &Wait,
        until: usize,
        target: Target,
        team: &str,
    ) -> (Basis, i64) {
        match target {
            Target::Fixed { ms, basis } => (basis, ms),
            Target::WorkingDays(days) => {
                let from = self.start_of(wait, until);
                let allowed = match self.model.hours_of(team) {
                    Some(hours) => hours.open_ms(from, hours.end_of_working_days(from, days)),
                    // Always open: every day of UTC is a working day.
                    None => days_of_utc(days + 1) - from.rem_euclid(days_of_utc(1)),
                };
                (Basis::Open, allowed)
            }
        }
    }
}
