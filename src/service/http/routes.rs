//! The routes of the HTTP server, and what applies to every response: headers, compression,
//! counters.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    ORIGIN, REFERRER_POLICY, RETRY_AFTER, USER_AGENT, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use serde::Deserialize;
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::response::SetMultipleResponseHeadersLayer;

use crate::address;
use crate::exposition::MetricFormat;
use crate::service::clock;
use crate::service::coordinator::publication::Shared;
use crate::service::http::api::{self, Problem};
use crate::service::http::board::{self, Route, TeamOrder, TeamPage, TicketShown};
use crate::service::http::forms::{self, TeamRequest};
use crate::service::http::live::LiveStreams;
use crate::service::http::lookup::{LookupResult, TicketLookup};
use crate::service::http::metrics;
use crate::service::http::page_response::{html_page, page_language, page_with_forms};
use crate::service::http::past_rows::{self, Period};
use crate::service::http::revalidate::revalidate;
use crate::service::http::ticket_rows;
use crate::service::http::writing::EventWriting;
use crate::service::shutdown::ReloadRequest;

/// Security headers of every response. Pages load their style sheet, script and icon from this server, and
/// nothing else.
const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Maximum size of a request body in bytes: ten times what the longest form needs.
const BODY_BYTES_MAX: usize = 64 << 10;

/// The parts of the service that answer requests.
pub(in crate::service) struct Served {
    /// The published view.
    pub(in crate::service) shared: Shared,
    /// Tells open pages that there is something new.
    pub(in crate::service) live: LiveStreams,
    /// Asks the workers about tickets.
    pub(in crate::service) lookup: TicketLookup,
    /// Takes requests to reload the configuration; `None` if that is off.
    pub(in crate::service) to_reload: Option<Sender<ReloadRequest>>,
    /// Writes what people say.
    pub(in crate::service) writing: Arc<EventWriting>,
}

/// All routes. Only forms set a cookie, which remembers the name that was chosen. Only [`address::RELOAD`]
/// and what [`EventWriting`] writes change anything; all others answer GET and HEAD only.
pub(in crate::service) fn routes(served: Served) -> Router {
    let Served { shared, live, lookup, to_reload, writing } = served;
    let searched = lookup.clone();
    let revalidated = Router::new()
        .route(address::TEAMS, get(serve_teams))
        .route(address::TEAM, get(serve_team))
        .route(address::TEAM_DUTY, get(serve_duty))
        .route(address::OBJECTIVE, get(serve_objective))
        .route(address::OBJECTIVE_TICKETS, get(serve_objective_tickets))
        .route(address::OBJECTIVE_TICKETS_CSV, get(serve_objective_tickets_csv))
        .route(address::OBJECTIVE_HISTORY_CSV, get(serve_objective_history_csv))
        .route(
            address::TICKET,
            get(move |writing, state, path, headers, uri| {
                serve_ticket(lookup, writing, state, path, headers, uri)
            }),
        )
        .route(
            address::SEARCH,
            get(move |state, headers, uri| serve_search(searched, state, headers, uri)),
        )
        .route(address::STREAM, get(serve_stream))
        .route(address::AGENDA, team_page(TeamPage::Agenda))
        .route(address::TURN, team_page(TeamPage::Turn))
        .route(address::OWN, team_page(TeamPage::Own))
        .route(address::AGENDA_MARKDOWN, get(forms::serve_markdown))
        .merge(api::routes())
        .route_layer(from_fn_with_state(shared.clone(), renew))
        .route(address::STYLE, get(|| asset("text/css; charset=utf-8", board::STYLE)))
        .route(address::SCRIPT, get(|| asset("text/javascript; charset=utf-8", board::SCRIPT)))
        .route(address::ICON, get(|| asset("image/svg+xml", board::ICON)))
        .route_layer(from_fn(revalidate));
    Router::new()
        .route(address::METRICS, get(serve_metrics))
        .route_layer(from_fn_with_state(shared.clone(), renew))
        .merge(revalidated)
        .route(address::LIVE, get(move |headers: HeaderMap| async move { live.answer(&headers) }))
        .route(address::HEALTHY, get(|| async { "healthy\n" }))
        .route(address::READY, get(serve_ready))
        .route(address::RELOAD, post(move |headers| serve_reload(to_reload, headers)))
        .fallback(get(serve_unknown))
        .method_not_allowed_fallback(serve_wrong_method)
        .layer(Extension(writing))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(map_response(name_body_limit))
        .layer(compression())
        .layer(security_headers())
        .layer(from_fn_with_state(shared.clone(), count))
        .with_state(shared)
}

/// A page on which the members of a team write.
fn team_page(shown: TeamPage) -> MethodRouter<Shared> {
    let request = move |team, headers, uri| TeamRequest { shown, team, headers, uri };
    let serve = move |writing, state, team, headers, uri| {
        forms::serve(request(team, headers, uri), writing, state)
    };
    let take = move |writing, state, team, headers, uri, body| {
        forms::take(request(team, headers, uri), writing, state, body)
    };
    get(serve).post(take)
}

/// Waits for a view as of the last tick, for what is about to be shown.
async fn renew(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    shared.published.renew().await;
    next.run(request).await
}

/// Counts requests by the template of their route. Unknown paths share the label `other`.
async fn count(
    State(shared): State<Shared>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let started = clock::instant();
    let route = path.as_ref().map_or("other", MatchedPath::as_str);
    let response = next.run(request).await;
    let instruments = &shared.instruments;
    let duration = instruments.http_duration.with_label_values(&[route]);
    duration.observe(started.elapsed().as_secs_f64());
    let code = response.status();
    instruments.http_requests.with_label_values(&[route, code.as_str()]).inc();
    response
}

/// Replaces the library's body of a 413 response by one that names the limit.
async fn name_body_limit(response: Response) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let body = format!("a request body may have {} KiB\n", BODY_BYTES_MAX >> 10);
        return (StatusCode::PAYLOAD_TOO_LARGE, body).into_response();
    }
    response
}

/// Compresses responses with gzip for clients that accept it. The fastest level is enough:
/// `/metrics` shrinks to a tenth, and a scrape must not take the processor from the workers.
fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}

fn security_headers() -> SetMultipleResponseHeadersLayer<Response> {
    let headers =
        SECURITY_HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value)).into());
    SetMultipleResponseHeadersLayer::overriding(headers.into())
}

/// A file that is part of the binary.
async fn asset(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "max-age=300")], content)
}

async fn serve_teams(state: State<Shared>, headers: HeaderMap, uri: Uri) -> Response {
    let has = |wanted| address::is_in_query(uri.query().unwrap_or_default(), wanted);
    let route = if has(address::WALL) {
        Route::Wall
    } else if has(address::ORDER_BY_NAME) {
        Route::Teams(TeamOrder::ByName)
    } else {
        Route::Teams(TeamOrder::TroubleFirst)
    };
    page(&state, &route, &headers, &uri)
}

async fn serve_team(
    state: State<Shared>,
    team: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let route = team.map_or(Route::Unknown, |Path(team)| Route::Team(team));
    page(&state, &route, &headers, &uri)
}

/// The turns of duty of a team for calendar programs.
async fn serve_duty(
    state: State<Shared>,
    team: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let published = state.published.load();
    if published.shown().is_none() {
        // A 404 would make calendar programs give the feed up.
        let busy = "no data yet; ask again in a minute\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], busy).into_response();
    }
    let reader = page_language(&headers, &uri);
    let calendar = team.ok().and_then(|Path(team)| board::duty_calendar(&published, &team, reader));
    let Some(calendar) = calendar else { return page(&state, &Route::Unknown, &headers, &uri) };
    let headers = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (CACHE_CONTROL, "private, no-cache"),
        (VARY, "accept-language"),
    ];
    (headers, calendar).into_response()
}

/// The names in [`address::OBJECTIVE`].
#[derive(Deserialize)]
struct ObjectivePath {
    team: String,
    objective: String,
}

async fn serve_objective(
    state: State<Shared>,
    path: Result<Path<ObjectivePath>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let route = path.map_or(Route::Unknown, |Path(ObjectivePath { team, objective })| {
        Route::Objective { team, name: objective }
    });
    page(&state, &route, &headers, &uri)
}

async fn serve_objective_tickets(
    state: State<Shared>,
    path: Result<Path<ObjectivePath>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let route = path.map_or(Route::Unknown, |Path(ObjectivePath { team, objective })| {
        Route::ObjectiveTickets { team, name: objective }
    });
    page(&state, &route, &headers, &uri)
}

/// The waiting tickets of an objective as comma-separated values.
async fn serve_objective_tickets_csv(
    state: State<Shared>,
    path: Result<Path<ObjectivePath>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let csv = path.ok().and_then(|Path(ObjectivePath { team, objective })| {
        ticket_rows::csv(&state.published.load(), &team, &objective)
    });
    let Some(csv) = csv else { return page(&state, &Route::Unknown, &headers, &uri) };
    csv_file("attachment; filename=\"tickets.csv\"", csv)
}

/// The past of an objective as comma-separated values.
async fn serve_objective_history_csv(
    state: State<Shared>,
    path: Result<Path<ObjectivePath>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let period = match Period::of(uri.query().unwrap_or_default()) {
        Ok(period) => period,
        Err(error) => return Problem::invalid_query(&error).into_response(),
    };
    let csv = path.ok().and_then(|Path(ObjectivePath { team, objective })| {
        past_rows::csv(&state.published.load(), &team, &objective, period)
    });
    let Some(csv) = csv else { return page(&state, &Route::Unknown, &headers, &uri) };
    csv_file("attachment; filename=\"history.csv\"", csv)
}

/// Comma-separated values that a browser saves as a file.
fn csv_file(disposition: &'static str, csv: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, csv).into_response()
}

/// The page of a ticket.
async fn serve_ticket(
    lookup: TicketLookup,
    Extension(writing): Extension<Arc<EventWriting>>,
    state: State<Shared>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let Ok(Path(id)) = id else { return page(&state, &Route::Unknown, &headers, &uri) };
    let ticket = shown_ticket(&state, lookup.find(&id)).await;
    let status = match ticket {
        TicketShown::Found(_) => StatusCode::OK,
        TicketShown::Unknown(_) | TicketShown::Hidden => StatusCode::NOT_FOUND,
        TicketShown::Late => StatusCode::SERVICE_UNAVAILABLE,
    };
    let published = state.published.load();
    let forms = forms::unsent(&writing, &headers);
    let reader = page_language(&headers, &uri);
    page_with_forms(status, board::ticket_page(&published, &id, ticket, reader, &forms))
}

/// What a page may show of a ticket that is looked up.
async fn shown_ticket(shared: &Shared, lookup: impl Future<Output = LookupResult>) -> TicketShown {
    if !shared.published.load().ticket_links.shows_ids {
        return TicketShown::Hidden;
    }
    match lookup.await {
        LookupResult::Found(found) => TicketShown::Found(found),
        LookupResult::Unknown(others) => TicketShown::Unknown(others),
        LookupResult::Late => TicketShown::Late,
    }
}

/// Leads to the page of the ticket with that id; else the tickets whose ids begin with it, and the teams with
/// that in a name.
async fn serve_search(
    lookup: TicketLookup,
    state: State<Shared>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let reader = page_language(&headers, &uri);
    let searched = address::searched(uri.query().unwrap_or_default());
    let ticket = shown_ticket(&state, lookup.search(&searched)).await;
    if let TicketShown::Found(_) = ticket {
        let to = [(LOCATION, reader.link(&address::ticket(&searched)))];
        return (StatusCode::SEE_OTHER, to, [(CACHE_CONTROL, "no-store")]).into_response();
    }
    let page = board::search_page(&state.published.load(), &searched, &ticket, reader);
    html_page(StatusCode::OK, page)
}

async fn serve_stream(state: State<Shared>, headers: HeaderMap, uri: Uri) -> Response {
    page(&state, &Route::Stream, &headers, &uri)
}

async fn serve_unknown(state: State<Shared>, headers: HeaderMap, uri: Uri) -> Response {
    if uri.path().starts_with(address::API) {
        return Problem::unknown_address(uri.path()).into_response();
    }
    page(&state, &Route::Unknown, &headers, &uri)
}

/// The router adds which methods are allowed.
async fn serve_wrong_method(uri: Uri) -> Response {
    if uri.path().starts_with(address::API) {
        return Problem::method_not_allowed().into_response();
    }
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

fn page(shared: &Shared, route: &Route, headers: &HeaderMap, uri: &Uri) -> Response {
    let page = board::page(&shared.published.load(), route, page_language(headers, uri));
    let status = if page.is_found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    html_page(status, page)
}

async fn serve_metrics(State(shared): State<Shared>, headers: HeaderMap) -> impl IntoResponse {
    let value = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let accept = value(ACCEPT).unwrap_or_default();
    let format = MetricFormat::preferred(accept);
    // A scraper names the formats that it reads; a person with a browser or curl does not.
    let is_scraper = accept.contains("0.0.4") || format == MetricFormat::OpenMetrics;
    let scraper = value(USER_AGENT).filter(|_| is_scraper);
    let families = metrics::families(&shared.published.load(), &shared.instruments, scraper);
    let headers = [(CONTENT_TYPE, format.content_type()), (VARY, "accept")];
    (headers, format.write(&families))
}

/// The warning while the topic does not keep its history.
const COMPACTED: &str = "the topic keeps only the latest record of each ticket (cleanup.policy=compact), so \
                         windows have no history from before Vaste read it; set cleanup.policy=delete";

/// 200 once verdicts can be trusted, else 503 with the reason.
async fn serve_ready(State(shared): State<Shared>) -> (StatusCode, String) {
    let published = shared.published.load();
    match &published.frozen {
        None if published.topic.is_compacted == Some(true) => {
            (StatusCode::OK, format!("ready\nwarning: {COMPACTED}\n"))
        }
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

/// Reloads the configuration: 200 once it is loaded, 500 with the errors if it is not, 403 if that is off.
///
/// A page of another site could make a browser send this request. Browsers then name the page's `Origin`, and
/// programs do not.
async fn serve_reload(
    to_reload: Option<Sender<ReloadRequest>>,
    headers: HeaderMap,
) -> (StatusCode, String) {
    let off = "reloading by request is off: set `reload: { endpoint: true }`, or send SIGHUP\n";
    let Some(to_reload) = to_reload else { return (StatusCode::FORBIDDEN, off.to_owned()) };
    if headers.contains_key(ORIGIN) {
        let refused = "a page may not reload the configuration; use a program such as curl\n";
        return (StatusCode::FORBIDDEN, refused.to_owned());
    }
    let (request, answer) = oneshot::channel();
    let is_sent = to_reload.send(request).await.is_ok();
    match answer.await {
        Ok(Ok(())) if is_sent => (StatusCode::OK, "reloaded\n".to_owned()),
        Ok(Err(problem)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{problem}\n")),
        Ok(Ok(())) | Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the service is shutting down\n".to_owned())
        }
    }
}
