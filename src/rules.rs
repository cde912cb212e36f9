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

/// A kind of stopwatch: what it measures, what pauses it, and whose hours it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What it measures.
    pub measure: Measure,
    /// What pauses it.
    pub pauses: Pauses,
    /// The slot that goes by other hours than its team's: those of an objective whose earlier hours differ.
    own_hours: Option<(Slot, CalendarId)>,
}

/// One kind of stopwatch among all of [`Rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CourseId(u16);

impl CourseId {
    /// Its number, below [`Rules::courses`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One calendar among all of [`Rules`]; the first is `always`.
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
pub struct Rules {
    teams: Vec<Box<str>>,
    measures: Vec<Measure>,
    /// In order of measure, the measure's own first.
    courses: Vec<Course>,
    /// The courses of each measure, in the order of [`Measure::ALL`].
    of_measure: [Range<u16>; Measure::ALL.len()],
    calendars: Vec<Arc<Calendar>>,
    /// By slot; the organisation goes by the hours of those who answer.
    hours: Vec<CalendarId>,
    has_hours: bool,
    objectives: Vec<(Slot, CourseId, Objective)>,
    /// What agreements say beside their objectives.
    about: BTreeMap<Slot, About>,
    /// By slot and course.
    judging: Vec<Vec<ObjectiveId>>,
    windows: Vec<Elapsed>,
    channels: Vec<Box<str>>,
    splits: BTreeMap<(Slot, Measure), SplitBy>,
    /// The kind of time of the first objective of each slot and measure.
    shown: BTreeMap<(Slot, Measure), Basis>,
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
        let named = agreements.iter().flat_map(|a| &a.objectives).map(|line| line.measure);
        rules.measures = named.chain(measures.iter().copied()).collect();
        rules.measures.sort_unstable();
        rules.measures.dedup();
        let mut sorted: Vec<&Agreement> = agreements.iter().collect();
        sorted.sort_by(|a, b| a.owner.cmp(&b.owner));
        let lines: Vec<(Slot, &Objective)> = sorted
            .iter()
            .flat_map(|agreement| {
                let slot = rules.slot_of_owner(&agreement.owner);
                agreement.objectives.iter().map(move |line| (slot, line))
            })
            .collect();
        for agreement in &sorted {
            let slot = rules.slot_of_owner(&agreement.owner);
            if let Some(hours) = &agreement.hours {
                let open = if slot == rules.organisation() { rules.unclaimed() } else { slot };
                rules.hours[open.index()] = rules.calendar_id(hours);
            }
            rules.about.insert(slot, agreement.about.clone());
        }
        rules.has_hours = rules.hours.iter().any(|id| *id != CalendarId::default());
        let courses: Vec<Course> =
            lines.iter().map(|(slot, line)| rules.course_of(*slot, line)).collect();
        rules.lay_courses(&courses);
        for ((slot, line), course) in lines.into_iter().zip(&courses) {
            rules.take_in(slot, line, course);
        }
        rules.windows.sort_unstable();
        rules.windows.dedup();
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
        rules.lay_courses(&[]);
        (rules, over)
    }

    fn of_teams(mut teams: Vec<Box<str>>) -> Self {
        teams.sort_unstable();
        teams.dedup();
        let hours = vec![CalendarId::default(); teams.len() + 2];
        Self {
            teams,
            measures: Vec::new(),
            courses: Vec::new(),
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

    fn slot_of_owner(&self, owner: &Owner) -> Slot {
        match owner {
            Owner::Team(name) => self.slot_of_team(name),
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
    fn course_of(&mut self, owner: Slot, line: &Objective) -> Course {
        let slot = if owner == self.organisation() { self.unclaimed() } else { owner };
        let own_hours = line.hours.as_ref().map(|hours| (slot, self.calendar_id(hours)));
        let pauses = line.pauses.unwrap_or(line.measure.pauses());
        Course { measure: line.measure, pauses, own_hours }
    }

    /// Puts the measures' own kinds of stopwatches and those of objectives in order.
    fn lay_courses(&mut self, of_objectives: &[Course]) {
        for measure in Measure::ALL {
            let first = self.courses.len();
            if self.measures.contains(&measure) {
                self.courses.push(Course { measure, pauses: measure.pauses(), own_hours: None });
            }
            for course in of_objectives.iter().filter(|course| course.measure == measure) {
                if !self.courses.contains(course) {
                    self.courses.push(course.clone());
                }
            }
            let range = [first, self.courses.len()].map(|i| u16::try_from(i).unwrap_or(u16::MAX));
            self.of_measure[measure.index()] = range[0]..range[1];
        }
        self.judging = vec![Vec::new(); self.slots() * self.courses.len()];
    }

    /// Takes in one objective.
    fn take_in(&mut self, slot: Slot, line: &Objective, course: &Course) {
        let at = self.courses.iter().position(|other| other == course).unwrap_or_default();
        let course = CourseId(u16::try_from(at).unwrap_or_default());
        let id = ObjectiveId(u32::try_from(self.objectives.len()).unwrap_or(u32::MAX));
        let index = self.series_index(slot, course);
        self.judging[index].push(id);
        self.windows.extend(line.overs());
        self.shown.entry((slot, line.measure)).or_insert(line.level.target(None).basis);
        if line.split.priority || !line.split.channels.is_empty() {
            for channel in &line.split.channels {
                if !self.channels.contains(channel) {
                    self.channels.push(channel.clone());
                }
            }
            let named: Vec<ChannelId> =
                line.split.channels.iter().map(|channel| self.channel(channel)).collect();
            let split = self.splits.entry((slot, line.measure)).or_default();
            split.priority |= line.split.priority;
            if !named.is_empty() {
                split.channels.extend(named);
                split.channels.push(ChannelId::OTHER);
                split.channels.sort_unstable();
                split.channels.dedup();
            }
        }
        self.objectives.push((slot, course, line.clone()));
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

    /// The slot of that name in readings, as [`Rules::slot_name`] has it.
    pub fn slot_read(&self, name: Option<&str>) -> Slot {
        name.map_or(self.organisation(), |name| self.slot_of_team(name))
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
    pub fn courses(&self) -> &[Course] {
        &self.courses
    }

    /// One kind of stopwatch.
    pub fn course(&self, id: CourseId) -> &Course {
        &self.courses[id.index()]
    }

    /// The kinds of stopwatches of a measure, the measure's own first.
    pub fn courses_of(&self, measure: Measure) -> impl ExactSizeIterator<Item = CourseId> + use<> {
        self.of_measure[measure.index()].clone().map(CourseId)
    }

    /// The kind of stopwatch that is the measure's own; none if it does not run.
    pub fn standard(&self, measure: Measure) -> Option<CourseId> {
        self.courses_of(measure).next()
    }

    /// Whether a kind of stopwatch is its measure's own, which readings are of.
    pub fn is_standard(&self, id: CourseId) -> bool {
        self.standard(self.course(id).measure) == Some(id)
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
    pub fn calendar_id_of(&self, course: CourseId, slot: Slot) -> CalendarId {
        match self.courses[course.index()].own_hours {
            Some((own, calendar)) if own == slot => calendar,
            _ => self.hours[slot.index()],
        }
    }

    /// The hours of a slot's team.
    pub fn hours_of(&self, slot: Slot) -> CalendarId {
        self.hours[slot.index()]
    }

    /// One calendar.
    pub fn calendar(&self, id: CalendarId) -> &Calendar {
        &self.calendars[usize::from(id.0)]
    }

    /// The kinds of time that readings of a slot and measure have.
    pub fn bases(&self, slot: Slot, measure: Measure) -> &'static [Basis] {
        let has_hours = if slot == self.organisation() {
            self.has_hours
        } else {
            self.hours[slot.index()] != CalendarId::default()
        };
        if has_hours && !measure.is_count() { &Basis::ALL } else { &[Basis::Calendar] }
    }

    /// The kind of time in which metrics show a slot and measure: that of the first objective in its file
    /// with that measure, calendar time where there is none.
    pub fn basis_shown(&self, slot: Slot, measure: Measure) -> Basis {
        self.shown.get(&(slot, measure)).copied().unwrap_or(Basis::Calendar)
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
    pub fn split(&self, slot: Slot, measure: Measure) -> Option<&SplitBy> {
        self.splits.get(&(slot, measure))
    }

    /// The window lengths of every reading, ascending.
    pub fn windows(&self) -> &[Elapsed] {
        &self.windows
    }

    /// All objectives: the teams' in order of team and line, then the organisation's.
    pub fn objectives(&self) -> impl Iterator<Item = (ObjectiveId, Slot, &Objective)> {
        (0..).map(ObjectiveId).zip(&self.objectives).map(|(id, (slot, _, line))| (id, *slot, line))
    }

    /// One objective and whose it is.
    pub fn objective(&self, id: ObjectiveId) -> (Slot, &Objective) {
        let (slot, _, objective) = &self.objectives[id.index()];
        (*slot, objective)
    }

    /// The kind of stopwatch that an objective is judged by.
    pub fn course_judged(&self, id: ObjectiveId) -> CourseId {
        self.objectives[id.index()].1
    }

    /// What the agreement of a slot says beside its objectives; none where there is no agreement.
    pub fn about(&self, slot: Slot) -> Option<&About> {
        self.about.get(&slot)
    }

    /// The objectives of this slot for this kind of stopwatch.
    pub fn judging(&self, slot: Slot, course: CourseId) -> &[ObjectiveId] {
        &self.judging[self.series_index(slot, course)]
    }

    /// Where what is known of a slot and a kind of stopwatch is kept in a list over all of them.
    pub fn series_index(&self, slot: Slot, course: CourseId) -> usize {
        slot.index() * self.courses.len() + course.index()
    }
}

fn slot_at(index: usize) -> Slot {
    // Teams are bounded by TEAMS_MAX.
    Slot(u32::try_from(index).unwrap_or(u32::MAX))
}
