//! One property of librdkafka. Secrets are in files or in the environment, and are never printed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::fields::{Field, File};
use super::yaml::YamlKey;

/// The prefix of environment variables that set a property. The rest is the property's name in capitals,
/// with `_` for each dot.
const VARIABLE_PREFIX: &str = "VASTE_KAFKA_PROPERTIES_";

/// A property is a secret if its name contains one of these.
const SECRET_WORDS: [&str; 7] =
    ["password", "passphrase", "secret", "key.pem", "token", "jaas", "oauthbearer.config"];

/// The value of one property. `String::from` returns a secret; `Display` and `Debug` do not.
#[derive(Clone, PartialEq, Eq)]
pub struct Property(PropertySource);

#[derive(Clone, PartialEq, Eq)]
enum PropertySource {
    /// As the configuration file has it.
    Written(String),
    /// In a file that is read at start.
    File {
        path: PathBuf,
        /// The error if it cannot be read, without its text.
        unreadable: Box<Diagnostic>,
    },
    /// Read from a file or from the environment.
    Secret(String),
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PropertySource::Written(text) => f.write_str(text),
            PropertySource::File { .. } | PropertySource::Secret(_) => f.write_str("<secret>"),
        }
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&Property> for String {
    fn from(property: &Property) -> Self {
        match &property.0 {
            PropertySource::Written(text) | PropertySource::Secret(text) => text.clone(),
            // Empty until the file is read.
            PropertySource::File { .. } => Self::new(),
        }
    }
}

impl Property {
    /// A value from the environment.
    pub(super) fn secret(value: String) -> Self {
        Self(PropertySource::Secret(value))
    }

    /// A value in a file, still to be read. `unreadable` is the error if that fails, without its text.
    pub(super) fn in_file(path: PathBuf, unreadable: Diagnostic) -> Self {
        Self(PropertySource::File { path, unreadable: Box::new(unreadable) })
    }

    /// Reads the value if it is in a file. One line end at the end is not part of it.
    ///
    /// # Errors
    /// If the file cannot be read; the error has the position in the configuration file.
    pub(super) fn read_file(
        &mut self,
        name: &str,
        read: impl Fn(&Path) -> io::Result<String>,
    ) -> Result<(), Diagnostic> {
        let PropertySource::File { path, unreadable } = &self.0 else { return Ok(()) };
        let text = read(path).map_err(|error| {
            let variable = variable_of(name);
            let problem = format!(
                "{} cannot be read: {error}; name a file that Vaste may read, or set {variable}",
                path.display()
            );
            Diagnostic { problem, ..(**unreadable).clone() }
        })?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        *self = Self::secret(line.to_owned());
        Ok(())
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&str> {
        match &self.0 {
            PropertySource::Written(value) | PropertySource::Secret(value) => Some(value),
            PropertySource::File { .. } => None,
        }
    }
}

/// The property that an environment variable sets, if it sets one.
pub(super) fn name_in_variable(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(VARIABLE_PREFIX)?;
    Some(name.to_ascii_lowercase().replace('_', "."))
}

/// The environment variable that sets a property.
pub(super) fn variable_of(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase().replace('.', "_"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Reads the value of one key of `kafka.properties`.
pub(super) fn read(key: &YamlKey, field: &Field<'_>, file: &mut File<'_>) -> Option<Property> {
    if field.node.is_map() {
        let mut fields = field.fields(file)?;
        let path = fields.require("file", file, "write `{ file: path }`").and_then(|field| {
            let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
            Some((field.parse(file, "must be the path of a file", path)?, field))
        });
        fields.finish(file);
        let (path, field) = path?;
        let unreadable = Diagnostic::new(file.path, field.node.at, field.key, String::new());
        return Some(Property::in_file(path, unreadable));
    }
    if is_secret(&key.text) {
        // The message leaves out the value.
        let variable = variable_of(&key.text);
        let problem = format!(
            "is a secret and must not be in this file; write `{{ file: path }}` or set {variable}"
        );
        file.error(field.node.at, &field.key, problem);
        return None;
    }
    let problem = "is not a value for a property; write a text or `{ file: path }`";
    field.parse(file, problem, |text| Some(Property(PropertySource::Written(text.to_owned()))))
}
