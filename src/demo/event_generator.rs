//! The story from its beginning on, record by record.

use std::collections::BTreeMap;

use super::Scenario;
use super::organisation::{DRIFTING, TECHNICAL, Team, teams};
use super::random::Random;
use super::ticket_simulator::{Fact, TicketSimulator, ticket_name};
use crate::event::Kind;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};

/// The number before the story's first ticket.
const NUMBER_FIRST: i64 = 20_000;

/// The ticket of the customer who asks for a call.
const CALL_NUMBER: i64 = 4_711;
/// How long before the story it was created.
const CALL_BEFORE: Elapsed = Elapsed::from_ms(96 * DAY_MS);
/// How often its customer asks again, in minutes.
const CALL_EVERY_MINUTES: i64 = 11 * 24 * 60;
/// Who never called.
const CALL_AGENT: &str = "oskari";

/// One of so many facts is delivered a second time.
const TWICE_PER_MILLE: i64 = 6;
/// One of so many facts is delivered late.
const LATE_PER_MILLE: i64 = 15;
/// How late at most.
const LATE_MAX: Elapsed = Elapsed::from_ms(20 * MINUTE_MS);

/// One record of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRecord {
    /// When the helpdesk publishes it: mostly when it happens, at times a little later.
    pub delivered: Timestamp,
    /// When it happened; never after `delivered`.
    pub time: Timestamp,
    /// Its key: the ticket, or the team.
    pub key: String,
    /// One JSON object.
    pub payload: String,
}

/// The order of records: when they are delivered, then the ticket, then the place in its life.
type DeliveryOrder = (Timestamp, i64, usize);

/// All records of a story in the order in which they are delivered. It never ends.
///
/// The story is made up minute by minute; what a ticket will still meet waits until its time.
#[derive(Debug)]
pub struct EventGenerator {
    scenario: Scenario,
    /// The next minute to make up.
    minute: i64,
    /// The last ticket's number.
    number: i64,
    teams: Vec<(Team, Random)>,
    ahead: BTreeMap<DeliveryOrder, Fact>,
}

impl EventGenerator {
    /// The story of this plot.
    pub fn new(scenario: Scenario) -> Self {
        let mut random = Random::new(scenario.seed);
        let teams = teams(scenario).map(|team| (team, random.child())).into();
        let number = NUMBER_FIRST;
        let mut event_generator =
            Self { scenario, minute: 0, number, teams, ahead: BTreeMap::new() };
        event_generator.recall();
        event_generator.worry();
        event_generator
    }

    fn minute_at(&self, minute: i64) -> Timestamp {
        self.scenario.begin.plus(Elapsed::from_ms(minute * MINUTE_MS))
    }

    /// Makes up the next minute.
    fn go_on(&mut self) {
        let at = self.minute_at(self.minute);
        for (team, random) in &mut self.teams {
            // Drawn every minute, so that what comes of it changes no later draw.
            let is_ticket = random.below(1_000_000) < team.tickets_per_million(self.scenario, at);
            let within = Elapsed::from_ms(random.below(MINUTE_MS));
            if is_ticket {
                self.number += 1;
                let life = TicketSimulator::new(
                    self.scenario,
                    team,
                    self.number,
                    at.plus(within),
                    random.child(),
                );
                let (facts, random) = life.told();
                deliver(self.number, facts, random, &mut self.ahead);
            }
        }
        if self.minute % CALL_EVERY_MINUTES == CALL_EVERY_MINUTES / 2 {
            self.ask_for_the_call(at);
        }
        self.minute += 1;
    }

    /// What happened before the story: a customer asked for a call about one matter, and was promised one.
    fn recall(&mut self) {
        let created = self.scenario.begin.minus(CALL_BEFORE);
        let after = |ms| created.plus(Elapsed::from_ms(ms));
        self.call_happens(Kind::Created, created);
        self.call_happens(Kind::Assigned, after(20 * MINUTE_MS));
        self.call_happens(Kind::AgentReplied, after(3 * HOUR_MS));
        let mut asked = after(8 * DAY_MS);
        while asked < self.scenario.begin {
            self.ask_for_the_call(asked);
            asked = asked.plus(Elapsed::from_ms(CALL_EVERY_MINUTES * MINUTE_MS));
        }
    }

    fn ask_for_the_call(&mut self, at: Timestamp) {
        self.call_happens(Kind::CustomerReplied, at);
        let noted = at.plus(Elapsed::from_ms(5 * HOUR_MS));
        self.call_happens(Kind::NoteAdded, noted);
    }

    fn call_happens(&mut self, kind: Kind, at: Timestamp) {
        let ticket = ticket_name(CALL_NUMBER);
        let id = format!("{ticket}.{}", at.since(self.scenario.begin.minus(CALL_BEFORE)).ms());
        let by_team = kind != Kind::CustomerReplied;
        let is_created = kind == Kind::Created;
        let fact = Fact {
            ticket: Some(ticket),
            team: by_team.then_some(TECHNICAL),
            channel: is_created.then_some("phone"),
            priority: is_created.then_some("normal"),
            agent: (by_team && !is_created).then_some(CALL_AGENT),
            ..Fact::new(id, kind, at)
        };
        self.ahead.insert((at, CALL_NUMBER, 0), fact);
    }

    /// Two teams have someone who says that something is wrong.
    fn worry(&mut self) {
        let late = "Customers wait for days. Whom do we ask for help, and what do we leave undone?";
        let call = "T-4711 was promised a call months ago. Who makes it?";
        let concerns = [(DRIFTING, "c-1", "lumi", 19, late), (TECHNICAL, "c-2", "vieno", 25, call)];
        for (index, (team, concern, by, day, text)) in concerns.into_iter().enumerate() {
            if team == DRIFTING && self.scenario.calm {
                continue;
            }
            let at = self.scenario.begin.plus(Elapsed::from_ms(day * DAY_MS));
            let fact = Fact {
                team: Some(team),
                concern: Some(concern),
                by: Some(by),
                text: Some(text),
                ..Fact::new(format!("{team}.{concern}"), Kind::ConcernRaised, at)
            };
            self.ahead.insert((at, 0, index), fact);
        }
    }
}

impl Iterator for EventGenerator {
    type Item = DemoRecord;

    fn next(&mut self) -> Option<DemoRecord> {
        loop {
            let made_up = self.minute_at(self.minute);
            match self.ahead.first_entry() {
                Some(first) if first.key().0 < made_up => {
                    let ((delivered, ..), fact) = first.remove_entry();
                    return record(delivered, fact);
                }
                Some(_) | None => self.go_on(),
            }
        }
    }
}

/// Puts a ticket's facts where they are delivered: most at once, some late, some twice.
fn deliver(
    number: i64,
    facts: Vec<Fact>,
    mut random: Random,
    ahead: &mut BTreeMap<DeliveryOrder, Fact>,
) {
    let mut place = 0;
    let mut put = |fact: Fact, late: Elapsed| {
        ahead.insert((fact.time.plus(late), number, place), fact);
        place += 1;
    };
    for fact in facts {
        let is_late = random.happens(LATE_PER_MILLE);
        let late = random.between(Elapsed::ZERO, LATE_MAX);
        if random.happens(TWICE_PER_MILLE) {
            put(fact.clone(), random.between(Elapsed::ZERO, LATE_MAX));
        }
        put(fact, if is_late { late } else { Elapsed::ZERO });
    }
}

fn record(delivered: Timestamp, fact: Fact) -> Option<DemoRecord> {
    let key = fact.ticket.clone().or_else(|| fact.team.map(str::to_owned))?;
    // Text and numbers alone: this cannot fail.
    let payload = serde_json::to_string(&fact).ok()?;
    Some(DemoRecord { delivered, time: fact.time, key, payload })
}
