//! The thread that keeps the agreement log: it compares each text that is loaded with the one before, and
//! computes the verdicts by both.
//!
//! # Design
//! Verdicts of past instants do not follow from windows of the present. So this thread derives the tickets of
//! copies of the partitions by both texts.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::agreement_log::{
    AgreementLog, ComparisonState, ConfigText, ObjectiveChange, PendingComparison, VerdictsByText,
};
use crate::catalog::Catalog;
use crate::config::{Config, FileTexts, FormerFiles};
use crate::measure::Measure;
use crate::name::team_label;
use crate::past_verdicts::PastVerdicts;
use crate::reading::Verdict;
use crate::service::clock::{self, Clock};
use crate::service::coordinator::publication::Shared;
use crate::service::loaded_config::LoadedConfig;
use crate::service::partition_copies::{Obstacle, PartitionCopies};
use crate::service::store::Job;

/// Interval between two looks whether verdicts can be computed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Interval at which the log is written again after a failure.
const WRITE_RETRY: Duration = Duration::from_secs(60);

/// What the thread works with.
pub(super) struct ComparerInputs {
    /// The log of the last run; `None` if there is none.
    pub(super) log: Option<AgreementLog>,
    /// The store's thread; `None` without a store.
    pub(super) jobs: Option<Sender<Job>>,
    /// The clock of events and verdicts.
    pub(super) clock: Clock,
    /// Copies of the partitions.
    pub(super) copies: PartitionCopies,
    /// Says whether the data is current, and receives what changed.
    pub(super) shared: Shared,
}

/// The state of the thread.
struct Comparing {
    inputs: ComparerInputs,
    /// The configuration that was loaded last.
    loaded: LoadedConfig,
    log: AgreementLog,
    /// Results of writes.
    written: Receiver<bool>,
    done: Sender<bool>,
    /// When the log is written again because the store failed.
    retry_at: Option<Instant>,
}

/// A catalog with the agreements that it was compiled from.
struct CompiledText {
    config: Config,
    catalog: Arc<Catalog>,
}

/// Starts the thread with the configuration that the service starts with. It ends soon after
/// [`PartitionCopies::is_stopping`]. Configurations that are loaded go to the sender.
///
/// # Errors
/// When the system refuses a thread.
pub(super) fn start(
    loaded: LoadedConfig,
    inputs: ComparerInputs,
) -> io::Result<(Sender<LoadedConfig>, JoinHandle<()>)> {
    let (loads, receiver) = mpsc::channel();
    let (done, written) = mpsc::channel();
    let mut comparing = Comparing {
        log: inputs.log.clone().unwrap_or_else(|| AgreementLog::new(text_of(&loaded.config))),
        inputs,
        loaded,
        written,
        done,
        retry_at: None,
    };
    let thread = thread::Builder::new().name("agreements".into());
    Ok((loads, thread.spawn(move || comparing.run(&receiver))?))
}

impl Comparing {
    fn run(&mut self, loads: &Receiver<LoadedConfig>) {
        let is_first = self.inputs.log.take().is_none();
        self.load(is_first);
        while !self.inputs.copies.is_stopping() {
            match loads.recv_timeout(LOOK_EVERY) {
                Ok(loaded) => {
                    self.loaded = loaded;
                    self.load(false);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.compare_next();
            self.write_again();
        }
    }

    /// Compares the text that was loaded with the one before.
    fn load(&mut self, is_first: bool) {
        let text = text_of(&self.loaded.config);
        if text == self.log.in_force && !is_first {
            self.publish();
            return;
        }
        let now = self.inputs.clock.now();
        let changes = match self.read_text(&self.log.in_force) {
            Ok(former) => ObjectiveChange::between(
                &former.config.agreements,
                &self.loaded.config.agreements,
                now,
            ),
            Err(error) => {
                tracing::warn!(
                    "the agreements that were in force before cannot be read any more, so what changed in them is \
                     not shown: {error}"
                );
                Vec::new()
            }
        };
        for change in &changes {
            let settings: Vec<String> = change.settings.iter().map(ToString::to_string).collect();
            let ObjectiveChange { team, objective, is_new, .. } = change;
            let what = if *is_new { "it is new".to_owned() } else { settings.join("; ") };
            tracing::info!(team, objective, "the agreement has changed: {what}");
        }
        self.log.load(text, changes, now);
        self.publish();
        self.write();
    }

    fn publish(&self) {
        self.inputs.shared.changes.store(Arc::new(self.log.changes.clone()));
    }

    fn write(&mut self) {
        if let Some(jobs) = &self.inputs.jobs {
            let job = Job::AgreementLog { bytes: self.log.bytes(), done: self.done.clone() };
            if jobs.send(job).is_err() {
                tracing::debug!("the store's thread has ended");
            }
        }
    }

    /// Writes the log again, if the store has failed to.
    fn write_again(&mut self) {
        if let Some(is_durable) = self.written.try_iter().last() {
            self.retry_at = (!is_durable).then(|| clock::instant() + WRITE_RETRY);
        }
        if self.retry_at.is_some_and(|at| at <= clock::instant()) {
            self.retry_at = None;
            self.write();
        }
    }

    /// Computes the verdicts of the next comparison, if there is one and the data is current.
    fn compare_next(&mut self) {
        let Some(pending) = self.log.next_pending().cloned() else { return };
        let (state, verdicts) = match self.verdicts(&pending) {
            Ok(verdicts) => {
                tracing::info!(
                    "the verdicts of four weeks are computed by the agreements of before {}, too",
                    pending.loaded_at()
                );
                (ComparisonState::Done, verdicts)
            }
            Err(Obstacle::NotYet) => return,
            Err(Obstacle::Never(why)) => {
                tracing::warn!("the verdicts by the agreements of before are not computed: {why}");
                (ComparisonState::NotComputed, BTreeMap::new())
            }
        };
        self.log.compared(state, |change| {
            let key = (change.team.clone(), change.objective.clone());
            verdicts.get(&key).cloned().unwrap_or_default()
        });
        self.publish();
        self.write();
    }

    /// The verdicts by both texts, by team and objective of the present one.
    fn verdicts(
        &self,
        pending: &PendingComparison,
    ) -> Result<BTreeMap<(String, String), Vec<VerdictsByText>>, Obstacle> {
        let published = self.inputs.shared.published.load_full();
        if published.frozen.is_some() || published.at.is_none() {
            return Err(Obstacle::NotYet);
        }
        let read = |text| {
            self.read_text(text).map_err(|_| Obstacle::Never("one of the texts cannot be read"))
        };
        let texts = [read(&pending.former)?, read(&pending.present)?];
        let instants = ObjectiveChange::instants(pending.loaded_at());
        let mut past = texts.each_ref().map(|text| PastVerdicts::new(&text.catalog, &instants));
        for number in published.stream.partitions.keys().copied() {
            let copies = &self.inputs.copies;
            let copy = copies.copy_of(number)?;
            for (text, past) in texts.iter().zip(&mut past) {
                past.add(copies.restored(&copy, &text.catalog)?);
            }
        }
        let [former, present] = past.map(|past| by_objective(&past.verdicts()));
        let none = Vec::new();
        let mut all = BTreeMap::new();
        for agreement in &texts[1].config.agreements {
            let team = team_label(agreement.owner.team());
            let former_owner = agreement.former_in(&texts[0].config.agreements);
            let former_team = former_owner.map_or(team, |one| team_label(one.owner.team()));
            for objective in &agreement.objectives {
                let key = |team: &str| (team.to_owned(), objective.name.to_string());
                let before = former.get(&key(former_team)).unwrap_or(&none);
                let after = present.get(&key(team)).unwrap_or(&none);
                let both = instants.iter().enumerate().map(|(index, at)| {
                    VerdictsByText::new(*at, before.get(index), after.get(index))
                });
                all.insert(key(team), both.collect());
            }
        }
        Ok(all)
    }

    /// Compiles a text that was in force.
    fn read_text(&self, text: &ConfigText) -> Result<CompiledText, String> {
        let texts: FileTexts =
            text.files.iter().map(|(path, text)| (PathBuf::from(path), text.clone())).collect();
        let paths: Vec<PathBuf> =
            texts.iter().filter(|(_, text)| !is_feed(text)).map(|(path, _)| path.clone()).collect();
        let files = FormerFiles { texts: &texts, disk: &*self.loaded.disk };
        let today = self.inputs.clock.now().to_string();
        let today = today.split('T').next().unwrap_or_default();
        let mut config = Config::read_former(&paths, &files, today, &self.loaded.config);
        if config.diagnostics.has_errors() {
            return Err(config.diagnostics.errors_in_one_line());
        }
        config.measures =
            text.measures.iter().filter_map(|label| Measure::from_label(label)).collect();
        Ok(CompiledText { catalog: Arc::new(config.catalog()), config })
    }
}

/// Whether a text is an iCalendar file, which is read with the calendar that names it.
fn is_feed(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR")
}

/// The text of a configuration, as the log keeps it.
fn text_of(config: &Config) -> ConfigText {
    let files = config.texts.iter();
    ConfigText {
        files: files.map(|(path, text)| (path.display().to_string(), text.clone())).collect(),
        measures: config.measures.iter().map(|measure| measure.label().to_owned()).collect(),
    }
}

/// Verdicts of several instants by team and objective, in order of time.
fn by_objective(all: &[Vec<Verdict>]) -> BTreeMap<(String, String), Vec<Verdict>> {
    let mut by_objective: BTreeMap<_, Vec<Verdict>> = BTreeMap::new();
    for verdict in all.iter().flatten() {
        let team = team_label(verdict.team.as_deref()).to_owned();
        let key = (team, verdict.objective.to_string());
        by_objective.entry(key).or_default().push(verdict.clone());
    }
    by_objective
}
