//! Ratings by customers and reviewers: of a team, and of an objective by the length of the wait.

use maud::{Markup, html};

use super::components::fact;
use super::view_model::{Board, ObjectiveView};
use crate::catalog::ScopeId;
use crate::ticket::{Band, RatingKind};
use crate::time::{DAY_MS, Elapsed};
use crate::window::Scores;

/// The window of a team's ratings. It is long, since few customers rate.
const RATINGS_WINDOW: Elapsed = Elapsed::from_ms(28 * DAY_MS);

/// The customers' ratings of an objective, grouped by the wait relative to the target.
pub(super) fn by_wait(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(detail) = view.detail else { return html! {} };
    let measure = view.objective.measure.label();
    html! {
        @if detail.bands.iter().any(|scores| scores.count > 0) {
            section {
                h2 { (texts.text("ratings-by-wait")) }
                p class="legend" { (texts.text("ratings-by-wait-explained")) }
                table class="ratings" {
                    thead {
                        tr {
                            th scope="col" {
                                (texts.format("column-band", &[("measure", measure.into())]))
                            }
                            th scope="col" { (texts.text("column-ratings")) }
                            th scope="col" { (texts.text("column-mean")) }
                        }
                    }
                    tbody {
                        @for (band, scores) in Band::ALL.into_iter().zip(&detail.bands) {
                            tr {
                                th scope="row" { (band_name(board, band)) }
                                td { (texts.format("count", &[("count", scores.count.into())])) }
                                td { (mean(board, *scores).unwrap_or_else(|| texts.text("none"))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn band_name(board: &Board<'_>, band: Band) -> String {
    board.texts.text(match band {
        Band::UpToHalf => "band-up-to-half",
        Band::Within => "band-within",
        Band::UpToDouble => "band-up-to-double",
        Band::Beyond => "band-beyond",
    })
}

/// The mean score to the nearest tenth; `None` without ratings.
fn mean(board: &Board<'_>, Scores { count, sum }: Scores) -> Option<String> {
    let tenths = (sum * 20 + count).checked_div(count * 2)?;
    Some(board.texts.tenths(tenths))
}

/// The mean and number of a team's ratings by kind; empty without ratings.
pub(super) fn of_team(board: &Board<'_>, scope: ScopeId) -> Markup {
    let texts = board.texts;
    let fact_of = |(label, kind): (&'static str, RatingKind)| {
        let scores = board.ratings(scope, kind, RATINGS_WINDOW);
        let mean = mean(board, scores)?;
        let window = texts.window(RATINGS_WINDOW);
        let numbers =
            [("count", scores.count.into()), ("mean", mean.into()), ("window", window.into())];
        let text = texts.format("ratings-line", &numbers);
        Some(fact(&texts.text(label), &html! { (text) }))
    };
    let kinds = [("row-rated", RatingKind::Rated), ("row-reviewed", RatingKind::Reviewed)];
    let facts: Vec<Markup> = kinds.into_iter().filter_map(fact_of).collect();
    html! {
        @if !facts.is_empty() {
            section {
                h2 { (texts.text("ratings")) }
                dl { @for fact in &facts { (fact) } }
            }
        }
    }
}
