//! Everything that talks to Kafka: workers with their consumers, checkpoints of partitions, dead letters.
//!
//! | module | what it does |
//! |---|---|
//! | `worker` | one consumer thread: polls, applies records, answers the coordinator |
//! | `worker::assignment` | takes up and hands over partitions in rebalances, commits offsets |
//! | `worker::replacement` | replaces a client that has failed for good |
//! | `probe` | asks the brokers for the ends of partitions, apart from the stream |
//! | `trouble` | why the stream cannot be read |
//! | `partitions` | the partitions that one worker holds, and their progress |
//! | `producer_notes` | what producers must know: unknown types, undeclared teams, rejections, split tickets |
//! | `record_log` | what is logged and noted about single records |
//! | `client` | consumer configuration, and the callbacks of the client |
//! | `check` | checks the properties of the client without a broker |
//! | `checkpointer` | schedules the checkpoints of partitions, and collects durable offsets |
//! | `changes` | records changes of tickets for the coordinator |
//! | `dead_letters` | writes rejected records to a topic of their own |
//! | `send` | sends a record, and waits while the producer's queue is full |
//! | `status` | the status that workers report: positions, lag, errors |
//!
//! # What can go wrong
//! Data is current if everything that each partition had at a moment of the last five seconds has been read
//! (`probe`). Otherwise verdicts are frozen, `/-/ready`, board and log say why, and `VasteDataStale` fires
//! after `stale_after`. It is over when data is current again, whatever the reason was; the log says so once,
//! with how long it took. A reason is named by [`trouble::Trouble`] or
//! [`NotReady`](crate::service::coordinator::readiness::NotReady):
//!
//! | condition | what happens | what is said | over when |
//! |---|---|---|---|
//! | no broker of `kafka.brokers` accepts a connection | the client tries again | `Unreachable`, `Unresolved` | one does |
//! | a broker advertises an address that does not work here | the client tries again | `AdvertisedUnreachable`, `AdvertisedUnresolved` | it works |
//! | the listener speaks another protocol | the client tries again | `OtherProtocol`, `Certificate` | another configuration |
//! | user or password are wrong | the client tries again | `Authentication` | the broker accepts them |
//! | brokers are connected and silent | the probe waits two seconds each time | `Silent` | one answers |
//! | the leader of some partitions is down or hangs | the other partitions go on | `PartitionsUnreadable` | it answers, or another one leads |
//! | the topic is missing | metadata is read every five seconds | `TopicMissing` | it is created |
//! | rights are missing or taken | the same | `NotAllowed` | they are given |
//! | a transaction is open | reading ends before it | `OpenTransaction` | it ends |
//! | records were deleted before they were read | the partition is assigned again at its first record | a line, `HistoryGap`; history begins now | at once |
//! | the topic was deleted and recreated (its id changes, or a record read before is another one) | all of its partitions are read from their start; known tickets stay | a line, `HistoryGap` | at once |
//! | partitions are added or removed | they are assigned; those that are gone count no longer | a line each | they are read |
//! | the topic is compacted | windows count from now on | a line, `/-/ready`, `vaste_kafka_topic_compacted` | its policy changes, and Vaste starts again |
//! | another process has the same `group.instance.id` | partitions are given up; a new client once the other has gone | `Fenced` | the other has gone |
//! | an earlier request of a joining client is taken for another process | a new client joins at once | a line | it has joined |
//! | the client has failed otherwise | a new client | `ClientFailed` | it has joined |
//! | a partition has records and gives none for 15 seconds | it is fetched again; after three times, a new client | a line, `Behind` | records come |
//! | other members hold partitions, or a dead one has not expired | wait | `PartitionsElsewhere` | they are assigned |
//! | a checkpoint cannot be read, or is of another cluster | tried every five seconds; other partitions go on | `Store` | it can be read |
//! | the process or machine stood still | nothing is judged before each broker has reported its ends once more | `Behind` | those are reached |
//! | the clock jumps | time goes on from the monotonic clock for a minute | `Jumped` | it is right again, or has held for a minute |

pub(in crate::service) mod changes;
mod check;
mod checkpointer;
mod client;
pub(in crate::service) mod dead_letters;
pub(in crate::service) mod event_writer;
mod partitions;
pub(in crate::service) mod probe;
mod ends_ahead;
pub(in crate::service) mod producer_notes;
mod record_log;
pub(crate) mod send;
pub(in crate::service) mod status;
pub(in crate::service) mod trouble;
pub(in crate::service) mod ticket_question;
mod waiting_walks;
pub(in crate::service) mod worker;

pub use check::{refuse_client, refuse_property};
pub use client::client_config;
pub use partitions::{cloud_event_attributes, published};
