//! Rolling windows: samples go in, sums, exact shares and quantiles come out.
//!
//! ```text
//!  Ended ─► Series ─► Ring of panes ─► WindowSum (1h, 24h, 7d, 28d, …) ──┐
//!            Levels: exact counts            Histogram: quantiles within 1 % ├─► reading, verdict
//!  Running ─► Waiting (by effective start) ──────► Survival ─────────────────┘
//! ```
//!
//! | file | it holds |
//! |---|---|
//! | `bucket`, `histogram` | the table of bucket bounds; counts by bucket |
//! | `pane` | how time is cut into panes, and where a window begins |
//! | `ring` | panes and their sums over every window |
//! | `tally`, `scores`, `flag_counts` | what a pane counts: response times, ratings, flagged acts |
//! | `series` | one ring of response times, with exact counts at targets and objectives |
//! | `waiting` | the stopwatches that run or are paused now |
//! | `survival` | quantiles that include those still waiting |

mod bucket;
mod flag_counts;
mod histogram;
mod pane;
mod ring;
mod tally;
mod scores;
mod series;
mod survival;
mod waiting;

pub use bucket::Bucket;
pub use flag_counts::FlagCounts;
pub use histogram::Histogram;
pub use pane::{begins_from, from_of, leaves_at};
pub use ring::{PaneContent, Ring, WindowSum};
pub use scores::Scores;
pub use series::{Levels, OverCounts, Part, Series};
pub use survival::{Survival, WaitedQuantile};
pub use tally::SeriesTally;
pub use waiting::{Instant, OpenAllowance, Spent, Waiting, WaitingSet};
