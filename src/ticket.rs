//! One ticket's events in event-time order, and what the measures' stopwatches make of them.

mod change;
mod code;
mod entry;
mod fold;
mod retraction;
mod order;
mod breakdown;
mod state;
mod status;
mod stopwatch;
mod timeline;
mod trace;

pub use breakdown::{Breakdown, BreakdownSoFar, TicketPosition, WaitLocation};
pub use change::{
    Band, Ended, Ending, GivenUp, Rated, RatingKind, Running, Sink, StopwatchPosition,
};
pub use timeline::EVENTS_PER_TICKET_MAX;
pub use trace::Step;

pub(crate) use entry::{Entry, pack_detail};
pub(crate) use retraction::{NewSampleFilter, RetractionRecorder};
pub(crate) use stopwatch::DerivationContext;
pub(crate) use timeline::{Placement, Timeline, TimelineImage};
