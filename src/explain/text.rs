//! An explanation as text: the ticket's life from top to bottom, its stopwatches, and where it waited.

use std::fmt::{self, Write};

use chrono::{DateTime, FixedOffset};
use comfy_table::{Table, presets};

use super::{Explained, StopwatchRow, Stretch};
use crate::agreement::TargetShown;
use crate::amount::Amount;
use crate::calendar::Zone;
use crate::catalog::ScopeId;
use crate::event::Kind;
use crate::measure::{Basis, Measure};
use crate::ticket::{GivenUp, Step, WaitLocation};
use crate::time::{Elapsed, MINUTE_MS, SECOND_MS, Timestamp};

/// The width of the longest bar in characters.
const BAR_WIDTH: i64 = 30;

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.clock();
        writeln!(f, "{} as of {} ({})", self.ticket, clock.full(self.now), clock.zone.name())?;
        if let Some(line) = self.state_line() {
            writeln!(f, "{line}")?;
        }
        if self.has_begun_in_the_middle() {
            writeln!(f, "its creation is not known: what starts there does not run")?;
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
        self.locations(f)
    }
}

/// How instants are written: in the time zone of the ticket's holder, all with the same precision.
struct TimeFormat {
    zone: Zone,
    form: &'static str,
}

impl TimeFormat {
    fn full(&self, at: Timestamp) -> String {
        self.local(at).map_or_else(|| at.to_string(), |local| local.format(self.form).to_string())
    }

    fn local(&self, at: Timestamp) -> Option<DateTime<FixedOffset>> {
        self.zone.local_time(at)
    }

    /// A clock change between two instants, in words; `None` if there was none.
    fn change(&self, from: Timestamp, to: Timestamp) -> Option<String> {
        let [before, after] = [from, to].map(|at| {
            let local = self.local(at)?;
            Some(i64::from(local.offset().local_minus_utc()) * SECOND_MS)
        });
        let change = after?.checked_sub(before?).filter(|change| *change != 0)?;
        let how_far = Elapsed::from_ms(change.abs()).in_words();
        Some(format!("the clocks went {how_far} {}", if change > 0 { "forward" } else { "back" }))
    }
}

/// The marks on the left of a stretch.
const OPEN: &str = "│";
const CLOSED: &str = "┊";
const PAUSED: &str = "‖";
const OVER: &str = " ";

impl Explained<'_> {
    fn clock(&self) -> TimeFormat {
        // The last holder decides the zone.
        let holder = self.steps.last().map_or(self.catalog.unclaimed(), |step| step.holder);
        let zone = self.catalog.zone_of(holder).clone();
        let has_more_than = |unit: i64| {
            let mut shown = self.steps.iter().map(|step| step.at).chain([self.now]);
            shown.any(|at| at.ms() % unit != 0)
        };
        let form = if has_more_than(SECOND_MS) {
            "%a %Y-%m-%d %H:%M:%S%.3f"
        } else if has_more_than(MINUTE_MS) {
            "%a %Y-%m-%d %H:%M:%S"
        } else {
            "%a %Y-%m-%d %H:%M"
        };
        TimeFormat { zone, form }
    }

    fn has_begun_in_the_middle(&self) -> bool {
        self.steps.last().is_some_and(|step| !step.is_created)
    }

    fn team(&self, scope: ScopeId) -> &str {
        self.catalog.scope_name(scope).unwrap_or_default()
    }

    /// The present state of the ticket, in one line.
    fn state_line(&self) -> Option<String> {
        let last = self.steps.last()?;
        let priority = self.steps.iter().rev().find_map(|step| step.priority);
        let channel = self.steps.iter().rev().find_map(|step| step.channel.as_deref());
        let holder = if last.holder == self.catalog.unclaimed() {
            "nobody answers for it".to_owned()
        } else {
            format!("with {}", self.team(last.holder))
        };
        let state =
            match (last.is_over, last.ticket_position.is_solved, last.ticket_position.location) {
                (true, true, _) => "solved",
                (true, false, _) => self.gone(),
                (false, _, WaitLocation::Pending) => "pending: waits for the customer",
                (false, _, WaitLocation::OnHold) => "on hold: waits for a third party",
                (false, _, WaitLocation::With(_) | WaitLocation::Closed) => "open",
            };
        let parts = [
            Some(state.to_owned()),
            Some(holder),
            priority.map(|priority| format!("{} priority", priority.label())),
            channel.map(str::to_owned),
        ];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }

    /// Why a ticket is gone.
    fn gone(&self) -> &'static str {
        const WORDS: [(Kind, &str); 3] =
            [(Kind::Merged, "merged"), (Kind::Deleted, "deleted"), (Kind::MarkedSpam, "spam")];
        let word = |step: &Step| WORDS.iter().find(|(kind, _)| *kind == step.kind);
        self.steps.iter().rev().find_map(word).map_or("gone", |(_, word)| word)
    }

    /// Events and due times with the stretches between them, from top to bottom.
    fn life(&self, clock: &TimeFormat, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marks: Vec<(Timestamp, usize, String)> = Vec::new();
        for index in 0..self.steps.len() {
            let (before, from) = self.steps.split_at(index);
            marks.extend(from.first().map(|step| (step.at, index, self.happened(step, before))));
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
                self.between(before, at.min(self.now), clock, f)?;
                if at > self.now && before <= self.now {
                    // The future has no stretches.
                    writeln!(f, "    ⋮")?;
                }
            }
            writeln!(f, "  {}  {text}", clock.full(at))?;
            before = Some(at);
        }
        Ok(())
    }

    /// The stretches between two instants.
    fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
        clock: &TimeFormat,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        for stretch in &self.stretches {
            let (from, to) = (stretch.from.max(from), stretch.to.min(to));
            if from < to {
                let (mark, words) = self.stretch_words(stretch);
                let change = clock.change(from, to).map(|change| format!("; {change}"));
                let change = change.unwrap_or_default();
                writeln!(f, "    {mark} {:<12} {words}{change}", to.since(from).in_words())?;
            }
        }
        Ok(())
    }

    /// The mark and the words of a stretch.
    fn stretch_words(&self, stretch: &Stretch) -> (&'static str, String) {
        let holder = || {
            if stretch.holder == self.catalog.unclaimed() {
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
        if stretch.is_idle {
            return (OVER, "open, but nothing to do".to_owned());
        }
        match stretch.location {
            WaitLocation::With(_) => (OPEN, holder()),
            WaitLocation::Closed => (CLOSED, format!("closed hours, {}", holder())),
            WaitLocation::Pending => (PAUSED, format!("pending, {}", holder())),
            WaitLocation::OnHold => (PAUSED, format!("on hold, {}", holder())),
        }
    }

    /// An event in words, with team, priority and channel where the event changed them.
    fn happened(&self, step: &Step, before: &[Step]) -> String {
        let mut words = match step.kind {
            Kind::Created => "created",
            Kind::CustomerReplied => "the customer wrote",
            Kind::TookOver => "took over",
            Kind::AgentReplied => "an agent replied",
            Kind::BotReplied => "a bot replied: no answer",
            Kind::NoteAdded => "an internal note: no answer",
            Kind::NoReplyNeeded => "an agent says that no reply is needed",
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
        let from = step.from.iter().map(|from| format!(" {from}"));
        let since = step.waiting_since.iter();
        let since = since
            .map(|since| format!(", whose customer waits since {}", self.clock().full(*since)));
        let score = step.score.iter().map(|score| format!(", {score} of 5"));
        let holder = self.team(step.holder);
        let is_new = matches!(step.kind, Kind::Created | Kind::Assigned)
            || before.last().is_none_or(|last| last.holder != step.holder);
        let team = step.team.iter().filter(|team| is_new || ***team != *holder).map(|team| {
            if step.kind != Kind::Assigned {
                format!(" ({team})")
            } else if step.holder != self.catalog.unclaimed() {
                format!(" to {team}")
            } else {
                format!(" to {team}, which is not declared")
            }
        });
        let had = before.iter().rev().find_map(|step| step.priority);
        let priority = step.priority.filter(|priority| had != Some(*priority));
        let priority = priority.iter().map(|priority| format!(", {} priority", priority.label()));
        let had = before.iter().rev().find_map(|step| step.channel.as_ref());
        let channel = step.channel.iter().filter(|channel| had != Some(channel));
        let channel = channel.map(|channel| format!(", by {channel}"));
        words.extend(
            into.chain(from).chain(since).chain(score).chain(team).chain(priority).chain(channel),
        );
        words
    }

    fn table(&self, clock: &TimeFormat) -> Table {
        let mut table = Table::new();
        // Without calendars, open time equals calendar time.
        let has_hours = self.catalog.has_calendars();
        let times: &[&str] = if has_hours { &["open time", "calendar time"] } else { &["time"] };
        let header = [&["stopwatch", "of"], times, &["target", "due", "verdict"]].concat();
        table.load_style(presets::NOTHING).set_header(header);
        for row in &self.rows {
            let due = row.due_at.map_or_else(|| "-".to_owned(), |due| clock.full(due));
            let calendar = row.elapsed_calendar.in_words();
            let open =
                if row.measure.is_timed() { row.elapsed_open.in_words() } else { "-".to_owned() };
            let times = if has_hours { vec![open, calendar] } else { vec![calendar] };
            let first = vec![self.of_row(row), row.team.to_string()];
            let last = vec![self.target(row), due, self.verdict(row)];
            table.add_row([first, times, last].concat());
        }
        table
    }

    /// The name of a row's stopwatch, numbered where there are several.
    fn of_row(&self, row: &StopwatchRow) -> String {
        let mut name = row.measure.label().replace('_', " ");
        let is_one_of_many = |other: &StopwatchRow| other.measure == row.measure && other.n > 1;
        if self.rows.iter().any(is_one_of_many) {
            let _infallible = write!(name, " {}", row.n);
        }
        if let Some(pauses) = &row.pauses {
            let paused = if pauses.is_empty() {
                "never".to_owned()
            } else {
                pauses.join(" and ").replace('_', " ")
            };
            let _infallible = write!(name, " (paused: {paused})");
        }
        name
    }

    fn target(&self, row: &StopwatchRow) -> String {
        let Some((id, target)) = row.objective.zip(row.target) else {
            return "-".to_owned();
        };
        let (_, objective) = self.catalog.objective(id);
        let kind = match (target, row.basis) {
            (TargetShown::Amount(_), Basis::Open) => " of open time",
            (TargetShown::Amount(_), Basis::Calendar) | (TargetShown::WorkingDays(_), _) => "",
        };
        format!("{target}{kind} ({})", objective.name)
    }

    fn locations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let breakdown = self.breakdown();
        let mut locations: Vec<(String, Elapsed)> =
            vec![("unclaimed".to_owned(), breakdown.unclaimed.0)];
        locations.extend(breakdown.teams.iter().map(|(team, s)| (format!("with {team}"), s.0)));
        locations.push(("pending".to_owned(), breakdown.pending.0));
        locations.push(("on hold".to_owned(), breakdown.on_hold.0));
        locations.push(("closed hours".to_owned(), breakdown.closed.0));
        locations.retain(|(_, elapsed)| *elapsed > Elapsed::ZERO);
        let all: i64 = locations.iter().map(|(_, elapsed)| elapsed.ms()).sum();
        let Some(longest) = locations.iter().map(|(_, elapsed)| elapsed.ms()).max() else {
            return Ok(());
        };
        writeln!(f, "\nwhere the waiting went")?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for (location, elapsed) in locations {
            let width = (elapsed.ms() * BAR_WIDTH / longest).max(1);
            let bar = "█".repeat(usize::try_from(width).unwrap_or(1));
            let percent = format!("{} %", (elapsed.ms() * 100 + all / 2) / all);
            table.add_row([location, elapsed.in_words(), percent, bar]);
        }
        print(&table, f)?;
        self.counted_besides(f)
    }

    /// The verdict on a stopwatch, in words.
    fn verdict(&self, row: &StopwatchRow) -> String {
        let ended;
        let state = match (row.state, row.given_up) {
            ("running", _) => "waiting",
            ("paused", _) => "paused",
            (_, None) => "",
            (_, Some(reason @ (GivenUp::Solved | GivenUp::Closed | GivenUp::Merged))) => {
                ended = format!("{}: {}", ended_without_answer(row.measure), reason.label());
                &ended
            }
            (_, Some(GivenUp::Deleted)) if row.over => "deleted, which stays a miss",
            (_, Some(GivenUp::Deleted)) => return "no longer counts: deleted".to_owned(),
            (_, Some(GivenUp::NoReplyNeeded)) => {
                return "no longer counts: no reply needed".to_owned();
            }
            (_, Some(GivenUp::Reopened)) => "reopened and not solved again, which stays a miss",
            (_, Some(GivenUp::Spam)) => return "no longer counts: spam".to_owned(),
        };
        let against = row.allowance.map(|allowance| against_allowance(row, allowance));
        let parts = [state.to_owned(), against.unwrap_or_default(), self.at_rest(row).to_owned()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
    }

    /// The stretches in which the ticket was solved or gone and a stopwatch counts. That happens to one that
    /// ended unanswered, or started then, and goes on as if it had never ended.
    fn counted_at_rest(&self, row: &StopwatchRow) -> impl Iterator<Item = &Stretch> {
        let leaves_out_solved = matches!(
            row.measure,
            Measure::CustomerWait | Measure::AgentWork | Measure::Resolution | Measure::Contacts
        );
        let until = row.stopped_at.unwrap_or(self.now);
        let is_counted = move |stretch: &&Stretch| {
            let is_counted = stretch.is_gone || stretch.is_solved && !leaves_out_solved;
            is_counted && stretch.from < until && row.started_at < stretch.to
        };
        self.stretches.iter().filter(is_counted)
    }

    /// A remark if a stopwatch counts time in which the ticket was solved or gone.
    fn at_rest(&self, row: &StopwatchRow) -> &'static str {
        match self.counted_at_rest(row).next() {
            None => "",
            Some(stretch) if stretch.is_solved => "counting while it was solved",
            Some(_) => "counting while it was gone",
        }
    }

    /// The time at rest that stopwatches count, one line for each. It is missing in the list above, and the
    /// breakdown of an objective's misses has it.
    fn counted_besides(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.rows.iter().filter(|row| row.measure.is_timed()) {
            let until = row.stopped_at.unwrap_or(self.now);
            let within =
                |stretch: &Stretch| stretch.to.min(until).since(stretch.from.max(row.started_at));
            let counted: i64 = self.counted_at_rest(row).map(|stretch| within(stretch).ms()).sum();
            if counted > 0 {
                let name = self.of_row(row);
                let counted = Elapsed::from_ms(counted).in_words();
                writeln!(
                    f,
                    " {name} counts {counted} more, while the ticket was solved or gone; so does the \
                     breakdown of its verdict"
                )?;
            }
        }
        Ok(())
    }
}

/// How a wait ended that got no answer, as the board says it.
fn ended_without_answer(measure: Measure) -> &'static str {
    match measure {
        Measure::FirstReply | Measure::NextReply => "ended unanswered",
        Measure::Update => "ended without an update",
        Measure::CustomerWait
        | Measure::AgentWork
        | Measure::Resolution
        | Measure::FirstResolution
        | Measure::Ownership
        | Measure::Contacts => "ended unsolved",
    }
}

/// Prints a table without trailing spaces.
fn print(table: &Table, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
}

/// A stopwatch compared with the time that its target allows, in words.
fn against_allowance(row: &StopwatchRow, allowance: Amount) -> String {
    let elapsed = match row.basis {
        Basis::Calendar => row.elapsed_calendar,
        Basis::Open => row.elapsed_open,
    };
    match (row.over, elapsed > allowance) {
        (true, true) => format!("over by {}", elapsed.less(allowance).in_words()),
        (true, false) => "over: it was when its priority changed".to_owned(),
        (false, _) if row.stopped_at.is_none() => {
            format!("{} left", allowance.less(elapsed).in_words())
        }
        (false, _) if row.given_up.is_some() => "not over".to_owned(),
        (false, _) => "in time".to_owned(),
    }
}
