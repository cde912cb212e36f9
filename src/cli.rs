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

/// Response times of ticket events, held against the level a team agreed on.
#[derive(Debug, Parser)]
#[command(name = "vaste", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows all of it at work with a made-up organisation: one process, nothing else needed
    Demo(DemoArgs),
    /// Reads events from files and prints readings and verdicts at any instants
    Replay(Box<ReplayArgs>),
    /// Explains one ticket: its events, every stopwatch with its due time, and where the waiting went
    Explain(Box<ExplainArgs>),
    /// Answers when a team is open: open time, due times, whether it is open
    Calendar(CalendarArgs),
    /// Checks configuration and agreements: every fault with its place and way out
    Check(CheckArgs),
    /// Says what a checkpoint holds
    Checkpoint(CheckpointArgs),
    /// Runs the service: reads from Kafka, serves /metrics
    Run(RunArgs),
    /// Publishes events from a file to the topic, keyed by ticket, and says what was delivered
    Publish(PublishArgs),
    /// Says what would become of each record, and why; exit 1 if any is rejected
    CheckEvents(CheckEventsArgs),
}

const CSV_HELP: &str = "The files are tables with one row a ticket: \
    created=COL,first_reply=COL,solved=COL,team=COL[,ticket=COL][,priority=COL]";

#[derive(Debug, Args)]
struct ReplayArgs {
    #[command(flatten)]
    history: History,
    /// Read at this instant (RFC 3339); may be given more than once. Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Vec<Timestamp>,
    /// Read every so often, from midnight UTC of the first event's day to the last event: 1d, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    every: Option<Elapsed>,
    /// A table for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// The ticket's id
    #[arg(value_name = "TICKET")]
    ticket: String,
    #[command(flatten)]
    history: History,
    /// As of this instant (RFC 3339). Default: the last event
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
    /// A drawing for people, or one JSON object for each stopwatch
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
    /// Files of events, one JSON object a line, plain, gzip or Zstandard; `-` is standard input
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
    /// The service's configuration: its agreements, calendars and measures
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agreements", "calendars"])]
    config: Option<PathBuf>,
    /// Agreements: a file, a folder of .yaml files, or a pattern; may be given more than once.
    /// Without --config and --agreements every team is taken as it comes, without objectives
    #[arg(long, value_name = "PATH")]
    agreements: Vec<String>,
    /// Calendars that the agreements name: a file, a folder or a pattern; may be given more than once
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
    /// How long it is open between two instants
    Elapsed {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// The calendar's name
        calendar: String,
        /// The first instant (RFC 3339)
        #[arg(value_parser = instant)]
        from: Timestamp,
        /// The second instant (RFC 3339)
        #[arg(value_parser = instant)]
        to: Timestamp,
    },
    /// When so much open time has gone by
    Due {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// The calendar's name
        calendar: String,
        /// Where the time begins (RFC 3339)
        #[arg(value_parser = instant)]
        from: Timestamp,
        /// How much open time: 4h, 1h30m
        #[arg(value_parser = duration)]
        target: Elapsed,
    },
    /// Whether it is open, and when it opens
    Open {
        #[command(flatten)]
        calendars: CalendarFiles,
        /// The calendar's name
        calendar: String,
        /// The instant (RFC 3339)
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

const ASK_ABOUT: &str = "Answers questions from standard input, one JSON object a line";

const ASK_HELP: &str = "\
Answers questions from standard input, one JSON object a line. Every line gets one answer, in the same \
order; what is no question, a blank line too, gets {\"error\":…}, and the exit code is 1 at the end.

  {\"calendar\":C,\"ask\":\"elapsed\",\"from\":T,\"to\":T}        {\"elapsed\":SECONDS}
  {\"calendar\":C,\"ask\":\"due\",\"from\":T,\"target\":SECONDS}  {\"due\":T}, null if never before 2100
  {\"calendar\":C,\"ask\":\"open\",\"at\":T}                    {\"open\":true,\"next_open\":T}, null if never

`next_open` is the instant itself where it is open. C is a name in the files, or `always`.";

#[derive(Debug, Args)]
struct CalendarFiles {
    /// Calendars: a file, a folder or a pattern; may be given more than once. `always` needs none
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
    /// What the story is drawn from: another number, other tickets, and the same parts
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// The team that takes longer every week answers as agreed; all else stays the same
    #[arg(long)]
    calm: bool,
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    listen: std::net::SocketAddr,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Agreements and configuration, or folders of .yaml files; what a configuration names is checked
    /// with it
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
    /// Reads a checkpoint and says where it is from and what it holds; exit 1 if it is damaged
    Inspect {
        /// The checkpoint's file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The service's configuration
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    overrides: KafkaOverrides,
    /// Where to listen, instead of http.listen
    #[arg(long, value_name = "ADDRESS", env = "VASTE_HTTP_LISTEN")]
    listen: Option<std::net::SocketAddr>,
    /// How to log
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "VASTE_LOG_FORMAT")]
    log_format: LogFormat,
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// A file of events, one JSON object a line, plain, gzip or Zstandard; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// The service's configuration
    #[arg(long, value_name = "FILE", env = "VASTE_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    overrides: KafkaOverrides,
}

/// Where the events are, if not where the configuration says.
#[derive(Debug, Args)]
struct KafkaOverrides {
    /// Brokers to begin with, instead of kafka.brokers
    #[arg(long, value_name = "HOST:PORT", env = "VASTE_KAFKA_BROKERS", value_delimiter = ',')]
    brokers: Vec<String>,
    /// The topic of the events, instead of kafka.topic
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
    /// A file of events, one JSON object a line, plain, gzip or Zstandard; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Leave out the records that would be applied
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
