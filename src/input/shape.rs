//! What a file is, if it is something else than expected.

use std::fmt;

/// A kind of file that is recognised by its first bytes, and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileShape {
    /// Compressed with gzip, where that is not expected.
    Gzip,
    /// Compressed with Zstandard, where that is not expected.
    Zstandard,
    /// A workbook of Excel or LibreOffice: a ZIP archive of XML.
    Workbook,
    /// A workbook of Excel before 2007.
    OldWorkbook,
    /// A ZIP archive.
    Zip,
    /// A tar archive.
    Tar,
    /// Compressed with bzip2, xz or 7-Zip.
    OtherCompression,
    /// A PDF document.
    Pdf,
    /// A binary file of records: Parquet, Avro or SQLite.
    Records,
    /// Text in UTF-32.
    Utf32,
    /// A web page.
    Html,
    /// XML.
    Xml,
    /// An iCalendar file.
    Calendar,
    /// JSON.
    Json,
    /// A table with one line per row, such as CSV.
    Table,
}

impl FileShape {
    /// Recognises a binary file by its first bytes.
    pub(super) fn of_bytes(head: &[u8]) -> Option<Self> {
        let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
        let starts: [(&[u8], Self); 14] = [
            (b"\x1F\x8B", Self::Gzip),
            (b"\x28\xB5\x2F\xFD", Self::Zstandard),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Self::OldWorkbook),
            (b"BZh", Self::OtherCompression),
            (b"\xFD7zXZ\0", Self::OtherCompression),
            (b"7z\xBC\xAF\x27\x1C", Self::OtherCompression),
            (b"%PDF-", Self::Pdf),
            (b"PAR1", Self::Records),
            (b"Obj\x01", Self::Records),
            (b"SQLite format 3\0", Self::Records),
            (b"\xFF\xFE\0\0", Self::Utf32),
            (b"\0\0\xFE\xFF", Self::Utf32),
            (b"PK\x03\x04", Self::Zip),
            (b"PK\x05\x06", Self::Zip),
        ];
        let (_, shape) = starts.into_iter().find(|(start, _)| head.starts_with(start))?;
        let is_workbook = ["[Content_Types].xml", "_rels/", "xl/", "opendocument.spreadsheet"]
            .into_iter()
            .any(|name| has(name.as_bytes()));
        Some(if shape == Self::Zip && is_workbook { Self::Workbook } else { shape })
    }

    /// Recognises a text by its first line that is not blank.
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        const TAR_MAGIC: usize = 257;
        if text.get(TAR_MAGIC..).is_some_and(|rest| rest.starts_with(b"ustar")) {
            return Some(Self::Tar);
        }
        let text = text.trim_ascii();
        let lower = text.to_ascii_lowercase();
        let has = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
        match text.first()? {
            b'<' if has("<html") || has("<!doctype html") || has("<table") => Some(Self::Html),
            b'<' => Some(Self::Xml),
            b'{' | b'[' => Some(Self::Json),
            _ if lower.starts_with(b"begin:vcalendar") => Some(Self::Calendar),
            _ if lower.starts_with(b"sep=") || is_row(text) => Some(Self::Table),
            _ => None,
        }
    }

    /// What to do with such a file in the place of configuration.
    pub(super) fn advice_for_text(self) -> &'static str {
        match self {
            Self::Gzip | Self::Zstandard | Self::Zip | Self::Tar | Self::OtherCompression => {
                "unpack it"
            }
            Self::Html => "fetch the file itself",
            Self::Workbook
            | Self::OldWorkbook
            | Self::Pdf
            | Self::Xml
            | Self::Records
            | Self::Utf32
            | Self::Calendar
            | Self::Json
            | Self::Table => "write it as text in UTF-8",
        }
    }

    /// What to do with such a file in the place of events.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Gzip | Self::Zstandard | Self::Zip | Self::Tar | Self::OtherCompression => {
                "unpack it, and read what is in it"
            }
            Self::Workbook | Self::OldWorkbook => {
                "save it as CSV in UTF-8, and read that with --csv"
            }
            Self::Pdf | Self::Xml | Self::Records => "export it as CSV or as JSON lines",
            Self::Utf32 => "save it in UTF-8",
            Self::Html => {
                "fetch the file itself; such a page is often a log-in or an error, or a table that Excel opens"
            }
            Self::Calendar => "calendars go into `holidays_ics` of a calendar file",
            Self::Json => "read events without --csv",
            Self::Table => "read a table with --csv, which names its columns",
        }
    }
}

/// Whether a line looks like the row of a table: text in at least three cells.
fn is_row(line: &[u8]) -> bool {
    let is_text = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    let cells = |delimiter: u8| line.split(|byte| *byte == delimiter).count();
    line.iter().all(is_text) && [b',', b';', b'\t', b'|'].into_iter().any(|byte| cells(byte) >= 3)
}

impl fmt::Display for FileShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "compressed with gzip",
            Self::Zstandard => "compressed with Zstandard",
            Self::Workbook => "a workbook of Excel (.xlsx) or LibreOffice",
            Self::OldWorkbook => "a workbook of Excel (.xls)",
            Self::Zip => "a ZIP archive",
            Self::Tar => "a tar archive",
            Self::OtherCompression => "compressed with bzip2, xz or 7-Zip",
            Self::Pdf => "a PDF document",
            Self::Records => "a Parquet, Avro or SQLite file",
            Self::Utf32 => "text in UTF-32",
            Self::Html => "a web page (HTML)",
            Self::Xml => "XML",
            Self::Calendar => "an iCalendar file",
            Self::Json => "JSON",
            Self::Table => "a table (CSV)",
        })
    }
}
