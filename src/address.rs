//! Addresses of the HTTP server: one template per page, and one function per page with names in it.
//!
//! The router serves the templates. The board and the alerts link to what the functions return.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::name::team_label;

/// The query of the front page that orders teams by name.
pub const ORDER_BY_NAME: &str = "order=name";
/// The query of the front page that shows it on a screen across the room.
pub const WALL: &str = "wall";
/// The front page of the board: all teams.
pub const TEAMS: &str = "/";
/// The page of a team.
pub const TEAM: &str = "/teams/{team}";
/// The turns of duty of a team, for calendar programs.
pub const TEAM_DUTY: &str = "/teams/{team}/duty.ics";
/// The page of an objective.
pub const OBJECTIVE: &str = "/teams/{team}/objectives/{objective}";
/// The waiting tickets of an objective that are over target or due soon.
pub const OBJECTIVE_TICKETS: &str = "/teams/{team}/objectives/{objective}/tickets";
/// The same as a table of comma-separated values.
pub const OBJECTIVE_TICKETS_CSV: &str = "/teams/{team}/objectives/{objective}/tickets.csv";
/// The agenda of a team's talk; what people say is posted to it.
pub const AGENDA: &str = "/teams/{team}/agenda";
/// The same as Markdown.
pub const AGENDA_MARKDOWN: &str = "/teams/{team}/agenda.md";
/// What the present turn of a team's duty checks; judgements are posted to it.
pub const TURN: &str = "/teams/{team}/turn";
/// What a member judges of their own work; judgements are posted to it.
pub const OWN: &str = "/teams/{team}/own";
/// The query of [`OWN`] that says who looks, where no proxy does.
pub const BY: &str = "by";
/// The query of a page after something was written.
pub const SENT: &str = "sent";
/// The past of an objective as a table of comma-separated values.
pub const OBJECTIVE_HISTORY_CSV: &str = "/teams/{team}/objectives/{objective}/history.csv";
/// The page of a ticket.
pub const TICKET: &str = "/tickets/{id}";
/// Tickets by id, and teams by a part of their name; the query [`SEARCHED`] has what is searched for.
pub const SEARCH: &str = "/search";
/// The name of the query of [`SEARCH`].
pub const SEARCHED: &str = "q";
/// The page about the stream: what producers must know, and how far each partition is read.
pub const STREAM: &str = "/stream";
/// The style sheet of the board.
pub const STYLE: &str = "/assets/board.css";
/// The icon of the board.
pub const ICON: &str = "/assets/icon.svg";
/// All paths of the API begin with this.
pub const API: &str = "/api/";
/// The teams as JSON.
pub const API_TEAMS: &str = "/api/v1/teams";
/// A team as JSON.
pub const API_TEAM: &str = "/api/v1/teams/{team}";
/// The turns of duty of a team as JSON.
pub const API_DUTY: &str = "/api/v1/teams/{team}/duty";
/// The objectives of a team as JSON.
pub const API_OBJECTIVES: &str = "/api/v1/teams/{team}/objectives";
/// Concerns of teams, which are written through the API.
pub const API_CONCERNS: &str = "/api/v1/concerns";
/// Decisions of teams, which are written through the API.
pub const API_DECISIONS: &str = "/api/v1/decisions";
/// Notes of turns of duty, which are written through the API.
pub const API_TURN_NOTES: &str = "/api/v1/turn_notes";
/// Tickets that are brought to a team, which are written through the API.
pub const API_BROUGHT_TICKETS: &str = "/api/v1/brought_tickets";
/// Talks about tickets that were brought to a team, which are written through the API.
pub const API_TICKET_TALKS: &str = "/api/v1/ticket_talks";
/// Reviews of tickets, which are written through the API.
pub const API_REVIEWS: &str = "/api/v1/reviews";
/// What the present turn of a team checks, as JSON.
pub const API_TURN: &str = "/api/v1/teams/{team}/turn";
/// The agenda of a team's talk, as JSON.
pub const API_AGENDA: &str = "/api/v1/teams/{team}/agenda";
/// What a team has said, as JSON.
pub const API_TEAM_LOG: &str = "/api/v1/teams/{team}/log";
/// The script of the board.
pub const SCRIPT: &str = "/assets/board.js";
/// Server-sent events: one whenever pages show something else than before.
pub const LIVE: &str = "/live";
/// The past of an objective as JSON.
pub const API_HISTORY: &str = "/api/v1/teams/{team}/objectives/{objective}/history";
/// The waiting tickets of an objective as JSON.
pub const API_OBJECTIVE_TICKETS: &str = "/api/v1/teams/{team}/objectives/{objective}/tickets";
/// An objective as JSON.
pub const API_OBJECTIVE: &str = "/api/v1/teams/{team}/objectives/{objective}";
/// The stream as JSON.
pub const API_STREAM: &str = "/api/v1/stream";
/// The OpenAPI description of the API.
pub const API_DESCRIPTION: &str = "/api/v1/openapi.json";
/// Metrics in the Prometheus text format.
pub const METRICS: &str = "/metrics";
/// Liveness: answers while the process runs.
pub const HEALTHY: &str = "/-/healthy";
/// Readiness: answers 200 once verdicts can be trusted.
pub const READY: &str = "/-/ready";
/// Reads the configuration again, if that is enabled.
pub const RELOAD: &str = "/-/reload";

/// The path of a team's page. `None` is the organisation.
pub fn team(team: Option<&str>) -> String {
    team_by_label(team_label(team))
}

/// The path of a team's page, by the team's label.
pub fn team_by_label(label: &str) -> String {
    TEAM.replace("{team}", &segment(label))
}

/// The path of a team's turns of duty for calendar programs, by the team's label.
pub fn team_duty(label: &str) -> String {
    TEAM_DUTY.replace("{team}", &segment(label))
}

/// The path of an objective's page. `None` is the organisation.
pub fn objective(team: Option<&str>, objective: &str) -> String {
    // An encoded segment has no braces, so one replacement cannot create the placeholder of the
    // next.
    OBJECTIVE
        .replace("{team}", &segment(team_label(team)))
        .replace("{objective}", &segment(objective))
}

/// The path of a team's agenda, by the team's label.
pub fn agenda(label: &str) -> String {
    AGENDA.replace("{team}", &segment(label))
}

/// The path of a team's agenda as Markdown, by the team's label.
pub fn agenda_markdown(label: &str) -> String {
    AGENDA_MARKDOWN.replace("{team}", &segment(label))
}

/// The path of a team's present turn, by the team's label.
pub fn turn(label: &str) -> String {
    TURN.replace("{team}", &segment(label))
}

/// The path of a member's own list, by the team's label.
pub fn own(label: &str) -> String {
    OWN.replace("{team}", &segment(label))
}

/// The path of a team's objectives in the API, by the team's label.
pub fn api_objectives(label: &str) -> String {
    API_OBJECTIVES.replace("{team}", &segment(label))
}

/// The path of the past of an objective in the API, by the team's label.
pub fn api_history(label: &str, objective: &str) -> String {
    API_HISTORY.replace("{team}", &segment(label)).replace("{objective}", &segment(objective))
}

/// The path of the waiting tickets of an objective. `None` is the organisation.
pub fn objective_tickets(team: Option<&str>, name: &str) -> String {
    format!("{}/tickets", objective(team, name))
}

/// The path of the same as comma-separated values.
pub fn objective_tickets_csv(team: Option<&str>, name: &str) -> String {
    format!("{}.csv", objective_tickets(team, name))
}

/// The path of the past of an objective as comma-separated values.
pub fn objective_history_csv(team: Option<&str>, name: &str) -> String {
    format!("{}/history.csv", objective(team, name))
}

/// The path of a ticket's page.
pub fn ticket(id: &str) -> String {
    with_ticket(TICKET, id)
}

/// A web address with names in place of `{team}` and `{objective}`.
pub fn with_names(url: &str, team: &str, objective: &str) -> String {
    url.replace("{team}", &segment(team)).replace("{objective}", &segment(objective))
}

/// Where the id of a ticket belongs in the URL of tickets.
pub const TICKET_PLACE: &str = "{id}";

/// A web address with a ticket's id in place of [`TICKET_PLACE`].
pub fn with_ticket(url: &str, id: &str) -> String {
    url.replace(TICKET_PLACE, &segment(id))
}

/// How pages, API and alerts name tickets and people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLinks {
    /// The URL of a ticket at the desk, with [`TICKET_PLACE`] where its id belongs; `None` without links.
    pub url: Option<String>,
    /// Whether ids of tickets are shown. If not, pages, API and alerts give counts only.
    pub shows_ids: bool,
    /// Whether people are named: who has a turn of duty.
    pub shows_people: bool,
}

impl Default for TicketLinks {
    fn default() -> Self {
        Self { url: None, shows_ids: true, shows_people: true }
    }
}

impl TicketLinks {
    /// The address of a ticket at the desk; `None` without a URL of tickets.
    pub fn of(&self, id: &str) -> Option<String> {
        self.url.as_deref().map(|url| with_ticket(url, id))
    }
}

/// A path with the code of the language in which its page is shown.
pub fn in_language(path: &str, code: &str) -> String {
    format!("{path}?lang={code}")
}

/// The language codes that a query string asks for, in order.
pub fn languages_asked(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter_map(|pair| pair.strip_prefix("lang="))
}

/// What a query string searches for, without spaces around it.
pub fn searched(query: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let value = pairs.find(|(name, _)| name == SEARCHED).map(|(_, value)| value);
    value.unwrap_or_default().trim().to_owned()
}

/// The person that a query string names; `None` without one.
pub fn person(query: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let value = pairs.find(|(name, _)| name == BY).map(|(_, value)| value.trim().to_owned());
    value.filter(|value| !value.is_empty())
}

/// A person as a pair of a query string.
pub fn by(person: &str) -> String {
    format!("{BY}={}", segment(person))
}

/// Whether a query string has this pair of a name and a value.
pub fn is_in_query(query: &str, wanted: &str) -> bool {
    query.split('&').any(|pair| pair == wanted)
}

/// A name as one percent-encoded path segment.
pub fn segment(name: &str) -> String {
    const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(name, &PLAIN).to_string()
}

/// Whether a name can be a path segment. Browsers resolve `.` and `..` as folders, even encoded.
pub fn is_segment(name: &str) -> bool {
    name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded() {
        assert_eq!(team(None), "/teams/_all");
        assert_eq!(team(Some("unclaimed")), "/teams/_unclaimed");
        assert_eq!(
            objective(Some("a/b ä"), "{objective}?"),
            "/teams/a%2Fb%20%C3%A4/objectives/%7Bobjective%7D%3F"
        );
    }

    #[test]
    fn a_query_names_languages_in_order() {
        let asked = |query| languages_asked(query).collect::<Vec<_>>();
        assert_eq!(asked("a=b&lang=fi&lang=en"), ["fi", "en"]);
        assert_eq!(in_language(&team(Some("billing")), "fi"), "/teams/billing?lang=fi");
    }
}
