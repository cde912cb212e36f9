//! What may be why a level is missed: where missed tickets spent most of their time, and who waits now.

use super::view_model::{Board, ObjectiveView};
use crate::agreement::VerdictState;
use crate::event::Priority;
use crate::ticket::WaitLocation;
use crate::time::Elapsed;

/// A location with a smaller part of the waiting time is no cause, in percent.
const CAUSE_PERCENT_MIN: i64 = 20;

/// The reason of a verdict with its causes. A level that is met needs none.
pub(super) fn with_causes(board: &Board<'_>, view: ObjectiveView<'_>, reason: String) -> String {
    match board.state(view) {
        VerdictState::Missed | VerdictState::AtRisk => {
            let causes = [time(board, view), waiting(board, view)].into_iter().flatten();
            std::iter::once(reason).chain(causes).collect::<Vec<_>>().join(" ")
        }
        VerdictState::Met
        | VerdictState::InsufficientData
        | VerdictState::Frozen
        | VerdictState::NotAgreed => reason,
    }
}

/// Where missed tickets spent most of their time, other than with their team.
fn time(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let breakdown = &view.detail?.breakdown;
    let total: i64 = breakdown.iter().map(|(_, elapsed)| elapsed.ms()).sum();
    let percent = |elapsed: Elapsed| {
        i64::try_from(i128::from(elapsed.ms()) * 100 / i128::from(total.max(1))).unwrap_or(0)
    };
    let mut parts: Vec<(i64, WaitLocation)> =
        breakdown.iter().map(|(location, elapsed)| (percent(*elapsed), *location)).collect();
    parts.retain(|(percent, _)| *percent >= CAUSE_PERCENT_MIN);
    parts.sort_by_key(|(percent, location)| (-percent, *location));
    let part = |(percent, location): (i64, WaitLocation)| {
        let percent = texts.percent(u32::try_from(percent * 100).unwrap_or_default());
        let key = match location {
            WaitLocation::With(scope) if scope == board.catalog.unclaimed() => "cause-unclaimed",
            WaitLocation::With(scope) if scope == view.scope => "cause-own-team",
            WaitLocation::With(_) => "cause-other-team",
            WaitLocation::Pending => "cause-pending",
            WaitLocation::OnHold => "cause-on-hold",
            WaitLocation::Closed => "cause-closed",
        };
        let team = match location {
            WaitLocation::With(scope) => board.name(scope),
            WaitLocation::Pending | WaitLocation::OnHold | WaitLocation::Closed => String::new(),
        };
        texts.format(key, &[("percent", percent.into()), ("team", team.into())])
    };
    let parts: Vec<String> = parts.into_iter().map(part).collect();
    (!parts.is_empty()).then(|| {
        texts.format("why-time", &[("parts", parts.join(&texts.text("list-mark")).into())])
    })
}

/// The tickets that wait over target now, by what may be why.
fn waiting(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let detail = view.detail.filter(|detail| detail.overdue > 0)?;
    let causes = &detail.causes;
    let counted = [
        ("cause-waits-unclaimed", causes.unclaimed),
        ("cause-waits-paused", causes.paused),
        ("cause-waits-closed", causes.closed),
        ("cause-waits-urgent", causes.by_priority[Priority::Urgent.index()]),
        ("cause-waits-high", causes.by_priority[Priority::High.index()]),
    ];
    let parts = counted.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(key, count)| texts.format(key, &[("count", count.into())])).collect();
    let all = texts.format("why-waits", &[("count", detail.overdue.into())]);
    let parts = parts.join(&texts.text("list-mark"));
    Some(if parts.is_empty() {
        format!("{all}.")
    } else {
        texts.format("why-waits-of-them", &[("all", all.into()), ("parts", parts.into())])
    })
}
