//! How the characters of a file are stored.
//!
//! `encoding_rs` decodes: the implementation of the WHATWG Encoding Standard that Firefox has.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// An encoding other than UTF-8 that the arguments name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

/// A text names no encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the name of an encoding, such as utf-8, windows-1252, iso-8859-1 or utf-16le")]
pub struct UnknownEncoding;

impl TextEncoding {
    /// The encoding with a name of the Encoding Standard.
    ///
    /// # Errors
    /// If none has it.
    pub fn parse(name: &str) -> Result<Self, UnknownEncoding> {
        Encoding::for_label_no_replacement(name.as_bytes()).map(Self).ok_or(UnknownEncoding)
    }
}

/// What the first bytes of a text say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Detected {
    /// UTF-8, or an encoding that does not show. The number is the length of the byte order mark.
    Utf8(usize),
    Utf16(&'static Encoding, usize),
    Utf32,
}

/// Reads the byte order mark. UTF-16 shows without one, too: every other byte of ASCII is zero.
pub(super) fn detect(head: &[u8]) -> Detected {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => Detected::Utf8(3),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Detected::Utf32,
        [0xFF, 0xFE, ..] => Detected::Utf16(UTF_16LE, 2),
        [0xFE, 0xFF, ..] => Detected::Utf16(UTF_16BE, 2),
        [1..=0x7F, 0, 1..=0x7F, 0, ..] => Detected::Utf16(UTF_16LE, 0),
        [0, 1..=0x7F, 0, 1..=0x7F, ..] => Detected::Utf16(UTF_16BE, 0),
        _ => Detected::Utf8(0),
    }
}

/// The decoder of a text whose first bytes are known, and the length of its byte order mark. No decoder for
/// UTF-8: its bytes are taken as they are. A byte order mark overrules the arguments. `None` for UTF-32.
pub(super) fn decoder(
    head: &[u8],
    named: Option<TextEncoding>,
) -> Option<(Option<Decoder>, usize)> {
    let named = named.map(|TextEncoding(encoding)| encoding).filter(|encoding| *encoding != UTF_8);
    let (encoding, mark) = match detect(head) {
        Detected::Utf8(0) => (named, 0),
        Detected::Utf8(mark) => (None, mark),
        Detected::Utf16(encoding, mark) => (Some(encoding), mark),
        Detected::Utf32 => return None,
    };
    Some((encoding.map(Encoding::new_decoder_without_bom_handling), mark))
}

/// Reads text of another encoding as UTF-8.
pub(super) struct DecodingReader<R> {
    inner: R,
    decoder: Decoder,
    has_ended: bool,
    /// Decoded text, of which the first bytes are read. The decoder wants more room than a caller may have.
    decoded: Vec<u8>,
    read: usize,
}

/// Room for decoded text in bytes.
const DECODED_BYTES: usize = 16 * 1024;

impl<R> DecodingReader<R> {
    pub(super) fn new(inner: R, decoder: Decoder) -> Self {
        Self { inner, decoder, has_ended: false, decoded: Vec::new(), read: 0 }
    }
}

impl<R: BufRead> Read for DecodingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.decoded.len() && !self.has_ended {
            self.decode()?;
        }
        let mut rest = self.decoded.get(self.read..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

impl<R: BufRead> DecodingReader<R> {
    /// Decodes some more text, when all of the former is read.
    fn decode(&mut self) -> io::Result<()> {
        self.read = 0;
        self.decoded.resize(DECODED_BYTES, 0);
        let input = self.inner.fill_buf()?;
        let is_last = input.is_empty();
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(input, &mut self.decoded, is_last);
        self.inner.consume(read);
        self.decoded.truncate(written);
        match result {
            DecoderResult::InputEmpty => self.has_ended = is_last,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                let problem = format!("it is not valid {}", self.decoder.encoding().name());
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_unicode_encodings_apart() {
        for (head, detected) in [
            (&b"{\"id\""[..], Detected::Utf8(0)),
            (b"\xEF\xBB\xBF{", Detected::Utf8(3)),
            (b"\xFF\xFE{\0", Detected::Utf16(UTF_16LE, 2)),
            (b"\xFE\xFF\0{", Detected::Utf16(UTF_16BE, 2)),
            (b"{\0\"\0", Detected::Utf16(UTF_16LE, 0)),
            (b"\0{\0\"", Detected::Utf16(UTF_16BE, 0)),
            (b"\xFF\xFE\0\0{\0\0\0", Detected::Utf32),
            // The frame of a schema registry.
            (b"\0\0\0\0\x07{", Detected::Utf8(0)),
            (b"", Detected::Utf8(0)),
        ] {
            assert_eq!(detect(head), detected, "{head:?}");
        }
    }

    #[test]
    fn text_decodes_in_any_pieces_and_a_half_character_is_an_error() {
        let text = "Käyttö 🦀\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoded = |bytes: &[u8], size: usize| {
            let inner = io::BufReader::with_capacity(size, bytes);
            let mut reader =
                DecodingReader::new(inner, UTF_16LE.new_decoder_without_bom_handling());
            io::read_to_string(&mut reader)
        };
        for size in 1..8 {
            assert_eq!(decoded(&bytes, size).unwrap(), text, "{size}");
        }
        let error = decoded(&bytes[..bytes.len() - 1], 64).unwrap_err();
        assert_eq!(error.to_string(), "it is not valid UTF-16LE");
    }
}
