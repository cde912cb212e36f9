//! The `Authorization` header of a request.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use url::form_urlencoded;

use super::api::RequestOutcome;
use super::server::{ConnectionError, Server};
use crate::config::{Credentials, OAuth2, TextOrFile};
use crate::service::clock;

/// How long before its end a token is replaced.
const TOKEN_MARGIN: Duration = Duration::from_secs(10);

/// Maximum bytes of an authorization server's answer.
const ANSWER_MAX: u64 = 1 << 20;

/// Why a request cannot be authorized.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthorizationError {
    /// A file with credentials cannot be read.
    #[error("{} cannot be read: {error}", file.display())]
    File { file: PathBuf, error: std::io::Error },
    /// A file with credentials is empty, or has more than its line.
    #[error("{} does not have one line of text", file.display())]
    NotOneLine { file: PathBuf },
    /// The authorization server cannot be connected to as configured.
    #[error("the authorization server {url}: {error}")]
    Connection { url: String, error: ConnectionError },
    /// The authorization server does not answer now.
    #[error("the authorization server {url}: {problem}")]
    Away { url: String, problem: String },
    /// The authorization server issues no token.
    #[error(
        "the authorization server {url} issues no token: {problem}: check client_id, client_secret_file and \
         scopes of oauth2"
    )]
    Refused { url: String, problem: String },
}

impl From<AuthorizationError> for RequestOutcome {
    fn from(error: AuthorizationError) -> Self {
        match error {
            AuthorizationError::Away { .. } => Self::Later(error.to_string(), None),
            AuthorizationError::File { .. }
            | AuthorizationError::NotOneLine { .. }
            | AuthorizationError::Connection { .. }
            | AuthorizationError::Refused { .. } => Self::Misconfigured(error.to_string()),
        }
    }
}

/// Authorizes the requests to one server. Files are read for each request, so that a new password needs no
/// restart.
pub(super) struct Authorization {
    credentials: Option<Credentials>,
    /// The authorization server.
    issuer: Option<Server>,
    token: RefCell<Option<IssuedToken>>,
}

/// A token of an authorization server.
struct IssuedToken {
    header: String,
    /// When it is replaced; `None` if its end is not known, and it is used until it is refused.
    replaced_at: Option<Instant>,
}

impl Authorization {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        let issuer = match &credentials {
            Some(Credentials::OAuth2(oauth2)) => {
                Some(Server::new(oauth2.token_url.clone(), oauth2.connection.clone()))
            }
            Some(Credentials::Basic { .. } | Credentials::Token { .. }) | None => None,
        };
        Self { credentials, issuer, token: RefCell::new(None) }
    }

    /// Checks what a request needs before the first.
    ///
    /// # Errors
    /// When the authorization server cannot be connected to as configured.
    pub(super) fn check(&self) -> Result<(), ConnectionError> {
        self.issuer.as_ref().map_or(Ok(()), |issuer| issuer.agent().map(drop))
    }

    /// The header; `None` without credentials.
    ///
    /// # Errors
    /// When a file cannot be read or no token is issued.
    pub(super) fn header(&self) -> Result<Option<String>, AuthorizationError> {
        match (&self.credentials, &self.issuer) {
            (Some(Credentials::Basic { username, password_file }), _) => {
                let pair = format!("{}:{}", text(username)?, read(password_file)?);
                Ok(Some(format!("Basic {}", BASE64.encode(pair))))
            }
            (Some(Credentials::Token { scheme, credentials_file }), _) => {
                Ok(Some(format!("{scheme} {}", read(credentials_file)?)))
            }
            (Some(Credentials::OAuth2(oauth2)), Some(issuer)) => {
                self.issued(oauth2, issuer).map(Some)
            }
            (Some(Credentials::OAuth2(_)) | None, _) => Ok(None),
        }
    }

    /// Has the next request get a new token: the server has refused this one.
    pub(super) fn refused(&self) {
        *self.token.borrow_mut() = None;
    }

    fn issued(&self, oauth2: &OAuth2, issuer: &Server) -> Result<String, AuthorizationError> {
        let mut token = self.token.borrow_mut();
        let is_valid =
            |token: &IssuedToken| token.replaced_at.is_none_or(|at| clock::instant() < at);
        if let Some(token) = token.as_ref().filter(|token| is_valid(token)) {
            return Ok(token.header.clone());
        }
        let secret = read(&oauth2.client_secret_file)?;
        // Section 2.3.1 has the secret in a header. Some servers take it in the form only, and
        // golang.org/x/oauth2, which Prometheus uses, tries both.
        let issued = match ask(oauth2, issuer, &secret, true) {
            Err(AuthorizationError::Refused { .. }) => ask(oauth2, issuer, &secret, false),
            other => other,
        }?;
        Ok(token.insert(issued).header.clone())
    }
}

/// The answer of an authorization server: RFC 6749, sections 5.1 and 5.2.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    token_type: Option<String>,
    /// A number of seconds, which some servers write as a text.
    expires_in: Option<ExpiresIn>,
    error: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExpiresIn {
    Number(u64),
    Text(String),
}

/// Asks for a token: RFC 6749, section 4.4. Written by hand, since it is one form and one answer; the crate
/// `oauth2` would add a second version each of rand, sha2 and thiserror.
fn ask(
    oauth2: &OAuth2,
    issuer: &Server,
    secret: &str,
    secret_in_header: bool,
) -> Result<IssuedToken, AuthorizationError> {
    let url = || issuer.url().to_owned();
    let away = |problem: String| AuthorizationError::Away { url: url(), problem };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !oauth2.scopes.is_empty() {
        form.append_pair("scope", &oauth2.scopes.join(" "));
    }
    form.extend_pairs(&oauth2.endpoint_params);
    if !secret_in_header {
        form.append_pair("client_id", &oauth2.client_id).append_pair("client_secret", secret);
    }
    let agent =
        issuer.agent().map_err(|error| AuthorizationError::Connection { url: url(), error })?;
    let mut request = agent
        .post(issuer.url())
        .content_type("application/x-www-form-urlencoded")
        .header("Accept", "application/json");
    if secret_in_header {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&oauth2.client_id), encoded(secret));
        request = request.header("Authorization", format!("Basic {}", BASE64.encode(pair)));
    }
    let asked_at = clock::instant();
    let mut response = request.send(form.finish()).map_err(|error| away(issuer.explain(&error)))?;
    let status = response.status().as_u16();
    if matches!(status, 429 | 500..) {
        return Err(away(format!("it answers {status}")));
    }
    let body = response.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
    let body = body.map_err(|error| away(error.to_string()))?;
    let refused = |problem: String| AuthorizationError::Refused { url: url(), problem };
    let answer: TokenAnswer = serde_json::from_slice(&body)
        .map_err(|_| refused(format!("it answers {status} and no JSON object of a token")))?;
    match answer.access_token {
        Some(token) if (200..300).contains(&status) => {
            let scheme = match answer.token_type {
                Some(other) if !other.eq_ignore_ascii_case("bearer") => other,
                Some(_) | None => "Bearer".to_owned(),
            };
            let seconds = answer.expires_in.and_then(|seconds| match seconds {
                ExpiresIn::Number(seconds) => Some(seconds),
                ExpiresIn::Text(text) => text.parse().ok(),
            });
            let replaced_at = seconds.map(|seconds| {
                let valid = Duration::from_secs(seconds.min(u32::MAX.into()));
                asked_at + valid.saturating_sub(TOKEN_MARGIN)
            });
            Ok(IssuedToken { header: format!("{scheme} {token}"), replaced_at })
        }
        _ => {
            let said = [answer.error, answer.error_description];
            let said: Vec<String> = said.into_iter().flatten().collect();
            let said = format!("it answers {status} {}", said.join(", "));
            Err(refused(said.trim_end().escape_debug().to_string()))
        }
    }
}

/// A value, from its file if it has one.
pub(super) fn text(value: &TextOrFile) -> Result<String, AuthorizationError> {
    match value {
        TextOrFile::Text(text) => Ok(text.clone()),
        TextOrFile::File(path) => read(path),
    }
}

fn read(path: &Path) -> Result<String, AuthorizationError> {
    let text = fs::read_to_string(path)
        .map_err(|error| AuthorizationError::File { file: path.to_owned(), error })?;
    let text = text.trim_end();
    if text.is_empty() || text.contains(char::is_control) {
        return Err(AuthorizationError::NotOneLine { file: path.to_owned() });
    }
    Ok(text.to_owned())
}
