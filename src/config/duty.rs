//! The key `duty` of an agreement file: the members of the rotation, its turns, swaps and absences.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};

use super::calendars::zone;
use super::fields::{Field, Fields, File};
use super::people;
use super::yaml::{Node, YamlValue};
use super::zones::ZoneFinder;
use crate::calendar::Zone;
use crate::duty::{Absence, Duty, DutySwap, TurnLength, TurnReason};
use crate::name;
use crate::time::{DAY_MS, Elapsed};

/// The days that the first turn may be ahead of today.
const AHEAD_DAYS_MAX: u64 = 366;
/// The first year that the first turn may be in.
const YEAR_MIN: i32 = 2000;
/// The most members that an error lists.
const LISTED_MAX: usize = 10;
/// The default weekday of handovers.
const WEEKDAY_DEFAULT: Weekday = Weekday::Mon;
/// The default time of handovers.
const TIME_DEFAULT: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Reads the group; `None` if it is missing, or if its members or its first day are.
pub(super) fn read(
    fields: &mut Fields<'_>,
    zones: &mut ZoneFinder<'_>,
    today: &str,
    file: &mut File<'_>,
) -> Option<Duty> {
    let mut group = fields.take("duty").and_then(|duty| duty.fields(file))?;
    let today = NaiveDate::parse_from_str(today, "%Y-%m-%d").ok();
    let members = group
        .require("members", file, "name people, such as [aino, mikko]")
        .and_then(|members| self::members(&members, file));
    let since = group
        .require("since", file, "write the day of the first turn")
        .and_then(|since| first_day(&since, today, file));
    let (every, handover) = times(&mut group, zones, file);
    let check = group.take("check").and_then(|check| {
        let problem = "is not a number of tickets; write a whole number from 1 to 100";
        let count = |text: &str| text.parse().ok().filter(|count| (1..=100_u32).contains(count));
        check.parse(file, problem, count)
    });
    let absences = list(&mut group, "away", Duty::ABSENCES_MAX, absence, file);
    let swaps = list(&mut group, "swaps", Duty::SWAPS_MAX, swap, file);
    group.finish(file);
    let mut duty = Duty {
        members: members?,
        since: since?,
        every,
        handover: handover.time,
        zone: handover.zone,
        swaps: Vec::new(),
        absences: Vec::new(),
        check: check.unwrap_or(Duty::CHECK_DEFAULT),
    };
    add_absences(&mut duty, absences, today, file);
    for swap in swaps {
        add_swap(&mut duty, swap, file);
    }
    Some(duty)
}

/// Reads the members; `None` if one of them is no name, or without any.
fn members(field: &Field<'_>, file: &mut File<'_>) -> Option<Vec<Box<str>>> {
    let people = people::read(field, file);
    if people.len() == 1 {
        let problem = "only one member, so nobody takes over when they are away; add another";
        file.warn(field.node.at, &field.key, problem);
    }
    if people.len() > Duty::MEMBERS_MAX {
        let (count, max) = (people.len(), Duty::MEMBERS_MAX);
        let problem = format!("has {count} members; list at most {max}");
        file.error(field.node.at, &field.key, problem);
    }
    let mut names: Vec<Box<str>> = Vec::new();
    for (place, name) in people.into_iter().take(Duty::MEMBERS_MAX) {
        let name = name?;
        if names.contains(&name) {
            place.error(
                file,
                "is listed twice, which would give them two turns of each round; keep one",
            );
        } else {
            names.push(name);
        }
    }
    (!names.is_empty()).then_some(names)
}

fn first_day(
    field: &Field<'_>,
    today: Option<NaiveDate>,
    file: &mut File<'_>,
) -> Option<NaiveDate> {
    let date = field.date(file)?;
    let latest = today.and_then(|today| today.checked_add_days(Days::new(AHEAD_DAYS_MAX)));
    if date.year() < YEAR_MIN {
        field.error(
            file,
            &format!("is before the year {YEAR_MIN}; write the day of the first turn"),
        );
        return None;
    }
    if latest.is_some_and(|latest| date > latest) {
        field.error(file, "is more than a year ahead; write the day of the first turn");
        return None;
    }
    Some(date)
}

/// When handovers are.
struct Handover {
    weekday: Option<Weekday>,
    time: NaiveTime,
    zone: Option<Zone>,
}

/// Reads `every` and `handover`; defaults for what is missing or wrong.
fn times(
    group: &mut Fields<'_>,
    zones: &mut ZoneFinder<'_>,
    file: &mut File<'_>,
) -> (TurnLength, Handover) {
    let days = group.take("every").map_or(Some(7), |every| days(&every, file));
    let mut times = Handover { weekday: None, time: TIME_DEFAULT, zone: None };
    if let Some(field) = group.take("handover")
        && let Some(written) = handover(&field, zones, file)
    {
        if let Some(days) = days {
            check_weekday(&field, written.weekday, days, file);
        }
        times = written;
    }
    let from = times.weekday.unwrap_or(WEEKDAY_DEFAULT);
    let length = match days {
        Some(days) if days % 7 == 0 => TurnLength::Weeks { count: days / 7, from },
        Some(days) => TurnLength::Days(days),
        None => TurnLength::Weeks { count: 1, from },
    };
    (length, times)
}

/// Reads the length of a turn in days.
fn days(every: &Field<'_>, file: &mut File<'_>) -> Option<u16> {
    let problem = format!(
        "is not a number of whole days from 1d to {}w; write, for example, 1w, 2w or 3d",
        TurnLength::DAYS_MAX / 7
    );
    every.parse(file, &problem, |text| {
        let ms = Elapsed::parse(text)?.ms();
        let days = u16::try_from(ms / DAY_MS).ok()?;
        (ms % DAY_MS == 0 && (1..=TurnLength::DAYS_MAX).contains(&days)).then_some(days)
    })
}

/// Reads a time with a weekday, a zone, both or none: `Mon 09:00 Europe/Helsinki`, `09:00`.
fn handover(
    field: &Field<'_>,
    zones: &mut ZoneFinder<'_>,
    file: &mut File<'_>,
) -> Option<Handover> {
    let problem = "is not a time of the week; write, for example, \"Mon 09:00 Europe/Helsinki\"";
    let (weekday, time, zone) = field.parse(file, problem, |text| {
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        let (weekday, rest) = match parts.as_slice() {
            [day, rest @ ..] if weekday(day).is_some() => (weekday(day), rest),
            rest => (None, rest),
        };
        let (time, zone) = match rest {
            [time] => (time, None),
            [time, zone] => (time, Some((*zone).to_owned())),
            _ => return None,
        };
        Some((weekday, NaiveTime::parse_from_str(time, "%H:%M").ok()?, zone))
    })?;
    let zone = match zone {
        Some(name) => {
            let node = Node { at: field.node.at, value: YamlValue::Scalar(name) };
            Some(zone::read(&Field { key: field.key.clone(), node: &node }, file, zones)?)
        }
        None => None,
    };
    Some(Handover { weekday, time, zone })
}

fn weekday(text: &str) -> Option<Weekday> {
    let all = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];
    all.into_iter().find(|day| day.to_string() == text)
}

/// Turns of whole weeks start on a weekday, others on any.
fn check_weekday(field: &Field<'_>, weekday: Option<Weekday>, days: u16, file: &mut File<'_>) {
    match weekday {
        None if days.is_multiple_of(7) => {
            let problem = "has no weekday, which turns of whole weeks need; write, for example, \
                           \"Mon 09:00 Europe/Helsinki\"";
            field.error(file, problem);
        }
        Some(_) if !days.is_multiple_of(7) => {
            let problem = format!(
                "has a weekday, but turns of {days}d start on any; write only the time, for example \
                 \"09:00 Europe/Helsinki\", or whole weeks in `every`"
            );
            field.error(file, &problem);
        }
        None | Some(_) => {}
    }
}

/// Reads a list of swaps or absences, at most `max`.
fn list<'n, T>(
    group: &mut Fields<'n>,
    key: &'static str,
    max: usize,
    read: impl Fn(&mut Fields<'n>, &mut File<'_>) -> Option<T>,
    file: &mut File<'_>,
) -> Vec<T> {
    let Some(field) = group.take(key) else { return Vec::new() };
    let items = field.list(file);
    if items.len() > max {
        let problem =
            format!("has {} items; keep at most {max}, and remove past ones", items.len());
        file.error(field.node.at, &field.key, problem);
    }
    let mut all = Vec::new();
    for item in items.iter().take(max) {
        let Some(mut fields) = item.fields(file) else { continue };
        all.extend(read(&mut fields, file));
        fields.finish(file);
    }
    all
}

/// A value with its place in the file.
type Placed<'n, T> = (Field<'n>, T);

/// A swap as it is written.
struct WrittenSwap<'n> {
    on: Placed<'n, NaiveDate>,
    from: Placed<'n, Box<str>>,
    to: Placed<'n, Box<str>>,
}

/// An absence as it is written.
struct WrittenAbsence<'n> {
    who: Placed<'n, Box<str>>,
    from: Placed<'n, NaiveDate>,
    to: Placed<'n, NaiveDate>,
}

fn swap<'n>(fields: &mut Fields<'n>, file: &mut File<'_>) -> Option<WrittenSwap<'n>> {
    let on = date(fields, "on", file);
    let from = person(fields, "from", file);
    let to = person(fields, "to", file);
    Some(WrittenSwap { on: on?, from: from?, to: to? })
}

fn absence<'n>(fields: &mut Fields<'n>, file: &mut File<'_>) -> Option<WrittenAbsence<'n>> {
    let who = person(fields, "who", file);
    let from = date(fields, "from", file);
    let to = date(fields, "to", file);
    Some(WrittenAbsence { who: who?, from: from?, to: to? })
}

fn date<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    file: &mut File<'_>,
) -> Option<Placed<'n, NaiveDate>> {
    let field = fields.require(key, file, "write all three keys")?;
    let date = field.date(file)?;
    Some((field, date))
}

fn person<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    file: &mut File<'_>,
) -> Option<Placed<'n, Box<str>>> {
    let field = fields.require(key, file, "write all three keys")?;
    let name = people::name(&field, file)?;
    Some((field, name))
}

/// Whether somebody is a member; an error if not.
fn check_member((field, name): &Placed<'_, Box<str>>, duty: &Duty, file: &mut File<'_>) -> bool {
    let is_member = duty.is_member(name);
    if !is_member {
        let members = || duty.members.iter().map(|member| &**member);
        let advice = match name::similar(name, members()) {
            Some(member) => format!("did you mean `{member}`?"),
            None => {
                let listed: Vec<&str> = members().take(LISTED_MAX).collect();
                let more = if duty.members.len() > LISTED_MAX { ", …" } else { "" };
                format!(
                    "write one of {}{more}, or remove the entry of a member who left",
                    listed.join(", ")
                )
            }
        };
        field.error(file, &format!("is not in `members`; {advice}"));
    }
    is_member
}

/// Adds absences, and warns of turns that nobody can take.
fn add_absences(
    duty: &mut Duty,
    absences: Vec<WrittenAbsence<'_>>,
    today: Option<NaiveDate>,
    file: &mut File<'_>,
) {
    let mut places = Vec::new();
    for WrittenAbsence { who, from, to } in absences {
        let is_member = check_member(&who, duty, file);
        let (who, (to_field, to), (from_field, from)) = (who.1, to, from);
        if to < from {
            let problem = format!("is before `from`, {from}; write the last day of the absence");
            to_field.error(file, &problem);
        } else if is_member {
            duty.absences.push(Absence { who, from, to });
            places.push((from_field, from));
        }
    }
    warn_of_turns_without_member(duty, &places, today, file);
}

/// Warns of the first turn of each run of turns, present or to come, that nobody can take: such a run begins
/// with the first turn after the beginning of an absence.
fn warn_of_turns_without_member(
    duty: &Duty,
    absences: &[Placed<'_, NaiveDate>],
    today: Option<NaiveDate>,
    file: &mut File<'_>,
) {
    let present = today.and_then(|today| duty.index_on(today)).unwrap_or_default();
    let mut warned = Vec::new();
    for (field, from) in absences {
        let started = duty.index_on(*from);
        let first = match started {
            Some(index) if duty.day_of(index) < *from => index.saturating_add(1),
            Some(index) => index,
            None => 0,
        };
        let index = first.max(present);
        let day = duty.day_of(index);
        if !warned.contains(&index) && duty.away_on(day).count() == duty.members.len() {
            warned.push(index);
            let problem = format!(
                "all members are away on {day}, so nobody has the turn that starts then; shorten an absence, \
                 or add a member"
            );
            file.warn(field.node.at, &field.key, problem);
        }
    }
}

/// Adds a swap if it is one: of a turn that is not swapped yet, by the member who has it, to another one who
/// is not away.
fn add_swap(duty: &mut Duty, swap: WrittenSwap<'_>, file: &mut File<'_>) {
    let are_members = [&swap.from, &swap.to].map(|name| check_member(name, duty, file));
    let WrittenSwap { on: (on_field, on), from: (from_field, from), to: (to_field, to) } = swap;
    let Some(index) = duty.index_on(on) else {
        let problem = format!(
            "is before the first turn, which starts on {}; remove the swap, or correct the day",
            duty.day_of(0)
        );
        on_field.error(file, &problem);
        return;
    };
    let (day, turn) = (duty.day_of(index), duty.turn(index));
    let holder = turn.member.map(str::to_owned);
    match (turn.because, holder) {
        (TurnReason::Swap, _) => {
            let problem = format!(
                "is in the turn that starts on {day}, which another swap \
                 gives away as well; keep one of the two"
            );
            on_field.error(file, &problem);
            return;
        }
        (TurnReason::Rotation | TurnReason::Absence, None) => {
            let problem = format!(
                "is in the turn that starts on {day}, which nobody has: \
                 all members are away; correct an absence"
            );
            on_field.error(file, &problem);
            return;
        }
        (TurnReason::Rotation | TurnReason::Absence, Some(holder)) => {
            if are_members == [true, true] && *from != *holder {
                let problem = format!(
                    "does not have the turn that starts on {day}; \
                     `{holder}` has it: write `from: {holder}`, or \
                     correct the day"
                );
                from_field.error(file, &problem);
                return;
            }
        }
    }
    if to == from {
        to_field.error(file, "has this turn already; name the member who takes it");
    } else if duty.is_away(&to, day) {
        let problem = format!(
            "is away on {day}, when the turn starts; name another member, or correct the absence"
        );
        to_field.error(file, &problem);
    } else if are_members == [true, true] {
        duty.swaps.push(DutySwap { on, to });
    }
}
