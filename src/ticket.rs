//! One ticket's events in event-time order, and what the measures' stopwatches make of them.

mod effect;
mod entry;
mod fold;
mod made;
mod order;
mod place;
mod state;
mod stopwatch;
mod timeline;
mod trace;

pub use effect::{Band, Ended, Ending, GivenUp, Hands, Rated, RatingKind, Running, Sink};
pub use place::{Place, Standing, Wandering, Went};
pub use timeline::EVENTS_PER_TICKET_MAX;
pub use trace::Step;

pub(crate) use entry::{Entry, pack_detail};
pub(crate) use made::{Making, TakingBack};
pub(crate) use stopwatch::Context;
pub(crate) use timeline::{Found, Timeline, TimelineImage};
