//! YAML as editors read it, by the core schema of YAML 1.2.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "any other event is a value, or a fault of the file"
)]

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The value of a text of one document.
pub(super) fn value(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    loop {
        match next(&mut parser) {
            Event::StreamStart | Event::DocumentStart(_) => {}
            event => return node(event, &mut parser),
        }
    }
}

fn next<'a>(parser: &mut Parser<'a, StrInput<'a>>) -> Event<'a> {
    parser.next().unwrap().unwrap().0
}

fn node<'a>(event: Event<'a>, parser: &mut Parser<'a, StrInput<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut list = Vec::new();
            loop {
                match next(parser) {
                    Event::SequenceEnd => return Value::Array(list),
                    event => list.push(node(event, parser)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = Map::new();
            loop {
                match next(parser) {
                    Event::MappingEnd => return Value::Object(map),
                    Event::Scalar(key, ..) => {
                        let event = next(parser);
                        map.insert(key.into_owned(), node(event, parser));
                    }
                    other => unreachable!("a key is text, not {other:?}"),
                }
            }
        }
        other => unreachable!("{other:?}"),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => {
            let number = text.parse::<i64>().ok().map(Value::from);
            let number = number.or_else(|| text.parse::<f64>().ok().map(Value::from));
            number.unwrap_or_else(|| text.into())
        }
    }
}
