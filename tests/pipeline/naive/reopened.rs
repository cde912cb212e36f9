//! Reopened tickets: which message caused a reopening, and reopenings for nothing.

use std::collections::BTreeSet;

use vaste::event::Kind;

use super::{Status, Step, TicketLife};

/// A reopening that a message caused which needs no reply: its time counts as solved.
pub(super) struct Void {
    /// The step that reopened the ticket.
    pub(super) reopened: usize,
    /// The step that said that no reply is needed.
    pub(super) said: usize,
    /// The step that ended it, or the number of steps.
    pub(super) end: usize,
}

impl TicketLife<'_> {
    /// All reopenings for nothing.
    pub(super) fn find_voids(&self) -> Vec<Void> {
        let given = if self.created.is_none() { Some(0) } else { self.first_reply().0 };
        let said = (given.unwrap_or(self.steps.len())..self.steps.len())
            .filter(|&index| self.steps[index].dismisses());
        let void = |said: usize| {
            let first = self.created.map_or(0, |created| created + 1);
            let resets = |step: &Step<'_>| step.replies() || step.solves() || step.comes_back();
            let reopened = first + self.steps[first..said].iter().rposition(resets)?;
            let step = &self.steps[reopened];
            if !step.comes_back() || step.before.status != Status::Solved {
                return None;
            }
            let asks = |step: &Step<'_>| {
                let kind = step.note.kind;
                matches!(kind, Kind::CustomerReplied | Kind::Reopened)
                    || kind == Kind::TookOver && step.note.waiting_since.is_some()
                    || step.replies()
                    || step.solves()
            };
            let end = self.first_from(said + 1, asks).unwrap_or(self.steps.len());
            Some(Void { reopened, said, end })
        };
        said.filter_map(void).collect()
    }

    /// Whether a step is a contact: a message of the customer or a reopening. Of a message and the reopening
    /// that it causes, only the first is one.
    pub(super) fn is_contact(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let earlier = &self.steps[self.created.unwrap_or(0)..index];
        let is_message = |step: &Step<'_>| step.note.kind == Kind::CustomerReplied;
        if step.note.kind == Kind::Reopened {
            let left = earlier.iter().rposition(|step| step.leaves());
            return step.comes_back() && !earlier[left.unwrap_or(0)..].iter().any(is_message);
        }
        let since = earlier.iter().rposition(|step| is_message(step) || step.solves());
        let from = self.created.unwrap_or(0) + since.map_or(0, |since| since + 1);
        let caused = (from..index).rfind(|&other| {
            self.steps[other].note.kind == Kind::Reopened && self.is_contact(other)
        });
        let is_counted =
            caused.is_some_and(|other| step.note.at - self.steps[other].note.at <= 60_000);
        is_message(step) && !is_counted
    }

    /// The number of tickets that were taken over before a step. Two events about one count once.
    pub(super) fn taken_over(&self, before: usize) -> i64 {
        let takeovers = self.steps[..before].iter().filter(|s| s.note.kind == Kind::TookOver);
        let (named, unnamed): (Vec<_>, Vec<_>) =
            takeovers.map(|step| step.note.from.as_deref()).partition(Option::is_some);
        let named: BTreeSet<_> = named.into_iter().collect();
        i64::try_from(named.len() + unnamed.len()).unwrap()
    }
}
