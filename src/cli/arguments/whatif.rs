//! The arguments of `vaste whatif`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::history::History;
use super::values::{measures, over, share};
use crate::measure::Measure;
use crate::share::Share;
use crate::time::Elapsed;
use crate::whatif::SuggestedKind;

/// What the rules of `--suggest` are.
const SUGGEST_HELP: &str = "\
Suggest three levels that fit the last 8 ended weeks, instead of trying those of --within. \
`what you do now`: the shortest round target that was reached in each of these weeks with enough tickets. \
`better`: the shortest one that was reached in at least half of them; where that is what you do now, the \
next shorter one. `the market`: the market of the agreement; without one, a day of all time for first_reply \
and next_reply. Where fewer than 4 weeks have enough tickets, 28d take the place of --over. \
It needs the events, so it does not go with --url";

#[derive(Debug, Args)]
#[command(
    mut_arg("files", |arg| arg.required(false).required_unless_present("url").conflicts_with("url")),
    mut_arg("config", |arg| arg.conflicts_with("url")),
    mut_arg("agreements", |arg| arg.conflicts_with("url")),
    mut_arg("calendars", |arg| arg.conflicts_with("url")),
    mut_arg("csv", |arg| arg.conflicts_with("url")),
    mut_arg("map", |arg| arg.conflicts_with("url"))
)]
pub(in crate::cli) struct WhatIfArgs {
    /// Team whose level is tried, as events or its agreement name it; `_all` for the whole organisation
    #[arg(long, value_name = "TEAM")]
    pub(in crate::cli) team: String,
    /// What is measured
    #[arg(long, value_name = "MEASURE", value_parser = measures())]
    pub(in crate::cli) measure: Measure,
    /// Targets to try, at most 20, separated by commas, as an agreement writes them: 4h; 24h always;
    /// 2 working days; for contacts, a number
    #[arg(
        long,
        value_name = "TARGETS",
        value_delimiter = ',',
        required_unless_present_any = ["suggest", "url"],
        conflicts_with = "suggest"
    )]
    pub(in crate::cli) within: Vec<String>,
    /// Share of tickets that must be within target. Default: the agreement's, else 90%
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "url")]
    pub(in crate::cli) share: Option<Share>,
    /// Length of the rolling window, 1h to 90d. Default: the agreement's, else 7d
    #[arg(long, value_name = "DURATION", value_parser = over, conflicts_with = "url")]
    pub(in crate::cli) over: Option<Elapsed>,
    /// Number of decided tickets that a verdict needs. Default: the agreement's, else 20
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000),
        conflicts_with = "url"
    )]
    pub(in crate::cli) min_tickets: Option<u64>,
    // Not a doc comment: it is long, and said once.
    #[arg(long, help = SUGGEST_HELP, conflicts_with = "url")]
    pub(in crate::cli) suggest: bool,
    /// Write the agreement of the team with a suggested level to this file, which must not exist yet
    #[arg(long, value_name = "FILE", requires = "suggest", conflicts_with = "within")]
    pub(in crate::cli) write: Option<PathBuf>,
    /// With --write, the suggested level that is written
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = SuggestedKind::Now, requires = "write")]
    pub(in crate::cli) level: SuggestedKind,
    /// Instead of files, ask a running Vaste at this address for the targets that it has tried around the
    /// agreed one, over the last four weeks
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: Option<String>,
    /// Print a table for people, or one JSON object for each target and week
    #[arg(long, value_enum, default_value_t = WhatIfFormat::Table)]
    pub(in crate::cli) format: WhatIfFormat,
    #[command(flatten)]
    pub(in crate::cli) history: History,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WhatIfFormat {
    Table,
    Json,
}

impl ValueEnum for SuggestedKind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(self.label().into())
    }
}
