//! The tokens of a Rust file, as far as questions about names need them.

/// One token. Comments, literals and lifetimes are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or a keyword.
    Word(String),
    /// One character of punctuation. `::` is two of them.
    Mark(char),
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word == text,
            Self::Mark(mark) => text.chars().eq([*mark]),
        }
    }

    pub(crate) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Mark(_) => None,
        }
    }
}

/// The tokens of a file without what is compiled only for tests.
pub(crate) fn production_tokens(text: &str) -> Vec<Token> {
    without_tests(&tokens(text))
}

/// All tokens of a file.
fn tokens(text: &str) -> Vec<Token> {
    let text: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        at = match literal_or_comment_end(&text, at) {
            Some(end) => end,
            None if is_word(text[at]) => {
                let end = end_of_word(&text, at);
                found.push(Token::Word(text[at..end].iter().collect()));
                end
            }
            None => {
                if !text[at].is_whitespace() {
                    found.push(Token::Mark(text[at]));
                }
                at + 1
            }
        };
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn end_of_word(text: &[char], from: usize) -> usize {
    from + text[from..].iter().take_while(|&&character| is_word(character)).count()
}

/// The end of a comment, a string, a character or a lifetime that begins at `at`.
fn literal_or_comment_end(text: &[char], at: usize) -> Option<usize> {
    let next = text.get(at + 1).copied();
    match (text[at], next) {
        ('/', Some('/')) => Some(skip_until(text, at, "\n")),
        ('/', Some('*')) => Some(skip_until(text, at, "*/")),
        ('"', _) => Some(end_of_quoted(text, at + 1, '"')),
        ('\'', Some('\\')) => Some(end_of_quoted(text, at + 1, '\'')),
        ('\'', Some(_)) if text.get(at + 2) == Some(&'\'') => Some(at + 3),
        ('\'', _) => Some(end_of_word(text, at + 1)),
        ('r' | 'b' | 'c', _) => {
            let prefix = text[at..].iter().take_while(|c| "rbc".contains(**c)).count();
            let hashes = text[at + prefix..].iter().take_while(|c| **c == '#').count();
            let begin = at + prefix + hashes;
            match text.get(begin) {
                Some('"') if text[at..at + prefix].contains(&'r') => {
                    Some(skip_until(text, begin + 1, &format!("\"{}", "#".repeat(hashes))))
                }
                Some(&quote @ ('"' | '\'')) if hashes == 0 => {
                    Some(end_of_quoted(text, begin + 1, quote))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The index after the next `end`.
fn skip_until(text: &[char], from: usize, end: &str) -> usize {
    let end: Vec<char> = end.chars().collect();
    let at = text[from..].windows(end.len()).position(|piece| piece == end);
    at.map_or(text.len(), |at| from + at + end.len())
}

/// The index after the closing quote of a literal with escapes.
fn end_of_quoted(text: &[char], from: usize, quote: char) -> usize {
    let mut at = from;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Leaves out each item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let is_test = rest.len() >= ATTRIBUTE.len()
            && rest.iter().zip(ATTRIBUTE).all(|(token, text)| token.is(text));
        if is_test {
            at += ATTRIBUTE.len() + item_length(&rest[ATTRIBUTE.len()..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The number of tokens of the item at the beginning, with its attributes: up to a `;` or to the end of
/// its block.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark('}' | ')' | ']') => {
                depth -= 1;
                if depth == 0 && token.is("}") {
                    return index + 1;
                }
            }
            Token::Mark(';') if depth == 0 => return index + 1,
            Token::Mark(_) | Token::Word(_) => {}
        }
    }
    tokens.len()
}

#[test]
fn comments_literals_and_lifetimes_are_no_tokens() {
    let text = r##"
        // a::b
        /* c::d */
        fn e<'f>(_: &'f str) -> char { "g::h\" i"; r#"j " k"#; b"l"; b'm'; '\''; 'n' }
    "##;
    let words: Vec<String> =
        tokens(text).iter().filter_map(Token::word).map(str::to_owned).collect();
    assert_eq!(words, ["fn", "e", "_", "str", "char"]);
}

#[test]
fn what_is_compiled_only_for_tests_is_left_out() {
    let text = "
        use a::b;
        #[cfg(test)] use c::d;
        #[cfg(test)]
        #[path = \"x.rs\"]
        mod e;
        impl F { #[cfg(test)] fn g(&self) -> [u8; 2] { [1, 2] } fn h() {} }
        #[cfg(test)]
        mod tests { use super::*; fn i() {} }
        fn j() {}
    ";
    let words: Vec<String> =
        production_tokens(text).iter().filter_map(Token::word).map(str::to_owned).collect();
    assert_eq!(words, ["use", "a", "b", "impl", "F", "fn", "h", "fn", "j"]);
}
