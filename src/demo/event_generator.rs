//! Generates all records of a scenario in the order in which they are delivered.

use std::collections::BTreeMap;

use super::Scenario;
use super::organisation::{BILLING, SLOWING, TECHNICAL, Team, teams};
use super::random::Random;
use super::ticket_simulator::{DemoEvent, SimulatedTicket, TicketSimulator, ticket_name};
use crate::event::Kind;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// The number before the first ticket's.
const NUMBER_FIRST: i64 = 20_000;

/// The ticket of a customer who asks for a call.
const CALL_NUMBER: i64 = 4_711;
/// How long before the scenario it was created.
const CALL_BEFORE: Elapsed = Elapsed::from_ms(96 * DAY_MS);
/// Interval at which its customer asks again, in minutes.
const CALL_EVERY_MINUTES: i64 = 11 * 24 * 60;
/// The agent who never calls.
const CALL_AGENT: &str = "oskari";

/// The ticket whose last events have another key, so that they come in another partition.
const SPLIT_NUMBER: i64 = 4_712;
/// How long after the begin of the scenario it is created.
const SPLIT_AFTER: Elapsed = Elapsed::from_ms(27 * DAY_MS);
/// The key of its last events: the telephone system knows the customer, and not the ticket.
const SPLIT_KEY: &str = "customer-88";

/// Events in a thousand that are delivered twice.
const TWICE_PER_MILLE: i64 = 6;
/// Events in a thousand that are delivered late.
const LATE_PER_MILLE: i64 = 15;
/// The longest delay of a late delivery.
const LATE_MAX: Elapsed = Elapsed::from_ms(20 * MINUTE_MS);

/// One record of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRecord {
    /// When the helpdesk publishes it: mostly when it happens, sometimes a little later.
    pub delivered: Timestamp,
    /// When it happened; never after `delivered`.
    pub time: Timestamp,
    /// The key: the ticket or the team; wrong for some events of one ticket.
    pub key: String,
    /// The event as JSON.
    pub payload: String,
}

/// The order of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DeliveryOrder {
    delivered: Timestamp,
    ticket: i64,
    /// The place among the records of the ticket.
    index: usize,
}

/// Iterates over all records of a scenario in the order in which they are delivered. It never ends.
///
/// Tickets are created minute by minute. Their later events wait in `ahead` until they are due.
#[derive(Debug)]
pub struct EventGenerator {
    scenario: Scenario,
    /// The next minute to generate.
    minute: i64,
    /// The last ticket's number.
    number: i64,
    teams: Vec<(Team, Random)>,
    ahead: BTreeMap<DeliveryOrder, DemoEvent>,
}

impl EventGenerator {
    /// A generator that starts at the begin of the scenario.
    pub fn new(scenario: Scenario) -> Self {
        let mut random = Random::new(scenario.seed);
        let teams = teams(scenario).map(|team| (team, random.child())).into();
        let number = NUMBER_FIRST;
        let mut event_generator =
            Self { scenario, minute: 0, number, teams, ahead: BTreeMap::new() };
        event_generator.generate_call_ticket();
        event_generator.generate_concerns();
        event_generator.generate_split_ticket();
        event_generator
    }

    fn minute_at(&self, minute: i64) -> Timestamp {
        self.scenario.begin.plus(Elapsed::from_ms(minute * MINUTE_MS))
    }

    /// Generates the next minute.
    fn generate_minute(&mut self) {
        let at = self.minute_at(self.minute);
        for (team, random) in &mut self.teams {
            // Drawn every minute, so that the rate of tickets does not change later draws.
            let is_ticket = random.below(1_000_000) < team.tickets_per_million(self.scenario, at);
            let within = Elapsed::from_ms(random.below(MINUTE_MS));
            if is_ticket {
                self.number += 1;
                let ticket = TicketSimulator::new(
                    self.scenario,
                    team,
                    self.number,
                    at.plus(within),
                    random.child(),
                );
                deliver(self.number, ticket.simulate(), &mut self.ahead);
            }
        }
        if self.minute % CALL_EVERY_MINUTES == CALL_EVERY_MINUTES / 2 {
            self.ask_for_the_call(at);
        }
        self.minute += 1;
    }

    /// A ticket that is older than the scenario: its customer was promised a call, and asks for it again.
    fn generate_call_ticket(&mut self) {
        let created = self.scenario.begin.minus(CALL_BEFORE);
        let after = |ms| created.plus(Elapsed::from_ms(ms));
        self.call_event(Kind::Created, created);
        self.call_event(Kind::Assigned, after(20 * MINUTE_MS));
        self.call_event(Kind::AgentReplied, after(3 * HOUR_MS));
        let mut asked = after(8 * DAY_MS);
        while asked < self.scenario.begin {
            self.ask_for_the_call(asked);
            asked = asked.plus(Elapsed::from_ms(CALL_EVERY_MINUTES * MINUTE_MS));
        }
    }

    fn ask_for_the_call(&mut self, at: Timestamp) {
        self.call_event(Kind::CustomerReplied, at);
        let note_at = at.plus(Elapsed::from_ms(5 * HOUR_MS));
        self.call_event(Kind::NoteAdded, note_at);
    }

    fn call_event(&mut self, kind: Kind, at: Timestamp) {
        let ticket = ticket_name(CALL_NUMBER);
        let id = format!("{ticket}.{}", at.since(self.scenario.begin.minus(CALL_BEFORE)).ms());
        let by_team = kind != Kind::CustomerReplied;
        let is_created = kind == Kind::Created;
        let event = DemoEvent {
            ticket: Some(ticket),
            team: by_team.then_some(TECHNICAL),
            channel: is_created.then_some("phone"),
            priority: is_created.then_some("normal"),
            agent: (by_team && !is_created).then_some(CALL_AGENT),
            ..DemoEvent::new(id, kind, at)
        };
        let order = DeliveryOrder { delivered: at, ticket: CALL_NUMBER, index: 0 };
        self.ahead.insert(order, event);
    }

    /// A ticket that is answered by telephone. The telephone system publishes with another key than the
    /// helpdesk, which is a mistake: no partition has the whole ticket, so it is not counted.
    fn generate_split_ticket(&mut self) {
        let created = self.scenario.begin.plus(SPLIT_AFTER);
        let minutes = |minutes| created.plus(Elapsed::from_ms(minutes * MINUTE_MS));
        let events = [
            (Kind::Created, created, None),
            (Kind::AgentReplied, minutes(40), Some(SPLIT_KEY)),
            (Kind::Solved, minutes(45), Some(SPLIT_KEY)),
        ];
        for (index, (kind, at, key)) in events.into_iter().enumerate() {
            let ticket = ticket_name(SPLIT_NUMBER);
            let id = format!("{ticket}.{index}");
            let event = DemoEvent {
                key,
                ticket: Some(ticket),
                team: Some(BILLING),
                channel: (index == 0).then_some("phone"),
                priority: (index == 0).then_some("normal"),
                ..DemoEvent::new(id, kind, at)
            };
            self.ahead.insert(DeliveryOrder { delivered: at, ticket: SPLIT_NUMBER, index }, event);
        }
    }

    /// In two teams somebody raises a concern.
    fn generate_concerns(&mut self) {
        let late = "Customers wait for days. Whom do we ask for help, and what do we leave undone?";
        let call = "T-4711 was promised a call months ago. Who makes it?";
        let concerns = [(SLOWING, "c-1", "lumi", 19, late), (TECHNICAL, "c-2", "vieno", 25, call)];
        for (index, (team, concern, by, day, text)) in concerns.into_iter().enumerate() {
            if team == SLOWING && self.scenario.calm {
                continue;
            }
            let at = self.scenario.begin.plus(Elapsed::from_ms(day * DAY_MS));
            let event = DemoEvent {
                team: Some(team),
                concern: Some(concern),
                by: Some(by),
                text: Some(text),
                ..DemoEvent::new(format!("{team}.{concern}"), Kind::ConcernRaised, at)
            };
            self.ahead.insert(DeliveryOrder { delivered: at, ticket: 0, index }, event);
        }
    }
}

impl Iterator for EventGenerator {
    type Item = DemoRecord;

    fn next(&mut self) -> Option<DemoRecord> {
        loop {
            let generated_to = self.minute_at(self.minute);
            match self.ahead.first_entry() {
                Some(first) if first.key().delivered < generated_to => {
                    let (order, event) = first.remove_entry();
                    return record(order.delivered, event);
                }
                Some(_) | None => self.generate_minute(),
            }
        }
    }
}

/// Schedules the delivery of a ticket's events: most at once, some late, some twice.
fn deliver(
    ticket: i64,
    SimulatedTicket { events, mut random }: SimulatedTicket,
    ahead: &mut BTreeMap<DeliveryOrder, DemoEvent>,
) {
    let mut index = 0;
    let mut put = |event: DemoEvent, late: Elapsed| {
        let delivered = event.time.plus(late);
        ahead.insert(DeliveryOrder { delivered, ticket, index }, event);
        index += 1;
    };
    for event in events {
        let is_late = random.happens(LATE_PER_MILLE);
        let late = random.between(Elapsed::ZERO, LATE_MAX);
        if random.happens(TWICE_PER_MILLE) {
            put(event.clone(), random.between(Elapsed::ZERO, LATE_MAX));
        }
        put(event, if is_late { late } else { Elapsed::ZERO });
    }
}

fn record(delivered: Timestamp, event: DemoEvent) -> Option<DemoRecord> {
    let own = || event.ticket.clone().or_else(|| event.team.map(str::to_owned));
    let key = event.key.map(str::to_owned).or_else(own)?;
    // Strings and numbers only: serialising cannot fail.
    let payload = serde_json::to_string(&event).ok()?;
    Some(DemoRecord { delivered, time: event.time, key, payload })
}
