//! An Alertmanager that wants a certificate, a password and a proxy, in the words of Prometheus.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::harness::{Service, broker, create_topic, fresh, record, wait_for};
use crate::notified::{Alertmanager, Webhook};

const AGREEMENT: &str = "\
team: billing
objectives:
  - { name: limit, measure: first_reply, none_over: 1s, alerts: { missed: { for: 0s } } }
";

/// The keys of `http_config` with a value each. `FOLDER` is where the files are.
const WORDS: &str = "    basic_auth: { username: vaste, password_file: FOLDER/password }
    follow_redirects: false
    enable_http2: true
    proxy_url: PROXY
    tls_config:
      ca_file: FOLDER/ca.pem
      cert_file: FOLDER/vaste.pem
      key_file: FOLDER/vaste.key
      server_name: alertmanager.internal
      insecure_skip_verify: false
      min_version: TLS12
      max_version: TLS13
";

/// Words that Prometheus has had since 2.43 and 2.55, later than the promtool of Debian.
const NEWER_WORDS: &str = "    no_proxy: 10.0.0.0/8,.example
    http_headers:
      X-Scope-OrgID: { values: [north] }
      X-Tenant: { files: [FOLDER/password] }
";

/// The same for `oauth2`.
const OAUTH2: &str = "    oauth2:
      client_id: vaste
      client_secret_file: FOLDER/password
      scopes: [alerts, write]
      token_url: https://login.example/token
      endpoint_params: { audience: alertmanager }
      tls_config: { ca_file: FOLDER/ca.pem }
      proxy_url: PROXY
";

/// A proxy that serves `CONNECT`, and the hosts that it was asked for.
fn connect_proxy() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, hosts) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let asked = asked.clone();
            // A connection that its client gives up is none of the test.
            thread::spawn(move || drop(pass(&stream.unwrap(), &asked)));
        }
    });
    (port, hosts)
}

fn pass(client: &TcpStream, asked: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let host = head.split(' ').nth(1).unwrap().to_owned();
    let server = TcpStream::connect(&host)?;
    drop(asked.send(host));
    (&mut &*client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut up, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || std::io::copy(&mut reader, &mut up));
    std::io::copy(&mut &server, &mut back)?;
    Ok(())
}

/// An authority of its own, with its certificate in a file.
fn authority(path: &std::path::Path) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(path, authority.pem()).unwrap();
    authority
}

/// Writes a certificate of the authority for a name, and its key.
fn issue(
    authority: &CertifiedIssuer<'static, KeyPair>,
    folder: &std::path::Path,
    file: &str,
    name: &str,
) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let issued = params.signed_by(&key, authority).unwrap();
    fs::write(folder.join(format!("{file}.pem")), issued.pem()).unwrap();
    fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
}

#[test]
fn an_alertmanager_behind_tls_password_and_proxy_is_told_and_files_may_be_renewed() {
    let Some(broker) = broker() else { return };
    let files = tempfile::tempdir().unwrap();
    let ours = authority(&files.path().join("ca.pem"));
    let others = authority(&files.path().join("other.pem"));
    issue(&ours, files.path(), "server", "alertmanager.internal");
    issue(&others, files.path(), "vaste", "vaste");
    fs::write(files.path().join("password"), "test\n").unwrap();
    // The password is `test`.
    let web = "\
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
basic_auth_users:
  vaste: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay
";
    fs::write(files.path().join("web.yml"), web).unwrap();
    let webhook = Webhook::default();
    let Some(alertmanager) =
        Alertmanager::start_guarded(webhook.listen(), &files.path().join("web.yml"))
    else {
        return;
    };
    let (proxy, hosts) = connect_proxy();
    let folder = files.path().display().to_string();
    let words = format!("{WORDS}{NEWER_WORDS}")
        .replace("FOLDER", &folder)
        .replace("PROXY", &format!("http://127.0.0.1:{proxy}"));
    let port = alertmanager.port();
    let more = format!("alertmanagers:\n  - url: \"https://127.0.0.1:{port}\"\n{words}");
    let topic = fresh("guarded");
    create_topic(&broker, &topic, 1);
    let kafka = format!("{{ brokers: [\"{broker}\"], topic: {topic}, group: {topic} }}");
    let service = Service::start_with(&kafka, AGREEMENT, &more);
    service.wait_until_ready();
    assert!(service.publish(&record(1, "created", "T-1")).status.success());
    wait_for("the certificate of another authority to be refused", || {
        service.log().contains("certificate").then_some(())
    });
    assert_eq!(webhook.received().len(), 0);
    issue(&ours, files.path(), "vaste", "vaste");
    wait_for("the alert, without a restart", || (!webhook.received().is_empty()).then_some(()));
    let asked = hosts.try_iter().last().unwrap();
    assert_eq!(asked, format!("127.0.0.1:{port}"), "all goes through the proxy");
}

#[test]
fn promtool_takes_the_same_words() {
    let Ok(promtool) = std::env::var("VASTE_TEST_PROMTOOL") else { return };
    let files = tempfile::tempdir().unwrap();
    let ours = authority(&files.path().join("ca.pem"));
    issue(&ours, files.path(), "vaste", "vaste");
    fs::write(files.path().join("password"), "test\n").unwrap();
    fs::write(files.path().join("billing.yaml"), AGREEMENT).unwrap();
    let at = files.path().display().to_string();
    for words in [WORDS, OAUTH2] {
        let words = words.replace("FOLDER", &at).replace("PROXY", "http://proxy.example:3128");
        let ours = format!(
            "kafka: {{ brokers: [\"localhost:9092\"], topic: events, properties: {{ group.instance.id: one }} }}\n\
             agreements: [billing.yaml]\nalertmanagers:\n  - url: https://am.example\n{words}"
        );
        fs::write(files.path().join("vaste.yaml"), ours).unwrap();
        let checked = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(["check", "vaste.yaml"])
            .current_dir(files.path())
            .output()
            .unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let theirs = format!(
            "alerting:\n  alertmanagers:\n  - scheme: https\n    static_configs: [{{ targets: [am.example] }}]\n{words}"
        );
        fs::write(files.path().join("prometheus.yml"), theirs).unwrap();
        let checked = Command::new(&promtool)
            .args(["check", "config", "prometheus.yml"])
            .current_dir(files.path())
            .output()
            .unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}
