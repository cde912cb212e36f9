//! Labels of alerts.

use super::fields::{Fields, File};
use crate::name;

/// Labels that Vaste sets itself.
const LABELS_RESERVED: [&str; 4] = ["alertname", "team", "objective", "severity"];

/// Reads a group of labels.
pub(super) fn read(labels: &Fields<'_>, file: &mut File<'_>) -> Vec<(Box<str>, Box<str>)> {
    let mut read = Vec::new();
    for (key, field) in labels.all() {
        if LABELS_RESERVED.contains(&key.text.as_str()) {
            file.error(
                key.at,
                &field.key,
                "is a label that Vaste sets itself; choose another name",
            );
        } else if !is_label(&key.text) {
            let problem = "cannot be a label; write letters, digits and _, not starting with a digit \
                           or with __";
            file.error(key.at, &field.key, problem);
        }
        let problem = "cannot be a label's value; write 1 to 128 bytes of text";
        let value = field.parse(file, problem, |text| name::is_name(text).then(|| text.into()));
        read.extend(value.map(|value| (key.text.as_str().into(), value)));
    }
    read
}

fn is_label(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word && !text.is_empty()
        && !text.starts_with("__")
        && !text.starts_with(|first: char| first.is_ascii_digit())
}
