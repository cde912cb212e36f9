//! What the responses of the API have in common.

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::body::{found, json};
use super::problem::Problem;
use crate::service::coordinator::published_view::PublishedView;
use crate::time::Timestamp;

/// What the description says of the name of a team in a path.
pub(super) const TEAM_LABEL: &str =
    "Label of the team, as in the list of teams. A former name works.";

/// What the description says of the response before the first trusted view.
pub(super) const NO_DATA: &str =
    "No data yet: the events are being read for the first time since the start.";

/// A response from the view that is shown, or the reason why there is none.
pub(super) fn respond<T: Serialize>(result: Result<T, Problem>) -> Response {
    match result {
        Ok(body) => found(json(&body)),
        Err(problem) => problem.into_response(),
    }
}

/// The view that is shown, and the instant of its values.
pub(super) fn trusted(published: &PublishedView) -> Result<(&PublishedView, Timestamp), Problem> {
    let shown = published.shown().and_then(|shown| Some((shown, shown.at?)));
    shown.ok_or_else(|| Problem::not_ready(published.frozen.as_ref()))
}

/// Why verdicts are frozen, in words; `None` while they are not.
pub(super) fn frozen(published: &PublishedView) -> Option<String> {
    published.frozen.as_ref().map(ToString::to_string)
}
