//! Names of types that more than one file declares.

use std::collections::BTreeMap;

use super::tokens::{Token, production_tokens};

/// The names of types, traits and aliases that a file declares at its top level, outside its tests.
fn declared(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut names = Vec::new();
    let tokens = production_tokens(text);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark('}' | ')' | ']') => depth -= 1,
            Token::Word(word)
                if depth == 0
                    && ["struct", "enum", "trait", "type", "union"].contains(&word.as_str()) =>
            {
                names.extend(tokens.get(index + 1).and_then(Token::word).map(str::to_owned));
            }
            Token::Mark(_) | Token::Word(_) => {}
        }
    }
    names
}

/// Each name that is declared more than once, with the files.
pub(crate) fn repeated<'a>(
    sources: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut files: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, text) in sources {
        for name in declared(text) {
            files.entry(name).or_default().push(path);
        }
    }
    files.retain(|_, paths| paths.len() > 1);
    files
}

#[test]
fn a_type_name_in_two_files_is_found_whatever_it_names() {
    let sources = [
        ("a.rs", "pub struct Place { x: u8 } pub(crate) enum Kind { A } fn f() { struct Inner; }"),
        ("b.rs", "type Place = u8; trait Kind {} impl T for X { type Inner = u8; }"),
        (
            "c.rs",
            "struct Other; #[cfg(test)] mod tests { struct Place; } #[cfg(test)] struct Kind;",
        ),
    ];
    let found = repeated(sources);
    let expected = [("Kind", ["a.rs", "b.rs"]), ("Place", ["a.rs", "b.rs"])];
    assert_eq!(
        found,
        BTreeMap::from(expected.map(|(name, files)| (name.to_owned(), files.to_vec())))
    );
}
