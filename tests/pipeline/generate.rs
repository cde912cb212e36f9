//! Generated histories of all event types: late, simultaneous, conflicting, partial, given up,
//! reopened and transferred.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use proptest::prelude::*;
use vaste::agreement::{
    About, Agreement, Level, Market, MessageOnSolved, Objective, Owner, PreviousLevel, Split,
    Target,
};
use vaste::calendar::{Calendar, Definition, Holiday, Opening, WorkingDays};
use vaste::event::{Event, EventDetail, Kind, Maker, Priority};
use vaste::measure::{Measure, Pauses};
use vaste::share::{MaxShare, Share};
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::history::event;
use crate::naive::slow_calendar::{Date, Openings, SlowCalendar, Zone};

/// The begin of all histories: a Monday at 03:15, which is no bound of a pane.
pub(crate) const BEGIN_MS: i64 = 1_767_582_900_000;
/// The longest span of a history.
pub(crate) const SPAN_MS: i64 = 45 * DAY_MS;

/// Teams that agreements declare.
pub(crate) const DECLARED: [&str; 2] = ["billing", "support"];

/// The number of cases of a property test: its default, or `VASTE_LAW_CASES`.
pub(crate) fn cases(default: u32) -> u32 {
    let cases = std::env::var("VASTE_LAW_CASES").ok().and_then(|cases| cases.parse().ok());
    cases.unwrap_or(default)
}

/// The input of one generated case.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub events: Vec<Event<'static>>,
    pub agreements: Vec<Agreement>,
    /// Instants to read at, ascending.
    pub instants: Vec<Timestamp>,
    /// Seed of the order, the duplicates and the readings of a second delivery.
    pub seed: u64,
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    let tickets = proptest::collection::vec(ticket(), 1..5);
    let agreements = (agreement(0), agreement(1), agreement(2));
    let instants = proptest::collection::vec(offset(SPAN_MS), 1..4);
    (tickets, agreements, instants, any::<u64>()).prop_map(
        |(tickets, agreements, instants, seed)| {
            let mut events: Vec<Event<'static>> = Vec::new();
            for (number, mut ticket) in tickets.into_iter().enumerate() {
                let key: Cow<'static, str> = Cow::Owned(format!("T-{number}"));
                for event in &mut ticket {
                    event.subject = vaste::event::Subject::Ticket(key.clone());
                }
                events.append(&mut ticket);
            }
            let last = events.iter().map(|e| e.time).max();
            // What teams say has timelines of its own, and changes no ticket.
            let of_team = Kind::ALL.into_iter().filter(|kind| kind.is_of_team());
            for (identity, kind) in (0..).zip(of_team) {
                let at = Timestamp::from_ms(BEGIN_MS + (seed >> 24).cast_signed() % SPAN_MS);
                let mut concern = event(kind, "", at, identity);
                concern.subject = vaste::event::Subject::Team(Cow::Borrowed("billing"));
                events.push(concern);
            }
            let mut instants: Vec<Timestamp> = instants.into_iter().chain(last).collect();
            instants.sort_unstable();
            instants.dedup();
            let agreements = [agreements.0, agreements.1, agreements.2].into();
            History { events, agreements, instants, seed }
        },
    )
}

/// An offset that often equals another, is often near one, and sometimes far away.
fn offset(span: i64) -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        2 => (0_i64..8).prop_map(|minutes| minutes * 20 * MINUTE_MS),
        2 => (0_i64..60).prop_map(|hours| hours * HOUR_MS + 7_001),
        2 => (0_i64..span / DAY_MS).prop_map(|days| days * DAY_MS),
        2 => 0..span,
    ]
    .prop_map(|ms| Timestamp::from_ms(BEGIN_MS + ms))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        1 => Just(Kind::Created),
        4 => Just(Kind::Reopened),
        2 => Just(Kind::Resumed),
        5 => Just(Kind::CustomerReplied),
        1 => Just(Kind::TookOver),
        1 => Just(Kind::NoReplyNeeded),
        1 => Just(Kind::BotReplied),
        5 => Just(Kind::AgentReplied),
        1 => Just(Kind::NoteAdded),
        2 => Just(Kind::Pending),
        1 => Just(Kind::OnHold),
        4 => Just(Kind::Solved),
        1 => Just(Kind::Closed),
        1 => Just(Kind::Merged),
        1 => Just(Kind::Deleted),
        1 => Just(Kind::MarkedSpam),
        1 => Just(Kind::Rated),
        1 => Just(Kind::Reviewed),
        3 => Just(Kind::Assigned),
    ]
}

fn team() -> impl Strategy<Value = Option<Cow<'static, str>>> {
    prop_oneof![
        5 => Just(None),
        2 => Just(Some("billing")),
        2 => Just(Some("support")),
        1 => Just(Some("nobody-declared")),
    ]
    .prop_map(|team| team.map(Cow::Borrowed))
}

fn any_event() -> impl Strategy<Value = Event<'static>> {
    let priority = proptest::option::weighted(0.3, (0_usize..4).prop_map(|p| Priority::ALL[p]));
    let few = proptest::option::weighted(0.1, prop_oneof![Just("a"), Just("b")]);
    let since = proptest::option::weighted(0.8, offset(SPAN_MS));
    (kind(), offset(SPAN_MS), any::<u64>(), team(), priority, few, (identity(), since)).prop_map(
        |(kind, at, random, team, priority, few, (identity, since))| {
            let mut event = event(kind, "", at, identity.unwrap_or(random));
            event.team = team;
            event.priority = priority;
            event.channel = few.map(Cow::Borrowed);
            if kind == Kind::AgentReplied || kind == Kind::Assigned {
                event.agent = few.map(Cow::Borrowed);
            }
            if kind == Kind::Created {
                event.maker = match random % 5 {
                    0 | 1 => Maker::Agent,
                    2 => Maker::System,
                    _ => Maker::Customer,
                };
            }
            if kind == Kind::TookOver {
                // Of one of the first tickets, which may be this one, or of one that no event is about.
                let from = (random % 5 < 4).then(|| format!("T-{}", random / 5 % 4).into());
                event.detail = Some(Box::new(EventDetail {
                    from,
                    waiting_since: since,
                    ..EventDetail::default()
                }));
            }
            if kind == Kind::Rated || kind == Kind::Reviewed {
                let score = u8::try_from(random % 5 + 1).ok();
                let by = (kind == Kind::Reviewed).then_some(Cow::Borrowed(if random % 3 == 0 {
                    "aino"
                } else {
                    "mikko"
                }));
                event.detail = Some(Box::new(EventDetail { by, score, ..EventDetail::default() }));
            }
            event
        },
    )
}

/// Sometimes one of a few, so that two events of a ticket have the same identity.
fn identity() -> impl Strategy<Value = Option<u64>> {
    proptest::option::weighted(0.15, 0_u64..3)
}

/// One ticket. It is mostly created first, by a customer; sometimes late, twice, or never.
fn ticket() -> impl Strategy<Value = Vec<Event<'static>>> {
    let created = proptest::option::weighted(0.85, (any_event(), offset(2 * DAY_MS)));
    (created, proptest::collection::vec(any_event(), 0..16)).prop_map(|(created, mut events)| {
        if let Some((mut first, at)) = created {
            first.kind = Kind::Created;
            first.time = at;
            first.agent = None;
            first.detail = None;
            events.push(first);
        }
        events
    })
}

/// One ticket with enough events for its timeline to be stored in blocks.
pub(crate) fn long_history() -> impl Strategy<Value = History> {
    (history(), proptest::collection::vec(any_event(), 130..600)).prop_map(
        |(mut history, mut events)| {
            for event in &mut events {
                event.subject = vaste::event::Subject::Ticket(Cow::Borrowed("T-0"));
            }
            history.events.append(&mut events);
            history
        },
    )
}

fn elapsed() -> impl Strategy<Value = Elapsed> {
    prop_oneof![
        Just(20 * MINUTE_MS),
        Just(HOUR_MS),
        Just(4 * HOUR_MS),
        Just(DAY_MS),
        Just(5 * DAY_MS),
    ]
    .prop_map(Elapsed::from_ms)
}

/// A target. It is of open time or working days only where there are hours, as in agreement files.
fn target(has_hours: bool) -> BoxedStrategy<Target> {
    let calendar = elapsed().prop_map(Target::calendar);
    if !has_hours {
        return calendar.boxed();
    }
    let working_days =
        (1_u8..4).prop_map(|count| Target::WorkingDays(WorkingDays::new(count).unwrap()));
    prop_oneof![2 => elapsed().prop_map(Target::open), 1 => working_days, 1 => calendar].boxed()
}

/// A level of durations.
fn level(has_hours: bool) -> impl Strategy<Value = Level> {
    let own = proptest::option::of(target(has_hours));
    let by_priority = prop_oneof![Just([None; 4]), proptest::array::uniform4(own)];
    prop_oneof![
        4 => (target(has_hours), by_priority, 1_u32..=10_000, 1_u64..4).prop_map(
            |(target, by_priority, bp, min_tickets)| Level::Within {
                target,
                by_priority,
                share: Share::from_basis_points(bp).unwrap(),
                min_tickets,
            }
        ),
        1 => target(has_hours).prop_map(Level::NoneOver),
    ]
}

/// The same level with counts as targets.
fn counted(level: &Level) -> Level {
    let count = |target: Target| {
        let ms = target.elapsed().map_or(2, |elapsed| elapsed.ms() / DAY_MS);
        Target::calendar(Elapsed::from_ms(ms))
    };
    match level {
        // A count has no `none_over` level, because no ticket waits for a count.
        Level::NoneOver(limit) => Level::Within {
            target: count(*limit),
            by_priority: [None; 4],
            share: Share::EIGHTY_PERCENT,
            min_tickets: 1,
        },
        Level::Within { target, by_priority, share, min_tickets } => Level::Within {
            target: count(*target),
            by_priority: by_priority.map(|own| own.map(count)),
            share: *share,
            min_tickets: *min_tickets,
        },
    }
}

fn over() -> impl Strategy<Value = Elapsed> {
    prop_oneof![
        Just(HOUR_MS),
        Just(3 * HOUR_MS),
        Just(7 * DAY_MS),
        Just(10 * DAY_MS),
        Just(90 * DAY_MS),
    ]
    .prop_map(Elapsed::from_ms)
}

/// Optional settings of an objective: earlier levels, pauses of its own, splits, the market.
fn extras(
    has_hours: bool,
) -> impl Strategy<Value = (Vec<PreviousLevel>, Option<Pauses>, Split, Option<Target>)> {
    let was = (offset(SPAN_MS), level(has_hours), over(), unanswered_max()).prop_map(
        |(until, level, over, unanswered_max)| PreviousLevel { until, level, over, unanswered_max },
    );
    let was = prop_oneof![5 => Just(Vec::new()), 1 => proptest::collection::vec(was, 1..3)];
    let pauses =
        (any::<bool>(), any::<bool>()).prop_map(|(pending, on_hold)| Pauses { pending, on_hold });
    let split = (any::<bool>(), any::<bool>()).prop_map(|(priority, channel)| Split {
        priority,
        channels: if channel { vec!["a".into()] } else { Vec::new() },
    });
    let split = prop_oneof![3 => Just(Split::default()), 1 => split];
    let market = proptest::option::weighted(0.25, target(has_hours));
    (was, proptest::option::weighted(0.25, pauses), split, market)
}

/// A ceiling of waits that end unanswered.
pub(crate) fn unanswered_max() -> impl Strategy<Value = Option<MaxShare>> {
    let max = prop_oneof![Just(0), Just(5_000), 0_u32..10_000];
    proptest::option::weighted(0.3, max.prop_map(|bp| MaxShare::from_basis_points(bp).unwrap()))
}

fn objective(has_hours: bool) -> impl Strategy<Value = Objective> {
    let parts = (level(has_hours), over(), unanswered_max(), extras(has_hours));
    (0..Measure::ALL.len(), parts).prop_map(
        |(measure, (level, over, unanswered_max, (mut was, pauses, split, market)))| {
            let measure = Measure::ALL[measure];
            // Earlier levels are of the same kind as the present one.
            let is_share = matches!(level, Level::Within { .. });
            was.retain(|was| matches!(was.level, Level::Within { .. }) == is_share);
            was.sort_by_key(|was| was.until);
            was.dedup_by_key(|was| was.until);
            let mut objective = Objective {
                over,
                unanswered_max,
                previous_levels: was,
                pauses: pauses.filter(|own| *own != measure.pauses()),
                split,
                market: market.filter(|_| is_share).map(|within| Market {
                    within,
                    source: "trade survey".into(),
                    as_of: None,
                }),
                ..Objective::new("", measure, level)
            };
            if !measure.is_timed() {
                objective.level = counted(&objective.level);
                objective
                    .previous_levels
                    .iter_mut()
                    .for_each(|was| was.level = counted(&was.level));
                (objective.pauses, objective.market) = (None, None);
            }
            objective
        },
    )
}

/// The agreement of the first or second team, or of the organisation.
fn agreement(whose: usize) -> impl Strategy<Value = Agreement> {
    let hours = proptest::option::weighted(0.6, 0..HOURS.len());
    let message_on_solved =
        prop_oneof![Just(MessageOnSolved::Counted), Just(MessageOnSolved::AsksAgain)];
    let agreement = move |(hours, message_on_solved): (Option<usize>, MessageOnSolved)| {
        let objectives = proptest::collection::vec(objective(hours.is_some()), 0..3);
        objectives.prop_map(move |mut objectives| {
            for (number, objective) in objectives.iter_mut().enumerate() {
                objective.name = format!("o{number}").into();
            }
            let owner =
                DECLARED.get(whose).map_or(Owner::Organisation, |&team| Owner::Team(team.into()));
            let hours = hours.map(|index| Arc::clone(&HOURS[index].fast));
            let about = About { message_on_solved, ..About::default() };
            Agreement { owner, hours, objectives, about }
        })
    };
    (hours, message_on_solved).prop_flat_map(agreement)
}

/// One calendar, and its counterpart in the model.
pub(crate) struct TwoCalendars {
    pub fast: Arc<Calendar>,
    pub slow: Arc<SlowCalendar>,
}

/// The hours that teams may have. The first is a Finnish office with a lunch break on Tuesdays and
/// a night on Saturdays, closed on one Tuesday and one Saturday. The second is a team in Nepal that
/// is open every night.
pub(crate) static HOURS: LazyLock<[TwoCalendars; 2]> = LazyLock::new(|| {
    let office = [
        vec![(480, 960)],
        vec![(480, 690), (720, 960)],
        vec![(480, 960)],
        vec![(480, 960)],
        vec![(480, 900)],
        vec![(1320, 120)],
        vec![],
    ];
    let night = std::array::from_fn(|_| vec![(1205, 250)]);
    let closed = [(2026, 1, 6), (2026, 1, 17)];
    [
        two_calendars("Europe/Helsinki", 120, &office, &closed),
        two_calendars("Asia/Kathmandu", 345, &night, &[]),
    ]
});

fn two_calendars(
    zone: &str,
    offset_minutes: i64,
    week: &[Openings; 7],
    closed: &[Date],
) -> TwoCalendars {
    let mut definition = Definition::new(vaste::calendar::Zone::compiled_in(zone).unwrap());
    for (day, openings) in definition.week.iter_mut().zip(week) {
        let minutes = |minutes: i64| u16::try_from(minutes).unwrap();
        let opening = |&(from, to): &(i64, i64)| {
            // A close that is not after the opening is on the next day.
            let to = if to <= from { to + 24 * 60 } else { to };
            Opening::new(minutes(from), minutes(to)).unwrap()
        };
        *day = openings.iter().map(opening).collect();
    }
    for &(year, month, day) in closed {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        definition.holidays.push(Holiday::Once(date, date));
    }
    let zone = Zone { offset_minutes, shift: None };
    TwoCalendars {
        fast: Arc::new(Calendar::new(&definition).unwrap()),
        slow: Arc::new(SlowCalendar::new(zone, week, closed)),
    }
}
