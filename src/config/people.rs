//! Names of people.

use super::fields::{Field, File};
use super::yaml::YamlValue;
use crate::agreement::NAME_PLACEHOLDER;
use crate::name;

/// Reads a list of at least one name; each with its place. `None` for one that is no name.
pub(super) fn read<'n>(
    field: &Field<'n>,
    file: &mut File<'_>,
) -> Vec<(Field<'n>, Option<Box<str>>)> {
    let list = field.list(file);
    if list.is_empty() && matches!(field.node.value, YamlValue::List(_)) {
        file.error(field.node.at, &field.key, "is empty; name at least one person");
    }
    let with_name = |person: Field<'n>| {
        let name = name(&person, file);
        (person, name)
    };
    list.into_iter().map(with_name).collect()
}

/// Reads the name of one person.
pub(super) fn name(person: &Field<'_>, file: &mut File<'_>) -> Option<Box<str>> {
    let name: Option<Box<str>> =
        person.parse(file, PERSON_FORM, |text| name::is_id(text).then(|| text.into()));
    if name.as_deref() == Some(NAME_PLACEHOLDER) {
        person.warn(file, "stands for a person; write who it is");
    }
    name
}

const PERSON_FORM: &str =
    "cannot be a person's name; write 1 to 128 letters, digits or . _ : / @ # + -";
