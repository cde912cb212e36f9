//! One ticket: its events in event-time order, and the stopwatches of the measures.
//!
//! | module | content |
//! |---|---|
//! | `entry`, `code` | one event as packed bytes, and the numbers stored in them |
//! | `order` | the total order of events |
//! | `timeline` | all events of a ticket; puts a late event in its place |
//! | `status`, `state` | the ticket after some of its events: the effect of each kind of event |
//! | `stopwatch` | one stopwatch: starts, pauses, ends, resumes |
//! | `breakdown` | where the ticket waited, and how long |
//! | `flag` | what changes figures without a sooner answer, and merges of waiting tickets |
//! | `change`, `sink` | the changes that a timeline sends, and who receives them |
//! | `fold` | derives the changes of a timeline, forward and back |
//! | `retraction` | tells new samples from corrected ones |
//! | `trace` | one timeline step by step, for `explain` |

mod change;
mod code;
mod entry;
mod flag;
mod fold;
mod retraction;
mod sink;
mod order;
mod breakdown;
mod state;
mod status;
mod stopwatch;
#[cfg(test)]
pub(crate) mod test_support;
mod timeline;
mod trace;

pub use breakdown::{Breakdown, BreakdownSoFar, TicketPosition, WaitLocation};
pub use change::{
    Band, CountedFor, ElapsedByBasis, Ended, Ending, GivenUp, Rated, RatingKind, Running,
    StopwatchPosition,
};
pub use flag::{
    AT_ONCE_MAX, Flag, Flagged, MergedWait, NEAR_TARGET_PERCENT, TAKEN_OVER_MAX, TakenOver,
};
pub use sink::{Change, Effect, EffectLog, Sink};
pub use timeline::EVENTS_PER_TICKET_MAX;
pub use trace::Step;

pub(crate) use entry::{Entry, pack_detail, unpack_detail};
pub(crate) use fold::{Advanced, Waits};
pub(crate) use retraction::{NewSampleFilter, RetractionRecorder};
pub(crate) use sink::JudgedSink;
pub(crate) use stopwatch::DerivationContext;
pub(crate) use timeline::{Placement, Timeline, TimelineImage};
