//! Requests to one Alertmanager over HTTP, and the meaning of its responses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read as _};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::HeaderValue;

use super::api::{AlertLabels, AlertmanagerApi, Listing, RequestOutcome};
use super::authorization::{self, Authorization};
use super::server::{ConnectionError, Server};
use super::skew::{self, Skew};
use crate::alert::{Listed, Notice};
use crate::config::{Alertmanager, HttpHeader};
use crate::service::clock;
use crate::service::instruments::Delivered;
use crate::time::Timestamp;

/// The longest `Retry-After` that is honoured. A firing alert that is not sent again ends after five minutes.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Maximum bytes of an alert listing: ten thousand alerts.
const LISTING_MAX: u64 = 64 << 20;

/// Maximum bytes of a response body in the log.
const QUOTE_MAX: u64 = 300;

/// The connection to one Alertmanager.
pub(super) struct Client {
    server: Server,
    authorization: Authorization,
    headers: Vec<HttpHeader>,
    delivered: Arc<Delivered>,
    skew: RefCell<Skew>,
}

impl Client {
    /// Creates a client. It connects at the first request.
    ///
    /// # Errors
    /// When the certificates or the proxy cannot be used.
    pub(super) fn new(
        alertmanager: &Alertmanager,
        delivered: &Arc<Delivered>,
    ) -> Result<Self, ConnectionError> {
        let http = &alertmanager.http;
        let server = Server::new(alertmanager.url.clone(), http.connection.clone());
        server.agent()?;
        let authorization = Authorization::new(http.credentials.clone());
        authorization.check()?;
        Ok(Self {
            server,
            authorization,
            headers: http.headers.clone(),
            delivered: Arc::clone(delivered),
            skew: RefCell::default(),
        })
    }
}

/// An alert as `GET /api/v2/alerts` lists it.
#[derive(Deserialize)]
struct AlertRow {
    labels: AlertLabels,
    annotations: BTreeMap<String, String>,
    #[serde(rename = "updatedAt")]
    updated_at: String,
}

/// The part of `GET /api/v2/status` that is read: when the Alertmanager started.
#[derive(Deserialize)]
struct AlertmanagerStatus {
    uptime: String,
}

impl Client {
    /// Adds the configured headers to a request.
    fn with_headers<B>(
        &self,
        mut request: ureq::RequestBuilder<B>,
    ) -> Result<ureq::RequestBuilder<B>, RequestOutcome> {
        if let Some(header) = self.authorization.header()? {
            request = request.header("Authorization", header);
        }
        for header in &self.headers {
            for value in &header.values {
                let text = authorization::text(value)?;
                let value = HeaderValue::try_from(text).map_err(|_| {
                    let problem = format!(
                        "the value of http_headers.{} is not one line of text",
                        header.name
                    );
                    RequestOutcome::Misconfigured(problem)
                })?;
                request = request.header(&header.name, value);
            }
        }
        Ok(request)
    }

    /// The agent for a request.
    fn agent(&self) -> Result<ureq::Agent, RequestOutcome> {
        self.server.agent().map_err(|error| RequestOutcome::Misconfigured(error.to_string()))
    }

    /// What a status means that is neither success nor for later.
    fn misconfigured(&self, status: u16, answer: String) -> RequestOutcome {
        if status == 401 {
            self.authorization.refused();
        }
        RequestOutcome::Misconfigured(answer)
    }

    /// Reads JSON from a path.
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RequestOutcome> {
        let request = self.agent()?.get(format!("{}{path}", self.server.url()));
        let request = self.with_headers(request)?;
        let later = |error: &dyn fmt::Display| RequestOutcome::Later(error.to_string(), None);
        let mut response = request
            .call()
            .map_err(|error| RequestOutcome::Later(self.server.explain(&error), None))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => {
                let body = response.body_mut().with_config().limit(LISTING_MAX).reader();
                let body = BufReader::new(body);
                serde_json::from_reader(body).map_err(|error| later(&error))
            }
            429 | 500..=599 => {
                Err(later(&format!("it answers {status} to a request for its alerts")))
            }
            _ => Err(self.misconfigured(status, format!("it answers {status}"))),
        }
    }
}

impl AlertmanagerApi for Client {
    fn list(&self) -> Result<Listing, RequestOutcome> {
        let status: AlertmanagerStatus = self.get("/api/v2/status")?;
        let rows: Vec<AlertRow> = self.get("/api/v2/alerts?filter=alertname%3D~%22Vaste.%2A%22")?;
        let by_our_clock = |text: &str| {
            let theirs = Timestamp::parse(text).unwrap_or(Timestamp::EVENT_MIN);
            self.skew.borrow().ours(theirs)
        };
        let listed = |row: AlertRow| {
            let is_frozen = row.annotations.contains_key("frozen_since");
            (row.labels, Listed { updated_at: by_our_clock(&row.updated_at), is_frozen })
        };
        let alerts = rows.into_iter().map(listed).collect();
        Ok(Listing { started_at: by_our_clock(&status.uptime), alerts })
    }

    fn take_correction_changed(&self) -> bool {
        self.skew.borrow_mut().take_correction_changed()
    }

    fn post(&self, batch: &[Notice]) -> RequestOutcome {
        let url = format!("{}/api/v2/alerts", self.server.url());
        let request = self
            .agent()
            .and_then(|agent| self.with_headers(agent.post(url).content_type("application/json")));
        let request = match request {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let by_its_clock = self.skew.borrow().correct(batch);
        let body = match serde_json::to_vec(&by_its_clock) {
            Ok(body) => body,
            Err(error) => return RequestOutcome::BadAlert(error.to_string()),
        };
        let began = clock::instant();
        let answered = request.send(&body[..]);
        self.delivered.duration.observe(began.elapsed().as_secs_f64());
        let mut response = match answered {
            Ok(response) => response,
            Err(error) => return RequestOutcome::Later(self.server.explain(&error), None),
        };
        if let Some(skew_ms) = text_header(&response, "date").and_then(|text| skew::of_date(&text))
        {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
            self.delivered.skew.set(skew_ms as f64 / 1_000.0);
            self.skew.borrow_mut().observe(skew_ms, &self.delivered.name);
        }
        let status = response.status().as_u16();
        let wait = text_header(&response, "retry-after").and_then(|text| text.parse().ok());
        let mut body = Vec::new();
        let read = response.body_mut().as_reader().take(QUOTE_MAX).read_to_end(&mut body);
        let body = String::from_utf8_lossy(&body);
        let rest =
            read.err().map_or(String::new(), |error| format!("; the rest cannot be read: {error}"));
        let answer = format!("it answers {status} {}{rest}", body.trim_end().escape_debug());
        match status {
            200..=299 => RequestOutcome::Accepted,
            429 | 500..=599 => RequestOutcome::Later(
                answer,
                wait.map(|wait| Duration::from_secs(wait).min(RETRY_AFTER_MAX)),
            ),
            400 if answer.contains("HTTP request to an HTTPS server") => {
                RequestOutcome::Misconfigured(format!("{answer}; write https:// in the url"))
            }
            400 | 413 | 422 => RequestOutcome::BadAlert(answer),
            _ => self.misconfigured(status, answer),
        }
    }
}

fn text_header(response: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

#[cfg(test)]
pub(super) mod tests;
