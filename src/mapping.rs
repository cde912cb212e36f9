//! Events made of the payloads of other products, by a filter in jq.
//!
//! A filter gets one record and gives any number of events, as JSON objects. The decoder reads these as it
//! reads records, with the same rules. Filters for some products are built in: [`BUILT_IN`].
//!
//! # Design
//! jq is known to those who connect products, and `jaq` runs it in this process. A filter that never ends
//! would stop a partition, and one that takes all memory would end the process. Both are prevented:
//! - `functions` is a list of what filters may use. The result depends on the record alone.
//! - `recursion` refuses functions that call themselves, and `nesting` texts that are nested too deep.
//! - `limits` counts the work, also that of each value, and ends the run when it is used up.
//!
//! A filter that is ended rejects its record.

use std::fmt;
use std::io;
use std::path::Path;

use jaq_core::compile::Undefined;
use jaq_core::data::{DataT, HasLut};
use jaq_core::load::{Arena, Error as LoadError, File, Loader, lex, parse, span};
use jaq_core::{Compiler, Ctx, Filter, Lut, Vars};

use self::limits::{LimitReached, WORK_MAX, charge_term, run_bounded};
use self::value::JqValue;
use crate::event::{Event, Outcome, Reason, Rejection, Skip, decode, json_of};
use crate::name;

mod functions;
mod limits;
mod nesting;
mod recursion;
#[cfg(test)]
mod tests;
mod value;

/// The built-in filters: names and texts.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("chatwoot", include_str!("mapping/filters/chatwoot.jq")),
    ("freshdesk", include_str!("mapping/filters/freshdesk.jq")),
    ("github", include_str!("mapping/filters/github.jq")),
    ("jira", include_str!("mapping/filters/jira.jq")),
    ("zammad", include_str!("mapping/filters/zammad.jq")),
    ("zendesk", include_str!("mapping/filters/zendesk.jq")),
];

/// Maximum events of one record.
const EVENTS_MAX: usize = 100;

/// Maximum bytes of a filter. Built-in ones have fewer than 8 000.
const FILTER_BYTES_MAX: usize = 64 * 1024;

/// Maximum characters of a filter's error that a rejection repeats.
const ERROR_CHARS_MAX: usize = 200;

/// A filter that makes events of records.
pub struct Mapping {
    name: String,
    text: String,
    filter: Filter<MeteredData>,
}

impl Mapping {
    /// The built-in filter of that name, or else the filter in the file of that name.
    ///
    /// # Errors
    /// If there is neither, or the file is not a filter.
    pub fn load(
        name: &str,
        read: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<Self, MappingError> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Self::compile(name, text);
        }
        let text = read(Path::new(name))
            .map_err(|error| MappingError::Unreadable { name: name.to_owned(), error })?;
        Self::compile(name, &text)
    }

    /// A filter from its text. `name` is that of its file.
    ///
    /// # Errors
    /// If it is not a filter, or uses what filters may not use.
    pub fn compile(name: &str, text: &str) -> Result<Self, MappingError> {
        let refused = |faults| MappingError::Refused { name: name.to_owned(), faults };
        let filter = compile(text).map_err(refused)?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), filter })
    }

    /// The name of the filter, or of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the filter.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The events of a record, each as JSON.
    ///
    /// # Errors
    /// The outcome of the record if the filter makes no event of it: [`Outcome::Skipped`] or
    /// [`Outcome::Rejected`].
    pub fn apply(&self, record: &[u8]) -> Result<Vec<String>, Outcome> {
        let json = json_of(record)?;
        let events = match run_bounded(|| self.run(json)) {
            Ok(events) => events.map_err(|problem| self.failed(&problem))?,
            Err(LimitReached::Work) => {
                return Err(self.failed(&format!(
                    "takes more than {WORK_MAX} steps for this record; look for nested loops and long sums"
                )));
            }
            Err(LimitReached::Depth) => {
                return Err(self.failed("nests values or terms too deep for this record"));
            }
            Err(LimitReached::Failure) => {
                return Err(self.failed("makes jaq fail on this record; write it in another way"));
            }
        };
        if events.is_empty() { Err(Outcome::Skipped(Skip::NoEvent)) } else { Ok(events) }
    }

    /// Calls `visit` with each event of a record, decoded, and its JSON; or once with the outcome of a record
    /// of which the filter makes no event.
    pub fn decode(&self, record: &[u8], mut visit: impl FnMut(&[u8], Result<Event<'_>, Outcome>)) {
        let events = match self.apply(record) {
            Ok(events) => events,
            Err(outcome) => return visit(record, Err(outcome)),
        };
        for (number, event) in (1..).zip(&events) {
            let decoded = decode(event.as_bytes()).map_err(|outcome| match outcome {
                Outcome::Rejected(rejection) => {
                    let advice = format!(
                        "event {number} of {} that the filter {} gives: {}",
                        events.len(),
                        self.name,
                        rejection.advice
                    );
                    Outcome::Rejected(Box::new(Rejection { advice, ..*rejection }))
                }
                other @ (Outcome::Applied | Outcome::Duplicate | Outcome::Skipped(_)) => other,
            });
            visit(event.as_bytes(), decoded);
        }
    }

    /// Runs the filter.
    ///
    /// # Errors
    /// What is wrong, as it goes on after the name of the filter.
    fn run(&self, json: serde_json::Value) -> Result<Vec<String>, String> {
        let record = JqValue::of_json(json);
        let context = Ctx::<MeteredData>::new(MeteredLut(&self.filter.lut), Vars::new([]));
        let mut events = Vec::new();
        for output in self.filter.id.run((context, record)) {
            let output = output.map_err(|error| match error.get_err() {
                Ok(error) => {
                    let error = error.into_val();
                    // The filter's own words, or jaq's.
                    let error = if let JqValue::Text(text) = &error {
                        excerpt(text)
                    } else {
                        error.to_string()
                    };
                    format!("fails on this record: {error}; correct the filter, or the record")
                }
                // No function of a filter makes another exception.
                Err(_) => "stops on this record; end it with `empty` instead".to_owned(),
            })?;
            if !matches!(output, JqValue::Object(_)) {
                return Err(format!(
                    "gives {}, which is no event; let it give objects such as {{id, type, time, ticket}}, or \
                     `empty` for nothing",
                    output
                ));
            }
            if events.len() == EVENTS_MAX {
                return Err(format!(
                    "gives more than {EVENTS_MAX} events for this record; give fewer"
                ));
            }
            events.push(output.to_json());
        }
        Ok(events)
    }

    fn failed(&self, problem: &str) -> Outcome {
        let advice = format!("the filter {} {problem}", self.name);
        Outcome::Rejected(Box::new(Rejection { reason: Reason::FilterFailed, advice }))
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Filters are equal if their names and texts are.
impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Mapping {}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    let mut cut: String = text.chars().take(ERROR_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// The types of data that a filter works on.
struct MeteredData;

impl DataT for MeteredData {
    type V<'a> = JqValue;
    type Data<'a> = MeteredLut<'a>;
}

/// The terms of a filter. jaq looks each up here before it evaluates it.
#[derive(Clone, Copy)]
struct MeteredLut<'a>(&'a Lut<MeteredData>);

impl<'a> HasLut<'a, MeteredData> for MeteredLut<'a> {
    fn lut(&self) -> &'a Lut<MeteredData> {
        charge_term();
        self.0
    }
}

/// Why there is no filter.
#[derive(Debug)]
pub enum MappingError {
    /// The text is not a filter, or uses what filters may not use.
    Refused {
        /// The name of its file.
        name: String,
        /// What is wrong.
        faults: Vec<MappingFault>,
    },
    /// There is no such built-in filter, and no such file.
    Unreadable {
        /// The name.
        name: String,
        /// Why the file cannot be read.
        error: io::Error,
    },
}

/// One thing that is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingFault {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// `support.jq:3:14: there is no function `foo`; …`, one line for each fault.
impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { name, faults } => {
                let lines = faults.iter().map(|MappingFault { line, column, problem }| {
                    format!("{name}:{line}:{column}: {problem}")
                });
                f.write_str(&lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Unreadable { name, error } => {
                let known = || BUILT_IN.iter().map(|(known, _)| *known);
                let meant = match name::similar(name, known()) {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!(
                        "name a file that Vaste may read, or one of {}",
                        known().collect::<Vec<_>>().join(", ")
                    ),
                };
                write!(
                    f,
                    "{name} is no built-in filter and cannot be read as a file: {error}; {meant}"
                )
            }
        }
    }
}

impl std::error::Error for MappingError {}

impl MappingFault {
    /// A fault of a part of a text.
    fn of(text: &str, part: &str, problem: String) -> Self {
        Self::at(text, span(text, part).start, problem)
    }

    /// A fault at a byte of a text.
    fn at(text: &str, byte: usize, problem: String) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: 1 + before.matches('\n').count(), column: 1 + line.chars().count(), problem }
    }
}

fn compile(text: &str) -> Result<Filter<MeteredData>, Vec<MappingFault>> {
    check_size(text).map_err(|fault| vec![fault])?;
    let arena = Arena::default();
    let file = File { code: text, path: () };
    let modules = Loader::new(functions::definitions()).load(&arena, file).map_err(|errors| {
        errors.into_iter().flat_map(|(_, error)| unread(text, error)).collect::<Vec<_>>()
    })?;
    let program = parse(text, |parser| parser.term()).unwrap_or_default();
    if let Some(call) = recursion::find(&program) {
        let problem = format!(
            "`{call}` calls itself, and may never end; write reduce, foreach or .[] instead"
        );
        return Err(vec![MappingFault::of(text, call, problem)]);
    }
    let compiler = Compiler::default().with_funs(functions::natives::<MeteredData>());
    compiler.compile(modules).map_err(|errors| {
        let undefined = errors.into_iter().flat_map(|(_, undefined)| undefined);
        undefined.map(|(part, what)| MappingFault::of(text, part, unknown(part, &what))).collect()
    })
}

/// Refuses a filter that jaq would parse or compile with too much stack.
fn check_size(text: &str) -> Result<(), MappingFault> {
    if text.len() > FILTER_BYTES_MAX {
        let problem =
            format!("the filter has {} bytes; write at most {FILTER_BYTES_MAX}", text.len());
        return Err(MappingFault::at(text, 0, problem));
    }
    if let Some(byte) = nesting::find_too_deep(text) {
        let problem = "the filter is too long or nested too deep here; define parts of it with def";
        return Err(MappingFault::at(text, byte, problem.to_owned()));
    }
    Ok(())
}

/// The faults of a text that cannot be parsed.
fn unread(text: &str, error: LoadError<&str>) -> Vec<MappingFault> {
    let found = |part: &str| match part.chars().next() {
        None => "the end of the filter".to_owned(),
        Some(_) => format!("`{}`", part.split_whitespace().next().unwrap_or_default()),
    };
    match error {
        LoadError::Io(files) => {
            let problem = "a filter is one file; copy what it needs into it".to_owned();
            files
                .into_iter()
                .map(|(part, _)| MappingFault::of(text, part, problem.clone()))
                .collect()
        }
        LoadError::Lex(errors) => {
            let fault = |(expected, part): lex::Error<&str>| {
                let lex::Expect::Delim(bracket) = expected else {
                    let problem =
                        format!("{} is expected, and here is {}", expected.as_str(), found(part));
                    return MappingFault::of(text, part, problem);
                };
                let end = match bracket {
                    "(" => ")",
                    "[" => "]",
                    "{" => "}",
                    _ => "\"",
                };
                MappingFault::of(text, bracket, format!("{bracket} is not closed; add {end}"))
            };
            errors.into_iter().map(fault).collect()
        }
        LoadError::Parse(errors) => {
            let fault = |(expected, part): parse::Error<&str>| {
                let problem =
                    format!("{} is expected, and here is {}", expected.as_str(), found(part));
                MappingFault::of(text, part, problem)
            };
            errors.into_iter().map(fault).collect()
        }
    }
}

/// The problem of a name that means nothing.
fn unknown(name: &str, what: &Undefined) -> String {
    if let Undefined::Var = what {
        return format!("there is no variable {name}; define it with `… as {name} | …`");
    }
    let Undefined::Filter(arguments) = what else {
        return format!("there is no {} `{name}`; define it", what.as_str());
    };
    if let Some(reason) = functions::why_refused(name) {
        return format!("`{name}` cannot be used here: {reason}");
    }
    let count = match arguments {
        0 => "without arguments".to_owned(),
        1 => "with 1 argument".to_owned(),
        more => format!("with {more} arguments"),
    };
    let advice = match name::similar(name, functions::names()) {
        Some(known) if known == name => "give it another number of arguments".to_owned(),
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            "a filter has a part of jq's functions; use others, or define it with def".to_owned()
        }
    };
    format!("there is no function `{name}` {count}; {advice}")
}
