//! Where a JSON value ends, and whether it does.

use serde::de::IgnoredAny;

/// Whether JSON ends before its last value does.
pub(super) fn is_cut_short(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_err_and(|error| error.is_eof())
}

/// Where a value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueProgress {
    /// Not yet.
    Inside,
    /// With this byte.
    With,
    /// Before this byte.
    Before,
}

/// Finds the end of a JSON value, byte by byte. Whether it is valid is not asked.
#[derive(Default)]
pub(super) struct ValueScanner {
    /// Brackets that are open.
    pub(super) depth: usize,
    pub(super) is_in_string: bool,
    is_escaped: bool,
}

impl ValueScanner {
    /// Reads one byte.
    pub(super) fn step(&mut self, byte: u8) -> ValueProgress {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.is_in_string = false;
                    return if self.depth == 0 {
                        ValueProgress::With
                    } else {
                        ValueProgress::Inside
                    };
                }
                _ => {}
            }
            return ValueProgress::Inside;
        }
        match byte {
            b'"' => self.is_in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                if self.depth == 0 {
                    return ValueProgress::With;
                }
            }
            b',' | b'}' | b']' if self.depth == 0 => return ValueProgress::Before,
            _ if self.depth == 0 && byte.is_ascii_whitespace() => return ValueProgress::Before,
            _ => {}
        }
        ValueProgress::Inside
    }
}
