//! `/metrics`, `/-/healthy`, `/-/ready`.

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::clock;
use super::metrics;
use super::picture::Shared;

/// All routes. Only GET, no cookies, nothing that changes anything.
pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/metrics", get(serve_metrics))
        .route("/-/healthy", get(|| async { "healthy\n" }))
        .route("/-/ready", get(serve_ready))
        .layer(from_fn_with_state(shared.clone(), count))
        .with_state(shared)
}

/// Counts requests by the template of their route: what visitors make up has no series.
async fn count(
    State(shared): State<Shared>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let began = clock::instant();
    let route = path.as_ref().map_or("other", MatchedPath::as_str);
    let response = next.run(request).await;
    let instruments = &shared.instruments;
    let duration = instruments.http_duration.with_label_values(&[route]);
    duration.observe(began.elapsed().as_secs_f64());
    let code = response.status();
    instruments.http_requests.with_label_values(&[route, code.as_str()]).inc();
    response
}

async fn serve_metrics(State(shared): State<Shared>) -> impl IntoResponse {
    match metrics::text(&shared.picture.load(), &shared.instruments) {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, metrics::FORMAT)], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(CONTENT_TYPE, "text/plain")],
            format!("{error}\n"),
        ),
    }
}

/// Ready once it can be trusted; else why not, in words.
async fn serve_ready(State(shared): State<Shared>) -> (StatusCode, String) {
    match &shared.picture.load().frozen {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
