//! Records from files and standard input: lines or tables, plain, gzip or Zstandard.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::event::RECORD_BYTES_MAX;

mod csv;

pub use csv::{Columns, ColumnsError, read_csv};

/// Size of the read buffer in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// The source of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// Standard input.
    Standard,
    /// A file.
    File(PathBuf),
}

impl InputSource {
    /// Standard input for `-`, else the file of that name.
    pub fn from_argument(argument: &str) -> Self {
        if argument == "-" { Self::Standard } else { Self::File(argument.into()) }
    }

    /// The name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::Standard => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The stored size in bytes; `None` for standard input or if it cannot be found out.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Standard => None,
            Self::File(path) => Some(std::fs::metadata(path).ok()?.len()),
        }
    }

    /// Opens the source. Compression is recognised by the first bytes, not by the name. `progress` gets the
    /// number of stored bytes of every read.
    ///
    /// # Errors
    /// If it cannot be opened, or its first bytes cannot be read.
    pub fn open(
        &self,
        progress: impl FnMut(u64) + 'static,
    ) -> Result<Box<dyn BufRead>, InputError> {
        let failed = |error| InputError::Open { name: self.name(), error };
        let raw: Box<dyn Read> = match self {
            Self::Standard => Box::new(io::stdin()),
            Self::File(path) => Box::new(open_file(path).map_err(failed)?),
        };
        let counted = CountingReader { inner: raw, progress };
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, counted);
        let head = reader.fill_buf().map_err(failed)?;
        Ok(if head.starts_with(&[0x1F, 0x8B]) {
            let decoder = flate2::bufread::MultiGzDecoder::new(reader);
            Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
        } else if head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
            let decoder = zstd::Decoder::with_buffer(reader).map_err(failed)?;
            Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
        } else {
            Box::new(reader)
        })
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, name its files"));
    }
    Ok(file)
}

/// A reader that reports the number of bytes of every read.
struct CountingReader<R, F> {
    inner: R,
    progress: F,
}

impl<R: Read, F: FnMut(u64)> Read for CountingReader<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}

/// Why input cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be opened.
    #[error("failed to open {name}: {error}")]
    Open {
        /// The file.
        name: String,
        /// The error of the system.
        error: io::Error,
    },
    /// The header of the table lacks a column that was named.
    #[error("failed to read {name}: there is no column `{column}`; the columns are {known}")]
    Column {
        /// The file.
        name: String,
        /// The missing column.
        column: String,
        /// The columns of the header.
        known: String,
    },
    /// It is truncated, or its compression is damaged.
    #[error(
        "failed to read {name} after line {line}: {error}: it is cut short or damaged, fetch it again"
    )]
    Read {
        /// The file.
        name: String,
        /// The number of complete lines before the error.
        line: u64,
        /// The error of the system or of the decompressor.
        error: io::Error,
    },
}

/// One line of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum InputLine<'a> {
    /// A line of at most [`RECORD_BYTES_MAX`], without its end.
    Record(&'a [u8]),
    /// The length in bytes of a line longer than [`RECORD_BYTES_MAX`].
    TooLong(usize),
}

/// Calls `visit` with number and content of every line that is not blank. Numbers start at 1.
///
/// Memory is bounded by [`RECORD_BYTES_MAX`], however long a line is.
///
/// # Errors
/// If reading fails.
pub fn read_lines(
    source: &InputSource,
    reader: &mut dyn BufRead,
    mut visit: impl FnMut(u64, InputLine<'_>),
) -> Result<(), InputError> {
    let mut lines = 0;
    // The start of a line that is longer than the buffer, and the length of that line so far.
    let mut held = Vec::new();
    let mut length = 0;
    loop {
        let available = loop {
            match reader.fill_buf() {
                Ok(bytes) => break bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(InputError::Read { name: source.name(), line: lines, error });
                }
            }
        };
        if available.is_empty() {
            if length > 0 {
                visit_line(lines + 1, length, &held, &mut visit);
            }
            return Ok(());
        }
        let (part, used, ends) = match memchr::memchr(b'\n', available) {
            Some(end) => (&available[..end], end + 1, true),
            None => (available, available.len(), false),
        };
        if ends && length == 0 {
            lines += 1;
            visit_line(lines, part.len(), part, &mut visit);
        } else {
            let room = RECORD_BYTES_MAX.saturating_sub(held.len());
            held.extend_from_slice(&part[..part.len().min(room)]);
            length += part.len();
            if ends {
                lines += 1;
                visit_line(lines, length, &held, &mut visit);
                held.clear();
                length = 0;
            }
        }
        reader.consume(used);
    }
}

fn visit_line(
    number: u64,
    length: usize,
    bytes: &[u8],
    visit: &mut impl FnMut(u64, InputLine<'_>),
) {
    if length > RECORD_BYTES_MAX {
        visit(number, InputLine::TooLong(length));
    } else if !bytes.trim_ascii().is_empty() {
        visit(number, InputLine::Record(bytes));
    }
}
