//! The content of a dead letter: the rejected record, with headers that say where it was and why it was
//! rejected.
//!
//! The headers have the names of Kafka Connect, which most tools know. The reason is the sentence of
//! `vaste check-events`, which quotes at most 60 characters of the value that is at fault.

use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use sha2::{Digest as _, Sha256};

use crate::event::Rejection;

/// Maximum bytes of key, value and headers that a letter keeps. By default a topic accepts batches of 1 MiB.
const LETTER_BYTES_MAX: usize = 1_000_000;

/// Bytes that one header takes in addition to its name and value.
const HEADER_FRAME: usize = 10;

/// The parts of a letter that differ from the record.
pub(super) struct LetterContent<'m> {
    pub(super) key: Option<&'m [u8]>,
    pub(super) headers: OwnedHeaders,
    /// Replaces a value that is too large: its hash and size as JSON.
    pub(super) replaced_value: Option<String>,
}

impl<'m> LetterContent<'m> {
    pub(super) fn new(message: &'m BorrowedMessage<'_>, rejection: &Rejection) -> Self {
        let value = message.payload().unwrap_or_default();
        let key = message.key();
        let own = message.headers();
        let header_bytes: usize = own.map_or(0, |headers| {
            let bytes = |header: Header<'_, &[u8]>| {
                header.key.len() + header.value.map_or(0, <[u8]>::len) + HEADER_FRAME
            };
            headers.iter().map(bytes).sum()
        });
        let rest_bytes = key.map_or(0, <[u8]>::len) + header_bytes;
        if rest_bytes + value.len() <= LETTER_BYTES_MAX {
            let headers =
                own.map_or_else(|| OwnedHeaders::new_with_capacity(6), |headers| headers.detach());
            let headers = add_origin(headers, message, rejection);
            return Self { key, headers, replaced_value: None };
        }
        // Key and headers are left out, too, if they alone are too large.
        let fits_without_value = rest_bytes <= LETTER_BYTES_MAX;
        let own = own.filter(|_| fits_without_value);
        let headers = own.map_or_else(OwnedHeaders::new, |headers| headers.detach());
        let what: &str = if fits_without_value { "value" } else { "key, headers and value" };
        let headers = add_origin(headers, message, rejection)
            .insert(Header { key: "vaste.dead_letter.too_large", value: Some(what) });
        let key = key.filter(|_| fits_without_value);
        Self { key, headers, replaced_value: Some(digest(value)) }
    }
}

/// The hash and size of a value that is too large: enough to find it in its topic.
fn digest(value: &[u8]) -> String {
    let sha256: String = Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"sha256\":\"{sha256}\",\"bytes\":{}}}", value.len())
}

/// Adds the record's position and the reason to its headers.
fn add_origin(
    headers: OwnedHeaders,
    message: &BorrowedMessage<'_>,
    rejection: &Rejection,
) -> OwnedHeaders {
    let (partition, offset) = (message.partition().to_string(), message.offset().to_string());
    [
        ("__connect.errors.topic", message.topic()),
        ("__connect.errors.partition", &partition),
        ("__connect.errors.offset", &offset),
        ("__connect.errors.stage", "VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", rejection.reason.label()),
        ("__connect.errors.exception.message", &rejection.advice),
    ]
    .into_iter()
    .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_replaced_by_its_hash_and_size() {
        // The first example of FIPS 180-2.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), format!("{{\"sha256\":\"{sha256}\",\"bytes\":3}}"));
    }
}
