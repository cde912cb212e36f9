//! The binary: output, messages and exit codes.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the machine's time zone data in [`Folder::vaste`]. Most tests have none, so that nothing
/// depends on the data of the machine.
pub(crate) const ZONES: &str = "zones";

/// An instant after all events of these tests. As `--at` of `check-events` it makes the output independent of
/// the clock.
pub(crate) const AFTER_ALL: &str = "2026-12-01T00:00:00Z";

/// A temporary folder.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn into_inner(self) -> tempfile::TempDir {
        self.0
    }

    /// Runs `vaste` in this folder.
    pub(crate) fn vaste(&self, arguments: &[&str]) -> Output {
        self.vaste_fed(arguments, b"")
    }

    pub(crate) fn vaste_fed(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .env("TZDIR", ZONES)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its arguments does not read its input.
        drop(child.stdin.take().unwrap().write_all(input));
        child.wait_with_output().unwrap()
    }
}

/// Exit code and output of a run, for a snapshot.
pub(crate) fn page(output: &Output) -> String {
    format!(
        "exit {}\n--- out\n{}--- notes\n{}",
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const EVENTS: &str = r#"{"id":"1","type":"ticket.created","time":"2026-11-16T08:00:00Z","ticket":"T-1","team":"billing","priority":"urgent"}
{"id":"2","type":"ticket.created","time":"2026-11-16T08:30:00Z","ticket":"T-2","team":"billing"}
{"id":"3","type":"ticket.agent_replied","time":"2026-11-16T09:00:00.250Z","ticket":"T-1","team":"billing"}
{"id":"4","type":"ticket.customer_replied","time":"2026-11-16T12:00:00Z","ticket":"T-1"}
{"id":"5","type":"ticket.solved","time":"2026-11-17T08:00:00Z","ticket":"T-1"}
{"id":"6","type":"ticket.created","time":"2026-11-17T09:00:00Z","ticket":"T-3","team":"support"}
{"id":"7","type":"ticket.created","time":"2026-11-17T10:00:00Z","ticket":"T-4"}
"#;

const AGREEMENT: &str = "\
team: billing
agreed: { on: 2026-11-02, by: [aino, mikko] }
objectives:
  - { name: first-reply, measure: first_reply, within: 4h, by_priority: { urgent: 30m }, min_tickets: 2 }
  - { name: nobody-forgotten, measure: first_reply, none_over: 1d }
";

#[test]
fn help_lists_commands_and_options() {
    let folder = Folder::new();
    for command in [
        vec!["--help"],
        vec!["replay", "--help"],
        vec!["check", "--help"],
        vec!["check-events", "--help"],
        vec!["demo", "--help"],
        vec!["rules", "--help"],
    ] {
        let output = folder.vaste(&command);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(format!("help_{}", command[0].trim_matches('-')), page(&output));
    }
}

/// Every command has a manual page and is completed, and a script that a shell cannot read is no use to it.
#[test]
fn completions_and_manual_pages_cover_every_command() {
    let folder = Folder::new();
    let help = page(&folder.vaste(&["--help"]));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"replay") && commands.contains(&"man"), "{commands:?}");

    let printed = folder.vaste(&["man", "."]);
    assert_eq!(printed.status.code(), Some(0), "{}", page(&printed));
    for command in commands.iter().filter(|command| **command != "help") {
        let text = fs::read_to_string(folder.path().join(format!("vaste-{command}.1"))).unwrap();
        assert!(text.contains(".SH DESCRIPTION"), "{text}");
    }
    let missing = folder.vaste(&["man", "nowhere"]);
    insta::assert_snapshot!("no_folder_for_manual_pages", page(&missing));

    let script = folder.vaste(&["completions", "bash"]);
    assert_eq!(script.status.code(), Some(0));
    folder.write("vaste.bash", &script.stdout);
    let ask = "source vaste.bash; COMP_WORDS=(vaste ''); COMP_CWORD=1; _vaste vaste '' vaste; \
               echo ${COMPREPLY[*]}";
    let asked = Command::new("bash").args(["-c", ask]).current_dir(folder.path()).output().unwrap();
    let completed = String::from_utf8(asked.stdout).unwrap();
    for command in commands {
        assert!(completed.split_whitespace().any(|word| word == command), "{command}: {completed}");
    }
}

#[test]
fn rules_name_the_job_and_routes_the_teams() {
    let folder = Folder::new();
    let printed = page(&folder.vaste(&["rules", "--job", "vaste-\"prod\""]));
    assert_eq!(printed.matches(r#"up{job="vaste-\"prod\""}"#).count(), 2, "{printed}");
    assert!(!printed.contains(r#"job="vaste""#), "{printed}");
    folder.write("b.yaml", "team: billing\nobjectives: []\n");
    folder.write("s.yaml", "team: support\nwas_named: [help]\n");
    let mut routes =
        page(&folder.vaste(&["rules", "--format", "alertmanager", "s.yaml", "b.yaml"]));
    routes += &page(&folder.vaste(&["rules", "--format", "alertmanager", "nowhere.yaml"]));
    insta::assert_snapshot!("routes", routes);
}

/// `vaste --version` names what was built: the version, the revision of the source and the day.
#[test]
fn the_version_has_the_revision_and_the_date_of_the_build() {
    let version = page(&Folder::new().vaste(&["--version"]));
    let build = version.lines().find_map(|line| line.strip_prefix("revision ")).unwrap();
    let (revision, date) = build.split_once(", built on ").unwrap();
    let is_revision = revision.len() == 12 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_revision || revision == "unknown", "{version}");
    let date: chrono::NaiveDate = date.parse().unwrap();
    assert!(date.to_string().as_str() >= "2026-11-28", "{version}");
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_to_do() {
    let folder = Folder::new();
    let mut printed = String::new();
    for arguments in [
        vec![],
        vec!["replai"],
        vec!["replay"],
        vec!["replay", "--at", "yesterday", "x"],
        vec!["replay", "--every", "0d", "x"],
        vec!["replay", "--csv", "created=a,solved=b", "x"],
        vec!["replay", "--csv", "created", "x"],
        vec!["replay", "--csv", "when=x", "x"],
        vec!["replay", "--config", "a", "--agreements", "b", "x"],
        vec!["rules", "--format", "alertmanager"],
    ] {
        let output = folder.vaste(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        writeln!(printed, "vaste {}\n{}", arguments.join(" "), page(&output)).unwrap();
    }
    insta::assert_snapshot!("wrong_usage", printed);
}

#[test]
fn replay_prints_readings_and_verdicts_as_json() {
    let folder = Folder::new();
    folder.write("events.ndjson", EVENTS);
    folder.write("billing.yaml", AGREEMENT);
    let output = folder.vaste(&[
        "replay",
        "--format",
        "json",
        "--agreements",
        "billing.yaml",
        "--at",
        "2026-11-16T13:00:00Z",
        "--at",
        "2026-11-17T12:00:00Z",
        "events.ndjson",
    ]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("replay_json", page(&output));
}

#[test]
fn replay_prints_tables_for_people() {
    let folder = Folder::new();
    folder.write("events.ndjson", EVENTS);
    folder.write("billing.yaml", AGREEMENT);
    folder.write("press.yaml", "team: press\n");
    let output = folder.vaste(&["replay", "--agreements", ".", "events.ndjson"]);
    insta::assert_snapshot!("replay_table", page(&output));
}

#[test]
fn compressed_files_and_standard_input_read_like_plain_ones() {
    let folder = Folder::new();
    folder.write("plain", EVENTS);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(EVENTS.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    folder.write("events.gz", &gzip);
    let zstd = zstd::encode_all(EVENTS.as_bytes(), 3).unwrap();
    folder.write("events.zst", &zstd);
    let (one, two) = EVENTS.split_at(EVENTS.find("{\"id\":\"4\"").unwrap());
    folder.write("one", one.replace('\n', "\r\n"));
    folder.write("two", two.trim_end());
    let plain = folder.vaste(&["replay", "--format", "json", "plain"]);
    assert!(!plain.stdout.is_empty());
    for arguments in [vec!["events.gz"], vec!["events.zst"], vec!["two", "one"]] {
        let all = [vec!["replay", "--format", "json"], arguments].concat();
        assert_eq!(page(&folder.vaste(&all)), page(&plain), "{all:?}");
    }
    for input in [EVENTS.as_bytes(), &gzip, &zstd] {
        let fed = folder.vaste_fed(&["replay", "--format", "json", "-"], input);
        assert_eq!(page(&fed), page(&plain));
    }
    let truncated = [("cut.gz", &gzip[..gzip.len() - 20]), ("cut.zst", &zstd[..zstd.len() - 20])];
    let mut printed = String::new();
    for (name, bytes) in truncated {
        folder.write(name, bytes);
        let output = folder.vaste(&["replay", name]);
        assert_eq!(output.status.code(), Some(1));
        printed += &page(&output);
    }
    let output = folder.vaste(&["replay", "gone.ndjson"]);
    printed += &page(&output);
    let output = folder.vaste(&["replay", "."]);
    printed += &page(&output);
    folder.write("vaste.yaml", "kafka: { brokers: [\"127.0.0.1:1\"], topic: events }\n");
    let output = folder.vaste(&["publish", "--config", "vaste.yaml", "gone.ndjson"]);
    printed += &page(&output);
    insta::assert_snapshot!("unreadable", printed);
}

#[test]
fn every_step_begins_at_midnight_of_the_first_day_and_ends_with_the_last_event() {
    let folder = Folder::new();
    folder.write("events.ndjson", EVENTS);
    let output = folder.vaste(&[
        "replay",
        "--format",
        "json",
        "--every",
        "12h",
        "--at",
        "2026-11-18T00:00:00Z",
        "--at",
        "2026-11-16T12:00:00Z",
        "events.ndjson",
    ]);
    let mut instants: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let reading: serde_json::Value = serde_json::from_str(line).unwrap();
            reading["at"].as_str().unwrap().to_owned()
        })
        .collect();
    instants.dedup();
    // At the first midnight there are no events, so nothing is printed for it.
    assert_eq!(
        instants,
        [
            "2026-11-16T12:00:00Z",
            "2026-11-17T00:00:00Z",
            "2026-11-17T10:00:00Z",
            "2026-11-18T00:00:00Z",
        ]
    );
    let output = folder.vaste(&["replay", "--every", "1s", "events.ndjson"]);
    insta::assert_snapshot!("too_many_instants", page(&output));
}

#[test]
fn exports_read_by_column() {
    let folder = Folder::new();
    let header = "Ticket,Created at,First reply,Solved,Group,Prio\n";
    let rows = "\
T-1,2026-11-16 08:00,2026-11-16 09:00:30,2026-11-17T08:00:00+02:00,Billing,High
T-2,2026-11-16 00:00,,,Billing,
\"T-3\",2026-11-17 08:00,,2026-11-17 09:00,\"Support, 2nd\",low
T-4,yesterday,,,Billing,
T 5,2026-11-16 00:00,,,Billing,
T-7,2026-11-16,,,Billing,
T-6,2026-11-16 00:00,,,Billing,P1
";
    folder.write("export.csv", format!("\u{feff}{header}{rows}"));
    let columns = "created=Created at,first_reply=First reply,solved=Solved,team=Group";
    let all = format!("{columns},ticket=Ticket,priority=Prio");
    let output = folder.vaste(&["replay", "--format", "json", "--csv", &all, "export.csv"]);
    insta::assert_snapshot!("csv", page(&output));
    let output = folder.vaste(&["replay", "--csv", columns, "export.csv"]);
    assert_eq!(output.status.code(), Some(1), "rows are tickets: {}", page(&output));
    let mut printed =
        page(&folder.vaste(&["replay", "--csv", columns, "export.csv", "export.csv"]));
    let missing = columns.replace("Group", "Team");
    printed += &page(&folder.vaste(&["replay", "--csv", &missing, "export.csv"]));
    insta::assert_snapshot!("csv_faults", printed);
}

#[test]
fn check_and_check_events_exit_by_their_findings() {
    let folder = Folder::new();
    folder.write("billing.yaml", AGREEMENT);
    folder.write("bad.yaml", AGREEMENT.replace("4h", "four hours"));
    folder.write("events.ndjson", EVENTS);
    let long = format!("{{\"id\":\"{}\"}}\n", "x".repeat(1 << 20));
    folder.write("bad.ndjson", format!("{EVENTS}{EVENTS}\n\nnonsense\n{long}{{\"type\":\"x.y\"}}"));
    for (arguments, code) in [
        (vec!["check", "billing.yaml"], 0),
        (vec!["check", ".", "gone.yaml"], 78),
        (vec!["check", "bad.yaml", "billing.yaml"], 78),
        (vec!["check-events", "events.ndjson"], 0),
        (vec!["check-events", "bad.ndjson"], 1),
        (vec!["check-events", "--problems-only", "bad.ndjson"], 1),
        (vec!["replay", "--agreements", "bad.yaml", "events.ndjson"], 78),
        (vec!["replay", "--agreements", "gone", "events.ndjson"], 78),
    ] {
        let name = format!("exits_{}", arguments.join("_").replace(['.', '-'], "_"));
        let is_of_events = arguments[0] == "check-events";
        let at: &[&str] = if is_of_events { &["--at", AFTER_ALL] } else { &[] };
        let output = folder.vaste(&[&arguments[..], at].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        insta::assert_snapshot!(name, page(&output));
    }
}

#[test]
fn a_closed_output_pipe_is_no_error() {
    let folder = Folder::new();
    folder.write("events.ndjson", EVENTS.repeat(2_000));
    let mut child = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["check-events", "events.ndjson"])
        .current_dir(folder.0.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
}

#[test]
fn teams_beyond_the_maximum_are_unclaimed_with_a_warning() {
    let folder = Folder::new();
    let event = |team: usize| {
        format!(
            "{{\"id\":\"{team}\",\"type\":\"ticket.created\",\"time\":\"2026-11-16T08:00:00Z\",\
             \"ticket\":\"T-{team}\",\"team\":\"team-{team:04}\"}}\n"
        )
    };
    folder.write("events.ndjson", (0..2_003).rev().map(event).collect::<String>());
    let output = folder.vaste(&["replay", "--format", "json", "events.ndjson"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let waiting = |team: &str| {
        let mut readings =
            text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        readings.find(|reading| reading["team"] == team).map(|reading| reading["waiting"].clone())
    };
    assert_eq!(waiting("team-1999"), Some(1.into()));
    assert_eq!(waiting("team-2000"), None);
    assert_eq!(waiting("unclaimed"), Some(3.into()));
    insta::assert_snapshot!("too_many_teams", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_log_without_events_says_so() {
    let folder = Folder::new();
    folder.write("empty.ndjson", "");
    insta::assert_snapshot!("empty", page(&folder.vaste(&["replay", "empty.ndjson"])));
}
