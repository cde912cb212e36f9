//! Errors and warnings of configuration files.

use std::fmt;
use std::path::{Path, PathBuf};

use super::yaml::SourcePosition;
use crate::agreement::Owner;

/// One error or warning, with its position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// Line and column; `None` if it is about the whole file.
    pub at: Option<SourcePosition>,
    /// The key with its path, such as `objectives[0].share`; empty if it is about no key.
    pub key: String,
    /// The value, what is wrong with it, and what to write instead.
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

/// All errors and warnings of a run.
#[derive(Debug, Default)]
pub struct Diagnostics {
    /// Errors: a configuration that has any is refused.
    pub errors: Vec<Diagnostic>,
    /// Warnings: the configuration is used all the same.
    pub warnings: Vec<Diagnostic>,
    /// Warnings that concern only the running service, not commands that read its file for something else.
    pub service_warnings: Vec<Diagnostic>,
    /// The owners of the agreements, with the file of each.
    owners: Vec<(Owner, PathBuf)>,
    /// The names of the calendars, with the file of each.
    calendars: Vec<(Box<str>, PathBuf)>,
    /// The properties of the Kafka client, each with a diagnostic without text at its place.
    properties: Vec<WrittenProperty>,
    /// The place of `kafka.properties`, or of `kafka` without it.
    properties_at: Option<Diagnostic>,
}

/// A property of the Kafka client, as the file has it.
#[derive(Debug)]
struct WrittenProperty {
    name: String,
    /// `None` if the value is in another file.
    value: Option<String>,
    place: Diagnostic,
}

impl Diagnostics {
    /// Whether the configuration must be refused.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All errors in one line, for a log.
    pub fn errors_in_one_line(&self) -> String {
        let errors: Vec<String> = self.errors.iter().map(ToString::to_string).collect();
        errors.join("; ")
    }

    /// Adds an error for each property that `refuse` refuses, with its text.
    pub fn check_properties(&mut self, refuse: impl Fn(&str, Option<&str>) -> Option<String>) {
        for WrittenProperty { name, value, place } in std::mem::take(&mut self.properties) {
            if let Some(problem) = refuse(&name, value.as_deref()) {
                self.errors.push(Diagnostic { problem, ..place });
            }
        }
    }

    /// Adds an error about all properties together.
    pub fn refuse_properties(&mut self, problem: String) {
        if let Some(place) = self.properties_at.clone() {
            self.errors.push(Diagnostic { problem, ..place });
        }
    }

    /// Adds a warning about all properties together.
    pub fn warn_of_properties(&mut self, problem: String) {
        if let Some(place) = self.properties_at.clone() {
            self.service_warnings.push(Diagnostic { problem, ..place });
        }
    }

    /// Registers a property of the Kafka client. `value` is `None` if it is in another file.
    pub(super) fn register_property(&mut self, name: &str, value: Option<&str>, place: Diagnostic) {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.properties.push(WrittenProperty { name, value, place });
    }

    /// Registers the place of the properties.
    pub(super) fn register_properties(&mut self, place: Diagnostic) {
        self.properties_at = Some(place);
    }

    pub(super) fn error(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    pub(super) fn warn(&mut self, warning: Diagnostic) {
        self.warnings.push(warning);
    }

    /// Registers the owner of an agreement. A second file for the same owner is an error.
    pub(super) fn register_owner(&mut self, owner: &Owner, path: &Path) {
        if let Some((_, first)) = self.owners.iter().find(|(other, _)| other == owner) {
            let whose = match owner {
                Owner::Team(name) => format!("the team `{name}`"),
                Owner::Organisation => "the organisation".to_owned(),
            };
            let problem = format!(
                "{whose} already has an agreement in {}; put all its objectives into one file",
                first.display()
            );
            self.error(Diagnostic::of_file(path, problem));
        } else {
            self.owners.push((owner.clone(), path.to_owned()));
        }
    }

    /// Adds an error about the agreement of an owner.
    pub(super) fn error_of_owner(&mut self, owner: &Owner, problem: String) {
        let file = self.owners.iter().find(|(other, _)| other == owner);
        let path = file.map_or_else(PathBuf::new, |(_, path)| path.clone());
        self.error(Diagnostic::of_file(&path, problem));
    }

    /// Registers a calendar. A second file that defines the same name is an error.
    pub(super) fn register_calendar(&mut self, name: &str, path: &Path, at: SourcePosition) {
        match self.calendars.iter().find(|(other, _)| **other == *name) {
            None => self.calendars.push((name.into(), path.to_owned())),
            // `Field::fields` reports a key that comes twice in one file.
            Some((_, first)) if first == path => {}
            Some((_, first)) => {
                let first = first.display();
                let problem = format!("is already defined in {first}; choose another name");
                self.error(Diagnostic::new(path, at, format!("calendars.{name}"), problem));
            }
        }
    }
}
