//! Tables with one row per ticket and one column per time: the export that every helpdesk has.
//!
//! # Design
//! A row counts as a whole or not at all. A ticket whose answer cannot be read would look unanswered.
//!
//! The `csv` crate reads any bytes, and takes a quote that is never closed to the end of the file for a cell.
//! So a row of our own stands after the last one: where it does not arrive, a quote is open.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use csv::ByteRecord;

use self::cells::{Row, RowError};
use self::header::{Header, ROW_BYTES_MAX};
use super::source::{InputError, InputSource};
use crate::event::{Event, Outcome, Reason};

mod cells;
mod columns;
mod header;
mod time;

pub use columns::{Columns, ColumnsError};
pub use time::{TimeFormatError, ZoneError};

/// The row after the last one. No export has a control character alone in a row.
const END_ROW: &[u8] = b"\n\x04end of the table\x04\n";

/// Maximum names of unknown priorities that are kept as examples.
const EXAMPLES_MAX: usize = 3;

/// What a reader of a table should know although nothing was rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableNotes {
    /// The first line with a time that was taken as UTC because nothing says which zone it is in.
    pub assumed_utc: Option<u64>,
    /// Rows whose priority is not known. They count without one.
    pub unknown_priorities: u64,
    /// Some of these priorities.
    pub examples: Vec<String>,
}

impl TableNotes {
    fn add(&mut self, line: u64, row: &Row<'_>) {
        if row.is_assumed_utc {
            self.assumed_utc.get_or_insert(line);
        }
        if let Some(name) = row.unknown_priority {
            self.unknown_priorities += 1;
            if self.examples.len() < EXAMPLES_MAX
                && !self.examples.iter().any(|known| known == name)
            {
                self.examples.push(name.chars().take(60).collect());
            }
        }
    }
}

/// Calls `visit` with the line number of a row and the event of each of its times, or once with its
/// rejection. An empty cell gives no event, and an empty row nothing.
///
/// # Errors
/// If reading fails, a column is missing, or the table is not whole.
pub fn read_csv(
    source: &InputSource,
    reader: &mut dyn BufRead,
    columns: &Columns,
    mut visit: impl FnMut(u64, Result<Event<'_>, Outcome>),
) -> Result<TableNotes, InputError> {
    let header = Header::read(source, &mut *reader, columns)?;
    let progress = Rc::new(TableProgress::default());
    let bounded = BoundedReader { inner: reader, progress: Rc::clone(&progress) };
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(header.delimiter)
        .flexible(true)
        .from_reader(bounded.chain(END_ROW));
    let mut table =
        Table { source, columns, header: &header, number: 0, notes: TableNotes::default() };
    let (mut present, mut next) = (ByteRecord::new(), ByteRecord::new());
    let mut line = header.lines;
    loop {
        let next_line = header.lines + rows.position().line();
        let has_next = rows.read_byte_record(&mut next).map_err(|error| {
            if progress.row_bytes.get() > ROW_BYTES_MAX {
                return InputError::OpenQuote { name: source.name(), line: next_line };
            }
            let error = io::Error::other(error);
            InputError::Read { name: source.name(), line: next_line - 1, error }
        })?;
        progress.row_bytes.set(0);
        let is_end = next.len() == 1 && next.get(0) == Some(END_ROW.trim_ascii());
        if !has_next && !is_end {
            // The last row swallowed the one that stands after it.
            return Err(InputError::OpenQuote { name: source.name(), line });
        }
        let is_cut = is_end && progress.last_byte.get() != b'\n' && present.len() < header.width;
        table.visit(line, &present, is_cut, &mut visit)?;
        if is_end {
            return Ok(table.notes);
        }
        line = next_line;
        std::mem::swap(&mut present, &mut next);
    }
}

/// A table while it is read.
struct Table<'a> {
    source: &'a InputSource,
    columns: &'a Columns,
    header: &'a Header,
    /// The number of rows so far.
    number: u64,
    notes: TableNotes,
}

impl Table<'_> {
    /// Visits the events of one row. `is_cut` if the file ends in the middle of it.
    fn visit(
        &mut self,
        line: u64,
        cells: &ByteRecord,
        is_cut: bool,
        visit: &mut impl FnMut(u64, Result<Event<'_>, Outcome>),
    ) -> Result<(), InputError> {
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Ok(());
        }
        self.number += 1;
        let number = self.number.to_string();
        let read = match (is_cut, cells.len() > self.header.width) {
            (true, _) => {
                let advice =
                    "the file ends in the middle of this row: it is cut short, fetch it again";
                Err(RowError::rejected(Reason::Malformed, advice.to_owned()))
            }
            (false, true) => {
                let advice = format!(
                    "the row has {} cells and the header {}: put cells with a delimiter or a quote in quotes",
                    cells.len(),
                    self.header.width
                );
                Err(RowError::rejected(Reason::BadSchema, advice))
            }
            (false, false) => Row::read(self.columns, &self.header.indexes, cells, &number),
        };
        match read {
            Ok(row) => {
                self.notes.add(line, &row);
                for event in row.events.into_iter().flatten() {
                    visit(line, Ok(event));
                }
            }
            Err(RowError::Rejected(rejection)) => visit(line, Err(Outcome::Rejected(rejection))),
            Err(RowError::Encoding(byte)) => {
                return Err(InputError::Encoding { name: self.source.name(), line, byte });
            }
        }
        Ok(())
    }
}

/// How far a table is read.
#[derive(Debug, Default)]
struct TableProgress {
    /// Bytes since the last whole row.
    row_bytes: Cell<usize>,
    last_byte: Cell<u8>,
}

/// Fails when one row takes more than [`ROW_BYTES_MAX`].
struct BoundedReader<'a> {
    inner: &'a mut dyn BufRead,
    progress: Rc<TableProgress>,
}

impl Read for BoundedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let row_bytes = self.progress.row_bytes.get() + read;
        self.progress.row_bytes.set(row_bytes);
        if let Some(last) = buffer.get(..read).and_then(<[u8]>::last) {
            self.progress.last_byte.set(*last);
        }
        if row_bytes > ROW_BYTES_MAX {
            return Err(io::Error::other("one row has more than 8 MiB"));
        }
        Ok(read)
    }
}
