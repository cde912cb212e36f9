//! Agreements compiled for the stream: which teams there are, which measures run, and which objectives
//! judge a ticket.

use std::collections::BTreeMap;

use crate::agreement::{About, Agreement, Objective, Owner};
use crate::measure::Measure;
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
pub struct Slot(u32);

impl Slot {
    /// The slot that sorts first.
    pub const FIRST: Self = Self(0);

    /// Its number, below [`Rules::slots`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One objective among all of [`Rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectiveId(u32);

impl ObjectiveId {
    /// Its number, below the number of objectives.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Agreements, compiled. Teams are in order of name, objectives in order of team and line.
#[derive(Debug)]
pub struct Rules {
    teams: Vec<Box<str>>,
    measures: Vec<Measure>,
    objectives: Vec<(Slot, Objective)>,
    /// What agreements say beside their objectives.
    about: BTreeMap<Slot, About>,
    /// By slot and measure.
    judging: Vec<Vec<ObjectiveId>>,
    windows: Vec<Elapsed>,
}

impl Rules {
    /// Rules for declared teams. `measures` run beside those that the agreements name.
    ///
    /// Agreements of one owner follow each other; of one team's two files the checker lets none pass.
    pub fn new(agreements: &[Agreement], measures: &[Measure]) -> Self {
        let teams = agreements.iter().filter_map(|agreement| match &agreement.owner {
            Owner::Team(name) => Some(name.clone()),
            Owner::Organisation => None,
        });
        let mut rules = Self::of_teams(teams.collect());
        let mut sorted: Vec<&Agreement> = agreements.iter().collect();
        sorted.sort_by(|a, b| a.owner.cmp(&b.owner));
        for agreement in sorted {
            let slot = match &agreement.owner {
                Owner::Team(name) => rules.slot_of_team(name),
                Owner::Organisation => rules.organisation(),
            };
            rules.objectives.extend(agreement.objectives.iter().map(|line| (slot, line.clone())));
            rules.about.insert(slot, agreement.about.clone());
        }
        let named = rules.objectives.iter().map(|(_, objective)| objective.measure);
        rules.measures = named.chain(measures.iter().copied()).collect();
        rules.measures.sort_unstable();
        rules.measures.dedup();
        rules.windows.extend(rules.objectives.iter().map(|(_, objective)| objective.over));
        rules.windows.sort_unstable();
        rules.windows.dedup();
        rules.judging = vec![Vec::new(); rules.slots() * Measure::ALL.len()];
        for (id, (slot, objective)) in (0..).map(ObjectiveId).zip(&rules.objectives) {
            rules.judging[series_index(*slot, objective.measure)].push(id);
        }
        rules
    }

    /// Rules without agreements: every team as it comes, over the bound the first [`TEAMS_MAX`] by name,
    /// and the measures that run by default. The flag says whether some were left out.
    pub fn as_they_come<'a>(teams: impl Iterator<Item = &'a str>) -> (Self, bool) {
        let mut teams: Vec<Box<str>> =
            teams.filter(|team| name::is_team(team)).map(Into::into).collect();
        teams.sort_unstable();
        teams.dedup();
        let over = teams.len() > TEAMS_MAX;
        teams.truncate(TEAMS_MAX);
        let mut rules = Self::of_teams(teams);
        rules.measures = Measure::DEFAULT.to_vec();
        rules.judging = vec![Vec::new(); rules.slots() * Measure::ALL.len()];
        (rules, over)
    }

    fn of_teams(mut teams: Vec<Box<str>>) -> Self {
        teams.sort_unstable();
        teams.dedup();
        Self {
            teams,
            measures: Vec::new(),
            objectives: Vec::new(),
            about: BTreeMap::new(),
            judging: Vec::new(),
            windows: WINDOWS.to_vec(),
        }
    }

    /// The slot of the team of that name; unclaimed where it is not declared.
    pub fn slot_of_team(&self, name: &str) -> Slot {
        let found = self.teams.binary_search_by(|team| (**team).cmp(name));
        found.map_or(self.unclaimed(), slot_at)
    }

    /// The slot of tickets that no declared team answers for.
    pub fn unclaimed(&self) -> Slot {
        slot_at(self.teams.len())
    }

    /// The slot of the whole organisation. No ticket is in it; every sample counts for it, too.
    pub fn organisation(&self) -> Slot {
        slot_at(self.teams.len() + 1)
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.teams.len() + 2
    }

    /// The slots that tickets can be in: the teams in order of name, then unclaimed.
    pub fn ticket_slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..=self.teams.len()).map(slot_at)
    }

    /// All slots in the order of readings: the organisation, the teams by name, unclaimed.
    pub fn reading_slots(&self) -> impl Iterator<Item = Slot> + use<> {
        std::iter::once(self.organisation()).chain(self.ticket_slots())
    }

    /// The name of a slot in readings: that of the team, `unclaimed`, or none for the organisation.
    pub fn slot_name(&self, slot: Slot) -> Option<&str> {
        if slot == self.organisation() {
            None
        } else {
            Some(self.teams.get(slot.index()).map_or(name::UNCLAIMED, |name| name))
        }
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
        self.measures.contains(&measure)
    }

    /// The window lengths of every reading, ascending.
    pub fn windows(&self) -> &[Elapsed] {
        &self.windows
    }

    /// All objectives: the teams' in order of team and line, then the organisation's.
    pub fn objectives(&self) -> impl Iterator<Item = (ObjectiveId, Slot, &Objective)> {
        (0..).map(ObjectiveId).zip(&self.objectives).map(|(id, (slot, line))| (id, *slot, line))
    }

    /// One objective and whose it is.
    pub fn objective(&self, id: ObjectiveId) -> (Slot, &Objective) {
        let (slot, objective) = &self.objectives[id.index()];
        (*slot, objective)
    }

    /// What the agreement of a slot says beside its objectives; none where there is no agreement.
    pub fn about(&self, slot: Slot) -> Option<&About> {
        self.about.get(&slot)
    }

    /// The objectives of this slot for this measure.
    pub fn judging(&self, slot: Slot, measure: Measure) -> &[ObjectiveId] {
        &self.judging[series_index(slot, measure)]
    }
}

fn slot_at(index: usize) -> Slot {
    // Teams are bounded by TEAMS_MAX.
    Slot(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Where a slot's measure is kept in a list over all of them.
pub fn series_index(slot: Slot, measure: Measure) -> usize {
    slot.index() * Measure::ALL.len() + measure.index()
}
