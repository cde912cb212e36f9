//! `vaste calendar ask`: questions and answers as lines of JSON.

use std::io::{self, BufRead, Read as _};

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::{UnknownCalendar, find, seconds};
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::config::Calendars;
use crate::time::{DAY_MS, Elapsed, SECOND_MS, Timestamp};

/// Maximum bytes of one question. A longer line is answered with an error.
const QUESTION_BYTES_MAX: u64 = 64 * 1024;

/// Why a line has no answer.
#[derive(Debug, thiserror::Error)]
enum QuestionError {
    #[error("the line is blank; write such as {QUESTION_EXAMPLE}")]
    Blank,
    #[error(transparent)]
    Calendar(#[from] UnknownCalendar),
    #[error("{key}: `{value}` {problem}; write {advice}")]
    Invalid { key: &'static str, value: String, problem: &'static str, advice: &'static str },
    #[error("{key}: is missing; write {advice}")]
    Missing { key: &'static str, advice: &'static str },
    #[error("the line is not a JSON object ({0}); write such as {QUESTION_EXAMPLE}")]
    NotJson(#[from] serde_json::Error),
    #[error("the line is longer than {QUESTION_BYTES_MAX} bytes; ask one thing a line")]
    TooLong,
}

/// Answers every line of standard input. Each answer is flushed before the next line is read.
///
/// # Errors
/// If input or output fails.
pub(super) fn answer_all(calendars: &Calendars, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut input = io::stdin().lock();
    let mut exit = Exit::Success;
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
            Err(QuestionError::TooLong)
        };
        let answer = answer.unwrap_or_else(|error| {
            exit = Exit::Failed;
            CalendarAnswer::Error { error: error.to_string() }
        });
        terminal.print_json(&answer)?;
        terminal.out.flush()?;
    }
}

/// Skips the rest of a line.
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

/// One answer, in its JSON form.
#[derive(Serialize)]
#[serde(untagged)]
enum CalendarAnswer {
    Due { due: Option<String> },
    Elapsed { elapsed: Value },
    Error { error: String },
    Open { open: bool, next_open: Option<String> },
}

/// Answers one question.
fn answer(line: &[u8], calendars: &Calendars) -> Result<CalendarAnswer, QuestionError> {
    if line.trim_ascii().is_empty() {
        return Err(QuestionError::Blank);
    }
    let question: Map<String, Value> = serde_json::from_slice(line)?;
    let calendar = find(text(&question, "calendar", "a calendar's name")?, calendars)?;
    match text(&question, "ask", ASK_ADVICE)? {
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
            let value = other.escape_debug().to_string();
            let (problem, advice) = ("is not a question", ASK_ADVICE);
            Err(QuestionError::Invalid { key: "ask", value, problem, advice })
        }
    }
}

const QUESTION_EXAMPLE: &str = r#"{"calendar":"always","ask":"open","at":"2026-11-23T08:00:00Z"}"#;

/// What the key `ask` may be.
const ASK_ADVICE: &str = "elapsed, due or open";

fn text<'q>(
    question: &'q Map<String, Value>,
    key: &'static str,
    advice: &'static str,
) -> Result<&'q str, QuestionError> {
    match question.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(QuestionError::Invalid {
            key,
            value: other.to_string(),
            problem: "is not a text",
            advice,
        }),
        None => Err(QuestionError::Missing { key, advice }),
    }
}

fn instant(question: &Map<String, Value>, key: &'static str) -> Result<Timestamp, QuestionError> {
    let advice = "RFC 3339 with an offset, such as \"2026-11-23T08:00:00Z\", from 1990 to 2099";
    let text = text(question, key, advice)?;
    Timestamp::parse(text).filter(|at| at.is_event_time()).ok_or_else(|| QuestionError::Invalid {
        key,
        value: text.escape_debug().to_string(),
        problem: "is not an instant",
        advice,
    })
}

/// A number of seconds, to the millisecond.
fn target(question: &Map<String, Value>) -> Result<Elapsed, QuestionError> {
    let (key, advice) = ("target", "a number of seconds of at least 0, such as 7200");
    let invalid = |value: &dyn ToString, problem| QuestionError::Invalid {
        key,
        value: value.to_string(),
        problem,
        advice,
    };
    match question.get(key) {
        Some(Value::Number(number)) => milliseconds(number)
            .map(Elapsed::from_ms)
            .ok_or_else(|| invalid(number, "is out of range")),
        Some(other) => Err(invalid(other, "is not a number")),
        None => Err(QuestionError::Missing { key, advice }),
    }
}

/// Whole milliseconds of 0 seconds to 200 years. Calendars end in 2100: nothing is due after that.
fn milliseconds(seconds: &Number) -> Option<i64> {
    const SECONDS_MAX: i64 = 200 * 366 * DAY_MS / SECOND_MS;
    if let Some(whole) = seconds.as_i64() {
        return (0..=SECONDS_MAX).contains(&whole).then_some(whole.saturating_mul(SECOND_MS));
    }
    #[expect(clippy::cast_precision_loss, reason = "a bound far below 2^53")]
    let in_range =
        seconds.as_f64().filter(|seconds| (0.0..=SECONDS_MAX as f64).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    let ms = (in_range * 1_000.0).round() as i64;
    Some(ms)
}
