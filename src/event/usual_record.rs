//! Reads the JSON in which nearly every producer writes a record.
//!
//! # Design
//! Nearly every record is one object whose values are texts without escapes. Reading such a record is half of
//! the work of decoding it, and a general reader of JSON takes four times as long for it. So it is read here,
//! and every other record by `serde_json`, also one that is wrong: its error says what and where.

use std::borrow::Cow;

use super::wire::{AnyKey, EventValue, Wire};

/// Reads an object whose values are texts without escapes. `None` for everything else, also for a CloudEvent
/// with `data`.
pub(super) fn usual_record(text: &str) -> Option<Wire<'_>> {
    let text = text.trim_end_matches([' ', '\t', '\n', '\r']);
    // A control character is a blank, or must be escaped.
    let has_control = text.bytes().fold(false, |has, byte| has | (byte < b' '));
    if has_control || memchr::memchr(b'\\', text.as_bytes()).is_some() {
        return None;
    }
    let mut rest = JsonText { text, at: 0 };
    rest.symbol(b'{')?;
    let mut wire = Wire::default();
    loop {
        let key = rest.string()?;
        rest.symbol(b':')?;
        let value = rest.string()?;
        match AnyKey::of(key) {
            AnyKey::Known(key) => wire.add(key, EventValue::Text(Cow::Borrowed(value))),
            AnyKey::Data => return None,
            AnyKey::Unknown => {}
        }
        if rest.symbol(b',').is_none() {
            break;
        }
    }
    rest.symbol(b'}')?;
    (rest.at == text.len()).then_some(wire)
}

/// A text in JSON without escapes and control characters, read up to `at`.
struct JsonText<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> JsonText<'a> {
    /// Reads a punctuation mark, and spaces before it; `None` if something else comes.
    fn symbol(&mut self, symbol: u8) -> Option<()> {
        let bytes = self.text.as_bytes();
        while *bytes.get(self.at)? != symbol {
            if bytes.get(self.at) != Some(&b' ') {
                return None;
            }
            self.at += 1;
        }
        self.at += 1;
        Some(())
    }

    /// Reads a text; `None` if something else comes.
    fn string(&mut self) -> Option<&'a str> {
        self.symbol(b'"')?;
        let begin = self.at;
        let length = memchr::memchr(b'"', self.text.as_bytes().get(begin..)?)?;
        self.at = begin + length + 1;
        self.text.get(begin..begin + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Both ways to read a record, as text.
    fn both_ways(text: &str) -> [Option<String>; 2] {
        let general = serde_json::from_str::<Wire<'_>>(text).ok();
        [usual_record(text), general].map(|wire| wire.map(|wire| format!("{wire:?}")))
    }

    fn is_read(text: &str) -> bool {
        let [usual, general] = both_ways(text);
        assert!(usual.is_none() || usual == general, "{text}: {usual:?} {general:?}");
        usual.is_some()
    }

    #[test]
    fn only_a_flat_object_of_texts_without_escapes_is_read() {
        for text in [
            r#"{"id":"e-1","type":"ticket.created","ticket":"T-1"}"#,
            " { \"id\" : \"ä 🦀 {,}:[]\" , \"x\" : \"\" }\r\n",
            r#"{"id":"1","id":"2"}"#,
            r#"{"specversion":"1.0","id":"1","subject":"T-1","categories":"{}"}"#,
        ] {
            assert!(is_read(text), "{text}");
        }
        for text in [
            "",
            "{}",
            "{",
            r#"{"id":"1""#,
            r#"{"id":"1",}"#,
            r#"{"id":"1"} {"#,
            r#"{"id":"1"}}"#,
            r#"{"id" "1"}"#,
            r#"{"id":"1" "type":"t"}"#,
            r#"{"id":1}"#,
            r#"{"id":null}"#,
            "{\"id\":\t\"1\"}",
            r#"{"id":"\u0031"}"#,
            r#"{"i\u0064":"1"}"#,
            "{\"id\":\"a\tb\"}",
            r#"{"id":"1","data":"x"}"#,
            r#"{"id":"1","data":{"ticket":"T-1"}}"#,
            r#"["id"]"#,
            "\u{a0}{\"id\":\"1\"}",
            "{\"id\":\"1\"}\u{c}",
        ] {
            assert!(!is_read(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::proptest_cases(2_000))]

        #[test]
        fn a_record_is_read_as_serde_json_reads_it(
            pairs in proptest::collection::vec(
                ("(id|type|time|ticket|team|by|data|categories|specversion|note|other)",
                 "(\"[ -~äö]{0,12}\"|1|null|true|\\{\\}|\\[\\])"), 0..6),
            edit in proptest::option::of((any::<proptest::sample::Index>(), "[\"\\\\{}:, a\t]")),
        ) {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            let mut text = format!("{{{}}}", pairs.join(","));
            if let Some((at, symbol)) = edit {
                let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
                text.insert_str(starts[at.index(starts.len())], &symbol);
            }
            is_read(&text);
        }
    }
}
