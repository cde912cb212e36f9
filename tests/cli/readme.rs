//! Every command of README does what README says.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of README's shell blocks.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = Vec::new();
    let mut in_shell = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            in_shell = line == "```sh";
        } else if in_shell {
            commands.push(line.to_owned());
        }
    }
    commands
}

#[test]
fn the_first_two_commands_are_the_promised_ones() {
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
            // It does not end by itself: `demo.rs` runs it.
            ["cargo", "run", "--release", "--", "demo"] => continue,
            ["cargo", "run", "--release", "--", arguments @ ..] | ["vaste", arguments @ ..] => {
                arguments
            }
            // What runs this test.
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
