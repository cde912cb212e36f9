//! YAML as a tree with places: every scalar as it is written, since each key knows what it wants.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePosition {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: SourcePosition,
    pub(super) value: YamlValue,
}

#[derive(Clone, Debug)]
pub(super) enum YamlValue {
    /// Nothing written, `null` or `~`, without quotes.
    Null,
    Scalar(String),
    List(Vec<Node>),
    /// Keys in the order they are written, duplicates included.
    Map(Vec<(YamlKey, Node)>),
}

#[derive(Clone, Debug)]
pub(super) struct YamlKey {
    pub(super) at: SourcePosition,
    pub(super) text: String,
}

/// Lists and maps in each other at most; configuration needs five.
const DEPTH_MAX: usize = 32;

impl Node {
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

    /// The value in a few words, for a fault.
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

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, (SourcePosition, String)> {
    let mut reader = YamlReader { parser: Parser::new_from_str(text) };
    loop {
        let (event, at) = reader.next()?;
        if event == Event::StreamEnd {
            return Err((at, "the file is empty; write its keys".to_owned()));
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
    fn next(&mut self) -> Result<(Event<'a>, SourcePosition), (SourcePosition, String)> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, place_of(span))),
            Some(Err(error)) => {
                let at = SourcePosition {
                    line: error.marker().line(),
                    column: error.marker().col() + 1,
                };
                Err((at, format!("this is not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, SourcePosition::default())),
        }
    }

    /// Sees to it that nothing follows.
    fn end(&mut self, node: Node) -> Result<Node, (SourcePosition, String)> {
        loop {
            let (event, at) = self.next()?;
            if event == Event::StreamEnd {
                return Ok(node);
            }
            if matches!(event, Event::DocumentStart(_)) {
                return Err((at, "a second document begins here; write one a file".to_owned()));
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'a>,
        at: SourcePosition,
        depth: usize,
    ) -> Result<Node, (SourcePosition, String)> {
        if depth > DEPTH_MAX {
            return Err((at, "lists and groups are nested too deeply".to_owned()));
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
                        return Err((at, "a key must be a text".to_owned()));
                    };
                    let (event, value_at) = self.next()?;
                    let value = self.node(event, value_at, depth + 1)?;
                    map.push((YamlKey { at, text }, value));
                }
            }
            Event::Alias(_) => {
                return Err((at, "aliases are not read; write the value out".to_owned()));
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err((at, "a value is missing here".to_owned())),
        };
        Ok(Node { at, value })
    }
}

fn place_of(span: Span) -> SourcePosition {
    SourcePosition { line: span.start.line(), column: span.start.col() + 1 }
}
