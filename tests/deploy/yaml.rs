//! YAML as JSON values. All scalars are text, as the file has them; merge keys (`<<`) are applied.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, StrInput};
use serde_json::{Map, Value};

/// The documents of a text.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new() };
    let mut documents = Vec::new();
    loop {
        let event = reader.next()?;
        if event == Event::StreamEnd {
            return Ok(documents);
        }
        if !matches!(event, Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd) {
            documents.push(reader.value(event)?);
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: BTreeMap<usize, Value>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(format!("{}: {}", error.marker().line(), error.info())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, event: Event<'a>) -> Result<Value, String> {
        let (anchor, value) = match event {
            Event::Scalar(text, _, anchor, _) => (anchor, Value::String(text.into_owned())),
            Event::SequenceStart(anchor, _) => {
                let mut list = Vec::new();
                loop {
                    let event = self.next()?;
                    if event == Event::SequenceEnd {
                        break (anchor, Value::Array(list));
                    }
                    list.push(self.value(event)?);
                }
            }
            Event::MappingStart(anchor, _) => (anchor, self.map()?),
            Event::Alias(anchor) => {
                return self.anchors.get(&anchor).cloned().ok_or("alias".into());
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err("a value is missing".to_owned()),
        };
        self.anchors.insert(anchor, value.clone());
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, String> {
        let mut map = Map::new();
        let mut merged = Map::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.value(event)?.as_str().ok_or("a key is not text")?.to_owned();
            let event = self.next()?;
            let value = self.value(event)?;
            if key == "<<" {
                merged.extend(value.as_object().ok_or("<< is not a map")?.clone());
            } else if map.insert(key.clone(), value).is_some() {
                return Err(format!("the key {key} stands twice"));
            }
        }
        merged.extend(map);
        Ok(Value::Object(merged))
    }
}

#[test]
fn merge_keys_and_anchors_are_applied_and_double_keys_refused() {
    let text = "a: &a { x: 1, y: 2 }\nb: { <<: *a, y: 3 }\n---\n[c]\n";
    let expected = serde_json::json!([
        { "a": { "x": "1", "y": "2" }, "b": { "x": "1", "y": "3" } },
        ["c"],
    ]);
    assert_eq!(Value::Array(documents(text).unwrap()), expected);
    assert!(documents("a: 1\na: 2\n").is_err());
    assert!(documents("a: [1\n").is_err());
}
