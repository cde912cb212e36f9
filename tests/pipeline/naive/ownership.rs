//! The ownership periods of a ticket's teams.

use super::{End, Step, TicketLife, Wait};

impl TicketLife<'_> {
    /// The ownership periods of all teams, in order.
    pub(super) fn ownership_periods(&self) -> Vec<Wait> {
        let first = self.created.unwrap_or(0);
        let starts = (first..self.steps.len()).filter(|&step| self.starts_ownership(step));
        starts.map(|start| self.ownership_period(start)).collect()
    }

    fn starts_ownership(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let gets_it = self.created == Some(index) || step.hands_on();
        let is_held = step.after.holder.is_some() && step.after.status.is_active();
        is_held && (gets_it || step.comes_back() && !self.resumes_ownership(index))
    }

    /// Whether a reopening resumes the ownership period that ran when the ticket left: it was not
    /// solved, and it had the same holder all the time since.
    fn resumes_ownership(&self, reopening: usize) -> bool {
        let Some(left) = self.steps[..reopening].iter().rposition(Step::leaves) else {
            return false;
        };
        let holder = self.steps[reopening].after.holder;
        let step = &self.steps[left];
        !step.solves() && step.before.holder == holder && self.is_kept(left, reopening)
    }

    /// Whether the holder stayed the same after one step, up to and including another.
    fn is_kept(&self, after: usize, to: usize) -> bool {
        !self.steps[after + 1..=to].iter().any(Step::hands_on)
    }

    /// An ownership period. Transferred or solved it is a sample. Otherwise it is given up when the
    /// ticket leaves, unless it is reopened and had the same holder all the time.
    fn ownership_period(&self, start: usize) -> Wait {
        let holder = self.steps[start].after.holder;
        let team = self.model.claimed_by(holder);
        let mut from = start + 1;
        while let Some(stop) = self.first_from(from, |step| step.hands_on() || step.leaves()) {
            let step = &self.steps[stop];
            if step.solves() || !step.leaves() {
                return self.ended(start, start, Some((stop, End::Answered)), team);
            }
            let back = self.first_from(stop, Step::comes_back);
            match back.filter(|&back| self.is_kept(stop, back)) {
                Some(back) => from = back + 1,
                None => return self.ended(start, start, Some((stop, self.end_by(stop))), team),
            }
        }
        self.ended(start, start, None, team)
    }
}
