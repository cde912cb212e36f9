//! Everything that talks to Kafka: workers with their consumers, checkpoints of partitions, dead letters.
//!
//! | module | what it does |
//! |---|---|
//! | `worker` | one consumer thread: polls, applies records, carries out rebalances |
//! | `partitions` | the partitions that one worker holds, and their progress |
//! | `client` | consumer configuration, and the callbacks of the client |
//! | `checkpointer` | when a partition's checkpoint is due; commits its offset once it is durable |
//! | `changes` | changes on their way from a worker to the coordinator |
//! | `dead_letters` | writes rejected records to a topic of their own |
//! | `send` | sends a record, and waits while the producer's queue is full |
//! | `status` | what workers report: positions, lag, errors |

pub(in crate::service) mod changes;
mod checkpointer;
mod client;
pub(in crate::service) mod dead_letters;
mod partitions;
pub(crate) mod send;
pub(in crate::service) mod status;
pub(in crate::service) mod worker;

pub use client::client_config;
