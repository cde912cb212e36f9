//! ETags: a client that already has a response gets 304 instead of the response.
//!
//! # Design
//! The tag is a hash of the body, so it changes exactly when the content does, whatever route made it. It is
//! weak, since a compressed body has other bytes and the same meaning.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use xxhash_rust::xxh3::xxh3_128;

/// Adds an `ETag` to a successful response to GET and HEAD, and answers 304 without a body if `If-None-Match`
/// has it (RFC 9110, §13.1.2).
pub(super) async fn revalidate(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !is_read || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // The body is in memory already, so it has no limit and reading it cannot fail.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = format!("W/\"{:032x}\"", xxh3_128(&body));
    let is_known = known.is_some_and(|known| names(&known, &tag));
    add_tag(&mut head.headers, &tag);
    if is_known {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(CONTENT_TYPE);
        head.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(body))
}

fn add_tag(headers: &mut HeaderMap, tag: &str) {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
}

/// Whether an `If-None-Match` names a tag. Tags are compared weakly: `W/` makes no difference.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = known.to_str().unwrap_or_default();
    known.split(',').any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}
