//! Events as JSON: one object per line, an array of objects, or objects over several lines.

use std::io::{self, BufRead, Cursor, Read};

use serde::de::IgnoredAny;

use super::lines::{InputLine, read_lines};
use super::shape::FileShape;
use super::source::{InputError, InputSource};
use super::value::{ValueProgress, ValueScanner, is_cut_short};
use crate::event::RECORD_BYTES_MAX;

/// How a file separates its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One record per line.
    Lines,
    /// The elements of one array.
    Array,
    /// One value after the other, over several lines each.
    Values,
}

/// Calls `visit` with line number and content of every record. Numbers start at 1.
///
/// Memory is bounded by [`RECORD_BYTES_MAX`], however long a record is.
///
/// # Errors
/// If reading fails, or the file is not JSON at all, not UTF-8, or not whole.
pub fn read_events(
    source: &InputSource,
    reader: &mut dyn BufRead,
    mut visit: impl FnMut(u64, InputLine<'_>),
) -> Result<(), InputError> {
    let name = || source.name();
    let FileStart { bytes, layout, shape } = FileStart::read(&mut *reader)
        .map_err(|error| InputError::Read { name: name(), line: 0, error })?;
    if let Some(shape) = shape {
        return Err(InputError::Shape { name: name(), shape });
    }
    let mut encoding = EncodingCheck::default();
    let mut checked = |line, record: InputLine<'_>| {
        if let InputLine::Record(bytes) = record {
            encoding.check(line, bytes);
        }
        if encoding.refused.is_none() {
            visit(line, record);
        }
    };
    let mut reader = Cursor::new(bytes).chain(reader);
    match layout {
        Layout::Lines => read_lines(source, &mut reader, &mut checked)?,
        Layout::Array => read_values(source, &mut reader, Between::BeforeArray, &mut checked)?,
        Layout::Values => read_values(source, &mut reader, Between::Values, &mut checked)?,
    }
    match encoding.refused {
        Some((line, byte)) => Err(InputError::Encoding { name: name(), line, byte }),
        None => Ok(()),
    }
}

/// Finds out whether a file is in an 8-bit encoding.
#[derive(Default)]
struct EncodingCheck {
    /// Whether a record had characters of several bytes: then the file is UTF-8, and another line is damaged.
    has_utf8: bool,
    /// The first line that is not UTF-8, and its first odd byte.
    refused: Option<(u64, u8)>,
}

impl EncodingCheck {
    /// A record that is JSON but for its characters is in another encoding, and so is the rest of the file.
    fn check(&mut self, line: u64, record: &[u8]) {
        if record.is_ascii() || self.has_utf8 || self.refused.is_some() {
            return;
        }
        let Err(error) = std::str::from_utf8(record) else {
            self.has_utf8 = true;
            return;
        };
        // Windows-1252 gives every byte a character.
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(record);
        if let Some(byte) = record.get(error.valid_up_to())
            && serde_json::from_str::<IgnoredAny>(&text).is_ok()
        {
            self.refused = Some((line, *byte));
        }
    }
}

/// The first lines of a file, up to the first that is not blank, or to the end of the first value.
struct FileStart {
    bytes: Vec<u8>,
    layout: Layout,
    /// What the file is, if it is not JSON.
    shape: Option<FileShape>,
}

impl FileStart {
    fn read(reader: &mut dyn BufRead) -> io::Result<Self> {
        let mut start = Self { bytes: Vec::new(), layout: Layout::Lines, shape: None };
        while start.bytes.trim_ascii().is_empty() {
            if !start.read_line(reader)? {
                return Ok(start);
            }
        }
        match FileShape::of_text(&start.bytes) {
            None => {}
            Some(FileShape::Json) if start.bytes.trim_ascii().starts_with(b"[") => {
                start.layout = Layout::Array;
            }
            Some(FileShape::Json) => start.layout = start.layout_of_object(reader)?,
            Some(FileShape::Table) => {
                // Records after one odd line are records.
                let first = start.bytes.len();
                start.read_line(reader)?;
                let second = start.bytes.get(first..).unwrap_or_default();
                start.shape = (!second.trim_ascii().starts_with(b"{")).then_some(FileShape::Table);
            }
            Some(other) => start.shape = Some(other),
        }
        Ok(start)
    }

    /// Whether the first object ends on its line, or goes on over others.
    fn layout_of_object(&mut self, reader: &mut dyn BufRead) -> io::Result<Layout> {
        let mut value = ValueScanner::default();
        let mut scanned = 0;
        loop {
            let rest = self.bytes.get(scanned..).unwrap_or_default();
            let blank = rest.len() - rest.trim_ascii_start().len();
            let from = if scanned == 0 { blank } else { 0 };
            for (at, byte) in (scanned..).zip(rest).skip(from) {
                if value.step(*byte) != ValueProgress::Inside {
                    let first = self.bytes.get(..=at).unwrap_or_default();
                    let is_json = serde_json::from_slice::<IgnoredAny>(first).is_ok();
                    let spans_lines = is_json && scanned > 0;
                    return Ok(if spans_lines { Layout::Values } else { Layout::Lines });
                }
            }
            scanned = self.bytes.len();
            // No text has a line break inside of quotes.
            let is_line = value.is_in_string || scanned > RECORD_BYTES_MAX;
            if is_line || !self.read_line(reader)? {
                let lines = self.bytes.trim_ascii().split(|byte| *byte == b'\n').count();
                let is_open = !is_line && lines > 1 && is_cut_short(&self.bytes);
                return Ok(if is_open { Layout::Values } else { Layout::Lines });
            }
        }
    }

    /// Reads one more line, or a part of a long one; `false` at the end of the file.
    fn read_line(&mut self, reader: &mut dyn BufRead) -> io::Result<bool> {
        let most = RECORD_BYTES_MAX as u64;
        let mut line = Read::take(&mut *reader, most);
        Ok(line.read_until(b'\n', &mut self.bytes)? > 0)
    }
}

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// The array has not begun.
    BeforeArray,
    /// The array has begun.
    First,
    /// A value of the array has ended.
    AfterValue,
    /// A comma was read.
    AfterComma,
    /// The array has ended.
    AfterArray,
    /// Values without an array.
    Values,
}

/// A value that is being read.
#[derive(Default)]
struct OpenValue {
    scanner: ValueScanner,
    bytes: Vec<u8>,
    length: usize,
    line: u64,
}

impl OpenValue {
    fn push(&mut self, byte: u8) {
        if self.bytes.len() < RECORD_BYTES_MAX {
            self.bytes.push(byte);
        }
        self.length += 1;
    }

    fn visit(&self, visit: &mut impl FnMut(u64, InputLine<'_>)) {
        if self.length > RECORD_BYTES_MAX {
            visit(self.line, InputLine::TooLong(self.length));
        } else {
            visit(self.line, InputLine::Record(&self.bytes));
        }
    }
}

/// Calls `visit` with the line on which each value begins, and the value.
fn read_values(
    source: &InputSource,
    reader: &mut dyn BufRead,
    begin: Between,
    visit: &mut impl FnMut(u64, InputLine<'_>),
) -> Result<(), InputError> {
    let mut between = begin;
    let mut open: Option<OpenValue> = None;
    let mut line = 1;
    let mut array_line = 1;
    loop {
        let available = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(InputError::Read { name: source.name(), line: line - 1, error });
            }
        };
        if available.is_empty() {
            break;
        }
        let used = available.len();
        for &byte in available {
            let step = open.as_mut().map(|value| value.scanner.step(byte));
            if let (Some(value), Some(ValueProgress::Inside | ValueProgress::With)) =
                (&mut open, step)
            {
                value.push(byte);
            }
            if let (Some(ValueProgress::With | ValueProgress::Before), Some(value)) = (step, &open)
            {
                value.visit(visit);
                open = None;
                between = if begin == Between::Values { begin } else { Between::AfterValue };
            }
            // The byte after a number is not part of it.
            if matches!(step, None | Some(ValueProgress::Before)) && !byte.is_ascii_whitespace() {
                between = match (between, byte) {
                    (Between::BeforeArray, b'[') => {
                        array_line = line;
                        Between::First
                    }
                    (Between::First | Between::AfterValue | Between::AfterComma, b']') => {
                        Between::AfterArray
                    }
                    (Between::AfterValue, b',') => Between::AfterComma,
                    (Between::First | Between::AfterComma | Between::Values, _) => {
                        let mut value = OpenValue { line, ..OpenValue::default() };
                        value.scanner.step(byte);
                        value.push(byte);
                        open = Some(value);
                        between
                    }
                    (Between::BeforeArray | Between::AfterValue | Between::AfterArray, _) => {
                        return Err(InputError::Array { name: source.name(), line });
                    }
                };
            }
            line += u64::from(byte == b'\n');
        }
        reader.consume(used);
    }
    match (&open, between) {
        (Some(value), Between::Values)
            if value.scanner.depth == 0 && !value.scanner.is_in_string =>
        {
            value.visit(visit);
            Ok(())
        }
        (None, Between::Values | Between::AfterArray) => Ok(()),
        (Some(value), _) => Err(InputError::Incomplete { name: source.name(), line: value.line }),
        (None, _) => Err(InputError::Incomplete { name: source.name(), line: array_line }),
    }
}
