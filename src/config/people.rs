//! Names of people. They are checked, not kept.

use super::fields::{Field, File};
use super::yaml::YamlValue;
use crate::name;

/// Checks a list of at least one name; returns how many there are.
pub(super) fn read(field: &Field<'_>, file: &mut File<'_>) -> usize {
    let list = field.list(file);
    if list.is_empty() && matches!(field.node.value, YamlValue::List(_)) {
        file.error(field.node.at, &field.key, "is empty; name at least one person");
    }
    for person in &list {
        check(person, file);
    }
    list.len()
}

/// Checks the name of one person.
pub(super) fn check(person: &Field<'_>, file: &mut File<'_>) {
    person.parse(file, PERSON_FORM, |text| name::is_id(text).then_some(()));
}

const PERSON_FORM: &str =
    "cannot be a person's name; write 1 to 128 letters, digits or . _ : / @ # + -";
