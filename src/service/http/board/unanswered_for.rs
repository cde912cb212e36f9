//! The organisation's agenda: what nobody answers for, and which teams have a level that is due for another
//! look.
//!
//! # Design
//! Teams are in order of their names. Nothing here compares them: a team is listed because it lacks something
//! that somebody can give it.

use super::agenda::{AgendaItem, AgendaSection};
use super::components::title;
use super::view_model::{Board, shown};
use crate::address;
use crate::alert::WaitAlarm;
use crate::catalog::ScopeId;
use crate::time::{DAY_MS, Elapsed};

/// A wait that is longer than this is old, where the alarm about such waits is off.
const OLD_AFTER: Elapsed = Elapsed::from_ms(14 * DAY_MS);

/// The section of what nobody answers for.
pub(super) fn section(board: &Board<'_>) -> AgendaSection {
    let items = unclaimed(board)
        .into_iter()
        .chain(not_agreed(board))
        .chain(without_level(board))
        .chain(vacant_turns(board))
        .chain(without_turns(board))
        .chain(undeclared(board));
    AgendaSection {
        name: "unanswered_for",
        heading: board.texts.text("agenda-unanswered-for"),
        items: items.collect(),
        nothing: board.texts.text("agenda-all-answered-for"),
        form: None,
    }
}

/// Tickets that no team with an agreement is responsible for.
fn unclaimed(board: &Board<'_>) -> Option<AgendaItem> {
    let scope = board.catalog.unclaimed();
    let (count, oldest) = board.waiting_for_answer(scope);
    let wait = board.at?.since(oldest.filter(|_| count > 0)?);
    let alarm = board.wait_alarms().and_then(|policies| policies.unclaimed.as_ref());
    Some(AgendaItem {
        link: Some(board.team_path(scope)),
        is_marked: is_over(wait, alarm),
        ..AgendaItem::new(
            board.texts.format("check-unclaimed", &[("count", count.into())]),
            board.texts.format("agenda-longest-wait", &[("wait", board.texts.wait(wait).into())]),
        )
    })
}

/// Teams without a level in which a ticket has waited for longer than the alarm about such teams allows.
fn not_agreed(board: &Board<'_>) -> Vec<AgendaItem> {
    let alarm = board.wait_alarms().and_then(|policies| policies.not_agreed.as_ref());
    let item = |scope: ScopeId| {
        let (count, oldest) = board.waiting_for_answer(scope);
        let wait = board.at?.since(oldest?);
        is_over(wait, alarm).then(|| {
            let wait = board.texts.wait(wait);
            let more = [("count", count.into()), ("wait", wait.into())];
            AgendaItem {
                link: Some(board.team_path(scope)),
                is_marked: true,
                ..AgendaItem::new(
                    with_team(board, "agenda-not-agreed", scope),
                    board.texts.format("agenda-not-agreed-waits", &more),
                )
            }
        })
    };
    let teams = board.teams().into_iter();
    teams.filter(|scope| board.objectives(*scope).is_empty()).filter_map(item).collect()
}

/// All teams without a level, in one item.
fn without_level(board: &Board<'_>) -> Option<AgendaItem> {
    let teams = board.teams();
    let lacking = teams.iter().filter(|scope| board.objectives(**scope).is_empty());
    let names: Vec<String> = lacking.map(|scope| board.name(*scope)).collect();
    (!names.is_empty())
        .then(|| AgendaItem::new(board.texts.text("agenda-without-level"), names.join(", ")))
}

/// Teams whose present turn of duty nobody has, and the organisation if it is so there.
fn vacant_turns(board: &Board<'_>) -> Vec<AgendaItem> {
    let item = |scope: ScopeId| {
        let turn = board.catalog.duty(scope)?.turn_at(board.at?)?;
        turn.member.is_none().then(|| AgendaItem {
            link: Some(address::turn(board.label(scope))),
            is_marked: true,
            ..AgendaItem::new(
                with_team(board, "agenda-turn-vacant", scope),
                board.texts.format("agenda-turn-ends", &[("at", board.instant(turn.ends).into())]),
            )
        })
    };
    let organisation = board.catalog.organisation();
    std::iter::once(organisation).chain(board.teams()).filter_map(item).collect()
}

/// Teams with a level and without turns of duty, in one item; `None` where no team has turns.
fn without_turns(board: &Board<'_>) -> Option<AgendaItem> {
    let teams = board.teams();
    let has_turns = |scope: &ScopeId| board.catalog.duty(*scope).is_some();
    if !teams.iter().any(has_turns) {
        return None;
    }
    let lacking =
        teams.iter().filter(|scope| !board.objectives(**scope).is_empty() && !has_turns(scope));
    let names: Vec<String> = lacking.map(|scope| board.name(*scope)).collect();
    (!names.is_empty())
        .then(|| AgendaItem::new(board.texts.text("agenda-without-turns"), names.join(", ")))
}

/// Names of teams in events that no agreement has.
fn undeclared(board: &Board<'_>) -> Vec<AgendaItem> {
    let (names, others) = board.undeclared_names();
    let texts = board.texts;
    let item = |(team, similar): (String, Option<String>)| {
        let more = similar.map_or_else(
            || texts.text("agenda-undeclared-advice"),
            |similar| {
                texts.format("agenda-undeclared-similar", &[("similar", shown(&similar).into())])
            },
        );
        AgendaItem {
            link: Some(address::STREAM.to_owned()),
            ..AgendaItem::new(
                texts.format("agenda-undeclared", &[("team", shown(&team).into())]),
                more,
            )
        }
    };
    let others = (others > 0).then(|| AgendaItem {
        link: Some(address::STREAM.to_owned()),
        ..AgendaItem::new(
            texts.text("agenda-undeclared-others"),
            texts.text("agenda-undeclared-advice"),
        )
    });
    names.into_iter().map(item).chain(others).collect()
}

/// Levels and figures of the market that are due for another look in a team.
pub(super) fn due_in_teams(board: &Board<'_>) -> Vec<AgendaItem> {
    let Some(today) = board.today() else { return Vec::new() };
    let texts = board.texts;
    let of_team = |scope: ScopeId| {
        let due = board.catalog.about(scope).filter(|about| about.is_review_due(today));
        let level = due.and_then(|about| about.look_again).map(|date| AgendaItem {
            link: Some(board.team_path(scope)),
            is_marked: true,
            ..AgendaItem::new(
                with_team(board, "agenda-level-of", scope),
                texts.format("agenda-look-now", &[("date", texts.date(date).into())]),
            )
        });
        let markets = board.objectives(scope).iter().filter_map(move |view| {
            let market = view.objective.market.as_ref().filter(|market| market.is_old(today))?;
            let objective = title(board, *view);
            let of = [("team", board.name(scope).into()), ("objective", objective.into())];
            Some(AgendaItem {
                link: Some(board.objective_path(*view)),
                ..AgendaItem::new(
                    texts.format("agenda-objective-of", &of),
                    texts.format("agenda-market-of", &[("date", texts.date(market.as_of?).into())]),
                )
            })
        });
        level.into_iter().chain(markets)
    };
    board.teams().into_iter().flat_map(of_team).collect()
}

/// Whether a wait is over the limit of an alarm; `None` where that is off.
fn is_over(wait: Elapsed, alarm: Option<&WaitAlarm>) -> bool {
    wait > alarm.map_or(OLD_AFTER, |alarm| alarm.after)
}

fn with_team(board: &Board<'_>, key: &str, scope: ScopeId) -> String {
    board.texts.format(key, &[("team", board.name(scope).into())])
}
