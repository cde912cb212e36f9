//! `/metrics`, `/-/healthy`, `/-/ready`.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use super::metrics;
use super::picture::Picture;

type Shared = Arc<ArcSwap<Picture>>;

/// All routes. Only GET, no cookies, nothing that changes anything.
pub(super) fn routes(picture: Shared) -> Router {
    Router::new()
        .route("/metrics", get(serve_metrics))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(serve_ready))
        .with_state(picture)
}

async fn serve_metrics(State(picture): State<Shared>) -> impl IntoResponse {
    match metrics::text(&picture.load()) {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, metrics::FORMAT)], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(CONTENT_TYPE, "text/plain")],
            format!("{error}\n"),
        ),
    }
}

/// Ready once it can be trusted; else why not, in words.
async fn serve_ready(State(picture): State<Shared>) -> (StatusCode, String) {
    match &picture.load().frozen {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
