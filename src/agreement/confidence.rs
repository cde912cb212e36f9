//! How sure it is that a share is below its level: an interval of the true share, and a probability.
//!
//! A window holds a few of all the tickets that a team would get in that state. Their *true share* is what
//! a window without end would show. With 5 misses of 30, the true share may be 70 % as well as 92 %.
//!
//! # Design
//! The true share has a Beta posterior by Jeffreys' prior: Beta(met + ½, missed + ½). Brown, Cai and
//! DasGupta (*Interval Estimation for a Binomial Proportion*, Statistical Science 16, 2001) recommend
//! Jeffreys' interval or Wilson's for few tickets. Jeffreys' also gives the probability that the true share
//! is below a level, and both come from one function. Wilson's interval is an approximation by the normal
//! distribution, and its tails are uneven. As in the paper, the interval ends at 100 % without a miss, and
//! begins at 0 % without a met ticket.
//!
//! The crate `special` computes the regularised incomplete beta function (Applied Statistics algorithms
//! AS 63 and AS 109) on `libm`. Both are in Rust, so every machine computes the same bits. Its inverse is
//! not used: bounds are whole basis points, found by bisection, which is exact and bounded in time.
//!
//! ## The alert
//! An agreement asks for a confidence, such as 90 %, before the alert `missed` starts. It starts when the
//! true share is below the level with that probability, and ends when that is less likely than not. With
//! fewer than [`DECIDED_ENOUGH`] tickets in the window, the next longer windows count as well, up to 28
//! days. Two looks err more often than one, so each needs more: the longer window leaves half of the doubt
//! (95 % for 90 %), the agreed one a third (96.7 %), and only with [`DECIDED_MIN`] tickets: it is for a
//! sharp drop. A ceiling of waits that end unanswered is judged alike, by the share that was answered, and
//! the worse of the two counts. `tests/bench/alerts.rs` compares rules over simulated teams; these numbers
//! come from it.

use special::Beta as _;

use super::verdict::falls_short;
use super::{Level, Objective, ShareBelief, Tally};
use crate::share::Share;
use crate::time::{DAY_MS, Elapsed, Timestamp};

#[cfg(test)]
mod tests;

/// The decided tickets with which the agreed window is enough for an alert.
const DECIDED_ENOUGH: u64 = 30;

/// The decided tickets with which the agreed window counts beside a longer one.
const DECIDED_MIN: u64 = 10;

/// The windows that an agreed window is stretched to, ascending. Every series has them, so they cost
/// nothing.
const STRETCHED: [Elapsed; 3] =
    [Elapsed::from_ms(DAY_MS), Elapsed::from_ms(7 * DAY_MS), Elapsed::from_ms(28 * DAY_MS)];

/// The share that evidence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSubject {
    /// The share of decided tickets within target, compared with the agreed one.
    WithinTarget,
    /// The share of ended waits that were answered, compared with what the ceiling leaves.
    Answered,
}

/// The window that an alert with a confidence rests on, and what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareEvidence {
    /// What it is about.
    pub subject: EvidenceSubject,
    /// What it says.
    pub belief: ShareBelief,
    /// The length of the window.
    pub window: Elapsed,
    /// The tickets in it: decided and missed, or waits that ended and those among them that ended unanswered.
    pub tally: Tally,
    /// The probability that the true share is below the level, 0 to 1.
    pub probability: f64,
    /// The probability with which the alert starts, 0 to 1.
    pub needed: f64,
}

impl ShareEvidence {
    /// The probability in whole percent, 1 to 99: a sample is never quite sure.
    pub fn percent(self) -> u32 {
        (basis_points(self.probability) / 100).clamp(1, 99)
    }

    /// The probability with which the alert starts, in basis points.
    pub fn needed_bp(self) -> u32 {
        basis_points(self.needed)
    }
}

/// An interval that holds the true share with a probability of 90 %: 5 % lie on either side. The bounds are
/// rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareInterval {
    /// The lower bound in basis points, 0 to 10 000.
    pub low_bp: u32,
    /// The upper bound in basis points, 0 to 10 000.
    pub high_bp: u32,
}

/// The probability on either side of a [`ShareInterval`].
const TAIL: f64 = 0.05;

impl Tally {
    /// The interval of the true share; `None` while nothing is decided.
    pub fn interval(self) -> Option<ShareInterval> {
        let posterior = Posterior::of(self)?;
        Some(ShareInterval {
            low_bp: if self.missed >= self.decided { 0 } else { posterior.low_bp(TAIL) },
            high_bp: if self.missed == 0 { Share::WHOLE_BP } else { posterior.high_bp(TAIL) },
        })
    }

    /// The same as [`Tally::probability_below`] in basis points, rounded to the nearest.
    pub fn probability_below_bp(self, level: Share) -> Option<u32> {
        self.probability_below(level).map(basis_points)
    }

    /// The probability that the true share is below a level, 0 to 1; `None` while nothing is decided. It
    /// never falls when a ticket is missed instead of met. Of a level of 100 % it is 1 as soon as one
    /// ticket is missed, and 0 before.
    pub fn probability_below(self, level: Share) -> Option<f64> {
        let posterior = Posterior::of(self)?;
        if level.basis_points() < Share::WHOLE_BP {
            return Some(posterior.below(level.basis_points()));
        }
        Some(if self.missed > 0 { 1.0 } else { 0.0 })
    }
}

impl Objective {
    /// The default confidence of the alert `missed`.
    pub const CONFIDENCE_DEFAULT: Share = Share::NINETY_PERCENT;

    /// The confidence that its alert `missed` needs at an instant; `None` for the plain rule, by which the
    /// alert follows the verdict, and for a `none_over` limit.
    pub fn confidence_at(&self, at: Timestamp) -> Option<Share> {
        match self.level_at(at) {
            Level::Within { .. } => self.alerts.missed_confidence,
            Level::NoneOver(_) => None,
        }
    }

    /// The windows that its alert `missed` may rest on at an instant, ascending. The first is the agreed
    /// one.
    pub fn alert_windows(&self, at: Timestamp) -> impl Iterator<Item = Elapsed> + use<> {
        let over = self.over_at(at);
        let is_stretched = self.confidence_at(at).is_some();
        let longer = STRETCHED.into_iter().filter(move |length| is_stretched && *length > over);
        std::iter::once(over).chain(longer)
    }

    /// What the windows say about the true share at `now`. `tally_of` gives the tickets in the window of a
    /// length; `None` if the known history begins within that window.
    ///
    /// `None` for the plain rule, and when the agreed window is not known. With excess spam in the agreed
    /// window it is unsure at best.
    pub fn evidence(
        &self,
        now: Timestamp,
        tally_of: impl Fn(Elapsed) -> Option<Tally>,
    ) -> Option<ShareEvidence> {
        let confidence = self.confidence_at(now)?;
        let Level::Within { share, min_tickets, .. } = self.level_at(now) else { return None };
        let min_tickets = *min_tickets;
        let within =
            ShareTest { subject: EvidenceSubject::WithinTarget, level: *share, min_tickets };
        let answered = self.unanswered_max_at(now).map(|max| ShareTest {
            subject: EvidenceSubject::Answered,
            level: max.complement(),
            min_tickets,
        });
        let windows = || self.alert_windows(now);
        let within = within.evidence(windows(), confidence, &tally_of)?;
        let answered =
            answered.and_then(|answered| answered.evidence(windows(), confidence, &tally_of));
        let evidence =
            answered.filter(|answered| answered.belief > within.belief).unwrap_or(within);
        let has_excess_spam = self.has_excess_spam(tally_of(self.over_at(now))?, now);
        let least = if has_excess_spam { ShareBelief::Unsure } else { ShareBelief::Reached };
        Some(ShareEvidence { belief: evidence.belief.max(least), ..evidence })
    }
}

/// A share that is compared with the level that it must reach.
#[derive(Clone, Copy)]
struct ShareTest {
    subject: EvidenceSubject,
    level: Share,
    min_tickets: u64,
}

impl ShareTest {
    /// What these windows say, ascending; `None` if the first one is not known.
    fn evidence(
        self,
        mut windows: impl Iterator<Item = Elapsed>,
        confidence: Share,
        tally_of: &impl Fn(Elapsed) -> Option<Tally>,
    ) -> Option<ShareEvidence> {
        let look = |window, tally, doubts| self.look(window, tally, confidence.sure_in(doubts));
        let tally_of = |window| tally_of(window).map(|tally| self.counted_in(tally));
        let over = windows.next()?;
        let agreed = tally_of(over)?;
        let is_enough = |tally: Tally| tally.decided >= DECIDED_ENOUGH;
        let mut longer = None;
        if !is_enough(agreed) {
            for window in windows {
                let Some(tally) = tally_of(window) else { break };
                longer = Some((window, tally));
                if is_enough(tally) {
                    break;
                }
            }
        }
        let Some((window, tally)) = longer else { return Some(look(over, agreed, 1)) };
        let longer = look(window, tally, 2);
        let agreed = (agreed.decided >= DECIDED_MIN).then(|| look(over, agreed, 3));
        Some(agreed.filter(|agreed| agreed.belief > longer.belief).unwrap_or(longer))
    }

    /// The tickets that the share is of, and those that are not in it, as decided and missed.
    fn counted_in(self, tally: Tally) -> Tally {
        match self.subject {
            EvidenceSubject::WithinTarget => tally,
            EvidenceSubject::Answered => {
                Tally { decided: tally.ended(), missed: tally.unanswered, ..Tally::default() }
            }
        }
    }

    /// Whether the plain rule misses the level.
    fn is_missed_by(self, counted: Tally) -> bool {
        let Tally { decided, missed, .. } = counted;
        match self.subject {
            EvidenceSubject::WithinTarget => falls_short(counted, self.level, self.min_tickets),
            EvidenceSubject::Answered => {
                decided >= self.min_tickets && !self.level.is_met_by(decided - missed, decided)
            }
        }
    }

    /// What one window says. To be below the level, it must also be missed by the plain rule, so that two
    /// tickets are no alert.
    fn look(self, window: Elapsed, tally: Tally, needed: f64) -> ShareEvidence {
        let probability = tally.probability_below(self.level).unwrap_or(0.0);
        let is_missed = self.is_missed_by(tally);
        let belief = if is_missed && probability >= needed {
            ShareBelief::Below
        } else if tally.missed == 0 || probability < 0.5 {
            ShareBelief::Reached
        } else {
            ShareBelief::Unsure
        };
        ShareEvidence { subject: self.subject, belief, window, tally, probability, needed }
    }
}

impl Share {
    /// As a probability that leaves this part of its doubt: 0.95 for 90 % and 2.
    fn sure_in(self, parts: u32) -> f64 {
        let doubt_bp = Self::WHOLE_BP - self.basis_points();
        1.0 - f64::from(doubt_bp) / (f64::from(parts) * f64::from(Self::WHOLE_BP))
    }
}

/// The distribution of the true share.
#[derive(Clone, Copy)]
struct Posterior {
    met: f64,
    missed: f64,
    ln_beta: f64,
}

impl Posterior {
    /// Jeffreys' posterior; `None` while nothing is decided.
    fn of(tally: Tally) -> Option<Self> {
        if tally.decided == 0 {
            return None;
        }
        let met = counted(tally.decided.saturating_sub(tally.missed)) + 0.5;
        let missed = counted(tally.missed) + 0.5;
        Some(Self { met, missed, ln_beta: met.ln_beta(missed) })
    }

    /// The probability of a share below this many basis points.
    fn below(self, bp: u32) -> f64 {
        let share = f64::from(bp) / f64::from(Share::WHOLE_BP);
        share.inc_beta(self.met, self.missed, self.ln_beta).clamp(0.0, 1.0)
    }

    /// The highest bound with at most `tail` below it.
    fn low_bp(self, tail: f64) -> u32 {
        self.first_bp(|below| below > tail).saturating_sub(1)
    }

    /// The lowest bound with at most `tail` above it.
    fn high_bp(self, tail: f64) -> u32 {
        self.first_bp(|below| below >= 1.0 - tail)
    }

    /// The first bound with such a probability below it. The probability never falls as the bound rises.
    fn first_bp(self, is_reached: impl Fn(f64) -> bool) -> u32 {
        let (mut low, mut high) = (0, Share::WHOLE_BP);
        while low < high {
            let middle = low.midpoint(high);
            if is_reached(self.below(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability has 0 to 10 000 basis points"
)]
fn basis_points(probability: f64) -> u32 {
    (probability.clamp(0.0, 1.0) * f64::from(Share::WHOLE_BP)).round() as u32
}

#[expect(clippy::cast_precision_loss, reason = "counts of tickets are far below 2^52")]
fn counted(tickets: u64) -> f64 {
    tickets as f64
}
