//! What a team has said: concerns, decisions, notes of its turns; and what was brought to it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::problem::{PROBLEM_JSON, Problem};
use super::response::{TEAM_LABEL, frozen, respond, trusted};
use crate::address;
use crate::review::BroughtTicket;
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::team_log::{Concern, ConcernBefore, Decision, Discussion, LOGGED_MAX, Moved, Said};
use crate::time::Timestamp;

/// What a team has said: its concerns, its decisions and the notes of its turns of duty; and the tickets that
/// were brought to it.
#[utoipa::path(
    get,
    path = address::API_TEAM_LOG,
    operation_id = "team_log",
    params(("team" = String, Path, description = TEAM_LABEL)),
    responses(
        (status = 200, description = "What the team has said.", body = TeamLogShown<'_>),
        (status = 404, description = "No such team.", body = Problem, content_type = PROBLEM_JSON),
    )
)]
pub(super) async fn serve(
    State(shared): State<Shared>,
    team: Result<Path<String>, PathRejection>,
) -> Response {
    let published = shared.published.load();
    let team = team.map_err(|_| Problem::unreadable_name());
    respond(team.and_then(|Path(team)| said(&published, &team)))
}

/// What a team has said.
#[derive(Serialize, ToSchema)]
struct TeamLogShown<'a> {
    /// The instant of all values. While frozen, the last instant at which the data could be trusted.
    at: Timestamp,
    /// Why verdicts are frozen, in words; null while the data can be trusted.
    #[schema(required)]
    frozen: Option<String>,
    /// Those that are open, the oldest first, then at most 200 that were settled last.
    concerns: Vec<ConcernShown<'a>>,
    /// Those that are neither done nor dropped, the oldest first, then at most 200 that ended last.
    decisions: Vec<DecisionShown<'a>>,
    /// The notes of turns, at most 200, the latest first.
    notes: Vec<SaidShown<'a>>,
    /// The tickets that were brought to the team, without the names of those who judged. At most 200 that it
    /// has not talked about, the oldest first; then at most 200 others, the latest first.
    brought: Vec<BroughtShown<'a>>,
}

/// A ticket that was brought to the team.
#[derive(Serialize, ToSchema)]
struct BroughtShown<'a> {
    /// Id of the ticket; null where ids are not shown.
    #[schema(required)]
    ticket: Option<&'a str>,
    /// When it was brought.
    at: Timestamp,
    /// Who brought it; null if it was judged, if it was not said, and where people are not named.
    #[schema(required)]
    by: Option<&'a str>,
    /// The score, 1 to 5; null without one.
    #[schema(required, minimum = 1, maximum = 5)]
    score: Option<u8>,
    /// The note; null without one.
    #[schema(required)]
    note: Option<&'a str>,
    /// Whether the team has talked about it since.
    is_discussed: bool,
    /// Who said so, when, and what came of it; null if nobody did, and if it is long ago.
    #[schema(required)]
    discussed: Option<SaidShown<'a>>,
}

/// Who said something, when, and what.
#[derive(Serialize, ToSchema)]
struct SaidShown<'a> {
    /// When.
    at: Timestamp,
    /// Who; null if it was not said, and where people are not named.
    #[schema(required)]
    by: Option<&'a str>,
    /// What; null without words.
    #[schema(required)]
    text: Option<&'a str>,
}

/// A concern.
#[derive(Serialize, ToSchema)]
struct ConcernShown<'a> {
    /// Its id.
    id: &'a str,
    /// Who raised it last, when, and what it is about; of one that was settled before, why it is open again.
    raised: SaidShown<'a>,
    /// Who settled it, when, and what came of it; null while it is open.
    #[schema(required)]
    settled: Option<SaidShown<'a>>,
    /// What was said before it was raised again; null if it was not settled before.
    #[schema(required)]
    before: Option<ConcernBeforeShown<'a>>,
}

/// What was said of a concern before it was raised again.
#[derive(Serialize, ToSchema)]
struct ConcernBeforeShown<'a> {
    /// Who raised it first, when, and what it is about.
    raised: SaidShown<'a>,
    /// Who settled it last, when, and what came of it.
    settled: SaidShown<'a>,
}

/// A decision.
#[derive(Serialize, ToSchema)]
struct DecisionShown<'a> {
    /// Its id.
    id: &'a str,
    /// Who recorded it, when, and what was decided.
    decided: SaidShown<'a>,
    /// Id of the ticket that it is about; null without one, and where ids are not shown.
    #[schema(required)]
    ticket: Option<&'a str>,
    /// The role that is to do it; null if nobody in particular.
    #[schema(required)]
    owner: Option<&'a str>,
    /// The day by which it is to be done; null without one.
    #[serde(serialize_with = "day")]
    #[schema(required, value_type = Option<String>, format = Date)]
    due: Option<NaiveDate>,
    /// The last time that the day was moved; null if it is the one that was decided.
    #[schema(required)]
    moved: Option<MovedShown<'a>>,
    /// Who recorded that it is done, and when; null while it is not.
    #[schema(required)]
    done: Option<SaidShown<'a>>,
    /// Who recorded that the team no longer wants it, when, and why; null if it does.
    #[schema(required)]
    dropped: Option<SaidShown<'a>>,
}

/// A new day for what was decided.
#[derive(Serialize, ToSchema)]
struct MovedShown<'a> {
    /// The day before; null if there was none.
    #[serde(serialize_with = "day")]
    #[schema(required, value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    /// Who moved it, when, and why.
    said: SaidShown<'a>,
}

fn said<'a>(published: &'a PublishedView, team: &str) -> Result<TeamLogShown<'a>, Problem> {
    let (shown, at) = trusted(published)?;
    let scope = shown
        .catalog
        .scope_by_label(team)
        .ok_or_else(|| Problem::unknown_team(team, &shown.catalog))?;
    let log = shown.team_logs.of(scope);
    let (names, ids) = (shown.ticket_links.shows_people, shown.ticket_links.shows_ids);
    let (open, others): (Vec<_>, Vec<_>) =
        shown.brought_to(scope).into_iter().partition(|one| one.discussion == Discussion::Open);
    let others = others.into_iter().rev().take(LOGGED_MAX);
    let brought = open.into_iter().take(LOGGED_MAX).chain(others);
    let concerns = log.into_iter().flat_map(|log| &log.concerns);
    let decisions = log.into_iter().flat_map(|log| &log.decisions);
    let notes = log.into_iter().flat_map(|log| &log.notes);
    Ok(TeamLogShown {
        at,
        frozen: frozen(published),
        concerns: concerns.map(|concern| ConcernShown::of(concern, names)).collect(),
        decisions: decisions.map(|one| DecisionShown::of(one, names, ids)).collect(),
        notes: notes.map(|note| SaidShown::of(note, names)).collect(),
        brought: brought.map(|one| BroughtShown::of(one, names, ids)).collect(),
    })
}

impl<'a> ConcernShown<'a> {
    fn of(concern: &'a Concern, names: bool) -> Self {
        let Concern { id, raised, settled, before } = concern;
        let shown = |said: &'a Said| SaidShown::of(said, names);
        let before = before.as_ref().map(|ConcernBefore { raised, settled }| ConcernBeforeShown {
            raised: shown(raised),
            settled: shown(settled),
        });
        Self { id, raised: shown(raised), settled: settled.as_ref().map(shown), before }
    }
}

impl<'a> BroughtShown<'a> {
    fn of(brought: BroughtTicket<'a>, names: bool, ids: bool) -> Self {
        let discussed = match brought.discussion {
            Discussion::Recorded(said) => Some(SaidShown::of(said, names)),
            Discussion::Open | Discussion::Dropped => None,
        };
        Self {
            ticket: ids.then_some(brought.ticket),
            at: brought.at,
            by: brought.by.filter(|_| names),
            score: brought.score,
            note: brought.note,
            is_discussed: brought.discussion != Discussion::Open,
            discussed,
        }
    }
}

impl<'a> DecisionShown<'a> {
    fn of(decision: &'a Decision, names: bool, ids: bool) -> Self {
        let Decision { id, decided, ticket, owner, due, moved, done, dropped } = decision;
        let moved = moved.as_ref().map(|Moved { from, said }: &'a Moved| MovedShown {
            from: *from,
            said: SaidShown::of(said, names),
        });
        Self {
            id,
            decided: SaidShown::of(decided, names),
            ticket: ticket.as_deref().filter(|_| ids),
            owner: owner.as_deref(),
            due: *due,
            moved,
            done: done.as_ref().map(|said| SaidShown::of(said, names)),
            dropped: dropped.as_ref().map(|said| SaidShown::of(said, names)),
        }
    }
}

impl<'a> SaidShown<'a> {
    fn of(said: &'a Said, names: bool) -> Self {
        let by = said.by.as_deref().filter(|_| names);
        Self { at: said.at, by, text: said.text.as_deref() }
    }
}

fn day<S: Serializer>(day: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(serializer)
}
