//! The points that are measured, and the figures of one.

use serde::{Deserialize, Serialize};

/// The stream and the agreements of one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// Tickets of the whole stream.
    pub(crate) tickets: u64,
    pub(crate) teams: u64,
    pub(crate) events_per_ticket: u64,
    /// How many of a hundred events are late.
    pub(crate) late_percent: i64,
    /// The longest delay of a late event.
    pub(crate) late_days: i64,
    /// The window of all objectives.
    pub(crate) window_days: i64,
    pub(crate) partitions: u64,
}

/// The days of the longest window that every team has readings of.
const DAYS: i64 = 28;

impl Case {
    /// The point that all axes share.
    pub(crate) fn middle(tickets: u64) -> Self {
        Self {
            tickets,
            teams: 100,
            events_per_ticket: 8,
            late_percent: 1,
            late_days: 1,
            window_days: DAYS,
            partitions: 4,
        }
    }

    /// The days of the stream.
    pub(crate) fn days(&self) -> i64 {
        self.window_days.max(DAYS)
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tickets, teams, events_per_ticket, late_percent, late_days, .. } = self;
        let Self { window_days, partitions, .. } = self;
        write!(
            f,
            "middle point: {tickets} tickets of {teams} teams, {events_per_ticket} events per ticket, \
             {late_percent} % of them up to {late_days} d late, windows of {window_days} d, \
             {partitions} partitions"
        )
    }
}

/// What one point costs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Events that were applied.
    pub(crate) events: u64,
    /// Nanoseconds of CPU for an event, from its bytes to the windows.
    pub(crate) ns_per_event: f64,
    /// Resident memory divided by the tickets.
    pub(crate) bytes_per_ticket: f64,
    /// Resident memory in MB, less what the empty process takes.
    pub(crate) memory_mb: f64,
    /// Milliseconds of CPU for the readings and verdicts of all teams.
    pub(crate) view_ms: f64,
    /// Milliseconds of CPU for an evaluation of all objectives and their alerts.
    pub(crate) evaluation_ms: f64,
}

impl Figures {
    /// The ratio of each figure to that of another point.
    pub(crate) fn divided_by(&self, other: &Self) -> Self {
        Self {
            events: self.events,
            ns_per_event: self.ns_per_event / other.ns_per_event,
            bytes_per_ticket: self.bytes_per_ticket / other.bytes_per_ticket,
            memory_mb: self.memory_mb / other.memory_mb,
            view_ms: self.view_ms / other.view_ms,
            evaluation_ms: self.evaluation_ms / other.evaluation_ms,
        }
    }
}

/// One point of an axis.
pub(crate) struct Point {
    pub(crate) axis: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) label: String,
    /// Its place on the axis; `None` on an axis of names.
    pub(crate) x: Option<f64>,
    pub(crate) case: Case,
    /// Whether it needs much memory and time.
    pub(crate) is_largest: bool,
}

/// All points, axis by axis, with this many tickets at the middle point.
pub(crate) fn points(tickets: u64) -> Vec<Point> {
    let middle = Case::middle(tickets);
    let mut points = Vec::new();
    let mut add = |axis, unit, label: String, case: Case, is_largest| {
        let x = label.trim_end_matches(" d").parse().ok();
        points.push(Point { axis, unit, label, x, case, is_largest });
    };
    for tickets in [tickets / 10, tickets, tickets * 10, tickets * 100] {
        let is_largest = tickets == middle.tickets * 100;
        add("tickets", "tickets", tickets.to_string(), Case { tickets, ..middle }, is_largest);
    }
    for teams in [10, 100, 500, 2_000] {
        add("teams", "teams", teams.to_string(), Case { teams, ..middle }, false);
    }
    for events_per_ticket in [2, 4, 8, 16, 32, 64] {
        let case = Case { events_per_ticket, ..middle };
        add("events per ticket", "events per ticket", events_per_ticket.to_string(), case, false);
    }
    for (late_percent, late_days) in [(0, 0), (1, 1), (10, 1), (10, 7), (50, 1), (50, 7)] {
        let label = match late_percent {
            0 => "none".to_owned(),
            _ => format!("{late_percent} % by {late_days} d"),
        };
        add(
            "late events",
            "share, delay",
            label,
            Case { late_percent, late_days, ..middle },
            false,
        );
    }
    for window_days in [1, 7, DAYS, 90] {
        // At the same rate there are more tickets in a longer window.
        let rate = tickets / DAYS.unsigned_abs();
        let tickets = match window_days {
            ..=DAYS => tickets,
            _ => rate * window_days.unsigned_abs(),
        };
        let case = Case { tickets, window_days, ..middle };
        add("window", "days", format!("{window_days} d"), case, false);
    }
    for partitions in [1, 4, 16, 64] {
        let case = Case { partitions, ..middle };
        add("partitions", "partitions", partitions.to_string(), case, false);
    }
    points
}
