//! The argument of `--csv`: which column holds what, and how the cells are written.

use std::collections::BTreeMap;

use super::time::{ExportTimeFormat, ExportZone, TimeFormatError, TimeRules, ZoneError};
use crate::event::Priority;

/// The names of the columns in the header of a table, and how its cells are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub(super) created: String,
    pub(super) first_reply: String,
    pub(super) solved: String,
    pub(super) team: String,
    pub(super) ticket: Option<String>,
    pub(super) priority: Option<String>,
    /// What stands between cells; `None` to find it out.
    pub(super) delimiter: Option<u8>,
    pub(super) times: TimeRules,
    /// Priorities by their names in the table, in lower case.
    pub(super) priorities: BTreeMap<String, Priority>,
}

/// Why a list of columns is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// A part is not `key=column`.
    #[error("`{0}` is not a column; write such as created=\"Created at\"")]
    Form(String),
    /// A required key is missing.
    #[error("`{0}` is missing; write {0}=COLUMN")]
    Missing(&'static str),
    /// A key is unknown.
    #[error("`{0}` is not a key; the keys are {keys}", keys = KEYS.join(", "))]
    UnknownKey(String),
    /// A key is there twice.
    #[error("`{0}` is there twice; keep one")]
    Twice(&'static str),
    /// A quote is not closed.
    #[error("the quote before `{0}` is not closed; write such as time=\"%b %d, %Y %H:%M\"")]
    OpenQuote(String),
    /// The delimiter is not one character.
    #[error("`{0}` is not a delimiter; write comma, semicolon, tab, pipe, or one such character")]
    Delimiter(String),
    /// The form of times is malformed.
    #[error("`time={0}` {1}")]
    Time(String, TimeFormatError),
    /// The time zone is unknown.
    #[error("`zone`: {0}")]
    Zone(#[from] ZoneError),
    /// A part of the list of priorities is malformed.
    #[error(
        "`priorities`: `{0}` gives no priority; write such as Medium:normal;P1:urgent, with low, normal, \
         high or urgent"
    )]
    Priority(String),
}

const KEYS: [&str; 10] = [
    "created",
    "first_reply",
    "solved",
    "team",
    "ticket",
    "priority",
    "priorities",
    "time",
    "zone",
    "delimiter",
];

impl Columns {
    /// Reads `created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]`, and how cells are
    /// written: `[,priorities=NAME:PRIORITY;…][,time=FORMAT][,zone=ZONE][,delimiter=D]`. A value with a comma
    /// stands in double quotes.
    ///
    /// # Errors
    /// If a part is malformed, unknown, there twice or missing.
    pub fn parse(text: &str) -> Result<Self, ColumnsError> {
        let mut values = BTreeMap::new();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let ColumnArgument { key, value, after } = ColumnArgument::read(text)?;
            let Some(known) = KEYS.into_iter().find(|known| *known == key.trim()) else {
                return Err(ColumnsError::UnknownKey(key.to_owned()));
            };
            if values.insert(known, value).is_some() {
                return Err(ColumnsError::Twice(known));
            }
            rest = after;
        }
        let mut take = |key| values.remove(key);
        let mut require = |key| take(key).ok_or(ColumnsError::Missing(key));
        Ok(Self {
            created: require("created")?,
            first_reply: require("first_reply")?,
            solved: require("solved")?,
            team: require("team")?,
            ticket: take("ticket"),
            priority: take("priority"),
            delimiter: take("delimiter").map(|text| delimiter(&text)).transpose()?,
            times: TimeRules {
                format: take("time").map(time_format).transpose()?,
                zone: take("zone").map(|text| ExportZone::parse(&text)).transpose()?,
            },
            priorities: take("priorities")
                .map(|text| priorities(&text))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// Whether a column has the ticket ids. Otherwise a row's number is its ticket.
    pub fn names_tickets(&self) -> bool {
        self.ticket.is_some()
    }

    /// The priority with this name in the table.
    pub(super) fn priority_of(&self, name: &str) -> Option<Priority> {
        let name = name.to_lowercase();
        self.priorities.get(&name).copied().or_else(|| Priority::from_label(&name))
    }
}

/// One `key=value` at the start of a text.
struct ColumnArgument<'a> {
    key: &'a str,
    value: String,
    /// What follows the comma, if there is one.
    after: Option<&'a str>,
}

impl<'a> ColumnArgument<'a> {
    fn read(text: &'a str) -> Result<Self, ColumnsError> {
        let (part, after) = match text.split_once(',') {
            Some((part, after)) => (part, Some(after)),
            None => (text, None),
        };
        let malformed = || ColumnsError::Form(part.to_owned());
        let (key, value) = part.split_once('=').ok_or_else(malformed)?;
        let (value, after) = match text.split_once('=').and_then(|(_, all)| all.strip_prefix('"')) {
            Some(quoted) => {
                let (value, rest) =
                    unquoted(quoted).ok_or_else(|| ColumnsError::OpenQuote(quoted.to_owned()))?;
                let after = rest.strip_prefix(',');
                if after.is_none() && !rest.is_empty() {
                    return Err(ColumnsError::Form(text.to_owned()));
                }
                (value, after)
            }
            None => (value.to_owned(), after),
        };
        if value.is_empty() { Err(malformed()) } else { Ok(Self { key, value, after }) }
    }
}

/// The text up to the closing quote, in which `""` is a quote, and the text after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut symbols = text.chars();
    loop {
        match symbols.next()? {
            '"' if symbols.as_str().starts_with('"') => {
                symbols.next();
                value.push('"');
            }
            '"' => return Some((value, symbols.as_str())),
            symbol => value.push(symbol),
        }
    }
}

fn delimiter(text: &str) -> Result<u8, ColumnsError> {
    match (text, text.as_bytes()) {
        ("comma", _) => Ok(b','),
        ("semicolon", _) => Ok(b';'),
        ("tab" | "\\t" | "\t", _) => Ok(b'\t'),
        ("pipe", _) => Ok(b'|'),
        (_, [byte]) if byte.is_ascii_punctuation() && *byte != b'"' => Ok(*byte),
        _ => Err(ColumnsError::Delimiter(text.to_owned())),
    }
}

fn time_format(text: String) -> Result<ExportTimeFormat, ColumnsError> {
    ExportTimeFormat::parse(&text).map_err(|error| ColumnsError::Time(text, error))
}

fn priorities(text: &str) -> Result<BTreeMap<String, Priority>, ColumnsError> {
    let mut priorities = BTreeMap::new();
    for pair in text.split(';') {
        let priority = pair.rsplit_once(':').and_then(|(name, label)| {
            let name = name.trim().to_lowercase();
            Some((name, Priority::from_label(&label.trim().to_lowercase())?))
        });
        let Some((name, priority)) = priority.filter(|(name, _)| !name.is_empty()) else {
            return Err(ColumnsError::Priority(pair.to_owned()));
        };
        // The same name with two priorities says nothing.
        if priorities.insert(name, priority).is_some_and(|other| other != priority) {
            return Err(ColumnsError::Priority(pair.to_owned()));
        }
    }
    Ok(priorities)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: &str = "created=C,first_reply=F,solved=S,team=T";

    fn parse(more: &str) -> Result<Columns, ColumnsError> {
        Columns::parse(&format!("{REQUIRED},{more}"))
    }

    #[test]
    fn values_with_a_comma_stand_in_quotes() {
        let columns = parse("ticket=\"No., \"\"short\"\"\",priority=P").unwrap();
        assert_eq!(columns.ticket.as_deref(), Some("No., \"short\""));
        assert_eq!(columns.priority.as_deref(), Some("P"));
        assert_eq!(parse("ticket=5\" disk").unwrap().ticket.as_deref(), Some("5\" disk"));
        for (malformed, error) in [
            ("ticket=\"No.", ColumnsError::OpenQuote("No.".to_owned())),
            ("ticket=\"a\"b", ColumnsError::Form("ticket=\"a\"b".to_owned())),
            ("ticket=", ColumnsError::Form("ticket=".to_owned())),
            ("ticket", ColumnsError::Form("ticket".to_owned())),
            ("ticket=a,ticket=b", ColumnsError::Twice("ticket")),
        ] {
            assert_eq!(parse(malformed), Err(error));
        }
    }

    #[test]
    fn a_delimiter_is_a_word_or_one_character() {
        for (text, byte) in
            [("semicolon", b';'), (";", b';'), ("tab", b'\t'), ("\",\"", b','), ("^", b'^')]
        {
            assert_eq!(
                parse(&format!("delimiter={text}")).unwrap().delimiter,
                Some(byte),
                "{text}"
            );
        }
        for text in ["x", ";;", "\"\"\"\"", "ä"] {
            let refused = parse(&format!("delimiter={text}"));
            assert!(matches!(refused, Err(ColumnsError::Delimiter(_))), "{text}: {refused:?}");
        }
    }

    #[test]
    fn priorities_have_the_names_of_the_table_in_any_case() {
        let columns = parse("priorities=3 - Normal:normal;P1: Urgent;a:b:high").unwrap();
        for (name, priority) in [
            ("p1", Some(Priority::Urgent)),
            ("3 - NORMAL", Some(Priority::Normal)),
            ("A:B", Some(Priority::High)),
            ("Low", Some(Priority::Low)),
            ("P2", None),
        ] {
            assert_eq!(columns.priority_of(name), priority, "{name}");
        }
        for text in ["P1", "P1:", ":high", "P1:highest", "P1:high;p1:low", "P1:high;"] {
            let refused = parse(&format!("priorities={text}"));
            assert!(matches!(refused, Err(ColumnsError::Priority(_))), "{text}: {refused:?}");
        }
    }
}
