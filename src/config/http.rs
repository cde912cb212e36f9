//! The group `http` of the service's file.

use std::net::SocketAddr;

use super::fields::{Field, Fields, File, boolean, is_web_address};
use crate::address::{self, TicketLinks};

/// The addresses of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// The address to listen on. Default `127.0.0.1:9464`.
    pub listen: SocketAddr,
    /// The URL of the pages for people, without a slash at the end; `None` if the file has none.
    pub external_url: Option<String>,
    /// The URL of a team's dashboard, with `{team}` and `{objective}` where their names belong.
    pub dashboard_url: Option<String>,
    /// How pages, API and alerts name tickets and people. See [`Http::ticket_links`].
    pub tickets: TicketLinks,
    /// Whether people may write on pages and through the API, where it is safe. Default true.
    pub writing: bool,
    /// The header in which a proxy names the person; `None` without such a proxy. Only the proxy may reach
    /// the address then.
    pub person_header: Option<Box<str>>,
    /// Whether they name people; `None` if the file does not say.
    pub names: Option<bool>,
}

impl Http {
    /// The prefix of links in alerts: the configured URL, else one made of the address that the service
    /// listens on.
    pub fn external_url(&self, listening: SocketAddr) -> String {
        self.external_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// How pages, API and alerts name tickets and people. People are named if `names` says so; by default
    /// where only this machine reaches the pages.
    pub fn ticket_links(&self) -> TicketLinks {
        let shows_people = self.names.unwrap_or(self.listen.ip().is_loopback());
        TicketLinks { shows_people, ..self.tickets.clone() }
    }
}

/// Reads the group; its defaults if it is missing.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<Http> {
    let default = SocketAddr::from(([127, 0, 0, 1], 9464));
    let Some(mut http) = fields.take("http").and_then(|http| http.fields(file)) else {
        return Some(Http {
            listen: default,
            external_url: None,
            dashboard_url: None,
            tickets: TicketLinks::default(),
            writing: true,
            person_header: None,
            names: None,
        });
    };
    let listen = http.take("listen").map_or(Some(default), |field| {
        let problem = "is not an address to listen on; write, for example, \"127.0.0.1:9464\"";
        field.parse(file, problem, |text| text.parse().ok())
    });
    let external_url = http.take("external_url").map(|field| {
        let problem = "is not a web address; write, for example, https://vaste.example";
        let whole = |text: &str| is_web_address(text).then(|| text.to_owned());
        field.parse(file, problem, whole)
    });
    let dashboard_url = http.take("dashboard_url").map(|field| {
        let problem = "is not a web address; write, for example, \
                       https://grafana.example/d/vaste-team?var-team={team}";
        let is_address = |text: &str| is_web_address(&address::with_names(text, "team", "name"));
        field.parse(file, problem, |text| is_address(text).then(|| text.to_owned()))
    });
    let ticket_url = http.take("ticket_url").map(|field| ticket_url(&field, file));
    let shows_ids = http.take("ticket_ids").map_or(Some(true), |field| {
        field.parse(file, "is neither true nor false; write one of the two", boolean)
    });
    let writing = http.take("writing").map_or(Some(true), |field| {
        field.parse(file, "is neither true nor false; write one of the two", boolean)
    });
    let person_header = http.take("person_header").map(|field| {
        let problem = "is not the name of a header; write, for example, X-Forwarded-User";
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_header = |text: &str| !text.is_empty() && text.bytes().all(is_name);
        field.parse(file, problem, |text| is_header(text).then(|| text.into()))
    });
    let names = http
        .take("names")
        .map(|field| field.parse(file, "is neither true nor false; write one of the two", boolean));
    http.finish(file);
    let external_url = match external_url {
        Some(url) => Some(url?.trim_end_matches('/').to_owned()),
        None => None,
    };
    let dashboard_url = match dashboard_url {
        Some(url) => Some(url?),
        None => None,
    };
    let url = match ticket_url {
        Some(url) => Some(url?),
        None => None,
    };
    let person_header = match person_header {
        Some(header) => Some(header?),
        None => None,
    };
    let names = match names {
        Some(names) => Some(names?),
        None => None,
    };
    let tickets = TicketLinks { url, shows_ids: shows_ids?, ..TicketLinks::default() };
    let (listen, writing) = (listen?, writing?);
    Some(Http { listen, external_url, dashboard_url, tickets, writing, person_header, names })
}

/// Reads the URL of a ticket at the desk.
fn ticket_url(field: &Field<'_>, file: &mut File<'_>) -> Option<String> {
    let example = "for example, https://desk.example/tickets/{id}";
    let url = field.parse(file, &format!("is not a web address; write, {example}"), |text| {
        let is_address = is_web_address(&address::with_ticket(text, "id"));
        is_address.then(|| text.to_owned())
    })?;
    let has_place = url.contains(address::TICKET_PLACE);
    if !has_place {
        field.error(
            file,
            &format!("has no {{id}}, so each ticket would lead there; write, {example}"),
        );
    }
    has_place.then_some(url)
}
