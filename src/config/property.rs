//! Properties of librdkafka, some of which are secrets: those stand in files or in the environment, and are
//! never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::fields::{Field, File};
use super::service::{Kafka, why_owned};
use super::yaml::YamlKey;

/// What a variable begins with that says a property: the rest is its name with `_` for each dot.
const VARIABLE: &str = "VASTE_KAFKA_PROPERTIES_";

/// What a name holds whose value is a secret.
const SECRET_WORDS: [&str; 6] = ["password", "passphrase", "secret", "key.pem", "token", "jaas"];

/// The value of one property. Only `String::from` tells a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Property(PropertySource);

#[derive(Clone, PartialEq, Eq)]
enum PropertySource {
    /// As the file says it.
    Written(String),
    /// To be read at start; a fault there names this place.
    File(PathBuf, Box<Diagnostic>),
    /// From a file or the environment.
    Secret(String),
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PropertySource::Written(text) => f.write_str(text),
            PropertySource::File(..) | PropertySource::Secret(_) => f.write_str("<secret>"),
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
            // Nothing is what is known before it is read.
            PropertySource::File(..) => Self::new(),
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// The variable that says a property.
fn variable_of(name: &str) -> String {
    format!("{VARIABLE}{}", name.to_ascii_uppercase().replace('.', "_"))
}

pub(super) fn read(key: &YamlKey, field: &Field<'_>, file: &mut File<'_>) -> Option<Property> {
    if field.node.is_map() {
        let mut fields = field.fields(file)?;
        let path = fields.require("file", file, "write `{ file: path }`").and_then(|field| {
            let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
            Some((field.parse(file, "is not the path of a file; write one", path)?, field))
        });
        fields.finish(file);
        let (path, field) = path?;
        let fault = Diagnostic::new(file.path, field.node.at, field.key, String::new());
        return Some(Property(PropertySource::File(path, Box::new(fault))));
    }
    if is_secret(&key.text) {
        // Without the value.
        let variable = variable_of(&key.text);
        let problem = format!(
            "is a secret, and must not stand here; write `{{ file: path }}`, or set {variable} instead"
        );
        file.fault(field.node.at, &field.key, problem);
        return None;
    }
    let problem = "is not a property's value; write a text, or `{ file: path }`";
    field.parse(file, problem, |text| Some(Property(PropertySource::Written(text.to_owned()))))
}

impl Kafka {
    /// Reads the properties that stand in files, and takes those that variables say instead.
    ///
    /// # Errors
    /// The file that cannot be read, or the variable that cannot be meant, with the way out.
    pub fn read_secrets(
        &mut self,
        read: impl Fn(&Path) -> Result<String, String>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), String> {
        for (variable, value) in variables {
            let Some(name) = variable.strip_prefix(VARIABLE) else { continue };
            let name = name.to_ascii_lowercase().replace('_', ".");
            if let Some(why) = why_owned(&name) {
                return Err(format!("{variable}: is set by Vaste itself: {why}; unset it"));
            }
            self.properties.retain(|(other, _)| *other != name);
            self.properties.push((name, Property(PropertySource::Secret(value))));
        }
        for (name, property) in &mut self.properties {
            let PropertySource::File(path, fault) = &property.0 else { continue };
            let text = read(path).map_err(|error| {
                let variable = variable_of(name);
                let problem = format!(
                    "{} cannot be read: {error}; name a file that Vaste may read, or set {variable}",
                    path.display()
                );
                Diagnostic { problem, ..(**fault).clone() }.to_string()
            })?;
            let line = text.strip_suffix('\n').unwrap_or(&text);
            let line = line.strip_suffix('\r').unwrap_or(line);
            property.0 = PropertySource::Secret(line.to_owned());
        }
        Ok(())
    }
}

impl Kafka {
    /// The same text without secrets: what refuses a property says its value.
    pub fn without_secrets(&self, text: &str) -> String {
        self.properties.iter().fold(text.to_owned(), |text, (_, property)| match &property.0 {
            // What is written in clear, too: the name of a password may be misspelt.
            PropertySource::Secret(value) | PropertySource::Written(value) if value.len() > 3 => {
                text.replace(value, "<secret>")
            }
            PropertySource::Written(_) | PropertySource::File(..) | PropertySource::Secret(_) => {
                text
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kafka(properties: Vec<(String, Property)>) -> Kafka {
        Kafka {
            brokers: Vec::new(),
            topic: "events".to_owned(),
            group: "vaste".to_owned(),
            workers: 1,
            properties,
            dead_letters: None,
        }
    }

    fn in_file(path: &str) -> Property {
        let fault = Diagnostic::of_file(Path::new("vaste.yaml"), String::new());
        Property(PropertySource::File(path.into(), Box::new(fault)))
    }

    #[test]
    fn secrets_are_read_without_the_end_of_the_line_and_variables_win() {
        let mut kafka = kafka(vec![
            ("sasl.password".to_owned(), in_file("password")),
            ("ssl.key.password".to_owned(), in_file("gone")),
        ]);
        let variable = ("VASTE_KAFKA_PROPERTIES_SSL_KEY_PASSWORD".to_owned(), "two\n".to_owned());
        let others = ("VASTE_KAFKA_TOPIC".to_owned(), "other".to_owned());
        let read = |path: &Path| {
            if path == Path::new("password") {
                Ok("o ne\r\n".to_owned())
            } else {
                Err("gone".to_owned())
            }
        };
        kafka.read_secrets(read, [variable, others].into_iter()).unwrap();
        let values: Vec<String> = kafka.properties.iter().map(|(_, value)| value.into()).collect();
        assert_eq!(values, ["o ne", "two\n"]);
        let said = format!("{kafka:?} {}", kafka.properties[0].1);
        assert_eq!(said.matches("<secret>").count(), 3);
        assert_eq!(kafka.without_secrets("x o ne y"), "x <secret> y");
        assert!(!said.contains("o ne") && !said.contains("two"), "{said}");
    }

    #[test]
    fn a_secret_that_cannot_be_read_names_its_place_and_the_way_out() {
        let mut unread = kafka(vec![("sasl.password".to_owned(), in_file("gone"))]);
        let gone = |_: &Path| Err("it is not there".to_owned());
        let error = unread.read_secrets(gone, std::iter::empty()).unwrap_err();
        assert_eq!(
            error,
            "vaste.yaml: gone cannot be read: it is not there; name a file that Vaste may read, or set \
             VASTE_KAFKA_PROPERTIES_SASL_PASSWORD"
        );
        let owned = ("VASTE_KAFKA_PROPERTIES_GROUP_ID".to_owned(), "other".to_owned());
        let error = kafka(Vec::new()).read_secrets(gone, [owned].into_iter()).unwrap_err();
        assert_eq!(
            error,
            "VASTE_KAFKA_PROPERTIES_GROUP_ID: is set by Vaste itself: write kafka.group; unset it"
        );
    }
}
