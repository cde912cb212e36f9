//! What another target would have meant: a curve on which one moves the target.
//!
//! Without a script it is a table with the same sentences.

use maud::{Markup, html};

use super::past::{HEIGHT, PastDay, WIDTH, days, key_of};
use super::view_model::{Board, ObjectiveView, share_shown};
use crate::agreement::{Level, Objective, Target, VerdictState};
use crate::past::{TRIED_FOR, TriedPast, TriedTarget};
use crate::share::Share;
use crate::time::DAY_MS;

/// An objective with another target, as it would be now.
struct Tried {
    target: Target,
    decided: u64,
    missed: u64,
    /// The days on which it would have been missed, and those with a verdict.
    missed_days: u64,
    known_days: u64,
}

impl Tried {
    fn of(board: &Board<'_>, tried: &TriedPast, target: &TriedTarget) -> Option<Self> {
        let (_, last) = tried.past.points_of(target.id).next_back()?;
        let most = usize::try_from(TRIED_FOR.ms() / DAY_MS).unwrap_or(0);
        let days = days(tried.past.points_of(target.id), &board.zone, most);
        let count =
            |holds: fn(&PastDay) -> bool| days.iter().filter(|day| holds(day)).count() as u64;
        Some(Self {
            target: target.target,
            decided: last.decided.into(),
            missed: last.missed.into(),
            missed_days: count(|day| day.state == VerdictState::Missed),
            known_days: count(|day| day.state != VerdictState::InsufficientData),
        })
    }

    /// The share within the target in basis points; 0 if nothing is decided.
    fn share_bp(&self) -> u64 {
        let within = self.decided - self.missed.min(self.decided);
        (within * u64::from(Share::WHOLE_BP)).checked_div(self.decided).unwrap_or(0)
    }
}

/// The section; empty until the past is derived, and where no other target was tried.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let Some(derived) = board.past else { return html! {} };
    let targets = derived.tried.targets_of(view.id).iter();
    let tried: Vec<Tried> =
        targets.filter_map(|target| Tried::of(board, &derived.tried, target)).collect();
    let agreed = view.level.target(None);
    let at = tried.iter().position(|one| one.target == agreed);
    html! {
        @if let Some(at) = at && tried.len() > 1 {
            section class="whole" {
                h2 { (texts.text("heading-tried")) }
                p class="legend" {
                    (texts.format("tried-explained", &[
                        ("at", board.instant(derived.tried.past.last.start()).into()),
                    ]))
                }
                figure class="plot tried" {
                    @if view.has_share() { (curve(board, view, &tried, at)) }
                    label class="tried-slider" hidden {
                        (texts.text("tried-slider")) " "
                        input type="range" name="target" min="0" max=(tried.len() - 1) value=(at);
                    }
                    output class="tried-text" aria-live="polite" { (sentence(board, view, &tried[at])) }
                }
                div class="tried-file" {
                    label for="tried-yaml" { (texts.text("tried-yaml")) }
                    textarea id="tried-yaml" class="tried-yaml" readonly spellcheck="false" rows="10" {
                        "\n" (yaml(board, view, tried[at].target))
                    }
                    button type="button" class="tried-copy" hidden data-copied=(texts.text("tried-copied"))
                        data-selected=(texts.text("tried-selected")) {
                        (texts.text("tried-copy"))
                    }
                    " " span class="tried-was-copied" role="status" aria-live="polite" data-by-script {}
                }
                details {
                    summary { (texts.text("as-table")) }
                    (table(board, view, &tried, at))
                }
            }
        }
    }
}

fn x(index: usize, count: usize) -> u64 {
    (index as u64 * WIDTH).checked_div(count as u64 - 1).unwrap_or(0)
}

fn y(bp: u64) -> u64 {
    HEIGHT - bp * HEIGHT / u64::from(Share::WHOLE_BP)
}

/// The share within each target, with the agreed point.
fn curve(board: &Board<'_>, view: ObjectiveView<'_>, tried: &[Tried], at: usize) -> Markup {
    let texts = board.texts;
    let Level::Within { share, .. } = view.level else { return html! {} };
    let level = y(share.basis_points().into());
    let points = tried.iter().enumerate();
    let points = points.map(|(index, one)| (x(index, tried.len()), y(one.share_bp())));
    let path: Vec<String> = points.map(|(x, y)| format!("{x} {y}")).collect();
    let ends = [tried.first(), tried.get(at), tried.last()];
    let ends = ends.into_iter().flatten().map(|one| name(board, view, one.target));
    html! {
        figcaption { (texts.format("tried-caption", &[("window", texts.window(view.over).into())])) }
        div class="plot-area" {
            div class="plot-y" aria-hidden="true" {
                @for bp in [Share::WHOLE_BP, Share::WHOLE_BP / 2, 0] { span { (texts.percent(bp)) } }
            }
            svg class={ "lines " (super::components::state_class(view.last_state())) }
                viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                aria-label=(texts.text("strip-see-table")) {
                @for y in [0, HEIGHT / 2, HEIGHT] { path class="grid" d={ "M0 " (y) "H" (WIDTH) } {} }
                path class="agreed" d={ "M0 " (level) "H" (WIDTH) } {}
                path class="change" d={ "M" (x(at, tried.len())) " 0V" (HEIGHT) } {}
                path class="own" d={ "M" (path.join("L")) } {}
                path class="tried-mark" d={ "M" (x(at, tried.len())) " 0V" (HEIGHT) } {}
            }
        }
        div class="plot-x" aria-hidden="true" { @for end in ends { span { (end) } } }
        p class="legend keys" {
            (key_of("own", &texts.text("key-share")))
            (key_of("agreed", &texts.text("key-agreed")))
            (key_of("change", &texts.text("key-agreed-target")))
        }
    }
}

/// The lines of the objective with a target that is agreed on today, as the agreement's file has them.
fn yaml(board: &Board<'_>, view: ObjectiveView<'_>, target: Target) -> String {
    let calendar = board.catalog.calendar(board.catalog.hours_of(view.scope));
    let today = board.today().unwrap_or_default();
    let next = view.objective.with_target(target);
    let previous_levels = view.objective.levels_before(&next, today, calendar.zone());
    let objective = Objective { previous_levels, ..next };
    objective.level_lines(!calendar.is_always(), calendar.zone())
}

fn name(board: &Board<'_>, view: ObjectiveView<'_>, target: Target) -> String {
    board.texts.target(view.objective.measure, target)
}

/// What a target would have meant.
fn sentence(board: &Board<'_>, view: ObjectiveView<'_>, tried: &Tried) -> String {
    let texts = board.texts;
    let target = ("target", name(board, view, tried.target).into());
    let now = match view.level {
        Level::Within { .. } => texts.format(
            "tried-share",
            &[
                target,
                ("share", share(board, view, tried).into()),
                ("decided", tried.decided.into()),
            ],
        ),
        Level::NoneOver(_) => texts.format("tried-over", &[target, ("count", tried.missed.into())]),
    };
    let days = texts.format(
        "tried-days",
        &[("missed", tried.missed_days.into()), ("known", tried.known_days.into())],
    );
    format!("{now} {days}")
}

fn share(board: &Board<'_>, view: ObjectiveView<'_>, tried: &Tried) -> String {
    let tally = crate::agreement::Tally {
        decided: tried.decided,
        missed: tried.missed,
        ..Default::default()
    };
    let shown = match view.level {
        Level::Within { share, .. } => share_shown(tally, *share),
        Level::NoneOver(_) => None,
    };
    shown.map_or_else(|| board.texts.text("none"), |bp| board.texts.percent(bp))
}

/// All targets. The script of the page reads its rows.
fn table(board: &Board<'_>, view: ObjectiveView<'_>, tried: &[Tried], at: usize) -> Markup {
    let texts = board.texts;
    let count = |count: u64| texts.format("count", &[("count", count.into())]);
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(texts.text("heading-tried")) {
            table class="tried-table" {
                thead {
                    tr {
                        th scope="col" { (texts.text("column-tried-target")) }
                        @if view.has_share() { th scope="col" { (texts.text("column-past-share")) } }
                        th scope="col" { (texts.text("column-over-target")) }
                        th scope="col" { (texts.text("column-missed-days")) }
                    }
                }
                tbody {
                    @for (index, one) in tried.iter().enumerate() {
                        tr data-x=(x(index, tried.len())) data-text=(sentence(board, view, one))
                            data-yaml=(yaml(board, view, one.target))
                            aria-current=[(index == at).then_some("true")] {
                            th scope="row" {
                                (name(board, view, one.target))
                                @if index == at { " (" (texts.text("in-force")) ")" }
                            }
                            @if view.has_share() { td { (share(board, view, one)) } }
                            td { (count(one.missed)) }
                            td {
                                (texts.format("days-of", &[
                                    ("missed", one.missed_days.into()), ("known", one.known_days.into()),
                                ]))
                            }
                        }
                    }
                }
            }
        }
    }
}
