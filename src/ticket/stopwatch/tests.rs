//! Worked examples: pauses, opening hours and changed priorities of one stopwatch.

use super::*;
use crate::agreement::{Level, Objective, Target};
use crate::calendar::{Calendar, Definition, Opening, Zone};
use crate::share::Share;
use crate::ticket::sink::{Effect, EffectLog};
use crate::ticket::test_support::{Example, agreement, at};
use crate::time::{Elapsed, HOUR_MS, MINUTE_MS};

fn minutes(elapsed: Elapsed) -> i64 {
    elapsed.ms() / MINUTE_MS
}

/// ```text
///           09:00      09:30       10:00             11:00
///           start      pause       resume            now
/// runs      |----------|           |-----------------|      30 + 60 = 90 min
/// constant  start      elapsed     effective start
///           09:00      30 min      09:30
/// ```
#[test]
fn a_pause_moves_the_effective_start() {
    let mut position = StopwatchPosition::started(at("09:00"), 0);
    position.set_paused(true, at("09:30"), 0);
    assert_eq!(position.calendar, 30 * MINUTE_MS);
    assert_eq!(minutes(position.elapsed(at("09:45"), 0).calendar), 30);
    position.set_paused(false, at("10:00"), 0);
    assert_eq!(position.calendar, at("09:30").ms());
    assert_eq!(minutes(position.elapsed(at("11:00"), 0).calendar), 90);
}

/// A team that is open on Mondays.
fn open_on_mondays(hours: &str) -> Calendar {
    let mut definition = Definition::new(Zone::UTC);
    definition.week[0] = vec![Opening::parse(hours).unwrap()];
    Calendar::new(&definition).unwrap()
}

fn attribution(clock: &str, scope: ScopeId, priority: Option<Priority>) -> Attribution {
    let channel = ChannelId::default();
    Attribution { at: at(clock), scope, priority, channel, holder: scope }
}

/// Ends a stopwatch with a sample, and returns the ending.
fn ended(mut stopwatch: Stopwatch, attribution: Attribution, example: &Example) -> Ended {
    let mut log = EffectLog::default();
    let mut out = Out { sink: Some(&mut log), ticket: b"T-1" };
    stopwatch.end(Ending::Answered, attribution, None, example.context(), &mut out);
    match log.into_iter().next() {
        Some((Effect::Ended(ended), 1)) => ended,
        other => panic!("{other:?}"),
    }
}

/// Open time follows the hours of the team that holds the ticket at the time.
///
/// ```text
///                14:00       16:00       18:00       20:00
/// holder         day                     night
/// day, 08-16     |-----------|                              2 h
/// night, 16-23                           |-----------|      2 h
/// ```
#[test]
fn open_time_follows_the_calendar_of_the_holder() {
    let day = agreement("day", Some(open_on_mondays("08:00-16:00")), Vec::new());
    let night = agreement("night", Some(open_on_mondays("16:00-23:00")), Vec::new());
    let example = Example::new(&[day, night], &[Measure::Resolution]);
    let context = example.context();
    let [day, night] = ["day", "night"].map(|team| example.catalog.scope_of_team(team));
    let measure = Measure::Resolution;
    let mut stopwatch = Stopwatch::started(measure, at("14:00"), day, None, context);
    stopwatch.change_holder(day, night, at("18:00"), context);
    let ended = ended(stopwatch, attribution("20:00", night, None), &example);
    assert_eq!(minutes(ended.elapsed), 6 * 60);
    assert_eq!(minutes(ended.open), 4 * 60);
}

/// A wait that is over the target of its priority stays over when the priority is lowered.
///
/// ```text
///           09:00        10:00   10:30     11:00          13:00
/// priority  urgent               low
/// target                 1 h                              4 h
/// wait      |------------------------------|     2 h: missed, because of 10:00 to 10:30
/// ```
#[test]
fn a_lower_priority_does_not_turn_a_miss_into_a_success() {
    let hours = |hours: i64| Target::calendar(Elapsed::from_ms(hours * HOUR_MS));
    let level = Level::Within {
        target: hours(4),
        by_priority: [None, None, None, Some(hours(1))],
        share: Share::EIGHTY_PERCENT,
        min_tickets: 1,
    };
    let objective = Objective::new("first-reply", Measure::FirstReply, level);
    let example = Example::new(&[agreement("billing", None, vec![objective])], &[]);
    let context = example.context();
    let billing = example.catalog.scope_of_team("billing");
    let missed = |lowered_at: &str| {
        let measure = Measure::FirstReply;
        let mut stopwatch = Stopwatch::started(measure, at("09:00"), billing, None, context);
        let urgent = attribution(lowered_at, billing, Some(Priority::Urgent));
        stopwatch.keep_overdue(urgent, PropertyChange::Priority, context);
        stopwatch.stay_over();
        let low = attribution("11:00", billing, Some(Priority::Low));
        ended(stopwatch, low, &example).missed.len()
    };
    assert_eq!(missed("10:30"), 1);
    assert_eq!(missed("09:30"), 0, "lowered before the wait was over");
}
