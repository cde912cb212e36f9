//! Everything that talks to Kafka: workers with their consumers, checkpoints of partitions, dead letters.
//!
//! | module | what it does |
//! |---|---|
//! | `worker` | one consumer thread: polls, applies records, answers the coordinator |
//! | `worker::assignment` | takes up and hands over partitions in rebalances, commits offsets |
//! | `partitions` | the partitions that one worker holds, and their progress |
//! | `client` | consumer configuration, and the callbacks of the client |
//! | `checkpointer` | schedules the checkpoints of partitions, and collects durable offsets |
//! | `changes` | records changes of tickets for the coordinator |
//! | `dead_letters` | writes rejected records to a topic of their own |
//! | `send` | sends a record, and waits while the producer's queue is full |
//! | `status` | the status that workers report: positions, lag, errors |

pub(in crate::service) mod changes;
mod checkpointer;
mod client;
pub(in crate::service) mod dead_letters;
mod partitions;
pub(crate) mod send;
pub(in crate::service) mod status;
pub(in crate::service) mod worker;

pub use client::client_config;
