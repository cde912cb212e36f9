//! The alert at a handover of duty: who has the turn now.
//!
//! # Design
//! It follows from the agreement and the clock alone: it fires for an hour from the start of a turn. Nothing
//! is stored, and trouble with the data does not matter. Each notice has the start of the turn and the end of
//! the hour, so a restart, a second instance and a repeated notice are the same alert to Alertmanager. A turn
//! that begins while no instance runs for the whole hour has no alert.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::notice::{Notice, Sender};
use super::notice_text::team_name;
use super::{LabelSet, REFRESH_EVERY};
use crate::address;
use crate::catalog::{Catalog, ScopeId};
use crate::duty::{Duty, Turn, TurnReason};
use crate::name::team_label;
use crate::time::{Elapsed, HOUR_MS, Timestamp};

/// How long it fires.
const FIRES_FOR: Elapsed = Elapsed::from_ms(HOUR_MS);

/// The label `alertname`.
pub const DUTY_TURN: &str = "VasteDutyTurn";

/// The label `severity`.
pub const DUTY_SEVERITY: &str = "info";

/// The teams whose turn of duty began within the last hour, with the turn.
pub fn turns_begun(
    catalog: &Catalog,
    at: Timestamp,
) -> impl Iterator<Item = (ScopeId, &Duty, Turn<'_>)> {
    catalog.reading_scopes().filter_map(move |scope| {
        let duty = catalog.duty(scope)?;
        let turn = duty.turn_at(at).filter(|turn| at < turn.starts.plus(FIRES_FOR))?;
        Some((scope, duty, turn))
    })
}

/// When the alert of each team was last sent.
#[derive(Clone, Debug, Default)]
pub struct DutyTurns {
    sent: BTreeMap<ScopeId, (Timestamp, Timestamp)>,
}

impl DutyTurns {
    /// Forgets what was sent: it was at times of a clock that was ahead.
    pub fn correct_time(&mut self) {
        self.sent.clear();
    }

    /// The notices to send at `at`. They count as sent.
    pub fn take_due(&mut self, catalog: &Catalog, sender: &Sender, at: Timestamp) -> Vec<Notice> {
        let mut sent = BTreeMap::new();
        let mut notices = Vec::new();
        for (scope, duty, turn) in turns_begun(catalog, at) {
            let last = self.sent.get(&scope).filter(|(starts, _)| *starts == turn.starts);
            let last = last.map(|(_, sent_at)| *sent_at);
            let is_due = last.is_none_or(|last| last.plus(REFRESH_EVERY) <= at);
            sent.insert(scope, (turn.starts, if is_due { at } else { last.unwrap_or(at) }));
            if is_due {
                notices.push(notice(scope, duty, turn, catalog, sender));
            }
        }
        self.sent = sent;
        notices
    }
}

fn notice(
    scope: ScopeId,
    duty: &Duty,
    turn: Turn<'_>,
    catalog: &Catalog,
    sender: &Sender,
) -> Notice {
    let team = team_label(catalog.scope_name(scope));
    let page = format!("{}{}", sender.external_url, address::team_by_label(team));
    let about = catalog.about(scope);
    let declared = about.map_or(&[][..], |about| &about.labels);
    let mut labels: LabelSet = sender.external_labels.iter().chain(declared).cloned().collect();
    for (label, value) in [("alertname", DUTY_TURN), ("team", team), ("severity", DUTY_SEVERITY)] {
        labels.insert(label.into(), value.into());
    }
    let mut annotations = BTreeMap::from([
        ("summary", summary(scope, turn, catalog, sender)),
        ("description", description(duty, turn)),
        ("turn_ends", turn.ends.to_string()),
        ("page_url", page.clone()),
    ]);
    let on_duty = turn.member.filter(|_| sender.tickets.shows_people);
    annotations.extend(on_duty.map(|member| ("on_duty", member.to_owned())));
    let runbook = about.and_then(|about| about.runbook_url.as_deref());
    annotations.extend(runbook.map(|url| ("runbook_url", url.to_owned())));
    Notice {
        labels: Arc::new(labels),
        annotations: Arc::new(
            annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ),
        starts_at: turn.starts,
        ends_at: turn.starts.plus(FIRES_FOR),
        generator_url: page,
        not_ready_since: None,
    }
}

fn summary(scope: ScopeId, turn: Turn<'_>, catalog: &Catalog, sender: &Sender) -> String {
    let team = team_name(scope, catalog);
    match turn.member {
        Some(member) if sender.tickets.shows_people => {
            format!("{team}: {member} has the turn of duty now.")
        }
        Some(_) => format!("{team}: the next turn of duty has begun."),
        None => format!("{team}: nobody has the turn of duty now, since all members are away."),
    }
}

fn description(duty: &Duty, turn: Turn<'_>) -> String {
    let zone = duty.zone();
    let ends = match zone.local_time(turn.ends) {
        Some(local) => format!("{} ({})", local.format("%a %Y-%m-%d %H:%M"), zone.name()),
        None => turn.ends.to_string(),
    };
    let count = duty.check;
    let tickets = if count == 1 { "ticket" } else { "tickets" };
    match (turn.member, turn.because) {
        (None, _) => format!(
            "The turn ends on {ends}. Agree on who takes it, and write it into the agreement as a shorter \
             absence or another member."
        ),
        (Some(_), TurnReason::Rotation) => {
            format!("The turn ends on {ends}. It has {count} {tickets} to check.")
        }
        (Some(_), TurnReason::Swap) => {
            format!("The turn was swapped. It ends on {ends}, and has {count} {tickets} to check.")
        }
        (Some(_), TurnReason::Absence) => format!(
            "The member before in the order is away. The turn ends on {ends}, and has {count} {tickets} to check."
        ),
    }
}
