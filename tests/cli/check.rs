//! Every fault that `vaste check` reports, as it is printed. Its suggested fix must work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use vaste::config::{Config, Disk, PatternError};

/// Files of a test.
#[derive(Debug)]
struct Table(BTreeMap<&'static str, String>);

impl Disk for Table {
    fn read(&self, path: &Path) -> io::Result<String> {
        let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
        found
            .map(|(_, text)| text.clone())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        if pattern.contains("***") {
            let reason = "wildcards are one or two stars".to_owned();
            return Err(PatternError { reason });
        }
        let folder = pattern.trim_end_matches("*.yaml");
        Ok(self.0.keys().filter(|name| name.starts_with(folder)).map(PathBuf::from).collect())
    }
}

pub(crate) const GOOD: &str = "\
team: billing
name: { fi: Laskutus, en: Billing }
agreed: { on: 2026-11-02, by: [aino, mikko], look_again: 2027-02-01 }
hours: office-fi
objectives:
  - name: first-reply
    measure: first_reply
    within: 4h
    share: 90%
    over: 7d
    min_tickets: 20
    by_priority: { urgent: 30m, high: 2h }
    alerts:
      missed: { severity: critical, for: 10m, keep_firing_for: 30m, confidence: 95% }
      at_risk: { severity: warning, budget_spent: 80%, for: 0s }
      behind_market: { severity: info, for: 1d }
    pauses: [pending]
    pauses_agreed: true
    split: { priority: true, channel: [email, chat] }
    market: { within: 24h always, source: \"trade survey\", as_of: 2026-06-01 }
    was:
      - { within: 8h, share: 85%, until: 2026-11-02 }
      - { over: 14d, hours: night-fi, until: 2026-10-01 }
  - name: asked-twice
    measure: contacts
    within: 2
    share: 80%
  - name: nobody-forgotten
    measure: first_reply
    none_over: 5d always
duty:
  members: [aino, mikko]
  since: 2026-11-02
  every: 1w
  handover: \"Mon 09:00 Europe/Helsinki\"
  swaps: [{ on: 2026-12-28, from: aino, to: mikko }]
  away: [{ who: mikko, from: 2026-12-01, to: 2026-12-14 }]
  check: 10
labels: { tier: \"1\" }
runbook_url: https://wiki.example/billing
";

/// The calendars that [`GOOD`] names.
pub(crate) const CALENDARS: &str = "\
calendars:
  office-fi:
    zone: Europe/Helsinki
    week: { mon: [\"08:00-16:00\"], tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"] }
  night-fi:
    zone: Europe/Helsinki
    week: { mon: [\"20:00-04:00\"], tue: [\"20:00-04:00\"], wed: [\"20:00-04:00\"] }
";

const MARKET: &str =
    "    market: { within: 24h always, source: \"trade survey\", as_of: 2026-06-01 }\n";

/// A part of [`GOOD`], and the faulty text that replaces it. The fault must suggest the original.
const FAULTS: [(&str, &str); 86] = [
    ("team: billing\n", ""),
    ("team: billing\n", "team: _all\n"),
    ("team: billing\n", "team: [billing]\n"),
    ("team: billing\n", "team: billing\norganisation: Example Oy\n"),
    ("team: billing\n", "organisation: \"\\t\"\n"),
    ("team: billing\n", "team: billing\nteam: billing\n"),
    ("team: billing\n", "team: billing\nobjectivs: []\n"),
    ("team: billing\n", "team: billing\nbudget: 3\n"),
    ("{ fi: Laskutus, en: Billing }", "{ fi: \"\\n\" }"),
    ("{ fi: Laskutus, en: Billing }", "{ swedish: Fakturering }"),
    ("{ fi: Laskutus, en: Billing }", "Laskutus"),
    ("on: 2026-11-02, by", "by"),
    ("on: 2026-11-02, by", "on: 2.11.2026, by"),
    ("by: [aino, mikko], look_again: 2027-02-01", "look_again: 2027-02-01"),
    ("by: [aino, mikko], look_again", "by: aino, look_again"),
    ("by: [aino, mikko], look_again", "by: [], look_again"),
    ("by: [aino, mikko], look_again", "by: [Aino Aalto, mikko], look_again"),
    ("look_again: 2027-02-01", "look_again: soon"),
    ("hours: office-fi", "hours: office-se"),
    ("hours: office-fi", "hours: [office-fi]"),
    ("  - name: first-reply\n    measure", "  - measure"),
    ("  - name: first-reply\n", "  - name: first reply\n"),
    ("  - name: nobody-forgotten\n", "  - name: first-reply\n"),
    ("    measure: first_reply\n    within", "    within"),
    ("    measure: first_reply\n    within", "    measure: first_response\n    within"),
    ("    within: 4h\n", ""),
    ("    within: 4h\n", "    within: 4 hours\n"),
    ("    within: 4h\n", "    within: 100d\n"),
    ("    within: 4h\n", "    within: 4h\n    none_over: 5d always\n"),
    ("    share: 90%\n", "    share: 0.9\n"),
    ("    share: 90%\n", "    share: 101%\n"),
    ("    over: 7d\n", "    over: a week\n"),
    ("    over: 7d\n", "    over: 30m\n"),
    ("    over: 7d\n", "    over: 120d\n"),
    ("    min_tickets: 20\n", "    min_tickets: 0\n"),
    ("{ urgent: 30m, high: 2h }", "{ urgent: soon }"),
    ("{ urgent: 30m, high: 2h }", "{ critical: 30m }"),
    ("{ urgent: 30m, high: 2h }", "30m"),
    ("severity: critical", "severity: very bad"),
    ("for: 10m", "for: ten minutes"),
    ("budget_spent: 80%", "budget_spent: 0.8"),
    ("keep_firing_for: 30m", "keep_firing: 30m"),
    ("confidence: 95%", "confidence: 50%"),
    ("confidence: 95%", "confidence: none"),
    ("    none_over: 5d always\n", "    none_over: 5d always\n    share: 90%\n"),
    (
        "    none_over: 5d always\n",
        "    none_over: 5d always\n    market: { within: 24h, source: survey }\n",
    ),
    (
        "    none_over: 5d always\n",
        "    none_over: 5d always\n    was: [{ within: 8h, until: 2026-11-02 }]\n",
    ),
    ("    none_over: 5d always\n", "    none_over: 5d always\n    pauses: [pending]\n"),
    ("    pauses_agreed: true\n", ""),
    ("pauses_agreed: true", "pauses_agreed: false"),
    ("pauses_agreed: true", "pauses_agreed: maybe"),
    ("pauses: [pending]", "pauses: [solved]"),
    ("pauses: [pending]", "pauses: pending"),
    ("    within: 2\n", "    within: 2\n    pauses: [pending]\n"),
    ("    within: 2\n    share: 80%\n", "    none_over: 2\n"),
    ("    within: 2\n", "    within: 4h\n"),
    ("    within: 2\n", "    within: 1001\n"),
    ("    within: 4h\n", "    within: 2\n"),
    ("{ priority: true", "{ priority: maybe"),
    ("[email, chat]", "[email, other]"),
    ("[email, chat]", "email"),
    ("[email, chat]", "[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u]"),
    ("channel: [email", "channels: [email"),
    ("{ within: 24h always, source", "{ source"),
    ("{ within: 24h always, source", "{ within: a day, source"),
    ("source: \"trade survey\", ", ""),
    ("\"trade survey\"", "[survey]"),
    ("as_of: 2026-06-01", "as_of: June"),
    (MARKET, ""),
    ("share: 85%, until: 2026-11-02", "share: 85%"),
    ("share: 85%, until: 2026-11-02", "share: 85%, until: november"),
    ("hours: night-fi, until: 2026-10-01", "hours: night-fi, until: 2026-11-02"),
    ("share: 85%, until", "shares: 85%, until"),
    ("over: 14d, hours: night-fi", "over: 14d, hours: night-se"),
    ("over: 14d, hours", "over: 100d, hours"),
    ("  members: [aino, mikko]\n", ""),
    ("  since: 2026-11-02\n", ""),
    ("  every: 1w\n", "  every: weekly\n"),
    ("Mon 09:00 Europe/Helsinki", "Monday morning"),
    ("on: 2026-12-28, from: aino, to: mikko", "on: 2026-12-21, from: aino"),
    ("who: mikko, from: 2026-12-01", "who: mikko, from: december"),
    ("  check: 10\n", "  check: all\n"),
    ("{ tier: \"1\" }", "{ severity: \"1\" }"),
    ("{ tier: \"1\" }", "{ 1tier: \"1\" }"),
    ("{ tier: \"1\" }", "{ tier: \"\\u0007\" }"),
    ("https://wiki.example", "javascript:alert"),
];

/// Wholly wrong files, and the text that they suggest.
const FILES: [(&str, &str, &str); 5] = [
    ("empty.yaml", "", "team: billing\n"),
    ("tab.yaml", "name:\n\t{ fi: x }\n", "name:\n  { fi: x }\nteam: billing\n"),
    (
        "alias.yaml",
        "team: &t billing\nname: { fi: *t }\n",
        "team: billing\nname: { fi: billing }\n",
    ),
    ("two.yaml", "team: billing\n---\nteam: support\n", "team: billing\n"),
    ("list.yaml", "- team: billing\n", "team: billing\n"),
];

const TODAY: &str = "2026-11-22";

pub(crate) fn read(files: &[(&'static str, &str)], named: &[&str]) -> Config {
    let table = Table(files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect());
    let paths: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
    Config::read(&paths, &table, TODAY)
}

pub(crate) fn diagnostics_text(config: &Config) -> String {
    let mut printed = String::new();
    for fault in &config.diagnostics.errors {
        writeln!(printed, "error: {fault}").unwrap();
    }
    let warnings = config.diagnostics.warnings.iter();
    for warning in warnings.chain(&config.diagnostics.service_warnings) {
        writeln!(printed, "warning: {warning}").unwrap();
    }
    printed
}

/// Reads an agreement with calendars.
pub(crate) fn read_with_calendars(text: &str) -> Config {
    let files = [("billing.yaml", text), ("calendars.yaml", CALENDARS)];
    read(&files, &["billing.yaml", "calendars.yaml"])
}

#[test]
fn the_good_file_has_no_fault_and_no_warning() {
    let config = read_with_calendars(GOOD);
    assert_eq!(diagnostics_text(&config), "");
    assert_eq!(config.agreements[0].objectives.len(), 3);
}

#[test]
fn every_fault_names_its_position_and_a_fix_that_works() {
    let mut page = String::new();
    for (good, bad) in FAULTS {
        assert_eq!(GOOD.matches(good).count(), 1, "{good}");
        let text = GOOD.replace(good, bad);
        let config = read_with_calendars(&text);
        assert!(config.diagnostics.has_errors(), "{bad} passes");
        writeln!(page, "{}\n{}", bad.trim_matches('\n').escape_debug(), diagnostics_text(&config))
            .unwrap();
    }
    insta::assert_snapshot!("faults", page);
}

#[test]
fn a_calendar_that_no_file_defines_and_too_many_earlier_levels_are_faults() {
    let mut page = diagnostics_text(&read(&[("billing.yaml", GOOD)], &["billing.yaml"]));
    let was = |(month, day)| format!("{{ within: 8h, until: 20{month:02}-01-{day:02} }}");
    let days = (1..=5).flat_map(|month| (1..=21).map(move |day| (month, day)));
    let many: Vec<String> = days.take(101).map(was).collect();
    for kept in [101, 100] {
        let text = format!(
            "team: billing\nobjectives:\n  - {{ name: o, measure: first_reply, none_over: 5d }}\n  - name: p\n    \
             measure: update\n    within: 4h\n    was: [{}]\n",
            many[..kept].join(", ")
        );
        page.push_str(&diagnostics_text(&read(&[("billing.yaml", &text)], &["billing.yaml"])));
    }
    insta::assert_snapshot!("faults_of_calendars_and_many_levels", page);
}

#[test]
fn wholly_wrong_files_are_faults() {
    let mut page = String::new();
    for (name, bad, good) in FILES {
        let config = read(&[(name, bad)], &[name]);
        assert_eq!(config.diagnostics.errors.len(), 1, "{name}");
        writeln!(page, "{}", diagnostics_text(&config)).unwrap();
        assert_eq!(diagnostics_text(&read(&[(name, good)], &[name])), "", "{name}");
    }
    writeln!(page, "{}", diagnostics_text(&read(&[], &["gone.yaml"]))).unwrap();
    let twice = [("a.yaml", "team: billing\n"), ("b.yaml", "team: billing\n")];
    writeln!(page, "{}", diagnostics_text(&read(&twice, &["a.yaml", "b.yaml"]))).unwrap();
    let both = [("a.yaml", "organisation: A\n"), ("b.yaml", "organisation: B\n")];
    writeln!(page, "{}", diagnostics_text(&read(&both, &["a.yaml", "b.yaml"]))).unwrap();
    insta::assert_snapshot!("files", page);
}

#[test]
fn the_service_file_includes_its_agreements_and_all_faults_are_reported_at_once() {
    let service = "\
agreements: [teams/*.yaml, nowhere/*.yaml, 'a***', [x]]
measures: [first_reply, speed]
kafka: { brokers: [localhost] }
calendars: [calendars.yaml]
listen: 9464
";
    let files = [
        ("vaste.yaml", service),
        ("teams/a.yaml", "team: a\nobjectives: [{ name: x }]\n"),
        ("teams/b.yaml", "team: b\nobjectives: 4h\n"),
    ];
    insta::assert_snapshot!("service", diagnostics_text(&read(&files, &["vaste.yaml"])));
    let good = "agreements: [teams/*.yaml]\nmeasures: [first_reply]\n";
    let config = read(
        &[("vaste.yaml", good), ("teams/a.yaml", "team: a\n"), ("teams/b.yaml", "team: b\n")],
        &["vaste.yaml"],
    );
    assert_eq!(diagnostics_text(&config), "");
    let catalog = config.catalog();
    assert_eq!(catalog.teams().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(catalog.measures(), [vaste::measure::Measure::FirstReply]);
}

const SERVICE: &str = "\
kafka:
  brokers: [\"localhost:9092\", \"[::1]:9092\"]
  topic: ticket-events
  group: vaste
  workers: 2
  properties: { security.protocol: SASL_SSL, sasl.username: vaste, group.instance.id: one }
http: { listen: \"127.0.0.1:9464\", external_url: \"https://vaste.example/\" }
alertmanagers:
  - url: http://am-0.example:9093/
    basic_auth: { username: vaste, password_file: secret }
    tls_config: { ca_file: ca.pem, insecure_skip_verify: false }
    http_headers: { X-Tenant: { values: [north] } }
  - url: https://am-1.example
    authorization: { credentials_file: token }
    proxy_url: http://proxy.example:3128
  - url: https://am-2.example
    oauth2: { client_id: vaste, client_secret_file: secret, token_url: \"https://login.example\" }
external_labels: { cluster: north }
state: { store: \"file:///var/lib/vaste\", reopen_within: 40d, checkpoint_every: 0s }
stale_after: 90s
";

/// A part of [`SERVICE`], and the faulty text that replaces it. The fault must suggest the
/// original.
const SERVICE_FAULTS: [(&str, &str); 72] = [
    ("\"https://vaste.example/\"", "vaste.example"),
    ("\"https://vaste.example/\"", "\"https://vaste .example\""),
    ("url: http://am-0.example:9093/\n    basic", "basic"),
    ("http://am-0.example:9093/", "am-0.example:9093"),
    ("http://am-0.example:9093/", "http://vaste:secret@am-0.example"),
    ("http://am-0.example:9093/", "http://am-0.example:9093/api/v2/alerts"),
    ("http://am-0.example:9093/", "http://169.254.169.254/"),
    ("http://am-0.example:9093/", "http://0xa9fea9fe/"),
    ("http://am-0.example:9093/", "http://am-0.example/?all=1"),
    ("{ username: vaste, password_file: secret }", "{ username: vaste, password: secret }"),
    ("{ username: vaste, password_file: secret }", "{ password_file: secret }"),
    ("    authorization: { credentials_file: token }", "    authorization: { type: Bearer }"),
    (
        "    authorization: { credentials_file: token }",
        "    authorization: { credentials_file: token }\n    basic_auth: { username: v, password_file: p }",
    ),
    ("insecure_skip_verify: false", "insecure_skip_verify: maybe"),
    ("ca_file: ca.pem", "cert_file: own.pem"),
    ("external_labels: { cluster: north }", "external_labels: { team: north }"),
    ("external_labels: { cluster: north }", "external_labels: [north]"),
    ("authorization: { credentials_file: token }", "authorization: { credentials: planted }"),
    ("http://proxy.example:3128", "proxy.example:3128"),
    ("http://proxy.example:3128", "http://vaste:planted@proxy.example:3128"),
    ("http://proxy.example:3128", "socks5://proxy.example:1080"),
    ("proxy_url: http://proxy.example:3128", "no_proxy: .example"),
    ("proxy_url:", "proxy_from_environment: true\n    proxy_url:"),
    ("proxy_url:", "proxy_connect_header: { Proxy-Authorization: [planted] }\n    proxy_url:"),
    ("proxy_url:", "follow_redirects: true\n    proxy_url:"),
    ("proxy_url:", "enable_http2: maybe\n    proxy_url:"),
    ("insecure_skip_verify: false", "key: planted"),
    ("insecure_skip_verify: false", "ca: planted"),
    ("insecure_skip_verify: false", "key_file: own.key"),
    ("insecure_skip_verify: false", "server_name: a b"),
    ("insecure_skip_verify: false", "min_version: TLS13"),
    ("insecure_skip_verify: false", "max_version: TLS11"),
    ("client_secret_file: secret", "client_secret: planted"),
    ("client_id: vaste, ", ""),
    ("\"https://login.example\"", "login"),
    ("{ client_id: vaste", "{ scopes: all, client_id: vaste"),
    ("{ client_id: vaste", "{ endpoint_params: { a: [1] }, client_id: vaste"),
    ("{ X-Tenant: { values: [north] } }", "{ Authorization: { values: [planted] } }"),
    ("{ X-Tenant: { values: [north] } }", "{ \"X Tenant\": { values: [north] } }"),
    ("{ values: [north] }", "{ secrets: [planted] }"),
    ("{ values: [north] }", "{ values: north }"),
    ("{ values: [north] }", "{ value: [north] }"),
    ("  brokers: [\"localhost:9092\", \"[::1]:9092\"]\n", ""),
    ("\"localhost:9092\"", "localhost"),
    ("\"localhost:9092\"", "\"http://localhost:9092\""),
    ("\"localhost:9092\"", "\":9092\""),
    ("\"localhost:9092\"", "\"localhost:0\""),
    ("\"localhost:9092\"", "\"localhost:99999\""),
    ("\"localhost:9092\"", "\"one:9092,two:9092\""),
    ("\"localhost:9092\"", "\"::1:9092\""),
    ("\"localhost:9092\"", "\"local host:9092\""),
    ("[\"localhost:9092\", \"[::1]:9092\"]", "[]"),
    ("[\"localhost:9092\", \"[::1]:9092\"]", "\"localhost:9092\""),
    ("  topic: ticket-events\n", ""),
    ("topic: ticket-events", "topic: ticket events"),
    ("group: vaste", "group: \"\""),
    ("workers: 2", "workers: 0"),
    ("workers: 2", "workers: many"),
    ("workers: 2", "dead_letters: ticket events"),
    ("workers: 2", "dead_letters: ticket-events"),
    ("security.protocol: SASL_SSL", "group.id: other"),
    ("security.protocol: SASL_SSL", "security.protocol: [SASL_SSL]"),
    ("security.protocol: SASL_SSL", "sasl.password: not-to-be-printed"),
    ("security.protocol: SASL_SSL", "sasl.password: [not-to-be-printed]"),
    ("security.protocol: SASL_SSL", "sasl.oauthbearer.config: principal=not-to-be-printed"),
    ("security.protocol: SASL_SSL", "sasl.password: { path: secret }"),
    ("127.0.0.1:9464", "localhost"),
    ("file:///var/lib/vaste", ""),
    ("reopen_within: 40d", "reopen_within: soon"),
    ("checkpoint_every: 0s", "checkpoint_every: -1s"),
    ("stale_after: 90s", "stale_after: 0s"),
    ("  workers: 2\n", "  worker: 2\n"),
];

#[test]
fn every_fault_of_the_service_file_names_its_position_and_a_fix_that_works() {
    let good = read(&[("vaste.yaml", SERVICE)], &["vaste.yaml"]);
    assert_eq!(diagnostics_text(&good), "");
    let service = good.service.unwrap();
    assert_eq!(service.kafka.workers, 2);
    let listening = service.http.listen;
    assert_eq!(service.http.external_url(listening), "https://vaste.example");
    assert_eq!(service.state.store.as_deref(), Some("file:///var/lib/vaste"));
    assert_eq!(service.state.reopen_within.to_string(), "40d");
    assert!(service.state.checkpoint_every.is_zero());
    assert_eq!(service.stale_after.to_string(), "1m30s");
    let urls: Vec<&str> = service.alertmanagers.iter().map(|one| one.url.as_str()).collect();
    assert_eq!(urls, ["http://am-0.example:9093", "https://am-1.example", "https://am-2.example"]);
    let mut page = String::new();
    for (part, bad) in SERVICE_FAULTS {
        assert_eq!(SERVICE.matches(part).count(), 1, "{part}");
        let config = read(&[("vaste.yaml", &SERVICE.replace(part, bad))], &["vaste.yaml"]);
        assert!(config.diagnostics.has_errors() || config.service.is_none(), "{bad} passes");
        writeln!(page, "{}\n{}", bad.trim_matches('\n').escape_debug(), diagnostics_text(&config))
            .unwrap();
    }
    insta::assert_snapshot!("service_faults", page);
}

#[test]
fn the_shipped_configuration_is_good() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/vaste.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/calendars.yaml");
    let calendars = std::fs::read_to_string(path).unwrap();
    let files = [
        ("vaste.yaml", text.as_str()),
        ("config/example/agreements/a.yaml", "team: a\n"),
        ("config/calendars.yaml", calendars.as_str()),
    ];
    let config = read(&files, &["vaste.yaml"]);
    assert_eq!(diagnostics_text(&config), "");
    assert_eq!(
        config.calendars.keys().map(|name| &**name).collect::<Vec<_>>(),
        ["night-fi", "office-fi"]
    );
    let service = config.service.unwrap();
    let listening = "127.0.0.1:1234".parse().unwrap();
    assert_eq!(
        service.http.external_url(listening),
        "http://127.0.0.1:1234",
        "by default the address that it listens on"
    );
    let kafka = service.kafka;
    assert_eq!(
        (kafka.topic.as_str(), kafka.group.as_str(), kafka.workers),
        ("ticket-events", "vaste", 1)
    );
}

#[test]
fn allowed_but_suspicious_settings_are_warnings() {
    let text = "\
team: billing
agreed: { on: 2026-01-01, by: [aino], look_again: 2026-11-21 }
objectives:
  - name: o
    measure: first_reply
    within: 4h
    market: { within: 24h, source: \"https://survey.example/2025\", as_of: 2025-11-21 }
duty: { members: [aino], since: 2026-01-01 }
";
    let config = read(&[("billing.yaml", text)], &["billing.yaml"]);
    assert!(!config.diagnostics.has_errors());
    let mut page = diagnostics_text(&config);
    let text = "\
team: billing
objectives: [{ name: o, measure: first_reply, none_over: 5d,
               alerts: { missed: { confidence: 80% }, at_risk: { for: 10m } } }]
";
    let config = read(&[("billing.yaml", text)], &["billing.yaml"]);
    assert!(!config.diagnostics.has_errors());
    page.push_str(&diagnostics_text(&config));
    insta::assert_snapshot!("warnings", page);
    let text = "kafka: { brokers: [\"b:1\"], topic: t, dead_letters: t.dlq }\nagendas: { topic: t.a }\n\
                http: { listen: \"0.0.0.0:9464\" }\n\
                alertmanagers: [{ url: \"http://localhost:9093\" }]\n";
    let config = read(&[("vaste.yaml", text)], &["vaste.yaml"]);
    assert!(!config.diagnostics.has_errors());
    insta::assert_snapshot!("warnings_of_the_service", diagnostics_text(&config));
    let kept =
        read(&[("vaste.yaml", &format!("{text}state: {{ store: kept }}\n"))], &["vaste.yaml"]);
    assert!(!diagnostics_text(&kept).contains("is set without"), "{}", diagnostics_text(&kept));
    assert_eq!(kept.service.unwrap().kafka.dead_letters.as_deref(), Some("t.dlq"));
}

#[test]
fn deep_nesting_is_refused_without_unbounded_recursion() {
    let deep = format!("team: {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let config = read(&[("deep.yaml", &deep)], &["deep.yaml"]);
    assert_eq!(config.diagnostics.errors.len(), 1, "{}", diagnostics_text(&config));
}

#[test]
fn more_teams_than_the_maximum_are_refused() {
    let names: Vec<String> = (0..=2_000).map(|team| format!("teams/{team:04}.yaml")).collect();
    let files = names.iter().enumerate().map(|(team, name)| {
        let name: &'static str = Box::leak(name.clone().into_boxed_str());
        (name, format!("team: team-{team}\n"))
    });
    let table = Table(files.collect());
    let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    let config = Config::read(&paths, &table, TODAY);
    insta::assert_snapshot!("too_many_teams", diagnostics_text(&config));
}

/// Properties that the Kafka client refuses, as people write them.
const PROPERTIES: [&str; 10] = [
    "max.poll.records: 500",
    "ssl.truststore.location: /etc/trust.jks",
    "fetch.min.bytes: abc",
    "security.protocol: sasl_ssl",
    "security.protocol: TLS",
    "sesion.timeout.ms: 10000",
    "sasl.pasword: not-to-be-printed",
    "security.protocol: ssl\n    ssl.ca.location: /not/there.pem",
    "security.protocol: SASL_SSL\n    sasl.mechanisms: SCRAM-512",
    "session.timeout.ms: 10000",
];

#[test]
fn check_and_run_refuse_the_properties_that_the_client_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let mut page = String::new();
    for property in PROPERTIES {
        let config = format!(
            "kafka:\n  brokers: [\"127.0.0.1:1\"]\n  topic: t\n  properties:\n    \
             group.instance.id: one\n    {property}\n"
        );
        std::fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let vaste = |arguments: &[&str]| {
            std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
                .args(arguments)
                .current_dir(folder.path())
                .output()
                .unwrap()
        };
        let checked = vaste(&["check", "vaste.yaml"]);
        let said = String::from_utf8(checked.stderr).unwrap();
        assert!(!said.contains("not-to-be-printed"), "{said}");
        if property.starts_with("session") {
            assert!(checked.status.success(), "{said}");
            continue;
        }
        assert_eq!(checked.status.code(), Some(78), "{property}: {said}");
        // The service ends with the same words.
        let run = vaste(&["run", "--config", "vaste.yaml"]);
        assert_eq!(run.status.code(), Some(78));
        let (first, _) = said.split_once('\n').unwrap();
        assert!(String::from_utf8(run.stderr).unwrap().contains(first), "{first}");
        writeln!(page, "{property}\n{said}").unwrap();
    }
    insta::assert_snapshot!("properties", page);
}

#[test]
fn passwords_and_brokers_may_come_from_variables_and_are_named_where_they_are_missing_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let config = "kafka:\n  brokers: [\"127.0.0.1:1\"]\n  topic: t\n  properties: { security.protocol: \
                  SASL_PLAINTEXT, sasl.mechanisms: SCRAM-SHA-512, sasl.username: vaste }\n";
    std::fs::write(folder.path().join("vaste.yaml"), config).unwrap();
    std::fs::write(folder.path().join("none.ndjson"), "").unwrap();
    let vaste = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap();
        format!("vaste {}: exit {code}\n{said}\n", arguments.join(" "))
    };
    let check_events = ["check-events", "--config", "vaste.yaml", "none.ndjson"];
    let name = |end: &str| format!("VASTE_KAFKA_PROPERTIES_{end}");
    let (password, id) = (name("SASL_PASSWORD"), name("GROUP_INSTANCE_ID"));
    let set = [(&*password, "planted"), (&*id, "vaste-1")];
    let mut page = "# The variables are set\n".to_owned() + &vaste(&["check", "vaste.yaml"], &set);
    page += &(vaste(&check_events, &set) + "# The variables are not set\n");
    page += &vaste(&["check", "vaste.yaml"], &[]);
    page += &vaste(&["run", "--config", "vaste.yaml"], &[]);
    page += "# A variable that names no broker\n";
    for brokers in ["https://kafka.example:9093", "kafka.example"] {
        page += &vaste(&["run", "--config", "vaste.yaml"], &[("VASTE_KAFKA_BROKERS", brokers)]);
    }
    insta::assert_snapshot!("variables", page);
}
