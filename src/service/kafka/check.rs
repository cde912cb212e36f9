//! Checks the properties of the Kafka client without a broker.

use std::fs;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;

use super::client::client_config;
use crate::config::Kafka;
use crate::name;

/// Properties of Java's client that librdkafka does not have, each with the counterpart if there is one.
const OF_JAVA: [(&str, &str); 13] = [
    ("default.api.timeout.ms", "socket.timeout.ms"),
    ("exclude.internal.topics", ""),
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("interceptor.classes", ""),
    ("key.deserializer", ""),
    ("max.poll.records", ""),
    ("metric.reporters", ""),
    ("sasl.login.callback.handler.class", ""),
    ("ssl.endpoint.identification", "ssl.endpoint.identification.algorithm"),
    ("ssl.keystore.type", "ssl.keystore.location"),
    ("ssl.protocol", "security.protocol"),
    ("ssl.truststore.type", "ssl.ca.location"),
    ("value.deserializer", ""),
];

/// Properties that name a file or a folder, which the client reads when it is created.
const FILES: [&str; 4] =
    ["ssl.certificate.location", "ssl.crl.location", "ssl.key.location", "ssl.keystore.location"];

/// Why the client refuses a property; `None` if it accepts it. `value` is `None` if it is not known yet. The
/// text never has the value of a property that the client does not know: it may be a misspelt secret.
pub fn refuse_property(key: &str, value: Option<&str>) -> Option<String> {
    if let (true, Some(path)) =
        (FILES.contains(&key) || key == "ssl.ca.location" && value != Some("probe"), value)
        && let Err(error) = fs::metadata(path)
    {
        return Some(format!("`{path}` cannot be read: {error}; name a file that Vaste may read"));
    }
    let refused = problem_of(key, value.unwrap_or("1"))?;
    if let Refused::Unknown = refused {
        let java = OF_JAVA.iter().find(|(name, _)| *name == key);
        return Some(match java {
            Some((_, "")) => {
                "is a property of Java's client without a counterpart in librdkafka; remove it"
                    .to_owned()
            }
            Some((_, counterpart)) => {
                format!("is a property of Java's client; write {counterpart}, as librdkafka has it")
            }
            None => {
                let near = name::similar(key, KNOWN.into_iter());
                let advice = near
                    .map_or("librdkafka's CONFIGURATION.md has all of them".to_owned(), |near| {
                        format!("did you mean {near}?")
                    });
                format!("is not a property of librdkafka; {advice}")
            }
        });
    }
    let Refused::Value(why) = refused else { return None };
    // A value that is in another file is checked when it is read.
    value.map(|value| format!("`{value}` is not a value for it: {why}"))
}

/// Properties that people write, to find what was meant. All others are known to the client itself.
const KNOWN: [&str; 24] = [
    "client.rack",
    "fetch.max.bytes",
    "fetch.min.bytes",
    "fetch.wait.max.ms",
    "group.instance.id",
    "heartbeat.interval.ms",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "reconnect.backoff.max.ms",
    "sasl.kerberos.keytab",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "session.timeout.ms",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.keystore.password",
];

/// How the client refuses a property.
enum Refused {
    Unknown,
    Value(String),
}

fn problem_of(key: &str, value: &str) -> Option<Refused> {
    let mut config = ClientConfig::new();
    config.set(key, value);
    match config.create_native_config() {
        Ok(_) => None,
        Err(KafkaError::ClientConfig(_, why, _, _)) if why.contains("No such") => {
            Some(Refused::Unknown)
        }
        Err(KafkaError::ClientConfig(_, why, _, _)) => Some(Refused::Value(why)),
        Err(error) => Some(Refused::Value(error.to_string())),
    }
}

/// Why the client refuses all properties together; `None` if it accepts them. It does not connect. Secrets
/// that are not read yet are taken for given.
pub fn refuse_client(kafka: &Kafka) -> Option<String> {
    let mut config = client_config(kafka, 0);
    config.remove("bootstrap.servers");
    config.remove("debug");
    for (key, value) in &kafka.properties {
        if value.value().is_none() {
            config.set(key, "not-read-yet");
        }
    }
    // They may come from variables that are not set where a file is checked.
    for key in ["sasl.username", "sasl.password"] {
        if config.get(key).is_none() {
            config.set(key, "not-read-yet");
        }
    }
    let made: Result<BaseConsumer, KafkaError> = config.create();
    let error = made.err()?;
    let text = if let KafkaError::ClientCreation(text) = error { text } else { error.to_string() };
    if text.contains("GSSAPI") || text.contains("Unsupported SASL mechanism") {
        let advice = "has no sasl.mechanisms that this build has; write PLAIN, SCRAM-SHA-256, \
                      SCRAM-SHA-512 or OAUTHBEARER";
        return Some(advice.to_owned());
    }
    let text = kafka.without_secrets(&text);
    Some(format!("is refused by the Kafka client: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_that_is_suggested_exists() {
        for key in KNOWN {
            assert!(!matches!(problem_of(key, "1"), Some(Refused::Unknown)), "{key}");
        }
        for (key, _) in OF_JAVA {
            assert!(matches!(problem_of(key, "1"), Some(Refused::Unknown)), "{key}");
        }
    }
}
