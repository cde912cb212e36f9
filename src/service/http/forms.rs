//! The pages on which the members of a team write, and what their forms send.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::address;
use crate::event::Kind;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::{
    self, AgendaFormat, FormAction, Forms, RefusedForm, Route, TeamPage,
};
use crate::service::http::page_response::{html_page, page_language, page_with_forms};
use crate::service::http::remembered_person;
use crate::service::http::writing::{EventWriting, Fault, FormWriter, Refusal, Submission};

/// A request to a page on which the members of a team write.
pub(super) struct TeamRequest {
    /// The page.
    pub(super) shown: TeamPage,
    /// The label of the team.
    pub(super) team: Result<Path<String>, PathRejection>,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The address.
    pub(super) uri: Uri,
}

/// A page on which the members of a team write.
pub(super) async fn serve(
    request: TeamRequest,
    Extension(writing): Extension<Arc<EventWriting>>,
    state: State<Shared>,
) -> Response {
    let query = request.uri.query().unwrap_or_default();
    let is_sent = address::is_in_query(query, address::SENT);
    let says = address::person(query);
    let forms = Forms { is_sent, ..unsent(&writing, &request.headers) };
    request.answer(&state, StatusCode::OK, &forms, says.as_deref())
}

impl TeamRequest {
    /// The page. `says`: who looks, where no proxy says it.
    fn answer(
        &self,
        shared: &Shared,
        status: StatusCode,
        forms: &Forms,
        says: Option<&str>,
    ) -> Response {
        let reader = page_language(&self.headers, &self.uri);
        let published = shared.published.load();
        let page = match &self.team {
            Ok(Path(team)) => board::team_page(&published, self.shown, team, reader, forms, says),
            Err(_) => board::page(&published, &Route::Unknown, reader),
        };
        page_with_forms(if page.is_found { status } else { StatusCode::NOT_FOUND }, page)
    }
}

/// The forms of a page from which nothing was sent. They offer the name that was last chosen in this browser,
/// where whoever writes says who they are.
pub(super) fn unsent(writing: &EventWriting, headers: &HeaderMap) -> Forms {
    let writer = writing.writer(headers);
    let remembered = remembered_person::of(headers).filter(|_| writer == FormWriter::SaysWho);
    Forms { writer, remembered, is_sent: false, refused: None }
}

/// The agenda as Markdown.
pub(super) async fn serve_markdown(
    state: State<Shared>,
    team: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let (published, reader) = (state.published.load(), page_language(&headers, &uri));
    let text = team.ok().and_then(|Path(team)| {
        board::agenda_text(&published, &team, reader, AgendaFormat::Markdown)
    });
    match text {
        Some(text) => {
            let headers =
                [(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CACHE_CONTROL, "no-store")];
            (headers, text).into_response()
        }
        None => html_page(StatusCode::NOT_FOUND, board::page(&published, &Route::Unknown, reader)),
    }
}

/// Writes what a form says, and leads back to its page. If it is not written, the page keeps it.
pub(super) async fn take(
    request: TeamRequest,
    Extension(writing): Extension<Arc<EventWriting>>,
    state: State<Shared>,
    body: Bytes,
) -> Response {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    let action = field("action")
        .and_then(|action| FormAction::ALL.into_iter().find(|known| known.label() == action));
    let label = request.team.as_ref().map(|Path(team)| team.clone()).unwrap_or_default();
    let result = match action {
        Some(action) => {
            let published = state.published.load_full();
            match submission(action, &label, &fields, &published) {
                Ok(submission) => writing.submit(submission, &request.headers, &published).await,
                Err(refusal) => Err(refusal),
            }
        }
        None => Err(Refusal::wrong(Fault::Other, "the form does not say what it is for")),
    };
    let says = field("by");
    let writer = writing.writer(&request.headers);
    let Err(refusal) = result else {
        let chosen = says.as_deref().filter(|_| writer == FormWriter::SaysWho);
        let cookie = chosen.map(|by| [(SET_COOKIE, remembered_person::cookie(by.trim()))]);
        let reader = page_language(&request.headers, &request.uri);
        let by = says.filter(|_| request.shown == TeamPage::Own);
        let by = by.map_or_else(String::new, |by| format!("&{}", address::by(&by)));
        let query = format!("{}{by}", address::SENT);
        let to = reader.link_with(&request.shown.path(&label), Some(&query));
        let headers = [(LOCATION, to), (CACHE_CONTROL, "no-store".to_owned())];
        return match cookie {
            Some(cookie) => (StatusCode::SEE_OTHER, headers, cookie).into_response(),
            None => (StatusCode::SEE_OTHER, headers).into_response(),
        };
    };
    let status = refusal.status();
    let refused = RefusedForm { action, refusal, fields };
    let forms = Forms { refused: Some(refused), ..unsent(&writing, &request.headers) };
    request.answer(&state, status, &forms, says.as_deref())
}

/// The event that a form is to become.
///
/// # Errors
/// If the form is about a ticket that nobody has brought to the team.
fn submission(
    action: FormAction,
    team: &str,
    fields: &[(String, String)],
    published: &PublishedView,
) -> Result<Submission, Refusal> {
    let (kind, own): (Kind, &[&str]) = match action {
        FormAction::Raise => (Kind::ConcernRaised, &["by", "text"]),
        FormAction::Settle => (Kind::ConcernSettled, &["by", "text", "concern"]),
        FormAction::RaiseAgain => (Kind::ConcernRaised, &["by", "text", "concern"]),
        FormAction::Decide => (Kind::Decided, &["by", "text", "owner", "due"]),
        FormAction::Finish => (Kind::DecisionDone, &["by", "decision"]),
        FormAction::Move => (Kind::DecisionMoved, &["by", "text", "due", "decision"]),
        FormAction::Drop => (Kind::DecisionDropped, &["by", "text", "decision"]),
        FormAction::Note => (Kind::TurnNoted, &["by", "text"]),
        FormAction::Review => (Kind::Reviewed, &["by", "ticket", "score", "note"]),
        FormAction::Bring => (Kind::TicketBrought, &["by", "text", "ticket"]),
        FormAction::Discuss => (Kind::TicketDiscussed, &["by", "text"]),
    };
    let value = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let mut event = Map::new();
    if kind.is_of_team() {
        event.insert("team".to_owned(), team.into());
    }
    for name in own {
        if let Some(value) = value(name) {
            event.insert((*name).to_owned(), Value::from(value));
        }
    }
    if matches!(action, FormAction::Discuss | FormAction::Decide)
        && let Some(review) = value("review")
    {
        event.insert("ticket".to_owned(), brought_ticket(review, team, published)?.into());
    }
    if action == FormAction::Review {
        event.insert("bring_to_team".to_owned(), value("bring_to_team").is_some().into());
        let categories: Map<String, Value> = fields.iter().filter_map(category).collect();
        if !categories.is_empty() {
            event.insert("categories".to_owned(), categories.into());
        }
    }
    Ok(Submission { kind, fields: event, seed: value("seed").map(str::to_owned) })
}

/// A ticket that was brought to the team. Forms do not name the ticket, since pages may not show ids.
fn brought_ticket(
    reference: &str,
    team: &str,
    published: &PublishedView,
) -> Result<String, Refusal> {
    let scope = published.catalog.scope_by_label(team);
    let brought = scope.map_or_else(Vec::new, |scope| published.brought_to(scope));
    let mut found = brought.iter().filter(|one| one.reference() == reference);
    found.next().map(|one| one.ticket.to_owned()).ok_or_else(|| {
        let problem = format!(
            "`review` is {reference:?}, which nobody has brought to the team: load the page again"
        );
        Refusal::wrong(Fault::Other, &problem)
    })
}

/// The score of a category in a form; null where it does not apply.
fn category((name, value): &(String, String)) -> Option<(String, Value)> {
    let category = name.strip_prefix("category:")?;
    let score = value.trim();
    // What is no number stays as it is, and is refused with its value.
    let score = match score.parse::<u8>() {
        Ok(score) => score.into(),
        Err(_) if score.is_empty() => Value::Null,
        Err(_) => score.into(),
    };
    Some((category.to_owned(), score))
}
