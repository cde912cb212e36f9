//! An explanation for people: the ticket's life drawn from top to bottom, its stopwatches, and where its
//! waiting went.

use std::fmt::{self, Write};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use comfy_table::{Table, presets};

use super::{Explained, Row, Stretch};
use crate::agreement::Target;
use crate::calendar::Calendar;
use crate::event::Kind;
use crate::measure::Basis;
use crate::reading::Seconds;
use crate::rules::Slot;
use crate::ticket::{GivenUp, Place, Step};
use crate::time::{Elapsed, MINUTE_MS, Timestamp};

/// How wide the bar of the longest place is.
const BAR_WIDTH: i64 = 30;

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.clock();
        writeln!(f, "{} as of {} ({})", self.ticket, clock.full(self.now), clock.zone.name())?;
        if let Some(line) = self.standing() {
            writeln!(f, "{line}")?;
        }
        if self.steps.is_empty() {
            return writeln!(f, "nothing had happened to it by then: its first event came later");
        }
        writeln!(f)?;
        self.life(&clock, f)?;
        if self.rows.is_empty() {
            return writeln!(f, "\nno stopwatch has run");
        }
        writeln!(f)?;
        print(&self.table(&clock), f)?;
        self.places(f)
    }
}

/// How instants are written: in the zone of whoever holds the ticket, seconds only where some matter.
struct Clock {
    zone: Tz,
    has_seconds: bool,
}

impl Clock {
    fn full(&self, at: Timestamp) -> String {
        let form = if self.has_seconds { "%a %Y-%m-%d %H:%M:%S%.f" } else { "%a %Y-%m-%d %H:%M" };
        match DateTime::<Utc>::from_timestamp_millis(at.ms()) {
            Some(utc) => utc.with_timezone(&self.zone).format(form).to_string(),
            None => at.to_string(),
        }
    }
}

/// What stands on the left of the drawing beside a stretch.
const OPEN: &str = "│";
const CLOSED: &str = "┊";
const PAUSED: &str = "‖";
const OVER: &str = " ";

impl Explained<'_> {
    fn clock(&self) -> Clock {
        // Of who holds it, or else held it last with hours of their own.
        let hours = |step: &Step| self.rules.calendar(self.rules.hours_of(step.holder));
        let zones = self.steps.iter().rev().map(hours).filter(|hours| !hours.is_always());
        let zone = zones.map(Calendar::zone).next().unwrap_or(Tz::UTC);
        let shown = self.steps.iter().map(|step| step.at).chain([self.now]);
        Clock { zone, has_seconds: shown.into_iter().any(|at| at.ms() % MINUTE_MS != 0) }
    }

    fn team(&self, slot: Slot) -> &str {
        self.rules.slot_name(slot).unwrap_or_default()
    }

    /// Where it stands now, in a line.
    fn standing(&self) -> Option<String> {
        let last = self.steps.last()?;
        let priority = self.steps.iter().rev().find_map(|step| step.priority);
        let channel = self.steps.iter().rev().find_map(|step| step.channel.as_deref());
        let holder = if last.holder == self.rules.unclaimed() {
            "nobody answers for it".to_owned()
        } else {
            format!("with {}", self.team(last.holder))
        };
        let state = match (last.is_over, last.standing.is_solved, last.standing.place) {
            (true, true, _) => "solved",
            (true, false, _) => "merged, deleted or spam",
            (false, _, Place::Pending) => "pending: waits for the customer",
            (false, _, Place::OnHold) => "on hold: waits for a third party",
            (false, _, Place::With(_) | Place::Closed) => "open",
        };
        let parts = [
            Some(state.to_owned()),
            Some(holder),
            priority.map(|priority| format!("{} priority", priority.label())),
            channel.map(str::to_owned),
        ];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }

    /// Events, due times and what lies between them, from top to bottom.
    fn life(&self, clock: &Clock, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marks: Vec<(Timestamp, usize, String)> = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            marks.push((step.at, index, self.happened(step)));
        }
        for row in &self.rows {
            let is_shown = row.stopped_at.is_none_or(|stopped| row.due_at < Some(stopped));
            if let Some(due) = row.due_at.filter(|_| is_shown) {
                marks.push((due, self.steps.len(), format!("◆ {} is due", self.of_row(row))));
            }
        }
        marks.push((self.now, usize::MAX, "now".to_owned()));
        marks.sort();
        let mut before: Option<Timestamp> = None;
        for (at, _, text) in marks {
            if let Some(before) = before {
                self.between(before, at.min(self.now), f)?;
                if at > self.now && before <= self.now {
                    // What is to come stands below, without what lies between.
                    writeln!(f, "    ⋮")?;
                }
            }
            writeln!(f, "  {}  {text}", clock.full(at))?;
            before = Some(at);
        }
        Ok(())
    }

    /// What went by between two instants.
    fn between(&self, from: Timestamp, to: Timestamp, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for stretch in &self.stretches {
            let (from, to) = (stretch.from.max(from), stretch.to.min(to));
            if from < to {
                let (mark, words) = self.stood(stretch);
                writeln!(f, "    {mark} {:<12} {words}", to.since(from).in_words())?;
            }
        }
        Ok(())
    }

    fn stood(&self, stretch: &Stretch) -> (&'static str, String) {
        let holder = || {
            if stretch.holder == self.rules.unclaimed() {
                "unclaimed".to_owned()
            } else {
                format!("with {}", self.team(stretch.holder))
            }
        };
        if stretch.is_solved {
            return (OVER, "solved".to_owned());
        }
        if stretch.is_gone {
            return (OVER, "gone".to_owned());
        }
        match stretch.place {
            Place::With(_) => (OPEN, holder()),
            Place::Closed => (CLOSED, format!("closed hours, {}", holder())),
            Place::Pending => (PAUSED, format!("pending, {}", holder())),
            Place::OnHold => (PAUSED, format!("on hold, {}", holder())),
        }
    }

    /// An event in words.
    fn happened(&self, step: &Step) -> String {
        let mut words = match step.kind {
            Kind::Created => "created",
            Kind::CustomerReplied => "the customer wrote",
            Kind::AgentReplied => "an agent replied",
            Kind::BotReplied => "a bot replied: no answer",
            Kind::NoteAdded => "an internal note: no answer",
            Kind::Assigned => "assigned",
            Kind::Pending => "pending: waits for the customer",
            Kind::OnHold => "on hold: waits for a third party",
            Kind::Resumed => "resumed",
            Kind::Solved => "solved",
            Kind::Reopened => "reopened",
            Kind::Closed => "closed",
            Kind::Merged => "merged",
            Kind::Deleted => "deleted",
            Kind::MarkedSpam => "marked as spam",
            Kind::Rated => "rated by the customer",
            Kind::Reviewed => "reviewed",
            Kind::ConcernRaised => "a concern was raised",
            Kind::ConcernSettled => "a concern was settled",
        }
        .to_owned();
        let into = step.into.iter().map(|into| format!(" into {into}"));
        let score = step.score.iter().map(|score| format!(", {score} of 5"));
        let team = step.team.iter().map(|team| {
            if step.kind == Kind::Assigned { format!(" to {team}") } else { format!(" ({team})") }
        });
        let priority =
            step.priority.iter().map(|priority| format!(", {} priority", priority.label()));
        let channel = step.channel.iter().map(|channel| format!(", by {channel}"));
        words.extend(into.chain(score).chain(team).chain(priority).chain(channel));
        words
    }

    fn table(&self, clock: &Clock) -> Table {
        let mut table = Table::new();
        let header = ["stopwatch", "of", "open time", "calendar time", "target", "due", "verdict"];
        table.load_style(presets::NOTHING).set_header(header);
        for row in &self.rows {
            let due = row.due_at.map_or_else(|| "-".to_owned(), |due| clock.full(due));
            let [open, calendar] = if row.measure.is_count() {
                ["-".to_owned(), (row.elapsed_calendar.0.ms() / 1_000).to_string()]
            } else {
                [row.elapsed_open, row.elapsed_calendar].map(|Seconds(elapsed)| elapsed.in_words())
            };
            table.add_row([
                self.of_row(row),
                row.team.to_string(),
                open,
                calendar,
                self.target(row),
                due,
                verdict(row),
            ]);
        }
        table
    }

    /// The stopwatch of a row by name: numbered where there are several.
    fn of_row(&self, row: &Row) -> String {
        let mut name = row.measure.label().replace('_', " ");
        let is_one_of_many = |other: &Row| other.measure == row.measure && other.n > 1;
        if self.rows.iter().any(is_one_of_many) {
            let _infallible = write!(name, " {}", row.n);
        }
        if let Some(pauses) = &row.pauses {
            let paused = if pauses.is_empty() { "never".to_owned() } else { pauses.join(" and ") };
            let _infallible = write!(name, " (paused: {paused})");
        }
        name
    }

    fn target(&self, row: &Row) -> String {
        let Some((id, Seconds(elapsed))) = row.judged.zip(row.target) else {
            return "-".to_owned();
        };
        let (_, objective) = self.rules.objective(id);
        if row.measure.is_count() {
            return format!("{} ({})", elapsed.ms() / 1_000, objective.name);
        }
        let shown = Target { elapsed, basis: row.basis };
        format!("{shown} ({})", objective.name)
    }

    fn places(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let went = self.went();
        let mut places: Vec<(String, Elapsed)> = vec![("unclaimed".to_owned(), went.unclaimed.0)];
        places.extend(went.teams.iter().map(|(team, s)| (format!("with {team}"), s.0)));
        places.push(("pending".to_owned(), went.pending.0));
        places.push(("on hold".to_owned(), went.on_hold.0));
        places.push(("closed hours".to_owned(), went.closed.0));
        places.retain(|(_, elapsed)| *elapsed > Elapsed::ZERO);
        let all: i64 = places.iter().map(|(_, elapsed)| elapsed.ms()).sum();
        let Some(longest) = places.iter().map(|(_, elapsed)| elapsed.ms()).max() else {
            return Ok(());
        };
        writeln!(f, "\nwhere the waiting went")?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for (place, elapsed) in places {
            let width = (elapsed.ms() * BAR_WIDTH / longest).max(1);
            let bar = "█".repeat(usize::try_from(width).unwrap_or(1));
            let percent = format!("{} %", (elapsed.ms() * 100 + all / 2) / all);
            table.add_row([place, elapsed.in_words(), percent, bar]);
        }
        print(&table, f)
    }
}

/// Prints a table without spaces at the ends of its lines.
fn print(table: &Table, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
}

/// How a stopwatch stands beside its target, in words.
fn verdict(row: &Row) -> String {
    let elapsed = match row.basis {
        Basis::Calendar => row.elapsed_calendar.0,
        Basis::Open => row.elapsed_open.0,
    };
    let ended = match row.given_up {
        None => "",
        Some(GivenUp::Solved) => "given up: solved without a word",
        Some(GivenUp::Closed) => "given up: closed without a word",
        Some(GivenUp::Merged) => "given up: merged",
        Some(GivenUp::Deleted) => "no longer counts: deleted",
        Some(GivenUp::Spam) => "no longer counts: spam",
    };
    let beside = row.target.map(|Seconds(target)| {
        let count = |elapsed: Elapsed| {
            if row.measure.is_count() {
                (elapsed.ms() / 1_000).to_string()
            } else {
                elapsed.in_words()
            }
        };
        match (row.over, elapsed > target) {
            (true, true) => format!("over by {}", count(elapsed.less(target))),
            (true, false) => "over: it was, when its priority changed".to_owned(),
            (false, _) if row.stopped_at.is_some() => "in time".to_owned(),
            (false, _) => format!("{} left", count(target.less(elapsed))),
        }
    });
    let waits = match row.state {
        "running" => "waiting",
        "paused" => "paused",
        _ => "",
    };
    let parts = [Some(waits.to_owned()), Some(ended.to_owned()), beside];
    let said: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}
