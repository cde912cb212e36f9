//! The header of a table: what stands between its cells, and where its columns are.

use std::io::{self, BufRead};

use csv::ByteRecord;

use super::columns::Columns;
use crate::input::shape::FileShape;
use crate::input::source::{InputError, InputSource};

/// Maximum bytes of one row. A row of a helpdesk's export has 300; a long one holds a whole conversation.
pub(super) const ROW_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The delimiters that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The header of a table.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) indexes: ColumnIndexes,
    /// The number of cells of a row.
    pub(super) width: usize,
    /// The lines that it takes, with what stands before it.
    pub(super) lines: u64,
}

/// The indexes of the columns in a row.
#[derive(Debug)]
pub(super) struct ColumnIndexes {
    pub(super) created: usize,
    pub(super) first_reply: usize,
    pub(super) solved: usize,
    pub(super) team: usize,
    pub(super) ticket: Option<usize>,
    pub(super) priority: Option<usize>,
}

/// Why a header does not give the columns.
enum HeaderError {
    Missing(String),
    Twice(String),
}

impl Header {
    /// Reads the header, and the line `sep=;` that Excel writes before it.
    pub(super) fn read(
        source: &InputSource,
        reader: &mut dyn BufRead,
        columns: &Columns,
    ) -> Result<Self, InputError> {
        let mut lines = 0;
        let mut named = None;
        let text = loop {
            let text = header_row(reader, &mut lines).map_err(|error| InputError::Read {
                name: source.name(),
                line: lines,
                error,
            })?;
            match separator_line(&text) {
                Some(separator) if named.is_none() => named = Some(separator),
                Some(_) | None => break text,
            }
        };
        if let Some(shape) = FileShape::of_text(&text).filter(|shape| *shape != FileShape::Table) {
            return Err(InputError::Shape { name: source.name(), shape });
        }
        let delimiters = match columns.delimiter.or(named) {
            Some(delimiter) => vec![delimiter],
            None => DELIMITERS.to_vec(),
        };
        let mut found = Vec::new();
        let mut failed = None;
        for delimiter in delimiters {
            let row = split(&text, delimiter).map_err(|error| InputError::Read {
                name: source.name(),
                line: lines,
                error,
            })?;
            match ColumnIndexes::find(columns, &row) {
                Ok(indexes) => {
                    found.push(Self { delimiter, indexes, width: row.len(), lines });
                }
                // The delimiter with the most columns is the likely one.
                Err(error)
                    if failed
                        .as_ref()
                        .is_none_or(|(_, best): &(_, ByteRecord)| best.len() < row.len()) =>
                {
                    failed = Some((error, row));
                }
                Err(_) => {}
            }
        }
        let name = source.name();
        let is_single = found.len() == 1;
        match (found.pop().filter(|_| is_single), failed) {
            (Some(header), _) => Ok(header),
            (None, Some((error, row))) if found.is_empty() => {
                Err(refused(name, lines, &row, error))
            }
            (None, _) => Err(InputError::Delimiter { name }),
        }
    }
}

/// Reads lines up to the end of a row that is not blank. A cell in quotes may have line breaks.
fn header_row(reader: &mut dyn BufRead, lines: &mut u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let before = text.len();
        io::Read::take(&mut *reader, ROW_BYTES_MAX as u64).read_until(b'\n', &mut text)?;
        if text.len() == before || text.len() > ROW_BYTES_MAX {
            return Ok(text);
        }
        *lines += 1;
        let quotes = text.iter().filter(|byte| **byte == b'"').count();
        if text.trim_ascii().is_empty() {
            text.clear();
        } else if quotes.is_multiple_of(2) {
            return Ok(text);
        }
    }
}

/// The separator that a line such as `sep=;` names.
fn separator_line(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (key, [separator]) = line.split_last_chunk::<1>()?;
    key.eq_ignore_ascii_case(b"sep=").then_some(*separator)
}

/// The cells of a header.
fn split(text: &[u8], delimiter: u8) -> io::Result<ByteRecord> {
    let mut row = ByteRecord::new();
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text);
    rows.read_byte_record(&mut row).map_err(io::Error::other)?;
    row.trim();
    Ok(row)
}

impl ColumnIndexes {
    fn find(columns: &Columns, row: &ByteRecord) -> Result<Self, HeaderError> {
        let find = |column: &String| {
            let mut same =
                row.iter().enumerate().filter(|(_, cell)| *cell == column.trim().as_bytes());
            match (same.next(), same.next()) {
                (Some((index, _)), None) => Ok(index),
                (Some(_), Some(_)) => Err(HeaderError::Twice(column.clone())),
                (None, _) => Err(HeaderError::Missing(column.clone())),
            }
        };
        Ok(Self {
            created: find(&columns.created)?,
            first_reply: find(&columns.first_reply)?,
            solved: find(&columns.solved)?,
            team: find(&columns.team)?,
            ticket: columns.ticket.as_ref().map(find).transpose()?,
            priority: columns.priority.as_ref().map(find).transpose()?,
        })
    }
}

fn refused(name: String, line: u64, row: &ByteRecord, error: HeaderError) -> InputError {
    match error {
        HeaderError::Twice(column) => InputError::ColumnTwice { name, column },
        HeaderError::Missing(column) => {
            let odd = row.iter().flatten().copied().find(|byte| !byte.is_ascii());
            match odd.filter(|_| std::str::from_utf8(row.as_slice()).is_err()) {
                Some(byte) => InputError::Encoding { name, line, byte },
                None => {
                    let known: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
                    InputError::Column { name, column, known: known.join(", ") }
                }
            }
        }
    }
}
