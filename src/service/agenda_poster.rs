//! The thread that posts the agenda of each team to a topic when its turn of duty is handed over.
//!
//! # Design
//! An agenda is posted from a view that is current, a few seconds after its handover. A view is computed only
//! when somebody asks, so the thread asks once the clock has reached a handover. A handover at which data is
//! not current is posted late, and not with old figures. Which agendas were posted is in the agenda log
//! ([`crate::agenda_log`]), which the instances of a group share in the store.
//!
//! What holds:
//! - With a store, the agenda of each handover is posted *at least once*, with one id: after a handover at
//!   which Vaste did not run, once it runs and its data is current. Of several such handovers the latest
//!   counts.
//! - It is posted *again*, with the same id, only if the process ends between the moment at which the brokers
//!   have stored it and the moment at which the log is durable; if the answer of the brokers is lost; if the
//!   store cannot be written until the next start; or if the clock was ahead when it was first posted.
//!   Consumers drop an id that they have seen.
//! - In one group, one instance at most has current data: the one that holds every partition. It reads the
//!   log before it posts, so an instance that takes over knows what the one before has posted. Another group
//!   posts the same events, with the same ids.
//! - Without a store nothing is remembered: a process posts the handovers that it lives through.
//!
//! While the log cannot be read, nothing is posted: it would be posted twice. While Kafka cannot be written,
//! posting is tried again every [`RETRY`]. Neither holds up the stream, since the thread does nothing else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::runtime::{self, Runtime};
use tokio::time::timeout;

use crate::agenda_log::{AgendaLog, DueAgenda, EVENT_TYPE, event_id, next_handover};
use crate::catalog::Catalog;
use crate::config::{AgendaTopic, Kafka, Service};
use crate::name::team_label;
use crate::service::clock::{self, Clock};
use crate::service::coordinator::publication::Shared;
use crate::service::coordinator::published_view::PublishedView;
use crate::service::http::board::{AgendaPosted, Language, PageLanguage, agenda_posted};
use crate::service::kafka::event_writer::EventWriter;
use crate::service::outage::{Outage, in_seconds};
use crate::service::store::{Job, StoreError};
use crate::time::Timestamp;

/// The `source` of the events, which with the id identifies them.
const SOURCE: &str = "vaste";

/// Interval between two looks whether an agenda is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After a failure, the thread tries again after this time.
const RETRY: Duration = Duration::from_secs(10);

/// How long an agenda waits after a start until the past is derived, which says how each objective stood
/// before.
const PAST_WAIT: Duration = Duration::from_secs(30);

/// How long a client may take with one event. It gives up by itself before; one that does not is replaced.
const WRITE_WAIT: Duration = Duration::from_secs(15);

/// Maximum agendas that are posted before the log is written.
const ROUND_MAX: usize = 20;

/// Why agendas cannot be posted.
#[derive(Debug, thiserror::Error)]
pub enum AgendaPosterError {
    /// The topic is the one that is read.
    #[error(
        "agendas.topic is `{0}`, the topic of the events, which agendas are not; name another topic, such as \
         team-agendas"
    )]
    SourceTopic(String),
    /// The system refuses a thread.
    #[error("failed to run: {0}")]
    System(#[from] io::Error),
}

/// The thread, which ends when this is dropped or [`AgendaPoster::stop`] is called.
#[derive(Debug)]
pub(super) struct AgendaPoster {
    /// Dropped to stop the thread.
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl AgendaPoster {
    /// Starts the thread; `None` without a topic for agendas. `jobs`: the store's thread, if there is a
    /// store.
    ///
    /// # Errors
    /// When the topic is the one that is read, or the system refuses a thread.
    pub(super) fn start(
        service: &Service,
        (listening, clock): (SocketAddr, Clock),
        shared: &Shared,
        jobs: Option<Sender<Job>>,
    ) -> Result<Option<Self>, AgendaPosterError> {
        let Some(AgendaTopic { topic, language }) = &service.agendas else { return Ok(None) };
        if *topic == service.kafka.topic {
            return Err(AgendaPosterError::SourceTopic(topic.clone()));
        }
        let language = Language::from_tag(language).unwrap_or(Language::DEFAULT);
        let (done, written) = mpsc::channel();
        let mut posting = Posting {
            kafka: service.kafka.clone(),
            topic: topic.clone(),
            reader: PageLanguage { language, is_asked: false },
            external_url: service.http.external_url(listening),
            clock,
            runtime: runtime::Builder::new_current_thread().enable_time().build()?,
            shared: shared.clone(),
            log_access: AgendaLogAccess { jobs, reading: None, done, written, write_at: None },
            log: AgendaLog::default(),
            looked: None,
            due_since: None,
            rests_until: clock::instant(),
            outage: Outage::default(),
        };
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("agendas".into());
        let thread = thread.spawn(move || posting.run(&stopped))?;
        Ok(Some(Self { stop, thread }))
    }

    /// Has the thread end, once an event that is on its way is stored or not.
    pub(super) fn stop(self) -> JoinHandle<()> {
        drop(self.stop);
        self.thread
    }
}

/// Access to the agenda log in the store.
struct AgendaLogAccess {
    /// The store's thread; `None` without a store.
    jobs: Option<Sender<Job>>,
    /// The answer to a read, while it is awaited.
    reading: Option<Receiver<ReadLog>>,
    done: Sender<bool>,
    /// Results of writes.
    written: Receiver<bool>,
    /// When the log is written again because the store failed.
    write_at: Option<Instant>,
}

type ReadLog = Result<Option<AgendaLog>, StoreError>;

/// How far a read is.
enum LogRead {
    /// The store has not answered.
    Pending,
    /// The store cannot read it; why.
    Failed(String),
    /// Over. `None` if there is no log yet, or no store.
    Done(Option<AgendaLog>),
}

impl AgendaLogAccess {
    /// Starts a read, or continues the pending one. Does not wait.
    fn read(&mut self) -> LogRead {
        let Some(jobs) = &self.jobs else { return LogRead::Done(None) };
        let Some(reading) = &self.reading else {
            let (done, reading) = mpsc::channel();
            self.reading = Some(reading);
            if jobs.send(Job::ReadAgendaLog { done }).is_err() {
                tracing::debug!("the store's thread has ended");
            }
            return LogRead::Pending;
        };
        match reading.try_recv() {
            // The thread ends when the service stops.
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => LogRead::Pending,
            Ok(read) => {
                self.reading = None;
                read.map_or_else(|error| LogRead::Failed(error.to_string()), LogRead::Done)
            }
        }
    }

    /// Drops a pending read: its answer would be out of date.
    fn cancel_read(&mut self) {
        self.reading = None;
    }

    /// Has the store write the log.
    fn write(&mut self, log: &AgendaLog) {
        self.write_at = None;
        if let Some(jobs) = &self.jobs
            && jobs.send(Job::AgendaLog { bytes: log.bytes(), done: self.done.clone() }).is_err()
        {
            tracing::debug!("the store's thread has ended");
        }
    }

    /// Writes the log again, if the store has failed to.
    fn write_again(&mut self, log: &AgendaLog) {
        if let Some(is_durable) = self.written.try_iter().last() {
            self.write_at = (!is_durable).then(|| clock::instant() + RETRY);
        }
        if self.write_at.is_some_and(|at| at <= clock::instant()) {
            self.write(log);
        }
    }
}

/// The state of the thread.
struct Posting {
    kafka: Kafka,
    topic: String,
    reader: PageLanguage,
    external_url: String,
    clock: Clock,
    /// Waits for the brokers, and for a view.
    runtime: Runtime,
    shared: Shared,
    log_access: AgendaLogAccess,
    /// What this process knows of the log.
    log: AgendaLog,
    /// The last look at which nothing was due; `None` if something was.
    looked: Option<Look>,
    /// Since when agendas are due; `None` while none is.
    due_since: Option<Instant>,
    /// When it may try again after a failure.
    rests_until: Instant,
    /// Since when agendas are not posted although they are due.
    outage: Outage,
}

/// A look at which nothing was due.
struct Look {
    catalog: Arc<Catalog>,
    at: Timestamp,
    /// The next handover.
    next: Option<Timestamp>,
}

impl Look {
    /// Whether nothing can be due either in a view of `at`, or by the clock.
    fn holds_at(&self, catalog: &Arc<Catalog>, at: Timestamp, now: Timestamp) -> bool {
        let is_before_next = self.next.is_none_or(|next| at < next && now < next);
        Arc::ptr_eq(&self.catalog, catalog) && self.at <= at && is_before_next
    }
}

/// A CloudEvent in structured mode.
#[derive(Serialize)]
struct AgendaEvent<'a> {
    specversion: &'static str,
    id: String,
    source: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: AgendaPosted,
}

impl Posting {
    fn run(&mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            self.log_access.write_again(&self.log);
            self.look();
        }
    }

    /// The published view with its instant, if it is current.
    fn current_view(&self) -> Option<(Arc<PublishedView>, Timestamp)> {
        let published = self.shared.published.load_full();
        let at = published.at.filter(|_| published.frozen.is_none())?;
        Some((published, at))
    }

    /// Posts what is due.
    fn look(&mut self) {
        let Some((published, at)) = self.current_view() else {
            self.log_access.cancel_read();
            self.due_since = None;
            return;
        };
        let holds = |look: &Look| look.holds_at(&published.catalog, at, self.clock.now());
        if self.looked.as_ref().is_some_and(holds) || clock::instant() < self.rests_until {
            return;
        }
        self.runtime.block_on(self.shared.published.renew());
        let Some((published, at)) = self.current_view() else { return };
        match self.log_access.read() {
            LogRead::Pending => return,
            LogRead::Failed(error) => {
                return self.fail(&format!("agendas are not posted: {error}; retrying"));
            }
            LogRead::Done(stored) => self.log.merge(stored.unwrap_or_default()),
        }
        let known = self.log.clone();
        let due = self.log.take_due(&published.catalog, at);
        if due.is_empty() {
            if self.log != known {
                self.log_access.write(&self.log);
            }
            self.due_since = None;
            let catalog = Arc::clone(&published.catalog);
            self.looked = Some(Look { next: next_handover(&catalog, at), catalog, at });
            return;
        }
        self.looked = None;
        let since = *self.due_since.get_or_insert_with(clock::instant);
        if published.past.is_some() || since.elapsed() > PAST_WAIT {
            self.post(&published, due.get(..ROUND_MAX).unwrap_or(&due));
        } else {
            tracing::debug!("agendas are due, and wait until the past is derived");
        }
    }

    /// Posts agendas, and notes in the log which were.
    fn post(&mut self, published: &PublishedView, due: &[DueAgenda]) {
        // A handover is rare: a client of its own holds no connection in between, and begins anew after a
        // failure.
        let writer = match EventWriter::of_agendas(&self.kafka, &self.topic) {
            Ok(writer) => writer,
            Err(error) => return self.fail(&format!("agendas are not posted: {error}")),
        };
        for one in due {
            let team = team_label(published.catalog.scope_name(one.scope));
            let Some(event) = self.event(published, team, one.handover) else { continue };
            let write = async { timeout(WRITE_WAIT, writer.write(team, &event)).await };
            let problem = match self.runtime.block_on(write) {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(format!("the Kafka client is silent for {WRITE_WAIT:?}")),
            };
            let counters = &self.shared.instruments.agendas;
            if let Some(error) = problem {
                counters.failed.inc();
                self.fail(&format!(
                    "the agenda of {team} is not posted: {error}; retrying; check that the topic {} \
                     (agendas.topic) exists, and that the user in kafka.properties may write to it",
                    self.topic
                ));
                break;
            }
            counters.posted.inc();
            self.log.posted(*one, &published.catalog);
            let handover = one.handover;
            tracing::info!(team, %handover, topic = self.topic, "the agenda is posted");
            if let Some(outage) = self.outage.end() {
                tracing::info!("agendas are posted again after {}", in_seconds(outage));
            }
        }
        self.log_access.write(&self.log);
    }

    /// The event of a handover as JSON; `None` if the team is gone.
    fn event(&self, published: &PublishedView, team: &str, handover: Timestamp) -> Option<String> {
        let event = AgendaEvent {
            specversion: "1.0",
            id: event_id(team, handover),
            source: SOURCE,
            kind: EVENT_TYPE,
            subject: team,
            time: handover,
            datacontenttype: "application/json",
            data: agenda_posted(published, team, self.reader, &self.external_url)?,
        };
        serde_json::to_string(&event).ok()
    }

    /// Waits before the next attempt. Logs the first of several failures.
    fn fail(&mut self, problem: &str) {
        self.rests_until = clock::instant() + RETRY;
        if self.outage.begin() {
            tracing::error!("{problem}");
        } else {
            tracing::debug!("{problem}");
        }
    }
}
