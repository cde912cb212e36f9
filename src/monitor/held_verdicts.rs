//! The verdicts of objectives that nothing has happened to.
//!
//! # Design
//! Alerts are evaluated every second, and most objectives are then as they were. A verdict holds until an
//! event touches its objective, or until [`View::changes_at`]. That instant costs about as much as the
//! verdict, so it is asked for only when a second has passed without an event: under load, verdicts are
//! computed as before.

use crate::agreement::AlertVerdicts;
use crate::catalog::{Catalog, ObjectiveId};
use crate::time::Timestamp;
use crate::view::View;

/// The last verdicts of all objectives.
#[derive(Debug)]
pub(super) struct HeldVerdicts(Vec<Option<Held>>);

/// The verdicts of one objective.
#[derive(Clone, Copy, Debug)]
struct Held {
    verdicts: AlertVerdicts,
    until: Until,
}

/// How long verdicts hold without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    NotAsked,
    Before(Timestamp),
    Always,
}

impl HeldVerdicts {
    /// None yet.
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self(catalog.objectives().map(|_| None).collect())
    }

    /// The verdicts of an objective as of the view, as [`View::alert_verdicts`] gives them. Called for all
    /// objectives of a view before [`View::forget_touched`].
    pub(super) fn of(&mut self, id: ObjectiveId, view: &View) -> AlertVerdicts {
        let held = self.0[id.index()].filter(|_| !view.is_touched(id));
        let still_holds = |held: &Held| match held.until {
            Until::NotAsked => false,
            Until::Before(at) => view.now() < at,
            Until::Always => true,
        };
        if let Some(held) = held.filter(still_holds) {
            debug_assert_eq!(held.verdicts, view.alert_verdicts(id), "{id:?} at {}", view.now());
            return held.verdicts;
        }
        let until = match held {
            None => Until::NotAsked,
            Some(_) => view.changes_at(id).map_or(Until::Always, Until::Before),
        };
        let verdicts = view.alert_verdicts(id);
        self.0[id.index()] = Some(Held { verdicts, until });
        verdicts
    }
}
