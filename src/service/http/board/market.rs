//! How an objective stands beside what others achieve, and what customers say of it.

use maud::{Markup, html};

use super::pages::{fact, row};
use super::view_model::{Board, ObjectiveView, share_shown, shown};
use crate::agreement::{Level, Market, Tally};
use crate::catalog::ScopeId;
use crate::measure::Basis;
use crate::share::Share;
use crate::ticket::{Band, RatingKind};
use crate::time::{DAY_MS, Elapsed};
use crate::window::Scores;

/// The window that a team's ratings are shown over: fewer customers rate than write.
const RATED_OVER: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// What an objective compares with: what others achieve, the agreed share, and the tickets beside both.
fn compared<'a>(line: ObjectiveView<'a>) -> Option<(&'a Market, Share, Tally)> {
    let Level::Within { share, .. } = line.level else { return None };
    Some((line.objective.market.as_ref()?, *share, line.detail?.market?))
}

/// What others achieve, who says so, and how the objective's tickets stand beside it.
pub(super) fn market(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let Some((market, share, tally)) = compared(line) else { return html! {} };
    let target = target(board, line, market);
    let measure = ("measure", line.objective.measure.label().into());
    html! {
        section {
            h2 { (words.text("market")) }
            @if line.is_behind_market() { p class="reason" { (words.text("market-behind")) } }
            dl {
                (fact(&words.say("row-market", &[measure]), &html! { (target) }))
                (row(board, "row-market-share", &html! { (share_of(board, tally, share)) }))
                (row(board, "row-level", &html! { (words.percent(share.basis_points())) }))
                (row(board, "row-market-source", &source(market)))
                @if let Some(day) = market.as_of {
                    (row(board, "row-market-as-of", &html! { (words.date(day)) }))
                }
            }
        }
    }
}

/// What others achieve; calendar time is said as such beside open time.
fn target(board: &Board<'_>, line: ObjectiveView<'_>, market: &Market) -> String {
    let words = board.words;
    let said = words.target(line.objective.measure, market.within);
    let is_beside_open = line.level.targets().any(|target| target.basis == Basis::Open);
    if market.within.basis == Basis::Calendar && is_beside_open {
        words.say("of-calendar-time", &[("time", said.into())])
    } else {
        said
    }
}

/// The same in one line.
pub(super) fn in_short(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let Some((market, share, tally)) = compared(line) else { return html! {} };
    let target = target(board, line, market);
    let share = share_of(board, tally, share);
    let measure = ("measure", line.objective.measure.label().into());
    html! {
        p class="soon" {
            (words.say("market-line", &[measure, ("target", target.into()), ("share", share.into())]))
        }
    }
}

/// The share of the tickets that are within what others achieve, and of how many.
fn share_of(board: &Board<'_>, tally: Tally, agreed: Share) -> String {
    let words = board.words;
    match share_shown(tally, agreed) {
        Some(bp) => {
            let share = ("share", words.percent(bp).into());
            words.say("market-share", &[share, ("decided", tally.decided.into())])
        }
        None => words.text("none"),
    }
}

/// Who says what others achieve: a web address opens.
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

/// The customers' ratings by how long they had waited beside the target: is this level fine for them?
pub(super) fn ratings_by_wait(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let Some(detail) = line.detail else { return html! {} };
    let measure = line.objective.measure.label();
    html! {
        @if detail.bands.iter().any(|scores| scores.count > 0) {
            section {
                h2 { (words.text("rated")) }
                p class="legend" { (words.text("rated-explained")) }
                table class="rated" {
                    thead {
                        tr {
                            th scope="col" {
                                (words.say("column-band", &[("measure", measure.into())]))
                            }
                            th scope="col" { (words.text("column-ratings")) }
                            th scope="col" { (words.text("column-mean")) }
                        }
                    }
                    tbody {
                        @for (band, scores) in Band::ALL.into_iter().zip(&detail.bands) {
                            tr {
                                th scope="row" { (band_name(board, band)) }
                                td { (words.say("count", &[("count", scores.count.into())])) }
                                td { (mean(board, *scores).unwrap_or_else(|| words.text("none"))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn band_name(board: &Board<'_>, band: Band) -> String {
    board.words.text(match band {
        Band::UpToHalf => "band-up-to-half",
        Band::Within => "band-within",
        Band::UpToDouble => "band-up-to-double",
        Band::Beyond => "band-beyond",
    })
}

/// A mean score, rounded to the nearest tenth; none of none.
fn mean(board: &Board<'_>, Scores { count, sum }: Scores) -> Option<String> {
    let tenths = (sum * 20 + count).checked_div(count * 2)?;
    Some(board.words.tenths(tenths))
}

/// What customers and reviewers say of a team, a line for each; nothing while nobody says anything.
pub(super) fn ratings_of_team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let words = board.words;
    let said = |(key, kind): (&'static str, RatingKind)| {
        let scores = board.ratings(scope, kind, RATED_OVER);
        let mean = mean(board, scores)?;
        let window = words.window(RATED_OVER);
        let numbers =
            [("count", scores.count.into()), ("mean", mean.into()), ("window", window.into())];
        Some((words.text(key), words.say("ratings-line", &numbers)))
    };
    let kinds = [("row-rated", RatingKind::Rated), ("row-reviewed", RatingKind::Reviewed)];
    let lines: Vec<_> = kinds.into_iter().filter_map(said).collect();
    html! {
        @if !lines.is_empty() {
            section {
                h2 { (words.text("ratings")) }
                dl { @for (what, said) in &lines { (fact(what, &html! { (said) })) } }
            }
        }
    }
}
