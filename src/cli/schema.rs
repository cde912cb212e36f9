//! `vaste schema`: what events and configuration files look like, for editors and other programs.
//!
//! # Design
//! The schemas of events are made from the constants by which events are decoded. The schemas of files are
//! JSON beside this module, in the order in which people read the keys; their closed sets of values come
//! from the code. Tests compare the keys of every group with those that the reader of the file knows.

use super::arguments::{SchemaArgs, SchemaOf};
use super::exit::{CommandError, Exit};
use super::terminal::Terminal;
use crate::agreement::MessageOnSolved;
use crate::config::LANGUAGES;
use crate::event::Priority;
use crate::measure::Measure;

mod agenda;
mod asyncapi;
mod event;
mod fields;

const AGREEMENT: &str = include_str!("schema/agreement.json");
const CALENDARS: &str = include_str!("schema/calendars.json");
const CONFIG: &str = include_str!("schema/config.json");

/// The version of JSON Schema that all schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Prints one schema.
///
/// # Errors
/// If standard output is closed.
pub(super) fn run(
    arguments: &SchemaArgs,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    match arguments.of {
        SchemaOf::Event => writeln!(terminal.out, "{:#}", event::schema())?,
        SchemaOf::Agenda => writeln!(terminal.out, "{:#}", agenda::schema())?,
        SchemaOf::Asyncapi => writeln!(terminal.out, "{:#}", asyncapi::document())?,
        SchemaOf::Config => write!(terminal.out, "{}", with_values(CONFIG))?,
        SchemaOf::Agreement => write!(terminal.out, "{}", with_values(AGREEMENT))?,
        SchemaOf::Calendars => write!(terminal.out, "{}", with_values(CALENDARS))?,
    }
    Ok(Exit::Success)
}

/// The text of a schema with the values of the closed sets that it names.
fn with_values(text: &str) -> String {
    let text = text.replace("\"{measures}\"", &listed(Measure::ALL.map(Measure::label)));
    let text = text.replace("\"{priorities}\"", &listed(Priority::ALL.map(Priority::label)));
    let text = text.replace("\"{languages}\"", &listed(LANGUAGES));
    let messages = MessageOnSolved::ALL.map(MessageOnSolved::label);
    text.replace("\"{messages_on_solved}\"", &listed(messages))
}

/// Labels as the items of a JSON array.
fn listed<const COUNT: usize>(labels: [&str; COUNT]) -> String {
    labels.map(|label| format!("\"{label}\"")).join(", ")
}
