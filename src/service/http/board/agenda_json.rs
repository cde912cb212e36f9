//! The agenda of a team as JSON, for the API and for the event that is posted at a handover.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{PartialSchema as _, ToSchema};

use super::agenda::{AgendaItem, AgendaPeriod, AgendaSection, scope_of};
use super::agenda_sections::sections;
use super::view_model::{Board, PageLanguage};
use super::{AgendaFormat, agenda_text};
use crate::address;
use crate::service::coordinator::published_view::PublishedView;
use crate::time::Timestamp;

/// Maximum items of a section. Those that are left out are counted, and are on the page.
const ITEMS_MAX: usize = 50;

/// The agenda of a team's talk.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::service) struct AgendaShown {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// Label of the team, as in the list of teams; `_all` for the whole organisation.
    #[schema(example = "billing")]
    team: String,
    /// The name of the team in the language of the texts.
    name: String,
    /// The language of the texts, by its code.
    #[schema(example = "en")]
    language: &'static str,
    /// The begin of the period that the agenda is about: of the turn of duty before the present one; without
    /// turns, a week ago.
    since: Timestamp,
    /// The handover that the present turn of duty began with; null without turns of duty.
    #[schema(required)]
    handover: Option<Timestamp>,
    /// What there is to talk about, in the order of the page.
    sections: Vec<AgendaSectionShown>,
}

/// One section of an agenda.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::service) struct AgendaSectionShown {
    /// What the section is about, the same in all languages: `brought`, `concerns`, `unanswered_for` (of the
    /// organisation only), `misses`, `verdicts`, `decided_last` (with turns of duty only), `decisions`,
    /// `notes`, `look_again`.
    #[schema(example = "concerns")]
    section: &'static str,
    /// Its heading.
    heading: String,
    /// Its items; at most 50.
    items: Vec<AgendaItemShown>,
    /// The number of further items.
    left_out: u64,
    /// What the section says if it has no items.
    nothing: String,
}

/// One item of an agenda.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::service) struct AgendaItemShown {
    /// What it is about.
    text: String,
    /// When, by whom, and what became of it.
    more: String,
    /// Whether it needs attention: an old concern, a late decision, a missed objective, a day that has
    /// passed.
    is_marked: bool,
    /// The path of the page about it; null without one.
    #[schema(required)]
    page: Option<String>,
}

/// The agenda of a team, or of the organisation, by its label; `None` without such a team, and before the
/// first trusted view.
pub(in crate::service) fn agenda_shown(
    published: &PublishedView,
    team: &str,
    reader: PageLanguage,
) -> Option<AgendaShown> {
    let board = Board::new(published, reader);
    let scope = scope_of(&board, team)?;
    let board = board.in_zone_of(scope);
    let at = board.at?;
    let AgendaPeriod { since, handover } = AgendaPeriod::of(&board, scope);
    Some(AgendaShown {
        at,
        frozen: board.not_ready.map(ToString::to_string),
        team: board.label(scope).to_owned(),
        name: board.name(scope),
        language: reader.language.code(),
        since,
        handover,
        sections: sections(&board, scope).into_iter().map(section_shown).collect(),
    })
}

/// What the event of a handover says.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::service) struct AgendaPosted {
    #[serde(flatten)]
    agenda: AgendaShown,
    /// The address of the page of the agenda.
    #[schema(example = "https://vaste.example/teams/billing/agenda")]
    page_url: String,
    /// The whole agenda as Markdown, in the same language.
    markdown: String,
}

/// What the event of a handover says; `None` without such a team, and before the first trusted view.
/// `external_url`: the address of the board, without a slash at its end.
pub(in crate::service) fn agenda_posted(
    published: &PublishedView,
    team: &str,
    reader: PageLanguage,
    external_url: &str,
) -> Option<AgendaPosted> {
    let agenda = agenda_shown(published, team, reader)?;
    let page_url = format!("{external_url}{}", address::agenda(&agenda.team));
    let markdown = agenda_text(published, team, reader, AgendaFormat::Markdown)?;
    Some(AgendaPosted { agenda, page_url, markdown })
}

/// The JSON Schemas of the data of a posted agenda, by name. `at`: the place of the schemas in their
/// document.
pub fn agenda_schemas(at: &str) -> Map<String, Value> {
    let mut schemas = Vec::new();
    AgendaPosted::schemas(&mut schemas);
    schemas.push((AgendaPosted::name().into_owned(), AgendaPosted::schema()));
    let moved = |(name, schema)| {
        let text = serde_json::to_string(&schema).ok()?;
        let text = text.replace("\"#/components/schemas/", &format!("\"{at}/"));
        Some((name, serde_json::from_str(&text).ok()?))
    };
    schemas.into_iter().filter_map(moved).collect()
}

fn section_shown(section: AgendaSection) -> AgendaSectionShown {
    let AgendaSection { name, heading, items, nothing, form: _ } = section;
    let left_out = items.len().saturating_sub(ITEMS_MAX) as u64;
    let item = |AgendaItem { text, more, link, is_marked, form: _ }| AgendaItemShown {
        text,
        more,
        is_marked,
        page: link,
    };
    let items = items.into_iter().take(ITEMS_MAX).map(item).collect();
    AgendaSectionShown { section: name, heading, items, left_out, nothing }
}
