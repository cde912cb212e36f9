//! Finds where a filter is nested so deep that jaq would overflow the stack while it parses it.
//!
//! # Design
//! jaq's lexer, parser and compiler recurse: into brackets, and from one term of a chain such as `a | b | c`
//! to the next. Which tokens do so is not repeated here. A term can be no deeper than the tokens before it in
//! all brackets around it, so their number is the bound. Measured, a token takes at most 2 KiB of stack and a
//! bracket 6 KiB.

/// Maximum depth: 1 MiB of the 2 MiB that a thread has.
const DEPTH_MAX: usize = 500;

/// The depth of a bracket.
const BRACKET_DEPTH: usize = 3;

/// The byte at which the maximum is exceeded; `None` if it is not.
pub(super) fn find_too_deep(text: &str) -> Option<usize> {
    let mut scan = NestingScan::default();
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if scan.levels.last().is_some_and(|level| level.kind == LevelKind::Text) {
            match byte {
                b'"' => scan.close(),
                b'\\' if bytes.next_if(|(_, next)| *next == b'(').is_some() => {
                    scan.open(LevelKind::Bracket);
                }
                b'\\' => drop(bytes.next()),
                _ => {}
            }
        } else {
            match byte {
                b'#' => while bytes.next_if(|(_, next)| *next != b'\n').is_some() {},
                b'"' => scan.open(LevelKind::Text),
                b'(' | b'[' | b'{' => scan.open(LevelKind::Bracket),
                b')' | b']' | b'}' => {
                    while scan.levels.pop_if(|level| level.kind == LevelKind::Definition).is_some()
                    {
                    }
                    scan.close();
                }
                b';' => scan.end_term(),
                _ if is_of_word(byte) => {
                    while bytes.next_if(|(_, next)| is_of_word(*next)).is_some() {}
                    let end = bytes.peek().map_or(text.len(), |(end, _)| *end);
                    let is_definition = text.get(at..end) == Some("def");
                    scan.add(1);
                    if is_definition {
                        scan.open(LevelKind::Definition);
                    }
                }
                _ if byte.is_ascii_whitespace() => {}
                _ => scan.add(1),
            }
        }
        if scan.depth > DEPTH_MAX {
            return Some(at);
        }
    }
    None
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || !byte.is_ascii()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LevelKind {
    Bracket,
    /// From `def` to its `;`.
    Definition,
    /// A text in quotes.
    Text,
}

/// One open bracket, definition or text.
struct OpenLevel {
    kind: LevelKind,
    /// The depth of what it holds so far.
    depth: usize,
}

/// The open levels of a filter, as far as it is read.
#[derive(Default)]
struct NestingScan {
    levels: Vec<OpenLevel>,
    /// The depth of all levels, and of the tokens outside of them.
    depth: usize,
}

impl NestingScan {
    fn add(&mut self, depth: usize) {
        self.depth += depth;
        if let Some(level) = self.levels.last_mut() {
            level.depth += depth;
        }
    }

    fn open(&mut self, kind: LevelKind) {
        self.levels.push(OpenLevel { kind, depth: 0 });
        self.add(BRACKET_DEPTH);
    }

    /// Ends the innermost level: it is one term of the level around it.
    fn close(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.depth -= level.depth;
            self.add(1);
        }
    }

    /// Ends a definition, or an argument in brackets.
    fn end_term(&mut self) {
        match self.levels.last_mut() {
            Some(level) if level.kind == LevelKind::Definition => self.close(),
            Some(level) => {
                self.depth -= level.depth - BRACKET_DEPTH;
                level.depth = BRACKET_DEPTH;
            }
            None => {}
        }
    }
}
