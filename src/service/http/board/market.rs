//! An objective compared with the market: the response time that others achieve.

use maud::{Markup, html};

use super::components::{fact, row};
use super::view_model::{Board, ObjectiveView, share_shown, shown};
use crate::agreement::{Level, Market, Tally};
use crate::measure::Basis;
use crate::share::Share;

/// The market that an objective compares with, and its own tickets judged by the market's target.
struct Comparison<'a> {
    market: &'a Market,
    agreed: Share,
    tally: Tally,
}

impl<'a> Comparison<'a> {
    /// `None` if the objective names no market, has no share, or nothing is known yet.
    fn of(view: ObjectiveView<'a>) -> Option<Self> {
        let Level::Within { share, .. } = view.level else { return None };
        let market = view.objective.market.as_ref()?;
        Some(Self { market, agreed: *share, tally: view.detail?.market? })
    }
}

/// The section on the market: its target, its source, and the objective's own share within that
/// target.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(comparison) = Comparison::of(view) else { return html! {} };
    let market = comparison.market;
    let target = target(board, view, market);
    let share = share_within(board, &comparison);
    let agreed = texts.percent(comparison.agreed.basis_points());
    let measure = ("measure", view.objective.measure.label().into());
    html! {
        section {
            h2 { (texts.text("market")) }
            @if view.is_behind_market() { p class="reason" { (texts.text("market-behind")) } }
            dl {
                (fact(&texts.format("row-market", &[measure]), &html! { (target) }))
                (row(board, "row-market-share", &html! { (share) }))
                (row(board, "row-level", &html! { (agreed) }))
                (row(board, "row-market-source", &source(market)))
                @if let Some(day) = market.as_of {
                    (row(board, "row-market-as-of", &html! {
                        (texts.date(day))
                        @if board.today().is_some_and(|today| market.is_old(today)) {
                            ": " strong { (texts.text("market-old")) }
                        }
                    }))
                }
            }
        }
    }
}

/// The target that others achieve. Calendar time is marked if the objective itself counts open
/// time.
fn target(board: &Board<'_>, view: ObjectiveView<'_>, market: &Market) -> String {
    let texts = board.texts;
    let time = texts.target(view.objective.measure, market.within);
    let counts_open = view.level.targets().any(|target| target.basis() == Basis::Open);
    if market.within.basis() == Basis::Calendar && counts_open {
        texts.format("of-calendar-time", &[("time", time.into())])
    } else {
        time
    }
}

/// The comparison in one line.
pub(super) fn summary(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(comparison) = Comparison::of(view) else { return html! {} };
    let target = target(board, view, comparison.market);
    let share = share_within(board, &comparison);
    let measure = ("measure", view.objective.measure.label().into());
    html! {
        p class="detail" {
            (texts.format("market-line", &[measure, ("target", target.into()), ("share", share.into())]))
        }
    }
}

/// The share of tickets within the market's target, and the number of tickets; a dash if there are
/// none.
fn share_within(board: &Board<'_>, comparison: &Comparison<'_>) -> String {
    let texts = board.texts;
    let Comparison { agreed, tally, .. } = *comparison;
    match share_shown(tally, agreed) {
        Some(bp) => {
            let share = ("share", texts.percent(bp).into());
            texts.format("market-share", &[share, ("decided", tally.decided.into())])
        }
        None => texts.text("none"),
    }
}

/// The source of the market's target; a link if it is a web address.
fn source(market: &Market) -> Markup {
    let is_address = ["https://", "http://"].iter().any(|start| market.source.starts_with(start));
    html! {
        @if is_address {
            a href=(market.source) rel="noreferrer" { bdi { (shown(&market.source)) } }
        } @else {
            bdi { (shown(&market.source)) }
        }
    }
}
