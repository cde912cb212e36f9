//! The arguments that name events, and the agreements to compare them with.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::values::mapping;
use crate::cli::disk::{FilesError, files_of};
use crate::input::{Columns, TextEncoding};
use crate::mapping::Mapping;

const CSV_HELP: &str = "Read the files as tables with one row per ticket: \
    created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]. Also time=FORMAT \
    (such as %d.%m.%Y %H:%M), zone=ZONE of times without an offset (default: UTC), \
    priorities=NAME:PRIORITY;… (such as P1:urgent;P2:high) and delimiter=CHARACTER. \
    A value with a comma goes in double quotes";

pub(super) const MAP_HELP: &str = "Make events of the payloads of another product by a filter in jq: \
    chatwoot, freshdesk, github, jira, zammad, zendesk, or a file. `vaste map NAME` prints a built-in one";

/// Events, and the agreements to compare them with.
#[derive(Debug, Args)]
pub(in crate::cli) struct History {
    /// Files of events, one JSON object per line, or tables (--csv); plain, gzip or Zstandard; `-` is
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) agreed: Agreed,
    #[command(flatten)]
    pub(in crate::cli) format: EventFormat,
    /// Exit with 0 although records were rejected. Without it, the exit code is then 1
    #[arg(long)]
    pub(in crate::cli) allow_rejected: bool,
}

/// How files hold events.
#[derive(Debug, Args)]
pub(in crate::cli) struct EventFormat {
    // Not a doc comment: its brackets would be links.
    #[arg(long, value_name = "COLUMNS", value_parser = Columns::parse, help = CSV_HELP)]
    pub(in crate::cli) csv: Option<Columns>,
    /// Encoding of files that are neither UTF-8 nor UTF-16, such as windows-1252
    #[arg(long, value_name = "NAME", value_parser = TextEncoding::parse)]
    pub(in crate::cli) encoding: Option<TextEncoding>,
    #[arg(long, value_name = "NAME|FILE", value_parser = mapping, conflicts_with = "csv", help = MAP_HELP)]
    pub(in crate::cli) map: Option<Arc<Mapping>>,
}

/// Agreements and calendars.
#[derive(Debug, Args)]
pub(in crate::cli) struct Agreed {
    /// Configuration of the service: use its agreements, calendars and measures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agreements", "calendars"])]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Agreements: a file, a folder of .yaml files, or a pattern; repeatable. Without --config and
    /// --agreements, every team found in the events is reported, without objectives
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) agreements: Vec<String>,
    /// Calendars that the agreements name: a file, a folder or a pattern; repeatable
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) calendars: Vec<String>,
}

impl Agreed {
    /// Whether teams are declared. Otherwise every team of the events is reported.
    pub(in crate::cli) fn declares_teams(&self) -> bool {
        self.config.is_some() || !self.agreements.is_empty()
    }

    /// All files that the arguments name.
    ///
    /// # Errors
    /// If an argument names no file.
    pub(in crate::cli) fn files(&self) -> Result<Vec<PathBuf>, FilesError> {
        let mut files = Vec::from_iter(self.config.clone());
        for argument in self.agreements.iter().chain(&self.calendars) {
            files.extend(files_of(argument)?);
        }
        Ok(files)
    }
}
