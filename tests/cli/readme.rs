//! Every command in README and in the references next to the files works as described, and every link leads
//! somewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::check::{diagnostics_text, read};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README, and the references that stand next to what they describe.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "config/README.md",
    "config/example/README.md",
    "deploy/README.md",
    "deploy/examples/README.md",
    "deploy/grafana/README.md",
];

fn text(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

/// A document's code blocks of a kind.
fn blocks(document: &str, kind: &str) -> Vec<String> {
    let document = text(document);
    let begin = format!("```{kind}");
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while lines.by_ref().any(|line| line == begin) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(block.map(|line| format!("{line}\n")).collect());
    }
    blocks
}

/// The lines of a document's shell blocks.
fn commands(document: &str) -> Vec<String> {
    let lines = |block: &String| block.lines().map(str::to_owned).collect::<Vec<_>>();
    blocks(document, "sh").iter().flat_map(lines).collect()
}

#[test]
fn the_agreement_of_readme_has_no_fault() {
    let agreements = blocks("README.md", "yaml");
    assert_eq!(agreements.len(), 1);
    let config = read(&[("team.yaml", &agreements[0])], &["team.yaml"]);
    assert!(!config.diagnostics.has_errors(), "{}", diagnostics_text(&config));
}

#[test]
fn the_reference_describes_every_measure() {
    let reference = text("config/README.md");
    for measure in vaste::measure::Measure::ALL {
        let line = format!("| `{}` |", measure.label());
        assert_eq!(reference.matches(&line).count(), 1, "{line}");
    }
}

#[test]
fn the_reference_of_events_describes_every_type() {
    let reference = text("deploy/examples/README.md");
    for kind in vaste::event::Kind::ALL {
        let name = format!("`{}`", kind.label());
        let is_row = |line: &&str| line.starts_with("| `") && line.contains(&name);
        assert_eq!(reference.lines().filter(is_row).count(), 1, "{name}");
    }
}

#[test]
fn the_first_two_commands_are_demo_and_tests() {
    let commands = commands("README.md");
    assert_eq!(commands[0], "cargo run --release -- demo");
    assert_eq!(commands[1], "tests/run");
    assert!(root().join("tests/run").is_file());
}

#[test]
fn every_command_of_the_documents_runs() {
    let mut ran = 0;
    for command in DOCUMENTS.iter().flat_map(|document| commands(document)) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let arguments = match words.as_slice() {
            // It does not exit by itself: `demo.rs` runs it.
            ["cargo", "run", "--release", "--", "demo"] => continue,
            ["cargo", "run", "--release", "--", arguments @ ..] | ["vaste", arguments @ ..] => {
                arguments
            }
            // This test is part of it.
            ["tests/run"] => continue,
            _ => unreachable!("a document shows a command that this test cannot run: {command}"),
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
    assert!(ran >= 18, "{ran} commands");
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let kept: String = heading.trim_start_matches('#').trim().chars().filter(is_kept).collect();
    kept.to_lowercase().replace(' ', "-")
}

/// The targets of a document's links to files and headings of this project.
fn links(document: &str) -> Vec<String> {
    // Lines may end within a link's text, not within its target.
    let text = text(document);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let images = text.split("<img src=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let is_outside = |target: &&str| target.contains("://");
    let targets = targets.chain(images).map(|(target, _)| target);
    targets.filter(|target| !is_outside(target)).map(str::to_owned).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for document in DOCUMENTS {
        let folder = Path::new(document).parent().unwrap();
        for link in links(document) {
            seen += 1;
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let file = if path.is_empty() { PathBuf::from(document) } else { folder.join(path) };
            let is_heading = |line: &str| line.starts_with('#') && anchor(line).as_str() == heading;
            let leads = root().join(&file).exists()
                && (heading.is_empty() || text(file.to_str().unwrap()).lines().any(is_heading));
            if !leads {
                wrong.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(seen > 30, "only {seen} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
