//! Feeds the records of files to a pipeline, with a progress bar.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::{self, Event, Outcome};
use crate::input::{Columns, InputError, InputLine, InputSource, read_csv, read_lines};

/// Maximum rejected records that a command prints one by one. The others are counted.
pub(super) const REJECTIONS_PRINTED_MAX: u64 = 10;

/// The progress bar appears after this time.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// Calls `visit` with source, line number and decoded event of every record.
///
/// # Errors
/// If a file cannot be read to its end.
pub(super) fn feed(
    sources: &[InputSource],
    csv: Option<&Columns>,
    mut visit: impl FnMut(&InputSource, u64, Result<Event<'_>, Outcome>),
) -> Result<(), InputError> {
    let progress = Rc::new(RefCell::new(FeedProgress::new(sources)));
    for source in sources {
        let counter = Rc::clone(&progress);
        let mut reader = source.open(move |bytes| counter.borrow_mut().read(bytes))?;
        match csv {
            Some(columns) => {
                read_csv(source, &mut *reader, columns, |line, decoded| {
                    visit(source, line, decoded);
                })?;
            }
            None => read_lines(source, &mut *reader, |number, line| {
                let decoded = match line {
                    InputLine::Record(bytes) => event::decode(bytes),
                    InputLine::TooLong(bytes) => Err(Outcome::Rejected(event::too_large(bytes))),
                };
                visit(source, number, decoded);
            })?,
        }
    }
    progress.borrow().bar.finish_and_clear();
    Ok(())
}

/// Calls `visit` with line number and bytes of every record of one file.
///
/// # Errors
/// If the file cannot be read to its end.
pub(super) fn feed_lines(
    source: &InputSource,
    visit: impl FnMut(u64, InputLine<'_>),
) -> Result<(), InputError> {
    let progress = Rc::new(RefCell::new(FeedProgress::new(std::slice::from_ref(source))));
    let counter = Rc::clone(&progress);
    let mut reader = source.open(move |bytes| counter.borrow_mut().read(bytes))?;
    read_lines(source, &mut *reader, visit)?;
    progress.borrow().bar.finish_and_clear();
    Ok(())
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
