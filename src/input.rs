//! Records from files and standard input: JSON or tables, plain, gzip or Zstandard, in any encoding.
//!
//! # Design
//! A file that is something else than expected is refused as a whole, with what it is and what to do. Its
//! lines would otherwise be rejected one by one, for reasons that are not the cause.

mod csv;
mod encoding;
mod json;
mod lines;
mod parallel;
mod shape;
mod source;
mod text;
mod value;

pub use csv::{Columns, ColumnsError, TableNotes, TimeFormatError, ZoneError, read_csv};
pub use encoding::{TextEncoding, UnknownEncoding};
pub use json::read_events;
pub use lines::{InputLine, read_lines};
pub use parallel::decode_events;
pub use shape::FileShape;
pub use source::{InputError, InputSource};
pub use text::read_text;
