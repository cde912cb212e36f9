//! Where the waiting of an objective's missed went: a bar, and the same in words.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::components::name;
use super::view_model::{Board, ObjectiveView};
use crate::share::Share;
use crate::ticket::WaitLocation;
use crate::time::Elapsed;

/// One place of the bar.
struct Piece {
    /// The class that gives it its colour.
    class: &'static str,
    name: Markup,
    elapsed: Elapsed,
    /// Where it begins and how long it is, in basis points of the whole.
    from_bp: i64,
    length_bp: i64,
}

/// Where the waiting of the missed went; nothing while nobody waited too long.
pub(super) fn breakdown(board: &Board<'_>, line: ObjectiveView<'_>) -> Markup {
    let words = board.words;
    let pieces = pieces(board, line);
    html! {
        @if !pieces.is_empty() {
            section class="went" {
                h2 { (words.text("went")) }
                (bar(&pieces))
                table {
                    thead class="hidden" {
                        tr {
                            th scope="col" { (words.text("column-place")) }
                            th scope="col" { (words.text("column-part-of")) }
                            th scope="col" { (words.text("column-time")) }
                        }
                    }
                    tbody {
                        @for piece in &pieces {
                            tr {
                                th scope="row" { (swatch(piece.class)) (piece.name) }
                                td { (percent(board, piece.length_bp)) }
                                td { (words.wait(piece.elapsed)) }
                            }
                        }
                    }
                }
                p class="legend" {
                    (words.say("went-explained", &[("count", line.tally().missed.into())]))
                }
            }
        }
    }
}

/// The places in a fixed order, never by size: unclaimed, the teams in alphabetical order, pending, on hold,
/// closed.
fn pieces(board: &Board<'_>, line: ObjectiveView<'_>) -> Vec<Piece> {
    let breakdown: BTreeMap<WaitLocation, Elapsed> =
        line.detail.into_iter().flat_map(|detail| detail.breakdown.iter().copied()).collect();
    let unclaimed = board.catalog.unclaimed();
    let text = |key| html! { (board.words.text(key)) };
    let mut locations =
        vec![(WaitLocation::With(unclaimed), "unclaimed-piece", html! { (board.name(unclaimed)) })];
    let teams = board
        .teams()
        .into_iter()
        .filter(|scope| breakdown.contains_key(&WaitLocation::With(*scope)));
    // Neighbours differ in tone, whoever they are.
    locations.extend(
        teams
            .zip(["team-piece", "team-piece other"].into_iter().cycle())
            .map(|(scope, class)| (WaitLocation::With(scope), class, name(board, scope))),
    );
    locations.extend([
        (WaitLocation::Pending, "pending-piece", text("place-pending")),
        (WaitLocation::OnHold, "on-hold-piece", text("place-on-hold")),
        (WaitLocation::Closed, "closed-piece", text("place-closed")),
    ]);
    let total: i64 = breakdown.values().map(|elapsed| elapsed.ms()).sum();
    let mut before = 0;
    let piece = |(location, class, name)| {
        let elapsed = *breakdown.get(&location)?;
        let from_bp = bp(before, total)?;
        before += elapsed.ms();
        Some(Piece { class, name, elapsed, from_bp, length_bp: bp(before, total)? - from_bp })
    };
    locations.into_iter().filter_map(piece).collect()
}

/// A part of a whole in basis points, rounded down.
fn bp(part: i64, whole: i64) -> Option<i64> {
    let bp = i128::from(part) * i128::from(Share::WHOLE_BP);
    i64::try_from(bp.checked_div(i128::from(whole))?).ok()
}

fn bar(pieces: &[Piece]) -> Markup {
    html! {
        svg class="bar pieces" viewBox={ "0 0 " (Share::WHOLE_BP) " 100" } width="100%" height="24"
            preserveAspectRatio="none" aria-hidden="true" {
            @for piece in pieces {
                rect class=(piece.class) x=(piece.from_bp) y="0" width=(piece.length_bp) height="100" {}
            }
        }
    }
}

fn swatch(class: &str) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 10 10" width="14" height="14" aria-hidden="true" {
            rect class=(class) width="10" height="10" rx="2" {}
        }
    }
}

/// A part of the whole in full percent; what is less than one is said so.
fn percent(board: &Board<'_>, length_bp: i64) -> String {
    let rounded = (length_bp + 50) / 100 * 100;
    match u32::try_from(rounded) {
        Ok(bp) if bp > 0 => board.words.percent(bp),
        Ok(_) | Err(_) => {
            let one = board.words.percent(100);
            board.words.say("under-percent", &[("percent", one.into())])
        }
    }
}
