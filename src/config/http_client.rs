//! How requests are sent to a server, in the words of `http_config` in Prometheus' documentation of its
//! configuration.
//!
//! A word that Vaste cannot follow is refused with what to write instead: ignored, it would leave a
//! connection less safe than its configuration says. Secrets stand in files only, as everywhere in Vaste.

use std::path::{Path, PathBuf};

use ureq::http::{HeaderName, HeaderValue};

use super::fields::{Field, Fields, File, boolean, is_web_address};
use super::yaml::YamlValue;

/// How requests are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpClient {
    /// How Vaste authenticates; `None` for no authentication.
    pub credentials: Option<Credentials>,
    /// Headers of every request.
    pub headers: Vec<HttpHeader>,
    /// What connects to the server.
    pub connection: Connection,
}

/// How a server is connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// `tls_config`.
    pub tls: TlsSettings,
    /// The proxy. Default none.
    pub proxy: ProxySettings,
}

/// How Vaste authenticates. Secrets are in files, which are read whenever they are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// HTTP basic authentication.
    Basic {
        /// The user name.
        username: TextOrFile,
        /// The file of the password.
        password_file: PathBuf,
    },
    /// An `Authorization` header with a token.
    Token {
        /// The scheme before the token. Default `Bearer`.
        scheme: String,
        /// The file of the token.
        credentials_file: PathBuf,
    },
    /// A token that an authorization server issues for Vaste's own credentials: the client credentials grant
    /// of RFC 6749, section 4.4.
    OAuth2(Box<OAuth2>),
}

/// `oauth2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2 {
    /// The name of Vaste at the authorization server.
    pub client_id: String,
    /// The file of the secret.
    pub client_secret_file: PathBuf,
    /// What the token is to allow.
    pub scopes: Vec<String>,
    /// Where the token is issued.
    pub token_url: String,
    /// Further parameters of the request, with their names.
    pub endpoint_params: Vec<(String, String)>,
    /// How the authorization server is connected to.
    pub connection: Connection,
}

/// `tls_config`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// A file of CA certificates; `None` for those of the system.
    pub ca_file: Option<PathBuf>,
    /// The files of Vaste's own certificate and its key; `None` for no certificate.
    pub own: Option<OwnCertificate>,
    /// The name in the server's certificate; `None` for the host of the URL.
    pub server_name: Option<String>,
    /// Whether any certificate is accepted. Default `false`.
    pub insecure_skip_verify: bool,
}

/// Vaste's own certificate, by which a server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCertificate {
    /// The file of the certificate and those that it depends on.
    pub cert_file: PathBuf,
    /// The file of its private key.
    pub key_file: PathBuf,
}

/// The HTTP proxy through which a server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxySettings {
    /// None.
    #[default]
    Direct,
    /// `proxy_url`.
    Url {
        /// Its URL.
        url: String,
        /// Hosts that are reached without it: names with their subdomains, addresses, networks, `*`.
        no_proxy: Option<String>,
    },
    /// The one in `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
    FromEnvironment,
}

/// A header of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHeader {
    /// Its name.
    pub name: HeaderName,
    /// Its values, each in a header line of its own.
    pub values: Vec<TextOrFile>,
}

/// A value in the configuration or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOrFile {
    /// The value itself.
    Text(String),
    /// The file that contains it.
    File(PathBuf),
}

impl HttpClient {
    /// The files with secrets, which are read for every request.
    pub fn secret_files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = match &self.credentials {
            Some(Credentials::Basic { username, password_file }) => {
                username.file().into_iter().chain([password_file.as_path()]).collect()
            }
            Some(Credentials::Token { credentials_file, .. }) => vec![credentials_file],
            Some(Credentials::OAuth2(oauth2)) => vec![&oauth2.client_secret_file],
            None => Vec::new(),
        };
        let values = self.headers.iter().flat_map(|header| &header.values);
        files.extend(values.filter_map(TextOrFile::file));
        files
    }
}

impl TextOrFile {
    /// The file that contains it; `None` if it is in the configuration.
    fn file(&self) -> Option<&Path> {
        if let Self::File(path) = self { Some(path) } else { None }
    }
}

/// Headers that Vaste sets itself, as in Prometheus' `reservedHeaders`.
const RESERVED_HEADERS: [&str; 12] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "transfer-encoding",
    "www-authenticate",
];

/// Reads the keys of `http_config` among those of a group.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) -> HttpClient {
    let found = [fields.take("basic_auth"), fields.take("authorization"), fields.take("oauth2")];
    let mut given = found.iter().flatten();
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        let name = first.key.rsplit('.').next().unwrap_or_default();
        let problem = format!("cannot be combined with `{name}`; keep one of them");
        file.error(second.node.at, &second.key, problem);
    }
    let credentials = match found {
        [Some(group), ..] => basic_auth(&group, file),
        [_, Some(group), _] => authorization(&group, file),
        [.., Some(group)] => oauth2(&group, file),
        [None, None, None] => None,
    };
    let headers = fields.take("http_headers").map(|group| http_headers(&group, file));
    if let Some(field) = fields.take("follow_redirects") {
        let problem = "must be false: Vaste follows no redirect, so that alerts and credentials reach the \
                       server of the url only; write the address that it redirects to";
        field.parse(file, problem, |text| (text == "false").then_some(()));
    }
    // Either value allows HTTP/1.1, which is what Vaste speaks.
    fields
        .take("enable_http2")
        .and_then(|field| field.parse(file, "must be true or false", boolean));
    HttpClient {
        credentials,
        headers: headers.unwrap_or_default(),
        connection: connection(fields, file),
    }
}

fn connection(fields: &mut Fields<'_>, file: &mut File<'_>) -> Connection {
    let tls = fields.take("tls_config").and_then(|group| tls(&group, file));
    Connection { tls: tls.unwrap_or_default(), proxy: proxy(fields, file) }
}

/// Adds an error if a secret is given in place; whether it is.
fn refuse_secret(
    fields: &mut Fields<'_>,
    key: &'static str,
    file_key: &'static str,
    file: &mut File<'_>,
) -> bool {
    let Some(secret) = fields.take_refused(key) else { return false };
    let problem = format!(
        "is a secret, and stands in a file of its own: write `{file_key}` with the path of that file"
    );
    file.error(secret.node.at, &secret.key, problem);
    true
}

/// The file of a secret that must be there.
fn secret_file(
    fields: &mut Fields<'_>,
    key: &'static str,
    file_key: &'static str,
    file: &mut File<'_>,
) -> Option<PathBuf> {
    if refuse_secret(fields, key, file_key, file) {
        return fields.take(file_key).and_then(|field| path(&field, file));
    }
    let advice = "write the path of the file that contains the secret";
    fields.require(file_key, file, advice).and_then(|field| path(&field, file))
}

fn basic_auth(group: &Field<'_>, file: &mut File<'_>) -> Option<Credentials> {
    let mut fields = group.fields(file)?;
    let username = if let Some(field) = fields.take("username_file") {
        path(&field, file).map(TextOrFile::File)
    } else {
        fields
            .require("username", file, "write the user name of Vaste at this server")
            .and_then(|field| text(&field, file))
            .map(TextOrFile::Text)
    };
    let password_file = secret_file(&mut fields, "password", "password_file", file);
    fields.finish(file);
    Some(Credentials::Basic { username: username?, password_file: password_file? })
}

fn authorization(group: &Field<'_>, file: &mut File<'_>) -> Option<Credentials> {
    let mut fields = group.fields(file)?;
    let scheme = fields.take("type").map_or(Some("Bearer".to_owned()), |field| {
        let problem = "is a user and a password; write `basic_auth` instead of `authorization`";
        let is_basic = |scheme: &str| scheme.eq_ignore_ascii_case("basic");
        let scheme = text(&field, file)?;
        if is_basic(&scheme) {
            field.error(file, problem);
        }
        Some(scheme)
    });
    let credentials_file = secret_file(&mut fields, "credentials", "credentials_file", file);
    fields.finish(file);
    Some(Credentials::Token { scheme: scheme?, credentials_file: credentials_file? })
}

fn oauth2(group: &Field<'_>, file: &mut File<'_>) -> Option<Credentials> {
    let mut fields = group.fields(file)?;
    let client_id = fields
        .require("client_id", file, "write the name of Vaste at the authorization server")
        .and_then(|field| text(&field, file));
    let client_secret_file = secret_file(&mut fields, "client_secret", "client_secret_file", file);
    let example = "write, for example, `token_url: https://login.example/oauth2/token`";
    let token_url = fields.require("token_url", file, example).and_then(|field| url(&field, file));
    let scopes = fields.take("scopes").map(|field| texts(&field, file));
    let endpoint_params = fields.take("endpoint_params").and_then(|group| {
        let params = group.fields(file)?;
        let param = |(key, field): (&super::yaml::YamlKey, Field<'_>)| {
            Some((key.text.clone(), text(&field, file)?))
        };
        Some(params.all().filter_map(param).collect())
    });
    let connection = connection(&mut fields, file);
    fields.finish(file);
    Some(Credentials::OAuth2(Box::new(OAuth2 {
        client_id: client_id?,
        client_secret_file: client_secret_file?,
        scopes: scopes.unwrap_or_default(),
        token_url: token_url?,
        endpoint_params: endpoint_params.unwrap_or_default(),
        connection,
    })))
}

fn tls(group: &Field<'_>, file: &mut File<'_>) -> Option<TlsSettings> {
    let mut fields = group.fields(file)?;
    for (key, file_key) in [("ca", "ca_file"), ("cert", "cert_file")] {
        if let Some(pem) = fields.take_refused(key) {
            let problem = format!("stands in a file: write `{file_key}` with its path");
            file.error(pem.node.at, &pem.key, problem);
        }
    }
    refuse_secret(&mut fields, "key", "key_file", file);
    let ca_file = fields.take("ca_file").and_then(|field| path(&field, file));
    let (cert, key) = (fields.take("cert_file"), fields.take("key_file"));
    let own = match (cert, key) {
        (Some(cert), Some(key)) => path(&cert, file)
            .zip(path(&key, file))
            .map(|(cert_file, key_file)| OwnCertificate { cert_file, key_file }),
        (None, None) => None,
        (Some(alone), None) => {
            file.error(alone.node.at, &alone.key, "needs its key; add `key_file`");
            None
        }
        (None, Some(alone)) => {
            file.error(alone.node.at, &alone.key, "needs its certificate; add `cert_file`");
            None
        }
    };
    let server_name = fields.take("server_name").and_then(|field| {
        field.parse(file, "is not the name of a host", |text| {
            url::Host::parse(text).is_ok().then(|| text.to_owned())
        })
    });
    let insecure_skip_verify = fields
        .take("insecure_skip_verify")
        .and_then(|field| field.parse(file, "must be true or false", boolean));
    // Vaste speaks TLS 1.2 and 1.3, so that these limits hold, and no others.
    for (key, version) in [("min_version", "TLS12"), ("max_version", "TLS13")] {
        if let Some(field) = fields.take(key) {
            let problem = format!(
                "is not possible: Vaste speaks TLS 1.2 and 1.3, and takes the newest that the server speaks, \
                 too; write {version}, or leave it out"
            );
            field.parse(file, &problem, |text| (text == version).then_some(()));
        }
    }
    fields.finish(file);
    let insecure_skip_verify = insecure_skip_verify.unwrap_or_default();
    Some(TlsSettings { ca_file, own, server_name, insecure_skip_verify })
}

fn proxy(fields: &mut Fields<'_>, file: &mut File<'_>) -> ProxySettings {
    if let Some(headers) = fields.take_refused("proxy_connect_header") {
        let problem = "is not possible; a proxy that wants a user gets it from HTTPS_PROXY or HTTP_PROXY, \
                       such as http://user:password@proxy:3128, with `proxy_from_environment: true`";
        file.error(headers.node.at, &headers.key, problem);
    }
    let from_environment = fields.take("proxy_from_environment");
    let is_from_environment = from_environment
        .as_ref()
        .and_then(|field| field.parse(file, "must be true or false", boolean))
        .unwrap_or_default();
    let (proxy_url, no_proxy) = (fields.take("proxy_url"), fields.take("no_proxy"));
    match (is_from_environment, proxy_url, no_proxy) {
        (true, None, None) => ProxySettings::FromEnvironment,
        (true, Some(field), _) | (true, None, Some(field)) => {
            let problem = "cannot be combined with `proxy_from_environment`; keep one of them";
            file.error(field.node.at, &field.key, problem);
            ProxySettings::Direct
        }
        (false, None, None) => ProxySettings::Direct,
        (false, None, Some(field)) => {
            file.error(field.node.at, &field.key, "has no proxy to leave out; add `proxy_url`");
            ProxySettings::Direct
        }
        (false, Some(proxy_url), no_proxy) => {
            let no_proxy = no_proxy.and_then(|field| text(&field, file));
            url(&proxy_url, file)
                .map_or(ProxySettings::Direct, |url| ProxySettings::Url { url, no_proxy })
        }
    }
}

fn http_headers(group: &Field<'_>, file: &mut File<'_>) -> Vec<HttpHeader> {
    let Some(names) = group.fields(file) else { return Vec::new() };
    let header = |(key, field): (&super::yaml::YamlKey, Field<'_>)| {
        let Ok(name) = HeaderName::try_from(&key.text) else {
            file.error(key.at, &field.key, "is not the name of a header");
            return None;
        };
        if RESERVED_HEADERS.contains(&name.as_str()) {
            let problem = "is a header that Vaste sets itself; credentials stand in `basic_auth`, \
                           `authorization` or `oauth2`";
            file.error(key.at, &field.key, problem);
            return None;
        }
        let mut fields = field.fields(file)?;
        let is_refused = refuse_secret(&mut fields, "secrets", "files", file);
        let (texts, files) = (fields.take("values"), fields.take("files"));
        if !is_refused && texts.is_none() && files.is_none() {
            file.error(fields.at(), &field.key, "has no value; write `values` or `files`");
        }
        let mut values = Vec::new();
        if let Some(list) = texts {
            for item in list.list(file) {
                let problem = "is not the value of a header";
                let value = item.parse(file, problem, |text| {
                    HeaderValue::from_str(text).is_ok().then(|| text.to_owned())
                });
                values.extend(value.map(TextOrFile::Text));
            }
        }
        if let Some(list) = files {
            for item in list.list(file) {
                values.extend(path(&item, file).map(TextOrFile::File));
            }
        }
        fields.finish(file);
        Some(HttpHeader { name, values })
    };
    names.all().filter_map(header).collect()
}

/// A URL without a user or a password.
fn url(field: &Field<'_>, file: &mut File<'_>) -> Option<String> {
    // The message leaves out the value: it may hold a password.
    if matches!(&field.node.value, YamlValue::Scalar(text) if text.contains('@')) {
        let problem = "contains a user or a password, which do not stand in the configuration; a proxy \
                       gets them from HTTPS_PROXY or HTTP_PROXY, with `proxy_from_environment: true`";
        file.error(field.node.at, &field.key, problem);
        return None;
    }
    let is_url = |text: &str| is_web_address(text) && url::Url::parse(text).is_ok();
    let problem = "is not an address that begins with http:// or https://";
    field.parse(file, problem, |text| is_url(text).then(|| text.to_owned()))
}

fn texts(field: &Field<'_>, file: &mut File<'_>) -> Vec<String> {
    field.list(file).iter().filter_map(|item| text(item, file)).collect()
}

fn path(field: &Field<'_>, file: &mut File<'_>) -> Option<PathBuf> {
    text(field, file).map(Into::into)
}

fn text(field: &Field<'_>, file: &mut File<'_>) -> Option<String> {
    let problem = "must be one line of text";
    let one_line = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    field.parse(file, problem, |text| one_line(text).then(|| text.to_owned()))
}
