//! Every command in README works as README describes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::check::{diagnostics_text, read};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README's code blocks of a kind.
fn blocks(kind: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let begin = format!("```{kind}");
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while lines.by_ref().any(|line| line == begin) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(block.map(|line| format!("{line}\n")).collect());
    }
    blocks
}

/// The lines of README's shell blocks.
fn commands() -> Vec<String> {
    blocks("sh").iter().flat_map(|block| block.lines()).map(str::to_owned).collect()
}

#[test]
fn every_agreement_of_readme_has_no_fault() {
    let calendars = fs::read_to_string(root().join("config/calendars.yaml")).unwrap();
    let agreements = blocks("yaml");
    assert_eq!(agreements.len(), 2);
    for text in agreements {
        // The second block continues the first.
        let text = if text.starts_with("team:") { text } else { format!("team: billing\n{text}") };
        let files = [("team.yaml", text.as_str()), ("calendars.yaml", calendars.as_str())];
        let config = read(&files, &["team.yaml", "calendars.yaml"]);
        assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
    }
}

#[test]
fn readme_describes_every_measure() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for measure in vaste::measure::Measure::ALL {
        let line = format!("| `{}` |", measure.label());
        assert_eq!(readme.matches(&line).count(), 1, "{line}");
    }
}

#[test]
fn the_first_two_commands_are_demo_and_tests() {
    let commands = commands();
    assert_eq!(commands[0], "cargo run --release -- demo");
    assert_eq!(commands[1], "tests/run");
    assert!(root().join("tests/run").is_file());
}

#[test]
fn every_command_of_readme_runs() {
    let mut ran = 0;
    for command in commands() {
        let words: Vec<&str> = command.split_whitespace().collect();
        let arguments = match words.as_slice() {
            // It does not exit by itself: `demo.rs` runs it.
            ["cargo", "run", "--release", "--", "demo"] => continue,
            ["cargo", "run", "--release", "--", arguments @ ..] | ["vaste", arguments @ ..] => {
                arguments
            }
            // This test is part of it.
            ["tests/run"] => continue,
            _ => unreachable!("README shows a command that this test cannot run: {command}"),
        };
        let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .current_dir(root())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(!output.stdout.is_empty(), "{command}");
        ran += 1;
    }
    assert!(ran >= 4, "{ran} commands");
}

#[test]
fn the_example_has_a_team_that_keeps_its_level_and_one_that_misses_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_vaste"))
        .args(["replay", "--format", "json", "--agreements", "config/example/agreements"])
        .arg("config/example/events.ndjson")
        .current_dir(root())
        .output()
        .unwrap();
    let state = |team: &str, objective: &str| {
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
        let verdict = lines.find(|line| line["team"] == team && line["objective"] == objective);
        verdict.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("billing", "first-reply"), "met");
    assert_eq!(state("billing", "nobody-forgotten"), "met");
    assert_eq!(state("support", "first-reply"), "missed");
    assert_eq!(state("support", "nobody-forgotten"), "missed");
}
