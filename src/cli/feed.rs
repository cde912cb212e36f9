//! Feeds the records of files to a pipeline, with a progress bar.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::EventFormat;
use super::terminal::Terminal;
use crate::event::{Event, Outcome};
use crate::input::{InputError, InputSource, TableNotes, decode_events, read_csv, read_events};

/// Maximum rejected records that a command prints one by one. The others are counted.
pub(super) const REJECTIONS_PRINTED_MAX: u64 = 10;

/// The progress bar appears after this time.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// What is to be said of files although nothing was rejected.
#[derive(Debug, Default)]
pub(super) struct FeedNotes {
    /// The first place with a time that was taken as UTC because nothing says which zone it is in.
    assumed_utc: Option<String>,
    unknown_priorities: u64,
    examples: Vec<String>,
}

impl FeedNotes {
    fn add(&mut self, source: &InputSource, notes: TableNotes) {
        if let Some(line) = notes.assumed_utc {
            self.assumed_utc.get_or_insert_with(|| format!("{}:{line}", source.name()));
        }
        self.unknown_priorities += notes.unknown_priorities;
        if self.examples.is_empty() {
            self.examples = notes.examples;
        }
    }

    /// Prints them.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn print(&self, terminal: &mut Terminal<'_>) -> io::Result<()> {
        if let Some(place) = &self.assumed_utc {
            writeln!(
                terminal.diagnostics,
                "note: times without an offset, such as at {place}, were taken as UTC; add the zone that they \
                 are in to --csv, such as zone=Europe/Helsinki"
            )?;
        }
        if let Some(example) = self.examples.first() {
            writeln!(
                terminal.diagnostics,
                "note: rows with an unknown priority, which count without one: {} ({:?}); name it in --csv, \
                 such as priorities={example}:normal",
                self.unknown_priorities,
                self.examples.join("; "),
            )?;
        }
        Ok(())
    }
}

/// Calls `visit` with source, line number, bytes (of JSON that is not too long) and decoded event of every
/// record. With a filter, a record may give several events.
///
/// # Errors
/// If a file cannot be read to its end.
pub(super) fn feed(
    sources: &[InputSource],
    format: &EventFormat,
    mut visit: impl FnMut(&InputSource, u64, &[u8], Result<Event<'_>, Outcome>),
) -> Result<FeedNotes, InputError> {
    let progress = Rc::new(RefCell::new(FeedProgress::new(sources)));
    let mut notes = FeedNotes::default();
    for source in sources {
        let counter = Rc::clone(&progress);
        let mut reader =
            source.open(format.encoding, move |bytes| counter.borrow_mut().read(bytes))?;
        match &format.csv {
            Some(columns) => {
                let of_table = read_csv(source, &mut *reader, columns, |line, decoded| {
                    visit(source, line, &[], decoded);
                })?;
                notes.add(source, of_table);
            }
            None => read_events(source, &mut *reader, |number, line| {
                line.decode_by(format.map.as_deref(), |bytes, decoded| {
                    visit(source, number, bytes, decoded);
                });
            })?,
        }
    }
    progress.borrow().bar.finish_and_clear();
    Ok(notes)
}

/// Calls `visit` with source, line number and decoded event of every record, as [`feed`] does. All cores
/// decode.
///
/// # Errors
/// If a file cannot be read to its end.
pub(super) fn feed_on_all_cores(
    sources: &[InputSource],
    format: &EventFormat,
    mut visit: impl FnMut(&InputSource, u64, Result<Event<'_>, Outcome>) + Send,
) -> Result<FeedNotes, InputError> {
    if format.csv.is_some() || format.map.is_some() {
        return feed(sources, format, |source, line, _, decoded| visit(source, line, decoded));
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let progress = Rc::new(RefCell::new(FeedProgress::new(sources)));
    for source in sources {
        let counter = Rc::clone(&progress);
        let mut reader =
            source.open(format.encoding, move |bytes| counter.borrow_mut().read(bytes))?;
        decode_events(source, &mut *reader, cores, |line, decoded| visit(source, line, decoded))?;
    }
    progress.borrow().bar.finish_and_clear();
    Ok(FeedNotes::default())
}

/// A progress bar on standard error, shown after a delay and only on a terminal.
struct FeedProgress {
    bar: ProgressBar,
    started: Instant,
    is_shown: bool,
}

impl FeedProgress {
    fn new(sources: &[InputSource]) -> Self {
        let total: Option<u64> = sources.iter().map(InputSource::size).sum();
        let bar = match total {
            Some(bytes) => ProgressBar::new(bytes).with_style(
                ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            ),
            None => ProgressBar::new_spinner(),
        };
        bar.set_draw_target(ProgressDrawTarget::hidden());
        Self { bar, started: now(), is_shown: false }
    }

    fn read(&mut self, bytes: u64) {
        self.bar.inc(bytes);
        let is_due = now().duration_since(self.started) > PROGRESS_DELAY;
        if !self.is_shown && is_due && io::stderr().is_terminal() {
            self.is_shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the clock")]
    Instant::now()
}
