//! YAML as a tree with source positions. Scalars keep the text of the file.
//!
//! # Design
//! Written by hand on top of a parser of YAML events, not read with serde. serde stops at the first error,
//! loses the positions of values, and converts `no`, `1.10` or a date before the key can say what it
//! expects.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A line and a column, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePosition {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and its position.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: SourcePosition,
    pub(super) value: YamlValue,
}

#[derive(Clone, Debug)]
pub(super) enum YamlValue {
    /// No value, `null` or `~`, without quotes.
    Null,
    Scalar(String),
    List(Vec<Node>),
    /// Keys in the order of the file, duplicates included.
    Map(Vec<(YamlKey, Node)>),
}

#[derive(Clone, Debug)]
pub(super) struct YamlKey {
    pub(super) at: SourcePosition,
    pub(super) text: String,
}

/// Maximum nesting of lists and maps. Configuration needs five levels.
const DEPTH_MAX: usize = 32;

impl Node {
    /// The value of a key, if this is a map that has it.
    pub(super) fn value_of(&self, key: &str) -> Option<&Self> {
        let YamlValue::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    pub(super) fn has_key(&self, key: &str) -> bool {
        self.value_of(key).is_some()
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, YamlValue::Map(_))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, YamlValue::Null)
    }

    /// The value, shortened, for an error.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            YamlValue::Scalar(text) => {
                let mut cut: String = text.chars().take(60).collect();
                if cut.len() < text.len() {
                    cut.push('…');
                }
                format!("`{}`", cut.escape_debug())
            }
            YamlValue::Null => "nothing".to_owned(),
            YamlValue::List(_) => "a list".to_owned(),
            YamlValue::Map(_) => "a group of keys".to_owned(),
        }
    }
}

/// Text that is not one YAML document of the kind that configuration needs.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) at: SourcePosition,
    pub(super) kind: YamlErrorKind,
}

impl YamlError {
    fn new(at: SourcePosition, kind: YamlErrorKind) -> Self {
        Self { at, kind }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum YamlErrorKind {
    #[error("YAML aliases are not supported; repeat the value")]
    Alias,
    #[error("the file is empty; add its keys")]
    Empty,
    #[error("a key must be text")]
    Key,
    #[error("a value is missing here")]
    NoValue,
    #[error("a second document starts here; use one per file")]
    SecondDocument,
    #[error("invalid YAML: {0}")]
    Syntax(String),
    #[error("lists and groups are nested more than {DEPTH_MAX} levels deep")]
    TooDeep,
}

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, YamlError> {
    let mut reader = YamlReader { parser: Parser::new_from_str(text) };
    loop {
        let (event, at) = reader.next()?;
        if event == Event::StreamEnd {
            return Err(YamlError::new(at, YamlErrorKind::Empty));
        }
        if matches!(event, Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd) {
            continue;
        }
        let node = reader.node(event, at, 0)?;
        return reader.end(node);
    }
}

struct YamlReader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> YamlReader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, SourcePosition), YamlError> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, position_of(span))),
            Some(Err(error)) => {
                let at = SourcePosition {
                    line: error.marker().line(),
                    column: error.marker().col() + 1,
                };
                Err(YamlError::new(at, YamlErrorKind::Syntax(error.info().to_owned())))
            }
            None => Ok((Event::StreamEnd, SourcePosition::default())),
        }
    }

    /// Checks that the node is the whole text.
    fn end(&mut self, node: Node) -> Result<Node, YamlError> {
        loop {
            let (event, at) = self.next()?;
            if event == Event::StreamEnd {
                return Ok(node);
            }
            if matches!(event, Event::DocumentStart(_)) {
                return Err(YamlError::new(at, YamlErrorKind::SecondDocument));
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'a>,
        at: SourcePosition,
        depth: usize,
    ) -> Result<Node, YamlError> {
        if depth > DEPTH_MAX {
            return Err(YamlError::new(at, YamlErrorKind::TooDeep));
        }
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null") => {
                YamlValue::Null
            }
            Event::Scalar(text, ..) => YamlValue::Scalar(text.into_owned()),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if event == Event::SequenceEnd {
                        break YamlValue::List(list);
                    }
                    list.push(self.node(event, at, depth + 1)?);
                }
            }
            Event::MappingStart(..) => {
                let mut map = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if event == Event::MappingEnd {
                        break YamlValue::Map(map);
                    }
                    let YamlValue::Scalar(text) = self.node(event, at, depth + 1)?.value else {
                        return Err(YamlError::new(at, YamlErrorKind::Key));
                    };
                    let (event, value_at) = self.next()?;
                    let value = self.node(event, value_at, depth + 1)?;
                    map.push((YamlKey { at, text }, value));
                }
            }
            Event::Alias(_) => {
                return Err(YamlError::new(at, YamlErrorKind::Alias));
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(YamlError::new(at, YamlErrorKind::NoValue)),
        };
        Ok(Node { at, value })
    }
}

fn position_of(span: Span) -> SourcePosition {
    SourcePosition { line: span.start.line(), column: span.start.col() + 1 }
}
