//! What happens to a ticket before its creation, or while that is unknown.

use super::TicketState;
use crate::event::Kind;
use crate::ticket::entry::Entry;
use crate::ticket::flag::{CREATED_LATE_MAX, FROM_CREATION, Flag};
use crate::ticket::stopwatch::{DerivationContext, Out};
use crate::time::Timestamp;

impl TicketState {
    /// Notes an event while no creation is known. The first one that waits for a reply, answers or solves
    /// flags that the creation is missing. The flags are taken back once a creation comes. A ticket of which
    /// an earlier part was evicted was created then.
    pub(super) fn note_before_creation(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let (is_act, is_work) = match event.kind {
            Kind::CustomerReplied | Kind::Solved | Kind::Closed => (true, true),
            // A reply shortly before the creation answers the ticket, and is flagged by that.
            Kind::AgentReplied => (false, true),
            Kind::Assigned
            | Kind::Reopened
            | Kind::Resumed
            | Kind::Pending
            | Kind::OnHold
            | Kind::Merged
            | Kind::Deleted
            | Kind::MarkedSpam => (true, false),
            Kind::Created
            | Kind::TookOver
            | Kind::BotReplied
            | Kind::NoteAdded
            | Kind::NoReplyNeeded
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
            | Kind::TicketDiscussed => (false, false),
        };
        if is_act {
            self.before_creation.first_act.get_or_insert(event.time);
        }
        if is_work && !self.before_creation.is_missed && !context.is_resumed {
            self.before_creation.is_missed = true;
            self.flag_from_creation(Flag::CreatedMissing, event.time, context, out);
        }
    }

    /// Flags a creation that comes after something else had happened to the ticket.
    pub(super) fn flag_late_creation(
        &self,
        first_act: Option<Timestamp>,
        created: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        if first_act.is_some_and(|acted| created.since(acted) > CREATED_LATE_MAX) {
            self.flag_from_creation(Flag::CreatedLate, created, context, out);
        }
    }

    /// Flags each measure that starts at the creation.
    fn flag_from_creation(
        &self,
        flag: Flag,
        at: Timestamp,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let holder = context.scope(self.team);
        for measure in FROM_CREATION {
            Self::flag(flag, measure, holder, at, context, out);
        }
    }
}
