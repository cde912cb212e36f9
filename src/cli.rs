//! The command line: arguments, sub-commands, exit codes. With `main`, the only place that reads the clock,
//! the disk and the arguments, and that prints.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Kafka;
use crate::input::Columns;
use crate::time::{Elapsed, Timestamp};

mod calendar;
mod check;
mod checkpoint;
mod check_events;
mod demo;
mod disk;
mod explain;
mod feed;
mod publish;
mod replay;
mod run;
mod table;

/// Rejected records that are told one by one; the rest is counted.
const REJECTIONS_TOLD_MAX: u64 = 10;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All good.
    Good,
    /// It failed while running, or something was rejected.
    Failed,
    /// The configuration is bad.
    Config,
}

impl Exit {
    /// The exit code: 0 good, 1 failed while running or rejected, 78 bad configuration. (2 is wrong usage,
    /// which ends before a command begins.)
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Failed => 1,
            Self::Config => 78,
        }
    }
}

/// Measure how long customers wait for each team, and compare it with the level that the team agreed on.
#[derive(Debug, Parser)]
#[command(name = "vaste", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show Vaste at work with an invented organisation; needs nothing else running
    Demo(DemoArgs),
    /// Read events from files and print readings and verdicts as of any instants
    Replay(Box<ReplayArgs>),
    /// Explain one ticket: its events, every stopwatch with its due time, and where the time went
    Explain(Box<ExplainArgs>),
    /// Answer questions about opening hours: open time, due times, open or closed
    Calendar(CalendarArgs),
    /// Check configuration and agreements; report every error with its place and how to fix it
    Check(CheckArgs),
    /// Show what a checkpoint holds
    Checkpoint(CheckpointArgs),
    /// Run the service: read from Kafka, serve the board and /metrics, send alerts
    Run(RunArgs),
    /// Send events from a file to the topic, keyed by ticket, and report how many were delivered
    Publish(PublishArgs),
    /// Report what would become of each record, and why; exit code 1 if any is rejected
    CheckEvents(CheckEventsArgs),
}

const CSV_HELP: &str = "Read the files as tables with one row per ticket: \
    created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]";

#[derive(Debug, Args)]
struct ReplayArgs {
    #[command(flatten)]
    history: History,
    /// Instant to read at (RFC 3339); repeatable. Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Vec<Timestamp>,
    /// Interval to read at, such as 1d or 1h: from midnight UTC of the first event's day to the last
    /// event
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    every: Option<Elapsed>,
    /// Print a table for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// Id of the ticket
    #[arg(value_name = "TICKET")]
    ticket: String,
    #[command(flatten)]
    history: History,
    /// Instant to explain at (RFC 3339). Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// Print a drawing for people, or one JSON object per stopwatch
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    Text,
    Json,
}

/// Events, and what they are held against.
#[derive(Debug, Args)]
struct History {
    /// Files of events, one JSON object per line; plain, gzip or Zstandard; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    agreed: Agreed,
    // Not a doc comment: its brackets would be links.
    #[arg(long, value_name = "COLUMNS", value_parser = columns, help = CSV_HELP)]
    csv: Option<Columns>,
}

/// What events are held against.
#[derive(Debug, Args)]
struct Agreed {
    /// Configuration of the service: use its agreements, calendars and measures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agreements", "calendars"])]
    config: Option<PathBuf>,
    /// Agreements: a file, a folder of .yaml files, or a pattern; repeatable. Without --config and
    /// --agreements, every team found in the events is reported, without objectives
    #[arg(long, value_name = "PATH")]
    agreements: Vec<String>,
    /// Calendars that the agreements name: a file, a folder or a pattern; repeatable
    #[arg(long, value_name = "PATH")]
    calendars: Vec<String>,
}

impl Agreed {
    /// Whether teams are declared; else every team is taken as it comes.
    fn declares_teams(&self) -> bool {
        self.config.is_some() || !self.agreements.is_empty()
    }

    /// All files that are meant.
    fn files(&self) -> Result<Vec<PathBuf>, disk::FilesError> {
        let mut files = Vec::from_iter(self.config.clone());
        for argument in self.agreements.iter().chain(&self.calendars) {
            files.extend(disk::files_of(argument)?);
        }
        Ok(files)
    }
}

#[derive(Debug, Args)]
struct CalendarArgs {
    #[command(subcommand)]
    question: CalendarQuestion,
}

#[derive(Debug, Subcommand)]
enum CalendarQuestion {
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
struct CalendarFiles {
    /// Calendars: a file, a folder or a pattern; repeatable. Not needed for `always`
    #[arg(long, value_name = "FILE")]
    calendars: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, Args)]
struct DemoArgs {
    /// Seed of the generated tickets: another number gives other tickets of the same teams
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Keep the team that slows down on its agreed level; everything else stays the same
    #[arg(long)]
    calm: bool,
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    listen: std::net::SocketAddr,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Agreements, calendars and configuration, or folders of .yaml files; the files that a
    /// configuration names are checked too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Debug, Args)]
struct CheckpointArgs {
    #[command(subcommand)]
    command: CheckpointCommand,
}

#[derive(Debug, Subcommand)]
enum CheckpointCommand {
    /// Print where a checkpoint comes from and what it holds; exit code 1 if it is damaged
    Inspect {
        /// Checkpoint file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Configuration of the service
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    overrides: KafkaOverrides,
    /// Address to listen on; overrides http.listen
    #[arg(long, value_name = "ADDRESS", env = "VASTE_HTTP_LISTEN")]
    listen: Option<std::net::SocketAddr>,
    /// Format of the log
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "VASTE_LOG_FORMAT")]
    log_format: LogFormat,
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// File of events, one JSON object per line; plain, gzip or Zstandard; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Configuration of the service
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    overrides: KafkaOverrides,
}

/// Where the events are, if not where the configuration says.
#[derive(Debug, Args)]
struct KafkaOverrides {
    /// Kafka brokers to connect to first; overrides kafka.brokers
    #[arg(long, value_name = "HOST:PORT", env = "VASTE_KAFKA_BROKERS", value_delimiter = ',')]
    brokers: Vec<String>,
    /// Topic of the events; overrides kafka.topic
    #[arg(long, value_name = "TOPIC", env = "VASTE_KAFKA_TOPIC")]
    topic: Option<String>,
}

impl KafkaOverrides {
    fn put_into(&self, kafka: &mut Kafka) {
        if !self.brokers.is_empty() {
            kafka.brokers.clone_from(&self.brokers);
        }
        if let Some(topic) = &self.topic {
            kafka.topic.clone_from(topic);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
struct CheckEventsArgs {
    /// File of events, one JSON object per line; plain, gzip or Zstandard; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Leave out records that would be applied
    #[arg(long)]
    problems_only: bool,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let form = "write RFC 3339 with an offset, such as 2026-11-21T00:00:00Z, from 1990 to 2099";
    Timestamp::parse(text).filter(|at| at.is_event_time()).ok_or_else(|| form.to_owned())
}

fn duration(text: &str) -> Result<Elapsed, String> {
    Elapsed::parse(text).ok_or_else(|| "write a duration such as 1h, 1d or 1w".to_owned())
}

fn columns(text: &str) -> Result<Columns, String> {
    Columns::parse(text).map_err(|error| error.to_string())
}

/// Runs the command that the arguments name; returns the exit code.
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Where even this cannot be printed there is nobody to tell.
            drop(error.print());
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    // Not locked: the service logs from other threads.
    let mut diagnostics = io::stderr();
    let mut terminal = Terminal { out: &mut out, diagnostics: &mut diagnostics };
    let ended = match cli.command {
        Command::Demo(arguments) => demo::run(&arguments, &mut terminal),
        Command::Replay(arguments) => replay::run(&arguments, &mut terminal),
        Command::Explain(arguments) => explain::run(&arguments, &mut terminal),
        Command::Calendar(arguments) => calendar::run(&arguments, &mut terminal),
        Command::Check(arguments) => check::run(&arguments, &mut terminal),
        Command::Checkpoint(arguments) => checkpoint::run(&arguments, &mut terminal),
        Command::Publish(arguments) => publish::run(&arguments, &mut terminal),
        Command::Run(arguments) => run::run(&arguments, &mut terminal),
        Command::CheckEvents(arguments) => check_events::run(&arguments, &mut terminal),
    };
    match ended.and_then(|exit| out.flush().map(|()| exit)) {
        Ok(exit) => exit.code(),
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Good.code(),
        Err(error) => {
            drop(writeln!(diagnostics, "error: failed to write: {error}"));
            Exit::Failed.code()
        }
    }
}

/// Where a command prints: results to `out`, all else to `diagnostics`.
struct Terminal<'a> {
    out: &'a mut dyn Write,
    diagnostics: &'a mut dyn Write,
}
