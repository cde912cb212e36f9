//! The arguments of every command. Their doc comments are the texts of `--help`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use history::MAP_HELP;
use values::{broker, duration, instant, mapping};

use super::disk::RealDisk;
use crate::config::{Kafka, LANGUAGES, ZoneData};
use crate::input::TextEncoding;
use crate::mapping::{BUILT_IN, Mapping};
use crate::time::{Elapsed, Timestamp};

mod history;
mod values;
mod whatif;

pub(super) use history::{Agreed, EventFormat, History};
pub(super) use whatif::{WhatIfArgs, WhatIfFormat};

/// Measure how long customers wait for each team, and compare it with the level that the team agreed on.
#[derive(Debug, Parser)]
#[command(name = "vaste", version = version(), max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The version of the program, what it was built from and when, and the time zone data that it uses.
fn version() -> String {
    format!(
        "{}\nrevision {}, built on {}\ntime zones: {}",
        env!("CARGO_PKG_VERSION"),
        env!("VASTE_BUILD_REVISION"),
        env!("VASTE_BUILD_DATE"),
        ZoneData::of(&RealDisk)
    )
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show Vaste at work with an invented organisation; needs nothing else running
    Demo(DemoArgs),
    /// Read events from files and print readings and verdicts as of any instants
    Replay(Box<ReplayArgs>),
    /// Explain one ticket: its events, every stopwatch with its due time, and where the time went
    Explain(Box<ExplainArgs>),
    /// Print a team's agenda: brought tickets, concerns, misses, decisions, notes of turns
    Agenda(Box<AgendaArgs>),
    /// Try levels on the past of a team, or suggest some: what each would have meant, week by week
    #[command(name = "whatif")]
    WhatIf(Box<WhatIfArgs>),
    /// Answer questions about opening hours: open time, due times, open or closed
    Calendar(CalendarArgs),
    /// Check configuration and agreements; report every error with its place and how to fix it
    Check(Box<CheckArgs>),
    /// Show what a checkpoint holds
    Checkpoint(CheckpointArgs),
    /// Run the service: read from Kafka, serve the board and /metrics, send alerts
    Run(RunArgs),
    /// Send events from a file to the topic, keyed by ticket, and report how many were delivered
    Publish(PublishArgs),
    /// Report what would become of each record, and why; exit code 1 if any is rejected
    CheckEvents(Box<CheckEventsArgs>),
    /// Print rules for Prometheus, or routes for Alertmanager that bring each alert to its team
    Rules(RulesArgs),
    /// Print a schema of events or configuration files, for editors, validators and code generators
    Schema(SchemaArgs),
    /// Print a built-in filter that makes events of the payloads of another product
    Map(MapArgs),
    /// Print the completions of a shell, which it reads at its start
    Completions(CompletionsArgs),
    /// Write the manual pages of all commands to a folder, such as /usr/local/share/man/man1
    Man(ManArgs),
}

/// The heading of the options that say how the files of `--history` are read.
const OF_HISTORY: &str = "Events of --history";

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    pub(super) history: History,
    /// Instant to read at (RFC 3339); repeatable. Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) at: Vec<Timestamp>,
    /// Interval to read at, such as 1d or 1h: from midnight UTC of the first event's day to the last
    /// event
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) every: Option<Elapsed>,
    /// Print a table for people, one JSON object per line, or the metrics of the past, which `promtool tsdb
    /// create-blocks-from openmetrics` imports into Prometheus
    #[arg(long, value_enum, default_value_t = ReplayFormat::Table)]
    pub(super) format: ReplayFormat,
    /// With --format openmetrics, the name of the job by which Prometheus scrapes Vaste
    #[arg(long, value_name = "NAME", default_value = "vaste")]
    pub(super) job: String,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Id of the ticket
    #[arg(value_name = "TICKET")]
    pub(super) ticket: String,
    #[command(flatten)]
    pub(super) history: History,
    /// Instant to explain at (RFC 3339). Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) at: Option<Timestamp>,
    /// Print a drawing for people, or one JSON object per stopwatch
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(super) format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct AgendaArgs {
    /// Name of the team, or `_all` for the whole organisation
    #[arg(long, value_name = "TEAM")]
    pub(super) team: String,
    #[command(flatten)]
    pub(super) history: History,
    /// Instant of the talk (RFC 3339). Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(super) at: Option<Timestamp>,
    /// Language, by its code
    #[arg(long, value_name = "CODE", default_value = "en", value_parser = LANGUAGES)]
    pub(super) lang: String,
    /// Print plain text or Markdown
    #[arg(long, value_enum, default_value_t = AgendaFormatArg::Text)]
    pub(super) format: AgendaFormatArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AgendaFormatArg {
    Text,
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct CalendarArgs {
    #[command(subcommand)]
    pub(super) question: CalendarQuestion,
}

#[derive(Debug, Subcommand)]
pub(super) enum CalendarQuestion {
    /// Print the open time between two instants
    Elapsed {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// Name of the calendar
        calendar: String,
        /// Start (RFC 3339)
        #[arg(value_parser = instant)]
        from: Timestamp,
        /// End (RFC 3339)
        #[arg(value_parser = instant)]
        to: Timestamp,
    },
    /// Print the instant at which an amount of open time has passed
    Due {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// Name of the calendar
        calendar: String,
        /// Start (RFC 3339)
        #[arg(value_parser = instant)]
        from: Timestamp,
        /// Amount of open time, such as 4h or 1h30m
        #[arg(value_parser = duration)]
        target: Elapsed,
    },
    /// Print whether it is open at an instant, and when it opens next
    Open {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// Name of the calendar
        calendar: String,
        /// Instant (RFC 3339)
        #[arg(value_parser = instant)]
        at: Timestamp,
    },
    /// Print the dates of a year that differ from the week, with their hours and the reason
    Days {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// Name of the calendar. Default: all calendars of the files
        calendar: Option<String>,
        /// Year, from 1990 to 2099
        #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1990..=2099))]
        year: i32,
    },
    // Not a doc comment: its brackets would be links.
    #[command(about = ASK_ABOUT, long_about = ASK_HELP)]
    Ask {
        #[command(flatten)]
        calendars: CalendarFiles,
    },
}

const ASK_ABOUT: &str = "Answer questions from standard input, one JSON object per line";

const ASK_HELP: &str = "\
Answer questions from standard input, one JSON object per line. Every line gets one answer, in the same \
order. A line that is not a question, even a blank one, gets {\"error\":…}; the exit code is then 1.

  {\"calendar\":C,\"ask\":\"elapsed\",\"from\":T,\"to\":T}        {\"elapsed\":SECONDS}
  {\"calendar\":C,\"ask\":\"due\",\"from\":T,\"target\":SECONDS}  {\"due\":T}, null if never before 2100
  {\"calendar\":C,\"ask\":\"open\",\"at\":T}                    {\"open\":true,\"next_open\":T}, null if never

`next_open` is T itself if it is open then. C is the name of a calendar in the files, or `always`.";

#[derive(Debug, Args)]
pub(super) struct CalendarFiles {
    /// Calendars: a file, a folder or a pattern; repeatable. Not needed for `always`
    #[arg(long, value_name = "FILE")]
    pub(super) calendars: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReplayFormat {
    Table,
    Json,
    #[value(name = "openmetrics")]
    OpenMetrics,
}

#[derive(Clone, Debug, Args)]
pub(super) struct DemoArgs {
    /// Seed of the generated tickets: another number gives other tickets of the same teams
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(super) seed: u64,
    /// Keep the team that slows down on its agreed level; everything else stays the same
    #[arg(long)]
    pub(super) calm: bool,
    /// Let time pass by hand: it runs at its normal speed, Enter lets a day pass, and a number and Enter that
    /// many days, for at most four weeks
    #[arg(long)]
    pub(super) steps: bool,
    /// Read the agreements from this folder, where you can change them while the demo runs. Without any, the
    /// demo writes its own there
    #[arg(long, value_name = "DIR")]
    pub(super) agreements: Option<String>,
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub(super) listen: std::net::SocketAddr,
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("past").args(["against", "history"]).multiple(true)),
    mut_arg("csv", |arg| arg.requires("history").help_heading(OF_HISTORY)),
    mut_arg("encoding", |arg| arg.requires("history").help_heading(OF_HISTORY)),
    mut_arg("map", |arg| arg.requires("history").help_heading(OF_HISTORY))
)]
pub(super) struct CheckArgs {
    /// Agreements, calendars and configuration, or folders of .yaml files; the files that a
    /// configuration names are checked too
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// Print what differs from former files: a file, a folder of .yaml files, or a pattern; repeatable.
    /// Agreements or calendars that no former file has are taken as unchanged
    #[arg(long, value_name = "OLD")]
    pub(super) against: Vec<String>,
    /// Events by whose last four weeks the agreements are checked, and with --against the verdicts
    /// compared: one JSON object per line, or tables (--csv); repeatable; `-` is standard input
    #[arg(long, value_name = "EVENTS")]
    pub(super) history: Vec<String>,
    /// The end of the last four weeks (RFC 3339). Default: the last event, or else now
    #[arg(long, value_name = "TIME", requires = "past", value_parser = instant)]
    pub(super) at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) format: EventFormat,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// Print the rules of Prometheus that watch Vaste; those that raise the alerts of teams, for a Vaste
    /// without `alertmanagers`; or the routes and receivers of the agreed teams for Alertmanager
    #[arg(long, value_enum, default_value_t = RulesFormat::Prometheus)]
    pub(super) format: RulesFormat,
    /// Name of the job by which Prometheus scrapes Vaste
    #[arg(long, value_name = "NAME", default_value = "vaste")]
    pub(super) job: String,
    /// The configuration of the service, or agreements: files or folders. For the routes of Alertmanager
    #[arg(value_name = "FILE", required_if_eq("format", "alertmanager"))]
    pub(super) files: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    Prometheus,
    TeamAlerts,
    Alertmanager,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(subcommand)]
    pub(super) of: SchemaOf,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum SchemaOf {
    /// Print the JSON Schema of every type of event
    Event,
    /// Print the JSON Schema of the event that Vaste posts at a handover (agendas.topic)
    Agenda,
    /// Print the AsyncAPI document of the topics: their records, keys and headers
    Asyncapi,
    /// Print the JSON Schema of the service's configuration file
    Config,
    /// Print the JSON Schema of agreement files
    Agreement,
    /// Print the JSON Schema of calendar files
    Calendars,
}

#[derive(Debug, Args)]
pub(super) struct MapArgs {
    /// Name of the filter. To change it, copy it into a file and name that in --map or kafka.map
    #[arg(value_parser = PossibleValuesParser::new(BUILT_IN.map(|(name, _)| name)))]
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// An existing folder
    pub(super) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckpointArgs {
    #[command(subcommand)]
    pub(super) command: CheckpointCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum CheckpointCommand {
    /// Print where a checkpoint comes from and what it holds; exit code 1 if it is damaged
    Inspect {
        /// Checkpoint file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Configuration of the service
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) overrides: KafkaOverrides,
    /// Make events of the topic's records, which are payloads of another product; overrides kafka.map. As
    /// --map of `vaste replay`
    #[arg(long, value_name = "NAME|FILE", env = "VASTE_KAFKA_MAP", value_parser = mapping)]
    pub(super) map: Option<Arc<Mapping>>,
    /// Address to listen on; overrides http.listen
    #[arg(long, value_name = "ADDRESS", env = "VASTE_HTTP_LISTEN")]
    pub(super) listen: Option<std::net::SocketAddr>,
    /// Format of the log
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "VASTE_LOG_FORMAT")]
    pub(super) log_format: LogFormat,
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// File of events, one JSON object per line; plain, gzip or Zstandard; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: String,
    /// Encoding of a file that is neither UTF-8 nor UTF-16, such as windows-1252
    #[arg(long, value_name = "NAME", value_parser = TextEncoding::parse)]
    pub(super) encoding: Option<TextEncoding>,
    #[arg(long, value_name = "NAME|FILE", value_parser = mapping, help = MAP_HELP)]
    pub(super) map: Option<Arc<Mapping>>,
    /// Configuration of the service
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) overrides: KafkaOverrides,
}

/// Kafka settings that override the configuration.
#[derive(Debug, Args)]
pub(super) struct KafkaOverrides {
    /// Kafka brokers to connect to first; overrides kafka.brokers
    #[arg(
        long,
        value_name = "HOST:PORT",
        env = "VASTE_KAFKA_BROKERS",
        value_delimiter = ',',
        value_parser = broker
    )]
    pub(super) brokers: Vec<String>,
    /// Topic of the events; overrides kafka.topic
    #[arg(long, value_name = "TOPIC", env = "VASTE_KAFKA_TOPIC")]
    pub(super) topic: Option<String>,
}

impl KafkaOverrides {
    /// Overrides the settings of the configuration.
    pub(super) fn apply_to(&self, kafka: &mut Kafka) {
        if !self.brokers.is_empty() {
            kafka.brokers.clone_from(&self.brokers);
        }
        if let Some(topic) = &self.topic {
            kafka.topic.clone_from(topic);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckEventsArgs {
    /// File of events, one JSON object per line, or a table (--csv); plain, gzip or Zstandard; `-` is
    /// standard input
    #[arg(value_name = "FILE", required_unless_present = "live", conflicts_with = "live")]
    pub(super) file: Option<String>,
    #[command(flatten)]
    pub(super) format: EventFormat,
    /// Leave out records that would be applied
    #[arg(long)]
    pub(super) problems_only: bool,
    /// Configuration of the service: names teams without an agreement, too
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Instant after which an event is in the future (RFC 3339). Default: now
    #[arg(long, value_name = "TIME", value_parser = instant, conflicts_with = "live")]
    pub(super) at: Option<Timestamp>,
    /// Read the topic of the configuration instead of a file, from now on, until interrupted
    #[arg(long, requires = "config", conflicts_with_all = ["csv", "encoding"])]
    pub(super) live: bool,
    /// With --live, end after this many records
    #[arg(long, value_name = "COUNT", requires = "live", conflicts_with = "file")]
    pub(super) records: Option<u64>,
}
