//! Simulates one ticket from its creation to its end.

use serde::Serialize;

use super::organisation::{RETURNS, Team};
use super::random::Random;
use super::{Scenario, hours};
use crate::event::Kind;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

const SECOND: Elapsed = Elapsed::from_ms(SECOND_MS);
const MINUTE: Elapsed = Elapsed::from_ms(MINUTE_MS);
const HOUR: Elapsed = Elapsed::from_ms(HOUR_MS);
const DAY: Elapsed = Elapsed::from_ms(DAY_MS);

/// An event as it is serialised: absent keys are left out.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DemoEvent {
    /// The key of its record, where that is neither the ticket nor the team.
    #[serde(skip)]
    pub(super) key: Option<&'static str>,
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agent: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bring_to_team: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) into: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) concern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'static str>,
}

impl DemoEvent {
    /// An event with the required keys only.
    pub(super) fn new(id: String, kind: Kind, time: Timestamp) -> Self {
        Self {
            key: None,
            id,
            kind: kind.label(),
            time,
            ticket: None,
            team: None,
            channel: None,
            priority: None,
            agent: None,
            by: None,
            score: None,
            note: None,
            bring_to_team: None,
            into: None,
            concern: None,
            text: None,
        }
    }
}

/// The id of a ticket.
pub(super) fn ticket_name(number: i64) -> String {
    format!("T-{number}")
}

/// The events of a ticket in the order of their creation, and its random generator.
#[derive(Debug)]
pub(super) struct SimulatedTicket {
    pub(super) events: Vec<DemoEvent>,
    pub(super) random: Random,
}

/// Simulates one ticket.
#[derive(Debug)]
pub(super) struct TicketSimulator<'a> {
    scenario: Scenario,
    team: &'a Team,
    number: i64,
    /// The time that the simulation has reached.
    at: Timestamp,
    agent: &'static str,
    is_urgent: bool,
    random: Random,
    events: Vec<DemoEvent>,
}

impl<'a> TicketSimulator<'a> {
    /// A ticket that is created for a team at this instant.
    pub(super) fn new(
        scenario: Scenario,
        team: &'a Team,
        number: i64,
        at: Timestamp,
        mut random: Random,
    ) -> Self {
        let agent = random.one_of(team.agents);
        Self { scenario, team, number, at, agent, is_urgent: false, random, events: Vec::new() }
    }

    /// Simulates the ticket to its end.
    pub(super) fn simulate(mut self) -> SimulatedTicket {
        self.create();
        let outcome = self.random.below(1_000);
        if self.random.happens(self.team.unanswered_per_mille) {
            self.leave_unanswered();
        } else if outcome < 12 {
            self.end_as(Kind::MarkedSpam);
        } else if outcome < 15 {
            self.end_as(Kind::Deleted);
        } else if outcome < 32 {
            self.end_as(Kind::Merged);
        } else if outcome < 38 {
            // Solved without an answer.
            self.end_as(Kind::Solved);
        } else {
            self.serve();
        }
        SimulatedTicket { events: self.events, random: self.random }
    }

    fn create(&mut self) {
        let channel = ["email", "email", "email", "email", "chat", "chat", "phone", "web"];
        let channel = self.random.one_of(channel);
        let priority = match self.random.below(20) {
            0 => "urgent",
            1..4 => "high",
            4..7 => "low",
            _ => "normal",
        };
        self.is_urgent = priority == "urgent";
        // Created by an agent during a call, or by a system; otherwise by the customer.
        let by = match self.random.below(100) {
            0..3 => Some("agent"),
            3 => Some("system"),
            _ => None,
        };
        let is_misrouted = self.team.name.is_some() && self.random.happens(50);
        let team = if is_misrouted { Some(RETURNS) } else { self.team.name };
        let created = self.event(Kind::Created);
        self.events.push(DemoEvent {
            team,
            by,
            channel: Some(channel),
            priority: Some(priority),
            agent: None,
            ..created
        });
        if self.random.happens(600) {
            self.wait_between(SECOND, MINUTE);
            let bot = self.event(Kind::BotReplied);
            self.events.push(DemoEvent { agent: None, ..bot });
        }
        if is_misrouted {
            self.wait_between(MINUTE, HOUR);
            let assigned = self.event(Kind::Assigned);
            self.events.push(DemoEvent { agent: None, ..assigned });
        }
    }

    /// Agents answer, the customer asks again, and the ticket is solved and closed.
    fn serve(&mut self) {
        for round in (0..=self.random.one_of([0, 0, 0, 1, 1, 2])).rev() {
            self.answer();
            if round > 0 {
                self.wait_for_customer();
                self.emit(Kind::CustomerReplied);
            }
        }
        self.work_between(5 * MINUTE_MS, 40 * MINUTE_MS);
        self.emit(Kind::Solved);
        self.rate_and_review();
        if self.random.happens(60) {
            self.wait_between(HOUR, Elapsed::from_ms(60 * HOUR_MS));
            self.emit(Kind::CustomerReplied);
            self.emit(Kind::Reopened);
            self.answer();
            self.emit(Kind::Solved);
        }
        self.at = self.at.plus(Elapsed::from_ms(4 * DAY_MS));
        self.emit(Kind::Closed);
    }

    /// Simulates the answer to the question at this instant.
    fn answer(&mut self) {
        let mut work = self.random.around(self.team.usual).ms();
        if self.random.happens(self.team.slow_per_mille) {
            work *= 6;
        }
        if self.is_urgent {
            work = work * 3 / 10;
        }
        work = work / 100 * self.team.slowness_percent(self.scenario, self.at);
        let first_part = work * 7 / 10;
        self.at = self.team.hours.done(self.at, Elapsed::from_ms(first_part));
        if self.random.happens(700) {
            self.emit(Kind::Assigned);
        }
        if self.random.happens(150) {
            self.emit(Kind::NoteAdded);
        }
        self.at = self.team.hours.done(self.at, Elapsed::from_ms(work - first_part));
        if self.team.name.is_none() {
            // A team takes the ticket over in the end.
            let assigned = self.event(Kind::Assigned);
            self.events.push(DemoEvent { team: Some(RETURNS), ..assigned });
        }
        self.emit(Kind::AgentReplied);
    }

    fn wait_for_customer(&mut self) {
        if self.random.happens(50) {
            self.emit(Kind::OnHold);
            self.work_between(HOUR_MS, 6 * HOUR_MS);
            self.emit(Kind::Resumed);
        } else if self.random.happens(400) {
            self.wait_between(SECOND, MINUTE);
            self.emit(Kind::Pending);
        }
        let wait = self.random.around(Elapsed::from_ms(3 * HOUR_MS));
        self.at = self.at.plus(wait);
    }

    /// The customer may rate the ticket, and the agent may review it.
    fn rate_and_review(&mut self) {
        if self.random.happens(200) {
            let after = self.random.between(MINUTE, DAY);
            let score = self.random.one_of([1, 3, 4, 4, 5, 5, 5]);
            let rated = self.event(Kind::Rated);
            let time = self.at.plus(after);
            self.events.push(DemoEvent { time, agent: None, score: Some(score), ..rated });
        }
        if self.random.happens(30) {
            let after = self.random.between(HOUR, Elapsed::from_ms(3 * DAY_MS));
            let score = self.random.one_of([2, 3, 4, 4, 5]);
            let note = (score < 3).then_some("A second question would have told me more.");
            let reviewed = self.event(Kind::Reviewed);
            let time = self.team.hours.done(self.at.plus(after), MINUTE);
            self.events.push(DemoEvent {
                time,
                agent: None,
                by: Some(self.agent),
                score: Some(score),
                note,
                bring_to_team: note.map(|_| true),
                ..reviewed
            });
            // The team forgets some of what is brought to it.
            if note.is_some() && self.team.name.is_some() && self.random.happens(750) {
                let discussed = self.event(Kind::TicketDiscussed);
                self.events.push(DemoEvent {
                    key: self.team.name,
                    time: hours::next_talk(time),
                    team: self.team.name,
                    agent: None,
                    by: Some(self.agent),
                    ..discussed
                });
            }
        }
    }

    /// Nobody answers, and the customer asks again a few times.
    fn leave_unanswered(&mut self) {
        for _ in 0..self.random.below(4) {
            self.wait_between(DAY, Elapsed::from_ms(6 * DAY_MS));
            self.emit(Kind::CustomerReplied);
        }
    }

    fn end_as(&mut self, kind: Kind) {
        self.work_between(2 * MINUTE_MS, 45 * MINUTE_MS);
        let back = 1 + self.random.below(60);
        let into = (kind == Kind::Merged).then(|| ticket_name(self.number - back));
        let end = self.event(kind);
        self.events.push(DemoEvent { into, ..end });
    }

    fn wait_between(&mut self, least: Elapsed, most: Elapsed) {
        self.at = self.at.plus(self.random.between(least, most));
    }

    fn work_between(&mut self, least_ms: i64, most_ms: i64) {
        let work = self.random.between(Elapsed::from_ms(least_ms), Elapsed::from_ms(most_ms));
        self.at = self.team.hours.done(self.at, work);
    }

    fn emit(&mut self, kind: Kind) {
        let event = self.event(kind);
        self.events.push(event);
    }

    fn event(&self, kind: Kind) -> DemoEvent {
        let ticket = ticket_name(self.number);
        let id = format!("{ticket}.{}", self.events.len() + 1);
        let by_agent = !matches!(kind, Kind::CustomerReplied | Kind::Reopened | Kind::Closed);
        DemoEvent {
            ticket: Some(ticket),
            team: self.team.name.filter(|_| by_agent),
            agent: Some(self.agent).filter(|_| by_agent),
            ..DemoEvent::new(id, kind, self.at)
        }
    }
}
