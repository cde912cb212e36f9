//! Turns of duty: whose turn it is to check the team's tickets, and when the next one begins.
//!
//! # Design
//! A turn belongs to days: it *holds* the days from the one it starts on to the one before the next start.
//! So swaps and absences, which people write as dates, need no time zone. Only the instants of handovers do.
//!
//! Nothing is stored: a turn follows from its index by arithmetic, in both directions.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use crate::calendar::Zone;
use crate::time::Timestamp;

/// The rotation of a team, with its swaps and absences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The members in the order of their turns, each once. The first one has the turn that holds
    /// [`Duty::since`].
    pub members: Vec<Box<str>>,
    /// A day of the first turn. Before that turn nobody has duty.
    pub since: NaiveDate,
    /// The length of a turn.
    pub every: TurnLength,
    /// The local time of handovers. Where clocks go forward over it, the handover is at the first instant
    /// after the gap; where it comes twice, at the first of the two.
    pub handover: NaiveTime,
    /// The time zone of [`Duty::handover`]. In an agreement as it is read, `None` where the file names none;
    /// a catalog fills in the zone of its owner. `None` counts as UTC.
    pub zone: Option<Zone>,
    /// Turns that somebody else takes. At most [`Duty::SWAPS_MAX`], one for a turn.
    pub swaps: Vec<DutySwap>,
    /// Absences of members. At most [`Duty::ABSENCES_MAX`].
    pub absences: Vec<Absence>,
    /// The number of tickets to check in a turn.
    pub check: u32,
}

/// The length of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnLength {
    /// Whole weeks: each turn starts on the same weekday.
    Weeks {
        /// The number of weeks, at least 1.
        count: u16,
        /// The weekday of handovers.
        from: Weekday,
    },
    /// Days that are no whole weeks, at least 1. The first turn starts on [`Duty::since`].
    Days(u16),
}

/// A turn that somebody else takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutySwap {
    /// A day that the turn holds.
    pub on: NaiveDate,
    /// The member who takes it.
    pub to: Box<str>,
}

/// An absence of a member, both days included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The member.
    pub who: Box<str>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn<'d> {
    /// Its number, from 0.
    pub index: u32,
    /// The handover that it starts with.
    pub starts: Timestamp,
    /// The handover that it ends with; not part of it.
    pub ends: Timestamp,
    /// Who has it; `None` where every member is away.
    pub member: Option<&'d str>,
    /// Why they have it.
    pub because: TurnReason,
}

/// Why a member has a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnReason {
    /// It is theirs in the order of members.
    Rotation,
    /// It was swapped.
    Swap,
    /// The member whose turn it is in the order is away. So the next one in order who is not away has it,
    /// or nobody.
    Absence,
}

impl TurnReason {
    /// Its value in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Swap => "swap",
            Self::Absence => "absence",
        }
    }
}

impl TurnLength {
    /// The default.
    pub const DEFAULT: Self = Self::Weeks { count: 1, from: Weekday::Mon };
    /// The longest turn, in days: 52 weeks.
    pub const DAYS_MAX: u16 = 364;

    /// The number of days.
    pub fn days(self) -> u16 {
        match self {
            Self::Weeks { count, .. } => count.saturating_mul(7).max(1),
            Self::Days(days) => days.max(1),
        }
    }
}

/// As a file writes it: `1w`, `3d`.
impl fmt::Display for TurnLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weeks { count, .. } => write!(f, "{count}w"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl Duty {
    /// Maximum members. More are an error of the file.
    pub const MEMBERS_MAX: usize = 100;
    /// Maximum swaps. More are an error of the file.
    pub const SWAPS_MAX: usize = 1_000;
    /// Maximum absences. More are an error of the file.
    pub const ABSENCES_MAX: usize = 1_000;
    /// The default of [`Duty::check`].
    pub const CHECK_DEFAULT: u32 = 10;

    /// The turn at an instant; `None` before the first turn, and from the year 2100 on.
    pub fn turn_at(&self, at: Timestamp) -> Option<Turn<'_>> {
        self.turns_from(at).next().filter(|turn| turn.starts <= at)
    }

    /// All turns from the one at an instant, in order; from the first one where `at` is earlier. They end
    /// with the year 2099. Each turn starts when the one before it ends.
    pub fn turns_from(&self, at: Timestamp) -> impl Iterator<Item = Turn<'_>> {
        let within = at.clamp(Timestamp::EVENT_MIN, Timestamp::EVENT_END);
        let local = self.zone().local_time(within).map(|local| local.date_naive());
        // Where clocks go back over midnight, the turn of the next day may have started.
        let near =
            local.and_then(|date| self.index_on(date)).map_or(0, |near| near.saturating_add(1));
        let mut first = near;
        while first > 0 && self.start_of(first) > at {
            first -= 1;
        }
        let end = self.index_on(last_day()).map_or(0, |last| last.saturating_add(1));
        // A day that a zone left out, as Samoa did 2011-12-30, leaves a turn of one day without time.
        (first..end).map(|index| self.turn(index)).filter(|turn| turn.starts < turn.ends)
    }

    /// The first handover after an instant; `None` from the year 2100 on.
    pub fn next_handover(&self, after: Timestamp) -> Option<Timestamp> {
        self.turns_from(after).map(|turn| turn.starts).find(|starts| *starts > after)
    }

    /// One turn.
    pub fn turn(&self, index: u32) -> Turn<'_> {
        let (member, because) = self.holder(index);
        let [starts, ends] = [index, index.saturating_add(1)].map(|index| self.start_of(index));
        Turn { index, starts, ends, member, because }
    }

    /// The index of the turn that holds a day; `None` before the first turn.
    pub fn index_on(&self, date: NaiveDate) -> Option<u32> {
        let days = date.signed_duration_since(self.first_day()).num_days();
        u32::try_from(days).ok().map(|days| days / u32::from(self.every.days()))
    }

    /// The day that a turn starts on.
    pub fn day_of(&self, index: u32) -> NaiveDate {
        let days = u64::from(index).saturating_mul(self.every.days().into());
        self.first_day().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
    }

    /// The members who are away on a day, each once, in the order of turns.
    pub fn away_on(&self, date: NaiveDate) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| &**member).filter(move |member| self.is_away(member, date))
    }

    /// Whether a member is away on a day.
    pub fn is_away(&self, member: &str, date: NaiveDate) -> bool {
        let holds = |absence: &Absence| (absence.from..=absence.to).contains(&date);
        self.absences.iter().any(|absence| *absence.who == *member && holds(absence))
    }

    /// Whether somebody is a member.
    pub fn is_member(&self, name: &str) -> bool {
        self.members.iter().any(|member| **member == *name)
    }

    /// The time zone of handovers.
    pub fn zone(&self) -> Zone {
        self.zone.clone().unwrap_or(Zone::UTC)
    }

    /// Who has a turn, and why.
    ///
    /// A swap comes first: the turn that holds its day is `to`'s, and no other turn changes. Else it is the
    /// next one's in the order of members; those who are away on the day that the turn starts are left out.
    fn holder(&self, index: u32) -> (Option<&str>, TurnReason) {
        let is_of_turn = |swap: &&DutySwap| self.index_on(swap.on) == Some(index);
        if let Some(swap) = self.swaps.iter().find(is_of_turn) {
            return (Some(&swap.to), TurnReason::Swap);
        }
        let count = self.members.len().max(1);
        let first = usize::try_from(index).unwrap_or_default() % count;
        let starts_on = self.day_of(index);
        let in_order = self.members.iter().cycle().skip(first).take(count).enumerate();
        let mut present = in_order.filter(|(_, member)| !self.is_away(member, starts_on));
        match present.next() {
            Some((0, member)) => (Some(member), TurnReason::Rotation),
            Some((_, member)) => (Some(member), TurnReason::Absence),
            None => (None, TurnReason::Absence),
        }
    }

    fn start_of(&self, index: u32) -> Timestamp {
        self.zone().first_instant(self.day_of(index).and_time(self.handover))
    }

    /// The day that the first turn starts on.
    fn first_day(&self) -> NaiveDate {
        match self.every {
            TurnLength::Days(_) => self.since,
            TurnLength::Weeks { from, .. } => {
                let before = self.since.weekday().days_since(from);
                self.since.checked_sub_days(Days::new(before.into())).unwrap_or(self.since)
            }
        }
    }
}

/// The last day that has a turn.
fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2099, 12, 31).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests;
