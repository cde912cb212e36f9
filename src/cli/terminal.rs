//! Standard output and standard error of a command.

use std::io::{self, Write};

use serde::Serialize;

/// Where a command prints. Results go to `out`; progress, warnings and errors go to `diagnostics`.
pub(super) struct Terminal<'a> {
    /// Standard output, buffered.
    pub(super) out: &'a mut dyn Write,
    /// Standard error.
    pub(super) diagnostics: &'a mut dyn Write,
}

impl Terminal<'_> {
    /// Prints a result as one line of JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn print_json(&mut self, row: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, row)?;
        writeln!(self.out)
    }
}
