//! Short forms for the worked examples: clock times of one day, events, and changes as lines of text.

use super::change::Ending;
use super::entry::Entry;
use super::sink::{Effect, EffectLog};
use super::stopwatch::DerivationContext;
use crate::agreement::{About, Agreement, Objective, Owner};
use crate::calendar::Calendar;
use crate::catalog::{Catalog, ChannelId, ScopeId};
use crate::event::{Kind, Maker};
use crate::measure::Measure;
use crate::name::{NameId, Names};
use crate::time::{MINUTE_MS, Timestamp};

/// An instant of Monday, 2 March 2026, such as `at("09:30")`. UTC.
pub(crate) fn at(clock: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-03-02T{clock}:00Z")).unwrap()
}

/// The agreement of one team.
pub(crate) fn agreement(
    team: &str,
    hours: Option<Calendar>,
    objectives: Vec<Objective>,
) -> Agreement {
    let owner = Owner::Team(team.into());
    Agreement { owner, hours: hours.map(Into::into), objectives, about: About::default() }
}

/// A catalog, with the names that the events of an example use.
pub(super) struct Example {
    pub(super) catalog: Catalog,
    pub(super) names: Names,
    scopes: Vec<ScopeId>,
    channels: Vec<ChannelId>,
}

impl Example {
    pub(super) fn new(agreements: &[Agreement], measures: &[Measure]) -> Self {
        let catalog = Catalog::new(agreements, measures);
        let mut names = Names::new();
        for agreement in agreements {
            if let Owner::Team(team) = &agreement.owner {
                names.intern(team);
            }
        }
        let scopes = names.iter().map(|name| catalog.scope_of_team(name)).collect();
        let channels = names.iter().map(|name| catalog.channel(name)).collect();
        Self { catalog, names, scopes, channels }
    }

    pub(super) fn context(&self) -> DerivationContext<'_> {
        let Self { catalog, scopes, channels, .. } = self;
        DerivationContext { catalog, scopes, channels, is_resumed: false }
    }

    /// An event of the first team. Its identity is its time, so two events of one instant conflict.
    pub(super) fn event(&self, kind: Kind, clock: &str) -> Entry<'static> {
        let time = at(clock);
        Entry {
            kind,
            time,
            identity: time.ms().unsigned_abs(),
            team: Some(NameId::from_index(1)),
            channel: None,
            agent: None,
            priority: None,
            maker: Maker::Customer,
            is_sent_twice: false,
            detail: &[],
        }
    }
}

/// One line for each effect, with its weight.
pub(crate) fn lines(log: EffectLog) -> Vec<String> {
    log.into_iter().map(|(effect, by)| format!("{by:+} {}", line(&effect))).collect()
}

fn line(effect: &Effect) -> String {
    match effect {
        Effect::Ended(ended) => {
            let how = match ended.ending {
                Ending::Answered => "answered".to_owned(),
                Ending::GivenUp(reason) => format!("given up ({})", reason.label()),
            };
            format!("{} {how} after {} min", ended.measure.label(), ended.elapsed.ms() / MINUTE_MS)
        }
        Effect::Running(running) => format!(
            "{} {} since {}",
            running.measure.label(),
            if running.position.is_paused { "paused" } else { "running" },
            running.started,
        ),
        Effect::Rated(rated) => format!("{} {}", rated.kind.label(), rated.score),
        Effect::Flagged(flagged) => format!("{} {}", flagged.measure.label(), flagged.flag.label()),
        Effect::Merged { ticket, wait } => format!("{ticket} merged, waiting since {}", wait.since),
        Effect::TookOver(taken) => {
            format!("took over {}, waiting since {}", taken.from, taken.waiting_since)
        }
        Effect::NewSample(ended) => format!("new sample of {}", ended.measure.label()),
        Effect::LateEvent { corrects: true } => "late event that corrects".to_owned(),
        Effect::LateEvent { corrects: false } => "late event".to_owned(),
    }
}
