//! Agreements compiled for the stream: which teams there are, which measures run, and which objectives
//! judge a ticket.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::agreement::{About, Agreement, Objective, Owner};
use crate::calendar::Calendar;
use crate::measure::{Basis, Measure, Pauses};
use crate::name;
use crate::time::{DAY_MS, Elapsed, HOUR_MS};

/// Teams at most. Beyond it, teams that nobody declared are unclaimed; declaring more is refused.
pub const TEAMS_MAX: usize = 2_000;

/// The windows that every reading has.
pub const WINDOWS: [Elapsed; 4] = [
    Elapsed::from_ms(HOUR_MS),
    Elapsed::from_ms(DAY_MS),
    Elapsed::from_ms(7 * DAY_MS),
    Elapsed::from_ms(28 * DAY_MS),
];

/// Whom a ticket or a reading belongs to: a declared team, unclaimed, or the whole organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeId(u32);

impl ScopeId {
    /// The slot that sorts first.
    pub const FIRST: Self = Self(0);

    /// Its number, below [`Catalog::scope_count`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One objective among all of [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectiveId(u32);

impl ObjectiveId {
    /// Its number, below the number of objectives.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A kind of stopwatch: what it measures, what pauses it, and whose hours it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopwatchKind {
    /// What it measures.
    pub measure: Measure,
    /// What pauses it.
    pub pauses: Pauses,
    /// The slot that goes by other hours than its team's: those of an objective whose earlier hours differ.
    own_hours: Option<(ScopeId, CalendarId)>,
}

/// One kind of stopwatch among all of [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopwatchKindId(u16);

impl StopwatchKindId {
    /// Its number, below [`Catalog::stopwatch_kinds`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One calendar among all of [`Catalog`]; the first is `always`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarId(u16);

/// A channel that some reading is split by, or [`ChannelId::OTHER`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelId(u16);

impl ChannelId {
    /// Any channel that no agreement names, and none at all.
    pub const OTHER: Self = Self(0);

    /// Its number.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The channel of that number.
    pub const fn from_index(index: u16) -> Self {
        Self(index)
    }
}

/// What the readings of one team and measure are split by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitBy {
    /// By priority.
    pub priority: bool,
    /// By channel: all others, then these, by name; empty where not.
    pub channels: Vec<ChannelId>,
}

/// Agreements, compiled. Teams are in order of name, objectives in order of team and line.
#[derive(Debug)]
pub struct Catalog {
    teams: Vec<Box<str>>,
    measures: Vec<Measure>,
    /// In order of measure, the measure's own first.
    stopwatch_kinds: Vec<StopwatchKind>,
    /// The courses of each measure, in the order of [`Measure::ALL`].
    of_measure: [Range<u16>; Measure::ALL.len()],
    calendars: Vec<Arc<Calendar>>,
    /// By slot; the organisation goes by the hours of those who answer.
    hours: Vec<CalendarId>,
    has_hours: bool,
    objectives: Vec<(ScopeId, StopwatchKindId, Objective)>,
    /// What agreements say beside their objectives.
    about: BTreeMap<ScopeId, About>,
    /// By slot and course.
    judging: Vec<Vec<ObjectiveId>>,
    windows: Vec<Elapsed>,
    channels: Vec<Box<str>>,
    splits: BTreeMap<(ScopeId, Measure), SplitBy>,
    /// The kind of time of the first objective of each slot and measure.
    shown: BTreeMap<(ScopeId, Measure), Basis>,
}

impl Catalog {
    /// Rules for declared teams. `measures` run beside those that the agreements name.
    ///
    /// Agreements of one owner follow each other; of one team's two files the checker lets none pass.
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
            if let Some(hours) = &agreement.hours {
                let open =
                    if scope == catalog.organisation() { catalog.unclaimed() } else { scope };
                catalog.hours[open.index()] = catalog.calendar_id(hours);
            }
            catalog.about.insert(scope, agreement.about.clone());
        }
        catalog.has_hours = catalog.hours.iter().any(|id| *id != CalendarId::default());
        let stopwatch_kinds: Vec<StopwatchKind> =
            lines.iter().map(|(scope, line)| catalog.stopwatch_kind_of(*scope, line)).collect();
        catalog.index_stopwatch_kinds(&stopwatch_kinds);
        for ((scope, line), stopwatch_kind) in lines.into_iter().zip(&stopwatch_kinds) {
            catalog.add_objective(scope, line, stopwatch_kind);
        }
        catalog.windows.sort_unstable();
        catalog.windows.dedup();
        catalog
    }

    /// Rules without agreements: every team as it comes, over the bound the first [`TEAMS_MAX`] by name,
    /// and the measures that run by default. The flag says whether some were left out.
    pub fn from_observed_teams<'a>(teams: impl Iterator<Item = &'a str>) -> (Self, bool) {
        let mut teams: Vec<Box<str>> =
            teams.filter(|team| name::is_team(team)).map(Into::into).collect();
        teams.sort_unstable();
        teams.dedup();
        let over = teams.len() > TEAMS_MAX;
        teams.truncate(TEAMS_MAX);
        let mut catalog = Self::of_teams(teams);
        catalog.measures = Measure::DEFAULT.to_vec();
        catalog.index_stopwatch_kinds(&[]);
        (catalog, over)
    }

    fn of_teams(mut teams: Vec<Box<str>>) -> Self {
        teams.sort_unstable();
        teams.dedup();
        let hours = vec![CalendarId::default(); teams.len() + 2];
        Self {
            teams,
            measures: Vec::new(),
            stopwatch_kinds: Vec::new(),
            of_measure: Measure::ALL.map(|_| 0..0),
            calendars: vec![Arc::new(Calendar::always())],
            hours,
            has_hours: false,
            objectives: Vec::new(),
            about: BTreeMap::new(),
            judging: Vec::new(),
            windows: WINDOWS.to_vec(),
            channels: Vec::new(),
            splits: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    fn scope_of_owner(&self, owner: &Owner) -> ScopeId {
        match owner {
            Owner::Team(name) => self.scope_of_team(name),
            Owner::Organisation => self.organisation(),
        }
    }

    fn calendar_id(&mut self, calendar: &Arc<Calendar>) -> CalendarId {
        if calendar.is_always() {
            return CalendarId::default();
        }
        let known = self.calendars.iter().position(|other| Arc::ptr_eq(other, calendar));
        let index = known.unwrap_or_else(|| {
            self.calendars.push(Arc::clone(calendar));
            self.calendars.len() - 1
        });
        // Every calendar is of a team or an objective, of which there are fewer.
        CalendarId(u16::try_from(index).unwrap_or_default())
    }

    /// The kind of stopwatch that an objective is judged by.
    fn stopwatch_kind_of(&mut self, owner: ScopeId, line: &Objective) -> StopwatchKind {
        let scope = if owner == self.organisation() { self.unclaimed() } else { owner };
        let own_hours = line.hours.as_ref().map(|hours| (scope, self.calendar_id(hours)));
        let pauses = line.pauses.unwrap_or(line.measure.pauses());
        StopwatchKind { measure: line.measure, pauses, own_hours }
    }

    /// Puts the measures' own kinds of stopwatches and those of objectives in order.
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
            for stopwatch_kind in
                of_objectives.iter().filter(|stopwatch_kind| stopwatch_kind.measure == measure)
            {
                if !self.stopwatch_kinds.contains(stopwatch_kind) {
                    self.stopwatch_kinds.push(stopwatch_kind.clone());
                }
            }
            let range =
                [first, self.stopwatch_kinds.len()].map(|i| u16::try_from(i).unwrap_or(u16::MAX));
            self.of_measure[measure.index()] = range[0]..range[1];
        }
        self.judging = vec![Vec::new(); self.scope_count() * self.stopwatch_kinds.len()];
    }

    /// Takes in one objective.
    fn add_objective(&mut self, scope: ScopeId, line: &Objective, stopwatch_kind: &StopwatchKind) {
        let at = self
            .stopwatch_kinds
            .iter()
            .position(|other| other == stopwatch_kind)
            .unwrap_or_default();
        let stopwatch_kind = StopwatchKindId(u16::try_from(at).unwrap_or_default());
        let id = ObjectiveId(u32::try_from(self.objectives.len()).unwrap_or(u32::MAX));
        let index = self.series_index(scope, stopwatch_kind);
        self.judging[index].push(id);
        self.windows.extend(line.overs());
        self.shown.entry((scope, line.measure)).or_insert(line.level.target(None).basis);
        if line.split.priority || !line.split.channels.is_empty() {
            for channel in &line.split.channels {
                if !self.channels.contains(channel) {
                    self.channels.push(channel.clone());
                }
            }
            let named: Vec<ChannelId> =
                line.split.channels.iter().map(|channel| self.channel(channel)).collect();
            let split = self.splits.entry((scope, line.measure)).or_default();
            split.priority |= line.split.priority;
            if !named.is_empty() {
                split.channels.extend(named);
                split.channels.push(ChannelId::OTHER);
                split.channels.sort_unstable();
                split.channels.dedup();
            }
        }
        self.objectives.push((scope, stopwatch_kind, line.clone()));
    }

    /// The slot of the team of that name; unclaimed where it is not declared.
    pub fn scope_of_team(&self, name: &str) -> ScopeId {
        let found = self.teams.binary_search_by(|team| (**team).cmp(name));
        found.map_or(self.unclaimed(), scope_at)
    }

    /// The slot of tickets that no declared team answers for.
    pub fn unclaimed(&self) -> ScopeId {
        scope_at(self.teams.len())
    }

    /// The slot of the whole organisation. No ticket is in it; every sample counts for it, too.
    pub fn organisation(&self) -> ScopeId {
        scope_at(self.teams.len() + 1)
    }

    /// How many slots there are.
    pub fn scope_count(&self) -> usize {
        self.teams.len() + 2
    }

    /// The slots that tickets can be in: the teams in order of name, then unclaimed.
    pub fn ticket_scopes(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..=self.teams.len()).map(scope_at)
    }

    /// All slots in the order of readings: the organisation, the teams by name, unclaimed.
    pub fn reading_scopes(&self) -> impl Iterator<Item = ScopeId> + use<> {
        std::iter::once(self.organisation()).chain(self.ticket_scopes())
    }

    /// The name of a slot in readings: that of the team, `unclaimed`, or none for the organisation.
    pub fn scope_name(&self, scope: ScopeId) -> Option<&str> {
        if scope == self.organisation() {
            None
        } else {
            Some(self.teams.get(scope.index()).map_or(name::UNCLAIMED, |name| name))
        }
    }

    /// The slot of that name in readings, as [`Catalog::scope_name`] has it.
    pub fn scope_by_name(&self, name: Option<&str>) -> ScopeId {
        name.map_or(self.organisation(), |name| self.scope_of_team(name))
    }

    /// The declared teams, by name.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.teams.iter().map(|name| &**name)
    }

    /// The measures that run, in order. Others cost nothing.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Whether this measure runs.
    pub fn measures_it(&self, measure: Measure) -> bool {
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

    /// The kinds of stopwatches of a measure, the measure's own first.
    pub fn stopwatch_kinds_of(
        &self,
        measure: Measure,
    ) -> impl ExactSizeIterator<Item = StopwatchKindId> + use<> {
        self.of_measure[measure.index()].clone().map(StopwatchKindId)
    }

    /// The kind of stopwatch that is the measure's own; none if it does not run.
    pub fn standard(&self, measure: Measure) -> Option<StopwatchKindId> {
        self.stopwatch_kinds_of(measure).next()
    }

    /// Whether a kind of stopwatch is its measure's own, which readings are of.
    pub fn is_standard(&self, id: StopwatchKindId) -> bool {
        self.standard(self.stopwatch_kind(id).measure) == Some(id)
    }

    /// Whether any team is not always open.
    pub fn has_hours(&self) -> bool {
        self.has_hours
    }

    /// Whether any stopwatch goes by hours at all.
    pub fn has_calendars(&self) -> bool {
        self.calendars.len() > 1
    }

    /// Whether anything is agreed on.
    pub fn has_objectives(&self) -> bool {
        !self.objectives.is_empty()
    }

    /// The calendar that a kind of stopwatch goes by while a slot holds the ticket.
    pub fn calendar_id_of(&self, stopwatch_kind: StopwatchKindId, scope: ScopeId) -> CalendarId {
        match self.stopwatch_kinds[stopwatch_kind.index()].own_hours {
            Some((own, calendar)) if own == scope => calendar,
            _ => self.hours[scope.index()],
        }
    }

    /// The hours of a slot's team.
    pub fn hours_of(&self, scope: ScopeId) -> CalendarId {
        self.hours[scope.index()]
    }

    /// One calendar.
    pub fn calendar(&self, id: CalendarId) -> &Calendar {
        &self.calendars[usize::from(id.0)]
    }

    /// The kinds of time that readings of a slot and measure have.
    pub fn bases(&self, scope: ScopeId, measure: Measure) -> &'static [Basis] {
        let has_hours = if scope == self.organisation() {
            self.has_hours
        } else {
            self.hours[scope.index()] != CalendarId::default()
        };
        if has_hours && !measure.is_count() { &Basis::ALL } else { &[Basis::Calendar] }
    }

    /// The kind of time in which metrics show a slot and measure: that of the first objective in its file
    /// with that measure, calendar time where there is none.
    pub fn basis_shown(&self, scope: ScopeId, measure: Measure) -> Basis {
        self.shown.get(&(scope, measure)).copied().unwrap_or(Basis::Calendar)
    }

    /// The channel of that name; [`ChannelId::OTHER`] where no reading is split by it.
    pub fn channel(&self, name: &str) -> ChannelId {
        let known = self.channels.iter().position(|channel| **channel == *name);
        known.map_or(ChannelId::OTHER, |at| ChannelId(u16::try_from(at + 1).unwrap_or_default()))
    }

    /// The name of a channel that readings are split by; `other` for all others.
    pub fn channel_name(&self, id: ChannelId) -> &str {
        let index = usize::from(id.0).checked_sub(1);
        index.and_then(|index| self.channels.get(index)).map_or("other", |name| name)
    }

    /// Whether any reading is split.
    pub fn has_splits(&self) -> bool {
        !self.splits.is_empty()
    }

    /// What the readings of a slot and measure are split by, if by anything.
    pub fn split(&self, scope: ScopeId, measure: Measure) -> Option<&SplitBy> {
        self.splits.get(&(scope, measure))
    }

    /// The window lengths of every reading, ascending.
    pub fn windows(&self) -> &[Elapsed] {
        &self.windows
    }

    /// All objectives: the teams' in order of team and line, then the organisation's.
    pub fn objectives(&self) -> impl Iterator<Item = (ObjectiveId, ScopeId, &Objective)> {
        (0..)
            .map(ObjectiveId)
            .zip(&self.objectives)
            .map(|(id, (scope, _, line))| (id, *scope, line))
    }

    /// One objective and whose it is.
    pub fn objective(&self, id: ObjectiveId) -> (ScopeId, &Objective) {
        let (scope, _, objective) = &self.objectives[id.index()];
        (*scope, objective)
    }

    /// The kind of stopwatch that an objective is judged by.
    pub fn stopwatch_kind_judged(&self, id: ObjectiveId) -> StopwatchKindId {
        self.objectives[id.index()].1
    }

    /// What the agreement of a slot says beside its objectives; none where there is no agreement.
    pub fn about(&self, scope: ScopeId) -> Option<&About> {
        self.about.get(&scope)
    }

    /// The objectives of this slot for this kind of stopwatch.
    pub fn judging(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> &[ObjectiveId] {
        &self.judging[self.series_index(scope, stopwatch_kind)]
    }

    /// Where what is known of a slot and a kind of stopwatch is kept in a list over all of them.
    pub fn series_index(&self, scope: ScopeId, stopwatch_kind: StopwatchKindId) -> usize {
        scope.index() * self.stopwatch_kinds.len() + stopwatch_kind.index()
    }
}

fn scope_at(index: usize) -> ScopeId {
    // Teams are bounded by TEAMS_MAX.
    ScopeId(u32::try_from(index).unwrap_or(u32::MAX))
}
