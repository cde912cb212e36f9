//! Bodies of responses.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Responses may be kept, but must be checked with `If-None-Match` before each use.
const KEPT_BUT_CHECKED: &str = "private, no-cache";

/// A successful response with a JSON body.
pub(super) fn found(json: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, KEPT_BUT_CHECKED)];
    (headers, json).into_response()
}

/// Serializes `value`. It cannot fail for the types of this module; the empty object is for the compiler.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned()) + "\n"
}
