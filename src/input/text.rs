//! Whole text files, such as configuration.

use std::io;
use std::path::Path;

use super::encoding::{DecodingReader, decoder};
use super::shape::FileShape;

/// Reads a text file that is not compressed, such as configuration.
///
/// # Errors
/// If it cannot be read, or is no text in UTF-8 or UTF-16; that is [`io::ErrorKind::InvalidData`].
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let refused = |shape: FileShape| invalid(format!("it is {shape}; {}", shape.advice_for_text()));
    if let Some(shape) = FileShape::of_bytes(&bytes) {
        return Err(refused(shape));
    }
    if let Some(FileShape::Html) = FileShape::of_text(&bytes) {
        return Err(refused(FileShape::Html));
    }
    let Some((decoder, mark)) = decoder(&bytes, None) else {
        return Err(refused(FileShape::Utf32));
    };
    let text = bytes.get(mark..).unwrap_or_default();
    if let Some(decoder) = decoder {
        return io::read_to_string(DecodingReader::new(text, decoder));
    }
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let (good, rest) = text.split_at_checked(error.valid_up_to()).unwrap_or_default();
            let line = 1 + memchr::memchr_iter(b'\n', good).count();
            let byte = rest.first().copied().unwrap_or_default();
            Err(invalid(format!(
                "line {line} is not UTF-8 (byte 0x{byte:02X}), perhaps Windows-1252; save the file in UTF-8"
            )))
        }
    }
}
