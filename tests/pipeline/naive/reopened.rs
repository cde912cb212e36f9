//! Reopened tickets: which message caused a reopening, and reopenings for nothing.

use std::collections::BTreeSet;

use vaste::event::Kind;

use super::{End, Status, Step, TicketLife, Wait};

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
    /// A wait that an agent ended without a reply. One that was given up before stays so.
    pub(super) fn dismissed(&self, question: usize, said: usize) -> Wait {
        let lives = |step: &Step<'_>| step.after.awaits_reply();
        let started = self.first_from(question, lives).filter(|&started| started < said);
        let left = self.steps[..said].iter().rposition(Step::ends_waits);
        let end = match (started, left) {
            (Some(_), Some(left)) if !self.steps[said].before.awaits_reply() => {
                (left, self.end_by(left))
            }
            _ => (said, End::NoReplyNeeded),
        };
        let team = self.model.claimed_by(self.steps[end.0].after.holder);
        let mut wait = self.ended(question, started.unwrap_or(question), Some(end), team);
        wait.inherited = self.inherited_by(question, Some(said));
        wait
    }

    /// How often the customer had asked when the ticket came to rest solved, or was last solved and then
    /// reopened: messages after creation, reopenings of a solved ticket, and tickets that were taken over.
    pub(super) fn contacts(&self) -> Option<Wait> {
        let (created, rest) = (self.created?, self.resting_solve());
        let solve = rest.or_else(|| self.reopened_solve())?;
        let asked = (created + 1..solve).filter(|&step| self.is_contact(step)).map(|_| 1);
        let count = asked.sum::<i64>() + self.taken_over(solve);
        let end = if rest.is_some() { End::Answered } else { End::Reopened };
        Some(Wait { count: Some(count), end, ..self.wait(solve, solve, Some(solve)) })
    }

    /// The last solve, if the ticket was reopened since.
    fn reopened_solve(&self) -> Option<usize> {
        let last = self.steps.iter().rposition(Step::solves);
        last.filter(|_| self.resting_solve().is_none())
    }

    /// The resolution that a reopening took back, where none that counts for the same team has taken its
    /// place. One that ended as spam does not count.
    pub(super) fn reopened_resolution(&self) -> Option<Wait> {
        let (created, solve, present) = (self.created?, self.reopened_solve()?, self.resolution()?);
        let former = Wait { end: End::Reopened, ..self.wait(created, created, Some(solve)) };
        let is_spam = present.end == End::Spam;
        let counts = is_spam || present.team != former.team;
        counts.then_some(Wait { is_of_team_only: !is_spam, ..former })
    }

    /// Finds the times in which the ticket was solved and a message had asked again: until it is answered,
    /// or needs no answer, or the ticket is solved or closed once more, or is no longer solved.
    pub(super) fn find_asked_again(&mut self) {
        let given = if self.created.is_none() { Some(0) } else { self.first_reply().0 };
        let mut is_asked_again = false;
        for index in self.created.unwrap_or(0)..self.steps.len() {
            let Step { note, before, after } = &self.steps[index];
            let kind = note.kind;
            let asks = kind == Kind::CustomerReplied
                && before.status == Status::Solved
                && self.model.asks_again(after.holder);
            let needs_none =
                kind == Kind::NoReplyNeeded && given.is_some_and(|given| given <= index);
            let ends = needs_none
                || after.status != Status::Solved
                || matches!(kind, Kind::AgentReplied | Kind::Solved | Kind::Closed);
            self.steps[index].before.is_asked_again = is_asked_again;
            is_asked_again = asks || is_asked_again && !ends;
            self.steps[index].after.is_asked_again = is_asked_again;
        }
        self.held.is_asked_again = is_asked_again;
    }

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
