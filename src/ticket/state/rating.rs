//! Ratings and reviews, and the waits that they are compared with.

use smallvec::SmallVec;

use super::TicketState;
use crate::agreement::Level;
use crate::event::Kind;
use crate::ticket::change::{FinishedWait, Rated, RatingKind};
use crate::ticket::entry::{Entry, unpack_detail};
use crate::ticket::stopwatch::{DerivationContext, Out, Phase, Stopwatch};

impl TicketState {
    /// A rating or a review. A customer's later rating replaces the earlier one, as does a reviewer's.
    pub(super) fn rate(
        &mut self,
        event: &Entry<'_>,
        context: DerivationContext<'_>,
        out: &mut Out<'_>,
    ) {
        let detail = unpack_detail(event.detail);
        let Some(score) = detail.score else { return };
        let is_review = event.kind == Kind::Reviewed;
        let scope = self.acting(event, context);
        let mut rated = Rated {
            kind: if is_review { RatingKind::Reviewed } else { RatingKind::Rated },
            scope,
            at: event.time,
            score,
            bands: SmallVec::new(),
        };
        if is_review {
            out.rated(&rated, 1);
            let by = detail.by.unwrap_or_default();
            match self.reviewed.iter_mut().find(|(other, _)| **other == *by) {
                Some((_, before)) => out.rated(&std::mem::replace(before, rated), -1),
                None => self.reviewed.push((by.into(), rated)),
            }
            return;
        }
        for wait in &self.finished_waits {
            for scope in [scope, context.catalog.organisation()] {
                for &id in context.catalog.judging(scope, wait.stopwatch_kind) {
                    let level = context.catalog.objective(id).1.level_at(wait.at);
                    if matches!(level, Level::Within { .. }) {
                        let target = level.target(wait.priority);
                        rated.bands.push((id, wait.band(target, context.catalog)));
                    }
                }
            }
        }
        out.rated(&rated, 1);
        if let Some(before) = self.rated.replace(rated) {
            out.rated(&before, -1);
        }
    }

    /// Keeps a finished wait for the ratings that come after it.
    pub(super) fn keep_finished_wait(
        &mut self,
        stopwatch: &Stopwatch,
        context: DerivationContext<'_>,
    ) {
        if !context.catalog.has_objectives() {
            return;
        }
        let Phase::Ended(all) = &stopwatch.phase else { return };
        for ended in all {
            self.finished_waits.retain(|wait| wait.stopwatch_kind != ended.stopwatch_kind);
            self.finished_waits.push(FinishedWait::of(ended));
        }
    }
}
