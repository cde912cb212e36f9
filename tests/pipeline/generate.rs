//! Histories of all event types: late, equal, conflicting, partial, given up, reopened, handed on.

use std::borrow::Cow;

use proptest::prelude::*;
use vaste::agreement::{About, Agreement, Alerts, Level, Objective, Owner};
use vaste::event::{Detail, Event, Kind, Maker, Priority};
use vaste::measure::Measure;
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

use crate::history::event;

/// When histories begin: a Monday, a quarter past three, so that no pane begins with it.
pub(crate) const BEGIN_MS: i64 = 1_767_582_900_000;
/// The longest span of a history.
pub(crate) const SPAN_MS: i64 = 45 * DAY_MS;

/// Teams that agreements declare.
pub(crate) const DECLARED: [&str; 2] = ["billing", "support"];

/// Everything one case of the law needs.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub events: Vec<Event<'static>>,
    pub agreements: Vec<Agreement>,
    /// Instants to read at, ascending.
    pub instants: Vec<Timestamp>,
    /// Order, repetitions and interim readings of a second delivery.
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
            let mut instants: Vec<Timestamp> = instants.into_iter().chain(last).collect();
            instants.sort_unstable();
            instants.dedup();
            let agreements = [agreements.0, agreements.1, agreements.2].into();
            History { events, agreements, instants, seed }
        },
    )
}

/// An offset that is often equal to another, often near it, sometimes far.
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
        1 => Just(Kind::Resumed),
        5 => Just(Kind::CustomerReplied),
        1 => Just(Kind::BotReplied),
        5 => Just(Kind::AgentReplied),
        1 => Just(Kind::NoteAdded),
        1 => Just(Kind::Pending),
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
    (kind(), offset(SPAN_MS), any::<u64>(), team(), priority, few, identity()).prop_map(
        |(kind, at, random, team, priority, few, identity)| {
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
            if kind == Kind::Rated {
                let score = u8::try_from(random % 5 + 1).ok();
                event.detail = Some(Box::new(Detail { score, ..Detail::default() }));
            }
            event
        },
    )
}

/// Sometimes one of few, so that two events of a ticket have the same.
fn identity() -> impl Strategy<Value = Option<u64>> {
    proptest::option::weighted(0.15, 0_u64..3)
}

/// One ticket: mostly created first, by a customer; sometimes late, twice, or never.
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

/// One ticket of so many events that its timeline is kept in blocks.
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

fn level() -> impl Strategy<Value = Level> {
    let by_priority =
        prop_oneof![Just([None; 4]), proptest::array::uniform4(proptest::option::of(elapsed())),];
    prop_oneof![
        4 => (elapsed(), by_priority, 1_u32..=10_000, 1_u64..4).prop_map(
            |(target, by_priority, bp, min_tickets)| Level::Within {
                target,
                by_priority,
                share: Share::from_basis_points(bp).unwrap(),
                min_tickets,
            }
        ),
        1 => elapsed().prop_map(Level::NoneOver),
    ]
}

fn objective() -> impl Strategy<Value = Objective> {
    let over = prop_oneof![
        Just(HOUR_MS),
        Just(3 * HOUR_MS),
        Just(7 * DAY_MS),
        Just(10 * DAY_MS),
        Just(90 * DAY_MS),
    ];
    (0_usize..4, level(), over).prop_map(|(measure, level, over)| Objective {
        name: "".into(),
        measure: Measure::DEFAULT[measure],
        level,
        over: Elapsed::from_ms(over),
        at_risk: Share::from_basis_points(8_000).unwrap(),
        alerts: Alerts::default(),
    })
}

/// The agreement of the first or second team, or of the organisation.
fn agreement(whose: usize) -> impl Strategy<Value = Agreement> {
    proptest::collection::vec(objective(), 0..3).prop_map(move |mut objectives| {
        for (number, objective) in objectives.iter_mut().enumerate() {
            objective.name = format!("o{number}").into();
        }
        let owner =
            DECLARED.get(whose).map_or(Owner::Organisation, |&team| Owner::Team(team.into()));
        Agreement { owner, objectives, about: About::default() }
    })
}
