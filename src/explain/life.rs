//! A ticket's life in lines: its events, its due times, and the stretches between them.

use super::{Explained, StopwatchRow, Stretch};
use crate::event::{Kind, Priority};
use crate::ticket::{Step, WaitLocation};
use crate::time::{Elapsed, Timestamp};

/// One line of a ticket's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeLine {
    /// Something at an instant.
    Mark {
        /// When.
        at: Timestamp,
        /// What.
        mark: LifeMark,
    },
    /// The part of a stretch between two marks.
    Between(Stretch),
    /// The marks after it are in the future.
    Future,
}

/// What is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifeMark {
    /// An event, by its index in [`Explained::steps`].
    Event(usize),
    /// The due time of a stopwatch, by its index in [`Explained::rows`].
    Due(usize),
    /// The instant of the explanation.
    Now,
}

/// The state that a ticket is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketCondition {
    /// It waits for its team.
    Open,
    /// It waits for the customer.
    Pending,
    /// It waits for a third party.
    OnHold,
    /// It is solved or closed.
    Solved,
    /// It was merged into another ticket.
    Merged,
    /// It was deleted.
    Deleted,
    /// It is spam.
    Spam,
}

/// What an event says that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventNews<'e> {
    /// The team that gets the ticket, or that acted on the ticket of another.
    pub team: Option<&'e str>,
    /// Its new priority.
    pub priority: Option<Priority>,
    /// Its new channel.
    pub channel: Option<&'e str>,
}

impl Explained<'_> {
    /// Events and due times with the stretches between them, in order of time.
    pub fn life(&self) -> Vec<LifeLine> {
        let events = self.steps.iter().enumerate();
        let mut marks: Vec<(Timestamp, LifeMark)> =
            events.map(|(index, step)| (step.at, LifeMark::Event(index))).collect();
        // A due time that came after the end is no part of the life.
        let is_shown =
            |row: &StopwatchRow| row.stopped_at.is_none_or(|stopped| row.due_at < Some(stopped));
        let rows = self.rows.iter().enumerate().filter(|(_, row)| is_shown(row));
        marks.extend(rows.filter_map(|(index, row)| Some((row.due_at?, LifeMark::Due(index)))));
        marks.push((self.now, LifeMark::Now));
        marks.sort_unstable();
        let mut lines = Vec::new();
        let mut before: Option<Timestamp> = None;
        for (at, mark) in marks {
            if let Some(before) = before {
                lines.extend(self.between(before, at.min(self.now)).map(LifeLine::Between));
                if at > self.now && before <= self.now {
                    lines.push(LifeLine::Future);
                }
            }
            lines.push(LifeLine::Mark { at, mark });
            before = Some(at);
        }
        lines
    }

    /// The present state of the ticket; `None` before its first event.
    pub fn condition(&self) -> Option<TicketCondition> {
        let last = self.steps.last()?;
        let why_gone = |step: &Step| match step.kind {
            Kind::Merged => Some(TicketCondition::Merged),
            Kind::Deleted => Some(TicketCondition::Deleted),
            Kind::MarkedSpam => Some(TicketCondition::Spam),
            Kind::Created
            | Kind::CustomerReplied
            | Kind::TookOver
            | Kind::AgentReplied
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::NoReplyNeeded
            | Kind::Assigned
            | Kind::Pending
            | Kind::OnHold
            | Kind::Resumed
            | Kind::Solved
            | Kind::Reopened
            | Kind::Closed
            | Kind::Rated
            | Kind::Reviewed
            | Kind::ConcernRaised
            | Kind::ConcernSettled
            | Kind::Decided
            | Kind::DecisionMoved
            | Kind::DecisionDone
            | Kind::DecisionDropped
            | Kind::TurnNoted
            | Kind::TicketBrought
            | Kind::TicketDiscussed => None,
        };
        let position = last.ticket_position;
        match (last.is_over, position.is_solved, position.location) {
            (true, true, _) => Some(TicketCondition::Solved),
            // Only such an event ends a ticket that is not solved.
            (true, false, _) => self.steps.iter().rev().find_map(why_gone),
            (false, _, WaitLocation::Pending) => Some(TicketCondition::Pending),
            (false, _, WaitLocation::OnHold) => Some(TicketCondition::OnHold),
            (false, _, WaitLocation::With(_) | WaitLocation::Closed) => Some(TicketCondition::Open),
        }
    }

    /// The latest priority and channel of the ticket.
    pub fn priority_and_channel(&self) -> (Option<Priority>, Option<&str>) {
        let priority = self.steps.iter().rev().find_map(|step| step.priority);
        (priority, self.steps.iter().rev().find_map(|step| step.channel.as_deref()))
    }

    /// Whether its creation is not known: what starts there does not run.
    pub fn has_begun_in_the_middle(&self) -> bool {
        self.steps.last().is_some_and(|step| !step.is_created)
    }

    /// The time in which the ticket was solved or gone and a stopwatch counts. That happens to one that ended
    /// unanswered, or started then, and goes on as if it had never ended.
    pub fn counted_at_rest(&self, row: &StopwatchRow) -> Elapsed {
        let until = row.stopped_at.unwrap_or(self.now);
        let within =
            |stretch: &Stretch| stretch.to.min(until).since(stretch.from.max(row.started_at));
        let stretches = self.stretches_at_rest(row);
        Elapsed::from_ms(stretches.map(|stretch| within(stretch).ms()).sum())
    }

    /// The stretches between two instants.
    fn between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Stretch> {
        let clipped = self.stretches.iter().map(move |stretch| Stretch {
            from: stretch.from.max(from),
            to: stretch.to.min(to),
            ..*stretch
        });
        clipped.filter(|stretch| stretch.from < stretch.to)
    }

    /// What an event says that is new, by its index.
    pub fn news(&self, index: usize) -> EventNews<'_> {
        let (before, from) = self.steps.split_at(index.min(self.steps.len()));
        let Some(step) = from.first() else {
            return EventNews { team: None, priority: None, channel: None };
        };
        let holder = self.catalog.scope_name(step.holder).unwrap_or_default();
        let is_new = matches!(step.kind, Kind::Created | Kind::Assigned)
            || before.last().is_none_or(|last| last.holder != step.holder);
        let latest = |of: fn(&Step) -> Option<&str>| before.iter().rev().find_map(of);
        let had = before.iter().rev().find_map(|step| step.priority);
        EventNews {
            team: step.team.as_deref().filter(|team| is_new || *team != holder),
            priority: step.priority.filter(|priority| had != Some(*priority)),
            channel: step
                .channel
                .as_deref()
                .filter(|channel| latest(|step| step.channel.as_deref()) != Some(channel)),
        }
    }
}
