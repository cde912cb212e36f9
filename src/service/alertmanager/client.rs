//! Requests to one Alertmanager over HTTP, and the meaning of its responses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::api::{AlertLabels, AlertmanagerApi, Listing, RequestOutcome};
use super::skew::{self, Skew};
use crate::alert::{Listed, Notice};
use crate::config::{Alertmanager, Credentials};
use crate::service::clock;
use crate::service::instruments::Delivered;
use crate::time::Timestamp;

/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest `Retry-After` that is honoured. A firing alert that is not sent again ends after five minutes.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Maximum bytes of an alert listing: ten thousand alerts.
const LISTING_MAX: u64 = 64 << 20;

/// Maximum bytes of a response body in the log.
const QUOTE_MAX: u64 = 300;

/// The connection to one Alertmanager.
pub(super) struct Client {
    agent: Agent,
    alertmanager: Alertmanager,
    delivered: Arc<Delivered>,
    skew: RefCell<Skew>,
}

impl Client {
    /// Creates a client. It connects at the first request.
    ///
    /// # Errors
    /// When the certificates of `tls_config` cannot be used.
    pub(super) fn new(
        alertmanager: &Alertmanager,
        delivered: &Arc<Delivered>,
    ) -> Result<Self, CertificateError> {
        Ok(Self {
            agent: agent(alertmanager)?,
            alertmanager: alertmanager.clone(),
            delivered: Arc::clone(delivered),
            skew: RefCell::default(),
        })
    }
}

/// The certificates of an Alertmanager cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} cannot be used: {problem}; name a file of PEM certificates in alertmanagers: tls_config: ca_file",
    file.display()
)]
pub struct CertificateError {
    file: PathBuf,
    problem: String,
}

/// A file with credentials cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read: {error}", file.display())]
struct CredentialsError {
    file: PathBuf,
    error: std::io::Error,
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
    /// The `Authorization` header, if credentials are configured.
    fn credentials(&self) -> Result<Option<String>, RequestOutcome> {
        let header = self.alertmanager.credentials.as_ref().map(header).transpose();
        header.map_err(|error| RequestOutcome::Misconfigured(error.to_string()))
    }

    /// Reads JSON from a path.
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RequestOutcome> {
        let credentials = self.credentials()?;
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
            429 | 500..=599 => {
                Err(later(&format!("it answers {status} to a request for its alerts")))
            }
            _ => Err(RequestOutcome::Misconfigured(format!("it answers {status}"))),
        }
    }
}

impl AlertmanagerApi for Client {
    fn list(&self) -> Result<Listing, RequestOutcome> {
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

    fn take_correction_changed(&self) -> bool {
        self.skew.borrow_mut().take_correction_changed()
    }

    fn post(&self, batch: &[Notice]) -> RequestOutcome {
        let credentials = match self.credentials() {
            Ok(credentials) => credentials,
            Err(outcome) => return outcome,
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
            400 | 413 | 422 => RequestOutcome::BadAlert(answer),
            _ => RequestOutcome::Misconfigured(answer),
        }
    }
}

fn text_header(response: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The `Authorization` header. Files are read for each request, so that a new password needs no restart.
fn header(credentials: &Credentials) -> Result<String, CredentialsError> {
    let read = |path: &std::path::Path| match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) => Err(CredentialsError { file: path.to_owned(), error }),
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

/// The HTTP client with its TLS configuration.
fn agent(alertmanager: &Alertmanager) -> Result<Agent, CertificateError> {
    let roots = match &alertmanager.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let unusable = |problem: &dyn fmt::Display| CertificateError {
                file: path.clone(),
                problem: problem.to_string(),
            };
            let pem = fs::read(path).map_err(|error| unusable(&error))?;
            let certificates = parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                // A private key, or an item of a later version of the format.
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            });
            let certificates: Vec<Certificate<'static>> =
                certificates.collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
            if certificates.is_empty() {
                return Err(unusable(&"it contains no certificate"));
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
        // The target of a redirect is not this Alertmanager, and must not get its credentials.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build();
    Ok(config.into())
}
