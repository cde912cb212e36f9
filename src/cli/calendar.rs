//! `vaste calendar`

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::disk::{RealDisk, files_of, today};
use super::{CalendarArgs, CalendarQuestion, Exit, Terminal, check};
use crate::calendar::Calendar;
use crate::config::Config;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// Bytes of one question at most; a longer line is answered with an error.
const QUESTION_BYTES_MAX: u64 = 64 * 1024;
/// The name of the built-in calendar.
const ALWAYS: &str = "always";

type Calendars = BTreeMap<Box<str>, Arc<Calendar>>;

pub(super) fn run(arguments: &CalendarArgs, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let files = match &arguments.question {
        CalendarQuestion::Elapsed { calendars, .. }
        | CalendarQuestion::Due { calendars, .. }
        | CalendarQuestion::Open { calendars, .. }
        | CalendarQuestion::Ask { calendars } => &calendars.calendars,
    };
    let calendars = match read(files, terminal)? {
        Ok(calendars) => calendars,
        Err(exit) => return Ok(exit),
    };
    let answer = match &arguments.question {
        CalendarQuestion::Ask { .. } => return answer_all(&calendars, terminal),
        CalendarQuestion::Elapsed { calendar, from, to, .. } => {
            find(calendar, &calendars).map(|hours| elapsed_in_words(hours, *from, *to))
        }
        CalendarQuestion::Due { calendar, from, target, .. } => {
            find(calendar, &calendars).map(|hours| due_in_words(hours, *from, *target))
        }
        CalendarQuestion::Open { calendar, at, .. } => {
            find(calendar, &calendars).map(|hours| open_in_words(hours, *at))
        }
    };
    match answer {
        Ok(words) => {
            writeln!(terminal.out, "{words}")?;
            Ok(Exit::Good)
        }
        Err(problem) => {
            writeln!(terminal.diagnostics, "error: {problem}")?;
            Ok(Exit::Failed)
        }
    }
}

/// The calendars of the files, and the built-in one.
fn read(arguments: &[String], terminal: &mut Terminal<'_>) -> io::Result<Result<Calendars, Exit>> {
    let mut files = Vec::new();
    for argument in arguments {
        match files_of(argument) {
            Ok(found) => files.extend(found),
            Err(problem) => {
                writeln!(terminal.diagnostics, "error: {problem}")?;
                return Ok(Err(Exit::Config));
            }
        }
    }
    let config = Config::read(&files, &RealDisk, &today());
    check::say(&config.diagnostics, terminal)?;
    if config.diagnostics.has_errors() {
        return Ok(Err(Exit::Config));
    }
    let mut calendars = config.calendars;
    calendars.insert(ALWAYS.into(), Arc::new(Calendar::always()));
    Ok(Ok(calendars))
}

fn find<'c>(name: &str, calendars: &'c Calendars) -> Result<&'c Calendar, String> {
    calendars.get(name).map(|calendar| &**calendar).ok_or_else(|| {
        let names: Vec<&str> = calendars.keys().map(|name| &**name).collect();
        let name = name.escape_debug();
        format!("`{name}` is not a calendar of these files; there are {}", names.join(", "))
    })
}

fn elapsed_in_words(calendar: &Calendar, from: Timestamp, to: Timestamp) -> String {
    let open = calendar.open_time(from, to);
    let all = in_hours(to.since(from));
    format!("{} open ({} s) of {all}", in_hours(open), seconds(open))
}

fn due_in_words(calendar: &Calendar, from: Timestamp, target: Elapsed) -> String {
    match calendar.due(from, target) {
        Some(due) => format!("due {}", local(due, calendar)),
        None => "never due before 2100".to_owned(),
    }
}

fn open_in_words(calendar: &Calendar, at: Timestamp) -> String {
    match calendar.next_open(at) {
        Some(next) if next == at => format!("open at {}", local(at, calendar)),
        Some(next) => format!("closed; opens {}", local(next, calendar)),
        None => "closed; never opens before 2100".to_owned(),
    }
}

/// An instant, and what clocks in the calendar's zone show then.
fn local(at: Timestamp, calendar: &Calendar) -> String {
    let zone = calendar.zone();
    let there = DateTime::<Utc>::from_timestamp_millis(at.ms())
        .map(|utc| utc.with_timezone(&zone).format("%a %Y-%m-%d %H:%M:%S%.f").to_string());
    format!("{at} ({} in {zone})", there.unwrap_or_default())
}

/// In hours and less, since days of open time are not days: `39h 30m`.
fn in_hours(length: Elapsed) -> String {
    let mut words = Vec::new();
    let mut rest = length.ms();
    for (unit, letter) in [(HOUR_MS, "h"), (MINUTE_MS, "m"), (SECOND_MS, "s"), (1, "ms")] {
        if rest >= unit {
            words.push(format!("{}{letter}", rest / unit));
            rest %= unit;
        }
    }
    if words.is_empty() { "0h".to_owned() } else { words.join(" ") }
}

/// Seconds as JSON has them: whole where they are, else with the milliseconds.
fn seconds(length: Elapsed) -> Value {
    if length.ms() % SECOND_MS == 0 {
        Value::from(length.ms() / SECOND_MS)
    } else {
        Value::from(length.seconds())
    }
}

/// Answers every line of standard input; the answer is out before the next line is waited for.
fn answer_all(calendars: &Calendars, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut input = io::stdin().lock();
    let mut exit = Exit::Good;
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut input).take(QUESTION_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(exit);
        }
        let is_whole = line.ends_with(b"\n") || (line.len() as u64) < QUESTION_BYTES_MAX;
        let answer = if is_whole {
            answer(&line, calendars)
        } else {
            skip_line(&mut input)?;
            Err(format!("the line is longer than {QUESTION_BYTES_MAX} bytes; ask one thing a line"))
        };
        let answer = answer.unwrap_or_else(|error| {
            exit = Exit::Failed;
            CalendarAnswer::Error { error }
        });
        serde_json::to_writer(&mut *terminal.out, &answer)?;
        writeln!(terminal.out)?;
        terminal.out.flush()?;
    }
}

/// Passes over the rest of a line.
fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = input.fill_buf()?;
        let (used, ended) = match memchr::memchr(b'\n', available) {
            Some(end) => (end + 1, true),
            None => (available.len(), available.is_empty()),
        };
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

/// One answer, as it is printed.
#[derive(Serialize)]
#[serde(untagged)]
enum CalendarAnswer {
    Due { due: Option<String> },
    Elapsed { elapsed: Value },
    Error { error: String },
    Open { open: bool, next_open: Option<String> },
}

/// The answer to one question, or what is wrong with it, where, and the way out.
fn answer(line: &[u8], calendars: &Calendars) -> Result<CalendarAnswer, String> {
    if line.trim_ascii().is_empty() {
        return Err(format!("the line is blank; write such as {QUESTION_EXAMPLE}"));
    }
    let question: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        format!("the line is not a JSON object ({error}); write such as {QUESTION_EXAMPLE}")
    })?;
    let calendar = find(text(&question, "calendar", "a calendar's name")?, calendars)?;
    match text(&question, "ask", "elapsed, due or open")? {
        "elapsed" => {
            let (from, to) = (instant(&question, "from")?, instant(&question, "to")?);
            Ok(CalendarAnswer::Elapsed { elapsed: seconds(calendar.open_time(from, to)) })
        }
        "due" => {
            let due = calendar.due(instant(&question, "from")?, target(&question)?);
            Ok(CalendarAnswer::Due { due: due.map(|due| due.to_string()) })
        }
        "open" => {
            let at = instant(&question, "at")?;
            let next_open = calendar.next_open(at).map(|next| next.to_string());
            Ok(CalendarAnswer::Open { open: calendar.is_open(at), next_open })
        }
        other => {
            let other = other.escape_debug();
            Err(format!("ask: `{other}` is not a question; write elapsed, due or open"))
        }
    }
}

const QUESTION_EXAMPLE: &str = r#"{"calendar":"always","ask":"open","at":"2026-11-23T08:00:00Z"}"#;

fn text<'q>(question: &'q Map<String, Value>, key: &str, what: &str) -> Result<&'q str, String> {
    match question.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(format!("{key}: `{other}` is not a text; write {what}")),
        None => Err(format!("{key}: is missing; write {what}")),
    }
}

fn instant(question: &Map<String, Value>, key: &str) -> Result<Timestamp, String> {
    let form = "RFC 3339 with an offset, such as \"2026-11-23T08:00:00Z\", from 1990 to 2099";
    let text = text(question, key, form)?;
    Timestamp::parse(text)
        .filter(|at| at.is_event_time())
        .ok_or_else(|| format!("{key}: `{}` is not an instant; write {form}", text.escape_debug()))
}

/// A number of seconds, to the millisecond.
fn target(question: &Map<String, Value>) -> Result<Elapsed, String> {
    let form = "a number of seconds of at least 0, such as 7200";
    match question.get("target") {
        Some(Value::Number(number)) => milliseconds(number)
            .map(Elapsed::from_ms)
            .ok_or_else(|| format!("target: `{number}` is out of range; write {form}")),
        Some(other) => Err(format!("target: `{other}` is not a number; write {form}")),
        None => Err(format!("target: is missing; write {form}")),
    }
}

/// Whole milliseconds of seconds from 0 to 200 years, beyond which nothing can be due.
fn milliseconds(seconds: &Number) -> Option<i64> {
    const SECONDS_MAX: i64 = 200 * 366 * DAY_MS / SECOND_MS;
    if let Some(whole) = seconds.as_i64() {
        return (0..=SECONDS_MAX).contains(&whole).then_some(whole.saturating_mul(SECOND_MS));
    }
    #[expect(clippy::cast_precision_loss, reason = "a bound far below 2^53")]
    let in_range =
        seconds.as_f64().filter(|seconds| (0.0..=SECONDS_MAX as f64).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "held to the range just above")]
    let ms = (in_range * 1_000.0).round() as i64;
    Some(ms)
}
