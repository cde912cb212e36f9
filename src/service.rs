//! The service: threads, sockets and the clock around the pure modules.
//!
//! ```text
//! worker threads ── effects ─► coordinator ── published view ─► /metrics, /-/ready, board, API
//! (consumer, shards)        (one view, alerts)   (immutable)
//!       │                           └────── notices ─► a thread for each Alertmanager
//!       └── checkpoints ─► store thread ◄── alert state log ──┘
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `run`, `loaded_config` | creates the parts of the service from its configuration and connects them |
//! | `reload` | reads the configuration again |
//! | `kafka` | workers: consumers, partitions, checkpoints, dead letters |
//! | `coordinator` | advances the workers, evaluates alerts, publishes the view |
//! | `comparer` | keeps the agreement log: what changed, and the verdicts by the text before |
//! | `past_keeper`, `derived_past` | derives the past of all objectives, and shares it |
//! | `agenda_poster` | posts agendas to a topic at handovers |
//! | `partition_copies` | copies of partitions for threads that derive the past |
//! | `store` | writes and reads checkpoints and logs |
//! | `alertmanager` | delivers notices to Alertmanagers |
//! | `http` | metrics, readiness, API and board |
//! | `instruments`, `log_counter` | metrics of the process itself |
//! | `clock`, `shutdown` | the clock and the signals |
//! | `outage` | tells when something that failed works again |
//! | `demo` | the service on a mock broker with generated events |
//!
//! # Design
//! A worker is a plain thread with one consumer and the shards of its partitions. It decodes and applies
//! records inline, on the borrowed payload. A few times a second the coordinator sends one `now` to all
//! workers. Each advances its shards to it and answers with its effects as a list. Workers share no view:
//! effects are sums and commute, so workers never wait for each other or for a reader.

mod agenda_poster;
mod alertmanager;
pub mod clock;
mod comparer;
mod coordinator;
pub mod demo;
mod derived_past;
mod http;
mod instruments;
mod kafka;
pub mod loaded_config;
pub mod log_counter;
mod outage;
mod partition_copies;
mod past_keeper;
pub mod reload;
pub mod run;
#[cfg(test)]
#[path = "../tests/board/scenario.rs"]
mod scenario;
mod shutdown;
mod store;

pub use alertmanager::refuse_connection;
pub use http::{AgendaFormat, PastAgendaInputs, agenda_of, agenda_schemas, families_of};
pub(crate) use kafka::send::{drain, send_when_room};
pub use kafka::{client_config, cloud_event_attributes, published, refuse_client, refuse_property};
pub use shutdown::ReloadTrigger;
