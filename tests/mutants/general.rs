//! The mechanical mutants of any file, as cargo-mutants makes them. It is asked for its list only: it builds
//! each mutant alone, which takes a day for the core of this crate.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// One change of one place.
#[derive(Debug, Deserialize)]
pub(crate) struct GeneralMutant {
    /// The place and what changes there.
    pub(crate) name: String,
    /// Relative to the root of the tree.
    pub(crate) file: PathBuf,
    replacement: String,
    span: TextSpan,
}

/// A part of a file.
#[derive(Debug, Deserialize)]
struct TextSpan {
    start: Position,
    end: Position,
}

/// A line and a character in it, both counted from 1.
#[derive(Debug, Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

/// Why there are no mechanical mutants.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GeneralError {
    #[error("cargo mutants: {0}")]
    Start(io::Error),
    #[error(
        "cargo mutants cannot list mutants; install it with `cargo install cargo-mutants`: {0}"
    )]
    List(String),
    #[error("cargo mutants lists mutants in a form that is not known: {0}")]
    Format(serde_json::Error),
    #[error("cargo mutants finds nothing to change in {0}")]
    Nothing(String),
}

/// The mutants of all files that match one of `globs`.
pub(crate) fn list(root: &Path, globs: &[String]) -> Result<Vec<GeneralMutant>, GeneralError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["mutants", "--list", "--json"])
        .args(globs.iter().flat_map(|glob| ["--file", glob]))
        .output()
        .map_err(GeneralError::Start)?;
    if !output.status.success() {
        return Err(GeneralError::List(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let mutants: Vec<_> = serde_json::from_slice(&output.stdout).map_err(GeneralError::Format)?;
    if mutants.is_empty() { Err(GeneralError::Nothing(globs.join(", "))) } else { Ok(mutants) }
}

impl GeneralMutant {
    /// The text with the change; `None` where the text has no such place.
    pub(crate) fn apply(&self, text: &str) -> Option<String> {
        let before = text.get(..self.span.start.byte(text)?)?;
        let after = text.get(self.span.end.byte(text)?..)?;
        Some([before, &self.replacement, after].concat())
    }
}

impl Position {
    fn byte(&self, text: &str) -> Option<usize> {
        let mut start = 0;
        for line in text.split_inclusive('\n').take(self.line.checked_sub(1)?) {
            start += line.len();
        }
        let line = text.get(start..)?.lines().next()?;
        let characters = self.column.checked_sub(1)?;
        let mut ends = line.char_indices().map(|(byte, _)| byte).chain([line.len()]);
        Some(start + ends.nth(characters)?)
    }
}
