//! Samples in, readings out: panes that age, sums over rolling windows, and those who still wait.

mod bucket;
mod histogram;
mod pane;
mod ring;
mod series;
mod survival;
mod waiting;

pub use bucket::Bucket;
pub use histogram::Histogram;
pub use pane::{ObjectiveTally, Scores, from_of};
pub use ring::{PaneContent, Ring, WindowSum};
pub use series::{Levels, Part, Series};
pub use survival::{Survival, WaitedQuantile};
pub use waiting::{Instant, Waiting, WaitingSet};
