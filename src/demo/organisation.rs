//! The teams of the organisation and their behaviour.

use super::hours::{self, WorkingHours};
use super::{BACKLOG, Scenario};
use crate::time::{DAY_MS, Elapsed, MINUTE_MS, Timestamp};

/// The organisation's name.
pub const ORGANISATION: &str = "Esimerkki Oy";

/// The topic of its events.
pub const TOPIC: &str = "ticket-events";

/// The hours of a campaign day, by the local clock.
const CAMPAIGN: Campaign = Campaign { begins: 10, rush_ends: 13, slow_until: 18 };

/// The course of a campaign day, in hours of the day.
struct Campaign {
    begins: i64,
    /// Until then customers ask six times as often.
    rush_ends: i64,
    /// Until then answers take longer.
    slow_until: i64,
}

/// The behaviour of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TeamBehaviour {
    /// Answers as agreed.
    AsAgreed,
    /// Gets slower every day from the fifth on, until it misses its level.
    SlowsDown,
    /// Answers as agreed, except in one period of silence.
    StopsAnswering,
    /// Answers as agreed, except on every third day, which has a campaign.
    HasCampaigns,
}

/// One team, or the tickets without a team.
#[derive(Clone, Copy, Debug)]
pub(super) struct Team {
    /// Its name; `None` for tickets without a team.
    pub(super) name: Option<&'static str>,
    pub(super) behaviour: TeamBehaviour,
    /// Tickets on a weekday.
    pub(super) per_day: i64,
    /// The usual working time until an answer.
    pub(super) usual: Elapsed,
    pub(super) hours: WorkingHours,
    /// Answers in a thousand that take six times as long.
    pub(super) slow_per_mille: i64,
    /// Tickets in a thousand that are never answered.
    pub(super) unanswered_per_mille: i64,
    pub(super) agents: [&'static str; 3],
}

const OFFICE: WorkingHours = WorkingHours { weekdays: [8, 18], weekends: [10, 16], silence: None };

const USUAL: Team = Team {
    name: None,
    behaviour: TeamBehaviour::AsAgreed,
    per_day: 36,
    usual: Elapsed::from_ms(60 * MINUTE_MS),
    hours: OFFICE,
    slow_per_mille: 15,
    unanswered_per_mille: 0,
    agents: ["aino", "mikko", "sara"],
};

/// The team without an agreement. It also gets tickets that belong to other teams.
pub(super) const RETURNS: &str = "returns";

/// The team with a ticket that is months old.
pub(super) const TECHNICAL: &str = "technical";

/// The team of a ticket whose events have two keys.
pub(super) const BILLING: &str = "billing";

/// The team that slows down.
pub(super) const SLOWING: &str = "deliveries";

/// All teams. Their order determines their random generators.
pub(super) fn teams(scenario: Scenario) -> [Team; 8] {
    let silence = Some(scenario.silence());
    let slowing = if scenario.calm { TeamBehaviour::AsAgreed } else { TeamBehaviour::SlowsDown };
    [
        Team { name: Some(BILLING), ..USUAL },
        Team {
            name: Some(SLOWING),
            behaviour: slowing,
            slow_per_mille: 0,
            agents: ["onni", "lumi", "veikko"],
            ..USUAL
        },
        Team {
            name: Some("shop"),
            behaviour: TeamBehaviour::StopsAnswering,
            usual: Elapsed::from_ms(30 * MINUTE_MS),
            hours: WorkingHours { weekdays: [8, 20], weekends: [8, 20], silence },
            slow_per_mille: 0,
            agents: ["helmi", "eero", "kerttu"],
            ..USUAL
        },
        Team {
            name: Some("orders"),
            behaviour: TeamBehaviour::HasCampaigns,
            per_day: 30,
            slow_per_mille: 0,
            agents: ["toivo", "aada", "niilo"],
            ..USUAL
        },
        Team {
            name: Some(TECHNICAL),
            per_day: 30,
            slow_per_mille: 8,
            agents: ["ilona", "oskari", "vieno"],
            ..USUAL
        },
        Team {
            name: Some(RETURNS),
            per_day: 15,
            usual: Elapsed::from_ms(150 * MINUTE_MS),
            agents: ["seela", "arvo", "hilja"],
            ..USUAL
        },
        // No file declares this team.
        Team {
            name: Some("warranty"),
            per_day: 3,
            unanswered_per_mille: 500,
            agents: ["noel", "alma", "urho"],
            ..USUAL
        },
        Team { per_day: 3, unanswered_per_mille: 700, agents: ["seela", "arvo", "hilja"], ..USUAL },
    ]
}

impl Team {
    /// How long an answer takes that is asked for at this instant, in percent of the usual time.
    pub(super) fn slowness_percent(&self, scenario: Scenario, at: Timestamp) -> i64 {
        match self.behaviour {
            TeamBehaviour::AsAgreed | TeamBehaviour::StopsAnswering => 100,
            TeamBehaviour::SlowsDown => {
                let calm = Elapsed::from_ms(5 * DAY_MS);
                let slowing = BACKLOG.less(calm).ms();
                let passed = at.since(scenario.begin.plus(calm)).ms().min(slowing);
                100 + 1_500 * passed / slowing
            }
            TeamBehaviour::HasCampaigns => {
                let slow = CAMPAIGN.begins..CAMPAIGN.slow_until;
                let is_slow = is_campaign_day(scenario, at) && slow.contains(&hours::hour(at));
                if is_slow { 400 } else { 100 }
            }
        }
    }

    /// Tickets in a million minutes like this one.
    pub(super) fn tickets_per_million(&self, scenario: Scenario, at: Timestamp) -> i64 {
        let usual = hours::tickets_per_million(at, self.per_day);
        match self.behaviour {
            TeamBehaviour::AsAgreed | TeamBehaviour::SlowsDown | TeamBehaviour::StopsAnswering => {
                usual
            }
            TeamBehaviour::HasCampaigns => {
                let rush = CAMPAIGN.begins..CAMPAIGN.rush_ends;
                let is_rush = is_campaign_day(scenario, at) && rush.contains(&hours::hour(at));
                if is_rush { 6 * usual } else { usual }
            }
        }
    }
}

fn is_campaign_day(scenario: Scenario, at: Timestamp) -> bool {
    (hours::day(at) - hours::day(scenario.begin)).rem_euclid(3) == 0
}

/// The teams, each with a description of its behaviour.
pub fn cast(calm: bool) -> [(&'static str, &'static str); 7] {
    let slowing = if calm {
        "answers as agreed (calm)"
    } else {
        "takes longer every week and misses its level"
    };
    [
        (BILLING, "answers as agreed"),
        (SLOWING, slowing),
        ("shop", "stops answering on day 29, begins again on day 33"),
        ("orders", "has a campaign every third day, falls behind and recovers"),
        (TECHNICAL, "answers as agreed, but one customer has asked for a call for months"),
        (RETURNS, "is measured, but has not agreed on a level yet"),
        ("unclaimed", "tickets without a team, or of a team that is not declared"),
    ]
}
