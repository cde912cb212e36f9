//! The group `agendas` of the service's file.

use super::fields::{Field, File};
use super::kafka::{Kafka, name_of};

/// The codes of the languages in which agendas are written.
pub const LANGUAGES: [&str; 3] = ["en", "fi", "sv"];

/// Where agendas are posted at handovers of turns of duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgendaTopic {
    /// The topic. It is neither the topic of the events nor the one for rejected records.
    pub topic: String,
    /// The language of the texts, one of [`LANGUAGES`]. Default `en`.
    pub language: &'static str,
}

/// Reads the group; `None` if it has no topic that can be used.
pub(super) fn read(
    group: &Field<'_>,
    kafka: Option<&Kafka>,
    file: &mut File<'_>,
) -> Option<AgendaTopic> {
    let mut fields = group.fields(file)?;
    let topic = fields
        .require("topic", file, "write, for example, team-agendas")
        .and_then(|field| topic(&field, kafka, file));
    let language = fields.take("language").map_or(Some(LANGUAGES[0]), |field| {
        let problem =
            format!("is no language that Vaste has; write one of {}", LANGUAGES.join(", "));
        field.parse(file, &problem, |text| LANGUAGES.into_iter().find(|code| *code == text))
    });
    fields.finish(file);
    Some(AgendaTopic { topic: topic?, language: language? })
}

fn topic(field: &Field<'_>, kafka: Option<&Kafka>, file: &mut File<'_>) -> Option<String> {
    let name = name_of(field, "topic", file)?;
    let is_taken = |other: Option<&str>| other == Some(name.as_str());
    let problem = if is_taken(kafka.map(|kafka| kafka.topic.as_str())) {
        "is the topic of the events, which agendas are not; use another one, such as team-agendas"
    } else if is_taken(kafka.and_then(|kafka| kafka.dead_letters.as_deref())) {
        "is the topic for rejected records (kafka.dead_letters); use another one, such as team-agendas"
    } else {
        return Some(name);
    };
    field.error(file, problem);
    None
}
