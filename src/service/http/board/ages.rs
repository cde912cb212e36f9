//! How long the tickets of an objective have waited, as a picture.

use maud::{Markup, html};

use super::view_model::{Board, ObjectiveView};
use crate::measure::Basis;
use crate::view::AGE_EDGES;

/// The waiting tickets by the length of their wait; empty if none waits.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(detail) = view.detail.filter(|_| view.objective.measure.is_timed()) else {
        return html! {};
    };
    let longer = detail.waiting_longer_than;
    let counts: Vec<u64> = longer
        .iter()
        .zip(longer.iter().skip(1).chain([&0]))
        .map(|(longer, next)| longer.saturating_sub(*next))
        .collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    let target = view.level.target(None);
    let is_open = target.basis() == Basis::Open;
    html! {
        @if most > 0 {
            section {
                h2 { (texts.text("heading-ages")) }
                @if is_open { p class="legend" { (texts.text("times-are-open")) } }
                table class="ages" {
                    thead class="hidden" {
                        tr {
                            th scope="col" { (texts.text("column-age")) }
                            th scope="col" { (texts.text("waiting-column")) }
                            td {}
                        }
                    }
                    tbody {
                        @for (index, count) in counts.iter().enumerate() {
                            tr {
                                th scope="row" { (label(board, index)) }
                                td { (texts.format("count", &[("count", (*count).into())])) }
                                td {
                                    svg class="bar" viewBox={ "0 0 " (most) " 1" } preserveAspectRatio="none"
                                        aria-hidden="true" {
                                        @let over = over_target(view, &longer, index).min(*count);
                                        rect class="age" x="0" y="0" width=(count - over) height="1" {}
                                        rect class="age missed" x=(count - over) y="0" width=(over)
                                            height="1" {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many waits of a group are over the common target. Working days have no fixed length, and with targets
/// by priority a length says nothing.
fn over_target(view: ObjectiveView<'_>, longer: &[u64], index: usize) -> u64 {
    let Some(target) = view.level.target(None).elapsed() else { return 0 };
    let least = index.checked_sub(1).and_then(|edge| AGE_EDGES.get(edge));
    if view.level.differs_by_priority() || AGE_EDGES.get(index).is_some_and(|most| *most <= target)
    {
        return 0;
    }
    if least.is_some_and(|least| *least >= target) {
        return u64::MAX;
    }
    view.over_target().saturating_sub(longer.get(index + 1).copied().unwrap_or(0))
}

/// The lengths of the waits of a group.
fn label(board: &Board<'_>, index: usize) -> String {
    let texts = board.texts;
    let edge = |index: usize| AGE_EDGES.get(index).map(|edge| texts.duration(*edge));
    match (index.checked_sub(1).and_then(edge), edge(index)) {
        (None, Some(to)) => texts.format("age-up-to", &[("to", to.into())]),
        (Some(from), Some(to)) => {
            texts.format("age-between", &[("from", from.into()), ("to", to.into())])
        }
        (Some(from), None) => texts.format("age-over", &[("from", from.into())]),
        (None, None) => String::new(),
    }
}
