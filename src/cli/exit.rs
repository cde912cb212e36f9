//! Exit codes, and the errors that end a command.

use std::error::Error;
use std::io;

/// Exit code of a command that succeeded.
pub const EXIT_SUCCESS: u8 = 0;
/// Exit code of a command that failed while running, or that found a rejected record.
pub const EXIT_FAILED: u8 = 1;
/// Exit code of wrong usage: unknown commands, missing or bad arguments.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a bad configuration. `EX_CONFIG` of sysexits.h.
pub const EXIT_CONFIG: u8 = 78;

/// How a command ended. Wrong usage is not among the values: it is found before a command starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// The command succeeded.
    Success,
    /// The command failed while running, or a record was rejected.
    Failed,
    /// The configuration is bad.
    Config,
}

impl Exit {
    /// The exit code.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Success => EXIT_SUCCESS,
            Self::Failed => EXIT_FAILED,
            Self::Config => EXIT_CONFIG,
        }
    }
}

/// An error that ends a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The configuration is bad.
    #[error("{0}")]
    Config(Box<dyn Error>),
    /// The command failed while running.
    #[error("{0}")]
    Failed(Box<dyn Error>),
    /// The configuration has errors, which are printed already.
    #[error("the configuration has errors")]
    InvalidConfig,
    /// The output cannot be written.
    #[error("failed to write: {0}")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// An error of the configuration.
    pub(super) fn config(error: impl Error + 'static) -> Self {
        Self::Config(Box::new(error))
    }

    /// An error while running.
    pub(super) fn failed(error: impl Error + 'static) -> Self {
        Self::Failed(Box::new(error))
    }

    /// Whether the error is still to be printed.
    pub(super) fn must_be_printed(&self) -> bool {
        match self {
            Self::Config(_) | Self::Failed(_) => true,
            Self::InvalidConfig => false,
            Self::Output(error) => error.kind() != io::ErrorKind::BrokenPipe,
        }
    }

    /// How the command ends. A closed pipe is a success: its reader has what it wanted.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::InvalidConfig => Exit::Config,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
            Self::Failed(_) | Self::Output(_) => Exit::Failed,
        }
    }
}
