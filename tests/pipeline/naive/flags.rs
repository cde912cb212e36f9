//! Acts that change figures without a sooner answer, recounted from a ticket's life.

use vaste::event::{Kind, Maker, Priority};
use vaste::measure::Measure;

use super::{End, Exclusions, Status, Step, TicketLife, Void, Wait};

/// One act.
#[derive(Debug)]
pub(in crate::naive) struct Act {
    /// Its name in readings.
    pub label: &'static str,
    /// The measure that it belongs to.
    pub measure: Measure,
    /// The team that did it.
    pub team: String,
    /// When it was done.
    pub at: i64,
    /// Whether it counts for its team only.
    pub is_of_team_only: bool,
}

impl Act {
    /// An act of a team, which counts for the organisation too.
    pub(in crate::naive) fn new(
        label: &'static str,
        measure: Measure,
        team: &str,
        at: i64,
    ) -> Self {
        Self { label, measure, team: team.to_owned(), at, is_of_team_only: false }
    }
}

/// What a merged ticket leaves behind.
pub(in crate::naive) struct LeftBehind {
    /// The measure of the reply that it waited for.
    pub measure: Measure,
    /// Since when the customer waits.
    pub since: i64,
    /// When it was merged.
    pub at: i64,
    /// The team that held it.
    pub team: String,
}

/// The word of a ticket that it goes on with the wait of another.
pub(in crate::naive) struct Word<'l> {
    /// The merged ticket.
    pub from: &'l str,
    /// Since when the customer waits.
    pub since: i64,
    /// When it was taken over.
    pub at: i64,
}

const REPLIES: [Measure; 2] = [Measure::FirstReply, Measure::NextReply];

impl TicketLife<'_> {
    /// The customer's waits for a reply.
    fn reply_waits(&self) -> Vec<(Measure, Wait)> {
        let of = |measure| self.waits(measure).into_iter().map(move |wait| (measure, wait));
        REPLIES.into_iter().flat_map(of).collect()
    }

    /// Whether a wait of a measure runs just before a step.
    fn runs(&self, measure: Measure, wait: &Wait, index: usize) -> bool {
        let before = &self.steps[index].before;
        let is_on = if REPLIES.contains(&measure) {
            before.awaits_reply()
        } else {
            before.status.is_active()
        };
        wait.lived.start < index && index <= wait.lived.end && is_on
    }

    /// All acts but merges.
    pub(in crate::naive) fn acts(&self) -> Vec<Act> {
        let mut acts = Vec::new();
        let all = Measure::ALL.map(|measure| (measure, self.waits(measure)));
        for (measure, wait) in
            all.iter().flat_map(|(of, waits)| waits.iter().map(move |w| (*of, w)))
        {
            let label = match wait.end {
                End::NoReplyNeeded => "no_reply_needed",
                End::Deleted => "deleted",
                End::Spam => "spam",
                End::Reopened => "reopened",
                End::Answered | End::GivenUp | End::Waiting => continue,
            };
            let act = Act::new(label, measure, &wait.team, wait.at);
            acts.push(Act { is_of_team_only: wait.is_of_team_only, ..act });
        }
        let waits = self.reply_waits();
        let is_early = |wait: &Wait| wait.lived.is_empty() && Some(wait.lived.end) == self.created;
        for (measure, wait) in waits.iter().filter(|(_, wait)| wait.end == End::Answered) {
            let act = |label| Act::new(label, *measure, &wait.team, wait.at);
            let answer = if is_early(wait) { self.early_reply() } else { Some(wait.lived.end) };
            let named = answer.and_then(|answer| self.steps[answer].note.team.as_deref());
            let holder = self.model.claimed_by(self.steps[wait.lived.end].after.holder);
            if named.is_some_and(|named| !self.model.is_declared(named)) && holder != "unclaimed" {
                acts.push(act("answered_by_undeclared_team"));
            }
            let is_other = |named: &str| self.model.is_declared(named) && named != holder;
            if named.is_some_and(is_other) && holder != "unclaimed" {
                acts.push(Act::new("answered_by_other_team", *measure, holder, wait.at));
            }
            if is_early(wait) {
                acts.push(act("answered_before_created"));
                continue;
            }
            if wait.at - self.start_of(wait, wait.lived.end) <= 10_000 {
                acts.push(act("answered_at_once"));
            }
            if self.is_near_target(*measure, wait) {
                acts.push(act("answered_near_target"));
            }
        }
        if let Some(created) = self.created.map(|created| &self.steps[created])
            && created.note.maker == Maker::Agent
        {
            let team = self.model.claimed_by(created.after.holder);
            acts.push(Act::new("made_by_agent", Measure::FirstReply, team, created.note.at));
        }
        for void in &self.voids {
            let team = self.model.claimed_by(self.steps[void.said].after.holder);
            let at = self.steps[void.said].note.at;
            let lengthened = [Measure::Resolution, Measure::CustomerWait, Measure::AgentWork];
            for measure in lengthened.into_iter().filter(|_| self.created.is_some()) {
                acts.push(Act::new("reopened_for_nothing", measure, team, at));
            }
        }
        self.acts_of_steps(&all, &mut acts);
        self.messages_after_solved(&mut acts);
        self.missing_and_late_creations(&mut acts);
        acts
    }

    /// A creation that never came though the ticket was worked on, or that came after something else.
    fn missing_and_late_creations(&self, acts: &mut Vec<Act>) {
        let works = [Kind::CustomerReplied, Kind::AgentReplied, Kind::Solved, Kind::Closed];
        let is_work = |step: &&Step<'_>| works.contains(&step.note.kind);
        let is_act = |step: &&Step<'_>| {
            let idle = [
                Kind::AgentReplied,
                Kind::TookOver,
                Kind::BotReplied,
                Kind::NoteAdded,
                Kind::NoReplyNeeded,
                Kind::Rated,
                Kind::Reviewed,
            ];
            !idle.contains(&step.note.kind)
        };
        let found = match self.created {
            None => self.steps.iter().find(is_work).map(|step| ("created_missing", step)),
            Some(created) => {
                let step = &self.steps[created];
                let first = self.steps[..created].iter().find(is_act);
                let is_late = first.is_some_and(|first| step.note.at - first.note.at > 60_000);
                is_late.then_some(("created_late", step))
            }
        };
        let Some((label, step)) = found else { return };
        let team = self.model.claimed_by(step.after.holder);
        let timed = Measure::ALL.into_iter().filter(|one| {
            let others =
                [Measure::NextReply, Measure::Update, Measure::Ownership, Measure::Contacts];
            !others.contains(one)
        });
        acts.extend(timed.map(|measure| Act::new(label, measure, team, step.note.at)));
    }

    /// The first message of each time in which the ticket was solved and after which it was not reopened.
    fn messages_after_solved(&self, acts: &mut Vec<Act>) {
        let from = self.created.map_or(0, |created| created + 1);
        let is_over = |status| matches!(status, Status::Solved | Status::Gone);
        let mut first: Option<&Step<'_>> = None;
        for step in &self.steps[from.min(self.steps.len())..] {
            let Step { note, before, .. } = step;
            let is_asked_again = step.after.is_asked_again && note.kind == Kind::CustomerReplied;
            if note.kind == Kind::Reopened && is_over(before.status) || is_asked_again {
                first = None;
            } else if note.kind == Kind::CustomerReplied && before.status == Status::Solved {
                first.get_or_insert(step);
            }
        }
        acts.extend(first.map(|step| {
            let team = self.model.claimed_by(step.after.holder);
            Act::new("wrote_after_solved", Measure::NextReply, team, step.note.at)
        }));
    }

    /// Moves, pauses and lower priorities.
    fn acts_of_steps(&self, all: &[(Measure, Vec<Wait>)], acts: &mut Vec<Act>) {
        let waits = self.reply_waits();
        for (index, step) in self.steps.iter().enumerate() {
            let is_awaited = waits.iter().any(|(of, wait)| self.runs(*of, wait, index));
            let before = self.model.claimed_by(step.before.holder);
            let after = self.model.claimed_by(step.after.holder);
            let low = step.before.priority.unwrap_or(Priority::Normal);
            let is_lower = step.note.priority.is_some_and(|priority| priority < low)
                && step.note.kind != Kind::AgentReplied;
            let mut add = |label, measure, team: &str| {
                acts.push(Act::new(label, measure, team, step.note.at));
            };
            let timed = Measure::ALL.into_iter().filter(|one| *one != Measure::Contacts);
            let runs = |one: &Measure| {
                let of = all.iter().find(|(measure, _)| measure == one);
                of.is_some_and(|(of, waits)| waits.iter().any(|wait| self.runs(*of, wait, index)))
            };
            for measure in timed.filter(runs) {
                if before != "unclaimed" && before != after && measure != Measure::Ownership {
                    add("moved_waiting", measure, before);
                }
                if is_lower {
                    add("priority_lowered", measure, before);
                }
                if step.note.is_sent_twice {
                    add("id_sent_twice", measure, before);
                }
            }
            for measure in self.paused_by(index, step, all) {
                add("paused", measure, after);
                if is_awaited {
                    add("paused_unanswered", measure, after);
                }
            }
        }
    }

    /// The measures of which a stopwatch is paused by a step.
    fn paused_by(
        &self,
        index: usize,
        step: &Step<'_>,
        all: &[(Measure, Vec<Wait>)],
    ) -> Vec<Measure> {
        let pauses = |measure: Measure| {
            let own = self.model.objectives.iter().filter(move |one| one.measure == measure);
            own.map(|one| one.exclusions()).chain([Exclusions::of(measure, None)])
        };
        let is_status = |status| matches!(status, Status::Pending | Status::OnHold);
        let is_paused = |measure| {
            pauses(measure).any(|exclusions| {
                let is_idle = |void: &Void| void.said < index && index <= void.end;
                let is_paused = exclusions.solved && self.voids.iter().any(is_idle);
                let exclusions = Exclusions { solved: false, ..exclusions };
                !is_paused
                    && !exclusions.leaves_out(&step.before)
                    && exclusions.leaves_out(&step.after)
            })
        };
        // The step that names the first team starts the ownership that it pauses.
        let runs = |measure, waits: &[Wait]| {
            waits.iter().any(|wait| self.runs(measure, wait, index) || wait.lived.start == index)
        };
        if !is_status(step.after.status) {
            return Vec::new();
        }
        let timed = all.iter().filter(|(measure, _)| *measure != Measure::Contacts);
        timed
            .filter(|(measure, waits)| is_paused(*measure) && runs(*measure, waits))
            .map(|(measure, _)| *measure)
            .collect()
    }

    fn is_near_target(&self, measure: Measure, wait: &Wait) -> bool {
        let objectives = self.model.objectives.iter().filter(|objective| {
            objective.measure == measure && objective.team.as_deref() == Some(&*wait.team)
        });
        let mut near = objectives.filter(|objective| {
            let target = objective.level_at(wait.at).target_of(wait.priority);
            let end = wait.lived.end;
            let (basis, allowed) = self.allowed(wait, end, target, &wait.team);
            let elapsed = self.elapsed(wait, end, objective.exclusions(), basis);
            elapsed <= allowed && elapsed > allowed * 90 / 100
        });
        near.next().is_some()
    }

    /// What the ticket leaves behind if it was merged while it waited.
    pub(in crate::naive) fn left_behind(&self) -> Vec<LeftBehind> {
        let merged = self.reply_waits().into_iter().filter(|(_, wait)| {
            wait.end == End::GivenUp && self.steps[wait.lived.end].note.kind == Kind::Merged
        });
        let all = merged.map(|(measure, wait)| LeftBehind {
            measure,
            since: self.start_of(&wait, wait.lived.end),
            at: wait.at,
            team: wait.team,
        });
        all.collect()
    }

    /// The merged tickets whose waits go on here: once a reply is awaited.
    pub(in crate::naive) fn words(&self) -> Vec<Word<'_>> {
        let words = self.steps.iter().enumerate().filter_map(|(index, step)| {
            let first = index.max(self.created.unwrap_or(0));
            let is_active = self.steps[first..].iter().any(|step| step.after.awaits_reply());
            let (from, since) = (step.note.from.as_deref()?, step.note.waiting_since?);
            is_active.then_some(Word { from, since, at: step.note.at })
        });
        words.collect()
    }
}
