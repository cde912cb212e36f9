//! Rules for the source text that no linter checks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/tokens.rs"]
mod tokens;
#[path = "tidy/types.rs"]
mod types;

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a source file.
const FILE_LINES_MAX: usize = 600;
/// The most characters of a line.
const LINE_CHARS_MAX: usize = 110;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, with their text, in order of their paths.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The modules that `lib.rs` declares, in its order.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect()
}

/// The module of `lib.rs` that a file belongs to.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn a_module_uses_only_modules_declared_above_it() {
    let modules = modules();
    assert!(modules.len() > 10, "{modules:?}");
    let position = |name: &str| modules.iter().position(|module| module == name);
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some(own) = position(&module_of(&path)) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            for used in line.split("crate::").skip(1) {
                let name: String =
                    used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if position(&name).is_some_and(|used| used > own) {
                    wrong.push(format!("{}:{number} uses `{name}`", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The Rust files of the crate by their paths below `src`, with their text.
fn crate_sources() -> Vec<(String, String)> {
    let folder = root().join("src");
    let inside = |path: &Path| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
    sources("src").into_iter().map(|(path, text)| (inside(&path), text)).collect()
}

#[test]
fn no_circle_between_files() {
    let sources = crate_sources();
    let files = sources.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let uses = files::Crate::new(files).uses();
    assert!(uses.len() > 50, "only {} files use another", uses.len());
    let circles: Vec<String> = files::circles(&uses)
        .iter()
        .map(|circle| format!("circle:\n{}", files::described(&uses, circle)))
        .collect();
    assert!(circles.is_empty(), "{}", circles.concat());
}

/// Type names that stand for two things, each with its reason.
const NAMED_TWICE: [(&str, &str); 0] = [];

#[test]
fn every_type_name_is_unique_in_the_crate() {
    let sources = crate_sources();
    let files = sources.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let mut repeated = types::repeated(files);
    for (name, reason) in NAMED_TWICE {
        assert!(repeated.remove(name).is_some(), "{name} is unique again: {reason}");
    }
    assert!(repeated.is_empty(), "{repeated:#?}");
}

#[test]
fn the_core_has_no_clock_no_files_and_no_threads() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let module = module_of(&path);
        // The command line and the service are the shell; `input` reads files, `build` asks the compiler.
        if ["build", "cli", "input", "main", "service"].contains(&module.as_str()) {
            continue;
        }
        for word in
            ["std::fs", "std::net", "std::env", "std::thread", "SystemTime", "Instant::", "tokio"]
        {
            // An address is data.
            if text.replace("std::net::SocketAddr", "").contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_lines_are_short_and_nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
        for (number, line) in (1..).zip(text.lines()) {
            let position = format!("{}:{number}", path.display());
            // Records and tables of tests may be long: they are data.
            // A row of a table in a comment cannot be wrapped.
            let is_data = line.contains("r#\"")
                || line.trim_start().starts_with(['{', '"', '-'])
                || line.starts_with("//! |");
            if line.chars().count() > LINE_CHARS_MAX && !is_data {
                wrong.push(format!("{position}: {} characters", line.chars().count()));
            }
            for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
                if line.contains(word) {
                    wrong.push(format!("{position}: {word}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comments_are_sentences() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let mut in_code = false;
        for (index, line) in lines.iter().enumerate() {
            let Some(comment) = line.strip_prefix("//") else { continue };
            let comment = comment.trim_start_matches(['/', '!']).trim();
            if comment.starts_with("```") {
                in_code = !in_code;
                continue;
            }
            let next = lines.get(index + 1).copied().unwrap_or_default();
            let ends = !next.starts_with("//") || next.trim_start_matches(['/', '!']).is_empty();
            let is_sentence = comment.ends_with(['.', ':', ';', '?', '|', '`']);
            let is_heading = comment.starts_with('#');
            if ends && !in_code && !comment.is_empty() && !is_sentence && !is_heading {
                // Help texts are printed without a full stop, as is usual on a command line.
                if !path.to_string_lossy().contains("cli/arguments") {
                    wrong.push(format!("{}:{}: {comment}", path.display(), index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_come_in_blocks_std_crates_own() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let rank = |line: &str| match line {
            line if line.starts_with("use std::") => Some(0),
            line if line.starts_with("use crate::") || line.starts_with("use super::") => Some(2),
            line if line.starts_with("use ") => Some(1),
            _ => None,
        };
        let mut last = 0;
        for line in text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")) {
            if let Some(rank) = rank(line) {
                if rank < last {
                    wrong.push(format!("{}: {line}", path.display()));
                }
                last = rank;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A module of tests with Kafka that no step names would never run.
#[test]
fn tests_run_names_every_module_of_tests_with_kafka() {
    let steps = fs::read_to_string(root().join("tests/run")).unwrap();
    for (path, text) in sources("tests/kafka") {
        let module = path.file_stem().unwrap().to_str().unwrap();
        let is_named = steps.split_whitespace().any(|word| word == format!("{module}::"));
        assert!(!text.contains("#[test]") || is_named, "{module}:: is in no step of tests/run");
    }
}

#[test]
fn the_top_level_is_the_agreed_one() {
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    names.sort();
    let agreed = [
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "config",
        "deploy",
        "rust-toolchain.toml",
        "src",
        "tests",
    ];
    assert!(names.iter().all(|name| agreed.contains(&name.as_str())), "{names:?}");
}

/// The texts between backticks of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether a text is the path of one file or folder of the project.
fn is_path(text: &str) -> bool {
    let is_inside = ["src/", "tests/", "config/"].iter().any(|top| text.starts_with(top));
    is_inside && !text.contains(['*', ' '])
}

#[test]
fn contributing_names_files_and_functions_that_exist() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let mut wrong = Vec::new();
    let mut functions = 0;
    let mut has_functions = false;
    for line in text.lines() {
        if line.starts_with('#') || line.ends_with("| function |") {
            has_functions = line.starts_with('|');
            continue;
        }
        let paths: Vec<&str> = quoted(line).filter(|text| is_path(text)).collect();
        let is_missing = |path: &&&str| !root().join(path).exists();
        wrong.extend(paths.iter().filter(is_missing).map(|path| format!("no file {path}")));
        if !has_functions || !line.starts_with('|') {
            continue;
        }
        let sources: String =
            paths.iter().filter_map(|path| fs::read_to_string(root().join(path)).ok()).collect();
        let last = line.trim_matches('|').rsplit('|').next().unwrap();
        for name in quoted(last).filter(|text| !is_path(text)) {
            functions += 1;
            let name = name.rsplit("::").next().unwrap();
            if !["(", "<"].iter().any(|next| sources.contains(&format!("fn {name}{next}"))) {
                wrong.push(format!("no function {name} in {paths:?}"));
            }
        }
    }
    assert!(functions > 30, "only {functions} functions are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
