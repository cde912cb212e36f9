//! What a notice says: for a person who is paged at night and has not looked at Vaste for weeks.

use std::collections::BTreeMap;

use super::named_tickets::NamedTickets;
use super::{AgreementNews, Alert, AlertKind, AlertStatus};
use crate::address::TicketLinks;
use crate::agreement::{
    EvidenceSubject, Level, Market, Objective, ShareBelief, ShareEvidence, Tally,
};
use crate::calendar::Zone;
use crate::catalog::{Catalog, ScopeId};
use crate::name;
use crate::reading::Verdict;
use crate::ticket::WaitLocation;
use crate::time::{Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use crate::view::{View, WaitingNow};
use crate::waiting_list::ListOf;
use crate::window::from_of;

/// The last hour, of which a description says what has happened.
const LAST_HOUR: Elapsed = Elapsed::from_ms(HOUR_MS);

/// A shorter time is left out, since instants are given to the minute.
const LENGTH_MIN: Elapsed = Elapsed::from_ms(MINUTE_MS);

/// Locations with less than this part of the waiting time are not named, in percent.
const LOCATION_PERCENT_MIN: i64 = 5;

/// The numbers and texts of an alert, without links to pages.
pub(super) fn annotations(
    alert: &Alert,
    view: &View,
    links: &TicketLinks,
) -> BTreeMap<String, String> {
    let catalog = view.catalog();
    let (owner, objective) = catalog.objective(alert.objective);
    let verdict = view.verdict(alert.objective);
    let about = catalog.about(owner);
    let team = team_name(owner, catalog);
    let certainty = sure_of_miss(alert, view).map(|evidence| format!("{}%", evidence.percent()));
    let max = objective.unanswered_max_at(view.now());
    let spam = Some(verdict.spam_over_target).filter(|spam| *spam > 0);
    let over = view.waiting_over(alert.objective);
    let now = view.waiting(owner, objective.measure);
    let is_over = matches!(alert.status(), AlertStatus::Resolved { .. });
    let list = ListOf::Objective(alert.objective);
    let named = if is_over { None } else { NamedTickets::of(list, view, links) };
    let sentence = named.as_ref().map(|named| named.sentence.clone());
    let waits = WaitingTold { waiting: now, over, sentence };
    let mut annotations = BTreeMap::from([
        ("summary", format!("{team}: the objective {} {}.", objective.name, said(alert, view))),
        ("description", description(alert, &verdict, view, waits)),
        ("agreed", objective.said_at(view.now())),
        ("decided", verdict.decided.to_string()),
        ("missed", verdict.missed.to_string()),
        ("waiting", now.count.to_string()),
        ("waiting_overdue", over.to_string()),
        ("window_start", from_of(view.now(), objective.over_at(view.now())).to_string()),
        ("window_end", view.now().to_string()),
    ]);
    let more = [
        ("compliance", verdict.compliance.map(percent)),
        ("certainty", certainty),
        ("spam_over_target", spam.map(|spam| spam.to_string())),
        ("unanswered", max.map(|_| verdict.unanswered.to_string())),
        ("unanswered_share", max.and(verdict.unanswered_share).map(percent)),
        ("unanswered_max", max.map(|max| max.to_string())),
        ("longest_wait", now.oldest_since.map(|since| view.now().since(since).to_string())),
        ("runbook_url", about.and_then(|about| about.runbook_url.as_deref()).map(str::to_owned)),
    ];
    annotations.extend(named.into_iter().flat_map(|named| named.annotations));
    annotations.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    if let (AlertKind::BehindMarket, Some(market)) = (alert.kind, &objective.market) {
        let tally = view.market(alert.objective).unwrap_or_default();
        annotations.extend(market_annotations(objective, market, tally));
    }
    annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The name of a team for people.
pub(super) fn team_name(scope: ScopeId, catalog: &Catalog) -> &str {
    let about = catalog.about(scope).map(|about| about.name_in("en"));
    let label = name::team_label(catalog.scope_name(scope));
    about.filter(|name| !name.is_empty()).unwrap_or(label)
}

/// What the summary says of the objective.
fn said(alert: &Alert, view: &View) -> String {
    if matches!(alert.status(), AlertStatus::Resolved { .. }) {
        let over = match alert.kind {
            AlertKind::Missed => "is met again",
            AlertKind::AtRisk if alert.is_superseded => {
                "is missed now; an alert of its own says so"
            }
            AlertKind::AtRisk => "is no longer at risk",
            AlertKind::BehindMarket => "is no longer behind the market",
        };
        return match alert.by_change {
            Some(_) => format!("{over}, since the agreement was changed"),
            None => over.to_owned(),
        };
    }
    let begun = begun(alert, view);
    match alert.by_change {
        Some(_) => format!("{begun}; the agreement was changed"),
        None => begun,
    }
}

/// What the summary of an alert that fires says.
fn begun(alert: &Alert, view: &View) -> String {
    let (_, objective) = view.catalog().objective(alert.objective);
    let verdict = view.verdict(alert.objective);
    let evidence = sure_of_miss(alert, view);
    match alert.kind {
        AlertKind::Missed => {
            let why = why_unanswered(objective, &verdict, evidence);
            let sure = evidence.map(|evidence| format!(" ({}% sure)", evidence.percent()));
            format!("is missed{why}{}", sure.unwrap_or_default())
        }
        AlertKind::AtRisk if objective.has_excess_spam(verdict.tally(), view.now()) => {
            "is at risk: more tickets over target were marked as spam than its level allows"
                .to_owned()
        }
        AlertKind::AtRisk => {
            "is at risk: most of the misses that its level allows are used up".to_owned()
        }
        AlertKind::BehindMarket => {
            "is behind the market: fewer tickets than agreed reach what others achieve".to_owned()
        }
    }
}

/// That too many tickets ended without an answer, after "is missed"; empty if that is not why.
fn why_unanswered(
    objective: &Objective,
    verdict: &Verdict,
    evidence: Option<ShareEvidence>,
) -> &'static str {
    let is_sure = evidence.is_some_and(|evidence| evidence.subject == EvidenceSubject::Answered);
    if !is_sure && !objective.exceeds_unanswered_max(verdict.tally(), verdict.at) {
        ""
    } else if objective.misses_level(verdict.tally(), verdict.at) {
        ", also because too many tickets ended without an answer"
    } else {
        ": too many tickets ended without an answer"
    }
}

/// The annotations of the market: its target and source, and the tickets compared with it.
fn market_annotations(
    objective: &Objective,
    market: &Market,
    tally: Tally,
) -> impl Iterator<Item = (&'static str, String)> {
    let all = [
        ("market_target", Some(objective.shown(market.within))),
        ("market_source", Some(market.source.to_string())),
        ("market_as_of", market.as_of.map(|day| day.to_string())),
        ("market_decided", Some(tally.decided.to_string())),
        ("market_missed", Some(tally.missed.to_string())),
        ("market_compliance", tally.compliance_bp().map(percent)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn percent(bp: u32) -> String {
    format!("{}.{:02}%", bp / 100, bp % 100)
}

/// Who waits, for a description.
struct WaitingTold {
    waiting: WaitingNow,
    /// The number over target.
    over: u64,
    /// Which tickets to answer first; `None` where they are not named.
    sentence: Option<String>,
}

/// What is agreed, what is, since when, what has changed, who waits, where the time went and what to do
/// first, in sentences.
fn description(alert: &Alert, verdict: &Verdict, view: &View, waits: WaitingTold) -> String {
    let WaitingTold { waiting, over, sentence } = waits;
    let (owner, objective) = view.catalog().objective(alert.objective);
    let zone = view.catalog().zone_of(owner);
    let is_over = matches!(alert.status(), AlertStatus::Resolved { .. });
    let mut sentences = vec![
        format!("Agreed: {}.", agreed(objective, view.now())),
        format!("Now: {}.", present(objective, verdict, view.now())),
        duration(alert, view.now(), zone),
    ];
    sentences.extend(change(alert));
    match alert.kind {
        AlertKind::Missed => sentences.extend(describe_certainty(alert, view)),
        AlertKind::AtRisk => {}
        AlertKind::BehindMarket => sentences.extend(describe_market(alert, view)),
    }
    if let (Some(max), Some(share)) =
        (objective.unanswered_max_at(view.now()), verdict.unanswered_share)
    {
        let (unanswered, ended) = (verdict.unanswered, verdict.tally().ended());
        let share = percent(share);
        sentences.push(format!(
            "Ended without an answer: {unanswered} of {ended} ({share}), at most {max}."
        ));
    }
    if verdict.spam_over_target > 0 {
        let count = verdict.spam_over_target;
        sentences.push(format!("Marked as spam while over target: {count}."));
    }
    let last_hour = (!is_over).then(|| view.ended_over(alert.objective, LAST_HOUR)).flatten();
    sentences.extend(last_hour.map(|(ended, late)| {
        if ended == 0 {
            "Nothing was answered in the last hour.".to_owned()
        } else {
            format!("Answered in the last hour: {ended}, {late} of them over target.")
        }
    }));
    sentences.push(waiting.oldest_since.map_or("Nobody is waiting.".to_owned(), |since| {
        let (count, longest) = (waiting.count, view.now().since(since).in_words());
        let since = minute(since, zone);
        format!("Waiting: {count}, {over} of them over target, longest {longest}, since {since}.")
    }));
    sentences.extend(sentence);
    if !is_over {
        let times = view.breakdown(alert.objective);
        sentences.extend(where_time_went(&times, view));
        sentences.push(format!("First: {}.", advice(alert, view, over, &times)));
    }
    sentences.join(" ")
}

/// The level in force, in words.
fn agreed(objective: &Objective, at: Timestamp) -> String {
    let measure = objective.measure.label().replace('_', " ");
    let over = objective.over_at(at).in_words();
    let level = match objective.level_at(at) {
        Level::Within { target, share, .. } => {
            let target = objective.shown(*target);
            format!("{measure} within {target} for {share} of the tickets of {over}")
        }
        Level::NoneOver(limit) => {
            format!("no ticket with a {measure} over {}", objective.shown(*limit))
        }
    };
    match objective.unanswered_max_at(at) {
        Some(max) => format!("{level}, and at most {max} end without an answer"),
        None => level,
    }
}

/// How the level is kept at present.
fn present(objective: &Objective, verdict: &Verdict, at: Timestamp) -> String {
    let Verdict { decided, missed, .. } = verdict;
    match (objective.level_at(at), verdict.compliance) {
        (Level::Within { .. }, Some(bp)) => {
            format!("{} within target; {missed} of {decided} tickets missed it", percent(bp))
        }
        (Level::Within { .. }, None) => "no tickets counted yet".to_owned(),
        (Level::NoneOver(_), _) => format!("{missed} over the limit"),
    }
}

/// Since when it holds, or how long it did.
fn duration(alert: &Alert, now: Timestamp, zone: &Zone) -> String {
    match alert.status() {
        AlertStatus::Resolved { active_at, resolved_at, .. } => {
            let length = resolved_at.since(active_at).in_words();
            let (from, to) = (minute(active_at, zone), minute(resolved_at, zone));
            format!("This lasted {length}, from {from} to {to}.")
        }
        AlertStatus::Inactive => String::new(),
        AlertStatus::Pending { active_at } | AlertStatus::Firing { active_at, .. } => {
            let length = now.since(active_at);
            if length < LENGTH_MIN {
                return format!("Since {}.", minute(active_at, zone));
            }
            format!("Since {}, for {}.", minute(active_at, zone), length.in_words())
        }
    }
}

/// An instant to the minute in local time: `2026-11-28 11:00 EET`.
fn minute(at: Timestamp, zone: &Zone) -> String {
    let Some(local) = zone.local_time(at) else { return at.to_string() };
    format!("{} {}", local.format("%Y-%m-%d %H:%M"), zone.abbreviation(at))
}

/// The change of the agreement that began or ended it.
fn change(alert: &Alert) -> Option<String> {
    Some(match alert.by_change.as_ref()? {
        AgreementNews::Added => "The agreement did not have this objective before.".to_owned(),
        AgreementNews::Changed(before) => {
            let before = before.replace('_', " ");
            format!("The agreement was changed; it said before: {before}.")
        }
    })
}

/// The parts of the time that missed tickets spent at each location; `None` if no ticket is missed.
fn where_time_went(times: &[(WaitLocation, Elapsed)], view: &View) -> Option<String> {
    let mut parts = parts(times);
    parts.retain(|(_, percent)| *percent >= LOCATION_PERCENT_MIN);
    let named = parts.iter().map(|(location, percent)| {
        let location = match location {
            WaitLocation::With(scope) if *scope == view.catalog().unclaimed() => {
                "unclaimed".to_owned()
            }
            WaitLocation::With(scope) => {
                format!("with {}", team_name(*scope, view.catalog()))
            }
            WaitLocation::Closed => "outside opening hours".to_owned(),
            WaitLocation::OnHold => "on hold for a third party".to_owned(),
            WaitLocation::Pending => "pending for the customer".to_owned(),
        };
        format!("{location} {percent}%")
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| format!("Missed tickets spent their time {}.", named.join(", ")))
}

/// The locations with their parts of the whole in percent, the largest first.
fn parts(times: &[(WaitLocation, Elapsed)]) -> Vec<(WaitLocation, i64)> {
    let total: i64 = times.iter().map(|(_, time)| time.ms().max(0)).sum();
    let part = |&(location, time): &(WaitLocation, Elapsed)| {
        let percent = i128::from(time.ms().max(0)) * 100 / i128::from(total.max(1));
        (location, i64::try_from(percent).unwrap_or(0))
    };
    let mut parts: Vec<_> = times.iter().map(part).collect();
    parts.sort_by_key(|(location, percent)| (-percent, *location));
    parts
}

/// What to do first.
fn advice(
    alert: &Alert,
    view: &View,
    over: u64,
    times: &[(WaitLocation, Elapsed)],
) -> &'static str {
    let catalog = view.catalog();
    let (owner, _) = catalog.objective(alert.objective);
    let is_due_soon = view.waiting_due_soon(alert.objective) > over;
    match (alert.kind, parts(times).first()) {
        (AlertKind::BehindMarket, _) => {
            "see on the page how others do, before the team agrees again"
        }
        (AlertKind::AtRisk, _) if is_due_soon => "answer the tickets that are due soon",
        _ if over > 0 => "answer those who wait over target, the longest wait first",
        (_, Some((WaitLocation::With(scope), _))) if *scope == catalog.unclaimed() => {
            "see to it that new tickets are claimed"
        }
        (_, Some((WaitLocation::With(scope), _))) if *scope != owner => {
            "see why tickets were with another team for so long"
        }
        (_, Some((WaitLocation::Closed, _))) => {
            "see whether somebody answers when customers write, or agree on opening hours"
        }
        (_, Some((WaitLocation::OnHold | WaitLocation::Pending, _))) => {
            "see which tickets wait for others, and tell their customers"
        }
        (_, Some((WaitLocation::With(_), _)) | None) => {
            "see on the page what the missed tickets have in common"
        }
    }
}

/// What a missed alert rests on, while it is more likely than not that the level is missed. Excess spam says
/// nothing of that.
fn sure_of_miss(alert: &Alert, view: &View) -> Option<ShareEvidence> {
    let evidence = (alert.kind == AlertKind::Missed).then(|| view.evidence(alert.objective))?;
    evidence
        .filter(|evidence| evidence.belief > ShareBelief::Reached && evidence.probability >= 0.5)
}

/// How sure it is that the level is missed, and by which window, in a sentence.
fn describe_certainty(alert: &Alert, view: &View) -> Option<String> {
    let (_, objective) = view.catalog().objective(alert.objective);
    let Level::Within { share, .. } = objective.level_at(view.now()) else { return None };
    let evidence = sure_of_miss(alert, view)?;
    let (sure, window) = (evidence.percent(), evidence.window);
    let Tally { decided, missed, .. } = evidence.tally;
    Some(match evidence.subject {
        EvidenceSubject::WithinTarget => format!(
            "It is {sure}% sure that in the long run fewer than {share} are within target: {missed} of {decided} \
             tickets missed it in {window}."
        ),
        EvidenceSubject::Answered => format!(
            "It is {sure}% sure that in the long run too many end without an answer: {missed} of {decided} did \
             in {window}."
        ),
    })
}

/// The market's target and the share of tickets within it, in a sentence.
fn describe_market(alert: &Alert, view: &View) -> Option<String> {
    let (_, objective) = view.catalog().objective(alert.objective);
    let market = objective.market.as_ref()?;
    let Level::Within { share, .. } = objective.level_at(view.now()) else { return None };
    let tally = view.market(alert.objective)?;
    let (target, source) = (objective.shown(market.within), &market.source);
    let as_of = market.as_of.map_or(String::new(), |day| format!(", as of {day}"));
    let within = tally.compliance_bp().map_or("none".to_owned(), percent);
    let decided = tally.decided;
    Some(format!(
        "Others achieve {target} ({source}{as_of}); {within} of {decided} tickets reach that, {share} is agreed."
    ))
}
