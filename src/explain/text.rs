//! An explanation as text: the ticket's life from top to bottom, its stopwatches, and where it waited.

use std::fmt::{self, Write};

use chrono::{DateTime, FixedOffset};
use comfy_table::{Table, presets};

use super::{Explained, LifeLine, LifeMark, StopwatchRow, Stretch, TicketCondition};
use crate::agreement::TargetShown;
use crate::amount::Amount;
use crate::calendar::Zone;
use crate::catalog::ScopeId;
use crate::event::Kind;
use crate::measure::{Basis, Measure};
use crate::ticket::{GivenUp, WaitLocation};
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
        self.print_life(&clock, f)?;
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

    fn team(&self, scope: ScopeId) -> &str {
        self.catalog.scope_name(scope).unwrap_or_default()
    }

    /// The present state of the ticket, in one line.
    fn state_line(&self) -> Option<String> {
        let last = self.steps.last()?;
        let (priority, channel) = self.priority_and_channel();
        let holder = if last.holder == self.catalog.unclaimed() {
            "nobody answers for it".to_owned()
        } else {
            format!("with {}", self.team(last.holder))
        };
        let state = match self.condition() {
            Some(TicketCondition::Solved) => "solved",
            Some(TicketCondition::Merged) => "merged",
            Some(TicketCondition::Deleted) => "deleted",
            Some(TicketCondition::Spam) => "spam",
            Some(TicketCondition::Pending) => "pending: waits for the customer",
            Some(TicketCondition::OnHold) => "on hold: waits for a third party",
            Some(TicketCondition::Open) => "open",
            None => "gone",
        };
        let parts = [
            Some(state.to_owned()),
            Some(holder),
            priority.map(|priority| format!("{} priority", priority.label())),
            channel.map(str::to_owned),
        ];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }

    /// Events and due times with the stretches between them, from top to bottom.
    fn print_life(&self, clock: &TimeFormat, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.life() {
            match line {
                LifeLine::Mark { at, mark } => {
                    let text = match mark {
                        LifeMark::Event(index) => self.happened(index),
                        LifeMark::Due(index) => {
                            let row = self.rows.get(index);
                            row.map_or_else(String::new, |row| {
                                format!("◆ {} is due", self.of_row(row))
                            })
                        }
                        LifeMark::Now => "now".to_owned(),
                    };
                    writeln!(f, "  {}  {text}", clock.full(at))?;
                }
                LifeLine::Between(stretch) => {
                    let (mark, words) = self.stretch_words(&stretch);
                    let change = clock.change(stretch.from, stretch.to);
                    let change = change.map(|change| format!("; {change}")).unwrap_or_default();
                    let length = stretch.length().in_words();
                    writeln!(f, "    {mark} {length:<12} {words}{change}")?;
                }
                LifeLine::Future => writeln!(f, "    ⋮")?,
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
    fn happened(&self, index: usize) -> String {
        let Some(step) = self.steps.get(index) else { return String::new() };
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
            Kind::Decided => "the team decided",
            Kind::DecisionMoved => "a decision was moved",
            Kind::DecisionDone => "a decision was done",
            Kind::DecisionDropped => "a decision was dropped",
            Kind::TurnNoted => "a note about the turn",
            Kind::TicketBrought => "brought to the team",
            Kind::TicketDiscussed => "the team talked about it",
        }
        .to_owned();
        let into = step.into.iter().map(|into| format!(" into {into}"));
        let from = step.from.iter().map(|from| format!(" {from}"));
        let since = step.waiting_since.iter();
        let since = since
            .map(|since| format!(", whose customer waits since {}", self.clock().full(*since)));
        let score = step.score.iter().map(|score| format!(", {score} of 5"));
        let news = self.news(index);
        let team = news.team.map(|team| {
            if step.kind != Kind::Assigned {
                format!(" ({team})")
            } else if step.holder != self.catalog.unclaimed() {
                format!(" to {team}")
            } else {
                format!(" to {team}, which is not declared")
            }
        });
        let priority = news.priority.map(|priority| format!(", {} priority", priority.label()));
        let channel = news.channel.map(|channel| format!(", by {channel}"));
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

    /// The stretches in which the ticket was solved or gone and a stopwatch counts.
    pub(super) fn stretches_at_rest(&self, row: &StopwatchRow) -> impl Iterator<Item = &Stretch> {
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
        match self.stretches_at_rest(row).next() {
            None => "",
            Some(stretch) if stretch.is_solved => "counting while it was solved",
            Some(_) => "counting while it was gone",
        }
    }

    /// The time at rest that stopwatches count, one line for each. It is missing in the list above, and the
    /// breakdown of an objective's misses has it.
    fn counted_besides(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.rows.iter().filter(|row| row.measure.is_timed()) {
            let counted = self.counted_at_rest(row);
            if counted > Elapsed::ZERO {
                let name = self.of_row(row);
                let counted = counted.in_words();
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
    let elapsed = row.elapsed();
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
