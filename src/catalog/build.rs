//! Compiles agreements into a catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::id::{CalendarId, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};
use super::{Catalog, CompiledObjective, OwnHours, StopwatchKind, TEAMS_MAX, WINDOWS};
use crate::agreement::{Agreement, Level, MessageOnSolved, Objective, Owner, Target};
use crate::calendar::{Calendar, WorkingDays, Zone};
use crate::event::PriorityNames;
use crate::measure::Measure;
use crate::name;

/// A catalog of the teams that events name.
#[derive(Debug)]
pub struct ObservedTeams {
    /// The catalog, without agreements.
    pub catalog: Catalog,
    /// Whether there were more than [`TEAMS_MAX`] teams. The rest are unclaimed.
    pub too_many: bool,
}

impl Catalog {
    /// A catalog of declared teams. `measures` run in addition to those that the agreements name.
    ///
    /// Several agreements of one owner are joined in order; `vaste check` refuses two files of one team.
    pub fn new(agreements: &[Agreement], measures: &[Measure]) -> Self {
        let teams = agreements.iter().filter_map(|agreement| match &agreement.owner {
            Owner::Team(name) => Some(name.clone()),
            Owner::Organisation => None,
        });
        let mut catalog = Self::of_teams(teams.collect());
        let named = agreements.iter().flat_map(|a| &a.objectives).map(|line| line.measure);
        catalog.measures = named.chain(measures.iter().copied()).collect();
        catalog.measures.sort_unstable();
        catalog.measures.dedup();
        let mut sorted: Vec<&Agreement> = agreements.iter().collect();
        sorted.sort_by(|a, b| a.owner.cmp(&b.owner));
        let lines: Vec<(ScopeId, &Objective)> = sorted
            .iter()
            .flat_map(|agreement| {
                let scope = catalog.scope_of_owner(&agreement.owner);
                agreement.objectives.iter().map(move |line| (scope, line))
            })
            .collect();
        for agreement in &sorted {
            let scope = catalog.scope_of_owner(&agreement.owner);
            let holder = catalog.holder_of_owner(scope);
            if let Some(hours) = &agreement.hours {
                catalog.hours[holder.index()] = catalog.add_calendar(hours);
            }
            let asks_again = agreement.about.message_on_solved == MessageOnSolved::AsksAgain;
            catalog.asks_again[holder.index()] |= asks_again;
            let former = agreement.about.former_names.iter().map(|name| (name.clone(), scope));
            catalog.former_names.extend(former);
            catalog.about.insert(scope, agreement.about.clone());
        }
        catalog.index_zones();
        catalog.has_hours = catalog.hours.iter().any(|id| *id != CalendarId::default());
        let kinds: Vec<StopwatchKind> =
            lines.iter().map(|(scope, line)| catalog.kind_for(*scope, line)).collect();
        catalog.index_stopwatch_kinds(&kinds);
        for ((scope, line), kind) in lines.into_iter().zip(&kinds) {
            catalog.add_objective(scope, line, kind);
        }
        catalog.windows.sort_unstable();
        catalog.windows.dedup();
        catalog.index_working_days();
        catalog
    }

    /// The same catalog with the organisation's own names of priorities.
    #[must_use]
    pub fn with_priority_names(mut self, names: PriorityNames) -> Self {
        self.priority_names = names;
        self
    }

    /// A catalog without agreements: the first [`TEAMS_MAX`] teams by name, and the default measures. Names
    /// that no team may have are left out.
    pub fn from_observed_teams<'a>(teams: impl Iterator<Item = &'a str>) -> ObservedTeams {
        let mut teams: Vec<Box<str>> =
            teams.filter(|team| name::is_team(team)).map(Into::into).collect();
        teams.sort_unstable();
        teams.dedup();
        let too_many = teams.len() > TEAMS_MAX;
        teams.truncate(TEAMS_MAX);
        let mut catalog = Self::of_teams(teams);
        catalog.measures = Measure::DEFAULT.to_vec();
        catalog.index_stopwatch_kinds(&[]);
        ObservedTeams { catalog, too_many }
    }

    fn of_teams(mut teams: Vec<Box<str>>) -> Self {
        teams.sort_unstable();
        teams.dedup();
        let hours = vec![CalendarId::default(); teams.len() + 2];
        let asks_again = vec![false; teams.len() + 2];
        let zones = vec![Zone::UTC; teams.len() + 2];
        Self {
            teams,
            former_names: BTreeMap::new(),
            measures: Vec::new(),
            stopwatch_kinds: Vec::new(),
            of_measure: Measure::ALL.map(|_| 0..0),
            calendars: vec![Arc::new(Calendar::always())],
            hours,
            has_hours: false,
            zones,
            asks_again,
            objectives: Vec::new(),
            about: BTreeMap::new(),
            judging: Vec::new(),
            working_days: Vec::new(),
            windows: WINDOWS.to_vec(),
            channels: Vec::new(),
            priority_names: PriorityNames::default(),
            splits: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    /// Finds the time zone of every scope, as [`Catalog::zone_of`] says. Handovers of duty have it where the
    /// file names no other.
    fn index_zones(&mut self) {
        let own = |scope: ScopeId| {
            let named = self.about.get(&scope).and_then(|about| about.zone.clone());
            let hours = self.calendar(self.hours_of(self.holder_of_owner(scope)));
            named.or_else(|| (!hours.is_always()).then(|| hours.zone().clone()))
        };
        let mut of_teams = self.ticket_scopes().filter_map(own);
        let first = of_teams.next();
        let shared = first.filter(|first| of_teams.all(|zone| zone == *first));
        let organisation = own(self.organisation()).or(shared).unwrap_or(Zone::UTC);
        let of = |scope| own(scope).unwrap_or_else(|| organisation.clone());
        let teams: Vec<Zone> =
            (0..self.teams.len()).map(|team| of(ScopeId::from_index(team))).collect();
        // Unclaimed tickets and the organisation come last.
        self.zones = teams;
        self.zones.resize(self.scope_count(), organisation);
        for (scope, about) in &mut self.about {
            if let Some(duty) = &mut about.duty {
                duty.zone.get_or_insert_with(|| self.zones[scope.index()].clone());
            }
        }
    }

    fn scope_of_owner(&self, owner: &Owner) -> ScopeId {
        match owner {
            Owner::Team(name) => self.scope_of_team(name),
            Owner::Organisation => self.organisation(),
        }
    }

    /// The scope of tickets that go by an owner's hours and rules: those of the organisation are for
    /// unclaimed tickets.
    fn holder_of_owner(&self, owner: ScopeId) -> ScopeId {
        if owner == self.organisation() { self.unclaimed() } else { owner }
    }

    /// The id of a calendar, which is added unless it is known.
    fn add_calendar(&mut self, calendar: &Arc<Calendar>) -> CalendarId {
        if calendar.is_always() {
            return CalendarId::default();
        }
        let known = self.calendars.iter().position(|other| Arc::ptr_eq(other, calendar));
        let index = known.unwrap_or_else(|| {
            self.calendars.push(Arc::clone(calendar));
            self.calendars.len() - 1
        });
        CalendarId::from_index(index)
    }

    /// The kind of stopwatch that an objective needs.
    fn kind_for(&mut self, owner: ScopeId, objective: &Objective) -> StopwatchKind {
        let scope = self.holder_of_owner(owner);
        let own_hours = objective
            .hours
            .as_ref()
            .map(|hours| OwnHours { scope, calendar: self.add_calendar(hours) });
        let pauses = objective.pauses.unwrap_or(objective.measure.pauses());
        StopwatchKind { measure: objective.measure, pauses, own_hours }
    }

    /// Lists all kinds of stopwatches in order of measure, the measure's own kind first.
    fn index_stopwatch_kinds(&mut self, of_objectives: &[StopwatchKind]) {
        for measure in Measure::ALL {
            let first = self.stopwatch_kinds.len();
            if self.measures.contains(&measure) {
                self.stopwatch_kinds.push(StopwatchKind {
                    measure,
                    pauses: measure.pauses(),
                    own_hours: None,
                });
            }
            for kind in of_objectives.iter().filter(|kind| kind.measure == measure) {
                if !self.stopwatch_kinds.contains(kind) {
                    self.stopwatch_kinds.push(kind.clone());
                }
            }
            let [first, end] =
                [first, self.stopwatch_kinds.len()].map(|i| u16::try_from(i).unwrap_or(u16::MAX));
            self.of_measure[measure.index()] = first..end;
        }
        let series = self.scope_count() * self.stopwatch_kinds.len();
        self.judging = vec![Vec::new(); series];
        self.working_days = vec![Vec::new(); series];
    }

    fn add_objective(&mut self, owner: ScopeId, objective: &Objective, kind: &StopwatchKind) {
        let at = self.stopwatch_kinds.iter().position(|other| other == kind).unwrap_or_default();
        let stopwatch_kind = StopwatchKindId::from_index(u16::try_from(at).unwrap_or_default());
        let id = ObjectiveId::from_index(self.objectives.len());
        let index = self.series_index(owner, stopwatch_kind);
        self.judging[index].push(id);
        self.windows.extend(objective.overs());
        let basis = objective.level.target(None).basis();
        self.shown.entry((owner, objective.measure)).or_insert(basis);
        self.add_split(owner, objective);
        self.objectives.push(CompiledObjective {
            owner,
            stopwatch_kind,
            objective: objective.clone(),
        });
    }

    /// Lists the working days that are targets of any level or market.
    fn index_working_days(&mut self) {
        let organisation = self.organisation();
        for CompiledObjective { owner, stopwatch_kind, objective } in &self.objectives {
            let market = objective.market.iter().map(|market| market.within);
            let targets = objective.levels().flat_map(Level::targets).chain(market);
            let days: Vec<WorkingDays> = targets.filter_map(Target::working_days).collect();
            let is_whole = *owner == organisation;
            for scope in self.reading_scopes().filter(|scope| is_whole || scope == owner) {
                let index = self.series_index(scope, *stopwatch_kind);
                let all = &mut self.working_days[index];
                all.extend(&days);
                all.sort_unstable();
                all.dedup();
            }
        }
    }

    fn add_split(&mut self, owner: ScopeId, objective: &Objective) {
        if !objective.split.priority && objective.split.channels.is_empty() {
            return;
        }
        for channel in &objective.split.channels {
            if !self.channels.contains(channel) {
                self.channels.push(channel.clone());
            }
        }
        let named: Vec<ChannelId> =
            objective.split.channels.iter().map(|channel| self.channel(channel)).collect();
        let split = self.splits.entry((owner, objective.measure)).or_default();
        split.priority |= objective.split.priority;
        if !named.is_empty() {
            split.channels.extend(named);
            split.channels.push(ChannelId::OTHER);
            split.channels.sort_unstable();
            split.channels.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::About;
    use crate::calendar::Definition;

    fn zone(name: &str) -> Zone {
        Zone::compiled_in(name).unwrap()
    }

    /// An agreement whose file names this zone, and a calendar in that one.
    fn agreement(owner: Owner, named: Option<&str>, hours: Option<&str>) -> Agreement {
        let hours = hours.map(|name| {
            let mut definition = Definition::new(zone(name));
            definition.week[0] = vec![crate::calendar::Opening::new(480, 960).unwrap()];
            Arc::new(Calendar::new(&definition).unwrap())
        });
        let about = About { zone: named.map(zone), ..About::default() };
        Agreement { owner, hours, objectives: Vec::new(), about }
    }

    fn team(name: &str, named: Option<&str>, hours: Option<&str>) -> Agreement {
        agreement(Owner::Team(name.into()), named, hours)
    }

    /// The zones of teams `a` and `b`, of unclaimed tickets and of the organisation.
    fn zones(agreements: &[Agreement]) -> String {
        let catalog = Catalog::new(agreements, &[]);
        let scopes = ["a", "b"].map(|name| catalog.scope_of_team(name));
        let scopes = scopes.into_iter().chain([catalog.unclaimed(), catalog.organisation()]);
        scopes.map(|scope| catalog.zone_of(scope).name()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_zone_is_named_or_the_calendars_or_the_organisations() {
        let (helsinki, tokyo, paris) = ("Europe/Helsinki", "Asia/Tokyo", "Europe/Paris");
        let plain = || team("b", None, None);
        let whole = |named, hours| agreement(Owner::Organisation, named, hours);
        for (agreements, expected) in [
            (vec![team("a", None, None), plain()], "UTC UTC UTC UTC".to_owned()),
            // The organisation takes the zone that the teams share.
            (
                vec![team("a", None, Some(helsinki)), plain()],
                format!("{helsinki} {helsinki} {helsinki} {helsinki}"),
            ),
            (
                vec![team("a", None, Some(helsinki)), team("b", Some(tokyo), Some(helsinki))],
                format!("{helsinki} {tokyo} UTC UTC"),
            ),
            (
                vec![team("a", Some(tokyo), None), plain(), whole(Some(paris), Some(helsinki))],
                format!("{tokyo} {paris} {paris} {paris}"),
            ),
            // The calendar of the organisation is that of unclaimed tickets.
            (
                vec![team("a", Some(tokyo), None), plain(), whole(None, Some(helsinki))],
                format!("{tokyo} {helsinki} {helsinki} {helsinki}"),
            ),
        ] {
            assert_eq!(zones(&agreements), expected);
        }
    }
}
