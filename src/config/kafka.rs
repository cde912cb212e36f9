//! The group `kafka` of the service's file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::disk::Disk;
use super::fields::{Field, File};
use super::property::{self, Property, variable_of};
use super::yaml::YamlValue;
use crate::mapping::{Mapping, MappingError, MappingFault};

/// The cluster, topic and consumer group of the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// Bootstrap brokers, `host:port`.
    pub brokers: Vec<String>,
    /// The topic of the events.
    pub topic: String,
    /// The consumer group. Default `vaste`.
    pub group: String,
    /// Consumers in this process, 1 to 64. Default 1. More workers use more cores.
    pub workers: usize,
    /// Properties for librdkafka, such as `security.protocol`.
    pub properties: Vec<(String, Property)>,
    /// The topic for rejected records; `None` if they are only logged and counted.
    pub dead_letters: Option<String>,
    /// The filter that makes events of the records; `None` if they are events.
    pub mapping: Option<Arc<Mapping>>,
}

impl Kafka {
    /// Sets the properties that environment variables hold. A variable wins over the configuration file.
    ///
    /// # Errors
    /// If a variable sets a property that belongs to Vaste.
    pub fn set_from_variables(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), SecretError> {
        for (variable, value) in variables {
            let Some(name) = property::name_in_variable(&variable) else { continue };
            if let Some(reason) = why_owned(&name) {
                return Err(SecretError::Owned { variable, reason });
            }
            self.properties.retain(|(other, _)| *other != name);
            self.properties.push((name, Property::secret(value)));
        }
        Ok(())
    }

    /// Sets the properties that environment variables hold, and reads those that are in files.
    ///
    /// # Errors
    /// If a file cannot be read, or a variable sets a property that belongs to Vaste.
    pub fn read_secrets(
        &mut self,
        read: impl Fn(&Path) -> io::Result<String>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), SecretError> {
        self.set_from_variables(variables)?;
        for (name, property) in &mut self.properties {
            property.read_file(name, &read).map_err(SecretError::File)?;
        }
        Ok(())
    }

    /// The credential that the SASL mechanism needs and no property holds, if there is one.
    pub fn missing_credential(&self) -> Option<MissingCredential> {
        let written = |name: &str| {
            let property = self.properties.iter().find(|(other, _)| other == name);
            property.map(|(_, property)| String::from(property).to_ascii_uppercase())
        };
        let mechanism = written("sasl.mechanisms").or_else(|| written("sasl.mechanism"))?;
        let is_sasl = written("security.protocol").is_some_and(|it| it.starts_with("SASL"));
        let needs_user = mechanism == "PLAIN" || mechanism.starts_with("SCRAM");
        let name =
            ["sasl.username", "sasl.password"].into_iter().find(|it| written(it).is_none())?;
        (is_sasl && needs_user).then(|| MissingCredential { name, variable: variable_of(name) })
    }

    /// Whether a restart keeps the partitions: whether `group.instance.id` is set.
    pub fn is_static_member(&self) -> bool {
        self.properties.iter().any(|(name, _)| name == GROUP_INSTANCE_ID)
    }

    /// What it costs that no `group.instance.id` is set, and what to do; `None` if it is.
    pub fn no_static_member(&self) -> Option<String> {
        (!self.is_static_member()).then(|| {
            format!(
                "{GROUP_INSTANCE_ID} is missing, so after a crash partitions are read again only after \
                 session.timeout.ms, 45s by default; give each process an id of its own, here or in {}",
                variable_of(GROUP_INSTANCE_ID)
            )
        })
    }

    /// Replaces the values of all properties in a text by `<secret>`. The Kafka client's errors hold the
    /// value of the property that it refuses.
    ///
    /// Values that the file has in clear are replaced as well: the name of a password may be misspelt.
    pub fn without_secrets(&self, text: &str) -> String {
        let values = self.properties.iter().filter_map(|(_, property)| property.value());
        values
            .filter(|value| value.len() > 3)
            .fold(text.to_owned(), |text, value| text.replace(value, "<secret>"))
    }
}

/// The property by which a process that starts again gets its partitions back at once.
const GROUP_INSTANCE_ID: &str = "group.instance.id";

/// A user or a password that is needed to connect to Kafka is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is missing: write it into kafka.properties, a password as `{{ file: path }}`, or set {variable}"
)]
pub struct MissingCredential {
    name: &'static str,
    variable: String,
}

/// Why the secrets of the Kafka client could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The file of a property cannot be read.
    #[error("{0}")]
    File(Diagnostic),
    /// An environment variable sets a property that Vaste sets itself.
    #[error("{variable}: Vaste sets this property itself ({reason}); unset the variable")]
    Owned {
        /// The variable.
        variable: String,
        /// Why the property belongs to Vaste, or the key to write instead.
        reason: &'static str,
    },
}

/// Reads the group.
pub(super) fn read(group: &Field<'_>, file: &mut File<'_>, disk: &dyn Disk) -> Option<Kafka> {
    let mut fields = group.fields(file)?;
    let group_key = group.key.clone();
    let brokers = fields.require("brokers", file, BROKERS_FORM).map(|field| brokers(&field, file));
    let topic = fields
        .require("topic", file, "write, for example, ticket-events; VASTE_KAFKA_TOPIC overrides it")
        .and_then(|field| name_of(&field, "topic", file));
    let group =
        fields.take("group").map_or(Some("vaste".to_owned()), |f| name_of(&f, "group", file));
    let workers = fields.take("workers").map_or(Some(1), |field| {
        let problem = "is not a number of workers; write a whole number from 1 to 64";
        let in_range = |count: &usize| (1..=WORKERS_MAX).contains(count);
        field.parse(file, problem, |text| text.parse().ok().filter(in_range))
    });
    let written = fields.take("properties");
    let place = written.as_ref().map_or((fields.at(), group_key), |f| (f.node.at, f.key.clone()));
    let place = Diagnostic::new(file.path, place.0, place.1, String::new());
    file.diagnostics.register_properties(place);
    let properties = written.map_or_else(Vec::new, |f| properties(&f, file));
    let dead_letters =
        fields.take("dead_letters").map(|field| dead_letters(&field, topic.as_deref(), file));
    let mapping = fields.take("map").map(|field| mapping(&field, file, disk));
    fields.finish(file);
    let dead_letters = match dead_letters {
        Some(name) => Some(name?),
        None => None,
    };
    let mapping = match mapping {
        Some(mapping) => Some(mapping?),
        None => None,
    };
    Some(Kafka {
        brokers: brokers?,
        topic: topic?,
        group: group?,
        workers: workers?,
        properties,
        dead_letters,
        mapping,
    })
}

/// Reads the filter that makes events of the records.
fn mapping(field: &Field<'_>, file: &mut File<'_>, disk: &dyn Disk) -> Option<Arc<Mapping>> {
    let problem = "is not a filter; write a built-in one, such as zendesk, or a file";
    let name = field.parse(file, problem, |text| Some(text.to_owned()))?;
    match Mapping::load(&name, |path| disk.read(path)) {
        Ok(mapping) => Some(Arc::new(mapping)),
        Err(MappingError::Refused { name, faults }) => {
            for MappingFault { line, column, problem } in faults {
                file.error(field.node.at, &field.key, format!("{name}:{line}:{column}: {problem}"));
            }
            None
        }
        Err(error @ MappingError::Unreadable { .. }) => {
            file.error(field.node.at, &field.key, error.to_string());
            None
        }
    }
}

/// What to write for `brokers`.
const BROKERS_FORM: &str =
    "write, for example, [\"localhost:9092\"]; VASTE_KAFKA_BROKERS overrides it";

fn brokers(field: &Field<'_>, file: &mut File<'_>) -> Vec<String> {
    let list = field.list(file);
    let has_scheme = |item: &Field<'_>| match &item.node.value {
        YamlValue::Scalar(text) => text.contains("://"),
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => false,
    };
    for item in list.iter().filter(|item| has_scheme(item)) {
        let problem = "has a scheme, and Kafka's addresses have none; write host:port, and set \
                       security.protocol in kafka.properties";
        item.error(file, problem);
    }
    if list.is_empty() && matches!(field.node.value, YamlValue::List(_)) {
        field.error(file, &format!("is empty; {BROKERS_FORM}"));
    }
    let list: Vec<Field<'_>> = list.into_iter().filter(|item| !has_scheme(item)).collect();
    let problem =
        "is not a broker; write host:port with a port from 1 to 65535, such as \"localhost:9092\"";
    let one = |text: &str| is_broker(text).then(|| text.to_owned());
    list.iter().filter_map(|broker| broker.parse(file, problem, one)).collect()
}

/// Whether the text is `host:port`, as Kafka's clients have it: without a scheme, an IPv6 address in
/// brackets.
pub fn is_broker(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    let is_host = !host.is_empty()
        && (is_bracketed || !host.contains(':'))
        && !host.contains(|c: char| c.is_whitespace() || c == ',');
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

pub(super) fn name_of(field: &Field<'_>, what: &str, file: &mut File<'_>) -> Option<String> {
    // Kafka's rule for topics, applied to groups as well.
    let problem = format!("cannot be a {what}; write 1 to 249 letters, digits or . _ -");
    field.parse(file, &problem, |text| {
        let legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        (legal && (1..=249).contains(&text.len())).then(|| text.to_owned())
    })
}

/// Reads the topic of rejected records. It must differ from the topic of events: otherwise every rejected
/// record would be read and rejected again.
fn dead_letters(field: &Field<'_>, topic: Option<&str>, file: &mut File<'_>) -> Option<String> {
    let name = name_of(field, "topic", file)?;
    if topic == Some(name.as_str()) {
        let problem = "is the topic that Vaste reads, so rejected records would come back for ever; use \
                       another one, such as ticket-events.dlq";
        field.error(file, problem);
        return None;
    }
    Some(name)
}

fn properties(group: &Field<'_>, file: &mut File<'_>) -> Vec<(String, Property)> {
    let Some(fields) = group.fields(file) else { return Vec::new() };
    let mut properties = Vec::new();
    for (key, field) in fields.all() {
        if let Some(why) = why_owned(&key.text) {
            file.error(key.at, &field.key, format!("is set by Vaste itself ({why}); remove it"));
            continue;
        }
        let Some(value) = property::read(key, &field, file) else { continue };
        let place = Diagnostic::new(file.path, field.node.at, field.key.clone(), String::new());
        file.diagnostics.register_property(&key.text, value.value(), place);
        properties.push((key.text.clone(), value));
    }
    properties
}

/// Properties of librdkafka that Vaste sets itself, each with its reason or with the key to write instead.
const PROPERTIES_OWNED: [(&str, &str); 10] = [
    ("auto.offset.reset", "a missing offset must be reported, not skipped"),
    ("bootstrap.servers", "use kafka.brokers"),
    ("client.id", "it identifies each worker"),
    ("debug", "it would print secrets"),
    ("enable.auto.commit", "offsets are committed after their checkpoint"),
    ("enable.auto.offset.store", "offsets are committed after their checkpoint"),
    ("enable.partition.eof", "it shows when a partition is caught up"),
    ("group.id", "use kafka.group"),
    ("partition.assignment.strategy", "partitions must stay where their state is"),
    ("statistics.interval.ms", "the metrics need it"),
];

/// The reason why Vaste sets a property itself; `None` if the file may set it.
fn why_owned(name: &str) -> Option<&'static str> {
    PROPERTIES_OWNED.iter().find(|(owned, _)| *owned == name).map(|(_, why)| *why)
}

/// Maximum `workers`: a partition has one consumer, and a worker needs a core.
const WORKERS_MAX: usize = 64;

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
            mapping: None,
        }
    }

    fn in_file(path: &str) -> Property {
        let unreadable = Diagnostic::of_file(Path::new("vaste.yaml"), String::new());
        Property::in_file(path.into(), unreadable)
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
                Err(io::Error::other("gone"))
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
        let gone = |_: &Path| Err(io::Error::other("it is not there"));
        let error = unread.read_secrets(gone, std::iter::empty()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "vaste.yaml: gone cannot be read: it is not there; name a file that Vaste may read, or set \
             VASTE_KAFKA_PROPERTIES_SASL_PASSWORD"
        );
        let owned = ("VASTE_KAFKA_PROPERTIES_GROUP_ID".to_owned(), "other".to_owned());
        let error = kafka(Vec::new()).read_secrets(gone, [owned].into_iter()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "VASTE_KAFKA_PROPERTIES_GROUP_ID: Vaste sets this property itself (use kafka.group); unset the \
             variable"
        );
    }
}
