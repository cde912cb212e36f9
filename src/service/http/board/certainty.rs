//! How sure the share of an objective is, in sentences.

use maud::{Markup, html};

use super::view_model::{Board, ObjectiveView};
use crate::agreement::{EvidenceSubject, Level, ShareEvidence};
use crate::share::Share;

/// An interval this wide, in basis points, comes from few tickets.
const WIDE_BP: u32 = 500;

/// What the share of the long run may be, when the alert starts, and what a long wait does to the share.
/// Empty for a limit and before the first trusted view.
pub(super) fn section(board: &Board<'_>, view: ObjectiveView<'_>) -> Markup {
    let texts = board.texts;
    let sentences = [
        interval(board, view),
        alert(board, view),
        (view.has_share() && view.objective.measure.is_timed())
            .then(|| texts.text("long-waits-explained")),
    ];
    html! {
        @if view.has_share() && board.at.is_some() {
            section {
                h2 { (texts.text("heading-certainty")) }
                @for sentence in sentences.into_iter().flatten() { p { (sentence) } }
            }
        }
    }
}

/// The interval of the true share.
fn interval(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let interval = view.verdict?.interval?;
    // Rounded outwards to whole percent: more would look exact.
    let (low, high) = (interval.low / 100 * 100, interval.high.div_ceil(100) * 100);
    // Where the whole range is on one side of the level, luck does not decide.
    let is_open = match view.level {
        Level::Within { share, .. } => (low..=high).contains(&share.basis_points()),
        Level::NoneOver(_) => false,
    };
    let is_wide = is_open && high - low > WIDE_BP;
    let bounds = [("low", texts.percent(low).into()), ("high", texts.percent(high).into())];
    Some(texts.format(if is_wide { "interval-wide" } else { "interval" }, &bounds))
}

/// How sure the alert must be, and how sure it is.
fn alert(board: &Board<'_>, view: ObjectiveView<'_>) -> Option<String> {
    let texts = board.texts;
    let Level::Within { share, .. } = view.level else { return None };
    let Some(confidence) = view.objective.confidence_at(board.at?) else {
        return Some(texts.text("alert-plain"));
    };
    let rule = texts.format(
        "alert-confidence",
        &[
            ("confidence", texts.percent(confidence.basis_points()).into()),
            ("level", texts.percent(share.basis_points()).into()),
        ],
    );
    let ceiling = view.unanswered_max.map(|max| {
        let measure = ("measure", view.objective.measure.label().into());
        let max = ("max", texts.percent(max.basis_points()).into());
        texts.format("alert-unanswered", &[measure, max])
    });
    let evidence = view.detail?.evidence.filter(|evidence| evidence.tally.decided > 0);
    let now = evidence.map(|evidence| now(board, evidence, confidence));
    let is_of_ceiling =
        evidence.is_some_and(|evidence| evidence.subject == EvidenceSubject::Answered);
    // How sure it is stands behind the rule that it is about.
    let (of_share, of_ceiling) = if is_of_ceiling { (None, now) } else { (now, None) };
    let sentences = [Some(rule), of_share, ceiling, of_ceiling];
    Some(sentences.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// How sure it is now that the level, or the ceiling, is missed.
fn now(board: &Board<'_>, evidence: ShareEvidence, confidence: Share) -> String {
    let texts = board.texts;
    let is_stricter = evidence.needed_bp() > confidence.basis_points();
    texts.format(
        match evidence.subject {
            EvidenceSubject::Answered => "alert-evidence-unanswered",
            EvidenceSubject::WithinTarget if is_stricter => "alert-evidence-few",
            EvidenceSubject::WithinTarget => "alert-evidence",
        },
        &[
            ("probability", texts.percent(evidence.percent() * 100).into()),
            ("needed", texts.percent(evidence.needed_bp()).into()),
            ("confidence", texts.percent(confidence.basis_points()).into()),
            ("missed", evidence.tally.missed.into()),
            ("decided", evidence.tally.decided.into()),
            ("window", texts.window(evidence.window).into()),
        ],
    )
}
