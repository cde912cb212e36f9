//! The life of one ticket, from its creation to its end, as facts in the order in which they are made up.

use serde::Serialize;

use super::Scenario;
use super::organisation::{RETURNS, Team};
use super::random::Random;
use crate::event::Kind;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

const SECOND: Elapsed = Elapsed::from_ms(SECOND_MS);
const MINUTE: Elapsed = Elapsed::from_ms(MINUTE_MS);
const HOUR: Elapsed = Elapsed::from_ms(HOUR_MS);
const DAY: Elapsed = Elapsed::from_ms(DAY_MS);

/// One record, key by key; what is absent is not written.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Fact {
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

impl Fact {
    /// A fact of which only this is known.
    pub(super) fn new(id: String, kind: Kind, time: Timestamp) -> Self {
        Self {
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

/// A ticket's name.
pub(super) fn ticket_name(number: i64) -> String {
    format!("T-{number}")
}

/// A ticket whose life is being made up.
#[derive(Debug)]
pub(super) struct TicketSimulator<'a> {
    scenario: Scenario,
    team: &'a Team,
    number: i64,
    /// How far its life is told.
    at: Timestamp,
    agent: &'static str,
    is_urgent: bool,
    random: Random,
    facts: Vec<Fact>,
}

impl<'a> TicketSimulator<'a> {
    /// A ticket that a team gets at this instant.
    pub(super) fn new(
        scenario: Scenario,
        team: &'a Team,
        number: i64,
        at: Timestamp,
        mut random: Random,
    ) -> Self {
        let agent = random.one_of(team.agents);
        Self { scenario, team, number, at, agent, is_urgent: false, random, facts: Vec::new() }
    }

    /// All that ever happens to it, and the generator as that left it.
    pub(super) fn told(mut self) -> (Vec<Fact>, Random) {
        self.begins();
        let fate = self.random.below(1_000);
        if self.random.happens(self.team.silent_per_mille) {
            self.is_left_alone();
        } else if fate < 12 {
            self.ends_as(Kind::MarkedSpam);
        } else if fate < 15 {
            self.ends_as(Kind::Deleted);
        } else if fate < 32 {
            self.ends_as(Kind::Merged);
        } else if fate < 38 {
            // Solved without a word.
            self.ends_as(Kind::Solved);
        } else {
            self.is_served();
        }
        (self.facts, self.random)
    }

    fn begins(&mut self) {
        let channel = ["email", "email", "email", "email", "chat", "chat", "phone", "web"];
        let channel = self.random.one_of(channel);
        let priority = match self.random.below(20) {
            0 => "urgent",
            1..4 => "high",
            4..7 => "low",
            _ => "normal",
        };
        self.is_urgent = priority == "urgent";
        // A call that an agent wrote down, or an alarm of a system; else the customer.
        let by = match self.random.below(100) {
            0..3 => Some("agent"),
            3 => Some("system"),
            _ => None,
        };
        let went_astray = self.team.name.is_some() && self.random.happens(50);
        let team = if went_astray { Some(RETURNS) } else { self.team.name };
        let created = self.fact(Kind::Created);
        self.facts.push(Fact {
            team,
            by,
            channel: Some(channel),
            priority: Some(priority),
            agent: None,
            ..created
        });
        if self.random.happens(600) {
            self.passes(SECOND, MINUTE);
            let bot = self.fact(Kind::BotReplied);
            self.facts.push(Fact { agent: None, ..bot });
        }
        if went_astray {
            self.passes(MINUTE, HOUR);
            let assigned = self.fact(Kind::Assigned);
            self.facts.push(Fact { agent: None, ..assigned });
        }
    }

    /// Agents answer, customers ask back, and in the end it is solved.
    fn is_served(&mut self) {
        for round in (0..=self.random.one_of([0, 0, 0, 1, 1, 2])).rev() {
            self.is_answered();
            if round > 0 {
                self.waits_for_the_customer();
                self.says(Kind::CustomerReplied);
            }
        }
        self.works(5 * MINUTE_MS, 40 * MINUTE_MS);
        self.says(Kind::Solved);
        self.is_looked_back_on();
        if self.random.happens(60) {
            self.passes(HOUR, Elapsed::from_ms(60 * HOUR_MS));
            self.says(Kind::CustomerReplied);
            self.says(Kind::Reopened);
            self.is_answered();
            self.says(Kind::Solved);
        }
        self.at = self.at.plus(Elapsed::from_ms(4 * DAY_MS));
        self.says(Kind::Closed);
    }

    /// From the question at this instant to its answer.
    fn is_answered(&mut self) {
        let mut work = self.random.around(self.team.usual).ms();
        if self.random.happens(self.team.strays_per_mille) {
            work *= 6;
        }
        if self.is_urgent {
            work = work * 3 / 10;
        }
        work = work / 100 * self.team.slowness_percent(self.scenario, self.at);
        let taken_up = work * 7 / 10;
        self.at = self.team.hours.done(self.at, Elapsed::from_ms(taken_up));
        if self.random.happens(700) {
            self.says(Kind::Assigned);
        }
        if self.random.happens(150) {
            self.says(Kind::NoteAdded);
        }
        self.at = self.team.hours.done(self.at, Elapsed::from_ms(work - taken_up));
        if self.team.name.is_none() {
            // Somebody cared in the end.
            let assigned = self.fact(Kind::Assigned);
            self.facts.push(Fact { team: Some(RETURNS), ..assigned });
        }
        self.says(Kind::AgentReplied);
    }

    fn waits_for_the_customer(&mut self) {
        if self.random.happens(50) {
            self.says(Kind::OnHold);
            self.works(HOUR_MS, 6 * HOUR_MS);
            self.says(Kind::Resumed);
        } else if self.random.happens(400) {
            self.passes(SECOND, MINUTE);
            self.says(Kind::Pending);
        }
        let wait = self.random.around(Elapsed::from_ms(3 * HOUR_MS));
        self.at = self.at.plus(wait);
    }

    /// The customer rates it; the agent reviews what was done.
    fn is_looked_back_on(&mut self) {
        if self.random.happens(200) {
            let after = self.random.between(MINUTE, DAY);
            let score = self.random.one_of([1, 3, 4, 4, 5, 5, 5]);
            let rated = self.fact(Kind::Rated);
            let time = self.at.plus(after);
            self.facts.push(Fact { time, agent: None, score: Some(score), ..rated });
        }
        if self.random.happens(30) {
            let after = self.random.between(HOUR, Elapsed::from_ms(3 * DAY_MS));
            let score = self.random.one_of([2, 3, 4, 4, 5]);
            let note = (score < 3).then_some("A second question would have told me more.");
            let reviewed = self.fact(Kind::Reviewed);
            self.facts.push(Fact {
                time: self.team.hours.done(self.at.plus(after), MINUTE),
                agent: None,
                by: Some(self.agent),
                score: Some(score),
                note,
                bring_to_team: note.map(|_| true),
                ..reviewed
            });
        }
    }

    /// Nobody answers; the customer asks again, for a while.
    fn is_left_alone(&mut self) {
        for _ in 0..self.random.below(4) {
            self.passes(DAY, Elapsed::from_ms(6 * DAY_MS));
            self.says(Kind::CustomerReplied);
        }
    }

    fn ends_as(&mut self, kind: Kind) {
        self.works(2 * MINUTE_MS, 45 * MINUTE_MS);
        let back = 1 + self.random.below(60);
        let into = (kind == Kind::Merged).then(|| ticket_name(self.number - back));
        let end = self.fact(kind);
        self.facts.push(Fact { into, ..end });
    }

    fn passes(&mut self, least: Elapsed, most: Elapsed) {
        self.at = self.at.plus(self.random.between(least, most));
    }

    fn works(&mut self, least_ms: i64, most_ms: i64) {
        let work = self.random.between(Elapsed::from_ms(least_ms), Elapsed::from_ms(most_ms));
        self.at = self.team.hours.done(self.at, work);
    }

    fn says(&mut self, kind: Kind) {
        let fact = self.fact(kind);
        self.facts.push(fact);
    }

    fn fact(&self, kind: Kind) -> Fact {
        let ticket = ticket_name(self.number);
        let id = format!("{ticket}.{}", self.facts.len() + 1);
        let by_agent = !matches!(kind, Kind::CustomerReplied | Kind::Reopened | Kind::Closed);
        Fact {
            ticket: Some(ticket),
            team: self.team.name.filter(|_| by_agent),
            agent: Some(self.agent).filter(|_| by_agent),
            ..Fact::new(id, kind, self.at)
        }
    }
}
