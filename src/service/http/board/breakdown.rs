//! Where the missed tickets of an objective spent their time: a bar, and a table with the same
//! numbers.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::components::name;
use super::view_model::{Board, ObjectiveView};
use crate::share::Share;
use crate::ticket::WaitLocation;
use crate::time::Elapsed;

/// One location in the bar.
struct Piece {
    /// The CSS class that colours it.
    class: &'static str,
    name: Markup,
    elapsed: Elapsed,
    /// Its start, in basis points of the total time.
    from_bp: i64,
    /// Its length, in basis points of the total time.
    length_bp: i64,
}

/// The breakdown as a section; empty if no ticket is missed.
pub(super) fn breakdown(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let pieces = pieces(board, view);
    html! {
        @if !pieces.is_empty() {
            section class="breakdown" {
                h2 { (texts.text("breakdown")) }
                (bar(&pieces))
                table {
                    thead class="hidden" {
                        tr {
                            th scope="col" { (texts.text("column-location")) }
                            th scope="col" { (texts.text("column-share")) }
                            th scope="col" { (texts.text("column-time")) }
                        }
                    }
                    tbody {
                        @for piece in &pieces {
                            tr {
                                th scope="row" { (swatch(piece.class)) (piece.name) }
                                td { (percent(board, piece.length_bp)) }
                                td { (texts.wait(piece.elapsed)) }
                            }
                        }
                    }
                }
                p class="legend" {
                    (texts.format("breakdown-explained", &[("count", view.tally().missed.into())]))
                }
            }
        }
    }
}

/// The pieces in a fixed order, never by size: unclaimed, the teams in alphabetical order, pending,
/// on hold, closed.
fn pieces(board: &Board<'_>, view: ObjectiveView<'_>) -> Vec<Piece> {
    let breakdown: BTreeMap<WaitLocation, Elapsed> =
        view.detail.into_iter().flat_map(|detail| detail.breakdown.iter().copied()).collect();
    let unclaimed = board.catalog.unclaimed();
    let text = |key| html! { (board.texts.text(key)) };
    let mut locations =
        vec![(WaitLocation::With(unclaimed), "unclaimed-piece", html! { (board.name(unclaimed)) })];
    let teams = board
        .teams()
        .into_iter()
        .filter(|scope| breakdown.contains_key(&WaitLocation::With(*scope)));
    // Neighbouring teams get different tones.
    locations.extend(
        teams
            .zip(["team-piece", "team-piece other"].into_iter().cycle())
            .map(|(scope, class)| (WaitLocation::With(scope), class, name(board, scope))),
    );
    locations.extend([
        (WaitLocation::Pending, "pending-piece", text("location-pending")),
        (WaitLocation::OnHold, "on-hold-piece", text("location-on-hold")),
        (WaitLocation::Closed, "closed-piece", text("location-closed")),
    ]);
    let total: i64 = breakdown.values().map(|elapsed| elapsed.ms()).sum();
    let mut from_ms = 0;
    let piece = |(location, class, name)| {
        let elapsed = *breakdown.get(&location)?;
        let from_bp = bp(from_ms, total)?;
        from_ms += elapsed.ms();
        Some(Piece { class, name, elapsed, from_bp, length_bp: bp(from_ms, total)? - from_bp })
    };
    locations.into_iter().filter_map(piece).collect()
}

/// Where missed tickets spent most of their time, with its share of that time; `None` if none is missed.
pub(super) fn longest_in_words(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let spent = &view.detail?.breakdown;
    let (location, elapsed) = spent.iter().max_by_key(|(_, elapsed)| *elapsed)?;
    let all: i64 = spent.iter().map(|(_, elapsed)| elapsed.ms()).sum();
    let share = percent(board, bp(elapsed.ms(), all)?);
    let place = ("place", location_name(board, *location).into());
    Some(board.texts.format("agenda-time-went", &[place, ("share", share.into())]))
}

/// The name of a location as a text.
fn location_name(board: &Board<'_>, location: WaitLocation) -> String {
    match location {
        WaitLocation::With(scope) => board.name(scope),
        WaitLocation::Pending => board.texts.text("location-pending"),
        WaitLocation::OnHold => board.texts.text("location-on-hold"),
        WaitLocation::Closed => board.texts.text("location-closed"),
    }
}

/// A part of a whole in basis points, rounded down; `None` if the whole is zero.
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

/// A length in whole percent, or "under 1 %".
fn percent(board: &Board<'_>, length_bp: i64) -> String {
    let rounded = (length_bp + 50) / 100 * 100;
    match u32::try_from(rounded) {
        Ok(bp) if bp > 0 => board.texts.percent(bp),
        Ok(_) | Err(_) => {
            let one = board.texts.percent(100);
            board.texts.format("under-percent", &[("percent", one.into())])
        }
    }
}
