//! The front page for a screen across the room: a card for each team, those in trouble first.
//!
//! # Design
//! The cards fill the screen, and text grows with it. With more teams than fit, the script turns to the next
//! ones every few seconds. Without it, the first ones stay.

use maud::{Markup, html};

use super::components::name;
use super::overview::{TeamOrder, longest_wait, ordered_scopes, share, state, tone, why};
use super::view_model::Board;

/// The numbers of cards that there are grids for, in the style sheet: 1, 2, 2 × 2, 3 × 2, 3 × 3, 4 × 3.
const GRIDS: [usize; 6] = [1, 2, 4, 6, 9, 12];

/// The cards of all teams.
pub(super) fn page(board: &Board<'_>) -> Markup {
    let scopes = ordered_scopes(board, TeamOrder::TroubleFirst);
    let [.., most] = GRIDS;
    let grid = GRIDS.into_iter().find(|cards| *cards >= scopes.len()).unwrap_or(most);
    html! {
        h1 class="hidden" { (board.texts.text("title")) }
        ul id="wall" class={ "wall-teams of-" (grid) } {
            @for scope in &scopes {
                li class={ "wall-team " (tone(board, *scope)) } data-key=(board.label(*scope)) {
                    h2 { (name(board, *scope)) }
                    (state(board, *scope))
                    p class="wall-why" { (why(board, *scope)) }
                    p class="wall-share" { (share(board, *scope)) }
                    p class="wall-wait" { (longest_wait(board, *scope)) }
                }
            }
        }
        p id="wall-page" class="wall-page" aria-hidden="true" {}
    }
}
