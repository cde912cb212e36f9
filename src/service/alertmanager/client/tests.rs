//! What requests carry: tokens of an authorization server, headers, and the way through a proxy.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::config::{
    Connection, Credentials, Diagnostic, HttpClient, OAuth2, OwnCertificate, ProxySettings,
    TextOrFile, TlsSettings,
};
use crate::service::instruments::Instruments;

/// Head and body of a request.
type Request = (String, String);

/// Listens on loopback and answers each request by its head and body. Both are sent to the channel.
fn serve(
    answer: impl Fn(&str, &str) -> String + Send + 'static,
) -> (String, mpsc::Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (requests, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).unwrap() > 2 {}
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()
            });
            let mut body = vec![0; length.unwrap_or_default()];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let answer = answer(&head, &body);
            // Before the answer: the test looks for the request once it has the answer.
            if requests.send((head, body)).is_err() {
                return;
            }
            let (status, said) = answer.split_once('\n').unwrap_or((&answer, ""));
            let head = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", said.len());
            write!(stream, "HTTP/1.1 {status}\r\n{head}{said}").unwrap();
        }
    });
    (url, received)
}

/// The values of a header.
fn values(head: &str, name: &str) -> Vec<String> {
    let value = |line: &str| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then(|| value.trim_end().to_owned())
    };
    head.lines().filter_map(value).collect()
}

/// An Alertmanager of no configuration file.
pub(in crate::service::alertmanager) fn alertmanager(url: &str, http: HttpClient) -> Alertmanager {
    let place = Diagnostic {
        file: "vaste.yaml".into(),
        at: None,
        key: String::new(),
        problem: String::new(),
    };
    Alertmanager { url: url.to_owned(), http, place }
}

fn client(url: &str, http: HttpClient) -> Result<Client, ConnectionError> {
    let instruments =
        Instruments::new(&["http://am".to_owned()], 0, "2026a", Timestamp::from_ms(0)).unwrap();
    Client::new(&alertmanager(url, http), &instruments.delivered[0])
}

fn oauth2(token_url: &str, secret: &Path) -> HttpClient {
    let oauth2 = OAuth2 {
        client_id: "vaste:one".to_owned(),
        client_secret_file: secret.to_owned(),
        scopes: vec!["alerts".to_owned(), "write".to_owned()],
        token_url: format!("{token_url}/token"),
        endpoint_params: vec![("audience".to_owned(), "am & co".to_owned())],
        connection: Connection::default(),
    };
    let credentials = Some(Credentials::OAuth2(Box::new(oauth2)));
    HttpClient { credentials, ..HttpClient::default() }
}

fn secret_file(secret: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), secret).unwrap();
    file
}

/// Whether an empty batch is accepted, and the `Authorization` header that it had.
fn posted(client: &Client, received: &mpsc::Receiver<Request>) -> (bool, String) {
    let outcome = client.post(&[]);
    let (head, _) = received.try_iter().last().unwrap();
    (matches!(outcome, RequestOutcome::Accepted), values(&head, "authorization").concat())
}

#[test]
fn a_token_is_used_until_it_ends_or_is_refused() {
    let secret = secret_file("p%ss wörd\n");
    let (token_url, asked) = serve({
        let count = std::cell::Cell::new(0);
        move |_, _| {
            count.set(count.get() + 1);
            let number = count.get();
            // The third has to be replaced at once.
            let expires_in = if number == 3 { 10 } else { 3_600 };
            format!(
                "200 OK\n{{\"access_token\":\"t{number}\",\"token_type\":\"bearer\",\
                 \"expires_in\":{expires_in}}}"
            )
        }
    });
    let revoked = Arc::new(std::sync::Mutex::new(String::new()));
    let (url, received) = serve({
        let revoked = Arc::clone(&revoked);
        move |head, _| {
            let is_revoked = values(head, "authorization") == [revoked.lock().unwrap().as_str()];
            String::from(if is_revoked { "401 Unauthorized" } else { "200 OK" })
        }
    });
    let client = client(&url, oauth2(&token_url, secret.path())).unwrap();
    let posted = || posted(&client, &received);
    assert_eq!(posted(), (true, "Bearer t1".to_owned()));
    assert_eq!(posted(), (true, "Bearer t1".to_owned()), "it is still valid");
    let (head, body) = asked.try_recv().unwrap();
    assert!(head.starts_with("POST /token "), "{head}");
    // Base64 of the encoded `vaste%3Aone:p%25ss+w%C3%B6rd`.
    let expected = "Basic dmFzdGUlM0FvbmU6cCUyNXNzK3clQzMlQjZyZA==";
    assert_eq!(values(&head, "authorization"), [expected]);
    assert_eq!(body, "grant_type=client_credentials&scope=alerts+write&audience=am+%26+co");
    assert!(asked.try_recv().is_err(), "asked once");
    *revoked.lock().unwrap() = "Bearer t1".to_owned();
    assert_eq!(posted(), (false, "Bearer t1".to_owned()));
    assert_eq!(posted(), (true, "Bearer t2".to_owned()), "the refused one is replaced");
    *revoked.lock().unwrap() = "Bearer t2".to_owned();
    assert!(client.list().is_err(), "another request is refused, too");
    assert_eq!(posted(), (true, "Bearer t3".to_owned()));
    assert_eq!(posted(), (true, "Bearer t4".to_owned()), "the third has ended");
}

#[test]
fn a_secret_that_is_taken_in_the_form_only_is_sent_there() {
    let secret = secret_file("s&cret");
    let (token_url, asked) = serve(|head, _| {
        if values(head, "authorization").is_empty() {
            "200 OK\n{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":\"3599\"}"
                .to_owned()
        } else {
            "401 Unauthorized\n{\"error\":\"invalid_client\"}".to_owned()
        }
    });
    let (url, received) = serve(|_, _| "200 OK".to_owned());
    let client = client(&url, oauth2(&token_url, secret.path())).unwrap();
    assert_eq!(posted(&client, &received), (true, "Bearer t".to_owned()));
    assert_eq!(posted(&client, &received), (true, "Bearer t".to_owned()), "its end is a text");
    let bodies: Vec<String> = asked.try_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[1].ends_with("&client_id=vaste%3Aone&client_secret=s%26cret"), "{bodies:?}");
}

#[test]
fn without_a_token_nothing_is_sent_and_the_reason_is_told_without_the_secret() {
    let secret = secret_file("planted-secret");
    for (answer, is_later, said) in [
        (
            "400 Bad Request\n{\"error\":\"invalid_scope\",\"error_description\":\"no such\"}",
            false,
            "issues no token: it answers 400 invalid_scope, no such: check client_id",
        ),
        ("200 OK\n{}", false, "issues no token: it answers 200: check"),
        ("200 OK\n<html>", false, "it answers 200 and no JSON object of a token"),
        ("404 Not Found", false, "it answers 404 and no JSON object of a token"),
        ("503 Unavailable", true, "it answers 503"),
        ("429 Too Many", true, "it answers 429"),
    ] {
        let (token_url, _asked) = serve(move |_, _| answer.to_owned());
        let (url, received) = serve(|_, _| "200 OK".to_owned());
        let client = client(&url, oauth2(&token_url, secret.path())).unwrap();
        let (text, later) = match client.post(&[]) {
            RequestOutcome::Later(text, None) => (text, true),
            RequestOutcome::Misconfigured(text) => (text, false),
            RequestOutcome::Accepted | RequestOutcome::Later(..) | RequestOutcome::BadAlert(_) => {
                panic!("{answer}")
            }
        };
        assert_eq!(later, is_later, "{text}");
        assert!(text.contains(said) && text.contains(&token_url), "{text}");
        assert!(!text.contains("planted"), "{text}");
        assert_eq!(received.try_iter().count(), 0, "{answer}");
    }
    let (url, _received) = serve(|_, _| "200 OK".to_owned());
    let client = client(&url, oauth2("http://127.0.0.1:1", Path::new("missing"))).unwrap();
    let RequestOutcome::Misconfigured(text) = client.post(&[]) else { panic!("it is sent") };
    assert!(text.starts_with("missing cannot be read: "), "{text}");
    fs::write(secret.path(), "\n").unwrap();
    let client = self::client(&url, oauth2("http://127.0.0.1:1", secret.path())).unwrap();
    let RequestOutcome::Misconfigured(text) = client.post(&[]) else { panic!("it is sent") };
    assert!(text.ends_with(" does not have one line of text"), "{text}");
}

#[test]
fn configured_headers_are_on_every_request_with_the_values_of_their_files() {
    let file = secret_file("north\n");
    let (url, received) = serve(|_, _| "200 OK\n{}".to_owned());
    let header = |name: &str, values| HttpHeader { name: name.parse().unwrap(), values };
    let text = |text: &str| TextOrFile::Text(text.to_owned());
    let headers = vec![
        header("X-Scope-OrgID", vec![text("one"), text("two")]),
        header("X-Tenant", vec![TextOrFile::File(file.path().to_owned())]),
    ];
    let client = client(&url, HttpClient { headers, ..HttpClient::default() }).unwrap();
    assert!(matches!(client.post(&[]), RequestOutcome::Accepted));
    assert!(client.list().is_err(), "the answer is no status");
    fs::write(file.path(), "south").unwrap();
    assert!(matches!(client.post(&[]), RequestOutcome::Accepted));
    let seen: Vec<_> = received
        .try_iter()
        .map(|(head, _)| (values(&head, "x-scope-orgid"), values(&head, "x-tenant").concat()))
        .collect();
    let both = || vec!["one".to_owned(), "two".to_owned()];
    let expected = ["north", "north", "south"].map(|tenant| (both(), tenant.to_owned()));
    assert_eq!(seen, expected);
    fs::write(file.path(), "two\nlines").unwrap();
    let RequestOutcome::Misconfigured(text) = client.post(&[]) else { panic!("it is sent") };
    assert!(text.ends_with(" does not have one line of text"), "{text}");
}

#[test]
fn files_that_are_no_certificate_or_key_are_named_with_what_to_do() {
    let issued = rcgen::generate_simple_self_signed(["vaste".to_owned()]).unwrap();
    let certificate = secret_file(&issued.cert.pem());
    let key = secret_file(&issued.signing_key.serialize_pem());
    let other_form = issued.signing_key.serialize_pem().replace("PRIVATE KEY", "EC PRIVATE KEY");
    let other_form = secret_file(&other_form);
    let text = secret_file("no certificate");
    let connect = |ca: Option<&Path>, own: Option<(&Path, &Path)>| {
        let own = own.map(|(cert, key)| OwnCertificate {
            cert_file: cert.to_owned(),
            key_file: key.to_owned(),
        });
        let tls = TlsSettings { ca_file: ca.map(Path::to_owned), own, ..TlsSettings::default() };
        let connection = Connection { tls, proxy: ProxySettings::Direct };
        let http = HttpClient { connection, ..HttpClient::default() };
        client("https://127.0.0.1:1", http).err().map(|error| error.to_string())
    };
    let (certificate, key) = (certificate.path(), key.path());
    assert_eq!(connect(Some(certificate), Some((certificate, key))), None);
    for (ca, own, said) in [
        (Some(Path::new("missing.pem")), None, "missing.pem cannot be used: No such file"),
        (Some(text.path()), None, "it contains no certificate; name a file of PEM certificates"),
        (Some(key), None, "it contains no certificate"),
        (None, Some((key, key)), "it contains no certificate"),
        (None, Some((certificate, certificate)), "it contains no key in PKCS #8"),
        (
            None,
            Some((certificate, other_form.path())),
            "convert another one with `openssl pkcs8 -topk8 -nocrypt -in ",
        ),
    ] {
        let error = connect(ca, own).unwrap();
        assert!(error.contains(said), "{error}");
    }
}
