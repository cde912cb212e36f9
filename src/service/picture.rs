//! What the service knows at one instant: immutable, shared by everything that reads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::dead_letters::Counts;
use super::instruments::Instruments;
use crate::agreement::Tally;
use crate::alert::Alerts;
use crate::event::{Kind, Outcomes};
use crate::measure::Measure;
use crate::reading::{Reading, Verdict};
use crate::responses::Responses;
use crate::rules::{ObjectiveId, Rules, Slot, WINDOWS};
use crate::shard::TIMELINES_MAX;
use crate::ticket::{Band, Place, RatingKind};
use crate::time::{Elapsed, Timestamp};
use crate::view::View;
use crate::window::Scores;

/// Who has used this part of the time that an objective allows is due soon.
const DUE_SOON_PERCENT: i64 = 80;

/// What the parts of the process share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) picture: Arc<ArcSwap<Picture>>,
    pub(super) instruments: Arc<Instruments>,
}

/// Everything that can be read, as of one instant.
#[derive(Debug)]
pub(super) struct Picture {
    /// The instant of all readings and verdicts; absent until the first.
    pub(super) at: Option<Timestamp>,
    pub(super) rules: Arc<Rules>,
    pub(super) readings: Vec<Reading>,
    pub(super) verdicts: Vec<Verdict>,
    /// What verdicts do not say, by objective.
    pub(super) details: Vec<Detail>,
    /// Given up by reason, in the order of [`crate::ticket::GivenUp::ALL`], by team, measure and window.
    pub(super) given_up: Vec<(Slot, Measure, Elapsed, [u64; 5])>,
    /// Scores of ratings by team, kind and window.
    pub(super) ratings: Vec<(Slot, RatingKind, Elapsed, Scores)>,
    pub(super) alerts: Alerts,
    pub(super) stream: Stream,
    /// The samples that were counted, each once, of all partitions seen since start.
    pub(super) responses: Arc<Responses>,
    /// Tickets with events in two partitions.
    pub(super) tickets_split: u64,
    /// When the service started.
    pub(super) started: Timestamp,
    /// When it first caught up.
    pub(super) caught_up_at: Option<Timestamp>,
    /// Why verdicts are frozen; absent while they are not.
    pub(super) frozen: Option<Doubt>,
    /// While frozen, the last picture that was not; absent if there was none since start.
    pub(super) trusted: Option<Arc<Self>>,
}

/// What is known of one objective beside its verdict.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    /// Waiting over target now.
    pub(super) overdue: u64,
    /// Waiting now for 80 % of the target or longer.
    pub(super) used_most: u64,
    /// The tickets beside what others achieve; absent where it does not compare.
    pub(super) market: Option<Tally>,
    /// Where the waiting of the missed went, in order of place; empty where none is missed.
    pub(super) went: Vec<(Place, Elapsed)>,
    /// The customers' ratings by how long they had waited, in the order of [`Band::ALL`].
    pub(super) bands: [Scores; Band::ALL.len()],
}

impl Detail {
    /// Of one objective, of which so many are missed.
    pub(super) fn of(view: &View, id: ObjectiveId, missed: u64) -> Self {
        Self {
            overdue: view.waiting_over(id),
            used_most: view.waiting_beyond(id, DUE_SOON_PERCENT),
            market: view.market(id),
            // It looks at everyone who waits over target.
            went: if missed > 0 { view.went(id) } else { Vec::new() },
            bands: view.rating_bands(id),
        }
    }

    /// Of all objectives, in their order.
    pub(super) fn all(view: &View, verdicts: &[Verdict]) -> Vec<Self> {
        let all = view.rules().objectives().zip(verdicts);
        all.map(|((id, _, _), verdict)| Self::of(view, id, verdict.missed)).collect()
    }
}

/// The scores of every team's ratings in the windows that every team has.
pub(super) fn ratings(view: &View) -> Vec<(Slot, RatingKind, Elapsed, Scores)> {
    let slots = view.rules().reading_slots();
    let kinds = slots.flat_map(|slot| RatingKind::ALL.map(|kind| (slot, kind)));
    let all = kinds.flat_map(|(slot, kind)| WINDOWS.map(|window| (slot, kind, window)));
    all.map(|(slot, kind, window)| (slot, kind, window, view.ratings(slot, kind, window))).collect()
}

#[cfg(test)]
impl Shared {
    /// What a service that has just started shares.
    pub(super) fn new(rules: &Arc<Rules>) -> Self {
        let instruments = Instruments::new(0, (0, Timestamp::EVENT_MIN));
        Self {
            picture: Arc::new(ArcSwap::from_pointee(Picture::new(rules, Timestamp::EVENT_MIN, ""))),
            instruments: Arc::new(instruments.unwrap()),
        }
    }
}

impl Picture {
    /// Of a service that has just started and knows nothing yet.
    pub(super) fn new(rules: &Arc<Rules>, started: Timestamp, topic: &str) -> Self {
        Self {
            at: None,
            rules: Arc::clone(rules),
            readings: Vec::new(),
            verdicts: Vec::new(),
            details: Vec::new(),
            given_up: Vec::new(),
            ratings: Vec::new(),
            alerts: Alerts::new(rules),
            stream: Stream { topic: topic.to_owned(), ..Stream::default() },
            responses: Arc::new(Responses::new(rules)),
            tickets_split: 0,
            started,
            caught_up_at: None,
            frozen: Some(Doubt::Starting),
            trusted: None,
        }
    }

    /// The readings that pages and metrics show: of all tickets, and of one kind of time for each team and
    /// measure.
    pub(super) fn readings_shown(&self) -> impl Iterator<Item = &Reading> {
        self.of_basis_shown().filter(|reading| reading.split.is_none())
    }

    /// The same of the parts that readings are split by.
    pub(super) fn splits_shown(&self) -> impl Iterator<Item = &Reading> {
        self.of_basis_shown().filter(|reading| reading.split.is_some())
    }

    fn of_basis_shown(&self) -> impl Iterator<Item = &Reading> {
        let rules = &self.rules;
        self.readings.iter().filter(|reading| {
            let slot = rules.slot_read(reading.team.as_deref());
            reading.basis == rules.basis_shown(slot, reading.measure)
        })
    }

    /// The picture that people are shown: while this one is frozen, the last that was not, if there was one.
    pub(super) fn shown(&self) -> Option<&Self> {
        if self.frozen.is_none() { Some(self) } else { self.trusted.as_deref() }
    }

    /// What follows this picture must keep if it is frozen: the last one that was not.
    pub(super) fn last_trusted(this: &Arc<Self>) -> Option<Arc<Self>> {
        if this.frozen.is_none() && this.at.is_some() {
            Some(Arc::clone(this))
        } else {
            this.trusted.clone()
        }
    }
}

/// Why what is known cannot be trusted. It prints in words, for `/-/ready` and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing has been asked of the broker yet.
    Starting,
    /// Something is wrong; the text says what, and the way out.
    Trouble(String),
    /// The broker has not said which partitions there are.
    PartitionsUnknown,
    /// Not all partitions are here.
    PartitionsElsewhere {
        /// Those that are.
        held: usize,
        /// All of the topic.
        all: usize,
    },
    /// Partitions are being read up to their end.
    Behind {
        /// So many of them.
        behind: usize,
        /// All of the topic.
        all: usize,
    },
    /// A worker has not answered for seconds.
    Overloaded,
    /// Tickets were refused for want of room.
    Full,
    /// The clock of the machine has jumped.
    Jumped,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("it has just started"),
            Self::Trouble(trouble) => f.write_str(trouble),
            Self::PartitionsUnknown => {
                f.write_str("the broker has not said yet which partitions there are")
            }
            Self::PartitionsElsewhere { held, all } => write!(
                f,
                "{held} of {all} partitions are here; the others are with other instances of the group, or \
                 not assigned yet"
            ),
            Self::Behind { behind, all } => {
                write!(f, "{behind} of {all} partitions are being read up to their end")
            }
            Self::Jumped => f.write_str(
                "the clock of this machine has jumped; if it is right now, wait a minute, and restart Vaste where \
                 it went back",
            ),
            Self::Full => write!(
                f,
                "a partition has more than {TIMELINES_MAX} open tickets, and new ones are refused: add partitions \
                 and make the topic anew, or solve tickets that nobody needs"
            ),
            Self::Overloaded => {
                f.write_str("a worker has not answered for seconds: is the machine overloaded?")
            }
        }
    }
}

/// What all workers together have done and met.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    pub(super) topic: String,
    pub(super) partitions: BTreeMap<i32, Progress>,
    /// Partitions that the topic has; absent while the broker has not said.
    pub(super) partitions_of_topic: Option<usize>,
    pub(super) outcomes: Outcomes,
    pub(super) applied: BTreeMap<Kind, u64>,
    pub(super) key_mismatches: u64,
    /// Times that records were gone before they were read, or the topic was another one.
    pub(super) gaps: u64,
    pub(super) commit_failures: u64,
    /// Rejected records written to a topic of their own; absent where none is.
    pub(super) dead_letters: Option<Counts>,
    pub(super) rebalances: u64,
    pub(super) errors: BTreeMap<String, u64>,
    /// What is wrong with the connection now, and the way out.
    pub(super) trouble: Option<String>,
    /// Fetched by the client and not taken yet.
    pub(super) fetched_bytes: u64,
}

/// How far one partition is.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// The next offset to read.
    pub(super) position: i64,
    /// The end of the partition, as last seen.
    pub(super) end: Option<i64>,
    /// Whether its end has been reached since it was assigned.
    pub(super) is_caught_up: bool,
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// The latest event time that was applied.
    pub(super) event_time_max: Option<Timestamp>,
    /// When the last record was applied.
    pub(super) applied_at: Option<Timestamp>,
    /// Records read since it was assigned until its end was reached.
    pub(super) replayed: u64,
    /// The samples that it has counted.
    pub(super) responses: Arc<Responses>,
    /// From when on its history is whole; absent where it is from the topic's beginning.
    pub(super) history_from: Option<Timestamp>,
    pub(super) timelines: u64,
    /// Forgotten tickets that it would know again, and those that were dropped for want of room.
    pub(super) stubs: u64,
    pub(super) stub_bytes: u64,
    pub(super) stubs_evicted: u64,
    /// Whether it has refused tickets for want of room.
    pub(super) is_full: bool,
}

impl Stream {
    /// Adds what one worker says.
    pub(super) fn merge(&mut self, other: &Self) {
        self.partitions.extend(other.partitions.clone());
        self.partitions_of_topic = self.partitions_of_topic.max(other.partitions_of_topic);
        self.outcomes.merge(&other.outcomes);
        for (kind, count) in &other.applied {
            *self.applied.entry(*kind).or_default() += count;
        }
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
        self.key_mismatches += other.key_mismatches;
        self.gaps += other.gaps;
        self.commit_failures += other.commit_failures;
        if let Some(counts) = other.dead_letters {
            self.dead_letters.get_or_insert_default().merge(counts);
        }
        self.rebalances += other.rebalances;
        self.fetched_bytes += other.fetched_bytes;
        if self.trouble.is_none() {
            self.trouble.clone_from(&other.trouble);
        }
    }

    /// Why what it knows cannot be trusted; absent if it can.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        if let Some(trouble) = &self.trouble {
            return Some(Doubt::Trouble(trouble.clone()));
        }
        let Some(all) = self.partitions_of_topic else { return Some(Doubt::PartitionsUnknown) };
        let held = self.partitions.len();
        if held < all {
            return Some(Doubt::PartitionsElsewhere { held, all });
        }
        let behind = self.partitions.values().filter(|p| !p.is_caught_up).count();
        if behind > 0 {
            return Some(Doubt::Behind { behind, all });
        }
        self.partitions.values().any(|p| p.is_full).then_some(Doubt::Full)
    }

    /// Tickets held in memory.
    pub(super) fn timelines(&self) -> u64 {
        self.partitions.values().map(|progress| progress.timelines).sum()
    }

    /// From when on the history of all partitions is whole; absent where it always was.
    pub(super) fn history_from(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.history_from).max()
    }

    /// The latest event time that was applied anywhere.
    pub(super) fn event_time_max(&self) -> Option<Timestamp> {
        self.partitions.values().filter_map(|progress| progress.event_time_max).max()
    }
}
