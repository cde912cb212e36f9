//! Agreements compiled to ids: which teams there are, which measures run, and which objectives apply to a
//! ticket.
//!
//! | file | it holds |
//! |---|---|
//! | `id` | ids of scopes, objectives, kinds of stopwatches, calendars and channels |
//! | `build` | how a catalog is compiled |
//! | this one | the catalog and its queries |
//!
//! The hot path asks a catalog several times an event. So every query is an index into a list, and ids are
//! those indexes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::agreement::{About, Objective, Target};
use crate::calendar::{Calendar, WorkingDays, Zone};
use crate::duty::Duty;
use crate::event::PriorityNames;
use crate::measure::{Basis, Measure, Pauses};
use crate::name;
use crate::time::{DAY_MS, Elapsed, HOUR_MS, Timestamp};

mod id;
mod build;

pub use build::ObservedTeams;
pub use id::{CalendarId, ChannelId, ObjectiveId, ScopeId, StopwatchKindId};

/// The maximum of teams. Configuration that declares more is refused; undeclared ones beyond it are
/// unclaimed.
pub const TEAMS_MAX: usize = 2_000;

/// The window lengths that every reading has.
pub const WINDOWS: [Elapsed; 4] = [
    Elapsed::from_ms(HOUR_MS),
    Elapsed::from_ms(DAY_MS),
    Elapsed::from_ms(7 * DAY_MS),
    Elapsed::from_ms(28 * DAY_MS),
];

/// What to do about events of a team without an agreement.
pub fn undeclared_team_advice(team: &str, catalog: &Catalog) -> String {
    match similar_team(team, catalog) {
        Some(declared) => format!("did you mean {declared:?}? correct the `team` of the events"),
        None => "write an agreement for the team, or correct the `team` of the events".to_owned(),
    }
}

/// The declared team that a name was probably meant to be; `None` if there is none like it.
pub fn similar_team<'c>(team: &str, catalog: &'c Catalog) -> Option<&'c str> {
    name::similar(team, catalog.teams())
}

/// A kind of stopwatch: what it measures, what pauses it, and which calendar it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopwatchKind {
    /// What it measures.
    pub measure: Measure,
    /// What pauses it.
    pub pauses: Pauses,
    /// Set where an objective's earlier hours differ from its team's present ones.
    own_hours: Option<OwnHours>,
}

/// A calendar that replaces the team's while one scope holds the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OwnHours {
    scope: ScopeId,
    calendar: CalendarId,
}

/// What the readings of one scope and measure are split by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitBy {
    /// By priority.
    pub priority: bool,
    /// By channel: first [`ChannelId::OTHER`], then these; empty where not split by channel.
    pub channels: Vec<ChannelId>,
}

/// Agreements, compiled. Teams are in order of name, objectives in order of team and position in the file.
#[derive(Debug)]
pub struct Catalog {
    teams: Vec<Box<str>>,
    /// The scope of each former name of a team.
    former_names: BTreeMap<Box<str>, ScopeId>,
    measures: Vec<Measure>,
    /// In order of measure, the measure's own kind first.
    stopwatch_kinds: Vec<StopwatchKind>,
    /// The stopwatch kinds of each measure, in the order of [`Measure::ALL`].
    of_measure: [Range<u16>; Measure::ALL.len()],
    calendars: Vec<Arc<Calendar>>,
    /// By scope; the organisation goes by the hours of the scope that holds the ticket.
    hours: Vec<CalendarId>,
    has_hours: bool,
    /// By scope: the time zone of texts about it.
    zones: Vec<Zone>,
    /// By scope: whether a customer's message on a solved ticket asks again.
    asks_again: Vec<bool>,
    objectives: Vec<CompiledObjective>,
    about: BTreeMap<ScopeId, About>,
    /// The objectives by [`Catalog::series_index`].
    judging: Vec<Vec<ObjectiveId>>,
    /// The working days that are targets, by [`Catalog::series_index`], ascending.
    working_days: Vec<Vec<WorkingDays>>,
    windows: Vec<Elapsed>,
    channels: Vec<Box<str>>,
    priority_names: PriorityNames,
    splits: BTreeMap<(ScopeId, Measure), SplitBy>,
    /// The kind of time of the first objective of each scope and measure.
    shown: BTreeMap<(ScopeId, Measure), Basis>,
}

#[derive(Debug)]
struct CompiledObjective {
    owner: ScopeId,
    stopwatch_kind: StopwatchKindId,
    objective: Objective,
}

impl Catalog {
    /// The scope of a team, by its present or a former name; unclaimed where the team is not declared. Names
    /// are compared by [`name::normal`]: checkpoints of earlier versions hold names as they were sent.
    pub fn scope_of_team(&self, name: &str) -> ScopeId {
        let find = |name: &str| self.teams.binary_search_by(|team| (**team).cmp(name));
        if let Ok(index) = find(name) {
            return ScopeId::from_index(index);
        }
        let name = name::normal(name);
        let former = || self.former_names.get(&*name).copied().unwrap_or(self.unclaimed());
        find(&name).map_or_else(|_| former(), ScopeId::from_index)
    }

    /// The scope of tickets of no declared team.
    pub fn unclaimed(&self) -> ScopeId {
        ScopeId::from_index(self.teams.len())
    }

    /// The scope of the whole organisation. It holds no ticket; every sample counts for it too.
    pub fn organisation(&self) -> ScopeId {
        ScopeId::from_index(self.teams.len() + 1)
    }

    /// The number of scopes: the teams, unclaimed, the organisation.
    pub fn scope_count(&self) -> usize {
        self.teams.len() + 2
    }

    /// The scopes that hold tickets: the teams in order of name, then unclaimed.
    pub fn ticket_scopes(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..=self.teams.len()).map(ScopeId::from_index)
    }

    /// All scopes in the order of readings: the organisation, the teams by name, unclaimed.
    pub fn reading_scopes(&self) -> impl Iterator<Item = ScopeId> + use<> {
        std::iter::once(self.organisation()).chain(self.ticket_scopes())
    }

    /// The name of a scope in readings: the team's, `unclaimed`, or `None` for the organisation.
    pub fn scope_name(&self, scope: ScopeId) -> Option<&str> {
        if scope == self.organisation() {
            None
        } else {
            Some(self.teams.get(scope.index()).map_or(name::UNCLAIMED, |name| name))
        }
    }

    /// The scope of a name as [`Catalog::scope_name`] gives it.
    pub fn scope_by_name(&self, name: Option<&str>) -> ScopeId {
        name.map_or(self.organisation(), |name| self.scope_of_team(name))
    }

    /// The scope of a label in an address or a metric; `None` if no scope has it. Links with a former name of
    /// a team lead to the team.
    pub fn scope_by_label(&self, label: &str) -> Option<ScopeId> {
        let mut scopes = self.reading_scopes();
        let present = scopes.find(|scope| name::team_label(self.scope_name(*scope)) == label);
        present.or_else(|| self.former_names.get(label).copied())
    }

    /// The declared teams, by name.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.teams.iter().map(|name| &**name)
    }

    /// The measures that run, in order. The others cost nothing.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Whether this measure runs.
    pub fn is_measured(&self, measure: Measure) -> bool {
        !self.of_measure[measure.index()].is_empty()
    }

    /// All kinds of stopwatches, in order of measure.
    pub fn stopwatch_kinds(&self) -> &[StopwatchKind] {
        &self.stopwatch_kinds
    }

    /// One kind of stopwatch.
    pub fn stopwatch_kind(&self, id: StopwatchKindId) -> &StopwatchKind {
        &self.stopwatch_kinds[id.index()]
    }

    /// The kinds of stopwatches of a measure, the measure's own first; empty if it does not run.
    pub fn stopwatch_kinds_of(
        &self,
        measure: Measure,
    ) -> impl ExactSizeIterator<Item = StopwatchKindId> + use<> {
        self.of_measure[measure.index()].clone().map(StopwatchKindId::from_index)
    }

    /// The measure's own kind of stopwatch; `None` if the measure does not run.
    pub fn standard(&self, measure: Measure) -> Option<StopwatchKindId> {
        self.stopwatch_kinds_of(measure).next()
    }

    /// Whether this is its measure's own kind, which readings are made of.
    pub fn is_standard(&self, id: StopwatchKindId) -> bool {
        self.standard(self.stopwatch_kind(id).measure) == Some(id)
    }

    /// Whether any team is not always open.
    pub fn has_hours(&self) -> bool {
        self.has_hours
    }

    /// Whether any stopwatch goes by opening hours.
    pub fn has_calendars(&self) -> bool {
        self.calendars.len() > 1
    }

    /// Whether a customer's message on a solved ticket asks again, while a scope holds the ticket.
    pub fn asks_again_on_solved(&self, scope: ScopeId) -> bool {
        self.asks_again[scope.index()]
    }

    /// Whether anything is agreed on.
    pub fn has_objectives(&self) -> bool {
        !self.objectives.is_empty()
    }

    /// The calendar that a kind of stopwatch goes by while a scope holds the ticket.
    pub fn calendar_id_of(&self, stopwatch_kind: StopwatchKindId, scope: ScopeId) -> CalendarId {
        match self.stopwatch_kinds[stopwatch_kind.index()].own_hours {
            Some(own) if own.scope == scope => own.calendar,
            Some(_) | None => self.hours[scope.index()],
        }
    }

    /// The calendar of a scope's team.
    pub fn hours_of(&self, scope: ScopeId) -> CalendarId {
        self.hours[scope.index()]
    }

    /// The time zone of texts about a scope: the one that its agreement names, else that of its calendar.
    ///
    /// A team without either, and unclaimed tickets, have the organisation's zone. An organisation without
    /// either has the one that the teams share, and UTC where they differ or have none.
    pub fn zone_of(&self, scope: ScopeId) -> &Zone {
        &self.zones[scope.index()]
    }

    /// One calendar.
    pub fn calendar(&self, id: CalendarId) -> &Calendar {
        &self.calendars[id.index()]
    }

    /// The kinds of time that readings of a scope and measure have.
    pub fn bases(&self, scope: ScopeId, measure: Measure) -> &'static [Basis] {
        let has_hours = if scope == self.organisation() {
            self.has_hours
        } else {
            self.hours[scope.index()] != CalendarId::default()
        };
        if has_hours && measure.is_timed() { &Basis::ALL } else { &[Basis::Calendar] }
    }

    /// The kind of time in which metrics show a scope and measure: that of its first objective with that
    /// measure, calendar time where there is none.
    pub fn basis_shown(&self, scope: ScopeId, measure: Measure) -> Basis {
        self.shown.get(&(scope, measure)).copied().unwrap_or(Basis::Calendar)
    }

    /// The organisation's own names of priorities.
    pub fn priority_names(&self) -> &PriorityNames {
        &self.priority_names
    }

    /// The id of a channel; [`ChannelId::OTHER`] where no reading is split by it.
    pub fn channel(&self, name: &str) -> ChannelId {
        let name = name::normal(name);
        let known = self.channels.iter().position(|channel| **channel == *name);
        known.map_or(ChannelId::OTHER, |at| {
            ChannelId::from_index(u16::try_from(at + 1).unwrap_or_default())
        })
    }

    /// The channel that a name was probably meant to be; `None` where readings are split by this very
    /// channel, or by none like it.
    pub fn similar_channel(&self, name: &str) -> Option<&str> {
        let is_known = self.channel(name) != ChannelId::OTHER;
        let channels = self.channels.iter().map(|channel| &**channel);
        if is_known { None } else { name::similar(name, channels) }
    }

    /// The name of a channel; `other` for [`ChannelId::OTHER`].
    pub fn channel_name(&self, id: ChannelId) -> &str {
        let index = id.index().checked_sub(1);
        index.and_then(|index| self.channels.get(index)).map_or("other", |name| name)
    }

    /// Whether any reading is split.
    pub fn has_splits(&self) -> bool {
        !self.splits.is_empty()
    }

    /// What the readings of a scope and measure are split by; `None` if they are not.
    pub fn split(&self, scope: ScopeId, measure: Measure) -> Option<&SplitBy> {
        self.splits.get(&(scope, measure))
    }

    /// The window lengths of every reading, ascending.
    pub fn windows(&self) -> &[Elapsed] {
        &self.windows
    }

    /// All objectives with their owners: the teams' in order of team and position, then the organisation's.
    pub fn objectives(&self) -> impl Iterator<Item = (ObjectiveId, ScopeId, &Objective)> {
        let compiled = self.objectives.iter().enumerate();
        compiled.map(|(index, one)| (ObjectiveId::from_index(index), one.owner, &one.objective))
    }

    /// One objective with its owner.
    pub fn objective(&self, id: ObjectiveId) -> (ScopeId, &Objective) {
        let compiled = &self.objectives[id.index()];
        (compiled.owner, &compiled.objective)
    }

    /// The kind of stopwatch that an objective is judged by.
    pub fn stopwatch_kind_of(&self, id: ObjectiveId) -> StopwatchKindId {
        self.objectives[id.index()].stopwatch_kind
    }

    /// What a scope's agreement says besides its objectives; `None` without an agreement.
    pub fn about(&self, scope: ScopeId) -> Option<&About> {
        self.about.get(&scope)
    }

    /// The turns of duty of a scope, with their time zone; `None` where the agreement has none.
    pub fn duty(&self, scope: ScopeId) -> Option<&Duty> {
        self.about(scope)?.duty.as_ref()
    }

    /// The scope's own objectives for this kind of stopwatch.
    pub fn judging(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> &[ObjectiveId] {
        &self.judging[self.series_index(scope, stopwatch_kind)]
    }

    /// How long a wait that started at `started` may last to be within a target, in raw form. `scope` is the
    /// one that the wait counts for: working days go by its calendar.
    pub fn allowance(
        &self,
        target: Target,
        stopwatch_kind: StopwatchKindId,
        scope: ScopeId,
        started: Timestamp,
    ) -> Elapsed {
        match target {
            Target::Fixed { elapsed, .. } => elapsed,
            Target::WorkingDays(days) => {
                let calendar = self.calendar(self.calendar_id_of(stopwatch_kind, scope));
                calendar.working_time(started, days)
            }
        }
    }

    /// The working days that are targets for waits of this kind while a scope holds the ticket: in its own
    /// objectives and in those of the organisation. Ascending.
    pub fn working_days(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> &[WorkingDays] {
        &self.working_days[self.series_index(scope, stopwatch_kind)]
    }

    /// The index of a scope and a kind of stopwatch in a list over all pairs of them.
    pub fn series_index(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> usize {
        scope.index() * self.stopwatch_kinds.len() + stopwatch_kind.index()
    }
}
