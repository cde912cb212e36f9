//! The names of Vaste that the files of `deploy/` use: commands, flags, variables, metrics.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::files::{document, files, root, text, words};

/// The help of a command.
fn help(command: &str) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_vaste")).args([command, "--help"]).output().unwrap();
    assert!(output.status.success(), "vaste has no command {command}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a help text has a flag, and not only a longer one.
fn has_flag(help: &str, flag: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    help.match_indices(flag).any(|(at, _)| is_end(help.get(at + flag.len()..).unwrap()))
}

/// The commands of Vaste in the files, each as its words after `vaste`.
fn commands() -> Vec<Vec<String>> {
    let own = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut commands = Vec::new();
    let compose = document("deploy/compose/compose.yaml");
    commands.push(own(words(&compose["services"]["producer"]["command"])));
    for file in ["base", "overlays/two-instances"] {
        let set = document(format!("deploy/kubernetes/{file}/statefulset.yaml"));
        commands.push(own(words(&set["spec"]["template"]["spec"]["containers"][0]["args"])));
    }
    let image = text("deploy/Dockerfile");
    let command = image.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    commands.push(serde_json::from_str(command).unwrap());
    for line in text("deploy/systemd/vaste.service").lines() {
        let command =
            line.split_once("=/usr/bin/vaste ").filter(|(key, _)| key.starts_with("Exec"));
        commands.extend(command.map(|(_, words)| own(words.split_whitespace().collect())));
    }
    for line in text("deploy/README.md").lines() {
        let line = line.rsplit("&& ").next().unwrap_or(line).trim_end_matches(')');
        let line = line.trim_start().trim_start_matches("sudo ");
        let command = line.strip_prefix("vaste ");
        commands.extend(command.map(|words| own(words.split_whitespace().collect())));
    }
    commands
}

#[test]
fn every_command_and_flag_exists() {
    let commands = commands();
    assert!(commands.len() > 6, "{commands:?}");
    for words in commands {
        let help = help(&words[0]);
        for word in words.iter().filter(|word| word.starts_with("--")) {
            let flag = word.split('=').next().unwrap();
            assert!(has_flag(&help, flag), "vaste {} has no {flag}", words[0]);
        }
    }
}

/// The longest runs of these characters that begin with the prefix.
fn found(text: &str, prefix: &str, is_part: impl Fn(char) -> bool) -> BTreeSet<String> {
    let words = text.split(|c| !is_part(c));
    words.filter(|word| word.starts_with(prefix)).map(str::to_owned).collect()
}

/// The texts that name parts of Vaste. Dashboards have tests of their own, and `deploy/check` has its own
/// variables.
fn all_texts() -> String {
    let left_out = ["deploy/grafana", "deploy/check"].map(|path| root().join(path));
    let is_read = |path: &&std::path::PathBuf| !left_out.iter().any(|out| path.starts_with(out));
    let all = files("deploy");
    all.iter().filter(is_read).map(|path| fs::read_to_string(path).unwrap() + "\n").collect()
}

#[test]
fn every_variable_exists() {
    let variables =
        found(&all_texts(), "VASTE_", |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    assert!(variables.len() > 4, "{variables:?}");
    let image = text("deploy/Dockerfile");
    let build = text("src/build.rs");
    let help = help("run") + &help("publish");
    for variable in variables {
        let is_argument = image.contains(&format!("ARG {variable}="));
        let is_of_build =
            is_argument && (build.contains(&variable) || image.contains(&format!("${variable}")));
        let is_property = variable.starts_with("VASTE_KAFKA_PROPERTIES_");
        // The help wraps lines.
        let is_in_help = help.contains(&format!("{variable}="));
        assert!(is_in_help || is_property || is_of_build, "Vaste does not know {variable}");
    }
}

#[test]
fn every_metric_exists() {
    let mut sources = String::new();
    for folder in ["src/service/instruments", "src/service/http/metrics"] {
        for file in files(folder) {
            sources += &fs::read_to_string(file).unwrap();
        }
    }
    sources += &text("src/service/instruments.rs");
    sources += &text("src/service/log_counter.rs");
    let metrics = found(&all_texts(), "vaste_", |c| c.is_ascii_lowercase() || c == '_');
    assert!(metrics.len() > 8, "{metrics:?}");
    for metric in metrics {
        let series = ["_bucket", "_sum", "_count"].iter().find_map(|end| metric.strip_suffix(end));
        // Most names stand there without the prefix.
        let is_defined = |name: &str| {
            let short = name.trim_start_matches("vaste_");
            [name, short].iter().any(|name| sources.contains(&format!("\"{name}\"")))
        };
        assert!(
            is_defined(&metric) || series.is_some_and(is_defined),
            "there is no metric {metric}"
        );
    }
}
