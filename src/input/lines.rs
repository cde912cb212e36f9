//! Records of one line each.

use std::io::{self, BufRead};

use super::source::{InputError, InputSource};
use super::value::is_cut_short;
use crate::event::{Event, Outcome, RECORD_BYTES_MAX, Reason, Rejection, decode, too_large};
use crate::mapping::Mapping;

/// One line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputLine<'a> {
    /// A line of at most [`RECORD_BYTES_MAX`], without its end.
    Record(&'a [u8]),
    /// The length in bytes of a line longer than [`RECORD_BYTES_MAX`].
    TooLong(usize),
    /// The last line, if it has no end and the JSON in it has none either.
    CutShort,
}

impl<'a> InputLine<'a> {
    /// The event.
    ///
    /// # Errors
    /// The outcome if it is none.
    pub fn decode(self) -> Result<Event<'a>, Outcome> {
        match self {
            Self::Record(bytes) => decode(bytes),
            Self::TooLong(bytes) => Err(Outcome::Rejected(too_large(bytes))),
            Self::CutShort => {
                let advice = "the file ends in the middle of this record; it is cut short or still being \
                              written, fetch it again";
                let reason = Reason::Malformed;
                Err(Outcome::Rejected(Box::new(Rejection { reason, advice: advice.to_owned() })))
            }
        }
    }

    /// Calls `visit` with each event that a filter makes of the line, and its JSON. Without a filter, the
    /// line is the event.
    pub fn decode_by(
        self,
        mapping: Option<&Mapping>,
        mut visit: impl FnMut(&[u8], Result<Event<'_>, Outcome>),
    ) {
        match (self, mapping) {
            (Self::Record(bytes), Some(mapping)) => mapping.decode(bytes, visit),
            _ => visit(self.bytes(), self.decode()),
        }
    }

    /// The bytes of a record that has all of them here.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Record(bytes) => bytes,
            Self::TooLong(_) | Self::CutShort => &[],
        }
    }
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
            if length <= RECORD_BYTES_MAX && is_cut_short(held.trim_ascii_start()) {
                if !held.trim_ascii().is_empty() {
                    visit(lines + 1, InputLine::CutShort);
                }
            } else if length > 0 {
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
