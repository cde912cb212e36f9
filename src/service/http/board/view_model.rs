//! The published view as the pages read it: objectives by team, readings by measure, names, links.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::i18n::{Language, Translator};
use crate::address::{self, TicketLinks};
use crate::agreement::{Level, Objective, Tally, VerdictState};
use crate::agreement_log::ObjectiveChange;
use crate::alert::{Alert, WaitAlarmPolicies};
use crate::calendar::Zone;
use crate::catalog::{Catalog, ObjectiveId, ScopeId};
use crate::measure::Measure;
use crate::name::team_label;
use crate::reading::{Reading, Verdict};

use crate::check_list::CheckList;
use crate::review::{BroughtTicket, Review};
use crate::service::coordinator::published_view::{AwaitedJudges, ObjectiveDetail, PublishedView};
use crate::service::coordinator::readiness::NotReady;
use crate::service::derived_past::DerivedPast;
use crate::share::{MaxShare, Share};
use crate::team_log::TeamLog;
use crate::ticket::{GivenUp, RatingKind};
use crate::time::{Elapsed, Timestamp};
use crate::waiting_list::{ListOf, TicketList};
use crate::window::{FlagCounts, Scores};

/// The language of a page, and whether its links must carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct PageLanguage {
    /// The language.
    pub(in crate::service) language: Language,
    /// Whether the address asks for it. If so, links keep it.
    pub(in crate::service) is_asked: bool,
}

impl PageLanguage {
    /// A link to a path of this site; it keeps the language if the address asked for it.
    pub(in crate::service::http) fn link(self, path: &str) -> String {
        if self.is_asked {
            address::in_language(path, self.language.code())
        } else {
            path.to_owned()
        }
    }

    /// The same with a query.
    pub(in crate::service::http) fn link_with(self, path: &str, query: Option<&str>) -> String {
        let link = self.link(path);
        let mark = if self.is_asked { '&' } else { '?' };
        query.map_or_else(|| link.clone(), |query| format!("{link}{mark}{query}"))
    }
}

/// The published view as the pages read it.
///
/// While verdicts are frozen, the board shows the last trusted view with its states and numbers.
/// Before the first trusted view, it shows the agreements only.
pub(super) struct Board<'a> {
    pub(super) reader: PageLanguage,
    pub(super) texts: &'static Translator,
    /// Why verdicts are frozen; `None` while they are not.
    pub(super) not_ready: Option<&'a NotReady>,
    /// The instant of the view that is shown; `None` before the first trusted view.
    pub(super) at: Option<Timestamp>,
    /// The time zone of all instants of the page.
    pub(super) zone: Zone,
    pub(super) catalog: &'a Catalog,
    objectives: BTreeMap<ScopeId, Vec<ObjectiveView<'a>>>,
    readings: BTreeMap<(Option<&'a str>, Measure), Vec<&'a Reading>>,
    /// Readings of one priority or channel.
    splits: BTreeMap<(Option<&'a str>, Measure), Vec<&'a Reading>>,
    ratings: &'a [(ScopeId, RatingKind, Elapsed, Scores)],
    ticket_links: &'a TicketLinks,
    /// `None` before the first trusted view.
    published: Option<&'a PublishedView>,
    /// The past of all objectives; `None` until it is derived.
    pub(super) past: Option<&'a DerivedPast>,
    /// What changed in all agreements, in order of time.
    changes: &'a [ObjectiveChange],
}

/// One objective with its verdict.
#[derive(Clone, Copy)]
pub(in crate::service::http) struct ObjectiveView<'a> {
    pub(super) id: ObjectiveId,
    pub(in crate::service::http) scope: ScopeId,
    pub(in crate::service::http) objective: &'a Objective,
    /// The level in force.
    pub(in crate::service::http) level: &'a Level,
    /// The length of the window in force.
    pub(in crate::service::http) over: Elapsed,
    /// The ceiling of unanswered endings in force; `None` without one.
    pub(in crate::service::http) unanswered_max: Option<MaxShare>,
    /// `None` before the first trusted view.
    pub(in crate::service::http) verdict: Option<&'a Verdict>,
    /// Numbers beyond the verdict; `None` together with it.
    pub(in crate::service::http) detail: Option<&'a ObjectiveDetail>,
}

/// The misses that a level allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::http) struct Allowance {
    pub(in crate::service::http) allowed: u64,
    /// The number of tickets that it is computed from.
    pub(in crate::service::http) among: u64,
}

impl<'a> Board<'a> {
    /// The board of a published view in the language of a page.
    pub(super) fn new(published: &'a PublishedView, reader: PageLanguage) -> Self {
        let shown = published.shown();
        let at = shown.and_then(|shown| shown.at);
        let catalog = &*shown.unwrap_or(published).catalog;
        let mut objectives: BTreeMap<ScopeId, Vec<ObjectiveView<'a>>> = BTreeMap::new();
        for (id, scope, objective) in catalog.objectives() {
            let view = ObjectiveView::new(shown, id, scope, objective);
            objectives.entry(scope).or_default().push(view);
        }
        objectives
            .values_mut()
            .for_each(|objectives| objectives.sort_by_key(|view| urgency(view.last_state())));
        let readings = by_measure(shown.into_iter().flat_map(PublishedView::readings_shown));
        let splits = by_measure(shown.into_iter().flat_map(PublishedView::splits_shown));
        Self {
            reader,
            texts: reader.language.texts(),
            not_ready: published.frozen.as_ref(),
            at,
            zone: catalog.zone_of(catalog.organisation()).clone(),
            catalog,
            objectives,
            readings,
            splits,
            ratings: shown.map_or(&[], |shown| &shown.ratings),
            ticket_links: &published.ticket_links,
            published: shown,
            past: shown.and_then(|shown| shown.past.as_deref()),
            changes: &published.changes,
        }
    }

    /// The date of the view that is shown, in the time zone of the page; `None` before the first trusted
    /// view.
    pub(super) fn today(&self) -> Option<NaiveDate> {
        Some(self.zone.local_time(self.at?)?.date_naive())
    }

    /// The same board in the time zone of a team.
    pub(super) fn in_zone_of(mut self, scope: ScopeId) -> Self {
        self.zone = self.catalog.zone_of(scope).clone();
        self
    }

    /// The time zone of the page as text: its abbreviation at the instant of the board, and its name.
    pub(super) fn zone_name(&self, at: Timestamp) -> String {
        let name = self.zone.name();
        let abbreviation = self.zone.abbreviation(at);
        if abbreviation == name { abbreviation } else { format!("{abbreviation}, {name}") }
    }

    /// The objectives of a team, worst first.
    pub(super) fn objectives(&self, scope: ScopeId) -> &[ObjectiveView<'a>] {
        self.objectives.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// The readings of a team's measure, by window; empty without samples, waiting or given-up
    /// tickets.
    pub(super) fn readings(&self, scope: ScopeId, measure: Measure) -> &[&'a Reading] {
        let key = (self.catalog.scope_name(scope), measure);
        self.readings.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The split readings of a team's measure in a window.
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

    /// What changed in the agreement of an objective, the latest change first.
    pub(super) fn changes(&self, view: ObjectiveView<'_>) -> Vec<&'a ObjectiveChange> {
        let changes = self.changes.iter().rev();
        let is_of = |change: &&ObjectiveChange| {
            *change.objective == *view.objective.name
                && self.catalog.scope_by_label(&change.team) == Some(view.scope)
        };
        changes.filter(is_of).collect()
    }

    /// The alerts of an objective.
    pub(super) fn alerts(&self, view: ObjectiveView<'_>) -> impl Iterator<Item = &'a Alert> {
        let all = self.published.into_iter().flat_map(|published| published.alerts.iter());
        all.filter(move |alert| alert.objective == view.id)
    }

    /// The scores of a team's ratings in one of [`crate::catalog::WINDOWS`].
    pub(super) fn ratings(&self, scope: ScopeId, kind: RatingKind, window: Elapsed) -> Scores {
        let key = (scope, kind, window);
        let mut all = self.ratings.iter();
        all.find(|(s, k, w, _)| (*s, *k, *w) == key).map_or(Scores::default(), |(.., of)| *of)
    }

    /// The flagged acts of a team that concern a measure, in a window.
    pub(super) fn flags(&self, scope: ScopeId, measure: Measure, window: Elapsed) -> FlagCounts {
        let mut all = self.published.iter().flat_map(|published| &published.flags);
        let found = all.find(|(s, m, w, _)| (*s, *m, *w) == (scope, measure, window));
        found.map_or(FlagCounts::default(), |(.., counts)| *counts)
    }

    /// A team's tickets that ended unanswered in a window, by reason.
    pub(super) fn given_up(
        &self,
        scope: ScopeId,
        measure: Measure,
        window: Elapsed,
    ) -> [u64; GivenUp::ALL.len()] {
        let mut all = self.published.iter().flat_map(|published| &published.given_up);
        let found = all.find(|(s, m, w, _)| (*s, *m, *w) == (scope, measure, window));
        found.map_or([0; GivenUp::ALL.len()], |(.., by_reason)| *by_reason)
    }

    /// The first waiting tickets of a list.
    pub(super) fn waiting_tickets(&self, of: ListOf) -> TicketList {
        self.published.map(|published| published.waiting_tickets(of)).unwrap_or_default()
    }

    /// How tickets are named.
    pub(super) fn ticket_links(&self) -> &'a TicketLinks {
        self.ticket_links
    }

    /// Whether tickets that nobody has agreed to answer have waited here for so long that an alarm fires.
    pub(super) fn waits_for_nobody(&self, scope: ScopeId) -> bool {
        let alarms = self.published.map(|published| &published.wait_alarms);
        alarms.is_some_and(|alarms| alarms.has_waiting_tickets(self.label(scope)))
    }

    /// Whether a team has any reading.
    pub(super) fn has_readings(&self, scope: ScopeId) -> bool {
        self.catalog.measures().iter().any(|measure| !self.readings(scope, *measure).is_empty())
    }

    /// The measures that a team's summary shows.
    ///
    /// First resolution is nearly the same as resolution, so it is shown only if an objective uses
    /// it.
    pub(super) fn measures(&self, scope: ScopeId) -> impl Iterator<Item = Measure> {
        let is_agreed = move |measure: Measure| {
            self.objectives(scope).iter().any(|view| view.objective.measure == measure)
        };
        let measures = self.catalog.measures().iter().copied();
        measures.filter(move |m| *m != Measure::FirstResolution || is_agreed(*m))
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

    /// The name of a team in the language of the page, as [`shown`].
    pub(super) fn name(&self, scope: ScopeId) -> String {
        let code = self.reader.language.code();
        let own = self.catalog.about(scope).map(|about| about.name_in(code));
        match own.filter(|name| !name.is_empty()) {
            Some(name) => shown(name),
            None if scope == self.catalog.organisation() => self.texts.text("organisation"),
            None if scope == self.catalog.unclaimed() => self.texts.text("unclaimed"),
            None => shown(self.catalog.scope_name(scope).unwrap_or_default()),
        }
    }

    /// The label of a team in addresses and metrics.
    pub(super) fn label(&self, scope: ScopeId) -> &'a str {
        team_label(self.catalog.scope_name(scope))
    }

    /// The path of a team's page.
    pub(super) fn team_path(&self, scope: ScopeId) -> String {
        address::team(self.catalog.scope_name(scope))
    }

    /// The path of an objective's page.
    pub(super) fn agenda_path(&self, scope: ScopeId) -> String {
        address::agenda(self.label(scope))
    }

    pub(super) fn agenda_markdown_path(&self, scope: ScopeId) -> String {
        address::agenda_markdown(self.label(scope))
    }

    /// What the present turn of a scope checks; `None` without turns, until it is derived, and where ids of
    /// tickets are not shown.
    pub(super) fn check_list(&self, scope: ScopeId) -> Option<&'a CheckList> {
        self.past.filter(|_| self.ticket_links.shows_ids)?.checks.of(scope)
    }

    /// How people judged a ticket.
    pub(super) fn reviews(&self, ticket: &str) -> &'a [Review] {
        self.published.map_or(&[], |published| published.reviews.of(ticket))
    }

    /// The tickets that were brought to a team.
    pub(super) fn brought(&self, scope: ScopeId) -> Vec<BroughtTicket<'a>> {
        self.published.map_or_else(Vec::new, |published| published.brought_to(scope))
    }

    /// How many of those who are asked to judge a ticket have done so; `None` once all have.
    pub(super) fn awaited_judges(&self, scope: ScopeId, ticket: &str) -> Option<AwaitedJudges> {
        self.published?.awaited_judges(scope, ticket)
    }

    /// The tickets of a team that several people have judged; none where ids are not shown.
    pub(super) fn judged_by_several(&self, scope: ScopeId) -> Vec<(&'a str, &'a [Review])> {
        let published = self.published.filter(|_| self.ticket_links.shows_ids);
        let Some(published) = published else { return Vec::new() };
        let is_of_team = |review: &Review| {
            let team = review.team.as_deref().map(|team| self.catalog.scope_of_team(team));
            team == Some(scope)
        };
        let several = published.reviews.judged_by_several();
        several.filter(|(_, reviews)| reviews.last().is_some_and(is_of_team)).collect()
    }

    /// The tickets of a scope that wait for an answer, and since when the first of them does.
    pub(super) fn waiting_for_answer(&self, scope: ScopeId) -> (u64, Option<Timestamp>) {
        // All windows of a measure have the same tickets that wait.
        let of_measure = |measure| self.readings(scope, measure).first();
        let readings = [Measure::FirstReply, Measure::NextReply].map(of_measure);
        let readings = || readings.iter().flatten();
        let oldest = readings().filter_map(|reading| reading.oldest_waiting_since).min();
        (readings().map(|reading| reading.waiting).sum(), oldest)
    }

    /// The number of teams without an agreement that events have named.
    pub(super) fn undeclared_teams(&self) -> u64 {
        self.undeclared_names().0.len() as u64
    }

    /// The teams without an agreement that events have named, each with the team that was probably meant, in
    /// order of name; and the number of events of further names.
    pub(super) fn undeclared_names(&self) -> (Vec<(String, Option<String>)>, u64) {
        let Some(published) = self.published else { return (Vec::new(), 0) };
        let notes = published.producer_notes();
        let teams = notes.undeclared_teams.by_name.iter();
        let names = teams.map(|(team, note)| (team.clone(), note.similar.first().cloned()));
        (names.collect(), notes.undeclared_teams.of_other_names)
    }

    /// When the alarms about tickets that nobody has agreed to answer fire; `None` before the first trusted
    /// view.
    pub(super) fn wait_alarms(&self) -> Option<&'a WaitAlarmPolicies> {
        Some(self.published?.wait_alarms.policies())
    }

    /// What a team has said; `None` if nothing.
    pub(super) fn team_log(&self, scope: ScopeId) -> Option<&'a TeamLog> {
        self.published?.team_logs.of(scope)
    }

    pub(super) fn objective_path(&self, view: ObjectiveView<'_>) -> String {
        address::objective(self.catalog.scope_name(view.scope), &view.objective.name)
    }

    /// The path of the page with an objective's waiting tickets.
    pub(super) fn objective_tickets_path(&self, view: ObjectiveView<'_>) -> String {
        address::objective_tickets(self.catalog.scope_name(view.scope), &view.objective.name)
    }

    /// The current state of an objective: frozen while the data is not ready.
    pub(super) fn state(&self, view: ObjectiveView<'_>) -> VerdictState {
        if self.not_ready.is_some() { VerdictState::Frozen } else { view.last_state() }
    }

    /// An instant as text; the year is left out if it is the year of the board.
    pub(super) fn instant(&self, at: Timestamp) -> String {
        self.texts.instant(at, self.at.unwrap_or(at), &self.zone)
    }
}

impl<'a> ObjectiveView<'a> {
    /// An objective of the view that is shown; `None` before the first trusted view.
    pub(in crate::service::http) fn new(
        shown: Option<&'a PublishedView>,
        id: ObjectiveId,
        scope: ScopeId,
        objective: &'a Objective,
    ) -> Self {
        let at = shown.and_then(|shown| shown.at);
        let unanswered_max = |at| objective.unanswered_max_at(at);
        Self {
            id,
            scope,
            objective,
            level: at.map_or(&objective.level, |at| objective.level_at(at)),
            over: at.map_or(objective.over, |at| objective.over_at(at)),
            unanswered_max: at.map_or(objective.unanswered_max, unanswered_max),
            verdict: shown.and_then(|shown| shown.verdicts.get(id.index())),
            detail: shown.and_then(|shown| shown.details.get(id.index())),
        }
    }
}

impl ObjectiveView<'_> {
    /// The last known state; frozen if there is none.
    pub(super) fn last_state(self) -> VerdictState {
        self.verdict.map_or(VerdictState::Frozen, |verdict| verdict.state)
    }

    /// Tickets that wait over target now.
    pub(in crate::service::http) fn over_target(self) -> u64 {
        self.detail.map_or(0, |detail| detail.overdue)
    }

    /// Tickets that wait now and have used most of their target.
    pub(in crate::service::http) fn due_soon(self) -> u64 {
        self.detail.map_or(0, |detail| detail.used_most.saturating_sub(detail.overdue))
    }

    /// Whether the share within the market's target is below the agreed share, by the last known
    /// verdict.
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

    /// The tickets behind the verdict.
    pub(super) fn tally(self) -> Tally {
        self.verdict.map_or_else(Tally::default, Verdict::tally)
    }

    /// The misses that the level allows; `None` if the level is not a share.
    ///
    /// Below `min_tickets` the level is judged as if `min_tickets` were decided.
    pub(in crate::service::http) fn allowance(self) -> Option<Allowance> {
        let Level::Within { share, min_tickets, .. } = self.level else { return None };
        let among = self.tally().decided.max(*min_tickets);
        let budget_bp = u128::from(Share::WHOLE_BP - share.basis_points());
        let allowed = budget_bp * u128::from(among) / u128::from(Share::WHOLE_BP);
        Some(Allowance { allowed: u64::try_from(allowed).unwrap_or(u64::MAX), among })
    }

    /// The share of ended waits that ended unanswered, in basis points; `None` if none ended.
    ///
    /// It has at most one decimal more than the ceiling, and is rounded up, so that an exceeded ceiling never
    /// looks kept.
    pub(super) fn shown_unanswered(self) -> Option<u32> {
        let tally = self.tally();
        let (part, total) = (u128::from(tally.unanswered), u128::from(tally.ended()));
        let bp = (part * u128::from(Share::WHOLE_BP)).checked_add(total.checked_sub(1)?)? / total;
        let is_coarse = self.unanswered_max.is_none_or(|max| max.basis_points().is_multiple_of(10));
        Some(u32::try_from(bp).ok()?.next_multiple_of(if is_coarse { 10 } else { 1 }))
    }

    /// The share within target in basis points, as [`share_shown`].
    pub(super) fn shown_share(self, agreed: Share) -> Option<u32> {
        share_shown(self.tally(), agreed)
    }
}

/// The share of tickets within target, in basis points; `None` if no ticket is decided.
///
/// It has at most one decimal more than the agreed share. It is rounded down, so that a missed
/// level never looks reached.
pub(super) fn share_shown(Tally { decided, missed, .. }: Tally, agreed: Share) -> Option<u32> {
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

/// The order of objectives within a team; the lowest comes first.
pub(in crate::service::http) const fn urgency(state: VerdictState) -> u8 {
    match state {
        VerdictState::Missed => 0,
        VerdictState::AtRisk => 1,
        VerdictState::Frozen => 2,
        VerdictState::InsufficientData => 3,
        VerdictState::NotAgreed => 4,
        VerdictState::Met => 5,
    }
}

/// A name as it is shown: invisible characters and those that change the writing direction are
/// replaced.
pub(super) fn shown(name: &str) -> String {
    let is_hidden = |c: char| {
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let visible: String =
        name.chars().map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if visible.trim().is_empty() { char::REPLACEMENT_CHARACTER.to_string() } else { visible }
}

/// The sort key of a name: case is ignored; å, ä and ö follow z as in Finnish and Swedish.
fn alphabetical(name: &str) -> String {
    let ordered = |c| match c {
        'å' => '{',
        'ä' => '|',
        'ö' => '}',
        other => other,
    };
    name.chars().flat_map(char::to_lowercase).map(ordered).collect()
}
