//! What the pages need of the picture: lines by team, readings by measure, names, links.

use std::collections::BTreeMap;

use super::i18n::{Language, Translator};
use crate::agreement::{Level, Objective, Tally, VerdictState};
use crate::catalog::{Catalog, ScopeId};
use crate::measure::Measure;
use crate::name::{path_segment, team_label};
use crate::reading::{Reading, Verdict};

use crate::service::coordinator::published_view::{ObjectiveDetail, PublishedView};
use crate::service::coordinator::readiness::NotReady;
use crate::share::Share;
use crate::ticket::RatingKind;
use crate::time::{Elapsed, Timestamp};
use crate::window::Scores;

/// Who reads: in which language, and whether links must say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct PageLanguage {
    /// The language.
    pub(in crate::service) language: Language,
    /// Whether it was asked for in the address: then links keep it.
    pub(in crate::service) is_asked: bool,
}

impl PageLanguage {
    /// The address of a path of this site for this reader.
    pub(super) fn link(self, path: &str) -> String {
        if self.is_asked { in_language(path, self.language) } else { path.to_owned() }
    }
}

/// The address of a path in a language.
pub(super) fn in_language(path: &str, language: Language) -> String {
    format!("{path}?lang={}", language.code())
}

/// The picture as the pages read it.
///
/// While the picture is frozen, it is the last one that could be trusted: colours and numbers are then as
/// of that time. If there was none, nothing is known, and nothing is shown but what is agreed.
pub(super) struct Board<'a> {
    pub(super) reader: PageLanguage,
    pub(super) words: &'static Translator,
    /// Why the data cannot be trusted now.
    pub(super) not_ready: Option<&'a NotReady>,
    /// The instant of what is shown; absent while nothing is known.
    pub(super) at: Option<Timestamp>,
    pub(super) catalog: &'a Catalog,
    lines: BTreeMap<ScopeId, Vec<ObjectiveView<'a>>>,
    readings: BTreeMap<(Option<&'a str>, Measure), Vec<&'a Reading>>,
    /// The parts that readings are split by.
    splits: BTreeMap<(Option<&'a str>, Measure), Vec<&'a Reading>>,
    ratings: &'a [(ScopeId, RatingKind, Elapsed, Scores)],
}

/// One objective and how it stands.
#[derive(Clone, Copy)]
pub(super) struct ObjectiveView<'a> {
    pub(super) scope: ScopeId,
    pub(super) objective: &'a Objective,
    /// The level in force.
    pub(super) level: &'a Level,
    /// The length of the window in force.
    pub(super) over: Elapsed,
    /// Absent while nothing is known.
    pub(super) verdict: Option<&'a Verdict>,
    /// What is known beside the verdict; absent with it.
    pub(super) detail: Option<&'a ObjectiveDetail>,
}

impl<'a> Board<'a> {
    /// The board of this picture for this reader.
    pub(super) fn new(published: &'a PublishedView, reader: PageLanguage) -> Self {
        let shown = published.shown();
        let at = shown.and_then(|shown| shown.at);
        let catalog = &*shown.unwrap_or(published).catalog;
        let mut lines: BTreeMap<ScopeId, Vec<ObjectiveView<'a>>> = BTreeMap::new();
        for (id, scope, objective) in catalog.objectives() {
            lines.entry(scope).or_default().push(ObjectiveView {
                scope,
                objective,
                level: at.map_or(&objective.level, |at| objective.level_at(at)),
                over: at.map_or(objective.over, |at| objective.over_at(at)),
                verdict: shown.and_then(|shown| shown.verdicts.get(id.index())),
                detail: shown.and_then(|shown| shown.details.get(id.index())),
            });
        }
        // Within one team alone: what needs it most comes first.
        lines.values_mut().for_each(|lines| lines.sort_by_key(|line| urgency(line.last_state())));
        let readings = by_measure(shown.into_iter().flat_map(PublishedView::readings_shown));
        let splits = by_measure(shown.into_iter().flat_map(PublishedView::splits_shown));
        Self {
            reader,
            words: reader.language.words(),
            not_ready: published.frozen.as_ref(),
            at,
            catalog,
            lines,
            readings,
            splits,
            ratings: shown.map_or(&[], |shown| &shown.ratings),
        }
    }

    /// The objectives of a team, the worst first.
    pub(super) fn lines(&self, scope: ScopeId) -> &[ObjectiveView<'a>] {
        self.lines.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// The readings of a team's measure, by window; none where there is nothing to say.
    pub(super) fn readings(&self, scope: ScopeId, measure: Measure) -> &[&'a Reading] {
        let key = (self.catalog.scope_name(scope), measure);
        self.readings.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The readings of the parts of a team's measure in a window, in order of part.
    pub(super) fn splits(
        &self,
        scope: ScopeId,
        measure: Measure,
        window: Elapsed,
    ) -> impl Iterator<Item = &'a Reading> {
        let key = (self.catalog.scope_name(scope), measure);
        let all = self.splits.get(&key).into_iter().flatten().copied();
        all.filter(move |reading| reading.window == window)
    }

    /// The scores of a team's ratings in one of the windows that every team has.
    pub(super) fn ratings(&self, scope: ScopeId, kind: RatingKind, window: Elapsed) -> Scores {
        let key = (scope, kind, window);
        let mut all = self.ratings.iter();
        all.find(|(s, k, w, _)| (*s, *k, *w) == key).map_or(Scores::default(), |(.., of)| *of)
    }

    /// Whether there is anything to say of a team.
    pub(super) fn has_readings(&self, scope: ScopeId) -> bool {
        self.catalog.measures().iter().any(|measure| !self.readings(scope, *measure).is_empty())
    }

    /// The measures of a team that its short form shows: all but the first resolution, which says nearly
    /// what the resolution says, unless an objective names it.
    pub(super) fn measures(&self, scope: ScopeId) -> impl Iterator<Item = Measure> {
        let is_named = move |measure: Measure| {
            self.lines(scope).iter().any(|line| line.objective.measure == measure)
        };
        let running = self.catalog.measures().iter().copied();
        running.filter(move |m| *m != Measure::FirstResolution || is_named(*m))
    }

    /// The teams in alphabetical order of their names.
    pub(super) fn teams(&self) -> Vec<ScopeId> {
        let mut teams: Vec<_> = self
            .catalog
            .ticket_scopes()
            .filter(|scope| *scope != self.catalog.unclaimed())
            .map(|scope| (alphabetical(&self.name(scope)), scope))
            .collect();
        teams.sort();
        teams.into_iter().map(|(_, scope)| scope).collect()
    }

    /// What a team is called in the reader's language, fit to be shown.
    pub(super) fn name(&self, scope: ScopeId) -> String {
        let code = self.reader.language.code();
        let own = self.catalog.about(scope).map(|about| about.name_in(code));
        match own.filter(|name| !name.is_empty()) {
            Some(name) => shown(name),
            None if scope == self.catalog.organisation() => self.words.text("organisation"),
            None if scope == self.catalog.unclaimed() => self.words.text("unclaimed"),
            None => shown(self.catalog.scope_name(scope).unwrap_or_default()),
        }
    }

    /// How a team is called in addresses and metrics.
    pub(super) fn label(&self, scope: ScopeId) -> &'a str {
        team_label(self.catalog.scope_name(scope))
    }

    /// The team that an address names.
    pub(super) fn slot_of_label(&self, label: &str) -> Option<ScopeId> {
        let mut scopes = self.catalog.reading_scopes();
        scopes.find(|scope| self.label(*scope) == label)
    }

    /// The path of a team's page.
    pub(super) fn team_path(&self, scope: ScopeId) -> String {
        format!("/teams/{}", path_segment(self.label(scope)))
    }

    /// The path of an objective's page.
    pub(super) fn objective_path(&self, line: ObjectiveView<'_>) -> String {
        format!("{}/objectives/{}", self.team_path(line.scope), path_segment(&line.objective.name))
    }

    /// How an objective stands now: frozen while the data cannot be trusted.
    pub(super) fn state(&self, line: ObjectiveView<'_>) -> VerdictState {
        if self.not_ready.is_some() { VerdictState::Frozen } else { line.last_state() }
    }

    /// An instant, beside the year of what is shown.
    pub(super) fn instant(&self, at: Timestamp) -> String {
        self.words.instant(at, self.at.unwrap_or(at))
    }
}

impl ObjectiveView<'_> {
    /// How it stands, or stood when last it was known; frozen if it never was.
    pub(super) fn last_state(self) -> VerdictState {
        self.verdict.map_or(VerdictState::Frozen, |verdict| verdict.state)
    }

    /// Waiting over target now.
    pub(super) fn over_target(self) -> u64 {
        self.detail.map_or(0, |detail| detail.overdue)
    }

    /// Waiting now and close to the target.
    pub(super) fn due_soon(self) -> u64 {
        self.detail.map_or(0, |detail| detail.used_most.saturating_sub(detail.overdue))
    }

    /// Whether fewer than the agreed share are, or were when last it was known, within what others achieve.
    pub(super) fn is_behind_market(self) -> bool {
        self.verdict.is_some_and(|verdict| verdict.behind_market)
    }

    /// Whether its level is a share of tickets.
    pub(super) fn has_share(self) -> bool {
        match self.level {
            Level::Within { .. } => true,
            Level::NoneOver(_) => false,
        }
    }

    /// The tickets it is judged by.
    pub(super) fn tally(self) -> Tally {
        self.verdict.map_or_else(Tally::default, |verdict| Tally {
            decided: verdict.decided,
            missed: verdict.missed,
        })
    }

    /// How many misses its level allows, and among how many tickets; none where it has no share. Below
    /// `min_tickets` it is judged as if these were there.
    pub(super) fn allowance(self) -> Option<(u64, u64)> {
        let Level::Within { share, min_tickets, .. } = self.level else { return None };
        let among = self.tally().decided.max(*min_tickets);
        let budget_bp = u128::from(Share::WHOLE_BP - share.basis_points());
        let allowed = budget_bp * u128::from(among) / u128::from(Share::WHOLE_BP);
        Some((u64::try_from(allowed).unwrap_or(u64::MAX), among))
    }

    /// The share within target in basis points, as [`share_shown`].
    pub(super) fn shown_share(self, agreed: Share) -> Option<u32> {
        share_shown(self.tally(), agreed)
    }
}

/// The share of these tickets within target in basis points, with a decimal more than the agreed one at
/// most. Rounded down: a level that is not reached never looks reached.
pub(super) fn share_shown(Tally { decided, missed }: Tally, agreed: Share) -> Option<u32> {
    let met = u128::from(decided.saturating_sub(missed));
    let bp = (met * u128::from(Share::WHOLE_BP)).checked_div(u128::from(decided))?;
    let bp = u32::try_from(bp).ok()?;
    let step = if agreed.basis_points().is_multiple_of(10) { 10 } else { 1 };
    Some(bp - bp % step)
}

/// Readings by team and measure.
fn by_measure<'a>(
    readings: impl Iterator<Item = &'a Reading>,
) -> BTreeMap<(Option<&'a str>, Measure), Vec<&'a Reading>> {
    let mut by_measure: BTreeMap<_, Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        by_measure.entry((reading.team.as_deref(), reading.measure)).or_default().push(reading);
    }
    by_measure
}

/// The order of a team's own objectives on its page: the lower, the sooner it needs the team.
pub(super) const fn urgency(state: VerdictState) -> u8 {
    match state {
        VerdictState::Missed => 0,
        VerdictState::AtRisk => 1,
        VerdictState::Frozen => 2,
        VerdictState::InsufficientData => 3,
        VerdictState::NotAgreed => 4,
        VerdictState::Met => 5,
    }
}

/// A name for people: characters that turn the direction of writing or cannot be seen show as such.
pub(super) fn shown(name: &str) -> String {
    let is_hidden = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let visible: String =
        name.chars().map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if visible.trim().is_empty() { char::REPLACEMENT_CHARACTER.to_string() } else { visible }
}

/// What to sort a name by: without case, å, ä and ö after z as in Finnish.
fn alphabetical(name: &str) -> String {
    let place = |c| match c {
        'å' => '{',
        'ä' => '|',
        'ö' => '}',
        other => other,
    };
    name.chars().flat_map(char::to_lowercase).map(place).collect()
}
