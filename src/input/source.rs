//! Files and standard input, opened as text in UTF-8.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use super::encoding::{DecodingReader, TextEncoding, decoder};
use super::shape::FileShape;

/// Size of the read buffer in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Bytes that tell compression and encoding. Few, so that a pipe that is slow is read at once.
const MAGIC_BYTES: usize = 8;

/// Bytes that tell a workbook from another ZIP archive: its first entry has the name.
const ARCHIVE_BYTES: usize = 256;

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

    /// Opens the source as text in UTF-8. Compression and Unicode encodings are recognised by the first
    /// bytes, not by the name. `encoding` is the one of other text. `progress` gets the number of stored
    /// bytes of every read.
    ///
    /// # Errors
    /// If it cannot be opened, its first bytes cannot be read, or it is no text.
    pub fn open(
        &self,
        encoding: Option<TextEncoding>,
        progress: impl FnMut(u64) + 'static,
    ) -> Result<Box<dyn BufRead>, InputError> {
        let failed = |error| InputError::Open { name: self.name(), error };
        let raw: Box<dyn Read> = match self {
            Self::Standard => Box::new(io::stdin()),
            Self::File(path) => Box::new(open_file(path).map_err(failed)?),
        };
        let counted = CountingReader { inner: raw, progress };
        let mut stored = BufReader::with_capacity(BUFFER_BYTES, counted);
        let head = read_head(&mut stored).map_err(failed)?;
        let stored = Cursor::new(head.clone()).chain(stored);
        let (head, text): (Vec<u8>, Box<dyn BufRead>) = match FileShape::of_bytes(&head) {
            Some(FileShape::Gzip) => self.unpacked(flate2::bufread::MultiGzDecoder::new(stored))?,
            Some(FileShape::Zstandard) => {
                self.unpacked(zstd::Decoder::with_buffer(stored).map_err(failed)?)?
            }
            Some(_) | None => (head, Box::new(stored)),
        };
        let refused = |shape| InputError::Shape { name: self.name(), shape };
        if let Some(shape) = FileShape::of_bytes(&head) {
            return Err(refused(shape));
        }
        let Some((decoder, mark)) = decoder(&head, encoding) else {
            return Err(refused(FileShape::Utf32));
        };
        let mut text = text;
        text.consume(mark);
        Ok(match decoder {
            Some(decoder) => {
                let decoding = DecodingReader::new(text, decoder);
                Box::new(BufReader::with_capacity(BUFFER_BYTES, decoding))
            }
            None => text,
        })
    }

    /// What a decompressor gives, with its first bytes.
    fn unpacked(
        &self,
        decompressor: impl Read + 'static,
    ) -> Result<(Vec<u8>, Box<dyn BufRead>), InputError> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, decompressor);
        let head = read_head(&mut reader).map_err(|error| InputError::Read {
            name: self.name(),
            line: 0,
            error,
        })?;
        let text = Cursor::new(head.clone()).chain(reader);
        Ok((head, Box::new(text)))
    }
}

/// Reads the first bytes of a file.
fn read_head(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(MAGIC_BYTES as u64).read_to_end(&mut head)?;
    if head.starts_with(b"PK") {
        reader.take(ARCHIVE_BYTES as u64).read_to_end(&mut head)?;
    }
    Ok(head)
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
    /// The header of the table has a column that was named twice.
    #[error("failed to read {name}: there are two columns `{column}`; give one another name")]
    ColumnTwice {
        /// The file.
        name: String,
        /// The column.
        column: String,
    },
    /// More than one delimiter gives the columns that were named.
    #[error(
        "failed to read {name}: its delimiter is ambiguous; add delimiter=comma, semicolon, tab or pipe"
    )]
    Delimiter {
        /// The file.
        name: String,
    },
    /// A cell in quotes does not end.
    #[error(
        "failed to read {name}: a quote in the row of line {line} is not closed, and everything after it \
         would be one cell; close or double it"
    )]
    OpenQuote {
        /// The file.
        name: String,
        /// The line on which the row begins.
        line: u64,
    },
    /// It is another kind of file.
    #[error("failed to read {name}: it is {shape}; {}", shape.advice())]
    Shape {
        /// The file.
        name: String,
        /// What it is.
        shape: FileShape,
    },
    /// It is not in UTF-8, and nothing says in which encoding it is.
    #[error(
        "failed to read {name}: line {line} is not UTF-8 (byte 0x{byte:02X}), so the file is in another \
         encoding, perhaps Windows-1252 (Latin-1); name it with --encoding windows-1252, or save the file in \
         UTF-8"
    )]
    Encoding {
        /// The file.
        name: String,
        /// The line.
        line: u64,
        /// The first byte that is not UTF-8.
        byte: u8,
    },
    /// It ends in the middle of a JSON value.
    #[error(
        "failed to read {name}: it ends in the middle of the JSON that begins on line {line}; it is cut short \
         or still being written, fetch it again"
    )]
    Incomplete {
        /// The file.
        name: String,
        /// The line.
        line: u64,
    },
    /// Something stands between or after the elements of its array.
    #[error(
        "failed to read {name}: line {line} belongs to no element of its JSON array; write one array, or one \
         object per line"
    )]
    Array {
        /// The file.
        name: String,
        /// The line.
        line: u64,
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
