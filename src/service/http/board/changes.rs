//! What changed in the agreement of an objective, and the verdicts by the text before.

use maud::{Markup, html};

use super::components::{instant, state_key};
use super::view_model::{Board, ObjectiveView, shown};
use crate::agreement::SettingChange;
use crate::agreement_log::{ComparisonState, ObjectiveChange, VerdictThen, VerdictsByText};
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// For so long an objective's page says at its top what was changed.
const RECENT: Elapsed = Elapsed::from_ms(7 * DAY_MS);

/// What was changed last in the agreement of an objective, since an instant; `None` if nothing was.
pub(super) fn last_since(
    board: &Board<'_>,
    view: ObjectiveView<'_>,
    since: Timestamp,
) -> Option<String> {
    let change = board.changes(view).into_iter().find(|change| change.loaded_at() >= since)?;
    let at = ("at", board.instant(change.loaded_at()).into());
    if change.is_new {
        return Some(board.texts.format("changed-new", &[at]));
    }
    // Earlier levels follow from the change of the level.
    let is_level = |setting: &&SettingChange| !setting.key.starts_with("was ");
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "–".to_owned(), shown);
    let line = |setting: &SettingChange| {
        let SettingChange { key, former, present, .. } = setting;
        format!("{} {} → {}", shown(key), value(former), value(present))
    };
    let settings: Vec<String> = change.settings.iter().filter(is_level).map(line).collect();
    let settings = ("settings", settings.join("; ").into());
    (!change.settings.is_empty()).then(|| board.texts.format("changed", &[at, settings]))
}

/// The same of the last days, for the top of an objective's page.
pub(super) fn recent(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let changed = board.at.and_then(|at| last_since(board, view, at.minus(RECENT)));
    html! {
        @if let Some(changed) = changed {
            p class="reason" { a href="#changes" { (changed) } }
        }
    }
}

/// The section of an objective's page, the latest change first; empty if nothing changed.
pub(super) fn of_objective(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let changes = board.changes(view);
    html! {
        @if !changes.is_empty() {
            section class="changes" id="changes" {
                h2 { (texts.text("heading-changes")) }
                p class="legend" { (texts.text("changes-explained")) }
                @for change in changes { (one(board, view, change)) }
            }
        }
    }
}

fn one(board: &Board<'_>, view: ObjectiveView<'_>, change: &ObjectiveChange) -> Markup {
    let texts = board.texts;
    html! {
        h3 { (texts.text("change-loaded")) " " (instant(board, change.loaded_at())) }
        @if change.is_new { p { (texts.text("change-new")) } }
        @if !change.settings.is_empty() {
            table class="levels" {
                thead {
                    tr {
                        th scope="col" { (texts.text("column-setting")) }
                        th scope="col" { (texts.text("column-former")) }
                        th scope="col" { (texts.text("column-present")) }
                    }
                }
                tbody { @for setting in &change.settings { (setting_row(board, setting)) } }
            }
        }
        @match change.comparison {
            ComparisonState::Done => { (verdicts(board, view, &change.verdicts)) }
            ComparisonState::Pending => { p class="legend" { (texts.text("change-pending")) } }
            ComparisonState::NotComputed => {
                p class="legend" {
                    (texts.text("change-not-computed")) " "
                    code { "vaste check --against OLD --history EVENTS" }
                }
            }
        }
    }
}

/// Keys and values are those of the files, in every language.
fn setting_row(board: &Board<'_>, setting: &SettingChange) -> Markup {
    let texts = board.texts;
    let value = |value: &Option<String>| {
        html! { bdi { (value.as_deref().map_or_else(|| "–".to_owned(), shown)) } }
    };
    html! {
        tr {
            th scope="row" { code { (shown(&setting.key)) } }
            td { (value(&setting.former)) }
            td {
                (value(&setting.present))
                @if setting.is_looser { " (" (texts.text("change-looser")) ")" }
            }
        }
    }
}

fn verdicts(board: &Board<'_>, view: ObjectiveView<'_>, verdicts: &[VerdictsByText]) -> Markup {
    let texts = board.texts;
    html! {
        table class="levels" {
            caption { (texts.text("change-verdicts")) }
            thead {
                tr {
                    th scope="col" { (texts.text("column-when")) }
                    th scope="col" { (texts.text("column-former")) }
                    th scope="col" { (texts.text("column-present")) }
                }
            }
            tbody {
                @for both in verdicts {
                    tr {
                        th scope="row" { (instant(board, both.at())) }
                        td { (verdict(board, view, both.former.as_ref())) }
                        td { (verdict(board, view, both.present.as_ref())) }
                    }
                }
            }
        }
    }
}

/// A verdict with the tickets that it rests on.
fn verdict(board: &Board<'_>, view: ObjectiveView<'_>, verdict: Option<&VerdictThen>) -> Markup {
    let texts = board.texts;
    html! {
        @match verdict {
            Some(verdict) => {
                @let key = if view.has_share() { "change-verdict" } else { "change-verdict-limit" };
                (texts.format(key, &[
                    ("state", texts.text(state_key(verdict.state())).into()),
                    ("missed", verdict.missed.into()),
                    ("decided", verdict.decided.into()),
                ]))
            }
            None => { "–" }
        }
    }
}
