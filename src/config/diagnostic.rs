//! What is wrong with configuration, and what is only worth a look.

use std::fmt;
use std::path::{Path, PathBuf};

use super::yaml::SourcePosition;
use crate::agreement::Owner;

/// One thing wrong, or worth a look, at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// Line and column; absent where the whole file is meant.
    pub at: Option<SourcePosition>,
    /// The key with its path, such as `objectives[0].share`; empty where no key is meant.
    pub key: String,
    /// The value, what is wrong with it, and the way out.
    pub problem: String,
}

impl Diagnostic {
    pub(super) fn new(file: &Path, at: SourcePosition, key: String, problem: String) -> Self {
        Self { file: file.to_owned(), at: Some(at), key, problem }
    }

    pub(super) fn of_file(file: &Path, problem: String) -> Self {
        Self { file: file.to_owned(), at: None, key: String::new(), problem }
    }
}

/// `billing.yaml:7:12: objectives[0].share: …`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// All faults and warnings of a run.
#[derive(Debug, Default)]
pub struct Diagnostics {
    /// What is wrong: configuration with any of these is refused.
    pub faults: Vec<Diagnostic>,
    /// What is allowed and worth a look.
    pub warnings: Vec<Diagnostic>,
    owners: Vec<(Owner, PathBuf)>,
    calendars: Vec<(Box<str>, PathBuf)>,
}

impl Diagnostics {
    pub(super) fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    pub(super) fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Takes note of whose agreement a file is; a second one is a fault.
    pub(super) fn owner(&mut self, owner: &Owner, path: &Path) {
        if let Some((_, first)) = self.owners.iter().find(|(other, _)| other == owner) {
            let whose = match owner {
                Owner::Team(name) => format!("the team `{name}`"),
                Owner::Organisation => "the organisation".to_owned(),
            };
            let problem = format!(
                "{whose} has an agreement in {} already; write all its objectives into one file",
                first.display()
            );
            self.fault(Diagnostic::of_file(path, problem));
        } else {
            self.owners.push((owner.clone(), path.to_owned()));
        }
    }

    /// Takes note of where a calendar is defined; a second one of its name is a fault.
    pub(super) fn calendar(&mut self, name: &str, path: &Path, at: SourcePosition) {
        match self.calendars.iter().find(|(other, _)| **other == *name) {
            None => self.calendars.push((name.into(), path.to_owned())),
            // Twice in one file is said of the key.
            Some((_, first)) if first == path => {}
            Some((_, first)) => {
                let first = first.display();
                let problem = format!("is defined in {first} already; give it another name");
                self.fault(Diagnostic::new(path, at, format!("calendars.{name}"), problem));
            }
        }
    }
}
