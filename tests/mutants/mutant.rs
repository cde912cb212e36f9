//! The mutants as data: one TOML file for each area in `tests/mutants/rules`.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use toml_edit::{ArrayOfTables, DocumentMut, Item, value};

/// One rule of the design and the edits that break it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// Unique over all files.
    pub(crate) name: String,
    /// The rule that the edits break, with its section of the design.
    pub(crate) rule: String,
    /// The edited file, relative to the root of the tree.
    pub(crate) file: PathBuf,
    /// Applied in order.
    edits: Vec<Edit>,
    /// Tests to try first.
    #[serde(default)]
    pub(crate) caught_by: Vec<TestName>,
    /// The file that the mutant is from.
    #[serde(skip)]
    source: PathBuf,
}

/// One replacement; `old` must occur exactly once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    old: String,
    new: String,
}

/// One file of `tests/mutants/rules`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    mutant: Vec<Mutant>,
}

/// A test target that the mutants are tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// Unit tests.
    Lib,
    /// `tests/pipeline`.
    Pipeline,
    /// `tests/cli`, of which only those run that are named: many start browsers.
    Cli,
}

/// A test, written `lib::path`, `pipeline::path` or `cli::path`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TestName {
    pub(crate) target: Target,
    /// The name as the test binary prints it.
    pub(crate) path: String,
}

/// A test name without a known target.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` starts with none of `lib::`, `pipeline::` and `cli::`")]
pub(crate) struct UnknownTarget(String);

/// Why the mutants cannot be read or recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    #[error("{0}: {1}")]
    Format(PathBuf, toml_edit::de::Error),
    #[error("{0}: {1}")]
    Syntax(PathBuf, toml_edit::TomlError),
    #[error("{0}: no mutant is called {1}")]
    Gone(PathBuf, String),
    #[error("two mutants are called {0}")]
    Duplicate(String),
    #[error("no mutant is called {0}")]
    UnknownName(String),
    #[error("no section is called {0}")]
    UnknownSection(String),
}

impl Mutant {
    /// The text with all edits applied; `None` where an old text does not occur exactly once.
    pub(crate) fn apply(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for edit in &self.edits {
            if text.matches(&edit.old).count() != 1 {
                return None;
            }
            text = text.replacen(&edit.old, &edit.new, 1);
        }
        Some(text)
    }

    /// The name of its file without the ending.
    pub(crate) fn section(&self) -> &str {
        self.source.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Writes `caught_by` into its file and leaves everything else there as it is. Locks the file, so
    /// that two shards can record at once.
    pub(crate) fn record(&self, test: &TestName) -> Result<(), RulesError> {
        let failed = |error| RulesError::Io(self.source.clone(), error);
        let file = OpenOptions::new().read(true).write(true).open(&self.source);
        let mut file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let text = self.recorded(&text, test)?;
        rewrite(&mut file, &text).map_err(failed)
    }

    fn recorded(&self, text: &str, test: &TestName) -> Result<String, RulesError> {
        let mut document: DocumentMut =
            text.parse().map_err(|error| RulesError::Syntax(self.source.clone(), error))?;
        let mutant = document
            .get_mut("mutant")
            .and_then(Item::as_array_of_tables_mut)
            .map(ArrayOfTables::iter_mut)
            .and_then(|mut all| {
                all.find(|one| one.get("name").and_then(Item::as_str) == Some(&self.name))
            })
            .ok_or_else(|| RulesError::Gone(self.source.clone(), self.name.clone()))?;
        mutant.insert("caught_by", value(toml_edit::Array::from_iter([test.to_string()])));
        Ok(document.to_string())
    }
}

fn rewrite(file: &mut File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(text.as_bytes())
}

impl Target {
    pub(crate) const ALL: [Self; 3] = [Self::Lib, Self::Pipeline, Self::Cli];
    /// Those whose tests all run.
    pub(crate) const WHOLE: [Self; 2] = [Self::Lib, Self::Pipeline];

    /// The arguments that make Cargo build it alone.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Lib => &["--lib"],
            Self::Pipeline => &["--test", "pipeline"],
            Self::Cli => &["--test", "cli"],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lib => "lib",
            Self::Pipeline => "pipeline",
            Self::Cli => "cli",
        })
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.target, self.path)
    }
}

impl FromStr for TestName {
    type Err = UnknownTarget;

    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        let parsed = text.split_once("::").and_then(|(prefix, path)| {
            let target = Target::ALL.into_iter().find(|target| target.to_string() == prefix)?;
            Some(Self { target, path: path.to_owned() })
        });
        parsed.ok_or_else(|| UnknownTarget(text.to_owned()))
    }
}

impl TryFrom<String> for TestName {
    type Error = UnknownTarget;

    fn try_from(text: String) -> Result<Self, UnknownTarget> {
        text.parse()
    }
}

/// All mutants of a folder, in the order of file names.
pub(crate) fn load(folder: &Path) -> Result<Vec<Mutant>, RulesError> {
    let failed = |error| RulesError::Io(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    let mut mutants = Vec::new();
    for source in files {
        let text =
            fs::read_to_string(&source).map_err(|error| RulesError::Io(source.clone(), error))?;
        let section: Section = toml_edit::de::from_str(&text)
            .map_err(|error| RulesError::Format(source.clone(), error))?;
        let of_section = section.mutant.into_iter();
        mutants.extend(of_section.map(|mutant| Mutant { source: source.clone(), ..mutant }));
    }
    let mut names = BTreeSet::new();
    match mutants.iter().find(|mutant| !names.insert(&mutant.name)) {
        Some(second) => Err(RulesError::Duplicate(second.name.clone())),
        None => Ok(mutants),
    }
}

/// The mutants with these names and of these sections; all of them where neither is given.
pub(crate) fn select(
    mutants: Vec<Mutant>,
    names: &[String],
    sections: &[String],
) -> Result<Vec<Mutant>, RulesError> {
    if let Some(unknown) = names.iter().find(|name| mutants.iter().all(|m| m.name != **name)) {
        return Err(RulesError::UnknownName(unknown.clone()));
    }
    if let Some(unknown) = sections.iter().find(|name| mutants.iter().all(|m| m.section() != *name))
    {
        return Err(RulesError::UnknownSection(unknown.clone()));
    }
    let is_wanted = |mutant: &Mutant| {
        names.is_empty() && sections.is_empty()
            || names.contains(&mutant.name)
            || sections.iter().any(|section| section == mutant.section())
    };
    Ok(mutants.into_iter().filter(is_wanted).collect())
}
