//! Samples in, readings out: panes that age, sums over rolling windows, and those who still wait.

mod bucket;
mod histogram;
mod pane;
mod series;
mod survival;
mod waiting;

pub use bucket::Bucket;
pub use histogram::Histogram;
pub use pane::{PaneTally, from_of};
pub use series::{Levels, Series, WindowSum};
pub use survival::{Survival, Waited};
pub use waiting::{Waiting, WaitingSet};
