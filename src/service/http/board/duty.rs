//! Turns of duty on the page of a team.

use maud::{Markup, html};

use super::view_model::Board;
use crate::address;
use crate::catalog::ScopeId;
use crate::duty::{Turn, TurnReason};

/// The section of a team's page: who has the turn, until when, and who is next. Empty without duty.
pub(super) fn of_team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let turns: Vec<Turn<'_>> = match (board.catalog.duty(scope), board.at) {
        (Some(duty), Some(at)) => duty.turns_from(at).take(2).collect(),
        (Some(_), None) | (None, _) => Vec::new(),
    };
    html! {
        @if !turns.is_empty() {
            section class="duty" {
                h2 { (texts.text("duty")) }
                @for turn in turns { p { (sentence(board, turn)) } }
                p {
                    a href=(board.reader.link(&address::team_duty(board.label(scope)))) {
                        (texts.text("duty-feed"))
                    }
                }
            }
        }
    }
}

/// Who has a turn, and when it ends or starts.
pub(super) fn sentence(board: &Board<'_>, turn: Turn<'_>) -> String {
    let is_now = board.at.is_some_and(|at| turn.starts <= at);
    let (key, at) = if is_now { ("duty-now", turn.ends) } else { ("duty-next", turn.starts) };
    let (who, member) = who(board, turn);
    let because = match turn.because {
        TurnReason::Rotation => None,
        TurnReason::Swap => Some("duty-swap"),
        TurnReason::Absence => turn.member.map(|_| "duty-absence"),
    };
    let text = board.texts.format(
        key,
        &[("who", who.into()), ("member", member.into()), ("at", board.instant(at).into())],
    );
    match because {
        Some(because) => format!("{text} {}", board.texts.text(because)),
        None => text,
    }
}

/// Which sentence a turn has, and the member that it names: `nobody` where all members are away, `unnamed`
/// where people are not named.
pub(super) fn who<'t>(board: &Board<'_>, turn: Turn<'t>) -> (&'static str, &'t str) {
    match turn.member {
        None => ("nobody", ""),
        Some(member) if board.ticket_links().shows_people => ("named", member),
        Some(_) => ("unnamed", ""),
    }
}

#[cfg(test)]
mod tests;
