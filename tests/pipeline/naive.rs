//! A naive model of the convergence rule: it keeps every event and recounts everything for every
//! question.
//!
//! # Design
//! The model is written from the design alone. It shares with the crate only the event type, the
//! names of the measures and the plain list of pauses, so that a misunderstanding in one of the two
//! shows. No stopwatch moves from event to event. The model lays out a ticket's events with the
//! state before and after each (`life`). It finds a stopwatch by its question, its answer, and the
//! last end of active work. Elapsed time is summed over the stretches between events at each
//! question. Open time comes from a calendar of single minutes ([`slow_calendar`]).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use vaste::event::{Event, Kind, Priority, Subject};
use vaste::measure::Measure;

// This file is part of two test programs, in one of them by `#[path]`. That changes where its
// modules are looked for, so their paths are explicit.
#[path = "naive/agreed.rs"]
pub(crate) mod agreed;
#[path = "naive/life.rs"]
mod life;
#[path = "naive/order.rs"]
mod order;
#[path = "naive/share.rs"]
mod share;
#[path = "naive/slow_calendar.rs"]
pub(crate) mod slow_calendar;

pub(crate) use agreed::{Basis, Level, Objective, Target};
use life::{Act, End, Exclusions, Status, TicketLife, Wait};
use order::{Note, timeline};
use share::{reached, state};
use slow_calendar::SlowCalendar;

/// Part of the tickets of a team or the organisation. A finished wait belongs to it by the state
/// just before its end, a running one by the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split<'s> {
    /// Tickets with exactly this priority; `None` are those without.
    Priority(Option<Priority>),
    /// Tickets of one channel.
    Channel {
        /// The channel. `None` are all channels without a split of their own, and no channel.
        is: Option<&'s str>,
        /// All channels that have a split of their own.
        named: &'s [&'s str],
    },
}

impl Split<'_> {
    fn holds(&self, wait: &Wait) -> bool {
        let channel = wait.channel.as_deref();
        match self {
            Self::Priority(priority) => wait.priority == *priority,
            Self::Channel { is: Some(is), .. } => channel == Some(is),
            Self::Channel { is: None, named } => channel.is_none_or(|c| !named.contains(&c)),
        }
    }
}

/// The numbers of one team, or the organisation, for one measure and window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The length of each wait that was answered in the window, ascending.
    pub answered: Vec<i64>,
    /// The length of each running wait, whenever it began, ascending.
    pub waiting: Vec<i64>,
    /// `now` minus the longest calendar time of the running waits, in either basis.
    pub oldest_since: Option<i64>,
    /// Waits given up in the window by a solve, a close or a merge.
    pub given_up: u64,
    /// For each target: waits within it, and all waits that count.
    pub within: Vec<(u64, u64)>,
}

/// The verdict on an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Decided tickets.
    pub decided: u64,
    /// Decided tickets that were over target.
    pub missed: u64,
    /// Waits that were answered in the window.
    pub answered: u64,
    /// Waits that were given up in the window by a solve, a close or a merge.
    pub unanswered: u64,
    /// Tickets that were over target when they were marked as spam.
    pub spam_over_target: u64,
    /// Whether these are more than the level allows to be over target.
    pub has_excess_spam: bool,
    /// `met`, `at_risk`, `missed` or `insufficient_data`.
    pub state: &'static str,
    /// Whether the share within the market's target is below the agreed share.
    pub behind_market: bool,
    /// Whether no decided ticket was over target, or the agreed share was within it, there is no excess spam,
    /// and no more waits were given up than the ceiling allows.
    pub reached: bool,
    /// The state by the market's target, and whether its decided tickets reach the share.
    pub beside_market: Option<(&'static str, bool)>,
}

/// All events, with calendars and objectives.
#[derive(Debug)]
pub(crate) struct Model {
    teams: Vec<String>,
    /// The calendars of teams and of `unclaimed`. All others are always open.
    hours: BTreeMap<String, Arc<SlowCalendar>>,
    /// The teams, or `unclaimed`, for which a message on a solved ticket asks again.
    asking_again: Vec<String>,
    objectives: Vec<Objective>,
    /// One for each ticket: its events without duplicates, in order.
    timelines: Vec<Vec<Note>>,
    /// The ids of the tickets, likewise.
    tickets: Vec<String>,
    /// The acts up to the instant that was asked for last.
    acts: RefCell<Option<(i64, Vec<Act>)>>,
}

impl Model {
    /// A model of all events, in any order and with any duplicates.
    ///
    /// Tickets of none of the `teams` are unclaimed. Calendars are always open at first.
    pub(crate) fn new(teams: &[&str], objectives: Vec<Objective>, events: &[Event<'_>]) -> Self {
        let mut tickets: BTreeMap<&str, Vec<&Event<'_>>> = BTreeMap::new();
        for event in events {
            match &event.subject {
                Subject::Ticket(ticket) => tickets.entry(ticket).or_default().push(event),
                Subject::Team(_) => {}
            }
        }
        Self {
            teams: teams.iter().map(|&team| team.to_owned()).collect(),
            hours: BTreeMap::new(),
            asking_again: Vec::new(),
            objectives,
            tickets: tickets.keys().map(|&ticket| ticket.to_owned()).collect(),
            timelines: tickets.into_values().map(timeline).collect(),
            acts: RefCell::default(),
        }
    }

    /// The same model with the hours of a declared team, or of `unclaimed`.
    pub(crate) fn with_hours(mut self, team: &str, hours: &Arc<SlowCalendar>) -> Self {
        assert!(team == "unclaimed" || self.is_declared(team), "{team} is not declared");
        self.hours.insert(team.to_owned(), Arc::clone(hours));
        self
    }

    /// The same model, in which a message on a solved ticket of a team, or `unclaimed`, asks again.
    pub(crate) fn with_messages_that_ask_again(mut self, team: &str) -> Self {
        self.asking_again.push(team.to_owned());
        self
    }

    /// The reading of a window, both ends included, in one basis, of all tickets or of a split.
    ///
    /// The team `None` is the whole organisation, the team `unclaimed` all unclaimed tickets. The
    /// targets are of the same basis.
    #[expect(clippy::too_many_arguments, reason = "a question has as many parts")]
    pub(crate) fn reading(
        &self,
        team: Option<&str>,
        measure: Measure,
        basis: Basis,
        split: Option<Split<'_>>,
        from: i64,
        now: i64,
        targets: &[Target],
    ) -> Reading {
        let lives = self.lives(now);
        let mut waits = waits(&lives, team, measure, from, now);
        waits.retain(|(_, wait)| split.is_none_or(|split| split.holds(wait)));
        let exclusions = Exclusions::of(measure, None);
        let elapsed = |(life, wait): &(&TicketLife<'_>, Wait), basis| {
            life.elapsed(wait, wait.lived.end, exclusions, basis)
        };
        let ended = |end: End| waits.iter().filter(move |(_, wait)| wait.end == end);
        let times = |end: End| {
            let mut times: Vec<i64> = ended(end).map(|wait| elapsed(wait, basis)).collect();
            times.sort_unstable();
            times
        };
        let longest = ended(End::Waiting).map(|wait| elapsed(wait, Basis::Calendar)).max();
        let within = targets.iter().map(|&target| {
            let (decided, missed) = tally(&waits, |(life, wait)| {
                let end = wait.lived.end;
                life.is_longer(wait, end, exclusions, target, &wait.team)
            });
            (decided - missed, decided)
        });
        Reading {
            answered: times(End::Answered),
            waiting: times(End::Waiting),
            oldest_since: longest.map(|longest| now - longest),
            given_up: count(ended(End::GivenUp)),
            within: within.collect(),
        }
    }

    /// The verdict on one of the model's objectives over a window, both ends included.
    pub(crate) fn verdict(&self, objective: &Objective, from: i64, now: i64) -> Verdict {
        let lives = self.lives(now);
        let waits = self.waits_of(objective, &lives, from, now);
        let level = objective.level_at(now);
        let (decided, missed) = match level {
            Level::NoneOver(_) => {
                let missed =
                    count(waits.iter().filter(|wait| self.is_missed(objective, level, wait)));
                (missed, missed)
            }
            Level::Within { .. } => tally(&waits, |wait| self.is_missed(objective, level, wait)),
        };
        let beside_market = objective.market.map(|market| {
            let (decided, missed) = tally(&waits, |(life, wait)| {
                let end = wait.lived.end;
                life.is_longer(wait, end, objective.exclusions(), market, &wait.team)
            });
            // Without an agreed share there is none to be below.
            let is_share = matches!(level, Level::Within { .. });
            (
                if is_share { state(level, decided, missed, false) } else { "met" },
                reached(level, decided, missed),
            )
        });
        let behind_market = beside_market.is_some_and(|(state, _)| state == "missed");
        let spam_over_target = count(
            lives
                .iter()
                .flat_map(|life| life.waits(objective.measure).into_iter().map(move |w| (life, w)))
                .filter(|(_, wait)| wait.end == End::Spam && (from..=now).contains(&wait.at))
                .filter(|(_, wait)| objective.team.as_ref().is_none_or(|team| *team == wait.team))
                .filter(|(life, wait)| self.is_over(objective, life, wait)),
        );
        let allowed_bp = match level {
            Level::NoneOver(_) => 0,
            Level::Within { share_bp, .. } => 10_000 - share_bp,
        };
        let among = match level {
            Level::NoneOver(_) => 0,
            Level::Within { .. } => decided + spam_over_target,
        };
        let has_excess_spam = spam_over_target * 10_000 > allowed_bp * among;
        let of_end = |end| count(waits.iter().filter(|(_, wait)| wait.end == end));
        let (answered, unanswered) = (of_end(End::Answered), of_end(End::GivenUp));
        let ended = answered + unanswered;
        let is_above = objective
            .unanswered_max_bp_at(now)
            .is_some_and(|max_bp| unanswered * 10_000 > max_bp * ended);
        let least = match level {
            Level::NoneOver(_) => 1,
            Level::Within { min_tickets, .. } => *min_tickets,
        };
        let is_missed = is_above && ended >= least;
        Verdict {
            decided,
            missed,
            answered,
            unanswered,
            spam_over_target,
            has_excess_spam,
            state: if is_missed {
                "missed"
            } else {
                state(level, decided, missed, has_excess_spam)
            },
            behind_market,
            reached: reached(level, decided, missed) && !has_excess_spam && !is_above,
            beside_market,
        }
    }

    /// The breakdown of the missed waits of an objective: milliseconds by location.
    ///
    /// `pending`, `on_hold` and `closed` take precedence over the holder, or `unclaimed`. A
    /// location without time is left out.
    pub(crate) fn breakdown(
        &self,
        objective: &Objective,
        from: i64,
        now: i64,
    ) -> BTreeMap<String, i64> {
        let lives = self.lives(now);
        let level = objective.level_at(now);
        let mut breakdown: BTreeMap<String, i64> = BTreeMap::new();
        let mut add = |to: &str, ms: i64| {
            if ms > 0 {
                *breakdown.entry(to.to_owned()).or_default() += ms;
            }
        };
        let all = self.waits_of(objective, &lives, from, now);
        for (life, wait) in all.iter().filter(|wait| self.is_missed(objective, level, wait)) {
            let (own, inherited) = (life.span(wait, objective.exclusions()), life.inherited(wait));
            let own = own.map(|stretch| (stretch.held.status, stretch));
            // Time on merged tickets counts as time with the holder that took them over.
            let inherited = inherited.map(|stretch| (Status::Open, stretch));
            for (status, stretch) in own.chain(inherited) {
                let ms = stretch.to - stretch.from;
                match status {
                    Status::Pending => add("pending", ms),
                    Status::OnHold => add("on_hold", ms),
                    Status::Open | Status::Solved | Status::Gone => {
                        let open = life.open_ms(&stretch);
                        add("closed", ms - open);
                        add(self.claimed_by(stretch.held.holder), open);
                    }
                }
            }
        }
        breakdown
    }

    /// How long each ticket was neither solved nor gone, from its creation or else its first event
    /// on, in the order of the ticket ids.
    pub(crate) fn worked_on(&self, now: i64) -> Vec<i64> {
        self.lives(now).iter().map(TicketLife::worked_on).collect()
    }

    /// Number and sum of the ratings or reviews in a window, both ends included. Of each ticket the
    /// last rating counts, and the last review of each of its reviewers.
    pub(crate) fn ratings(
        &self,
        team: Option<&str>,
        kind: Kind,
        from: i64,
        now: i64,
    ) -> (u64, u64) {
        let mut scores: Vec<u64> = Vec::new();
        for life in self.lives(now) {
            let mut last: BTreeMap<Option<&str>, (usize, u8)> = BTreeMap::new();
            for index in life.after_creation() {
                let note = life.steps[index].note;
                if let Some(score) = note.score.filter(|_| note.kind == kind) {
                    let by = note.by.as_deref().filter(|_| kind == Kind::Reviewed);
                    last.insert(by, (index, score));
                }
            }
            let counts = last.into_values().filter(|&(index, _)| {
                let is_theirs = team.is_none_or(|team| team == life.acting_in(index));
                is_theirs && life.steps[index].note.at >= from
            });
            scores.extend(counts.map(|(_, score)| u64::from(score)));
        }
        (count(scores.iter()), scores.iter().sum())
    }

    /// What changed the figures of a measure without a sooner answer in a window, both ends included.
    pub(crate) fn flags(
        &self,
        team: Option<&str>,
        measure: Measure,
        from: i64,
        now: i64,
    ) -> BTreeMap<&'static str, u64> {
        let mut known = self.acts.borrow_mut();
        if known.as_ref().is_none_or(|(at, _)| *at != now) {
            *known = Some((now, self.acts_by(now)));
        }
        let mut flags = BTreeMap::new();
        for act in known.iter().flat_map(|(_, acts)| acts) {
            let is_asked = act.measure == measure
                && team.map_or(!act.is_of_team_only, |team| team == act.team);
            if is_asked && (from..=now).contains(&act.at) {
                *flags.entry(act.label).or_default() += 1;
            }
        }
        flags
    }

    /// All acts up to an instant.
    fn acts_by(&self, now: i64) -> Vec<Act> {
        let lives = self.lives(now);
        let words: Vec<_> = lives.iter().flat_map(TicketLife::words).collect();
        let mut acts: Vec<Act> = lives.iter().flat_map(TicketLife::acts).collect();
        for (life, ticket) in lives.iter().zip(&self.tickets) {
            acts.extend(life.left_behind().into_iter().filter_map(|left| {
                let goes_on = words.iter().any(|word| {
                    word.from == *ticket
                        && word.since <= left.since + 60_000
                        && left.at <= word.at + 86_400_000
                });
                let label = "merged_waiting";
                let act = Act::new(label, left.measure, &left.team, left.at);
                (!goes_on).then_some(act)
            }));
        }
        acts
    }

    /// All tickets as they are known at an instant.
    fn lives(&self, now: i64) -> Vec<TicketLife<'_>> {
        self.timelines.iter().map(|notes| TicketLife::new(self, notes, now)).collect()
    }

    fn waits_of<'l, 'm>(
        &self,
        objective: &Objective,
        lives: &'l [TicketLife<'m>],
        from: i64,
        now: i64,
    ) -> Vec<(&'l TicketLife<'m>, Wait)> {
        let is_known = self.objectives.contains(objective);
        assert!(is_known, "the model has no objective {objective:?}");
        waits(lives, objective.team.as_deref(), objective.measure, from, now)
    }

    /// Whether a wait counts as missed under the level in force now. Under `none_over` a served
    /// ticket waits no longer.
    fn is_missed(
        &self,
        objective: &Objective,
        level: &Level,
        (life, wait): &(&TicketLife<'_>, Wait),
    ) -> bool {
        let is_share = |level: &Level| matches!(level, Level::Within { .. });
        let counts = match wait.end {
            End::Answered => is_share(level),
            // No objective changes between a share and a limit for all.
            End::Reopened => is_share(&objective.level),
            End::GivenUp | End::Deleted | End::Spam | End::NoReplyNeeded | End::Waiting => true,
        };
        counts && self.is_over(objective, life, wait)
    }

    /// Whether a wait is over the target in force at its end, or was over the one in force just
    /// before its priority changed, or its holder where targets differ by priority. The latter stays
    /// for the objectives of the holder then and of the organisation. A wait that a reopening starts
    /// was over by its time before, too. One that was finished late before stays late for the team that
    /// had finished it, also where another team holds the ticket.
    fn is_over(&self, objective: &Objective, life: &TicketLife<'_>, wait: &Wait) -> bool {
        let is_late = |at: i64, priority: Option<Priority>, until: usize, team: &str| {
            let target = objective.level_at(at).target_of(priority);
            life.is_longer(wait, until, objective.exclusions(), target, team)
        };
        let is_concerned = |holder: Option<&str>| {
            let team = objective.team.as_deref();
            team.is_none_or(|team| team == self.claimed_by(holder))
        };
        is_late(wait.at, wait.priority, wait.lived.end, &wait.team)
            || (wait.since..wait.lived.end).any(|index| {
                let step = &life.steps[index];
                let is_handed_on = objective.level_at(step.note.at).differs_by_priority()
                    && self.claimed_by(step.before.holder) != self.claimed_by(step.after.holder);
                (step.before.priority != step.after.priority || is_handed_on)
                    && is_concerned(step.before.holder)
                    && is_late(
                        step.note.at,
                        step.before.priority,
                        index,
                        self.claimed_by(step.before.holder),
                    )
            })
            || (wait.since..wait.lived.end).any(|index| {
                let step = &life.steps[index];
                let team = life.acting_in(index);
                let ends_here = step.solves()
                    && matches!(
                        objective.measure,
                        Measure::Resolution | Measure::CustomerWait | Measure::AgentWork
                    );
                ends_here
                    && objective.level_at(step.note.at).differs_by_priority()
                    && objective.team.as_deref().is_none_or(|own| own == team)
                    && is_late(step.note.at, step.before.priority, index, team)
            })
    }

    fn asks_again(&self, holder: Option<&str>) -> bool {
        let holder = self.claimed_by(holder);
        self.asking_again.iter().any(|team| team == holder)
    }

    fn hours_of(&self, claimed_by: &str) -> Option<&SlowCalendar> {
        self.hours.get(claimed_by).map(|hours| &**hours)
    }

    fn claimed_by<'h>(&self, holder: Option<&'h str>) -> &'h str {
        holder.filter(|holder| self.is_declared(holder)).unwrap_or("unclaimed")
    }

    fn is_declared(&self, team: &str) -> bool {
        self.teams.iter().any(|declared| declared == team)
    }
}

/// All waits of a measure that count for a team in a window: running waits, and waits that ended in
/// it other than as spam.
fn waits<'l, 'm>(
    lives: &'l [TicketLife<'m>],
    team: Option<&str>,
    measure: Measure,
    from: i64,
    now: i64,
) -> Vec<(&'l TicketLife<'m>, Wait)> {
    lives
        .iter()
        .flat_map(|life| life.waits(measure).into_iter().map(move |wait| (life, wait)))
        .filter(|(_, wait)| team.map_or(!wait.is_of_team_only, |team| team == wait.team))
        .filter(|(_, wait)| match wait.end {
            End::Answered | End::GivenUp | End::Deleted | End::Reopened => {
                (from..=now).contains(&wait.at)
            }
            End::Waiting => true,
            End::Spam | End::NoReplyNeeded => false,
        })
        .collect()
}

/// Decided waits and missed waits. Answered waits are decided; all others are decided only when
/// they are over target.
fn tally<'l, 'm>(
    waits: &[(&'l TicketLife<'m>, Wait)],
    over: impl Fn(&(&'l TicketLife<'m>, Wait)) -> bool,
) -> (u64, u64) {
    let missed = count(waits.iter().filter(|wait| over(wait)));
    let met = count(waits.iter().filter(|wait| wait.1.end == End::Answered && !over(wait)));
    (met + missed, missed)
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.map(|_| 1).sum()
}
