//! The group `http` of the service's file.

use std::net::SocketAddr;

use super::fields::{Fields, File, is_web_address};
use crate::address;

/// The addresses of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// The address to listen on. Default `127.0.0.1:9464`.
    pub listen: SocketAddr,
    /// The URL of the pages for people, without a slash at the end; `None` if the file has none.
    pub external_url: Option<String>,
    /// The URL of a team's dashboard, with `{team}` and `{objective}` where their names belong.
    pub dashboard_url: Option<String>,
}

impl Http {
    /// The prefix of links in alerts: the configured URL, else one made of the address that the service
    /// listens on.
    pub fn external_url(&self, listening: SocketAddr) -> String {
        self.external_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }
}

/// Reads the group; its defaults if it is missing.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<Http> {
    let default = SocketAddr::from(([127, 0, 0, 1], 9464));
    let Some(mut http) = fields.take("http").and_then(|http| http.fields(file)) else {
        return Some(Http { listen: default, external_url: None, dashboard_url: None });
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
    if let Some(field) = http.take("ticket_url") {
        file.warn(field.node.at, &field.key, "is ignored: this version does not support it");
    }
    http.finish(file);
    let external_url = match external_url {
        Some(url) => Some(url?.trim_end_matches('/').to_owned()),
        None => None,
    };
    let dashboard_url = match dashboard_url {
        Some(url) => Some(url?),
        None => None,
    };
    Some(Http { listen: listen?, external_url, dashboard_url })
}
