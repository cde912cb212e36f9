//! The sections of an agenda, in their order. The organisation's has one more.

use super::agenda::{
    AgendaPeriod, AgendaSection, brought, concerns, decisions, look_again, misses, notes, verdicts,
};
use super::unanswered_for;
use super::view_model::Board;
use crate::catalog::ScopeId;
use crate::team_log::TeamLog;

/// The sections of a team's agenda.
pub(super) fn sections(board: &Board<'_>, scope: ScopeId) -> Vec<AgendaSection> {
    let period = AgendaPeriod::of(board, scope);
    let none = TeamLog::default();
    let log = board.team_log(scope).unwrap_or(&none);
    let is_organisation = scope == board.catalog.organisation();
    let mut sections = vec![brought(board, scope, period), concerns(board, log, period)];
    sections.extend(is_organisation.then(|| unanswered_for::section(board)));
    sections.extend([misses(board, scope), verdicts(board, scope, period.since)]);
    sections.extend(decisions(board, log, period));
    sections.extend([notes(board, log), all_to_look_at(board, scope)]);
    sections
}

/// What is due for another look, as a text and when.
pub(super) fn look_again_lines(board: &Board<'_>, scope: ScopeId) -> Vec<(String, String)> {
    let section = all_to_look_at(board, scope);
    section.items.into_iter().map(|item| (item.text, item.more)).collect()
}

/// What to look at again; in the organisation, in its teams, too.
fn all_to_look_at(board: &Board<'_>, scope: ScopeId) -> AgendaSection {
    let mut section = look_again(board, scope);
    if scope == board.catalog.organisation() {
        section.items.extend(unanswered_for::due_in_teams(board));
    }
    section
}
