//! One line of an agreement: what is measured, the level, and earlier levels.

use std::sync::Arc;

use super::Calendars;
use super::agreement::is_web_address;
use super::fields::{Field, Fields, File};
use super::yaml::SourcePosition;
use crate::agreement::{
    AlertPolicies, AlertPolicy, Level, Market, Objective, PreviousLevel, Split, Target,
};
use crate::calendar::{Calendar, local_midnight};
use crate::event::Priority;
use crate::measure::{Basis, Measure, Pauses};
use crate::name;
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed};

/// The longest target.
const TARGET_MAX: Elapsed = Elapsed::from_ms(90 * DAY_MS);
/// The largest target of a count.
const COUNT_MAX: i64 = 1_000;
/// `min_tickets` at most: beyond it a week of any team is insufficient data.
const MIN_TICKETS_MAX: u64 = 1_000_000;
/// Earlier levels of one objective at most: a change a month for eight years.
const WAS_MAX: usize = 100;
/// Channels that readings of one objective's measure are split by at most: every window is kept for each.
const CHANNELS_MAX: usize = 20;
/// What others achieve is out of date after so many days.
const MARKET_DAYS_MAX: i64 = 365;

/// When the team of a file is open.
pub(super) struct TeamHours<'c> {
    pub(super) calendars: &'c Calendars,
    /// The name of its calendar; absent where it is always open.
    pub(super) name: Option<Box<str>>,
    pub(super) calendar: Option<Arc<Calendar>>,
}

impl<'c> TeamHours<'c> {
    /// Reads the key `hours` of a file.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        calendars: &'c Calendars,
        file: &mut File<'_>,
    ) -> Self {
        let calendar = fields.take("hours").and_then(|field| calendar(&field, calendars, file));
        let (name, calendar) = calendar.filter(|(_, calendar)| !calendar.is_always()).unzip();
        Self { calendars, name, calendar }
    }
}

/// A calendar's name.
fn calendar(
    field: &Field<'_>,
    calendars: &Calendars,
    file: &mut File<'_>,
) -> Option<(Box<str>, Arc<Calendar>)> {
    let known: Vec<&str> = calendars.keys().map(|name| &**name).collect();
    let problem = if known.is_empty() {
        "is in no file that was read; name the calendar's file, too, in `calendars` of the \
         configuration or beside this one, or write `always`"
            .to_owned()
    } else {
        format!("is not a calendar; write `always` or one of {}", known.join(", "))
    };
    field.parse(file, &problem, |text| {
        if text == "always" {
            return Some((text.into(), Arc::new(Calendar::always())));
        }
        calendars.get_key_value(text).map(|(name, calendar)| (name.clone(), Arc::clone(calendar)))
    })
}

/// What a target is written for.
#[derive(Clone, Copy)]
struct Unit {
    is_count: bool,
    /// What a target without `always` is of.
    basis: Basis,
}

/// Reads one objective.
pub(super) fn read(
    item: &Field<'_>,
    hours: &TeamHours<'_>,
    today: &str,
    file: &mut File<'_>,
) -> Option<Objective> {
    let mut fields = item.fields(file)?;
    let name = fields.require("name", file, "write such as `name: first-reply`").and_then(|name| {
        let problem =
            "cannot be an objective's name; write 1 to 128 letters, digits or . _ : / @ # + -";
        let is_name = |text: &str| name::is_id(text) && name::is_path_segment(text);
        name.parse(file, problem, |text| is_name(text).then(|| Box::from(text)))
    });
    let measure = fields
        .require("measure", file, "write what is measured, such as `measure: first_reply`")
        .and_then(|field| measure(&field, file));
    let over = match fields.take("over") {
        Some(over) => window(&over, file),
        None => Some(Objective::OVER_DEFAULT),
    };
    let previous_levels = fields.take("was").map_or_else(Vec::new, |list| list.list(file));
    let is_count = measure.is_some_and(Measure::is_count);
    // A count goes by no hours.
    let own_hours = own_hours(&previous_levels, hours, file).filter(|_| !is_count);
    let has_hours = hours.calendar.is_some() || own_hours.is_some();
    let basis = if has_hours && !is_count { Basis::Open } else { Basis::Calendar };
    let unit = Unit { is_count, basis };
    let alerts = alerts(&mut fields, file);
    let level = level(&mut fields, unit, file);
    if let (Some(Level::NoneOver(_)), Some((_, AlertPolicies { at_risk: Some(_), .. }))) =
        (&level, &alerts)
    {
        let problem =
            "nobody over the limit is all or nothing: this never fires; leave at_risk out";
        file.warn(place_of_alert(item, "at_risk"), &fields.path("alerts.at_risk"), problem);
    }
    let pauses = pauses(&mut fields, measure, file);
    let split = split(&mut fields, file);
    let market = market(&mut fields, level.as_ref(), unit, today, file);
    // One that has faults of its own is there all the same.
    let compares = item.node.value_of("market").is_some_and(|market| !market.is_null());
    if !compares && alerts.as_ref().is_some_and(|(_, alerts)| alerts.behind_market.is_some()) {
        let problem =
            "has nothing to compare with; write `market` beside `alerts`, or leave it out";
        let at = place_of_alert(item, "behind_market");
        file.fault(at, &fields.path("alerts.behind_market"), problem);
    }
    let previous_levels = level.as_ref().zip(over).map_or_else(Vec::new, |(level, over)| {
        previous_levels
            .iter()
            .filter_map(|item| earlier(item, level, over, unit, hours, file))
            .collect()
    });
    let previous_levels = ascending(previous_levels, item, file);
    fields.finish(file);
    let (at_risk, alerts) = alerts?;
    Some(Objective {
        name: name?,
        measure: measure?,
        level: level?,
        over: over?,
        previous_levels,
        pauses,
        hours: own_hours,
        split,
        market,
        at_risk,
        alerts,
    })
}

/// Where an alert of an objective stands.
fn place_of_alert(item: &Field<'_>, alert: &str) -> SourcePosition {
    let node = item.node.value_of("alerts").and_then(|alerts| alerts.value_of(alert));
    node.unwrap_or(item.node).at
}

/// A measure's name.
pub(super) fn measure(field: &Field<'_>, file: &mut File<'_>) -> Option<Measure> {
    let known = Measure::ALL.map(Measure::label).join(", ");
    let problem = format!("is not a measure; write one of {known}");
    field.parse(file, &problem, Measure::from_label)
}

fn window(field: &Field<'_>, file: &mut File<'_>) -> Option<Elapsed> {
    let over = field.duration(file)?;
    let problem = if over < Objective::OVER_MIN {
        "is shorter than the shortest window; use at least 1h"
    } else if over > Objective::OVER_MAX {
        "is longer than the longest window; use at most 90d"
    } else {
        return Some(over);
    };
    field.fault(file, problem);
    None
}

fn level(fields: &mut Fields<'_>, unit: Unit, file: &mut File<'_>) -> Option<Level> {
    let within = fields.take("within");
    let none_over = fields.take("none_over");
    let share = fields.take("share");
    let min_tickets = fields.take("min_tickets");
    let by_priority = fields.take("by_priority");
    match (within, none_over) {
        (Some(within), None) => {
            let target = target(&within, unit, file);
            let share = share.map_or(Share::from_basis_points(9_000), |f| share_of(&f, file));
            let min_tickets = min_tickets
                .map_or(Some(Objective::MIN_TICKETS_DEFAULT), |f| min_tickets_of(&f, file));
            let by_priority = by_priority.map_or([None; 4], |group| targets(&group, unit, file));
            Some(Level::Within {
                target: target?,
                by_priority,
                share: share?,
                min_tickets: min_tickets?,
            })
        }
        (None, Some(none_over)) => {
            for field in [share, min_tickets, by_priority].into_iter().flatten() {
                let problem =
                    "does not go with `none_over`, which holds for every ticket; leave it out";
                field.fault(file, problem);
            }
            if unit.is_count {
                let problem = "does not go with a count, which is known once the ticket is solved; write \
                               `within`";
                none_over.fault(file, problem);
                return None;
            }
            target(&none_over, unit, file).map(Level::NoneOver)
        }
        (Some(_), Some(none_over)) => {
            none_over.fault(file, "stands beside `within`; write an objective for each");
            None
        }
        (None, None) => {
            let problem = "is missing; write the level, such as `within: 4h`";
            file.fault(fields.at(), &fields.path("within"), problem);
            None
        }
    }
}

fn share_of(field: &Field<'_>, file: &mut File<'_>) -> Option<Share> {
    let problem = "is not a share; write a percentage from 0.01% to 100%, such as 90%";
    field.parse(file, problem, Share::parse)
}

fn min_tickets_of(field: &Field<'_>, file: &mut File<'_>) -> Option<u64> {
    let problem = "is not a number of tickets; write a whole number of at least 1";
    field.parse(file, problem, |text| {
        text.parse().ok().filter(|n| (1..=MIN_TICKETS_MAX).contains(n))
    })
}

/// A target: a duration, with or without `always`, which is calendar time in so many words; of a count, a
/// number.
fn target(field: &Field<'_>, unit: Unit, file: &mut File<'_>) -> Option<Target> {
    if unit.is_count {
        let problem = "is not a target of a count; write a whole number of at most 1000, such as 2";
        return field.parse(file, problem, |text| {
            let count = text.parse().ok().filter(|count| (0..=COUNT_MAX).contains(count))?;
            Some(Target::calendar(Elapsed::from_ms(count)))
        });
    }
    let problem = "is not a target; write a duration of at most 90d, such as `4h` or `24h always`";
    field.parse(file, problem, |text| {
        let always = text.strip_suffix(" always");
        let duration = always.map_or(text, str::trim_end);
        let basis = if always.is_some() { Basis::Calendar } else { unit.basis };
        let elapsed = Elapsed::parse(duration).filter(|target| *target <= TARGET_MAX)?;
        Some(Target { elapsed, basis })
    })
}

fn targets(
    group: &Field<'_>,
    unit: Unit,
    file: &mut File<'_>,
) -> [Option<Target>; Priority::ALL.len()] {
    let mut targets = [None; Priority::ALL.len()];
    let Some(mut fields) = group.fields(file) else {
        return targets;
    };
    for priority in Priority::ALL {
        if let Some(field) = fields.take(priority.label()) {
            targets[priority.index()] = target(&field, unit, file);
        }
    }
    fields.finish(file);
    targets
}

/// The hours that an objective's own stopwatches go by: where earlier ones are written, those up to their
/// ends, then the team's.
fn own_hours(
    previous_levels: &[Field<'_>],
    hours: &TeamHours<'_>,
    file: &mut File<'_>,
) -> Option<Arc<Calendar>> {
    let now = hours.calendar.clone().unwrap_or_else(|| Arc::new(Calendar::always()));
    let mut earlier: Vec<_> = previous_levels
        .iter()
        .map(|item| {
            let named = item.node.value_of("hours").filter(|node| !node.is_null());
            let key = format!("{}.hours", item.key);
            let named =
                named.and_then(|node| calendar(&Field { key, node }, hours.calendars, file));
            let until = item
                .node
                .value_of("until")
                .and_then(|node| Field { key: String::new(), node }.date_quietly());
            (until, named)
        })
        .collect();
    if earlier.iter().all(|(_, named)| named.is_none()) {
        return None;
    }
    earlier.sort_by_key(|(until, _)| *until);
    let mut spliced = Arc::clone(&now);
    for (until, named) in earlier.into_iter().rev() {
        let Some(until) = until else { continue };
        let earlier = named.map_or_else(|| Arc::clone(&now), |(_, calendar)| calendar);
        let until = local_midnight(now.zone(), until);
        spliced = Arc::new(Calendar::spliced(&earlier, until, &spliced));
    }
    Some(spliced)
}

/// An earlier level with where it says its end; what it does not name was as it is now.
fn earlier<'n>(
    item: &Field<'n>,
    now: &Level,
    over_now: Elapsed,
    unit: Unit,
    hours: &TeamHours<'_>,
    file: &mut File<'_>,
) -> Option<(PreviousLevel, Field<'n>)> {
    let mut fields = item.fields(file)?;
    let ends = "write the first day on which it held no longer, such as 2026-11-02";
    let until =
        fields.require("until", file, ends).and_then(|field| Some((field.date(file)?, field)));
    // Read with the hours of all earlier levels together.
    fields.take("hours");
    let over = fields.take("over").map_or(Some(over_now), |over| window(&over, file));
    let level = match now {
        Level::NoneOver(limit) => {
            let read = fields.take("none_over").map_or(Some(*limit), |f| target(&f, unit, file));
            read.map(Level::NoneOver)
        }
        Level::Within { target: target_now, by_priority, share, min_tickets } => {
            let target =
                fields.take("within").map_or(Some(*target_now), |f| target(&f, unit, file));
            let share = fields.take("share").map_or(Some(*share), |f| share_of(&f, file));
            let min_tickets =
                fields.take("min_tickets").map_or(Some(*min_tickets), |f| min_tickets_of(&f, file));
            let by_priority =
                fields.take("by_priority").map_or(*by_priority, |f| targets(&f, unit, file));
            target.zip(share).zip(min_tickets).map(|((target, share), min_tickets)| Level::Within {
                target,
                by_priority,
                share,
                min_tickets,
            })
        }
    };
    fields.finish(file);
    let zone = hours.calendar.as_ref().map_or(chrono_tz::Tz::UTC, |calendar| calendar.zone());
    let (until, field) = until?;
    let previous = PreviousLevel { until: local_midnight(zone, until), level: level?, over: over? };
    Some((previous, field))
}

/// Earlier levels by their ends, of which no two may be one day.
fn ascending(
    mut previous_levels: Vec<(PreviousLevel, Field<'_>)>,
    item: &Field<'_>,
    file: &mut File<'_>,
) -> Vec<PreviousLevel> {
    previous_levels.sort_by_key(|(previous, _)| previous.until);
    for pair in previous_levels.windows(2) {
        let [(first, _), (second, field)] = pair else { continue };
        if first.until == second.until {
            field.fault(file, "is the end of another earlier level, too; keep one of the two");
        }
    }
    if previous_levels.len() > WAS_MAX {
        let at = item.node.value_of("was").map_or(item.node.at, |node| node.at);
        let problem = format!(
            "names {} earlier levels; at most {WAS_MAX} are kept: leave out the first",
            previous_levels.len()
        );
        file.fault(at, &format!("{}.was", item.key), problem);
    }
    previous_levels.into_iter().map(|(previous, _)| previous).collect()
}

/// What pauses an objective's own stopwatches; none where that is what pauses the measure's.
fn pauses(
    fields: &mut Fields<'_>,
    measure: Option<Measure>,
    file: &mut File<'_>,
) -> Option<Pauses> {
    let agreed = fields.take("pauses_agreed").is_some_and(|field| {
        // What it says instead is one fault, not two.
        field.parse(file, "is neither true nor false; write true", boolean).unwrap_or(true)
    });
    let field = fields.take("pauses")?;
    let mut pauses = Pauses::NEVER;
    for status in field.list(file) {
        let problem = "pauses nothing; write pending or on_hold";
        let known = |text: &str| ["pending", "on_hold"].iter().position(|known| *known == text);
        match status.parse(file, problem, known) {
            Some(0) => pauses.pending = true,
            Some(_) => pauses.on_hold = true,
            None => {}
        }
    }
    let measure = measure?;
    if measure.is_count() {
        file.fault(field.node.at, &field.key, "does not go with a count; leave it out");
        return None;
    }
    if measure.is_reply() && pauses != Pauses::NEVER && !agreed {
        let problem = format!(
            "stops the clock on a customer who waits for a reply ({}); leave it out, or write \
             `pauses_agreed: true` beside it if all have agreed on that",
            measure.label()
        );
        file.fault(field.node.at, &field.key, problem);
    }
    (pauses != measure.pauses()).then_some(pauses)
}

fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn split(fields: &mut Fields<'_>, file: &mut File<'_>) -> Split {
    let mut split = Split::default();
    let Some(mut keys) = fields.take("split").and_then(|split| split.fields(file)) else {
        return split;
    };
    if let Some(field) = keys.take("priority") {
        split.priority =
            field.parse(file, "is neither true nor false", boolean).unwrap_or_default();
    }
    if let Some(field) = keys.take("channel") {
        for channel in field.list(file) {
            let problem = "cannot be a channel; write 1 to 128 bytes of text, not `other`, which is all \
                           that are not named";
            let name = |text: &str| (name::is_name(text) && text != "other").then(|| text.into());
            split.channels.extend(channel.parse(file, problem, name));
        }
        split.channels.sort_unstable();
        split.channels.dedup();
        if split.channels.len() > CHANNELS_MAX {
            let problem = format!(
                "names {} channels; at most {CHANNELS_MAX} are told apart: leave out those with few \
                 tickets",
                split.channels.len()
            );
            file.fault(field.node.at, &field.key, problem);
        }
    }
    keys.finish(file);
    split
}

fn market(
    fields: &mut Fields<'_>,
    level: Option<&Level>,
    unit: Unit,
    today: &str,
    file: &mut File<'_>,
) -> Option<Market> {
    let field = fields.take("market")?;
    let mut keys = field.fields(file)?;
    let within = keys
        .require("within", file, "write what others achieve, such as `24h always`")
        .and_then(|within| target(&within, unit, file));
    let source = keys
        .require("source", file, "write who says so, such as \"trade survey\"")
        .and_then(|source| {
            let problem = "cannot be a source; write 1 to 128 bytes of text, or a web address";
            let is_source = |text: &str| name::is_name(text) || is_web_address(text);
            source.parse(file, problem, |text| is_source(text).then(|| Box::from(text)))
        });
    let as_of = keys.take("as_of").and_then(|as_of| {
        let date = as_of.date(file)?;
        let is_old = chrono::NaiveDate::parse_from_str(today, "%Y-%m-%d")
            .is_ok_and(|today| (today - date).num_days() > MARKET_DAYS_MAX);
        if is_old {
            let problem = format!("`{date}` is more than a year ago: what do others achieve now?");
            file.warn(as_of.node.at, &as_of.key, problem);
        }
        Some(date)
    });
    keys.finish(file);
    if matches!(level, Some(Level::NoneOver(_))) {
        let problem = "does not go with `none_over`, which has no share; write it beside `within`";
        file.fault(field.node.at, &field.key, problem);
        return None;
    }
    Some(Market { within: within?, source: source?, as_of })
}

/// The share of the error budget at which an objective is at risk, and its alerts.
fn alerts(fields: &mut Fields<'_>, file: &mut File<'_>) -> Option<(Share, AlertPolicies)> {
    let spent = Some(Objective::AT_RISK_DEFAULT);
    let Some(mut alerts) = fields.take("alerts").and_then(|alerts| alerts.fields(file)) else {
        return spent.map(|spent| (spent, AlertPolicies::default()));
    };
    let mut missed = AlertPolicy::default();
    if let Some(mut keys) = alerts.take("missed").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, &mut missed, file);
        keys.finish(file);
    }
    let mut at_risk = None;
    let mut budget_spent = spent;
    if let Some(mut keys) = alerts.take("at_risk").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, at_risk.insert(AlertPolicy::of_severity("warning")), file);
        if let Some(field) = keys.take("budget_spent") {
            let problem = "is not a share of the error budget; write a percentage such as 80%";
            budget_spent = field.parse(file, problem, Share::parse);
        }
        keys.finish(file);
    }
    let mut behind_market = None;
    if let Some(mut keys) = alerts.take("behind_market").and_then(|alert| alert.fields(file)) {
        policy(&mut keys, behind_market.insert(AlertPolicy::of_severity("info")), file);
        keys.finish(file);
    }
    alerts.finish(file);
    Some((budget_spent?, AlertPolicies { missed, at_risk, behind_market }))
}

fn policy(alert: &mut Fields<'_>, policy: &mut AlertPolicy, file: &mut File<'_>) {
    if let Some(severity) = alert.take("severity") {
        let problem = "cannot be a severity; write such as critical, warning or info";
        let parsed = severity.parse(file, problem, |text| name::is_id(text).then(|| text.into()));
        policy.severity = parsed.unwrap_or_default();
    }
    for (key, length) in
        [("for", &mut policy.hold), ("keep_firing_for", &mut policy.keep_firing_for)]
    {
        if let Some(field) = alert.take(key) {
            *length = field.duration_or_none(file).unwrap_or_default();
        }
    }
}
