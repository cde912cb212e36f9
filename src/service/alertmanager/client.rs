//! One request to an Alertmanager, and what its answer means.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, BufReader, Read as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::skew::{self, Skew};
use super::{AlertLabels, Listing, Post};
use crate::alert::{Listed, Notice};
use crate::config::{Alertmanager, Credentials};
use crate::service::clock;
use crate::service::instruments::Delivered;
use crate::time::Timestamp;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest wait that an Alertmanager may ask for.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(60);

/// What an Alertmanager lists is read up to this many bytes: ten thousand alerts.
const LISTING_MAX: u64 = 64 << 20;

/// An answer of an Alertmanager is cut to this many bytes in the log.
const SAID_MAX: u64 = 300;

/// What became of one request.
pub(super) enum RequestOutcome {
    Accepted,
    /// It may be otherwise next time, at the earliest after this.
    Later(String, Option<Duration>),
    /// One of the alerts is refused.
    BadAlert(String),
    /// This Alertmanager wants other credentials or another path.
    Misconfigured(String),
}

/// The connection to one Alertmanager.
pub(super) struct Client {
    agent: Agent,
    alertmanager: Alertmanager,
    delivered: Arc<Delivered>,
    skew: RefCell<Skew>,
}

impl Client {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// When its certificates cannot be used.
    pub(super) fn new(alertmanager: &Alertmanager, delivered: &Arc<Delivered>) -> io::Result<Self> {
        Ok(Self {
            agent: agent(alertmanager)?,
            alertmanager: alertmanager.clone(),
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

/// What `GET /api/v2/status` says: when it started.
#[derive(Deserialize)]
struct AlertmanagerStatus {
    uptime: String,
}

impl Client {
    /// What it shows at a path, as JSON.
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RequestOutcome> {
        let credentials = self.alertmanager.credentials.as_ref().map(header).transpose();
        let credentials = credentials.map_err(RequestOutcome::Misconfigured)?;
        let mut request = self.agent.get(format!("{}{path}", self.alertmanager.url));
        if let Some(credentials) = credentials {
            request = request.header("Authorization", credentials);
        }
        let later = |error: &dyn fmt::Display| RequestOutcome::Later(error.to_string(), None);
        let mut response = request.call().map_err(|error| later(&error))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => {
                let body = response.body_mut().with_config().limit(LISTING_MAX).reader();
                let body = BufReader::new(body);
                serde_json::from_reader(body).map_err(|error| later(&error))
            }
            429 | 500..=599 => Err(later(&format!("asked for its alerts, it answers {status}"))),
            _ => Err(RequestOutcome::Misconfigured(format!("it answers {status}"))),
        }
    }
}

impl Post for Client {
    fn ask(&self) -> Result<Listing, RequestOutcome> {
        let status: AlertmanagerStatus = self.get("/api/v2/status")?;
        let rows: Vec<AlertRow> = self.get("/api/v2/alerts?filter=alertname%3D~%22Vaste.%2A%22")?;
        let by_our_clock = |text: &str| {
            let theirs = Timestamp::parse_lenient(text).unwrap_or(Timestamp::EVENT_MIN);
            self.skew.borrow().ours(theirs)
        };
        let listed = |row: AlertRow| {
            let is_frozen = row.annotations.contains_key("frozen_since");
            (row.labels, Listed { updated_at: by_our_clock(&row.updated_at), is_frozen })
        };
        let alerts = rows.into_iter().map(listed).collect();
        Ok(Listing { started_at: by_our_clock(&status.uptime), alerts })
    }

    fn take_moved(&self) -> bool {
        self.skew.borrow_mut().take_moved()
    }

    fn post(&self, batch: &[Notice]) -> RequestOutcome {
        let credentials = match self.alertmanager.credentials.as_ref().map(header).transpose() {
            Ok(credentials) => credentials,
            Err(said) => return RequestOutcome::Misconfigured(said),
        };
        let url = format!("{}/api/v2/alerts", self.alertmanager.url);
        let mut request = self.agent.post(url).content_type("application/json");
        if let Some(credentials) = credentials {
            request = request.header("Authorization", credentials);
        }
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
            Err(error) => return RequestOutcome::Later(error.to_string(), None),
        };
        if let Some(skew_ms) = text_header(&response, "date").and_then(|text| skew::of(&text)) {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds are exact to 2^53")]
            self.delivered.skew.set(skew_ms as f64 / 1_000.0);
            self.skew.borrow_mut().see(skew_ms, &self.delivered.name);
        }
        let status = response.status().as_u16();
        let wait = text_header(&response, "retry-after").and_then(|text| text.parse().ok());
        let mut body = Vec::new();
        let read = response.body_mut().as_reader().take(SAID_MAX).read_to_end(&mut body);
        let body = String::from_utf8_lossy(&body);
        let rest =
            read.err().map_or(String::new(), |error| format!("; no more can be read: {error}"));
        let said = format!("it answers {status} {}{rest}", body.trim_end().escape_debug());
        match status {
            200..=299 => RequestOutcome::Accepted,
            // However long it asks to be left alone: a firing alert that is not sent again would end.
            429 | 500..=599 => RequestOutcome::Later(
                said,
                wait.map(|wait| Duration::from_secs(wait).min(WAIT_MAX)),
            ),
            400 | 413 | 422 => RequestOutcome::BadAlert(said),
            _ => RequestOutcome::Misconfigured(said),
        }
    }
}

fn text_header(response: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The header that says who Vaste is; files are read anew, so that a new password needs no restart.
fn header(credentials: &Credentials) -> Result<String, String> {
    let read = |path: &std::path::Path| {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok::<String, String>(text.trim_end().to_owned())
    };
    match credentials {
        Credentials::Basic { username, password_file } => {
            let pair = format!("{username}:{}", read(password_file)?);
            Ok(format!("Basic {}", BASE64.encode(pair)))
        }
        Credentials::Token { scheme, credentials_file } => {
            Ok(format!("{scheme} {}", read(credentials_file)?))
        }
    }
}

fn agent(alertmanager: &Alertmanager) -> io::Result<Agent> {
    let roots = match &alertmanager.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let unusable = |problem: &dyn fmt::Display| {
                let file = path.display();
                let way_out =
                    "name a file of PEM certificates in alertmanagers: tls_config: ca_file";
                io::Error::other(format!("{file} cannot be used: {problem}; {way_out}"))
            };
            let pem = fs::read(path).map_err(|error| unusable(&error))?;
            let certificates = parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                // A key beside them, or what a later version of the format knows.
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            });
            let certificates: Vec<Certificate<'static>> =
                certificates.collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
            if certificates.is_empty() {
                return Err(unusable(&"it holds no certificate"));
            }
            RootCerts::from(certificates)
        }
    };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(roots)
        .disable_verification(alertmanager.insecure_skip_verify)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        // An answer from elsewhere is not this Alertmanager's, and credentials stay here.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build();
    Ok(config.into())
}
