//! The organisation's own names of priorities.

use super::fields::{Fields, File};
use crate::event::{Priority, PriorityNames};
use crate::name;

/// Reads a group of names, each with the priority that it stands for.
pub(super) fn read(group: &Fields<'_>, file: &mut File<'_>) -> PriorityNames {
    let mut names = PriorityNames::default();
    for (key, field) in group.all() {
        let problem = "is not a priority; write low, normal, high or urgent";
        let Some(priority) = field.parse(file, problem, Priority::from_label) else { continue };
        let own = Priority::from_label(key.text.trim());
        if !name::is_name(&key.text) {
            let problem = "cannot be a name; write 1 to 128 bytes of text";
            file.error(key.at, &field.key, problem);
        } else if own.is_some_and(|own| own != priority) {
            let problem =
                "is a priority of its own and cannot stand for another one; remove the line";
            file.error(key.at, &field.key, problem);
        } else if !names.insert(&key.text, priority) {
            let problem = "is there twice: case makes no difference, and a blank, a hyphen and an underscore \
                           are the same; keep one";
            file.error(key.at, &field.key, problem);
        }
    }
    names
}
