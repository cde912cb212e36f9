//! Connections to a server: TLS, client certificate, proxy.

use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper_util::client::proxy::matcher::Matcher;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Authority;
use ureq::tls::{
    Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem,
};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, NativeTlsConnector, TcpConnector,
    Transport,
};
use ureq::{Agent, Proxy, ProxyProtocol};
use url::{Host, Url};

use crate::config::{Connection, OwnCertificate, ProxySettings};

/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server cannot be connected to as configured.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// A file of certificates or a key cannot be used.
    #[error("{} cannot be used: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The proxy cannot be used.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
}

/// One server, and the agent that connects to it. The files of certificates are read before every request,
/// so that renewed ones need no restart.
pub(super) struct Server {
    url: String,
    connection: Connection,
    current: RefCell<Option<(CertificateFiles, Agent)>>,
}

/// The content of the files of `tls_config`.
#[derive(PartialEq, Eq)]
struct CertificateFiles {
    authorities: Option<Vec<u8>>,
    own: Option<(Vec<u8>, Vec<u8>)>,
}

impl Server {
    pub(super) fn new(url: String, connection: Connection) -> Self {
        Self { url, connection, current: RefCell::new(None) }
    }

    /// The URL of the server.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The agent for a request.
    ///
    /// # Errors
    /// When a file of `tls_config` or the proxy cannot be used.
    pub(super) fn agent(&self) -> Result<Agent, ConnectionError> {
        let files = self.read_files()?;
        let mut current = self.current.borrow_mut();
        if let Some((of, agent)) = &*current
            && *of == files
        {
            return Ok(agent.clone());
        }
        let agent = self.build(&files)?;
        *current = Some((files, agent.clone()));
        Ok(agent)
    }

    /// The text of an error of a request, with what it may mean.
    pub(super) fn explain(&self, error: &ureq::Error) -> String {
        let text = error.to_string();
        let advice = if text.contains("key values mismatch") {
            "; cert_file and key_file in tls_config do not belong together"
        } else if text.contains("mismatch") {
            "; check the url, or server_name in tls_config"
        } else if text.contains("certificate verify failed") {
            "; check ca_file in tls_config"
        } else if text.contains("wrong version number") {
            "; it may speak no TLS: write http:// in the url"
        } else {
            ""
        };
        match proxy(&self.url, &self.connection.proxy) {
            Ok(Some(proxy)) => {
                let (host, port) = (proxy.host(), proxy.port());
                format!("{text}{advice} (through the proxy {host}:{port})")
            }
            Ok(None) | Err(_) => format!("{text}{advice}"),
        }
    }

    fn read_files(&self) -> Result<CertificateFiles, ConnectionError> {
        let tls = &self.connection.tls;
        let read = |file: &Path| fs::read(file).map_err(|error| unusable(file, &error));
        let authorities = tls.ca_file.as_deref().map(read).transpose()?;
        let own = tls.own.as_ref();
        let own = own.map(|own| Ok((read(&own.cert_file)?, read(&own.key_file)?))).transpose()?;
        Ok(CertificateFiles { authorities, own })
    }

    fn build(&self, files: &CertificateFiles) -> Result<Agent, ConnectionError> {
        let tls = &self.connection.tls;
        let roots = match (&tls.ca_file, &files.authorities) {
            (Some(file), Some(pem)) => RootCerts::from(certificates(file, pem)?),
            _ => RootCerts::PlatformVerifier,
        };
        let own = match (&tls.own, &files.own) {
            (Some(own), Some((chain, key))) => Some(own_certificate(own, chain, key)?),
            _ => None,
        };
        let tls_config = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(roots)
            .client_cert(own)
            .disable_verification(tls.insecure_skip_verify)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls_config)
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // The target of a redirect is not this server, and must not get its credentials.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy(&self.url, &self.connection.proxy)?)
            .build();
        Ok(match &tls.server_name {
            None => config.into(),
            Some(name) => named(config, &self.url, name),
        })
    }
}

/// An agent that expects `name` in the server's certificate.
fn named(config: Config, url: &str, name: &str) -> Agent {
    let authority = |url: &str| url.parse::<Uri>().ok()?.authority().cloned();
    let expected = Url::parse(url).ok().and_then(|mut url| {
        url.set_host(Some(name)).ok()?;
        url.as_str().parse().ok()
    });
    let names = authority(url).zip(expected);
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(NamedTls { names, tls: NativeTlsConnector::default() });
    Agent::with_parts(config, connector, DefaultResolver::default())
}

/// Expects another name in the certificate of one server than the host of its URL.
#[derive(Debug)]
struct NamedTls {
    /// The server, and the URL that it would have under the expected name.
    names: Option<(Authority, Uri)>,
    tls: NativeTlsConnector,
}

impl<In: Transport> Connector<In> for NamedTls {
    type Out = <NativeTlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        // A proxy with TLS has a certificate of its own.
        let names = self.names.as_ref();
        let expected = names
            .filter(|(server, _)| details.uri.authority() == Some(server))
            .map_or(details.uri, |(_, expected)| expected);
        let details = ConnectionDetails {
            uri: expected,
            addrs: details.addrs.clone(),
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: Arc::clone(&details.current_time),
            run_connector: Arc::clone(&details.run_connector),
            register_shutdown: Arc::clone(&details.register_shutdown),
        };
        self.tls.connect(&details, chained)
    }
}

fn unusable(file: &Path, problem: &dyn fmt::Display) -> ConnectionError {
    ConnectionError::File { file: file.to_owned(), problem: problem.to_string() }
}

/// The certificates of a PEM file.
fn certificates(file: &Path, pem: &[u8]) -> Result<Vec<Certificate<'static>>, ConnectionError> {
    let found = parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        // A private key, or an item of a later version of the format.
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    });
    let found: Vec<Certificate<'static>> =
        found.collect::<Result<_, _>>().map_err(|error| unusable(file, &error))?;
    if found.is_empty() {
        return Err(unusable(file, &"it contains no certificate; name a file of PEM certificates"));
    }
    Ok(found)
}

fn own_certificate(
    own: &OwnCertificate,
    chain: &[u8],
    key: &[u8],
) -> Result<ClientCert, ConnectionError> {
    let chain = certificates(&own.cert_file, chain)?;
    let file = &own.key_file;
    // The TLS library takes no other form than PKCS #8.
    if !String::from_utf8_lossy(key).contains("BEGIN PRIVATE KEY") {
        let problem = format!(
            "it contains no key in PKCS #8, which begins with `BEGIN PRIVATE KEY`; convert another one with \
             `openssl pkcs8 -topk8 -nocrypt -in {} -out NEW`",
            file.display()
        );
        return Err(unusable(file, &problem));
    }
    let key = PrivateKey::from_pem(key).map_err(|error| unusable(file, &error))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// The proxy on the way to a URL; `None` for a direct connection.
fn proxy(url: &str, settings: &ProxySettings) -> Result<Option<Proxy>, ConnectionError> {
    let matcher = match settings {
        ProxySettings::Direct => return Ok(None),
        ProxySettings::Url { url, no_proxy } => {
            Matcher::builder().all(url.as_str()).no(no_proxy.as_deref().unwrap_or_default()).build()
        }
        // As in Go, whose rules Prometheus has, what is on this machine needs no proxy.
        ProxySettings::FromEnvironment if is_this_machine(url) => return Ok(None),
        ProxySettings::FromEnvironment => Matcher::from_env(),
    };
    let target: Uri = url.parse().map_err(|error| proxy_error(&error))?;
    let Some(found) = matcher.intercept(&target) else { return Ok(None) };
    let protocol = match found.uri().scheme_str() {
        Some("https") => ProxyProtocol::Https,
        Some("http") | None => ProxyProtocol::Http,
        Some(other) => {
            return Err(proxy_error(&format!("{other} is not http or https, which Vaste speaks")));
        }
    };
    let mut builder = Proxy::builder(protocol).host(found.uri().host().unwrap_or_default());
    if let Some(port) = found.uri().port_u16() {
        builder = builder.port(port);
    }
    let user = found.basic_auth().and_then(|header| {
        let encoded = header.to_str().ok()?.strip_prefix("Basic ")?;
        String::from_utf8(BASE64.decode(encoded).ok()?).ok()
    });
    if let Some((username, password)) = user.as_deref().and_then(|user| user.split_once(':')) {
        builder = builder.username(username).password(password);
    }
    builder.build().map(Some).map_err(|error| proxy_error(&error))
}

fn proxy_error(problem: &dyn fmt::Display) -> ConnectionError {
    ConnectionError::Proxy(problem.to_string())
}

fn is_this_machine(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TlsSettings;

    /// Host, port and user of the proxy on the way to a URL.
    fn way(url: &str, proxy_url: &str, no_proxy: Option<&str>) -> Option<String> {
        let no_proxy = no_proxy.map(str::to_owned);
        let found = proxy(url, &ProxySettings::Url { url: proxy_url.to_owned(), no_proxy });
        let found = found.unwrap()?;
        assert_eq!((found.username(), found.password()), (None, None));
        Some(format!("{:?} {}:{}", found.protocol(), found.host(), found.port()))
    }

    #[test]
    fn a_proxy_is_on_the_way_unless_the_host_is_left_out() {
        let (plain, tls) = ("http://proxy.example:3128", "https://proxy.example");
        let through = |text: &str| Some(text.to_owned());
        let host = "https://am.example.org:9093";
        assert_eq!(way(host, plain, None), through("Http proxy.example:3128"));
        assert_eq!(way(host, tls, None), through("Https proxy.example:443"));
        let server = |no_proxy: &str| {
            let proxy =
                ProxySettings::Url { url: plain.to_owned(), no_proxy: Some(no_proxy.to_owned()) };
            Server::new(host.to_owned(), Connection { tls: TlsSettings::default(), proxy })
        };
        let error = ureq::Error::HostNotFound;
        let explained = server("other.example").explain(&error);
        assert!(explained.ends_with(" (through the proxy proxy.example:3128)"), "{explained}");
        assert_eq!(server("example.org").explain(&error), error.to_string());
        // Only a proxy from the environment is not for this machine.
        assert_eq!(way("http://127.0.0.1:9093", plain, None), through("Http proxy.example:3128"));
        for left_out in ["am.example.org", "example.org", ".example.org", "x, EXAMPLE.org", "*"] {
            assert_eq!(way(host, plain, Some(left_out)), None, "{left_out}");
        }
        for other in ["example.com", "m.example.org", "10.0.0.0/8"] {
            assert!(way(host, plain, Some(other)).is_some(), "{other}");
        }
        assert_eq!(way("http://10.1.2.3:9093", plain, Some("10.0.0.0/8")), None);
        assert_eq!(way("http://[fd00::1]:9093", plain, Some("fd00::/8")), None);
        assert!(is_this_machine("http://localhost:9093") && is_this_machine("http://[::1]"));
        assert!(!is_this_machine(host) && !is_this_machine("http://10.1.2.3"));
    }
}
