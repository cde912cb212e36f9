//! The coordinator: sends one `now` to all workers, merges their answers, evaluates alerts and publishes the
//! view, all on one thread.
//!
//! | module | what it does |
//! |---|---|
//! | `tick` | one round: clock, workers, readiness, alerts, view |
//! | `workers` | commands to the workers, and their answers |
//! | `state_log` | access to the alert state log in the store |
//! | `readiness` | why data is not current |
//! | `published_view` | the immutable result that pages and metrics read |
//! | `publication` | the latest of these, and the readers that wait for the next one |

pub(in crate::service) mod publication;
pub(in crate::service) mod published_view;
pub(in crate::service) mod readiness;
mod state_log;
mod team_logs;
mod tick;
mod workers;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use self::publication::{CoordinatorMessage, Publication, Shared};
use self::readiness::NotReady;
use self::state_log::StateLogAccess;
use self::team_logs::MergedTeamLogs;
use self::workers::Workers;
use crate::address::TicketLinks;
use crate::agreement_log::ObjectiveChange;
use crate::alert::{self, AlertStateLog, WaitAlarmPolicies};
use crate::catalog::Catalog;
use crate::monitor::Monitor;
use crate::service::alertmanager::Delivery;
use crate::service::clock::{self, Clock};
use crate::service::derived_past::{OldestEvent, SharedPast};
use crate::service::instruments::Instruments;
use crate::service::kafka::probe::Answers;
use crate::service::kafka::worker::{Batch, WorkerCommand};
use crate::service::outage::Outage;
use crate::service::store::Job;
use crate::split_tickets::SplitTickets;
use crate::time::{Elapsed, Timestamp};

/// Interval between ticks. They fall on its multiples, so that there is one at each whole second.
const TICK: Elapsed = Elapsed::from_ms(200);

/// Merges the answers of the workers and publishes the view.
pub(in crate::service) struct Coordinator {
    catalog: Arc<Catalog>,
    clock: Clock,
    monitor: Monitor,
    split_tickets: SplitTickets,
    workers: Workers,
    /// When the service started, by the wall clock and by the monotonic clock.
    started: Timestamp,
    began: Instant,
    /// When all partitions were first caught up.
    caught_up_at: Option<Timestamp>,
    /// How long it took to publish the last view, and when the next one is published at the earliest. In a
    /// large organisation ticks are without a view, so that publishing takes half of one core at most.
    publishing_took: Duration,
    publish_at: Instant,
    /// Why data is not current; `None` while it is.
    not_ready: Option<NotReady>,
    /// Since when it is not.
    outage: Outage,
    /// The number of partitions that are held and read to their end, and since when; `None` while some are
    /// not.
    share_since: Option<(usize, Instant)>,
    /// Since when the counters are shown.
    counting_since: Option<Instant>,
    /// When the last tick began.
    ticked_at: Instant,
    /// When the process last went on after a pause.
    awake_since: Instant,
    /// What the brokers answer to the probe.
    answers: Answers,
    delivery: Delivery,
    state_log: StateLogAccess,
    reloads: Receiver<Arc<Catalog>>,
    /// Whether a new catalog is in force by which partitions have not counted everything yet.
    is_adopting: bool,
    instruments: Arc<Instruments>,
    ticket_links: Arc<TicketLinks>,
    team_logs: MergedTeamLogs,
    published: Arc<Publication>,
    /// When the last view was published.
    published_at: Instant,
    /// What changed in the agreements.
    changes: Arc<ArcSwap<Vec<ObjectiveChange>>>,
    /// The past of all objectives.
    past: SharedPast,
    /// The earliest event that was applied since the past was derived.
    oldest_event: Arc<OldestEvent>,
}

/// The channels of the coordinator.
pub(in crate::service) struct Inputs {
    /// One for each worker, in their order.
    pub(in crate::service) commands: Vec<Sender<WorkerCommand>>,
    /// The answers of all workers.
    pub(in crate::service) batches: Receiver<Batch>,
    /// New catalogs, when the configuration is reloaded.
    pub(in crate::service) reloads: Receiver<Arc<Catalog>>,
    /// What the brokers answer to the probe.
    pub(in crate::service) answers: Answers,
}

/// The configuration and initial state of alerts.
pub(in crate::service) struct Alerting {
    pub(in crate::service) sender: alert::Sender,
    pub(in crate::service) delivery: Delivery,
    /// Time without current data after which `VasteDataStale` fires.
    pub(in crate::service) stale_after: Elapsed,
    /// When the alarms about tickets that nobody has agreed to answer fire.
    pub(in crate::service) wait_alarms: WaitAlarmPolicies,
    /// The alert state log of the last run.
    pub(in crate::service) log: Option<AlertStateLog>,
    /// The store's thread, which writes and reads the log; `None` without a store.
    pub(in crate::service) jobs: Option<Sender<Job>>,
}

impl Coordinator {
    pub(in crate::service) fn new(
        catalog: Arc<Catalog>,
        clock: Clock,
        inputs: Inputs,
        alerting: Alerting,
        shared: &Shared,
    ) -> Self {
        let Inputs { commands, batches, reloads, answers } = inputs;
        let Alerting { sender, delivery, stale_after, wait_alarms, log, jobs } = alerting;
        let ticket_links = Arc::new(sender.tickets.clone());
        let monitor =
            Monitor::new(Arc::clone(&catalog), log.as_ref(), stale_after, wait_alarms, sender);
        shared.instruments.add_counters(&catalog);
        Self {
            ticket_links,
            team_logs: MergedTeamLogs::default(),
            publishing_took: Duration::ZERO,
            publish_at: clock::instant(),
            not_ready: None,
            outage: Outage::default(),
            share_since: None,
            counting_since: None,
            ticked_at: clock::instant(),
            awake_since: clock::instant(),
            answers,
            delivery,
            state_log: StateLogAccess::new(jobs),
            reloads,
            is_adopting: false,
            instruments: Arc::clone(&shared.instruments),
            monitor,
            split_tickets: SplitTickets::default(),
            workers: Workers::new(commands, batches),
            catalog,
            clock,
            started: clock::wall(),
            began: clock::instant(),
            caught_up_at: None,
            published: Arc::clone(&shared.published),
            published_at: clock::instant(),
            changes: Arc::clone(&shared.changes),
            past: Arc::clone(&shared.past),
            oldest_event: Arc::clone(&shared.oldest_event),
        }
    }

    /// Ticks, and publishes when readers ask for it, until it is told to stop; then sends the final notices
    /// and stops the workers.
    pub(in crate::service) fn run(mut self, messages: &Receiver<CoordinatorMessage>) {
        loop {
            match messages.recv_timeout(until_next(TICK)) {
                Err(RecvTimeoutError::Timeout) => self.tick(),
                Ok(CoordinatorMessage::Publish) => self.publish_if_possible(),
                Ok(CoordinatorMessage::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.shut_down_alerts();
        // Both at once: an Alertmanager that hangs must not keep checkpoints from being written.
        self.workers.stop();
        self.delivery.stop();
    }
}

/// The time until the wall clock shows a multiple of `step`.
fn until_next(step: Elapsed) -> Duration {
    let now = clock::wall();
    Duration::from_millis(now.floor_to(step).plus(step).since(now).ms().unsigned_abs())
}
